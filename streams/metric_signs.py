"""Findings of measures -> signs of workloads and Nodes: whose trouble it is, and who only waits for somebody else.

A workload whose answers became slow or wrong is the origin only if nothing that it asks is in trouble: what its callees
explain is put down to them (explaining away along the call graph). Where many workloads of one node suffer and their
like elsewhere do not, it is the node's network.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from causeline.core.objects import Pod
from causeline.core.pod_spec import template_of
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.core.results import Evidence
from causeline.core.series import labels_of
from causeline.detectors.saturation import least_of
from causeline.detectors.series import Finding, Measure
from causeline.knowledge.graph import talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.quantities import quantity
from causeline.knowledge.sign import Sign
from causeline.streams.resolve import About, about, is_gone
from causeline.streams.state import State

LOOK_SECONDS: Final = 5.0
"""How often findings are told, in log time."""
STARTING_SECONDS: Final = 180.0
"""A pod that was created, or a workload that was changed, may start up for so long: planned work, no trouble."""
ALONE_SECONDS: Final = 60.0
"""Slow or wrong answers without a reason of the workload's own wait so long for a callee that explains them."""
EARLIER_SECONDS: Final = 60.0
"""A callee's trouble may show this much later than its caller's: one scrape a minute is common."""
CALLS_DEEP: Final = 3
"""Calls in a row that are followed, as in streams/explain.py."""
EXPLAINS_SHARE: Final = 0.5
"""A callee explains a caller whose answers rose (in logarithm) at most twice as much."""
FACTOR_MOST: Final = 100.0
"""Beyond a hundred times the usual, more says no more: what was usual may be nothing at all."""
LIMIT_SHARE: Final = 0.85
"""Of a limit, for processor and memory: the rules of the large providers stand there."""
OVER_LIMIT: Final = 1.3
"""A use cannot be that much above the limit: then it is of another unit."""
CORES_LEAST: Final = 0.5
"""Without a limit: half a core, and three times the usual."""
FACTOR_LEAST: Final = 3.0
GROWTH_BYTES_LEAST: Final = 50.0 * 2**20
"""Without a limit: memory must have doubled, and by this much."""
LEFT_SECONDS_MAX: Final = 3600.0
"""Memory that reaches its limit within the hour."""
SUFFERERS_MIN: Final = 2
"""Workloads on one node that must suffer alike before the node is suspected."""

SIGNS: Final = {
    "latency": "metric.latency", "ping": "metric.latency", "errors": "metric.errors", "error-rate": "metric.errors",
    "cpu": "metric.cpu", "cpu-share": "metric.cpu", "throttled": "metric.throttled", "memory": "metric.memory-growth",
    "memory-share": "metric.memory-growth", "loss": "metric.loss", "retransmits": "metric.loss",
    "conntrack": "metric.conntrack", "io": "metric.io", "io-latency": "metric.io", "gc": "metric.gc",
    "gc-pause": "metric.gc",
}  # fmt: skip
WAITING: Final = frozenset({"metric.latency", "metric.errors"})
"""Signs that a caller shows as well as the origin."""
UNITS: Final = {
    "latency": "s", "ping": "s", "io-latency": "s", "gc-pause": "s", "cpu": "cores", "memory": "bytes",
    "error-rate": "/s",
}  # fmt: skip


class Seen(NamedTuple):
    """One finding and whom it is about."""

    sign: str
    about: About
    measure: Measure
    finding: Finding
    is_origin: bool = True
    callee: ObjectRef | None = None
    callee_since: float = 0.0

    @property
    def is_faint(self) -> bool:
        """Is it too little to be trouble by itself? Then it may only explain somebody's."""
        return self.finding.expected is not None and self.finding.value < least_of(self.measure)

    @property
    def since(self) -> float:
        """Since when, in log time."""
        return self.finding.since


