"""What the observations log holds: everything that a cluster said, in order of arrival.

One line of the log is one line of a recording (`t`, `s`, `type`, `o`), so a recording is a stretch of the log and the
log can be replayed like a recording.
"""

from typing import Annotated, Literal

import msgspec

from causeline.core.objects import KubeObject
from causeline.core.refs import ObjectRef

Change = Literal["INIT", "ADDED", "MODIFIED", "DELETED"]
"""INIT: part of the first list or of a relist."""

EVENT_STREAMS = frozenset({"events.v1", "events.events.k8s.io"})


class Event(msgspec.Struct, gc=False):
    """One Kubernetes Event, from either of the two APIs; times in unix seconds, the component's own.

    `count` is the number of occurrences that the object has seen so far, never a delta.
    """

    uid: str
    name: str
    regarding: ObjectRef
    reason: str
    type: str
    message: str
    component: str
    count: int
    created_at: float
    first_at: float
    last_at: float
    regarding_uid: str = ""
    field_path: str = ""
    host: str = ""
    resource_version: str = ""
    """Opaque; with `uid` it names one state of the object, so what is delivered twice can be told."""


class EventSeen(msgspec.Struct, gc=False):
    """An Event arrived; `t` is the arrival in unix seconds."""

    t: float
    stream: str
    change: Change
    event: Event


class ObjectSeen(msgspec.Struct, gc=False):
    """An object, or its end, arrived."""

    t: float
    stream: str
    change: Change
    ref: ObjectRef
    object: KubeObject


class StreamMark(msgspec.Struct, gc=False):
    """Something about a stream itself: a list began, a bookmark came, an error or a gap happened.

    LIST with text `full`: everything that the stream holds follows as INIT lines up to a BOOKMARK with text `list-end`;
    what is not among them is gone. LIST with text `difference`: only what changed follows, deletions as DELETED lines.
    GAP: the stream is blind from here; BOOKMARK with text `resumed` or `list-end` ends it.
    """

    t: float
    stream: str
    mark: Literal["LIST", "BOOKMARK", "ERROR", "GAP"]
    text: str = ""
    resource_version: str | None = None
    expected: int = 0
    is_end: bool = False
    """A GAP with nothing after it on its stream: the end of a recording, no blind window."""


class ScrapeSeen(msgspec.Struct, gc=False):
    """A metrics target was scraped, or could not be: `samples` values changed, or `error` says why there are none.

    `changed` holds the values of those series whose name says a golden signal (core/golden/), None where nobody kept
    them; `gone` those of them that ended. `is_full`: `changed` holds all that the target has.
    """

    t: float
    target: str
    took: float
    samples: Annotated[int, msgspec.Meta(ge=0)]
    error: str | None = None
    changed: dict[str, float] | None = None
    gone: list[str] | None = None
    is_full: bool = False


class OutsideSeen(msgspec.Struct, gc=False):
    """An alert of another system, or a log line of a container, that came with the recording."""

    t: float
    source: Literal["alerts", "logs"]
    object: ObjectRef | None
    text: str


class Tick(msgspec.Struct, gc=False):
    """A whole second passed; the engine's time moves by observations only."""

    t: float


Observation = EventSeen | ObjectSeen | StreamMark | ScrapeSeen | OutsideSeen | Tick


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that could not be processed, as it came (cut at 4 KiB), where it came from and why."""

    id: str
    at: float
    source: str
    line: int
    reason: str
    original: str
