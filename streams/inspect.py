"""Runs the inspections of what was touched: once a second each, and not before a list is whole."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from causeline.core.objects import EndpointSlice, KubeObject, Pod
from causeline.core.observations import ObjectSeen
from causeline.core.pod_spec import reads_of, template_of
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.graph import serving_workloads
from causeline.knowledge.inspections import INSPECTIONS
from causeline.knowledge.sign import Sign
from causeline.knowledge.situation import CHANGE_SECONDS
from causeline.knowledge.symptom import Change
from causeline.streams.entries import service_of
from causeline.streams.incidents import sign_text
from causeline.streams.state import State

SETTLE_SECONDS: Final = 5.0
"""After the last object of a list this long nothing is inspected: another stream's list may be on its way."""
SNAPSHOT_SECONDS: Final = 2.0
"""Observations that end this soon after an object of a list are a list and nothing else."""
GATHERED_SECONDS: Final = 20.0
"""Where no watch brought anything, lines and samples that were gathered after the lists may take so much longer."""


def touch(state: State, seen: ObjectSeen, old: KubeObject | None, changes: list[Change]) -> None:
    """Note the objects that must be inspected because this one came, changed or went."""
    if seen.change != "INIT":
        state.watched_at = seen.t
    else:
        state.listed_at = seen.t
        if old is None:
            state.unread[seen.ref] = None
    kind = seen.ref.kind
    if kind == "Pod" and _has_started(old, seen.object):
        state.touched[state.topology.top(seen.ref)] = None
    is_other = old is None or bool(changes) or seen.change == "DELETED"
    find = _TOUCHES.get(kind) if is_other or kind in _ALWAYS else None
    if find is not None:
        obj = old if seen.change == "DELETED" and old is not None else seen.object
        for ref in find(state, seen.ref, obj):
            state.touched[ref] = None
    if is_other and kind == "Service":
        state.touched.update((ref, None) for ref in _users(state, seen.ref))


def _has_started(old: KubeObject | None, pod: KubeObject) -> bool:
    """Tell whether the kubelet said just now which image a pod runs: its workload's pods are compared then."""
    return isinstance(pod, Pod) and isinstance(old, Pod) and not _runs(old) and _runs(pod)


def _runs(pod: Pod) -> bool:
    for status in pod.status.container_statuses or ():  # noqa: SIM110 a generator costs twice as much, for every pod
        if status.image_id:
            return True
    return False


def _slice(_: State, __: ObjectRef, part: Any) -> Iterator[ObjectRef]:
    service = service_of(part) if isinstance(part, EndpointSlice) else None
    if service is not None:
        yield service


def _endpoints(_: State, ref: ObjectRef, __: KubeObject) -> Iterator[ObjectRef]:
    yield ObjectRef("Service", ref.namespace, ref.name)


def _users(state: State, ref: ObjectRef) -> Iterator[ObjectRef]:
    """Who names a Service: it came, went or has other ports."""
    for user in state.topology.mentioning(ref.name):
        if user.kind == "ConfigMap":
            yield from _readers(state, user)
        else:
            yield user
    yield from state.topology.members("Ingress", ref.namespace)
    for kind in ("HTTPRoute", "VirtualService", "Route"):
        yield from state.topology.members(kind, ref.namespace)


def _readers(state: State, config: ObjectRef) -> Iterator[ObjectRef]:
    for workload in serving_workloads(state.topology, config.namespace):
        spec = template_of(state.topology.get(workload))
        if spec is not None and any(ref == config for _, ref in reads_of(spec, config.namespace)):
            yield workload


def _config(state: State, ref: ObjectRef, _: KubeObject) -> Iterator[ObjectRef]:
    yield ref
    yield from _readers(state, ref)


def _workload(state: State, ref: ObjectRef, _: KubeObject) -> Iterator[ObjectRef]:
    yield ref
    yield from state.topology.members("Service", ref.namespace)
    yield from state.topology.members("NetworkPolicy", ref.namespace)


def _pod(state: State, ref: ObjectRef, _: KubeObject) -> Iterator[ObjectRef]:
    """A pod that came or went matters to Services where no EndpointSlice tells it, and where nothing owns it."""
    if state.topology.top(ref) == ref or not state.topology.lists("endpointslices"):
        yield from state.topology.members("Service", ref.namespace)


