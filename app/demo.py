"""The demo: recorded real incidents that ship, replayed one after the other."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Final

from rich.console import Console

from causeline.app.progress import replay_progress
from causeline.app.render import console, incident_view, show, span_text
from causeline.app.replaying import Replayed, count_lines, replay
from causeline.app.wire import CHECKPOINT_FILE, Rules, open_store, read_rules, read_settings
from causeline.core.config import Settings
from causeline.core.errors import RecordingError, StoreError

MARK: Final = "demo.made"
"""Lies in a folder that a demo made, so that the next demo may begin anew there and nowhere else."""


def shipped_recordings() -> Iterator[Path]:
    """Yield the folders of the recordings that ship, by name. Raises RecordingError when there is none."""
    package = resources.files("causeline.incidents")
    folders = sorted((f for f in package.iterdir() if f.is_dir() and _is_recording(Path(str(f)))), key=lambda f: f.name)
    if not folders:
        raise RecordingError("no recording came with this installation: use `causeline replay DIR` with one of yours")
    yield from (Path(str(folder)) for folder in folders)


def _is_recording(folder: Path) -> bool:
    return any(folder.glob("events.jsonl*")) or any(folder.glob("objects.jsonl*"))


def show_demo(speed: float | None, data: Path) -> None:
    """Replay all recordings that ship, show each and keep the results in `data`."""
    settings = read_settings(None)
    rules = read_rules(settings)
    folders = list(shipped_recordings())
    _begin_anew(data)
    screen = console()
    first_id = ""
    for number, folder in enumerate(folders, 1):
        done = _replay(folder, number, len(folders), settings, rules, data, speed)
        _show(screen, folder.name, number, len(folders), done)
        first_id = first_id or next((i.id for i in done.report.incidents), "")
    (data / CHECKPOINT_FILE).unlink(missing_ok=True)
    _show_what_next(screen, data, first_id)


def _begin_anew(data: Path) -> None:
    if (data / MARK).is_file():
        shutil.rmtree(data, ignore_errors=True)
    elif data.exists() and any(data.iterdir()):
        raise StoreError(f"{data}: holds something that no demo made: name another folder with --data")
    open_store(data).close()
    (data / MARK).touch()


def _replay(
    folder: Path, number: int, total: int, settings: Settings, rules: Rules, data: Path, speed: float | None
) -> Replayed:
    with ExitStack() as stack:
        progress = replay_progress(f"{number}/{total} {folder.name}", quiet=False, total=count_lines(folder))
        on_entry = stack.enter_context(progress)
        return replay(folder, settings, rules, store_dir=data, speed=speed, on_entry=on_entry)


def _show(screen: Console, name: str, number: int, total: int, done: Replayed) -> None:
    stats = done.report.stats
    seconds = f"{stats.wall_seconds:.1f} s"
    screen.rule(style="dim")
    screen.print(
        f"{number}/{total} {name}: {done.entries} observations, {span_text(stats.cluster_seconds)} "
        f"of a recorded cluster, judged in {seconds}",
        style="bold",
    )
    screen.print()
    for incident in done.report.incidents:
        show(screen, incident_view(incident, timeline_lines=8))
        screen.print()
    if not done.report.incidents:
        screen.print("No incident: planned work stayed context.", style="green")
        screen.print()


def _ourselves() -> str:
    """Return how this program can be called from here."""
    called = Path(sys.argv[0])
    if shutil.which("causeline") or called.name != "causeline":
        return "causeline"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)


def _show_what_next(screen: Console, data: Path, incident_id: str) -> None:
    screen.rule(style="dim")
    screen.print(f"Kept in {data}. What next:", style="bold")
    us = _ourselves()
    lines = [
        (f"{us} incidents --data {data}", "the list again"),
        (f"{us} timeline {incident_id[:8] or 'ID'} --data {data}", "all of one timeline"),
        (f"{us} events --data {data} --text pull", "search the events"),
        (f"{us} run", "watch your own cluster"),
        (f"{us} record DIR", "record it, to replay later"),
        (f"{us} replay DIR", "judge a recording"),
    ]
    width = max(len(command) for command, _ in lines)
    for command, meaning in lines:
        screen.out(f"  {command:<{width}}  {meaning}", highlight=False)
