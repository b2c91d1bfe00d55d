"""Nodes that report and are ill, in other shapes: kernels, disks, services, clocks, and what ran out."""

from typing import Any

from tests.diagnosis.faults.lost_nodes import pods_on
from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


def _condition(shop: Shop, node: str, kind: str, reason: str, message: str, ago: float = 900.0) -> None:
    conditions = shop.get("Node", node, None)["status"]["conditions"]
    conditions[:] = [c for c in conditions if c["type"] != kind] + [shop.cond(kind, "True", ago, reason, message)]


def _says(shop: Shop, node: str, reason: str, text: str, component: str, count: int = 1, ago: float = 60.0, type: str = "Warning", since: float = 900.0) -> None:  # fmt: skip
    shop.event("Node", node, reason, text, type=type, count=count, ago=ago, since=since, component=component, ns=None)


def _lines(shop: Shop, pod: str, line: str, n: int = 8) -> None:
    about = {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": "server"}
    shop.logs += [{"t": shop.t - 300 + 25 * i, "object": about, "line": line} for i in range(n)]


def _stuck(shop: Shop, node: str, ago: float) -> None:
    """A pod of that node is being deleted and does not end."""
    for pod in pods_on(shop, node)[:1]:
        meta = shop.get("Pod", pod)["metadata"]
        meta |= {"deletionTimestamp": iso(shop.t - ago), "deletionGracePeriodSeconds": 30}


# --- kernel ---


@more
def processes_that_wait_for_a_disk_for_ever(shop: Shop) -> Truth:
    """A plug-in of a cloud looks for processes in state D; one pod can not be ended for it."""
    node = shop.nodes[0]
    _says(shop, node, "PSProcessIsHung", "process 18203 is hung in state D", "ps-hang-plugin-monitor", count=12)
    _says(shop, node, "TaskHung", "task java:18203 blocked for more than 120 seconds.", "kernel-monitor", count=9)
    _stuck(shop, node, 800)
    return Truth("Node", node, "node-kernel-deadlock")


@more
def an_aufs_that_hangs_when_it_unmounts(shop: Shop) -> Truth:
    node = shop.nodes[1]
    _condition(shop, node, "KernelDeadlock", "AUFSUmountHung", "task umount.aufs:21568 blocked for more than 120 seconds.")  # fmt: skip
    _stuck(shop, node, 700)
    return Truth("Node", node, "node-kernel-deadlock")


# --- disk ---


@more
def a_root_disk_with_errors_that_was_remounted(shop: Shop) -> Truth:
    """Its pods run on; a new one gets no directory."""
    node = shop.nodes[0]
    _says(shop, node, "Ext4Error", "EXT4-fs error (device nvme0n1p1): ext4_journal_check_start:83: comm kubelet: Detected aborted journal", "kernel-monitor", count=3, ago=880)  # fmt: skip
    _condition(shop, node, "ReadonlyFilesystem", "FilesystemIsReadOnly", "EXT4-fs (nvme0n1p1): Remounting filesystem read-only")  # fmt: skip
    shop.put("Job", shop.ns, "report", age=700, spec={"backoffLimit": 6}, status={"active": 1, "startTime": iso(shop.t - 700)})  # fmt: skip
    o = shop.pod("report-4m9xz", shop.ns, "report", owner=("Job", "report"), node=node, age=700)
    o["status"] = {"phase": "Pending", "startTime": iso(shop.t - 700), "conditions": [shop.cond("PodScheduled", "True", 700)]}  # fmt: skip
    shop.event("Pod", "report-4m9xz", "Failed", "error making pod data directories: mkdir /var/lib/kubelet/pods/6b1d2c9a-7f3e: read-only file system", count=30, ago=10, since=690)  # fmt: skip
    return Truth("Node", node, "node-readonly-filesystem")


# --- services and clock ---


@more
def a_docker_that_starts_again_and_again(shop: Shop) -> Truth:
    node = shop.nodes[0]
    _says(shop, node, "DockerStart", "Starting Docker Application Container Engine...", "systemd-monitor", count=8, type="Normal")  # fmt: skip
    _condition(shop, node, "FrequentDockerRestart", "FrequentDockerRestart", "Found 8 matching logs, which meets the threshold of 5")  # fmt: skip
    return Truth("Node", node, "node-services-unstable")


@more
def a_kubelet_whose_health_check_fails_now_and_then(shop: Shop) -> Truth:
    """It is repaired by a restart each time, so that the node stays ready; only Events tell."""
    node = shop.nodes[1]
    _says(shop, node, "FrequentKubeletRestart", 'Node condition FrequentKubeletRestart is now: True, reason: FrequentKubeletRestart, message: "Found 5 matching logs, which meets the threshold of 5"', "systemd-monitor", ago=200, since=200, type="Normal")  # fmt: skip
    _says(shop, node, "Starting", "Starting kubelet.", "kubelet", count=5, ago=210, since=1100, type="Normal")
    _says(shop, node, "InvalidDiskCapacity", "invalid capacity 0 on image filesystem", "kubelet", count=5, ago=210, since=1100)  # fmt: skip
    return Truth("Node", node, "node-services-unstable")


@more
def a_clock_that_an_object_store_and_tokens_do_not_agree_with(shop: Shop) -> Truth:
    """Programs of this node alone are told that their time is not that of the others."""
    node = shop.nodes[0]
    _condition(shop, node, "NTPProblem", "NTPIsDown", "chronyd.service is not active", ago=40_000)
    first, *others = pods_on(shop, node)
    _lines(shop, first, "An error occurred (RequestTimeTooSkewed) when calling the PutObject operation: The difference between the request time and the current time is too large.")  # fmt: skip
    for pod in others[:1]:
        _lines(shop, pod, "jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)")
    return Truth("Node", node, "node-time-wrong")


# --- what ran out ---


def _evicted(shop: Shop, name: str, owner: tuple[str, str] | None, node: str, message: str, ago: float) -> str:
    """The rest of an evicted pod: Failed, and without its containers' states as older kubelets leave it."""
    spec = {"containers": [{"name": "server", "image": "registry.example.io/x/server:v1"}], "nodeName": node}
    meta = {"ownerReferences": [shop.owned(*owner)]} if owner else {}
    shop.put("Pod", shop.ns, name, age=ago + 5000, metadata={"labels": {"app": owner[1] if owner else name}, **meta}, spec=spec,
             status={"phase": "Failed", "reason": "Evicted", "message": message, "startTime": iso(shop.t - ago - 4990)})  # fmt: skip
    shop.event("Pod", name, "Evicted", message, ago=ago, since=ago)
    return name


def _pressed(shop: Shop, node: str, kind: str, ago: float = 700.0) -> None:
    reason = {"MemoryPressure": "KubeletHasInsufficientMemory", "DiskPressure": "KubeletHasDiskPressure", "PIDPressure": "KubeletHasInsufficientPID"}[kind]  # fmt: skip
    _condition(shop, node, kind, reason, f"kubelet has {'disk pressure' if kind == 'DiskPressure' else 'insufficient ' + kind[:-8] + ' available'}", ago)  # fmt: skip
    key = {"MemoryPressure": "memory", "DiskPressure": "disk", "PIDPressure": "pid"}[kind]
    shop.get("Node", node, None)["spec"]["taints"] = [{"key": f"node.kubernetes.io/{key}-pressure", "effect": "NoSchedule", "timeAdded": iso(shop.t - ago)}]  # fmt: skip


@more
def agents_that_a_full_disk_does_not_let_in(shop: Shop) -> Truth:
    """Images and logs of the host fill it; the DaemonSet makes one pod after the other, and the kubelet refuses each."""
    node = shop.nodes[1]
    _pressed(shop, node, "DiskPressure", 1200)
    shop.daemon("log-agent")
    old = next(p for p in shop.pods_of("log-agent", "kube-system") if shop.get("Pod", p, "kube-system")["spec"]["nodeName"] == node)  # fmt: skip
    o = shop.get("Pod", old, "kube-system")
    shop.drop("Pod", old, "kube-system")
    shop.put("Pod", "kube-system", "log-agent-4kx2p", age=70, metadata={k: o["metadata"][k] for k in ("labels", "ownerReferences")}, spec=o["spec"],
             status={"phase": "Failed", "reason": "Evicted", "message": "Pod was rejected: The node had condition: [DiskPressure]. ", "startTime": iso(shop.t - 70)})  # fmt: skip
    for tail, ago in (("9dm7c", 400.0), ("zt6vl", 210.0), ("4kx2p", 70.0)):
        shop.event("Pod", f"log-agent-{tail}", "Evicted", "The node had condition: [DiskPressure]. ", ago=ago, since=ago, ns="kube-system")  # fmt: skip
        text = f"Found failed daemon pod kube-system/log-agent-{tail} on node {node}, will try to kill it"
        shop.event("DaemonSet", "log-agent", "FailedDaemonPod", text, ago=ago - 5, since=ago - 5, component="daemonset-controller", ns="kube-system")  # fmt: skip
    shop.get("DaemonSet", "log-agent", "kube-system")["status"].update(numberReady=len(shop.nodes) - 1, numberUnavailable=1)  # fmt: skip
    _says(shop, node, "FreeDiskSpaceFailed", "Failed to garbage collect required amount of images. Attempted to free 9019431321 bytes, but only found 0 bytes eligible to free.", "kubelet", count=4, ago=80, since=1200)  # fmt: skip
    return Truth("Node", node, "disk-pressure")


@more
def a_notebook_of_nobody_that_took_the_memory(shop: Shop) -> Truth:
    """A bare pod without requests, in the words of older kubelets; all others are well, for it went in time."""
    node = shop.nodes[0]
    _pressed(shop, node, "MemoryPressure", 280)
    text = (
        "The node was low on resource: memory. Container server was using 6320148Ki, which exceeds its request of 0. "
    )
    hog = _evicted(shop, "jupyter-alice", None, node, text, 275)
    _says(shop, node, "NodeHasInsufficientMemory", f"Node {node} status is now: NodeHasInsufficientMemory", "kubelet", ago=280, since=280, type="Normal")  # fmt: skip
    return Truth("Pod", hog, "memory-pressure")


@more
def evicted_pods_of_which_none_took_the_memory(shop: Shop) -> Truth:
    """The host's own services took it: who had to go used some MiB, and a pod that is bound to the node waits."""
    node = shop.nodes[1]
    _pressed(shop, node, "MemoryPressure", 1500)
    _says(shop, node, "EvictionThresholdMet", "Attempting to reclaim memory", "kubelet", count=148, ago=6, since=1500)
    text = "The node was low on resource: memory. Threshold quantity: 100Mi, available: {}Ki. Container server was using {}Ki, request is 64Mi, has larger consumption of memory. "  # fmt: skip
    for name, free, used, ago in ((shop.names[2], 91_220, 70_212, 1490.0), (shop.names[3], 80_404, 66_108, 1100.0)):
        owner = shop.get("Pod", shop.pods_of(name)[0])["metadata"]["ownerReferences"][0]["name"]
        _evicted(shop, f"{owner}-q9z2k", ("ReplicaSet", owner), node, text.format(free, used), ago)
    n, name = len(shop.nodes), shop.names[0]
    shop.change(name, 1400, lambda spec: spec.update(nodeSelector={"kubernetes.io/hostname": node}))
    shop.unscheduled(name, f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) had untolerated taint {{node.kubernetes.io/memory-pressure: }}, {n - 1} node(s) didn't match Pod's node affinity/selector. preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.", ago=1390)  # fmt: skip
    return Truth("Node", node, "memory-pressure")


@more
def a_node_on_which_nothing_can_be_forked(shop: Shop) -> Truth:
    """Its threshold is a soft one, so that nobody is evicted yet; programs and probes that need a process say so."""
    node = shop.nodes[0]
    _pressed(shop, node, "PIDPressure", 250)
    _says(shop, node, "NodeHasInsufficientPID", f"Node {node} status is now: NodeHasInsufficientPID", "kubelet", ago=250, since=250, type="Normal")  # fmt: skip
    for pod in pods_on(shop, node)[:3]:
        _lines(shop, pod, "java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached")  # fmt: skip
        shop.event("Pod", pod, "Unhealthy", 'Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "5b1c": OCI runtime exec failed: exec failed: unable to start container process: fork/exec /proc/self/exe: resource temporarily unavailable', count=20, ago=9, since=240)  # fmt: skip
    return Truth("Node", node, "pid-pressure")


# --- whom the kernel killed ---


@more
def a_node_whose_victims_end_with_an_error_like_any_other(shop: Shop) -> Truth:
    """The runtime did not see who killed: 137 without OOMKilled; the kubelet's Event of the node tells."""
    node = shop.nodes[1]
    for number, pod in enumerate(pods_on(shop, node)[:2]):
        _says(shop, node, "SystemOOM", f"System OOM encountered, victim process: gunicorn, pid: {2113 + number}", "kubelet", ago=100, since=100)  # fmt: skip
        box = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        box.update(restartCount=1, state={"running": {"startedAt": iso(shop.t - 95)}}, lastState={"terminated": {"exitCode": 137, "reason": "Error", "startedAt": iso(shop.t - 90_000), "finishedAt": iso(shop.t - 100)}})  # fmt: skip
    return Truth("Node", node, "node-oom")
