"""Nodes that are lost or half lost, in other shapes: no way, taken back, and as those say who may not list nodes."""

from typing import Any

from tests.diagnosis.faults.lost_nodes import journal, lost, pods_on
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


@more
def a_node_that_has_no_way_to_the_api(shop: Shop) -> Truth:
    node = shop.nodes[0]
    lost(shop, node)
    journal(shop, node, *['E1126 09:00:01.1 1201 controller.go:145] "Failed to ensure lease exists, will retry" err="Get \\"https://10.0.0.9:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/w\\": dial tcp 10.0.0.9:6443: connect: no route to host" interval="7s"'] * 4)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "network")


@more
def a_spot_machine_that_its_cloud_took_back(shop: Shop) -> Truth:
    """Two minutes of warning, a cordon, and then nothing more is heard; its only pod of a workload is gone with it."""
    node = shop.nodes[1]
    lost(shop, node, 300)
    shop.get("Node", node, None)["spec"] |= {"unschedulable": True, "providerID": "aws:///eu-west-1a/i-0f3a9"}
    shop.event("Node", node, "SpotInterruption", "Spot Interruption event received. Instance i-0f3a9 will be interrupted at 2026-11-26T08:56:00Z", ago=420, since=420, component="aws-node-termination-handler", ns=None)  # fmt: skip
    shop.event("Node", node, "CordonAndDrain", f"Cordon and drain of node {node} succeeded", type="Normal", ago=410, since=410, component="aws-node-termination-handler", ns=None)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "node-down")


@more
def a_runtime_that_is_away_where_nobody_may_list_nodes(shop: Shop) -> Truth:
    """Who has one namespace alone sees its pods and their Events; the node's own state is not told."""
    node = shop.nodes[0]
    shop.not_listed.add("nodes")
    for key in [k for k in shop.objects if k[0] == "Node"]:
        del shop.objects[key]
    for pod in pods_on(shop, node):
        shop.event("Pod", pod, "Unhealthy", 'Readiness probe errored: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"', count=30, ago=8, since=500)  # fmt: skip
        shop.event("Pod", pod, "NodeNotReady", "Node is not ready", ago=480, since=480, component="node-controller")
        status = shop.get("Pod", pod)["status"]
        for c in status["conditions"]:
            if "Ready" in c["type"]:
                c.update(status="False", lastTransitionTime=iso(shop.t - 480))
        shop.refresh(shop.get("Pod", pod)["metadata"]["labels"]["app"], 480)
    return Truth("Node", node, "node-runtime-down")


# --- its card and its link ---


@more
def a_card_that_hangs_when_it_sends(shop: Shop) -> Truth:
    node = shop.nodes[1]
    journal(shop, node, "kernel: NETDEV WATCHDOG: ens5 (ena): transmit queue 3 timed out 5120 ms",
            "kernel: ena 0000:00:05.0 ens5: The number of lost tx completions is above the threshold (129 > 128). Reset the device",
            "kernel: ena 0000:00:05.0: Device reset completed successfully, Driver info: Elastic Network Adapter (ENA) v2.8.0g")  # fmt: skip
    for pod in pods_on(shop, node)[:2]:
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: Get \"http://10.1.0.9:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", count=7, ago=15, since=400)  # fmt: skip
    return Truth("Node", node, "node-network")


@more
def a_link_that_comes_and_goes(shop: Shop) -> Truth:
    node = shop.nodes[0]
    for n in range(5):
        journal(shop, node, "kernel: igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Down",
                "kernel: igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX", ago=400 - 70 * n)  # fmt: skip
    shop.event("Node", node, "NodeNotReady", f"Node {node} status is now: NodeNotReady", type="Normal", count=3, ago=120, since=380, component="node-controller", ns=None)  # fmt: skip
    return Truth("Node", node, "node-network")


# --- whose fault it was ---


@more
def a_job_that_used_up_the_inodes_of_a_node(shop: Shop) -> Truth:
    """Millions of small files on its scratch space, of few bytes."""
    node = shop.nodes[0]
    o = shop.get("Node", node, None)
    conditions = o["status"]["conditions"]
    conditions[:] = [c for c in conditions if c["type"] != "DiskPressure"]
    conditions.append(shop.cond("DiskPressure", "True", 300, "KubeletHasDiskPressure", "kubelet has disk pressure"))
    o["spec"]["taints"] = [{"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}]
    shop.put("Job", shop.ns, "unpack", age=2000, spec={"backoffLimit": 6}, status={"failed": 1, "startTime": iso(shop.t - 2000)})  # fmt: skip
    text = "The node was low on resource: inodes. Threshold quantity: 163842, available: 151204. Container server was using 2811204, request is 0, has larger consumption of inodes. "  # fmt: skip
    shop.put("Pod", shop.ns, "unpack-x9zkd", age=2000, metadata={"labels": {"app": "unpack", "job-name": "unpack"}, "ownerReferences": [shop.owned("Job", "unpack")]},
             spec={"containers": [{"name": "server", "image": "registry.example.io/x/unpack:v1"}], "nodeName": node},
             status={"phase": "Failed", "reason": "Evicted", "message": text, "startTime": iso(shop.t - 1990)})  # fmt: skip
    shop.event("Pod", "unpack-x9zkd", "Evicted", text, ago=290, since=290)
    shop.event(
        "Node", node, "EvictionThresholdMet", "Attempting to reclaim inodes", count=3, ago=285, since=300, ns=None
    )
    return Truth("Pod", "unpack-x9zkd", "disk-pressure", also=[("Job", "unpack")])


@more
def a_kernel_of_whose_kills_only_the_journal_tells(shop: Shop) -> Truth:
    """The victims are far below their own limits; the kernel names no cgroup but the whole machine."""
    node = shop.nodes[1]
    for number, pod in enumerate(pods_on(shop, node)[:2]):
        uid = shop.get("Pod", pod)["metadata"]["uid"]
        journal(shop, node, f"kernel: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=cri-containerd-5b1c.scope,mems_allowed=0,global_oom,task_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice,task=gunicorn,pid={2113 + number},uid=1000",
                f"kernel: Out of memory: Killed process {2113 + number} (gunicorn) total-vm:812344kB, anon-rss:41200kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:412kB oom_score_adj:994", ago=120)  # fmt: skip
        status = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        status.update(restartCount=1, state={"running": {"startedAt": iso(shop.t - 115)}}, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": iso(shop.t - 90_000), "finishedAt": iso(shop.t - 120)}})  # fmt: skip
        box(shop.get("Pod", pod)["spec"])["resources"]["limits"]["memory"] = "512Mi"
    return Truth("Node", node, "node-oom")
