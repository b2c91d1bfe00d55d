"""Which series are followed: samples of scrapes become points of measures, and measures that changed become findings.

Nothing here knows the cluster's objects; streams/metric_signs.py says whom a finding is about. Costs one look-up a
sample, and a few microseconds a measure each quarter of a minute.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from causeline.core.observations import ScrapeSeen
from causeline.core.refs import ObjectRef
from causeline.core.series import Part, parts_of
from causeline.detectors.saturation import judge, needs_look
from causeline.detectors.series import BUCKET_SECONDS, COUNTED, Measure, Track, increase

FOLLOWED_MAX: Final = 100_000
"""Series followed at once, of all targets; further ones are counted, not followed."""
IGNORED_MAX: Final = 1_000_000
"""Series remembered as not to be followed, so that they are not read again."""
TARGETS_MAX: Final = 10_000
"""Targets remembered; further ones are not followed."""
CALLERS_MAX: Final = 10_000
"""Callers whose callees are remembered; of further ones nobody is known."""
CALLEES_MAX: Final = 200
"""Callees of one caller."""
TICK_PART: Final = 0.5
"""Scrapes come a little early or late; a bucket may close this many seconds before its time."""


class Target(msgspec.Struct):
    """One target: its series, their measures, and when its bucket was opened."""

    name: str
    opened_at: float
    series: dict[str, Track] = {}
    measures: dict[str, Measure] = {}
    closed: int = 0


class Metrics:
    """All followed series of one cluster."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.hot: dict[tuple[str, str], None] = {}
        """Measures with a finding, in order of discovery."""
        self.calls: dict[ObjectRef, dict[ObjectRef, None]] = {}
        """Who asks whom, as labels of requests tell; names that the graph need not know yet."""
        self.needs: dict[ObjectRef, dict[ObjectRef, None]] = {}
        """The same between workloads that are there."""
        self.ignored: dict[str, dict[str, None]] = {}
        """By target, what is not to be followed, so that it is not read again; part of no checkpoint."""
        self.ignored_count = 0
        self.followed = 0
        self.not_followed = 0
        """Samples of series that were one too many."""
        self.is_new = False
        """Something was judged since the last look."""
        self.told_at = 0.0
        self.shown: dict[ObjectRef, None] = {}
        """Who shows symptoms by metrics."""
        self.dirty: dict[str, None] = {}

    def take(self, seen: ScrapeSeen) -> None:
        """Take in the samples of one scrape."""
        if not seen.changed and not seen.gone and seen.target not in self.targets:
            return
        target = self.targets.get(seen.target)
        if target is None:
            if len(self.targets) >= TARGETS_MAX:
                self.not_followed += len(seen.changed or ())
                return
            target = self.targets[seen.target] = Target(seen.target, seen.t)
        self.dirty[target.name] = None
        self._end(target, seen)
        if seen.changed:
            self._count(target, seen.changed, seen.t)
        if seen.error is None and seen.t - target.opened_at >= BUCKET_SECONDS - TICK_PART:
            self._close(target, seen.t)

    def _count(self, target: Target, changed: Mapping[str, float], t: float) -> None:
        series, measures, ignored = target.series, target.measures, self.ignored.setdefault(target.name, {})
        for name, value in changed.items():
            track = series.get(name)
            if track is None:
                if name not in ignored:
                    self._follow(target, name, value, t)
            elif track.is_counter:
                rose = increase(track.last, value)
                track.last = value
                for key, part in track.parts:
                    parts = measures[key].parts
                    parts[part] = parts.get(part, 0.0) + rose
            else:
                for key, part in track.parts:
                    measures[key].parts[part] = value

    def _follow(self, target: Target, name: str, value: float, t: float) -> None:
        if self.followed >= FOLLOWED_MAX:
            self.not_followed += 1
            return
        parts = parts_of(name, target.name)
        if not parts:
            self._ignore(target, name)
            return
        self.followed += 1
        is_counter = parts[0].golden.form in COUNTED
        target.series[name] = Track(is_counter, value, [(p.key, p.part) for p in parts])
        for part in parts:
            measure = self._measure(target, part, name, t)
            measure.counters += 1
            if not is_counter:
                measure.parts[part.part] = value
            elif part.part == "bad" and part.golden.signal == "errors" and target.closed:
                measure.parts["bad"] = measure.parts.get("bad", 0.0) + value  # the first failures make their series

    def _ignore(self, target: Target, name: str) -> None:
        if self.ignored_count >= IGNORED_MAX:
            self.ignored, self.ignored_count = {}, 0
        self.ignored.setdefault(target.name, {})[name] = None
        self.ignored_count += 1

    def _measure(self, target: Target, part: Part, name: str, t: float) -> Measure:
        measure = target.measures.get(part.key)
        if measure is None:
            measure = target.measures[part.key] = Measure(part.golden, part.owner, name, part.caller, part.by_caller, t)
            if part.caller is not None and part.caller != part.owner:
                self._asks(part.caller, part.owner)
        return measure

    def _asks(self, caller: ObjectRef, callee: ObjectRef) -> None:
        if caller in self.calls or len(self.calls) < CALLERS_MAX:
            callees = self.calls.setdefault(caller, {})
            if len(callees) < CALLEES_MAX:
                callees[callee] = None

    def _end(self, target: Target, seen: ScrapeSeen) -> None:
        """Forget the series that ended; a measure goes with its last one."""
        ended = [s for s in seen.gone or () if s in target.series]
        if seen.is_full and seen.changed is not None and target.closed:
            ended += [s for s in target.series if s not in seen.changed]
        for name in ended:
            track = target.series.pop(name, None)
            for key, _ in track.parts if track else ():
                measure = target.measures[key]
                measure.counters -= 1
                if measure.counters <= 0:
                    self._drop(target, key)
            self.followed -= track is not None

    def _drop(self, target: Target, key: str) -> None:
        del target.measures[key]
        if (target.name, key) in self.hot:
            del self.hot[target.name, key]
            self.is_new = True

    def forget(self, place: tuple[str, str]) -> None:
        """Forget a measure whose object is gone, with its series."""
        target = self.targets[place[0]]
        for name in [n for n, track in target.series.items() if any(key == place[1] for key, _ in track.parts)]:
            track = target.series.pop(name)
            self.followed -= 1
            for key, _ in track.parts:
                if key in target.measures:
                    self._drop(target, key)
        self.dirty[target.name] = None

    def _close(self, target: Target, t: float) -> None:
        """End the bucket of all measures of a target and judge those that are not as usual."""
        target.opened_at = t
        target.closed += 1
        for key, measure in target.measures.items():
            value = measure.close(t)
            if value is None:
                continue
            if measure.finding is not None or needs_look(measure, value):
                self._judge((target.name, key), measure, t)
            measure.settle(value)

    def _judge(self, place: tuple[str, str], measure: Measure, t: float) -> None:
        before = measure.finding
        measure.finding = judge(measure, t)
        if measure.finding is None:
            self.hot.pop(place, None)
        else:
            self.hot[place] = None
        self.is_new = self.is_new or measure.finding is not None or before is not None


