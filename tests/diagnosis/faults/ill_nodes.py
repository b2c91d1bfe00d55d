"""Nodes that still report and are ill: what the node problem detector says, what ran out, whom the kernel killed."""

from tests.diagnosis.faults.lost_nodes import pods_on
from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

DETECTOR = "kernel-monitor"


def _shows(shop: Shop, kind: str, reason: str, message: str, ago: float = 600.0, component: str = DETECTOR) -> str:
    """A condition of the node problem detector, and its Event."""
    node = shop.nodes[0]
    shop.get("Node", node, None)["status"]["conditions"].append(shop.cond(kind, "True", ago, reason, message))
    text = f"Node condition {kind} is now: True, reason: {reason}, message: {message}"
    shop.event("Node", node, reason, text, type="Normal", ago=ago, since=ago, component=component, ns=None)
    return node


def _says(shop: Shop, reason: str, message: str, count: int = 1, component: str = DETECTOR, ago: float = 60.0) -> str:
    node = shop.nodes[1]
    shop.event("Node", node, reason, message, count=count, ago=ago, since=600, component=component, ns=None)
    return node


@more
def a_kernel_whose_docker_hangs_and_nothing_starts(shop: Shop) -> Truth:
    node = _shows(shop, "KernelDeadlock", "DockerHung", "task docker:20744 blocked for more than 120 seconds.")
    for name in pods_on(shop, node)[:1]:
        app = shop.get("Pod", name)["metadata"]["labels"]["app"]
        shop.rollout(app, 500)
        for pod in shop.pods_of(app):
            o = shop.get("Pod", pod)
            o["spec"]["nodeName"] = node
            o["status"]["containerStatuses"][0].update(
                ready=False, started=False, state={"waiting": {"reason": "ContainerCreating"}}
            )
            o["status"]["phase"] = "Pending"
            for c in o["status"]["conditions"]:
                if "Ready" in c["type"]:
                    c.update(status="False", reason="ContainersNotReady", lastTransitionTime=iso(shop.t - 495))
        shop.refresh(app, 495)
    return Truth("Node", node, "node-kernel-deadlock")


@more
def a_file_system_that_xfs_shut_down(shop: Shop) -> Truth:
    node = _shows(shop, "XfsShutdown", "XfsHasShutdown", "XFS (dm-3): xfs_do_force_shutdown(0x8) called from line 3800")
    return Truth("Node", node, "node-kernel-deadlock")


@more
def a_machine_check_that_is_fatal(shop: Shop) -> Truth:
    message = "{1}[Hardware Error]: event severity: fatal"
    return Truth(
        "Node", _shows(shop, "CperHardwareErrorFatal", "CperHardwareErrorFatal", message), "node-kernel-deadlock"
    )


@more
def tasks_that_hang_as_an_event_alone_tells(shop: Shop) -> Truth:
    node = _says(shop, "TaskHung", "task nfsd:1911 blocked for more than 300 seconds.", count=6)
    return Truth("Node", node, "node-kernel-deadlock")


@more
def a_remount_that_an_event_alone_tells(shop: Shop) -> Truth:
    node = _says(
        shop, "FilesystemIsReadOnly", "EXT4-fs (sda1): Remounting filesystem read-only", component="kernel-monitor"
    )
    return Truth("Node", node, "node-readonly-filesystem")


@more
def a_read_only_disk_whose_programs_complain(shop: Shop) -> Truth:
    node = _shows(shop, "ReadonlyFilesystem", "FilesystemIsReadOnly", "Remounting filesystem read-only")
    name = pods_on(shop, node)[0]
    app = shop.get("Pod", name)["metadata"]["labels"]["app"]
    about = {"kind": "Pod", "namespace": shop.ns, "name": name, "container": "server"}
    line = "java.nio.file.FileSystemException: /tmp/hsperf: Read-only file system"
    shop.logs += [{"t": shop.t - 300 + 20 * n, "object": about, "line": line} for n in range(8)]
    if len(shop.pods_of(app)) == 1:
        shop.unready(app, 500)
    return Truth("Node", node, "node-readonly-filesystem")


