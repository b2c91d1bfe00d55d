"""Observations -> signs -> symptoms: what an event says, what an object shows, what the whole shows on a tick."""

from typing import Final

import re2

from causeline.core.objects import CronJob, Job, KubeObject, Lease, Pod, Workload
from causeline.core.observations import Event, EventSeen, ObjectSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence, Result
from causeline.knowledge.messages import read_message
from causeline.knowledge.quantities import is_full, registry_host
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.sign import Sign
from causeline.knowledge.states import not_ready, recent_kill, restart_sign, signs_of
from causeline.knowledge.symptom import Change
from causeline.streams.inspect import touch, words
from causeline.streams.state import State
from causeline.streams.topology import GONE_SECONDS

STALE_SECONDS: Final = 660.0
"""An event that was last seen longer ago speaks of the past: client-go lets one through per 5 minutes after a burst."""
FRESH_SECONDS: Final = 120.0
"""A listed event this young speaks of now: a probe that fails has been asked a few times since."""
INIT_EVENTS_MAX: Final = 20_000
"""Events of a list that wait for their objects; an hour of what rules look at in a large cluster."""
LEFTOVER_SECONDS: Final = 30.0
"""What began this long before the first observation, and is kept by nobody's attention, may be over."""
INIT_WAIT_SECONDS: Final = 30.0
"""How long an event of the first list waits for its object, which another stream brings."""
EVICTIONS_MAX: Final = 200
"""Evictions remembered per node: more than a kubelet's default of 110 pods."""
NODES_MAX: Final = 1000
"""Nodes whose evictions are remembered, those that evicted last."""
REGISTRIES_MAX: Final = 1000
"""Registries whose last good pull is remembered, those pulled from last."""

_PULLED = re2.compile(r'Successfully pulled image "([^"]+)"')


# --- events ----------------------------------------------------------------------------------------------------------


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
                _evicted(state, found["node"], ref, event.message, seen.t)
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


def _evicted(state: State, node: str, ref: ObjectRef, message: str, t: float) -> None:
    """Remember an eviction for as long as a change may lie before its effect; the nodes of old ones go with them."""
    found = [e for e in state.evictions.pop(node, ()) if e[0] >= t - GONE_SECONDS]
    if len(found) < EVICTIONS_MAX and all(e[1] != ref for e in found):
        found.append((t, ref, message))
    state.evictions[node] = found
    oldest = next(iter(state.evictions))
    if len(state.evictions) > NODES_MAX or all(e[0] < t - GONE_SECONDS for e in state.evictions[oldest]):
        del state.evictions[oldest]


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


DEADLINE_MAX: Final = 86_400.0
"""Grace periods beyond a day are a mistake, or a clock's."""
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


def is_in_order(obj: KubeObject) -> bool:
    """Tell whether an object's state says that it is well."""
    if isinstance(obj, Pod):
        return obj.status.phase == "Succeeded" or any(
            c.type == "Ready" and c.status == "True" for c in obj.status.conditions or ()
        )
    if isinstance(obj, Workload):
        wanted = obj.spec.replicas if obj.spec.replicas is not None else obj.status.desired_number_scheduled
        return max(obj.status.ready_replicas, obj.status.number_ready) >= wanted
    return False


def is_bad(state: State, ref: ObjectRef, obj: KubeObject) -> bool:
    """Tell whether an object's state says that it is not well; of a kind without a state nothing is said."""
    if isinstance(obj, Pod | Workload):
        return not is_in_order(obj) and obj.metadata.deletion_timestamp is None
    return bool(state.symptoms.shown.get(ref))


# --- objects ---------------------------------------------------------------------------------------------------------


def tell_object(state: State, seen: ObjectSeen, _: list[Result]) -> None:
    """Bring the graph up to date and read what the object shows."""
    ref, t = seen.ref, seen.t
    if seen.change == "INIT" and seen.stream in state.relisted:
        state.relisted[seen.stream][ref] = None
    if ref.kind == "Lease" and isinstance(seen.object, Lease):
        _lease(state, seen, seen.object)
        return
    if ref.kind == "Endpoints":
        state.topology.observe(seen)
        return
    old, changes = state.topology.observe(seen)
    touch(state, seen, old, changes)
    if seen.change == "DELETED":
        if state.topology.get(ref) is None:
            state.symptoms.gone(ref, t)
            state.inspected.pop(ref, None)
        return
    for change in changes:
        state.changed[change.ref] = None
    if old is None and (ref.kind in ("ReplicaSet", "Job") or ref in state.symptoms.said):
        owner = state.topology.top(ref)
        if owner != ref:
            state.symptoms.rekey(ref, owner)
    _read(state, seen, old)


def _read(state: State, seen: ObjectSeen, old: KubeObject | None) -> None:
    ref, t, obj = seen.ref, seen.t, seen.object
    signs = signs_of(ref.kind, obj)
    if isinstance(obj, Pod) and isinstance(old, Pod):
        crash = restart_sign(old, obj)
        if crash is not None and all(s.name != crash.name for s in signs):
            _show(state, crash, seen, until=t + STALE_SECONDS / 11)
    types: dict[str, ObjectRef] = {}
    for sign in signs:
        shown = _show(state, sign, seen, until=None)
        if shown is not None:
            types[shown[0]] = shown[1]
    types.update(state.inspected.get(ref, {}))
    if types or ref in state.symptoms.shown or ref in state.symptoms.said:
        state.symptoms.state_shows(ref, types, t, in_order=is_in_order(obj))


