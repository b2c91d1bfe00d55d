"""A third set of shapes: workloads of other kinds, wordings of other admission plug-ins, faults that hide behind others."""

from typing import Any

from tests.diagnosis.faults import DAY, Truth, box
from tests.diagnosis.faults_more import BENIGN, more
from tests.diagnosis.shop import Shop, iso, short


def _cronjob_pod(shop: Shop, name: str, reason: str, message: str, ago: float) -> None:
    template = {
        "spec": {
            "containers": [{"name": name, "image": f"registry.example.io/{shop.ns}/{name}:v9"}],
            "restartPolicy": "OnFailure",
        }
    }
    shop.put(
        "CronJob",
        shop.ns,
        name,
        spec={"schedule": "*/15 * * * *", "jobTemplate": {"spec": {"template": template}}},
        status={"lastScheduleTime": iso(shop.t - ago)},
    )
    job = shop.put(
        "Job",
        shop.ns,
        f"{name}-29000",
        age=ago,
        metadata={"ownerReferences": [shop.owned("CronJob", name)]},
        spec={"template": template},
        status={"active": 1, "startTime": iso(shop.t - ago)},
    )
    pod = shop.pod(
        f"{name}-29000-x7k2p",
        shop.ns,
        name,
        owner=("Job", job["metadata"]["name"]),
        spec={"containers": template["spec"]["containers"]},
        age=ago,
    )
    pod["status"].update(
        phase="Pending",
        conditions=[shop.cond("PodScheduled", "True", ago), shop.cond("Ready", "False", ago, "ContainersNotReady")],
        containerStatuses=[
            {
                "name": name,
                "ready": False,
                "started": False,
                "restartCount": 0,
                "image": "",
                "state": {"waiting": {"reason": reason, "message": message}},
            }
        ],
    )


