"""A control plane that was away for a moment and is back, as a list tells it afterwards."""

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop, iso

PARTS = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")


def _restarted(shop: Shop, part: str, ago: float, code: int = 255, reason: str = "Unknown") -> None:
    status = shop.get("Pod", f"{part}-control-1", "kube-system")["status"]
    for c in status["conditions"]:
        if "Ready" in c["type"]:
            c["lastTransitionTime"] = iso(shop.t - ago + 20)
    ended = {"exitCode": code, "reason": reason, "startedAt": iso(shop.t - 800_000), "finishedAt": iso(shop.t - ago - 40)}  # fmt: skip
    status["containerStatuses"][0].update(restartCount=1, state={"running": {"startedAt": iso(shop.t - ago)}}, lastState={"terminated": ended})  # fmt: skip


def _leads_since(shop: Shop, part: str, ago: float) -> None:
    spec = shop.get("Lease", part, "kube-system")["spec"]
    spec |= {"acquireTime": iso(shop.t - ago), "leaseTransitions": 4, "holderIdentity": "control-1_77b1"}
    shop.event("Lease", part, "LeaderElection", "control-1_77b1 became leader", type="Normal", ago=ago, since=ago, component=part, ns="kube-system")  # fmt: skip


@more
def leaders_that_were_elected_again_a_minute_ago(shop: Shop) -> Truth:
    for part in PARTS[2:]:
        _restarted(shop, part, 90, code=1, reason="Error")
        _leads_since(shop, part, 70)
    return Truth("ControlPlane", "control-plane", "control-plane-restart")


@more
def a_control_plane_whose_only_host_was_rebooted(shop: Shop) -> Truth:
    for part in PARTS:
        _restarted(shop, part, 150)
    for part in PARTS[2:]:
        _leads_since(shop, part, 130)
    node = shop.get("Node", "control-1", None)
    next(c for c in node["status"]["conditions"] if c["type"] == "Ready")["lastTransitionTime"] = iso(shop.t - 145)
    for reason, text in (("Starting", "Starting kubelet."), ("Rebooted", "Node control-1 has been rebooted, boot id: 5f6e4d0c")):  # fmt: skip
        shop.event("Node", "control-1", reason, text, type="Warning" if reason == "Rebooted" else "Normal", ago=155, since=155, ns=None)  # fmt: skip
    return Truth("ControlPlane", "control-plane", "control-plane-restart")


@more
def an_api_server_that_its_liveness_probe_restarted(shop: Shop) -> Truth:
    pod = "kube-apiserver-control-1"
    _restarted(shop, "kube-apiserver", 80, code=137, reason="Error")
    shop.event("Pod", pod, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500", count=8, ago=110, since=200, ns="kube-system")  # fmt: skip
    shop.event("Pod", pod, "Killing", "Container kube-apiserver failed liveness probe, will be restarted", type="Normal", ago=105, since=105, ns="kube-system")  # fmt: skip
    for part in PARTS[2:]:
        _leads_since(shop, part, 60)
    return Truth("ControlPlane", "control-plane", "control-plane-restart", also=[("Component", "kube-apiserver"), ("Pod", pod)])  # fmt: skip
