"""The loop of `run`: a batch is kept in the log with its positions, then judged, then its results are stored.

Whatever kills it, wherever: what was not kept comes again from the cluster, what was kept is fed again from the log.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from causeline.app.journal import decode_record, encode_record
from causeline.core.config import StoreSettings
from causeline.core.errors import StoreFullError
from causeline.core.observations import DeadLetter, Observation, Tick
from causeline.core.ports import Clock, ObservationLog, Store
from causeline.core.results import Incident
from causeline.sources.inbox import Batch, Closed
from causeline.streams.local import LocalCarrier

SECONDS_PER_DAY: Final = 86_400
SECONDS_PER_HOUR: Final = 3_600
MARKS_EACH_SECONDS: Final = 60
"""Grain in which the log is pruned: one remembered checkpoint a minute, 1,440 for a day of log."""


class LiveLoop:
    """Takes batches; one thread. `on_incident` is told each incident that is new or has changed."""

    def __init__(
        self,
        carrier: LocalCarrier,
        log: ObservationLog,
        on_incident: Callable[[Incident], None] = lambda _: None,
    ) -> None:
        self._carrier = carrier
        self._log = log
        self._on_incident = on_incident
        self.topology = carrier.engine.state.topology
        self.records = 0
        self.latest = 0.0

    def catch_up(self) -> bool:
        """Bring the engine to the end of the log. Return False when the log alone can't: the cluster is to be listed.

        That is so when no checkpoint may be used and the beginning of the log, with the first lists, is pruned.
        """
        after = self._carrier.resume()
        self.latest = self._carrier.engine.state.now if after >= 0 else 0.0
        begins_at = None
        for offset, line in self._log.read(after):
            begins_at = offset if begins_at is None else begins_at
            self._judge(offset, decode_record(offset, line))
        self._carrier.flush()
        return after >= 0 or begins_at == 0

    def take(self, batch: Batch) -> list[Incident]:
        """Keep the batch, judge it and store what came of it; return the incidents that are new or have changed.

        Raises StoreError: then nothing of it is acknowledged.
        """
        last = self._keep([encode_record(record) for record in batch.records], batch.positions)
        touched: dict[str, Incident] = {}
        for offset, record in enumerate(batch.records, last - len(batch.records) + 1):
            touched.update((incident.id, incident) for incident in self._judge(offset, record))
        self._carrier.flush()
        return list(touched.values())

    def _keep(self, lines: Sequence[bytes], positions: dict[str, str]) -> int:
        try:
            return self._log.append(lines, positions)
        except StoreFullError:
            self._carrier.checkpoint()  # from here on the log is fed: all before it may go
            if not self._log.prune(self._carrier.offset + 1):
                raise
            return self._log.append(lines, positions)

    def _judge(self, offset: int, record: Observation | DeadLetter) -> list[Incident]:
        self.records += 1
        if not isinstance(record, DeadLetter):
            self.latest = max(self.latest, record.t)
        touched = [result for result in self._carrier.offer(offset, record) if isinstance(result, Incident)]
        for incident in touched:
            self._on_incident(incident)
        return touched

    def finish(self) -> None:
        """Store all and keep the state. Raises StoreError."""
        self._carrier.finish(None)


class Retention:
    """Forgets what is older than the settings say; asked at each checkpoint."""

    def __init__(self, log: ObservationLog, store: Store, settings: StoreSettings, clock: Clock) -> None:
        self._log = log
        self._store = store
        self._settings = settings
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._swept_at = -math.inf

    def checkpointed(self, offset: int) -> None:
        """Prune the log below the newest checkpoint that is older than `log_hours`, and old events once an hour."""
        now = self._clock.now()
        if not self._marks or now - self._marks[-1][0] >= MARKS_EACH_SECONDS:
            self._marks.append((now, offset))
        until = None
        while self._marks and self._marks[0][0] <= now - self._settings.log_hours * SECONDS_PER_HOUR:
            until = self._marks.popleft()[1]
        if until is not None:
            self._log.prune(until + 1)
        if now - self._swept_at >= SECONDS_PER_HOUR:
            self._swept_at = now
            self._store.drop_before(now - self._settings.retention_days * SECONDS_PER_DAY)


class Ticker(threading.Thread):
    """Says every whole second that it has passed, also when nothing else is said."""

    def __init__(self, emit: Callable[[Observation], None], clock: Clock) -> None:
        super().__init__(name="ticker", daemon=True)
        self._emit = emit
        self._clock = clock
        self._stopping = threading.Event()

    def run(self) -> None:
        """Tick until `stop`, or until nobody listens."""
        while not self._stopping.wait(1.0 - self._clock.now() % 1.0):
            try:
                self._emit(Tick(float(math.floor(self._clock.now()))))
            except Closed:
                return

    def stop(self) -> None:
        """End at once."""
        self._stopping.set()
