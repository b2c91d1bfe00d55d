"""The loop of a run: what can't be kept is not judged; a full log makes room; the log stays within its hours."""

from pathlib import Path
from secrets import token_hex

import pytest

from causeline.app.journal import decode_record, encode_record
from causeline.app.live import LiveLoop, Retention
from causeline.app.pacing import PacedCheckpoints
from causeline.app.system_clock import RisingClock
from causeline.core.clock import ManualClock
from causeline.core.config import StoreSettings
from causeline.core.errors import StoreError, StoreFullError
from causeline.core.observations import DeadLetter, Tick
from causeline.core.ports import Manifest
from causeline.core.results import Stats
from causeline.knowledge.rule_files import load_rules
from causeline.sinks.sqlite.checkpoints import SqliteCheckpoints
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from causeline.sources.inbox import Batch
from causeline.streams.local import LocalCarrier
from causeline.streams.pipeline import Engine


class Parts:
    """The loop with its store, log and checkpoint in a folder."""

    def __init__(self, folder: Path, bytes_max: int | None = None, version: str = "v") -> None:
        self.store = SqliteStore.open(folder)
        self.log = SqliteLog.open(folder / "log.db", bytes_max=bytes_max)
        self.checkpoints = SqliteCheckpoints.open(folder / "checkpoint.db")
        self.engine = Engine(load_rules(), "c")
        carrier = LocalCarrier(self.engine, self.store, self.checkpoints, version=version, due=lambda: False)
        self.loop = LiveLoop(carrier, self.log)

    def close(self) -> None:
        for part in (self.checkpoints, self.log, self.store):
            part.close()


def ticks(first: int, count: int) -> Batch:
    return Batch([Tick(float(first + n)) for n in range(count)], {"pods": str(first + count)})


def test_the_log_alone_brings_the_engine_back(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    assert not parts.loop.catch_up(), "a new log needs a list"
    parts.loop.take(ticks(100, 50))
    now = parts.engine.state.now
    parts.close()
    again = Parts(tmp_path)
    assert again.loop.catch_up()
    assert again.engine.state.now == now
    assert again.log.positions() == {"pods": "150"}
    again.close()


def test_a_log_whose_beginning_is_gone_needs_a_list_for_another_engine(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    parts.loop.catch_up()
    parts.loop.take(ticks(100, 50))
    parts.loop.take(ticks(150, 50))
    parts.loop.finish()
    parts.log.prune(50)
    parts.close()
    same = Parts(tmp_path)
    assert same.loop.catch_up()
    same.close()
    other = Parts(tmp_path, version="w")
    assert not other.loop.catch_up()
    other.close()


def test_a_batch_that_can_not_be_kept_is_not_judged(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    parts.loop.catch_up()

    class FullLog(SqliteLog):
        def append(self, *_: object) -> int:  # type: ignore[override]
            raise StoreFullError("full")

    full = LiveLoop(LocalCarrier(parts.engine, parts.store, None, version="", due=lambda: False),
                    FullLog.open(tmp_path / "full.db"))  # fmt: skip
    with pytest.raises(StoreError):
        full.take(ticks(1, 1))
    assert parts.engine.state.started_at is None
    parts.close()


def test_a_log_at_its_bound_makes_room_by_a_checkpoint(tmp_path: Path) -> None:
    parts = Parts(tmp_path, bytes_max=200_000)
    parts.loop.catch_up()
    for n in range(60):
        letters = [DeadLetter(f"{n}-{m}", 1.0, "t", m, "r", token_hex(500)) for m in range(20)]
        parts.loop.take(Batch([*letters, Tick(100.0 + n)], {}))
    assert parts.engine.report().stats.dead_letters == 1200
    assert parts.log.size <= 200_000
    parts.close()


def test_dead_letters_ride_the_log() -> None:
    letter = DeadLetter("x", 1.0, "pods", 3, "why", '{"a": 1}')
    assert decode_record(7, encode_record(letter)) == letter
    broken = decode_record(7, b"{}")
    assert isinstance(broken, DeadLetter)
    assert (broken.source, broken.line) == ("log", 7)


def test_the_log_is_pruned_below_a_checkpoint_that_is_old_enough(tmp_path: Path) -> None:
    parts = Parts(tmp_path)
    clock = ManualClock(1_000_000.0)
    retention = Retention(parts.log, parts.store, StoreSettings(log_hours=1), clock)
    for n in range(4):
        parts.loop.take(ticks(100 + n, 1))
        retention.checkpointed(n)
        clock.at += 1800
    assert [offset for offset, _ in parts.log.read(-1)] == [2, 3]
    parts.close()


def test_checkpoints_take_at_most_a_twentieth_of_the_time() -> None:
    now = 0.0

    class Slow:
        def save(self, *_: object) -> None:
            nonlocal now
            now += 3.0

        def load(self) -> None: ...
        def clear(self) -> None: ...

    paced = PacedCheckpoints(Slow(), 30.0, monotonic=lambda: now)
    assert not paced.due()
    now = 30.0
    assert paced.due()
    paced.save({}, Manifest("v", 1, 1.0, Stats(), 0))
    now = 33.0 + 59.9
    assert not paced.due()
    now = 33.0 + 60.0
    assert paced.due()


def test_time_never_goes_back() -> None:
    inner = ManualClock(50.0)
    clock = RisingClock(inner, 60.0)
    assert clock.now() == 60.0
    inner.at = 70.0
    assert clock.now() == 70.0
    inner.at = 10.0
    assert clock.now() == 70.0
