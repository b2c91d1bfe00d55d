"""The laws of the engine, on real recordings: same input, same bytes; recovery is replay; repeats change nothing."""

import gzip
import random
from pathlib import Path

import msgspec
import pytest

from causeline.core.observations import EventSeen, ObjectSeen
from causeline.core.ports import EventQuery
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line, encode_line
from causeline.sources.recording import Entry, read_recording
from causeline.streams.local import LocalCarrier
from causeline.streams.pipeline import Engine
from tests.contracts.memory import MemoryCheckpoints, MemoryStore

RULES = load_rules()
INCIDENTS = sorted(
    p for p in (Path(__file__).parents[2] / "incidents").iterdir() if p.is_dir() and (p / "events.jsonl.gz").exists()
)
pytestmark = pytest.mark.parametrize("folder", INCIDENTS, ids=lambda p: p.name)


def story(entries: list[Entry]) -> bytes:
    engine = Engine(RULES, "c")
    for entry in entries:
        engine.feed(entry.seen)
    engine.finish(entries[-1].t)
    return msgspec.json.encode(engine.report(include_merged=True))


def test_the_same_recording_gives_the_same_bytes(folder: Path) -> None:
    assert story(list(read_recording(folder))) == story(list(read_recording(folder)))


def test_results_do_not_change_when_the_manifest_is_gone(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("*.gz"):
        (tmp_path / file.name).symlink_to(file)
    assert story(list(read_recording(folder))) == story(list(read_recording(tmp_path)))


def test_the_log_replays_to_the_same_story_as_what_was_logged(folder: Path) -> None:
    entries = list(read_recording(folder))
    logged = [Entry(e.t, e.rank, e.line, decode_line(encode_line(e.seen))) for e in entries]
    for was, now in zip(entries, logged, strict=True):
        if hasattr(was.seen, "is_end"):
            now.seen.is_end = was.seen.is_end
    assert story(logged) == story(entries)


def test_repeating_every_record_at_once_changes_nothing_but_the_samples(folder: Path) -> None:
    once = list(read_recording(folder))
    twice = [
        e for entry in once for e in ([entry, entry] if isinstance(entry.seen, EventSeen | ObjectSeen) else [entry])
    ]
    assert story(twice) == story(once)


def test_killed_at_any_point_and_resumed_the_story_is_the_same_and_no_event_is_lost_or_doubled(folder: Path) -> None:
    entries = list(read_recording(folder))
    whole, store = Engine(RULES, "c"), MemoryStore()
    carrier = LocalCarrier(whole, store, None, version="v", due=lambda: False)
    for offset, entry in enumerate(entries):
        carrier.offer(offset, entry.seen)
    carrier.finish(entries[-1].t)
    rng = random.Random(folder.name)
    checkpoints, resumed_store, at = MemoryCheckpoints(), MemoryStore(), 0
    kills = sorted(rng.sample(range(len(entries)), 20))
    engine = Engine(RULES, "c")
    for kill in [*kills, len(entries)]:
        engine = Engine(RULES, "c")
        countdown = iter(range(10**9))
        carrier = LocalCarrier(
            engine, resumed_store, checkpoints, version="v", due=lambda c=countdown: next(c) % 97 == 96, batch=7
        )
        at = carrier.resume() + 1
        for offset in range(at, kill):
            carrier.offer(offset, entries[offset].seen)
    carrier.finish(entries[-1].t)
    assert msgspec.json.encode(engine.report()) == msgspec.json.encode(whole.report())
    everything = EventQuery(limit=1_000_000)
    assert {(e.uid, e.count) for e in resumed_store.events(everything)} == {
        (e.uid, e.count) for e in store.events(everything)
    }
    assert resumed_store.incidents(include_merged=True) == store.incidents(include_merged=True)


def test_a_checkpoint_of_another_version_is_not_used(folder: Path) -> None:
    entries = list(read_recording(folder))[:200]
    checkpoints = MemoryCheckpoints()
    carrier = LocalCarrier(Engine(RULES, "c"), None, checkpoints, version="one", due=lambda: False)
    for offset, entry in enumerate(entries):
        carrier.offer(offset, entry.seen)
    carrier.finish(None)
    assert LocalCarrier(Engine(RULES, "c"), None, checkpoints, version="one", due=lambda: False).resume() == 199
    assert LocalCarrier(Engine(RULES, "c"), None, checkpoints, version="two", due=lambda: False).resume() == -1


def test_a_damaged_beginning_of_a_file_costs_only_its_own_lines(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("*.gz"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "events.jsonl.gz").unlink()
    lines = gzip.decompress((folder / "events.jsonl.gz").read_bytes())
    (tmp_path / "events.jsonl").write_bytes(b"garbage\n" + lines)
    whole, damaged = (msgspec.json.decode(story(list(read_recording(f)))) for f in (folder, tmp_path))
    assert damaged["stats"].pop("dead_letters") == whole["stats"].pop("dead_letters") + 1
    assert damaged == whole
