"""Nodes that are lost or can not start or reach anything, in other shapes."""

from typing import Any

from tests.diagnosis.faults.lost_nodes import journal, lost, pods_on
from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]
SOCKET = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"'


def _ready(shop: Shop, node: str, message: str, ago: float = 600.0) -> None:
    """The kubelet itself says that the node is not ready; the node controller marks its pods."""
    o = shop.get("Node", node, None)
    ready = next(c for c in o["status"]["conditions"] if c["type"] == "Ready")
    ready.update(status="False", reason="KubeletNotReady", message=message, lastTransitionTime=iso(shop.t - ago))
    o["spec"]["taints"] = [{"key": "node.kubernetes.io/not-ready", "effect": e} for e in ("NoSchedule", "NoExecute")]
    shop.event("Node", node, "NodeNotReady", f"Node {node} status is now: NodeNotReady", type="Normal", ago=ago, since=ago, ns=None)  # fmt: skip
    for name in pods_on(shop, node):
        pod = shop.get("Pod", name)
        next(c for c in pod["status"]["conditions"] if c["type"] == "Ready").update(status="False", lastTransitionTime=iso(shop.t - ago))  # fmt: skip
        shop.event("Pod", name, "NodeNotReady", "Node is not ready", ago=ago, since=ago, component="node-controller")
        shop.refresh(pod["metadata"]["labels"]["app"], ago)


def _creating(shop: Shop, node: str, reason: str, message: str, ago: float = 600.0) -> None:
    """A Job's pod that this node was given has no sandbox yet."""
    shop.put("Job", shop.ns, "report", age=ago, spec={"backoffLimit": 6}, status={"active": 1, "startTime": iso(shop.t - ago)})  # fmt: skip
    o = shop.pod("report-4m9xz", shop.ns, "report", owner=("Job", "report"), node=node, age=ago)
    o["status"] = {"phase": "Pending", "startTime": iso(shop.t - ago), "conditions": [shop.cond("PodScheduled", "True", ago), shop.cond("Initialized", "True", ago), *(shop.cond(c, "False", ago, "ContainersNotReady", "containers with unready status: [report]") for c in ("Ready", "ContainersReady"))],
                   "containerStatuses": [{"name": "report", "image": "registry.k8s.io/report:v1", "ready": False, "started": False, "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}}]}  # fmt: skip
    shop.event("Pod", "report-4m9xz", reason, message, count=44, ago=8, since=ago - 5)


# --- the kubelet ---


@more
def a_kubelet_that_its_health_check_found_dead(shop: Shop) -> Truth:
    """The node problem detector on it still writes: the host and its network are well."""
    node = shop.nodes[0]
    lost(shop, node, 700)
    message = "kubelet:kubelet was found unhealthy; repair flag : true"
    shop.get("Node", node, None)["status"]["conditions"].append({**shop.cond("KubeletUnhealthy", "True", 720, "KubeletUnhealthy", message), "lastHeartbeatTime": iso(shop.t - 20)})  # fmt: skip
    shop.event("Node", node, "KubeletUnhealthy", f"Node condition KubeletUnhealthy is now: True, reason: KubeletUnhealthy, message: \"{message}\"", ago=720, since=720, component="health-checker", ns=None)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def a_kubelet_that_does_not_start_with_swap(shop: Shop) -> Truth:
    """Rebooted after a change of the host."""
    node = shop.nodes[1]
    lost(shop, node, 900)
    line = 'kubelet[1312]: E1126 08:50:11.402101    1312 run.go:72] "command failed" err="failed to run Kubelet: running with swap on is not supported, please disable swap or set --fail-swap-on flag to false"'  # fmt: skip
    journal(shop, node, line, "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE", "systemd[1]: kubelet.service: Scheduled restart job, restart counter is at 87.", ago=300)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "kubelet")


# --- the node's network ---


@more
def a_node_whose_agent_of_the_network_never_starts(shop: Shop) -> Truth:
    """The plugin's own pod on this node crashes, and its configuration is therefore not written."""
    node = shop.nodes[0]
    shop.daemon("kube-flannel")
    pod = next(p for p in shop.pods_of("kube-flannel", "kube-system") if shop.get("Pod", p, "kube-system")["spec"]["nodeName"] == node)  # fmt: skip
    _ready(shop, node, "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized")  # fmt: skip
    _creating(shop, node, "NetworkNotReady", "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized")  # fmt: skip
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": "kube-flannel"}
    shop.logs += [{"t": shop.t - 300 + 40 * n, "object": about, "line": 'E1126 09:00:00.1 1 main.go:343] Error registering network: failed to acquire lease: node "worker" pod cidr not assigned'} for n in range(6)]  # fmt: skip
    return Truth("Node", node, "node-not-ready", "network", also=[("Pod", pod)])


# --- all of it ---


# --- the runtime ---


@more
def a_docker_that_does_not_answer(shop: Shop) -> Truth:
    node = shop.nodes[1]
    _ready(shop, node, "container runtime is down")
    _creating(shop, node, "FailedCreatePodSandBox", 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create a sandbox for pod "report-4m9xz": Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')  # fmt: skip
    return Truth("Node", node, "node-runtime-down")


@more
def a_cri_o_whose_unit_failed(shop: Shop) -> Truth:
    """Several clauses in one message, that of the network among them: without a runtime it can not be known."""
    node = shop.nodes[0]
    _ready(shop, node, "[container runtime is down, container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: No CNI configuration file in /etc/kubernetes/cni/net.d/. Has your network provider started?]")  # fmt: skip
    journal(shop, node, "crio[2210]: fatal error: runtime: out of memory", "systemd[1]: crio.service: Main process exited, code=exited, status=2/INVALIDARGUMENT", "systemd[1]: crio.service: Failed with result 'exit-code'.", ago=640)  # fmt: skip
    return Truth("Node", node, "node-runtime-down")


@more
def a_runtime_that_lists_its_pods_too_slowly(shop: Shop) -> Truth:
    """PLEG: ready and not ready in turns for half an hour."""
    node = shop.nodes[1]
    _ready(shop, node, "PLEG is not healthy: pleg was last seen active 4m21.337151s ago; threshold is 3m0s", ago=80)
    for ago in (1700, 1100, 600):
        shop.event("Node", node, "NodeReady", f"Node {node} status is now: NodeReady", type="Normal", ago=ago, since=ago, ns=None)  # fmt: skip
    journal(shop, node, 'kubelet[900]: E1126 09:00:01.1 900 generic.go:238] "GenericPLEG: Unable to retrieve pods" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"', ago=300)  # fmt: skip
    return Truth("Node", node, "node-runtime-down")


# --- a network that is ill though the node reports ---


def _time_out(shop: Shop, node: str) -> None:
    """Who lives there can not be reached in time, and does not reach others."""
    for name in pods_on(shop, node)[:4]:
        about = {"kind": "Pod", "namespace": shop.ns, "name": name, "container": "server"}
        shop.logs += [{"t": shop.t - 300 + 25 * n, "object": about, "line": "read tcp 10.1.2.7:41822->10.1.4.3:8080: read: connection timed out"} for n in range(8)]  # fmt: skip
