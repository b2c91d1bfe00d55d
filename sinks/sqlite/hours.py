"""Occurrences by the hour in which they were reported."""

import msgspec

from causeline.sinks.sqlite.database import Database
from causeline.sinks.sqlite.rows import SEVERITIES


class HourCount(msgspec.Struct, frozen=True):
    """How many occurrences one hour (its start, unix seconds) brought; objects without a namespace count under ""."""

    hour: float
    namespace: str
    kind: str
    reason: str
    severity: str
    count: int


def hour_counts(
    database: Database, start: float | None, end: float | None
) -> dict[tuple[float, str, str, str, str], int]:
    """Return the counts of one day's file, for hours that begin in [start, end)."""
    return {
        (float(hour), namespace, kind, reason, SEVERITIES[severity]): count
        for hour, namespace, kind, reason, severity, count in database.rows(_HOURS, (start, start, end, end))
    }


_HOURS = """
SELECT h.hour, ifnull(namespace.text, ''), kind.text, reason.text, h.severity, h.count FROM hours h
LEFT JOIN words namespace ON namespace.n = h.namespace
CROSS JOIN words kind ON kind.n = h.kind
CROSS JOIN words reason ON reason.n = h.reason
WHERE (? IS NULL OR h.hour >= ?) AND (? IS NULL OR h.hour < ?)
"""
