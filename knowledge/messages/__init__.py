"""Messages of Kubernetes components, parsed: what a message says as attributes that rules can ask for.

One module a family. Where a message names a trouble, `problem` says which; docs/rules.md lists the words.
Parsing is pure, linear in the message, and never fails: what is not understood gives no attributes.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from causeline.knowledge.messages.creation import read_creation
from causeline.knowledge.messages.evictions import (
    read_eviction,
    read_kernel_kill,
    read_rejection,
    read_threshold,
)
from causeline.knowledge.messages.mounts import read_claim, read_configuration, read_mount
from causeline.knowledge.messages.nodes import read_node_status, read_runtime, read_sandbox
from causeline.knowledge.messages.probing import read_probe
from causeline.knowledge.messages.pulls import read_failed, read_pull

REMEMBERED: Final = 4096
"""Messages whose meaning is remembered: 16 MB at most, for a message is cut to 4,096 characters when decoded."""

Parser = Callable[[str], dict[str, str]]


def _read_no_sandbox(message: str) -> dict[str, str]:
    """Read why a pod has no sandbox: its own image may be what can't be pulled."""
    return read_pull(message) if "sandbox image" in message else read_sandbox(message)


_EVENTS: Final[dict[str, Parser]] = {
    "Failed": read_failed,
    "ErrImagePull": read_pull,
    "InspectFailed": read_pull,
    "FailedCreate": read_creation,
    "FailedUpdate": read_creation,
    "FailedDelete": read_creation,
    "ReplicaSetCreateError": read_creation,
    "FailedMount": read_mount,
    "FailedAttachVolume": read_mount,
    "FailedMapVolume": read_mount,
    "ProvisioningFailed": read_claim,
    "FailedBinding": read_claim,
    "ClaimMisbound": read_claim,
    "Unhealthy": read_probe,
    "Killing": read_probe,
    "ProbeWarning": read_probe,
    "Evicted": read_eviction,
    "EvictionThresholdMet": read_threshold,
    "SystemOOM": read_kernel_kill,
    "FailedCreatePodSandBox": _read_no_sandbox,
    "FailedKillPod": read_sandbox,
    "FailedSync": read_sandbox,
    "ContainerGCFailed": read_sandbox,
}
"""Reason of an Event -> who reads its message."""
_WAITING: Final[dict[str, Parser]] = {
    "ErrImagePull": read_pull,
    "ImagePullBackOff": read_pull,
    "RegistryUnavailable": read_pull,
    "InvalidImageName": read_pull,
    "CreateContainerConfigError": read_configuration,
}
"""Reason of a waiting container -> who reads its message; all others may speak of the runtime."""
_SIGNS: Final[dict[str, Parser]] = {
    "workload.create-failed": read_creation,
    "pod.evicted": read_eviction,
    "pod.refused": read_rejection,
    "node.condition": read_node_status,
}


def read_message(sign: str, attrs: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the message of a sign says, {} for one without a message or a family."""
    message = attrs.get("message")
    return _read(sign, attrs.get("reason", ""), message) if message else {}


@lru_cache(maxsize=REMEMBERED)
def _read(sign: str, reason: str, message: str) -> Mapping[str, str]:
    parse = _parser(sign, reason)
    return {k: v for k, v in parse(message).items() if v} if parse is not None else {}


def _parser(sign: str, reason: str) -> Parser | None:
    match sign:
        case "event":
            return _EVENTS.get(reason)
        case "pod.waiting":
            return _WAITING.get(reason, read_runtime)
        case _:
            return _SIGNS.get(sign)
