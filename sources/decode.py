"""Bytes of the Kubernetes API, of a recording or of the log -> observations, and back.

All three hold the same lines (`{"t", "s", "type", "o"}`), so there is one decoder. It understands both shapes of
Events: core/v1 (count, source, firstTimestamp) and events.k8s.io/v1 (series, regarding, note; the scheduler fills
nothing else).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import re2

from causeline.core.errors import DecodeError
from causeline.core.objects import STREAMS, Meta, Other, Timestamp, Trimmed, decode_hook, encode_hook, ref_of
from causeline.core.observations import (
    EVENT_STREAMS,
    Event,
    EventSeen,
    ObjectSeen,
    Observation,
    OutsideSeen,
    ScrapeSeen,
    StreamMark,
    Tick,
)
from causeline.core.redact import redact_start
from causeline.core.refs import ObjectRef
from causeline.sources.samples import read_scrape, scrape_body

MESSAGE_CHARS: Final = 4096
"""Messages are cut here; the API's own bound is 1 KiB for events.k8s.io and none for core/v1."""

REASON_CHARS: Final = 128
"""Reasons, types and components are cut here: the API's own bound for events.k8s.io; core/v1 has none."""
COUNT_MAX: Final = 2**31 - 1
"""The API's counts are int32."""
CHANGES: Final = frozenset({"INIT", "ADDED", "MODIFIED", "DELETED"})
MARKS: Final = frozenset({"LIST", "BOOKMARK", "ERROR", "GAP"})


class Line(msgspec.Struct):
    """One line of a recording or of the log."""

    t: float
    s: str
    type: str
    o: msgspec.Raw


class _Regarding(Trimmed):
    kind: str = ""
    namespace: str | None = None
    name: str = ""
    uid: str = ""
    field_path: str = ""


class _Series(Trimmed):
    count: int = 0
    last_observed_time: Timestamp | None = None


class _Source(Trimmed):
    component: str | None = None
    host: str | None = None


class _RawEvent(Trimmed):
    """Both shapes at once; a field that is missing in one of them is None."""

    metadata: Meta
    involved_object: _Regarding | None = None
    regarding: _Regarding | None = None
    reason: str | None = None
    type: str | None = None
    message: str | None = None
    note: str | None = None
    source: _Source | None = None
    deprecated_source: _Source | None = None
    reporting_component: str | None = None
    reporting_controller: str | None = None
    reporting_instance: str | None = None
    count: int | None = None
    deprecated_count: int | None = None
    series: _Series | None = None
    event_time: Timestamp | None = None
    first_timestamp: Timestamp | None = None
    last_timestamp: Timestamp | None = None
    deprecated_first_timestamp: Timestamp | None = None
    deprecated_last_timestamp: Timestamp | None = None


class _MarkMeta(Trimmed):
    resource_version: str | None = None


class _MarkObject(Trimmed, rename=None):
    n: int = 0
    resourceVersion: str | None = None  # noqa: N815 - as the recording writes it
    resume: str | None = None
    closed: bool | None = None
    error: str | None = None
    watch_status: int | None = None
    list_status: int | None = None
    message: str | None = None
    metadata: _MarkMeta | None = None


FIRST_DAY: Final = b'"0001-01-01T'
LAST_DAY: Final = b'"9999-12-31T'
"""Two plain searches let nearly all bodies through at half the cost of the pattern."""
_OF_NO_TIME = re2.compile(rb'"(?:0001-01-01|9999-12-31)T[0-9:.]*[+-]')
"""Times that have no UTC: they can be read and not be written."""
_line = msgspec.json.Decoder(Line)
_event = msgspec.json.Decoder(_RawEvent, dec_hook=decode_hook)
_mark = msgspec.json.Decoder(_MarkObject)
_objects = {s: (kind, msgspec.json.Decoder(cls, dec_hook=decode_hook)) for s, (kind, cls) in STREAMS.items()}
_other = msgspec.json.Decoder(Other, dec_hook=decode_hook)
_mapping = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder(enc_hook=encode_hook)


def decode_line(line: bytes) -> Observation:
    """Decode one line of a recording's events or objects file, or of the log.

    Raises DecodeError with the reason when the line is not what it should be.
    """
    try:
        head = _line.decode(line)
    except msgspec.MsgspecError as error:
        raise DecodeError(f"not a record: {error}") from error
    except UnicodeDecodeError as error:
        raise DecodeError("not a record: not UTF-8") from error
    except RecursionError as error:
        raise DecodeError("not a record: nested too deeply") from error
    return decode(head.s, head.type, head.t, bytes(head.o))


def decode(stream: str, change: str, t: float, body: bytes) -> Observation:
    """Decode one object or event of `stream`, as the API, a recording or the log holds it."""
    try:
        if (FIRST_DAY in body or LAST_DAY in body) and _OF_NO_TIME.search(body) is not None:
            raise DecodeError(f"{stream}: a time before the first or after the last that there is")
        if change in MARKS:
            return _decode_mark(stream, change, t, body)
        if stream in _OWN_STREAMS:
            return _decode_own(stream, t, body)
        if change not in CHANGES:
            raise DecodeError(f"unknown type {change!r}")
        if stream in EVENT_STREAMS:
            return EventSeen(t, stream, change, _to_event(_read(_event, body)))  # type: ignore[arg-type]
        return _decode_object(stream, change, t, body)
    except msgspec.MsgspecError as error:
        raise DecodeError(f"{stream}: {error}") from error
    except (UnicodeDecodeError, OverflowError, RecursionError, ValueError) as error:
        raise DecodeError(f"{stream}: {type(error).__name__}: {error}") from error


