"""How many faults are found: python -m tests.diagnosis.measure [SEED…] [-f]; prints what is wrong with the others."""

import sys
import tempfile
from pathlib import Path

from causeline.app.replaying import replay
from causeline.app.wire import read_rules, read_settings
from causeline.core.results import Incident
from tests.diagnosis.registry import FAULTS, MORE, VARIANTS, Truth
from tests.diagnosis.shop import Shop

SETTINGS = read_settings(None)
RULES = read_rules(SETTINGS)


def judged(shop: Shop) -> list[Incident]:
    with tempfile.TemporaryDirectory() as folder:
        shop.write(Path(folder))
        return replay(Path(folder), SETTINGS, RULES).report.incidents


def is_right(incidents: list[Incident], truth: Truth) -> bool:
    """The first loud incident names object, class and detail first."""
    lead = next((i.suspects[0] for i in incidents if i.suspects), None)
    if lead is None:
        return False
    roots = [(truth.kind, truth.name), *truth.also]
    is_object = (lead.object.kind, lead.object.name) in roots
    return is_object and lead.cause == truth.cause and (truth.detail is None or lead.detail == truth.detail)


def is_fine(incidents: list[Incident], truth: Truth) -> bool:
    """Is the fault named, or, where there is none, nothing loud said?"""
    if truth.cause == "benign":
        return all(i.severity == "info" for i in incidents)
    return is_right(incidents, truth)


def shown(incidents: list[Incident]) -> str:
    lines = [
        f"{i.severity[0]} "
        + " | ".join(f"{s.cause}({s.detail}) {s.object.kind}/{s.object.name} {s.confidence}" for s in i.suspects[:2])
        for i in incidents
    ]
    return "; ".join(lines) or "nothing"


def main() -> None:
    seeds = [int(a) for a in sys.argv[1:] if a.isdigit()] or [0]
    only = [a for a in sys.argv[1:] if a in FAULTS]
    right = total = extra = 0
    for seed in seeds:
        for name, make_one in MORE.items() if not only else ():
            shop = Shop(seed)
            truth = make_one(shop)
            found = judged(shop)
            total, right = total + 1, right + is_fine(found, truth)
            if not is_fine(found, truth):
                print(f"BAD {name} want {truth.cause}({truth.detail}) {truth.kind}/{truth.name}: {shown(found)}")
        if not only:
            found = judged(Shop(seed))
            if found:
                print("healthy", seed, shown(found))
        for name, make in FAULTS.items():
            for v in range(VARIANTS):
                if only and name not in only:
                    continue
                shop = Shop(seed * 100 + v)
                truth = make(shop, v)
                found = judged(shop)
                total += 1
                ok = is_right(found, truth)
                right += ok
                loud = [i for i in found if i.severity != "info"]
                extra += max(0, len(loud) - 1)
                if not ok or len(loud) > 1:
                    print(
                        f"{'OK ' if ok else 'BAD'} {name}/{v} want {truth.cause}({truth.detail}) {truth.kind}/{truth.name}: {shown(found)}"
                    )
    print(f"{right} of {total} right, {extra} further loud incidents")


if __name__ == "__main__":
    main()