@more
def a_kubelet_that_starts_again_and_again(shop: Shop) -> Truth:
    message = "Found 6 matching logs, which meets the threshold of 5"
    node = _shows(shop, "FrequentKubeletRestart", "FrequentKubeletRestart", message, component="systemd-monitor")
    shop.event("Node", node, "KubeletStart", "Started Kubernetes kubelet.", type="Normal", count=6, ago=60, component="systemd-monitor", ns=None)  # fmt: skip
    return Truth("Node", node, "node-services-unstable")


@more
def a_containerd_that_starts_again_and_again(shop: Shop) -> Truth:
    message = "Found 7 matching logs, which meets the threshold of 5"
    node = _shows(shop, "FrequentContainerdRestart", "FrequentContainerdRestart", message, component="systemd-monitor")
    return Truth("Node", node, "node-services-unstable")


@more
def a_runtime_that_its_health_check_finds_ill(shop: Shop) -> Truth:
    message = "containerd:containerd was found unhealthy; repair flag : true"
    node = _shows(shop, "ContainerRuntimeUnhealthy", "ContainerdUnhealthy", message, component="health-checker")
    return Truth("Node", node, "node-services-unstable")


@more
def a_clock_that_nobody_keeps(shop: Shop) -> Truth:
    node = _shows(shop, "NTPProblem", "NTPIsDown", "NTP service is not running", component="ntp-custom-plugin-monitor")
    return Truth("Node", node, "node-time-wrong")


@more
def a_clock_of_which_an_event_alone_tells(shop: Shop) -> Truth:
    node = _says(shop, "NTPIsDown", "ntp service is not running", count=9, component="ntp-custom-plugin-monitor")
    return Truth("Node", node, "node-time-wrong")


@more
def a_clock_that_lags_and_certificates_that_do_not_hold_yet(shop: Shop) -> Truth:
    node = _shows(shop, "NTPProblem", "NTPIsDown", "chronyd is not synchronised", component="ntp-custom-plugin-monitor")
    about = {"kind": "Pod", "namespace": shop.ns, "name": pods_on(shop, node)[0], "container": "server"}
    line = "x509: certificate has expired or is not yet valid: current time 2026-11-20T02:00:00Z is before 2026-11-25T11:00:00Z"
    shop.logs += [{"t": shop.t - 300 + 20 * n, "object": about, "line": line} for n in range(8)]
    return Truth("Node", node, "node-time-wrong")


# --- what ran out ---


def _pressure(shop: Shop, kind: str, node: str, ago: float = 400.0) -> None:
    reason = f"KubeletHas{kind.replace('Memory', 'InsufficientMemory').replace('Pressure', '') if 'Memory' in kind else kind}"
    for c in shop.get("Node", node, None)["status"]["conditions"]:
        if c["type"] == kind:
            c.update(status="True", reason=reason, lastTransitionTime=iso(shop.t - ago))


def _evicted(shop: Shop, app: str, node: str, message: str, ago: float) -> str:
    """An evicted pod of a workload stays listed as Failed; its successor runs elsewhere."""
    old = shop.pods_of(app)[0]
    o = shop.get("Pod", old)
    name = f"{old[:-5]}zz9zz"
    shop.put("Pod", shop.ns, name, age=9_000, metadata={k: o["metadata"][k] for k in ("labels", "ownerReferences")},
             spec={**o["spec"], "nodeName": node},
             status={"phase": "Failed", "reason": "Evicted", "message": message, "startTime": iso(shop.t - 9_000)})  # fmt: skip
    shop.event("Pod", name, "Evicted", message, ago=ago, since=ago)
    return name


@more
def a_disk_that_one_pod_filled(shop: Shop) -> Truth:
    node = shop.nodes[0]
    _pressure(shop, "DiskPressure", node)
    text = "The node was low on resource: ephemeral-storage. Threshold quantity: 5368709120, available: {}Ki. "
    hog = _evicted(shop, shop.names[0], node, text.format(412_340) + "Container server was using 38Gi, request is 0, has larger consumption of ephemeral-storage. ", 380)  # fmt: skip
    _evicted(shop, shop.names[1], node, text.format(612_340) + "Container server was using 48Ki, request is 0, has larger consumption of ephemeral-storage. ", 395)  # fmt: skip
    return Truth("Pod", hog, "disk-pressure")


