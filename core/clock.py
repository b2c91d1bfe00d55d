"""A clock that moves when it is told to; the machine's clock is in app/."""


class ManualClock:
    """A clock for tests and replays."""

    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def now(self) -> float:
        """Return the time that was set last."""
        return self.at
