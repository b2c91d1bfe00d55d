"""`causeline rules` and `causeline diagnose` as a user calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from causeline.app.cli import app
from causeline.core.errors import DiagnosisError, RuleError, ScenarioError
from causeline.knowledge.reasons import parse_reasons, published_reasons, shipped_reasons, shipped_scenarios
from causeline.knowledge.rule_files import load_rules, parse_rules
from tests.diagnosis.registry import FAULTS
from tests.diagnosis.shop import Shop

ROOT = Path(__file__).parents[2]
RULES_D = ROOT / "configs" / "rules.d"


def called(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_coverage_counts_reasons_by_source_and_scenarios_with_what_they_need() -> None:
    found = json.loads(called("rules", "coverage", "--json").stdout)
    assert found["reasons"]["kubelet, about pods"] == {"covered": 39, "of": 39, "missing": []}
    assert sum(source["of"] for source in found["reasons"].values()) > 220
    assert found["scenarios"]["pod"]["of"] == 13
    assert found["scenarios"]["pod-ai"]["of"] == 7
    assert "ECS status" in found["scenarios"]["node-ai"]["needs"]


def test_every_published_reason_is_typed() -> None:
    known = shipped_reasons().known
    assert {n for names in published_reasons().values() for n in names} - set(known) == set()


def test_every_scenario_names_causes_that_rules_have_or_what_it_needs() -> None:
    causes = {r.cause for r in load_rules().causes}
    for group in shipped_scenarios().values():
        for name, scenario in group.items():
            assert bool(scenario.causes) != bool(scenario.needs), name
            assert set(scenario.causes) <= causes, name


@pytest.mark.parametrize(
    ("reason", "kind", "message", "severity"),
    [
        ("NodeNotReady", "Node", "", "critical"),
        ("NodeNotReady", "Pod", "", "warning"),
        ("SYncRouteFailed", "Node", "", "warning"),
        ("SyncRouteFailed", "Node", "", "warning"),
        ("DeteleNodeFailed", "Node", "", "warning"),
        ("AllocResourceFailed", "Pod", "IpNotEnough in vswitch", "critical"),
        ("Scheduled", "Pod", "", "info"),
        ("NeverHeardOf", "Pod", "", "info"),
    ],
)
def test_severity_comes_from_reason_kind_and_message(reason: str, kind: str, message: str, severity: str) -> None:
    assert shipped_reasons().read(reason, kind, message).severity == severity


def test_a_reason_that_nobody_knows_is_typed_unknown_and_shown(tmp_path: Path) -> None:
    shop = Shop(1)
    shop.event("Pod", shop.pods_of(shop.names[0])[0], "Bewildered", "?", count=1)
    shop.write(tmp_path)
    assert shipped_reasons().read("Bewildered").nature == "unknown"
    shown = json.loads(called("rules", "unknown", str(tmp_path), "--json").stdout)
    assert [(u["reason"], u["count"]) for u in shown] == [("Bewildered", 1)]


def test_a_faulty_catalogue_is_refused_with_entry_and_field() -> None:
    with pytest.raises(RuleError) as caught:
        parse_reasons("mine.yaml", "- {source: x, category: colour, nature: symptom, severity: info, reasons: A}")
    assert "mine.yaml: entry 1: category" in str(caught.value)


def test_the_example_of_the_rules_folder_does_what_it_says(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"rules: {{dir: {RULES_D}}}\n")
    done = called("rules", "test", "--config", str(config))
    assert done.exit_code == 0, done.output
    assert "example.scenario: 1" in done.stdout


def test_a_rule_test_that_fails_says_where_and_exits_with_1(tmp_path: Path) -> None:
    story = tmp_path / "mine.scenario"
    story.write_text('scenario "x"\ngiven node n1\nat 5s node n1\nexpect incident bad-image on Deployment/a/b\n')
    done = called("rules", "test", str(story))
    assert done.exit_code == 1
    assert "mine.scenario:4: x: expected" in done.stdout


def test_a_path_that_is_not_there_is_refused() -> None:
    assert isinstance(called("rules", "test", "/nowhere.scenario").exception, ScenarioError)


SYMPTOM = "- {symptom: mine, text: x, signs: [{sign: log}], examples: [{sign: log, attrs: {}}]}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "- symptom: a\n  text: x\n  signs:\n    - {sign: event, where: {reason: [A]}, match: {message: '(a'}}\n  examples: [{sign: event, attrs: {}}]\n",
            "f:4: rule a: signs.0.match: ",
        ),
        (
            "- symptom: a\n  text: x\n  colour: red\n  signs: [{sign: log}]\n  examples: [{sign: log, attrs: {}}]\n",
            "f:3: rule a: colour: ",
        ),
        (SYMPTOM + SYMPTOM, "f:2: symptom mine: defined twice, first in f:1"),
        (
            SYMPTOM + "- {rule: r, cause: c, explains: {mine: 2}, root: workload, title: t, remedy: r}\n",
            "f:2: rule r: rule: ",
        ),
        (
            SYMPTOM + "- {rule: r, cause: c, explains: {mine: 0.5}, root: moon, title: t, remedy: r}\n",
            "f:2: rule r: unknown root 'moon'",
        ),
        (
            SYMPTOM
            + "- {rule: r, cause: c, explains: {mine: 0.5}, root: workload, when: [was-oom, not was-oom], title: t, remedy: r}\n",
            "can't both hold",
        ),
        ("a: &a [x]\nb: [" + ", ".join(["*a"] * 200) + "]\n", "more than 100 aliases"),
    ],
)
def test_a_faulty_rule_is_refused_with_file_line_and_field(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rules([("f", text)])
    assert said in str(caught.value)


def test_a_rule_may_take_the_place_of_one_that_ships_if_it_says_so() -> None:
    mine = "- {symptom: node-oom, replaces: true, text: mine, subject: self, signs: [{sign: log}], examples: [{sign: log, attrs: {}}]}\n"
    assert load_rules([("mine", mine)]).symptoms["node-oom"].text == "mine"


def test_rules_that_hide_or_contradict_others_are_told() -> None:
    cause = "- {rule: %s, cause: %s, explains: {mine: 0.5}, root: workload, title: t, remedy: r}\n"
    later = SYMPTOM.replace("mine", "later")
    said = "\n".join(parse_rules([("f", SYMPTOM + later + cause % ("a", "x") + cause % ("b", "y"))]).warnings())
    assert "symptom mine takes every log" in said
    assert "rule b says y where a (f:3) says x" in said


def test_the_rules_that_ship_hide_and_contradict_nothing() -> None:
    assert load_rules().warnings() == []


def test_a_message_of_a_megabyte_or_of_another_language_costs_little(tmp_path: Path) -> None:
    shop = Shop(2)
    pod = shop.pods_of(shop.names[0])[0]
    for text in ("失敗: " + "x" * 1_000_000, "не удалось запустить контейнер", "0/3 nodes are available: " * 40_000):
        for reason in ("Failed", "FailedScheduling", "FailedMount", "Unhealthy"):
            shop.event("Pod", pod, reason, text)
    shop.write(tmp_path)
    assert called("replay", str(tmp_path), "--json").exit_code == 0


def test_diagnose_of_a_snapshot_names_the_cause_and_what_was_not_judged(tmp_path: Path) -> None:
    shop = Shop(3)
    truth = FAULTS["quota_cpu"](shop, 0)
    shop.write(tmp_path)
    found = json.loads(called("diagnose", "--recording", str(tmp_path), "--json").stdout)
    assert found["incidents"][0]["suspects"][0]["cause"] == truth.cause
    assert "metrics" in {m["input"] for m in found["missing"]}
    text = called("diagnose", "--recording", str(tmp_path)).stdout
    assert "Not judged, for want of input:" in text


def test_diagnose_of_one_object_tells_what_concerns_it(tmp_path: Path) -> None:
    shop = Shop(4)
    FAULTS["bad_tag"](shop, 1)
    shop.write(tmp_path)
    hit, fine = (f"deployment/{shop.ns}/{shop.names[n]}" for n in (1, 3))
    assert "bad-image" in called("diagnose", hit, "--recording", str(tmp_path)).stdout
    assert "Nothing wrong was found" in called("diagnose", fine, "--recording", str(tmp_path)).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["web"], "KIND/NAMESPACE/NAME is expected"),
        (["Deployment/shop/nobody"], "not seen"),
        (["--at", "yesterday"], "unix seconds or a time"),
        (["--at", "2026-01-01T00:00:00"], "without a zone"),
        (["--at", "5"], "nothing was seen before"),
    ],
)
def test_diagnose_says_what_is_wrong_with_the_question(tmp_path: Path, arguments: list[str], said: str) -> None:
    Shop(5).write(tmp_path)
    raised = called("diagnose", *arguments, "--recording", str(tmp_path)).exception
    assert isinstance(raised, DiagnosisError)
    assert said in str(raised)
