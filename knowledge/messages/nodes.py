"""What the kubelet says of its node and of the container runtime.

`problem`: runtime (the container runtime does not answer), network (no network plugin, or it fails), shutdown (of the
machine, in good order), or nothing known.
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


_NO_NETWORK = re2.compile(
    r"(?i)set ?up network for (?:sandbox|pod)|pod network sandbox|to CNI network|NetworkPlugin cni failed"
    r"|assign an IP address|plugin type="
)
_PLUGIN = re2.compile(r'plugin type="([\w.-]+)"')
_NO_ADDRESS = re2.compile(
    r"(?i)assign an IP address|no (?:more )?(?:IPs|IP addresses|addresses) available|no available IP"
    r"|IP pool is exhausted"
)


def read_sandbox(message: str) -> dict[str, str]:
    """Read why a pod's sandbox could not be made or ended: the runtime, or the network (`what`: its plugin)."""
    if _NO_NETWORK.search(message):
        plugin = _PLUGIN.search(message)
        why = "addresses" if _NO_ADDRESS.search(message) else "plugin"
        return {"problem": "network", "why": why, "what": plugin.group(1) if plugin else ""}
    return {"problem": "runtime"} if UNAVAILABLE in message else read_runtime(message)


def read_node_status(message: str) -> dict[str, str]:
    """Read the message of a node's condition."""
    if "node is shutting down" in message:
        return {"problem": "shutdown"}
    if _RUNTIME.search(message):
        return {"problem": "runtime"}
    return {"problem": "network"} if _NETWORK.search(message) else {}
