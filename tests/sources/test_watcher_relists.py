"""The watcher where the server has forgotten its version, or has another past: it lists again."""

import time
from dataclasses import replace

from causeline.core.observations import ObjectSeen
from causeline.core.refs import ObjectRef
from tests.sources.conftest import EVENTS, FAST, Watch
from tests.sources.scripted_api import CUT, END, HOLD, Answer, ScriptedApi, error_line, event, line, page, pod, uid_of

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
