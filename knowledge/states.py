"""What objects show: signs read from the state of one object, by kind. Pure; a few microseconds an object.

Kubernetes writes no event for an OOM kill, an empty Service or a lost lease, so state is read beside events.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from causeline.core.objects import (
    Condition,
    ContainerStatus,
    HorizontalPodAutoscaler,
    Job,
    KubeObject,
    Namespace,
    Node,
    PersistentVolumeClaim,
    Pod,
    Terminated,
    Workload,
)
from causeline.knowledge.messages.scheduling import read_refusal
from causeline.knowledge.sign import Sign

DEFAULT_SCHEDULER: Final = "default-scheduler"
FIRST_STATUS_SECONDS: Final = 5.0
"""The controller writes a new Deployment's first conditions within this time."""
BACKOFF_FIRST_SECONDS: Final = 10.0
BACKOFF_MOST_SECONDS: Final = 300.0
"""The kubelet's waits before a restart."""
RESTARTS_MAX: Final = 1000
"""More restarts than this are not counted back: that is three days of waits."""
NOT_YET: Final = frozenset({"PodInitializing", "ContainerCreating", None, ""})
"""Waiting reasons of a container that is on its way."""

LOST: Final = frozenset({"ContainerStatusUnknown", "NodeLost"})
"""Terminations that only say that the kubelet was away."""


def signs_of(kind: str, obj: KubeObject) -> list[Sign]:
    """Return what `obj` shows now, [] for an object in order or of a kind without signs."""
    read = _READERS.get(kind)
    return list(read(obj)) if read else []


def _condition(conditions: list[Condition] | None, wanted: str) -> Condition | None:
    for condition in conditions or ():
        if condition.type == wanted:
            return condition
    return None


def _since(condition: Condition | None) -> float | None:
    return condition.last_transition_time.timestamp() if condition and condition.last_transition_time else None


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
    ready = _condition(status.conditions, "Ready")
    if not troubled and ready is not None and ready.status != "True" and status.phase == "Running":
        yield from _not_ready(pod, ready)
    elif not troubled and status.phase == "Pending" and not _initialises(pod):
        yield Sign("pod.creating", {}, pod.status.start_time.timestamp() if pod.status.start_time else None)


def _not_ready(pod: Pod, ready: Condition) -> Iterator[Sign]:
    """A pod that lost readiness, or one that has run for its initial delay without becoming ready."""
    statuses = pod.status.container_statuses or ()
    started = [
        s.state.running.started_at for s in statuses if s.state and s.state.running and s.state.running.started_at
    ]
    turned = ready.last_transition_time
    if started and turned and turned > max(started):
        yield Sign("pod.not-ready", {"was_ready": "true"}, turned.timestamp())
    elif not any(s.started is False for s in statuses):  # a startup probe that goes on speaks for itself
        delay = max(
            (c.readiness_probe.initial_delay_seconds for c in pod.spec.containers if c.readiness_probe), default=0
        )
        since = max(started).timestamp() + delay if started else _since(ready)
        yield Sign("pod.not-ready", {"was_ready": "false"}, since)


def _initialises(pod: Pod) -> bool:
    """Tell whether an init container is at work, which may take its time."""
    return any(s.state is not None and s.state.running is not None for s in pod.status.init_container_statuses or ())


def _failed_pod(pod: Pod) -> Iterator[Sign]:
    message = pod.status.message or ""
    if pod.status.reason == "Evicted":
        yield Sign("pod.evicted", {"message": message, "node": pod.spec.node_name or ""})


def _pending_pod(pod: Pod) -> Iterator[Sign]:
    scheduled = _condition(pod.status.conditions, "PodScheduled")
    if scheduled is None and pod.spec.scheduler_name not in (None, DEFAULT_SCHEDULER):
        return
    if scheduled is None:
        created = pod.metadata.creation_timestamp
        yield Sign("pod.unscheduled", {}, created.timestamp() if created else None)
    elif scheduled.status == "False" and scheduled.reason == "Unschedulable":
        message = scheduled.message or ""
        refusal = read_refusal(message, is_pinned=_is_owned_by(pod, "DaemonSet"))
        what = "node-selector" if refusal.detail == "node-affinity" and _selects_by_labels(pod) else refusal.detail
        yield Sign("pod.unschedulable", {"why": refusal.why, "what": what, "message": message}, _since(scheduled))


def _selects_by_labels(pod: Pod) -> bool:
    """The scheduler's message has one text for node selector and node affinity; the pod has one of them, or both."""
    required = (pod.spec.affinity or {}).get("nodeAffinity", {}) or {}
    return bool(pod.spec.node_selector) and "requiredDuringSchedulingIgnoredDuringExecution" not in required


def _container_signs(pod: Pod, status: ContainerStatus) -> Iterator[Sign]:
    state, last = status.state, status.last_state.terminated if status.last_state else None
    if state is None or (state.waiting is None and state.terminated is None):
        return
    image = next(
        (c.image for c in (*pod.spec.containers, *(pod.spec.init_containers or ())) if c.name == status.name), ""
    )
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
    return any(o.kind == kind for o in pod.metadata.owner_references or ())


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


