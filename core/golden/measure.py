"""What a series measures: the signal, its form, and how its value is brought to a common unit."""

from typing import NamedTuple


class Golden(NamedTuple):
    """One part of a measure. Every form is brought to "more is worse".

    `form`: `gauge` (the value), `rate` (increase per second), `ratio` (increase of `bad` over increase of `total`),
    `mean` (increase of `sum` over that of `count`), `share` (`value` over `limit`), `each` (mean rate of the series
    that are counted together), `idle` (1 - that).
    `scale` brings the value to seconds, to a ratio or to cores; 0 says that the name does not tell the unit.
    """

    signal: str
    form: str
    part: str
    family: str
    scale: float = 1.0
    is_inverted: bool = False
    """The name counts what went well: a success rate, an availability."""
