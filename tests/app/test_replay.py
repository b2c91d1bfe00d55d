"""`causeline replay`: the document, the table, exit codes, and recordings that are no good."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Cli, Recording, command, environment
from tests.app.small_recording import FAILED, T0, event_lines, line, object_lines

GOLDEN = Path(__file__).with_name("replay.txt")


def report_of(cli: Cli, *args: object, **variables: str) -> dict[str, Any]:
    done = cli("replay", *args, "--json", **variables)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def without_wall(document: dict[str, Any]) -> bytes:
    document["stats"]["wall_seconds"] = 0.0
    return json.dumps(document).encode()


def test_the_table_shows_the_incident_with_cause_evidence_and_timeline(cli: Cli, recording: Recording) -> None:
    done = cli("replay", recording())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == GOLDEN.read_text("utf-8")


def test_the_document_has_every_key_of_the_contract(cli: Cli, recording: Recording) -> None:
    document = report_of(cli, recording())
    assert set(document) >= {"version", "incidents", "alerts", "ledger", "stats"}
    assert document["version"] == 1
    assert set(document["stats"]) >= {
        "events", "occurrences", "objects", "samples", "dead_letters", "wall_seconds", "cluster_seconds",
    }  # fmt: skip
    assert document["stats"]["wall_seconds"] > 0
    [incident] = document["incidents"]
    assert set(incident) >= {
        "id", "cluster", "severity", "state", "started_at", "detected_at", "notified_at", "diagnosed_at", "resolved_at",
        "title", "suspects", "affected", "events", "timeline",
    }  # fmt: skip
    assert set(incident["suspects"][0]) >= {"object", "cause", "detail", "confidence", "evidence"}
    assert incident["suspects"][0]["cause"] == "bad-image"
    assert incident["affected"] == [{"kind": "Deployment", "namespace": "shop", "name": "web"}]


def test_the_same_recording_gives_the_same_bytes_and_the_manifest_changes_nothing(
    cli: Cli, recording: Recording
) -> None:
    folder = recording()
    first = without_wall(report_of(cli, folder))
    (folder / "manifest.json").write_text('{"truth": [{"cause": "dns-failure"}], "expected_alert": false}')
    assert without_wall(report_of(cli, folder)) == first
    (folder / "manifest.json").write_text("\x00 not JSON at all")
    assert without_wall(report_of(cli, folder)) == first


def test_a_quiet_recording_has_no_incidents_and_exit_0(cli: Cli, recording: Recording) -> None:
    folder = recording(events=[], objects=object_lines()[:3])
    done = cli("replay", folder)
    assert done.returncode == 0
    assert done.stdout.startswith("No incidents.")
    assert report_of(cli, folder)["incidents"] == []


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda f: None, "no such folder"),
        (lambda f: f.write_text("x"), "a file, not a folder"),
        (lambda f: f.mkdir(), "not a recording"),
        (lambda f: (f.mkdir(), (f / "events.jsonl").touch()), "no observation in it"),
        (lambda f: (f.mkdir(), (f / "events.jsonl.gz").write_bytes(b"plain")), "events.jsonl.gz: line 1:"),
        (lambda f: (f.mkdir(), (f / "objects.jsonl").write_bytes(b"{\n")), "objects.jsonl: line 1:"),
        (lambda f: (f.mkdir(), (f / "events.jsonl.gz").mkdir()), "not a recording"),
    ],
    ids=["missing", "a-file", "empty-folder", "empty-file", "not-gzip", "not-json", "a-folder-as-file"],
)
def test_an_unusable_recording_is_one_clear_line_and_exit_2(cli: Cli, tmp_path: Path, make: Any, said: str) -> None:
    folder = tmp_path / "bad"
    make(folder)
    done = cli("replay", folder, "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("causeline: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_recording_cut_in_the_middle_is_judged_as_far_as_it_goes(cli: Cli, recording: Recording) -> None:
    folder = recording()
    path = folder / "objects.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-20])
    done = cli("replay", folder, "--json")
    assert done.returncode == 0
    assert "objects.jsonl.gz: line" in done.stderr
    document = json.loads(done.stdout)
    assert document["stats"]["dead_letters"] == 1


def test_one_bad_line_is_left_out_and_said_once(cli: Cli, recording: Recording) -> None:
    folder = recording()
    with (folder / "events.jsonl").open("ab") as file:
        file.write(b"{broken\n[]\n")
    done = cli("replay", folder, "--json")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "events.jsonl: line 3:" in done.stderr
    assert "2 such lines" in done.stderr
    assert len(json.loads(done.stdout)["incidents"]) == 1


def test_what_the_cluster_says_can_not_steer_a_terminal(cli: Cli, recording: Recording) -> None:
    evil = f"\x1b[2J\x1b]0;owned\x07 [bold red]x[/] \u202eabc \x9b31m :smile: {FAILED}"
    folder = recording(events=event_lines(evil))
    for done in (cli("replay", folder), cli("replay", folder, "--json")):
        assert done.returncode == 0, done.stderr
        assert not set(done.stdout) & set("\x1b\x07\x9b\u202e")
    assert "[bold red]x[/]" in cli("replay", folder).stdout.replace("\n", "")


def test_json_says_the_same_though_it_is_harmless(cli: Cli, recording: Recording) -> None:
    folder = recording(events=event_lines(f"a\u202eb\x9b {FAILED}"))
    [incident] = report_of(cli, folder)["incidents"]
    assert any("a\u202eb\x9b" in e["text"] for s in incident["suspects"] for e in s["evidence"])


def test_the_name_of_the_cluster_comes_from_the_configuration(cli: Cli, recording: Recording, tmp_path: Path) -> None:
    folder = recording()
    (tmp_path / "c.yaml").write_text("cluster: {name: prod}\n")
    assert report_of(cli, folder, "--config", "c.yaml")["incidents"][0]["cluster"] == "prod"
    assert report_of(cli, folder, CAUSELINE__CLUSTER__NAME="eu")["incidents"][0]["cluster"] == "eu"


def test_speed_paces_the_replay_and_nonsense_is_refused(cli: Cli, recording: Recording) -> None:
    folder = recording()
    assert report_of(cli, folder, "--speed", "100")["stats"]["wall_seconds"] >= 0.7
    for speed in ("0", "-1", "nan", "inf", "fast"):
        assert cli("replay", folder, "--speed", speed).returncode == 2


def test_a_reader_that_goes_away_is_no_traceback(cli: Cli, recording: Recording, tmp_path: Path) -> None:
    folder = recording()
    with gzip.open(folder / "objects.jsonl.gz", "ab") as file:
        for n in range(2000):
            obj = {"metadata": {"name": f"n{n}", "namespace": "shop", "uid": str(n)}, "status": {"phase": "Pending"}}
            file.write(json.dumps(line(T0 + 100, "pods", "ADDED", obj)).encode() + b"\n")
    process = subprocess.Popen(
        command("replay", folder, "--json"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors


def test_a_full_disk_under_the_output_is_one_line(recording: Recording) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("replay", recording(), "--json"),
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"causeline: ")
    assert done.stderr.count(b"\n") == 1
