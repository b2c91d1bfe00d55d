"""How an object of a cluster is named."""

from typing import NamedTuple


class ObjectRef(NamedTuple):
    """Kind, namespace and name of one object; the namespace is None for cluster-scoped and external objects.

    External objects (`External`: a registry host) and control-plane parts (`Component`, `ControlPlane`) are named like
    Kubernetes objects, so that a cause may lie outside the API.
    """

    kind: str
    namespace: str | None
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


WORKLOAD_KINDS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet", "Job", "CronJob"})
"""Kinds that own pods, directly or through another of them."""


class ContainerRun(NamedTuple):
    """One run of one container of a pod; `previous`: the one before the current, while `restarts` are counted."""

    pod: ObjectRef
    uid: str
    container: str
    restarts: int
    previous: bool
