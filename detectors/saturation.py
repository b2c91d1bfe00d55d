"""When a change of a golden signal is trouble: big, lasting, and beyond a bound that says it in absolute terms.

The bounds are those of published alert rules where there are some; every one is named with its source. What a share of
a limit means is decided later, where the limit is known (streams/metric_signs.py).
"""

import math
from typing import Final, NamedTuple

from causeline.detectors.onset import Change, growth, rise
from causeline.detectors.series import Finding, Measure

LASTING_SECONDS: Final = 30.0
"""A trouble must have lasted so long: two points at the shortest interval."""
FADED_SHARE: Final = 0.3
"""Over when less than this share of the rise is left, for LASTING_SECONDS."""
MILLISECONDS_FROM: Final = 1.0
"""A latency without a unit whose usual value is at least this is taken for milliseconds: few answer in seconds."""
LOOK_AGAIN: Final = 4
"""Every fourth point is looked at anyway, for what grows slowly."""


class Bound(NamedTuple):
    """How many times the usual (`factor`), how unlike the past (`z`), from which value on (`least`, the signal's unit).

    `floor`: the smallest deviation of a past that counts. `always`: from here on it is trouble whatever was usual.
    """

    factor: float
    z: float
    least: float
    floor: float
    always: float = math.inf


BOUNDS: Final[dict[str, Bound]] = {
    "latency": Bound(3.0, 8.0, 0.1, 0.002),  # seconds; 100 ms is what people notice (Nielsen 1993)
    "ping": Bound(3.0, 8.0, 0.02, 0.0005),  # seconds; within one region a round trip takes 1 to 2 ms
    "errors": Bound(3.0, 8.0, 0.05, 0.005, 0.25),  # share; KubeAPIErrorsHigh and its like stand at 5 %
    "error-rate": Bound(3.0, 8.0, 0.2, 0.02),  # failures per second, where requests are not counted
    "cpu": Bound(1.5, 8.0, 0.02, 0.005),  # cores; the share of the limit decides later
    "cpu-share": Bound(1.5, 6.0, 0.8, 0.02, 0.95),  # share; the hosts' rules stand at 85 %
    "throttled": Bound(3.0, 6.0, 0.25, 0.01, 0.5),  # share of periods; CPUThrottlingHigh stands at 25 %
    "memory": Bound(1.5, 8.0, 1.0, 1 << 20),  # bytes; growth and the share of the limit decide later
    "memory-share": Bound(1.5, 8.0, 0.85, 0.01, 0.95),
    "loss": Bound(3.0, 8.0, 0.01, 0.001, 0.05),  # share of packets; TCP's throughput suffers from 1 % on
    "retransmits": Bound(3.0, 8.0, 0.05, 0.005, 0.2),  # share of segments; healthy networks stay below 1 %
    "conntrack": Bound(1.2, 4.0, 0.9, 0.01, 0.9),  # share; node-problem-detector's ConntrackFull stands at 90 %
    "io": Bound(2.0, 6.0, 0.6, 0.02, 0.95),  # share of time in which somebody waits
    "io-latency": Bound(3.0, 8.0, 0.05, 0.001),  # seconds; a disk answers within milliseconds
    "gc": Bound(3.0, 6.0, 0.1, 0.005, 0.3),  # share of time; a collector that takes a tenth is short of room
    "gc-pause": Bound(3.0, 8.0, 0.1, 0.005),  # seconds
}
RATE_LEAST: Final = {"loss": 5.0, "retransmits": 20.0}
"""Packets per second, where only the bad ones are counted."""


EXPLAINING: Final = frozenset({"latency", "errors", "ping"})
"""Signals that count below their bound as well, to explain those who wait; alone they are no trouble."""


def least_of(measure: Measure) -> float:
    """Return the value from which on a rise is trouble by itself."""
    signal = measure.golden.signal
    return RATE_LEAST.get(signal, BOUNDS[signal].least) if measure.golden.form == "rate" else BOUNDS[signal].least


def needs_look(measure: Measure, value: float) -> bool:
    """Tell cheaply whether the newest point may be part of a trouble."""
    bound = BOUNDS[measure.golden.signal]
    if value <= measure.level or measure.level < 0:
        return value >= bound.always
    return (
        value >= bound.always
        or (value > measure.level * min(bound.factor, 1.5) + bound.floor)
        or (measure.count % LOOK_AGAIN == 0 and value > measure.level + bound.floor)
    )


def judge(measure: Measure, t: float) -> Finding | None:
    """Return the trouble that a measure shows now, with the one that it showed before in mind."""
    times, values = measure.history()
    known = measure.finding
    if known is not None:
        return known if _goes_on(known, [v * known.scale for v in values[-2:]], t) else None
    scale = _scale(measure, values)
    values = [v * scale for v in values]
    bound = BOUNDS[measure.golden.signal]
    least = 0.0 if measure.golden.signal in EXPLAINING else least_of(measure)
    found = rise(times, values, bound.floor)
    if found is not None and found.value >= least and _is_big(found, bound) and t - found.at >= LASTING_SECONDS:
        return Finding(found.at, found.value, found.expected, found.z, scale)
    if measure.golden.signal == "memory":
        return _growing(times, values)
    if measure.golden.signal == "errors" and measure.golden.form == "gauge":
        return None  # a gauge that was never otherwise may count what nobody asks for, or nothing at all
    return _always(times, values, bound, t, scale)


def _scale(measure: Measure, values: list[float]) -> float:
    """Guess the unit where the name does not say it, from what is usual."""
    if measure.golden.scale:
        return 1.0
    usual = sorted(values)[len(values) // 4]
    if measure.golden.signal in ("latency", "ping", "io-latency", "gc-pause"):
        return 1e-3 if usual >= MILLISECONDS_FROM else 1.0
    if BOUNDS[measure.golden.signal].least < 1.0 and measure.golden.signal != "cpu":
        return 0.01 if max(values) > 1.0 else 1.0
    return 1.0


def _is_big(found: Change, bound: Bound) -> bool:
    return found.value >= bound.factor * found.expected and found.z >= bound.z


def _growing(times: list[float], values: list[float]) -> Finding | None:
    found = growth(times, values)
    if found is None or values[-1] < values[0] * 1.2:
        return None
    return Finding(found[0], values[-1], found[1])


def _always(times: list[float], values: list[float], bound: Bound, t: float, scale: float) -> Finding | None:
    """What has been beyond the absolute bound for long enough, up to now."""
    since = None
    for at, value in zip(reversed(times), reversed(values), strict=True):
        if value < bound.always:
            break
        since = at
    return Finding(since, values[-1], None, 0.0, scale) if since is not None and t - since >= LASTING_SECONDS else None


def _goes_on(known: Finding, newest: list[float], t: float) -> bool:
    """Follow a trouble that is known: it may grow, and it is over when it has faded for long enough."""
    known.value = max(known.value, min(newest)) if known.expected is not None else known.value
    expected = known.expected or 0.0
    if newest[-1] >= expected + FADED_SHARE * (known.value - expected):
        known.fading_since = None
        return True
    known.fading_since = t if known.fading_since is None else known.fading_since
    return t - known.fading_since < LASTING_SECONDS
