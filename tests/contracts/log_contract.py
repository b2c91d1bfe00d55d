"""What every ObservationLog does."""

import random
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeline.core.errors import StoreFullError
from causeline.core.ports import ObservationLog

few = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors],  # one property, many implementations
)
lines = st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")), max_size=6)


class LogContract:
    """Behaviour of an ObservationLog."""

    def new(self, bytes_max: int | None = None) -> AbstractContextManager[ObservationLog]:
        """Give an empty log."""
        raise NotImplementedError

    @few
    @given(st.lists(lines, max_size=8), st.integers(-1, 20))
    def test_lines_come_back_in_order_after_any_offset(self, batches: list[list[bytes]], after: int) -> None:
        with self.new() as log:
            last = [log.append(batch) for batch in batches]
            written = [line for batch in batches for line in batch]
            read = list(log.read(-1))
            assert [line for _, line in read] == written
            offsets = [offset for offset, _ in read]
            assert offsets == sorted(set(offsets))
            assert not last or last[-1] == (offsets[-1] if offsets else -1)
            assert list(log.read(after)) == [(offset, line) for offset, line in read if offset > after]

    def test_positions_come_with_the_lines_or_alone(self) -> None:
        with self.new() as log:
            assert log.positions() == {}
            assert log.append([], {"pods": "1"}) == -1
            offset = log.append([b"{}"], {"pods": "2", "nodes": "9"})
            assert log.append([], {"nodes": "10"}) == offset
            assert log.positions() == {"pods": "2", "nodes": "10"}

    def test_reading_ends_where_the_log_ended_when_it_began(self) -> None:
        with self.new() as log:
            log.append([b"a"])
            log.append([b"b"])
            reading = iter(log.read(-1))
            first = next(reading)
            last = log.append([b"c"])
            assert [first[1], *(line for _, line in reading)] == [b"a", b"b"]
            assert list(log.read(last - 1)) == [(last, b"c")]

    def test_pruning_forgets_the_old_and_never_the_new(self) -> None:
        with self.new() as log:
            ends = [log.append([b"x%d" % (10 * batch + n) for n in range(10)]) for batch in range(3)]
            read = list(log.read(-1))
            pruned = log.prune(ends[1])
            left = list(log.read(-1))
            assert pruned == len(read) - len(left) >= 10
            assert left == read[pruned:]
            assert {offset for offset, _ in left} >= set(range(ends[1], ends[2] + 1))
            assert list(log.read(ends[0] + 3)) == [row for row in left if row[0] > ends[0] + 3]

    def test_offsets_are_never_used_again(self) -> None:
        with self.new() as log:
            last = log.append([b"a", b"b"], {"pods": "1"})
            assert log.prune(last + 1) == 2
            assert list(log.read(-1)) == []
            assert log.append([b"c"]) > last
            assert log.positions() == {"pods": "1"}

    def test_at_the_bound_it_refuses_until_it_is_pruned(self) -> None:
        noise = [random.Random(n).randbytes(1_000).replace(b"\n", b"") for n in range(20)]
        with self.new(bytes_max=200_000) as log:

            def fill() -> None:
                for n in range(10_000):
                    log.append([line + b"%d" % n for line in noise], {"pods": str(n)})

            with pytest.raises(StoreFullError, match="200000"):
                fill()
            written = int(log.positions()["pods"])
            assert log.size <= 200_000
            last = list(log.read(-1))[-1][0]
            assert last == (written + 1) * len(noise) - 1
            log.prune(last + 1)
            log.append(noise)
            assert len(list(log.read(-1))) == len(noise)

    def test_a_line_break_inside_a_line_is_refused(self) -> None:
        with self.new() as log:
            with pytest.raises(ValueError, match="line break"):
                log.append([b"a\nb"], {"pods": "1"})
            assert log.positions() == {}
