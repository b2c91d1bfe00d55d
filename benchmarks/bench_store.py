"""The embedded store beside a plain SQLite table, and the log: `python -m benchmarks.bench_store [--small]`.

Both stores take the same events, 1,000 a write, in turns of 20,000 within one run, so that a busy machine slows both
alike. The plain table is what one writes first: text columns, the uid as random key, three indices, no text search.
Both run on the same sqlite3 module with a write-ahead log, synchronous=NORMAL and 8 KiB pages.
"""

import random
import sqlite3
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from causeline.core.ports import FACET_FIELDS, EventQuery
from causeline.core.results import Severity, StoredEvent, Subject
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore

EVENTS = 300_000
EVENTS_SMALL = 20_000
WRITE = 1_000
TURN = 20_000
LOG_BATCH = 500
ROUNDS = 9
START = 1_700_006_400.0
"""Midnight of 2023-11-15 (UTC)."""

DAY_SECONDS = 86_400.0


Item = TypeVar("Item")


class Row(NamedTuple):
    """One number: what, how much, in which unit."""

    what: str
    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.what:<58} {self.value:>12,.{0 if abs(self.value) >= 100 else 2}f} {self.unit}"


def run(small: bool = False) -> list[Row]:
    """Measure everything; takes about a minute, or a few seconds when `small`."""
    count = EVENTS_SMALL if small else EVENTS
    with TemporaryDirectory() as folder:
        return [*_writes(Path(folder), count), *_log(Path(folder), count)]


def _writes(folder: Path, count: int) -> Iterator[Row]:
    ours = SqliteStore.open(folder / "ours")
    plain = _plain(folder / "plain.db")
    writers: list[Callable[[list[StoredEvent]], None]] = [ours.write, partial(_write_plain, plain)]
    cpu, wall = [0.0, 0.0], [0.0, 0.0]
    with closing(ours), closing(plain):
        for turn in _chunks(_events(count), TURN):
            chunks = list(_chunks(turn, WRITE))
            for who, write in enumerate(writers):
                at = time.process_time(), time.perf_counter()
                for chunk in chunks:
                    write(chunk)
                cpu[who] += time.process_time() - at[0]
                wall[who] += time.perf_counter() - at[1]
        yield Row(f"store: new events, {WRITE:,} a write", count / wall[0], "events/s")
        yield Row("  plain table, same run", count / wall[1], "events/s")
        yield Row("  ratio, wall time", wall[1] / wall[0], "x")
        yield Row("  ratio, CPU time", cpu[1] / cpu[0], "x")
        yield from _again(ours, count)
        yield from _queries(ours, count)
        yield from _plain_queries(plain)
    yield Row("store: size", _bytes(folder / "ours") / count, "bytes/event")
    yield Row("  plain table", (folder / "plain.db").stat().st_size / count, "bytes/event")


def _again(ours: SqliteStore, count: int) -> Iterator[Row]:
    held = list(_events(min(count, TURN)))
    yield Row("store: the same events again", len(held) / _seconds(ours, held), "events/s")
    repeated = [_repeat(event) for event in held]
    yield Row("store: events that repeat (count, time, message)", len(held) / _seconds(ours, repeated), "events/s")


def _seconds(ours: SqliteStore, events: list[StoredEvent]) -> float:
    at = time.perf_counter()
    for chunk in _chunks(events, WRITE):
        ours.write(chunk)
    return time.perf_counter() - at


def _queries(ours: SqliteStore, count: int) -> Iterator[Row]:
    six_hours = EventQuery(start=START + 9 * 3600, end=START + 15 * 3600, limit=10**9)
    marks = len(list(ours.events(six_hours)))
    rare, common = f"{count // 3}", "connection refused"
    of_namespace = EventQuery(namespace="ns7", newest_first=True, limit=100)
    of_pod = EventQuery(object=Subject("Pod", "ns7", "web-7").ref)
    asked: list[tuple[str, Callable[[], object]]] = [
        (f"6 h of marks ({marks:,} events)", lambda: list(ours.events(six_hours))),
        ("facets of 24 h, 4 fields", lambda: [ours.facets(field, EventQuery()) for field in FACET_FIELDS]),
        ("histogram of 24 h, 1 min", lambda: ours.histogram(60, EventQuery())),
        ("hours of 24 h", ours.hours),
        ("newest 100 of common words", lambda: _newest(ours, common)),
        ("newest 100 of a rare word", lambda: _newest(ours, rare)),
        (
            "newest 100 of one namespace",
            lambda: list(ours.events(of_namespace)),
        ),
        ("history of one pod", lambda: list(ours.events(of_pod))),
    ]
    for what, ask in asked:
        yield Row(f"store: {what}, p50", _p50(ask), "ms")


def _newest(ours: SqliteStore, text: str) -> list[StoredEvent]:
    return list(ours.events(EventQuery(text=text, newest_first=True, limit=100)))


