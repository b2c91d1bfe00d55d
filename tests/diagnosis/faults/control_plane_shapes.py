"""The control plane in other shapes: as leases, Pods that nobody looks at, and lines of its parts tell."""

from typing import Any

from tests.diagnosis.faults.lost_nodes import journal
from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]
MASTER = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


def _says(shop: Shop, pod: str, *lines: str, n: int = 6) -> None:
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": pod.partition("-control")[0]}
    shop.logs += [{"t": shop.t - 240 + 30 * i + j, "object": about, "line": text} for i in range(n) for j, text in enumerate(lines)]  # fmt: skip


def _crashes(shop: Shop, pod: str, ago: float, restarts: int, code: int = 1) -> None:
    shop.crash_in_system(pod, ago)
    box = shop.get("Pod", pod, "kube-system")["status"]["containerStatuses"][0]
    box["restartCount"] = restarts
    box["lastState"]["terminated"] |= {"exitCode": code, "startedAt": iso(shop.t - 80)}
    box["state"]["waiting"]["message"] = f"back-off 5m0s restarting failed container={box['name']} pod={pod}_kube-system(2b1f0c)"  # fmt: skip


def _lease(shop: Shop, part: str, renewed: float, **spec: Any) -> None:
    shop.get("Lease", part, "kube-system")["spec"] |= {"renewTime": iso(shop.t - renewed), **spec}


def _managed(shop: Shop) -> None:
    """A cloud runs the control plane: neither its Pods nor its node are listed, its leases are."""
    for key in [k for k in shop.objects if "control-1" in k[2]]:
        del shop.objects[key]


def _unlooked(shop: Shop, name: str, ago: float) -> None:
    """New Pods that no scheduler has looked at: no node, no condition, no Event."""
    shop.rollout(name, ago)
    for pod in shop.pods_of(name):
        o = shop.get("Pod", pod)
        del o["spec"]["nodeName"]
        o["status"] = {"phase": "Pending", "qosClass": "Burstable"}
    shop.refresh(name, ago)


def _component(part: str, cause: str, *pods: str) -> Truth:
    return Truth("Component", part, cause, also=[("Pod", pod) for pod in pods or (f"{part}-control-1",)])


# --- scheduler and controllers ---


@more
def a_scheduler_that_a_cloud_runs_and_that_is_away(shop: Shop) -> Truth:
    _managed(shop)
    _lease(shop, "kube-scheduler", 900, holderIdentity="ip-172-16-96-46_1f0c")
    for name in shop.names[:2]:
        _unlooked(shop, name, 850)
    return Truth("Component", "kube-scheduler", "scheduler-down")


@more
def a_scheduler_that_does_not_understand_its_configuration(shop: Shop) -> Truth:
    pod = "kube-scheduler-control-1"
    _crashes(shop, pod, 900, 9)
    _lease(shop, "kube-scheduler", 930)
    _says(shop, pod, 'E1126 09:00:00.100231       1 run.go:74] "command failed" err="no kind \\"KubeSchedulerConfiguration\\" is registered for version \\"kubescheduler.config.k8s.io/v1beta3\\" in scheme \\"k8s.io/kubernetes/pkg/scheduler/apis/config/scheme/scheme.go:30\\""')  # fmt: skip
    shop.put("Job", shop.ns, "nightly", age=600, spec={"backoffLimit": 6}, status={"active": 1, "startTime": iso(shop.t - 600)})  # fmt: skip
    o = shop.pod("nightly-7h2kd", shop.ns, "nightly", owner=("Job", "nightly"), age=600)
    del o["spec"]["nodeName"]
    o["status"] = {"phase": "Pending"}
    return _component("kube-scheduler", "scheduler-down")


