"""`causeline replay --store`: results stay, and a replay that is killed anywhere ends with the same report."""

import json
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from causeline.app.replaying import replay
from causeline.app.wire import read_rules
from causeline.core.config import Settings, StoreSettings
from tests.app.conftest import Cli, Recording, command, environment
from tests.app.small_recording import T0, event, line

OFTEN = {"CAUSELINE__STORE__CHECKPOINT_SECONDS": "0.02"}


def many_events(count: int = 2000) -> list[dict[str, object]]:
    events = [event(f"u{n}", T0 + n / 25, f"pod-{n % 50}", "BackOff", "Back-off pulling image") for n in range(count)]
    return [line(T0 + n / 25, "events.v1", "ADDED", o) for n, o in enumerate(events)]


class CrashError(Exception):
    """The process is gone."""


def test_a_replay_that_crashed_goes_on_from_its_checkpoint(recording: Recording, tmp_path: Path) -> None:
    folder = recording(events=many_events(40_000))  # type: ignore[arg-type]
    settings = Settings(store=StoreSettings(checkpoint_seconds=0.01))
    rules = read_rules(settings)
    count = 0

    def crash(_: float) -> None:
        nonlocal count
        count += 1
        if count % 2_000 == 0:
            time.sleep(0.02)  # the writer of checkpoints gets a turn, however busy the machine is
        if count == 39_000:
            raise CrashError

    with pytest.raises(CrashError):
        replay(folder, settings, rules, store_dir=tmp_path / "st", on_entry=crash)
    again = replay(folder, settings, rules, store_dir=tmp_path / "st")
    assert 0 < again.resumed_after < 39_000
    whole = replay(folder, settings, rules)
    again.report.stats.wall_seconds = whole.report.stats.wall_seconds = 0.0
    assert again.report == whole.report


def report(text: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(text)
    document["stats"]["wall_seconds"] = 0.0  # type: ignore[index]
    return document


def test_results_can_be_asked_for_after_the_replay(cli: Cli, recording: Recording, tmp_path: Path) -> None:
    done = cli("replay", recording(), "--store", "st", "--json")
    listed = cli("incidents", "--data", "st", "--json")
    assert listed.returncode == 0, listed.stderr
    assert report(listed.stdout)["incidents"] == report(done.stdout)["incidents"]
    assert report(listed.stdout)["stats"] == report(done.stdout)["stats"]


def test_the_same_replay_again_gives_the_same_report(cli: Cli, recording: Recording) -> None:
    folder = recording()
    first = cli("replay", folder, "--store", "st", "--json")
    again = cli("replay", folder, "--store", "st", "--json")
    assert report(again.stdout) == report(first.stdout)


def test_a_checkpoint_of_another_recording_is_not_used(cli: Cli, recording: Recording) -> None:
    cli("replay", recording("one"), "--store", "st", "--json")
    other = recording("two", events=many_events()[:100])  # type: ignore[arg-type]
    assert report(cli("replay", other, "--store", "st", "--json").stdout) == report(
        cli("replay", other, "--json").stdout
    )


@pytest.mark.slow
def test_a_replay_killed_anywhere_goes_on_and_loses_and_doubles_nothing(
    cli: Cli, recording: Recording, tmp_path: Path
) -> None:
    count = 4_000
    folder = recording(events=many_events(count))  # type: ignore[arg-type]
    whole = report(cli("replay", folder, "--store", "whole", "--json").stdout)
    resumed = []
    for number, offset in enumerate((1, 1_000, 2_000, 3_000)):
        store = tmp_path / f"st{number}"
        kill_beyond(offset, folder, store)
        resumed.append(checkpoint_offset(store))
        done = cli("replay", folder, "--store", store, "--json", **OFTEN)
        assert done.returncode == 0, done.stderr
        assert report(done.stdout) == whole
        assert stored(store) == stored(tmp_path / "whole")
    assert any(0 < offset < count for offset in resumed), "no kill came before the end"


def kill_beyond(offset: int, folder: Path, store: Path) -> None:
    """Kill a replay, which is slowed down to last about 3 s, as soon as a checkpoint beyond `offset` is there."""
    process = subprocess.Popen(
        command("replay", folder, "--store", store, "--speed", "50"),
        env=environment(**OFTEN), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and checkpoint_offset(store) < offset:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


def checkpoint_offset(store: Path) -> int:
    path = store / "checkpoint.db"
    if not path.exists():
        return -1
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT body FROM manifest").fetchone()
    return int(json.loads(row[0])["offset"]) if row else -1


def stored(store: Path) -> list[object]:
    out = subprocess.run(
        command("events", "--data", store, "--json", "--limit", "100000"),
        env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    events: list[object] = json.loads(out.stdout)["events"]
    assert len(events) == len({e["uid"] for e in events})
    return events


@pytest.mark.parametrize("place", ["/proc/nowhere", "a-file"])
def test_a_store_that_can_not_be_written_is_one_line_and_exit_2(
    cli: Cli, recording: Recording, tmp_path: Path, place: str
) -> None:
    (tmp_path / "a-file").write_text("")
    done = cli("replay", recording(), "--store", place)
    assert done.returncode == 2
    assert done.stderr.startswith("causeline: ")
    assert done.stderr.count("\n") == 1
