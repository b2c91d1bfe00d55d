"""Incidents -> what people and programs read: title, suspects with evidence, affected objects, timeline."""

from collections.abc import Iterable, Mapping
from typing import Final

from causeline.core.objects import Pod
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.core.results import Evidence, Incident, RuledOut, Subject, Suspect, TimelineEntry
from causeline.knowledge.engine import Hypothesis
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.situation import CHANGE_SECONDS
from causeline.knowledge.symptom import Change, Symptom
from causeline.streams.incidents import OpenIncident, evidence_of, lenient
from causeline.streams.topology import Topology

AFFECTED_KINDS: Final = WORKLOAD_KINDS | {"Service", "Node"}
EVENTS_MAX: Final = 10_000
EVIDENCE_MAX: Final = 6
RULED_OUT_MAX: Final = 20
NEARBY_KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "ConfigMap", "NetworkPolicy", "ResourceQuota")
NEARBY_MAX: Final = 300
"""Objects of a namespace whose changes are looked at for one incident."""
RESTARTING: Final = frozenset({"container-crash", "container-oom", "liveness-failing"})
UNDECIDED: Final = 0.9
"""A second suspect with this share of the first one's confidence leaves it undecided."""


def narrate(
    incident: OpenIncident,
    rules: RuleBase,
    topology: Topology,
    cluster: str,
    warnings: dict[ObjectRef, list[tuple[float, str]]],
    claims: Mapping[str, list[Hypothesis]],
    counts: Mapping[str, int],
) -> Incident:
    """Tell one incident. Costs O(its symptoms, changes and events)."""
    suspects = [_suspect(h, c, incident, rules, claims) for h, c in incident.ranking]
    if suspects and (repeats := _hidden_repeats(incident, topology, counts)):
        suspects[0].evidence.append(repeats)
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
        ruled_out=[*_ruled_out(incident, changes), *_changed_nearby(incident, topology)][:RULED_OUT_MAX],
        merged_into=incident.merged_into,
        recurs=incident.recurs,
        quiet_since=incident.quiet_since if state == "open" else None,
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

    def weight(symptom: Symptom) -> tuple[bool, bool, float, int]:
        """What the blamed object shows itself stands first; then what is more than an echo; then what came first."""
        is_echo = rules.symptoms[symptom.type].role != "primary"
        return symptom.subject != claim.object, is_echo, symptom.since, symptom.order

    for symptom in sorted(explained, key=weight):
        found.update((e.id, e) for e in evidence_of(rules, symptom))
    why = [Evidence(incident.started_at, claim.rule, claim.because)] if claim.because else []
    evidence = [*why, *list(found.values())[:EVIDENCE_MAX]]
    remedy = rule.remedy if (rule := rules.cause_rule(claim.rule)) is not None else ""
    return Suspect(Subject.of(claim.object), claim.cause, claim.detail, confidence, evidence, remedy, claim.rule)


def _title(incident: OpenIncident, rules: RuleBase) -> str:
    subjects = _subjects(incident)
    if not incident.ranking:
        return f"{subjects[0]}: trouble" if subjects else "trouble"
    leading = incident.ranking[0][0]
    rule = rules.cause_rule(leading.rule)
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
    title = rule.title.format_map(lenient(words))
    others = [(h, c) for h, c in incident.ranking[1:2] if c >= UNDECIDED * incident.ranking[0][1]]
    return title + "".join(f" (undecided: or {h.cause}, {h.object})" for h, _ in others)


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
    found: dict[str, RuledOut] = {}
    for change in changes:
        if change.ref == blamed or change.what in ("replicas", "annotations", "created"):
            continue
        why = (
            "came after the first symptom"
            if change.at > incident.started_at
            else "explains none of the symptoms better"
        )
        text = f"{change.text}: {why}"
        found[text] = RuledOut(Subject.of(change.ref), text)
    return list(found.values())


def _changed_nearby(incident: OpenIncident, topology: Topology) -> list[RuledOut]:
    """Changes shortly before of workloads and configuration beside the sufferers, that nothing connects with them."""
    own = {*(h.object for h, _ in incident.ranking), *_subjects(incident)}
    found = []
    for namespace in dict.fromkeys(s.namespace for s in _subjects(incident) if s.namespace):
        beside = [r for kind in NEARBY_KINDS for r in topology.members(kind, namespace)][:NEARBY_MAX]
        for ref in beside:
            before = [c for c in topology.changes_of(ref) if 0 <= incident.started_at - c.at <= CHANGE_SECONDS]
            if ref not in own and before and before[-1].what not in ("replicas", "annotations", "created"):
                found.append(RuledOut(Subject.of(ref), f"{before[-1].text}: nothing connects it with what suffers"))
    return found


def _hidden_repeats(incident: OpenIncident, topology: Topology, counts: Mapping[str, int]) -> Evidence | None:
    """Say how often containers restarted, where Events tell of fewer: clients hold Events back after a burst."""
    pods = {ref for s in incident.records.values() if s.type in RESTARTING for ref in (*s.contributors, *s.past)}
    statuses = [b for p in pods if isinstance(o := topology.get(p), Pod) for b in o.status.container_statuses or ()]
    happened = sum(b.restart_count for b in statuses)
    uids = {uid for s in incident.records.values() if s.type in RESTARTING for uid in s.events}
    seen = sum(counts.get(uid, 1) for uid in uids)
    if happened <= max(seen, 1):
        return None
    return Evidence(incident.started_at, "restarts", f"{seen} occurrences in Events seen, {happened} restarts happened")
