"""`python -m benchmarks.bench_causes --nezha DIR --petshop DIR`: whom the engine blames by metrics alone.

Nezha: github.com/IntelligentDDS/Nezha (MIT), one folder a day with `metric/` and `<day>-fault_list.json`.
PetShop: github.com/amazon-science/petshop-root-cause-analysis (data CC-BY-4.0), a folder for each kind of traffic.
Neither ships with this checkout. A fault counts where the root is among the first suspects of the incidents, in
the order in which they are listed. One without an incident is a miss, and what was detected before a
fault began is about another; one whose time has no metrics is left out.
"""

import argparse
import csv
import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Table
from causeline.core.observations import ScrapeSeen
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine

BEFORE_SECONDS = 900.0
AFTER_SECONDS = 210.0
"""Nezha injects a fault every eight minutes and lets it act for about three."""
PETSHOP_BEFORE = 40
"""Rows of the normal period that stand before an issue; a row is five minutes."""
PUBLISHED = {
    "nezha 2022-08-22": "metrics alone, its time known: .48 / .64; with logs and traces .93 / .96",
    "nezha 2023-01-29": "metrics alone .09 / .16; with logs and traces .87 / .98",
    "petshop": "traversal .65 / .83; metrics of the target alone .31 / .58",
}


class Case(NamedTuple):
    """One fault: scrapes before and while it acts, who calls whom, and who is to blame."""

    group: str
    kind: str
    scrapes: list[tuple[float, dict[str, float]]]
    calls: dict[str, list[str]]
    names: list[str]
    root: str
    millicores: dict[str, float]
    at: float
    """When it began; what was told before is about something else."""