def _plain_queries(plain: sqlite3.Connection) -> Iterator[Row]:
    six_hours = (START + 9 * 3600, START + 15 * 3600)
    asked: list[tuple[str, Callable[[], object]]] = [
        ("6 h of marks", lambda: plain.execute(
            "SELECT * FROM events WHERE last_at >= ? AND last_at < ? ORDER BY last_at, uid", six_hours).fetchall()),
        ("facets of 24 h, 4 fields", lambda: [
            plain.execute(f"SELECT {field}, sum(count) FROM events GROUP BY 1").fetchall() for field in FACET_FIELDS]),
        ("newest 100 of common words", lambda: plain.execute(
            "SELECT * FROM events WHERE message LIKE '%connection refused%' ORDER BY last_at DESC LIMIT 100"
        ).fetchall()),
    ]  # fmt: skip
    for what, ask in asked:
        yield Row(f"  plain table: {what}, p50", _p50(ask), "ms")


def _log(folder: Path, count: int) -> Iterator[Row]:
    lines = [_line(event) for event in _events(min(count, 100_000))]
    with closing(SqliteLog.open(folder / "log.db")) as log:
        at = time.perf_counter()
        for n, batch in enumerate(_chunks(lines, LOG_BATCH)):
            log.append(batch, {"events.v1": str(n)})
        yield Row(f"log: append, {LOG_BATCH} a durable batch", len(lines) / (time.perf_counter() - at), "lines/s")
        at = time.perf_counter()
        read = sum(1 for _ in log.read(-1))
        yield Row("log: read", read / (time.perf_counter() - at), "lines/s")
        yield Row(
            f"log: size of lines of {sum(map(len, lines)) // len(lines)} bytes", log.size / len(lines), "bytes/line"
        )


def _events(count: int) -> Iterator[StoredEvent]:
    """Make events of one day of a busy cluster: whole seconds, repeated names, messages with numbers of their own."""
    rng = random.Random(7)
    kinds: list[tuple[str, Severity, str]] = [
        (
            "Unhealthy",
            "warning",
            "Readiness probe failed: Get http://10.0.{}.{}/ready: connection refused, try {}",
        ),
        ("BackOff", "critical", "Back-off restarting failed container app in pod web-{}.{}, try {}"),
        ("Pulled", "info", "Successfully pulled image registry.example/app:v{}.{} in 1.2s, image size {} bytes"),
        (
            "FailedScheduling",
            "warning",
            "0/{} nodes are available: {} Insufficient cpu, no victims found for {}",
        ),
        ("Created", "info", "Created container app-{}-{} of revision {}"),
    ]
    for n in range(count):
        reason, severity, message = kinds[rng.randrange(len(kinds))]
        pod = rng.randrange(3_000)
        at = START + n * DAY_SECONDS // count
        yield StoredEvent(
            uid=str(uuid.UUID(int=rng.getrandbits(128))), name=f"web-{pod}.{rng.getrandbits(56):014x}",
            object=Subject("Pod", f"ns{pod % 50}", f"web-{pod}"), reason=reason,
            type="Normal" if severity == "info" else "Warning",
            message=message.format(rng.randrange(256), rng.randrange(256), n), component="kubelet",
            count=1, created_at=at, first_at=at, last_at=at, arrived_at=at + rng.random(), severity=severity,
        )  # fmt: skip


def _repeat(event: StoredEvent) -> StoredEvent:
    return StoredEvent(
        event.uid, event.name, event.object, event.reason, event.type, event.message + " again", event.component,
        event.count + 1, event.created_at, event.first_at, event.last_at + 300, event.arrived_at, event.severity,
    )  # fmt: skip


def _line(event: StoredEvent) -> bytes:
    body = (
        f'{{"t":{event.arrived_at},"s":"events.v1","type":"ADDED","o":{{"kind":"Event","apiVersion":"v1","metadata":{{'
        f'"name":"{event.name}","namespace":"{event.object.namespace}","uid":"{event.uid}","resourceVersion":"1",'
        f'"creationTimestamp":"2023-11-15T00:00:00Z"}},"involvedObject":{{"kind":"Pod","name":"{event.object.name}"}},'
        f'"reason":"{event.reason}","message":"{event.message}","source":{{"component":"kubelet"}},"count":1}}}}'
    )
    return body.encode()


def _plain(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(
        """
        PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        CREATE TABLE events (
            uid TEXT PRIMARY KEY, name TEXT, kind TEXT, namespace TEXT, object TEXT, reason TEXT, type TEXT,
            message TEXT, component TEXT, count INTEGER, created_at REAL, first_at REAL,
            last_at REAL, arrived_at REAL, severity TEXT);
        CREATE INDEX by_time ON events (last_at);
        CREATE INDEX by_object ON events (namespace, kind, object, last_at);
        CREATE INDEX by_reason ON events (reason, last_at);
        """
    )
    return db


def _write_plain(db: sqlite3.Connection, events: list[StoredEvent]) -> None:
    rows = [
        (e.uid, e.name, *(e.object.kind, e.object.namespace, e.object.name), e.reason, e.type, e.message, e.component,
         e.count, e.created_at, e.first_at, e.last_at, e.arrived_at, e.severity)
        for e in events
    ]  # fmt: skip
    db.execute("BEGIN")
    db.executemany(f"INSERT OR REPLACE INTO events VALUES ({', '.join('?' * 15)})", rows)
    db.execute("COMMIT")


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _p50(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        at = time.process_time()
        ask()
        times.append(time.process_time() - at)
    return statistics.median(times) * 1000


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("events-*.db"))


if __name__ == "__main__":
    for row in run("--small" in sys.argv):
        print(row)
