"""The control plane, DNS and kube-proxy."""

from typing import Any

from tests.diagnosis.registry import FAULTS, Fault, Truth, fault, more
from tests.diagnosis.shop import Shop, iso


@fault
def dns_down(shop: Shop, v: int) -> Truth:
    o = shop.get("Deployment", "coredns", "kube-system")
    if v == 0:
        o["spec"]["replicas"] = 0
        for pod in shop.pods_of("coredns", "kube-system"):
            shop.drop("Pod", pod, "kube-system")
    else:
        for pod in shop.pods_of("coredns", "kube-system"):
            shop.crash_in_system(pod, 600)
    o["status"].update(readyReplicas=0, availableReplicas=0)
    o["status"]["conditions"][0].update(status="False", lastTransitionTime=iso(shop.t - 600))
    shop.slice("kube-dns", "kube-system", "coredns")
    for name in shop.names[:3]:
        shop.log(name, "dial tcp: lookup mysql on 10.96.0.10:53: read udp: i/o timeout")
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


def _component(name: str, cause: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        if v == 1:
            shop.drop("Pod", f"{name}-control-1", "kube-system")
        else:
            shop.crash_in_system(f"{name}-control-1", 500)
        if ("Lease", "kube-system", name) in shop.objects:
            shop.get("Lease", name, "kube-system")["spec"]["renewTime"] = iso(shop.t - 500)
        if name == "kube-scheduler":
            app = shop.names[v]
            shop.rollout(app, 450)
            for pod in shop.pods_of(app):
                o = shop.get("Pod", pod)
                o["spec"].pop("nodeName")
                o["status"] = {"phase": "Pending"}
            shop.refresh(app, 450)
        return Truth("Component", name, cause, also=[("Pod", f"{name}-control-1")])

    return make


FAULTS["scheduler_down"] = _component("kube-scheduler", "scheduler-down")


FAULTS["controllers_down"] = _component("kube-controller-manager", "controller-manager-down")


@fault
def proxy_down(shop: Shop, v: int) -> Truth:
    pods = shop.pods_of("kube-proxy", "kube-system")
    hit = pods if v == 0 else pods[:1]
    for pod in hit:
        shop.crash_in_system(pod, 500)
        shop.event(
            "Pod",
            pod,
            "BackOff",
            f"Back-off restarting failed container kube-proxy in pod {pod}",
            count=30,
            ago=20,
            since=500,
            ns="kube-system",
        )
    daemon = shop.get("DaemonSet", "kube-proxy", "kube-system")
    daemon["status"]["numberReady"] = len(pods) - len(hit)
    return Truth(
        "DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy"), *(("Pod", p) for p in hit)]
    )


@more
def names_that_do_not_resolve_anywhere(shop: Shop) -> Truth:
    for p in shop.pods_of("coredns", "kube-system"):
        shop.drop("Pod", p, "kube-system")
    o = shop.get("Deployment", "coredns", "kube-system")
    o["status"].update(readyReplicas=0, availableReplicas=0)
    o["status"]["conditions"][0].update(status="False", lastTransitionTime=iso(shop.t - 600))
    shop.slice("kube-dns", "kube-system", "coredns")
    for name in shop.names[:4]:
        shop.log(name, f"getaddrinfo EAI_AGAIN {shop.names[-1]}")
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


@more
def etcd_whose_disk_is_slow(shop: Shop) -> Truth:
    line = '{"level":"warn","msg":"slow fdatasync","took":"2.1s","expected-duration":"1s"}'
    shop.logs.extend(_system_lines(shop, "etcd-control-1", line))
    return Truth("Component", "etcd", "etcd-unhealthy")


def _system_lines(shop: Shop, pod: str, line: str) -> list[Any]:
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": "etcd"}
    return [{"t": shop.t - 60 + n, "object": about, "line": line} for n in range(6)]
