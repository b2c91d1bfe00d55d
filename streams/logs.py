"""Log lines -> symptoms of the workloads that printed them, joined to the Services they speak of.

A line may come before its object: it is kept until the lists are whole. https://kubernetes.io/docs/concepts/cluster-administration/logging/
"""

from typing import Final

from causeline.core.observations import OutsideSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.graph import service_at
from causeline.knowledge.log_lines import Complaint, read_line
from causeline.knowledge.readiness import is_in_order
from causeline.knowledge.sign import Sign
from causeline.streams.inspect import is_settled
from causeline.streams.state import Line, State

LINES_MAX: Final = 5000
"""Complaints that wait for their object; later ones are counted and not kept."""
CALLERS_MAX: Final = 2000
"""Workloads whose complaints name a Service."""
ILL_COUNT: Final = 2
"""What a pod prints that is not well counts twice: the last words of a program that crashed are printed once."""
CALLS_MAX: Final = 20
"""Services remembered of one workload."""


def hear_line(state: State, seen: OutsideSeen) -> None:
    """Keep what a log line complains of until its object is known."""
    complaint = read_line(seen.text)
    if seen.object is None or complaint is None:
        return
    if len(state.lines) >= LINES_MAX:
        state.lines_over_bound += 1
        return
    state.lines.append(Line(seen.t, seen.object, complaint))


def tell_lines(state: State, t: float) -> None:
    """Turn what was complained of into symptoms of the workloads, once it is known what there is."""
    if not state.lines or not is_settled(state, t) or not state.topology.lists("pods"):
        return
    lines, state.lines = state.lines, []
    for line in lines:
        _tell(state, line, t)


def _tell(state: State, line: Line, t: float) -> None:
    subject, complaint = state.topology.top(line.object), line.complaint
    to = _service(state, subject, complaint)
    if to is not None:
        _calls(state, subject, to)
    attrs = {
        "kind": complaint.kind,
        "term": complaint.term,
        "host": complaint.host,
        "port": str(complaint.port or ""),
        "text": complaint.text,
        "to": str(to) if to is not None else complaint.host,
    }
    named = state.rules.name(Sign("log", attrs))
    if named is None:
        return
    rule, found = named
    at = min(line.t, t)
    evidence = Evidence(at, f"log {line.object} {at:.3f}", f"{line.object} printed: {complaint.text}")
    printer = state.topology.get(line.object)
    count = 1 if printer is None or is_in_order(printer) else ILL_COUNT
    state.symptoms.show(
        rule, subject, line.object, found, at, at, until=at + rule.lasting, count=count, evidence=evidence
    )


def _service(state: State, subject: ObjectRef, complaint: Complaint) -> ObjectRef | None:
    """Return the Service that a line speaks of: by its host, else by a Service's name that stands in it."""
    graph = state.topology
    if complaint.host:
        named = service_at(graph, complaint.host, subject.namespace)
        return named if named is not None and graph.get(named) is not None else None
    words = set(complaint.text.replace(":", " ").replace("/", " ").replace(",", " ").replace('"', " ").split())
    for ref in graph.members("Service", subject.namespace):
        if ref.name in words and len(ref.name) > 2 and ref.name != subject.name:
            return ref
    return None


def _calls(state: State, subject: ObjectRef, to: ObjectRef) -> None:
    calls = state.situation.calls
    known = calls.setdefault(subject, {}) if len(calls) < CALLERS_MAX or subject in calls else {}
    if len(known) < CALLS_MAX:
        known[to] = None
