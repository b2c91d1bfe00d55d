"""Pods, Jobs and ReplicaSets that are not let in, as other controllers, policy engines and versions say it."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, short


def _quota(shop: Shop, name: str, hard: dict[str, str], used: dict[str, str], **spec: Any) -> None:
    shop.put("ResourceQuota", shop.ns, name, spec={"hard": hard, **spec}, status={"hard": hard, "used": used})


def _exceeds(what: str, quota: str, asked: str, used: str, hard: str) -> str:
    return f"{what} is forbidden: exceeded quota: {quota}, requested: {asked}, used: {used}, limited: {hard}"


def _daemons(shop: Shop, name: str, running: int, age: float, text: str) -> None:
    """A DaemonSet that has pods on some nodes and is refused the others."""
    wanted = len(shop.nodes)
    template = shop.template(name, 0, [])
    shop.put("DaemonSet", shop.ns, name, age=age, spec={"selector": {"matchLabels": {"app": name}}, "template": template},
             status={"desiredNumberScheduled": wanted, "currentNumberScheduled": running, "numberReady": running, "numberAvailable": running,
                     "numberUnavailable": wanted - running, "numberMisscheduled": 0, "observedGeneration": 1})  # fmt: skip
    for node in shop.nodes[:running]:
        shop.pod(f"{name}-{node[-1]}x7qk", shop.ns, name, owner=("DaemonSet", name), node=node, spec=shop.template(name, 0, [])["spec"], age=age)  # fmt: skip
    shop.event("DaemonSet", name, "FailedCreate", text, count=21, ago=70, since=age, component="daemonset-controller")


def _job(shop: Shop, name: str, text: str, ago: float = 900.0) -> None:
    """A Job whose pods are refused: it has none, and its controller tries again and again."""
    template = {"spec": {"containers": [{"name": "run", "image": "registry.example.io/x/run:v1"}], "restartPolicy": "Never"}}  # fmt: skip
    shop.put("Job", shop.ns, name, age=ago, spec={"backoffLimit": 6, "template": template}, status={"ready": 0, "uncountedTerminatedPods": {}})  # fmt: skip
    shop.event("Job", name, "FailedCreate", f"Error creating: {text}", count=9, ago=110, since=ago, component="job-controller")  # fmt: skip


def _new(name: str) -> str:
    """The name of the ReplicaSet that the next rollout makes."""
    return f"{name}-{short(f'{name}2', 9)}"


def _surge(shop: Shop, name: str, text: str, ago: float, says: bool = True) -> None:
    """A rollout whose new pod is refused while the old ones go on serving; after an hour its Event is gone."""
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    events = list(shop.events)
    shop.refused(name, text, ago)
    if not says:
        shop.events = events
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    for o in [o for (k, s, n), o in shop.objects.items() if k == "ReplicaSet" and s == shop.ns and n.startswith(name + "-")]:  # fmt: skip
        if o["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1":
            o["spec"]["replicas"] = len(old)
            o["status"] = {"replicas": len(old), "readyReplicas": len(old), "observedGeneration": 3}
        else:
            o["spec"]["replicas"] = 1
    shop.refresh(name)
    status = shop.get("Deployment", name)["status"]
    status.update(updatedReplicas=0, unavailableReplicas=1)
    for c in status["conditions"]:
        if c["type"] == "Progressing":
            c.update(status="False", reason="ProgressDeadlineExceeded", message=f'ReplicaSet "{_new(name)}" has timed out progressing.')  # fmt: skip
        elif c["type"] == "Available":
            c.update(status="True", reason="MinimumReplicasAvailable")


# --- quotas ---


@more
def a_daemonset_that_a_cpu_quota_keeps_off_some_nodes(shop: Shop) -> Truth:
    """Quotas may not be listed by who took the snapshot."""
    shop.not_listed.add("resourcequotas")
    text = _exceeds('pods "log-agent-8xk2p"', "team-limits", "limits.cpu=500m", "limits.cpu=9800m", "limits.cpu=10")
    _daemons(shop, "log-agent", 1, 2400, f"Error creating: {text}")
    return Truth("ResourceQuota", "team-limits", "quota-exceeded", "cpu")


@more
def a_job_that_a_memory_quota_of_its_priority_refuses(shop: Shop) -> Truth:
    scope = {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["batch"]}]}}  # fmt: skip
    _quota(shop, "batch-only", {"requests.memory": "32Gi"}, {"requests.memory": "30Gi"}, **scope)
    _quota(shop, "all", {"requests.memory": "200Gi", "pods": "200"}, {"requests.memory": "61Gi", "pods": "41"})
    _job(shop, "reprice", _exceeds('pods "reprice-zx4kd"', "batch-only", "requests.memory=8Gi", "requests.memory=30Gi", "requests.memory=32Gi"))  # fmt: skip
    return Truth("ResourceQuota", "batch-only", "quota-exceeded", "memory")


@more
def a_memory_quota_of_which_only_conditions_still_tell(shop: Shop) -> Truth:
    name = shop.names[1]
    _quota(shop, "team", {"limits.memory": "4Gi"}, {"limits.memory": "4000Mi"})
    text = _exceeds(f'pods "{_new(name)}-"', "team", "limits.memory=512Mi", "limits.memory=4000Mi", "limits.memory=4Gi")  # fmt: skip
    _surge(shop, name, text, 5400, says=False)
    return Truth("ResourceQuota", "team", "quota-exceeded", "memory")


@more
def a_rush_of_jobs_that_uses_up_the_pods_of_a_namespace(shop: Shop) -> Truth:
    """The quota counts objects: what is over and not yet collected counts too."""
    _quota(shop, "objects", {"count/pods": "60"}, {"count/pods": "60"})
    for number in range(3):
        _job(shop, f"resize-{number}", _exceeds(f'pods "resize-{number}-t6bnd"', "objects", "count/pods=1", "count/pods=60", "count/pods=60"))  # fmt: skip
    return Truth("ResourceQuota", "objects", "quota-exceeded", "pods")


@more
def a_chart_whose_service_a_quota_refuses(shop: Shop) -> Truth:
    _quota(shop, "net", {"services": "12", "services.loadbalancers": "2"}, {"services": "12", "services.loadbalancers": "1"})  # fmt: skip
    text = _exceeds('services "reports"', "net", "services=1", "services=12", "services=12")
    shop.event("HelmRelease", "reports", "InstallFailed", f"Helm install failed for release {shop.ns}/reports with chart reports@1.8.0: {text}", count=5, ago=100, since=1500, component="helm-controller")  # fmt: skip
    return Truth("ResourceQuota", "net", "quota-exceeded", "services")


@more
def a_new_database_without_room_for_its_claim(shop: Shop) -> Truth:
    """It has no pod at all, and who needs it can't reach it."""
    _quota(shop, "storage", {"requests.storage": "50Gi"}, {"requests.storage": "46Gi"})
    shop.workload("ledger-db", kind="StatefulSet", port=5432)
    shop.get("StatefulSet", "ledger-db")["status"] = {"replicas": 0, "observedGeneration": 1, "collisionCount": 0}
    shop.drop("Pod", "ledger-db-0")
    shop.refresh("ledger-db")
    refused = _exceeds('persistentvolumeclaims "pgdata-ledger-db-0"', "storage", "requests.storage=20Gi", "requests.storage=46Gi", "requests.storage=50Gi")  # fmt: skip
    shop.event("StatefulSet", "ledger-db", "FailedCreate", f"create Claim pgdata-ledger-db-0 for Pod ledger-db-0 in StatefulSet ledger-db failed error: {refused}", count=18, ago=90, since=1200, component="statefulset-controller")  # fmt: skip
    shop.event("StatefulSet", "ledger-db", "FailedCreate", f"create Pod ledger-db-0 in StatefulSet ledger-db failed error: failed to create PVC pgdata-ledger-db-0: {refused}", count=18, ago=90, since=1200, component="statefulset-controller")  # fmt: skip
    shop.log(shop.names[0], 'could not connect to server: Connection refused. Is the server running on host "ledger-db" and accepting TCP/IP connections on port 5432?', n=6)  # fmt: skip
    return Truth("ResourceQuota", "storage", "quota-exceeded", "storage")


