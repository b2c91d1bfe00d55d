"""The rule language: what a sign means (SymptomRule) and what explains a symptom (CauseRule).

Rules are data: YAML files read once, checked whole, all faults reported with file and rule. Patterns are RE2, so no
pattern and no message can make matching take more than linear time.
"""

from string import Formatter
from typing import Annotated, Final, Literal

import re2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

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

    `root` and `when` name functions of roots/ and conditions.py; a condition may be negated with a leading `not `.
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
    vague: bool = False
    """It says what the subject shows, and not why: what is wrong with a dependency explains more, however far it is."""

    @model_validator(mode="after")
    def _weights_in_range(self) -> "CauseRule":
        for symptom, weight in self.explains.items():
            if not 0 < weight <= 1:
                raise ValueError(f"weight of {symptom!r} is {weight}, not in (0, 1]")
        return self


SILENT: Final = frozenset({"supporting", "latent"})
"""Roles that neither open an incident, nor date it, nor keep it open."""
