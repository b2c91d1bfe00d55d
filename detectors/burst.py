"""Storms of events: a component that writes far more than it usually does.

The usual rate of a component is a Gamma distribution that forgets; a window is a storm when its count lies far above
what that rate explains and above a floor that no healthy component of a small cluster reaches. Good for floods; blind
to a slow rise. O(1) per event; memory bounded by COMPONENTS_MAX.
"""

from typing import Final

import msgspec

WINDOW_SECONDS: Final = 10
FLOOR: Final = 200
"""Occurrences in a window (20/s) below which nothing is a storm: busy clusters of 1,000 nodes write 20/s in all."""
CORE_FACTOR: Final = 5
"""Kubelets, scheduler and controllers write bursts for good reasons (a node lost, a large rollout)."""
TIMES_USUAL: Final = 8.0
FORGET: Final = 0.98
"""Per second: a half-life of 34 s for the usual rate."""
COMPONENTS_MAX: Final = 1000
CORE: Final = frozenset(
    {
        "kubelet",
        "default-scheduler",
        "node-controller",
        "deployment-controller",
        "replicaset-controller",
        "job-controller",
        "cronjob-controller",
        "statefulset-controller",
        "daemonset-controller",
        "horizontal-pod-autoscaler",
        "attachdetach-controller",
        "endpoint-controller",
        "endpoint-slice-controller",
        "taint-eviction-controller",
        "persistentvolume-controller",
    }
)


LISTED_SECONDS: Final = 300
"""Of listed Events those count that were last seen in the five minutes before the list."""
LISTED_FLOOR: Final = 300
"""So many Events of one component in that time, one each second, are a storm if they are also most of all that were
listed: a server keeps an hour of Events, and a list says nothing of what it no longer keeps."""
KEPT_SECONDS: Final = 3600
"""kube-apiserver --event-ttl: how long a server keeps an Event."""
KEPT_FLOOR: Final = 600
KEPT_SHARE: Final = 0.8
"""So many of one component among all that are kept, and so large a part of them, are a storm too, if it goes on."""


class Rate(msgspec.Struct):
    """What is known of one component: occurrences by second, and the usual rate as a decayed sum over decayed time."""

    seconds: dict[int, int] = {}
    recent: int = 0
    """All of `seconds` together."""
    total: float = 0.0
    time: float = 1.0
    updated: int = 0


class Burst:
    """Judge each component's occurrences in the last WINDOW_SECONDS; one beyond the bound is counted, not followed."""

    def __init__(self, rates: dict[str, Rate] | None = None) -> None:
        self.rates = rates if rates is not None else {}
        self.listed: dict[str, list[int]] = {}
        """Listed Events by component: how many are recent, how many a server still keeps."""
        self.not_followed = 0
        self._due = 0.0
        """Until then no rate needs a look."""
        self._all_due = 0.0
        """Until then only rates near their floor need one."""

    def learn_one(self, component: str, t: float, count: int) -> None:
        """Take in `count` occurrences written by `component` at `t`."""
        rate = self.rates.get(component)
        if rate is None:
            if len(self.rates) >= COMPONENTS_MAX:
                self.not_followed += count
                return
            rate = self.rates[component] = Rate(updated=int(t))
        second = int(t)
        rate.seconds[second] = rate.seconds.get(second, 0) + count
        rate.recent += count
        if rate.recent >= FLOOR:
            self._due = 0.0

    def learn_listed(self, component: str, age: float) -> None:
        """Take in a listed Event that was last seen `age` seconds before the list."""
        if age <= KEPT_SECONDS and (component in self.listed or len(self.listed) < COMPONENTS_MAX):
            counts = self.listed.setdefault(component, [0, 0])
            counts[0] += age <= LISTED_SECONDS
            counts[1] += 1

    def listed_storms(self) -> list[tuple[str, float]]:
        """Return (component, Events per second) of a storm that a list alone shows."""
        all_recent, all_kept = (sum(column) for column in zip((0, 0), *self.listed.values(), strict=True))
        loud = []
        for component, (recent, kept) in self.listed.items():
            is_loud = recent >= LISTED_FLOOR and 2 * recent >= all_recent
            is_steady = recent > 0 and kept >= KEPT_FLOOR and kept >= KEPT_SHARE * all_kept
            if component not in CORE and (is_loud or is_steady):
                loud.append((component, recent / LISTED_SECONDS))
        return loud

    def storms(self, t: float) -> list[tuple[str, float]]:
        """Return (component, occurrences per second) of the storms that rage at `t`."""
        if t < self._due:
            return []
        found = []
        is_for_all = t >= self._all_due
        if is_for_all:
            self._all_due = t + WINDOW_SECONDS
        for component in list(self.rates):
            rate = self.rates[component]
            floor = FLOOR * (CORE_FACTOR if component in CORE else 1)
            if rate.recent < floor and not is_for_all:
                continue
            self._settle(rate, int(t))
            count = rate.recent
            usual = rate.total / rate.time * WINDOW_SECONDS
            if count >= floor and count >= TIMES_USUAL * usual:
                found.append((component, count / WINDOW_SECONDS))
            if not rate.seconds and rate.total < 1e-3:
                del self.rates[component]
        busy = any(rate.recent >= FLOOR for rate in self.rates.values())
        self._due = t if busy else self._all_due
        return found

    @staticmethod
    def _settle(rate: Rate, now: int) -> None:
        """Bring the usual rate up to `now`; seconds that left the window count in it from the moment they left."""
        decay = FORGET ** max(0, now - rate.updated)
        rate.total *= decay
        rate.time = rate.time * decay + (1 - decay) / (1 - FORGET)
        for second in [s for s in rate.seconds if s <= now - WINDOW_SECONDS]:
            count = rate.seconds.pop(second)
            rate.recent -= count
            rate.total += count * FORGET ** (now - WINDOW_SECONDS - second)
        rate.updated = max(rate.updated, now)
