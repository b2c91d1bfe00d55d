"""Addresses that no Service has: in the environment of a workload, or in a ConfigMap that it reads."""

import difflib
from typing import Final

import re2

from causeline.core.objects import Service
from causeline.core.pod_spec import template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import SERVING_KINDS, Graph, Use, service_at, uses_in, uses_of
from causeline.knowledge.inspections.services import is_taken
from causeline.knowledge.servers import passes_on
from causeline.knowledge.sign import Sign
from causeline.knowledge.situation import CHANGE_SECONDS

OPTIONAL = re2.compile(
    r"(?i)otel|opentelemetry|collector|jaeger|zipkin|trac(?:e|er|ing)(?:[^a-z]|$)|metric|prometheus|statsd|profil(?:er|ing)|telemetry|sentry|(?:^|[^a-z])(?:apm|agent)(?:[^a-z]|$)"
)
"""Things that programs report to and do well without."""
_ROLE_WORD = re2.compile(r"(?i)[_.-]?(?:addr(?:ess)?|host(?:name)?|ur[il]|endpoint|server|target|dns|name)s?$")
_ENDS_AS_HOST = re2.compile(r"(?i)(?:host(?:name)?|addr(?:ess)?|server|endpoint|ur[il]|broker|upstream)s?$|\.\w+$")
"""Keys whose value is an address though it names no port: variables, and files, which were searched for addresses."""
_SERVICE_WORD = re2.compile(r"(?i)[_.-]?(?:service|svc)$")
"""How names of variables and hosts end, whatever they mean."""
CHANGES: Final = frozenset({"environment", "config", "volumes", "rollout"})
"""Changes that may have brought the address, where it is not known what they changed."""
PORTS_OF_SCHEMES: Final = {
    "http": 80,
    "https": 443,
    "mysql": 3306,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "amqp": 5672,
}
"""What a URL without a port means (IANA); a program may add one of its own, so this is told beside complaints only."""
NEAR: Final = 0.75
"""How alike two names are when one is taken for a slip of the other (difflib's ratio)."""
NAMES_MAX: Final = 500
"""Service names compared with a wrong one."""


def address_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return the first address of a workload that no Service has: the name is nobody's, or the port is not its."""
    if not graph.lists("services"):
        return []
    return graph.remember("address-signs", ref, lambda: _address_signs(graph, ref))


def _address_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    found = [sign for use in uses_of(graph, ref) if (sign := _judge(graph, ref, use)) is not None]
    return sorted(found, key=lambda s: s.attrs["near"] == "")[:1]


def _judge(graph: Graph, ref: ObjectRef, use: Use) -> Sign | None:
    address = use.address
    if address.port is None and not address.scheme and not _ENDS_AS_HOST.search(use.key):
        return None  # a word that is no host: SERVICE_NAME=order
    wanted = service_at(graph, address.host, ref.namespace) or _elsewhere(graph, address.host, ref.namespace)
    if wanted is None or OPTIONAL.search(f"{use.key} {address.host.partition('.')[0]}"):
        return None
    service = graph.get(wanted)
    if isinstance(service, Service):
        return _port(graph, ref, use, wanted, service)
    if service is None and (alone := _unserved(graph, wanted)) is not None:
        text = f"{use.key} points at {address}; {alone} runs, and there is no {wanted}"
        return _sign(graph, ref, use, "address", text, wanted, is_missing=True)
    near = _near(graph, wanted, ref.namespace) if not _is_namesake(use.key, address.host) else None
    if service is not None or (near is None and address.port is None):
        return None  # a word that may be no host at all
    text = f"{use.key} points at {address}, and there is no {wanted}" + (
        f"; {near} is alike" if near is not None else ""
    )
    return _sign(graph, ref, use, "address", text, near)


def _unserved(graph: Graph, service: ObjectRef) -> ObjectRef | None:
    """Return the workload that is called like a Service which is not there, and that no other Service selects."""
    named = (service._replace(kind=kind) for kind in SERVING_KINDS)
    return next((w for w in named if graph.get(w) is not None and not is_taken(graph, w)), None)


def _port(graph: Graph, ref: ObjectRef, use: Use, wanted: ObjectRef, service: Service) -> Sign | None:
    ports = service.spec.ports or ()
    known = {p.port for p in ports}
    if service.spec.cluster_ip == "None":
        known |= {p.target_port for p in ports if isinstance(p.target_port, int)}
    asked = use.address.port or PORTS_OF_SCHEMES.get(use.address.scheme)
    if asked is None or asked in known or not known or service.spec.type == "ExternalName":
        return None
    shown = ", ".join(str(p.port) for p in ports)
    meant = "" if use.address.port else f", which means port {asked}"
    text = f"{use.key} points at {use.address}{meant}; {wanted} has port {shown}"
    return _sign(
        graph, ref, use._replace(address=use.address._replace(port=asked)), "port", text, wanted, is_meant=bool(meant)
    )


