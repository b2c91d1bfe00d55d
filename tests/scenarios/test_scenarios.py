"""Runs the scenarios of the YAML files beside this file; README.md describes their language."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from causeline.app.scenarios.cluster import START, Cluster
from causeline.core.results import Incident, Report
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine

RULES = load_rules()
FILES = sorted(Path(__file__).parent.glob("*.yaml"))
SCENARIOS = [(f.stem, s) for f in FILES for s in yaml.safe_load(f.read_text())]


def run(scenario: dict[str, Any]) -> list[tuple[float, Report]]:
    """Play the scenario; return the report after each second that an expectation names, and at the end."""
    cluster = Cluster()
    for step in scenario.get("given", []):
        apply(cluster, step)
    cluster.live = True
    moments = sorted({e["at"] for e in scenario["expect"] if "at" in e} | {scenario["until"]})
    timed = []
    for step in scenario.get("steps", []):
        at = step["at"]
        times = (
            [at]
            if "every" not in step
            else [at + i * step["every"] for i in range(int((step["to"] - at) / step["every"]) + 1)]
        )
        timed += [(t, step) for t in times]
    timed.sort(key=lambda pair: pair[0])
    engine, reports = Engine(RULES, "test"), []
    fed = 0
    for moment in moments:
        while timed and timed[0][0] <= moment:
            at, step = timed.pop(0)
            cluster.t = START + at
            apply(cluster, {k: v for k, v in step.items() if k not in ("at", "every", "to")})
        for line in cluster.lines[fed:]:
            engine.feed(decode_line(line))
        fed = len(cluster.lines)
        engine.finish(START + moment)
        reports.append((moment, engine.report(include_merged=True)))
    return reports


def apply(cluster: Cluster, step: dict[str, Any]) -> None:
    for verb, value in step.items():
        method = getattr(cluster, verb)
        for call in value if isinstance(value, list) else [value]:
            if isinstance(call, dict):
                method(**call)
            else:
                method(call)


def shown(incident: Incident) -> dict[str, Any]:
    lead = incident.suspects[0] if incident.suspects else None
    o = lead.object if lead else None
    return {
        "severity": incident.severity,
        "state": incident.state,
        "cause": lead.cause if lead else None,
        "detail": lead.detail if lead else None,
        "object": "/".join(p for p in (o.kind, o.namespace, o.name) if p) if o else None,
        "affected": sorted("/".join(p for p in (a.kind, a.namespace, a.name) if p) for a in incident.affected),
        "started": incident.started_at - START,
        "resolved": None if incident.resolved_at is None else incident.resolved_at - START,
    }


@pytest.mark.parametrize("scenario", [s for _, s in SCENARIOS], ids=[f"{n}: {s['scenario']}" for n, s in SCENARIOS])
def test_scenario(scenario: dict[str, Any]) -> None:
    reports = dict(run(scenario))
    for expectation in scenario["expect"]:
        report = reports[expectation.get("at", scenario["until"])]
        got = [shown(i) for i in report.incidents]
        if not expectation.get("merged"):
            got = [i for i in got if i["state"] != "merged"]
        if expectation.get("loud", False):
            got = [i for i in got if i["severity"] != "info"]
        wanted = expectation["incidents"]
        assert len(got) == len(wanted), f"expected {wanted}, got {got}"
        for one, want in zip(sorted(got, key=lambda i: i["started"]), wanted, strict=True):
            assert {k: one[k] for k in want} == want, f"got {one}"
