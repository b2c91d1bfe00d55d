"""The rule base that ships, and how a faulty one is refused."""

from pathlib import Path

import pytest

from causeline.core.errors import RuleError
from causeline.knowledge.conditions import CONDITIONS
from causeline.knowledge.messages.scheduling import Refusal, read_refusal
from causeline.knowledge.quantities import quantity, registry_host
from causeline.knowledge.roots import ROOTS
from causeline.knowledge.rule_files import load_rules
from causeline.knowledge.sign import SIGNS, Sign

RULES = load_rules()
EXAMPLES = [(r, e) for r in RULES.symptoms.values() for e in r.examples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{r.symptom}-{i}" for i, (r, _) in enumerate(EXAMPLES)])
def test_each_rule_reads_its_own_examples(rule, example) -> None:
    named = RULES.name(Sign(example.sign, example.attrs))
    assert named is not None
    assert named[0].symptom == rule.symptom
    assert {k: named[1].get(k) for k in example.expect} == example.expect


def test_every_primary_symptom_has_a_cause_that_explains_it() -> None:
    assert [s.symptom for s in RULES.symptoms.values() if s.role == "primary" and not RULES.by_symptom[s.symptom]] == []


@pytest.mark.parametrize(
    "cause",
    [
        "bad-image",
        "missing-image-pull-secret",
        "registry-outage",
        "config-change-crashloop",
        "crashloop-runtime",
        "oom-killed",
        "liveness-failing",
        "readiness-failing",
        "missing-dependency-mount",
        "insufficient-capacity",
        "scheduling-constraints",
        "quota-exceeded",
        "node-not-ready",
        "node-runtime-down",
        "disk-pressure",
        "control-plane-restart",
        "service-selector-mismatch",
        "scaled-to-zero",
        "job-failing",
        "namespace-deletion",
        "event-storm",
    ],
)
def test_every_cause_of_the_recordings_has_a_rule(cause: str) -> None:
    assert any(r.cause == cause for r in RULES.causes)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "- {symptom: s, text: t, signs: [{sign: pod.waiting, match: {message: '(a+'}}], examples: [{sign: x, attrs: {}}]}",
            "not RE2",
        ),
        (
            "- {symptom: s, text: t, signs: [{sign: pod.waiting, match: {message: '(?=a)b'}}], examples: [{sign: x, attrs: {}}]}",
            "not RE2",
        ),
        ("- {symptom: s, text: t, signs: [{sign: event}], examples: [{sign: x, attrs: {}}]}", "needs where.reason"),
        ("- {rule: r, cause: c, explains: {no-such: 0.5}, root: workload, title: t, remedy: r}", "unknown symptom"),
        ("- {rule: r, cause: c, explains: {container-oom: 1.5}, root: workload, title: t, remedy: r}", "not in (0, 1]"),
        ("- {rule: r, cause: c, explains: {container-oom: 0.5}, root: nobody, title: t, remedy: r}", "unknown root"),
        (
            "- {rule: r, cause: c, explains: {container-oom: 0.5}, root: workload, when: [moon-is-full], title: t, remedy: r}",
            "unknown condition",
        ),
        ("- {symptom: container-oom, text: t, signs: [{sign: x}], examples: [{sign: x, attrs: {}}]}", "defined twice"),
        ("- {symptom: s, surprise: 1}", "surprise"),
        (
            "- {rule: r, cause: c, explains: {container-oom: 0.5}, root: workload, title: '{object.__class__}', remedy: r}",
            "not the name",
        ),
        (
            "- {rule: r, cause: c, explains: {container-oom: 0.5}, root: workload, title: '{n:>99999999}', remedy: r}",
            "not the name",
        ),
        ("[" * 20_000, "not YAML"),
        ("just text", "a list of rules"),
        ("- [", "not YAML"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_file_and_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=r"mine\.yaml|defined|rule|symptom") as caught:
        load_rules([("mine.yaml", text)])
    assert complaint in str(caught.value)


