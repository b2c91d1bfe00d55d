"""One scrape as a line: of a recording's metrics file, or of the log. Only golden signals keep their values.

A scrape of a control plane holds ten thousands of series, of which nobody asks most; their number is kept, and the
values of those whose name says a golden signal. Decoding passes each series once: a look-up of its name, a conversion.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import msgspec

from causeline.core.errors import DecodeError
from causeline.core.golden import golden_of
from causeline.core.observations import ScrapeSeen
from causeline.core.redact import redact
from causeline.core.series import is_of_host

SERIES_MAX: Final = 200_000
"""Series of one line; a line with more is a dead letter. A large control plane shows about 50,000."""
NAMES_MAX: Final = 100_000
"""Names remembered as golden or not; then they are looked at anew."""


class _Line(msgspec.Struct):
    """As recordings have it; values may be text, as Prometheus writes them, or numbers."""

    t: float
    target: str
    took: float = 0.0
    changed: dict[str, str | float | None] | None = None
    gone: list[str] | None = None
    full: bool = False
    error: Any = None
    samples: Annotated[int, msgspec.Meta(ge=0)] | None = None


class _Body(msgspec.Struct):
    """As the log has it: a scrape without its time."""

    target: str
    took: float
    samples: Annotated[int, msgspec.Meta(ge=0)]
    error: str | None = None
    changed: dict[str, float] | None = None
    gone: list[str] | None = None
    full: bool = False


_line = msgspec.json.Decoder(_Line)
_body = msgspec.json.Decoder(_Body)
_is_golden: dict[str, bool] = {}


def is_golden(series: str) -> bool:
    """Tell whether a series' name says a golden signal."""
    name = series[:at] if (at := series.find("{")) >= 0 else series
    known = _is_golden.get(name)
    if known is None:
        if len(_is_golden) >= NAMES_MAX:
            _is_golden.clear()
        known = _is_golden[name] = golden_of(name) is not None
    return known


def golden_values(changed: Mapping[str, str | float | None]) -> dict[str, float]:
    """Return the values of golden signals. NaN and infinity are left out.

    Raises DecodeError for a value that is no number.
    """
    names = _is_golden
    found: dict[str, float] = {}
    series = ""
    try:
        for series, value in changed.items():
            at = series.find("{")
            known = names.get(series[:at] if at >= 0 else series)
            if known or (known is None and is_golden(series)):
                if is_of_host(series):
                    continue
                number = float(value)  # type: ignore[arg-type]
                if math.isfinite(number):
                    found[series] = number
    except (TypeError, ValueError) as error:
        raise DecodeError(f"metrics: {series[:200]}: not a number: {str(changed[series])[:50]!r}") from error
    return found


def golden_series(series: Iterable[str] | None) -> list[str] | None:
    """Return those of some series whose name says a golden signal, None for none."""
    return [s for s in series or () if is_golden(s) and not is_of_host(s)] or None


def decode_metrics(line: bytes) -> ScrapeSeen:
    """Decode one line of a recording's metrics file. Raises DecodeError when it is not what it should be."""
    try:
        record = _line.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a record: {error}") from error
    if record.error is not None:
        return ScrapeSeen(record.t, record.target, record.took, 0, redact(str(record.error)))
    changed = record.changed or {}
    if len(changed) > SERIES_MAX:
        raise DecodeError(f"metrics: {len(changed)} series in one line, more than {SERIES_MAX}")
    samples = len(changed) if record.samples is None else record.samples
    values, gone = golden_values(changed) or None, golden_series(record.gone)
    return ScrapeSeen(record.t, record.target, record.took, samples, None, values, gone, record.full)


def read_scrape(t: float, body: bytes) -> ScrapeSeen:
    """Decode the body of a scrape in the log."""
    o = _body.decode(body)
    return ScrapeSeen(t, o.target, o.took, o.samples, o.error, o.changed, o.gone, o.full)


def scrape_body(seen: ScrapeSeen) -> dict[str, Any]:
    """Return the body of a scrape for the log."""
    body: dict[str, Any] = {"target": seen.target, "took": seen.took, "samples": seen.samples, "error": seen.error}
    if seen.changed is not None:
        body["changed"] = seen.changed
    if seen.gone is not None:
        body["gone"] = seen.gone
    if seen.is_full:
        body["full"] = True
    return body
