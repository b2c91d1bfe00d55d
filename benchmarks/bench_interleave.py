"""Do independent incidents stay apart? Recordings merged on one time line against the same recordings one by one.

Each recording is renamed (namespaces, nodes, hosts, uids, in texts too) and shifted to a common beginning. The measure
is B-cubed F1 over event uids (Bagga and Baldwin 1998): how pure and how whole the incidents of the merged run are,
against those of the single runs. Beside it: the same events grouped by namespace and reason, as Alertmanager's
`group_by` does.
"""

import gzip
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.measure import Options, Table
from causeline.core.observations import Observation
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine

FOLDER: Final = Path(__file__).parents[1] / "incidents"
BEGIN: Final = 1_790_000_000
TOGETHER: Final = (2, 4, 8)
"""How many recordings are merged."""
ROUNDS: Final = 4
"""Draws of each size."""
SEED: Final = 20261124
KEEP: Final = frozenset({"default", "kube-public", "kube-node-lease"})
_TIME = re.compile(r"\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z")
_UID = re.compile(r"\b([0-9a-f]{8})-([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b")

Clusters = dict[str, str]
"""Event uid -> the group that it is in."""


def tables(options: Options) -> Iterator[Table]:
    """Yield one table: B-cubed F1 of ours and of grouping by label, by how many recordings are merged."""
    folders = [f for f in (options.recordings or sorted(FOLDER.iterdir())) if (f / "events.jsonl.gz").exists()]
    folders = [f for f in folders if "control-plane" not in f.name]  # one cluster has one control plane
    rules, draw = load_rules(), random.Random(SEED)
    table = Table(
        "Recordings merged on one time line: B-cubed F1 over event uids",
        ["merged", "draws", "events", "ours", "by namespace and reason", "ours, worst draw"],
    )
    for size in TOGETHER:
        rows = [_row(rules, draw.sample(folders, min(size, len(folders)))) for _ in range(ROUNDS)]
        mean = [sum(row[n] for row in rows) / len(rows) for n in (1, 2)]
        worst = min(row[1] for row in rows)
        table.add(size, len(rows), sum(row[0] for row in rows), f"{mean[0]:.3f}", f"{mean[1]:.3f}", f"{worst:.3f}")
    yield table


def _row(rules: RuleBase, folders: list[Path]) -> tuple[int, float, float]:
    parts = [list(_renamed(folder, number)) for number, folder in enumerate(folders)]
    truth: Clusters = {}
    labels: Clusters = {}
    for number, part in enumerate(parts):
        truth.update({uid: f"{number} {group}" for uid, group in _incidents(rules, part).items()})
        labels.update(_by_label(part))
    merged = sorted((pair for part in parts for pair in part), key=lambda pair: pair[0])
    ours = _incidents(rules, merged)
    return len(truth), b_cubed(truth, ours), b_cubed(truth, labels)


def _incidents(rules: RuleBase, lines: list[tuple[float, bytes]]) -> Clusters:
    engine = Engine(rules, "merged")
    last = None
    for t, line in lines:
        seen: Observation = decode_line(line)
        engine.feed(seen)
        last = t
    engine.finish(last)
    return {uid: i.id for i in engine.report().incidents for uid in i.events}


def _by_label(lines: list[tuple[float, bytes]]) -> Clusters:
    found: Clusters = {}
    for _, raw in lines:
        line = json.loads(raw)
        if line["s"].startswith("events") and line["type"] != "LIST":
            o = line["o"]
            found[o["metadata"]["uid"]] = f"{o['metadata'].get('namespace')} {o.get('reason')}"
    return found


def b_cubed(truth: Clusters, found: Clusters) -> float:
    """Return B-cubed F1; an event that `found` has in no group stands alone."""
    groups: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}
    for uid, name in truth.items():
        groups.setdefault(found.get(uid, uid), set()).add(uid)
        wanted.setdefault(name, set()).add(uid)
    precision = recall = 0.0
    for uid, name in truth.items():
        own, true = groups[found.get(uid, uid)], wanted[name]
        both = len(own & true)
        precision, recall = precision + both / len(own), recall + both / len(true)
    if not truth:
        return 1.0
    precision, recall = precision / len(truth), recall / len(truth)
    return 2 * precision * recall / (precision + recall)


def _renamed(folder: Path, number: int) -> Iterator[tuple[float, bytes]]:
    """Yield (t, line) of events and objects, with names of their own and the common beginning; gaps are left out."""
    lines = []
    for rank, name in enumerate(("events", "objects")):
        text = gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).decode()
        lines += [(json.loads(line), rank) for line in text.splitlines()]
    lines = [pair for pair in lines if pair[0]["type"] not in ("GAP", "LIST", "ERROR", "BOOKMARK")]
    lines.sort(key=lambda pair: (pair[0]["t"], pair[1]))
    shift = BEGIN - int(lines[0][0]["t"])
    names = _own_names([line for line, _ in lines])
    pattern = re.compile(
        rf'(?<![A-Za-z0-9])({"|".join(sorted(map(re.escape, names), key=len, reverse=True))})(?![A-Za-z0-9])(?!":)'
    )
    for line, _ in lines:
        t = line.pop("t") + shift
        text = pattern.sub(lambda m: f"{m[1]}x{number}", json.dumps(line))
        text = _UID.sub(lambda m: f"{int(m[1], 16) ^ (number + 1):08x}-{m[2]}", text)
        text = _TIME.sub(lambda m: _shifted(m, shift), text)
        yield t, f'{{"t":{t!r},{text[1:]}'.encode()


def _own_names(lines: list[dict[str, object]]) -> set[str]:
    """Return the names of namespaces and nodes, and the registries of images."""
    found = {"registry.lab"}
    for line in lines:
        o = line["o"]
        if line["s"] in ("namespaces", "nodes", "validatingwebhookconfigurations", "persistentvolumes"):
            found.add(o["metadata"]["name"])  # type: ignore[index]
    return found - KEEP


def _shifted(match: re.Match[str], seconds: int) -> str:
    at = datetime.fromisoformat(match[1]).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{at:%Y-%m-%dT%H:%M:%S}{match[2] or ''}Z"
