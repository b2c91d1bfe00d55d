"""Volumes and configuration that a pod can't get: what is missing, or who holds it.

`problem`: config-missing (`what`, `name`), key-missing (also `key`), occupied, driver-missing, failing; of claims:
class-missing, no-volume.
https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet (volume manager, kuberuntime), pkg/volume
"""

from typing import Final

import re2

_OBJECT = re2.compile(r'(configmap|secret) "([^"]+)" not found')
_KEY = re2.compile(r"couldn.t find key (\S+) in (ConfigMap|Secret) (\S+)")
_NO_KEY = re2.compile(r"(configmap|secret) references non-existent (?:config|secret) key: (\S+)")
_DRIVER = re2.compile(r"driver name (\S+) not found in the list of registered CSI drivers")
_OCCUPIED: Final = (
    "Multi-Attach", "already attached", "already exclusively attached", "already used by pod", "already in use",
)  # fmt: skip
_FAILING: Final = ("Unable to attach or mount volumes", "mount failed", "rpc error")


def read_configuration(message: str) -> dict[str, str]:
    """Read which ConfigMap, Secret or key is missing, {} when none is."""
    if found := _OBJECT.search(message):
        return {"problem": "config-missing", "what": found.group(1), "name": found.group(2)}
    if found := _KEY.search(message):
        return {"problem": "key-missing", "key": found.group(1), "what": found.group(2), "name": found.group(3)}
    if found := _NO_KEY.search(message):
        return {"problem": "key-missing", "key": found.group(2), "what": found.group(1)}
    return {}


def read_mount(message: str) -> dict[str, str]:
    """Read why a volume is not there."""
    if missing := read_configuration(message):
        return missing
    if any(words in message for words in _OCCUPIED):
        return {"problem": "occupied"}
    if driver := _DRIVER.search(message):
        return {"problem": "driver-missing", "driver": driver.group(1)}
    return {"problem": "failing"} if any(words in message for words in _FAILING) else {}


def read_claim(message: str) -> dict[str, str]:
    """Read why a claim gets no volume."""
    lower = message.lower()
    if "storageclass" in lower or "storage class" in lower:
        return {"problem": "class-missing"}
    return {"problem": "no-volume"} if "no persistent volumes available" in lower else {}
