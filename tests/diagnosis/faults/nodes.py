"""Nodes."""

from tests.diagnosis.registry import FAULTS, Fault, Truth, fault, more
from tests.diagnosis.shop import Shop, iso


def _bad_node(shop: Shop, v: int, status: str, reason: str, message: str, ago: float = 500) -> str:
    node = shop.nodes[v % len(shop.nodes)]
    for c in shop.get("Node", node, None)["status"]["conditions"]:
        if c["type"] == "Ready" or status == "Unknown":
            c.update(status=status, reason=reason, message=message, lastTransitionTime=iso(shop.t - ago))
    shop.event(
        "Node",
        node,
        "NodeNotReady",
        f"Node {node} status is now: NodeNotReady",
        type="Normal",
        ago=ago,
        since=ago,
        component="node-controller",
        ns=None,
    )
    for (kind, ns, name), o in list(shop.objects.items()):
        if kind == "Pod" and o["spec"].get("nodeName") == node and ns == shop.ns:
            for c in o["status"]["conditions"]:
                if c["type"] == "Ready":
                    c.update(status="False", lastTransitionTime=iso(shop.t - ago + 1))
            shop.event(
                "Pod", name, "NodeNotReady", "Node is not ready", ago=ago, since=ago, component="node-controller"
            )
            shop.refresh(o["metadata"]["labels"]["app"], ago)
    return node


@fault
def node_unknown(shop: Shop, v: int) -> Truth:
    return Truth(
        "Node",
        _bad_node(shop, v, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
        "node-not-ready",
    )


@fault
def node_network(shop: Shop, v: int) -> Truth:
    text = [
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized",
        "container runtime network not ready: NetworkReady=false",
    ][v]
    return Truth("Node", _bad_node(shop, v, "False", "KubeletNotReady", text), "node-not-ready", "network")


@fault
def runtime_down(shop: Shop, v: int) -> Truth:
    text = [
        "[container runtime is down, PLEG is not healthy: pleg was last seen active 5m3s ago]",
        "PLEG is not healthy: pleg was last seen active 3m3s ago; threshold is 3m0s",
        'rpc error: code = Unavailable desc = connection error: desc = "transport: dial unix /run/containerd/containerd.sock: connect: connection refused"; container runtime is down',
    ][v]
    return Truth("Node", _bad_node(shop, v, "False", "KubeletNotReady", text), "node-runtime-down")


def _pressure(kind: str, cause: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        node = shop.nodes[0]
        for c in shop.get("Node", node, None)["status"]["conditions"]:
            if c["type"] == kind:
                c.update(status="True", reason=f"KubeletHas{kind}", lastTransitionTime=iso(shop.t - 400))
        return Truth("Node", node, cause)

    return make


FAULTS["disk_pressure"] = _pressure("DiskPressure", "disk-pressure")


FAULTS["memory_pressure"] = _pressure("MemoryPressure", "memory-pressure")


FAULTS["pid_pressure"] = _pressure("PIDPressure", "pid-pressure")


@more
def kubelet_that_stopped_with_its_lease(shop: Shop) -> Truth:
    node = shop.nodes[0]
    for c in shop.get("Node", node, None)["status"]["conditions"]:
        c.update(
            status="Unknown",
            reason="NodeStatusUnknown",
            message="Kubelet stopped posting node status.",
            lastTransitionTime=iso(shop.t - 300),
        )
    return Truth("Node", node, "node-not-ready")


@more
def a_node_whose_file_system_is_read_only(shop: Shop) -> Truth:
    conditions = shop.get("Node", shop.nodes[0], None)["status"]["conditions"]
    conditions.append(shop.cond("ReadonlyFilesystem", "True", 300, "FilesystemIsReadOnly"))
    return Truth("Node", shop.nodes[0], "node-readonly-filesystem")


@more
def pods_that_only_a_lost_node_could_take(shop: Shop) -> Truth:
    for node in shop.nodes:
        o = shop.get("Node", node, None)
        o["spec"] = {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}]}
        for c in o["status"]["conditions"]:
            c.update(status="Unknown", reason="NodeStatusUnknown", lastTransitionTime=iso(shop.t - 400))
    shop.unscheduled(
        shop.names[0],
        f"0/{len(shop.nodes) + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, {len(shop.nodes)} node(s) had untolerated taint {{node.kubernetes.io/unreachable: }}.",
        ago=300,
    )
    return Truth("Node", shop.nodes[0], "node-not-ready", also=[("Node", n) for n in shop.nodes])
