"""One database file: made whole or not at all, opened with the right settings, and asked with clear errors."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from causeline.core.errors import StoreError
from causeline.sinks.sqlite.faults import PRIMARY_CODE, saying, told

SCHEMA: Final = 1
"""Version of all four schemas, kept in user_version; raise it with every change of a .sql file here."""

APPLICATION_ID: Final = 0x4341_5553
"""`CAUS`; tells our files from other SQLite databases."""

PAGE_BYTES: Final = 8192
"""Measured best of 4, 8 and 16 KiB for rows of about 200 bytes with three indices."""

BUSY_SECONDS: Final = 5.0
"""How long to wait for another process's transaction; ours last milliseconds."""

CACHE_KIB: Final = 8192
"""Page cache per open file: the hot ends of the indices of one day."""

WAL_BYTES_MAX: Final = 64 * 1024 * 1024
"""The write-ahead file is cut back to this after a checkpoint; SQLite starts one each 1,000 pages."""

Sync = Literal["NORMAL", "FULL"]
"""NORMAL: a commit survives a crash of ours, and a power cut after `sync`. FULL: it survives both when it returns."""


class Database:
    """An open file. Use from one thread at a time."""

    def __init__(
        self, path: Path, script: str, *, read_only: bool = False, sync: Sync = "NORMAL", bytes_max: int | None = None
    ) -> None:
        self.path = path
        self.inode = 0
        with saying(path):
            if not read_only and not path.exists():
                _make(path, script)
            self._db = _open_read_only(path) if read_only else _connect(path, "rw")
            try:
                self._prepare(read_only, sync, bytes_max)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, read_only: bool, sync: Sync, bytes_max: int | None) -> None:
        self.inode = self.path.stat().st_ino
        _check(self._db, self.path)
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if read_only:
            return
        self._db.execute(f"PRAGMA synchronous = {sync}")
        self._db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
        self._db.execute("PRAGMA secure_delete = OFF")  # what is stored was redacted before it came here
        if bytes_max is not None:
            self._db.execute(f"PRAGMA max_page_count = {max(1, bytes_max // PAGE_BYTES)}")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction of ours is open."""
        return self._db.in_transaction

    def execute(self, sql: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Run one statement inside `transaction` or `saying`; raises what SQLite raises."""
        return self._db.execute(sql, values)  # type: ignore[arg-type]

    def execute_many(self, sql: str, rows: Iterable[Iterable[Any]]) -> None:
        """Run one statement for each row inside `transaction`; raises what SQLite raises."""
        self._db.executemany(sql, rows)  # type: ignore[arg-type]

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[Any]:
        """Return all rows of one statement; no read transaction stays open."""
        try:
            return self._db.execute(sql, values).fetchall()  # type: ignore[arg-type]
        except sqlite3.Error as error:
            raise told(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one write transaction: all of it, or nothing when it raises."""
        with saying(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself on some errors
                    self._db.execute("ROLLBACK")
                raise

    @property
    def size(self) -> int:
        """Bytes in use in the file; free pages and the write-ahead file do not count."""
        pages = self.rows("PRAGMA page_count")[0][0] - self.rows("PRAGMA freelist_count")[0][0]
        return int(pages) * PAGE_BYTES

    def sync(self) -> None:
        """Return when all commits are on the disk: in NORMAL it is only the write-ahead file that lags behind."""
        with saying(self.path):
            wal = self.path.with_name(self.path.name + "-wal")
            if wal.exists():
                _fsync(wal)

    def close(self) -> None:
        """Close; the last one to close moves the write-ahead file into the database."""
        with saying(self.path):
            self._db.close()


def remove(path: Path) -> None:
    """Delete a database; the file itself first, because SQLite clears away a write-ahead file that has none."""
    with saying(path):
        for name in (path.name, path.name + "-wal", path.name + "-shm"):
            path.with_name(name).unlink(missing_ok=True)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False,
    )  # fmt: skip


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Open for reading; on a medium where not even the shared index can be made, as a file that nobody changes."""
    db = _connect(path, "ro")
    try:
        db.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        db.close()
        if error.sqlite_errorcode & PRIMARY_CODE not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if not path.exists() or path.with_name(path.name + "-wal").exists():
            raise
        return _connect(path, "ro&immutable=1")
    except BaseException:
        db.close()
        raise
    return db


def _make(path: Path, script: str) -> None:
    """Make the file beside its place and move it there whole, so that no reader ever sees half a schema."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    remove(new)  # of a crash
    try:
        _fill(new, files(__package__).joinpath(script).read_text(encoding="utf-8"))
        new.replace(path)
    except BaseException:
        remove(new)
        raise
    _fsync(path.parent)


def _fill(path: Path, script: str) -> None:
    with closing(_connect(path, "rwc")) as db:
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.executescript(f"BEGIN; {script} COMMIT;")
        db.execute("PRAGMA journal_mode = WAL")


def _check(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path}: a database of another program: choose another folder")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA:
        raise StoreError(
            f"{path}: written by a newer Causeline (schema {version}, this one reads up to {SCHEMA}): upgrade Causeline"
        )


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