@more
def an_image_of_a_cronjob_that_is_not_there(shop: Shop) -> Truth:
    image = f"registry.example.io/{shop.ns}/nightly:v9"
    text = f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    _cronjob_pod(shop, "nightly", "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {text}', 900)
    shop.event(
        "Pod", "nightly-29000-x7k2p", "Failed", f'Failed to pull image "{image}": {text}', count=5, ago=100, since=890
    )
    return Truth("CronJob", "nightly", "bad-image", None)


@more
def a_daemonset_whose_host_port_is_taken(shop: Shop) -> Truth:
    spec = {
        "containers": [
            {
                "name": "agent",
                "image": "registry.example.io/agent:v2",
                "ports": [{"containerPort": 9100, "hostPort": 9100}],
            }
        ]
    }
    n = len(shop.nodes)
    shop.put("DaemonSet", shop.ns, "agent", age=1200, spec={"template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "numberReady": 0, "numberUnavailable": n, "observedGeneration": 1})  # fmt: skip
    text = f"0/{n + 1} nodes are available: 1 node(s) didn't have free ports for the requested pod ports, {n} node(s) didn't match Pod's node affinity/selector. preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling."
    for node in shop.nodes:
        pod = shop.pod(
            f"agent-{short(node, 5)}",
            shop.ns,
            "agent",
            owner=("DaemonSet", "agent"),
            spec={"containers": list(spec["containers"])},
            age=1200,
        )
        del pod["spec"]["nodeName"]
        pod["status"] = {
            "phase": "Pending",
            "conditions": [shop.cond("PodScheduled", "False", 1190, "Unschedulable", text)],
        }
        shop.event(
            "Pod",
            pod["metadata"]["name"],
            "FailedScheduling",
            text,
            count=1,
            ago=200,
            since=1190,
            component="default-scheduler",
        )
    return Truth("DaemonSet", "agent", "scheduling-constraints", "host-port")


@more
def a_sidecar_that_crashes(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.unready(name, 700)
    for spec in shop.every_spec(name):
        spec["containers"].append({"name": "proxy", "image": "envoy:v1.30", "ports": [{"containerPort": 15001}]})
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["containerStatuses"][0]["ready"] = True
        ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": iso(shop.t - 60), "finishedAt": iso(shop.t - 40)}
        status["containerStatuses"].append({"name": "proxy", "ready": False, "started": False, "restartCount": 9, "lastState": {"terminated": ended},
                                            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=proxy"}}})  # fmt: skip
    return Truth("Deployment", name, "oom-killed")


@more
def a_pull_secret_that_is_not_there(shop: Shop) -> Truth:
    name = shop.names[1]
    image = f"registry.example.io/{shop.ns}/{name}:v1.4.2"
    shop.rollout(name, 600)
    text = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials'
    shop.waiting(name, "ImagePullBackOff", f'Back-off pulling image "{image}"', 590)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
            count=20,
            ago=20,
            since=590,
        )
        shop.event("Pod", pod, "Failed", f'Failed to pull image "{image}": {text}', count=6, ago=120, since=590)
        shop.get("Pod", pod)["spec"]["imagePullSecrets"] = [{"name": "regcred"}]
    return Truth("Deployment", name, "missing-image-pull-secret")


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
def a_container_that_may_not_be_root(shop: Shop) -> Truth:
    name = shop.names[2]
    shop.change(name, 500, lambda s: s.update(securityContext={"runAsNonRoot": True}))
    shop.waiting(
        name,
        "CreateContainerConfigError",
        "container has runAsNonRoot and image will run as root (pod: x, container: server)",
        495,
    )
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Failed",
            "Error: container has runAsNonRoot and image will run as root",
            count=12,
            ago=30,
            since=495,
        )
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_command_that_is_not_there(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(name, 600, lambda s: box(s).update(command=["/app/serverr"]))
    shop.crash(name, code=128, reason="StartError", ago=590)
    text = 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/serverr": stat /app/serverr: no such file or directory: unknown'
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] = text
        shop.event("Pod", pod, "Failed", f"Error: {text}", count=6, ago=60, since=590)
    return Truth("Deployment", name, "bad-rollout-crashloop")


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
def a_csi_driver_that_is_not_there(shop: Shop) -> Truth:
    """The claim waits for its provisioner."""
    shop.put("StorageClass", None, "fast", provisioner="ebs.csi.aws.com", volumeBindingMode="Immediate")
    shop.put(
        "PersistentVolumeClaim",
        shop.ns,
        "cache",
        age=1500,
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fastt",
            "resources": {"requests": {"storage": "5Gi"}},
        },
        status={"phase": "Pending"},
    )
    name = shop.names[0]
    shop.change(
        name, 1400, lambda s: s.update(volumes=[{"name": "c", "persistentVolumeClaim": {"claimName": "cache"}}])
    )
    shop.unscheduled(
        name,
        "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        1390,
    )
    shop.event(
        "PersistentVolumeClaim",
        "cache",
        "ProvisioningFailed",
        'storageclass.storage.k8s.io "fastt" not found',
        count=40,
        ago=10,
        since=1500,
        component="persistentvolume-controller",
    )
    return Truth("PersistentVolumeClaim", "cache", "pvc-unbound", "storage-class")


@more
def a_job_whose_pods_are_evicted_leftovers(shop: Shop) -> Truth:
    """Evicted pods and failed ones of last week lie about; nothing is wrong now."""
    name = shop.names[0]
    owner = next(n for (k, s, n) in shop.objects if k == "ReplicaSet" and s == shop.ns and n.startswith(name + "-"))
    for i in range(4):
        pod = shop.pod(f"{owner}-old{i}", shop.ns, name, owner=("ReplicaSet", owner), age=6 * DAY)
        pod["status"] = {
            "phase": "Failed",
            "reason": "Evicted",
            "message": "The node was low on resource: ephemeral-storage. ",
            "startTime": iso(shop.t - 6 * DAY),
        }
    return BENIGN


@more
def liveness_that_kills_because_of_a_dependency(shop: Shop) -> Truth:
    """The database is scaled to zero; its client's liveness probe asks it."""
    name = shop.names[0]
    db = shop.get("StatefulSet", shop.db)
    db["spec"]["replicas"] = 0
    db["status"] = {"replicas": 0, "readyReplicas": 0, "observedGeneration": 2}
    db["metadata"]["generation"] = 2
    shop.edit(db, 420, by="kubectl-scale")
    shop.drop("Pod", f"{shop.db}-0")
    shop.slice(shop.db, shop.ns, shop.db)
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": "DB_ADDR", "value": f"{shop.db}:{3306 if shop.db == 'mysql' else 6379}"})
    shop.crash(name, code=137, reason="Error", restarts=4, ago=350)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Unhealthy",
            "Liveness probe failed: HTTP probe failed with statuscode: 503",
            count=12,
            ago=25,
            since=380,
        )
        shop.killed(pod, "liveness", count=4, ago=40, since=350)
    shop.log(name, f"dial tcp: connect to {shop.db} refused: connection refused", n=6)
    return Truth("StatefulSet", shop.db, "scaled-to-zero")


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
    shop.get("Deployment", name)["status"]["conditions"].append(
        shop.cond("ReplicaFailure", "True", 495, "FailedCreate", text)
    )
    return Truth("ResourceQuota", "team", "quota-exceeded", "pods")


@more
def an_egress_policy_without_dns(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.put(
        "NetworkPolicy",
        shop.ns,
        "egress-lock",
        age=600,
        spec={
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 8080, "protocol": "TCP"}]}],
        },
    )
    shop.unready(name, 560)
    shop.log(name, f"dial tcp: lookup {shop.names[1]}.{shop.ns}.svc.cluster.local: i/o timeout", n=8)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            count=50,
            ago=8,
            since=560,
        )
    return Truth("NetworkPolicy", "egress-lock", "network-policy-deny")


