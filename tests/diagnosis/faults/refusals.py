"""What admission refuses in other shapes: StatefulSets, DaemonSets, Jobs, claims, old pods that go on serving."""

from typing import Any

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop


def _quota(shop: Shop, name: str, hard: dict[str, str], used: dict[str, str], **spec: Any) -> None:
    shop.put("ResourceQuota", shop.ns, name, spec={"hard": hard, **spec}, status={"hard": hard, "used": used})


def _says(shop: Shop, kind: str, name: str, text: str, component: str, count: int = 14) -> None:
    shop.event(kind, name, "FailedCreate", text, count=count, ago=40, since=600, component=component)


def _short(shop: Shop, kind: str, name: str, wants: int) -> None:
    """The workload wants more pods than it has."""
    o = shop.get(kind, name)
    o["spec"]["replicas"] = wants
    o["status"]["unavailableReplicas"] = wants - o["status"]["readyReplicas"]


@more
def a_statefulset_that_grows_into_a_cpu_quota(shop: Shop) -> Truth:
    _quota(shop, "cpu-of-team", {"requests.cpu": "4", "requests.memory": "16Gi"}, {"requests.cpu": "3900m", "requests.memory": "3Gi"})  # fmt: skip
    _short(shop, "StatefulSet", shop.db, 2)
    text = f'create Pod {shop.db}-1 in StatefulSet {shop.db} failed error: pods "{shop.db}-1" is forbidden: exceeded quota: cpu-of-team, requested: requests.cpu=500m,requests.memory=1Gi, used: requests.cpu=3900m,requests.memory=3Gi, limited: requests.cpu=4,requests.memory=16Gi'
    _says(shop, "StatefulSet", shop.db, text, "statefulset-controller")
    return Truth("ResourceQuota", "cpu-of-team", "quota-exceeded", "cpu")


@more
def a_deployment_scaled_into_a_quota_of_pods(shop: Shop) -> Truth:
    name = shop.names[2]
    _quota(shop, "pods-of-team", {"pods": "14"}, {"pods": "14"})
    _short(shop, "Deployment", name, 5)
    rs = next(n for (k, s, n), o in shop.objects.items() if k == "ReplicaSet" and s == shop.ns and n.startswith(name + "-"))  # fmt: skip
    text = f'pods "{rs}-k2x9d" is forbidden: exceeded quota: pods-of-team, requested: pods=1, used: pods=14, limited: pods=14'
    shop.get("ReplicaSet", rs)["spec"]["replicas"] = 5
    shop.get("ReplicaSet", rs)["status"]["conditions"] = [
        shop.cond("ReplicaFailure", "True", 590, "FailedCreate", text)
    ]
    _says(shop, "ReplicaSet", rs, f"Error creating: {text}", "replicaset-controller")
    return Truth("ResourceQuota", "pods-of-team", "quota-exceeded", "pods")


@more
def a_service_that_helm_could_not_make(shop: Shop) -> Truth:
    _quota(shop, "services-of-team", {"services": "9"}, {"services": "9"})
    text = 'services "web-canary" is forbidden: exceeded quota: services-of-team, requested: services=1, used: services=9, limited: services=9'
    shop.event("Application", "shop", "OperationCompleted", f"Sync operation failed: {text}", count=6, ago=30, component="argocd-application-controller")  # fmt: skip
    return Truth("ResourceQuota", "services-of-team", "quota-exceeded", "services")


@more
def a_headless_service_of_an_operator_that_a_quota_refuses(shop: Shop) -> Truth:
    _quota(shop, "objects", {"count/services": "10", "pods": "90"}, {"count/services": "10", "pods": "13"})
    text = 'error creating service: services "broker-headless" is forbidden: exceeded quota: objects, requested: count/services=1, used: count/services=10, limited: count/services=10'
    shop.event("StatefulSet", shop.db, "FailedCreate", text, count=20, ago=15, component="broker-operator")
    return Truth("ResourceQuota", "objects", "quota-exceeded", "services")


@more
def a_claim_that_a_storage_quota_refuses(shop: Shop) -> Truth:
    _quota(shop, "disk", {"requests.storage": "20Gi", "persistentvolumeclaims": "9"}, {"requests.storage": "15Gi", "persistentvolumeclaims": "1"})  # fmt: skip
    _short(shop, "StatefulSet", shop.db, 3)
    text = f'create Claim data-{shop.db}-1 for Pod {shop.db}-1 in StatefulSet {shop.db} failed error: persistentvolumeclaims "data-{shop.db}-1" is forbidden: exceeded quota: disk, requested: requests.storage=10Gi, used: requests.storage=15Gi, limited: requests.storage=20Gi'
    _says(shop, "StatefulSet", shop.db, text, "statefulset-controller")
    return Truth("ResourceQuota", "disk", "quota-exceeded", "storage")


