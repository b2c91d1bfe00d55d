"""What pods show, as signs: their phase, their containers, why they wait. Pure; a few microseconds a pod."""

from collections.abc import Iterator
from typing import Final

from causeline.core.objects import (
    Condition,
    ContainerStatus,
    Pod,
    Probe,
    Terminated,
    controller_of,
)
from causeline.core.pod_spec import all_containers, serving_containers
from causeline.knowledge.messages.scheduling import read_refusal
from causeline.knowledge.readiness import condition_of, not_ready, since_of
from causeline.knowledge.sign import Sign

DEFAULT_SCHEDULER: Final = "default-scheduler"
GATED: Final = "SchedulingGated"
"""Somebody holds the pod back on purpose: spec.schedulingGates."""
DELAY_MAX: Final = 300
"""Seconds: a pod that waits longer than this for its first probe is not ready, whatever its probe says."""
BACKOFF_FIRST_SECONDS: Final = 10.0
BACKOFF_MOST_SECONDS: Final = 300.0
"""The kubelet's waits before a restart."""
RESTARTS_MAX: Final = 1000
"""More restarts than this are not counted back: that is three days of waits."""
NOT_YET: Final = frozenset({"PodInitializing", "ContainerCreating", None, ""})
"""Waiting reasons of a container that is on its way."""
LOST: Final = frozenset({"ContainerStatusUnknown", "NodeLost"})
"""Terminations that only say that the kubelet was away."""


def pod_signs(pod: Pod) -> Iterator[Sign]:
    """Signs of a pod. One that is being deleted shows only that; a Job's that has ended shows none."""
    status, deleted = pod.status, pod.metadata.deletion_timestamp
    if deleted is not None:
        attrs = {"finalizers": ", ".join(pod.metadata.finalizers or ()), "node": pod.spec.node_name or ""}
        yield Sign("pod.terminating", attrs, deleted.timestamp(), is_deadline=True)
        return
    if status.phase == "Succeeded":
        return
    if status.phase == "Failed" or status.reason == "Evicted":
        yield from _failed_pod(pod)
        return
    if not pod.spec.node_name:
        yield from _pending_pod(pod)
        return
    troubled = False
    for statuses in (status.init_container_statuses, status.container_statuses):
        for container in statuses or ():
            for sign in _container_signs(pod, container):
                troubled = True
                yield sign
    ready = condition_of(status.conditions, "Ready")
    if not troubled and ready is not None and ready.status != "True" and status.phase == "Running":
        yield from _not_ready(pod, ready)
    elif not troubled and status.phase == "Pending":
        yield _on_its_way(pod)


def _not_ready(pod: Pod, ready: Condition) -> Iterator[Sign]:
    """A pod that lost readiness, or one that has run for its initial delay without becoming ready."""
    statuses = pod.status.container_statuses or ()
    started = [
        s.state.running.started_at for s in statuses if s.state and s.state.running and s.state.running.started_at
    ]
    turned = ready.last_transition_time
    if started and turned and turned.timestamp() > max(started).timestamp() + _loses_after(pod):
        yield Sign("pod.not-ready", {"was_ready": "true"}, turned.timestamp())
    elif not any(s.started is False for s in statuses):  # a startup probe that goes on speaks for itself
        delay = max((p.initial_delay_seconds for p in _readiness_probes(pod)), default=0)
        since = max(started).timestamp() + min(delay, DELAY_MAX) if started else since_of(ready)
        yield Sign("pod.not-ready", {"was_ready": "false"}, since)


def _loses_after(pod: Pod) -> float:
    """Return the seconds from its start before which a container can't have been ready and lost it: probes fail in a
    row first. https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/."""
    return min(((p.failure_threshold - 1) * p.period_seconds for p in _readiness_probes(pod)), default=0)


def _readiness_probes(pod: Pod) -> list[Probe]:
    return [c.readiness_probe for c in serving_containers(pod.spec) if c.readiness_probe is not None]


def _on_its_way(pod: Pod) -> Sign:
    """A pod that is created, or whose init container is at work, which may take its time."""
    for status in pod.status.init_container_statuses or ():
        running = status.state.running if status.state is not None else None
        if running is not None and not _is_sidecar(pod, status.name):
            since = running.started_at.timestamp() if running.started_at else None
            return Sign("pod.initialising", {"container": status.name}, since)
    return Sign("pod.creating", {}, pod.status.start_time.timestamp() if pod.status.start_time else None)


def _is_sidecar(pod: Pod, container: str) -> bool:
    return any(c.name == container and c.restart_policy == "Always" for c in pod.spec.init_containers or ())


OUT_OF: Final = "OutOf"
"""The kubelet refuses a pod that names its node and finds no room there: OutOfcpu, OutOfmemory, OutOfpods."""


def _failed_pod(pod: Pod) -> Iterator[Sign]:
    message, reason = pod.status.message or "", pod.status.reason or ""
    if reason == "Evicted":
        yield Sign("pod.evicted", {"message": message, "node": pod.spec.node_name or ""})
    elif reason.startswith(OUT_OF):
        created = pod.metadata.creation_timestamp
        yield Sign("pod.refused", {"reason": reason, "message": message}, created.timestamp() if created else None)
    for status in pod.status.container_statuses or ():
        ended = status.state.terminated if status.state is not None else None
        if ended is not None and ended.reason == "OOMKilled" and ended.finished_at is not None:
            attrs = {"container": status.name, "image": "", "restarts": str(status.restart_count)}
            yield _crash(attrs, ended.exit_code, "OOMKilled", looping=False, since=ended.finished_at.timestamp())


