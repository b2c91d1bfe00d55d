"""Who leads, how grave it is, and when it is over."""

import math
from typing import Final

from causeline.core.refs import ObjectRef
from causeline.core.results import SEVERITY_RANK, Severity
from causeline.knowledge.engine import Hypothesis, Key
from causeline.knowledge.rule import SILENT
from causeline.knowledge.rule_base import RuleBase
from causeline.streams.grouping import Incidents
from causeline.streams.incidents import Note, OpenIncident

GRACE_SECONDS: Final = 180.0
"""An incident is resolved when it was quiet for this long; a return within it is the same incident."""
SUSPECTS_MAX: Final = 5
SUSPECT_SHARE_MIN: Final = 0.1
"""A suspect with less than a tenth of the leading one's confidence is not worth a line."""
CONFIDENCE_MAX: Final = 0.99
ECHO_FACTOR: Final = 0.25
"""A symptom that follows from others counts this much in the ranking, a primary one fully."""
RECUR_SECONDS: Final = 86_400.0
"""A cause that comes back at the same object within a day is told as a recurrence."""


def judge(incidents: Incidents, incident: OpenIncident, claims: dict[str, list[Hypothesis]], t: float) -> None:
    """Rank the suspects and set the severity; a severity is never taken back. What is over is not judged anew."""
    if incident.quiet_since is not None and not _is_loud(incidents.rules, incident):
        return
    ranking = _rank(incidents.rules, incident, claims)
    _lead(incidents, incident, ranking, t)
    if [(h.key, round(c, 2)) for h, c in ranking] != [(h.key, round(c, 2)) for h, c in incident.ranking]:
        incidents.touched[incident.id] = None
    incident.ranking = ranking
    incidents.note_lead(incident)
    severity = _severity(incidents.rules, incident)
    is_new = not any(n.kind == "alert" for n in incident.notes)
    if is_new or SEVERITY_RANK[severity] > SEVERITY_RANK[incident.severity]:
        incident.severity = severity
        incidents.write(incident, Note(t, incident.sufferer, "alert", f"severity is {severity}", []))
    if incident.notified_at is None and incident.severity != "info":
        incident.notified_at = t
    _quiet(incidents, incident, t)


def _lead(incidents: Incidents, incident: OpenIncident, ranking: list[tuple[Hypothesis, float]], t: float) -> None:
    if not ranking or (incident.ranking and incident.ranking[0][0].key == ranking[0][0].key):
        return
    lead = ranking[0][0]
    if incident.ranking:
        text = f"leading suspect is now {lead.cause}: {lead.object}"
        incidents.write(incident, Note(t, lead.object, "signal", text, []))
    incident.diagnosed_at = t
    incident.recurs = _earlier(incidents, incident, lead.key)


def _earlier(incidents: Incidents, incident: OpenIncident, key: Key) -> str | None:
    """Return the newest resolved incident of the same cause at the same object within a day."""
    for other in reversed(incidents.all.values()):
        if (
            other.is_resolved
            and other.ranking
            and other.ranking[0][0].key == key
            and (other.resolved_at or 0.0) >= incident.started_at - RECUR_SECONDS
        ):
            return other.id
    return None


def _quiet(incidents: Incidents, incident: OpenIncident, t: float) -> None:
    active = _is_loud(incidents.rules, incident)
    if active and incident.quiet_since is not None:
        incident.quiet_since = None
        incidents.situation.symptoms.over.discard(incident.id)
        incidents.touched[incident.id] = None
    elif not active and incident.quiet_since is None:
        incidents.situation.symptoms.over.add(incident.id)
        incident.quiet_since = max((s.cleared_at or t) for s in incident.records.values())
        incidents.write(incident, Note(t, incident.sufferer, "recovery", "all symptoms are over", []))


def _is_loud(rules: RuleBase, incident: OpenIncident) -> bool:
    return any(s.is_active and rules.symptoms[s.type].role not in SILENT for s in incident.records.values())


def _rank(
    rules: RuleBase, incident: OpenIncident, claims: dict[str, list[Hypothesis]]
) -> list[tuple[Hypothesis, float]]:
    """Order causes by the share of the incident that they explain; primary symptoms count fully."""
    shares: dict[Key, list[float]] = {}
    best: dict[Key, Hypothesis] = {}
    factors: list[float] = []
    for symptom in incident.records.values():
        found = claims.get(symptom.id, [])
        if not found:
            continue
        factor = 1.0 if rules.symptoms[symptom.type].role == "primary" else ECHO_FACTOR
        factors.append(factor)
        for claim in found:
            shares.setdefault(claim.key, []).append(factor * claim.weight)
            known = best.get(claim.key)
            if known is None or (claim.inherited, -claim.weight) < (known.inherited, -known.weight):
                best[claim.key] = claim
    total = math.fsum(factors)
    shown = ((best[k], round(math.fsum(parts) / total, 4)) for k, parts in shares.items())  # whatever their order
    ranked = sorted(shown, key=lambda pair: -pair[1])
    top = ranked[0][1] if ranked else 0.0
    return [(h, min(c, CONFIDENCE_MAX)) for h, c in ranked[:SUSPECTS_MAX] if c >= SUSPECT_SHARE_MIN * top]


def _severity(rules: RuleBase, incident: OpenIncident) -> Severity:
    found: list[Severity] = [rules.symptoms[s.type].severity for s in incident.records.values()]
    if incident.ranking:
        lead = incident.ranking[0][0]
        rule = rules.cause_rule(lead.rule)
        if rule is not None and rule.severity == "info":
            return "info"
        if rule is not None and rule.severity is not None:
            found.append(rule.severity)
        if lead.object.kind == "External" and len({s.subject.namespace for s in incident.records.values()}) > 1:
            found.append("critical")  # something that several teams share is lost
    return max(found, key=lambda s: SEVERITY_RANK[s], default="info")


def resolve(incidents: Incidents, t: float) -> None:
    """End the incidents that have been quiet for the grace."""
    for incident in incidents.unresolved():
        if incident.quiet_since is None or t - incident.quiet_since < GRACE_SECONDS:
            continue
        incident.is_resolved, incident.resolved_at = True, incident.quiet_since
        incidents.end(incident)
        for symptom in incident.records.values():
            if symptom.cleared_at is not None:
                incidents.situation.symptoms.drop(symptom)
            else:  # a supporting one that is still there may speak for another incident
                symptom.incident = None


def blamed(incident: OpenIncident) -> ObjectRef | None:
    """Return the object of the leading suspect."""
    return incident.ranking[0][0].object if incident.ranking else None
