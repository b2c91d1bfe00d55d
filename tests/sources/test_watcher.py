"""The watcher against a scripted API server: every fact about watches that it must survive."""

import threading
import time
from dataclasses import replace
from typing import Any

from causeline.core.clock import ManualClock
from causeline.core.observations import DeadLetter, ObjectSeen, StreamMark
from causeline.sources.watcher import DEFAULT_STREAMS
from tests.sources.conftest import EVENTS, FAST, PODS, Watch
from tests.sources.scripted_api import CUT, END, HOLD, Answer, ScriptedApi, bookmark, event, line, page, pod

# --- list, then watch ------------------------------------------------------------------------------------------------


def test_a_start_lists_in_pages_and_watches_from_the_list(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("a", 3), more="next", remaining=1), page(10, pod("b", 4)))
    api.on_watch(line("ADDED", pod("c", 11)), HOLD)
    seen = watch()
    seen.wait_object("c")
    assert seen.objects == [("INIT", "a", "3"), ("INIT", "b", "4"), ("ADDED", "c", "11")]
    assert seen.marks == [("LIST", "full"), ("BOOKMARK", "list-end")]
    assert next(r for r in seen.records if isinstance(r, StreamMark)).expected == 2
    assert [q.get("continue") for q in api.lists()] == [None, "next"]
    assert api.lists()[0]["limit"] == "500"


