"""Events of a list speak only for what is still bad; of the others nobody knows whether they are over."""

from typing import Final

from causeline.core.objects import STREAM_OF, CronJob, Job, KubeObject, Pod, Workload
from causeline.core.observations import EventSeen
from causeline.core.refs import ObjectRef
from causeline.knowledge.messages import read_message
from causeline.knowledge.pod_states import waits_silently
from causeline.knowledge.quantities import is_full
from causeline.knowledge.readiness import is_in_order, is_static
from causeline.streams.event_signs import SCHEDULING, STALE_SECONDS, quota_named, sign_of, tell_event
from causeline.streams.state import State

INIT_WAIT_SECONDS: Final = 30.0
"""How long an event of the first list waits for its object, which another stream brings."""
SCHEDULES_SECONDS: Final = 3600.0
"""Events of a CronJob speak this long, as servers keep them: what disproves them is a start that came later."""
RESTARTS_MIN: Final = 2
"""A container that was restarted this often fails again and again."""


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
        is_unlisted = obj is None and state.situation.is_ending and _is_unlisted(state, ref.kind)
        if obj is None and t - seen.t < INIT_WAIT_SECONDS and not state.situation.is_ending:
            waiting.append(seen)
        elif (
            (isinstance(obj, CronJob) and _has_not_run_since(obj, seen))
            or (obj is not None and isinstance(obj, Pod) and seen.event.reason == SCHEDULING and waits_silently(obj))
            or (
                seen.event.last_at >= seen.t - STALE_SECONDS
                and ((obj is not None and is_bad(state, ref, obj)) or is_unlisted or _speaks_of_now(state, seen))
            )
        ):
            tell_event(state, seen, seen.event.count)
    state.init_events = waiting


def _is_unlisted(state: State, kind: str) -> bool:
    """Tell whether nobody listed this kind, so that an Event is all that can be known of it."""
    stream = STREAM_OF.get(kind)
    return stream is not None and not state.topology.lists(stream)


def _has_not_run_since(obj: CronJob, seen: EventSeen) -> bool:
    """Tell whether a CronJob has made no Job since an Event of it."""
    last = obj.status.last_schedule_time
    is_late = seen.event.last_at >= seen.t - SCHEDULES_SECONDS
    return is_late and (last is None or last.timestamp() < seen.event.last_at)


UNSHOWN: Final = ("services", "count/", "persistentvolumeclaims", "requests.storage")
"""What a quota may refuse without any workload showing it."""


def _speaks_of_now(state: State, seen: EventSeen) -> bool:
    """Tell whether a listed event still stands for itself, for a good state in between does not disprove it.

    A quota of Services or claims refuses what no state shows: its event speaks as long as the quota is full.
    """
    sign = sign_of(state, seen.event)
    if sign is None:
        return False
    said = read_message(sign.name, sign.attrs)
    asked = said.get("requested", "").partition("=")[0]
    if asked.startswith(UNSHOWN):
        ref = quota_named(state, seen.event.regarding, said["quota"])
        return "pods" not in asked and is_full(state.topology.get(ref), asked)
    named = state.rules.name(sign)
    if named is None or not (named[0].survives_ready or seen.event.regarding.kind == "Node"):
        return False
    if _was_replaced(state, seen):
        return False
    return seen.event.last_at >= seen.t - named[0].lasting or _was_killed_since(state, seen)


def _was_replaced(state: State, seen: EventSeen) -> bool:
    """Tell whether a static pod was started anew after the event, and is ready: what was said is of the one before."""
    pod = state.topology.get(seen.event.regarding)
    if not isinstance(pod, Pod) or not is_static(pod):
        return False
    runs = [s.state.running for s in pod.status.container_statuses or () if s.state is not None]
    return is_in_order(pod) and all(
        r is not None and r.started_at is not None and r.started_at.timestamp() > seen.event.last_at for r in runs
    )


def _was_killed_since(state: State, seen: EventSeen) -> bool:
    """Tell whether a container of the pod has been restarted a few times, the last time about when the event was."""
    pod = state.topology.get(seen.event.regarding)
    for status in (pod.status.container_statuses or ()) if isinstance(pod, Pod) else ():
        last = status.last_state.terminated if status.last_state is not None else None
        if last is not None and last.finished_at is not None and status.restart_count >= RESTARTS_MIN:
            return last.finished_at.timestamp() >= seen.event.last_at - STALE_SECONDS
    return False


def is_bad(state: State, ref: ObjectRef, obj: KubeObject) -> bool:
    """Tell whether an object's state says that it is not well; of a kind without a state nothing is said."""
    if isinstance(obj, Pod | Workload):
        return not is_in_order(obj) and obj.metadata.deletion_timestamp is None
    if isinstance(obj, Job):
        return obj.status.completion_time is None and obj.status.active == 0
    return bool(state.symptoms.shown.get(ref))
