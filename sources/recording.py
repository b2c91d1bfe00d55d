"""Read a recording folder back as observations, in order (docs/recording-format.md).

Files are merged by `t`; equal `t`: events, objects, alerts, logs, metrics, then line number. A `t` that goes back
counts as its file's greatest so far. What can't be decoded becomes a dead letter with file and line, and the rest goes
on.
"""

import gzip
import hashlib
import heapq
import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from causeline.core.errors import DecodeError, RecordingError
from causeline.core.observations import DeadLetter, Observation, OutsideSeen, StreamMark
from causeline.core.redact import mask_strings, redact_start
from causeline.core.refs import ObjectRef
from causeline.sources.decode import decode_line
from causeline.sources.samples import decode_metrics

FILES: Final = ("events", "objects", "alerts", "logs", "metrics")
"""In the order in which lines of equal time are read."""

LATEST_TIME: Final = 253_402_300_799.0
"""The last second of the year 9999: beyond it there are no dates to show."""
LINE_BYTES_MAX: Final = 8 * 1024 * 1024
"""Above the 1.5 MiB bound of etcd for one object with room for its envelope; a longer line is a dead letter."""

ORIGINAL_CHARS: Final = 4096

_metrics = msgspec.json.Decoder(dict[str, Any])


class Entry(msgspec.Struct, order=True):
    """One line of a recording: when it counts, which file, which line, and what it says."""

    t: float
    rank: int
    line: int
    seen: Observation | DeadLetter = msgspec.field(default_factory=lambda: StreamMark(0.0, "", "LIST"))


def read_recording(folder: Path) -> Iterator[Entry]:
    """Yield the recording's entries in order. Raises RecordingError when there is nothing to read at all.

    Memory: one line of each file; an end of a recording is recognised by a first pass over the GAP lines only.
    """
    paths = [(rank, path) for rank, name in enumerate(FILES) if (path := _find(folder, name))]
    if not any(rank < 2 for rank, _ in paths):
        raise RecordingError(f"{folder}: no events.jsonl[.gz] and no objects.jsonl[.gz]: not a recording")
    return heapq.merge(*(_entries(rank, path) for rank, path in paths))


def _find(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / f"{name}.jsonl.gz", folder / f"{name}.jsonl") if p.is_file()), None)


def _entries(rank: int, path: Path) -> Iterator[Entry]:
    """Decode one file; look one line ahead per stream for gaps that end the recording."""
    decoder = _DECODERS[FILES[rank]]
    latest = -math.inf
    last_of_stream = _last_lines(path) if FILES[rank] in ("events", "objects") else {}
    for number, line, broken in _lines(path):
        seen: Observation | DeadLetter
        try:
            if broken:
                raise DecodeError(broken)
            seen = decoder(line)
            if not 0 <= seen.t <= LATEST_TIME:  # not a number is neither
                raise DecodeError(f"impossible time {seen.t}")
        except DecodeError as error:
            seen = _dead(path, number, line, str(error), 0.0 if latest == -math.inf else latest)
        else:
            latest = max(latest, seen.t)
            seen.t = latest
            if isinstance(seen, StreamMark) and seen.mark == "GAP" and last_of_stream.get(seen.stream) == number:
                seen.is_end = True
        yield Entry(max(latest, 0.0), rank, number, seen)


def _lines(path: Path) -> Iterator[tuple[int, bytes, str]]:
    """Yield (line number, bytes, "") or, for what can't be read, (line number, what there is, reason)."""
    number = 0
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while True:
            try:
                line = file.readline(LINE_BYTES_MAX + 1)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield number + 1, b"", f"file is damaged from here on: {error}"
                return
            except OSError as error:
                raise RecordingError(f"{path}: line {number + 1}: can't be read: {error}") from error
            if not line:
                return
            number += 1
            if len(line) > LINE_BYTES_MAX:
                start = line[: 2 * ORIGINAL_CHARS]
                while line and not line.endswith(b"\n"):
                    line = file.readline(LINE_BYTES_MAX)
                yield number, start, f"line of more than {LINE_BYTES_MAX} bytes"
            elif line.strip():
                yield number, line, ""


def _last_lines(path: Path) -> dict[str, int]:
    """Return the last line number of each stream, so that a final GAP is known for what it is."""
    last: dict[str, int] = {}
    head = msgspec.json.Decoder(_StreamOnly)
    for number, line, broken in _lines(path):
        if not broken:
            try:
                last[head.decode(line).s] = number
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
    return last


class _StreamOnly(msgspec.Struct):
    s: str


def _dead(path: Path, number: int, line: bytes, reason: str, at: float) -> DeadLetter:
    start = line[: 2 * ORIGINAL_CHARS].decode("utf-8", "replace").rstrip("\n")
    is_object = path.name.startswith("objects.")
    text = mask_strings(start[:ORIGINAL_CHARS]) if is_object else redact_start(start, ORIGINAL_CHARS)
    key = hashlib.sha256(f"{path.name}\0{number}\0{reason}".encode()).hexdigest()[:16]
    return DeadLetter(key, at, path.name, number, reason, text)


def _decode_alert(line: bytes) -> OutsideSeen:
    """One Alertmanager webhook body with its arrival; labels name the object."""
    record = _mapping(line)
    if "text" in record:  # as the recorder writes it: what was kept of a body
        return _outside(record.get("t"), "alerts", _ref(record.get("object")), record["text"])
    alerts = record.get("alerts")
    first = alerts[0] if isinstance(alerts, list) and alerts else record
    labels = {
        **_labels(record.get("commonLabels")),
        **_labels(first.get("labels") if isinstance(first, dict) else None),
    }
    text = f"{labels.get('alertname', 'alert')} {record.get('status', '')}".strip()
    return _outside(record.get("t"), "alerts", object_of_labels(labels), text)


def _labels(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _decode_log(line: bytes) -> OutsideSeen:
    record = _mapping(line)
    return _outside(record.get("t"), "logs", _ref(record.get("object")), record.get("line", ""))


def _ref(o: Any) -> tuple[Any, Any, Any] | None:
    return (o.get("kind", "Pod"), o.get("namespace"), o.get("name", "")) if isinstance(o, dict) else None


def _outside(t: Any, source: str, ref: tuple[Any, Any, Any] | None, text: Any) -> OutsideSeen:
    fields = {"t": t, "source": source, "object": ref, "text": redact_start(str(text), ORIGINAL_CHARS)}
    try:
        return msgspec.convert(fields, OutsideSeen)
    except msgspec.MsgspecError as error:
        raise DecodeError(str(error)) from error


def object_of_labels(labels: dict[str, str]) -> ObjectRef | None:
    """Return the object that an alert's labels name, the most particular first."""
    for label, kind in (
        ("pod", "Pod"),
        ("deployment", "Deployment"),
        ("statefulset", "StatefulSet"),
        ("daemonset", "DaemonSet"),
        ("job_name", "Job"),
        ("service", "Service"),
        ("node", "Node"),
    ):
        if name := labels.get(label):
            return ObjectRef(kind, None if kind == "Node" else labels.get("namespace"), name)
    return None


def _mapping(line: bytes) -> dict[str, Any]:
    try:
        return dict(_metrics.decode(line))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not a record: {error}") from error


_DECODERS: Final[dict[str, Callable[[bytes], Observation]]] = {
    "events": decode_line,
    "objects": decode_line,
    "alerts": _decode_alert,
    "logs": _decode_log,
    "metrics": decode_metrics,
}
