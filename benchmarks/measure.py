"""What every benchmark shares: timing, tables, the machine, the recordings.

Rates are of processor time of this process (`time.process_time`), so a neighbour on the same machine does not lower
them; they are rates of one core. Each rate is the median of several rounds.
"""

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 3
SHIPPED = Path(__file__).resolve().parent.parent / "incidents"


@dataclass
class Options:
    """What the command line asks for; `small` makes every benchmark end within seconds."""

    small: bool = False
    recordings: list[Path] = field(default_factory=list)


@dataclass
class Table:
    """One table of results."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row."""
        self.rows.append([str(c) for c in cells])

    def text(self) -> str:
        """Return the table as Markdown, with aligned columns."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]

        def row(cells: list[str]) -> str:
            padded = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
            return "| " + " | ".join(padded) + " |"

        rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
        body = "\n".join([row(self.columns), rule, *(row(r) for r in self.rows)])
        notes = "".join(f"\n{note}" for note in self.notes)
        return f"### {self.title}\n\n{body}\n{notes}"


def seconds_of(work: Callable[[], object]) -> float:
    """Return the processor seconds of one call, after a garbage collection."""
    gc.collect()
    began = time.process_time()
    work()
    return max(time.process_time() - began, 1e-9)


def rate(count: int, work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return `count` per processor second: the median of `rounds` calls of `work`."""
    return statistics.median(count / seconds_of(work) for _ in range(rounds))


def thousands(number: float) -> str:
    """Show a number without a fraction."""
    return f"{number:,.0f}"


def machine() -> str:
    """Return cores, Python and platform in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cores} cores, {platform.machine()}, {platform.system()}, {python}"


def heading(command: str) -> str:
    """Return the lines that say what was run, where and when."""
    today = datetime.fromtimestamp(time.time(), UTC).date().isoformat()
    return f"command: {command}\nmachine: {machine()}\ndate:    {today}"


def recordings_of(options: Options) -> Iterator[Path]:
    """Yield the folders to replay: those asked for, else the ones that ship."""
    wanted = options.recordings or (sorted(SHIPPED.iterdir()) if SHIPPED.is_dir() else [])
    for folder in wanted:
        if any((folder / f"{name}.jsonl{end}").is_file() for name in ("events", "objects") for end in ("", ".gz")):
            yield folder
        elif options.recordings:
            sys.exit(f"{folder}: no events.jsonl[.gz] and no objects.jsonl[.gz]: not a recording")