def tell_metrics(state: State, t: float) -> None:
    """Tell the findings that there are, every few seconds; costs nothing while there are none."""
    metrics, is_ending = state.metrics, state.situation.is_ending
    if not (metrics.hot or metrics.is_new or metrics.shown) or (t - metrics.told_at < LOOK_SECONDS and not is_ending):
        return
    metrics.told_at, metrics.is_new = t, False
    _resolve_calls(state)
    found = [s for s in _all_seen(state) if _counts(state, s, t)]
    found = _with_origins(state, _blamed(state, _strongest(found)))
    found = [s for s in found if _is_due(s, found, t, is_ending=is_ending)]
    shown: dict[ObjectRef, dict[str, ObjectRef]] = {}
    for seen in found:
        _show(state, seen, t, shown)
    for sign, node, since, names in _bad_nodes(state, found):
        _show_node(state, sign, node, since, names, t, shown)
    for by in [by for by in metrics.shown if by not in shown]:
        state.symptoms.state_shows(by, {}, t, in_order=False)
    for by, types in shown.items():
        state.symptoms.state_shows(by, types, t, in_order=False)
    metrics.shown = dict.fromkeys(shown)


def _resolve_calls(state: State) -> None:
    """Bring who asks whom to workloads that are there."""
    metrics = state.metrics
    metrics.needs.clear()
    for caller, callees in metrics.calls.items():
        source = about(state.topology, caller)
        for callee in callees if source is not None else ():
            target = about(state.topology, callee)
            if source is not None and target is not None and source.subject != target.subject:
                metrics.needs.setdefault(source.subject, {})[target.subject] = None


def _all_seen(state: State) -> list[Seen]:
    found = []
    for place in list(state.metrics.hot):
        measure = state.metrics.targets[place[0]].measures[place[1]]
        if is_gone(state.topology, measure.owner):
            state.metrics.forget(place)
            continue
        whom = about(state.topology, measure.owner)
        if whom is not None and measure.finding is not None:
            found.append(Seen(SIGNS[measure.golden.signal], whom, measure, measure.finding))
    return found


# --- does it count ----------------------------------------------------------------------------------------------------


def _counts(state: State, seen: Seen, t: float) -> bool:
    """Tell whether a finding is trouble for its subject: no planned work, and beyond a known limit's share."""
    if _is_planned(state, seen, t):
        return False
    if seen.measure.golden.signal == "cpu":
        return _is_short_of_cpu(state, seen)
    if seen.measure.golden.signal == "memory":
        return _is_short_of_memory(state, seen)
    return True


def _is_planned(state: State, seen: Seen, t: float) -> bool:
    """The pod is young, or its workload was just changed: starting costs time, memory and processor."""
    since = seen.since
    pod = state.topology.get(seen.measure.owner)
    created = pod.metadata.creation_timestamp.timestamp() if pod and pod.metadata.creation_timestamp else -math.inf
    changed = (c.at for c in state.topology.changes_of(seen.about.subject) if c.what not in ("replicas", "annotations"))
    began = max((at for at in (created, *changed) if at <= since + STARTING_SECONDS / 3), default=-math.inf)
    return since - began < STARTING_SECONDS and t - began < STARTING_SECONDS


def _limit(state: State, seen: Seen, resource: str) -> float:
    """The limit of the container that the series names, else of the whole pod; 0 when there is none."""
    pod = state.topology.get(seen.measure.owner)
    if not isinstance(pod, Pod):
        pod = next((state.topology.get(p) for p in state.topology.pods_under(seen.about.subject)), None)
    spec = pod.spec if isinstance(pod, Pod) else template_of(state.topology.get(seen.about.subject))
    if spec is None:
        return 0.0
    name = labels_of(seen.measure.series)[1].get("container", "")
    containers = [c for c in spec.containers if c.name == name] or spec.containers
    limits = [quantity(((c.resources.limits if c.resources else None) or {}).get(resource, "")) for c in containers]
    return sum(limits) if limits and all(limits) else 0.0


def _is_short_of_cpu(state: State, seen: Seen) -> bool:
    value, limit = seen.finding.value, _limit(state, seen, "cpu")
    if seen.about.subject.kind == "Node":
        return False
    if limit:
        units = (
            (1.0,) if seen.measure.golden.scale else (1.0, 1e-3, limit / 100)
        )  # cores, millicores, per cent of the limit
        shares = [value * unit / limit for unit in units]
        return any(LIMIT_SHARE <= share <= OVER_LIMIT for share in shares)
    return seen.finding.factor >= FACTOR_LEAST and value >= CORES_LEAST


