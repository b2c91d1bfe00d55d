"""All rules, ready to be asked: which rule names a sign, and who claims to explain a symptom."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final, NamedTuple

import re2

from causeline.knowledge.conditions import CONDITIONS
from causeline.knowledge.messages import read_message
from causeline.knowledge.roots import ROOTS
from causeline.knowledge.rule import CauseRule, SignClause, SymptomRule
from causeline.knowledge.sign import Sign
from causeline.knowledge.situation import NEEDS, Condition, Root

CHOSEN_MAX: Final = 5000
"""Choices of rules that are remembered: of one kind of symptom while certain others are there."""


class Compiled:
    """A clause ready to be matched."""

    __slots__ = ("patterns", "rule", "where")

    def __init__(self, rule: SymptomRule, clause: SignClause) -> None:
        self.rule = rule
        self.where = [(name, frozenset(values)) for name, values in clause.where.items()]
        self.patterns = [(name, re2.compile(pattern)) for name, pattern in clause.match.items()]

    def read(self, attrs: Mapping[str, str]) -> dict[str, str] | None:
        """Return what the named groups hold, or None when the clause does not match."""
        for name, values in self.where:
            if attrs.get(name) not in values:
                return None
        found: dict[str, str] = {}
        for name, pattern in self.patterns:
            match = pattern.search(attrs.get(name, ""))
            if match is None:
                return None
            found.update({k: v for k, v in match.groupdict().items() if v})
        return found


Conditions = list[tuple[Condition, bool]]
"""Conditions with what each must say."""


class Claimant(NamedTuple):
    """A cause rule as one symptom asks it: weight, the root function, and the conditions with what they must say."""

    rule: CauseRule
    weight: float
    root: Root
    conditions: Conditions
    needs: list[frozenset[str]]
    """Of each set one symptom must be there, anywhere, or the rule claims nothing."""


def _claimant(rule: CauseRule, symptom: str) -> Claimant:
    conditions = [(CONDITIONS[name.removeprefix("not ")], not name.startswith("not ")) for name in rule.when]
    asked = [ROOTS[rule.root], *(holds for holds, wanted in conditions if wanted)]
    return Claimant(rule, rule.explains[symptom], ROOTS[rule.root], conditions, [NEEDS[f] for f in asked if f in NEEDS])


class RuleBase:
    """All rules, indexed for matching: signs of events by their reason, others by their name."""

    def __init__(
        self, symptoms: list[SymptomRule], causes: list[CauseRule], places: dict[str, str] | None = None
    ) -> None:
        self._places = places or {}
        self.symptoms = {rule.symptom: rule for rule in symptoms}
        self.causes = causes
        self._claimants: dict[str, list[Claimant]] = {}
        self._chosen: dict[tuple[str, frozenset[str]], list[Claimant]] = {}
        self._cause_rules = {rule.rule: rule for rule in causes}
        self._index: dict[str, list[Compiled]] = {}
        for rule in symptoms:
            for clause in rule.signs:
                for key in self._keys(clause):
                    self._index.setdefault(key, []).append(Compiled(rule, clause))
        self.by_symptom: dict[str, list[CauseRule]] = {name: [] for name in self.symptoms}
        for cause in causes:
            for symptom in cause.explains:
                self.by_symptom.setdefault(symptom, []).append(cause)

    def place(self, rule: SymptomRule | CauseRule) -> str:
        """Return the file and line of a rule."""
        return self._places.get(rule.symptom if isinstance(rule, SymptomRule) else rule.rule, "rules")

    def warnings(self) -> list[str]:
        """Return what is allowed and probably not meant: rules that hide others, or contradict each other."""
        found = []
        for key, compiled in self._index.items():
            for first, later in pairwise(compiled):
                asked = {name for name, _ in first.where} - ({"reason"} if key.startswith("event:") else set())
                if not first.patterns and not asked and first.rule is not later.rule:
                    found.append(
                        f"{self.place(first.rule)}: symptom {first.rule.symptom} takes every {key},"
                        f" symptom {later.rule.symptom} ({self.place(later.rule)}) never sees one"
                    )
        said: dict[tuple[Any, ...], CauseRule] = {}
        for rule in self.causes:
            key_of = (tuple(sorted(rule.explains.items())), rule.root, tuple(sorted(rule.when)))
            twin = said.setdefault(key_of, rule)
            if twin.cause != rule.cause:
                found.append(
                    f"{self.place(rule)}: rule {rule.rule} says {rule.cause} where {twin.rule}"
                    f" ({self.place(twin)}) says {twin.cause}, under the same conditions"
                )
        return found

    @staticmethod
    def _keys(clause: SignClause) -> list[str]:
        if clause.sign == "event":
            return [f"event:{reason}" for reason in clause.where["reason"]]
        return [clause.sign]

    def cause_rule(self, name: str) -> CauseRule | None:
        """Return the cause rule of this name."""
        return self._cause_rules.get(name)

    def claimants(self, symptom: str, there: frozenset[str]) -> list[Claimant]:
        """Return the cause rules that may explain a symptom while these kinds of symptoms are there."""
        key = symptom, there
        found = self._chosen.get(key)
        if found is None:
            if len(self._chosen) >= CHOSEN_MAX:
                self._chosen.clear()
            known = self._all_claimants(symptom)
            found = self._chosen[key] = [c for c in known if all(n & there for n in c.needs)]
        return found

    def _all_claimants(self, symptom: str) -> list[Claimant]:
        found = self._claimants.get(symptom)
        if found is None:
            rules = self.by_symptom.get(symptom, ())
            found = self._claimants[symptom] = [_claimant(rule, symptom) for rule in rules]
        return found

    def knows_event(self, reason: str) -> bool:
        """Tell whether any rule looks at events of this reason."""
        return f"event:{reason}" in self._index

    def name(self, sign: Sign) -> tuple[SymptomRule, dict[str, str]] | None:
        """Return the rule that names `sign` and the symptom's attributes, None for a sign without a meaning."""
        key = f"event:{sign.attrs['reason']}" if sign.name == "event" else sign.name
        clauses = self._index.get(key)
        if clauses is None:
            return None
        attrs = sign.attrs
        if said := read_message(sign.name, attrs):
            attrs = {**attrs, **said, **{k: v for k, v in attrs.items() if v}}
        for compiled in clauses:
            found = compiled.read(attrs)
            if found is not None:
                return compiled.rule, {**attrs, **found}
        return None
