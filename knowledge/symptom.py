"""What the engine remembers of symptoms and changes; the rules reason about these two."""

from typing import Final

import msgspec

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence

EVIDENCE_MAX: Final = 5
"""Pieces of evidence kept of one symptom, the first ones."""
PAST_MAX: Final = 100
"""Objects remembered that showed a symptom before."""
EVENTS_MAX: Final = 1000
"""Events remembered of a symptom that came back."""


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

    def go_on(self, was: "Symptom") -> None:
        """Take over what was known of it before it was over for a while."""
        self.since, self.count = min(self.since, was.since), self.count + was.count
        self.evidence = [*was.evidence, *self.evidence][:EVIDENCE_MAX]
        self.events = list(dict.fromkeys([*was.events, *self.events]))[:EVENTS_MAX]
        self.past = dict([*was.past.items(), *self.past.items()][:PAST_MAX])


class Change(msgspec.Struct, gc=False):
    """Somebody or something changed an object: `what` is image, command, environment, probes, resources, scheduling,
    volumes, annotations, configuration, replicas, selector, ports, labels, config, created, deleted, cordon, uncordon
    or hard."""

    at: float
    ref: ObjectRef
    what: str
    text: str
    keys: list[str] = []
