"""The rule language: what a sign means (SymptomRule) and what explains a symptom (CauseRule).

Rules are data: YAML files read once, checked whole, all faults reported with file and rule. Patterns are RE2, so no
pattern and no message can make matching take more than linear time.
"""

from collections.abc import Callable, Mapping
from importlib import resources
from itertools import pairwise
from string import Formatter
from typing import Annotated, Any, Final, Literal, NamedTuple

import re2
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from causeline.core.errors import RuleError
from causeline.knowledge.conditions import CONDITIONS
from causeline.knowledge.messages import read_message
from causeline.knowledge.roots import ROOTS
from causeline.knowledge.sign import Sign
from causeline.knowledge.situation import Blame, Situation
from causeline.knowledge.symptom import Symptom
from causeline.knowledge.yaml_lines import line_of, load_lined

Role = Literal["primary", "supporting", "consequence", "hint", "latent"]


QUIET: Final = re2.Options()
QUIET.log_errors = False
"""RE2 would write to stderr what we tell with file and line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SignClause(_Strict):
    """Which signs: the name, the values that attributes may have, and patterns that attributes must hold.

    Named groups of a pattern become attributes of the symptom.
    """

    sign: str
    where: dict[str, list[str]] = {}
    match: dict[str, str] = {}

    @field_validator("match")
    @classmethod
    def _patterns_are_re2(cls, value: dict[str, str]) -> dict[str, str]:
        for name, pattern in value.items():
            try:
                re2.compile(pattern, QUIET)
            except re2.error as error:
                raise ValueError(f"pattern of {name!r} is not RE2: {error}") from error
        return value


class SignExample(_Strict):
    """A sign as the cluster showed it and what the rule must read out of it."""

    sign: str
    attrs: dict[str, str]
    expect: dict[str, str] = {}


def _plain(text: str) -> str:
    """Refuse a text whose braces hold anything but the name of an attribute."""
    for _, field, spec, conversion in Formatter().parse(text):
        if field is not None and (spec or conversion or not field.isidentifier()):
            raise ValueError(f"{{{field}}} is not the name of an attribute")
    return text


Text = Annotated[str, AfterValidator(_plain)]


class SymptomRule(_Strict):
    """What some signs mean. The first rule that matches a sign names it.

    Durations in seconds. `hold`: how long it must last before it counts. `min_count`: how often it must have been
    seen. `lasting`: how long a sign from an event stands for itself after the event. `role`: a primary symptom opens
    an incident; a supporting one only joins one; a consequence joins one, and opens one if nothing else explains it; a
    hint joins one, and opens one only with something that explains it; a latent one joins only what it explains itself.
    """

    symptom: str
    text: Text
    role: Role = "primary"
    severity: Literal["critical", "warning", "info"] = "warning"
    hold: float = Field(default=0.0, ge=0, le=3600)
    min_count: int = Field(default=1, ge=1)
    lasting: float = Field(default=660.0, gt=0, le=86_400)
    survives_ready: bool = False
    """Keep what an event said although the pod is ready now: a pod may be ready between two failing probes."""
    replaces: bool = False
    """Takes the place of an earlier rule of the same name."""
    depends: bool = False
    """What is wrong with something that the subject talks to may be the reason."""
    subject: Literal["owner", "self"] = "owner"
    signs: list[SignClause] = Field(min_length=1)
    examples: list[SignExample] = Field(min_length=1)


class CauseRule(_Strict):
    """What explains symptoms: weight of each symptom in [0, 1], which object is to blame, and under which conditions.

    `root` and `when` name functions of roots.py and conditions.py; a condition may be negated with a leading `not `.
    """

    rule: str
    cause: str
    explains: dict[str, float]
    root: str
    when: list[str] = []
    detail: Text = ""
    severity: Literal["critical", "warning", "info"] | None = None
    title: Text
    remedy: str
    replaces: bool = False
    """Takes the place of an earlier rule of the same name."""
    wide: bool = False
    """The root reaches beyond one workload (a node, a registry): it may absorb incidents of workloads."""

    @model_validator(mode="after")
    def _weights_in_range(self) -> "CauseRule":
        for symptom, weight in self.explains.items():
            if not 0 < weight <= 1:
                raise ValueError(f"weight of {symptom!r} is {weight}, not in (0, 1]")
        return self


SILENT: Final = frozenset({"supporting", "latent"})
"""Roles that neither open an incident, nor date it, nor keep it open."""


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


Conditions = list[tuple[Callable[[Situation, Symptom], bool], bool]]
"""Conditions with what each must say."""


class Claimant(NamedTuple):
    """A cause rule as one symptom asks it: weight, the root function, and the conditions with what they must say."""

    rule: CauseRule
    weight: float
    root: Callable[[Situation, Symptom], list[Blame]]
    conditions: Conditions


def _claimant(rule: CauseRule, symptom: str) -> Claimant:
    conditions = [(CONDITIONS[name.removeprefix("not ")], not name.startswith("not ")) for name in rule.when]
    return Claimant(rule, rule.explains[symptom], ROOTS[rule.root], conditions)


class RuleBase:
    """All rules, indexed for matching: signs of events by their reason, others by their name."""

    def __init__(
        self, symptoms: list[SymptomRule], causes: list[CauseRule], places: dict[str, str] | None = None
    ) -> None:
        self._places = places or {}
        self.symptoms = {rule.symptom: rule for rule in symptoms}
        self.causes = causes
        self._claimants: dict[str, list[Claimant]] = {}
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

    def claimants(self, symptom: str) -> list[Claimant]:
        """Return the cause rules that may explain a symptom, ready to be asked."""
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


def load_rules(extra: list[tuple[str, str]] | None = None) -> RuleBase:
    """Load the rules that ship, then `extra` as (file name, YAML text). Raises RuleError with every fault found."""
    folder = resources.files("causeline.knowledge").joinpath("rules")
    files = sorted((f.name, f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".yaml"))
    return parse_rules([*files, *(extra or [])])


def parse_rules(files: list[tuple[str, str]]) -> RuleBase:
    """Read rules from (file name, YAML text). Raises RuleError with every fault: file, line, rule and field."""
    symptoms: dict[str, SymptomRule] = {}
    causes: dict[str, CauseRule] = {}
    places: dict[str, str] = {}
    faults: list[str] = []
    for file, text in files:
        for raw in _documents(file, text):
            is_symptom = "symptom" in raw
            name = str(raw.get("symptom") or raw.get("rule") or "without a name")
            try:
                rule = (SymptomRule if is_symptom else CauseRule).model_validate(raw)
            except ValidationError as error:
                faults += [_fault(file, raw, name, e) for e in error.errors()]
                continue
            known: dict[str, Any] = symptoms if is_symptom else causes
            place = f"{file}:{line_of(raw, ())}"
            if name in known and not rule.replaces:
                what = "symptom" if is_symptom else "rule"
                faults.append(
                    f"{place}: {what} {name}: defined twice, first in {places[name]}; `replaces: true` takes its place"
                )
            known[name] = rule
            places[name] = place
    faults += [
        f"{places.get(name, '')}: {text}" for name, text in _cross_check(list(symptoms.values()), list(causes.values()))
    ]
    if faults:
        raise RuleError("\n".join(faults))
    return RuleBase(list(symptoms.values()), list(causes.values()), places)


def _fault(file: str, raw: dict[str, Any], name: str, error: Any) -> str:
    where = ".".join(map(str, error["loc"])) or "rule"
    return f"{file}:{line_of(raw, error['loc'])}: rule {name}: {where}: {error['msg']}"


def _documents(name: str, text: str) -> list[dict[str, Any]]:
    try:
        loaded = load_lined(text) or []
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise RuleError(f"{name}: not YAML: {error}") from error
    if not isinstance(loaded, list) or not all(isinstance(r, dict) for r in loaded):
        raise RuleError(f"{name}: a list of rules is expected")
    return loaded


def _cross_check(symptoms: list[SymptomRule], causes: list[CauseRule]) -> list[tuple[str, str]]:
    names = {s.symptom for s in symptoms}
    faults = [
        (s.symptom, f"symptom {s.symptom}: an event clause needs where.reason")
        for s in symptoms
        for c in s.signs
        if c.sign == "event" and not c.where.get("reason")
    ]
    for cause in causes:
        said = [f"unknown symptom {s!r}" for s in cause.explains if s not in names]
        if cause.root not in ROOTS:
            said.append(f"unknown root {cause.root!r}; there are {', '.join(sorted(ROOTS))}")
        said += [f"unknown condition {c!r}" for c in cause.when if c.removeprefix("not ") not in CONDITIONS]
        said += [f"{c!r} and its opposite can't both hold" for c in cause.when if f"not {c}" in cause.when]
        faults += [(cause.rule, f"rule {cause.rule}: {text}") for text in said]
    return sorted(faults)
