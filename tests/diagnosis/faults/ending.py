"""Namespaces and Pods that go and do not go, certificates that are over, objects that are not as their source says."""

from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, more
from tests.diagnosis.shop import DAY, Shop, iso


def _goes(shop: Shop, ago: float, **status: Any) -> None:
    """Somebody deleted the namespace; its objects go after it."""
    ns = shop.get("Namespace", shop.ns, None)
    ns["metadata"]["deletionTimestamp"] = iso(shop.t - ago)
    ns["spec"] = {"finalizers": ["kubernetes"]}
    ns["status"] = {"phase": "Terminating", **status}


@more
def a_namespace_whose_workloads_are_gone_already(shop: Shop) -> Truth:
    _goes(shop, 200)
    for key in [k for k in shop.objects if k[1] == shop.ns and k[0] not in ("ConfigMap", "PersistentVolumeClaim")]:
        del shop.objects[key]
    return Truth("Namespace", shop.ns, "namespace-deletion")


@more
def a_namespace_that_a_finalizer_holds(shop: Shop) -> Truth:
    text = "Some content in the namespace has finalizers remaining: widgets.example.com/keep in 2 resource instances"
    _goes(shop, 1500, conditions=[shop.cond("NamespaceFinalizersRemaining", "True", 1490, "SomeFinalizersRemain", text)])  # fmt: skip
    for name in shop.names:
        for pod in shop.pods_of(name):
            shop.drop("Pod", pod)
        shop.refresh(name, 1490)
    return Truth("Namespace", shop.ns, "namespace-deletion")


@more
def pods_that_can_not_be_created_in_a_namespace_that_goes(shop: Shop) -> Truth:
    _goes(shop, 400)
    name = shop.names[0]
    shop.refused(name, f'pods "{name}-x" is forbidden: unable to create new content in namespace {shop.ns} because it is being terminated', ago=390)  # fmt: skip
    return Truth("Namespace", shop.ns, "namespace-deletion")


# --- pods that do not end ---


@more
def pods_that_their_kubelet_can_not_kill(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.ending(name, 1200)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "FailedKillPod", "error killing pod: failed to \"KillContainer\" for \"server\" with KillContainerError: \"rpc error: code = DeadlineExceeded desc = context deadline exceeded\"", count=18, ago=10, since=1100)  # fmt: skip
    return Truth("Deployment", name, "pod-stuck-terminating")


@more
def a_database_that_does_not_end_for_its_volume(shop: Shop) -> Truth:
    shop.ending(shop.db, 2400)
    pod = shop.pods_of(shop.db)[0]
    shop.event("Pod", pod, "FailedUnmount", "UnmountVolume.TearDown failed for volume \"data\" : rpc error: code = Internal desc = target is busy", count=22, ago=20, since=2300)  # fmt: skip
    return Truth("StatefulSet", shop.db, "pod-stuck-terminating")


@more
def a_job_whose_pod_a_finalizer_of_a_backup_holds(shop: Shop) -> Truth:
    shop.put("Job", shop.ns, "dump", age=5000, spec={"backoffLimit": 1}, status={"active": 1, "startTime": iso(shop.t - 5000)})  # fmt: skip
    shop.pod("dump-x7k2p", shop.ns, "dump", owner=("Job", "dump"), age=5000)
    meta = shop.get("Pod", "dump-x7k2p")["metadata"]
    meta |= {"deletionTimestamp": iso(shop.t - 3000), "deletionGracePeriodSeconds": 30, "finalizers": ["backup.example.com/hold"]}  # fmt: skip
    return Truth("Job", "dump", "pod-stuck-terminating", "finalizer")


# --- certificates ---


@more
def a_certificate_whose_clients_complain(shop: Shop) -> Truth:
    status = {"notAfter": iso(shop.t - 1200), "conditions": [shop.cond("Ready", "False", 1200, "Expired", "Certificate expired")]}  # fmt: skip
    shop.put("Certificate", shop.ns, f"{shop.db}-tls", spec={"secretName": f"{shop.db}-tls"}, status=status)
    for spec in shop.every_spec(shop.db):
        spec["volumes"] = [*spec.get("volumes", []), {"name": "tls", "secret": {"secretName": f"{shop.db}-tls"}}]
    for name in shop.names[:2]:
        shop.log(name, f"{shop.db}: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time is after 2026-11-26T08:00:00Z", n=8)  # fmt: skip
    return Truth("Secret", f"{shop.db}-tls", "certificate-expiry")


