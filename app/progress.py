"""Progress for people: on a terminal only, on stderr only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from causeline.app.escape import harmless

EACH: Final = 500
"""Entries between two updates: at full speed some hundred a second."""


@contextmanager
def replay_progress(name: str, *, quiet: bool, total: int | None = None) -> Iterator[Callable[[float], None]]:
    """Yield what is to be told the time of each of the `total` entries (None: not known) of the recording `name`."""
    console = Console(stderr=True, markup=False, highlight=False)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    text = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), text, *([] if total is None else [BarColumn()]), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _counter(progress, harmless(name), total)


def _counter(progress: Progress, name: str, total: int | None) -> Callable[[float], None]:
    task = progress.add_task(name, total=total)
    count, first = 0, 0.0

    def told(t: float) -> None:
        nonlocal count, first
        first = first or t
        count += 1
        if count % EACH == 0:
            text = f"{name}: {count} observations, {t - first:.0f} s of cluster time"
            progress.update(task, completed=count, description=text)

    return told
