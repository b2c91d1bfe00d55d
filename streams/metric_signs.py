"""Findings of measures -> signs of workloads and Nodes, told every few seconds of log time.

What counts as trouble is in streams/shortage.py, whose trouble it is in streams/origins.py.
"""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.sign import Sign
from causeline.streams.metric_finding import SIGNS, WAITING, Seen, is_between, strongest
from causeline.streams.origins import BadNode, bad_nodes, blamed, nodes_between, nodes_that_lose, with_origins
from causeline.streams.resolve import About, about, is_gone
from causeline.streams.shortage import counts
from causeline.streams.state import State

LOOK_SECONDS: Final = 5.0
"""How often findings are told, in log time."""
ALONE_SECONDS: Final = 60.0
"""Slow or wrong answers without a reason of the workload's own wait so long for a callee that explains them."""
MOST: Final = 0.8
"""A share from which on it is nearly always so."""
UNITS: Final = {
    "latency": "s", "ping": "s", "io-latency": "s", "gc-pause": "s", "cpu": "cores", "memory": "bytes",
    "error-rate": "/s",
}  # fmt: skip


def tell_metrics(state: State, t: float) -> None:
    """Tell the findings that there are, every few seconds; costs nothing while there are none."""
    metrics, is_ending = state.metrics, state.situation.is_ending
    if not (metrics.hot or metrics.is_new or metrics.shown) or (t - metrics.told_at < LOOK_SECONDS and not is_ending):
        return
    metrics.told_at, metrics.is_new = t, False
    _resolve_calls(state)
    found = [s for s in _all_seen(state) if counts(state, s, t)]
    found, between = _without_nodes(state, found)
    found = with_origins(state, blamed(state, strongest(found)))
    found = [s for s in found if _is_due(s, found, t, is_ending=is_ending)]
    shown: dict[ObjectRef, dict[str, ObjectRef]] = {}
    for seen in found:
        _show(state, seen, t, shown)
    for sign, node, since, names in (*between, *bad_nodes(state, found)):
        _show_node(state, sign, node, since, names, t, shown)
    for by in [by for by in metrics.shown if by not in shown]:
        state.symptoms.state_shows(by, {}, t, in_order=False)
    for by, types in shown.items():
        state.symptoms.state_shows(by, types, t, in_order=False)
    metrics.shown = dict.fromkeys(shown)


def _without_nodes(state: State, found: list[Seen]) -> tuple[list[Seen], list[BadNode]]:
    """Put calls that are slow or lost on their way to or from one node down to it; who waits is not slow of itself."""
    bad: list[BadNode] = []
    for sign, find in (("metric.latency", nodes_between), ("metric.loss", nodes_that_lose)):
        nodes = find(state, found)
        calls = [s for s in found if s.sign == sign and s.measure.caller is not None] if nodes else []
        since = min((s.since for s in calls), default=0.0)
        bad += [(sign, node, since, names) for node, names in nodes]
        found = [s for s in found if s not in calls]
    return found, bad


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


def _is_due(seen: Seen, found: list[Seen], t: float, *, is_ending: bool) -> bool:
    if seen.sign not in WAITING or not seen.is_origin or is_ending:
        return True
    has_reason = any(o.about.subject == seen.about.subject and o.sign not in WAITING for o in found)
    return has_reason or t - seen.since >= ALONE_SECONDS


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
        "most": str(unit == "%" and finding.value >= MOST).lower(),
        "side": "network" if _is_network(seen) else "client" if seen.measure.by_caller else "server",
        "signal": seen.measure.golden.signal,
        "waits": "no" if seen.is_origin else "yes",
        "callee": str(seen.callee) if seen.callee is not None else "",
    }
    text = f"{seen.measure.series}: {attrs['value']}, usually {usual}"
    _put(state, Sign(seen.sign, attrs, since), whom, text, t, shown)


def _is_network(seen: Seen) -> bool:
    return seen.measure.golden.signal == "ping" or is_between(seen)


def _show_node(
    state: State,
    name: str,
    node: ObjectRef,
    since: float,
    workloads: list[str],
    t: float,
    shown: dict[ObjectRef, dict[str, ObjectRef]],
) -> None:
    attrs = {
        "scope": "node",
        "how": "rose",
        "side": "network",
        "workloads": ", ".join(workloads),
        "since": f"{since:.0f}",
        "waits": "no",
    }
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