def _is_short_of_memory(state: State, seen: Seen) -> bool:
    value, limit, first = seen.finding.value, _limit(state, seen, "memory"), seen.finding.expected or 0.0
    if not limit or value > OVER_LIMIT * limit:
        return value >= 2 * first and value - first >= GROWTH_BYTES_LEAST
    if value >= LIMIT_SHARE * limit:
        return True
    times, _ = seen.measure.history()
    speed = (value - first) / max(times[-1] - seen.since, 1.0)
    return value >= limit / 2 and value >= 1.5 * first and (limit - value) / max(speed, 1e-9) <= LEFT_SECONDS_MAX


def _strongest(found: list[Seen]) -> list[Seen]:
    """Of each sign that an object shows, the strongest: what rose before what always was, then the larger factor."""
    best: dict[tuple[str, ObjectRef, ObjectRef | None], Seen] = {}
    for seen in found:
        key = (seen.sign, seen.about.by, seen.measure.caller if _is_between(seen) else None)
        known = best.get(key)
        if known is None or _strength(seen) > _strength(known):
            best[key] = seen
    return list(best.values())


def _strength(seen: Seen) -> tuple[bool, float, float]:
    return seen.finding.expected is not None, min(seen.finding.factor, 1e6), seen.finding.z


# --- whose trouble it is ----------------------------------------------------------------------------------------------


def _is_between(seen: Seen) -> bool:
    """Slow as the caller sees it: it may be the network between."""
    return seen.sign == "metric.latency" and seen.measure.by_caller and seen.measure.caller is not None


def _blamed(state: State, found: list[Seen]) -> list[Seen]:
    """Put slow calls down to the callee if it is slow itself, else to that end of which most calls are slow."""
    slow_inside = {s.about.subject for s in found if s.sign == "metric.latency" and not s.measure.by_caller}
    between = [s for s in found if _is_between(s)]
    others = [s for s in found if not _is_between(s)]
    pairs: dict[tuple[ObjectRef, ObjectRef], Seen] = {}
    callers: dict[ObjectRef, About] = {}
    for seen in between:
        caller = about(state.topology, seen.measure.caller) if seen.measure.caller else None
        if caller is not None and seen.about.subject not in slow_inside:
            callers[caller.subject] = caller
            pairs.setdefault((caller.subject, seen.about.subject), seen)
    for (caller_ref, callee), seen in pairs.items():
        into = sum(1 for _, c in pairs if c == callee) / max(_callers_of(state, callee), 1)
        out = sum(1 for c, _ in pairs if c == caller_ref)
        share_out = out / max(len(state.metrics.needs.get(caller_ref, ())), 1)
        whom = callers[caller_ref] if out > 1 and share_out > into else seen.about
        others.append(seen._replace(about=whom))
    return _strongest(others) if pairs else others


def _callers_of(state: State, callee: ObjectRef) -> int:
    return sum(callee in callees for callees in state.metrics.needs.values())


class Troubles:
    """What is in trouble of its own (processor, memory, …), or by its answers alone: since when, how strongly."""

    def __init__(self, found: list[Seen]) -> None:
        self.own: dict[ObjectRef, float] = {}
        self.waits: dict[ObjectRef, float] = {}
        self.strength: dict[ObjectRef, float] = {}
        for seen in found:
            subject = seen.about.subject
            kept = self.waits if seen.sign in WAITING else self.own
            kept[subject] = min(kept.get(subject, math.inf), seen.since)
            if seen.sign in WAITING:
                self.strength[subject] = max(self.strength.get(subject, 0.0), _log_factor(seen))


def _log_factor(seen: Seen) -> float:
    return math.log(min(max(seen.finding.factor, 1.0), FACTOR_MOST))


