"""A store that can't be opened says why, in one line that names the thing."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from causeline.core.errors import StoreError
from causeline.core.ports import EventQuery
from causeline.sinks.sqlite.checkpoints import SqliteCheckpoints
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from tests.contracts.samples import event, incident

DAY_FILE = "events-2023-11-14.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one event and one incident, closed."""
    with closing(SqliteStore.open(tmp_path / "store")) as store:
        store.write([event(), incident()])
    return tmp_path / "store"


def test_a_reader_of_nothing_is_told_so_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere: no store here"):
        SqliteStore.open(tmp_path / "nowhere", read_only=True)
    with pytest.raises(StoreError, match="no log here"):
        SqliteLog.open(tmp_path / "log.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("hello")
    with pytest.raises(StoreError, match="a file, and the store is a folder"):
        SqliteStore.open(tmp_path / "store")
    with pytest.raises(StoreError, match="Not a directory"):
        SqliteStore.open(tmp_path / "store" / "below")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("content", [b"hello, this is no database" * 400, b""])
def test_a_main_file_of_something_else_is_refused(folder: Path, content: bytes, read_only: bool) -> None:
    (folder / "main.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"main\.db: (not a Causeline database|a database of another program)"):
        SqliteStore.open(folder, read_only=read_only)


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "main.db")) as db:
        db.execute("CREATE TABLE theirs (x)")
    before = (tmp_path / "main.db").read_bytes()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore.open(tmp_path)
    assert (tmp_path / "main.db").read_bytes() == before


def test_a_damaged_day_is_named(folder: Path) -> None:
    path = folder / DAY_FILE
    data = path.read_bytes()
    path.write_bytes(data[:8192] + b"\xff" * (len(data) - 8192))
    with closing(SqliteStore.open(folder, read_only=True)) as store:
        assert store.incidents() == [incident()]
        with pytest.raises(StoreError, match=rf"{DAY_FILE}: damaged: move it away"):
            list(store.events(EventQuery()))
    with closing(SqliteStore.open(folder)) as store, pytest.raises(StoreError, match=DAY_FILE):
        store.write([event("u2")])


@pytest.mark.parametrize("name", ["main.db", DAY_FILE])
def test_a_newer_schema_is_refused(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / name)) as db:
        db.execute("PRAGMA user_version = 99")

    def use() -> None:
        with closing(SqliteStore.open(folder, read_only=True)) as store:
            list(store.events(EventQuery()))

    with pytest.raises(StoreError, match=rf"{name}: written by a newer Causeline \(schema 99.*upgrade"):
        use()


@pytest.mark.parametrize("make", [SqliteLog.open, SqliteCheckpoints.open])
def test_log_and_checkpoint_refuse_what_is_not_theirs(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=r"x\.db: not a Causeline database"):
        make(tmp_path / "x.db")


def test_only_one_process_writes_and_the_other_is_named(folder: Path) -> None:
    script = "import sys, pathlib\nfrom causeline.sinks.sqlite.store import SqliteStore\n" + (
        "store = SqliteStore.open(pathlib.Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"process {child.pid} writes to this store"):
            SqliteStore.open(folder)
        with closing(SqliteStore.open(folder, read_only=True)) as reader:
            assert len(list(reader.events(EventQuery()))) == 1
        child.communicate()
    SqliteStore.open(folder).close()


def test_a_failed_open_lets_the_lock_go(folder: Path) -> None:
    good = (folder / "main.db").read_bytes()
    (folder / "main.db").write_bytes(b"x" * 9000)
    with pytest.raises(StoreError):
        SqliteStore.open(folder)
    (folder / "main.db").write_bytes(good)
    SqliteStore.open(folder).close()


def test_a_reader_does_not_write(folder: Path) -> None:
    with closing(SqliteStore.open(folder, read_only=True)) as reader:
        for write in (
            lambda: reader.write([event("u2")]), lambda: reader.put_meta("a", b""), lambda: reader.drop_before(9e9)
        ):  # fmt: skip
            with pytest.raises(StoreError, match="opened for reading only"):
                write()


@pytest.fixture
def as_somebody() -> Callable[[], AbstractContextManager[None]]:
    """Root may write anywhere, so root becomes nobody for a block."""

    @contextmanager
    def nobody() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return nobody


def test_a_folder_that_is_not_writable_can_still_be_read(
    as_somebody: Callable[[], AbstractContextManager[None]],
) -> None:
    with TemporaryDirectory() as top:
        folder = Path(top, "store")
        with closing(SqliteStore.open(folder)) as store:
            store.write([event(), incident()])
        SqliteLog.open(folder / "log.db").close()
        for path in [*folder.iterdir(), folder, Path(top)]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        with as_somebody():
            with closing(SqliteStore.open(folder, read_only=True)) as reader:
                assert len(list(reader.events(EventQuery()))) == len(reader.incidents()) == 1
            with pytest.raises(StoreError, match="lock: permission denied"):
                SqliteStore.open(folder)
            with pytest.raises(StoreError, match="permission denied"):
                SqliteStore.open(Path(top, "new"))
            with pytest.raises(StoreError, match=r"log\.db: not writable"):
                SqliteLog.open(folder / "log.db")
        folder.chmod(0o000)
        with as_somebody(), pytest.raises(StoreError, match="permission denied"):
            SqliteStore.open(folder, read_only=True)
        for path in (Path(top), folder):
            path.chmod(0o755)
