"""One finding of a measure and whom it is about, as the other modules of metrics pass it on."""

import math
from typing import Final, NamedTuple

from causeline.core.refs import ObjectRef
from causeline.detectors.saturation import least_of
from causeline.detectors.series import Finding, Measure
from causeline.streams.resolve import About

FACTOR_MOST: Final = 100.0
"""Beyond a hundred times the usual, more says no more: what was usual may be nothing at all."""
SIGNS: Final = {
    "latency": "metric.latency", "ping": "metric.latency", "errors": "metric.errors", "error-rate": "metric.errors",
    "cpu": "metric.cpu", "cpu-share": "metric.cpu", "throttled": "metric.throttled", "memory": "metric.memory-growth",
    "memory-share": "metric.memory-growth", "loss": "metric.loss", "retransmits": "metric.loss",
    "conntrack": "metric.conntrack", "io": "metric.io", "io-latency": "metric.io", "gc": "metric.gc",
    "gc-pause": "metric.gc",
}  # fmt: skip
BETWEEN: Final = ("metric.latency", "metric.loss")
"""Signs that may be of the way between two ends."""
WAITING: Final = frozenset({"metric.latency", "metric.errors"})
"""Signs that a caller shows as well as the origin."""


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


def is_between(seen: Seen) -> bool:
    """Slow or lost as the caller sees it: it may be the network between."""
    return seen.sign in BETWEEN and seen.measure.by_caller and seen.measure.caller is not None


def strongest(found: list[Seen]) -> list[Seen]:
    """Of each sign that an object shows, the strongest: what rose before what always was, then the larger factor."""
    best: dict[tuple[str, ObjectRef, ObjectRef | None], Seen] = {}
    for seen in found:
        key = (seen.sign, seen.about.by, seen.measure.caller if is_between(seen) else None)
        known = best.get(key)
        if known is None or _strength(seen) > _strength(known):
            best[key] = seen
    return list(best.values())


def _strength(seen: Seen) -> tuple[bool, float, float]:
    return seen.finding.expected is not None, min(seen.finding.factor, 1e6), seen.finding.z


def log_factor(seen: Seen) -> float:
    """Return the logarithm of how many times the usual, bounded."""
    return math.log(min(max(seen.finding.factor, 1.0), FACTOR_MOST))
