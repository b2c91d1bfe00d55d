"""What SQLite's errors mean to a person: one line that names the file and the way out."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from causeline.core.errors import StoreError, StoreFullError

PRIMARY_CODE: Final = 0xFF
"""The low byte of an extended result code is the primary one (SQLite, "Result and Error Codes")."""

_FULL: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
_SAYS: Final = {
    sqlite3.SQLITE_NOTADB: "not a Causeline database, or damaged: move it away and start again",
    sqlite3.SQLITE_CORRUPT: "damaged: move it away (`sqlite3 FILE .recover` saves what can be saved) and start again",
    sqlite3.SQLITE_READONLY: "not writable: check its owner, its mode and whether the disk is mounted read-only",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: check that it exists and that its folder is readable and writable",
    sqlite3.SQLITE_PERM: "permission denied: check its owner and mode, or run as another user",
    sqlite3.SQLITE_BUSY: "another program is writing to it: stop that one or wait until it has finished",
    sqlite3.SQLITE_IOERR: "the disk fails to read or write: see the system's log",
}


@contextmanager
def saying(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system raises about `path` into a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        raise told(path, error) from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path}: damaged: what it says can't be read; put it aside and start anew") from error
    except (OverflowError, UnicodeEncodeError) as error:  # SQLite holds 64-bit integers and UTF-8
        raise StoreError(f"{path}: a value can't be kept: {error}") from error
    except PermissionError as error:
        raise StoreError(f"{error.filename or path}: {_SAYS[sqlite3.SQLITE_PERM]}") from error
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror or error}") from error


def told(path: Path, error: sqlite3.Error) -> StoreError:
    """Return the StoreError that says what `error` means for `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return StoreError(f"{path}: {error}")
    if code in _FULL or code & PRIMARY_CODE == sqlite3.SQLITE_FULL:
        return StoreFullError(
            f"{path}: no room on the disk or within the bound of the file: free space or keep fewer days"
        )
    return StoreError(f"{path}: {_SAYS.get(code & PRIMARY_CODE, str(error))}")