def _elsewhere(graph: Graph, host: str, namespace: str | None) -> ObjectRef | None:
    """Return what `name.other` means where no namespace is called so and the workload's own has that Service."""
    name, _, other = host.rstrip(".").partition(".")
    here = ObjectRef("Service", namespace, name)
    is_unknown = (
        "." not in other and graph.lists("namespaces") and graph.get(ObjectRef("Namespace", None, other)) is None
    )
    return here._replace(namespace=other) if other and is_unknown and graph.get(here) is not None else None


def _is_namesake(key: str, host: str) -> bool:
    """Tell whether a variable is named after its host: then the host is meant, and it is the Service that lacks."""
    name = _SERVICE_WORD.sub("", _ROLE_WORD.sub("", key)).replace("_", "").replace("-", "").lower()
    meant = str(_SERVICE_WORD.sub("", host.partition(".")[0])).replace("-", "").lower()
    return str(name) == meant != ""


def _near(graph: Graph, wanted: ObjectRef, namespace: str | None) -> ObjectRef | None:
    here = wanted._replace(namespace=namespace)
    if wanted != here and graph.get(here) is not None:
        return here
    return near_service(graph, wanted)


def near_service(graph: Graph, wanted: ObjectRef) -> ObjectRef | None:
    """Return the Service of the same namespace whose name is most alike, None when none is."""
    names = [r.name for r in graph.members("Service", wanted.namespace)[:NAMES_MAX]]
    close = difflib.get_close_matches(wanted.name, names, n=1, cutoff=NEAR)
    return wanted._replace(name=close[0]) if close else None


def _names(addresses: list[str], use: Use) -> bool:
    """Tell whether the address is among those that came; a port from a second variable is not part of them."""
    return str(use.address._replace(scheme="")) in addresses or use.address.host in addresses


def _others(graph: Graph, ref: ObjectRef, wanted: ObjectRef) -> tuple[bool, bool]:
    """Tell whether other workloads reach the same Service at a port that it has, and at one that it has not."""
    there = graph.get(wanted)
    known = {p.port for p in there.spec.ports or ()} if isinstance(there, Service) else set()
    everybody = graph.remember("asked", wanted, lambda: _asked(graph, wanted.name))
    asked = [port for other, port in everybody if other != ref]
    return any(p in known for p in asked), any(p not in known for p in asked)


def _asked(graph: Graph, name: str) -> list[tuple[ObjectRef, int]]:
    """Return who was given which port of a host of this name."""
    return [
        (other, use.address.port)
        for other in graph.mentioning(name)
        for use in (uses_of(graph, other) if other.kind != "ConfigMap" else _own_uses(graph, other))
        if use.address.host.partition(".")[0] == name and use.address.port
    ]


def _own_uses(graph: Graph, config: ObjectRef) -> list[Use]:
    return graph.remember("own-uses", config, lambda: list(uses_in(graph, config)))


def _sign(
    graph: Graph,
    ref: ObjectRef,
    use: Use,
    what: str,
    text: str,
    near: ObjectRef | None,
    *,
    is_missing: bool = False,
    is_meant: bool = False,
) -> Sign:
    source = use.config or ref
    detail = f"{'config' if use.config else 'env'}-{what}"
    changes = [*graph.changes_of(ref), *(graph.changes_of(source) if source != ref else ())]
    lately = [c.at for c in changes if c.what == "addresses" and _names(c.keys, use)]
    agree, disagree = _others(graph, source, near) if what == "port" and near else (near is not None, False)
    certain = agree and not disagree and not is_meant
    attrs = {"term": detail, "key": use.key, "address": str(use.address), "near": str(near or ""), "shows": text}
    known = f"{use.config.name} {use.key}" if use.config is not None and "." in use.key else ""
    passes = use.config is not None and passes_on(ref.name, template_of(graph.get(ref)), known)
    attrs |= {"config": use.config.name if use.config else "", "gateway": str(passes).lower()}
    attrs |= {"lately": str(bool(lately) and not disagree and not is_meant).lower(), "certain": str(certain).lower()}
    attrs["missing"] = str(near) if is_missing and not lately else ""
    if attrs["missing"] and near is not None:
        gone = [c.at for c in graph.changes_of(near) if c.what == "deleted"]
        unseen = max(graph.as_of(source), graph.now - CHANGE_SECONDS)  # when it went, nobody saw: not long ago
        return Sign("workload.address-wrong", attrs, max(gone, default=unseen))
    lately = lately or [c.at for c in changes if c.what in CHANGES]
    return Sign("workload.address-wrong", attrs, max(lately, default=graph.as_of(source)))
