"""Nodes that are lost, and how it shows which part of them is: kubelet, network, or all of it."""

from typing import Any

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

AGO = 420.0


def lost(shop: Shop, node: str, ago: float = AGO, reason: str = "NodeStatusUnknown") -> None:
    """The node controller hears nothing any more: all conditions are Unknown, its pods are no longer ready."""
    message = "Kubelet stopped posting node status."
    o = shop.get("Node", node, None)
    for c in o["status"]["conditions"]:
        c.update(status="Unknown", reason=reason, message=message, lastTransitionTime=iso(shop.t - ago))
    o["spec"]["taints"] = [{"key": "node.kubernetes.io/unreachable", "effect": e} for e in ("NoSchedule", "NoExecute")]
    for name in pods_on(shop, node):
        pod = shop.get("Pod", name)
        ready = next(c for c in pod["status"]["conditions"] if c["type"] == "Ready")
        ready.update(status="False", lastTransitionTime=iso(shop.t - ago))
        shop.event("Pod", name, "NodeNotReady", "Node is not ready", ago=ago, since=ago, component="node-controller")
        shop.refresh(pod["metadata"]["labels"]["app"], ago)


def pods_on(shop: Shop, node: str) -> list[str]:
    """Pods of the shop's namespace that run there."""
    return [
        n
        for (k, ns, n), o in shop.objects.items()
        if k == "Pod" and ns == shop.ns and o["spec"].get("nodeName") == node
    ]


def journal(shop: Shop, node: str, *lines: str, ago: float = AGO) -> None:
    """Lines of the node's journal, a second apart."""
    about = {"kind": "Node", "namespace": None, "name": node}
    shop.logs += [{"t": shop.t - ago + n, "object": about, "line": line} for n, line in enumerate(lines)]


def scraped(shop: Shop, target: str, error: str | None, ago: float = AGO) -> None:
    """A target that answered until the fault, and since then answers or fails."""
    for n in range(40):
        t = shop.t - 2 * ago + n * ago / 20
        line: dict[str, Any] = {"t": t, "took": 0.02, "target": target}
        is_failing = error is not None and t > shop.t - ago
        shop.metrics.append(line | ({"error": error} if is_failing else {"changed": {"up": "1"} if n == 0 else {}}))


@more
def a_kubelet_whose_unit_failed(shop: Shop) -> Truth:
    node = shop.nodes[0]
    lost(shop, node)
    journal(shop, node, "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE",
            "systemd[1]: kubelet.service: Failed with result 'exit-code'.")  # fmt: skip
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def a_kubelet_that_is_gone_while_its_node_still_answers(shop: Shop) -> Truth:
    node = shop.nodes[1]
    lost(shop, node)
    scraped(shop, f"kubelet-{node}", "dial tcp 10.0.0.2:10250: connect: connection refused")
    scraped(shop, f"node-exporter-{node}", None)
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def a_kubelet_whose_certificate_is_over(shop: Shop) -> Truth:
    node = shop.nodes[0]
    lost(shop, node)
    journal(shop, node, 'E1126 09:00:01.1 1201 bootstrap.go:265] part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2026-11-26 08:58:12 +0000 UTC',
            'E1126 09:00:01.2 1201 run.go:74] "command failed" err="failed to run Kubelet: unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"')  # fmt: skip
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def a_node_of_which_nothing_answers(shop: Shop) -> Truth:
    node = shop.nodes[0]
    lost(shop, node)
    for part in ("kubelet", "node-exporter"):
        scraped(shop, f"{part}-{node}", "dial tcp 10.0.0.1:10250: i/o timeout")
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_node_that_the_cloud_has_shut_down(shop: Shop) -> Truth:
    node = shop.nodes[1]
    lost(shop, node)
    shop.get("Node", node, None)["spec"]["taints"].append(
        {"key": "node.cloudprovider.kubernetes.io/shutdown", "effect": "NoSchedule"}
    )
    shop.event("Node", node, "NodeShutdown", f"Node {node} is shut down in the cloud provider", type="Normal",
               ago=AGO, since=AGO, component="cloud-node-lifecycle-controller", ns=None)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_node_that_somebody_declared_out_of_service(shop: Shop) -> Truth:
    node = shop.nodes[0]
    lost(shop, node, 900)
    shop.get("Node", node, None)["spec"]["taints"].append(
        {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
    )
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_node_that_says_that_it_shuts_down(shop: Shop) -> Truth:
    node = shop.nodes[0]
    ready = next(c for c in shop.get("Node", node, None)["status"]["conditions"] if c["type"] == "Ready")
    ready.update(status="False", reason="KubeletNotReady", message="node is shutting down", lastTransitionTime=iso(shop.t - AGO))  # fmt: skip
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_node_whose_kernel_panicked(shop: Shop) -> Truth:
    node = shop.nodes[1]
    lost(shop, node)
    journal(shop, node, "kernel: BUG: unable to handle page fault for address: ffffa1c2",
            "kernel: Kernel panic - not syncing: Fatal exception in interrupt")  # fmt: skip
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_node_whose_route_controller_gave_up(shop: Shop) -> Truth:
    node = shop.nodes[0]
    conditions = shop.get("Node", node, None)["status"]["conditions"]
    conditions.append(shop.cond("NetworkUnavailable", "True", AGO, "NoRouteCreated", "Node created without a route"))
    for name in pods_on(shop, node):
        shop.event("Pod", name, "NetworkNotReady", "network is not ready: container runtime network not ready", count=40, ago=5, since=AGO)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "network")


@more
def a_node_whose_link_is_down(shop: Shop) -> Truth:
    node = shop.nodes[1]
    lost(shop, node)
    journal(shop, node, "kernel: igb 0000:01:00.0 eth0: igb: eth0 NIC Link is Down",
            'kubelet[900]: E1126 "Failed to update lease" err="Put https://10.0.0.9:6443/apis/coordination.k8s.io: context deadline exceeded"')  # fmt: skip
    return Truth("Node", node, "node-not-ready", "network")
