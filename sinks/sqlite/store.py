"""The embedded store: a folder with main.db and one file for each UTC day of events (docs/store.md)."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Final, Self

import msgspec

from causeline.core.errors import StoreError
from causeline.core.observations import DeadLetter
from causeline.core.ports import FACET_FIELDS, EventQuery, Facet
from causeline.core.results import Incident, LedgerEntry, Result, Stats, StoredEvent, Subject, TimelineEntry
from causeline.sinks.sqlite import incidents, records
from causeline.sinks.sqlite.database import Database
from causeline.sinks.sqlite.days import Days, day_of
from causeline.sinks.sqlite.faults import saying
from causeline.sinks.sqlite.hours import HourCount, hour_counts
from causeline.sinks.sqlite.lock import WriterLock
from causeline.sinks.sqlite.query import Place, buckets, counts, page

PAGE_EVENTS: Final = 2_000
"""Events read in one statement, about 2 MB; between pages no transaction is open, however slow the reader."""

STATS_KEY: Final = "stats"
_decode_stats: Final = msgspec.json.Decoder(Stats).decode


class SqliteStore:
    """`core.ports.Store` in a folder. One process writes; any number read meanwhile, each with a store of its own.

    Use one object from one thread at a time.
    """

    def __init__(self, folder: Path, main: Database, days: Days, lock: WriterLock | None) -> None:
        self._folder = folder
        self._main = main
        self._days = days
        self._lock = lock

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, file_bytes_max: int | None = None) -> Self:
        """Open the store in folder `path`; a writer makes what is missing. Raises StoreError.

        `file_bytes_max` bounds each file; at the bound writing raises StoreFullError, as it does when the disk is full.
        """
        with saying(path):
            if path.exists() and not path.is_dir():
                raise StoreError(f"{path}: a file, and the store is a folder: name another place")
            if read_only and not (path / "main.db").exists():
                raise StoreError(f"{path}: no store here: check the path, or let `causeline` write one first")
        with ExitStack() as stack:
            lock = None
            if not read_only:
                lock = WriterLock(path)
                stack.callback(lock.release)
            main = Database(path / "main.db", "main.sql", read_only=read_only, bytes_max=file_bytes_max)
            stack.pop_all()
        return cls(path, main, Days(path, read_only=read_only, bytes_max=file_bytes_max), lock)

    def write(self, results: Sequence[Result]) -> None:
        """Upsert `results`. Cost: about 15 µs for a new event; one transaction for each file that is touched."""
        days: dict[str, list[StoredEvent]] = defaultdict(list)
        others: list[Incident | LedgerEntry | DeadLetter] = []
        for result in results:
            if isinstance(result, StoredEvent):
                days[day_of(result.created_at)].append(result)
            else:
                others.append(result)
        self._must_write()
        with ExitStack() as commits:  # days are committed before the incidents that name their events
            if others:
                commits.enter_context(self._main.transaction())
                for other in others:
                    self._put(other)
            for name, events in days.items():
                commits.enter_context(self._days.writing(name)).put(events)

    def _put(self, result: Incident | LedgerEntry | DeadLetter) -> None:
        if isinstance(result, Incident):
            incidents.put_incident(self._main, result)
        elif isinstance(result, LedgerEntry):
            records.put_entry(self._main, result)
        else:
            records.put_letter(self._main, result)

    def _must_write(self) -> None:
        if self._lock is None:
            raise StoreError(f"{self._folder}: opened for reading only: open it for writing")

    def sync(self) -> None:
        """Return when all that was written survives a power cut. Cost: one fsync for each open file."""
        self._main.sync()
        self._days.sync()

    def incidents(self, *, include_merged: bool = False, since: float | None = None) -> list[Incident]:
        """Return incidents, most important first."""
        return incidents.list_incidents(self._main, include_merged, since)

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident by its id or an unambiguous beginning of it."""
        return incidents.find_incident(self._main, incident_id)

    def timeline(
        self, subject: Subject | None = None, start: float | None = None, end: float | None = None
    ) -> list[tuple[str, TimelineEntry]]:
        """Return (incident id, entry) of all unmerged incidents, by time."""
        return list(incidents.list_timeline(self._main, subject, start, end))

    def events(self, query: EventQuery) -> Iterator[StoredEvent]:
        """Yield the events that match, by time of last occurrence, then uid."""
        each = [self._events_of(name, query) for name in self._days.names()]
        merged = heapq.merge(*each, key=_place, reverse=query.newest_first)
        return islice(merged, query.limit)

    def _events_of(self, name: str, query: EventQuery) -> Iterator[StoredEvent]:
        place: Place | None = None
        size = min(query.limit, PAGE_EVENTS)
        while size and (database := self._days.reading(name)):
            with saying(database.path):
                events = page(database, query, place, size)
            yield from events
            if len(events) < size:
                return
            place = _place(events[-1])

    def facets(self, field: str, query: EventQuery) -> list[Facet]:
        """Count occurrences by `field`, most first. Cost: about 0.2 µs for each event in the range."""
        if field not in FACET_FIELDS:
            raise StoreError(f"can't count by {field!r}: one of {', '.join(FACET_FIELDS)}")
        totals: Counter[str] = Counter()
        for database in self._databases():
            with saying(database.path):
                totals.update(dict(counts(database, field, query)))
        return [Facet(value, totals[value]) for value in sorted(totals, key=lambda value: (-totals[value], value))]

    def histogram(self, bucket_seconds: float, query: EventQuery) -> list[tuple[float, int]]:
        """Count occurrences by bucket of time of the last occurrence, oldest first."""
        if not bucket_seconds > 0:
            raise StoreError(f"a bucket of {bucket_seconds} s: must be above 0")
        totals: Counter[float] = Counter()
        for database in self._databases():
            with saying(database.path):
                totals.update(dict(buckets(database, bucket_seconds, query)))
        return sorted(totals.items())

    def hours(self, start: float | None = None, end: float | None = None) -> list[HourCount]:
        """Count occurrences in the hour in which each was reported, oldest first; cost: about 1 µs a row.

        Unlike in `histogram`, what an event was seen to repeat before stays in the hours it was seen in.
        """
        totals: Counter[tuple[float, str, str, str, str]] = Counter()
        for database in self._databases():
            with saying(database.path):
                totals.update(hour_counts(database, start, end))
        return [HourCount(*key, count) for key, count in sorted(totals.items())]

    def _databases(self) -> Iterator[Database]:
        return (database for name in self._days.names() if (database := self._days.reading(name)))

    def ledger(self) -> list[LedgerEntry]:
        """Return the blind windows, oldest first."""
        return records.list_entries(self._main)

    def dead_letters(self) -> list[DeadLetter]:
        """Return what could not be processed, oldest first."""
        return records.list_letters(self._main)

    def dead_letters_total(self) -> int:
        """Return how many dead letters were ever kept."""
        return records.letters_total(self._main)

    def drop_before(self, at: float) -> int:
        """Delete the files of the days that were over at `at`; return how many. Cost: none per event."""
        self._must_write()
        return self._days.drop_before(at)

    def put_meta(self, key: str, value: bytes) -> None:
        """Keep a small value."""
        self._must_write()
        with self._main.transaction():
            records.put_value(self._main, key, value)

    def get_meta(self, key: str) -> bytes | None:
        """Return a kept value, or None."""
        return records.get_value(self._main, key)

    def put_stats(self, stats: Stats) -> None:
        """Keep the engine's counts."""
        self.put_meta(STATS_KEY, msgspec.json.encode(stats))

    def stats(self) -> Stats | None:
        """Return the counts that were kept last, or None."""
        body = self.get_meta(STATS_KEY)
        return _decode_stats(body) if body else None

    def close(self) -> None:
        """Close the files and let another process write."""
        self._days.close()
        self._main.close()
        if self._lock:
            self._lock.release()
            self._lock = None


def _place(event: StoredEvent) -> Place:
    return event.last_at, event.uid
