"""Judge a recording: the recording is the log, an entry's number its offset."""

import contextlib
import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from causeline.app.pacing import PacedCheckpoints, RecordedTime
from causeline.app.version import engine_version, recording_digest
from causeline.app.wire import Rules, open_checkpoints, open_store
from causeline.core.config import Settings
from causeline.core.errors import RecordingError, StoreError
from causeline.core.observations import DeadLetter
from causeline.core.ports import Store
from causeline.core.results import Report
from causeline.sources.recording import FILES, Entry, read_recording
from causeline.streams.local import LocalCarrier
from causeline.streams.pipeline import Engine


@dataclass(frozen=True)
class Replayed:
    """What a replay gave: the report, how many entries were read, and the first line that could not be understood."""

    report: Report
    entries: int
    first_dead: DeadLetter | None
    resumed_after: int
    """The offset of the checkpoint that the replay went on from; -1: it began at the beginning."""


@dataclass
class _Tally:
    entries: int = 0
    dead: int = 0
    first_dead: DeadLetter | None = None
    last_t: float | None = None

    def count(self, entry: Entry) -> None:
        self.entries += 1
        self.last_t = entry.t
        if isinstance(entry.seen, DeadLetter):
            self.dead += 1
            self.first_dead = self.first_dead or entry.seen


def replay(
    folder: Path,
    settings: Settings,
    rules: Rules,
    *,
    store_dir: Path | None = None,
    speed: float | None = None,
    include_merged: bool = False,
    on_entry: Callable[[float], None] = lambda _: None,
) -> Replayed:
    """Return what the engine says about the recording in `folder`.

    With `store_dir` the results are kept there, and a replay of the same recording by the same engine that was killed
    goes on from its newest checkpoint. `on_entry` is told the time of each entry. Raises RecordingError or StoreError.
    """
    began = time.monotonic()
    entries = existing_entries(folder)
    with contextlib.ExitStack() as stack:
        carrier = _carrier(folder, settings, rules, store_dir, stack)
        resumed_after = carrier.resume()
        tally = _feed(entries, carrier, resumed_after, RecordedTime(speed), on_entry)
        _must_hold_something(folder, tally)
        carrier.finish(tally.last_t)
        report = carrier.engine.report(include_merged=include_merged)
        if carrier.store is not None:
            keep_story(carrier.engine, carrier.store)
            carrier.store.sync()
    report.stats.wall_seconds = round(time.monotonic() - began, 4)
    return Replayed(report, tally.entries, tally.first_dead, resumed_after)


def keep_story(engine: Engine, store: Store) -> None:
    """Store every incident as it reads now, and the counts: new evidence alone does not put an incident out again."""
    story = engine.report(include_merged=True)
    store.write([*story.incidents, *story.ledger])
    store.put_stats(story.stats)


def existing_entries(folder: Path) -> Iterator[Entry]:
    """Return the entries of the recording in `folder`. Raises RecordingError when there is none."""
    if not folder.is_dir():
        raise RecordingError(f"{folder}: {'a file, not a folder' if folder.exists() else 'no such folder'}")
    try:
        return read_recording(folder)
    except OSError as error:
        raise RecordingError(f"{folder}: {error.strerror or error}") from error


def _carrier(
    folder: Path, settings: Settings, rules: Rules, store_dir: Path | None, stack: contextlib.ExitStack
) -> LocalCarrier:
    engine = Engine(rules.base, settings.cluster.name)
    if store_dir is None:
        return LocalCarrier(engine, None, None, version="", due=lambda: False)
    if (store_dir / "log.db").exists():
        raise StoreError(f"{store_dir}: holds what `causeline run` keeps; name another folder for a replay")
    store = stack.enter_context(contextlib.closing(open_store(store_dir)))
    checkpoints = stack.enter_context(contextlib.closing(open_checkpoints(store_dir)))
    paced = PacedCheckpoints(checkpoints, settings.store.checkpoint_seconds)
    version = f"{engine_version(settings, rules.extra)}-{recording_digest(_files(folder))}"
    return LocalCarrier(engine, store, paced, version=version, due=paced.due)


def _files(folder: Path) -> list[Path]:
    names = [f"{name}.jsonl{end}" for name in FILES for end in (".gz", "")]
    return [folder / name for name in names if (folder / name).is_file()]


def count_lines(folder: Path) -> int:
    """Return how many lines the recording has, damaged files left out; for a progress bar."""
    total = 0
    for path in _files(folder):
        opened = gzip.open if path.suffix == ".gz" else open
        with contextlib.suppress(OSError, EOFError, zlib.error), opened(path, "rb") as file:
            total += sum(1 for _ in file)
    return total


def _feed(
    entries: Iterator[Entry],
    carrier: LocalCarrier,
    resumed_after: int,
    pace: RecordedTime,
    on_entry: Callable[[float], None],
) -> _Tally:
    tally = _Tally()
    for offset, entry in enumerate(readable(entries)):
        tally.count(entry)
        if offset > resumed_after:
            pace.wait_for(entry.t)
            carrier.offer(offset, entry.seen)
        on_entry(entry.t)
    return tally


def readable(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Yield the entries; a file that can't be read any further raises RecordingError."""
    try:
        yield from entries
    except OSError as error:
        raise RecordingError(f"{error.filename or 'recording'}: {error.strerror or error}") from error


def _must_hold_something(folder: Path, tally: _Tally) -> None:
    if tally.entries > tally.dead:
        return
    if tally.first_dead is None:
        raise RecordingError(f"{folder}: no observation in it: not a recording")
    dead = tally.first_dead
    raise RecordingError(f"{folder / dead.source}: line {dead.line}: {dead.reason}; nothing else in it can be read")
