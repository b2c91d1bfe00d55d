"""Claims -> incidents: one connected story is one incident. Groups are joined, placed, and absorbed.

An incident is opened by a primary symptom, or by a consequence that something explains; its id is fixed then. A cause
that reaches further (a node, a registry) absorbs what it explains.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.knowledge.engine import Group, Hypothesis
from causeline.knowledge.rule import SILENT
from causeline.knowledge.rule_base import RuleBase
from causeline.streams.explain import carriers
from causeline.streams.incidents import Note, OpenIncident, note_of
from causeline.streams.situation import LiveSituation

INCIDENTS_MAX: Final = 5000
"""Incidents kept in memory; the oldest ended ones go first, the store has them."""
WIDE_KINDS: Final = frozenset({"Node", "External", "Namespace", "Component", "ControlPlane"})


class Incidents:
    """All incidents of one cluster, those that are not over, and where they are."""

    def __init__(self, rules: RuleBase, situation: LiveSituation) -> None:
        self.rules = rules
        self.situation = situation
        self.all: dict[str, OpenIncident] = {}
        self.touched: dict[str, None] = {}
        """Ids of incidents whose story changed since they were last put out."""
        self.open: dict[str, None] = {}
        self._at: dict[ObjectRef, dict[str, None]] = {}
        self._places: dict[str, dict[ObjectRef, None]] = {}
        self._wide_causes = frozenset(r.cause for r in rules.causes if r.wide)

    def places(self) -> dict[str, list[ObjectRef]]:
        """Return where each incident is found, for a checkpoint."""
        return {incident: list(refs) for incident, refs in self._places.items()}

    def restore(self, incidents: list[OpenIncident], places: dict[str, list[ObjectRef]]) -> None:
        """Take back what a checkpoint kept."""
        self.all = {i.id: i for i in incidents}
        self.open = {i.id: None for i in incidents if i.is_unresolved}
        self.situation.symptoms.over = {i.id for i in self.unresolved() if i.quiet_since is not None}
        self._at, self._places = {}, {}
        for incident in self.unresolved():
            self._index(incident, places.get(incident.id, ()))

    def unresolved(self) -> list[OpenIncident]:
        """Return the incidents that are not over, in order of opening."""
        return [self.all[i] for i in self.open]

    def end(self, incident: OpenIncident) -> None:
        """Take an incident that is over, or part of another, out of those that may take symptoms."""
        self.open.pop(incident.id, None)
        self.situation.symptoms.over.discard(incident.id)
        for ref in self._places.pop(incident.id, ()):
            found = self._at[ref]
            del found[incident.id]
            if not found:
                del self._at[ref]
        self.touched[incident.id] = None

    def _index(self, incident: OpenIncident, refs: Iterable[ObjectRef]) -> None:
        places = self._places.setdefault(incident.id, {})
        for ref in refs:
            places[ref] = None
            self._at.setdefault(ref, {})[incident.id] = None

    def note_lead(self, incident: OpenIncident) -> None:
        """Let an incident be found by the object that it blames."""
        if incident.ranking:
            self._index(incident, [incident.ranking[0][0].object])

    def join(self, groups: list[Group], claims: dict[str, list[Hypothesis]]) -> list[Group]:
        """Join groups of one workload or of one blamed object: several things are wrong, but it is one story.

        A client that only suffers from the group's cause does not bring its own troubles into it.
        """
        joined: list[Group] = []
        by_object: dict[ObjectRef, Group] = {}
        by_subject: dict[ObjectRef, Group] = {}
        for group in groups:
            at_home = [s for s in group.symptoms if not _is_remote(group, claims.get(s.id, ()))]
            wide = self.is_wide(group.cause, group.object)
            subjects = [] if wide else [c for s in at_home for c in carriers(self.situation, s.subject)]
            twin = by_object.get(group.object) or next((by_subject[c] for c in subjects if c in by_subject), None)
            if twin is None:
                twin = group
                joined.append(group)
            else:
                twin.symptoms.extend(group.symptoms)
            by_object.setdefault(group.object, twin)
            if not self.is_wide(twin.cause, twin.object):
                for subject in subjects:
                    by_subject.setdefault(subject, twin)
        return joined

    def is_wide(self, cause: str, ref: ObjectRef) -> bool:
        """Tell whether a cause at this object reaches beyond one workload."""
        return ref.kind in WIDE_KINDS or (ref.kind not in WORKLOAD_KINDS and cause in self._wide_causes)

    def _leads_wide(self, incident: OpenIncident) -> bool:
        return bool(incident.ranking) and self.is_wide(incident.ranking[0][0].cause, incident.ranking[0][0].object)

    def place(self, group: Group, t: float) -> OpenIncident | None:
        """Find the group's incident: one that has its symptoms, else one of the same subject, else a new one.

        An incident whose symptoms are over takes back only what it explained.
        """
        ids = dict.fromkeys(s.incident for s in group.symptoms if s.incident)
        known = [i for i in map(self.all.get, ids) if i is not None and i.id in self.open and i.may_take(group)]
        if not known:
            roles = {self.rules.symptoms[s.type].role for s in group.symptoms if s.is_active}
            if not roles - SILENT:
                return None
            known = [self._neighbour(group) or self._open(group, t)]
        target = min(known, key=lambda i: (i.detected_at, i.order))
        self._absorb_others(target, [i for i in known if i is not target], group, t)
        for symptom in group.symptoms:
            if symptom.incident is None:
                target.take(symptom, dates=self.rules.symptoms[symptom.type].role not in SILENT)
                self._index(target, carriers(self.situation, symptom.subject))
                self.write(target, note_of(self.rules, symptom))
        return target

    def _absorb_others(self, target: OpenIncident, others: list[OpenIncident], group: Group, t: float) -> None:
        wide = self.is_wide(group.cause, group.object)
        ours = {s.id for s in group.symptoms}
        for other in others:
            theirs = {i for i in other.symptoms if other.records[i].cleared_at is None}
            if theirs <= ours or (wide and not self._leads_wide(other)):
                self.absorb(target, other, t)

    def _neighbour(self, group: Group) -> OpenIncident | None:
        """Return the unresolved incident that already is about one of the group's workloads, or its object."""
        subjects = {group.object}
        wide = self.is_wide(group.cause, group.object)
        if not wide:
            subjects.update(c for s in group.symptoms for c in carriers(self.situation, s.subject))
        found = {i for ref in subjects for i in self._at.get(ref, ()) if i in self.open}
        for incident in sorted((self.all[i] for i in found), key=lambda i: i.order):
            if incident.ranking and incident.may_take(group):
                leading = incident.ranking[0][0]
                is_same = leading.object == group.object
                if is_same if wide else (is_same or not self.is_wide(leading.cause, leading.object)):
                    return incident
        return None

    def _open(self, group: Group, t: float) -> OpenIncident:
        loud = [s for s in group.symptoms if self.rules.symptoms[s.type].role not in SILENT]
        first = min(loud or group.symptoms, key=lambda s: (s.since, s.order))
        incident = OpenIncident(first.id, first.order, first.since, t, "info", t, [])
        while incident.id in self.all:
            incident.id = hashlib.sha256(incident.id.encode()).hexdigest()[:16]
        self.all[incident.id] = incident
        self.open[incident.id] = None
        over = len(self.all) - INCIDENTS_MAX
        if over > 0:
            for ended in [i for i in self.all if i not in self.open][:over]:
                del self.all[ended]
        return incident

    def unite(self, one: str, other: str, t: float) -> None:
        """Two incidents turned out to be one: the later is absorbed."""
        if one != other and one in self.open and other in self.open:
            both = sorted((self.all[one], self.all[other]), key=lambda i: (i.detected_at, i.order))
            self.absorb(both[0], both[1], t)

    def absorb(self, target: OpenIncident, other: OpenIncident, t: float) -> None:
        """Make one incident part of another."""
        self.end(other)
        target.absorb(other)
        for symptom in other.records.values():
            self._index(target, carriers(self.situation, symptom.subject))
        text = f"incident {other.id} proved to be part of this one and was merged into it"
        self.write(target, Note(t, target.sufferer, "signal", text, []))

    def write(self, incident: OpenIncident, note: Note) -> None:
        """Write a line into an incident's diary, once."""
        if incident.write(note):
            self.touched[incident.id] = None


def _is_remote(group: Group, claims: list[Hypothesis] | tuple[()]) -> bool:
    return any(c.remote and c.key == (group.cause, group.object) for c in claims)
