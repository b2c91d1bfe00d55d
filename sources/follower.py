"""A stream's watch: lines from the position on, until the server ends it, it breaks, or it stays silent."""

import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import msgspec
import urllib3

from causeline.core.errors import DecodeError
from causeline.core.observations import EventSeen, ObjectSeen, StreamMark
from causeline.core.redact import redact
from causeline.sources.connect import NOT_JSON, Answered, Api, Cut, Gone, chunks, hang_up
from causeline.sources.decode import decode
from causeline.sources.lines import TooLong, split_lines
from causeline.sources.listing import Identity, Known, identity_in, identity_of
from causeline.sources.outlet import Outlet
from causeline.sources.resources import Resource
from causeline.sources.timing import Timing

GONE: Final = 410
WATCH_TYPES: Final = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"})


class _WatchLine(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    code: int = 0
    reason: str = ""
    message: str = ""


_watch_line = msgspec.json.Decoder(_WatchLine)
_status = msgspec.json.Decoder(_Status)


class Follower:
    """Opens watches of one resource and hands on their lines; `hang_up` may be called by any thread."""

    def __init__(
        self,
        resource: Resource,
        api: Api,
        outlet: Outlet,
        *,
        random: Random,
        timing: Timing,
        line_bytes_max: int,
        monotonic: Callable[[], float],
    ) -> None:
        self.made_progress = True
        """Has a line that is not an ERROR come since this was set to False?"""
        self._resource = resource
        self._api = api
        self._outlet = outlet
        self._random = random
        self._timing = timing
        self._line_bytes_max = line_bytes_max
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answer: urllib3.BaseHTTPResponse | None = None
        self._opened_at = 0.0
        self._watches = 0
        self._is_over = False
        self._why = ""

    def follow(self, known: Known, *, on_open: Callable[[], None]) -> None:
        """Watch from the position on until the server ends the watch at its time. Raises Interrupted, Closed."""
        seconds = self._seconds()
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._outlet.position or "",
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        answer = self._api.get(self._resource.path, query, self._silence(seconds))
        self._open(answer)
        try:
            on_open()
            for line in split_lines(self._counted(answer), self._line_bytes_max):
                self._take_line(line, known)
        except Cut as error:
            if self._why:
                raise Cut(self._why) from error
            raise
        finally:
            self._close(answer)
        if self._why or self._monotonic() - self._opened_at < seconds / 2:
            raise Cut(self._why or "the server closed the watch early")

    def hang_up(self, why: str, *, older_than: float = 0.0, for_good: bool = False) -> None:
        """Cut the open watch if it is older than that many seconds, or, for good, also each that is still opened."""
        with self._lock:
            self._is_over = self._is_over or for_good
            if self._answer is not None and self._monotonic() - self._opened_at >= older_than:
                self._why = why
                hang_up(self._answer)

    def _seconds(self) -> float:
        """Spread over the last tenth, so that watches opened together don't all end together."""
        most = self._timing.object_watch if self._resource.has_bookmarks else self._timing.event_watch
        return most * (1 - self._random.random() / 10)

    def _silence(self, watch_seconds: float) -> float:
        whole = watch_seconds + self._timing.grace
        return min(whole, self._timing.idle) if self._resource.has_bookmarks else whole

    def _open(self, answer: urllib3.BaseHTTPResponse) -> None:
        with self._lock:
            self._answer = answer
            self._opened_at = self._monotonic()
            self._why = ""
            if self._is_over:
                hang_up(answer)
        self._outlet.counters.reconnects += self._watches > 0
        self._watches += 1

    def _close(self, answer: urllib3.BaseHTTPResponse) -> None:
        with self._lock:
            self._answer = None
        answer.close()

    def _counted(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        for chunk in chunks(answer):
            self._outlet.counters.bytes += len(chunk)
            yield chunk

    def _take_line(self, line: bytes, known: Known) -> None:
        self._outlet.counters.lines += 1
        if isinstance(line, TooLong):
            self._outlet.dead(line, f"line of more than {self._line_bytes_max} bytes")
            return
        try:
            head = _watch_line.decode(line)
        except NOT_JSON as error:
            self._outlet.dead(line, f"not a watch line: {error}")
            return
        body = bytes(head.object)
        try:
            self._take(head.type, body, known)
        except DecodeError as error:
            self._outlet.dead(body, str(error), identity_in(body))

    def _take(self, change: str, body: bytes, known: Known) -> None:
        if change not in WATCH_TYPES:
            raise DecodeError(f"unknown type {change!r}")
        seen = decode(self._resource.stream, change, self._outlet.now(), body)
        if isinstance(seen, EventSeen | ObjectSeen):
            identity = identity_of(seen)
            _keep(known, change, identity)
            self._outlet.hand_on(seen, identity.resource_version)
            self.made_progress = True
        elif isinstance(seen, StreamMark) and seen.mark == "BOOKMARK":
            self._outlet.hand_on(seen, seen.resource_version)
            self.made_progress = True
        elif isinstance(seen, StreamMark):
            self._outlet.hand_on(seen)
            raise _error_line(body)


def _keep(known: Known, change: str, identity: Identity) -> None:
    if not known.is_complete:
        return
    if change == "DELETED":
        known.forget(identity)
    else:
        known.note(identity)


def _error_line(body: bytes) -> Answered:
    """An ERROR line ends a watch that was answered 200: 410 in its other shape, or a fault of the server."""
    try:
        status = _status.decode(body)
    except NOT_JSON:
        status = _Status()
    text = f"watch answered {status.code}: {redact(status.message or status.reason)}"
    return (Gone if status.code == GONE else Answered)(status.code, text)