class MetricsCore(msgspec.Struct):
    """What a checkpoint keeps beside the pages of targets."""

    targets: list[str]
    hot: list[tuple[str, str]]
    calls: dict[ObjectRef, list[ObjectRef]]
    needs: dict[ObjectRef, list[ObjectRef]]
    not_followed: int
    is_new: bool
    told_at: float
    shown: list[ObjectRef]


def dump(metrics: Metrics) -> MetricsCore:
    """Return the state of a checkpoint that is not on pages."""
    return MetricsCore(
        list(metrics.targets),
        list(metrics.hot),
        {caller: list(found) for caller, found in metrics.calls.items()},
        {caller: list(found) for caller, found in metrics.needs.items()},
        metrics.not_followed,
        metrics.is_new,
        metrics.told_at,
        list(metrics.shown),
    )


def load(metrics: Metrics, core: MetricsCore, targets: dict[str, Target]) -> None:
    """Take the state of a checkpoint back."""
    metrics.targets = {name: targets[name] for name in core.targets}
    metrics.hot = dict.fromkeys(core.hot)
    metrics.calls = {caller: dict.fromkeys(found) for caller, found in core.calls.items()}
    metrics.needs.clear()
    metrics.needs.update((caller, dict.fromkeys(found)) for caller, found in core.needs.items())
    metrics.not_followed, metrics.is_new, metrics.told_at = core.not_followed, core.is_new, core.told_at
    metrics.shown = dict.fromkeys(core.shown)
    metrics.followed = sum(len(t.series) for t in targets.values())
