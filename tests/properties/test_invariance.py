"""What must not matter: names, the calendar, the order in which streams tell of the same moment."""

import gzip
import random
import re
from pathlib import Path

import msgspec
import pytest

from causeline.core.results import Report
from causeline.knowledge.rule_files import load_rules
from causeline.sources.recording import read_recording
from causeline.streams.pipeline import Engine

RULES = load_rules()
WEEK = 7 * 86_400
INCIDENTS = sorted(
    p for p in (Path(__file__).parents[2] / "incidents").iterdir() if p.is_dir() and (p / "events.jsonl.gz").exists()
)
pytestmark = pytest.mark.parametrize("folder", INCIDENTS, ids=lambda p: p.name)
NAMES = {
    b"shop": b"zeta",
    b"pay": b"alpha",
    b"infra": b"aaa",
    b"n1": b"zz-9",
    b"n2": b"aa-1",
    b"n3": b"mm-5",
    b"n4": b"bb-7",
}


def report_of(folder: Path) -> Report:
    engine = Engine(RULES, "c")
    last = None
    for entry in read_recording(folder):
        engine.feed(entry.seen)
        last = entry.t
    engine.finish(last)
    return engine.report(include_merged=True)


def rewritten(folder: Path, target: Path, change) -> Path:
    for name in ("events", "objects", "metrics"):
        lines = gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).splitlines()
        (target / f"{name}.jsonl").write_bytes(b"\n".join(change(lines)) + b"\n")
    return target


def essence(report: Report, rename=lambda text: text) -> list:
    return sorted(
        (
            i.severity,
            i.state,
            round(i.detected_at - i.started_at, 1),
            [(s.cause, s.confidence, rename(s.object.name), s.detail) for s in i.suspects],
            sorted(rename(a.name) for a in i.affected),
            len(i.events),
        )
        for i in report.incidents
    )


def renamed(text: str) -> str:
    found = text.encode()
    for old, new in NAMES.items():
        found = re.sub(rb"(?<![a-z0-9])" + old + rb"(?![a-z0-9])", new, found)
    return found.decode()


def test_names_do_not_matter(folder: Path, tmp_path: Path) -> None:
    other = rewritten(folder, tmp_path, lambda lines: [renamed(line.decode()).encode() for line in lines])
    assert essence(report_of(other)) == essence(report_of(folder), renamed)


def test_the_calendar_does_not_matter(folder: Path, tmp_path: Path) -> None:
    def later(lines: list[bytes]) -> list[bytes]:
        moved = []
        for line in lines:
            text = re.sub(rb'"t":([0-9.]+)', lambda m: b'"t":%.4f' % (float(m.group(1)) + WEEK), line, count=1)
            moved.append(re.sub(rb"2026-11-23T", b"2026-11-30T", text))
        return moved

    assert essence(report_of(rewritten(folder, tmp_path, later))) == essence(report_of(folder))


def test_the_order_of_different_objects_within_a_moment_does_not_matter(folder: Path, tmp_path: Path) -> None:
    """Lines of objects.jsonl that arrived within the same 50 ms and tell of different objects are shuffled."""
    rng = random.Random(folder.name)

    def shuffled(lines: list[bytes]) -> list[bytes]:
        moments: dict[int, list[bytes]] = {}
        for line in lines:
            moments.setdefault(int(msgspec.json.decode(line).get("t", 0) * 20), []).append(line)
        out = []
        for moment in moments.values():
            by_object: dict[str, list[bytes]] = {}
            for line in moment:
                o = msgspec.json.decode(line)
                by_object.setdefault(
                    f"{o.get('s')}/{(o.get('o') or {}).get('metadata', {}).get('uid')}/{o.get('target')}", []
                ).append(line)
            groups = list(by_object.values())
            rng.shuffle(groups)
            out += [line for group in groups for line in group]
        return out

    def what(report: Report) -> list:
        return sorted(
            (i.severity, i.suspects[0].cause, i.suspects[0].object.name, sorted(a.name for a in i.affected))
            for i in report.incidents
        )

    assert what(report_of(rewritten(folder, tmp_path, shuffled))) == what(report_of(folder))
