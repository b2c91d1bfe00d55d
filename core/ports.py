"""What the engine's carrier asks of the outside. Adapters live in sources/ and sinks/; app/ names them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec

from causeline.core.observations import DeadLetter, Observation
from causeline.core.refs import ObjectRef
from causeline.core.results import Incident, LedgerEntry, Result, Stats, StoredEvent, Subject, TimelineEntry


class Clock(Protocol):
    """Where the time comes from; only app/ has one that reads the machine's."""

    def now(self) -> float:
        """Return unix seconds."""
        ...


class EventQuery(msgspec.Struct, frozen=True):
    """Which events are wanted: all fields that are set must hold.

    Times are of the last occurrence, unix seconds, end exclusive. `limit` and `newest_first` are for lists, not counts.
    """

    start: float | None = None
    end: float | None = None
    namespace: str | None = None
    """Empty: objects without a namespace."""
    object: ObjectRef | None = None
    reason: str | None = None
    severity: str | None = None
    text: str | None = None
    """Words (runs of letters and digits, case aside) that the message must hold, in any order."""
    newest_first: bool = False
    limit: int = 1000


class Facet(msgspec.Struct, frozen=True):
    """How many occurrences fall on one value of a field."""

    value: str
    count: int


FACET_FIELDS: Final = ("namespace", "kind", "reason", "severity")
"""The fields that `Store.facets` counts by; an object without a namespace counts under ""."""

DEAD_LETTERS_MAX: Final = 10_000
"""Dead letters that a store keeps, the newest ones: at 4 KiB each about 40 MB."""


class Store(Protocol):
    """Where results are kept and asked for again. Every implementation passes tests/contracts/store_contract.py.

    All methods raise StoreError; one thread at a time.
    """

    def write(self, results: Sequence[Result]) -> None:
        """Upsert `results`: incidents and ledger entries as written last, events as `StoredEvent.joined` says.

        Writing the same again changes nothing. When it raises, a part may have been kept (never half of an incident or
        an event): write all of it again.
        """
        ...

    def sync(self) -> None:
        """Return when all that was written survives a power cut; call it before the checkpoint that relies on it."""
        ...

    def incidents(self, *, include_merged: bool = False, since: float | None = None) -> list[Incident]:
        """Return incidents, most important first, without those that were over before `since`.

        Open before resolved before merged, critical before warning before info, newest started first, then by id.
        """
        ...

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident, merged or not, by its id or an unambiguous beginning of it."""
        ...

    def timeline(
        self, subject: Subject | None = None, start: float | None = None, end: float | None = None
    ) -> list[tuple[str, TimelineEntry]]:
        """Return (incident id, entry) of the timelines of all unmerged incidents, by time; end exclusive."""
        ...

    def events(self, query: EventQuery) -> Iterator[StoredEvent]:
        """Yield the events that match, by time of last occurrence, then uid."""
        ...

    def facets(self, field: str, query: EventQuery) -> list[Facet]:
        """Count occurrences by `field` (one of FACET_FIELDS), most first, then by value."""
        ...

    def histogram(self, bucket_seconds: float, query: EventQuery) -> list[tuple[float, int]]:
        """Count occurrences by bucket of time of the last occurrence, oldest first; empty buckets are left out."""
        ...

    def ledger(self) -> list[LedgerEntry]:
        """Return the blind windows, oldest first."""
        ...

    def dead_letters(self) -> list[DeadLetter]:
        """Return what could not be processed, oldest first: the newest DEAD_LETTERS_MAX by (at, id)."""
        ...

    def dead_letters_total(self) -> int:
        """Return how many were ever kept, those included that had to make room."""
        ...

    def drop_before(self, at: float) -> int:
        """Drop the events of each UTC day (of `created_at`) that was over at `at`; return how many days went.

        Incidents stay, with the evidence in them. An event of a dropped day that is written again starts anew.
        """
        ...

    def put_meta(self, key: str, value: bytes) -> None:
        """Keep a small value, such as the name of the cluster."""
        ...

    def get_meta(self, key: str) -> bytes | None:
        """Return a kept value, or None."""
        ...

    def put_stats(self, stats: Stats) -> None:
        """Keep the engine's counts."""
        ...

    def stats(self) -> Stats | None:
        """Return the counts that were kept last, or None."""
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

        Without lines, the positions alone are kept, and the offset is that of the line before (-1: there is none).
        When this returns, both survive a crash; when it raises, neither was written. At its bound the log refuses with
        StoreFullError: the source holds back until the log was pruned.
        """
        ...

    def read(self, after: int) -> Iterable[tuple[int, bytes]]:
        """Yield (offset, line) of everything after offset `after` (-1: from the beginning) that is there now."""
        ...

    @property
    def size(self) -> int:
        """Bytes that the log takes; what was pruned does not count."""
        ...

    def positions(self) -> dict[str, str]:
        """Return the last position of each source, as given to append."""
        ...

    def prune(self, before: int) -> int:
        """Forget lines with an offset below `before`; return how many. What shares a batch with others may stay."""
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
