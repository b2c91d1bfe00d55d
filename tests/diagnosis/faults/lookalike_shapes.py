"""What looks like something harmless and is not, and the other way round: each beside what it is taken for."""

from typing import Any

from tests.diagnosis.faults.cascade_shapes import _asks, _waits
from tests.diagnosis.faults.lost_nodes import journal, lost
from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import DAY, Shop, iso

Body = dict[str, Any]


def _leads(shop: Shop, holder: str, renewed: float = 2.0) -> None:
    shop.put("Lease", shop.ns, "operator-leader", spec={"holderIdentity": holder, "leaseDurationSeconds": 15, "renewTime": iso(shop.t - renewed)})  # fmt: skip


@more
def a_broken_rollout_of_an_operator_whose_old_pod_still_leads(shop: Shop) -> Truth:
    """A pod of another revision that leads makes no standby of the new one."""
    shop.workload("operator", replicas=2)
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of("operator")}
    shop.change("operator", 1300, lambda s: box(s)["env"].append({"name": "WATCH", "value": "all"}))
    _waits(shop, "operator", 'level=error msg="can\'t list" err=forbidden', 1250)
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh("operator")
    shop.get("Deployment", "operator")["status"]["conditions"].append(shop.cond("Progressing", "False", 600, "ProgressDeadlineExceeded", "timed out"))  # fmt: skip
    _leads(shop, next(iter(old)))
    return Truth("Deployment", "operator", "readiness-failing")


@more
def pods_for_which_no_node_is_made_any_more(shop: Shop) -> Truth:
    """The autoscaler tried, two hours long, and its group is as large as it may be."""
    name = shop.names[1]
    text = "0/4 nodes are available: 4 Insufficient cpu. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod."  # fmt: skip
    shop.unscheduled(name, text, ago=7200)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "TriggeredScaleUp", "pod triggered scale-up: [{workers 9->10 (max: 10)}]", type="Normal", count=20, ago=400, since=7100, component="cluster-autoscaler")  # fmt: skip
        shop.event("Pod", pod, "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", type="Normal", count=90, ago=20, since=3000, component="cluster-autoscaler")  # fmt: skip
    return Truth("Deployment", name, "insufficient-capacity", "cpu")


@more
def a_gateway_whose_log_level_was_edited(shop: Shop) -> Truth:
    """No way leads through that ConfigMap: its client is not ready for a reason of its own."""
    shop.edit(shop.gateway("gateway", "nginx:1.27", "gateway-logging", {"level": "debug"}), 700)
    shop.workload("web")
    _asks(shop, "web", "gateway", 8088)
    _waits(shop, "web", 'level=error msg="index is broken"', 640)
    return Truth("Deployment", "web", "readiness-failing")


@more
def an_etcd_that_was_away_for_longer_and_is_back(shop: Shop) -> Truth:
    """Ready again for eight minutes: nothing to get up for."""
    for part in ("etcd", "kube-apiserver"):
        status = shop.get("Pod", f"{part}-control-1", "kube-system")["status"]["containerStatuses"][0]
        ended = {"exitCode": 0, "reason": "Completed", "finishedAt": iso(shop.t - 570)}
        status.update(restartCount=1, state={"running": {"startedAt": iso(shop.t - 480)}}, lastState={"terminated": ended})  # fmt: skip
    return BENIGN


@more
def an_exporter_that_is_called_after_etcd(shop: Shop) -> Truth:
    """A pod of a Deployment is no part of the control plane, whatever its name."""
    shop.workload("etcd-exporter", ns="kube-system")
    pod = shop.get("Pod", shop.pods_of("etcd-exporter", "kube-system")[0], "kube-system")
    ended = {"exitCode": 1, "reason": "Error", "finishedAt": iso(shop.t - 190)}
    pod["status"]["containerStatuses"][0].update(restartCount=1, state={"running": {"startedAt": iso(shop.t - 100)}}, lastState={"terminated": ended})  # fmt: skip
    return BENIGN


@more
def a_bond_that_failed_over_once(shop: Shop) -> Truth:
    """Card, bond and bridge each say it, within a second."""
    journal(shop, shop.nodes[0], "kernel: ixgbe 0000:01:00.0 eno1: NIC Link is Down", "kernel: bond0: (slave eno1): carrier lost",
            "kernel: ixgbe 0000:01:00.1 eno2: NIC Link is Down", ago=300)  # fmt: skip
    return BENIGN


@more
def a_kubelet_that_was_restarted_an_hour_before_its_node_lost_the_link(shop: Shop) -> Truth:
    """What was said last before the loss counts."""
    node = shop.nodes[0]
    lost(shop, node, 200)
    journal(shop, node, "systemd[1]: Stopped kubelet.service - kubelet: The Kubernetes Node Agent.", ago=3300)
    journal(shop, node, "kernel: igb 0000:01:00.0 eno1: igb: eno1 NIC Link is Down", ago=220)
    return Truth("Node", node, "node-not-ready", "network")


@more
def a_login_of_somebody_else_to_a_database_of_that_name(shop: Shop) -> Truth:
    """A scanner is refused; the workload that has the same database is not ready for a reason of its own."""
    shop.workload("sql", kind="StatefulSet", port=3306)
    for spec in shop.every_spec("sql"):
        box(spec)["image"] = "mysql:8.4"
    shop.workload("bill")
    _asks(shop, "bill", "sql", 3306)
    for spec in shop.every_spec("bill"):
        box(spec)["env"].append({"name": "DB_NAME", "value": "ledger"})
    shop.log("sql", "[Warning] Access denied for user 'scanner'@'10.9.9.9' to database 'ledger'", n=6)
    _waits(shop, "bill", 'level=error msg="index is broken"', 900)
    return Truth("Deployment", "bill", "readiness-failing")


@more
def a_ring_of_callers_none_of_whom_is_ready(shop: Shop) -> Truth:
    """Each asks the next, the last the first: the one that was ill first is told, once."""
    names = ["alpha", "beta", "gamma"]
    for name in names:
        shop.workload(name)
    for number, (name, needed) in enumerate(zip(names, [*names[1:], names[0]], strict=True)):
        _asks(shop, name, needed, 8080)
        _waits(shop, name, "level=warn msg=waiting", 1400 - 30 * number)
    return Truth("Deployment", "alpha", "readiness-failing")


@more
def a_journal_of_a_node_that_is_not_of_this_cluster(shop: Shop) -> Truth:
    journal(shop, "ghost", "kernel: Out of memory: Killed process 71 (java) total-vm:1kB", ago=60)
    shop.put("Lease", shop.ns, "old-leader", age=9 * DAY, spec={"holderIdentity": "", "leaseTransitions": -1, "acquireTime": iso(shop.t - 60)})  # fmt: skip
    return BENIGN
