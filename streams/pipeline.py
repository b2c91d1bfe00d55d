"""The engine: every observation goes through OBSERVE, every whole second through ON_TICK. Read these two tuples first.

No I/O, no clock, no randomness: the state is a function of the observations alone, so a replay gives the same bytes.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import msgspec

from causeline.core.observations import (
    DeadLetter,
    Event,
    EventSeen,
    ObjectSeen,
    Observation,
    OutsideSeen,
    ScrapeSeen,
    StreamMark,
    Tick,
)
from causeline.core.results import Incident, Report, Result, Severity, Stats, StoredEvent
from causeline.knowledge.reasons import shipped_reasons
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.sign import Sign
from causeline.streams.components import tell_components, tell_returned, tell_storms
from causeline.streams.event_signs import event_attrs, watch_event
from causeline.streams.history import tell_history
from causeline.streams.incidents import Note, OpenIncident
from causeline.streams.inspect import GATHERED_SECONDS, SNAPSHOT_SECONDS, tell_inspections
from causeline.streams.listed_events import tell_init_events
from causeline.streams.logs import hear_line, tell_lines
from causeline.streams.metric_signs import tell_metrics
from causeline.streams.narrate import narrate
from causeline.streams.object_signs import tell_changes, tell_leftovers, tell_object
from causeline.streams.state import State


def admit_event(state: State, seen: EventSeen, out: list[Result]) -> bool | None:
    """Count each occurrence once: both APIs carry the same events, repeats raise `count`, relists repeat."""
    event = seen.event
    before = state.counts.get(event.uid)
    delta = 0 if seen.change == "DELETED" else event.count - (before or 0)
    state.heard(seen.stream, seen.t, is_list=seen.change == "INIT", is_news=delta > 0)
    if delta <= 0:
        return False
    state.count_event(event.uid, event.count, is_new=before is None)
    state.stats.events += before is None
    state.stats.occurrences += delta
    state.delta = delta
    out.append(
        StoredEvent(
            event.uid,
            event.name,
            state.subject(event.regarding),
            event.reason,
            event.type,
            event.message,
            event.component,
            event.count,
            event.created_at,
            event.first_at,
            event.last_at,
            seen.t,
            severity_of(state, event),
        )
    )
    return None


def severity_of(state: State, event: Event) -> Severity:
    """Return what the rules say of the event by reason, kind and message; never by its `type`. Unknown is info."""
    named = None
    if state.rules.knows_event(event.reason):
        named = state.rules.name(Sign("event", event_attrs(event)))
    if named is not None:
        return named[0].severity
    return shipped_reasons().read(event.reason, event.regarding.kind, event.message).severity


def admit_object(state: State, seen: ObjectSeen, _: list[Result]) -> None:
    """Count the object and note that its stream is heard."""
    if state.is_listening:
        known = state.topology.get(seen.ref)
        is_news = known is None or known.metadata.resource_version != seen.object.metadata.resource_version
        state.heard(seen.stream, seen.t, is_list=seen.change == "INIT", is_news=is_news)
    state.count_object(seen.object.metadata.uid or str(seen.ref))


def mark_stream(state: State, mark: StreamMark, out: list[Result]) -> None:
    """Write the ledger and tell the control plane's watch."""
    state.ledger.marked(mark)
    state.control_plane.marked(mark)
    if mark.mark in ("LIST", "BOOKMARK"):
        state.control_plane.heard(mark.stream)
    for gone in state.relisting(mark):
        tell_object(state, gone, out)


def scrape(state: State, seen: ScrapeSeen, _: list[Result]) -> None:
    """Count samples and note whether the target answers."""
    state.stats.samples += seen.samples
    state.control_plane.scraped(seen)
    state.metrics.take(seen)


def outside(state: State, seen: OutsideSeen, _: list[Result]) -> None:
    """Write another system's alert, or a log line, into the diary of the incident that its object is part of."""
    if seen.object is None:
        return
    if seen.source == "logs":
        hear_line(state, seen)
    subject = state.topology.top(seen.object)
    for incident in state.correlator.incidents.unresolved():
        if any(s.subject == subject for s in incident.records.values()):
            state.correlator.incidents.write(
                incident, Note(seen.t, seen.object, "alert" if seen.source == "alerts" else "signal", seen.text, [])
            )


SECONDS_STRETCH: Final = 3600.0
MINUTES_STRETCH: Final = 172_800.0
MINUTE: Final = 60.0

OBSERVE: Final[dict[type, tuple[Callable[[State, Any, list[Result]], bool | None], ...]]] = {
    EventSeen: (admit_event, watch_event),
    ObjectSeen: (admit_object, tell_object),
    StreamMark: (mark_stream,),
    ScrapeSeen: (scrape,),
    OutsideSeen: (outside,),
    Tick: (),
}
"""Stages by kind of observation, in order; a stage that returns False ends the way of this observation."""

