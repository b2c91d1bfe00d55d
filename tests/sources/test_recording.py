"""Reading recordings: damage stays where it is, order is what the format says."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from causeline.core.errors import RecordingError
from causeline.core.observations import DeadLetter, EventSeen, ObjectSeen, OutsideSeen, ScrapeSeen, StreamMark
from causeline.core.refs import ObjectRef
from causeline.sources.recording import Entry, read_recording


def _pod(t: float, name: str, kind: str = "ADDED", stream: str = "pods") -> dict[str, Any]:
    return {"t": t, "s": stream, "type": kind, "o": {"metadata": {"name": name, "namespace": "shop"}}}


def _mark(t: float, kind: str, stream: str = "pods", **o: Any) -> dict[str, Any]:
    return {"t": t, "s": stream, "type": kind, "o": o}


def _write(folder: Path, name: str, *lines: Any) -> None:
    data = b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines)
    (folder / f"{name}.jsonl").write_bytes(data)


def _read(folder: Path) -> list[Entry]:
    return list(read_recording(folder))


def _names(entries: list[Entry]) -> list[str]:
    return [e.seen.ref.name for e in entries if isinstance(e.seen, ObjectSeen)]


def test_a_folder_without_events_and_objects_is_no_recording(tmp_path: Path) -> None:
    _write(tmp_path, "metrics", {"t": 1, "target": "a"})
    with pytest.raises(RecordingError, match="not a recording"):
        read_recording(tmp_path)


def test_one_file_is_enough(tmp_path: Path) -> None:
    _write(tmp_path, "objects", _pod(1, "a"))
    assert _names(_read(tmp_path)) == ["a"]


def test_a_truncated_gzip_gives_what_is_there_and_a_dead_letter(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(json.dumps(_pod(n, f"p{n}")).encode() + b"\n" for n in range(2000)))
    (tmp_path / "objects.jsonl.gz").write_bytes(data[: len(data) // 2])
    entries = _read(tmp_path)
    assert 100 < len(_names(entries)) < 2000
    last = entries[-1].seen
    assert isinstance(last, DeadLetter)
    assert "damaged from here on" in last.reason
    assert last.at == float(len(_names(entries)) - 1)


def test_damage_inside_a_gzip_is_a_dead_letter(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"".join(json.dumps(_pod(n, f"p{n}")).encode() + b"\n" for n in range(2000))))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "objects.jsonl.gz").write_bytes(data)
    assert any(isinstance(e.seen, DeadLetter) for e in _read(tmp_path))


def test_a_file_that_is_no_gzip_is_a_dead_letter(tmp_path: Path) -> None:
    (tmp_path / "objects.jsonl.gz").write_bytes(b"hello")
    assert isinstance(_read(tmp_path)[0].seen, DeadLetter)


def test_bad_lines_are_dead_letters_with_file_and_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "objects",
        _pod(1, "a"),
        b"<html>",
        {"t": 2, "s": "pods", "type": "ADDED", "o": {"spec": {}}},
        _pod(3, "b", "SHOUTED"),
        b"",
        {"t": -5, "s": "pods", "type": "ADDED", "o": {"metadata": {"name": "early"}}},
        b'{"t":1e999,"s":"pods","type":"ADDED","o":{"metadata":{"name":"late"}}}',
        b'{"t":1e300,"s":"pods","type":"ADDED","o":{"metadata":{"name":"later"}}}',
        b"\xff\xff",
        _pod(4, "c"),
    )
    entries = _read(tmp_path)
    dead = [e.seen for e in entries if isinstance(e.seen, DeadLetter)]
    assert _names(entries) == ["a", "c"]
    assert [d.line for d in dead] == [2, 3, 4, 6, 7, 8, 9]
    assert {d.source for d in dead} == {"objects.jsonl"}
    assert all(d.reason and "\n" not in d.reason for d in dead)


def test_a_dead_letter_of_an_object_holds_no_values(tmp_path: Path) -> None:
    _write(tmp_path, "objects", {"t": 2, "s": "configmaps", "type": "ADDED", "o": {"data": {"k": "hunter2"}}})
    assert "hunter2" not in repr(_read(tmp_path))


def test_a_dead_letter_has_the_same_id_each_time(tmp_path: Path) -> None:
    _write(tmp_path, "objects", b"x", b"x")
    first, again = _read(tmp_path), _read(tmp_path)
    ids = [e.seen.id for e in first if isinstance(e.seen, DeadLetter)]
    assert len(set(ids)) == 2
    assert first == again


def test_a_line_of_ten_megabytes_is_a_dead_letter(tmp_path: Path) -> None:
    big = _pod(1, "big")
    big["o"]["message"] = "x" * 10_000_000
    _write(tmp_path, "objects", big, _pod(2, "a"))
    entries = _read(tmp_path)
    assert isinstance(entries[0].seen, DeadLetter)
    assert len(entries[0].seen.original) <= 4096
    assert _names(entries) == ["a"]
    assert entries[1].line == 2


def test_a_time_that_goes_back_counts_as_the_greatest_so_far(tmp_path: Path) -> None:
    _write(tmp_path, "objects", _pod(10, "a"), _pod(3, "b"), _pod(5000, "c"), _pod(11, "d"))
    entries = _read(tmp_path)
    assert [(e.t, e.seen.t) for e in entries if isinstance(e.seen, ObjectSeen)] == [
        (10, 10),
        (10, 10),
        (5000, 5000),
        (5000, 5000),
    ]
    assert _names(entries) == ["a", "b", "c", "d"]


def test_equal_times_are_events_objects_alerts_logs_metrics_then_line(tmp_path: Path) -> None:
    _write(tmp_path, "metrics", {"t": 5, "took": 0.1, "target": "x", "changed": {"a": "1"}})
    _write(tmp_path, "logs", {"t": 5, "object": {"kind": "Pod", "namespace": "shop", "name": "a"}, "line": "hello"})
    _write(tmp_path, "alerts", {"t": 5, "status": "firing", "alerts": [{"labels": {"alertname": "Down", "pod": "a"}}]})
    _write(tmp_path, "objects", _pod(5, "a"), _pod(5, "b"))
    _write(tmp_path, "events", _pod(5, "e", stream="events.v1"))
    entries = _read(tmp_path)
    kinds = [type(e.seen) for e in entries]
    assert kinds == [EventSeen, ObjectSeen, ObjectSeen, OutsideSeen, OutsideSeen, ScrapeSeen]
    assert _names(entries) == ["a", "b"]
    assert isinstance(entries[3].seen, OutsideSeen)
    assert entries[3].seen.object == ObjectRef("Pod", None, "a")


def test_a_duplicate_line_is_read_twice_for_the_engine_to_judge(tmp_path: Path) -> None:
    _write(tmp_path, "objects", _pod(1, "a"), _pod(1, "a"))
    assert _names(_read(tmp_path)) == ["a", "a"]


def test_a_gap_with_nothing_after_it_on_its_stream_is_the_end(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "objects",
        _mark(1, "GAP", closed=True, resume="5"),
        _pod(2, "a"),
        _mark(3, "GAP", error="ProtocolError", resume="7"),
        _mark(4, "BOOKMARK", "nodes", metadata={"resourceVersion": "9"}),
    )
    gaps = [e.seen for e in _read(tmp_path) if isinstance(e.seen, StreamMark) and e.seen.mark == "GAP"]
    assert [(g.text, g.resource_version, g.is_end) for g in gaps] == [
        ("closed", "5", False),
        ("ProtocolError", "7", True),
    ]


def test_a_failed_scrape_is_a_record_with_its_error(tmp_path: Path) -> None:
    _write(tmp_path, "objects", _pod(1, "a"))
    _write(
        tmp_path,
        "metrics",
        {"t": 2, "took": 0.1, "target": "x", "error": "https://u:pw@h refused"},
        {"t": 3, "took": 0.1, "target": "x", "changed": []},
        {"t": 4, "target": 5},
    )
    seen = [e.seen for e in _read(tmp_path)][1:]
    assert isinstance(seen[0], ScrapeSeen)
    assert seen[0].error == "https://***@h refused"
    assert [type(s) for s in seen[1:]] == [DeadLetter, DeadLetter]


@pytest.mark.parametrize(
    "body", [{"alerts": []}, {"alerts": [3]}, {"alerts": "x"}, {"commonLabels": [1], "alerts": [{}]}]
)
def test_an_odd_alert_does_not_stop_the_reader(tmp_path: Path, body: dict[str, Any]) -> None:
    _write(tmp_path, "objects", _pod(1, "a"))
    _write(tmp_path, "alerts", {"t": 2, **body})
    assert len(_read(tmp_path)) == 2
