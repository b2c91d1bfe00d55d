"""What the kubelet says of its node and of the container runtime.

`problem`: runtime (the container runtime does not answer), network (no network plugin), or nothing known.
https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/runtime.go
"""

from typing import Final

import re2

_SOCKET = re2.compile(r"dial unix .*(?:containerd|crio|cri-dockerd|docker)[^ ]*sock")
_RUNTIME = re2.compile(
    r"(?i)runtime is down|PLEG|container runtime (?:status|is not)|containerd?[.]sock|crio[.]sock|docker[.]sock"
)
_NETWORK = re2.compile(r"(?i)network plugin|NetworkPluginNotReady|\bcni\b|network not ready|NetworkUnavailable")
UNAVAILABLE: Final = "code = Unavailable"
"""What gRPC says when the other side is away; where only the runtime can be meant."""


def read_runtime(message: str) -> dict[str, str]:
    """Read whether the runtime of the node did not answer the kubelet."""
    return {"problem": "runtime"} if _SOCKET.search(message) else {}


def read_sandbox(message: str) -> dict[str, str]:
    """Read why a pod's sandbox could not be made or ended."""
    return {"problem": "runtime"} if UNAVAILABLE in message else read_runtime(message)


def read_node_status(message: str) -> dict[str, str]:
    """Read the message of a node's condition."""
    if _RUNTIME.search(message):
        return {"problem": "runtime"}
    return {"problem": "network"} if _NETWORK.search(message) else {}
