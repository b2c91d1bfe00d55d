"""What Events say: Events -> signs -> symptoms; those of a list speak only for what is still bad."""

from typing import Final

import re2

from causeline.core.objects import Job, KubeObject, Pod, Workload
from causeline.core.observations import Event, EventSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence, Result
from causeline.knowledge.messages import read_message
from causeline.knowledge.quantities import is_full, registry_host
from causeline.knowledge.readiness import is_in_order
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.sign import Sign
from causeline.streams.evictions import note_eviction
from causeline.streams.state import State

STALE_SECONDS: Final = 660.0
"""An event that was last seen longer ago speaks of the past: client-go lets one through per 5 minutes after a burst."""
FRESH_SECONDS: Final = 120.0
"""A listed event this young speaks of now: a probe that fails has been asked a few times since."""
INIT_EVENTS_MAX: Final = 20_000
"""Events of a list that wait for their objects; an hour of what rules look at in a large cluster."""
INIT_WAIT_SECONDS: Final = 30.0
"""How long an event of the first list waits for its object, which another stream brings."""
REGISTRIES_MAX: Final = 1000
"""Registries whose last good pull is remembered, those pulled from last."""
_PULLED = re2.compile(r'Successfully pulled image "([^"]+)"')


def watch_event(state: State, seen: EventSeen, _: list[Result]) -> None:
    """Read an event; one of the first list waits until it is known whether its object is still bad."""
    event = seen.event
    if seen.change == "INIT":
        if state.rules.knows_event(event.reason) and len(state.init_events) < INIT_EVENTS_MAX:
            state.init_events.append(seen)
        return
    state.burst.learn_one(event.component, seen.t, state.delta)
    if event.reason == "Pulled":
        if pulled := _PULLED.search(event.message):
            host = registry_host(pulled.group(1))
            state.pulls.pop(host, None)
            state.pulls[host] = seen.t
            if len(state.pulls) > REGISTRIES_MAX:
                del state.pulls[next(iter(state.pulls))]
        return
    if event.last_at < seen.t - STALE_SECONDS:
        return
    _tell_event(state, seen, state.delta)


def event_attrs(event: Event) -> dict[str, str]:
    """Return what rules may ask of an event; its `type` is not among it, for it misleads."""
    return {
        "reason": event.reason,
        "kind": event.regarding.kind,
        "message": event.message,
        "component": event.component,
    }


def _tell_event(state: State, seen: EventSeen, count: int) -> None:
    event = seen.event
    ref = event.regarding
    symptom = None
    subject = state.topology.top(ref)
    if state.rules.knows_event(event.reason):
        named = state.rules.name(Sign("event", event_attrs(event)))
        if named is not None:
            rule, found = named
            subject = ref if rule.subject == "self" else subject
            if rule.symptom == "pod-evicted":
                found["node"] = event.host or _node_of(state, ref) or ""
                note_eviction(state, found["node"], ref, event.message, seen.t)
            if not _is_over(state, ref, rule):
                since = min(max(event.first_at if seen.change == "INIT" else event.last_at, event.created_at), seen.t)
                evidence = Evidence(since, event.uid, f"{event.reason} {ref}: {event.message[:300]}")
                symptom = state.symptoms.show(
                    rule,
                    subject,
                    ref,
                    found,
                    since,
                    seen.t,
                    node=_node_of(state, ref),
                    until=seen.t + rule.lasting,
                    count=count,
                    evidence=evidence,
                )
                state.symptoms.told(ref, (rule.symptom, subject))
    if symptom is not None or event.type == "Warning":
        state.warn(subject, seen.t, event.uid, symptom)


def _is_over(state: State, ref: ObjectRef, rule: SymptomRule) -> bool:
    """Tell whether the object is in order again, or going, so that the event speaks of the past."""
    obj = state.topology.get(ref)
    if isinstance(obj, Pod):
        return obj.metadata.deletion_timestamp is not None or (not rule.survives_ready and is_in_order(obj))
    return isinstance(obj, Job) and any(
        c.type == "Complete" and c.status == "True" for c in obj.status.conditions or ()
    )


def _node_of(state: State, ref: ObjectRef) -> str | None:
    obj = state.topology.get(ref)
    return obj.spec.node_name if isinstance(obj, Pod) else None


def tell_init_events(state: State, t: float) -> None:
    """Let events of a list speak for an object that is still bad; an object in order makes them context."""
    if not state.init_events:
        return
    waiting = []
    for seen in state.init_events:
        ref = seen.event.regarding
        obj = state.topology.get(ref)
        if obj is None and state.situation.is_ending:
            ref = state.topology.top(ref)
            obj = state.topology.get(ref)
        if obj is None and t - seen.t < INIT_WAIT_SECONDS and not state.situation.is_ending:
            waiting.append(seen)
        elif (
            obj is not None
            and seen.event.last_at >= seen.t - STALE_SECONDS
            and (is_bad(state, ref, obj) or _speaks_of_now(state, seen))
        ):
            _tell_event(state, seen, seen.event.count)
    state.init_events = waiting


UNSHOWN: Final = ("services", "count/", "persistentvolumeclaims", "requests.storage")
"""What a quota may refuse without any workload showing it."""


def _speaks_of_now(state: State, seen: EventSeen) -> bool:
    """Tell whether a listed event is fresh, and of something that a good state in between does not disprove.

    A quota of Services or claims refuses what no state shows: its event speaks as long as the quota is full.
    """
    said = read_message("event", event_attrs(seen.event))
    asked = said.get("requested", "").partition("=")[0]
    if asked.startswith(UNSHOWN):
        ref = ObjectRef("ResourceQuota", seen.event.regarding.namespace, said["quota"])
        return "pods" not in asked and is_full(state.topology.get(ref), asked)
    if seen.event.last_at < seen.t - FRESH_SECONDS:
        return False
    named = state.rules.name(Sign("event", event_attrs(seen.event)))
    return named is not None and named[0].survives_ready


def is_bad(state: State, ref: ObjectRef, obj: KubeObject) -> bool:
    """Tell whether an object's state says that it is not well; of a kind without a state nothing is said."""
    if isinstance(obj, Pod | Workload):
        return not is_in_order(obj) and obj.metadata.deletion_timestamp is None
    return bool(state.symptoms.shown.get(ref))