def _itself(_: State, ref: ObjectRef, __: KubeObject) -> Iterator[ObjectRef]:
    yield ref


def _volume(state: State, ref: ObjectRef, _: KubeObject) -> Iterator[ObjectRef]:
    """A volume or a class that came may be what a claim waits for."""
    yield ref
    yield from [r for r in state.symptoms.shown if r.kind == "PersistentVolumeClaim"]


_TOUCHES: Final[dict[str, Callable[[State, ObjectRef, Any], Iterator[ObjectRef]]]] = {
    "EndpointSlice": _slice,
    "Endpoints": _endpoints,
    "Service": _itself,
    "ConfigMap": _config,
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _workload,
    "Rollout": _workload,
    "Job": _itself,
    "CronJob": _itself,
    "Pod": _pod,
    "NetworkPolicy": _itself,
    "Ingress": _itself,
    "HTTPRoute": _itself,
    "GRPCRoute": _itself,
    "VirtualService": _itself,
    "Route": _itself,
    "Certificate": _itself,
    "ResourceQuota": _itself,
    "PersistentVolumeClaim": _itself,
    "PersistentVolume": _volume,
    "StorageClass": _volume,
    "Node": _itself,
}
"""Kind of what came, changed or went -> what must be inspected then."""

_ALWAYS: Final = frozenset(
    {"EndpointSlice", "Endpoints", "Service", "NetworkPolicy", "Ingress", "HTTPRoute", "GRPCRoute", "VirtualService"}
    | {"Route", "Certificate"}
    | {"PersistentVolumeClaim", "PersistentVolume", "ResourceQuota"}
)
"""Kinds that are looked at on every update; of the others only a change that is told matters."""


AGES: Final = ("Certificate",)
"""Kinds that go wrong by nothing but time."""
DAY_SECONDS: Final = 86400.0
"""What was edited by hand within a day is told; older edits only beside a trouble."""
AGES_SECONDS: Final = 300.0
"""How often they are looked at."""


def is_settled(state: State, t: float) -> bool:
    """Tell whether no list is under way: what is missing is not there."""
    return t >= state.listed_at + SETTLE_SECONDS or state.situation.is_ending


def tell_inspections(state: State, t: float) -> None:
    """Inspect what was touched, once a list is whole; at the end of a snapshot nothing more will come."""
    if t >= state.aged_at + AGES_SECONDS:
        state.aged_at = t
        state.touched.update((ref, None) for kind in AGES for ref in state.topology.all_of(kind))
    if not state.touched or not is_settled(state, t):
        return
    state.topology.now = t
    touched, state.touched = state.touched, {}
    for ref in touched:
        if ref.kind in INSPECTIONS:
            _inspect(state, ref, t)


def _inspect(state: State, ref: ObjectRef, t: float) -> None:
    there = state.topology.get(ref) is not None
    signs = [s for read in INSPECTIONS[ref.kind] for s in read(state.topology, ref)] if there else []
    types: dict[str, ObjectRef] = {}
    for sign in signs:
        shown = _show(state, ref, sign, t)
        if shown is not None:
            types[shown[0]] = shown[1]
    before = state.inspected.pop(ref, {})
    if types:
        state.inspected[ref] = types
    if types or before:
        others = {k: v for k, v in state.symptoms.shown.get(ref, {}).items() if k not in before}
        state.symptoms.state_shows(ref, {**others, **types}, t, in_order=False)


def _show(state: State, ref: ObjectRef, sign: Sign, t: float) -> tuple[str, ObjectRef] | None:
    since = min(sign.since if sign.since is not None else state.topology.as_of(ref), t)
    age = {"recent": str(since >= t - CHANGE_SECONDS).lower(), "today": str(since >= t - DAY_SECONDS).lower()}
    named = state.rules.name(sign._replace(attrs={**sign.attrs, **age}))
    if named is None:
        return None
    rule, attrs = named
    subject = ref if rule.subject == "self" else state.topology.top(ref)
    is_repeat = rule.symptom in state.inspected.get(ref, {})
    evidence = Evidence(since, f"{ref} {rule.symptom}", f"{ref}: {sign_text(rule, attrs)}")
    state.symptoms.show(rule, subject, ref, attrs, since, t, count=0 if is_repeat else 1, evidence=evidence)
    return rule.symptom, subject