def _pending_pod(pod: Pod) -> Iterator[Sign]:
    scheduled = condition_of(pod.status.conditions, "PodScheduled")
    if scheduled is None and pod.spec.scheduler_name not in (None, DEFAULT_SCHEDULER):
        return
    if scheduled is None:
        created = pod.metadata.creation_timestamp
        yield Sign("pod.unscheduled", {}, created.timestamp() if created else None)
    elif scheduled.status == "False" and scheduled.reason != GATED:
        yield unschedulable(pod, scheduled.message or "", since_of(scheduled))


def waits_silently(pod: Pod) -> bool:
    """Tell whether a pod waits for a node and its condition does not say why."""
    scheduled = condition_of(pod.status.conditions, "PodScheduled")
    return not pod.spec.node_name and pod.status.phase == "Pending" and not (scheduled and scheduled.message)


def unschedulable(pod: Pod, message: str, since: float | None) -> Sign:
    """Return what the scheduler said of a pod, in the pod's condition or in an Event."""
    refusal = read_refusal(message, is_pinned=_is_owned_by(pod, "DaemonSet"))
    what = "node-selector" if refusal.detail == "node-affinity" and _selects_by_labels(pod) else refusal.detail
    return Sign("pod.unschedulable", {"why": refusal.why, "what": what, "message": message}, since)


def _selects_by_labels(pod: Pod) -> bool:
    """The scheduler's message has one text for node selector and node affinity; the pod has one of them, or both."""
    required = (pod.spec.affinity or {}).get("nodeAffinity")
    has_affinity = isinstance(required, dict) and "requiredDuringSchedulingIgnoredDuringExecution" in required
    return bool(pod.spec.node_selector) and not has_affinity


def _container_signs(pod: Pod, status: ContainerStatus) -> Iterator[Sign]:
    state, last = status.state, status.last_state.terminated if status.last_state else None
    if state is None or (state.waiting is None and state.terminated is None):
        return
    image = next((c.image for c in all_containers(pod.spec) if c.name == status.name), "")
    attrs = {"container": status.name, "image": image, "restarts": str(status.restart_count)}
    if state.waiting is not None and state.waiting.reason == "CrashLoopBackOff":
        since = _looping_since(pod, status.restart_count, last)
        yield _crash(
            attrs, last.exit_code if last else 0, (last.reason if last else None) or "", looping=True, since=since
        )
    elif state.waiting is not None and state.waiting.reason not in NOT_YET:
        yield Sign(
            "pod.waiting", {**attrs, "reason": state.waiting.reason or "", "message": state.waiting.message or ""}
        )
    elif (
        state.terminated is not None
        and state.terminated.reason not in LOST
        and state.terminated.exit_code != 0
        and not _of_job(pod)
    ):
        finished = state.terminated.finished_at
        since = finished.timestamp() if finished else None
        yield _crash(attrs, state.terminated.exit_code, state.terminated.reason or "", looping=False, since=since)


def _looping_since(pod: Pod, restarts: int, last: Terminated | None) -> float | None:
    """Return when a crash loop began at the latest: since it is not ready, or as the waits between its restarts say.

    They are 10 s, doubled each time, 300 s at most.

    https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
    """
    if last is None or last.finished_at is None:
        return None
    waits: float = sum(
        min(BACKOFF_FIRST_SECONDS * 2**n, BACKOFF_MOST_SECONDS) for n in range(min(restarts - 1, RESTARTS_MAX))
    )
    began: float = last.finished_at.timestamp() - waits
    turned = not_ready(pod)
    if turned is not None and turned.last_transition_time is not None:
        began = min(began, turned.last_transition_time.timestamp())
    return max(began, pod.status.start_time.timestamp()) if pod.status.start_time else began


def _crash(attrs: dict[str, str], code: int, reason: str, *, looping: bool, since: float | None = None) -> Sign:
    name = "pod.oom" if reason == "OOMKilled" else "pod.crash"
    return Sign(name, {**attrs, "exit_code": str(code), "reason": reason, "looping": str(looping).lower()}, since)


def _of_job(pod: Pod) -> bool:
    """Tell whether a Job owns the pod: then failing once is what retries are for, and the Job says when it gives up."""
    return _is_owned_by(pod, "Job")


def _is_owned_by(pod: Pod, kind: str) -> bool:
    owner = controller_of(pod.metadata)
    return owner is not None and owner.kind == kind


def restart_sign(before: Pod | None, pod: Pod) -> Sign | None:
    """Return the crash that happened between two states of a pod and is over already, as restart counts show it."""
    if before is None or pod.metadata.deletion_timestamp is not None or not pod.status.container_statuses:
        return None
    for status in pod.status.container_statuses:
        last = status.last_state.terminated if status.last_state and status.restart_count else None
        if (
            last
            and last.exit_code != 0
            and last.reason not in LOST
            and status.restart_count > _restarts(before, status.name)
        ):
            attrs = {"container": status.name, "image": "", "restarts": str(status.restart_count)}
            return _crash(attrs, last.exit_code, last.reason or "", looping=False)
    return None


def _restarts(pod: Pod, container: str) -> int:
    return next((c.restart_count for c in pod.status.container_statuses or () if c.name == container), 0)


def recent_kill(pod: Pod, after: float) -> Sign | None:
    """Return that a container of a pod, which runs again, was killed for its memory after this time."""
    for status in pod.status.container_statuses or ():
        last = status.last_state.terminated if status.last_state else None
        if last and last.reason == "OOMKilled" and last.finished_at and last.finished_at.timestamp() >= after:
            attrs = {"container": status.name, "image": "", "restarts": str(status.restart_count)}
            since = last.finished_at.timestamp()
            return _crash(attrs, last.exit_code, "OOMKilled", looping=False, since=since)
    return None
