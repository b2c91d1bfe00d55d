"""The same laws on hand-made snapshots, which show what recordings do not: killed at any entry, in any process."""

import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from causeline.knowledge.rule_files import load_rules
from causeline.sources.recording import Entry, read_recording
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine
from tests.diagnosis.registry import MORE
from tests.diagnosis.shop import Shop

RULES = load_rules()
KILLS = 6
SHOPS = sorted(MORE)[::6]


def entries_of(name: str, folder: Path) -> list[Entry]:
    shop = Shop(900)
    MORE[name](shop)
    shop.write(folder)
    return list(read_recording(folder))


def story(engine: Engine, t: float) -> bytes:
    engine.finish(t)
    return msgspec.json.encode(engine.report(include_merged=True))


def again(engine: Engine) -> Engine:
    """Return a fresh engine with what a checkpoint of this one holds."""
    fresh = Engine(RULES, "c")
    pages = save_pages(engine.state, everything=True)
    restore(fresh.state, {name: page for name, page in pages.items() if page is not None})
    return fresh


@pytest.mark.parametrize("name", SHOPS)
def test_killed_at_some_entries_and_restored_the_story_is_the_same(name: str, tmp_path: Path) -> None:
    entries = entries_of(name, tmp_path)
    kills = set(random.Random(name).sample(range(len(entries)), KILLS))
    whole, chained = Engine(RULES, "c"), Engine(RULES, "c")
    for number, entry in enumerate(entries):
        whole.feed(entry.seen)
        chained.feed(entry.seen)
        if number in kills:
            chained = again(chained)
    assert story(chained, entries[-1].t) == story(whole, entries[-1].t)


def test_the_order_of_hashes_changes_nothing(tmp_path: Path) -> None:
    for name in SHOPS[:4]:
        (tmp_path / name).mkdir()
        entries_of(name, tmp_path / name)
    said = [_replayed(tmp_path, seed) for seed in ("1", "77")]
    assert said[0] == said[1]


def _replayed(folder: Path, seed: str) -> list[bytes]:
    program = (
        "import sys, msgspec\n"
        "from pathlib import Path\n"
        "from causeline.knowledge.rule_files import load_rules\n"
        "from causeline.sources.recording import read_recording\n"
        "from causeline.streams.pipeline import Engine\n"
        "for folder in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    engine, t = Engine(load_rules(), 'c'), 0.0\n"
        "    for entry in read_recording(folder):\n"
        "        engine.feed(entry.seen)\n"
        "        t = entry.t\n"
        "    engine.finish(t)\n"
        "    print(msgspec.json.encode(engine.report(include_merged=True)).decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return done.stdout.splitlines()
