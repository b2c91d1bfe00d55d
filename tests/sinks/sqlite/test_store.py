"""What is SQLite's own: days as files, readers beside the writer, hours, a full disk."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeline.core.errors import StoreFullError
from causeline.core.ports import EventQuery
from causeline.core.results import StoredEvent
from causeline.sinks.sqlite import days, store, words
from causeline.sinks.sqlite.days import day_of
from causeline.sinks.sqlite.store import SqliteStore
from tests.contracts import samples
from tests.contracts.samples import DAY, NODE, NOON, event, incident

HOUR = 3600.0


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore.open(tmp_path)) as made:
        yield made


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("events-*"))


def test_an_event_lies_in_the_day_of_its_creation(tmp_path: Path, opened: SqliteStore) -> None:
    opened.write([event(last_at=NOON + 3 * DAY), event("u2", created_at=NOON + DAY)])
    opened.write([event(last_at=NOON + 5 * DAY, count=9)])
    opened.close()
    assert files(tmp_path) == ["events-2023-11-14.db", "events-2023-11-15.db"]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (0.0, "1970-01-01"),
        (1_700_006_399.999, "2023-11-14"),
        (1_700_006_400.0, "2023-11-15"),
        (-1.0, "1970-01-01"),
        (1e300, "1970-01-01"),
        (float("nan"), "1970-01-01"),
        (float("inf"), "1970-01-01"),
    ],
)
def test_every_time_has_a_day(at: float, day: str) -> None:
    assert day_of(at) == day


def test_hours_keep_repeats_where_they_were_seen(opened: SqliteStore) -> None:
    first, later = event(count=2), event(count=5, last_at=NOON + HOUR)
    for _ in range(2):
        opened.write([first, later, event("u2", object=NODE, reason="Killing", last_at=NOON + HOUR)])
    assert [(h.hour, h.namespace, h.reason, h.count) for h in opened.hours()] == [
        (NOON, "shop", "BackOff", 2), (NOON + HOUR, "", "Killing", 1), (NOON + HOUR, "shop", "BackOff", 3),
    ]  # fmt: skip
    assert [h.count for h in opened.hours(start=NOON + 1, end=NOON + HOUR + 1)] == [1, 3]
    assert opened.histogram(HOUR, EventQuery()) == [(NOON + HOUR, 6)]


@settings(max_examples=40, deadline=None)
@given(st.lists(samples.events(), max_size=12), st.integers(1, 4))
def test_hours_never_double(events: list[StoredEvent], chunk: int) -> None:
    with (
        TemporaryDirectory() as folder,
        closing(SqliteStore.open(Path(folder, "a"))) as once,
        closing(SqliteStore.open(Path(folder, "b"))) as chunked,
    ):
        once.write(events)
        for _ in range(2):
            for start in range(0, len(events), chunk):
                chunked.write(events[start : start + chunk])
        assert once.hours() == chunked.hours()
        assert sum(h.count for h in once.hours()) == sum(e.count for e in once.events(EventQuery()))


def test_a_reader_sees_what_is_written_dropped_and_made_again(tmp_path: Path, opened: SqliteStore) -> None:
    with closing(SqliteStore.open(tmp_path, read_only=True)) as reader:
        assert list(reader.events(EventQuery())) == []
        opened.write([event(), incident()])
        assert [e.uid for e in reader.events(EventQuery())] == ["u1"]
        assert reader.incidents() == [incident()]
        opened.drop_before(NOON + DAY)
        assert list(reader.events(EventQuery())) == []
        opened.write([event("u2")])
        assert [e.uid for e in reader.events(EventQuery())] == ["u2"]


def test_a_slow_reader_holds_up_nobody(tmp_path: Path, opened: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE_EVENTS", 3)
    opened.write([event(f"u{n}", last_at=NOON + n) for n in range(10)])
    with closing(SqliteStore.open(tmp_path, read_only=True)) as reader:
        reading = reader.events(EventQuery())
        first = next(reading)
        opened.write([event("u9", last_at=NOON + 90)])
        opened.drop_before(0)
        with closing(sqlite3.connect(tmp_path / "events-2023-11-14.db")) as db:
            assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0  # no reader is in its way
        assert [first.uid, *(e.uid for e in reading)] == [f"u{n}" for n in range(10)]
        dropped = reader.events(EventQuery())
        next(dropped)
        opened.drop_before(NOON + DAY)
        assert len(list(dropped)) == 2  # the page it holds


def test_more_days_than_may_be_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "OPEN_MAX", 2)
    found = [event(f"u{n}", created_at=NOON + n * DAY, last_at=NOON + n * DAY) for n in range(6)]
    with closing(SqliteStore.open(tmp_path)) as made:
        made.write(found)
        made.write([event("u0", created_at=NOON, last_at=NOON, count=3)])
        assert [e.uid for e in made.events(EventQuery())] == [e.uid for e in found]
        assert len(made.histogram(DAY, EventQuery())) == 6
        made.sync()


def test_names_held_in_memory_are_bounded(opened: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "KNOWN_MAX", 3)
    found = [event(f"u{n}", reason=f"R{n % 7}", component=f"c{n % 5}", last_at=NOON + n) for n in range(40)]
    opened.write(found)
    assert list(opened.events(EventQuery())) == found


@pytest.mark.parametrize("found", [1, 3_000])
def test_newest_matches_of_rare_and_of_common_words(opened: SqliteStore, found: int) -> None:
    matching = [event(f"m{n:04d}", message="needle here", last_at=NOON + n) for n in range(found)]
    opened.write([*matching, *(event(f"x{n}", message="hay", last_at=NOON + n) for n in range(50))])
    asked = EventQuery(text="needle", newest_first=True, limit=5)
    assert list(opened.events(asked)) == matching[: -6 if found > 5 else None : -1]


def noise(start: int, count: int) -> list[StoredEvent]:
    rng = random.Random(start)
    return [event(f"n{n}", message=rng.randbytes(400).hex(), last_at=NOON + n) for n in range(start, start + count)]


def test_a_full_disk_takes_all_of_a_write_or_nothing_and_says_so(tmp_path: Path) -> None:
    with closing(SqliteStore.open(tmp_path, file_bytes_max=1_000_000)) as bounded:

        def fill() -> None:
            for start in range(0, 100_000, 100):
                bounded.write([incident(f"i{start}"), *noise(start, 100)])

        with pytest.raises(StoreFullError, match=r"events-2023-11-14\.db: no room on the disk"):
            fill()
        written = len(list(bounded.events(EventQuery())))
        assert 100 < written < 1000
        assert written % 100 == 0
        assert sum(h.count for h in bounded.hours()) == written
        assert len(bounded.incidents()) == written // 100
        bounded.write([event("other", created_at=NOON + DAY)])
        with pytest.raises(StoreFullError):
            bounded.write(noise(written, 100))
        assert bounded.drop_before(NOON + DAY / 2) == 1
        bounded.write(noise(written, 100))
        assert len(list(bounded.events(EventQuery()))) == 101


def test_a_broken_transaction_leaves_no_number_behind(opened: SqliteStore) -> None:
    """Words learnt in a transaction that came to nothing must be learnt again."""
    with pytest.raises(Exception, match="severity"):
        opened.write([event(reason="New"), event("u2", severity="no severity")])
    opened.write([event(reason="Other")])
    opened.write([event("u2", reason="New", last_at=NOON + 1)])
    assert [e.reason for e in opened.events(EventQuery())] == ["Other", "New"]


def test_half_made_files_of_a_crash_are_no_days(tmp_path: Path) -> None:
    (tmp_path / "events-2023-11-14.db.new").write_bytes(b"half")
    (tmp_path / "main.db.new").write_bytes(b"half")
    with closing(SqliteStore.open(tmp_path)) as made:
        assert list(made.events(EventQuery())) == []
        made.write([event()])
        assert list(made.events(EventQuery())) == [event()]
    assert files(tmp_path) == ["events-2023-11-14.db"]
