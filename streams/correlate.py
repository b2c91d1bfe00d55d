"""Symptoms -> incidents, on ticks: explain (claims), cover, join and place (incidents), judge (suspects, severity).

Runs when a symptom changed, and once in a while as long as something is open. While few symptoms are live all are
looked at; in a storm only what changed and what it touches, and all of them from time to time.
"""

from collections.abc import Iterable
from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.component_conditions import TURNING_SECONDS
from causeline.knowledge.engine import cover
from causeline.knowledge.rule import SILENT
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.symptom import Symptom
from causeline.streams.explain import UNKNOWN_SECONDS, Explainer
from causeline.streams.grouping import Incidents
from causeline.streams.incidents import OpenIncident, note_of
from causeline.streams.judge import judge, resolve
from causeline.streams.situation import LiveSituation

LOOK_AGAIN_SECONDS: Final = 5.0
"""Somebody changed an object since the last look: conditions may hold now that did not."""
QUIET_SECONDS: Final = 15.0
"""Nobody did: what else conditions ask for (pulls, evictions, who talks to whom) may come a little later."""
PATIENT: Final = frozenset({"hint", *SILENT})
"""Roles of symptoms for which nobody need hurry: a cluster may have thousands of hints and be well."""
ALL_AT_ONCE: Final = 300
"""Up to this many live symptoms are all looked at whenever one changed: some milliseconds."""
CLIENTS_MAX: Final = 300
"""Up to this many symptoms that a dependency may explain are looked at whenever any symptom changed."""
LIVE_PER_SECOND: Final = 100.0
"""In a storm all symptoms are looked at as often as keeps this to some percent of a core."""
CLAIMS_SLACK: Final = 1000
"""Claims of symptoms that went without an incident are swept when there are this many more than needed."""


class Correlator:
    """All incidents of one cluster."""

    def __init__(self, rules: RuleBase, situation: LiveSituation) -> None:
        self.rules = rules
        self.situation = situation
        self.incidents = Incidents(rules, situation)
        self.explainer = Explainer(rules, situation)
        self.look_again_at = 0.0
        self._wide = frozenset(s for r in rules.causes if r.wide for s in r.explains)
        self._turning = _turning(rules)

    def hurry(self, changed: Iterable[ObjectRef], t: float) -> None:
        """Look again soon: somebody changed an object of the whole cluster, or of a namespace that has symptoms."""
        roles = self.rules.symptoms
        ill = {ref.namespace for kind, ref in self.situation.symptoms.held if roles[kind].role not in PATIENT}
        if ill and any(ref.namespace is None or ref.namespace in ill or None in ill for ref in changed):
            self.look_again_at = min(self.look_again_at, t + LOOK_AGAIN_SECONDS)

    def tick(self, t: float) -> None:
        """Bring incidents up to date with the symptoms."""
        symptoms = self.situation.symptoms
        self.situation.t = t
        united, symptoms.united = symptoms.united, []
        for pair in united:
            self.incidents.unite(*pair, t)
        if symptoms.changed or t >= self.look_again_at or self.situation.is_ending:
            changed, symptoms.changed = symptoms.changed, {}
            self._correlate(t, changed)
        resolve(self.incidents, t)
        news, symptoms.news = symptoms.news, {}
        self.incidents.touched.update((i, None) for i in news if i in self.incidents.all)

    def _correlate(self, t: float, changed: dict[str, None]) -> None:
        held = self.situation.symptoms.held.values()
        live = sorted((s for s in held if s.confirmed_at is not None), key=lambda s: s.order)
        looked_at = live
        if len(live) > ALL_AT_ONCE and t < self.look_again_at and not self.situation.is_ending:
            looked_at = self._near(live, changed)
        self._sweep(live)
        self.explainer.explain(looked_at, live)
        claims = self.explainer.claims
        judged: dict[str, OpenIncident] = {}
        for group in self.incidents.join(cover(claims, looked_at), claims):
            incident = self.incidents.place(group, t)
            if incident is not None:
                judged[incident.id] = incident
        for symptom in looked_at:
            if symptom.incident is not None:
                incident = self.incidents.all[symptom.incident]
                judged[incident.id] = incident
                if symptom.id in changed:
                    self.incidents.write(incident, note_of(self.rules, symptom))
        for incident in self.incidents.unresolved() if looked_at is live else judged.values():
            if incident.is_unresolved:
                judge(self.incidents, incident, claims, t)
        self._plan(live, t, is_whole=looked_at is live)

    def _near(self, live: list[Symptom], changed: dict[str, None]) -> list[Symptom]:
        """Return the symptoms that changed and all that a verdict about them may touch."""
        fresh = [s for s in live if s.id in changed]
        if any(s.type in self._wide for s in fresh):
            return live
        subjects: set[ObjectRef] = {s.subject for s in fresh}
        incidents = {s.incident for s in fresh if s.incident is not None}
        clients = {s.id for s in live if self.rules.symptoms[s.type].depends}
        if len(clients) > CLIENTS_MAX:
            clients = set()
        return [s for s in live if s.subject in subjects or s.incident in incidents or s.id in clients]

    def _plan(self, live: list[Symptom], t: float, *, is_whole: bool) -> None:
        if not any(s.incident is None or s.is_active for s in live):
            self.look_again_at = float("inf")
        elif is_whole or self.look_again_at == float("inf"):
            self.look_again_at = t + max(self._patience(live, t), len(live) / LIVE_PER_SECOND)

    def _patience(self, live: list[Symptom], t: float) -> float:
        """Return the seconds until a condition turns by time alone, or may have turned with nothing to tell it."""
        turns = [s.since + age - t for s in live for age in self._turning.get(s.type, ())]
        unexplained = (s.confirmed_at for s in live if not self.explainer.claims.get(s.id))
        turns += [at + UNKNOWN_SECONDS - t for at in unexplained if at is not None]
        return max(min((s for s in turns if 0 < s < QUIET_SECONDS), default=QUIET_SECONDS), 1.0)

    def _sweep(self, live: list[Symptom]) -> None:
        if len(self.explainer.claims) > CLAIMS_SLACK + 2 * len(live):
            kept = {i for incident in self.incidents.all.values() if not incident.is_resolved for i in incident.records}
            self.explainer.forget(kept | {s.id for s in live})


def _turning(rules: RuleBase) -> dict[str, list[float]]:
    """Return the ages at which rules about a symptom may begin or cease to hold."""
    found: dict[str, list[float]] = {}
    for rule in rules.causes:
        ages = [TURNING_SECONDS[n] for w in rule.when if (n := w.removeprefix("not ")) in TURNING_SECONDS]
        for symptom in rule.explains if ages else ():
            found.setdefault(symptom, []).extend(ages)
    return found
