"""The machine's clock; everything below app/ is handed the time."""

import time

from causeline.core.ports import Clock


class SystemClock:
    """`core.ports.Clock` of the machine."""

    def now(self) -> float:
        """Return unix seconds."""
        return time.time()


class RisingClock:
    """A clock that never goes back: not when the machine's is set, and not behind what the log holds already."""

    def __init__(self, inner: Clock, not_before: float = 0.0) -> None:
        self._inner = inner
        self._latest = not_before

    def now(self) -> float:
        """Return unix seconds."""
        self._latest = max(self._latest, self._inner.now())
        return self._latest
