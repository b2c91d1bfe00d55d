"""Observations -> a recording folder that recording.py reads back (docs/recording-format.md).

Lines are trimmed and redacted, as everything that Causeline keeps. Each batch is flushed to a whole deflate block, so a
recorder that is killed leaves a recording that can be read up to its last batch.
"""

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from causeline.core.errors import RecordingError
from causeline.core.observations import (
    EVENT_STREAMS,
    DeadLetter,
    EventSeen,
    ObjectSeen,
    Observation,
    OutsideSeen,
    ScrapeSeen,
    StreamMark,
)
from causeline.sources.decode import encode_line
from causeline.sources.exporter import Scrape

LEVEL: Final = 6
"""zlib's own default; 9 costs three times as much for 2 % less."""


class Recorder:
    """Writes one recording; any thread may write. Raises RecordingError when the folder is not empty or is full.

    `about` goes into the manifest. With `values_follow`, scrapes come by `write_scrape` and `write` leaves them out.
    """

    def __init__(self, folder: Path, about: dict[str, Any], *, values_follow: bool = False) -> None:
        self._folder = folder
        self._values_follow = values_follow
        self._lock = threading.Lock()
        self._files: dict[str, gzip.GzipFile] = {}
        with self._failures():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise RecordingError(f"{folder}: not an empty folder: a recording is never written over another")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(about)) + b"\n")
            for name in ("events", "objects", "metrics"):
                self._file(name)
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, records: Iterable[Observation | DeadLetter]) -> None:
        """Append one batch without ticks and dead letters; a scrape has the values of golden signals only."""
        with self._lock, self._failures():
            for record in records:
                self._append(record)
            self._flush()

    def write_scrape(self, scrape: Scrape) -> None:
        """Append one scrape with its values."""
        line: dict[str, Any] = _scrape_head(scrape.seen)
        if scrape.seen.error is None:
            line["changed"] = scrape.changed
            if scrape.gone:
                line["gone"] = scrape.gone
            if scrape.is_full:
                line["full"] = True
        with self._lock, self._failures():
            self._put("metrics", msgspec.json.encode(line))
            self._flush()

    def close(self) -> None:
        """End the files."""
        with self._lock, self._failures(), ExitStack() as stack:
            for file in self._files.values():
                stack.callback(file.close)
            self._files = {}

    def _append(self, record: Observation | DeadLetter) -> None:
        match record:
            case EventSeen():
                self._put("events", encode_line(record))
            case StreamMark() if record.stream in EVENT_STREAMS:
                self._put("events", encode_line(record))
            case ObjectSeen() | StreamMark():
                self._put("objects", encode_line(record))
            case ScrapeSeen() if not self._values_follow:
                self._put("metrics", msgspec.json.encode({**_scrape_head(record), **_values(record)}))
            case OutsideSeen():
                text = "text" if record.source == "alerts" else "line"
                o = record.object._asdict() if record.object else None
                self._put(record.source, msgspec.json.encode({"t": record.t, "object": o, text: record.text}))
            case _:
                return

    def _put(self, name: str, line: bytes) -> None:
        self._file(name).write(line + b"\n")

    def _file(self, name: str) -> gzip.GzipFile:
        if name not in self._files:
            path = self._folder / f"{name}.jsonl.gz"
            self._files[name] = gzip.GzipFile(path, "xb", LEVEL, mtime=0)
        return self._files[name]

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise RecordingError(f"{self._folder}: can't be written: {reason}") from error


def _values(seen: ScrapeSeen) -> dict[str, Any]:
    """What is known of a scrape's values: their number, and those of golden signals."""
    if seen.error is not None:
        return {}
    values: dict[str, Any] = {"samples": seen.samples, "changed": seen.changed or {}}
    if seen.gone:
        values["gone"] = seen.gone
    return {**values, "full": True} if seen.is_full else values


def _scrape_head(seen: ScrapeSeen) -> dict[str, Any]:
    head: dict[str, Any] = {"t": seen.t, "took": seen.took, "target": seen.target}
    return head if seen.error is None else {**head, "error": seen.error}
