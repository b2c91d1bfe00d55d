"""Names that do not resolve, for one workload or for all: in other shapes of resolvers and of the cluster's DNS."""

from typing import Any

from tests.diagnosis.faults.logins import said_by
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


# --- one workload ---


@more
def an_alpine_that_does_not_search_for_names_with_a_dot(shop: Shop) -> Truth:
    """musl tries a name with at least ndots dots as it stands and nothing else; glibc would go on to the search list."""
    name, need = shop.names[1], shop.names[2]
    variable = {"name": f"{need.upper().replace('-', '_')}_SERVICE_ADDR", "value": f"{need}.{shop.ns}:{shop.port_of(need)}"}  # fmt: skip

    def how(spec: Body) -> None:
        spec["dnsConfig"] = {"options": [{"name": "ndots", "value": "1"}]}
        box(spec)["image"] += "-alpine"
        box(spec)["env"] = [e for e in box(spec)["env"] if e["name"] != variable["name"]] + [variable]

    shop.change(name, 900, how)
    shop.log(name, f"Error: getaddrinfo ENOTFOUND {need}.{shop.ns}", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")


@more
def agents_in_the_hosts_network_that_ask_the_hosts_resolver(shop: Shop) -> Truth:
    name, need, n = "trace-agent", shop.names[0], len(shop.nodes)
    target = f"{need}.{shop.ns}.svc.cluster.local"
    spec: Body = {"hostNetwork": True, "dnsPolicy": "Default", "containers": [{"name": "agent", "image": "registry.example.io/ops/trace-agent:2.4", "env": [{"name": "COLLECTOR", "value": f"{target}:{shop.port_of(need)}"}]}]}  # fmt: skip
    shop.put("DaemonSet", shop.ns, name, age=2000, spec={"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n, "numberAvailable": n, "observedGeneration": 1})  # fmt: skip
    for number, node in enumerate(shop.nodes):
        pod = f"{name}-x{number}k2p"
        shop.pod(pod, shop.ns, name, owner=("DaemonSet", name), node=node, spec={**spec, "containers": [dict(spec["containers"][0])]}, age=1990)  # fmt: skip
        said_by(shop, pod, f"export failed: dial tcp: lookup {target} on 169.254.169.253:53: no such host", container="agent")  # fmt: skip
    return Truth("DaemonSet", name, "dns-resolution-failure")


@more
def an_external_name_that_was_mistyped(shop: Shop) -> Truth:
    """The Service stands for a host outside, which does not exist; beside it, a kubelet's harmless word on resolvers."""
    client = shop.names[0]
    host = "orders-db.c9akciq32.eu-west-1.rds.amazonaws.comm"
    shop.put("Service", shop.ns, "orders-db", age=3000, spec={"type": "ExternalName", "externalName": host})
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "ORDERS_DB_HOST", "value": "orders-db"})
    shop.unready(client, 900)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=88, ago=6, since=890)  # fmt: skip
    shop.log(client, 'psycopg2.OperationalError: could not translate host name "orders-db" to address: Name or service not known', n=8)  # fmt: skip
    text = "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.96.0.10 10.0.0.2 10.0.0.3"  # fmt: skip
    shop.event("Pod", shop.pods_of(shop.names[3])[0], "DNSConfigForming", text, count=900, ago=30, since=80_000)
    return Truth("Service", "orders-db", "dns-resolution-failure")


# --- the cluster's DNS ---


def _dns_gone(shop: Shop, name: str = "coredns", ago: float = 600.0) -> None:
    """None of its pods is ready; the Deployment and the Service kube-dns say so."""
    o = shop.get("Deployment", name, "kube-system")
    o["status"].update(readyReplicas=0, availableReplicas=0, unavailableReplicas=o["spec"]["replicas"])
    o["status"]["conditions"][0].update(status="False", reason="MinimumReplicasUnavailable", lastTransitionTime=iso(shop.t - ago))  # fmt: skip
    shop.slice("kube-dns", "kube-system", name)