ON_TICK: Final[tuple[Callable[[State, float], None], ...]] = (
    tell_init_events,  # events of the first list speak only for what is still bad
    tell_components,  # leases that fell silent, targets that do not answer
    tell_storms,  # components that flood the event API
    tell_returned,  # components that are back, where a list is all there is
    tell_leftovers,  # what listed objects remember, where a list is all there is
    tell_history,  # what listed objects say of their own past
    tell_metrics,  # measures that are not as usual
    tell_lines,  # what programs complained about
    tell_inspections,  # what several objects show together, where something changed
    tell_changes,  # what somebody changed in the objects of open incidents
    lambda s, t: s.symptoms.tick(t),  # believe what lasts, end what is over
    lambda s, t: s.correlator.tick(t),  # incidents, suspects, severity
    lambda s, t: s.topology.forget(t),
)


class Engine:
    """One cluster's engine. `feed` takes observations in order and returns what is to be stored."""

    def __init__(self, rules: RuleBase, cluster: str) -> None:
        self.state = State(rules, cluster)

    def feed(self, seen: Observation | DeadLetter) -> list[Result]:
        """Take in one observation. Time moves to its `t`: all whole seconds before it tick first."""
        state = self.state
        if isinstance(seen, DeadLetter):  # its time is as little to be trusted as the rest of it
            state.stats.dead_letters += 1
            return [seen]
        if seen.t < state.now:
            seen = msgspec.structs.replace(seen, t=state.now)  # what comes late takes effect at arrival
        out = self._advance(seen.t) if seen.t >= state.next_tick else []
        for stage in OBSERVE[type(seen)]:
            if stage(state, seen, out) is False:
                break
        return out

    def _advance(self, t: float) -> list[Result]:
        """Tick every whole second up to `t`; a gap in which nothing waits is crossed at once."""
        state = self.state
        if state.started_at is None:
            state.started_at = t
            state.next_tick = math.floor(t) + 1.0
            state.now = t
            return []
        out: list[Result] = []
        last = float(math.floor(t))
        while state.next_tick <= last:
            now = state.next_tick
            out.extend(self._tick(now))
            state.next_tick = now + _step(now - state.now)
            if state.is_idle():
                state.next_tick = max(state.next_tick, min(last, state.wakes_at(now)))
        state.now = t
        return out

    def _tick(self, now: float) -> list[Result]:
        for stage in ON_TICK:
            stage(self.state, now)
        return self._put_out()

    def _put_out(self) -> list[Result]:
        incidents = self.state.correlator.incidents
        windows = self.state.ledger.take_closed()
        if not incidents.touched:
            return list(windows)
        touched, incidents.touched = incidents.touched, {}
        found = [incidents.all.get(i) for i in touched]
        return [*windows, *(self._narrated(i) for i in found if i is not None)]

    def _narrated(self, incident: OpenIncident) -> Incident:
        s = self.state
        if incident.told is not None:
            return incident.told
        story = narrate(incident, s.rules, s.topology, s.cluster, s.warnings, s.correlator.explainer.claims, s.counts)
        if incident.is_resolved or incident.merged_into is not None:
            incident.told, incident.records, incident.notes = story, {}, []
        return story

    def finish(self, t: float | None = None) -> list[Result]:
        """Tick up to the last observation's second and put out what changed; nothing beyond it is flushed.

        A list that was just read is all that a snapshot has: then what waits for more is judged at `t` itself.
        """
        out = self._advance(t) if t is not None else []
        within = SNAPSHOT_SECONDS if self.state.watched_at else GATHERED_SECONDS
        if t is not None and self.state.listed_at > t - within:
            self.state.situation.is_ending = True
            out.extend(self._tick(t))
            self.state.situation.is_ending = False
        return [*out, *self.state.ledger.entries(self.state.now)]

    def report(self, *, include_merged: bool = False) -> Report:
        """Return the whole story so far (docs/incidents.md), incidents most important first."""
        s = self.state
        stats = Stats(
            s.stats.events,
            s.stats.occurrences,
            s.stats.objects,
            s.stats.samples,
            s.stats.dead_letters,
            0.0,
            round(s.now - (s.started_at or s.now), 4),
        )
        incidents = [
            self._narrated(i) for i in s.correlator.incidents.all.values() if include_merged or i.merged_into is None
        ]
        incidents.sort(key=importance)
        return Report(1, incidents, [], s.ledger.entries(s.now), stats)


def _step(silence: float) -> float:
    """Return the seconds to the next tick after so long a silence, so that a clock may jump by years.

    Every hold of the rules that ship is over within the first stretch, every `lasting` within the second.
    """
    if silence < SECONDS_STRETCH:
        return 1.0
    return MINUTE if silence < MINUTES_STRETCH else silence


def importance(incident: Incident) -> tuple[int, int, float, float]:
    """Sort key: unresolved first, then severity, then what started first."""
    return (
        incident.state != "open",
        -("info", "warning", "critical").index(incident.severity),
        incident.started_at,
        incident.detected_at,
    )
