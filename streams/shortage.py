"""Does a finding count as trouble: no planned work, and beyond the share of a limit where the limit is known."""

import math
from typing import Final

from causeline.core.objects import Pod
from causeline.core.pod_spec import template_of
from causeline.core.series import labels_of
from causeline.knowledge.quantities import quantity
from causeline.streams.metric_finding import Seen
from causeline.streams.state import State

STARTING_SECONDS: Final = 180.0
"""A pod that was created, or a workload that was changed, may start up for so long: planned work, no trouble."""
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


def counts(state: State, seen: Seen, t: float) -> bool:
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