def _with_origins(state: State, found: list[Seen]) -> list[Seen]:
    """Mark what a callee's trouble explains: slow or wrong answers of a workload that has no other trouble of its own.

    What is too little to be trouble is told only if it explains somebody's.
    """
    troubles = Troubles(found)
    explained: dict[ObjectRef, tuple[ObjectRef, float] | None] = {}
    told = {s.about.subject for s in found if not s.is_faint}
    ring = list(dict.fromkeys(s.about.subject for s in found if not s.is_faint))
    while ring:
        for subject in ring:
            is_open = subject in troubles.waits and subject not in troubles.own
            explained[subject] = _callee(state, subject, troubles) if is_open else None
        ring = [why[0] for s in ring if (why := explained[s]) is not None and why[0] not in explained]
        told.update(ring)
    return [
        seen._replace(is_origin=False, callee=why[0], callee_since=why[1])
        if seen.sign in WAITING and (why := explained.get(seen.about.subject)) is not None
        else seen
        for seen in found
        if seen.about.subject in told
    ]


def _callee(state: State, subject: ObjectRef, troubles: Troubles) -> tuple[ObjectRef, float] | None:
    """Return what a workload waits for, and since when: the nearest below it in trouble, and not only because of it."""
    since, strength = troubles.waits[subject], troubles.strength[subject]
    for callee in _below(state, subject):
        troubled = troubles.own.get(callee) or _troubled_by_state(state, callee)
        if troubled is None and troubles.strength.get(callee, 0.0) >= EXPLAINS_SHARE * strength:
            troubled = troubles.waits.get(callee)
        if troubled is None or troubled > since + EARLIER_SECONDS:
            continue
        is_circle = callee not in troubles.own and callee in troubles.waits and subject in _below(state, callee)
        if not is_circle or (troubles.waits[callee], str(callee)) < (since, str(subject)):
            return callee, troubled
    return None


def _below(state: State, subject: ObjectRef) -> list[ObjectRef]:
    """Return the workloads that one asks, and those that they ask, nearest first."""
    found: dict[ObjectRef, None] = {}
    ring = [subject]
    for _ in range(CALLS_DEEP):
        ring = [c for r in ring for c in _callees(state, r) if c not in found and c != subject]
        found.update((c, None) for c in ring)
    return list(found)


def _callees(state: State, workload: ObjectRef) -> Iterable[ObjectRef]:
    if workload.kind not in WORKLOAD_KINDS:
        return ()
    asked = [*talks_to(state.topology, workload), *state.situation.calls_of(workload)]
    return dict.fromkeys(
        w
        for a in asked
        for w in (selected_workloads(state.topology, a) if a.kind == "Service" else (a,))
        if w != workload
    )


def _troubled_by_state(state: State, subject: ObjectRef) -> float | None:
    """Since when an object's own state or its events say that it is in trouble, None when they do not.

    At the end of a snapshot nothing is believed yet; then what is there counts.
    """
    found = []
    for name, rule in state.rules.symptoms.items():
        symptom = state.symptoms.held.get((name, subject)) if rule.role == "primary" else None
        is_known = symptom is not None and (symptom.confirmed_at is not None or state.situation.is_ending)
        if symptom is not None and is_known and symptom.is_active and not name.startswith("metric-"):
            found.append(symptom.since)
    return min(found, default=None)


def _is_due(seen: Seen, found: list[Seen], t: float, *, is_ending: bool) -> bool:
    if seen.sign not in WAITING or not seen.is_origin or is_ending:
        return True
    has_reason = any(o.about.subject == seen.about.subject and o.sign not in WAITING for o in found)
    return has_reason or t - seen.since >= ALONE_SECONDS


def _bad_nodes(state: State, found: list[Seen]) -> list[tuple[str, ObjectRef, float, list[str]]]:
    """Nodes whose workloads are slow or lose packets without a reason of their own, while others elsewhere are well."""
    saturated = {s.about.subject for s in found if s.sign not in (*WAITING, "metric.loss")}
    nodes: dict[ObjectRef, set[str | None]] = {}
    since: dict[ObjectRef, float] = {}
    for seen in found:
        is_network = seen.sign == "metric.loss" or (seen.sign == "metric.latency" and seen.is_origin)
        if is_network and seen.about.subject.kind in WORKLOAD_KINDS and seen.about.subject not in saturated:
            nodes.setdefault(seen.about.subject, set()).update(_nodes_of(state, seen.about))
            since[seen.about.subject] = min(since.get(seen.about.subject, math.inf), seen.since)
    bad = []
    for node in state.topology.members("Node", None) if nodes else ():
        here = [w for w, its in nodes.items() if its == {node.name}]
        if len(here) >= SUFFERERS_MIN and len(here) == len(nodes) and _others_are_elsewhere(state, node.name):
            bad.append(("metric.network", node, min(since[w] for w in here), [w.name for w in here]))
    return bad


