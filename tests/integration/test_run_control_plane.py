"""`causeline run` as a user has it, on a real API server: kills on both sides, compaction, a numbered burst."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from causeline.core.ports import EventQuery
from causeline.sinks.sqlite.store import SqliteStore
from tests.integration.control_plane import TOKEN, ControlPlane, missing_assets
from tests.integration.test_watch_control_plane import EVENTS_A_WRITER, WRITERS, Writer, _wait

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(missing_assets()), reason=missing_assets() or "there is one"),
]


def start_run(plane: ControlPlane, folder: Path) -> "subprocess.Popen[bytes]":
    kubeconfig = folder / "kubeconfig"
    cluster = {"server": f"https://127.0.0.1:{plane.port}", "insecure-skip-tls-verify": True}
    kubeconfig.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "t",
                "clusters": [{"name": "t", "cluster": cluster}],
                "users": [{"name": "t", "user": {"token": TOKEN}}],
                "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
            }
        )
    )
    with (folder / "run.log").open("ab") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "causeline.app.cli",
                "run",
                "--data",
                str(folder / "data"),
                "--kubeconfig",
                str(kubeconfig),
            ],
            stdout=log,
            stderr=log,
            env={**os.environ, "NO_COLOR": "1"},
        )


def stored_names(folder: Path) -> list[str]:
    store = SqliteStore.open(folder / "data", read_only=True)
    try:
        return [e.name for e in store.events(EventQuery(reason="Numbered", limit=1_000_000))]
    finally:
        store.close()


def test_run_keeps_every_event_through_kills_on_both_sides_and_names_each_blind_window(
    plane: ControlPlane, tmp_path: Path
) -> None:
    run = start_run(plane, tmp_path)
    _wait((tmp_path / "data" / "main.db").exists)
    writers = [Writer(plane, n, EVENTS_A_WRITER) for n in range(WRITERS)]
    for writer in writers:
        writer.thread.start()
    total = WRITERS * EVENTS_A_WRITER

    def accepted() -> int:
        return sum(len(w.accepted) for w in writers)

    try:
        _wait(lambda: accepted() > total // 4)
        plane.kill_api()
        plane.start_api()
        _wait(lambda: accepted() > total // 2)
        run.kill()
        run.wait()
        _wait(lambda: accepted() > total * 5 // 8)
        plane.compact()
        run = start_run(plane, tmp_path)
        before = accepted()
        _wait(lambda: len(stored_names(tmp_path)) >= before)  # the restart's own blind window is over
        _wait(lambda: accepted() > total * 3 // 4)
        plane.kill_api()
        plane.compact()
        plane.start_api()
        for writer in writers:
            writer.thread.join(60)
        unsure = set().union(*(w.unsure for w in writers))
        _wait(lambda: len(stored_names(tmp_path)) >= total, seconds=60)
        time.sleep(1.5)
    finally:
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 0, (tmp_path / "run.log").read_text()[-2000:]
    names = stored_names(tmp_path)
    assert len(names) == len(set(names))
    answered = {f"burst-{w}-{n}" for w in range(WRITERS) for n in range(EVENTS_A_WRITER)}
    missing = {n for n in answered if n not in set(names)} - unsure
    assert missing == set()
    assert len(set(names) - unsure) <= total
    store = SqliteStore.open(tmp_path / "data", read_only=True)
    windows = [e for e in store.ledger() if e.stream == "events.v1"]
    store.close()
    assert len(windows) >= 3
    assert all(e.to >= e.from_ for e in windows)
    assert any(e.recovered > 0 for e in windows)
    assert "Traceback" not in (tmp_path / "run.log").read_text()
