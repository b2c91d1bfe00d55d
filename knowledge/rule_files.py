"""Rule files: YAML -> RuleBase, with every fault told by file, line, rule and field."""

import difflib
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any

import yaml
from pydantic import ValidationError

from causeline.core.errors import RuleError
from causeline.knowledge.conditions import CONDITIONS
from causeline.knowledge.roots import ROOTS
from causeline.knowledge.rule import CauseRule, SymptomRule
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.sign import SIGNS, attributes
from causeline.knowledge.yaml_lines import line_of, load_lined


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
            if name not in known and rule.replaces:
                faults.append(f"{place}: {name}: replaces nothing{_nearest(name, known)}")
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


def _unknown_words(rule: SymptomRule) -> Iterator[str]:
    """Yield the signs and attributes that a rule asks for and that there are not: it would never see one."""
    for clause in rule.signs:
        if clause.sign not in SIGNS:
            yield f"unknown sign {clause.sign!r}{_nearest(clause.sign, SIGNS)}"
            continue
        known = attributes(clause.sign)
        for name in {**clause.where, **clause.match}:
            if name not in known:
                yield f"{clause.sign} has no attribute {name!r}{_nearest(name, known)}"
    for example in rule.examples:
        if example.sign not in SIGNS:
            yield f"example: unknown sign {example.sign!r}{_nearest(example.sign, SIGNS)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; is {close[0]!r} meant?" if close else f"; there are {', '.join(sorted(known))}"


def _cross_check(symptoms: list[SymptomRule], causes: list[CauseRule]) -> list[tuple[str, str]]:
    names = {s.symptom for s in symptoms}
    faults = [
        (s.symptom, f"symptom {s.symptom}: an event clause needs where.reason")
        for s in symptoms
        for c in s.signs
        if c.sign == "event" and not c.where.get("reason")
    ]
    faults += [(s.symptom, f"symptom {s.symptom}: {text}") for s in symptoms for text in _unknown_words(s)]
    for cause in causes:
        conditions = [c.removeprefix("not ") for c in cause.when]
        said = [f"unknown symptom {s!r}" for s in cause.explains if s not in names]
        if cause.root not in ROOTS:
            said.append(f"unknown root {cause.root!r}{_nearest(cause.root, ROOTS)}")
        said += [f"unknown condition {c!r}{_nearest(c, CONDITIONS)}" for c in conditions if c not in CONDITIONS]
        said += [f"{c!r} and its opposite can't both hold" for c in cause.when if f"not {c}" in cause.when]
        faults += [(cause.rule, f"rule {cause.rule}: {text}") for text in said]
    return sorted(faults)
