"""The control plane and kube-proxy in other shapes: as pods, static pods, Events and lines of their own tell."""

from typing import Any

from tests.diagnosis.faults.lost_nodes import scraped
from tests.diagnosis.registry import BENIGN, Truth, more
from tests.diagnosis.shop import Shop, iso


def _crashes(shop: Shop, pod: str, message: str, restarts: int = 9, ago: float = 500.0) -> None:
    """A static pod crashes; the kubelet says so."""
    shop.crash_in_system(pod, ago)
    box = shop.get("Pod", pod, "kube-system")["status"]["containerStatuses"][0]
    box["restartCount"] = restarts
    box["lastState"]["terminated"] |= {"message": message, "startedAt": iso(shop.t - 90)}
    text = f"Back-off restarting failed container {box['name']} in pod {pod}"
    shop.event("Pod", pod, "BackOff", text, count=40, ago=10, since=ago, ns="kube-system")


def _lines(shop: Shop, pod: str, line: str, n: int = 8) -> None:
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": pod.rpartition("-control")[0]}
    shop.logs += [{"t": shop.t - 200 + 20 * i, "object": about, "line": line} for i in range(n)]


@more
def an_api_server_that_does_not_start(shop: Shop) -> Truth:
    _crashes(shop, "kube-apiserver-control-1", "Error: unknown flag: --enable-admission-plugin")
    return Truth("Component", "kube-apiserver", "apiserver-down", also=[("Pod", "kube-apiserver-control-1")])


@more
def an_api_server_that_can_not_be_asked_any_more(shop: Shop) -> Truth:
    """The snapshot is what was known until then; its own target and its liveness say that it hangs."""
    scraped(shop, "kube-apiserver-control-1", "context deadline exceeded")
    pod = "kube-apiserver-control-1"
    text = "Liveness probe failed: HTTP probe failed with statuscode: 500"
    shop.event("Pod", pod, "Unhealthy", text, count=30, ago=10, since=400, ns="kube-system")
    return Truth("Component", "kube-apiserver", "apiserver-down", also=[("Pod", pod)])


@more
def one_api_server_of_three_that_crashes(shop: Shop) -> Truth:
    for node in ("control-2", "control-3"):
        shop.node(node, taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])
        shop.pod(f"kube-apiserver-{node}", "kube-system", "kube-apiserver", owner=("Node", node), node=node)
    _crashes(shop, "kube-apiserver-control-2", "open /etc/kubernetes/pki/apiserver.crt: no such file or directory")
    return Truth("Component", "kube-apiserver", "apiserver-down", also=[("Pod", "kube-apiserver-control-2")])


@more
def etcd_whose_space_is_used_up(shop: Shop) -> Truth:
    _lines(
        shop, "etcd-control-1", '{"level":"warn","msg":"etcdserver: mvcc: database space exceeded","alarm":"NOSPACE"}'
    )
    _lines(shop, "kube-apiserver-control-1", "rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded")  # fmt: skip
    return Truth("Component", "etcd", "etcd-unhealthy", also=[("Pod", "etcd-control-1")])


@more
def etcd_that_crashes_and_takes_the_api_server_along(shop: Shop) -> Truth:
    _crashes(shop, "etcd-control-1", "panic: freepages: failed to get all reachable pages")
    _crashes(shop, "kube-apiserver-control-1", 'failed to dial etcd: "https://127.0.0.1:2379": context deadline exceeded', ago=480)  # fmt: skip
    return Truth("Component", "etcd", "etcd-unhealthy", also=[("Pod", "etcd-control-1")])


@more
def controllers_that_crash_and_roll_nothing_out(shop: Shop) -> Truth:
    pod = "kube-controller-manager-control-1"
    _crashes(shop, pod, "stat /etc/kubernetes/controller-manager.conf: no such file or directory")
    shop.get("Lease", "kube-controller-manager", "kube-system")["spec"]["renewTime"] = iso(shop.t - 480)
    shop.get("Deployment", shop.names[0])["metadata"]["generation"] = 7
    return Truth("Component", "kube-controller-manager", "controller-manager-down", also=[("Pod", pod)])


