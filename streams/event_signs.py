"""What Events say: Events -> signs -> symptoms; those of a list speak only for what is still bad."""

from typing import Final

from causeline.core.objects import CronJob, Job, Pod
from causeline.core.observations import Event, EventSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence, Result
from causeline.knowledge.pod_states import unschedulable, waits_silently
from causeline.knowledge.quantities import registry_host
from causeline.knowledge.readiness import is_in_order
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.sign import Sign
from causeline.streams.evictions import note_eviction
from causeline.streams.state import State

STALE_SECONDS: Final = 660.0
"""An event that was last seen longer ago speaks of the past: client-go lets one through per 5 minutes after a burst."""
INIT_EVENTS_MAX: Final = 20_000
"""Events of a list that wait for their objects; an hour of what rules look at in a large cluster."""
REGISTRIES_MAX: Final = 1000
"""Registries whose last good pull is remembered, those pulled from last."""
HELD_UP: Final = "starts-held-up"
HELD_UP_SECONDS: Final = 3600.0
"""A Job that lets no other start for an hour hangs; one that now and then takes longer than its schedule does not."""
SCHEDULING: Final = "FailedScheduling"
CREATION: Final = "FailedCreate"
REPEATED: Final = ("exceeded quota: ", "failed calling webhook ", "denied the request: ")
"""What the API server answers, and tools (Helm, Flux, Argo CD) repeat in Events with reasons of their own."""
PULLED: Final = 'Successfully pulled image "'
"""The kubelet's words, before the image's name in quotes."""


def watch_event(state: State, seen: EventSeen, _: list[Result]) -> None:
    """Read an event; one of the first list waits until it is known whether its object is still bad."""
    event = seen.event
    if seen.change == "INIT":
        state.burst.learn_listed(event.component, seen.t - event.last_at)
        if _sounds_known(state, event) and len(state.init_events) < INIT_EVENTS_MAX:
            state.init_events.append(seen)
        return
    state.watched_at = seen.t
    state.burst.learn_one(event.component, seen.t, state.delta)
    if event.reason == "Pulled":
        if PULLED in event.message:
            host = registry_host(event.message.partition(PULLED)[2].partition('"')[0])
            state.pulls.pop(host, None)
            state.pulls[host] = seen.t
            if len(state.pulls) > REGISTRIES_MAX:
                del state.pulls[next(iter(state.pulls))]
        return
    if event.last_at < seen.t - STALE_SECONDS:
        return
    tell_event(state, seen, state.delta)


def _sounds_known(state: State, event: Event) -> bool:
    if state.rules.knows_event(event.reason) or event.reason == SCHEDULING:
        return True
    return any(words in event.message for words in REPEATED)


def event_attrs(event: Event) -> dict[str, str]:
    """Return what rules may ask of an event; its `type` is not among it, for it misleads."""
    return {
        "reason": event.reason,
        "kind": event.regarding.kind,
        "message": event.message,
        "component": event.component,
    }


def tell_event(state: State, seen: EventSeen, count: int) -> None:
    """Turn what an event says into a symptom, if a rule knows it and its object is not in order again."""
    event = seen.event
    ref = event.regarding
    symptom = None
    subject = state.topology.top(ref)
    sign = sign_of(state, event)
    if sign is not None:
        named = state.rules.name(sign)
        if named is not None:
            rule, found = named
            subject = ref if rule.subject == "self" else subject
            if "quota" in found:
                found["namespace"] = quota_named(state, ref, found["quota"]).namespace or ""
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


def sign_of(state: State, event: Event) -> Sign | None:
    """Return what an event shows; the scheduler's is read with its pod, where the pod does not say it itself."""
    if event.reason == SCHEDULING:
        pod = state.topology.get(event.regarding)
        return unschedulable(pod, event.message, None) if isinstance(pod, Pod) and waits_silently(pod) else None
    if state.rules.knows_event(event.reason):
        return Sign("event", event_attrs(event))
    if any(words in event.message for words in REPEATED):
        return Sign("event", {**event_attrs(event), "reason": CREATION})
    return None


def _is_over(state: State, ref: ObjectRef, rule: SymptomRule) -> bool:
    """Tell whether the object is in order again, or going, so that the event speaks of the past."""
    obj = state.topology.get(ref)
    if isinstance(obj, Pod):
        return obj.metadata.deletion_timestamp is not None or (not rule.survives_ready and is_in_order(obj))
    if isinstance(obj, CronJob) and rule.symptom == HELD_UP:
        last = obj.status.last_schedule_time
        return last is not None and state.now - last.timestamp() < HELD_UP_SECONDS
    return isinstance(obj, Job) and any(
        c.type == "Complete" and c.status == "True" for c in obj.status.conditions or ()
    )


def _node_of(state: State, ref: ObjectRef) -> str | None:
    obj = state.topology.get(ref)
    return obj.spec.node_name if isinstance(obj, Pod) else None


def quota_named(state: State, regarding: ObjectRef, name: str) -> ObjectRef:
    """Return the quota of this name; a tool that applies objects speaks of a namespace that is not its own."""
    here = ObjectRef("ResourceQuota", regarding.namespace, name)
    found = state.topology.named("ResourceQuota", name) if state.topology.get(here) is None else []
    return found[0] if len(found) == 1 else here
