"""What ran short: evictions by the kubelet, its thresholds, and kills by the kernel.

`problem`: node-short (the node ran out) or own-limit (the pod went beyond its own).
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
"""

from typing import Final

import re2

_SHORT = re2.compile(r"low on resource: ([a-z-]+)")
_CONDITION = re2.compile(r"node had condition: \[(Memory|Disk|PID)Pressure")
RESOURCES: Final = {"Memory": "memory", "Disk": "ephemeral-storage", "PID": "pids"}
"""Pressure of a node -> the resource as other evictions name it."""
_THRESHOLD = re2.compile(r"[Tt]hreshold quantity: ([0-9.]+\w*), available: ([0-9.]+\w*)")
_USED = re2.compile(r"Container (\S+) was using ([0-9.]+\w*)")
_OWN: Final = (
    ("(?i)emptydir volume .*exceeds", "ephemeral-storage"),
    ("(?i)ephemeral local storage usage .*exceeds", "ephemeral-storage"),
    ("(?i)exceeded its local ephemeral storage", "ephemeral-storage"),
)
_OWN_LIMIT = re2.compile("|".join(f"(?:{words})" for words, _ in _OWN))
_RECLAIM = re2.compile(r"reclaim ([a-z-]+)")
_VICTIM = re2.compile(r"victim process: ([^,]+)")


def read_eviction(message: str) -> dict[str, str]:
    """Read why a pod was evicted: of which resource the node had too little, and how much was left."""
    if _OWN_LIMIT.search(message):
        return {"problem": "own-limit", "resource": "ephemeral-storage"}
    if pressure := _CONDITION.search(message):
        return {"problem": "node-short", "resource": RESOURCES[pressure.group(1)]}
    short = _SHORT.search(message)
    if short is None:
        return {}
    found = {"problem": "node-short", "resource": short.group(1)}
    if left := _THRESHOLD.search(message):
        found |= {"threshold": left.group(1), "available": left.group(2)}
    if used := _USED.search(message):
        found |= {"container": used.group(1), "used": used.group(2)}
    return found


_LACKED = re2.compile(r"enough resource: ([^,\s]+)")


def read_rejection(message: str) -> dict[str, str]:
    """Read of what a node had too little for a pod that the kubelet refused."""
    lacked = _LACKED.search(message)
    return {"resource": lacked.group(1)} if lacked is not None else {}


def read_threshold(message: str) -> dict[str, str]:
    """Read what the kubelet attempts to reclaim, as the pressure it is: disk, memory or pids."""
    found = _RECLAIM.search(message)
    if found is None:
        return {}
    resource = found.group(1)
    return {"resource": resource, "pressure": resource if resource in ("memory", "pids") else "disk"}


def read_kernel_kill(message: str) -> dict[str, str]:
    """Read which process the kernel killed."""
    victim = _VICTIM.search(message)
    return {"victim": victim.group(1)} if victim else {}
