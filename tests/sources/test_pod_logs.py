"""Log lines on demand: what is asked, what is kept, and what happens when nobody may or can answer."""

from collections.abc import Callable
from typing import Any

import pytest

from causeline.core.clock import ManualClock
from causeline.core.observations import OutsideSeen, StreamMark
from causeline.core.refs import ContainerRun, ObjectRef
from causeline.sources.connect import Answered, Cut, Denied, Interrupted
from causeline.sources.inbox import Closed
from causeline.sources.pod_logs import (
    AGAIN_SECONDS,
    COMPLAINTS_MAX,
    LINE_CHARS,
    REFUSED_SECONDS,
    WAITING_MAX,
    LogReader,
    last_lines,
)
from tests.sources.scripted_api import wait_until

RUN = ContainerRun(ObjectRef("Pod", "shop", "web-1"), "u1", "app", 3, previous=False)


class Answers:
    """An API that says one thing after the other, the last for ever."""

    def __init__(self, *answers: bytes | Interrupted) -> None:
        self.left = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def read(self, path: str, query: dict[str, str], read_seconds: float, bytes_max: int) -> bytes:
        self.asked.append((path, query))
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(answer, Interrupted):
            raise answer
        return answer


def complains(line: str) -> bool:
    return "refused" in line


def read(api: Answers, runs: list[ContainerRun], emit: Callable[[Any], None], until: Callable[[], bool]) -> LogReader:
    reader = LogReader(api, emit, ManualClock(1000.0), complains)
    reader.start()
    for run in runs:
        reader.ask(run)
    wait_until(until)
    reader.stop()
    return reader


def test_complaints_and_the_last_two_lines_are_kept_in_order() -> None:
    body = b"starting\ndb refused\nretry\nworking\ndb refused again\nok\nbye\n"
    assert last_lines(Answers(body), RUN, complains) == ["db refused", "db refused again", "ok", "bye"]


def test_of_many_complaints_the_last_ones_are_kept() -> None:
    body = "\n".join(f"refused {n}" for n in range(100)).encode()
    assert last_lines(Answers(body), RUN, complains) == [f"refused {n}" for n in range(100 - COMPLAINTS_MAX, 100)]


def test_lines_are_cut_and_secrets_in_them_hidden() -> None:
    body = b"refused: password=hunter2000\n" + b"x" * 5000 + b"\n\xff\xfe not UTF-8\n"
    first, second, third = last_lines(Answers(body), RUN, complains)
    assert "hunter2000" not in first
    assert len(second) <= LINE_CHARS + 3
    assert third.endswith("not UTF-8")


def test_the_run_before_is_asked_for_as_such_and_everything_is_bounded() -> None:
    api = Answers(b"")
    last_lines(api, RUN._replace(previous=True), complains)
    path, query = api.asked[0]
    assert path == "/api/v1/namespaces/shop/pods/web-1/log"
    assert query == {"container": "app", "tailLines": "200", "limitBytes": "65536", "previous": "true"}


def test_a_line_arrives_as_a_log_line_of_its_pod() -> None:
    seen: list[Any] = []
    read(Answers(b"db refused\n"), [RUN], seen.append, lambda: bool(seen))
    assert seen == [OutsideSeen(1000.0, "logs", RUN.pod, "db refused")]


def test_a_run_is_asked_once_until_it_may_have_printed_more() -> None:
    api, seen = Answers(b"db refused\n"), list[Any]()
    reader = LogReader(api, seen.append, clock := ManualClock(1000.0), complains)
    reader.start()
    reader.ask(RUN)
    wait_until(lambda: len(seen) == 1)
    reader.ask(RUN)
    clock.at += AGAIN_SECONDS
    reader.ask(RUN)
    wait_until(lambda: len(seen) == 2)
    reader.stop()
    assert [query.get("sinceSeconds") for _, query in api.asked] == [None, "61"]


def test_a_log_that_is_not_there_says_nothing() -> None:
    api, seen = (
        Answers(Denied(404, "gone"), Answered(400, "not started"), Answered(204, "no node"), b"db refused"),
        list[Any](),
    )
    runs = [RUN._replace(restarts=n) for n in range(4)]
    read(api, runs, seen.append, lambda: bool(seen))
    assert [type(s) for s in seen] == [OutsideSeen]


def test_a_refusal_is_told_once_and_nothing_more_is_asked_for_a_while() -> None:
    api, seen = Answers(Denied(403, "answered 403: forbidden"), b"db refused"), list[Any]()
    reader = LogReader(api, seen.append, clock := ManualClock(1000.0), complains)
    reader.start()
    for n in range(3):
        reader.ask(RUN._replace(restarts=n))
    wait_until(lambda: reader._waiting.empty() and bool(seen))
    assert [(s.stream, s.mark, s.text) for s in seen] == [("logs", "GAP", "pods/log: answered 403: forbidden")]
    clock.at += REFUSED_SECONDS
    reader.ask(RUN)
    wait_until(lambda: len(seen) == 3)
    reader.stop()
    assert (seen[1].mark, seen[1].text, seen[2].text) == ("BOOKMARK", "resumed", "db refused")


def test_a_kubelet_that_does_not_answer_is_a_gap_and_others_are_asked_on() -> None:
    api, seen = Answers(Cut("silent for too long"), b"db refused"), list[Any]()
    read(api, [RUN, RUN._replace(uid="u2")], seen.append, lambda: len(seen) == 3)
    assert isinstance(seen[0], StreamMark)
    assert seen[0].mark == "GAP"


def test_questions_beyond_the_bound_are_counted_not_asked() -> None:
    reader = LogReader(Answers(b""), lambda _: None, ManualClock(0.0), complains)
    for n in range(WAITING_MAX + 7):
        reader.ask(RUN._replace(restarts=n))
    assert reader.not_asked == 7


def test_it_ends_when_nobody_takes_its_lines() -> None:
    def closed(_: Any) -> None:
        raise Closed

    reader = LogReader(Answers(b"db refused"), closed, ManualClock(0.0), complains)
    reader.start()
    reader.ask(RUN)
    wait_until(lambda: not reader._thread.is_alive())


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\0\0"])
def test_an_empty_log_is_no_line(body: bytes) -> None:
    assert len(last_lines(Answers(body), RUN, complains)) <= 1
