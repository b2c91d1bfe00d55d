"""What only several witnesses together tell: addresses of pods in lines, echoes between nodes, starts that are left out."""

from typing import Any

from tests.diagnosis.faults.address_shapes import _given, _reads_file
from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.faults.lost_nodes import journal, lost
from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop, iso, short

Body = dict[str, Any]


# --- names ---


@more
def a_member_of_a_headless_service_by_a_port_that_it_has_not(shop: Shop) -> Truth:
    server(shop, "zk", "zookeeper:3.9", 2181)
    shop.get("Service", "zk")["spec"]["clusterIP"] = "None"
    name = shop.names[1]
    _reads_file(shop, name, f"{name}-props", {"coordination.properties": "zookeeper.connect=zk-0.zk:2281,zk-1.zk:2281\n"})  # fmt: skip
    shop.crash(name, ago=970, restarts=7)
    shop.log(name, "org.apache.zookeeper.ClientCnxn: Session 0x0 for server zk-0.zk:2281, Closing socket connection. java.net.ConnectException: Connection timed out", n=6)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "config-port", also=[("ConfigMap", f"{name}-props")])


@more
def a_profile_that_is_no_profiler(shop: Shop) -> Truth:
    """A name that looks like one of things that programs do well without, and is not."""
    shop.workload("profiles", port=8080)
    name = shop.names[0]
    _given(shop, name, 900, ("PROFILE_URL", "http://profile-api:8080"))
    shop.unready(name, 880)
    shop.log(name, "Error: getaddrinfo ENOTFOUND profile-api", n=8)
    return Truth("Deployment", name, "dependency-address-wrong", "env-address")


@more
def callers_of_a_namespace_that_goes(shop: Shop) -> Truth:
    shop.put("Namespace", None, "reference", metadata={"deletionTimestamp": iso(shop.t - 900), "finalizers": ["kubernetes"]}, status={"phase": "Terminating"})  # fmt: skip
    name = shop.names[0]
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": "RATES_URL", "value": "http://rates.reference:8000"})
    shop.log(name, "requests.exceptions.ConnectionError: HTTPConnectionPool(host='rates.reference', port=8000): Max retries exceeded (Caused by NameResolutionError(\"Failed to resolve 'rates.reference' ([Errno -2] Name or service not known)\"))", n=8)  # fmt: skip
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=50, ago=8, since=800)  # fmt: skip
    shop.unready(name, 800)
    return Truth("Namespace", "reference", "namespace-deletion")


# --- nodes ---


@more
def a_node_whose_pods_nobody_reaches_in_time(shop: Shop) -> Truth:
    """Lines of two callers name pods of two others by address; all of those are on one node."""
    first, second, third, fourth = shop.names[:4]
    node = shop.nodes[0]
    for number, pod in enumerate(p for app in (third, fourth) for p in shop.pods_of(app)):
        o = shop.get("Pod", pod)
        o["spec"]["nodeName"], o["status"]["podIP"] = node, f"10.244.7.{10 + number}"
    for caller, peer in ((first, 10), (second, len(shop.pods_of(third)) + 10)):
        shop.log(caller, f'level=error msg="call failed" err="read tcp 10.244.2.11:36130->10.244.7.{peer}:8080: i/o timeout"', n=8)  # fmt: skip
    return Truth("Node", node, "node-network")


@more
def echoes_that_one_node_loses(shop: Shop) -> Truth:
    """Every node pings every other; a third of what goes to or comes from one of them does not arrive."""
    nodes = [*shop.nodes, "control-1"]
    bad = shop.nodes[1]
    for n in range(40):
        for source in nodes:
            pairs = {t: "0.31" if n >= 20 and bad in (source, t) else "0" for t in nodes if t != source}
            changed = {f'ping_loss_ratio{{target="{t}"}}': value for t, value in pairs.items() if n in (0, 20)}
            at = shop.t - 600 + 15 * n
            shop.metrics.append({"t": at, "took": 0.02, "target": f"ping-exporter-{source}", "changed": changed})
    return Truth("Node", bad, "packet-loss", "node")


@more
def a_node_that_was_lost_after_its_link_had_gone_down(shop: Shop) -> Truth:
    """Its journal came through half an hour ago for the last time."""
    node = shop.nodes[0]
    lost(shop, node, 200)
    journal(shop, node, "kernel: mlx5_core 0000:3b:00.0 eth0: Link down", "kernel: bond0: (slave eth0): carrier lost", ago=1800)  # fmt: skip
    return Truth("Node", node, "node-not-ready", "network")