@more
def images_that_can_not_be_collected(shop: Shop) -> Truth:
    node = shop.nodes[1]
    _pressure(shop, "DiskPressure", node)
    for reason, text in (
        ("FreeDiskSpaceFailed", "Failed to garbage collect required amount of images. Attempted to free 9019431321 bytes, but only found 0 bytes eligible to free."),
        ("ImageGCFailed", "Failed to garbage collect required amount of images. Attempted to free 9019431321 bytes, but only found 0 bytes eligible to free."),
        ("EvictionThresholdMet", "Attempting to reclaim ephemeral-storage"),
    ):  # fmt: skip
        shop.event("Node", node, reason, text, count=5, ago=50, since=400, ns=None)
    return Truth("Node", node, "disk-pressure")


@more
def a_node_that_reclaims_memory_as_events_alone_tell(shop: Shop) -> Truth:
    node = shop.nodes[0]
    shop.event(
        "Node", node, "EvictionThresholdMet", "Attempting to reclaim memory", count=12, ago=10, since=300, ns=None
    )
    return Truth("Node", node, "memory-pressure")


@more
def memory_that_one_pod_took(shop: Shop) -> Truth:
    node = shop.nodes[0]
    _pressure(shop, "MemoryPressure", node)
    text = "The node was low on resource: memory. Threshold quantity: 100Mi, available: {}Ki. "
    hog = _evicted(shop, shop.names[2], node, text.format(61_000) + "Container server was using 5902412Ki, request is 64Mi, has larger consumption of memory. ", 390)  # fmt: skip
    _evicted(shop, shop.names[0], node, text.format(71_000) + "Container server was using 92412Ki, request is 64Mi, has larger consumption of memory. ", 395)  # fmt: skip
    return Truth("Pod", hog, "memory-pressure")


@more
def processes_that_one_pod_took(shop: Shop) -> Truth:
    node = shop.nodes[0]
    _pressure(shop, "PIDPressure", node)
    text = "The node was low on resource: pids. Threshold quantity: 1638, available: 209. "
    hog = _evicted(shop, shop.names[1], node, text, 380)
    shop.event("Node", node, "EvictionThresholdMet", "Attempting to reclaim pids", count=3, ago=60, since=400, ns=None)
    return Truth("Pod", hog, "pid-pressure")


@more
def processes_that_run_out_as_events_alone_tell(shop: Shop) -> Truth:
    node = shop.nodes[1]
    shop.event("Node", node, "EvictionThresholdMet", "Attempting to reclaim pids", count=14, ago=10, since=300, ns=None)
    return Truth("Node", node, "pid-pressure")


# --- whom the kernel killed ---


def _killed(shop: Shop, node: str, victim: str, count: int = 1, ago: float = 120.0) -> None:
    shop.event("Node", node, "SystemOOM", f"System OOM encountered, victim process: {victim}, pid: 31992", count=count, ago=ago, since=500, ns=None)  # fmt: skip


@more
def a_node_without_memory_whose_victim_runs_again(shop: Shop) -> Truth:
    _killed(shop, shop.nodes[0], "java", count=3)
    return Truth("Node", shop.nodes[0], "node-oom")


@more
def a_node_without_memory_whose_victims_are_below_their_limits(shop: Shop) -> Truth:
    node = shop.nodes[0]
    victims = pods_on(shop, node)[:2]
    for name in victims:
        app = shop.get("Pod", name)["metadata"]["labels"]["app"]
        _killed(shop, node, app, ago=60)
        box = shop.get("Pod", name)["status"]["containerStatuses"][0]
        ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": iso(shop.t - 400), "finishedAt": iso(shop.t - 60)}
        box.update(restartCount=4, lastState={"terminated": ended})
    return Truth("Node", node, "node-oom")


@more
def a_node_without_memory_whose_detector_tells_it_too(shop: Shop) -> Truth:
    node = shop.nodes[1]
    _killed(shop, node, "chrome", count=5, ago=30)
    text = "Memory cgroup out of memory: Killed process 31992 (chrome) total-vm:4012332kB, anon-rss:2912332kB"
    shop.event("Node", node, "OOMKilling", text, count=5, ago=30, since=500, component=DETECTOR, ns=None)
    return Truth("Node", node, "node-oom")
