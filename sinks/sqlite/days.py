"""The files of a store's days: found, opened when needed, dropped whole."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from causeline.core.errors import StoreError
from causeline.sinks.sqlite.database import Database, remove
from causeline.sinks.sqlite.events import EventWriter

OPEN_MAX: Final = 32
"""Day files open at a time, three handles each; a month of days stays open."""

DAY_SECONDS: Final = 86_400
_LAST_SECOND: Final = datetime.max.replace(tzinfo=UTC).timestamp() - DAY_SECONDS


def day_of(at: float) -> str:
    """Return the UTC day of a time, as in 2026-11-24; a time that no calendar holds belongs to 1970-01-01."""
    is_known = math.isfinite(at) and 0 <= at < _LAST_SECOND
    return datetime.fromtimestamp(at if is_known else 0.0, tz=UTC).date().isoformat()


class Day:
    """One open day."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.writer = EventWriter(database)


class Days:
    """All days of one folder. Files that other processes add or drop are seen at the next look."""

    def __init__(self, folder: Path, *, read_only: bool, bytes_max: int | None) -> None:
        self._folder = folder
        self._read_only = read_only
        self._bytes_max = bytes_max
        self._open: OrderedDict[str, Day] = OrderedDict()

    def names(self) -> list[str]:
        """Return the days that exist, oldest first."""
        found = (path.name[len("events-") : -len(".db")] for path in self._folder.glob("events-????-??-??.db"))
        return sorted(name for name in found if _is_day(name))

    def path(self, name: str) -> Path:
        """Return where a day's file is."""
        return self._folder / f"events-{name}.db"

    @contextmanager
    def writing(self, name: str) -> Iterator[EventWriter]:
        """Open a day, new or not, for one transaction."""
        writer = self._day(name).writer
        with writer.transaction():
            yield writer

    def reading(self, name: str) -> Database | None:
        """Open a day for one statement, or return None when it is gone."""
        try:
            inode = self.path(name).stat().st_ino
        except FileNotFoundError:
            self._forget(name)
            return None
        held = self._open.get(name)
        if held and held.database.inode != inode:
            self._forget(name)
        try:
            return self._day(name).database
        except StoreError:
            if not self.path(name).exists():
                return None
            raise

    def drop_before(self, at: float) -> int:
        """Delete the days that were over at `at`; return how many."""
        dropped = [name for name in self.names() if end_of(name) <= at]
        for name in dropped:
            self._forget(name)
            remove(self.path(name))
        return len(dropped)

    def sync(self) -> None:
        """Return when all days' commits are on the disk."""
        for day in self._open.values():
            day.database.sync()

    def close(self) -> None:
        """Close all."""
        for name in list(self._open):
            self._forget(name)

    def _day(self, name: str) -> Day:
        day = self._open.get(name)
        if day is None:
            self._make_room()
            database = Database(self.path(name), "day.sql", read_only=self._read_only, bytes_max=self._bytes_max)
            day = self._open[name] = Day(database)
        self._open.move_to_end(name)
        return day

    def _make_room(self) -> None:
        idle = [name for name, day in self._open.items() if not day.database.in_transaction]
        for name in idle[: max(0, len(self._open) - OPEN_MAX + 1)]:
            self._forget(name)

    def _forget(self, name: str) -> None:
        day = self._open.pop(name, None)
        if day:
            day.database.close()


def _is_day(name: str) -> bool:
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True


def end_of(name: str) -> float:
    """Return the first second after a day."""
    start = datetime.combine(date.fromisoformat(name), datetime.min.time(), tzinfo=UTC)
    return (start + timedelta(days=1)).timestamp()