@more
def controllers_that_a_cloud_runs_and_that_are_away(shop: Shop) -> Truth:
    """Two Deployments were changed and nobody has taken notice; Pods that were deleted have no successor."""
    _managed(shop)
    _lease(shop, "kube-controller-manager", 1300, holderIdentity="ip-172-16-96-46_9b2e")
    for name in shop.names[:2]:
        o = shop.get("Deployment", name)
        o["metadata"]["generation"] = 5
        o["spec"]["replicas"] = 4
        shop.edit(o, 900)
    return Truth("Component", "kube-controller-manager", "controller-manager-down")


@more
def controllers_that_were_lost_with_their_manifest(shop: Shop) -> Truth:
    """Somebody moved the static pod's file away: no Pod, an old lease, and no endpoints for new Pods."""
    shop.drop("Pod", "kube-controller-manager-control-1", "kube-system")
    _lease(shop, "kube-controller-manager", 2100)
    journal(shop, "control-1", 'I1126 08:25:00.1 812 kubelet.go:2457] "SyncLoop REMOVE" source="file" pods=["kube-system/kube-controller-manager-control-1"]', ago=2100)  # fmt: skip
    o = shop.get("Deployment", shop.names[1])
    o["metadata"]["generation"] = 3
    return _component("kube-controller-manager", "controller-manager-down")


# --- API server and etcd ---


@more
def an_api_server_that_ends_for_a_flag_of_an_older_version(shop: Shop) -> Truth:
    """After an upgrade; all kubelets find nobody at its port."""
    pod = "kube-apiserver-control-1"
    _crashes(shop, pod, 700, 8)
    _says(shop, pod, "Error: unknown flag: --insecure-port")
    for node in shop.nodes:
        journal(shop, node, 'E1126 09:00:01.100231    1201 controller.go:145] "Failed to ensure lease exists, will retry" err="Get \\"https://10.0.0.9:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases\\": dial tcp 10.0.0.9:6443: connect: connection refused" interval="7s"', ago=600)  # fmt: skip
    return _component("kube-apiserver", "apiserver-down")


@more
def an_etcd_without_a_quorum(shop: Shop) -> Truth:
    """Two of three members are away: the third is well, and can not elect itself."""
    for node in ("control-2", "control-3"):
        shop.node(node, taints=[MASTER])
        shop.pod(f"etcd-{node}", "kube-system", "etcd", owner=("Node", node), node=node)
        _crashes(shop, f"etcd-{node}", 600, 7, code=2)
    _says(
        shop, "etcd-control-1",
        '{"level":"warn","msg":"prober detected unhealthy status","round-tripper-name":"ROUND_TRIPPER_RAFT_MESSAGE","remote-peer-id":"8e9e05c52164694d","error":"dial tcp 10.0.0.10:2380: connect: connection refused"}',
        '{"level":"info","logger":"raft","msg":"91bc3c398fb3c146 is starting a new election at term 412"}',
    )  # fmt: skip
    _says(shop, "kube-apiserver-control-1", 'E1126 09:00:00.100231       1 status.go:71] "Unhandled Error" err="apiserver received an error that is not an metav1.Status: rpctypes.EtcdError{code:0xe, desc:\\"etcdserver: request timed out\\"}: etcdserver: request timed out"')  # fmt: skip
    return _component("etcd", "etcd-unhealthy", "etcd-control-1", "etcd-control-2", "etcd-control-3")


@more
def an_etcd_whose_log_is_torn(shop: Shop) -> Truth:
    """The host lost power: etcd ends at what it reads, the API server at nobody who answers."""
    _crashes(shop, "etcd-control-1", 900, 10, code=2)
    _says(shop, "etcd-control-1", '{"level":"panic","msg":"failed to read WAL, cannot be repaired","error":"walpb: crc mismatch"}')  # fmt: skip
    _crashes(shop, "kube-apiserver-control-1", 870, 9)
    _says(shop, "kube-apiserver-control-1", 'W1126 09:00:00.100231       1 logging.go:55] [core] [Channel #1 SubChannel #3]grpc: addrConn.createTransport failed to connect to {Addr: "127.0.0.1:2379", ServerName: "127.0.0.1:2379", }. Err: connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"')  # fmt: skip
    return _component("etcd", "etcd-unhealthy")