@more
def a_node_that_is_cordoned_and_full_elsewhere(shop: Shop) -> Truth:
    node = shop.objects["Node", None, shop.nodes[0]]
    node["spec"]["unschedulable"] = True
    node["spec"]["taints"] = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
    n = len(shop.nodes) + 1
    shop.unscheduled(
        shop.names[0],
        f"0/{n} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) were unschedulable, {n - 2} Insufficient memory. preemption: 0/{n} nodes are available.",
        800,
    )
    return Truth("Deployment", shop.names[0], "insufficient-capacity", "memory")


@more
def a_configmap_key_that_an_optional_reader_lacks(shop: Shop) -> Truth:
    """Optional references may lead nowhere."""
    for spec in shop.every_spec(shop.names[0]):
        box(spec)["env"].append(
            {
                "name": "EXTRA",
                "valueFrom": {"configMapKeyRef": {"name": "no-such-config", "key": "x", "optional": True}},
            }
        )
    return BENIGN


@more
def a_runtime_class_that_is_not_there(shop: Shop) -> Truth:
    shop.refused(shop.names[1], f'pods "{shop.names[1]}-x" is forbidden: pod rejected: RuntimeClass "gvisor" not found')
    return Truth("Deployment", shop.names[1], "admission-denied")


@more
def a_startup_probe_that_is_too_short(shop: Shop) -> Truth:
    name = shop.names[0]

    def slow(spec: dict[str, Any]) -> None:
        box(spec)["startupProbe"] = {
            "httpGet": {"path": "/", "port": box(spec)["ports"][0]["containerPort"]},
            "periodSeconds": 1,
            "failureThreshold": 2,
        }

    shop.change(name, 700, slow)
    shop.crash(name, code=143, restarts=7, ago=680)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Unhealthy",
            'Startup probe failed: Get "http://10.1.0.9:8080/": dial tcp 10.1.0.9:8080: connect: connection refused',
            count=14,
            ago=20,
            since=690,
        )
        shop.killed(pod, "startup", count=7, ago=30, since=680)
    return Truth("Deployment", name, "probe-misconfigured", "startup-timing")


@more
def a_service_that_names_a_port_nobody_has(shop: Shop) -> Truth:
    name = shop.names[1]
    service = shop.get("Service", name)
    service["spec"]["ports"] = [{"name": "web", "port": 80, "targetPort": "web", "protocol": "TCP"}]
    shop.edit(service, 900)
    part = next(
        o for (k, s, n), o in shop.objects.items() if k == "EndpointSlice" and s == shop.ns and n.startswith(name + "-")
    )
    part["ports"] = []
    return Truth("Service", name, "service-port-mismatch")
