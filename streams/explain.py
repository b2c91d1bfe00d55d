"""Symptoms -> claims: which causes explain each symptom, by rule, by inheritance and by what it talks to.

Three ways lead to a cause. A rule explains the symptom itself. A consequence is explained by what explains the primary
symptoms of its subject; a Service's by those of the workloads behind it. And a workload that waits for another is
explained, a little less surely, by what is wrong there, if that began first.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from causeline.core.objects import Pod
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.knowledge.engine import Hypothesis, Key, hypotheses
from causeline.knowledge.graph import talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.symptom import Symptom
from causeline.streams.situation import LiveSituation

UNKNOWN_SECONDS: Final = 45.0
"""A consequence that nothing explains for this long becomes an incident of unknown cause."""
UNKNOWN_WEIGHT: Final = 0.2
INHERIT: Final = 0.85
"""A consequence is explained by what explains its subject's primary symptoms, a little less surely."""
DEPEND: Final = 0.75
"""What is wrong with a dependency explains its clients; below what a rule says of a change of their own."""
FARTHER: Final = 0.98
"""What lies behind a dependency that is ill itself explains nearly as much as it."""
OVER_SECONDS: Final = 30.0
OVER: Final = 0.5
"""What is over for half a minute may still have echoes; it explains them half as surely."""
GUESS: Final = 0.4
"""What is wrong with a neighbour that serves nobody explains a client of unknown calls; above what nothing explains."""
GUESSED: Final = frozenset({"metric-errors-high", "metric-waits", "log-unreachable", "log-name"})
SERVES_NOBODY: Final = ("nothing-ready", "service-empty", "service-selects-nothing")
DEPTH_MAX: Final = 3
"""How many dependencies in a row are followed through others that are well."""
SEEN_MAX: Final = 500
"""Objects that a chain of dependencies may touch."""
BEFORE_SECONDS: Final = 15.0
"""A client may notice this much earlier than the state of its dependency tells: a readiness probe's three failures."""