def _listed_since(state: State, seen: ObjectSeen) -> float:
    """Since when an object that was listed shows what it shows, for a sign without a time of its own."""
    if seen.change != "INIT":
        return seen.t
    turned = not_ready(seen.object) if isinstance(seen.object, Pod) else None
    at = turned.last_transition_time.timestamp() if turned and turned.last_transition_time else None
    return min(at if at is not None else state.topology.as_of(seen.ref), seen.t)


def _show(state: State, sign: Sign, seen: ObjectSeen, until: float | None) -> tuple[str, ObjectRef] | None:
    named = state.rules.name(sign)
    if named is None or _is_leftover(state, sign, seen):
        return None
    rule, attrs = named
    ref, t = seen.ref, seen.t
    subject = ref if rule.subject == "self" else state.topology.top(ref)
    if sign.name == "node.condition":
        attrs["how"] = state.control_plane.kubelet(ref.name)
    if sign.name == "pod.evicted":
        if seen.change == "INIT":
            return None
        _evicted(state, attrs["node"], ref, attrs["message"], t)
    since = (
        min(sign.since, t + DEADLINE_MAX * sign.is_deadline) if sign.since is not None else _listed_since(state, seen)
    )
    node = seen.object.spec.node_name if isinstance(seen.object, Pod) else ref.name if ref.kind == "Node" else None
    known = state.symptoms.held.get((rule.symptom, subject))
    evidence = None
    if known is None or ref not in known.contributors or until is not None:
        evidence = Evidence(since, seen.object.metadata.uid or str(ref), f"{ref}: {words(sign)}")
    before = state.symptoms.shown.get(ref, {})
    is_repeat = until is None and rule.symptom in before and attrs.get("restarts", "") == ""
    looping = 1 if attrs.get("looping") == "true" else 0
    state.symptoms.show(
        rule,
        subject,
        ref,
        attrs,
        since,
        t,
        node=node,
        until=until,
        count=0 if is_repeat else 1 + looping,
        evidence=evidence,
    )
    return rule.symptom, subject


def _is_leftover(state: State, sign: Sign, seen: ObjectSeen) -> bool:
    """Tell whether a state that nobody takes back by itself speaks of a time before the first observation.

    A ReplicaSet keeps its failure until it tries again, up to 16 minutes later; its events say whether it still fails.
    A failed Job stays failed; what counts is whether its CronJob, or anybody, has run it since.
    """
    since = sign.since if sign.since is not None else seen.t
    is_old = state.started_at is not None and since < state.started_at - LEFTOVER_SECONDS
    if sign.name == "workload.create-failed":
        return is_old and not (state.situation.is_ending and _is_short(seen.object))
    return sign.name == "job.failed" and _job_is_over(state, seen, is_old=is_old)


def tell_leftovers(state: State, t: float) -> None:
    """In a snapshot, what an object remembers of a short while ago is all that can be known; in a stream it is over."""
    if not state.situation.is_ending:
        return
    for ref, entry in state.topology.entries.items():
        if isinstance(entry.object, Pod):
            killed = recent_kill(entry.object, t - STALE_SECONDS)
            signs = [killed] if killed is not None and ref not in state.symptoms.shown else []
        elif isinstance(entry.object, Workload):
            signs = [s for s in signs_of(ref.kind, entry.object) if s.name == "workload.create-failed"]
        else:
            continue
        for sign in signs:
            _show(state, sign, ObjectSeen(t, entry.stream, "INIT", ref, entry.object), until=t + STALE_SECONDS / 11)


def _is_short(obj: KubeObject) -> bool:
    """Tell whether a workload has fewer pods than it wants: then what refused them refuses them still."""
    return isinstance(obj, Workload) and obj.status.replicas < (obj.spec.replicas or 0)


def _job_is_over(state: State, seen: ObjectSeen, *, is_old: bool) -> bool:
    owner = state.topology.get(state.topology.top(seen.ref))
    created = seen.object.metadata.creation_timestamp
    if not isinstance(owner, CronJob) or created is None:
        return is_old
    succeeded, scheduled = owner.status.last_successful_time, owner.status.last_schedule_time
    return (succeeded is not None and succeeded > created) or (is_old and scheduled is not None and scheduled > created)


def _lease(state: State, seen: ObjectSeen, lease: Lease) -> None:
    state.topology.observe(seen)
    if seen.ref.namespace != "kube-system":
        return
    if seen.change == "DELETED":
        state.control_plane.given_up(seen.ref.name)
        return
    at = seen.t
    if seen.change == "INIT" and lease.spec.renew_time is not None:
        at = min(lease.spec.renew_time.timestamp(), at)
    component = state.control_plane.renewed(seen.ref.name, lease.spec.holder_identity or "", at)
    if component is not None:
        ref = ObjectRef("Component", None, component)
        text = f"{component}: {lease.spec.holder_identity} leads now"
        state.topology.note(ref, [Change(seen.t, ref, "leader", text)])


# --- the whole, on ticks ---------------------------------------------------------------------------------------------


def tell_changes(state: State, t: float) -> None:
    """Changes of what an open incident is about belong into its story, and may explain what nothing did."""
    changed, state.changed = state.changed, {}
    if changed:
        state.correlator.hurry(changed, t)
        for incident in state.correlator.incidents.unresolved():
            if any(h.object in changed for h, _ in incident.ranking) or any(
                s.subject in changed for s in incident.records.values()
            ):
                state.correlator.incidents.touched[incident.id] = None
