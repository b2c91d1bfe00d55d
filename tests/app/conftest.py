"""The command line as a process, and small recordings to give it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.small_recording import event_lines, object_lines, write_lines

Cli = Callable[..., subprocess.CompletedProcess[str]]
Recording = Callable[..., Path]


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Write a recording; return its folder."""

    def made(name: str = "rec", events: list[dict[str, Any]] | None = None, **others: list[dict[str, Any]]) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        write_lines(folder / "objects.jsonl.gz", others.pop("objects", object_lines()))
        write_lines(folder / "events.jsonl", event_lines() if events is None else events)
        for other, lines in others.items():
            write_lines(folder / f"{other}.jsonl", lines)
        return folder

    return made


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CAUSELINE__") and k != "KUBECONFIG"}
    return {**kept, "COLUMNS": "100", "NO_COLOR": "1", **more}


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "causeline.app.cli", *map(str, args)]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run the command line as a process of its own, in an empty folder."""

    def run(*args: object, cwd: Path = tmp_path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*args),
            cwd=cwd,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
