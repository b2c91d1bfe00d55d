"""Volumes and configuration that a pod can't get: what is missing, or who holds it.

`problem`: config-missing (`what`, `name`), key-missing (also `key`; `volume` where no name is said), occupied,
driver-missing, failing; of claims: class-missing, access-mode, capacity, no-volume.
https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet (volume manager, kuberuntime), pkg/volume
"""

from typing import Final

import re2

_OBJECT = re2.compile(r'(configmap|secret) "([^"]+)" not found')
_KEY = re2.compile(r"couldn.t find key (\S+) in (ConfigMap|Secret) (\S+)")
_NO_KEY = re2.compile(r"references non-existent (config|secret) key: (\S+)")
_VOLUME = re2.compile(r'for volume "([^"]+)"')
_DRIVER = re2.compile(r"driver name (\S+) not found in the list of registered CSI drivers")
_OCCUPIED: Final = (
    "Multi-Attach", "already attached", "already exclusively attached", "already used by pod", "already in use",
)  # fmt: skip
_NO_CLASS = re2.compile(r'(?i)storage ?class(?:\.storage\.k8s\.io)? "[^"]*" not found|no storage class is set')
_TOO_LARGE: Final = (
    "not enough free space", "insufficient capacity", "no space left", "exceeds the limit", "out of range",
    "quota exceeded", "requested size", "too large", "insufficient free", "not enough disk space", "not enough space",
    "code = resourceexhausted",
)  # fmt: skip
_NO_CLAIM = re2.compile(r'persistentvolumeclaims? "([^"]+)" not found')
_FAILING: Final = (
    "Unable to attach or mount volumes",
    "Unable to mount volumes",
    "mount failed",
    "rpc error",
    "check failed",
)
_ACCESS: Final = ("access mode", "accessmode", "multi_node_multi_writer", "multi-node writ", "only readwriteonce")


def read_configuration(message: str) -> dict[str, str]:
    """Read which ConfigMap, Secret or key is missing, {} when none is."""
    if found := _OBJECT.search(message):
        return {"problem": "config-missing", "what": found.group(1), "name": found.group(2)}
    if found := _KEY.search(message):
        return {"problem": "key-missing", "key": found.group(1), "what": found.group(2), "name": found.group(3)}
    if found := _NO_KEY.search(message):
        what = {"config": "configmap"}.get(found.group(1), found.group(1))
        return {"problem": "key-missing", "key": found.group(2), "what": what}
    return {}


def read_mount(message: str) -> dict[str, str]:
    """Read why a volume is not there."""
    if missing := read_configuration(message):
        volume = _VOLUME.search(message)
        return {**missing, "volume": volume.group(1)} if volume else missing
    if claim := _NO_CLAIM.search(message):
        return {"problem": "claim-missing", "what": claim.group(1)}
    if any(words in message for words in _OCCUPIED):
        return {"problem": "occupied"}
    if "permission denied" in message:
        return {"problem": "permission"}
    if driver := _DRIVER.search(message):
        return {"problem": "driver-missing", "driver": driver.group(1)}
    return {"problem": "failing"} if any(words in message for words in _FAILING) else {}


def read_claim(message: str) -> dict[str, str]:
    """Read why a claim gets no volume."""
    lower = message.lower()
    if any(words in lower for words in _ACCESS):
        return {"problem": "access-mode"}
    if "two claims are bound to the same volume" in lower or "already bound to a different claim" in lower:
        return {"problem": "occupied"}
    if "selector is not supported" in lower:
        return {"problem": "selector"}
    if any(words in lower for words in _TOO_LARGE):
        return {"problem": "capacity"}
    if "no persistent volumes available" in lower:
        return {"problem": "no-volume"}
    return {"problem": "class-missing"} if _NO_CLASS.search(message) else {}