def node_signs(node: Node) -> Iterator[Sign]:
    """Signs of a node: every condition that is bad, with whether it was cordoned before."""
    cordoned = str(node.spec.unschedulable).lower()
    for condition in node.status.conditions or ():
        bad = condition.status != "True" if condition.type == "Ready" else condition.status == "True"
        if bad:
            attrs = {
                "type": condition.type,
                "status": condition.status,
                "reason": condition.reason or "",
                "message": condition.message or "",
                "cordoned": cordoned,
            }
            yield Sign("node.condition", attrs, _since(condition))


def workload_signs(workload: Workload) -> Iterator[Sign]:
    """Signs of a Deployment, ReplicaSet, StatefulSet or DaemonSet."""
    status = workload.status
    if workload.metadata.deletion_timestamp is not None:
        return
    for condition in status.conditions or ():
        if condition.type == "ReplicaFailure" and condition.status == "True":
            yield Sign(
                "workload.create-failed",
                {"reason": condition.reason or "", "message": condition.message or ""},
                _since(condition),
            )
        elif condition.type == "Progressing" and condition.status == "False":
            yield Sign(
                "workload.stuck",
                {"reason": condition.reason or "", "message": condition.message or ""},
                _since(condition),
            )
    wanted = workload.spec.replicas if workload.spec.replicas is not None else status.desired_number_scheduled or 1
    ready = max(status.ready_replicas, status.number_ready)
    if wanted > 0 and ready == 0:
        since = _since(_condition(status.conditions, "Available"))
        attrs = {"wanted": str(wanted), "served": str(has_served(workload)).lower()}
        yield Sign("workload.nothing-ready", attrs, since)
    if workload.metadata.generation > status.observed_generation:
        yield Sign("workload.unobserved", {"generation": str(workload.metadata.generation)})


def not_ready(pod: Pod) -> Condition | None:
    """Return the condition that says since when a pod takes no traffic, None while it does or when it does not say."""
    ready = _condition(pod.status.conditions, "Ready")
    return ready if ready is not None and ready.status != "True" and ready.last_transition_time is not None else None


def is_ready(pod: Pod) -> bool:
    """Tell whether a pod takes traffic."""
    ready = _condition(pod.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def has_served(workload: Workload) -> bool:
    """Tell whether it was available at some time; one that starts for the first time leaves nobody unserved.

    A Deployment is created unavailable: when the condition turned later than that, it was available in between. Other
    kinds do not say, and are taken to have served.
    """
    available = _condition(workload.status.conditions, "Available")
    created = workload.metadata.creation_timestamp
    if available is None or available.last_transition_time is None or created is None:
        return available is not None or not workload.status.conditions
    late = (available.last_transition_time - created).total_seconds() > FIRST_STATUS_SECONDS
    return available.status == "True" or late


def job_signs(job: Job) -> Iterator[Sign]:
    """Signs of a Job: that it has given up."""
    failed = _condition(job.status.conditions, "Failed") or _condition(job.status.conditions, "FailureTarget")
    if failed is not None and failed.status == "True":
        yield Sign("job.failed", {"reason": failed.reason or "", "message": failed.message or ""}, _since(failed))


def claim_signs(claim: PersistentVolumeClaim) -> Iterator[Sign]:
    """Signs of a claim: that it waits, or lost its volume."""
    if claim.status.phase in ("Pending", "Lost"):
        created = claim.metadata.creation_timestamp
        yield Sign(
            "claim.unbound",
            {"phase": claim.status.phase, "class": claim.spec.storage_class_name or ""},
            created.timestamp() if created else None,
        )


def namespace_signs(namespace: Namespace) -> Iterator[Sign]:
    """Signs of a namespace: that it is being deleted."""
    deleted = namespace.metadata.deletion_timestamp
    if deleted is not None or namespace.status.phase == "Terminating":
        yield Sign("namespace.terminating", {}, deleted.timestamp() if deleted else None)


def autoscaler_signs(scaler: HorizontalPodAutoscaler) -> Iterator[Sign]:
    """Signs of an autoscaler: that it can't compute or can't act."""
    for condition in scaler.status.conditions or ():
        if (
            condition.type in ("ScalingActive", "AbleToScale")
            and condition.status == "False"
            and condition.reason != "ScalingDisabled"
        ):
            yield Sign(
                "autoscaler.inactive",
                {"reason": condition.reason or "", "message": condition.message or ""},
                _since(condition),
            )


_READERS: Final[dict[str, Callable[[Any], Iterator[Sign]]]] = {
    "Pod": pod_signs,
    "Node": node_signs,
    "Deployment": workload_signs,
    "ReplicaSet": lambda w: (s for s in workload_signs(w) if s.name == "workload.create-failed"),
    "StatefulSet": workload_signs,
    "DaemonSet": workload_signs,
    "Job": job_signs,
    "PersistentVolumeClaim": claim_signs,
    "Namespace": namespace_signs,
    "HorizontalPodAutoscaler": autoscaler_signs,
}
