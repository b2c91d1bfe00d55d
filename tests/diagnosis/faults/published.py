"""Faults that ITBench defines for its SRE scenarios, realised here; each names the fault's number in its library.

github.com/itbench-hub/ITBench @ 8949d5b2, scenarios/sre/library/indexes/faults (Apache-2.0). Those that other modules
have already are not repeated.
"""

from typing import Any

from tests.diagnosis.faults.logins import server
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso


def _waiting_for_a_node(shop: Shop, name: str, message: str, ago: float = 600.0) -> None:
    shop.unscheduled(name, message, ago)


@more
def itbench_1_a_workload_pinned_to_a_cordoned_node(shop: Shop) -> Truth:
    name, node = shop.names[0], shop.nodes[0]
    shop.get("Node", node, None)["spec"] = {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}  # fmt: skip
    shop.change(name, 600, lambda spec: spec.update(nodeSelector={"kubernetes.io/hostname": node}))
    n = len(shop.nodes)
    _waiting_for_a_node(shop, name, f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) were unschedulable, {n - 1} node(s) didn't match Pod's node affinity/selector. preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.")  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "cordon")


@more
def a_workload_bound_to_a_pool_whose_taint_it_does_not_tolerate(shop: Shop) -> Truth:
    name, node = shop.names[0], shop.nodes[0]
    o = shop.get("Node", node, None)
    o["metadata"]["labels"]["pool"] = "gpu"
    o["spec"] = {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}
    shop.change(name, 600, lambda spec: spec.update(nodeSelector={"pool": "gpu"}))
    n = len(shop.nodes)
    _waiting_for_a_node(shop, name, f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{dedicated: gpu}}, 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, {n - 1} node(s) didn't match Pod's node affinity/selector.")  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "taint")


def _initialising(shop: Shop, name: str, state: dict[str, Any], ago: float = 700.0) -> None:
    init = {"name": "wait", "image": "busybox:1.36", "command": ["sh", "-c", "sleep infinity"]}
    shop.change(name, ago, lambda spec: spec.update(initContainers=[init]))
    shop.waiting(name, "PodInitializing", "", ago=ago - 5)
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["initContainerStatuses"] = [{"name": "wait", "ready": False, "started": True, "restartCount": 0, "image": "busybox:1.36", "state": state}]  # fmt: skip
        status["conditions"][1].update(status="False", reason="ContainersNotInitialized", message="containers with incomplete status: [wait]", lastTransitionTime=iso(shop.t - ago + 5))  # fmt: skip


@more
def itbench_5_an_init_container_that_hangs(shop: Shop) -> Truth:
    name = shop.names[0]
    _initialising(shop, name, {"running": {"startedAt": iso(shop.t - 690)}})
    return Truth("Deployment", name, "init-hanging", "wait")


@more
def an_init_container_that_waits_for_a_service_that_is_not_there(shop: Shop) -> Truth:
    name = shop.names[1]
    _initialising(shop, name, {"running": {"startedAt": iso(shop.t - 690)}})
    for pod in shop.pods_of(name):
        about = {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": "wait"}
        shop.logs += [{"t": shop.t - 300 + 20 * n, "object": about, "line": "waiting for migrations: nc: bad address 'schema-db'"} for n in range(8)]  # fmt: skip
    return Truth("Deployment", name, "init-hanging", "wait")


@more
def an_init_container_of_a_database_that_never_ends(shop: Shop) -> Truth:
    """A StatefulSet's pod was replaced by a drain, and its init container waits for a lock since."""
    pod = shop.pods_of(shop.db)[0]
    for spec in shop.every_spec(shop.db):
        spec["initContainers"] = [{"name": "restore", "image": "restore:3"}]
    shop.waiting(shop.db, "PodInitializing", "", ago=1500)
    o = shop.get("Pod", pod)
    o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - 1510)
    o["status"]["initContainerStatuses"] = [{"name": "restore", "ready": False, "restartCount": 0, "image": "restore:3", "state": {"running": {"startedAt": iso(shop.t - 1500)}}}]  # fmt: skip
    o["status"]["conditions"][1].update(status="False", reason="ContainersNotInitialized", lastTransitionTime=iso(shop.t - 1505))  # fmt: skip
    return Truth("StatefulSet", shop.db, "init-hanging", "restore")


@more
def itbench_11_an_autoscaler_that_wants_more_than_it_may(shop: Shop) -> Truth:
    name = shop.names[0]
    conditions = [shop.cond("AbleToScale", "True", 900, "ReadyForNewScale"), shop.cond("ScalingActive", "True", 900, "ValidMetricFound"),
                  shop.cond("ScalingLimited", "True", 900, "TooManyReplicas", "the desired replica count is more than the maximum replica count")]  # fmt: skip
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"kind": "Deployment", "name": name}, "minReplicas": 1, "maxReplicas": 2},
             status={"currentReplicas": 2, "desiredReplicas": 2, "conditions": conditions})  # fmt: skip
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing")