@more
def a_claim_of_a_class_whose_share_is_used_up(shop: Shop) -> Truth:
    key = "gold.storageclass.storage.k8s.io/requests.storage"
    _quota(shop, "gold", {key: "100Gi"}, {key: "96Gi"})
    text = f'create Claim data-{shop.db}-1 for Pod {shop.db}-1 in StatefulSet {shop.db} failed error: persistentvolumeclaims "data-{shop.db}-1" is forbidden: exceeded quota: gold, requested: {key}=8Gi, used: {key}=96Gi, limited: {key}=100Gi'
    _short(shop, "StatefulSet", shop.db, 2)
    _says(shop, "StatefulSet", shop.db, text, "statefulset-controller")
    return Truth("ResourceQuota", "gold", "quota-exceeded", "storage")


@more
def a_gpu_that_a_quota_refuses(shop: Shop) -> Truth:
    name, key = shop.names[0], "requests.nvidia.com/gpu"
    _quota(shop, "gpus", {key: "4"}, {key: "4"})
    shop.refused(name, f'pods "{name}-x" is forbidden: exceeded quota: gpus, requested: {key}=1, used: {key}=4, limited: {key}=4')  # fmt: skip
    return Truth("ResourceQuota", "gpus", "quota-exceeded", "nvidia.com/gpu")


@more
def a_configmap_that_a_quota_refuses(shop: Shop) -> Truth:
    _quota(shop, "objects", {"count/configmaps": "30"}, {"count/configmaps": "30"})
    text = 'configmaps "flags-7f9c" is forbidden: exceeded quota: objects, requested: count/configmaps=1, used: count/configmaps=30, limited: count/configmaps=30'
    shop.event("Deployment", shop.names[0], "FailedCreate", text, count=11, ago=25, component="flags-operator")
    return Truth("ResourceQuota", "objects", "quota-exceeded", "count/configmaps")


# --- policies ---


@more
def kyverno_says_no_to_a_statefulset(shop: Shop) -> Truth:
    _short(shop, "StatefulSet", shop.db, 2)
    text = f"create Pod {shop.db}-1 in StatefulSet {shop.db} failed error: admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Pod/{shop.ns}/{shop.db}-1 was blocked due to the following policies \n\nrequire-limits:\n  check-limits: 'validation error: CPU and memory limits are required. rule check-limits failed at path /spec/containers/0/resources/limits/'"
    _says(shop, "StatefulSet", shop.db, text, "statefulset-controller")
    return Truth("StatefulSet", shop.db, "admission-denied", "validate.kyverno.svc-fail: require-limits/check-limits")


@more
def pod_security_says_no_to_a_daemonset(shop: Shop) -> Truth:
    shop.put("DaemonSet", shop.ns, "node-agent", age=700, spec={"selector": {"matchLabels": {"app": "node-agent"}}, "template": shop.template("node-agent", 0, [])},
             status={"desiredNumberScheduled": 3, "currentNumberScheduled": 0, "numberReady": 0, "numberUnavailable": 3, "observedGeneration": 1})  # fmt: skip
    text = 'Error creating: pods "node-agent-8xk2p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPath volumes (volume "root")'
    _says(shop, "DaemonSet", "node-agent", text, "daemonset-controller")
    return Truth("DaemonSet", "node-agent", "admission-denied", "PodSecurity baseline:latest")


@more
def an_admission_policy_says_no_to_a_job(shop: Shop) -> Truth:
    shop.put("Job", shop.ns, "load", age=900, spec={"backoffLimit": 6}, status={"startTime": None})
    text = "Error creating: pods \"load-7q2wz\" is forbidden: ValidatingAdmissionPolicy 'only-our-registry' with binding 'all' denied request: images must come from registry.example.io"
    _says(shop, "Job", "load", text, "job-controller")
    return Truth("Job", "load", "admission-denied", "only-our-registry")


@more
def a_webhook_that_has_no_endpoint(shop: Shop) -> Truth:
    shop.put("ValidatingWebhookConfiguration", None, "sidecars", webhooks=[{"name": "inject.mesh.example", "failurePolicy": "Fail"}])  # fmt: skip
    for name in shop.names[:2]:
        shop.refused(name, 'Internal error occurred: failed calling webhook "inject.mesh.example": failed to call webhook: Post "https://injector.mesh.svc:443/inject?timeout=10s": no endpoints available for service "injector"')  # fmt: skip
    return Truth("ValidatingWebhookConfiguration", "sidecars", "admission-webhook-down")
