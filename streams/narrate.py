"""Incidents -> what people and programs read: title, suspects with evidence, affected objects, timeline."""

from collections.abc import Iterable, Mapping
from typing import Final

from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.core.results import Evidence, Incident, RuledOut, Subject, Suspect, TimelineEntry
from causeline.knowledge.engine import Hypothesis
from causeline.knowledge.rule import RuleBase
from causeline.knowledge.situation import CHANGE_SECONDS
from causeline.knowledge.symptom import Change
from causeline.streams.incidents import OpenIncident, evidence_of, lenient
from causeline.streams.topology import Topology

AFFECTED_KINDS: Final = WORKLOAD_KINDS | {"Service", "Node"}
EVENTS_MAX: Final = 10_000
EVIDENCE_MAX: Final = 6


def narrate(
    incident: OpenIncident,
    rules: RuleBase,
    topology: Topology,
    cluster: str,
    warnings: dict[ObjectRef, list[tuple[float, str]]],
    claims: Mapping[str, list[Hypothesis]],
) -> Incident:
    """Tell one incident. Costs O(its symptoms, changes and events)."""
    suspects = [_suspect(h, c, incident, rules, claims) for h, c in incident.ranking]
    state = "merged" if incident.merged_into else "resolved" if incident.is_resolved else "open"
    changes = _changes(incident, topology)
    return Incident(
        id=incident.id,
        cluster=cluster,
        severity=incident.severity,
        state=state,  # type: ignore[arg-type]
        started_at=incident.started_at,
        detected_at=incident.detected_at,
        notified_at=incident.notified_at,
        diagnosed_at=incident.diagnosed_at,
        resolved_at=incident.resolved_at,
        title=_title(incident, rules),
        suspects=suspects,
        affected=_affected(incident),
        events=_events(incident, warnings),
        timeline=_timeline(incident, changes),
        ruled_out=_ruled_out(incident, changes),
        merged_into=incident.merged_into,
    )


def _suspect(
    claim: Hypothesis,
    confidence: float,
    incident: OpenIncident,
    rules: RuleBase,
    claims: Mapping[str, list[Hypothesis]],
) -> Suspect:
    found: dict[str, Evidence] = {}
    explained = [s for s in incident.records.values() if any(c.key == claim.key for c in claims.get(s.id, ()))]
    for symptom in sorted(explained, key=lambda s: (rules.symptoms[s.type].role != "primary", s.since, s.order)):
        found.update((e.id, e) for e in evidence_of(rules, symptom))
    evidence = list(found.values())[:EVIDENCE_MAX]
    if claim.because:
        evidence.append(Evidence(incident.started_at, claim.rule, claim.because))
    remedy = next((r.remedy for r in rules.causes if r.rule == claim.rule), "")
    return Suspect(Subject.of(claim.object), claim.cause, claim.detail, confidence, evidence, remedy, claim.rule)


def _title(incident: OpenIncident, rules: RuleBase) -> str:
    subjects = _subjects(incident)
    if not incident.ranking:
        return f"{subjects[0]}: trouble" if subjects else "trouble"
    leading = incident.ranking[0][0]
    rule = next((r for r in rules.causes if r.rule == leading.rule), None)
    if rule is None:
        return f"{subjects[0]}: not served, the cause is not known"
    workloads = [s for s in subjects if s.kind in WORKLOAD_KINDS]
    explained = next(
        (s for s in incident.records.values() if s.type in rule.explains), next(iter(incident.records.values()))
    )
    subject = next((s for s in (explained.subject, *workloads) if s != leading.object), explained.subject)
    words = {
        **explained.attrs,
        "subject": str(subject),
        "object": str(leading.object),
        "detail": leading.detail or "-",
        "n": str(len(workloads)),
        "node": explained.subject.name,
    }
    return rule.title.format_map(lenient(words))


def _subjects(incident: OpenIncident) -> list[ObjectRef]:
    return list(dict.fromkeys(s.subject for s in sorted(incident.records.values(), key=lambda s: s.order)))


def _affected(incident: OpenIncident) -> list[Subject]:
    return [Subject.of(r) for r in _subjects(incident) if r.kind in AFFECTED_KINDS or (r.kind == "Pod")]


def _events(incident: OpenIncident, warnings: dict[ObjectRef, list[tuple[float, str]]]) -> list[str]:
    until = incident.resolved_at if incident.resolved_at is not None else float("inf")
    found: dict[str, None] = {}
    for symptom in incident.records.values():
        found.update(dict.fromkeys(symptom.events))
        found.update(
            (uid, None) for at, uid in warnings.get(symptom.subject, ()) if incident.started_at - 10 <= at <= until
        )
    return list(found)[:EVENTS_MAX]


def _changes(incident: OpenIncident, topology: Topology) -> list[Change]:
    """What changed in the suspects and the sufferers, from CHANGE_SECONDS before until the end."""
    objects = dict.fromkeys([*(h.object for h, _ in incident.ranking), *_subjects(incident)])
    until = incident.resolved_at if incident.resolved_at is not None else float("inf")
    found = (c for ref in objects for c in topology.changes.get(ref, ()))
    return sorted((c for c in found if incident.started_at - CHANGE_SECONDS <= c.at <= until), key=lambda c: c.at)


def _timeline(incident: OpenIncident, changes: Iterable[Change]) -> list[TimelineEntry]:
    entries = [TimelineEntry(c.at, Subject.of(c.ref), "change", c.text, []) for c in changes]
    entries += [TimelineEntry(n.at, Subject.of(n.object), n.kind, n.text, n.evidence) for n in incident.notes]  # type: ignore[arg-type]
    return sorted(entries, key=lambda e: e.at)


def _ruled_out(incident: OpenIncident, changes: list[Change]) -> list[RuledOut]:
    """Changes that came before and are not blamed: too late, or of something that explains none of the symptoms."""
    blamed = incident.ranking[0][0].object if incident.ranking else None
    found = []
    for change in changes:
        if change.ref == blamed or change.what in ("replicas", "annotations"):
            continue
        why = (
            "came after the first symptom"
            if change.at > incident.started_at
            else "explains none of the symptoms better"
        )
        found.append(RuledOut(Subject.of(change.ref), f"{change.text}: {why}"))
    return found[:20]