@more
def itbench_19_a_database_that_a_more_important_workload_pushed_out(shop: Shop) -> Truth:
    n = len(shop.nodes)
    pod = shop.pods_of(shop.db)[0]
    shop.event("Pod", pod, "Preempted", "Preempted by pod 6d1c2b7a-aa10-4f5e-9d1e-2b1f0c9b7e11 on node worker-1", ago=500, since=500, component="default-scheduler")  # fmt: skip
    for spec in shop.every_spec(shop.db):
        box(spec)["resources"]["requests"]["memory"] = "6Gi"
    shop.unscheduled(shop.db, f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, {n} Insufficient memory. preemption: 0/{n + 1} nodes are available: 1 Preemption is not helpful for scheduling, {n} No preemption victims found for incoming pod.", 490)  # fmt: skip
    return Truth("StatefulSet", shop.db, "insufficient-capacity", "memory")


@more
def itbench_27_a_password_that_changed_at_the_server(shop: Shop) -> Truth:
    server(shop, "valkey-cart", "valkey/valkey:8.1-alpine", 6379)
    made = shop.put("Secret", shop.ns, "valkey-credentials", data={"valkey-password": "eA=="})
    shop.edit(made, 600)
    for spec in shop.every_spec("valkey-cart"):
        box(spec)["env"].append({"name": "VALKEY_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "valkey-credentials", "key": "valkey-password"}}})  # fmt: skip
    client = shop.names[0]
    shop.log(client, "StackExchange.Redis.RedisConnectionException: WRONGPASS invalid username-password pair or user is disabled. valkey-cart:6379", n=10)  # fmt: skip
    return Truth("Deployment", client, "dependency-credentials-wrong", "password", also=[("Secret", "valkey-credentials"), ("StatefulSet", "valkey-cart")])  # fmt: skip


@more
def itbench_30_a_service_that_was_deleted(shop: Shop) -> Truth:
    """Its workload is well, and those who ask it by its name find nothing."""
    name, client = shop.names[1], shop.names[0]
    shop.drop("Service", name)
    for key in [k for k in shop.objects if k[0] == "EndpointSlice" and k[2].startswith(name + "-")]:
        del shop.objects[key]
    shop.log(client, f'rpc error: code = Unavailable desc = dns: A record lookup error: lookup {name} on 10.96.0.10:53: no such host', n=10)  # fmt: skip
    return Truth("Service", name, "service-missing")


@more
def a_service_of_a_database_that_was_deleted(shop: Shop) -> Truth:
    client = shop.names[0]
    shop.drop("Service", shop.db)
    for key in [k for k in shop.objects if k[0] == "EndpointSlice" and k[2].startswith(shop.db + "-")]:
        del shop.objects[key]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "STORE_URL", "value": f"tcp://{shop.db}:6379"})
    shop.crash(client, ago=500)
    shop.log(client, f"could not resolve host: {shop.db}", n=10)
    return Truth("Service", shop.db, "service-missing")


@more
def a_service_that_was_renamed_under_its_clients(shop: Shop) -> Truth:
    """Its workload is served under another name: the clients are to be changed."""
    name = shop.names[1]
    old = shop.objects.pop(("Service", shop.ns, name))
    for key in [k for k in shop.objects if k[0] == "EndpointSlice" and k[2].startswith(name + "-")]:
        del shop.objects[key]
    shop.put("Service", shop.ns, f"{name}-internal", age=900, spec=old["spec"])
    shop.slice(f"{name}-internal", shop.ns, name)
    clients = [n for n in shop.names if any(name in str(e.get("value")) for e in box(shop.every_spec(n)[0])["env"])]
    for client in clients:
        shop.log(client, f"getaddrinfo ENOTFOUND {name}", n=8)
    also = [("Deployment", client) for client in clients]
    return Truth("Deployment", clients[0], "dependency-address-wrong", "env-address", also=also)


@more
def itbench_36_credentials_that_were_overwritten(shop: Shop) -> Truth:
    server(shop, "smtp-store", "postgres:16", 5432)
    client = shop.names[0]
    made = shop.put("Secret", shop.ns, f"{client}-secret", data={"DB_PASSWORD": "eA=="})
    shop.edit(made, 600)
    for spec in shop.every_spec(client):
        box(spec)["envFrom"] = [{"secretRef": {"name": f"{client}-secret"}}]
    shop.rollout(client, 590)
    shop.crash(client, ago=580)
    shop.log(client, 'sqlalchemy.exc.OperationalError: connection to server at "smtp-store", port 5432 failed: FATAL:  password authentication failed for user "app"', n=8)  # fmt: skip
    return Truth(
        "Deployment", client, "dependency-credentials-wrong", "password", also=[("Secret", f"{client}-secret")]
    )
