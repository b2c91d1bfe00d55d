"""`causeline rules test`: the examples inside the rules, and scenarios."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from causeline.app.scenarios.language import read_scenarios
from causeline.app.scenarios.play import play
from causeline.app.wire import read_rules
from causeline.core.config import Settings
from causeline.core.errors import ScenarioError
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.sign import Sign


class Failure(msgspec.Struct, frozen=True):
    """What did not come out as it was said to: where it stands, what was expected, what was got."""

    place: str
    what: str
    expected: str
    got: str


def run_rule_tests(settings: Settings, paths: Sequence[Path]) -> tuple[dict[str, int], list[Failure]]:
    """Return how many examples and expectations were run, by file, and the failures.

    Raises RuleError or ScenarioError.
    """
    base = read_rules(settings).base
    failures = list(_examples(base))
    causes = {rule.cause for rule in base.causes} | {"unknown"}
    ran = {"examples in rules": sum(len(rule.examples) for rule in base.symptoms.values())}
    for path in _files([*paths, *([settings.rules.dir] if settings.rules.dir is not None else [])], bool(paths)):
        ran[str(path)] = 0
        for scenario in read_scenarios(path):
            ran[str(path)] += len(scenario.expectations)
            for wanted in scenario.expectations:
                if wanted.cause and wanted.cause not in causes:
                    raise ScenarioError(f"{path}:{wanted.line}: no rule names the cause {wanted.cause!r}")
            for wanted, got in play(base, scenario):
                failures.append(Failure(f"{path}:{wanted.line}", scenario.name, wanted.text, got))
    return ran, failures


def _files(paths: Sequence[Path], is_named: bool) -> Iterator[Path]:
    for path in paths:
        expanded = path.expanduser()
        if expanded.is_dir():
            yield from sorted(expanded.rglob("*.scenario"))
        elif expanded.is_file() or is_named:
            if not expanded.is_file():
                raise ScenarioError(f"{path}: no such file or folder")
            yield expanded


def _examples(base: RuleBase) -> Iterator[Failure]:
    for rule in base.symptoms.values():
        for number, example in enumerate(rule.examples, 1):
            named = base.name(Sign(example.sign, example.attrs))
            got = named[0].symptom if named is not None else "no symptom"
            if got != rule.symptom:
                yield Failure(base.place(rule), f"{rule.symptom}: example {number}", rule.symptom, got)
            elif named is not None:
                yield from _attributes(base, rule, number, example.expect, named[1])


def _attributes(
    base: RuleBase, rule: SymptomRule, number: int, expect: dict[str, str], got: dict[str, str]
) -> Iterator[Failure]:
    for key, value in expect.items():
        if got.get(key) != value:
            what = f"{rule.symptom}: example {number}: {key}"
            yield Failure(base.place(rule), what, value, str(got.get(key)))