@more
def a_rollout_without_a_replicaset_since_their_number_is_used_up(shop: Shop) -> Truth:
    name = shop.names[2]
    _quota(shop, "objects", {"count/replicasets.apps": "40"}, {"count/replicasets.apps": "40"})
    text = _exceeds(f'replicasets.apps "{name}-5d8f9c6b7"', "objects", "count/replicasets.apps=1", "count/replicasets.apps=40", "count/replicasets.apps=40")  # fmt: skip
    deployment = shop.get("Deployment", name)
    deployment["metadata"]["generation"] = deployment["status"]["observedGeneration"] = 4
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example.io/{shop.ns}/{name}:v1.5.0"
    deployment["status"]["updatedReplicas"] = 0
    deployment["status"]["conditions"][1] = shop.cond("Progressing", "False", 800, "ReplicaSetCreateError", text)
    shop.event("Deployment", name, "ReplicaSetCreateError", f'Failed to create new replica set "{name}-5d8f9c6b7": {text}', count=17, ago=120, since=800, component="deployment-controller")  # fmt: skip
    return Truth("ResourceQuota", "objects", "quota-exceeded", "count/replicasets.apps")


@more
def scratch_space_that_a_quota_refuses(shop: Shop) -> Truth:
    _quota(shop, "scratch", {"limits.ephemeral-storage": "20Gi"}, {"limits.ephemeral-storage": "16Gi"})
    _job(shop, "transcode", _exceeds('pods "transcode-4v8rm"', "scratch", "limits.ephemeral-storage=8Gi", "limits.ephemeral-storage=16Gi", "limits.ephemeral-storage=20Gi"))  # fmt: skip
    return Truth("ResourceQuota", "scratch", "quota-exceeded", "ephemeral-storage")


