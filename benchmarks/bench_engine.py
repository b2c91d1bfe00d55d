"""Observations per second and core: the engine on recorded data, beside two bare loops over the same data.

An observation is one line of one of the two event APIs or of the objects file. The second event API repeats the first
one word by word and would be skipped by the engine, so it is left out. Scrapes are fed too, and not counted.
"""

import gzip
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import ROUNDS, Options, Table, rate, recordings_of, thousands
from causeline.core.observations import EVENT_STREAMS, DeadLetter, EventSeen, ObjectSeen, Observation, ScrapeSeen
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line, encode_line
from causeline.sources.recording import read_recording
from causeline.streams.pipeline import Engine

BAR = 50_000
"""Observations per second and core, decoding apart."""
PAUSE_SECONDS = 60.0
"""Log time between two loops of the long run."""
LOOPS, LOOPS_SMALL = 200, 5

Fed = Observation | DeadLetter


def tables(options: Options) -> Iterator[Table]:
    """Run everything."""
    folders = list(recordings_of(options))
    if not folders:
        print("bench_engine: no recordings ship with this checkout; name some with --recordings DIR: skipped")
        return
    rules = load_rules()
    sets = [_load(folder) for folder in folders]
    yield _speed(sets, folders, rules)
    yield _by_recording(sets, folders, rules)
    yield _long_run(max(sets, key=_counted), rules, LOOPS_SMALL if options.small else LOOPS)


def _load(folder: Path) -> list[Fed]:
    """Return a recording's observations in order, one event API only."""
    seen = [entry.seen for entry in read_recording(folder)]
    streams = {s.stream for s in seen if isinstance(s, EventSeen)}
    unwanted = sorted(streams & EVENT_STREAMS)[:-1] if len(streams) > 1 else []
    return [s for s in seen if getattr(s, "stream", None) not in unwanted]


def _counted(seen: list[Fed]) -> int:
    return sum(not isinstance(s, ScrapeSeen | DeadLetter) for s in seen)


def _feed(seen: list[Fed], rules: RuleBase) -> Engine:
    engine = Engine(rules, "bench")
    for one in seen:
        engine.feed(one)
    engine.finish()
    return engine


def _feed_lines(lines: list[bytes], rules: RuleBase) -> None:
    engine = Engine(rules, "bench")
    for line in lines:
        engine.feed(decode_line(line))
    engine.finish()


def _feed_folder(folder: Path, rules: RuleBase) -> None:
    engine = Engine(rules, "bench")
    for entry in read_recording(folder):
        engine.feed(entry.seen)
    engine.finish()


def _count(seen: list[Fed]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for one in seen:
        if isinstance(one, EventSeen):
            key = (one.event.regarding.namespace or "", one.event.reason)
            counts[key] = counts.get(key, 0) + 1
    return counts


def _raw_lines(folder: Path) -> list[bytes]:
    """Return the lines of both files as they are, both event APIs included."""
    found: list[bytes] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("events.", "objects.")):
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                found += file.readlines()
    return found


def _speed(sets: list[list[Fed]], folders: list[Path], rules: RuleBase) -> Table:
    encoded = [[encode_line(s) for s in seen if not isinstance(s, DeadLetter)] for seen in sets]
    raw = [_raw_lines(folder) for folder in folders]
    n, n_raw = sum(map(_counted, sets)), sum(map(len, raw))
    engine = rate(n, lambda: [_feed(seen, rules) for seen in sets])
    with_log = rate(n, lambda: [_feed_lines(lines, rules) for lines in encoded])
    with_files = rate(n_raw, lambda: [_feed_folder(folder, rules) for folder in folders])
    bare_json = rate(n_raw, lambda: [json.loads(line) for lines in raw for line in lines])
    bare_count = rate(n, lambda: [_count(seen) for seen in sets])
    table = Table(
        f"Engine: {len(sets)} recordings, {thousands(n)} observations, one new engine each",
        ["what", "observations/s and core", "bar", "reached", "ratio"],
    )
    table.add("engine, decoding apart", thousands(engine), thousands(BAR), "yes" if engine >= BAR else "NO", "1.00")
    table.add("engine, decoding the log's lines", thousands(with_log), "-", "-", f"{with_log / engine:.2f}")
    table.add(
        "engine, from the folder (gzip, both APIs, scrapes)",
        thousands(with_files),
        "-",
        "-",
        f"{with_files / engine:.2f}",
    )
    table.add(
        "bare loop: json.loads of the recorded lines", thousands(bare_json), "-", "-", f"{bare_json / engine:.2f}"
    )
    table.add("bare loop: count by (namespace, reason)", thousands(bare_count), "-", "-", f"{bare_count / engine:.2f}")
    table.notes.append(
        f"Median of {ROUNDS} rounds; ratio: to the first row. From the folder, every line counts, also those of the "
        "second event API, which the engine drops as repeats, and the time to read the scrapes is in it."
    )
    return table


