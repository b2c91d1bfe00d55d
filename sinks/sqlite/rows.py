"""How a row of a day's file becomes an event again."""

from typing import Any, Final

from causeline.core.results import SEVERITY_RANK, Severity, StoredEvent, Subject

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "critical")
"""By rank."""

SELECT_EVENT: Final = """
SELECT e.n, e.uid, e.name, kind.text, namespace.text, o.name, reason.text, type.text, e.message, component.text,
       e.count, e.created_at, e.first_at, e.last_at, e.arrived_at, e.severity
FROM events e
CROSS JOIN objects o ON o.n = e.object
CROSS JOIN words kind ON kind.n = e.kind
LEFT JOIN words namespace ON namespace.n = e.namespace
CROSS JOIN words reason ON reason.n = e.reason
CROSS JOIN words type ON type.n = e.type
CROSS JOIN words component ON component.n = e.component
"""
"""CROSS: SQLite must start at the events; it has no statistics to see that by itself."""


def event_of(row: tuple[Any, ...]) -> StoredEvent:
    """Return the event of a row of SELECT_EVENT."""
    _, uid, name, kind, namespace, object_name, reason, type_, message, component, count, *times, severity = row
    created_at, first_at, last_at, arrived_at = times
    return StoredEvent(
        uid, name, Subject(kind, namespace, object_name), reason, type_, message, component, count,
        created_at, first_at, last_at, arrived_at, SEVERITIES[severity],
    )  # fmt: skip


assert all(SEVERITIES[rank] == name for name, rank in SEVERITY_RANK.items())  # noqa: S101 (kept in step)
