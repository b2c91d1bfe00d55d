"""When did a change begin, how big is it against its own past, and is it still there. Plain Python, a few dozen points.

Where a series changed is found by Pettitt's rank test (1979), which needs no model and no unit, and works from five
points; how big it is by the median before and the median deviation (MAD), with floors for a past that is flat.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

MAD_TO_SIGMA: Final = 1.4826
"""MAD of a normal distribution -> standard deviation."""
BEFORE_MIN: Final = 3
AFTER_MIN: Final = 2
"""Points that a past and a present need."""
RELATIVE_FLOOR: Final = 0.05
"""A past never counts as steadier than a twentieth of itself."""
HOLDS_SHARE: Final = 0.5
"""Half of the points after the change, and the newest two, must show at least half of it."""


class Change(NamedTuple):
    """A rise that lasts until the newest point: its time, the medians before and after, and the robust z-score."""

    at: float
    expected: float
    value: float
    z: float


def rise(times: Sequence[float], values: Sequence[float], floor: float) -> Change | None:
    """Return the rise that the newest points are part of, None when there is none.

    `floor` is the smallest deviation that counts as one, in the unit of the values. Costs O(n log n).
    """
    n = len(values)
    if n < BEFORE_MIN + AFTER_MIN:
        return None
    split = _split(values)
    if not BEFORE_MIN <= split <= n - AFTER_MIN:
        return None
    split = _sharpen(values, split)
    before, after = values[:split], values[split:]
    if len(before) < BEFORE_MIN or len(after) < AFTER_MIN:
        return None
    expected, value = median(before), median(after)
    half = expected + HOLDS_SHARE * (value - expected)
    if value <= expected or min(values[-AFTER_MIN:]) < half or sum(v >= half for v in after) < HOLDS_SHARE * len(after):
        return None
    return Change(times[split], expected, value, (value - expected) / _sigma(before, expected, floor))


def _split(values: Sequence[float]) -> int:
    """Return where the later values begin to rank higher: the minimum of Pettitt's statistic."""
    ranks = _ranks(values)
    middle, total, lowest, at = (len(values) + 1) / 2, 0.0, 0.0, 0
    for index, rank in enumerate(ranks[:-1]):
        total += rank - middle
        if total <= lowest + 1e-9:  # of equal ones the last, so that the past is the longer part
            lowest, at = total, index + 1
    return at


def _ranks(values: Sequence[float]) -> list[float]:
    """Return ranks from 1; equal values share their mean rank."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for i in range(start, end + 1):
            ranks[order[i]] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _sharpen(values: Sequence[float], split: int) -> int:
    """Move the split over points that plainly belong to the other side: ranks alone do not see a jump's size."""
    low, high = median(values[:split]), median(values[split:])
    middle = (low + high) / 2
    while split > BEFORE_MIN and values[split - 1] > middle:
        split -= 1
    while split < len(values) - AFTER_MIN and values[split] < middle:
        split += 1
    return split


def _sigma(before: Sequence[float], expected: float, floor: float) -> float:
    spread = MAD_TO_SIGMA * median(abs(v - expected) for v in before)
    return max(spread, RELATIVE_FLOOR * abs(expected), floor, 1e-12)


GROWTH_POINTS_MIN: Final = 8
STEADY_SHARE: Final = 0.8
THIRDS: Final = 3


def growth(times: Sequence[float], values: Sequence[float]) -> tuple[float, float, float] | None:
    """Return (since, first, rise per second) of values that only grow, None when they do not.

    Steady: four of five steps up or level, each third higher than the one before, and the last third still rising.
    """
    n = len(values)
    if n < GROWTH_POINTS_MIN:
        return None
    steps = [b - a for a, b in pairwise(values)]
    if sum(s >= 0 for s in steps) < STEADY_SHARE * len(steps):
        return None
    size = n // THIRDS
    thirds = [median(values[i * size : (i + 1) * size]) for i in range(THIRDS - 1)] + [
        median(values[(THIRDS - 1) * size :])
    ]
    rises = [b - a for a, b in pairwise(thirds)]
    if min(rises) <= 0 or min(rises) < 0.2 * max(rises) or values[-1] <= values[-1 - size // 2]:
        return None
    seconds = times[-1] - times[0]
    return (times[0], values[0], (values[-1] - values[0]) / seconds) if seconds > 0 and math.isfinite(seconds) else None
