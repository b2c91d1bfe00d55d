"""Symptoms -> incidents: one connected story is one incident, named by its best-ranked cause.

Runs on ticks, and only when a symptom changed. An incident is opened by a primary symptom, or by a consequence that
something explains; its id is fixed then. A cause that reaches further (a node, a registry) absorbs what it explains.
"""

import hashlib
from typing import Final

import msgspec

from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.core.results import SEVERITY_RANK, Evidence, Incident, Severity
from causeline.knowledge.engine import Group, Hypothesis, Key, cover, hypotheses
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.rule import RuleBase
from causeline.knowledge.symptom import Symptom
from causeline.streams.situation import LiveSituation

GRACE_SECONDS: Final = 180.0
"""An incident is resolved when it was quiet for this long; a return within it is the same incident."""
UNKNOWN_SECONDS: Final = 45.0
"""A consequence that nothing explains for this long becomes an incident of unknown cause."""
INCIDENTS_MAX: Final = 5000
"""Incidents kept in memory; the oldest resolved ones go first, the store has them."""
CLAIMS_SLACK: Final = 1000
"""Claims of symptoms that went without an incident are swept when there are this many more than needed."""
WIDE_KINDS: Final = frozenset({"Node", "External", "Namespace", "Component", "ControlPlane"})
SUSPECTS_MAX: Final = 5
SUSPECT_SHARE_MIN: Final = 0.1
"""A suspect with less than a tenth of the leading one's confidence is not worth a line."""
INHERIT: Final = 0.85
"""A consequence is explained by what explains its subject's primary symptoms, a little less surely."""
NOTES_MAX: Final = 200


class Note(msgspec.Struct):
    """A line of an incident's own diary: what became of its symptoms, severity and suspects."""

    at: float
    object: ObjectRef
    kind: str
    text: str
    evidence: list[str]


class OpenIncident(msgspec.Struct):
    """What the engine remembers of an incident; `claims` are of each symptom when it was last believed."""

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
    ranking: list[tuple[Hypothesis, float]] = []
    notes: list[Note] = []
    told: Incident | None = None
    """The whole story, once it is over: what it was made from may be forgotten."""
    records: dict[str, Symptom] = {}
    """Its symptoms, also those that were forgotten elsewhere."""


