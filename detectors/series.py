"""One measure: counters and gauges of one owner -> one point per quarter of a minute, in bounded memory.

A recording names only the series that changed, so what a scrape does not name has kept its value: points are made when
a scrape closes the bucket, for all measures of its target alike. A measure takes about 1.5 KB with its points.
"""

import math
from array import array
from struct import Struct
from typing import Final

import msgspec

from causeline.core.golden import Golden
from causeline.core.refs import ObjectRef

BUCKET_SECONDS: Final = 15.0
"""One point; cAdvisor brings its counters up to date every 10 to 15 s (housekeeping), so shorter rates would saw."""
POINTS_MAX: Final = 60
"""A quarter of an hour at BUCKET_SECONDS, an hour at one scrape a minute."""
POINT_BYTES: Final = 16
POINTS_BYTES: Final = POINTS_MAX * POINT_BYTES
REQUESTS_MIN: Final = 5.0
"""Fewer requests than this in one bucket give no share of errors."""
YOUNG_SECONDS: Final = 5.0
"""A counter that was just born says no rate yet."""
LEVEL_WEIGHT: Final = 0.1
"""Weight of the newest point in the running level: a memory of about ten points."""
LEVEL_STEP: Final = 0.5
"""The level rises by at most this share for one point, so that a trouble does not become usual at once."""

_point = Struct("dd")


class Finding(msgspec.Struct):
    """A change that is there: since when, what it is now and what was usual; None: it was never seen otherwise."""

    since: float
    value: float
    expected: float | None
    z: float = 0.0
    scale: float = 1.0
    """What the points were multiplied with, where the name does not tell the unit."""
    fading_since: float | None = None

    @property
    def factor(self) -> float:
        """How many times the usual; infinite where that is nothing or not known."""
        return self.value / self.expected if self.expected else math.inf


class Measure(msgspec.Struct):
    """What is remembered of one measure; see core/series.py for its parts."""

    golden: Golden
    owner: ObjectRef
    series: str
    caller: ObjectRef | None = None
    by_caller: bool = False
    opened_at: float = 0.0
    parts: dict[str, float] = {}
    points: bytes = b""
    level: float = -1.0
    """What it usually is, roughly: a slow average that trouble raises slowly. Negative: no point yet."""
    count: int = 0
    counters: int = 0
    """Series that are counted together, for those that say a share each."""
    finding: Finding | None = None

    def close(self, t: float) -> float | None:
        """End the bucket; return its point, None where it says nothing (no requests, not a number)."""
        seconds = t - self.opened_at
        if seconds < YOUNG_SECONDS:
            return None
        self.opened_at = t
        value = _FORMS[self.golden.form](self, seconds)
        if value is None or not math.isfinite(value):
            return None
        points = self.points + _point.pack(t, value)
        self.points = points if len(points) <= POINTS_BYTES else points[POINT_BYTES:]
        self.count += 1
        return value

    def settle(self, value: float) -> None:
        """Bring the running level up to date."""
        if self.level < 0:
            self.level = value
            return
        bounded = min(value, self.level * (1 + LEVEL_STEP)) if self.level > 0 else value * LEVEL_WEIGHT
        self.level += LEVEL_WEIGHT * (bounded - self.level)

    def history(self) -> tuple[list[float], list[float]]:
        """Return times and values, oldest first."""
        flat = array("d")
        flat.frombytes(self.points)
        return flat[0::2].tolist(), flat[1::2].tolist()


def _gauge(m: Measure, _: float) -> float | None:
    value = m.parts.get("value")
    if value is None:
        return None
    value *= m.golden.scale or 1.0
    if not m.golden.is_inverted:
        return value
    return max((1.0 if m.golden.scale else 100.0 if value > 1.0 else 1.0) - value, 0.0)


def _rate(m: Measure, seconds: float) -> float:
    return m.parts.pop("value", 0.0) * (m.golden.scale or 1.0) / seconds


def _each(m: Measure, seconds: float) -> float | None:
    return m.parts.pop("value", 0.0) / seconds / m.counters if m.counters else None


def _idle(m: Measure, seconds: float) -> float | None:
    idle = _each(m, seconds)
    return None if idle is None else max(1.0 - idle, 0.0)


def _ratio(m: Measure, _: float) -> float | None:
    bad, total = m.parts.pop("bad", 0.0), m.parts.pop("total", 0.0)
    if m.golden.signal == "errors":
        total += bad  # the total of requests is counted by code, each once
        return bad / total if total >= REQUESTS_MIN else None
    return min(bad / total, 1.0) if total > 0 else None


def _mean(m: Measure, _: float) -> float | None:
    total, count = m.parts.pop("sum", 0.0), m.parts.pop("count", 0.0)
    buckets = {k: m.parts.pop(k) for k in list(m.parts) if k.startswith("le:")}
    if count > 0 and (total > 0 or not buckets):
        return total / count * (m.golden.scale or 1.0)
    return _of_buckets(buckets, m.golden.scale or 1.0) if buckets else None


def _of_buckets(buckets: dict[str, float], scale: float) -> float | None:
    """The mean of a histogram by the middles of its buckets; what lies above the last bound counts as that bound."""
    bounds = sorted((float(k[3:].replace("+", "")), n) for k, n in buckets.items() if _is_number(k[3:]))
    if not bounds or bounds[-1][1] <= 0:
        return None
    total, below, count = 0.0, 0.0, 0.0
    for bound, cumulative in bounds:
        total += max(cumulative - count, 0.0) * (below if math.isinf(bound) else (below + bound) / 2)
        below, count = below if math.isinf(bound) else bound, max(cumulative, count)
    return total / count * scale


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _share(m: Measure, _: float) -> float | None:
    limit = m.parts.get("limit", 0.0)
    return m.parts["value"] / limit if limit > 0 and "value" in m.parts else None


_FORMS: Final = {
    "gauge": _gauge,
    "rate": _rate,
    "each": _each,
    "idle": _idle,
    "ratio": _ratio,
    "mean": _mean,
    "share": _share,
}
COUNTED: Final = frozenset({"rate", "each", "idle", "ratio", "mean"})
"""Forms whose series are counters."""


class Track(msgspec.Struct):
    """One series: its last value and the parts that it adds to. `is_counter`: increases count, not values."""

    is_counter: bool
    last: float
    parts: list[tuple[str, str]]
    """(key of the measure, part)."""


def increase(last: float, value: float) -> float:
    """Return how much a counter rose; one that fell began anew at 0."""
    return value - last if value >= last else value