# --- policies ---


@more
def an_image_without_a_signature(shop: Shop) -> Truth:
    """Kyverno verifies images where it mutates; old pods serve."""
    name = shop.names[1]
    text = f"admission webhook \"mutate.kyverno.svc-fail\" denied the request: \n\nresource Pod/{shop.ns}/{_new(name)}-x2x9d was blocked due to the following policies \n\nverify-images:\n  check-signature: 'failed to verify image registry.example.io/{shop.ns}/{name}:v1.5.0: .attestors[0].entries[0].keys: no matching signatures: '"
    _surge(shop, name, text, 1300)
    return Truth("Deployment", name, "admission-denied", "mutate.kyverno.svc-fail: verify-images/check-signature")


@more
def gatekeeper_says_no_twice_to_a_daemonset(shop: Shop) -> Truth:
    """Two violations of one constraint; the same pod is shown with its containers."""
    text = 'Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [psp-host-filesystem] HostPath volume {"hostPath": {"path": "/var/log", "type": ""}, "name": "varlog"} is not allowed, pod: shipper-2v9xk. Allowed path: [{"pathPrefix": "/var/lib/app", "readOnly": true}]\n[psp-host-filesystem] HostPath volume {"hostPath": {"path": "/", "type": ""}, "name": "root"} is not allowed, pod: shipper-2v9xk. Allowed path: [{"pathPrefix": "/var/lib/app", "readOnly": true}]'
    _daemons(shop, "shipper", 0, 1500, text)
    return Truth("DaemonSet", "shipper", "admission-denied", "validation.gatekeeper.sh: psp-host-filesystem")


@more
def pod_security_of_a_pinned_version_says_no_to_a_database(shop: Shop) -> Truth:
    shop.get("StatefulSet", shop.db)["spec"]["replicas"] = 3
    text = f'create Pod {shop.db}-1 in StatefulSet {shop.db} failed error: pods "{shop.db}-1" is forbidden: violates PodSecurity "restricted:v1.29": allowPrivilegeEscalation != false (containers "init-sysctl", "server" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "init-sysctl", "server" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "init-sysctl", "server" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "init-sysctl", "server" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    shop.event("StatefulSet", shop.db, "FailedCreate", text, count=15, ago=200, since=900, component="statefulset-controller")  # fmt: skip
    return Truth("StatefulSet", shop.db, "admission-denied", "PodSecurity restricted:v1.29")


