"""Ask one day's file: pages of events, counts by field, counts by bucket."""

import re
from typing import Any, Final

from causeline.core.ports import EventQuery
from causeline.core.results import SEVERITY_RANK, StoredEvent
from causeline.sinks.sqlite.database import Database
from causeline.sinks.sqlite.rows import SELECT_EVENT, SEVERITIES, event_of
from causeline.sinks.sqlite.words import NONE, find_object, find_word

FEW_MATCHES: Final = 2_000
"""Up to here the messages that match are fetched and sorted; more are met by walking the time index until the limit."""

Place = tuple[float, str]
"""Where a page ended: last occurrence and uid."""

_WORD: Final = re.compile(r"[^\W_]+")
_COLUMNS: Final = {"namespace": "e.namespace", "kind": "e.kind", "reason": "e.reason", "severity": "e.severity"}


class Where:
    """The conditions of a query in one day's numbers; None of them match when `is_empty`."""

    def __init__(self, database: Database, query: EventQuery) -> None:
        self.is_empty = False
        self._terms: list[str] = []
        self.values: list[Any] = []
        self._add("e.last_at >= ?", query.start)
        self._add("e.last_at < ?", query.end)
        if query.namespace is not None:
            self._number("e.namespace = ?", NONE if query.namespace == "" else find_word(database, query.namespace))
        if query.reason is not None:
            self._number("e.reason = ?", find_word(database, query.reason))
        if query.severity is not None:
            self._number("e.severity = ?", SEVERITY_RANK.get(query.severity))
        if query.object is not None:
            self._number("e.object = ?", find_object(database, query.object))
        if query.text is not None:
            self._text(database, query.text)

    def _add(self, term: str, value: object) -> None:
        if value is not None:
            self._terms.append(term)
            self.values.append(value)

    def _number(self, term: str, number: int | None) -> None:
        self._add(term, number)
        self.is_empty = self.is_empty or number is None

    def _text(self, database: Database, text: str) -> None:
        words = " ".join(f'"{word}"' for word in _WORD.findall(text))
        if not words:
            self.is_empty = self.is_empty or bool(text.strip())
            return
        few = database.execute(_COUNT_MATCHES, (words, FEW_MATCHES + 1)).fetchone()[0] <= FEW_MATCHES
        # "+" keeps SQLite from starting at the matches, however many they are
        self._add(_HAS_WORDS if few else f"+{_HAS_WORDS}", words)

    def after(self, place: Place | None, newest_first: bool) -> None:
        """Go on where a page ended."""
        if place is not None:
            self._terms.append(f"(e.last_at, e.uid) {'<' if newest_first else '>'} (?, ?)")
            self.values += place

    def __str__(self) -> str:
        return " WHERE " + " AND ".join(self._terms) if self._terms else ""


def page(database: Database, query: EventQuery, place: Place | None, limit: int) -> list[StoredEvent]:
    """Return up to `limit` events after `place`, in the query's order."""
    where = Where(database, query)
    if where.is_empty:
        return []
    where.after(place, query.newest_first)
    order = (
        " ORDER BY e.last_at DESC, e.uid DESC LIMIT ?" if query.newest_first else " ORDER BY e.last_at, e.uid LIMIT ?"
    )
    return [event_of(row) for row in database.rows(f"{SELECT_EVENT}{where}{order}", (*where.values, limit))]


def counts(database: Database, field: str, query: EventQuery) -> list[tuple[str, int]]:
    """Return occurrences by value of `field`."""
    where = Where(database, query)
    if where.is_empty:
        return []
    column = _COLUMNS[field]
    # sums come first, so that words are looked up once for each value
    sums = f"SELECT {column} AS value, sum(e.count) AS count FROM events e{where} GROUP BY 1"  # noqa: S608 (own names)
    if field == "severity":
        return [(SEVERITIES[value], count) for value, count in database.rows(sums, where.values)]
    named = f"SELECT ifnull(words.text, ''), count FROM ({sums}) LEFT JOIN words ON words.n = value"  # noqa: S608
    return database.rows(named, where.values)


def buckets(database: Database, seconds: float, query: EventQuery) -> list[tuple[float, int]]:
    """Return (start of bucket, occurrences)."""
    where = Where(database, query)
    if where.is_empty:
        return []
    sql = f"SELECT floor(e.last_at / ?) AS bucket, sum(e.count) FROM events e{where} GROUP BY 1"  # noqa: S608 (own names)
    return [(bucket * seconds, count) for bucket, count in database.rows(sql, (seconds, *where.values))]


_OLDEST_FIRST: Final = " ORDER BY e.last_at, e.uid LIMIT ?"
_NEWEST_FIRST: Final = " ORDER BY e.last_at DESC, e.uid DESC LIMIT ?"
_HAS_WORDS: Final = "e.n IN (SELECT rowid FROM messages WHERE messages MATCH ?)"
_COUNT_MATCHES: Final = "SELECT count(*) FROM (SELECT 1 FROM messages WHERE messages MATCH ? LIMIT ?)"
