"""The watcher on a real API server that is killed, restarted and compacted while thousands of events are written."""

import json
import threading
import time
from collections import Counter
from dataclasses import replace
from http.client import HTTPException, HTTPSConnection
from random import Random
from typing import Any

import pytest

from causeline.core.observations import EventSeen, StreamMark
from causeline.sources.connect import disconnect
from causeline.sources.inbox import Batch
from causeline.sources.resources import DEFAULT_STREAMS, Resource
from causeline.sources.watcher import Timing, Watcher
from tests.integration.control_plane import ControlPlane, missing_assets, send

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(bool(missing_assets()), reason=missing_assets() or "there is one"),
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]

EVENTS = Resource("events.v1", "/api/v1/events")
WRITERS = 4
EVENTS_A_WRITER = 1500
QUICK = Timing(event_watch=20, object_watch=60, backoff_first=0.1, backoff_most=1.0, liveness=0.5)
PATH = "/api/v1/namespaces/default/events"


class WallClock:
    def now(self) -> float:
        return time.time()  # noqa: TID251 - a carrier of the test


class Writer:
    """Posts numbered events until all are accepted; what the server answered 201 for is in `accepted`."""

    def __init__(self, plane: ControlPlane, number: int, count: int) -> None:
        self.accepted: set[tuple[str, str]] = set()
        self.unsure: set[str] = set()
        """Names whose answer was lost: the server may have accepted them or not."""
        self._plane = plane
        self._names = [f"burst-{number}-{n}" for n in range(count)]
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        connection = self._plane.connection()
        for name in self._names:
            for attempt in range(1000):
                if self._is_accepted(connection, f"{name}-{attempt}" if attempt else name):
                    break
                time.sleep(0.05)
        connection.close()

    def _is_accepted(self, connection: HTTPSConnection, name: str) -> bool:
        try:
            status, body = send(connection, "POST", PATH, _event(name))
        except (OSError, HTTPException):
            connection.close()
            status = 0
        if status != 201:
            self.unsure.add(name)
            return False
        meta = json.loads(body)["metadata"]
        self.accepted.add((meta["uid"], meta["resourceVersion"]))
        return True


def _event(name: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "default"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web"},
        "reason": "Numbered",
        "type": "Normal",
        "message": f"this is {name}",
        "source": {"component": "test"},
        "firstTimestamp": "2025-01-01T00:00:00Z",
        "lastTimestamp": "2025-01-01T00:00:00Z",
        "count": 1,
    }


class Consumer:
    """Takes batches as the carrier does: records and positions together."""

    def __init__(self, plane: ControlPlane, positions: dict[str, str], timing: Timing = QUICK) -> None:
        self.client = plane.client()
        self.batches: list[Batch] = []
        self.watcher = Watcher(
            self.client, streams=(EVENTS,), clock=WallClock(), random=Random(1), positions=positions, timing=timing
        )
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()
        self.watcher.start()

    def _take(self) -> None:
        self.batches.extend(self.watcher.batches())

    def stop(self) -> tuple[list[Any], dict[str, str]]:
        self.watcher.stop()
        self._thread.join(5)
        assert not self._thread.is_alive()
        disconnect(self.client)
        records = [record for batch in self.batches for record in batch.records]
        return records, self.batches[-1].positions if self.batches else {}


def _events(records: list[Any]) -> list[tuple[str, str, str]]:
    return [
        (r.event.uid, r.event.resource_version, r.event.name)
        for r in records
        if isinstance(r, EventSeen) and r.event.reason == "Numbered" and r.change != "DELETED"
    ]


