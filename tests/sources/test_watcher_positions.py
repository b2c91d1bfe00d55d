"""The watcher that starts from a position, is stopped or slowed down: what it hands out, what a position covers."""

import time
from dataclasses import replace
from random import Random
from typing import Any

from causeline.core.clock import ManualClock
from causeline.core.observations import ObjectSeen, StreamMark
from causeline.sources.connect import disconnect
from causeline.sources.watcher import Watcher
from tests.sources.conftest import FAST, PODS, Watch
from tests.sources.scripted_api import END, HOLD, Answer, ScriptedApi, error_line, line, page, pod


def test_a_restart_from_a_position_lists_nothing_and_goes_on_after_it(api: ScriptedApi, watch: Watch) -> None:
    api.version = 30
    api.on_watch(line("ADDED", pod("b", 31)), HOLD)
    seen = watch(positions={"pods": "30"})
    seen.wait_object("b")
    assert api.lists() == []
    assert api.watches()[0]["resourceVersion"] == "30"
    assert seen.positions == {"pods": "31"}


def test_a_restart_from_a_compacted_position_lists_in_full(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(50, pod("a", 41)))
    api.on_watch(error_line(410, "Expired"), END)
    seen = watch(positions={"pods": "3"})
    seen.wait_object("a")
    assert ("LIST", "full") in seen.marks


def test_a_position_covers_only_what_was_handed_out(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, *[pod(f"p{n}", n + 1) for n in range(3)], more="next"), page(10, pod("last", 9)))
    api.on_watch(*[line("ADDED", pod(f"w{n}", 100 + n)) for n in range(1500)], HOLD)
    seen = watch()
    seen.wait_object("w1499")
    handed: list[Any] = []
    for batch in seen.batches:
        assert len(batch.records) <= 500
        handed += batch.records
        versions = [
            r.object.metadata.resource_version for r in handed if isinstance(r, ObjectSeen) and r.change != "INIT"
        ]
        is_listed = any(isinstance(r, StreamMark) and r.text == "list-end" for r in handed)
        assert batch.positions == ({"pods": (versions or ["10"])[-1]} if is_listed else {})


def test_a_list_that_breaks_off_moves_no_position(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("a", 3), more="next"), Answer(500))
    seen = watch(timing=replace(FAST, backoff_first=5, backoff_most=5))
    seen.wait_mark("GAP")
    assert seen.positions == {}


def test_stop_hands_out_what_is_queued_within_two_seconds(api: ScriptedApi) -> None:
    api.on_watch(b"".join(line("ADDED", pod(f"w{n}", 100 + n)) for n in range(2000)), HOLD)
    client = api.client()
    watcher = Watcher(client, streams=(PODS,), clock=ManualClock(1.0), random=Random(1), timing=FAST)
    watcher.start()
    while watcher.counters.queue_high_water < 2002:
        time.sleep(0.01)
    started = time.monotonic()
    watcher.stop()
    batches = list(watcher.batches())
    assert time.monotonic() - started < 2
    assert sum(len(batch.records) for batch in batches) == 2002
    assert batches[-1].positions == {"pods": "2099"}
    disconnect(client)


def test_a_slow_consumer_slows_the_watch_and_loses_nothing(api: ScriptedApi) -> None:
    api.on_watch(*[line("ADDED", pod(f"w{n}", 100 + n)) for n in range(300)], HOLD)
    client = api.client()
    watcher = Watcher(client, streams=(PODS,), clock=ManualClock(1.0), random=Random(1), timing=FAST, queue_max=20)
    watcher.start()
    time.sleep(0.3)
    assert watcher.counters.queue_high_water == 20
    versions: list[str] = []
    for batch in watcher.batches():
        versions += [r.object.metadata.resource_version for r in batch.records if isinstance(r, ObjectSeen)]
        if len(versions) == 300:
            watcher.stop()
    assert versions == [str(100 + n) for n in range(300)]
    disconnect(client)


def test_stop_is_quick_while_the_queue_is_full(api: ScriptedApi) -> None:
    api.on_watch(b"".join(line("ADDED", pod(f"w{n}", 100 + n)) for n in range(300)), HOLD)
    client = api.client()
    watcher = Watcher(client, streams=(PODS,), clock=ManualClock(1.0), random=Random(1), timing=FAST, queue_max=20)
    watcher.start()
    time.sleep(0.2)
    started = time.monotonic()
    watcher.stop()
    batches = list(watcher.batches())
    assert time.monotonic() - started < 2
    last = [r for b in batches for r in b.records if isinstance(r, ObjectSeen)][-1]
    assert batches[-1].positions == {"pods": last.object.metadata.resource_version}
    disconnect(client)
