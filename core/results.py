"""What the engine says: incidents, timelines and the completeness ledger, in the shape that `--json` prints."""

from typing import Literal

import msgspec

from causeline.core.observations import DeadLetter
from causeline.core.refs import ObjectRef

Severity = Literal["critical", "warning", "info"]
SEVERITY_RANK = {"info": 0, "warning": 1, "critical": 2}


class Subject(msgspec.Struct, frozen=True):
    """An object as JSON shows it."""

    kind: str
    namespace: str | None
    name: str

    @classmethod
    def of(cls, ref: ObjectRef) -> "Subject":
        """Show `ref`."""
        return cls(*ref)

    @property
    def ref(self) -> ObjectRef:
        """The object's name."""
        return ObjectRef(self.kind, self.namespace, self.name)


class Evidence(msgspec.Struct, frozen=True):
    """Something that was seen, when, and the id under which it can be found again."""

    at: float
    id: str
    text: str


class Suspect(msgspec.Struct, frozen=True):
    """A possible cause and the object to blame; confidence in [0, 1]."""

    object: Subject
    cause: str
    detail: str | None
    confidence: float
    evidence: list[Evidence]
    remedy: str = ""
    rule: str = ""
    """The rule that named it and its version."""


TimelineKind = Literal["change", "symptom", "signal", "alert", "notice", "recovery"]


class TimelineEntry(msgspec.Struct, frozen=True):
    """One line of an incident's timeline."""

    at: float
    object: Subject
    kind: TimelineKind
    text: str
    evidence: list[str]


class RuledOut(msgspec.Struct, frozen=True):
    """A change or a cause that was looked at and why it is not to blame."""

    object: Subject
    text: str


class Incident(msgspec.Struct, frozen=True):
    """One happening with its ranked suspects; times in unix seconds. docs/incidents.md says what each time means."""

    id: str
    cluster: str
    severity: Severity
    state: Literal["open", "resolved", "merged"]
    started_at: float
    detected_at: float
    notified_at: float | None
    diagnosed_at: float
    resolved_at: float | None
    title: str
    suspects: list[Suspect]
    affected: list[Subject]
    events: list[str]
    timeline: list[TimelineEntry]
    ruled_out: list[RuledOut] = []
    merged_into: str | None = None
    recurs: str | None = None
    """The earlier incident of the same cause at the same object, resolved within the last day."""
    quiet_since: float | None = None
    """Open, but all its symptoms are over since then; it is resolved when none returns for the grace."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """A window in which a stream could not be seen; `lost` is "0", an estimate, or "unknown"."""

    stream: str
    from_: float = msgspec.field(name="from")
    to: float
    why: str
    recovered: int
    lost: str


class StoredEvent(msgspec.Struct, frozen=True):
    """An Event as the store keeps it; `count` is the highest seen, `arrived_at` the first arrival.

    `uid` and `created_at` never change; an Event lies in the day of its `created_at`.
    """

    uid: str
    name: str
    object: Subject
    reason: str
    type: str
    message: str
    component: str
    count: int
    created_at: float
    first_at: float
    last_at: float
    arrived_at: float
    severity: Severity

    def joined(self, other: "StoredEvent") -> "StoredEvent":
        """Return what to keep of two sightings of one Event; any order of any number of them gives the same.

        What it says comes from the sighting that occurred last; of equal ones from the graver, then the greater text.
        """
        newest = other if _age(other) > _age(self) else self
        count, last_at = max(self.count, other.count), newest.last_at
        first_at, arrived_at = min(self.first_at, other.first_at), min(self.arrived_at, other.arrived_at)
        if (newest.count, newest.first_at, newest.arrived_at) == (count, first_at, arrived_at):
            return newest
        return msgspec.structs.replace(newest, count=count, first_at=first_at, last_at=last_at, arrived_at=arrived_at)


def _age(event: StoredEvent) -> tuple[object, ...]:
    """Order sightings of one Event by what each brings itself: no field that joining takes from another sighting."""
    subject = event.object
    return (
        event.last_at, SEVERITY_RANK[event.severity], event.message, event.reason, event.type, event.component,
        event.name, subject.kind, subject.namespace or "", subject.name,
    )  # fmt: skip


Result = Incident | LedgerEntry | StoredEvent | DeadLetter
"""What goes to a sink. Each has an id (LedgerEntry: stream and from), so writing it twice changes nothing."""


class Stats(msgspec.Struct):
    """Counts over everything the engine has seen."""

    events: int = 0
    occurrences: int = 0
    objects: int = 0
    samples: int = 0
    dead_letters: int = 0
    wall_seconds: float = 0.0
    cluster_seconds: float = 0.0


class Report(msgspec.Struct):
    """The document that `replay --json` and `incidents --json` print."""

    version: int
    incidents: list[Incident]
    alerts: list[dict[str, object]]
    ledger: list[LedgerEntry]
    stats: Stats
