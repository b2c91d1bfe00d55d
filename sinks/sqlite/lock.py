"""One writer per folder."""

import fcntl
import os
from pathlib import Path

from causeline.core.errors import StoreError
from causeline.sinks.sqlite.faults import saying


class WriterLock:
    """Held from making until `release`, or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        with saying(path):
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(self._handle, 32).decode(errors="replace").strip() or "unknown"
                os.close(self._handle)
                raise StoreError(
                    f"{folder}: process {holder} writes to this store: stop it, or use another folder"
                ) from None
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let another process write."""
        os.close(self._handle)
