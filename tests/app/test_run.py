"""`causeline run` and `record` against an API server of our own: kept before judged, stopped in order, resumed."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from causeline.app.system_clock import SystemClock
from tests.app.conftest import Cli, command, environment
from tests.app.small_recording import FAILED, deployment, event, pod, replica_set
from tests.sources.scripted_api import HOLD, Answer, ScriptedApi, line, page, scripted_api


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as made:
        yield made


@pytest.fixture
def kubeconfig(api: ScriptedApi, tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(
        yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api.url}}], "users": [{"name": "u", "user": {}}],
        })
    )  # fmt: skip
    return path


def roll_out_a_missing_image(api: ScriptedApi) -> None:
    old, new = "registry.lab/shop/web:v1", "registry.lab/shop/web:v2"
    now = SystemClock().now()
    api.on_list(page(5, deployment(old, "1")), path="/apis/apps/v1/deployments")
    api.on_list(page(5, replica_set("web-old")), path="/apis/apps/v1/replicasets")
    api.on_list(page(5, pod("web-old-1", "web-old", old, None)))
    api.on_watch(0.5, line("MODIFIED", deployment(new, "6")), HOLD, path="/apis/apps/v1/deployments")
    api.on_watch(0.6, line("ADDED", replica_set("web-new")), HOLD, path="/apis/apps/v1/replicasets")
    waiting = pod("web-new-1", "web-new", new, "ErrImagePull")
    later = pod("web-old-1", "web-old", old, None)
    later["metadata"]["resourceVersion"] = "9"
    api.on_watch(0.8, line("ADDED", waiting), 3.0, line("MODIFIED", later), HOLD)

    api.on_watch(0.9, line("ADDED", event("e1", now, "web-new-1", "Failed", FAILED)), HOLD, path="/api/v1/events")


def document(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_run_says_and_stores_the_incident_and_goes_on_after_a_restart(
    cli: Cli, api: ScriptedApi, kubeconfig: Path
) -> None:
    roll_out_a_missing_image(api)
    done = cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "6")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "image registry.lab/shop/web:v2 is not in the registry" in done.stdout
    first = document(cli("incidents", "--data", "d", "--json"))
    assert [i["suspects"][0]["cause"] for i in first["incidents"]] == ["bad-image"]
    lists = len(api.lists())
    again = cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "2")
    assert (again.returncode, again.stderr.count("\n")) == (0, 1)
    assert len(api.lists()) == lists, "it listed again though its position was kept"
    second = document(cli("incidents", "--data", "d", "--json"))
    assert [i["id"] for i in second["incidents"]] == [i["id"] for i in first["incidents"]]
    assert second["stats"]["events"] == first["stats"]["events"]


def test_a_killed_run_loses_nothing_that_was_acknowledged(
    cli: Cli, api: ScriptedApi, kubeconfig: Path, tmp_path: Path
) -> None:
    roll_out_a_missing_image(api)
    process = subprocess.Popen(
        command("run", "--kubeconfig", kubeconfig, "--data", "d"), env=environment(), cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()  # the incident is out
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "3").returncode == 0
    found = document(cli("incidents", "--data", "d", "--json"))
    assert [i["suspects"][0]["cause"] for i in found["incidents"]] == ["bad-image"]
    assert found["stats"]["events"] == 1
    assert [e["uid"] for e in document(cli("events", "--data", "d", "--json"))["events"]] == ["e1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_order(
    api: ScriptedApi, kubeconfig: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        command("run", "--kubeconfig", kubeconfig, "--data", "d"), env=environment(), cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not api.watches() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors.count(b"\n")) == (0, 1)
    assert b"watching http://127.0.0.1" in errors
    assert (tmp_path / "d" / "checkpoint.db").exists()


def test_a_recording_of_a_cluster_can_be_replayed(cli: Cli, api: ScriptedApi, kubeconfig: Path) -> None:
    roll_out_a_missing_image(api)
    done = cli("record", "rec", "--kubeconfig", kubeconfig, "--for", "5")
    assert done.returncode == 0, done.stderr
    found = document(cli("replay", "rec", "--json"))
    assert [i["suspects"][0]["cause"] for i in found["incidents"]] == ["bad-image"]
    assert cli("record", "rec", "--kubeconfig", kubeconfig, "--for", "1").returncode == 2


def test_targets_are_scraped_and_recorded(cli: Cli, api: ScriptedApi, kubeconfig: Path) -> None:
    api.on_list(Answer(200, b"up 1\nload 2\n"), path="/metrics")
    target = ("--kubeconfig", kubeconfig, "--target", f"m={api.url}/metrics", "--target", f"gone={api.url}/none")
    assert cli("run", "--data", "d", "--for", "2", *target).returncode == 0
    assert document(cli("incidents", "--data", "d", "--json"))["stats"]["samples"] == 2
    assert cli("record", "rec", "--for", "2", *target).returncode == 0
    assert document(cli("replay", "rec", "--json"))["stats"]["samples"] == 2


def test_what_is_refused_or_unreachable_is_said_once(cli: Cli, api: ScriptedApi, kubeconfig: Path) -> None:
    api.on_list(Answer(403, {"message": "pods is forbidden: \x1b[31m"}))
    done = cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "2")
    assert done.returncode == 0
    assert done.stderr.count("pods is forbidden") == 1
    assert "\x1b" not in done.stderr
    kubeconfig.write_text(kubeconfig.read_text().replace(api.url, "http://127.0.0.1:9"))
    done = cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "2")
    assert done.returncode == 0
    assert done.stderr.count("no connection") == 1


def test_credentials_that_are_refused_end_a_run(cli: Cli, api: ScriptedApi, kubeconfig: Path) -> None:
    for path in ("/api/v1/pods", "/api/v1/events"):
        api.on_list(Answer(401, {"message": "Unauthorized"}), path=path)
    done = cli("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "20")
    assert done.returncode == 2
    assert "credentials" in done.stderr


def test_a_cluster_that_is_not_there_is_one_line(cli: Cli, tmp_path: Path) -> None:
    done = cli("run", "--kubeconfig", tmp_path / "none", "--data", "d")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_store_in_use_is_one_line(cli: Cli, api: ScriptedApi, kubeconfig: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("run", "--kubeconfig", kubeconfig, "--data", "d", "--for", "8"), env=environment(), cwd=tmp_path
    )
    until = time.monotonic() + 20
    while not api.watches() and time.monotonic() < until:
        time.sleep(0.05)
    done = cli("run", "--kubeconfig", kubeconfig, "--data", "d")
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=15)
    assert done.returncode == 2
    assert "writes to this store" in done.stderr


def test_doctor_names_what_is_well_and_what_is_not(cli: Cli, kubeconfig: Path, tmp_path: Path) -> None:
    well = cli("doctor", "--data", "d", KUBECONFIG=str(kubeconfig))
    assert "the API server answers" in well.stdout
    assert "fail" not in well.stdout
    assert well.returncode == 0
    assert not (tmp_path / "d").exists(), "a doctor changes nothing"
    ill = cli("doctor", "--data", kubeconfig, KUBECONFIG=str(tmp_path / "none"))
    assert ill.returncode == 1
    assert ill.stdout.count("fail") == 2
