"""What differs between two pod templates of a workload: containers, images, variables, probes, and what they read."""

from collections.abc import Callable, Iterator
from typing import Final

from causeline.core.addresses import addresses_of
from causeline.core.objects import (
    TEMPLATE_HASH,
    Container,
    Digest,
    PodSpec,
    PodTemplate,
    Probe,
    ProbePort,
)
from causeline.core.pod_spec import all_containers, reads_of, values_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Change

NAMED_MAX: Final = 5
"""Keys that the text of a change names."""


def template_changes(at: float, ref: ObjectRef, before: PodTemplate, after: PodTemplate) -> Iterator[Change]:
    """Yield what differs between two pod templates of a workload."""
    if before != after:
        yield from new_addresses(at, ref, values_of(before.spec.containers), values_of(after.spec.containers))
        if anew := _read_anew(before, after):
            yield Change(at, ref, "configuration", f"{ref} reads its configuration anew: {', '.join(anew)}", anew)
    for what in _template(before, after) if before != after else ():
        keys = _KEYS[what](before.spec, after.spec) if what in _KEYS else []
        yield Change(at, ref, what, f"{ref}: {what} changed{_words(what, keys)}", keys)


def _read_anew(before: PodTemplate, after: PodTemplate) -> list[str]:
    """Return what says that pods were replaced for their configuration: checksums, generated names, reloaders.

    `ConfigMap/new<old` for a generated name, else the name of the annotation or variable.
    """
    was, now = _marks(before), _marks(after)
    found = [k for k in now if was.get(k) != now[k] and (k in was or "reloader" in k)]
    old, new = ([r for kind, r in reads_of(t.spec, None) if kind == "reads"] for t in (before, after))
    gone, came = [r for r in old if r not in new], [r for r in new if r not in old]
    for ref in dict.fromkeys(came):
        twin = next((r for r in gone if r.kind == ref.kind and _stem(r.name) == _stem(ref.name)), None)
        if twin is not None:
            found.append(f"{ref.kind}/{ref.name}<{twin.name}")
    return found


def _marks(template: PodTemplate) -> dict[str, str]:
    """Annotations and variables by which tools replace pods whose configuration changed, and their values."""
    notes = (template.metadata.annotations if template.metadata else None) or {}
    env = [v for c in template.spec.containers for v in c.env or () if v.name.startswith("STAKATER_")]
    marks = {k: str(v) for k, v in notes.items() if "checksum" in k or "reloader" in k or k.endswith("-hash")}
    return {**marks, **{v.name: v.value or "" for v in env}}


def _stem(name: str) -> str:
    """A generated name without its hash: `app-env-9g5bm2tc8k` of kustomize."""
    return name.rpartition("-")[0]


def new_addresses(at: float, ref: ObjectRef, before: list[str], after: list[str]) -> Iterator[Change]:
    """Yield which addresses are new among these values; its keys are the addresses."""
    old, new = ({a._replace(scheme="") for value in values for a in addresses_of(value)} for values in (before, after))
    came = sorted(str(a) for a in new - old)
    if came:
        yield Change(at, ref, "addresses", f"{ref}: new addresses ({', '.join(came[:NAMED_MAX])})", came)


def _words(what: str, keys: list[str]) -> str:
    if what == "image" and keys:
        return f" from {keys[0]} to {keys[1]}"
    return f" ({', '.join(keys[:NAMED_MAX])})" if keys else ""


def _image_keys(before: PodSpec, after: PodSpec) -> list[str]:
    """Return the first image that changed, as it was and as it is."""
    old, new = _containers(before), _containers(after)
    return next(([old[n].image, new[n].image] for n in new if n in old and old[n].image != new[n].image), [])