def test_a_message_of_a_megabyte_is_matched_in_linear_time() -> None:
    attrs = {"reason": "FailedMount", "kind": "Pod", "message": 'configmap "' + "a" * 1_000_000}
    assert RULES.name(Sign("event", attrs)) is None


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (
            "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
            Refusal("insufficient", "cpu", 3),
        ),
        (
            "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient memory. preemption: 0/4",
            Refusal("insufficient", "memory", 3),
        ),
        (
            "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 node(s) didn't match Pod's node affinity/selector.",
            Refusal("constraint", "node-affinity", 3),
        ),
        ("0/3 nodes are available: 3 node(s) had untolerated taint(s). preemption", Refusal("constraint", "taint", 3)),
        (
            "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't match pod anti-affinity rules.",
            Refusal("constraint", "pod-anti-affinity", 2),
        ),
        ("0/2 nodes are available: 2 node(s) were unschedulable.", Refusal("constraint", "cordon", 2)),
        ('0/3 nodes are available: persistentvolumeclaim "disk" not found.', Refusal("claim-missing", "disk", 0)),
        ("running PreBind plugin: something new", Refusal("other", "", 0)),
        ("", Refusal("other", "", 0)),
    ],
)
def test_the_scheduler_is_read_clause_by_clause(message: str, refusal: Refusal) -> None:
    assert read_refusal(message) == refusal


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("nginx", "docker.io"),
        ("library/nginx:1", "docker.io"),
        ("Registry.Example/a/b:v1", "registry.example"),
        ("localhost/a", "localhost"),
        ("localhost:5000/a", "localhost:5000"),
        ("r.example:5000/a@sha256:00", "r.example:5000"),
        ("", ""),
    ],
)
def test_the_registry_is_read_from_the_image_reference(image: str, host: str) -> None:
    assert registry_host(image) == host


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250m", 0.25),
        ("2", 2),
        ("1Gi", 2**30),
        ("1.5k", 1500),
        ("much", 0),
        ("", 0),
        ("2Pi", 2**51),
        ("1e3", 1000),
        ("1E", 1e18),
        ("1.2.3", 0),
        ("9Zi", 0),
    ],
)
def test_quantities_are_numbers(text: str, value: float) -> None:
    assert quantity(text) == pytest.approx(value)


def test_remedies_and_titles_are_said_by_every_cause() -> None:
    assert all(r.title and r.remedy for r in RULES.causes)


@pytest.mark.parametrize("name", [*ROOTS, *CONDITIONS])
def test_the_reference_names_every_root_and_condition(name: str) -> None:
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "signs: [{sign: pod.crsh}], examples: [{sign: pod.crash, attrs: {}}]",
            "unknown sign 'pod.crsh'; is 'pod.crash'",
        ),
        (
            "signs: [{sign: pod.crash, where: {reson: [x]}}], examples: [{sign: pod.crash, attrs: {}}]",
            "is 'reason' meant",
        ),
        ("signs: [{sign: pod.crash}], examples: [{sign: pod.crsh, attrs: {}}]", "example: unknown sign"),
        ("replaces: true, signs: [{sign: pod.crash}], examples: [{sign: pod.crash, attrs: {}}]", "replaces nothing"),
    ],
)
def test_a_rule_that_asks_for_what_there_is_not_is_refused(wrong: str, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        load_rules([("mine.yaml", f"- {{symptom: mine, text: t, {wrong}}}")])


@pytest.mark.parametrize("sign", SIGNS)
def test_the_reference_names_every_attribute_of_a_sign(sign: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
    line = next(part for part in text.splitlines() if part.startswith("| `") and f"`{sign}`" in part)
    assert {a for a in SIGNS[sign] if f"`{a}`" not in line} == set()


@pytest.mark.parametrize(
    "name", sorted({s.sign for r in RULES.symptoms.values() for s in r.signs if not s.sign.startswith("log.")})
)
def test_the_reference_names_every_sign(name: str) -> None:
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


@pytest.mark.parametrize("name", [*ROOTS, *CONDITIONS])
def test_every_root_and_condition_is_used_by_a_rule(name: str) -> None:
    assert any(name == r.root or name in [w.removeprefix("not ") for w in r.when] for r in RULES.causes)


def test_the_readme_lists_every_class_of_causes() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    causes = {rule.cause for rule in RULES.causes} - {"unknown"}
    assert not [cause for cause in sorted(causes) if f"`{cause}`" not in readme]


def test_a_remedy_is_told_as_it_is_written_so_it_has_no_place_to_fill() -> None:
    assert not [r.rule for r in RULES.causes if "{" in r.remedy]
