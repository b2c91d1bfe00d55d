"""The watcher where a server refuses it, or says what can't be understood: the rest goes on."""

from dataclasses import replace

from tests.sources.conftest import EVENTS, FAST, PODS, Watch
from tests.sources.scripted_api import CUT, END, HOLD, Answer, ScriptedApi, error_line, event, line, page, pod

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