@more
def an_admission_policy_with_an_expression_says_no_to_a_rollout(shop: Shop) -> Truth:
    name = shop.names[0]
    _surge(shop, name, f"pods \"{_new(name)}-2m4xn\" is forbidden: ValidatingAdmissionPolicy 'demand-limits.example.com' with binding 'demand-limits-prod' denied request: failed expression: object.spec.containers.all(c, has(c.resources.limits.memory))", 1100)  # fmt: skip
    return Truth("Deployment", name, "admission-denied", "demand-limits.example.com")


@more
def a_policy_that_refuses_the_replicaset_itself(shop: Shop) -> Truth:
    """Policies for pod controllers stop a rollout one step earlier: there is no new ReplicaSet to look at."""
    name = shop.names[1]
    text = f"admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource ReplicaSet/{shop.ns}/{name}-7c9d was blocked due to the following policies \n\ndisallow-latest-tag:\n  autogen-validate-image-tag: 'validation error: Using a mutable image tag e.g. ''latest'' is not allowed. rule autogen-validate-image-tag failed at path /spec/template/spec/containers/0/image/'"
    deployment = shop.get("Deployment", name)
    deployment["metadata"]["generation"] = deployment["status"]["observedGeneration"] = 3
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example.io/{shop.ns}/{name}:latest"
    deployment["status"]["updatedReplicas"] = 0
    deployment["status"]["conditions"][1] = shop.cond("Progressing", "False", 700, "ReplicaSetCreateError", text)
    shop.event("Deployment", name, "ReplicaSetCreateError", f'Failed to create new replica set "{name}-7c9d": {text}', count=16, ago=90, since=700, component="deployment-controller")  # fmt: skip
    return Truth("Deployment", name, "admission-denied", "validate.kyverno.svc-fail: disallow-latest-tag/autogen-validate-image-tag")  # fmt: skip


# --- service accounts ---


@more
def a_daemonset_whose_account_was_forgotten(shop: Shop) -> Truth:
    _daemons(shop, "node-exporter", 0, 1900, f'Error creating: pods "node-exporter-" is forbidden: error looking up service account {shop.ns}/node-exporter: serviceaccount "node-exporter" not found')  # fmt: skip
    return Truth("DaemonSet", "node-exporter", "missing-service-account")


@more
def a_database_whose_account_went_with_its_old_chart(shop: Shop) -> Truth:
    """Its pod was evicted an hour later and can't be made again; its clients suffer."""
    shop.get("StatefulSet", shop.db)["spec"]["template"]["spec"]["serviceAccountName"] = "db"
    shop.drop("Pod", f"{shop.db}-0")
    shop.get("StatefulSet", shop.db)["status"].update(replicas=0)
    shop.refresh(shop.db, 700)
    shop.event("StatefulSet", shop.db, "FailedCreate", f'create Pod {shop.db}-0 in StatefulSet {shop.db} failed error: pods "{shop.db}-0" is forbidden: error looking up service account {shop.ns}/db: serviceaccount "db" not found', count=16, ago=60, since=700, component="statefulset-controller")  # fmt: skip
    client = shop.names[0]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "DB_ADDR", "value": f"{shop.db}:{3306 if shop.db == 'mysql' else 6379}"})
    shop.unready(client, 650)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=60, ago=5, since=650)  # fmt: skip
    return Truth("StatefulSet", shop.db, "missing-service-account")


@more
def an_account_of_which_only_conditions_tell(shop: Shop) -> Truth:
    name = shop.names[2]
    _surge(shop, name, f'pods "{_new(name)}-" is forbidden: error looking up service account {shop.ns}/{name}-v2: serviceaccount "{name}-v2" not found', 4500, says=False)  # fmt: skip
    return Truth("Deployment", name, "missing-service-account")
