"""Nothing that was acknowledged is lost, and nothing is counted twice, when the writer is killed at any moment."""

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from causeline.core.ports import EventQuery
from causeline.core.results import StoredEvent
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from tests.contracts.samples import DAY, NOON, event

KILLS = 24
BATCH = 50
ROOT = Path(__file__).parents[3]

WRITER = """
import sys, pathlib
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from tests.sinks.sqlite.test_kill import BATCH, number_event
folder = pathlib.Path(sys.argv[1])
store, log = SqliteStore.open(folder), SqliteLog.open(folder / "log.db")
batch = int(log.positions().get("w", -1))
if batch >= 0:  # recovery is replay: what the log has and the store may not
    store.write([number_event(batch * BATCH + n) for n in range(BATCH)])
while True:
    batch += 1
    numbers = range(batch * BATCH, (batch + 1) * BATCH)
    log.append([b"%d" % n for n in numbers], {"w": str(batch)})
    store.write([number_event(n) for n in numbers])
    print(batch, flush=True)
    if batch % 40 == 7:
        log.prune((batch - 30) * BATCH)
"""


def number_event(n: int) -> StoredEvent:
    return event(f"u{n}", created_at=NOON + (n % 2) * DAY, last_at=NOON + n, count=n % 3 + 1, message=f"number {n}")


def check(folder: Path, acknowledged: int) -> None:
    for path in folder.glob("*.db"):
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path
            if path.name.startswith("events"):
                db.execute("INSERT INTO messages (messages) VALUES ('integrity-check')")
    with closing(SqliteLog.open(folder / "log.db")) as log:
        rows = list(log.read(-1))
        assert rows == [(n, b"%d" % n) for n in range(rows[0][0], rows[-1][0] + 1)]
        assert log.positions() == {"w": str(rows[-1][0] // BATCH)}
        assert rows[-1][0] >= (acknowledged + 1) * BATCH - 1
    with closing(SqliteStore.open(folder)) as store:
        found = list(store.events(EventQuery(limit=10**7)))
        numbers = [int(event.uid[1:]) for event in found]
        assert numbers[: (acknowledged + 1) * BATCH] == list(range((acknowledged + 1) * BATCH))
        assert len(numbers) == len(set(numbers)) <= rows[-1][0] + 1
        assert sum(h.count for h in store.hours()) == sum(event.count for event in found)


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(7)
    acknowledged = -1
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as child:
            assert child.stdout
            lines = [child.stdout.readline()]
            time.sleep(rng.uniform(0, 0.06))
            child.kill()
            lines += child.stdout.read().splitlines()
        whole = [int(line) for line in lines if line.strip()]
        assert whole, "the writer did not start"
        acknowledged = max(acknowledged, *whole[:-1], whole[-1] if lines[-1].endswith(b"\n") else -1)
        check(tmp_path, acknowledged)
    assert acknowledged > KILLS