def nezha(folder: Path) -> Iterator[Case]:
    """Yield the faults of one day."""
    day = folder.name
    rows = {}
    for path in sorted((folder / "metric").glob("*_metric.csv.gz")):
        with gzip.open(path, "rt") as file:
            found = list(csv.DictReader(file))
        rows[found[0]["PodName"]] = found
    calls: dict[str, list[str]] = {}
    dependency = folder / "metric" / "dependency.csv.gz"
    if dependency.is_file():
        with gzip.open(dependency, "rt") as file:
            for row in csv.DictReader(file):
                calls.setdefault(row["Source"], []).append(row["Target"])
    limits = {_workload(pod): _limit(found) for pod, found in rows.items()}
    faults = json.loads((folder / f"{day}-fault_list.json").read_text())
    for fault in (f for hour in faults.values() for f in hour):
        at = float(fault["inject_timestamp"])
        scrapes: dict[float, dict[str, float]] = {}
        for pod, found in rows.items():
            for row in found:
                t = float(row["TimeStamp"])
                if at - BEFORE_SECONDS <= t <= at + AFTER_SECONDS:
                    values = {
                        f'{k}{{pod="{pod}",namespace="shop"}}': _number(v) for k, v in row.items() if _is_value(k)
                    }
                    kept = {k: v for k, v in values.items() if math.isfinite(v)}
                    scrapes.setdefault(60 * (t // 60), {}).update(kept)
        if not any(t >= at for t in scrapes):
            continue  # its metrics are not part of the data
        for t, values in _edges(folder, at):
            scrapes.setdefault(t, {}).update(values)
        names = list(limits)
        yield Case(
            f"nezha {day}",
            fault["inject_type"],
            sorted(scrapes.items()),
            calls,
            names,
            _workload(fault["inject_pod"]),
            limits,
            at,
        )


def _edges(folder: Path, at: float) -> Iterator[tuple[float, dict[str, float]]]:
    """Yield the latency between services, as who asks saw it, where a day has it."""
    path = folder / "metric" / "source_50.csv.gz"
    if not path.is_file():
        return
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            t = float(row["timestamp"])
            if at - BEFORE_SECONDS <= t <= at + AFTER_SECONDS:
                pairs = {k: _number(v) for k, v in row.items() if "_" in k}
                yield 60 * (t // 60), {_edge(k): v for k, v in pairs.items() if math.isfinite(v)}


def _edge(pair: str) -> str:
    source, _, target = pair.partition("_")
    return f'client_latency_seconds{{source_workload="{source}",destination_workload="{target}"}}'


def _workload(pod: str) -> str:
    return pod.rsplit("-", 2)[0]


def _limit(rows: list[dict[str, str]]) -> float:
    """Millicores, from use and its share of the limit."""
    pairs = [(_number(r["CpuUsage(m)"]), _number(r["CpuUsageRate(%)"])) for r in rows]
    shares = sorted(use / rate * 100 for use, rate in pairs if rate > 0)
    return shares[len(shares) // 2] if shares else 0.0


def _is_value(column: str) -> bool:
    return column not in ("Time", "TimeStamp", "PodName") and not column.startswith("Node")


def _number(text: str) -> float:
    return float(text) if text else math.nan


def petshop(folder: Path) -> Iterator[Case]:
    """Yield the issues of one kind of traffic; without a normal period there is nothing to compare with."""
    normal = folder / "noissue" / "metrics.csv"
    if not normal.is_file():
        return
    calls: dict[str, list[str]] = {}
    with (folder / "graph.csv").open() as file:
        head, *rows = csv.reader(file)
        for row in rows:
            calls[row[0]] = [head[i] for i in range(1, len(row)) if float(row[i])]
    usual = _petshop_rows(normal)
    for issue in sorted((folder / "train").iterdir()):
        truth = json.loads((issue / "target.json").read_text())
        acting = _petshop_rows(issue / "metrics.csv")
        start = acting[0][0]
        busy = [row for row in usual if len(row[1]) >= len(acting[0][1]) // 2][-PETSHOP_BEFORE:]
        scrapes = [(start - 300.0 * (len(busy) - i), values) for i, (_, values) in enumerate(busy)] + acting
        names = list(dict.fromkeys([*calls, *(c for cs in calls.values() for c in cs)]))
        yield Case("petshop", truth["target"]["metric"], scrapes, calls, names, truth["root_cause"]["node"], {}, start)


def _petshop_rows(path: Path) -> list[tuple[float, dict[str, float]]]:
    with path.open() as file:
        who, what, how, _, *rows = csv.reader(file)
    found = []
    for row in rows:
        values = {}
        for i in range(1, len(row)):
            if row[i] and how[i] == "Average" and what[i] in ("latency", "availability"):
                name = "latency_seconds" if what[i] == "latency" else "availability_percent"
                values[f'{name}{{app="{_plain(who[i])}"}}'] = float(row[i])
        found.append((float(row[0]), values))
    return found


def _plain(name: str) -> str:
    """A name as Kubernetes takes it."""
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def blamed(case: Case, rules: RuleBase) -> list[str]:
    """Return the workloads that the engine blames, first the most likely."""
    engine = Engine(rules, "bench")
    before: dict[str, float] = {}
    for line in _objects(case, case.scrapes[0][0]):
        engine.feed(decode_line(line))
    for t, values in case.scrapes:
        changed = {k: v for k, v in values.items() if before.get(k) != v}
        engine.feed(ScrapeSeen(t, "metrics", 0.0, len(changed), None, changed))
        before.update(values)
    engine.finish(case.scrapes[-1][0])
    suspects = [s.object.name for i in engine.report().incidents if i.detected_at >= case.at for s in i.suspects]
    return list(dict.fromkeys(suspects))


def _objects(case: Case, t: float) -> Iterator[bytes]:
    made = "2020-01-01T00:00:00Z"
    for raw in case.names:
        name = _plain(raw)
        limits = {"cpu": f"{case.millicores[raw]:.0f}m"} if case.millicores.get(raw) else {}
        env = [{"name": f"ADDRESS_{i}", "value": f"{_plain(c)}:80"} for i, c in enumerate(case.calls.get(raw, ()))]
        container = {"name": "app", "env": env, "resources": {"limits": limits}}
        template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
        meta = {"name": name, "namespace": "shop", "uid": f"d-{name}", "creationTimestamp": made}
        status = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}
        selector = {"matchLabels": {"app": name}}
        workload = {"replicas": 1, "selector": selector, "template": template}
        yield _line(t, "deployments", {"metadata": meta, "spec": workload, "status": status})
        condition = {"type": "Ready", "status": "True"}
        owner = {"kind": "Deployment", "name": name, "controller": True}
        labels = {"labels": {"app": name}, "ownerReferences": [owner]}
        pod_meta = {**meta, "name": f"{name}-0", "uid": f"p-{name}", **labels}
        spec = {"nodeName": "n1", "containers": [container]}
        yield _line(
            t, "pods", {"metadata": pod_meta, "spec": spec, "status": {"phase": "Running", "conditions": [condition]}}
        )
        service = {"selector": {"app": name}, "ports": [{"port": 80}]}
        yield _line(t, "services", {"metadata": {**meta, "uid": f"s-{name}"}, "spec": service})


def _line(t: float, stream: str, body: dict[str, object]) -> bytes:
    return json.dumps({"t": t, "s": stream, "type": "INIT", "o": body}).encode()


def table(cases: list[Case], rules: RuleBase) -> Table:
    """Score all cases, by group and kind of fault."""
    scores: dict[tuple[str, str], list[int]] = {}
    for case in cases:
        found = blamed(case, rules)
        place = found.index(_plain(case.root)) if _plain(case.root) in found else 99
        for kind in (case.kind, "all"):
            score = scores.setdefault((case.group, kind), [0, 0, 0, 0])
            for i, counts in enumerate((True, place == 0, place < 3, not found)):
                score[i] += counts
    result = Table("Blamed by metrics alone", ["data", "fault", "faults", "top-1", "top-3", "no incident", "published"])
    for (group, kind), (n, first, third, none) in sorted(scores.items()):
        told = PUBLISHED.get(group, "") if kind == "all" else ""
        result.add(group, kind, n, f"{first / n:.2f}", f"{third / n:.2f}", none, told)
    return result


def main() -> None:
    """Parse the paths and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_causes", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--nezha", type=Path, help="folder with one folder a day")
    parser.add_argument("--petshop", type=Path, help="folder with one folder for each kind of traffic")
    chosen = parser.parse_args()
    cases: list[Case] = []
    for day in sorted(chosen.nezha.iterdir()) if chosen.nezha else ():
        cases += nezha(day) if (day / "metric").is_dir() else ()
    for traffic in sorted(chosen.petshop.iterdir()) if chosen.petshop else ():
        cases += petshop(traffic) if traffic.is_dir() else ()
    print(table(cases, load_rules()).text())


if __name__ == "__main__":
    main()