def _by_recording(sets: list[list[Fed]], folders: list[Path], rules: RuleBase) -> Table:
    table = Table(
        "Engine by recording", ["recording", "observations", "cluster seconds", "observations/s and core", "incidents"]
    )
    for seen, folder in zip(sets, folders, strict=True):
        report = _feed(seen, rules).report()
        n = _counted(seen)
        speed = rate(n, lambda seen=seen: _feed(seen, rules))
        table.add(
            folder.name, thousands(n), thousands(report.stats.cluster_seconds), thousands(speed), len(report.incidents)
        )
    return table


def _long_run(seen: list[Fed], rules: RuleBase, loops: int) -> Table:
    """Let one engine live through many loops; times and uids are shifted so that nothing is a repeat."""
    table = Table(
        f"One engine through {loops} loops of one recording, times and uids shifted",
        [
            "loops",
            "observations so far",
            "observations/s and core",
            "objects held",
            "symptoms",
            "incidents",
            "objects counted",
        ],
    )
    seen = [s for s in seen if not isinstance(s, DeadLetter)]
    times = [s.t for s in seen]
    span = max(times) - min(times) + PAUSE_SECONDS
    engine = Engine(rules, "bench")
    fed, spent, since = 0, 0.0, 0
    marks = {max(1, loops * part // 10) for part in (1, 2, 4, 6, 8, 10)} | {1}
    for loop in range(loops):
        shifted = [_shift(s, loop * span, f"-{loop}") for s in seen]
        began = time.process_time()
        for one in shifted:
            engine.feed(one)
        spent += time.process_time() - began
        fed += _counted(shifted)
        if loop + 1 in marks:
            state = engine.state
            table.add(
                loop + 1, thousands(fed), thousands((fed - since) / spent), thousands(len(state.topology.entries)),
                len(state.symptoms.held), len(state.correlator.incidents.all), thousands(engine.report().stats.objects),
            )  # fmt: skip
            spent, since = 0.0, fed
    table.notes.append("The rate is of the loops since the row before; it should not fall.")
    return table


def _shift(value: Any, seconds: float, suffix: str) -> Any:
    """Return a copy of an observation that happened `seconds` later, to objects with other uids."""
    if isinstance(value, ObjectSeen | EventSeen):
        changed = {"t": value.t + seconds}
        if isinstance(value, EventSeen):
            e = value.event
            changed["event"] = msgspec.structs.replace(
                e,
                uid=e.uid + suffix,
                created_at=e.created_at + seconds,
                first_at=e.first_at + seconds,
                last_at=e.last_at + seconds,
            )
        else:
            changed["object"] = _shift_object(value.object, timedelta(seconds=seconds), suffix)
        return msgspec.structs.replace(value, **changed)
    return msgspec.structs.replace(value, t=value.t + seconds)


def _shift_object(value: Any, by: timedelta, suffix: str) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, msgspec.Struct):
        fields = {f: _shift_object(getattr(value, f), by, suffix) for f in value.__struct_fields__}
        if fields.get("uid"):
            fields["uid"] += suffix
        return type(value)(**fields)
    if isinstance(value, list):
        return [_shift_object(v, by, suffix) for v in value]
    return value
