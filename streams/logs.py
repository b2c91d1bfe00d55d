"""Log lines -> symptoms of the workloads that printed them, joined to the Services they speak of.

A line may come before its object: it is kept until the lists are whole. https://kubernetes.io/docs/concepts/cluster-administration/logging/
"""

from typing import Final

import re2

from causeline.core.objects import Pod, Service
from causeline.core.observations import OutsideSeen
from causeline.core.pod_spec import template_of
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.graph import service_at, talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.log_lines import Complaint, read_line
from causeline.knowledge.readiness import is_in_order
from causeline.knowledge.servers import family_of
from causeline.knowledge.settings import settings_in
from causeline.knowledge.sign import Sign
from causeline.streams.inspect import is_settled
from causeline.streams.state import Line, State

_WORDS = re2.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
_TO_SOMEBODY = re2.compile(
    r"(?:\bto|\bat|\bhost|\bserver|\bservice|\bupstream|\bconnect)[ \"'=:(]{1,3}([a-z0-9][a-z0-9-]*[a-z0-9])\b"
    r"|\b([a-z][a-z0-9-]*[a-z0-9]):[\d ]"
)
"""Words behind which, or before a colon, a name stands for somebody who is asked."""
LINES_MAX: Final = 5000
"""Complaints that wait for their object; later ones are counted and not kept."""
CALLERS_MAX: Final = 2000
"""Workloads whose complaints name a Service."""
ILL_COUNT: Final = 2
"""What a pod prints that is not well counts twice: the last words of a program that crashed are printed once."""
NAMERS_MAX: Final = 2000
"""Objects whose lines' names of settings are remembered."""
NAMES_MAX: Final = 40
"""Names of settings remembered of one object."""
CALLS_MAX: Final = 20
"""Services remembered of one workload."""


def hear_line(state: State, seen: OutsideSeen) -> None:
    """Keep what a log line complains of until its object is known."""
    if seen.object is None:
        return
    if seen.object.kind == "Pod":
        _note_speech(state.topology.spoke, seen.object, seen.t)
    if names := settings_in(seen.text):
        _note_names(state, seen.object, names)
    complaint = read_line(seen.text)
    if complaint is None:
        return
    if len(state.lines) >= LINES_MAX:
        state.lines_over_bound += 1
        return
    state.lines.append(Line(seen.t, seen.object, complaint))


def _note_speech(spoke: dict[ObjectRef, float], pod: ObjectRef, t: float) -> None:
    spoke[pod] = max(spoke.pop(pod, t), t)
    if len(spoke) > NAMERS_MAX:
        del spoke[next(iter(spoke))]


def _note_names(state: State, ref: ObjectRef, names: list[str]) -> None:
    """Remember the newest names of settings that an object's lines mention; those heard of first go first."""
    known = state.topology.settings_named.pop(ref, {})
    for name in names:
        known.pop(name, None)
        known[name] = None
    while len(known) > NAMES_MAX:
        del known[next(iter(known))]
    state.topology.settings_named[ref] = known
    if len(state.topology.settings_named) > NAMERS_MAX:
        del state.topology.settings_named[next(iter(state.topology.settings_named))]


def tell_lines(state: State, t: float) -> None:
    """Turn what was complained of into symptoms of the workloads, once it is known what there is."""
    if not state.lines or not is_settled(state, t) or not state.topology.lists("pods"):
        return
    lines, state.lines = state.lines, []
    for line in lines:
        _tell(state, line, t)


def _tell(state: State, line: Line, t: float) -> None:
    if line.object.kind == "Node":
        line.object = line.object._replace(namespace=None)
        if state.topology.lists("nodes") and state.topology.get(line.object) is None:
            return  # a node of another cluster, or one that is long gone
    subject, complaint = state.topology.top(line.object), line.complaint
    to = _service(state, subject, complaint)
    if to is not None:
        _calls(state, subject, to)
    attrs = {
        "kind": complaint.kind,
        "of": line.object.kind,
        "term": complaint.term,
        "server": complaint.server,
        "side": "server" if _is_server(state, subject, complaint.server) else "client",
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
    count = 1 if not isinstance(printer, Pod) or is_in_order(printer) else ILL_COUNT
    state.symptoms.show(
        rule, subject, line.object, found, at, at, until=at + rule.lasting, count=count, evidence=evidence
    )


def _is_server(state: State, subject: ObjectRef, kind: str) -> bool:
    own = family_of(template_of(state.topology.get(subject)))
    return own is not None and kind in ("", own)


def _service(state: State, subject: ObjectRef, complaint: Complaint) -> ObjectRef | None:
    """Return the Service that a line speaks of: by its host, else by a Service's name that stands in it."""
    graph = state.topology
    if complaint.host:
        named = service_at(graph, complaint.host, subject.namespace)
        if named is not None and graph.get(named) is not None and subject not in selected_workloads(graph, named):
            return named
    if (by_address := _at_address(state, complaint.text)) is not None and by_address.name != subject.name:
        return by_address
    known = set(talks_to(graph, subject))
    asked = [word for match in _TO_SOMEBODY.finditer(complaint.text) for word in match.groups() if word]
    here = (ObjectRef("Service", subject.namespace, word) for word in (*asked, *_WORDS.findall(complaint.text)))
    meant = (ref for ref in here if ref.name in asked or ref in known)
    return next((r for r in meant if len(r.name) > 2 and r.name != subject.name and graph.get(r) is not None), None)


_IP = re2.compile(r"\b((?:[0-9]{1,3}\.){3}[0-9]{1,3}):[0-9]{1,5}\b")
_EVERYWHERE: Final = ObjectRef("Service", None, "")


def _at_address(state: State, text: str) -> ObjectRef | None:
    """Return the Service whose own address a line names, the first there is: programs print what they resolved."""
    named = _IP.findall(text)
    if not named:
        return None
    known = state.topology.remember("cluster-addresses", _EVERYWHERE, lambda: [_addresses(state)])[0]
    return next((known[ip] for ip in named if ip in known), None)


def _addresses(state: State) -> dict[str, ObjectRef]:
    found = ((ref, state.topology.get(ref)) for ref in state.topology.all_of("Service"))
    return {o.spec.cluster_ip: ref for ref, o in found if isinstance(o, Service) and o.spec.cluster_ip}


def _calls(state: State, subject: ObjectRef, to: ObjectRef) -> None:
    calls = state.topology.calls
    known = calls.setdefault(subject, {}) if len(calls) < CALLERS_MAX or subject in calls else {}
    if to not in known and len(known) < CALLS_MAX:
        known[to] = None
        for namespace in dict.fromkeys((subject.namespace, to.namespace)):  # who may talk to whom is judged anew
            state.touched.update((ref, None) for ref in state.topology.members("NetworkPolicy", namespace))
