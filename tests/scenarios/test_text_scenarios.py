"""Scenarios as text: those that ship, those of ours, and what is said of a faulty one."""

from pathlib import Path

import pytest

from causeline.app.scenarios.language import parse_scenarios, read_scenarios
from causeline.app.scenarios.play import play
from causeline.core.errors import ScenarioError
from causeline.knowledge.rule_files import load_rules

RULES = load_rules()
FILES = sorted(Path(__file__).parent.glob("*.scenario"))
SCENARIOS = [s for f in FILES for s in read_scenarios(f)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s.name for s in SCENARIOS])
def test_a_story_that_hit_users_of_other_tools_is_told_right_here(scenario) -> None:
    assert [(e.text, got) for e, got in play(RULES, scenario)] == []


def test_an_expectation_that_does_not_hold_says_what_there_was() -> None:
    lines = ['scenario "x"', "given node n1", "at 5s node n1", "expect at 5s incident bad-image on Deployment/a/b"]
    ((wanted, got),) = play(RULES, parse_scenarios("f", lines)[0])
    assert wanted.line == 4
    assert got == "no incident"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["given node n1"], "f:1: a scenario begins with"),
        (['scenario "x"', "given nodes n1", "expect no incident"], "f:2: no verb 'nodes'"),
        (['scenario "x"', "at soon node n1", "expect no incident"], "f:2: could not convert"),
        (['scenario "x"', "given node n1 colour=red", "expect no incident"], "f:2: node takes name"),
        (['scenario "x"', "expect within 5s trouble"], "f:2: expected:"),
        (['scenario "x"', 'given node "n1'], "f:2: No closing quotation"),
        (['scenario "x"', "given node n1"], "f:1: x: expects nothing"),
        (['scenario "x"', "at 99999999s node n1", "expect no incident"], "f:2: 99999999s: between 0 and 86400"),
    ],
)
def test_a_faulty_scenario_is_refused_with_file_and_line(lines, said) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenarios("f", lines)
    assert str(caught.value).startswith(said)