@more
def an_etcd_that_is_too_slow_for_its_heartbeats(shop: Shop) -> Truth:
    _says(
        shop, "etcd-control-1",
        '{"level":"warn","msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk","to":"8e9e05c52164694d","heartbeat-interval":"100ms","expected-duration":"200ms","exceeded-duration":"2.81s"}',
        '{"level":"warn","msg":"apply request took too long","took":"4.104211s","expected-duration":"100ms","prefix":"read-only range ","request":"key:\\"/registry/pods/\\" "}',
    )  # fmt: skip
    for part in ("kube-scheduler", "kube-controller-manager"):
        shop.event("Lease", part, "LeaderElection", "control-1_7f3c stopped leading", type="Normal", count=3, ago=200, since=3000, component=part, ns="kube-system")  # fmt: skip
    return _component("etcd", "etcd-unhealthy")


# --- for a moment ---


def _back(shop: Shop, part: str, ago: float, restarts: int = 1) -> None:
    """A static pod ended and has been running again for so long."""
    status = shop.get("Pod", f"{part}-control-1", "kube-system")["status"]
    ended = {"exitCode": 1, "reason": "Error", "startedAt": iso(shop.t - 700_000), "finishedAt": iso(shop.t - ago - 20)}
    status["containerStatuses"][0].update(restartCount=restarts, state={"running": {"startedAt": iso(shop.t - ago)}}, lastState={"terminated": ended})  # fmt: skip
    for c in status["conditions"]:
        if "Ready" in c["type"]:
            c["lastTransitionTime"] = iso(shop.t - ago + 5)
    if ("Lease", "kube-system", part) in shop.objects:
        holder = f"control-1_{'5e0d' if ago < 100 else '7f3c'}"
        _lease(shop, part, 1, holderIdentity=holder, acquireTime=iso(shop.t - ago + 3), leaseTransitions=4)
        shop.event("Lease", part, "LeaderElection", f"{holder} became leader", type="Normal", ago=ago - 3, since=ago - 3, component=part, ns="kube-system")  # fmt: skip


PLANE = [("ControlPlane", "control-plane"), ("Component", "kube-controller-manager"), ("Pod", "kube-scheduler-control-1"), ("Pod", "kube-controller-manager-control-1")]  # fmt: skip


# --- kube-proxy ---


@more
def proxies_that_a_selector_of_nodes_took_away(shop: Shop) -> Truth:
    """Somebody gave the DaemonSet a label that no node has; Services made since then answer nobody."""
    daemon = shop.get("DaemonSet", "kube-proxy", "kube-system")
    daemon["spec"]["template"]["spec"]["nodeSelector"] = {"non-existing": "true"}
    daemon["metadata"]["generation"] = daemon["status"]["observedGeneration"] = 2
    shop.edit(daemon, 1500, by="kubectl-patch")
    daemon["status"].update(desiredNumberScheduled=0, currentNumberScheduled=0, numberReady=0)
    for pod in shop.pods_of("kube-proxy", "kube-system"):
        shop.drop("Pod", pod, "kube-system")
    for name in shop.names[:3]:
        shop.log(name, "dial tcp 10.96.0.7:8080: connect: connection timed out", n=8)
    return Truth("DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy")])


@more
def proxies_that_may_not_set_what_they_want_of_the_kernel(shop: Shop) -> Truth:
    pods = shop.pods_of("kube-proxy", "kube-system")
    for pod in pods:
        _crashes(shop, pod, 1200, 9)
        about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": "kube-proxy"}
        line = 'E1126 09:00:00.100231       1 server.go:1136] "Error running ProxyServer" err="open /proc/sys/net/netfilter/nf_conntrack_max: permission denied"'  # fmt: skip
        shop.logs += [{"t": shop.t - 240 + 40 * n, "object": about, "line": line} for n in range(5)]
    shop.get("DaemonSet", "kube-proxy", "kube-system")["status"].update(numberReady=0, numberUnavailable=len(pods))
    return Truth("DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy")])
