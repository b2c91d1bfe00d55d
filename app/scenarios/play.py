"""Plays a scenario: its steps become the lines that the Kubernetes API would write, and the engine judges them."""

from causeline.app.scenarios.cluster import START, Cluster
from causeline.app.scenarios.language import Expectation, Scenario, Step
from causeline.core.errors import ScenarioError
from causeline.core.results import Incident
from causeline.knowledge.rule_base import RuleBase
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine


def play(rules: RuleBase, scenario: Scenario) -> list[tuple[Expectation, str]]:
    """Return the expectations that do not hold, each with what there was instead. Raises ScenarioError."""
    seen: dict[float, list[Incident]] = {}
    cluster, engine = Cluster(), Engine(rules, "scenario")
    for step in scenario.steps:
        if step.at is None:
            _do(scenario, cluster, step)
    cluster.live = True
    timed = sorted(((t, s) for s in scenario.steps for t in s.times()), key=lambda pair: pair[0])
    fed = 0
    for second in range(int(scenario.end) + 1):
        while timed and timed[0][0] <= second:
            at, step = timed.pop(0)
            cluster.t = START + at
            _do(scenario, cluster, step)
        for line in cluster.lines[fed:]:
            engine.feed(decode_line(line))
        fed = len(cluster.lines)
        engine.finish(START + second)
        seen[float(second)] = [i for i in engine.report().incidents if i.severity != "info" or i.suspects]
    return [(e, _shown(seen, e, scenario)) for e in scenario.expectations if not _holds(seen, e, scenario)]


def _do(scenario: Scenario, cluster: Cluster, step: Step) -> None:
    try:
        getattr(cluster, step.verb)(**step.arguments)
    except KeyError as error:
        text = f"{step.verb}: {error.args[0]!r} is not there: a given line before it must make it"
        raise ScenarioError(f"{scenario.file}:{step.line}: {text}") from error
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise ScenarioError(f"{scenario.file}:{step.line}: {step.verb}: {error}") from error


def _moment(seen: dict[float, list[Incident]], wanted: Expectation, scenario: Scenario) -> list[Incident]:
    at = scenario.end if wanted.at is None else wanted.at
    return seen[float(int(at))]


def _holds(seen: dict[float, list[Incident]], wanted: Expectation, scenario: Scenario) -> bool:
    if wanted.incidents is not None:
        return len(_moment(seen, wanted, scenario)) == wanted.incidents
    if wanted.within is None:
        return any(_is_it(i, wanted) for i in _moment(seen, wanted, scenario))
    return any(_is_it(i, wanted) for t, found in seen.items() if t <= wanted.within for i in found)


def _is_it(incident: Incident, wanted: Expectation) -> bool:
    lead = incident.suspects[0] if incident.suspects else None
    if lead is None or lead.cause != wanted.cause or _place(incident) != wanted.object:
        return False
    return wanted.detail in (None, lead.detail) and wanted.severity in (None, incident.severity)


def _place(incident: Incident) -> str:
    o = incident.suspects[0].object
    return "/".join(part for part in (o.kind, o.namespace, o.name) if part)


def _shown(seen: dict[float, list[Incident]], wanted: Expectation, scenario: Scenario) -> str:
    found = seen[float(int(wanted.within))] if wanted.within is not None else _moment(seen, wanted, scenario)
    lines = [
        f"{i.suspects[0].cause} on {_place(i)} detail {i.suspects[0].detail} severity {i.severity}"
        for i in found
        if i.suspects
    ]
    return "; ".join(lines) or "no incident"
