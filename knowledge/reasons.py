"""Reasons: what each reason of an Event or a status is about, what it is, and how grave it is by itself.

Severity comes from reason, kind and message, never from an Event's type: Kubernetes writes NodeNotReady as Normal.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple

import re2
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from causeline.core.errors import RuleError
from causeline.core.results import Severity

Nature = Literal["context", "change", "symptom", "recovery", "unknown"]
Category = Literal[
    "image", "start", "probe", "resources", "scheduling", "volume", "storage", "workload", "autoscaling", "network",
    "node", "control-plane", "admission", "lifecycle",
]  # fmt: skip
FOLDER: Final = "catalogue"


class Reason(NamedTuple):
    """What a reason means; `source` is who writes it."""

    name: str
    source: str
    category: str
    nature: Nature
    severity: Severity


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _When(_Strict):
    match: str = ""
    kind: str = ""
    category: Category | None = None
    severity: Severity | None = None

    @field_validator("match")
    @classmethod
    def _is_re2(cls, value: str) -> str:
        try:
            re2.compile(value)
        except re2.error as error:
            raise ValueError(f"{value!r} is not RE2: {error}") from error
        return value


class _Entry(_Strict):
    source: str
    category: Category
    nature: Nature
    severity: Severity
    reasons: str
    when: list[_When] = []


class Scenario(_Strict):
    """A published scenario of diagnosis: the causes that answer it, or the input that it needs and we do not read."""

    causes: list[str] = []
    needs: str = ""


class ReasonBase:
    """All reasons that are known. Looking one up costs O(1), and a pattern for the few that mean several things."""

    def __init__(self, entries: Iterable[_Entry]) -> None:
        self.known: dict[str, Reason] = {}
        self._when: dict[str, list[tuple[_When, object]]] = {}
        for entry in entries:
            for name in entry.reasons.split():
                self.known[name] = Reason(name, entry.source, entry.category, entry.nature, entry.severity)
                if entry.when:
                    self._when[name] = [(w, re2.compile(w.match)) for w in entry.when]

    def read(self, name: str, kind: str = "", message: str = "") -> Reason:
        """Return what a reason means; one that nobody knows is `unknown` and info."""
        found = self.known.get(name)
        if found is None:
            return Reason(name, "unknown", "unknown", "unknown", "info")
        for when, pattern in self._when.get(name, ()):
            if when.kind in ("", kind) and pattern.search(message):  # type: ignore[attr-defined]
                severity, category = when.severity or found.severity, when.category or found.category
                return found._replace(severity=severity, category=category)
        return found


def parse_reasons(name: str, text: str) -> ReasonBase:
    """Read a catalogue. Raises RuleError with file, entry and field of every fault."""
    entries, faults = [], []
    for number, raw in enumerate(yaml.safe_load(text) or [], 1):
        try:
            entries.append(_Entry.model_validate(raw))
        except ValidationError as error:
            faults += [f"{name}: entry {number}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    if faults:
        raise RuleError("\n".join(faults))
    return ReasonBase(entries)


@cache
def shipped_reasons() -> ReasonBase:
    """Return the reasons that ship."""
    return parse_reasons("reasons.yaml", _shipped("reasons.yaml"))


def published_reasons() -> dict[str, list[str]]:
    """Return the reasons that each component is known to give, typed here or not, by who gives them."""
    raw: dict[str, str] = yaml.safe_load(_shipped("published.yaml"))
    return {source: names.split() for source, names in raw.items()}


def shipped_scenarios() -> dict[str, dict[str, Scenario]]:
    """Return the published scenarios, by list."""
    raw = yaml.safe_load(_shipped("scenarios.yaml"))
    return {group: {name: Scenario.model_validate(s) for name, s in found.items()} for group, found in raw.items()}


def _shipped(name: str) -> str:
    return resources.files("causeline.knowledge").joinpath(FOLDER, name).read_text("utf-8")
