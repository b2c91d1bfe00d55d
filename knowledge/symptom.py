"""What the engine remembers of symptoms and changes; the rules reason about these two."""

import msgspec

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence


class Contribution(msgspec.Struct, gc=False):
    """One object that shows a symptom.

    `until` ends what only an event said; `absent_since` is set when the state went but is not believed to be over yet.
    """

    since: float
    node: str | None = None
    until: float | None = None
    absent_since: float | None = None
    from_event: bool = False


class Symptom(msgspec.Struct):
    """One kind of trouble of one subject: usually a workload, with the pods that show it.

    `since` is the object's own time, clamped; `seen_at` the arrival; `order` the number of its first sight: it breaks
    ties.
    """

    id: str
    type: str
    subject: ObjectRef
    since: float
    seen_at: float
    last_at: float
    order: int
    attrs: dict[str, str]
    contributors: dict[ObjectRef, Contribution] = {}
    past: dict[ObjectRef, str | None] = {}
    """Objects that showed it before, with their node (bounded)."""
    count: int = 0
    confirmed_at: float | None = None
    cleared_at: float | None = None
    incident: str | None = None
    evidence: list[Evidence] = []
    events: list[str] = []

    @property
    def is_active(self) -> bool:
        """Does some object show it now?"""
        return self.cleared_at is None


class Change(msgspec.Struct, gc=False):
    """Somebody or something changed an object: `what` is image, command, environment, probes, resources, scheduling,
    volumes, annotations, configuration, replicas, selector, ports, labels, config, created, deleted, cordon, uncordon
    or hard."""

    at: float
    ref: ObjectRef
    what: str
    text: str
    keys: list[str] = []
