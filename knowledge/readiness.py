"""What conditions say: whether a pod or a workload is in order, and since when not."""

from typing import Final

from causeline.core.objects import (
    Condition,
    KubeObject,
    Pod,
    Workload,
)

FIRST_STATUS_SECONDS: Final = 5.0
"""The controller writes a new Deployment's first conditions within this time."""


def condition_of(conditions: list[Condition] | None, wanted: str) -> Condition | None:
    """Return the condition of this type, None where it is not told."""
    for condition in conditions or ():
        if condition.type == wanted:
            return condition
    return None


def since_of(condition: Condition | None) -> float | None:
    """Return since when a condition is as it is, as far as it says."""
    return condition.last_transition_time.timestamp() if condition and condition.last_transition_time else None


def not_ready(pod: Pod) -> Condition | None:
    """Return the condition that says since when a pod takes no traffic, None while it does or when it does not say."""
    ready = condition_of(pod.status.conditions, "Ready")
    return ready if ready is not None and ready.status != "True" and ready.last_transition_time is not None else None


def is_static(pod: Pod) -> bool:
    """Tell whether a kubelet made the pod from a file of its own: such a pod belongs to its Node."""
    return any(owner.kind == "Node" for owner in pod.metadata.owner_references or ())


def is_ready(pod: Pod) -> bool:
    """Tell whether a pod takes traffic."""
    ready = condition_of(pod.status.conditions, "Ready")
    return ready is not None and ready.status == "True"


def has_served(workload: Workload) -> bool:
    """Tell whether it was available at some time; one that starts for the first time leaves nobody unserved.

    A Deployment is created unavailable: when the condition turned later than that, it was available in between. Other
    kinds do not say, and are taken to have served.
    """
    available = condition_of(workload.status.conditions, "Available")
    created = workload.metadata.creation_timestamp
    if available is None or available.last_transition_time is None or created is None:
        return available is not None or not workload.status.conditions
    late = (available.last_transition_time - created).total_seconds() > FIRST_STATUS_SECONDS
    return available.status == "True" or late


def is_in_order(obj: KubeObject) -> bool:
    """Tell whether an object's state says that it is well."""
    if isinstance(obj, Pod):
        return obj.status.phase == "Succeeded" or is_ready(obj)
    if isinstance(obj, Workload):
        wanted = obj.spec.replicas if obj.spec.replicas is not None else obj.status.desired_number_scheduled
        return max(obj.status.ready_replicas, obj.status.number_ready) >= wanted
    return False
