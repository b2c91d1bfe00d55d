"""What is SQLite's own about the log and the checkpoint."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from causeline.core.errors import StoreError
from causeline.core.ports import Manifest
from causeline.core.results import Stats
from causeline.sinks.sqlite.checkpoints import SqliteCheckpoints
from causeline.sinks.sqlite.log import SqliteLog

LINES = [b'{"t":%d,"s":"pods","type":"MODIFIED","o":{"kind":"Pod"}}' % n for n in range(500)]


def test_a_reader_in_another_process_sees_what_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with closing(SqliteLog.open(path)) as log, closing(SqliteLog.open(path, read_only=True)) as reader:
        log.append(LINES, {"pods": "1"})
        assert [line for _, line in reader.read(-1)] == LINES
        last = log.append([b"more"], {"pods": "2"})
        assert list(reader.read(last - 1)) == [(last, b"more")]
        assert reader.positions() == {"pods": "2"}


def test_pruning_while_reading_skips_what_is_gone(tmp_path: Path) -> None:
    with closing(SqliteLog.open(tmp_path / "log.db")) as log:
        for start in range(0, 500, 100):
            log.append(LINES[start : start + 100])
        reading = log.read(-1)
        assert next(reading) == (0, LINES[0])
        log.prune(300)
        assert [offset for offset, _ in reading] == [*range(1, 100), *range(300, 500)]


def test_what_is_pruned_makes_room(tmp_path: Path) -> None:
    with closing(SqliteLog.open(tmp_path / "log.db")) as log:
        empty = log.size
        last = max(log.append(LINES) for _ in range(50))
        assert log.size > empty
        assert log.size < 50 * sum(map(len, LINES)) / 4
        log.prune(last + 1)
        assert log.size <= empty + 8192


def test_a_damaged_batch_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with closing(SqliteLog.open(path)) as log:
        log.append(LINES)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE batches SET data = x'00'")
        with pytest.raises(StoreError, match=r"log\.db: a batch of the log is damaged"):
            list(log.read(-1))


def test_a_save_that_fails_leaves_the_earlier_checkpoint_whole(tmp_path: Path) -> None:
    manifest = Manifest("v1", 1, 2.0, Stats(), 1)
    with closing(SqliteCheckpoints.open(tmp_path / "checkpoint.db")) as checkpoints:
        checkpoints.save({"a": b"1"}, manifest)
        with pytest.raises(StoreError, match=r"checkpoint\.db"):
            checkpoints.save(cast(Any, {"a": b"2", "b": object()}), manifest)
        assert checkpoints.load() == (manifest, {"a": b"1"})
    with closing(SqliteCheckpoints.open(tmp_path / "checkpoint.db")) as checkpoints:
        assert checkpoints.load() == (manifest, {"a": b"1"})
