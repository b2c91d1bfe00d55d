"""The ports in plain memory: what the contracts mean, in the fewest lines, and what the engine's own tests run on."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from causeline.core.errors import StoreError, StoreFullError
from causeline.core.observations import DeadLetter
from causeline.core.ports import DEAD_LETTERS_MAX, FACET_FIELDS, EventQuery, Facet, Manifest
from causeline.core.results import (
    SEVERITY_RANK,
    Incident,
    LedgerEntry,
    Result,
    Stats,
    StoredEvent,
    Subject,
    TimelineEntry,
)

STATES = ("open", "resolved", "merged")


class MemoryStore:
    """`core.ports.Store` that forgets everything with the process."""

    def __init__(self) -> None:
        self._events: dict[str, StoredEvent] = {}
        self._incidents: dict[str, Incident] = {}
        self._ledger: dict[tuple[str, float], LedgerEntry] = {}
        self._letters: dict[str, DeadLetter] = {}
        self._letters_total = 0
        self._meta: dict[str, bytes] = {}
        self._stats: Stats | None = None

    def write(self, results: Sequence[Result]) -> None:
        for result in results:
            if isinstance(result, StoredEvent):
                held = self._events.get(result.uid)
                self._events[result.uid] = held.joined(result) if held else result
            elif isinstance(result, Incident):
                self._incidents[result.id] = result
            elif isinstance(result, LedgerEntry):
                self._ledger[(result.stream, result.from_)] = result
            else:
                self._put_letter(result)

    def _put_letter(self, letter: DeadLetter) -> None:
        if letter.id in self._letters:
            return
        if len(self._letters) >= DEAD_LETTERS_MAX:
            oldest = min(self._letters.values(), key=_letter_order)
            if _letter_order(letter) < _letter_order(oldest):
                return
            del self._letters[oldest.id]
        self._letters[letter.id] = letter
        self._letters_total += 1

    def sync(self) -> None:
        """Nothing survives a power cut here."""

    def incidents(self, *, include_merged: bool = False, since: float | None = None) -> list[Incident]:
        shown = [i for i in self._incidents.values() if include_merged or i.state != "merged"]
        recent = [i for i in shown if since is None or i.state == "open" or (i.resolved_at or i.started_at) >= since]
        return sorted(recent, key=lambda i: (STATES.index(i.state), -SEVERITY_RANK[i.severity], -i.started_at, i.id))

    def incident(self, incident_id: str) -> Incident | None:
        if incident_id in self._incidents:
            return self._incidents[incident_id]
        found = [i for i in self._incidents.values() if i.id.startswith(incident_id)]
        return found[0] if len(found) == 1 else None

    def timeline(
        self, subject: Subject | None = None, start: float | None = None, end: float | None = None
    ) -> list[tuple[str, TimelineEntry]]:
        found = [
            (entry.at, incident.id, place, entry)
            for incident in self.incidents()
            for place, entry in enumerate(incident.timeline)
            if (subject is None or entry.object == subject)
            and (start is None or entry.at >= start)
            and (end is None or entry.at < end)
        ]
        return [(incident, entry) for _, incident, _, entry in sorted(found, key=lambda row: row[:3])]

    def events(self, query: EventQuery) -> Iterator[StoredEvent]:
        found = sorted(self._matching(query), key=lambda e: (e.last_at, e.uid), reverse=query.newest_first)
        return iter(found[: query.limit])

    def _matching(self, query: EventQuery) -> list[StoredEvent]:
        return [event for event in self._events.values() if _matches(event, query)]

    def facets(self, field: str, query: EventQuery) -> list[Facet]:
        if field not in FACET_FIELDS:
            raise StoreError(f"can't count by {field!r}: one of {', '.join(FACET_FIELDS)}")
        totals: Counter[str] = Counter()
        for event in self._matching(query):
            values = {
                "namespace": event.object.namespace or "",
                "kind": event.object.kind,
                "reason": event.reason,
                "severity": event.severity,
            }
            totals[values[field]] += event.count
        return [Facet(value, n) for value, n in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))]

    def histogram(self, bucket_seconds: float, query: EventQuery) -> list[tuple[float, int]]:
        if not bucket_seconds > 0:
            raise StoreError(f"a bucket of {bucket_seconds} s: must be above 0")
        totals: Counter[float] = Counter()
        for event in self._matching(query):
            totals[math.floor(event.last_at / bucket_seconds) * bucket_seconds] += event.count
        return sorted(totals.items())

    def ledger(self) -> list[LedgerEntry]:
        return sorted(self._ledger.values(), key=lambda entry: (entry.from_, entry.stream))

    def dead_letters(self) -> list[DeadLetter]:
        return sorted(self._letters.values(), key=_letter_order)

    def dead_letters_total(self) -> int:
        return self._letters_total

    def drop_before(self, at: float) -> int:
        days = {uid: datetime.fromtimestamp(event.created_at, tz=UTC).date() for uid, event in self._events.items()}
        gone = {day for day in days.values() if day < datetime.fromtimestamp(at, tz=UTC).date()}
        self._events = {uid: event for uid, event in self._events.items() if days[uid] not in gone}
        return len(gone)

    def put_meta(self, key: str, value: bytes) -> None:
        self._meta[key] = value

    def get_meta(self, key: str) -> bytes | None:
        return self._meta.get(key)

    def put_stats(self, stats: Stats) -> None:
        self._stats = stats

    def stats(self) -> Stats | None:
        return self._stats

    def close(self) -> None:
        """Nothing is open."""


def _letter_order(letter: DeadLetter) -> tuple[float, str]:
    return letter.at, letter.id


def _matches(event: StoredEvent, query: EventQuery) -> bool:
    return (
        (query.start is None or event.last_at >= query.start)
        and (query.end is None or event.last_at < query.end)
        and (query.namespace is None or (event.object.namespace or "") == query.namespace)
        and (query.object is None or event.object.ref == query.object)
        and (query.reason is None or event.reason == query.reason)
        and (query.severity is None or event.severity == query.severity)
        and (query.text is None or _holds(event.message, query.text))
    )


def _holds(message: str, text: str) -> bool:
    wanted = _words(text)
    return wanted <= _words(message) and (bool(wanted) or not text.strip())


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", text)}


class MemoryLog:
    """`core.ports.ObservationLog` that forgets everything with the process."""

    def __init__(self, bytes_max: int | None = None) -> None:
        self._lines: dict[int, bytes] = {}
        self._next = 0
        self._positions: dict[str, str] = {}
        self._bytes_max = bytes_max

    def append(self, lines: Sequence[bytes], positions: Mapping[str, str] | None = None) -> int:
        if any(b"\n" in line for line in lines):
            raise ValueError("a line holds a line break")
        if self._bytes_max is not None and self.size + sum(map(len, lines)) > self._bytes_max:
            raise StoreFullError(f"the log is at its bound of {self._bytes_max} bytes")
        for line in lines:
            self._lines[self._next] = line
            self._next += 1
        self._positions.update(positions or {})
        return self._next - 1

    def read(self, after: int) -> Iterator[tuple[int, bytes]]:
        return iter([(offset, line) for offset, line in self._lines.items() if offset > after])

    @property
    def size(self) -> int:
        return sum(map(len, self._lines.values()))

    def positions(self) -> dict[str, str]:
        return dict(self._positions)

    def prune(self, before: int) -> int:
        kept = {offset: line for offset, line in self._lines.items() if offset >= before}
        gone = len(self._lines) - len(kept)
        self._lines = kept
        return gone

    def close(self) -> None:
        """Nothing is open."""


class MemoryCheckpoints:
    """`core.ports.Checkpoints` that forgets everything with the process."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}
        self._manifest: Manifest | None = None

    def save(self, changed: Mapping[str, bytes | None], manifest: Manifest) -> None:
        pages = {**self._pages, **changed}
        self._pages = {name: data for name, data in pages.items() if data is not None}
        self._manifest = manifest

    def load(self) -> tuple[Manifest, dict[str, bytes]] | None:
        if self._manifest is None or self._manifest.pages != len(self._pages):
            return None
        return self._manifest, dict(self._pages)

    def clear(self) -> None:
        self._pages, self._manifest = {}, None

    def close(self) -> None:
        """Nothing is open."""
