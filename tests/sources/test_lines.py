"""Bytes in any pieces give the same lines."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from causeline.sources.lines import START_BYTES, TooLong, split_lines


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"")), max_size=8), st.lists(st.integers(0, 200)))
def test_any_pieces_give_the_same_lines(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    ends = sorted({0, len(data), *(c for c in cuts if c < len(data))})
    pieces = [data[a:b] for a, b in pairwise(ends)]
    assert list(split_lines(pieces, most=100)) == [line for line in lines if line.strip()]


def test_what_follows_the_last_line_end_is_dropped() -> None:
    assert list(split_lines([b"a\nb"])) == [b"a"]


@given(st.integers(1, 40))
def test_a_line_that_is_too_long_is_skipped_whole(piece: int) -> None:
    data = b"a\n" + b"x" * 50 + b"\nb\n"
    pieces = [data[i : i + piece] for i in range(0, len(data), piece)]
    lines = list(split_lines(pieces, most=20))
    assert [isinstance(line, TooLong) for line in lines] == [False, True, False]
    assert lines[1].startswith(b"x")
    assert [lines[0], lines[2]] == [b"a", b"b"]


def test_memory_of_an_endless_line_is_bounded() -> None:
    line = next(split_lines([b"x" * 65536] * 200 + [b"\n"], most=1_000_000))
    assert len(line) <= START_BYTES
