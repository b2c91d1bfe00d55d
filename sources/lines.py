"""Bytes as they arrive -> lines, with a bound on a line's length."""

from collections.abc import Iterable, Iterator
from typing import Final

from causeline.sources.recording import LINE_BYTES_MAX

START_BYTES: Final = 8192
"""What is kept of a line that is too long: twice what a dead letter shows, for redacting comes before cutting."""


class TooLong(bytes):
    """The first bytes of a line that was longer than the bound; the rest was skipped."""


def split_lines(chunks: Iterable[bytes], most: int = LINE_BYTES_MAX) -> Iterator[bytes]:
    """Yield whole lines without their end; one longer than `most` bytes as TooLong.

    What follows the last line end is dropped: a line that was cut comes again when the watch resumes. Memory: one line.
    """
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            line = b"".join((*parts, end)) if parts else end
            if size + len(end) > most:
                yield TooLong(line[:START_BYTES])
            elif line.strip():
                yield line
            parts, size = [], 0
        size += len(rest)
        if size > most:
            parts = [b"".join(parts)[:START_BYTES] or rest[:START_BYTES]]
        elif rest:
            parts.append(rest)
