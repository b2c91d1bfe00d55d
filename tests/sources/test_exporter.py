"""Scrapes of targets that answer, change, fail, lie and hang."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.core.clock import ManualClock
from causeline.core.errors import ConfigError, DecodeError
from causeline.core.observations import DeadLetter, ScrapeSeen
from causeline.sources.exporter import Exporter, Scrape, Target
from causeline.sources.exposition import parse_exposition
from causeline.sources.inbox import Inbox
from tests.sources.scripted_api import wait_until

Say = Callable[..., str]


@pytest.fixture
def say() -> Iterator[Say]:
    """Serve one body after the other, the last for ever; return the URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve(*bodies: Any, headers: list[dict[str, str]] | None = None) -> str:
        left = list(bodies)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if headers is not None:
                    headers.append({key.lower(): value for key, value in self.headers.items()})
                body = left.pop(0) if len(left) > 1 else left[0]
                if callable(body):
                    body = body()
                if isinstance(body, int):
                    self.send_error(body)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that left early is what some tests are about."""

        server = Server(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/metrics"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class Taken:
    def __init__(self, *targets: Target, until: int, **options: Any) -> None:
        self.records: list[Any] = []
        self.scrapes: list[Scrape] = []
        options = {"interval_seconds": 0.03, "clock": ManualClock(5.0), **options}
        self.exporter = Exporter(targets, emit=self.records.append, on_scrape=self.scrapes.append, **options)
        self.exporter.start()
        try:
            wait_until(lambda: len(self.seen) >= until)
        finally:
            self.exporter.stop()

    @property
    def seen(self) -> list[ScrapeSeen]:
        return [r for r in self.records if isinstance(r, ScrapeSeen)]


def test_the_first_scrape_is_full_and_the_next_hold_only_what_changed(say: Say) -> None:
    url = say("a 1\nb 2\nc 3\n", "a 1\nb 5\n", "a 1\nb 5\n")
    taken = Taken(Target("t", url), until=3)
    assert [(s.changed, s.gone, s.is_full) for s in taken.scrapes[:3]] == [
        ({"a": "1", "b": "2", "c": "3"}, [], True),
        ({"b": "5"}, ["c"], False),
        ({}, [], False),
    ]
    assert [s.samples for s in taken.seen[:3]] == [3, 1, 0]
    assert taken.exporter.vanished_series == 1
    assert taken.seen[0].t == 5.0
    assert taken.seen[0].error is None


def test_nan_equals_nan(say: Say) -> None:
    taken = Taken(Target("t", say("a NaN\nb +Inf\nc -Inf\n")), until=2)
    assert [s.changed for s in taken.scrapes[:2]] == [{"a": "NaN", "b": "+Inf", "c": "-Inf"}, {}]


def test_a_failed_scrape_is_a_record_and_the_values_before_it_stay(say: Say) -> None:
    taken = Taken(Target("t", say("a 1\nb 2\n", 503, "a 1\nb 3\n")), until=3)
    assert [s.error for s in taken.seen[:3]] == [None, "answered 503", None]
    assert taken.scrapes[2].changed == {"b": "3"}


def test_a_syntax_error_is_an_error_and_a_dead_letter_with_its_line(say: Say) -> None:
    taken = Taken(Target("t", say("# HELP a b\na 1\nb{x= 2\n")), until=1)
    assert taken.seen[0].error == "line 3: not the Prometheus text format: b{x= 2"
    assert taken.seen[0].samples == 0
    dead = next(r for r in taken.records if isinstance(r, DeadLetter))
    assert (dead.source, dead.line, dead.original) == ("scrape t", 3, "b{x= 2")


def test_nobody_there_is_one_clear_line_without_credentials() -> None:
    target = Target("t", "http://user:hunter2@127.0.0.1:1/metrics")
    taken = Taken(target, until=1)
    assert taken.seen[0].error == "no connection: refused or no route"
    assert "hunter2" not in repr((taken.records, target))


def test_credentials_of_the_url_and_the_token_file_are_sent(say: Say, tmp_path: Path) -> None:
    headers: list[dict[str, str]] = []
    token = tmp_path / "token"
    token.write_text("first\n")
    plain = say("a 1\n", headers=headers)
    Taken(Target("t", plain, bearer_token_file=token), until=1)
    Taken(Target("u", plain.replace("//", "//me:hunter2@")), until=1)
    sent = {h.get("authorization") for h in headers}
    assert sent == {"Bearer first", "Basic bWU6aHVudGVyMg=="}


def test_a_token_file_that_can_not_be_read_is_an_error_of_the_scrape(say: Say, tmp_path: Path) -> None:
    taken = Taken(Target("t", say("a 1\n"), bearer_token_file=tmp_path / "none"), until=1)
    assert "can't be read" in str(taken.seen[0].error)


def test_a_target_that_hangs_times_out_and_holds_up_no_other(say: Say) -> None:
    release = threading.Event()
    slow = Target("slow", say(lambda: (release.wait(5) and "a 1\n") or "a 1\n"), read_seconds=0.2)
    taken = Taken(slow, Target("quick", say("a 1\n")), until=8)
    release.set()
    assert [s.target for s in taken.seen].count("quick") > 2
    assert {s.error for s in taken.seen if s.target == "slow"} <= {"silent for too long"}


def test_a_body_over_the_bound_is_an_error(say: Say) -> None:
    taken = Taken(Target("t", say("a 1\n" * 100_000)), until=1, body_bytes_max=1000)
    assert taken.seen[0].error == "body of more than 1000 bytes"


def test_bytes_that_are_no_text_are_an_error(say: Say) -> None:
    taken = Taken(Target("t", say(b"\xff\xfe\x00")), until=1)
    assert "not the Prometheus text format" in str(taken.seen[0].error)


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://x/", "http://", "http://u:hunter2@[::1", "http://127.0.0.1:99999/"]
)
def test_an_unusable_url_is_refused_at_once_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="target here: its URL is no http") as caught:
        Exporter([Target("here", url)], emit=print, clock=ManualClock())
    assert "hunter2" not in str(caught.value)


def test_two_targets_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="same name"):
        Exporter([Target("t", "http://a"), Target("t", "http://b")], emit=print, clock=ManualClock())


def test_a_ca_file_that_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CA file"):
        Exporter([Target("t", "https://a", ca_file=tmp_path / "none")], emit=print, clock=ManualClock())


def test_scrapes_go_through_the_inbox_of_the_watcher(say: Say) -> None:
    inbox = Inbox()
    exporter = Exporter([Target("t", say("a 1\n"))], emit=inbox.emit, clock=ManualClock(5.0), interval_seconds=0.02)
    exporter.start()
    batch = next(inbox.batches())
    exporter.stop()
    assert isinstance(batch.records[0], ScrapeSeen)
    assert batch.positions == {}


def test_an_exporter_ends_when_its_inbox_is_closed(say: Say) -> None:
    inbox = Inbox()
    inbox.close()
    exporter = Exporter([Target("t", say("a 1\n"))], emit=inbox.emit, clock=ManualClock(5.0), interval_seconds=0.01)
    exporter.start()
    wait_until(exporter._stopping.is_set)
    exporter.stop()


def test_counters_keep_the_names_they_are_exposed_under() -> None:
    text = (
        '# TYPE a counter\na 1\n# TYPE b_total counter\nb_total 2\n# TYPE h histogram\nh_bucket{le="1"} 3 1700000000\n'
    )
    assert parse_exposition(text) == {"a": "1", "b_total": "2", 'h_bucket{le="1"}': "3"}


def test_values_are_text_that_gives_the_same_number() -> None:
    assert parse_exposition("a 1e3\nb 0.1\nc 1.5e+300\nd -0\n") == {"a": "1000", "b": "0.1", "c": "1.5e+300", "d": "0"}


@given(st.dictionaries(st.text("abc_", min_size=1).map(lambda s: "m" + s), st.text(max_size=10), max_size=3))
def test_labels_come_back_escaped(labels: dict[str, str]) -> None:
    escaped = ",".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in labels.items() if v.isprintable())
    line = f"x{{{escaped}}} 1\n" if escaped else "x 1\n"
    once = parse_exposition(line)
    assert parse_exposition("".join(f"{series} {value}\n" for series, value in once.items())) == once


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    with suppress(DecodeError):
        parse_exposition(text)
