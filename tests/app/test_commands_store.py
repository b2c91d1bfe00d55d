"""Commands that ask the store, and what they answer when there is nothing to ask."""

import json
from pathlib import Path

import pytest

from causeline.app.commands_store import parse_object, parse_since
from causeline.core.errors import ConfigError
from causeline.core.refs import ObjectRef
from tests.app.conftest import Cli, Recording
from tests.app.small_recording import T0


@pytest.fixture
def kept(cli: Cli, recording: Recording, tmp_path: Path) -> Path:
    folder = recording()
    with (folder / "events.jsonl").open("ab") as file:
        file.write(b'{"t": 1, "broken": "\x1b[2J"\n')
    assert cli("replay", folder, "--store", "st").returncode == 0
    return tmp_path / "st"


def test_incidents_are_listed_and_shown_by_the_beginning_of_their_id(cli: Cli, kept: Path) -> None:
    listed = cli("incidents", "--data", kept)
    assert "bad-image (tag)" in listed.stdout
    incident_id = listed.stdout.splitlines()[1].split()[0]
    shown = cli("timeline", incident_id, "--data", kept)
    assert "image changed from registry.lab/shop/web:v1" in shown.stdout.replace("\n             ", " ")
    document = json.loads(cli("timeline", incident_id, "--data", kept, "--json").stdout)
    assert document["incident"].startswith(incident_id)
    assert [e["at"] for e in document["timeline"]] == sorted(e["at"] for e in document["timeline"])


def test_an_object_has_a_timeline_and_events(cli: Cli, kept: Path) -> None:
    document = json.loads(cli("timeline", "--object", "Deployment/shop/web", "--data", kept, "--json").stdout)
    assert document["timeline"]
    assert {e["uid"] for e in json.loads(cli("events", "--data", kept, "--json").stdout)["events"]} == {"e1", "e2"}
    assert cli("timeline", "--object", "Node/none", "--data", kept).stdout == "Nothing about Node none.\n"


def test_events_are_found_by_words_namespace_and_time(cli: Cli, kept: Path) -> None:
    def found(*args: str) -> list[str]:
        return [e["uid"] for e in json.loads(cli("events", "--data", kept, "--json", *args).stdout)["events"]]

    assert found("--text", "pull image") == ["e1", "e2"]
    assert found("--text", "nothing") == []
    assert found("--namespace", "other") == []
    assert found("--limit", "1") == ["e2"]
    assert found("--since", "2999-01-01") == []
    assert "No events match." in cli("events", "--data", kept, "--text", "nothing").stdout


def test_dead_letters_are_listed_harmlessly(cli: Cli, kept: Path) -> None:
    done = cli("deadletter", "list", "--data", kept)
    assert "\x1b" not in done.stdout
    assert "1 in all." in done.stdout
    document = json.loads(cli("deadletter", "list", "--data", kept, "--json").stdout)
    assert document["total"] == len(document["dead_letters"]) == 1


def test_what_is_not_there_is_one_line_and_exit_2(cli: Cli, kept: Path) -> None:
    for args in (
        ("incidents", "--data", "none"),
        ("timeline", "zzz", "--data", kept),
        ("timeline", "--data", kept),
        ("timeline", "--object", "x", "--data", kept),
        ("events", "--data", kept, "--since", "soon"),
    ):
        done = cli(*args)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), args
        assert done.stderr.startswith("causeline: ")


def test_spans_and_moments_are_understood() -> None:
    assert parse_since("2h", T0) == T0 - 7200
    assert parse_since("1970-01-01T00:01", T0) == 60
    assert parse_since("1970-01-01T01:00+01:00", T0) == 0
    for text in ("", "2w", "yesterday", "h"):
        with pytest.raises(ConfigError):
            parse_since(text, T0)


def test_objects_are_named_with_or_without_a_namespace() -> None:
    assert parse_object("Node/n1") == ObjectRef("Node", None, "n1")
    assert parse_object("Pod/shop/web") == ObjectRef("Pod", "shop", "web")
    for text in ("", "Pod", "a/b/c/d", "Pod//x"):
        with pytest.raises(ConfigError):
            parse_object(text)


def test_version_help_and_unknown_commands(cli: Cli) -> None:
    assert cli("--version").stdout.startswith("causeline ")
    assert cli("--help").returncode == 0
    unknown = cli("bogus")
    assert unknown.returncode == 2
    assert "Traceback" not in unknown.stderr


def test_the_demo_shows_what_ships_and_keeps_it(cli: Cli) -> None:
    done = cli("demo")
    assert done.returncode == 0, done.stderr
    assert "No incident: planned work stayed context." in done.stdout
    assert "causeline run" in done.stdout
    assert len(json.loads(cli("incidents", "--data", "data/demo", "--json").stdout)["incidents"]) >= 3
    assert cli("demo").returncode == 0


def test_the_demo_touches_no_folder_that_is_not_its_own(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("keep")
    done = cli("demo", "--data", "mine")
    assert done.returncode == 2
    assert (tmp_path / "mine" / "file").read_text() == "keep"
