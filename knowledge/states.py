"""What objects show: signs read from the state of one object, by kind. Pure; a few microseconds an object.

Kubernetes writes no event for an OOM kill, an empty Service or a lost lease, so state is read beside events.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from causeline.core.objects import (
    HorizontalPodAutoscaler,
    Job,
    KubeObject,
    Namespace,
    Node,
    PersistentVolumeClaim,
    Workload,
)
from causeline.knowledge.pod_states import pod_signs
from causeline.knowledge.readiness import condition_of, has_served, since_of
from causeline.knowledge.sign import Sign

NO_REPLICA_SET: Final = "ReplicaSetCreateError"
"""The Deployment controller's reason where its ReplicaSet itself is refused."""
TOO_MANY: Final = "TooManyReplicas"
"""The autoscaler wants more than maxReplicas (horizontal controller); at rest at its minimum it says TooFewReplicas."""


def signs_of(kind: str, obj: KubeObject) -> list[Sign]:
    """Return what `obj` shows now, [] for an object in order or of a kind without signs."""
    read = _READERS.get(kind)
    return list(read(obj)) if read else []


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
            yield Sign("node.condition", attrs, since_of(condition))


def workload_signs(workload: Workload) -> Iterator[Sign]:
    """Signs of a Deployment, ReplicaSet, StatefulSet or DaemonSet."""
    status = workload.status
    if workload.metadata.deletion_timestamp is not None:
        return
    for condition in status.conditions or ():
        is_refused = condition.type == "Progressing" and condition.reason == NO_REPLICA_SET
        said = {"reason": condition.reason or "", "message": condition.message or ""}
        if is_refused or (condition.type == "ReplicaFailure" and condition.status == "True"):
            yield Sign("workload.create-failed", said, since_of(condition))
        elif condition.type == "Progressing" and condition.status == "False":
            yield Sign("workload.stuck", said, since_of(condition))
    wanted = workload.spec.replicas if workload.spec.replicas is not None else status.desired_number_scheduled or 1
    ready = max(status.ready_replicas, status.number_ready)
    if wanted > 0 and ready == 0:
        since = since_of(condition_of(status.conditions, "Available"))
        attrs = {"wanted": str(wanted), "served": str(has_served(workload)).lower()}
        yield Sign("workload.nothing-ready", attrs, since)
    seen = status.observed_generation
    if isinstance(seen, int) and workload.metadata.generation > seen:
        yield Sign("workload.unobserved", {"generation": str(workload.metadata.generation)})


def job_signs(job: Job) -> Iterator[Sign]:
    """Signs of a Job: that it has given up."""
    failed = condition_of(job.status.conditions, "Failed") or condition_of(job.status.conditions, "FailureTarget")
    if failed is not None and failed.status == "True":
        yield Sign("job.failed", {"reason": failed.reason or "", "message": failed.message or ""}, since_of(failed))


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
    """Signs of an autoscaler: that it can't compute or can't act, or wants more than it may."""
    for condition in scaler.status.conditions or ():
        if condition.type == "ScalingLimited" and condition.status == "True" and condition.reason == TOO_MANY:
            yield Sign("autoscaler.at-maximum", {"maximum": str(scaler.spec.max_replicas)}, since_of(condition))
        if (
            condition.type in ("ScalingActive", "AbleToScale")
            and condition.status == "False"
            and condition.reason != "ScalingDisabled"
        ):
            yield Sign(
                "autoscaler.inactive",
                {"reason": condition.reason or "", "message": condition.message or ""},
                since_of(condition),
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
