"""What one stream hands on: observations with its position, marks about itself, and what it could not understand."""

import hashlib
from typing import Literal

from causeline.core.observations import DeadLetter, EventSeen, ObjectSeen, StreamMark
from causeline.core.ports import Clock
from causeline.core.redact import mask_strings, redact_start
from causeline.sources.counters import Counters
from causeline.sources.inbox import Inbox
from causeline.sources.listing import Identity
from causeline.sources.recording import ORIGINAL_CHARS
from causeline.sources.resources import Resource


class Outlet:
    """The only place that moves a stream's position: together with the record that moves it."""

    def __init__(self, resource: Resource, inbox: Inbox, clock: Clock, position: str | None) -> None:
        self.stream = resource.stream
        self.counters = Counters()
        self.position = position
        """The resourceVersion after which a watch goes on; None before the first list has ended."""
        self._has_secrets = resource.has_bookmarks
        self._inbox = inbox
        self._clock = clock
        self._gap_text = ""

    def now(self) -> float:
        """Return the time of arrival, unix seconds."""
        return self._clock.now()

    def hand_on(self, seen: EventSeen | ObjectSeen | StreamMark, version: str | None = None) -> None:
        """Hand on an observation; `version` is the stream's position after it, if it moves. Raises Closed."""
        self.position = version or self.position
        self._inbox.put(self.stream, seen, version or None)

    def mark(
        self, mark: Literal["LIST", "BOOKMARK", "ERROR", "GAP"], text: str, version: str | None, expected: int = 0
    ) -> None:
        """Say something about the stream itself."""
        self.hand_on(StreamMark(self.now(), self.stream, mark, text, version, expected))

    def gap(self, text: str) -> None:
        """Say once that the stream is blind from here, and again only when the reason changes."""
        if text != self._gap_text:
            self.counters.gaps += 1
            self.mark("GAP", text, self.position)
            self._gap_text = text

    def resumed(self) -> None:
        """The watch goes on where it was cut: if there was a gap, it hid nothing."""
        if self._gap_text:
            self.mark("BOOKMARK", "resumed", self.position)
            self._gap_text = ""

    def list_ended(self, version: str) -> None:
        """Everything of a list was handed on: from here on `version` is the position."""
        self._gap_text = ""
        self.hand_on(StreamMark(self.now(), self.stream, "BOOKMARK", "list-end", version), version)

    def dead(self, original: bytes, reason: str, identity: Identity | None = None) -> None:
        """Hand on what can't be understood; of an object only its shape is kept, for its values may be secret."""
        self.counters.dead_letters += 1
        start = original[: 2 * ORIGINAL_CHARS].decode("utf-8", "replace")
        text = mask_strings(start[:ORIGINAL_CHARS]) if self._has_secrets else redact_start(start, ORIGINAL_CHARS)
        key = hashlib.sha256(b"\0".join((self.stream.encode(), reason.encode(), original))).hexdigest()[:16]
        letter = DeadLetter(key, self.now(), f"watch {self.stream}", 0, reason, text)
        version = identity.resource_version if identity else None
        self.position = version or self.position
        self._inbox.put(self.stream, letter, version or None)
