"""How fast: checkpoints that never take more than a twentieth of the time, and replays at a multiple of real time."""

import time
from collections.abc import Callable
from typing import Final

from causeline.core.errors import ConfigError
from causeline.core.ports import Checkpoints, Manifest

SPACING: Final = 20
"""A checkpoint that took x seconds is followed by at least 20 x seconds without one: at most 5 % of the time."""
SLEEP_SECONDS_MAX: Final = 86_400.0
"""The longest wait between two records of a paced replay."""


class PacedCheckpoints:
    """`core.ports.Checkpoints` that says when the next one is due."""

    def __init__(
        self,
        inner: Checkpoints,
        every_seconds: float,
        *,
        on_saved: Callable[[int], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._every = every_seconds
        self._on_saved = on_saved
        self._monotonic = monotonic
        self._next = monotonic() + every_seconds
        self._began: float | None = None

    def due(self) -> bool:
        """Is a checkpoint wanted now? When it says yes, one is taken, and `save` ends it."""
        now = self._monotonic()
        if now < self._next:
            return False
        self._began = now
        return True

    def save(self, changed: dict[str, bytes | None], manifest: Manifest) -> None:
        """Keep the pages, set the time of the next checkpoint and tell whoever wants to know the offset."""
        self._inner.save(changed, manifest)
        now = self._monotonic()
        took = 0.0 if self._began is None else now - self._began
        self._next = now + max(self._every, SPACING * took)
        self._began = None
        self._on_saved(manifest.offset)

    def load(self) -> tuple[Manifest, dict[str, bytes]] | None:
        """Return the newest whole checkpoint, or None."""
        return self._inner.load()

    def clear(self) -> None:
        """Forget everything."""
        self._inner.clear()


def parse_speed(text: str) -> float | None:
    """Return how many recorded seconds pass in one of ours; None for `max`. Raises ConfigError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise ConfigError(f"--speed {text}: a number above 0 or `max` is expected")
    return speed


class RecordedTime:
    """Lets recorded seconds pass `speed` times as fast as ours; at None without waiting."""

    def __init__(self, speed: float | None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._speed = speed
        self._sleep = sleep
        self._began = time.monotonic()
        self._first: float | None = None

    def wait_for(self, t: float) -> None:
        """Wait until the recorded time `t`, in unix seconds, has come."""
        if self._speed is None:
            return
        if self._first is None:
            self._first = t
        ahead = (t - self._first) / self._speed - (time.monotonic() - self._began)
        if ahead > 0:
            self._sleep(min(ahead, SLEEP_SECONDS_MAX))
