"""The watcher against a scripted API server: every fact about watches that it must survive."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from causeline.core.clock import ManualClock
from causeline.core.observations import DeadLetter, ObjectSeen, StreamMark
from causeline.core.refs import ObjectRef
from causeline.sources.connect import disconnect
from causeline.sources.watcher import DEFAULT_STREAMS, Watcher
from tests.sources.conftest import EVENTS, FAST, PODS, Seen
from tests.sources.scripted_api import (
    CUT,
    END,
    HOLD,
    Answer,
    ScriptedApi,
    bookmark,
    error_line,
    event,
    line,
    page,
    pod,
    uid_of,
)

Watch = Callable[..., Seen]


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


# --- 410 -------------------------------------------------------------------------------------------------------------


def test_a_relist_after_410_emits_only_the_difference(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(
        page(10, pod("same", 3), pod("changed", 4), pod("gone", 5)),
        page(50, pod("same", 3), pod("changed", 40), pod("new", 41)),
    )
    api.on_watch(error_line(410, "Expired"), END)
    api.on_watch(line("ADDED", pod("after", 51)), HOLD)
    seen = watch()
    seen.wait_object("after")
    assert seen.objects[3:] == [
        ("INIT", "changed", "40"),
        ("INIT", "new", "41"),
        ("DELETED", "gone", ""),
        ("ADDED", "after", "51"),
    ]
    assert [m for m, _ in seen.marks] == ["LIST", "BOOKMARK", "ERROR", "GAP", "LIST", "BOOKMARK"]
    assert seen.marks[4:] == [("LIST", "difference"), ("BOOKMARK", "list-end")]
    assert (seen.watcher.counters.gone, seen.watcher.counters.relists) == (1, 1)


def test_what_vanished_in_a_gap_is_named_by_kind_place_and_uid(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("gone", 5)), page(50))
    api.on_watch(error_line(410, "Expired"), END)
    seen = watch()
    seen.wait(lambda: any(change == "DELETED" for change, _, _ in seen.objects))
    deleted = next(r for r in seen.records if isinstance(r, ObjectSeen) and r.change == "DELETED")
    assert deleted.ref == ObjectRef("Pod", "shop", "gone")
    assert deleted.object.metadata.uid == uid_of("gone")


def test_what_the_watch_said_is_known_to_the_relist(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("a", 3), pod("b", 4)), page(50, pod("a", 11), pod("c", 13)))
    api.on_watch(
        line("MODIFIED", pod("a", 11)),
        line("DELETED", pod("b", 12)),
        line("ADDED", pod("c", 13)),
        error_line(410, "Expired"),
        END,
    )
    seen = watch()
    seen.wait_mark("BOOKMARK", "list-end", times=2)
    assert len(seen.objects) == 5  # two of the first list, three of the watch, none of the relist


def test_an_event_that_expired_in_a_gap_is_not_reported_as_deleted(api: ScriptedApi, watch: Watch) -> None:
    path = "/api/v1/events"
    api.on_list(page(10, event("old", 3), event("same", 4)), page(50, event("same", 4), event("new", 41)), path=path)
    api.on_watch(error_line(410, "Expired"), END, path=path)
    seen = watch(EVENTS)
    seen.wait_mark("BOOKMARK", "list-end", times=2)
    assert seen.objects[2:] == [("INIT", "new", "41")]


def test_410_as_an_http_status_of_the_watch_relists_too(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10), page(50, pod("a", 41)))
    api.on_watch(Answer(410, {"message": "too old resource version", "reason": "Expired"}))
    seen = watch()
    seen.wait_object("a")
    assert ("GAP", "answered 410: too old resource version") in seen.marks


def test_an_expired_continue_token_starts_the_list_over_without_pages(api: ScriptedApi, watch: Watch) -> None:
    expired = Answer(410, {"reason": "Expired", "metadata": {"continue": "inconsistent"}})
    api.on_list(page(10, pod("a", 3), more="old", remaining=1), expired, page(20, pod("a", 3), pod("b", 15)))
    seen = watch()
    seen.wait_mark("BOOKMARK", "list-end")
    assert [q.get("limit") for q in api.lists()] == ["500", "500", None]
    assert seen.marks == [("LIST", "full"), ("LIST", "full"), ("BOOKMARK", "list-end")]
    assert seen.objects == [("INIT", "a", "3"), ("INIT", "a", "3"), ("INIT", "b", "15")]  # whole since the last LIST
    assert seen.positions == {"pods": "20"}


def test_a_difference_that_breaks_off_is_completed_by_the_next_list(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(
        page(10, pod("a", 3), pod("gone", 4)),
        page(50, pod("a", 41), more="next", remaining=1),
        Answer(500),
        page(60, pod("a", 41), pod("b", 42)),
    )
    api.on_watch(error_line(410, "Expired"), END)
    seen = watch()
    seen.wait_mark("BOOKMARK", "list-end", times=2)
    assert seen.objects[2:] == [("INIT", "a", "41"), ("INIT", "b", "42"), ("DELETED", "gone", "")]
    assert seen.positions == {"pods": "60"}


def test_410_again_and_again_does_not_spin(api: ScriptedApi, watch: Watch) -> None:
    for _ in range(200):
        api.on_watch(error_line(410, "Expired"), END)
    seen = watch(timing=replace(FAST, backoff_first=0.1, backoff_most=0.2))
    time.sleep(0.5)
    assert 2 <= len(api.watches()) < 12
    assert seen.watcher.counters.gone >= 2


# --- another past ----------------------------------------------------------------------------------------------------


def test_a_server_behind_our_version_is_listed_again_in_full(api: ScriptedApi, watch: Watch) -> None:
    api.version = 500
    api.on_list(page(500, pod("a", 450)), page(100, pod("a", 90)))
    api.on_watch(lambda: setattr(api, "version", 100), CUT)
    seen = watch()
    seen.wait_object("a")
    seen.wait(lambda: len(seen.objects) == 2)
    assert seen.marks[-2:] == [("LIST", "full"), ("BOOKMARK", "list-end")]
    assert any("restored or rebuilt" in text for mark, text in seen.marks if mark == "GAP")
    seen.wait(lambda: len(api.watches()) == 2)
    assert api.watches()[1]["resourceVersion"] == "100"


def test_a_position_from_the_future_at_the_start_is_not_believed(api: ScriptedApi, watch: Watch) -> None:
    api.version = 100
    api.on_list(page(100, pod("a", 90)))
    seen = watch(positions={"pods": "900"})
    seen.wait_object("a")
    assert ("LIST", "full") in seen.marks


# --- restart ---------------------------------------------------------------------------------------------------------


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


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_resource_that_is_denied_is_said_once_and_the_others_go_on(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(403, {"message": "pods is forbidden"}))
    api.on_list(page(10, event("e", 3)), path="/api/v1/events")
    seen = watch(PODS, EVENTS, timing=replace(FAST, denied_retry=0.05))
    seen.wait_object("e")
    seen.wait(lambda: seen.watcher.counters_by_stream["pods"].refused >= 4)
    assert [m for m in seen.marks if m[0] == "ERROR"] == [
        ("ERROR", "answered 403: pods is forbidden; going on without pods")
    ]


def test_a_resource_that_is_allowed_later_is_taken_up(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(404, {"message": "not served"}), page(10, pod("a", 3)))
    seen = watch()
    seen.wait_object("a")


def test_refused_credentials_end_the_watcher_with_one_clear_line(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(401, {"message": "Unauthorized"}))
    seen = watch()
    seen.wait(lambda: seen.error)
    assert "refuses our credentials" in str(seen.error)
    assert "\n" not in str(seen.error)


def test_credentials_refused_for_a_moment_by_a_starting_server_are_tried_again(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(Answer(401))
    api.on_watch(Answer(401))
    api.on_watch(line("ADDED", pod("a", 11)), HOLD)
    seen = watch()
    seen.wait_object("a")
    assert seen.error is None


def test_credentials_refused_for_good_end_the_watcher(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    for _ in range(5):
        api.on_watch(Answer(401))
    seen = watch()
    seen.wait(lambda: seen.error)


# --- what can't be understood ----------------------------------------------------------------------------------------


def test_a_line_of_ten_megabytes_is_a_dead_letter_and_the_watch_goes_on(api: ScriptedApi, watch: Watch) -> None:
    big = line("ADDED", pod("big", 11, spec={"nodeName": "x" * 10_000_000}))
    api.on_watch(big, line("ADDED", pod("a", 12)), HOLD)
    seen = watch()
    seen.wait_object("a")
    assert seen.dead[0].reason == "line of more than 8388608 bytes"
    assert len(seen.dead[0].original) <= 4096
    assert len(api.watches()) == 1


def test_a_line_that_is_no_json_is_a_dead_letter_and_the_watch_goes_on(api: ScriptedApi, watch: Watch) -> None:
    api.on_watch(b"<html>502</html>\n", b"\xff\xfe\n", b"[]\n", line("ADDED", pod("a", 12)), HOLD)
    seen = watch()
    seen.wait_object("a")
    assert len(seen.dead) == 3
    assert seen.dead[0].source == "watch pods"


def test_an_object_without_metadata_is_a_dead_letter(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, {"spec": {}}, pod("a", 3)))
    api.on_watch(line("ADDED", {"spec": {}}), line("SHOUTED", pod("x", 1)), line("ADDED", pod("b", 12)), HOLD)
    seen = watch()
    seen.wait_object("b")
    assert [d.reason for d in seen.dead] == [
        "pods: Object missing required field `metadata`",
        "pods: Object missing required field `metadata`",
        "unknown type 'SHOUTED'",
    ]


def test_an_object_that_can_not_be_decoded_still_moves_the_position(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(line("ADDED", pod("odd", 11, spec="not an object")), CUT)
    seen = watch()
    seen.wait(lambda: len(api.watches()) == 2)
    assert api.watches()[1]["resourceVersion"] == "11"
    seen.wait(lambda: len(seen.dead) == 1)


def test_an_object_that_can_not_be_decoded_is_not_taken_for_deleted(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10, pod("a", 3)), page(50, pod("a", 41, spec="not an object")))
    api.on_watch(error_line(410, "Expired"), END)
    seen = watch()
    seen.wait_mark("BOOKMARK", "list-end", times=2)
    assert seen.objects == [("INIT", "a", "3")]


def test_a_dead_letter_of_an_object_holds_no_values(api: ScriptedApi, watch: Watch) -> None:
    odd = pod("odd", 11, spec={"containers": [{"env": [{"name": "DB", "value": "hunter2"}], "args": "--pw=hunter2"}]})
    api.on_watch(line("ADDED", odd), HOLD)
    seen = watch()
    seen.wait(lambda: seen.dead)
    assert "hunter2" not in repr(seen.dead)
    assert '"odd"' in seen.dead[0].original


def test_an_answer_that_is_no_list_is_a_gap_and_is_asked_again(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(Answer(200, b"<html>welcome</html>"), page(10, pod("a", 3)))
    seen = watch()
    seen.wait_object("a")
    assert any("no list" in text for mark, text in seen.marks if mark == "GAP")


def test_an_error_line_that_is_not_410_resumes_without_a_list(api: ScriptedApi, watch: Watch) -> None:
    api.on_list(page(10))
    api.on_watch(error_line(500, "InternalError", "etcdserver: leader changed"), END)
    api.on_watch(line("ADDED", pod("a", 11)), HOLD)
    seen = watch()
    seen.wait_object("a")
    assert len(api.lists()) == 1
    assert ("GAP", "watch answered 500: etcdserver: leader changed") in seen.marks


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
