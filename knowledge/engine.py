"""From symptoms to ranked causes: every rule that applies votes, and the fewest causes that explain most win."""

import heapq
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from causeline.core.refs import ObjectRef
from causeline.knowledge.rule_base import Conditions, RuleBase
from causeline.knowledge.situation import Situation
from causeline.knowledge.symptom import Symptom

SHARE_MIN: Final = 0.5
"""A hypothesis explains a symptom only with at least half the weight of the symptom's best one."""


Key = tuple[str, ObjectRef]


class Hypothesis(msgspec.Struct):
    """One rule's claim that a cause at an object explains a symptom."""

    cause: str
    object: ObjectRef
    weight: float
    rule: str
    detail: str | None = None
    because: str = ""
    inherited: bool = False
    remote: bool = False
    """Inherited from something that the subject talks to, not from the subject itself."""
    vague: bool = False
    """It says what the subject shows, and not why."""

    @property
    def key(self) -> Key:
        """What is claimed."""
        return self.cause, self.object


class Group(NamedTuple):
    """Symptoms that one cause explains."""

    cause: str
    object: ObjectRef
    symptoms: list[Symptom]


def hypotheses(rules: RuleBase, situation: Situation, symptom: Symptom, there: frozenset[str]) -> list[Hypothesis]:
    """Return every rule's claims about one symptom, the best weight per (cause, object), heaviest first.

    `there`: the kinds of all symptoms that there are.
    """
    best: dict[Key, Hypothesis] = {}
    for rule, weight, root, conditions, _ in rules.claimants(symptom.type, there):
        if not _hold(conditions, situation, symptom):
            continue
        for blame in root(situation, symptom):
            detail = blame.detail or (_fill(rule.detail, symptom.attrs) if rule.detail else None) or None
            claim = Hypothesis(
                rule.cause, blame.object, weight * blame.factor, rule.rule, detail, blame.because, vague=rule.vague
            )
            known = best.get(claim.key)
            if known is None or known.weight < claim.weight:
                best[claim.key] = claim
    return sorted(best.values(), key=lambda h: -h.weight)


def _hold(conditions: Conditions, situation: Situation, symptom: Symptom) -> bool:
    for holds, wanted in conditions:  # noqa: SIM110 a generator costs twice as much, for every symptom at every look
        if holds(situation, symptom) is not wanted:
            return False
    return True


def _fill(template: str, attrs: Mapping[str, str]) -> str:
    try:
        return template.format_map(attrs)
    except KeyError:
        return ""


def cover(claims: Mapping[str, list[Hypothesis]], symptoms: Iterable[Symptom]) -> list[Group]:
    """Group symptoms by the cause that explains most of them: greedy weighted set cover (Chvatal 1979).

    A cause scores the sum over subjects of its best weight there, so that two symptoms of one workload count once.
    Equal scores: the cause that was claimed first. Costs O(claims x log claims).
    """
    members: dict[Key, dict[str, tuple[Symptom, float]]] = {}
    strong: dict[str, list[Key]] = {}
    for symptom in symptoms:
        found = claims.get(symptom.id)
        if found:
            worth = _worth(found)
            strong[symptom.id] = [c.key for c in worth]
            for claim in worth:
                members.setdefault(claim.key, {})[symptom.id] = symptom, claim.weight
    scores = {key: _score(explained.values()) for key, explained in members.items()}
    first = {key: number for number, key in enumerate(scores)}
    best = [(-score, first[key], key) for key, score in scores.items()]
    heapq.heapify(best)
    groups = []
    while scores:
        score, _, key = heapq.heappop(best)
        if scores.get(key) != -score:
            continue  # it explained more when it was put there; what it explains now is in the heap too
        explained = members.pop(key)
        groups.append(Group(*key, [s for s, _ in explained.values()]))
        touched = {k for symptom_id in explained for k in strong[symptom_id]}
        for other in touched - {key}:
            for symptom_id in explained:
                members[other].pop(symptom_id, None)
            scores[other] = _score(members[other].values())
            if scores[other] == 0:
                del scores[other]
            else:
                heapq.heappush(best, (-scores[other], first[other], other))
        del scores[key]
    return groups


def _worth(claims: list[Hypothesis]) -> list[Hypothesis]:
    """Claims that are strong enough; what is wrong elsewhere explains a symptom only if nothing at home does better.

    What is vague at home does not: that a workload is not ready says nothing of why.
    """
    home = max((c.weight for c in claims if not c.remote and not c.vague), default=0.0)
    return [c for c in claims if c.weight >= SHARE_MIN * claims[0].weight and not (c.remote and c.weight < home)]


def _score(explained: Iterable[tuple[Symptom, float]]) -> float:
    best: dict[ObjectRef, float] = {}
    for symptom, weight in explained:
        best[symptom.subject] = max(best.get(symptom.subject, 0.0), weight)
    return round(sum(best.values()), 9)