@more
def components_that_were_restarted_one_after_the_other(shop: Shop) -> Truth:
    """An upgrade of the control plane that is over: new static pods, new leaders, everybody ready."""
    for part in ("kube-apiserver", "kube-scheduler", "kube-controller-manager"):
        o = shop.get("Pod", f"{part}-control-1", "kube-system")
        o["metadata"]["creationTimestamp"] = iso(shop.t - 700)
        o["status"]["startTime"] = iso(shop.t - 700)
        o["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": iso(shop.t - 690)}}
        for c in o["status"]["conditions"]:
            c["lastTransitionTime"] = iso(shop.t - 670)
    for part in ("kube-scheduler", "kube-controller-manager"):
        text = "control-1_7f3c became leader"
        shop.event("Lease", part, "LeaderElection", text, type="Normal", ago=660, since=660, component=part, ns="kube-system")  # fmt: skip
    return BENIGN


# --- kube-proxy ---


def _proxies(shop: Shop, ready: int) -> None:
    status = shop.get("DaemonSet", "kube-proxy", "kube-system")["status"]
    status.update(numberReady=ready, numberUnavailable=len(shop.nodes) - ready)


def _waits(shop: Shop, pod: str, reason: str, message: str, ago: float = 500.0) -> None:
    status: dict[str, Any] = shop.get("Pod", pod, "kube-system")["status"]
    status["phase"] = "Pending"
    for c in status["conditions"]:
        if "Ready" in c["type"]:
            c.update(status="False", lastTransitionTime=iso(shop.t - ago))
    status["containerStatuses"][0].update(ready=False, started=False, state={"waiting": {"reason": reason, "message": message}})  # fmt: skip


@more
def proxies_whose_configuration_is_gone(shop: Shop) -> Truth:
    for pod in shop.pods_of("kube-proxy", "kube-system"):
        _waits(shop, pod, "ContainerCreating", "")
        text = 'MountVolume.SetUp failed for volume "kube-proxy" : configmap "kube-proxy" not found'
        shop.event("Pod", pod, "FailedMount", text, count=12, ago=20, since=500, ns="kube-system")
    _proxies(shop, 0)
    daemon = Truth("DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy")])
    return Truth("ConfigMap", "kube-proxy", "missing-dependency-mount", "configmap", also=[(daemon.kind, daemon.name)])


@more
def a_proxy_that_can_not_read_its_mode(shop: Shop) -> Truth:
    pods = shop.pods_of("kube-proxy", "kube-system")
    for pod in pods:
        shop.crash_in_system(pod, 500)
        about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": "kube-proxy"}
        line = 'E1126 09:00:00.1 1 run.go:72] "command failed" err="failed complete: unknown proxy mode \\"ipvss\\""'
        shop.logs += [{"t": shop.t - 200 + 20 * i, "object": about, "line": line} for i in range(6)]
    _proxies(shop, 0)
    return Truth("DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy")])


@more
def a_node_without_its_proxy_whose_clients_time_out(shop: Shop) -> Truth:
    pod = next(p for p in shop.pods_of("kube-proxy", "kube-system"))
    node = shop.get("Pod", pod, "kube-system")["spec"]["nodeName"]
    shop.crash_in_system(pod, 500)
    _proxies(shop, len(shop.nodes) - 1)
    for name in shop.names[:4]:
        for client in shop.pods_of(name):
            if shop.get("Pod", client)["spec"]["nodeName"] == node:
                about = {"kind": "Pod", "namespace": shop.ns, "name": client, "container": "server"}
                line = "dial tcp 10.96.0.7:8080: connect: connection timed out"
                shop.logs += [{"t": shop.t - 300 + 20 * i, "object": about, "line": line} for i in range(8)]
    return Truth("DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy"), ("Pod", pod)])
