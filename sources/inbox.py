"""Where all sources put what they see, and one consumer takes it in small batches with the sources' positions."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from causeline.core.errors import ClusterError
from causeline.core.observations import DeadLetter, Observation

Record = Observation | DeadLetter

BATCH_RECORDS: Final = 500
BATCH_SECONDS: Final = 0.1
POLL_SECONDS: Final = 0.05
"""How soon a waiting thread sees that the inbox was closed."""

DRAIN_SECONDS: Final = 2.0
"""After `close`: how long the consumer waits for threads that are still putting."""


class Closed(Exception):  # noqa: N818 - an end, not an error
    """The inbox is closed: nothing more is taken."""


@dataclass(frozen=True)
class Batch:
    """Records in order of arrival, and each stream's position after the last of them: keep both in one step."""

    records: list[Record]
    positions: dict[str, str]
    """Stream -> resourceVersion after which its watch goes on; covers this batch and all before it, nothing else."""


class Inbox:
    """A bounded queue: `put` waits while it is full, so a slow consumer slows the sources and memory stays flat."""

    def __init__(
        self,
        *,
        positions: dict[str, str] | None = None,
        queue_max: int = 10_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue: queue.Queue[tuple[str, Record, str | None]] = queue.Queue(queue_max)
        self._positions = dict(positions or {})
        self._monotonic = monotonic
        self._closed = threading.Event()
        self._closed_at = 0.0
        self._failure: ClusterError | None = None
        self._latest = 0.0
        self.high_water = 0
        self.is_idle: Callable[[], bool] = lambda: True
        """Asked after `close`: have all sources ended?"""

    def put(self, stream: str, record: Record, position: str | None = None) -> None:
        """Hand on a record and, if it moves, the stream's position after it. Raises Closed."""
        item = (stream, record, position)
        while not self._closed.is_set():
            try:
                self._queue.put(item, timeout=POLL_SECONDS)
            except queue.Full:
                continue
            self.high_water = max(self.high_water, self._queue.qsize())
            return
        raise Closed

    def emit(self, record: Record) -> None:
        """Hand on a record of a source that has no position. Raises Closed."""
        self.put("", record)

    def close(self, failure: ClusterError | None = None) -> None:
        """Take what is there and end; `failure` is raised to the consumer once the queue is empty."""
        if not self._closed.is_set():
            self._failure = failure
            self._closed_at = self._monotonic()
            self._closed.set()

    def batches(self) -> Iterator[Batch]:
        """Yield batches, to one consumer, until closed and empty. Raises the failure that the inbox was closed with."""
        while True:
            records = self._next_records()
            if records:
                yield Batch(records, dict(self._positions))
            elif self._has_ended():
                break
        if self._failure is not None:
            raise self._failure

    def _has_ended(self) -> bool:
        if not self._closed.is_set() or not self._queue.empty():
            return False
        return self.is_idle() or self._monotonic() - self._closed_at > DRAIN_SECONDS

    def _next_records(self) -> list[Record]:
        records: list[Record] = []
        until = 0.0
        wait = POLL_SECONDS
        while len(records) < BATCH_RECORDS:
            try:
                stream, record, position = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except queue.Empty:
                break
            if not records:
                until = self._monotonic() + BATCH_SECONDS
            records.append(self._in_time(record))
            if position is not None:
                self._positions[stream] = position
            wait = until - self._monotonic()
        return records

    def _in_time(self, record: Record) -> Record:
        """Two threads may stamp in one order and put in the other: `t` never goes back for the consumer."""
        if not isinstance(record, DeadLetter):
            self._latest = record.t = max(self._latest, record.t)
        return record
