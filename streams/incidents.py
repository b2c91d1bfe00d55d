"""What the engine remembers of an incident, and the diary that it writes of it."""

from typing import Final

import msgspec

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence, Incident, Severity
from causeline.knowledge.engine import Group, Hypothesis
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.symptom import Symptom

SIGN_CHARS: Final = 1000
"""Evidence is cut here; the object or Event itself has all of it."""
NOTES_MAX: Final = 200
"""Lines of one diary; what comes after is not written."""


class Note(msgspec.Struct):
    """A line of an incident's own diary: what became of its symptoms, severity and suspects."""

    at: float
    object: ObjectRef
    kind: str
    text: str
    evidence: list[str]


class OpenIncident(msgspec.Struct):
    """One incident. `records` are its symptoms, also those that were forgotten elsewhere.

    `told` is the whole story once it is over: what it was made from may be forgotten.
    """

    id: str
    order: int
    started_at: float
    detected_at: float
    severity: Severity
    diagnosed_at: float
    symptoms: list[str]
    notified_at: float | None = None
    quiet_since: float | None = None
    resolved_at: float | None = None
    is_resolved: bool = False
    merged_into: str | None = None
    recurs: str | None = None
    """The earlier incident with the same cause at the same object, already resolved."""
    ranking: list[tuple[Hypothesis, float]] = []
    notes: list[Note] = []
    told: Incident | None = None
    records: dict[str, Symptom] = {}

    @property
    def is_unresolved(self) -> bool:
        """Is it neither over nor part of another?"""
        return not self.is_resolved and self.merged_into is None

    def may_take(self, group: Group) -> bool:
        """May it take what this group is about? While its symptoms are over, only if the cause is one that it knows."""
        return self.quiet_since is None or any(h.key == (group.cause, group.object) for h, _ in self.ranking)

    @property
    def sufferer(self) -> ObjectRef:
        """The subject of its first symptom."""
        first = next(iter(self.records.values()), None)
        return first.subject if first is not None else ObjectRef("Incident", None, self.id)

    def write(self, note: Note) -> bool:
        """Write a line, once; return whether it is new."""
        is_known = any(n.at == note.at and n.text == note.text and n.object == note.object for n in self.notes)
        if is_known or len(self.notes) >= NOTES_MAX:
            return False
        self.notes.append(note)
        return True

    def take(self, symptom: Symptom, *, dates: bool) -> None:
        """Make a symptom part of it, one that came back in place of what it was; with `dates` it may say since when."""
        for was in [r for r in self.records.values() if (r.type, r.subject) == (symptom.type, symptom.subject)]:
            symptom.go_on(was)
            self.symptoms.remove(was.id)
            del self.records[was.id]
        symptom.incident = self.id
        self.symptoms.append(symptom.id)
        self.records[symptom.id] = symptom
        if dates:
            self.started_at = min(self.started_at, symptom.since)

    def absorb(self, other: "OpenIncident") -> None:
        """Take over all that another incident has."""
        other.merged_into = self.id
        for symptom_id in other.symptoms:
            record = other.records[symptom_id]
            record.incident = self.id
            self.records[symptom_id] = record
            self.symptoms.append(symptom_id)
        self.started_at = min(self.started_at, other.started_at)
        self.notes = sorted([*self.notes, *other.notes], key=lambda n: n.at)[:NOTES_MAX]


def note_of(rules: RuleBase, symptom: Symptom) -> Note:
    """Say in one line that a symptom began or ended."""
    evidence = [e.id for e in symptom.evidence[:3]] or [symptom.id]
    text = symptom_text(rules, symptom)
    if symptom.cleared_at is not None:
        return Note(symptom.cleared_at, symptom.subject, "recovery", f"over: {text}", evidence)
    return Note(symptom.since, symptom.subject, "symptom", text, evidence)


def symptom_text(rules: RuleBase, symptom: Symptom) -> str:
    """Say a symptom in words; an attribute that is not there stays a dash."""
    return rules.symptoms[symptom.type].text.format_map(lenient(symptom.attrs))


def sign_text(rule: SymptomRule, attrs: dict[str, str]) -> str:
    """Say what one object shows, as evidence: what it means, of which container, and the object's own words."""
    text = rule.text.format_map(lenient(attrs))
    about = [f"container {attrs['container']}" if attrs.get("container") else "", attrs.get("reason", "")]
    beside = ", ".join(a for a in about if a and a not in text)
    message = attrs.get("message", "")
    return f"{text}{f' ({beside})' if beside else ''}{f': {message}' if message not in text else ''}"[:SIGN_CHARS]


class _Lenient(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "-"


def lenient(attrs: dict[str, str]) -> dict[str, str]:
    """Return a mapping for format_map in which what is missing is a dash."""
    return _Lenient(attrs)


def evidence_of(rules: RuleBase, symptom: Symptom) -> list[Evidence]:
    """Return what speaks for a symptom: its events, else the state that showed it."""
    return symptom.evidence or [
        Evidence(symptom.since, symptom.id, f"{symptom.subject}: {symptom_text(rules, symptom)}")
    ]
