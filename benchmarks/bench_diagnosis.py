"""Diagnosis of snapshots: time beside decoding alone, and how far the confidence can be trusted."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from benchmarks.measure import Options, Table
from causeline.core.results import Incident
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.rule_files import load_rules
from causeline.sources.recording import read_recording
from causeline.streams.pipeline import Engine
from tests.diagnosis.measure import is_right
from tests.diagnosis.registry import FAULTS, VARIANTS, Truth
from tests.diagnosis.shop import Shop

OBJECTS: Final = 500
BINS: Final = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 1.01)
"""Edges of the reliability table."""


def tables(options: Options) -> Iterator[Table]:
    """Yield the time of one diagnosis, and the reliability of the confidence over all faults of the shop."""
    rules = load_rules()
    table = Table(
        "Diagnosis of a snapshot", ["objects", "decode ms", "decode and diagnose ms", "worst of faults ms", "ratio"]
    )
    times = sorted(_time(rules, name) for name in list(FAULTS)[:: 8 if options.small else 1])
    decode, whole = statistics.median(d for d, _, _ in times), statistics.median(w for _, w, _ in times)
    count = statistics.median(n for _, _, n in times)
    table.add(
        f"{count:.0f}", f"{decode:.1f}", f"{whole:.1f}", f"{max(w for _, w, _ in times):.1f}", f"{whole / decode:.2f}"
    )
    yield table
    yield _reliability(rules, range(1 if options.small else 3))


def _time(rules: RuleBase, name: str) -> tuple[float, float, int]:
    shop = Shop(1)
    FAULTS[name](shop, 1)
    number = 0
    while len(shop.objects) < OBJECTS:  # other namespaces of the same size make it up
        number += 1
        shop.workload(f"filler-{number}", ns=shop.ns if number % 3 else "default", replicas=2)
    with tempfile.TemporaryDirectory() as folder:
        shop.write(Path(folder))
        best = [min(_run(rules, Path(folder), judge=judge) for _ in range(3)) for judge in (False, True)]
    return best[0] * 1e3, best[1] * 1e3, len(shop.objects)


def _run(rules: RuleBase, folder: Path, *, judge: bool) -> float:
    began = time.perf_counter()
    engine, last = Engine(rules, "b"), None
    for entry in read_recording(folder):
        last = entry.t
        if judge:
            engine.feed(entry.seen)
    if judge:
        engine.finish(last)
        engine.report()
    return time.perf_counter() - began


def _reliability(rules: RuleBase, seeds: range) -> Table:
    table = Table(
        "Reliability: confidence of the first suspect, over the faults of the shop",
        ["confidence", "cases", "mean confidence", "right"],
    )
    said: list[tuple[float, bool]] = []
    for seed in seeds:
        for make in FAULTS.values():
            for v in range(VARIANTS):
                shop = Shop(9000 + 10 * seed + v)
                truth = make(shop, v)
                with contextlib.suppress(IndexError):
                    said.append(_said(rules, shop, truth))
    for low, high in pairwise(BINS):
        inside = [(c, right) for c, right in said if low <= c < high]
        if inside:
            table.add(
                f"{low:.1f} to {min(high, 1.0):.1f}",
                len(inside),
                f"{statistics.mean(c for c, _ in inside):.2f}",
                f"{sum(r for _, r in inside) / len(inside):.2f}",
            )
    return table


def _said(rules: RuleBase, shop: Shop, truth: Truth) -> tuple[float, bool]:
    with tempfile.TemporaryDirectory() as folder:
        shop.write(Path(folder))
        engine, last = Engine(rules, "b"), None
        for entry in read_recording(Path(folder)):
            engine.feed(entry.seen)
            last = entry.t
        engine.finish(last)
    found: list[Incident] = engine.report().incidents
    return found[0].suspects[0].confidence, is_right(found, truth)
