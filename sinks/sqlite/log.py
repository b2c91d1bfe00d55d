"""The ordered, durable log of one cluster's observations in one file: a row is a batch, deflated."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from causeline.core.errors import StoreError, StoreFullError
from causeline.sinks.sqlite.database import Database
from causeline.sinks.sqlite.faults import saying

DEFLATE_LEVEL: Final = 1
"""Fastest; observations of one kind repeat their keys, so that even it leaves about an eighth."""

PACKED_MIN: Final = 512
"""Bytes below which deflating gains nothing."""

LINE_BREAK: Final = b"\n"


class SqliteLog:
    """`core.ports.ObservationLog` in one file. Append from one process; others may read."""

    def __init__(self, database: Database, bytes_max: int | None) -> None:
        self._database = database
        self._bytes_max = bytes_max

    @classmethod
    def open(cls, path: Path, *, bytes_max: int | None = None, read_only: bool = False) -> Self:
        """Open the log in file `path`; a writer makes it when it is missing. Raises StoreError.

        `bytes_max` bounds `size`; an append that would pass it raises StoreFullError and writes nothing. Beside it
        stands a write-ahead file of up to 64 MiB.
        """
        with saying(path):
            if read_only and not path.exists():
                raise StoreError(f"{path}: no log here: check the path")
        return cls(Database(path, "log.sql", read_only=read_only, sync="FULL"), bytes_max)

    def append(self, lines: Sequence[bytes], positions: Mapping[str, str] | None = None) -> int:
        """Append lines (without line breaks) and positions in one durable step; return the last line's offset.

        Cost: one fsync a call and about 5 µs a line of 500 bytes.
        """
        data = LINE_BREAK.join(lines)
        if lines and data.count(LINE_BREAK) != len(lines) - 1:
            raise ValueError("a line holds a line break")
        packed = zlib.compress(data, DEFLATE_LEVEL) if len(data) >= PACKED_MIN else data
        is_packed = len(packed) < len(data)
        self._must_fit(len(packed))
        with self._database.transaction():
            first = self._next()
            if lines:
                row = (first, len(lines), is_packed, packed if is_packed else data)
                self._database.execute("INSERT INTO batches (first, n, packed, data) VALUES (?, ?, ?, ?)", row)
                self._database.execute("UPDATE next SET offset = ?", (first + len(lines),))
            self._database.execute_many(_PUT_POSITION, (positions or {}).items())
        return first + len(lines) - 1

    def _must_fit(self, more: int) -> None:
        if self._bytes_max is not None and self.size + more > self._bytes_max:
            raise StoreFullError(
                f"{self._database.path}: the log is at its bound of {self._bytes_max} bytes: "
                "sources hold back until older lines are pruned; give it more room if this lasts"
            )

    def _next(self) -> int:
        return int(self._database.rows("SELECT offset FROM next")[0][0])

    def read(self, after: int) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, line) after `after`, up to the end as of now; one batch is in memory at a time."""
        return self._lines(after, self._next())

    def _lines(self, after: int, end: int) -> Iterator[tuple[int, bytes]]:
        rows = self._database.rows(_BATCH_WITH, (after + 1,))
        first = rows[0][0] if rows else 0
        while rows := self._database.rows(_BATCH_FROM, (first, end)):
            first, n, is_packed, data = rows[0]
            lines = _unpacked(self._database.path, data, n, bool(is_packed))
            for offset, line in enumerate(lines, first):
                if offset > after:
                    yield offset, line
            first += n

    def positions(self) -> dict[str, str]:
        """Return the last position of each source."""
        return dict(self._database.rows("SELECT source, position FROM positions"))

    def prune(self, before: int) -> int:
        """Forget whole batches below `before`; return how many lines went. Their room is used again."""
        with self._database.transaction():
            pruned = self._database.execute("SELECT ifnull(sum(n), 0) FROM batches WHERE first + n <= ?", (before,))
            lines = int(pruned.fetchone()[0])
            self._database.execute("DELETE FROM batches WHERE first + n <= ?", (before,))
        return lines

    @property
    def size(self) -> int:
        """Bytes in use in the file."""
        return self._database.size

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _unpacked(path: Path, data: bytes, n: int, is_packed: bool) -> list[bytes]:
    try:
        lines = (zlib.decompress(data) if is_packed else data).split(LINE_BREAK)
    except zlib.error:
        lines = []
    if len(lines) != n:
        raise StoreError(f"{path}: a batch of the log is damaged: move the file away; the cluster is listed anew")
    return lines


_PUT_POSITION: Final = "INSERT OR REPLACE INTO positions (source, position) VALUES (?, ?)"
_BATCH_WITH: Final = "SELECT first FROM batches WHERE first <= ? ORDER BY first DESC LIMIT 1"
_BATCH_FROM: Final = "SELECT first, n, packed, data FROM batches WHERE first >= ? AND first < ? ORDER BY first LIMIT 1"