@more
def a_mesh_whose_issuer_is_over(shop: Shop) -> Truth:
    status = {"notAfter": iso(shop.t + 3 * DAY), "renewalTime": iso(shop.t - 2 * DAY),
              "conditions": [shop.cond("Ready", "True", 40 * DAY, "Ready"), shop.cond("Issuing", "True", 2 * DAY, "Renewing", "Renewing certificate as renewal was scheduled")]}  # fmt: skip
    shop.put("Certificate", shop.ns, "mesh-identity", spec={"secretName": "mesh-identity"}, status=status)
    return Truth("Secret", "mesh-identity", "certificate-expiry")


# --- drift ---


@more
def a_hand_edit_under_argo(shop: Shop) -> Truth:
    made = shop.get("Deployment", shop.names[1])
    made["metadata"]["labels"] = {"argocd.argoproj.io/instance": "shop"}
    shop.edit(made, 3600, by="kubectl-patch")
    return Truth("Deployment", shop.names[1], "drift", "hand-edit")


@more
def a_hand_edit_of_a_config_under_flux(shop: Shop) -> Truth:
    made = shop.put("ConfigMap", shop.ns, "flags", data={"beta": "on"})
    made["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "shop"}
    shop.edit(made, 5400, by="kubectl-edit")
    return Truth("ConfigMap", "flags", "drift", "hand-edit")


def _images(shop: Shop, name: str) -> None:
    for number, pod in enumerate(shop.pods_of(name)):
        status = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        status.update(image=f"registry.example.io/{shop.ns}/{name}:latest", imageID=f"registry.example.io/x@sha256:{number:064x}")  # fmt: skip


@more
def a_latest_that_is_not_the_same_everywhere(shop: Shop) -> Truth:
    name = shop.names[3]
    for spec in shop.every_spec(name):
        spec["containers"][0]["image"] = f"registry.example.io/{shop.ns}/{name}:latest"
    _images(shop, name)
    return Truth("Deployment", name, "drift", "moved-tag")


@more
def agents_of_a_daemonset_whose_tag_moved(shop: Shop) -> Truth:
    shop.daemon("log-agent")
    for number, pod in enumerate(shop.pods_of("log-agent", "kube-system")):
        status = shop.get("Pod", pod, "kube-system")["status"]["containerStatuses"][0]
        status.update(image="registry.example.io/log-agent:2", imageID=f"registry.example.io/log-agent@sha256:{number % 2:064x}")  # fmt: skip
    return Truth("DaemonSet", "log-agent", "drift", "moved-tag")


def _software(shop: Shop, **odd: str) -> str:
    """All nodes run the same, but for the last."""
    for node in ["control-1", *shop.nodes]:
        usual = {"kubeletVersion": "v1.31.4", "containerRuntimeVersion": "containerd://1.7.24", "architecture": "amd64"}
        shop.get("Node", node, None)["status"]["nodeInfo"] = usual | (odd if node == shop.nodes[-1] else {})
    return shop.nodes[-1]


@more
def a_node_with_an_older_kubelet(shop: Shop) -> Truth:
    return Truth("Node", _software(shop, kubeletVersion="v1.28.9"), "drift", "odd-node")


@more
def a_node_with_another_runtime(shop: Shop) -> Truth:
    return Truth("Node", _software(shop, containerRuntimeVersion="cri-o://1.29.1"), "drift", "odd-node")


@more
def a_node_that_still_has_docker(shop: Shop) -> Truth:
    node = _software(shop, containerRuntimeVersion="docker://24.0.7", kubeletVersion="v1.31.2")
    return Truth("Node", node, "drift", "odd-node")


@more
def nodes_that_are_upgraded_one_by_one(shop: Shop) -> Truth:
    """Half of them are new: that is a rollout of nodes, and nobody is odd."""
    _software(shop)
    for node in shop.nodes[: len(shop.nodes) // 2 + 1]:
        shop.get("Node", node, None)["status"]["nodeInfo"]["kubeletVersion"] = "v1.32.1"
    return BENIGN