def _dns_says(shop: Shop, line: str, app: str = "coredns", container: str = "coredns") -> None:
    for pod in shop.pods_of(app, "kube-system"):
        about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": container}
        shop.logs += [{"t": shop.t - 300 + 30 * n, "object": about, "line": line} for n in range(8)]


@more
def a_coredns_that_asks_itself(shop: Shop) -> Truth:
    """The node's resolver is 127.0.0.53, to which CoreDNS forwards: a loop, on which it ends."""
    for pod in shop.pods_of("coredns", "kube-system"):
        shop.crash_in_system(pod, 600)
        shop.event("Pod", pod, "BackOff", f"Back-off restarting failed container coredns in pod {pod}_kube-system(0d8c7d6a-1b1f)", count=44, ago=14, since=590, ns="kube-system")  # fmt: skip
    _dns_gone(shop)
    _dns_says(shop, '[FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO 4547991504243258144.3688648895315093531."')  # fmt: skip
    for name in shop.names[:2]:
        shop.log(name, f"java.net.UnknownHostException: {shop.names[4]}: Temporary failure in name resolution")
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


@more
def a_coredns_that_never_gets_ready(shop: Shop) -> Truth:
    """It runs and waits for the API; no caller has written anything yet that was listed."""
    for pod in shop.pods_of("coredns", "kube-system"):
        status = shop.get("Pod", pod, "kube-system")["status"]
        for c in status["conditions"]:
            if "Ready" in c["type"]:
                c.update(status="False", reason="ContainersNotReady", message="containers with unready status: [coredns]", lastTransitionTime=iso(shop.t - 600))  # fmt: skip
        status["containerStatuses"][0]["ready"] = False
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=62, ago=4, since=600, ns="kube-system")  # fmt: skip
    _dns_gone(shop)
    _dns_says(shop, '[INFO] plugin/ready: Still waiting on: "kubernetes"')
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


@more
def a_kube_dns_with_three_containers(shop: Shop) -> Truth:
    """The DNS of before CoreDNS, which some hosts of clusters still run: the container that answers crashes."""
    for key in [key for key in shop.objects if key[1] == "kube-system" and "dns" in key[2]]:
        del shop.objects[key]
    shop.workload("kube-dns", ns="kube-system", port=53, replicas=2)
    for pod in shop.pods_of("kube-dns", "kube-system"):
        o = shop.get("Pod", pod, "kube-system")
        o["spec"]["containers"] = [{"name": n, "image": f"gke.gcr.io/k8s-dns-{i}-amd64:1.22.28"} for n, i in (("kubedns", "kube-dns"), ("dnsmasq", "dnsmasq-nanny"), ("sidecar", "sidecar"))]  # fmt: skip
        running = {"ready": True, "started": True, "restartCount": 0, "state": {"running": {"startedAt": iso(shop.t - 80_000)}}}  # fmt: skip
        boxes = [{"name": c["name"], "image": c["image"], **running} for c in o["spec"]["containers"]]
        o["status"]["containerStatuses"] = [boxes[1], boxes[0], boxes[2]]
        shop.crash_in_system(pod, 600)
        shop.event("Pod", pod, "BackOff", f"Back-off restarting failed container dnsmasq in pod {pod}_kube-system(0d8c7d6a-1b1f)", count=44, ago=14, since=590, ns="kube-system")  # fmt: skip
    _dns_gone(shop, "kube-dns")
    for name in shop.names[:3]:
        shop.log(name, f"dial tcp: lookup {shop.names[5]} on 10.96.0.10:53: read udp 10.1.2.3:48113->10.96.0.10:53: read: connection refused")  # fmt: skip
    return Truth("Deployment", "kube-dns", "coredns-down", also=[("Component", "coredns"), ("Component", "kube-dns")])
