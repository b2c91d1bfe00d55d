"""Namespaces that go, certificates that are over, Pods that do not end, objects that drift, in other shapes."""

import copy
from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import DAY, Shop, iso

Body = dict[str, Any]


# --- namespaces ---


@more
def a_namespace_of_databases_that_others_ask(shop: Shop) -> Truth:
    """It is empty but for a claim; who misses it lives elsewhere."""
    text = "Some resources are remaining: persistentvolumeclaims. has 1 resource instances"
    held = (
        "Some content in the namespace has finalizers remaining: kubernetes.io/pvc-protection in 1 resource instances"
    )
    conditions = [
        shop.cond("NamespaceDeletionDiscoveryFailure", "False", 800, "ResourcesDiscovered", "All resources successfully discovered"),
        shop.cond("NamespaceContentRemaining", "True", 800, "SomeResourcesRemain", text),
        shop.cond("NamespaceFinalizersRemaining", "True", 800, "SomeFinalizersRemain", held),
    ]  # fmt: skip
    shop.put("Namespace", None, "data", metadata={"deletionTimestamp": iso(shop.t - 820)}, spec={"finalizers": ["kubernetes"]},
             status={"phase": "Terminating", "conditions": conditions})  # fmt: skip
    shop.put("PersistentVolumeClaim", "data", "data-pg-0", metadata={"deletionTimestamp": iso(shop.t - 810), "finalizers": ["kubernetes.io/pvc-protection"]},
             spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "volumeName": "pv-9"}, status={"phase": "Bound"})  # fmt: skip
    shop.put("PersistentVolume", None, "pv-9", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "capacity": {"storage": "20Gi"}, "claimRef": {"namespace": "data", "name": "data-pg-0"}}, status={"phase": "Bound"})  # fmt: skip
    for name in shop.names[:2]:
        for spec in shop.every_spec(name):
            box(spec)["env"].append({"name": "DATABASE_URL", "value": "postgres://shop@pg.data.svc.cluster.local:5432/shop"})  # fmt: skip
        shop.log(name, "dial tcp: lookup pg.data.svc.cluster.local on 10.96.0.10:53: no such host", n=8)
    return Truth("Namespace", "data", "namespace-deletion")


@more
def a_namespace_that_an_api_service_without_answer_keeps(shop: Shop) -> Truth:
    """The deletion stops half-way: which kinds there are can not be asked; Jobs can not make pods any more."""
    ns = shop.get("Namespace", shop.ns, None)
    ns["metadata"]["deletionTimestamp"] = iso(shop.t - 2400)
    text = "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1"  # fmt: skip
    ns["spec"] = {"finalizers": ["kubernetes"]}
    ns["status"] = {"phase": "Terminating", "conditions": [shop.cond("NamespaceDeletionDiscoveryFailure", "True", 2390, "DiscoveryFailed", text)]}  # fmt: skip
    shop.put("Job", shop.ns, "nightly", age=2000, spec={"backoffLimit": 6}, status={"startTime": iso(shop.t - 2000)})
    shop.event("Job", "nightly", "FailedCreate", f'Error creating: pods "nightly-" is forbidden: unable to create new content in namespace {shop.ns} because it is being terminated', count=9, ago=100, since=2000, component="job-controller")  # fmt: skip
    return Truth("Namespace", shop.ns, "namespace-deletion")


# --- certificates ---


def _mounts(shop: Shop, name: str, secret: str) -> None:
    for spec in shop.every_spec(name):
        spec["volumes"] = [*spec.get("volumes", []), {"name": "tls", "secret": {"secretName": secret}}]
        box(spec)["volumeMounts"] = [*box(spec).get("volumeMounts", []), {"name": "tls", "mountPath": "/etc/tls"}]


@more
def a_client_whose_own_certificate_is_over(shop: Shop) -> Truth:
    """The server of a mutual TLS refuses it: alert 45 is about the one who gets it."""
    client = shop.names[0]
    shop.put("Secret", shop.ns, f"{client}-client-tls", age=90 * DAY, type="kubernetes.io/tls", data={"tls.crt": "eA==", "tls.key": "eA=="})  # fmt: skip
    _mounts(shop, client, f"{client}-client-tls")
    shop.unready(client, 900)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=88, ago=6, since=890)  # fmt: skip
    shop.log(client, "ssl.SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2559)", n=8)  # fmt: skip
    return Truth("Secret", f"{client}-client-tls", "certificate-expiry")


@more
def a_certificate_whose_order_the_issuer_refused(shop: Shop) -> Truth:
    """It is over since today; an Event says why it was not renewed."""
    text = 'The certificate request has failed to complete and will be retried: Failed to wait for order resource "shop-web-3-1887" to become ready: order is in "invalid" state: '  # fmt: skip
    conditions = [
        shop.cond("Ready", "False", 7200, "Expired", "Certificate expired on Thu, 26 Nov 2026 07:00:00 UTC"),
        shop.cond("Issuing", "False", 1800, "Failed", text),
    ]
    shop.put("Certificate", shop.ns, "shop-web", age=90 * DAY, spec={"secretName": "shop-web-tls", "dnsNames": ["shop.example.com"]},
             status={"notAfter": iso(shop.t - 7200), "renewalTime": iso(shop.t - 30 * DAY), "failedIssuanceAttempts": 9, "conditions": conditions})  # fmt: skip
    shop.event("Certificate", "shop-web", "Failed", text, count=9, ago=1800, since=86_000, component="cert-manager-certificates-issuing")  # fmt: skip
    return Truth("Secret", "shop-web-tls", "certificate-expiry")


