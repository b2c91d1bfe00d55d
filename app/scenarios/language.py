"""The text of a scenario: what there is, what happens when, and what must come of it. docs/rules.md has the grammar."""

import inspect
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from causeline.app.scenarios.cluster import Cluster
from causeline.core.errors import ScenarioError

VERBS: Final = (
    "node", "deployment", "rollout", "pods", "scale", "service", "configmap", "object", "delete", "event", "lease",
    "scrape", "gap", "log",
)  # fmt: skip
"""Methods of Cluster."""
SECONDS_MAX: Final = 86_400.0
LINES_MAX: Final = 10_000
"""Longer files are no scenarios."""


@dataclass
class Step:
    """A verb and its arguments; `at` None: before the beginning."""

    line: int
    verb: str
    arguments: dict[str, Any]
    at: float | None = None
    every: float = 0.0
    until: float = 0.0

    def times(self) -> list[float]:
        """Return the seconds at which it happens."""
        if self.at is None:
            return []
        count = int((self.until - self.at) / self.every) + 1 if self.every > 0 and self.until > self.at else 1
        return [self.at + n * self.every for n in range(count)]


@dataclass
class Expectation:
    """What must be there: at a moment, within a time, or (both None) at the end; `incidents` None: this very one."""

    line: int
    text: str
    at: float | None = None
    within: float | None = None
    incidents: int | None = None
    cause: str = ""
    object: str = ""
    detail: str | None = None
    severity: str | None = None


@dataclass
class Scenario:
    """One story and what it must lead to."""

    file: str
    line: int
    name: str
    steps: list[Step] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    @property
    def end(self) -> float:
        """The last second that anything speaks of."""
        moments = [t for s in self.steps for t in s.times()]
        moments += [e.at or e.within or 0.0 for e in self.expectations]
        return max(moments, default=0.0)


def read_scenarios(path: Path) -> list[Scenario]:
    """Read a file. Raises ScenarioError with file and line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    if len(lines) > LINES_MAX:
        raise ScenarioError(f"{path}: more than {LINES_MAX} lines")
    return parse_scenarios(str(path), lines)


def parse_scenarios(file: str, lines: list[str]) -> list[Scenario]:
    """Read the lines of a file."""
    found: list[Scenario] = []
    for number, line in enumerate(lines, 1):
        try:
            words = [] if line.lstrip().startswith("#") else shlex.split(line)
            if words:
                _take(file, number, words, found)
        except (ValueError, IndexError, KeyError) as error:
            raise ScenarioError(f"{file}:{number}: {error or 'not understood'}") from error
    for scenario in found:
        if not scenario.expectations:
            raise ScenarioError(f"{file}:{scenario.line}: {scenario.name}: expects nothing")
    return found


def _take(file: str, number: int, words: list[str], found: list[Scenario]) -> None:
    if words[0] == "scenario":
        found.append(Scenario(file, number, words[1]))
        return
    if not found:
        raise ValueError('a scenario begins with: scenario "what happens"')
    match words:
        case ["given", verb, *rest]:
            found[-1].steps.append(Step(number, verb, _arguments(verb, rest)))
        case ["at", at, "every", every, "until", until, verb, *rest]:
            step = Step(number, verb, _arguments(verb, rest), _seconds(at), _seconds(every), _seconds(until))
            found[-1].steps.append(step)
        case ["at", at, verb, *rest]:
            found[-1].steps.append(Step(number, verb, _arguments(verb, rest), _seconds(at)))
        case ["expect", *rest]:
            found[-1].expectations.append(_expectation(number, rest))
        case _:
            raise ValueError(f"{words[0]!r}: given, at or expect is expected")


def _arguments(verb: str, words: list[str]) -> dict[str, Any]:
    """Read `NAME key=value …`; the first word without `=` is the verb's first parameter."""
    if verb not in VERBS:
        raise ValueError(f"no verb {verb!r}; there are {', '.join(VERBS)}")
    taken = inspect.signature(getattr(Cluster, verb)).parameters
    names = [name for name, p in taken.items() if name != "self" and p.kind != p.VAR_KEYWORD]
    takes_any = any(p.kind == p.VAR_KEYWORD for p in taken.values())
    found: dict[str, Any] = {}
    for word in words:
        key, mark, value = word.partition("=")
        if mark and (key in names or (takes_any and found)):
            found[key] = _value(value)
        elif not found and names:
            found[names[0]] = word
        else:
            raise ValueError(f"{verb} takes {', '.join(names)}, not {word!r}")
    return found


def _value(text: str) -> Any:
    """Read a list, a mapping, a number or a boolean; anything else is a text."""
    if text[:1] == "{" and text[-1:] != "}":
        raise ValueError(f'{text!r}: a mapping with blanks stands in quotes, as in selector="{{app: web}}"')
    is_data = text[:1] in ("[", "{") or text in ("true", "false") or text.replace(".", "", 1).isdigit()
    found = yaml.safe_load(text) if is_data else text
    if isinstance(found, dict) and None in found.values():
        raise ValueError(f'{text!r}: after each colon a blank is expected, as in "{{app: web}}"')
    return found


def _seconds(text: str) -> float:
    seconds = float(text.removesuffix("s"))
    if not 0 <= seconds <= SECONDS_MAX:
        raise ValueError(f"{text}: between 0 and {SECONDS_MAX:.0f} seconds is expected")
    return seconds


def _expectation(number: int, words: list[str]) -> Expectation:
    wanted = Expectation(number, " ".join(words))
    if words[0] == "within":
        wanted.within, words = _seconds(words[1]), words[2:]
    elif words[0] == "at":
        wanted.at, words = None if words[1] == "end" else _seconds(words[1]), words[2:]
    match words:
        case ["no", "incident"]:
            wanted.incidents = 0
        case [count, "incident" | "incidents"] if count.isdigit():
            wanted.incidents = int(count)
        case ["incident", cause, "on", place, *rest]:
            wanted.cause, wanted.object = cause, place
            pairs = dict(zip(rest[::2], rest[1::2], strict=True))
            wanted.detail, wanted.severity = pairs.pop("detail", None), pairs.pop("severity", None)
            if pairs:
                raise ValueError(f"{', '.join(pairs)}: detail or severity is expected")
        case _:
            raise ValueError(
                "expected: [within Ns | at Ns] incident CAUSE on KIND/NS/NAME, N incidents, or no incident"
            )
    return wanted
