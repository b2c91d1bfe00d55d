"""Prometheus text format -> series and values as text, by the official parser.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client.parser import text_fd_to_metric_families

from causeline.core.errors import DecodeError

LINE_CHARS: Final = 200
"""What an error shows of a line that can't be parsed."""


def parse_exposition(text: str) -> dict[str, str]:
    """Return series -> value, both as text, in the order of the exposition; of a repeated series the last counts.

    Raises DecodeError with the line number and the beginning of the line that can't be parsed.
    """
    lines = _Samples(text)
    try:
        return {_series(s): _value(s.value) for family in _families(lines) for s in family.samples}
    except (ValueError, IndexError, KeyError) as error:
        raise DecodeError(f"line {lines.number}: not the Prometheus text format: {lines.line[:LINE_CHARS]}") from error


class _Samples:
    """The lines that hold samples. TYPE and HELP are left out, for the parser would rename counters by them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.number = 0
        self.line = ""

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._text.split("\n"), 1):
            self.number, self.line = number, line
            if not line.lstrip().startswith("#"):
                yield line


def _families(lines: Iterable[str]) -> Iterable[Any]:
    return text_fd_to_metric_families(lines)  # type: ignore[arg-type] # it asks for a file, and only iterates


def _series(sample: Any) -> str:
    if not sample.labels:
        return str(sample.name)
    labels = ",".join(f'{key}="{_escape(value)}"' for key, value in sample.labels.items())
    return f"{sample.name}{{{labels}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _value(value: float) -> str:
    """As the exposition format writes it, so that NaN equals NaN."""
    if value != value:  # noqa: PLR0124 - NaN is the only number that differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