# --- pods that do not end ---


@more
def an_orphan_of_a_job_that_was_deleted(shop: Shop) -> Truth:
    """Its finalizer is for the Job's controller, which has no Job any more that it would count."""
    o = shop.pod("export-8kq4z", shop.ns, "export", owner=("Job", "export"), age=20_000)
    del o["metadata"]["ownerReferences"]
    o["metadata"] |= {"deletionTimestamp": iso(shop.t - 9000), "deletionGracePeriodSeconds": 30, "finalizers": ["batch.kubernetes.io/job-tracking"]}  # fmt: skip
    o["status"]["phase"] = "Succeeded"
    o["status"]["containerStatuses"][0].update(ready=False, started=False, state={"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": iso(shop.t - 19_990), "finishedAt": iso(shop.t - 15_000)}})  # fmt: skip
    for c in o["status"]["conditions"][2:]:
        c.update(status="False", reason="PodCompleted", lastTransitionTime=iso(shop.t - 15_000))
    return Truth("Pod", "export-8kq4z", "pod-stuck-terminating", also=[("Job", "export")])


@more
def a_rollout_that_a_hook_of_a_load_balancer_holds(shop: Shop) -> Truth:
    """The new pods serve; those of before have a finalizer that nobody takes away."""
    name = shop.names[1]
    old = {pod: copy.deepcopy(shop.get("Pod", pod)) for pod in shop.pods_of(name)}
    shop.rollout(name, 2600)
    for pod, o in old.items():
        o["metadata"] |= {"deletionTimestamp": iso(shop.t - 2500), "deletionGracePeriodSeconds": 30, "finalizers": ["lb.example.com/deregister"]}  # fmt: skip
        o["status"]["containerStatuses"][0].update(ready=False, started=False, state={"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": iso(shop.t - 2490)}})  # fmt: skip
        for c in o["status"]["conditions"][2:]:
            c.update(status="False", reason="PodCompleted", lastTransitionTime=iso(shop.t - 2490))
        shop.objects["Pod", shop.ns, pod] = o
    return Truth("Deployment", name, "pod-stuck-terminating", "finalizer")


# --- drift ---


@more
def a_service_of_a_chart_that_somebody_patched(shop: Shop) -> Truth:
    """Helm wrote it first; who wrote last is a person."""
    made = shop.get("Service", shop.names[0])
    made["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "shop-4.2.0"}
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": shop.ns}
    made["metadata"]["managedFields"] = [
        {"manager": "helm", "operation": "Update", "time": iso(shop.t - 9 * DAY)},
        {"manager": "kubectl-patch", "operation": "Update", "time": iso(shop.t - 4000)},
    ]
    return Truth("Service", shop.names[0], "drift", "hand-edit")


@more
def members_of_a_database_that_pulled_a_tag_on_other_days(shop: Shop) -> Truth:
    shop.workload("pg", kind="StatefulSet", port=5432, replicas=3)
    for spec in shop.every_spec("pg"):
        box(spec)["image"] = "postgres:16"
    for number, pod in enumerate(shop.pods_of("pg")):
        status = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        status.update(image="docker.io/library/postgres:16", imageID=f"docker.io/library/postgres@sha256:{number // 2:064x}")  # fmt: skip
    return Truth("StatefulSet", "pg", "drift", "moved-tag")


@more
def a_node_that_was_replaced_by_a_newer_one(shop: Shop) -> Truth:
    """An automatic replacement took the newest machine image: its kubelet is ahead of all others."""
    for node in ["control-1", *shop.nodes]:
        info = {"kubeletVersion": "v1.31.4", "containerRuntimeVersion": "containerd://1.7.24", "architecture": "amd64"}
        shop.get("Node", node, None)["status"]["nodeInfo"] = info
    odd = shop.get("Node", shop.nodes[0], None)
    odd["metadata"]["creationTimestamp"] = iso(shop.t - DAY)
    odd["status"]["nodeInfo"] |= {"kubeletVersion": "v1.33.1", "containerRuntimeVersion": "containerd://2.0.5"}
    return Truth("Node", shop.nodes[0], "drift", "odd-node")


@more
def a_chart_that_its_own_tool_upgraded(shop: Shop) -> Truth:
    """Helm wrote last; a person's edit of long ago was overwritten by it."""
    made = shop.get("Deployment", shop.names[0])
    made["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    made["metadata"]["managedFields"] = [
        {"manager": "kubectl-edit", "operation": "Update", "time": iso(shop.t - 6 * DAY)},
        {"manager": "helm", "operation": "Update", "time": iso(shop.t - 4000)},
        {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status", "time": iso(shop.t - 3900)},
    ]  # fmt: skip
    return BENIGN
