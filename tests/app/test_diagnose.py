"""`causeline diagnose`: what it says when it could see nothing, or not all, and how objects are named."""

from pathlib import Path

import pytest

from causeline.app.diagnosing import parse_object
from causeline.app.inputs import Inputs
from causeline.core.errors import DiagnosisError
from causeline.core.observations import StreamMark
from causeline.core.refs import ObjectRef
from tests.app.conftest import Cli, Recording
from tests.app.small_recording import T0

NOBODY = """{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: "http://127.0.0.1:9"}}],
contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {}}]}"""


def test_a_cluster_that_does_not_answer_is_no_cluster_without_faults(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(NOBODY)
    done = cli("diagnose", "--kubeconfig", tmp_path / "kubeconfig")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "http://127.0.0.1:9: nothing could be listed" in done.stderr


def test_after_the_end_of_a_recording_nothing_is_known(cli: Cli, recording: Recording) -> None:
    done = cli("diagnose", "--recording", recording(), "--at", "2090-01-01T00:00:00Z")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name an earlier --at" in done.stderr


def test_a_part_of_the_recording_is_judged_as_of_its_moment(cli: Cli, recording: Recording) -> None:
    done = cli("diagnose", "--recording", recording(), "--at", str(T0))
    assert done.returncode == 0, done.stderr


def test_what_concerns_a_namespace_or_the_service_before_a_workload_is_shown(cli: Cli, recording: Recording) -> None:
    folder = recording()
    for about in ("ns/shop", "deploy/shop/web", "deployments/shop/web"):
        assert "bad-image" in cli("diagnose", about, "--recording", folder).stdout, about


def test_a_refused_list_is_missing_with_the_answer_and_one_that_ended_empty_is_not() -> None:
    inputs = Inputs()
    inputs.note(StreamMark(1.0, "nodes", "ERROR", "nodes is forbidden"))
    inputs.note(StreamMark(1.0, "leases", "BOOKMARK", "list-end"))
    missing = {m.input: m.why for m in inputs.missing()}
    assert missing["nodes"] == "nodes is forbidden"
    assert missing["pods"] == ""
    assert "leases" not in missing


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("deploy/shop/web", ObjectRef("Deployment", "shop", "web")),
        ("services/shop/web", ObjectRef("Service", "shop", "web")),
        ("NetworkPolicies/shop/x", ObjectRef("NetworkPolicy", "shop", "x")),
        ("no/n1", ObjectRef("Node", None, "n1")),
        ("Widget/shop/x", ObjectRef("Widget", "shop", "x")),
    ],
)
def test_kinds_may_be_short_plural_and_in_any_case(text: str, ref: ObjectRef) -> None:
    assert parse_object(text) == ref


@pytest.mark.parametrize("text", ["web", "a/b/c/d", "/x", "Pod//x"])
def test_what_names_no_object_is_refused(text: str) -> None:
    with pytest.raises(DiagnosisError, match="is expected"):
        parse_object(text)
