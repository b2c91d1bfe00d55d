"""How long to wait before the next try: exponential, with jitter, bounded."""

import random as random_module


class Backoff:
    """Waits that double from `first` to `most` seconds; each is drawn from the upper half of its bound.

    The jitter keeps streams that were cut together from coming back together.
    """

    def __init__(self, random: random_module.Random, *, first: float = 1.0, most: float = 30.0) -> None:
        self._random = random
        self._first = first
        self._most = most
        self._bound = first

    def next(self) -> float:
        """Return the seconds to wait now."""
        bound, self._bound = self._bound, min(self._bound * 2, self._most)
        return bound * (0.5 + self._random.random() / 2)

    def reset(self) -> None:
        """Start again from the first wait: something worked."""
        self._bound = self._first
