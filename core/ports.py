"""What the engine's carrier asks of the outside. Adapters live in sources/ and sinks/; app/ names them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from causeline.core.refs import ObjectRef
from causeline.core.results import Incident, LedgerEntry, Result, Stats, StoredEvent
from causeline.core.observations import DeadLetter, Observation


class Clock(Protocol):
    """Where the time comes from; only app/ has one that reads the machine's."""

    def now(self) -> float:
        """Return unix seconds."""
        ...


class EventQuery(msgspec.Struct, frozen=True):
    """Which events are wanted: all fields that are set must hold; times are of the last occurrence, unix seconds, end exclusive."""

    start: float | None = None
    end: float | None = None
    namespace: str | None = None
    object: ObjectRef | None = None
    reason: str | None = None
    severity: str | None = None
    text: str | None = None
    """Words that the message must hold."""
    newest_first: bool = False
    limit: int = 1000


class Facet(msgspec.Struct, frozen=True):
    """How many occurrences fall on one value of a field."""

    value: str
    count: int


class Store(Protocol):
    """Where results are kept and asked for again. Every implementation passes tests/contracts/store_contract.py."""

    def write(self, results: Sequence[Result]) -> None:
        """Upsert all of `results`, or none. Writing the same again changes nothing; an event's count never goes down."""
        ...

    def incidents(self, *, include_merged: bool = False, since: float | None = None) -> list[Incident]:
        """Return incidents, most important first: open before resolved, critical before warning, newest first."""
        ...

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident by its id or an unambiguous beginning of it."""
        ...

    def events(self, query: EventQuery) -> Iterator[StoredEvent]:
        """Yield the events that match, by time of last occurrence, then uid."""
        ...

    def facets(self, field: str, query: EventQuery) -> list[Facet]:
        """Count occurrences by `field` (namespace, kind, reason, severity), most first."""
        ...

    def histogram(self, bucket_seconds: float, query: EventQuery) -> list[tuple[float, int]]:
        """Count occurrences by bucket of time of the last occurrence, oldest first; empty buckets are left out."""
        ...

    def ledger(self) -> list[LedgerEntry]:
        """Return the blind windows, oldest first."""
        ...

    def dead_letters(self) -> list[DeadLetter]:
        """Return what could not be processed, oldest first."""
        ...

    def drop_before(self, at: float) -> int:
        """Drop whole days of events that ended before `at`; return how many days went."""
        ...

    def close(self) -> None:
        """Write what is pending and close."""
        ...


class LogEntry(msgspec.Struct, frozen=True):
    """One observation and its offset in the log; offsets rise by at least one and are never used again."""

    offset: int
    observation: Observation


class ObservationLog(Protocol):
    """The ordered, durable log of one cluster's observations. Contract: tests/contracts/log_contract.py."""

    def append(self, lines: Sequence[bytes], positions: dict[str, str] | None = None) -> int:
        """Append encoded lines and the sources' positions in one step; return the offset of the last line.

        When this returns, both survive a crash; when it raises, neither was written.
        """
        ...

    def read(self, after: int) -> Iterable[tuple[int, bytes]]:
        """Yield (offset, line) of everything after offset `after` (-1: from the beginning) that is there now."""
        ...

    def positions(self) -> dict[str, str]:
        """Return the last position of each source, as given to append."""
        ...

    def prune(self, before: int) -> int:
        """Forget lines with an offset below `before`; return how many."""
        ...

    def close(self) -> None:
        """Close."""
        ...


class Manifest(msgspec.Struct, frozen=True):
    """What makes a checkpoint whole: what it belongs to and the offset after which the log is fed again."""

    engine: str
    """Version of engine, rules and configuration; a checkpoint of another one is not used."""
    offset: int
    t: float
    stats: Stats
    pages: int


class Checkpoints(Protocol):
    """Where the engine's state is kept. Contract: tests/contracts/checkpoint_contract.py."""

    def save(self, changed: dict[str, bytes | None], manifest: Manifest) -> None:
        """Keep the changed pages (None: the page is gone) and the manifest, all or nothing."""
        ...

    def load(self) -> tuple[Manifest, dict[str, bytes]] | None:
        """Return the newest whole checkpoint, or None."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...