def test_no_event_is_lost_or_doubled_through_kills_and_compaction(plane: ControlPlane) -> None:
    consumer = Consumer(plane, {})
    writers = [Writer(plane, n, EVENTS_A_WRITER) for n in range(WRITERS)]
    for writer in writers:
        writer.thread.start()
    total = WRITERS * EVENTS_A_WRITER

    _wait(lambda: sum(len(w.accepted) for w in writers) > total // 4)
    plane.kill_api()
    plane.start_api()

    _wait(lambda: sum(len(w.accepted) for w in writers) > total // 2)
    records, positions = consumer.stop()  # a restart of ours, with a hole that is compacted away
    _wait(lambda: sum(len(w.accepted) for w in writers) > total * 5 // 8)
    plane.compact()
    consumer = Consumer(plane, positions)

    _wait(lambda: sum(len(w.accepted) for w in writers) > total * 3 // 4)
    plane.kill_api()
    plane.compact()
    plane.start_api()
    for writer in writers:
        writer.thread.join(60)
        assert not writer.thread.is_alive()
    accepted = set().union(*(w.accepted for w in writers))
    unsure = set().union(*(w.unsure for w in writers))
    _wait(lambda: accepted <= {key[:2] for key in _distinct(records, consumer)}, seconds=30)
    time.sleep(0.5)
    counters = consumer.watcher.counters
    records_after, _ = consumer.stop()

    before, after = _events(records), _events(records_after)
    delivered = {(uid, version): name for uid, version, name in before + after}
    assert len(accepted) == total
    assert accepted - delivered.keys() == set()
    assert {delivered[key] for key in delivered.keys() - accepted} <= unsure
    assert [key for key, n in Counter(before).items() if n > 1] == []
    # After the restart a full list says again what is still there, as INIT; nothing is said twice besides.
    assert [key for key, n in Counter(after).items() if n > 1] == []
    assert counters.gone >= 1
    assert _lists(records_after)[0] == "full"


def _lists(records: list[Any]) -> list[str]:
    return [r.text for r in records if isinstance(r, StreamMark) and r.mark == "LIST"]


def _distinct(records: list[Any], consumer: Consumer) -> set[tuple[str, str, str]]:
    now = [record for batch in list(consumer.batches) for record in batch.records]
    return set(_events(records)) | set(_events(now))


def test_a_relist_after_compaction_says_only_what_the_gap_hid(plane: ControlPlane) -> None:
    # the wait after the cut is longer than the restart takes, so that the compaction comes in between
    consumer = Consumer(plane, {}, replace(QUICK, backoff_first=12.0, backoff_most=12.0))
    try:
        for n in range(20):
            assert plane.request("POST", PATH, _event(f"before-{n}"))[0] == 201
        _wait(lambda: len(_distinct([], consumer)) == 20)
        plane.kill_api()
        plane.compact()
        plane.start_api()
        for n in range(5):
            assert plane.request("POST", PATH, _event(f"after-{n}"))[0] == 201
        plane.compact()
        _wait(lambda: len(_distinct([], consumer)) == 25)
    finally:
        records, _ = consumer.stop()
    assert _lists(records) == ["full", "difference"]
    names = [name for _, _, name in _events(records)]
    assert sorted(names) == sorted([f"before-{n}" for n in range(20)] + [f"after-{n}" for n in range(5)])


def test_a_server_that_is_stopped_in_order_does_not_leave_the_watch_behind(plane: ControlPlane) -> None:
    consumer = Consumer(plane, {}, Timing(backoff_first=0.1, backoff_most=0.5, liveness=0.5))
    try:
        assert plane.request("POST", PATH, _event("before"))[0] == 201
        _wait(lambda: len(_distinct([], consumer)) == 1)
        plane.terminate_api()
        plane.start_api()
        assert plane.request("POST", PATH, _event("after"))[0] == 201
        _wait(lambda: len(_distinct([], consumer)) == 2, seconds=10)
    finally:
        records, _ = consumer.stop()
    assert [name for _, _, name in _events(records)] == ["before", "after"]
    assert _lists(records) == ["full"]


def test_every_default_stream_is_served_and_decoded(plane: ControlPlane) -> None:
    client = plane.client()
    watcher = Watcher(client, clock=WallClock(), random=Random(1), timing=QUICK)
    watcher.start()
    streams: dict[str, str] = {}
    until = time.monotonic() + 20
    for batch in watcher.batches():
        streams = batch.positions
        if len(streams) == len(DEFAULT_STREAMS) or time.monotonic() > until:
            watcher.stop()
    disconnect(client)
    assert set(streams) == {resource.stream for resource in DEFAULT_STREAMS}
    assert watcher.counters.dead_letters == 0
    assert watcher.counters.refused == 0


def _wait(condition: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)
