"""What objects show: objects -> graph, changes, signs -> symptoms."""

from typing import Final

from causeline.core.objects import CronJob, Job, KubeObject, Lease, Pod, Workload
from causeline.core.observations import ObjectSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence, Result
from causeline.knowledge.pod_states import recent_kill, restart_sign
from causeline.knowledge.readiness import is_in_order, not_ready
from causeline.knowledge.sign import Sign
from causeline.knowledge.states import signs_of
from causeline.knowledge.symptom import Change
from causeline.streams.event_signs import STALE_SECONDS
from causeline.streams.evictions import note_eviction
from causeline.streams.incidents import sign_text
from causeline.streams.inspect import touch
from causeline.streams.state import State

STANDS_SECONDS: Final = 60.0
"""What only an object's memory says stands for itself this long; whoever is ill says it again."""
JOB_LEFTOVER_SECONDS: Final = 3600.0
"""In a snapshot a Job that gave up within the hour, and that nobody has run since, is told."""
LEFTOVER_SECONDS: Final = 30.0
"""What began this long before the first observation, and is kept by nobody's attention, may be over."""
REMEMBERED: Final = ("workload.create-failed", "job.failed")
"""Signs of states that nobody takes back by himself: what else is known says whether they are of an earlier time."""
ENDED: Final = ("pod.oom", "pod.refused")
"""Signs that pods which have ended keep for as long as somebody keeps them: they happened, and are over."""
DEADLINE_MAX: Final = 86_400.0
"""Grace periods beyond a day are a mistake, or a clock's."""


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
    if old is None and ref.kind == "Deployment":
        subjects = dict.fromkeys(s for _, s in state.symptoms.held)
        for part in [s for s in subjects if s.kind == "ReplicaSet" and s.namespace == ref.namespace]:
            if state.topology.top(part) == ref:
                state.symptoms.rekey(part, ref)
    _read(state, seen, old)


def _read(state: State, seen: ObjectSeen, old: KubeObject | None) -> None:
    ref, t, obj = seen.ref, seen.t, seen.object
    signs = signs_of(ref.kind, obj)
    if isinstance(obj, Pod) and isinstance(old, Pod):
        crash = restart_sign(old, obj)
        if crash is not None and all(s.name != crash.name for s in signs):
            _show(state, crash, seen, until=t + STANDS_SECONDS)
    types: dict[str, ObjectRef] = {}
    for sign in signs:
        is_over = sign.name in ENDED and _has_ended(obj)
        shown = _show(state, sign, seen, until=t + STANDS_SECONDS if is_over else None)
        if shown is not None and not is_over:
            types[shown[0]] = shown[1]
    if ref in state.inspected:
        types.update(state.inspected[ref])
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
        note_eviction(state, attrs["node"], ref, attrs["message"], t)
    since = (
        min(sign.since, t + DEADLINE_MAX * sign.is_deadline) if sign.since is not None else _listed_since(state, seen)
    )
    node = seen.object.spec.node_name if isinstance(seen.object, Pod) else ref.name if ref.kind == "Node" else None
    known = state.symptoms.held.get((rule.symptom, subject))
    evidence = None
    if known is None or ref not in known.contributors or until is not None:
        evidence = Evidence(since, seen.object.metadata.uid or str(ref), f"{ref}: {sign_text(rule, attrs)}")
    before = state.symptoms.shown.get(ref, {})
    is_repeat = until is None and rule.symptom in before and attrs.get("restarts", "") == ""
    repeats = 1 if attrs.get("looping") == "true" else 0
    if sign.name == "workload.create-failed" and t - since >= STANDS_SECONDS:
        repeats = rule.min_count - 1  # a controller that goes on failing has failed often
    state.symptoms.show(
        rule,
        subject,
        ref,
        attrs,
        since,
        t,
        node=node,
        until=until,
        count=0 if is_repeat else 1 + repeats,
        evidence=evidence,
    )
    return rule.symptom, subject


def _is_leftover(state: State, sign: Sign, seen: ObjectSeen) -> bool:
    """Tell whether a state that nobody takes back by itself speaks of a time before the first observation.

    A ReplicaSet keeps its failure until it tries again, up to 16 minutes later; its events say whether it still fails.
    A failed Job stays failed; what counts is whether its CronJob, or anybody, has run it since. A pod that has ended
    stays as long as somebody keeps it, and says nothing of now.
    """
    since = sign.since if sign.since is not None else seen.t
    is_old = state.started_at is not None and since < state.started_at - LEFTOVER_SECONDS
    if sign.name == "workload.create-failed":
        return is_old and not (state.situation.is_ending and _is_short(seen))
    if sign.name in ENDED and _has_ended(seen.object):
        return seen.t - since > STALE_SECONDS
    return sign.name == "job.failed" and _job_is_over(state, seen, is_old=is_old)


def _has_ended(obj: KubeObject) -> bool:
    return isinstance(obj, Pod) and obj.status.phase == "Failed"


def tell_leftovers(state: State, t: float) -> None:
    """In a snapshot, what an object remembers of a short while ago is all that can be known; in a stream it is over."""
    if not state.situation.is_ending:
        return
    for ref, entry in state.topology.entries.items():
        if isinstance(entry.object, Pod):
            killed = recent_kill(entry.object, t - STALE_SECONDS)
            signs = [killed] if killed is not None and not _is_shown(state, ref, killed) else []
        elif isinstance(entry.object, Workload | Job):
            remembered = [s for s in signs_of(ref.kind, entry.object) if s.name in REMEMBERED]
            signs = [s for s in remembered if not _is_shown(state, ref, s)]
        else:
            continue
        for sign in signs:
            _show(state, sign, ObjectSeen(t, entry.stream, "INIT", ref, entry.object), until=t + STANDS_SECONDS)


def _is_shown(state: State, ref: ObjectRef, sign: Sign) -> bool:
    named = state.rules.name(sign)
    return named is not None and named[0].symptom in state.symptoms.shown.get(ref, {})


def _is_short(seen: ObjectSeen) -> bool:
    """Tell whether a workload has fewer pods, or new ones, than it wants: what refused them refuses them still."""
    if not isinstance(seen.object, Workload):
        return False
    status, wanted = seen.object.status, seen.object.spec.replicas or 0
    return status.replicas < wanted or (seen.ref.kind == "Deployment" and status.updated_replicas < wanted)


def _job_is_over(state: State, seen: ObjectSeen, *, is_old: bool) -> bool:
    if state.situation.is_ending and isinstance(seen.object, Job):
        failed = seen.object.status.conditions or ()
        turned = [c.last_transition_time.timestamp() for c in failed if c.last_transition_time is not None]
        is_old = max(turned, default=seen.t) < seen.t - JOB_LEFTOVER_SECONDS
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