@more
def a_kubelet_of_which_a_detector_says_that_it_is_down(shop: Shop) -> Truth:
    node = shop.nodes[1]
    lost(shop, node, 500)
    conditions = shop.get("Node", node, None)["status"]["conditions"]
    conditions.append(shop.cond("KubeletProblem", "True", 520, "KubeletIsDown", "kubelet service is down"))
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def a_pod_that_alone_can_not_fork_on_a_node_without_process_ids(shop: Shop) -> Truth:
    """The kubelet evicted another one first, as that has the lower priority."""
    node, innocent = shop.nodes[0], shop.names[2]
    taker = shop.pods_of(shop.names[0])[0]
    shop.get("Pod", taker)["spec"]["nodeName"] = node
    conditions = shop.get("Node", node, None)["status"]["conditions"]
    conditions[:] = [c for c in conditions if c["type"] != "PIDPressure"]
    conditions.append(shop.cond("PIDPressure", "True", 600, "KubeletHasInsufficientPID", "kubelet has insufficient PID available"))  # fmt: skip
    owner = shop.get("Pod", shop.pods_of(innocent)[0])["metadata"]["ownerReferences"][0]["name"]
    text = "The node was low on resource: pids. Threshold quantity: 3276, available: 2810. "
    shop.put("Pod", shop.ns, f"{owner}-x2x9d", age=5000, metadata={"labels": {"app": innocent}, "ownerReferences": [shop.owned("ReplicaSet", owner)]},
             spec={"containers": [{"name": "server", "image": "registry.example.io/x/server:v1"}], "nodeName": node},
             status={"phase": "Failed", "reason": "Evicted", "message": text, "startTime": iso(shop.t - 4990)})  # fmt: skip
    shop.event("Pod", f"{owner}-x2x9d", "Evicted", text, ago=590, since=590)
    said_by(shop, taker, "sh: fork: retry: Resource temporarily unavailable", n=8)
    return Truth("Pod", taker, "pid-pressure", "pids")


# --- schedules and storms ---


def _held_up(shop: Shop, last: float, count: int) -> None:
    active = [{"kind": "Job", "namespace": shop.ns, "name": "export-29000000"}]
    shop.put("CronJob", shop.ns, "export", spec={"schedule": "*/15 * * * *", "concurrencyPolicy": "Forbid"}, status={"active": active, "lastScheduleTime": iso(shop.t - last), "lastSuccessfulTime": iso(shop.t - last - 800)})  # fmt: skip
    shop.put("Job", shop.ns, "export-29000000", age=last, metadata={"ownerReferences": [shop.owned("CronJob", "export")]}, spec={"backoffLimit": 6}, status={"active": 1, "startTime": iso(shop.t - last)})  # fmt: skip
    shop.pod(f"export-29000000-{short('x', 5)}", shop.ns, "export", owner=("Job", "export-29000000"), age=last)
    shop.event("CronJob", "export", "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid", type="Normal", count=count, ago=300, since=last - 900, component="cronjob-controller")  # fmt: skip


@more
def a_cronjob_whose_last_job_has_hung_for_hours(shop: Shop) -> Truth:
    _held_up(shop, 4 * 3600.0, 15)
    return Truth("CronJob", "export", "job-failing", also=[("Job", "export-29000000")])


@more
def a_cronjob_whose_job_takes_longer_than_its_schedule(shop: Shop) -> Truth:
    _held_up(shop, 2000.0, 2)
    return BENIGN


@more
def an_operator_that_has_written_an_event_every_three_seconds(shop: Shop) -> Truth:
    """For as long as a server keeps Events; nearly all that there are."""
    for n in range(900):
        at = 10 + 3.0 * n
        shop.event("Backup", f"nightly-{n % 7}", "Reconciled", f"reconciled generation {n}", type="Normal", ago=at, since=at, component="backup-operator")  # fmt: skip
    return Truth("Component", "backup-operator", "event-storm")


@more
def lines_that_were_gathered_after_the_lists(shop: Shop) -> Truth:
    """Who dumps a cluster lists it first, and reads its logs some seconds later."""
    name = shop.names[0]
    shop.put("Service", shop.ns, "tax", spec={"type": "ExternalName", "externalName": "tax.pci.example.internl"})
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": "TAX_URL", "value": "https://tax/quote"})
    line = 'level=error msg="tax quote failed" err="dial tcp: lookup tax on 10.96.0.10:53: no such host"'
    shop.log(name, line, n=8)
    shop.log(name, line, n=1, ago=-4.0)
    return Truth("Service", "tax", "dns-resolution-failure")
