"""SQLite holds the contracts."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from causeline.core.ports import Checkpoints, ObservationLog, Store
from causeline.sinks.sqlite.checkpoints import SqliteCheckpoints
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from tests.contracts.checkpoint_contract import CheckpointContract
from tests.contracts.log_contract import LogContract
from tests.contracts.store_contract import StoreContract


class TestSqliteStore(StoreContract):
    @contextmanager
    def new(self) -> Iterator[Store]:
        with TemporaryDirectory() as folder, closing(SqliteStore.open(Path(folder))) as store:
            yield store


class TestSqliteLog(LogContract):
    @contextmanager
    def new(self, bytes_max: int | None = None) -> Iterator[ObservationLog]:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "log.db"
            with closing(SqliteLog.open(path, bytes_max=bytes_max)) as log:
                yield log


class TestSqliteCheckpoints(CheckpointContract):
    @contextmanager
    def new(self) -> Iterator[Checkpoints]:
        with TemporaryDirectory() as folder, closing(SqliteCheckpoints.open(Path(folder) / "checkpoint.db")) as kept:
            yield kept
