"""The plain implementations hold the contracts too."""

from collections.abc import Iterator
from contextlib import contextmanager

from causeline.core.ports import Checkpoints, ObservationLog, Store
from tests.contracts.checkpoint_contract import CheckpointContract
from tests.contracts.log_contract import LogContract
from tests.contracts.memory import MemoryCheckpoints, MemoryLog, MemoryStore
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @contextmanager
    def new(self) -> Iterator[Store]:
        yield MemoryStore()


class TestMemoryLog(LogContract):
    @contextmanager
    def new(self, bytes_max: int | None = None) -> Iterator[ObservationLog]:
        yield MemoryLog(bytes_max)


class TestMemoryCheckpoints(CheckpointContract):
    @contextmanager
    def new(self) -> Iterator[Checkpoints]:
        yield MemoryCheckpoints()
