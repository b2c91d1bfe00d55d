"""Whose trouble it is: who only waits for a callee, which end of slow calls is to blame, which node's network is bad.

A workload whose answers became slow or wrong is the origin only if nothing that it asks is in trouble: what its callees
explain is put down to them (explaining away along the call graph). Where many workloads of one node suffer and their
like elsewhere do not, it is the node's network.
"""

import math
from collections.abc import Iterable
from typing import Final

from causeline.core.objects import Pod
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.knowledge.graph import talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.streams.metric_finding import BETWEEN, WAITING, Seen, is_between, log_factor, strongest
from causeline.streams.resolve import About, about
from causeline.streams.state import State

EARLIER_SECONDS: Final = 60.0
"""A callee's trouble may show this much later than its caller's: one scrape a minute is common."""
CALLS_DEEP: Final = 3
"""Calls in a row that are followed, as in streams/explain.py."""
EXPLAINS_SHARE: Final = 0.5
"""A callee explains a caller whose answers rose (in logarithm) at most twice as much."""
WAY_SECONDS: Final = 0.1
"""A call that loses less than this on its way is not slow by its way, as streams/shortage.py has it for answers."""
SUFFERERS_MIN: Final = 2
"""Workloads on one node that must suffer alike before the node is suspected."""


Pair = tuple[ObjectRef, ObjectRef]
"""Who asks, and who is asked."""
BadNode = tuple[str, ObjectRef, float, list[str]]
"""Sign, Node, since when, and the workloads that suffer."""


def blamed(state: State, found: list[Seen]) -> list[Seen]:
    """Put slow calls down to the callee if it is slow itself, else to that end of which most calls are slow.

    Packets that are lost between two ends are put down the same way.
    """
    others = [s for s in found if not is_between(s)]
    if len(others) == len(found):
        return found
    for sign in BETWEEN:
        others += _at_the_worse_end(state, sign, found)
    return strongest(others)


def _at_the_worse_end(state: State, sign: str, found: list[Seen]) -> list[Seen]:
    ill_inside = {s.about.subject for s in found if s.sign == sign and not s.measure.by_caller}
    pairs: dict[Pair, Seen] = {}
    callers: dict[ObjectRef, About] = {}
    for seen in found:
        is_one = seen.sign == sign and is_between(seen) and seen.about.subject not in ill_inside
        caller = about(state.topology, seen.measure.caller) if is_one and seen.measure.caller else None
        if caller is not None:
            callers[caller.subject] = caller
            pairs.setdefault((caller.subject, seen.about.subject), seen)
    told = []
    for (caller_ref, callee), seen in pairs.items():
        into = sum(1 for _, c in pairs if c == callee) / max(_callers_of(state, callee), 1)
        out = sum(1 for c, _ in pairs if c == caller_ref)
        share_out = out / max(len(state.metrics.needs.get(caller_ref, ())), 1)
        told.append(seen._replace(about=callers[caller_ref] if out > 1 and share_out > into else seen.about))
    return told


def nodes_between(state: State, found: list[Seen]) -> list[tuple[ObjectRef, list[str]]]:
    """Nodes that all calls slow on their way lead to or come from, and the workloads at the other ends.

    What a call loses on its way is how much more its caller measures than its callee. Calls that stay inside a node do
    not leave it. At least two workloads elsewhere must see it, and calls that touch the node must not be fast.
    """
    return _in_common(state, _lost_on_the_way(state, found))


def nodes_that_lose(state: State, found: list[Seen]) -> list[tuple[ObjectRef, list[str]]]:
    """Nodes that all echoes between nodes that are lost lead to or come from, and the nodes at the other ends."""
    lost = {pair for s in found if s.sign == "metric.loss" and (pair := _nodes_of_echo(state, s)) is not None}
    return _in_common(state, lost)


def _nodes_of_echo(state: State, seen: Seen) -> Pair | None:
    caller = about(state.topology, seen.measure.caller) if seen.measure.caller else None
    if caller is None or caller.subject.kind != "Node":
        return None
    return caller.subject, seen.about.subject


def _in_common(state: State, slow: set[Pair]) -> list[tuple[ObjectRef, list[str]]]:
    known = _known_pairs(state)
    places = {w: _only_node(state, w) for pair in (*slow, *known) for w in pair}

    def touches(pair: Pair, node: ObjectRef) -> bool:
        return (places[pair[0]] == node.name) != (places[pair[1]] == node.name)

    bad = []
    for node in state.topology.members("Node", None) if len(slow) >= SUFFERERS_MIN else ():
        ends = {b if places[a] == node.name else a for a, b in slow if touches((a, b), node)}
        spared = sum(touches(pair, node) for pair in known if pair not in slow)
        if all(touches(p, node) for p in slow) and len(ends) >= SUFFERERS_MIN and spared * 2 <= len(slow):
            bad.append((node, sorted(w.name for w in ends)))
    return bad if len(bad) == 1 else []


def _lost_on_the_way(state: State, found: list[Seen]) -> set[Pair]:
    """Pairs (caller, callee) whose calls take longer for the caller than for the callee, by more than they used to."""
    rises: dict[Pair, list[float]] = {}
    for seen in found:
        caller = about(state.topology, seen.measure.caller) if seen.measure.caller else None
        if caller is not None and seen.sign == "metric.latency":
            rise = seen.finding.value - (seen.finding.expected or 0.0)
            ends = rises.setdefault((caller.subject, seen.about.subject), [0.0, 0.0])
            ends[0 if seen.measure.by_caller else 1] = rise
    return {pair for pair, (client, server) in rises.items() if client - server >= WAY_SECONDS}


def _known_pairs(state: State) -> list[Pair]:
    return [(caller, callee) for caller, callees in state.metrics.needs.items() for callee in callees]


def _only_node(state: State, workload: ObjectRef) -> str | None:
    nodes = _nodes_of(state, About(workload, workload))
    return next(iter(nodes)) if len(nodes) == 1 else None


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
                self.strength[subject] = max(self.strength.get(subject, 0.0), log_factor(seen))


def with_origins(state: State, found: list[Seen]) -> list[Seen]:
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
        if seen.sign in WAITING
        and seen.measure.golden.signal != "ping"
        and (why := explained.get(seen.about.subject)) is not None
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
    asked = [*talks_to(state.topology, workload), *state.topology.calls_of(workload)]
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


def bad_nodes(state: State, found: list[Seen]) -> list[BadNode]:
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
            kinds = {s.sign for s in found if s.about.subject in here and s.sign in ("metric.loss", "metric.latency")}
            sign = kinds.pop() if len(kinds) == 1 else "metric.network"
            bad.append((sign, node, min(since[w] for w in here), [w.name for w in here]))
    return bad


def _nodes_of(state: State, whom: About) -> set[str | None]:
    if whom.node is not None:
        return {whom.node}
    pods = (state.topology.get(p) for p in state.topology.pods_under(whom.subject))
    return {p.spec.node_name for p in pods if isinstance(p, Pod)}


def _others_are_elsewhere(state: State, node: str) -> bool:
    pods = (state.topology.get(p) for p in state.topology.all_of("Pod"))
    return any(isinstance(p, Pod) and p.spec.node_name not in (None, node) for p in pods)