class Explainer:
    """Claims of all live symptoms of one cluster."""

    def __init__(self, rules: RuleBase, situation: LiveSituation) -> None:
        self.rules = rules
        self.situation = situation
        self.claims: dict[str, list[Hypothesis]] = {}
        self._needed: dict[ObjectRef, list[ObjectRef]] = {}
        """What each workload needs, within one look."""
        self._first: dict[ObjectRef, bool] = {}
        """Whether what is vague about each counts, within one look."""

    def explain(self, symptoms: list[Symptom], live: Iterable[Symptom]) -> None:
        """Let the rules vote on `symptoms`; `live` are all symptoms that there are."""
        self._needed, self._first = {}, {}
        there = frozenset([s.type for s in self.situation.symptoms.held.values()])
        for symptom in symptoms:
            if symptom.is_active or symptom.id not in self.claims:
                found = hypotheses(self.rules, self.situation, symptom, there)
                if found or symptom.id not in self.claims:  # a cause that was taken away explained it all the same
                    self.claims[symptom.id] = found
        own = self._own(live)
        active = [s for s in symptoms if s.is_active]
        for symptom in active:
            self.claims[symptom.id] = self._all_claims(symptom, own)
        self._follow(active)
        for symptom in active:
            self.claims[symptom.id] = self._or_unknown(symptom)

    def _own(self, live: Iterable[Symptom]) -> dict[ObjectRef, list[tuple[Symptom, Hypothesis]]]:
        """What is wrong with each subject itself, as its primary and supporting symptoms are explained."""
        own: dict[ObjectRef, list[tuple[Symptom, Hypothesis]]] = {}
        for symptom in live:
            found = [c for c in self.claims.get(symptom.id, ()) if not c.inherited]
            if symptom.cleared_at is not None and self.situation.t - symptom.cleared_at > OVER_SECONDS:
                found = [msgspec.structs.replace(c, weight=c.weight * OVER) for c in found]
            if self._role(symptom) == "consequence":
                found = [c for c in found if c.vague or (c.object != symptom.subject and self._is_wide(c))]
            if found:
                claims = ((symptom, c) for c in found)
                own.setdefault(symptom.subject, []).extend(claims)
        return own

    def _is_wide(self, claim: Hypothesis) -> bool:
        rule = self.rules.cause_rule(claim.rule)
        return rule is not None and rule.wide

    def _role(self, symptom: Symptom) -> str:
        return self.rules.symptoms[symptom.type].role

    def _all_claims(self, symptom: Symptom, own: dict[ObjectRef, list[tuple[Symptom, Hypothesis]]]) -> list[Hypothesis]:
        claims = {c.key: c for c in self.claims[symptom.id] if not c.inherited}
        role = self._role(symptom)
        if role not in ("primary", "latent"):
            for subject in carriers(self.situation, symptom.subject):
                for _, claim in own.get(subject, ()):
                    _offer(claims, claim, claim.weight * INHERIT, remote=False)
        if self.rules.symptoms[symptom.type].depends:
            for weight, claim in self._from_dependencies(symptom, own):
                _offer(claims, claim, weight, remote=True)
        return sorted(claims.values(), key=lambda c: -c.weight)

    def _follow(self, active: list[Symptom]) -> None:
        """What makes pods unready also explains that nothing is ready, and that the Service is empty."""
        told: dict[ObjectRef, list[Hypothesis]] = {}
        for symptom in active:
            if self.rules.symptoms[symptom.type].depends:
                told.setdefault(symptom.subject, []).extend(self.claims[symptom.id])
        for symptom in active:
            if self._role(symptom) == "consequence" and not self.rules.symptoms[symptom.type].depends:
                claims = {c.key: c for c in self.claims[symptom.id]}
                for subject in carriers(self.situation, symptom.subject):
                    for claim in told.get(subject, ()):
                        _offer(claims, claim, claim.weight * INHERIT, remote=claim.remote)
                self.claims[symptom.id] = sorted(claims.values(), key=lambda c: -c.weight)

    def _or_unknown(self, symptom: Symptom) -> list[Hypothesis]:
        claims = self.claims[symptom.id]
        waits = self._role(symptom) in ("primary", "consequence")
        if claims or not waits or self.situation.t - self._known_since(symptom) < UNKNOWN_SECONDS:
            return claims
        return [Hypothesis("unknown", symptom.subject, UNKNOWN_WEIGHT, "nothing-explains-it")]

    def _known_since(self, symptom: Symptom) -> float:
        """Since when nothing has explained it; in a snapshot, where nothing can come any more, since it is there."""
        return symptom.since if self.situation.is_ending else symptom.confirmed_at or self.situation.t

    def _from_dependencies(
        self, symptom: Symptom, own: dict[ObjectRef, list[tuple[Symptom, Hypothesis]]]
    ) -> Iterator[tuple[float, Hypothesis]]:
        """Yield what is wrong with what the subject needs, and began before it suffered; nearest first."""
        ring = carriers(self.situation, symptom.subject)
        seen = set(ring)
        is_known, weight, step = False, 1.0, DEPEND
        steps = 0
        while ring and steps < DEPTH_MAX and len(seen) <= SEEN_MAX:
            ring = list(dict.fromkeys(n for r in ring for n in self._needed_by(r) if n not in seen))
            seen.update(ring)
            weight *= step
            found = [(n, c) for n in ring for s, c in own.get(n, ()) if self._is_before(s, symptom)]
            step = FARTHER if found else DEPEND  # who is ill itself passes on what ails him
            steps += not found
            is_known = is_known or any(c.cause != "unknown" for _, c in found)
            yield from ((c.weight * weight, c) for n, c in found if not c.vague or self._is_first(n, own))
        if not is_known and symptom.type in GUESSED:
            yield from self._from_neighbours(symptom, own, seen)

    def _is_first(self, needed: ObjectRef, own: dict[ObjectRef, list[tuple[Symptom, Hypothesis]]]) -> bool:
        """What is vague counts where the chain of ills ends: nothing that this one needs was ill before it."""
        found = self._first.get(needed)
        if found is None:
            began = min((s.since for s, _ in own[needed]), default=0.0)
            others = (own[n] for n in self._needed_by(needed) if n != needed and n in own)
            found = self._first[needed] = all(s.since > began for found in others for s, _ in found)
        return found

    def _is_before(self, trouble: Symptom, symptom: Symptom) -> bool:
        """A snapshot has the last lines of a program alone: they do not tell when it began to complain."""
        is_undated = self.situation.is_ending and trouble.type.startswith("log-")
        return is_undated or trouble.since - BEFORE_SECONDS <= symptom.since

    def _from_neighbours(
        self, symptom: Symptom, own: dict[ObjectRef, list[tuple[Symptom, Hypothesis]]], seen: set[ObjectRef]
    ) -> Iterator[tuple[float, Hypothesis]]:
        """Yield what is wrong with those of the namespace that serve nobody: unknown calls may need them."""
        for subject, found in own.items():
            if subject.namespace != symptom.subject.namespace or subject in seen:
                continue
            if not any(self.situation.active(kind, subject) for kind in SERVES_NOBODY):
                continue
            for trouble, claim in found:
                if self._is_before(trouble, symptom) and claim.cause != "unknown":
                    yield claim.weight * GUESS, claim

    def _needed_by(self, ref: ObjectRef) -> list[ObjectRef]:
        """Return the Services that a workload talks to, the workloads behind them, and the one node that each is on."""
        found = self._needed.get(ref)
        if found is None:
            found = self._needed[ref] = self._find_needed(ref) if ref.kind in WORKLOAD_KINDS else []
        return found

    def _find_needed(self, ref: ObjectRef) -> list[ObjectRef]:
        graph = self.situation.topology
        services = dict.fromkeys([*talks_to(graph, ref), *graph.calls_of(ref)])
        found = [n for s in services for n in (s, *selected_workloads(graph, s))]
        return [*found, *(n for w in found if w.kind in WORKLOAD_KINDS and (n := self._only_node(w)) is not None)]

    def _only_node(self, workload: ObjectRef) -> ObjectRef | None:
        graph = self.situation.topology
        nodes = {p.spec.node_name for r in graph.pods_under(workload) if isinstance(p := graph.get(r), Pod)}
        name = nodes.pop() if len(nodes) == 1 else None
        return ObjectRef("Node", None, name) if name else None

    def forget(self, kept: set[str]) -> None:
        """Drop the claims of symptoms that are no more."""
        self.claims = {i: c for i, c in self.claims.items() if i in kept}


def _offer(claims: dict[Key, Hypothesis], claim: Hypothesis, weight: float, *, remote: bool) -> None:
    known = claims.get(claim.key)
    if known is None or known.weight < weight:
        claims[claim.key] = msgspec.structs.replace(claim, weight=weight, inherited=True, remote=remote)


def carriers(situation: LiveSituation, subject: ObjectRef) -> list[ObjectRef]:
    """Return the subject itself and, for a Service, the workloads behind it; a workload's Services are not asked."""
    if subject.kind != "Service":
        return [subject]
    return [subject, *selected_workloads(situation.topology, subject)]
