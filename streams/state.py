"""All that the engine remembers of one cluster; every part has a bound, and counts what it could not hold."""

from typing import Final

import msgspec

from causeline.core.observations import EVENT_STREAMS, EventSeen, ObjectSeen, StreamMark
from causeline.core.refs import ObjectRef
from causeline.core.results import Stats, Subject
from causeline.detectors.burst import Burst
from causeline.knowledge.log_lines import Complaint
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.symptom import Symptom
from causeline.streams.control_plane import ControlPlane
from causeline.streams.correlate import Correlator
from causeline.streams.ledger import Ledger
from causeline.streams.metrics import Metrics
from causeline.streams.situation import LiveSituation
from causeline.streams.symptoms import Symptoms
from causeline.streams.topology import Topology

EVENTS_MAX: Final = 400_000
"""Events whose count is remembered: an hour (the default --event-ttl) at 100/s. The oldest go first."""
OBJECTS_MAX: Final = 1_000_000
"""Distinct objects remembered for the count; one that comes back after a million others counts anew."""
SUBJECTS_MAX: Final = 50_000
"""Workloads whose warnings are remembered; those heard of first go first."""
WARNINGS_MAX: Final = 500
"""Warnings remembered per workload, for the incident that may claim them later."""


class Line(msgspec.Struct, gc=False):
    """A complaint that waits: who printed it, when, and what it says."""

    t: float
    object: ObjectRef
    complaint: Complaint


class State:
    """See the module's docstring."""

    def __init__(self, rules: RuleBase, cluster: str) -> None:
        self.rules = rules
        self.cluster = cluster
        self.started_at: float | None = None
        self.now = 0.0
        self.next_tick = 0.0
        self.stats = Stats()
        self.counts: dict[str, int] = {}
        self.counts_dropped = 0
        self.seen_objects: dict[str, None] = {}
        self.delta = 0
        self.topology = Topology()
        self.symptoms = Symptoms(rules.symptoms, cluster)
        self.pulls: dict[str, float] = {}
        self.evictions: dict[str, list[tuple[float, ObjectRef, str]]] = {}
        self.warnings: dict[ObjectRef, list[tuple[float, str]]] = {}
        self.control_plane = ControlPlane()
        self.ledger = Ledger()
        self.burst = Burst()
        self.touched: dict[ObjectRef, None] = {}
        """Objects to inspect on the next tick."""
        self.inspected: dict[ObjectRef, dict[str, ObjectRef]] = {}
        """What the inspections of each object showed: symptom type -> subject."""
        self.listed_at = 0.0
        """When a list last began, or brought an object."""
        self.watched_at = 0.0
        """When a watch last brought something; until then all that there is came with lists."""
        self.aged_at = 0.0
        """When objects that go wrong by time alone were looked at last."""
        self.lines: list[Line] = []
        """Complaints of log lines that wait until it is known what there is."""
        self.lines_over_bound = 0
        self.unread: dict[ObjectRef, None] = {}
        """Listed objects whose history is read once the list is whole."""
        self.changed: dict[ObjectRef, None] = {}
        """Objects that somebody changed since the last tick."""
        self.init_events: list[EventSeen] = []
        self.relisted: dict[str, dict[ObjectRef, None]] = {}
        self.situation = LiveSituation(self.topology, self.symptoms, self.pulls, self.evictions, self._kubelet)
        self.metrics = Metrics()
        self.topology.requests = self.metrics.needs
        self.correlator = Correlator(rules, self.situation)

    def _kubelet(self, node: str) -> str:
        return self.control_plane.kubelet(node)

    @property
    def is_listening(self) -> bool:
        """Some stream was cut or is being listed: what it brings tells that it is back, and what was recovered."""
        return bool(self.ledger.open or self.ledger.listing or self.control_plane.cut)

    def heard(self, stream: str, t: float, *, is_list: bool, is_news: bool) -> None:
        """Note that a stream brought something."""
        if self.ledger.open or self.ledger.listing:
            self.ledger.heard(stream, t, is_list=is_list, counts=is_news)
        if self.control_plane.cut:
            self.control_plane.heard(stream)

    def count_event(self, uid: str, count: int, *, is_new: bool) -> None:
        """Remember how often an event has been seen."""
        self.counts[uid] = count
        if is_new and len(self.counts) > EVENTS_MAX:
            del self.counts[next(iter(self.counts))]
            self.counts_dropped += 1

    def count_object(self, uid: str) -> None:
        """Count an object, unless it is remembered."""
        if uid in self.seen_objects:
            return
        self.seen_objects[uid] = None
        self.stats.objects += 1
        if len(self.seen_objects) > OBJECTS_MAX:
            del self.seen_objects[next(iter(self.seen_objects))]

    def subject(self, ref: ObjectRef) -> Subject:
        """Show an object."""
        return Subject(ref.kind, ref.namespace, ref.name)

    def warn(self, subject: ObjectRef, t: float, uid: str, symptom: Symptom | None) -> None:
        """Put an event down to a subject, and to the symptom that it speaks for."""
        found = self.warnings.setdefault(subject, [])
        if len(self.warnings) > SUBJECTS_MAX:
            del self.warnings[next(iter(self.warnings))]
        if len(found) >= WARNINGS_MAX:
            del found[0]
        found.append((t, uid))
        if symptom is not None and len(symptom.events) < WARNINGS_MAX and uid not in symptom.events[-20:]:
            symptom.events.append(uid)

    def relisting(self, mark: StreamMark) -> list[ObjectSeen]:
        """Follow a full list: return as DELETED what it does not hold when it ends; that went while nobody looked."""
        if mark.mark == "LIST" and mark.stream in EVENT_STREAMS:
            self.burst.listed.clear()
        if mark.mark == "LIST":
            self.topology.listed[mark.stream] = True
            self.listed_at = mark.t
        if mark.mark == "LIST" and mark.text == "full":
            self.relisted[mark.stream] = {}
        if mark.mark != "BOOKMARK" or mark.text != "list-end" or mark.stream not in self.relisted:
            return []
        found = self.relisted.pop(mark.stream)
        there = ((r, e) for r, e in self.topology.entries.items() if e.stream == mark.stream and e.until is None)
        return [ObjectSeen(mark.t, mark.stream, "DELETED", r, e.object) for r, e in there if r not in found]

    def is_idle(self) -> bool:
        """Tell whether the next seconds need no look unless something arrives."""
        return not (
            self.symptoms.waiting
            or self.symptoms.changed
            or self.touched
            or self.unread
            or self.changed
            or self.init_events
            or self.control_plane.missed
            or self.burst.rates
            or self.correlator.incidents.open
        )

    def wakes_at(self, t: float) -> float:
        """Return the second at which something is due by itself, when idle: the next lease that may fall silent."""
        return t + 1.0 if self.control_plane.leases else float("inf")
