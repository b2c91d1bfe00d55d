"""Pods that are not let in: quotas, webhooks, policies, service accounts."""

from tests.diagnosis.registry import FAULTS, Fault, Truth, fault, more
from tests.diagnosis.shop import DAY, Shop


def _quota(resource: str, detail: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, quota = shop.names[v], ["compute", "team-quota", "limits-all"][v]
        used, hard = {
            "cpu": ("1900m", "2"),
            "memory": ("3900Mi", "4Gi"),
            "pods": ("12", "12"),
            "services": ("10", "10"),
            "storage": ("9Gi", "10Gi"),
        }[detail]
        shop.put(
            "ResourceQuota",
            shop.ns,
            quota,
            age=[700, 3 * DAY, 900][v],
            spec={"hard": {resource: hard}},
            status={"hard": {resource: hard}, "used": {resource: used}},
        )
        if detail == "services":
            shop.event(
                "Deployment",
                name,
                "FailedCreate",
                f'services "{name}-v2" is forbidden: exceeded quota: {quota}, requested: services=1, used: services=10, limited: services=10',
                count=8,
                ago=100,
            )
            return Truth("ResourceQuota", quota, "quota-exceeded", detail)
        asked = {"cpu": "200m", "memory": "256Mi", "pods": "1", "storage": "2Gi"}[detail]
        if detail == "storage":
            shop.event(
                "StatefulSet",
                shop.db,
                "FailedCreate",
                f'create Claim data-{shop.db}-1 for Pod {shop.db}-1 in StatefulSet {shop.db} failed error: persistentvolumeclaims "data-{shop.db}-1" is forbidden: exceeded quota: {quota}, requested: {resource}={asked}, used: {resource}={used}, limited: {resource}={hard}',
                count=12,
                ago=60,
                component="statefulset-controller",
            )
            db = shop.get("StatefulSet", shop.db)
            db["spec"]["replicas"] = 2
            return Truth("ResourceQuota", quota, "quota-exceeded", detail)
        shop.refused(
            name,
            f'pods "{name}-x-" is forbidden: exceeded quota: {quota}, requested: {resource}={asked}, used: {resource}={used}, limited: {resource}={hard}',
        )
        return Truth("ResourceQuota", quota, "quota-exceeded", detail)

    return make


FAULTS["quota_cpu"] = _quota("requests.cpu", "cpu")


FAULTS["quota_cpu_limits"] = _quota("limits.cpu", "cpu")


FAULTS["quota_memory"] = _quota("limits.memory", "memory")


FAULTS["quota_pods"] = _quota("pods", "pods")


FAULTS["quota_services"] = _quota("services", "services")


FAULTS["quota_storage"] = _quota("requests.storage", "storage")


@fault
def service_account(shop: Shop, v: int) -> Truth:
    name, account = shop.names[v], f"{shop.names[v]}-sa"
    shop.refused(
        name,
        f'pods "{name}-x-" is forbidden: error looking up service account {shop.ns}/{account}: serviceaccount "{account}" not found',
    )
    return Truth("Deployment", name, "missing-service-account")


@fault
def admission_denied(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    text = ['admission webhook "validation.gatekeeper.sh" denied the request: [require-owner] you must provide labels: {"owner"}',
            f'pods "{name}-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "server" must set securityContext.allowPrivilegeEscalation=false)',
            f'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/{shop.ns}/{name} was blocked due to the following policies disallow-latest-tag: validate-image-tag: "validation error"'][v]  # fmt: skip
    shop.refused(name, text)
    return Truth("Deployment", name, "admission-denied")


@fault
def webhook_down(shop: Shop, v: int) -> Truth:
    hook = ["pods.guard.example.com", "inject.mesh.io", "policy.check.local"][v]
    shop.put("ValidatingWebhookConfiguration", None, f"cfg-{v}", webhooks=[{"name": hook, "failurePolicy": "Fail"}])
    why = [
        "dial tcp 10.96.3.4:443: connect: connection refused",
        "context deadline exceeded",
        'service "guard" not found',
    ][v]
    for name in shop.names[:2]:
        shop.refused(
            name,
            f'Internal error occurred: failed calling webhook "{hook}": failed to call webhook: Post "https://guard.sec.svc:443/validate?timeout=10s": {why}',
        )
    return Truth("ValidatingWebhookConfiguration", f"cfg-{v}", "admission-webhook-down")


@more
def a_quota_message_with_several_resources(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.put(
        "ResourceQuota",
        shop.ns,
        "mem",
        spec={"hard": {"limits.memory": "2Gi", "pods": "50"}},
        status={"hard": {"limits.memory": "2Gi", "pods": "50"}, "used": {"limits.memory": "2000Mi", "pods": "9"}},
    )
    shop.refused(
        name,
        f'pods "{name}-z" is forbidden: exceeded quota: mem, requested: limits.memory=128Mi,pods=1, used: limits.memory=2000Mi,pods=9, limited: limits.memory=2Gi,pods=50',
    )
    return Truth("ResourceQuota", "mem", "quota-exceeded", "memory")


@more
def no_replicasets_in_the_snapshot(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.refused(
        name,
        f'pods "{name}-x-" is forbidden: error looking up service account {shop.ns}/robot: serviceaccount "robot" not found',
    )
    for key in [k for k in shop.objects if k[0] == "ReplicaSet"]:
        del shop.objects[key]
    return Truth("Deployment", name, "missing-service-account")


@more
def a_quota_that_wants_limits(shop: Shop) -> Truth:
    shop.put(
        "ResourceQuota",
        shop.ns,
        "compute",
        spec={"hard": {"limits.memory": "8Gi"}},
        status={"hard": {"limits.memory": "8Gi"}, "used": {"limits.memory": "1Gi"}},
    )
    shop.refused(
        shop.names[0],
        f'pods "{shop.names[0]}-x" is forbidden: failed quota: compute: must specify limits.memory for: server',
    )
    return Truth("ResourceQuota", "compute", "quota-exceeded", "memory")


@more
def a_limit_range_that_refuses(shop: Shop) -> Truth:
    shop.refused(
        shop.names[1],
        f'pods "{shop.names[1]}-x" is forbidden: maximum memory usage per Container is 512Mi, but limit is 1Gi',
    )
    return Truth("Deployment", shop.names[1], "admission-denied")


@more
def gatekeeper_says_no(shop: Shop) -> Truth:
    shop.refused(
        shop.names[1],
        'admission webhook "validation.gatekeeper.sh" denied the request: [must-have-team] you must provide labels: {"team"}',
    )
    return Truth("Deployment", shop.names[1], "admission-denied", "validation.gatekeeper.sh: must-have-team")


@more
def a_rollout_stuck_behind_a_full_quota(shop: Shop) -> Truth:
    """Old pods still serve; the new ReplicaSet can't make its pod."""
    name = shop.names[1]
    shop.put(
        "ResourceQuota",
        shop.ns,
        "team",
        spec={"hard": {"pods": "12"}},
        status={"hard": {"pods": "12"}, "used": {"pods": "12"}},
    )
    template = shop.get("Deployment", name)["spec"]["template"]
    new = shop.get(
        "ReplicaSet", shop.replicaset(name, shop.ns, {**template, "metadata": {"labels": {"app": name}}}, 1, 3, 500)
    )
    text = f'pods "{name}-x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=12, limited: pods=12'
    new["status"] = {
        "replicas": 0,
        "observedGeneration": 1,
        "conditions": [shop.cond("ReplicaFailure", "True", 495, "FailedCreate", text)],
    }
    shop.event(
        "ReplicaSet",
        new["metadata"]["name"],
        "FailedCreate",
        f"Error creating: {text}",
        count=14,
        ago=60,
        since=495,
        component="replicaset-controller",
    )
    status = shop.get("Deployment", name)["status"]
    status["updatedReplicas"] = 0
    status["conditions"].append(shop.cond("ReplicaFailure", "True", 495, "FailedCreate", text))
    return Truth("ResourceQuota", "team", "quota-exceeded", "pods")


@more
def a_runtime_class_that_is_not_there(shop: Shop) -> Truth:
    shop.refused(shop.names[1], f'pods "{shop.names[1]}-x" is forbidden: pod rejected: RuntimeClass "gvisor" not found')
    return Truth("Deployment", shop.names[1], "admission-denied")