def _probe_keys(before: PodSpec, after: PodSpec) -> list[str]:
    """Return what of which probe changed: `readiness-port`, `liveness-timing`, …; the port first, for it decides."""
    old, new = _containers(before), _containers(after)
    found: dict[str, None] = {}
    for name in (n for n in new if n in old):
        for kind in ("readiness", "liveness", "startup"):
            pair = getattr(old[name], f"{kind}_probe"), getattr(new[name], f"{kind}_probe")
            found.update(
                (f"{kind}-{part}", None) for part, read in PROBE_PARTS.items() if read(pair[0]) != read(pair[1])
            )
    return sorted(found, key=lambda key: list(PROBE_PARTS).index(key.rpartition("-")[2]))


def _probe_target(probe: Probe | None) -> ProbePort | None:
    return (probe.http_get or probe.tcp_socket or probe.grpc) if probe else None


PROBE_PARTS: Final[dict[str, Callable[[Probe | None], object]]] = {
    "port": lambda p: t.port if (t := _probe_target(p)) else None,
    "protocol": lambda p: (
        p
        and (
            p.http_get is None,
            p.tcp_socket is None,
            p.grpc is None,
            p.exec,
            p.http_get and (p.http_get.scheme, p.http_get.path),
        )
    ),
    "timing": lambda p: p and (p.initial_delay_seconds, p.timeout_seconds, p.period_seconds, p.failure_threshold),
}


def _variable_keys(before: PodSpec, after: PodSpec) -> list[str]:
    """Return the names of the variables that came, went or are other."""
    old, new = ({(c.name, v.name): v for c in all_containers(s) for v in c.env or ()} for s in (before, after))
    return list(dict.fromkeys(name for (c, name) in {**old, **new} if old.get((c, name)) != new.get((c, name))))


def _container_keys(before: PodSpec, after: PodSpec) -> list[str]:
    """Return the names of the containers that came or went."""
    old, new = _containers(before), _containers(after)
    return [*(n for n in new if n not in old), *(n for n in old if n not in new)]


_KEYS: Final = {
    "image": _image_keys,
    "probes": _probe_keys,
    "environment": _variable_keys,
    "containers": _container_keys,
}


def _template(before: PodTemplate, after: PodTemplate) -> Iterator[str]:
    if _labels(before) != _labels(after):
        yield "labels"
    elif _annotations(before) != _annotations(after):
        yield "annotations"
    yield from _pod_spec(before.spec, after.spec)


def _annotations(template: PodTemplate) -> dict[str, Digest] | None:
    return template.metadata.annotations if template.metadata else None


def _labels(template: PodTemplate) -> dict[str, str]:
    """Return the labels of a template, but for the one that the Deployment controller adds to each ReplicaSet's."""
    labels = (template.metadata.labels if template.metadata else None) or {}
    return {k: v for k, v in labels.items() if k != TEMPLATE_HASH}


CONTAINER_ASPECTS: Final[dict[str, Callable[[Container], object]]] = {
    "image": lambda c: c.image,
    "command": lambda c: (c.command, c.args),
    "environment": lambda c: (c.env, c.env_from),
    "probes": lambda c: (c.liveness_probe, c.readiness_probe, c.startup_probe),
    "resources": lambda c: c.resources,
    "ports": lambda c: c.ports,
}
POD_ASPECTS: Final[dict[str, Callable[[PodSpec], object]]] = {
    "volumes": lambda s: s.volumes,
    "scheduling": lambda s: (
        s.node_selector,
        s.affinity,
        s.tolerations,
        s.topology_spread_constraints,
        s.priority_class_name,
    ),
    "service account": lambda s: s.service_account_name,
}


def _pod_spec(before: PodSpec, after: PodSpec) -> Iterator[str]:
    old, new = _containers(before), _containers(after)
    if old.keys() != new.keys():
        yield "containers"
    both = [n for n in new if n in old]
    for what, of_container in CONTAINER_ASPECTS.items():
        if any(of_container(old[n]) != of_container(new[n]) for n in both):
            yield what
    for what, of_pod in POD_ASPECTS.items():
        if of_pod(before) != of_pod(after):
            yield what


def _containers(spec: PodSpec) -> dict[str, Container]:
    return {c.name: c for c in all_containers(spec)}
