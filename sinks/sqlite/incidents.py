"""Incidents and their timelines in main.db."""

from collections.abc import Iterator
from typing import Final

import msgspec

from causeline.core.results import SEVERITY_RANK, Incident, Subject, TimelineEntry
from causeline.sinks.sqlite.database import Database

STATES: Final = {"open": 0, "resolved": 1, "merged": 2}
"""In the order in which incidents are listed."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Incident).decode


def put_incident(database: Database, incident: Incident) -> None:
    """Upsert inside a transaction. Cost: the body, and a row for each timeline entry when anything changed."""
    body = _encode(incident)
    held = database.execute("SELECT n, body FROM incidents WHERE id = ?", (incident.id,)).fetchone()
    if held and held[1] == body:
        return
    ended_at = None if incident.state == "open" else incident.resolved_at or incident.started_at
    state, severity = STATES[incident.state], SEVERITY_RANK[incident.severity]
    n = database.execute(_UPSERT, (incident.id, state, severity, incident.started_at, ended_at, body)).fetchone()[0]
    database.execute("DELETE FROM timeline WHERE incident = ?", (n,))
    if incident.state != "merged":
        rows = [(object_key(entry.object), entry.at, n, place) for place, entry in enumerate(incident.timeline)]
        database.execute_many("INSERT INTO timeline (object, at, incident, entry) VALUES (?, ?, ?, ?)", rows)


def object_key(subject: Subject) -> str:
    """Return an object's name as one text that no other object has."""
    return _encode((subject.kind, subject.namespace, subject.name)).decode()


def list_incidents(database: Database, include_merged: bool, since: float | None) -> list[Incident]:
    """Return incidents, most important first."""
    last_state = STATES["merged"] if include_merged else STATES["resolved"]
    rows = database.rows(_LIST, (last_state, since, since))
    return [_decode(body) for (body,) in rows]


def find_incident(database: Database, beginning: str) -> Incident | None:
    """Return the incident with this id, or the only one whose id begins so."""
    rows = database.rows(_FIND, (beginning, beginning, beginning))
    exact = [body for name, body in rows if name == beginning]
    if exact or len(rows) == 1:
        return _decode((exact or [rows[0][1]])[0])
    return None


def list_timeline(
    database: Database, subject: Subject | None, start: float | None, end: float | None
) -> Iterator[tuple[str, TimelineEntry]]:
    """Yield (incident id, entry) by time."""
    if subject is None:
        rows = database.rows(_TIMELINE, (start, start, end, end))
    else:
        rows = database.rows(_TIMELINE_OF, (object_key(subject), start, start, end, end))
    bodies: dict[int, Incident] = {}
    for n, place in rows:
        if n not in bodies:
            bodies[n] = _decode(database.rows("SELECT body FROM incidents WHERE n = ?", (n,))[0][0])
        yield bodies[n].id, bodies[n].timeline[place]


_UPSERT: Final = """
INSERT INTO incidents (id, state, severity, started_at, ended_at, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity, started_at = excluded.started_at,
                               ended_at = excluded.ended_at, body = excluded.body
RETURNING n
"""
_LIST: Final = """
SELECT body FROM incidents WHERE state <= ? AND (? IS NULL OR ended_at IS NULL OR ended_at >= ?)
ORDER BY state, severity DESC, started_at DESC, id
"""
_FIND: Final = """
SELECT id, body FROM incidents WHERE id >= ? AND substr(id, 1, length(?)) = ? ORDER BY id LIMIT 2
"""
_TIMELINE: Final = """
SELECT t.incident, t.entry FROM timeline t JOIN incidents i ON i.n = t.incident
WHERE (? IS NULL OR t.at >= ?) AND (? IS NULL OR t.at < ?) ORDER BY t.at, i.id, t.entry
"""
_TIMELINE_OF: Final = _TIMELINE.replace("WHERE", "WHERE t.object = ? AND")