def _decode_object(stream: str, change: str, t: float, body: bytes) -> ObjectSeen:
    kind, decoder = _objects.get(stream, (stream, _other))
    obj = _read(decoder, body)
    if not obj.metadata.name:
        raise DecodeError(f"{stream}: object without a name - at `$.metadata.name`")
    return ObjectSeen(t, stream, change, ref_of(kind, obj.metadata), obj)  # type: ignore[arg-type]


def _read(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Decode a body; one that is not as the API writes it is read once more without its nulls, which other tools leave.

    The second reading costs several times the first.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        if b"null" not in body:
            raise
        return decoder.decode(msgspec.json.encode(_without_nulls(msgspec.json.decode(body))))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value if v is not None]
    return value


def _decode_mark(stream: str, mark: str, t: float, body: bytes) -> StreamMark:
    o = _mark.decode(body)
    version = o.resourceVersion or o.resume or (o.metadata and o.metadata.resource_version)
    if mark == "GAP":
        reasons = (
            o.error,
            o.watch_status and f"watch answered {o.watch_status}",
            o.list_status and f"list answered {o.list_status}",
        )
        text = next((str(r) for r in reasons if r), "closed" if o.closed else "cut")
    else:
        text = o.message or ""
    return StreamMark(t, stream, mark, redact_start(text, MESSAGE_CHARS), version, o.n)  # type: ignore[arg-type]


def _stamp(value: datetime | None, default: float) -> float:
    return default if value is None else value.timestamp()


def _to_event(raw: _RawEvent) -> Event:
    """Bring both shapes into one. The newest of all time stamps is when it was last seen."""
    about = raw.involved_object or raw.regarding or _Regarding()
    source = raw.source or raw.deprecated_source or _Source()
    series = raw.series
    created = _stamp(raw.metadata.creation_timestamp, 0.0)
    first = _stamp(raw.first_timestamp or raw.deprecated_first_timestamp or raw.event_time, created)
    last = _stamp((series and series.last_observed_time) or raw.last_timestamp or raw.deprecated_last_timestamp, first)
    count = min((series.count if series else 0) or raw.count or raw.deprecated_count or 1, COUNT_MAX)
    return Event(
        uid=raw.metadata.uid or f"{raw.metadata.namespace}/{raw.metadata.name}",
        name=raw.metadata.name,
        regarding=ObjectRef(about.kind, None if about.kind == "Node" else about.namespace, about.name),
        reason=(raw.reason or "")[:REASON_CHARS],
        type=(raw.type or "")[:REASON_CHARS],
        message=redact_start(raw.message or raw.note or "", MESSAGE_CHARS),
        component=(raw.reporting_component or raw.reporting_controller or source.component or "")[:REASON_CHARS],
        count=max(count, 1),
        created_at=created,
        first_at=first,
        last_at=max(last, first),
        regarding_uid=about.uid,
        field_path=about.field_path,
        host=source.host or raw.reporting_instance or "",
        resource_version=raw.metadata.resource_version,
    )


def _decode_scrape(t: float, body: bytes) -> ScrapeSeen:
    return read_scrape(t, body)


def _decode_outside(t: float, body: bytes) -> OutsideSeen:
    return msgspec.convert({"t": t, **_mapping.decode(body)}, OutsideSeen)


_OWN_STREAMS: Final[dict[str, Callable[[float, bytes], Observation]]] = {
    "scrape": _decode_scrape,
    "outside": _decode_outside,
    "tick": lambda t, _: Tick(t),
}


def _decode_own(stream: str, t: float, body: bytes) -> Observation:
    return _OWN_STREAMS[stream](t, body)


def encode_line(seen: Observation) -> bytes:
    """Encode an observation as a line of the log, trimmed and redacted; `decode_line` reads it back."""
    body: Any
    stream: str
    change: str
    match seen:
        case EventSeen():
            body, stream, change = _event_body(seen.event), seen.stream, seen.change
        case ObjectSeen():
            body, stream, change = seen.object, seen.stream, seen.change
        case StreamMark():
            key = "error" if seen.mark == "GAP" else "message"
            body, stream, change = (
                {key: seen.text, "resourceVersion": seen.resource_version, "n": seen.expected},
                seen.stream,
                seen.mark,
            )
        case ScrapeSeen():
            body = scrape_body(seen)
            stream, change = "scrape", "ADDED"
        case OutsideSeen():
            body, stream, change = {"source": seen.source, "object": seen.object, "text": seen.text}, "outside", "ADDED"
        case Tick():
            body, stream, change = {}, "tick", "ADDED"
    return _encoder.encode({"t": seen.t, "s": stream, "type": change, "o": body})


def _event_body(event: Event) -> dict[str, Any]:
    kind, namespace, name = event.regarding
    return {
        "metadata": {
            "name": event.name,
            "uid": event.uid,
            "resourceVersion": event.resource_version,
            "creationTimestamp": _iso(event.created_at),
        },
        "involvedObject": {
            "kind": kind,
            "namespace": namespace,
            "name": name,
            "uid": event.regarding_uid,
            "fieldPath": event.field_path,
        },
        "reason": event.reason,
        "type": event.type,
        "message": event.message,
        "reportingComponent": event.component,
        "source": {"host": event.host},
        "count": event.count,
        "firstTimestamp": _iso(event.first_at),
        "lastTimestamp": _iso(event.last_at),
    }


def _iso(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