def test_a_watch_always_names_its_start_and_its_end_and_asks_for_bookmarks(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    seen = watch()
    seen.wait(api.watches)
    query = api.watches()[0]
    assert query["resourceVersion"] == "10"
    assert query["allowWatchBookmarks"] == "true"
    assert 18 <= int(query["timeoutSeconds"]) <= 20


def test_a_watch_that_ends_at_its_time_goes_on_without_a_gap(api: ScriptedApi, watch: Watch) -> None:
    api.on_watch(line("ADDED", pod("a", 11)), 0.7, END)
    api.on_watch(line("ADDED", pod("b", 12)), HOLD)
    seen = watch(timing=replace(FAST, object_watch=1))
    seen.wait_object("b")
    assert api.watches()[1]["resourceVersion"] == "11"
    assert not [m for m in seen.marks if m[0] == "GAP"]


def test_resource_versions_that_are_no_numbers_are_only_compared_for_equality(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page("zebra"))
    api.on_watch(line("ADDED", pod("a", "apple")), CUT)
    seen = watch()
    seen.wait(lambda: len(api.watches()) == 2)
    assert [q["resourceVersion"] for q in api.watches()] == ["zebra", "apple"]


def test_secrets_are_not_among_the_streams_and_only_one_event_api_is() -> None:
    streams = [resource.stream for resource in DEFAULT_STREAMS]
    assert "secrets" not in streams
    assert [s for s in streams if s.startswith("events")] == ["events.v1"]
    assert len(set(streams)) == len(streams)


# --- cuts ------------------------------------------------------------------------------------------------------------


def test_a_cut_in_the_middle_of_a_line_resumes_after_the_last_whole_line(api: ScriptedApi, watch: Watch) -> None:
    whole, half = line("ADDED", pod("a", 11)), line("ADDED", pod("b", 12))
    api.on_list(page(10))
    api.on_watch(whole + half[:40], CUT)
    api.on_watch(half, HOLD)
    seen = watch()
    seen.wait_object("b")
    assert [q["resourceVersion"] for q in api.watches()] == ["10", "11"]
    assert seen.objects == [("ADDED", "a", "11"), ("ADDED", "b", "12")]
    assert seen.marks[-2:] == [("GAP", "connection cut"), ("BOOKMARK", "resumed")]
    assert not seen.dead


def test_a_gap_says_after_which_version_the_stream_is_blind(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(line("ADDED", pod("a", 11)), CUT)
    seen = watch()
    seen.wait_mark("BOOKMARK", "resumed")
    gap = next(r for r in seen.records if isinstance(r, StreamMark) and r.mark == "GAP")
    assert gap.resource_version == "11"


def test_a_silent_connection_is_cut_after_the_idle_time_and_resumed(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(HOLD)
    api.on_watch(line("ADDED", pod("a", 11)), HOLD)
    seen = watch(timing=replace(FAST, idle=0.15))
    seen.wait_object("a")
    assert ("GAP", "silent for too long") in seen.marks


def test_bookmarks_keep_a_quiet_watch_open_and_move_its_position(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(*[step for rv in range(20, 25) for step in (0.1, bookmark(rv))], HOLD)
    seen = watch(timing=replace(FAST, idle=0.3))
    seen.wait(lambda: seen.positions.get("pods") == "24")
    assert len(api.watches()) == 1


def test_a_quiet_watch_of_events_without_bookmarks_is_no_silence(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10), path="/api/v1/events")
    api.on_watch(0.5, line("ADDED", event("e", 11)), HOLD, path="/api/v1/events")
    seen = watch(EVENTS, timing=replace(FAST, idle=0.1))
    seen.wait_object("e")
    assert len(api.watches("/api/v1/events")) == 1


def test_a_hung_server_ends_a_watch_of_events_a_little_after_its_time(api: ScriptedApi, watch: Watch) -> None:
    api.on_watch(10, path="/api/v1/events")
    seen = watch(EVENTS, timing=replace(FAST, event_watch=0.3, grace=0.1))
    seen.wait_mark("GAP", "silent for too long")


def test_when_one_watch_falls_silent_the_events_connect_again_too(api: ScriptedApi, watch: Watch) -> None:
    seen = watch(PODS, EVENTS, timing=replace(FAST, idle=0.2))
    seen.wait_mark("GAP", "another watch fell silent")
    seen.wait(lambda: len(api.watches("/api/v1/events")) >= 2)


def test_a_server_that_answers_no_new_request_ends_watches_that_it_left_open(api: ScriptedApi, watch: Watch) -> None:
    seen = watch(EVENTS, timing=replace(FAST, liveness=0.05))
    seen.wait(lambda: api.watches("/api/v1/events"))
    api.ready = 500
    seen.wait_mark("GAP", "the API server does not answer")
    seen.wait(lambda: len(api.watches("/api/v1/events")) == 2)


def test_a_server_that_is_away_is_asked_again_with_growing_waits(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(500), Answer(503), Answer(500), page(10, pod("a", 3)))
    seen = watch()
    seen.wait_object("a")
    assert [m for m in seen.marks if m[0] == "GAP"] == [
        ("GAP", "answered 500: Internal Server Error"),
        ("GAP", "answered 503: Service Unavailable"),
        ("GAP", "answered 500: Internal Server Error"),
    ]


def test_a_server_that_says_when_to_come_back_is_obeyed(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(429, {"message": "too many requests"}, {"Retry-After": "1"}), page(10, pod("a", 3)))
    seen = watch(timing=replace(FAST, backoff_most=0.4))
    started = time.monotonic()
    seen.wait_object("a")
    assert 0.3 < time.monotonic() - started < 2  # bounded by the longest wait


def test_a_long_outage_with_one_reason_is_one_gap(api: ScriptedApi, watch: Watch) -> None:
    api.on_watch(line("ADDED", pod("a", 11)), CUT)
    for _ in range(5):
        api.on_watch(Answer(503))
    api.on_watch(line("ADDED", pod("b", 12)), HOLD)
    seen = watch()
    seen.wait_object("b")
    assert [m for m in seen.marks if m[0] == "GAP"] == [
        ("GAP", "connection cut"),
        ("GAP", "answered 503: Service Unavailable"),
    ]


# --- time and numbers ------------------------------------------------------------------------------------------------


def test_arrival_never_goes_back_even_when_the_clock_does(api: ScriptedApi, watch: Watch) -> None:
    clock = ManualClock(1000.0)
    api.on_watch(
        line("ADDED", pod("a", 11)),
        0.15,
        lambda: setattr(clock, "at", 500.0),
        line("ADDED", pod("b", 12)),
        0.15,
        lambda: setattr(clock, "at", 2000.0),
        line("ADDED", pod("c", 13)),
        HOLD,
    )
    seen = watch(clock=clock)
    seen.wait_object("c")
    assert [r.t for r in seen.records if isinstance(r, ObjectSeen)] == [1000.0, 1000.0, 2000.0]


def test_counters_tell_what_a_stream_went_through(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("a", 3)))
    api.on_watch(line("ADDED", pod("b", 11)), b"nonsense\n", CUT)
    seen = watch()
    seen.wait_mark("BOOKMARK", "resumed")
    counters = seen.watcher.counters
    assert (counters.lists, counters.gaps, counters.reconnects, counters.dead_letters) == (1, 1, 1, 1)
    assert counters.bytes > 100
    assert counters.lines == 2


def test_all_default_streams_run_side_by_side(api: ScriptedApi, watch: Watch) -> None:
    seen = watch(*DEFAULT_STREAMS)
    seen.wait(lambda: len(seen.positions) == len(DEFAULT_STREAMS))
    assert not seen.dead


def test_other_sources_share_the_inbox_and_its_batches(api: ScriptedApi, watch: Watch) -> None:
    seen = watch()
    seen.watcher.inbox.emit(DeadLetter("1", 0.0, "elsewhere", 0, "", ""))
    seen.wait(lambda: seen.dead)
    assert "" not in seen.positions


def test_a_fault_of_ours_in_one_stream_is_not_silent(api: ScriptedApi, watch: Watch) -> None:
    hooked: list[Any] = []
    before, threading.excepthook = threading.excepthook, hooked.append
    try:

        class BrokenClock:
            def now(self) -> float:
                raise ZeroDivisionError

        seen = watch(clock=BrokenClock())
        seen.wait(lambda: seen.error)
    finally:
        threading.excepthook = before
    assert "pods" in str(seen.error)
    assert hooked
