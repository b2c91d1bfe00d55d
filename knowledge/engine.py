"""From symptoms to ranked causes: every rule that applies votes, and the fewest causes that explain most win."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from causeline.core.refs import ObjectRef
from causeline.knowledge.reasoning import CONDITIONS, ROOTS, Situation
from causeline.knowledge.rule import RuleBase
from causeline.knowledge.symptom import Symptom

SHARE_MIN: Final = 0.5
"""A hypothesis explains a symptom only with at least half the weight of the symptom's best one."""


class Hypothesis(msgspec.Struct):
    """One rule's claim that a cause at an object explains a symptom."""

    cause: str
    object: ObjectRef
    weight: float
    rule: str
    detail: str | None = None
    because: str = ""
    inherited: bool = False

    @property
    def key(self) -> tuple[str, ObjectRef]:
        """What is claimed."""
        return self.cause, self.object


class Group(NamedTuple):
    """Symptoms that one cause explains."""

    cause: str
    object: ObjectRef
    symptoms: list[Symptom]


def hypotheses(rules: RuleBase, situation: Situation, symptom: Symptom) -> list[Hypothesis]:
    """Return every rule's claims about one symptom, the best weight per (cause, object), heaviest first."""
    best: dict[tuple[str, ObjectRef], Hypothesis] = {}
    for rule in rules.by_symptom.get(symptom.type, ()):
        if not all(_holds(name, situation, symptom) for name in rule.when):
            continue
        for blame in ROOTS[rule.root](situation, symptom):
            detail = blame.detail or _fill(rule.detail, symptom.attrs) or None
            claim = Hypothesis(
                rule.cause, blame.object, rule.explains[symptom.type] * blame.factor, rule.rule, detail, blame.because
            )
            if claim.key not in best or best[claim.key].weight < claim.weight:
                best[claim.key] = claim
    return sorted(best.values(), key=lambda h: -h.weight)


def _holds(name: str, situation: Situation, symptom: Symptom) -> bool:
    wanted = not name.startswith("not ")
    return CONDITIONS[name.removeprefix("not ")](situation, symptom) is wanted


def _fill(template: str, attrs: Mapping[str, str]) -> str:
    try:
        return template.format_map(attrs)
    except KeyError:
        return ""


def cover(claims: Mapping[str, list[Hypothesis]], symptoms: Iterable[Symptom]) -> list[Group]:
    """Group symptoms by the cause that explains most of them: greedy weighted set cover (Chvatal 1979).

    Costs O(causes x symptoms).

    A cause scores the sum over subjects of its best weight there, so that two symptoms of one workload count once.
    """
    rest = {s.id: s for s in symptoms if claims.get(s.id)}
    best = {i: claims[i][0].weight for i in rest}
    groups = []
    while rest:
        scores: dict[tuple[str, ObjectRef], dict[ObjectRef, float]] = {}
        for symptom in rest.values():
            for claim in claims[symptom.id]:
                if claim.weight >= SHARE_MIN * best[symptom.id]:
                    by_subject = scores.setdefault(claim.key, {})
                    by_subject[symptom.subject] = max(by_subject.get(symptom.subject, 0.0), claim.weight)
        key = max(scores, key=lambda k: round(sum(scores[k].values()), 9))
        explained = [
            s for s in rest.values() if any(c.key == key and c.weight >= SHARE_MIN * best[s.id] for c in claims[s.id])
        ]
        groups.append(Group(*key, explained))
        for symptom in explained:
            del rest[symptom.id]
    return groups
