"""What is recorded is read back as it was; a kill or a full disk leaves what was written."""

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeline.core.errors import RecordingError
from causeline.core.observations import DeadLetter, EventSeen, Observation, OutsideSeen, ScrapeSeen, StreamMark, Tick
from causeline.sources.decode import decode
from causeline.sources.exporter import Scrape
from causeline.sources.recorder import Recorder
from causeline.sources.recording import FILES, read_recording
from tests.sources.test_decode import kept


def _pod(t: float, name: str) -> Observation:
    return decode("pods", "ADDED", t, json.dumps({"metadata": {"name": name, "namespace": "shop"}}).encode())


def _seen(folder: Path) -> list[Any]:
    return [entry.seen for entry in read_recording(folder)]


def _file(seen: Observation) -> int:
    if isinstance(seen, EventSeen) or (isinstance(seen, StreamMark) and seen.stream == "events.v1"):
        return FILES.index("events")
    if isinstance(seen, OutsideSeen):
        return FILES.index(seen.source)
    return FILES.index("metrics" if isinstance(seen, ScrapeSeen) else "objects")


@settings(max_examples=60, deadline=None)
@given(st.lists(kept, max_size=12), st.integers(1, 5))
def test_what_is_recorded_is_read_back_as_it_was(records: list[Observation], batch: int) -> None:
    records.sort(key=lambda seen: (seen.t, _file(seen)))
    with tempfile.TemporaryDirectory() as folder:
        with Recorder(Path(folder) / "r", {"cluster": "test"}) as recorder:
            for start in range(0, len(records), batch):
                recorder.write(records[start : start + batch])
        back = _seen(Path(folder) / "r")
    for seen in back:
        if isinstance(seen, StreamMark):
            seen.is_end = False
    assert back == records


def test_a_killed_recorder_leaves_all_whole_batches(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r", {})
    for n in range(50):
        recorder.write([_pod(n, f"p{n}")])
    killed = (tmp_path / "r" / "objects.jsonl.gz").read_bytes()
    recorder.close()
    (tmp_path / "r" / "objects.jsonl.gz").write_bytes(killed)
    seen = _seen(tmp_path / "r")
    assert [s.ref.name for s in seen[:-1]] == [f"p{n}" for n in range(50)]
    assert isinstance(seen[-1], DeadLetter)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(RecordingError, match="not an empty folder"):
        Recorder(tmp_path, {})
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(RecordingError, match="not an empty folder"):
        Recorder(tmp_path / "x", {})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "r", {})
    with Path("/dev/full").open("wb", buffering=0) as full:
        recorder._files["objects"].fileobj = full
        with pytest.raises(RecordingError, match="can't be written: No space left on device") as caught:
            recorder.write([_pod(1, "a")])
        with pytest.raises(RecordingError, match="No space left"):
            recorder.close()
    assert "\n" not in str(caught.value)


def test_a_scrape_is_recorded_with_its_values(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r", {}, values_follow=True) as recorder:
        first = ScrapeSeen(1.0, "api", 0.1, 2)
        recorder.write([first])
        recorder.write_scrape(Scrape(first, {"a": "1", 'b{c="d"}': "NaN"}, [], True))
        recorder.write_scrape(Scrape(ScrapeSeen(2.0, "api", 0.1, 1), {"a": "2"}, ['b{c="d"}'], False))
        recorder.write_scrape(Scrape(ScrapeSeen(3.0, "api", 0.1, 0, "refused"), {}, [], False))
    lines = gzip.decompress((tmp_path / "r" / "metrics.jsonl.gz").read_bytes()).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"t": 1.0, "took": 0.1, "target": "api", "changed": {"a": "1", 'b{c="d"}': "NaN"}, "full": True},
        {"t": 2.0, "took": 0.1, "target": "api", "changed": {"a": "2"}, "gone": ['b{c="d"}']},
        {"t": 3.0, "took": 0.1, "target": "api", "error": "refused"},
    ]
    assert [seen.samples for seen in _seen(tmp_path / "r")] == [2, 1, 0]


def test_ticks_and_dead_letters_are_not_recorded(tmp_path: Path) -> None:
    with Recorder(tmp_path / "r", {"note": "free text"}) as recorder:
        recorder.write([Tick(1.0), DeadLetter("1", 1.0, "x", 0, "why", "what"), _pod(2, "a")])
    assert len(_seen(tmp_path / "r")) == 1
    assert json.loads((tmp_path / "r" / "manifest.json").read_text()) == {"note": "free text"}
