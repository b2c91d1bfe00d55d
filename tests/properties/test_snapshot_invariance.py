"""What must not matter in a snapshot: the order of its lines, lines that come twice, names, and the week."""

import json
import random
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeline.core.results import Report
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine
from tests.diagnosis.registry import FAULTS, MORE, VARIANTS
from tests.diagnosis.shop import STREAMS, Shop, iso

RULES = load_rules()
WEEK = 7 * 86_400
CASES = st.tuples(st.sampled_from(sorted([*FAULTS, *MORE])), st.integers(0, VARIANTS - 1), st.integers(0, 50))
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def lines_of(case: tuple[str, int, int]) -> tuple[float, list[str]]:
    name, v, seed = case
    shop = Shop(seed)
    if name in FAULTS:
        FAULTS[name](shop, v)
    else:
        MORE[name](shop)
    objects = [{"s": STREAMS[k], "type": "INIT", "o": o} for (k, _, _), o in shop.objects.items()]
    events = [{"s": "events.v1", "type": "INIT", "o": e} for e in shop.events]
    lists = [{"s": s, "type": "LIST", "o": {"resourceVersion": "9"}} for s in sorted(STREAMS.values())]
    return shop.t, [json.dumps(line) for line in (*lists, *events, *objects)]


def judged(t: float, lines: list[str]) -> Report:
    engine = Engine(RULES, "c")
    for line in lines:
        engine.feed(decode_line(f'{{"t":{t!r},{line[1:]}'.encode()))
    engine.finish(t)
    return engine.report()


def essence(report: Report) -> list[Any]:
    return sorted(
        (i.severity, i.state, [(s.cause, s.detail, s.object.kind, s.object.name, s.confidence) for s in i.suspects[:1]])
        for i in report.incidents
    )


@given(CASES, st.integers(0, 2**32))
@quick
def test_the_order_of_lines_does_not_matter(case: tuple[str, int, int], seed: int) -> None:
    t, lines = lines_of(case)
    shuffled = lines[len(STREAMS) :]
    random.Random(seed).shuffle(shuffled)
    assert essence(judged(t, lines)) == essence(judged(t, [*lines[: len(STREAMS)], *shuffled]))


@given(CASES)
@quick
def test_lines_that_come_twice_do_not_matter(case: tuple[str, int, int]) -> None:
    t, lines = lines_of(case)
    assert essence(judged(t, lines)) == essence(judged(t, [line for line in lines for _ in range(2)]))


@given(CASES, st.integers(1, 200))
@quick
def test_the_week_does_not_matter(case: tuple[str, int, int], weeks: int) -> None:
    t, lines = lines_of(case)
    shift = weeks * WEEK

    def moved(match: re.Match[str]) -> str:
        from datetime import datetime  # noqa: PLC0415

        return iso(datetime.fromisoformat(match[0]).timestamp() + shift)

    later = [_TIME.sub(moved, line) for line in lines]
    assert essence(judged(t, lines)) == essence(judged(t + shift, later))


@given(CASES)
@quick
def test_the_name_of_the_namespace_does_not_matter(case: tuple[str, int, int]) -> None:
    t, lines = lines_of(case)
    old = Shop(case[2]).ns
    renamed = [re.sub(rf"(?<![A-Za-z0-9-]){re.escape(old)}(?![A-Za-z0-9-])", "zz-other", line) for line in lines]
    want = [
        (s, st_, [(c, d, k, n.replace(old, "zz-other") if k == "Namespace" else n, f) for c, d, k, n, f in lead])
        for s, st_, lead in essence(judged(t, lines))
    ]
    assert sorted(want) == essence(judged(t, renamed))