class Correlator:
    """All incidents of one cluster."""

    def __init__(self, rules: RuleBase, situation: LiveSituation, cluster: str) -> None:
        self.rules = rules
        self.situation = situation
        self.cluster = cluster
        self.incidents: dict[str, OpenIncident] = {}
        self.claims: dict[str, list[Hypothesis]] = {}
        self.touched: dict[str, None] = {}
        """Ids of incidents whose story changed since they were last put out."""
        self.look_again_at = 0.0
        self._rule_of = {r.rule: r for r in rules.causes}
        self._wide_causes = frozenset(r.cause for r in rules.causes if r.wide)

    def tick(self, t: float) -> None:
        """Bring incidents up to date with the symptoms."""
        symptoms = self.situation.symptoms
        self.situation.t = t
        united, symptoms.united = symptoms.united, []
        for pair in united:
            self._unite(*pair, t)
        if symptoms.changed or t >= self.look_again_at:
            changed, symptoms.changed = symptoms.changed, {}
            self._correlate(t, changed)
        self._resolve(t)
        news, symptoms.news = symptoms.news, {}
        self.touched.update((i, None) for i in news if i in self.incidents)

    def unresolved(self) -> list[OpenIncident]:
        """Return the incidents that are not over."""
        return [i for i in self.incidents.values() if not i.is_resolved and i.merged_into is None]

    def _correlate(self, t: float, changed: dict[str, None]) -> None:
        live = sorted(
            (s for s in self.situation.symptoms.held.values() if s.confirmed_at is not None), key=lambda s: s.order
        )
        self._explain(live, t)
        for group in self._joined(cover(self.claims, live)):
            self._place(group, t)
        for symptom in live:
            if symptom.id in changed and symptom.incident is not None:
                self._tell(self.incidents[symptom.incident], symptom)
        for incident in self.unresolved():
            self._judge(incident, t)
        is_open = any(s.incident is None or s.is_active for s in live)
        self.look_again_at = t + 5.0 if is_open else float("inf")

    def _explain(self, live: list[Symptom], t: float) -> None:
        """Let the rules vote; a consequence inherits what explains the primary symptoms of its subject."""
        if len(self.claims) > CLAIMS_SLACK + 2 * len(live):
            kept = {i for incident in self.incidents.values() if not incident.is_resolved for i in incident.records} | {
                s.id for s in live
            }
            self.claims = {i: c for i, c in self.claims.items() if i in kept}
        own: dict[ObjectRef, list[Hypothesis]] = {}
        for symptom in live:
            if symptom.is_active or symptom.id not in self.claims:
                found = hypotheses(self.rules, self.situation, symptom)
                if found or symptom.id not in self.claims:  # a cause that was taken away explained it all the same
                    self.claims[symptom.id] = found
            if self.rules.symptoms[symptom.type].role != "consequence":
                own.setdefault(symptom.subject, []).extend(c for c in self.claims[symptom.id] if not c.inherited)
        for symptom in live:
            if not symptom.is_active:
                continue
            role = self.rules.symptoms[symptom.type].role
            claims = {c.key: c for c in self.claims[symptom.id]}
            if role != "primary":
                self._inherit(symptom, claims, own)
            if not claims and role != "supporting" and t - self._known_since(symptom) >= UNKNOWN_SECONDS:
                claims["unknown", symptom.subject] = Hypothesis("unknown", symptom.subject, 0.2, "nothing-explains-it")
            self.claims[symptom.id] = sorted(claims.values(), key=lambda c: -c.weight)

    def _known_since(self, symptom: Symptom) -> float:
        """Since when nothing has explained it; in a snapshot, where nothing can come any more, since it is there."""
        return symptom.since if self.situation.is_ending else symptom.confirmed_at or self.situation.t

    def _inherit(self, symptom: Symptom, claims: dict[Key, Hypothesis], own: dict[ObjectRef, list[Hypothesis]]) -> None:
        for subject in self._carriers(symptom.subject):
            for claim in own.get(subject, ()):
                weight = claim.weight * INHERIT
                if claim.key not in claims or claims[claim.key].weight < weight:
                    claims[claim.key] = msgspec.structs.replace(claim, weight=weight, inherited=True)

    def _carriers(self, subject: ObjectRef) -> list[ObjectRef]:
        """The subject itself and, for a Service, the workloads behind it; for one of those, Services are not asked."""
        if subject.kind != "Service":
            return [subject]
        return [subject, *selected_workloads(self.situation.topology, subject)]

    def _joined(self, groups: list[Group]) -> list[Group]:
        """Join groups of one workload or of one blamed object: several things are wrong, but it is one story."""
        joined: list[Group] = []
        by_object: dict[ObjectRef, Group] = {}
        by_subject: dict[ObjectRef, Group] = {}
        for group in groups:
            wide = self._is_wide(group.cause, group.object)
            subjects = [] if wide else [c for s in group.symptoms for c in self._carriers(s.subject)]
            twin = by_object.get(group.object) or next((by_subject[c] for c in subjects if c in by_subject), None)
            if twin is None:
                twin = group
                joined.append(group)
            else:
                twin.symptoms.extend(group.symptoms)
            by_object.setdefault(group.object, twin)
            if not self._is_wide(twin.cause, twin.object):
                for subject in subjects:
                    by_subject.setdefault(subject, twin)
        return joined

    def _is_wide(self, cause: str, ref: ObjectRef) -> bool:
        """Tell whether a cause at this object reaches beyond one workload."""
        return ref.kind in WIDE_KINDS or (ref.kind not in WORKLOAD_KINDS and cause in self._wide_causes)

    def _leads_wide(self, incident: OpenIncident) -> bool:
        return bool(incident.ranking) and self._is_wide(incident.ranking[0][0].cause, incident.ranking[0][0].object)

    def _place(self, group: Group, t: float) -> None:
        """Find the group's incident: one that has its symptoms, else one of the same subject, else a new one."""
        known = [self.incidents[i] for i in dict.fromkeys(s.incident for s in group.symptoms if s.incident)]
        known = [i for i in known if not i.is_resolved and i.merged_into is None]
        if not known:
            roles = {self.rules.symptoms[s.type].role for s in group.symptoms if s.is_active}
            if not roles & {"primary", "consequence"}:
                return
            known = [self._neighbour(group) or self._open(group, t)]
        target = min(known, key=lambda i: (i.detected_at, i.order))
        wide = self._is_wide(group.cause, group.object)
        for other in known:
            if other is target:
                continue
            theirs = {i for i in other.symptoms if other.records[i].cleared_at is None}
            if theirs <= {s.id for s in group.symptoms} or (wide and not self._leads_wide(other)):
                self._absorb(target, other, t)
        for symptom in group.symptoms:
            if symptom.incident is None:
                symptom.incident = target.id
                target.symptoms.append(symptom.id)
                target.records[symptom.id] = symptom
                target.started_at = min(target.started_at, symptom.since)
                self._tell(target, symptom)

    def _neighbour(self, group: Group) -> OpenIncident | None:
        """Return the unresolved incident that already is about one of the group's workloads."""
        if self._is_wide(group.cause, group.object):
            return next(
                (
                    i
                    for i in self.incidents.values()
                    if not i.is_resolved
                    and i.merged_into is None
                    and i.ranking
                    and i.ranking[0][0].object == group.object
                ),
                None,
            )
        subjects = {c for s in group.symptoms for c in self._carriers(s.subject)} | {group.object}
        for incident in self.incidents.values():
            if incident.is_resolved or incident.merged_into is not None or not incident.ranking:
                continue
            leading = incident.ranking[0][0]
            if self._is_wide(leading.cause, leading.object):
                continue
            if leading.object == group.object or any(
                c in subjects for s in incident.records.values() for c in self._carriers(s.subject)
            ):
                return incident
        return None

    def _open(self, group: Group, t: float) -> OpenIncident:
        first = min(group.symptoms, key=lambda s: (s.since, s.order))
        incident = OpenIncident(first.id, first.order, first.since, t, "info", t, [])
        while incident.id in self.incidents:
            incident.id = hashlib.sha256(incident.id.encode()).hexdigest()[:16]
        self.incidents[incident.id] = incident
        self._bound()
        return incident

    def _bound(self) -> None:
        over = len(self.incidents) - INCIDENTS_MAX
        for ended in [i.id for i in self.incidents.values() if i.is_resolved or i.merged_into][: max(over, 0)]:
            del self.incidents[ended]

    def _unite(self, one: str, other: str, t: float) -> None:
        """Two incidents turned out to be one: the later is absorbed."""
        both = [i for name in (one, other) if (i := self.incidents.get(name)) and i in self.unresolved()]
        if len(both) == 2 and both[0] is not both[1]:
            both.sort(key=lambda i: (i.detected_at, i.order))
            self._absorb(both[0], both[1], t)

    def _absorb(self, target: OpenIncident, other: OpenIncident, t: float) -> None:
        other.merged_into = target.id
        for symptom_id in other.symptoms:
            record = other.records[symptom_id]
            record.incident = target.id
            target.records[symptom_id] = record
            target.symptoms.append(symptom_id)
        target.started_at = min(target.started_at, other.started_at)
        target.notes = sorted([*target.notes, *other.notes], key=lambda n: n.at)[:NOTES_MAX]
        self.note(
            target,
            Note(
                t,
                self._suffering(target),
                "signal",
                f"incident {other.id} has the same cause and was merged into this one",
                [],
            ),
        )
        self.touched[other.id] = None

    def _tell(self, incident: OpenIncident, symptom: Symptom) -> None:
        """Write into the diary that a symptom began or ended."""
        evidence = [e.id for e in symptom.evidence[:3]] or [symptom.id]
        text = symptom_text(self.rules, symptom)
        if symptom.cleared_at is not None:
            self.note(incident, Note(symptom.cleared_at, symptom.subject, "recovery", f"over: {text}", evidence))
        else:
            self.note(incident, Note(symptom.since, symptom.subject, "symptom", text, evidence))

    def note(self, incident: OpenIncident, note: Note) -> None:
        """Write a line into an incident's diary, once."""
        if len(incident.notes) < NOTES_MAX and not any(
            n.at == note.at and n.text == note.text and n.object == note.object for n in incident.notes
        ):
            incident.notes.append(note)
            self.touched[incident.id] = None

    def _judge(self, incident: OpenIncident, t: float) -> None:
        """Rank the suspects and set the severity; a severity is never taken back."""
        ranking = self._rank(incident)
        if ranking and (not incident.ranking or incident.ranking[0][0].key != ranking[0][0].key):
            if incident.ranking:
                self.note(
                    incident,
                    Note(
                        t,
                        ranking[0][0].object,
                        "signal",
                        f"leading suspect is now {ranking[0][0].cause}: {ranking[0][0].object}",
                        [],
                    ),
                )
            incident.diagnosed_at = t
        if [(h.key, round(c, 2)) for h, c in ranking] != [(h.key, round(c, 2)) for h, c in incident.ranking]:
            self.touched[incident.id] = None
        incident.ranking = ranking
        severity = self._severity(incident)
        is_new = not any(n.kind == "alert" for n in incident.notes)
        if is_new or SEVERITY_RANK[severity] > SEVERITY_RANK[incident.severity]:
            incident.severity = severity
            self.note(incident, Note(t, self._suffering(incident), "alert", f"severity is {severity}", []))
        if incident.notified_at is None and incident.severity != "info":
            incident.notified_at = t
        active = any(
            s.is_active and self.rules.symptoms[s.type].role != "supporting" for s in incident.records.values()
        )
        if active and incident.quiet_since is not None:
            incident.quiet_since = None
            self.touched[incident.id] = None
        elif not active and incident.quiet_since is None:
            incident.quiet_since = max((s.cleared_at or t) for s in incident.records.values())
            self.note(incident, Note(t, self._suffering(incident), "recovery", "all symptoms are over", []))

    def _rank(self, incident: OpenIncident) -> list[tuple[Hypothesis, float]]:
        """Order causes by the share of the incident that they explain; primary symptoms count fully."""
        shares: dict[tuple[str, ObjectRef], float] = {}
        best: dict[tuple[str, ObjectRef], Hypothesis] = {}
        total = 0.0
        for symptom in incident.records.values():
            claims = self.claims.get(symptom.id, [])
            if not claims:
                continue
            factor = 1.0 if self.rules.symptoms[symptom.type].role == "primary" else 0.25
            total += factor
            for claim in claims:
                shares[claim.key] = shares.get(claim.key, 0.0) + factor * claim.weight
                if (
                    claim.key not in best
                    or best[claim.key].weight < claim.weight
                    or (best[claim.key].inherited and not claim.inherited)
                ):
                    best[claim.key] = claim
        ranked = sorted(((best[k], round(share / total, 4)) for k, share in shares.items()), key=lambda pair: -pair[1])
        top = ranked[0][1] if ranked else 0.0
        return [(h, min(c, 0.99)) for h, c in ranked[:SUSPECTS_MAX] if c >= SUSPECT_SHARE_MIN * top]

    def _severity(self, incident: OpenIncident) -> Severity:
        found: list[Severity] = [self.rules.symptoms[s.type].severity for s in incident.records.values()]
        if incident.ranking:
            rule = self._rule_of.get(incident.ranking[0][0].rule)
            if rule is not None and rule.severity is not None:
                found.append(rule.severity)
            if (
                incident.ranking[0][0].object.kind == "External"
                and len({s.subject.namespace for s in incident.records.values()}) > 1
            ):
                found.append("critical")  # something that several teams share is lost
        return max(found, key=lambda s: SEVERITY_RANK[s], default="info")

    def _suffering(self, incident: OpenIncident) -> ObjectRef:
        return (
            next(iter(incident.records.values())).subject
            if incident.records
            else ObjectRef("Incident", None, incident.id)
        )

    def _resolve(self, t: float) -> None:
        for incident in self.incidents.values():
            if (
                not incident.is_resolved
                and incident.merged_into is None
                and incident.quiet_since is not None
                and t - incident.quiet_since >= GRACE_SECONDS
            ):
                incident.is_resolved, incident.resolved_at = True, incident.quiet_since
                for symptom in incident.records.values():
                    if symptom.cleared_at is not None:
                        self.situation.symptoms.drop((symptom.type, symptom.subject))
                    else:  # a supporting one that is still there may speak for another incident
                        symptom.incident = None
                self.touched[incident.id] = None


def symptom_text(rules: RuleBase, symptom: Symptom) -> str:
    """Say a symptom in words; an attribute that is not there stays a dash."""
    return rules.symptoms[symptom.type].text.format_map(_Lenient(symptom.attrs))


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
