"""A small shop whose metrics are given as functions of time; objects come first, or after the samples."""

import random
from collections.abc import Callable
from typing import Any

from causeline.app.scenarios.cluster import START, Cluster
from causeline.core.objects import STREAM_OF
from causeline.core.observations import ScrapeSeen
from causeline.core.results import Report
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine

RULES = load_rules()
FAULT = 300.0
"""Seconds after the first scrape at which the trouble begins."""
UNTIL = 540.0

Values = Callable[[float], dict[str, float]]


def shop(workloads: dict[str, list[str]], *, replicas: int = 1, limits: bool = True, nodes: int = 2) -> Cluster:
    """Deployments of namespace `shop` with their Services; each asks those in its list, by its environment.

    One node more than they run on.
    """
    cluster = Cluster()
    cluster.t = START - 86_400
    for n in range(1, nodes + 2):
        cluster.node(f"n{n}")
        cluster.objects["Node", None, f"n{n}"]["status"]["addresses"] = [
            {"type": "InternalIP", "address": f"10.0.0.{n}"},
            {"type": "Hostname", "address": f"n{n}"},
        ]
    for index, (name, callees) in enumerate(workloads.items()):
        cluster.deployment(f"shop/{name}", replicas=replicas, node=f"n{index % nodes + 1}", service=True)
        for (kind, _, _), o in cluster.objects.items():
            template = o["spec"].get("template", o)["spec"] if kind in ("Deployment", "Pod") else {}
            for container in template.get("containers", []):
                if container["image"] == f"r.example/{name}:v1":
                    container["env"] = [{"name": f"{c.upper()}_ADDR", "value": f"{c}:80"} for c in callees]
                    if limits:
                        container["resources"] = {"limits": {"cpu": "500m", "memory": "256Mi"}}
    return cluster


def listed(cluster: Cluster, t: float) -> list[bytes]:
    """The cluster's objects as one list, that came at `t`."""
    known, cluster.lines = cluster.objects, []
    cluster.t = t
    streams: dict[str, list[Any]] = {}
    for (kind, _, _), o in known.items():
        streams.setdefault(kind, []).append(o)
    for kind, objects in streams.items():
        cluster.line(STREAM_OF[kind], "LIST", {"resourceVersion": "1", "n": len(objects)})
        for o in objects:
            cluster.line(STREAM_OF[kind], "INIT", o)
    return cluster.lines


def play(
    cluster: Cluster,
    values: Values,
    *,
    step: float = 15.0,
    until: float = UNTIL,
    is_snapshot: bool = True,
    target: str = "prometheus",
    engine: Engine | None = None,
) -> Report:
    """Scrape every `step` seconds; the objects come at the beginning, or at the end. Returns what was made of it."""
    engine = engine or Engine(RULES, "test")
    if not is_snapshot:
        for line in listed(cluster, START - 1):
            engine.feed(decode_line(line))
    feed(engine, values, 0.0, until, step, target)
    if is_snapshot:
        for line in listed(cluster, START + until):
            engine.feed(decode_line(line))
    engine.finish(START + until)
    return engine.report()


def feed(engine: Engine, values: Values, since: float, until: float, step: float, target: str = "prometheus") -> None:
    """Let the engine see scrapes; a line holds what differs from the one before."""
    before: dict[str, float] = {}
    t = since
    while t <= until:
        now = values(t)
        changed = {k: v for k, v in now.items() if before.get(k) != v}
        engine.feed(ScrapeSeen(START + t, target, 0.01, len(changed), None, changed))
        before, t = now, t + step


def leading(report: Report) -> list[tuple[str, str | None, str]]:
    """(cause, detail, kind/name) of each incident that is loud, the most important first."""
    return [
        (i.suspects[0].cause, i.suspects[0].detail, f"{i.suspects[0].object.kind}/{i.suspects[0].object.name}")
        for i in report.incidents
        if i.severity != "info"
    ]


class Noise:
    """Numbers that vary by a tenth or so, the same at every run."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)

    def around(self, value: float, share: float = 0.1) -> float:
        """Return a value near this one."""
        return max(value * (1 + self._rng.gauss(0, share)), 0.0)


class Counter:
    """A counter whose rate per second is a function of time."""

    def __init__(self, rate: Callable[[float], float], start: float = 1000.0) -> None:
        self._rate, self._value, self._at = rate, start, 0.0

    def at(self, t: float) -> float:
        """Return the count at `t`; times must rise."""
        self._value += self._rate(t) * (t - self._at)
        self._at = t
        return self._value


def steps(before: float, after: float, at: float = FAULT) -> Callable[[float], float]:
    """Return a function that jumps."""
    return lambda t: before if t < at else after