def _nodes_of(state: State, whom: About) -> set[str | None]:
    if whom.node is not None:
        return {whom.node}
    pods = (state.topology.get(p) for p in state.topology.pods_under(whom.subject))
    return {p.spec.node_name for p in pods if isinstance(p, Pod)}


def _others_are_elsewhere(state: State, node: str) -> bool:
    pods = (state.topology.get(p) for p in state.topology.all_of("Pod"))
    return any(isinstance(p, Pod) and p.spec.node_name not in (None, node) for p in pods)


# --- telling it -------------------------------------------------------------------------------------------------------


def _show(state: State, seen: Seen, t: float, shown: dict[ObjectRef, dict[str, ObjectRef]]) -> None:
    whom, finding = seen.about, seen.finding
    since = max(finding.since, seen.callee_since)  # nobody waits for what has not begun; scrapes only see it later
    unit = UNITS.get(seen.measure.golden.signal, "%")
    usual = "unknown" if finding.expected is None else amount(finding.expected, unit)
    attrs = {
        "value": amount(finding.value, unit),
        "expected": usual,
        "factor": f"{min(finding.factor, 999.0):.1f}" if finding.expected is not None else "",
        "since": f"{finding.since:.0f}",
        "unit": unit,
        "series": seen.measure.series,
        "scope": "node" if whom.subject.kind == "Node" else "pod",
        "how": "rose" if finding.expected is not None else "always",
        "side": "network" if _is_network(seen) else "client" if seen.measure.by_caller else "server",
        "waits": "no" if seen.is_origin else "yes",
        "callee": str(seen.callee) if seen.callee is not None else "",
    }
    text = f"{seen.measure.series}: {attrs['value']}, usually {usual}"
    _put(state, Sign(seen.sign, attrs, since), whom, text, t, shown)


def _is_network(seen: Seen) -> bool:
    return seen.measure.golden.signal == "ping" or _is_between(seen)


def _show_node(
    state: State,
    name: str,
    node: ObjectRef,
    since: float,
    workloads: list[str],
    t: float,
    shown: dict[ObjectRef, dict[str, ObjectRef]],
) -> None:
    attrs = {"scope": "node", "how": "rose", "workloads": ", ".join(workloads), "since": f"{since:.0f}", "waits": "no"}
    whom = about(state.topology, node)
    if whom is not None:
        _put(state, Sign(name, attrs, since), whom, f"slow on {node.name} alone: {attrs['workloads']}", t, shown)


def _put(
    state: State, sign: Sign, whom: About, text: str, t: float, shown: dict[ObjectRef, dict[str, ObjectRef]]
) -> None:
    named = state.rules.name(sign)
    if named is None:
        return
    rule, attrs = named
    since = min(sign.since if sign.since is not None else t, t)
    key = f"{attrs.get('series', str(whom.subject))}@{since:.0f}"
    is_repeat = rule.symptom in state.symptoms.shown.get(whom.by, {})
    state.symptoms.show(
        rule,
        whom.subject,
        whom.by,
        attrs,
        since,
        t,
        node=whom.node,
        count=0 if is_repeat else 1,
        evidence=Evidence(since, key, text),
    )
    shown.setdefault(whom.by, {})[rule.symptom] = whom.subject


def amount(value: float, unit: str) -> str:
    """Say a value in the unit that people read."""
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"
    if unit == "bytes":
        return f"{value / 2**20:.0f} MiB"
    return f"{value * 100:.0f} %" if unit == "%" else f"{value:.2f} {unit}"
