"""More faults, one shape each: other wordings, other ways to give an address, parts of a workload, inputs that are missing."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.faults import DAY, Truth, box
from tests.diagnosis.shop import Shop, iso

MORE: dict[str, Callable[[Shop], Truth]] = {}
"""Filled by `more`, here and in faults_third.py."""
BENIGN = Truth("", "", "benign")


def more(make: Callable[[Shop], Truth]) -> Callable[[Shop], Truth]:
    MORE[make.__name__] = make
    return make


def _env(shop: Shop, name: str, *pairs: tuple[str, str]) -> None:
    need = shop.names[shop.names.index(name) + 1]
    prefix = need.upper().replace("-", "_")
    given = [{"name": k, "value": v} for k, v in pairs]
    shop.change(
        name, 600, lambda s: box(s).update(env=[e for e in box(s)["env"] if not e["name"].startswith(prefix)] + given)
    )


@more
def host_and_port_in_two_variables(shop: Shop) -> Truth:
    name, need = shop.names[0], shop.names[1]
    _env(shop, name, ("BACKEND_HOST", need), ("BACKEND_PORT", "9999"))
    shop.log(name, f"error calling {need}: dial tcp 10.96.0.7:9999: connect: connection refused")
    return Truth("Deployment", name, "dependency-address-wrong", "env-port")


@more
def a_jdbc_url_with_a_slip(shop: Shop) -> Truth:
    name = shop.names[2]
    shop.change(
        name,
        700,
        lambda s: box(s)["env"].append(
            {
                "name": "SPRING_DATASOURCE_URL",
                "value": f"jdbc:{shop.db}://{shop.db}-dbb.{shop.ns}.svc.cluster.local:3306/app?user=a&password=hunter2",
            }
        ),
    )
    shop.crash(name, ago=650)
    shop.log(name, f"Caused by: java.net.UnknownHostException: {shop.db}-dbb.{shop.ns}.svc.cluster.local")
    return Truth("Deployment", name, "dependency-address-wrong", "env-address")


@more
def a_gateway_with_a_wrong_upstream(shop: Shop) -> Truth:
    name, need = shop.names[0], shop.names[1]
    made = shop.put(
        "ConfigMap",
        shop.ns,
        f"{name}-nginx",
        data={"nginx.conf": f"server {{ location / {{ proxy_pass http://{need}s:{shop.port_of(need)}; }} }}"},
    )
    shop.edit(made, 500)
    for spec in shop.every_spec(name):
        spec["volumes"] = [{"name": "c", "configMap": {"name": f"{name}-nginx"}}]
    shop.log(name, f'[error] 7#7: host not found in upstream "{need}s" could not be resolved')
    return Truth("ConfigMap", f"{name}-nginx", "gateway-misroute")


@more
def one_of_several_replicas_crashes(shop: Shop) -> Truth:
    name = shop.names[1]
    pod = shop.get("Pod", shop.pods_of(name)[0])
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": iso(shop.t - 60)}
    pod["status"]["containerStatuses"][0].update(
        ready=False,
        restartCount=5,
        lastState={"terminated": ended},
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
    )
    for c in pod["status"]["conditions"][2:]:
        c.update(status="False", lastTransitionTime=iso(shop.t - 400))
    shop.refresh(name, 400)
    return Truth("Deployment", name, "oom-killed")


@more
def out_of_memory_that_restarts_now_and_then(shop: Shop) -> Truth:
    name = shop.names[0]
    for p in shop.pods_of(name):
        ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": iso(shop.t - 90)}
        shop.get("Pod", p)["status"]["containerStatuses"][0].update(restartCount=9, lastState={"terminated": ended})
    return Truth("Deployment", name, "oom-killed")


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
def docker_hub_denies_or_lacks(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(name, 500, lambda s: box(s).update(image=f"nosuchuser/{name}-x:v1.4.2"))
    shop.waiting(name, "ImagePullBackOff", f'Back-off pulling image "nosuchuser/{name}-x:v1.4.2"')
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Failed",
            f"Failed to pull image \"nosuchuser/{name}-x:v1.4.2\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for nosuchuser/{name}-x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            count=5,
        )
    return Truth("Deployment", name, "bad-image", "repository")


@more
def a_selector_in_the_wrong_case(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.get("Service", name)["spec"]["selector"] = {"app": name.upper()}
    shop.slice(name, shop.ns, name)
    return Truth("Service", name, "service-selector-mismatch")


@more
def a_policy_with_other_ports(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.put(
        "NetworkPolicy",
        shop.ns,
        f"{name}-in",
        age=600,
        spec={
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 1, "protocol": "TCP"}]}],
        },
    )
    shop.log(shop.names[0], f"upstream request timeout calling {name}")
    return Truth("NetworkPolicy", f"{name}-in", "network-policy-deny")


@more
def a_database_that_is_read_only(shop: Shop) -> Truth:
    name = shop.names[0]
    line = (
        "READONLY You can't write against a read only replica."
        if shop.db == "redis"
        else "The MySQL server is running with the --read-only option so it cannot execute this statement"
    )
    shop.log(name, f"error writing to {shop.db}: {line}", n=8)
    return Truth("StatefulSet", shop.db, "dependency-read-only")


@more
def a_database_without_connections(shop: Shop) -> Truth:
    shop.log(shop.names[0], f"{shop.db}: Error 1040: Too many connections", n=8)
    return Truth("StatefulSet", shop.db, "dependency-connections-exhausted")


@more
def a_user_that_does_not_exist(shop: Shop) -> Truth:
    shop.log(shop.names[0], 'FATAL: role "shopp" does not exist', n=8)
    return Truth("Deployment", shop.names[0], "dependency-credentials-wrong", "user")


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
def no_endpointslices_in_the_snapshot(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.get("Service", name)["spec"]["selector"] = {"app": name, "tier": "gold"}
    for key in [k for k in shop.objects if k[0] == "EndpointSlice"]:
        del shop.objects[key]
    shop.not_listed = {"endpointslices"}
    return Truth("Service", name, "service-selector-mismatch")


@more
def a_statefulset_that_fits_nowhere(shop: Shop) -> Truth:
    shop.unscheduled(
        shop.db,
        f"0/{len(shop.nodes) + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) were unschedulable, {len(shop.nodes) - 1} Insufficient memory. preemption: not eligible due to preemptionPolicy=Never.",
    )
    return Truth("StatefulSet", shop.db, "insufficient-capacity", "memory")


@more
def an_init_container_that_fails(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(
        name, 500, lambda s: s.update(initContainers=[{"name": "migrate", "image": "registry.example.io/x/m:v1"}])
    )
    shop.unready(name, 480)
    for p in shop.pods_of(name):
        status = shop.get("Pod", p)["status"]
        status["phase"] = "Pending"
        ended = {"exitCode": 1, "reason": "Error", "finishedAt": iso(shop.t - 60)}
        status["initContainerStatuses"] = [
            {
                "name": "migrate",
                "ready": False,
                "restartCount": 5,
                "lastState": {"terminated": ended},
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            }
        ]
        status["containerStatuses"][0].update(state={"waiting": {"reason": "PodInitializing"}})
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_liveness_path_that_is_gone(shop: Shop) -> Truth:
    name = shop.names[0]

    def how(spec: dict[str, Any]) -> None:
        box(spec)["livenessProbe"] = {
            "httpGet": {"path": "/nope", "port": shop.port_of(name)},
            "periodSeconds": 10,
            "failureThreshold": 3,
        }

    shop.change(name, 600, how)
    shop.crash(name, code=137, ago=560)
    for p in shop.pods_of(name):
        shop.event(
            "Pod",
            p,
            "Unhealthy",
            "Liveness probe failed: HTTP probe failed with statuscode: 404",
            count=18,
            ago=30,
            since=560,
        )
        shop.killed(p, "liveness", count=6, ago=60, since=540)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-protocol")


@more
def a_multi_attached_volume(shop: Shop) -> Truth:
    shop.waiting(shop.db, "ContainerCreating", "")
    for p in shop.pods_of(shop.db):
        shop.event(
            "Pod",
            p,
            "FailedAttachVolume",
            'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) other-0',
            count=9,
            component="attachdetach-controller",
        )
    return Truth("PersistentVolumeClaim", f"data-{shop.db}-0", "pvc-unbound", "occupied")


@more
def names_that_do_not_resolve_anywhere(shop: Shop) -> Truth:
    for p in shop.pods_of("coredns", "kube-system"):
        shop.drop("Pod", p, "kube-system")
    o = shop.get("Deployment", "coredns", "kube-system")
    o["status"].update(readyReplicas=0, availableReplicas=0)
    o["status"]["conditions"][0].update(status="False", lastTransitionTime=iso(shop.t - 600))
    shop.slice("kube-dns", "kube-system", "coredns")
    for name in shop.names[:4]:
        shop.log(name, f"getaddrinfo EAI_AGAIN {shop.names[-1]}")
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


@more
def kubelet_that_stopped_with_its_lease(shop: Shop) -> Truth:
    node = shop.nodes[0]
    for c in shop.get("Node", node, None)["status"]["conditions"]:
        c.update(
            status="Unknown",
            reason="NodeStatusUnknown",
            message="Kubelet stopped posting node status.",
            lastTransitionTime=iso(shop.t - 300),
        )
    return Truth("Node", node, "node-not-ready")


@more
def benign_drain(shop: Shop) -> Truth:
    shop.get("Node", shop.nodes[0], None)["spec"] = {
        "unschedulable": True,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
    }
    return BENIGN


@more
def benign_idle_canary(shop: Shop) -> Truth:
    shop.workload("canary", port=8080)
    for p in shop.pods_of("canary"):
        shop.drop("Pod", p)
    shop.drop("Service", "canary")
    shop.drop("EndpointSlice", next(n for k, s, n in shop.objects if k == "EndpointSlice" and n.startswith("canary-")))
    o = shop.get("Deployment", "canary")
    o["spec"]["replicas"] = 0
    o["status"] = {"observedGeneration": 1, "conditions": o["status"]["conditions"]}
    return BENIGN


@more
def benign_telemetry_and_outside_addresses(shop: Shop) -> Truth:
    for spec in shop.every_spec(shop.names[0]):
        box(spec)["env"] += [
            {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel-collector:4317"},
            {"name": "API_URL", "value": "https://api.stripe.com:443/v1"},
            {"name": "SELF", "value": "localhost:8080"},
        ]
    return BENIGN


@more
def benign_headless_and_external(shop: Shop) -> Truth:
    shop.put("Service", shop.ns, "outside", spec={"type": "ExternalName", "externalName": "db.example.com"})
    shop.put("Service", shop.ns, "legacy", spec={"ports": [{"port": 80}]})
    return BENIGN


@more
def benign_noisy_logs(shop: Shop) -> Truth:
    shop.log(shop.names[0], "GET /healthz 200 timeout=30s error=nil failed=0", n=20)
    shop.log(shop.names[1], "WARN retrying: dial tcp 10.96.0.9:8080: connect: connection refused", n=3)
    return BENIGN


@more
def an_ingress_to_a_service_that_is_not_there(shop: Shop) -> Truth:
    rules = [
        {
            "http": {
                "paths": [
                    {"path": "/", "backend": {"service": {"name": shop.names[0] + "-v2", "port": {"number": 80}}}}
                ]
            }
        }
    ]
    shop.put("Ingress", shop.ns, "front", age=600, spec={"rules": rules})
    return Truth("Ingress", "front", "gateway-misroute")


@more
def a_certificate_that_is_not_renewed(shop: Shop) -> Truth:
    failing = [shop.cond("Ready", "False", 900, "Failed", "The certificate request has failed")]
    shop.put(
        "Certificate",
        shop.ns,
        "front-tls",
        spec={"secretName": "front-tls"},
        status={"notAfter": iso(shop.t + DAY), "conditions": failing},
    )
    return Truth("Secret", "front-tls", "certificate-expiry")


@more
def a_node_whose_file_system_is_read_only(shop: Shop) -> Truth:
    conditions = shop.get("Node", shop.nodes[0], None)["status"]["conditions"]
    conditions.append(shop.cond("ReadonlyFilesystem", "True", 300, "FilesystemIsReadOnly"))
    return Truth("Node", shop.nodes[0], "node-readonly-filesystem")


@more
def benign_ingress(shop: Shop) -> Truth:
    name = shop.names[0]
    rules = [
        {
            "http": {
                "paths": [{"path": "/", "backend": {"service": {"name": name, "port": {"number": shop.port_of(name)}}}}]
            }
        }
    ]
    shop.put("Ingress", shop.ns, "front", age=600, spec={"rules": rules})
    return BENIGN


@more
def pods_that_only_a_lost_node_could_take(shop: Shop) -> Truth:
    for node in shop.nodes:
        o = shop.get("Node", node, None)
        o["spec"] = {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}]}
        for c in o["status"]["conditions"]:
            c.update(status="Unknown", reason="NodeStatusUnknown", lastTransitionTime=iso(shop.t - 400))
    shop.unscheduled(
        shop.names[0],
        f"0/{len(shop.nodes) + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, {len(shop.nodes)} node(s) had untolerated taint {{node.kubernetes.io/unreachable: }}.",
        ago=300,
    )
    return Truth("Node", shop.nodes[0], "node-not-ready", also=[("Node", n) for n in shop.nodes])


def _ending(shop: Shop, name: str, ago: float, *finalizers: str) -> None:
    for pod in shop.pods_of(name):
        meta = shop.get("Pod", pod)["metadata"]
        meta |= {"deletionTimestamp": iso(shop.t - ago), "deletionGracePeriodSeconds": 30}
        if finalizers:
            meta["finalizers"] = list(finalizers)


@more
def a_finalizer_that_nobody_answers(shop: Shop) -> Truth:
    name = shop.names[0]
    _ending(shop, name, 900, "batch.example.com/keep")
    return Truth("Deployment", name, "pod-stuck-terminating", "finalizer")


@more
def a_pod_that_ends_in_time(shop: Shop) -> Truth:
    _ending(shop, shop.names[1], 10)
    return BENIGN


@more
def a_hand_edit_under_helm(shop: Shop) -> Truth:
    made = shop.get("Deployment", shop.names[2])
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    shop.edit(made, 7200, by="kubectl-edit")
    return Truth("Deployment", shop.names[2], "drift", "hand-edit")


@more
def a_hand_edit_that_breaks(shop: Shop) -> Truth:
    """The drift is there too; what it broke leads."""
    name = shop.names[2]
    shop.crash(name, ago=500)
    made = shop.get("Deployment", name)
    made["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    shop.edit(made, 520, by="kubectl-edit")
    return Truth("Deployment", name, "crashloop-runtime")


@more
def a_tag_that_moved(shop: Shop) -> Truth:
    name = shop.names[1]
    for number, pod in enumerate(shop.pods_of(name)):
        status = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        status["imageID"] = f"registry.example.io/x@sha256:{number:064x}"
    return Truth("Deployment", name, "drift", "moved-tag")


@more
def a_certificate_that_is_over(shop: Shop) -> Truth:
    shop.put(
        "Certificate", shop.ns, "web-tls", spec={"secretName": "web-tls"},
        status={"notAfter": iso(shop.t - 3600), "renewalTime": iso(shop.t - 30 * DAY), "conditions": [shop.cond("Ready", "True", 90 * DAY, "Ready")]},
    )  # fmt: skip
    return Truth("Secret", "web-tls", "certificate-expiry")


@more
def a_certificate_in_good_order(shop: Shop) -> Truth:
    shop.put(
        "Certificate", shop.ns, "web-tls", spec={"secretName": "web-tls"},
        status={"notAfter": iso(shop.t + 40 * DAY), "renewalTime": iso(shop.t + 10 * DAY), "conditions": [shop.cond("Ready", "True", 50 * DAY, "Ready")]},
    )  # fmt: skip
    return BENIGN
