"""One fault, and all who wait for what it took: chains of callers are one incident with it."""

from itertools import pairwise
from typing import Any

from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.faults.lost_nodes import lost, pods_on
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


def _waits(shop: Shop, name: str, line: str, ago: float) -> None:
    """A caller that is up and says of itself that it is not ready."""
    shop.unready(name, ago)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=60, ago=8, since=ago + 25)  # fmt: skip
    shop.log(name, line, n=5, ago=55.0)


def _asks(shop: Shop, name: str, needed: str, port: int) -> None:
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": f"{needed.upper()}_ADDR", "value": f"{needed}:{port}"})


def _chain(shop: Shop, ago: float, *names: str) -> None:
    """Each of these asks the next one, and is not ready since a moment after it."""
    for number, (name, needed) in enumerate(pairwise(names)):
        _asks(shop, name, needed, 8080)
        _waits(shop, name, f"dial tcp: {needed}:8080: connect: connection refused", ago - 30 * (len(names) - number))


@more
def a_chain_of_callers_above_one_that_is_not_ready(shop: Shop) -> Truth:
    """It runs, says 503 and nothing else; who asks it, and who asks those, say the same of themselves."""
    for name in ("edge", "portal", "records", "archive"):
        shop.workload(name)
    _waits(shop, "archive", "level=info msg=starting", 1400)
    _chain(shop, 1400, "edge", "portal", "records", "archive")
    return Truth("Deployment", "archive", "readiness-failing")


@more
def a_chain_of_callers_above_a_database_without_its_volume(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.4", 3306)
    for name in ("portal", "billing"):
        shop.workload(name)
    shop.put("PersistentVolumeClaim", shop.ns, "data-sql-0", age=1500, spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "fast-nvme", "resources": {"requests": {"storage": "9Gi"}}}, status={"phase": "Pending"})  # fmt: skip
    shop.event("PersistentVolumeClaim", "data-sql-0", "ProvisioningFailed", 'storageclass.storage.k8s.io "fast-nvme" not found', count=90, ago=5, since=1490, component="persistentvolume-controller")  # fmt: skip
    for spec in shop.every_spec("sql"):
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-sql-0"}}]
    shop.unscheduled("sql", "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.", ago=1480)  # fmt: skip
    shop.get("Service", "sql")["spec"]["clusterIP"] = "10.96.91.181"
    _waits(shop, "billing", "dial tcp 10.96.91.181:3306: connect: connection refused", 1440)
    _asks(shop, "portal", "billing", 8080)
    _waits(shop, "portal", "connect ECONNREFUSED billing:8080", 1400)
    return Truth("PersistentVolumeClaim", "data-sql-0", "pvc-unbound", "storage-class")


@more
def clients_that_are_not_ready_since_a_database_takes_no_writes(shop: Shop) -> Truth:
    """The database is well by all that its probes ask; the last minute of lines is all that there is of them."""
    server(shop, "pg", "postgres:16", 5432)
    line = "ERROR: cannot execute INSERT in a read-only transaction"
    said_by(shop, "pg-0", f"2026-11-26 09:00:00.113 UTC [71] {line}", container="pg")
    for name in (shop.names[0], "ledger"):
        if name == "ledger":
            shop.workload(name)
            for spec in shop.every_spec(name):
                box(spec)["envFrom"] = [{"secretRef": {"name": "ledger-db"}}]
        _waits(shop, name, f"org.postgresql.util.PSQLException: {line}", 1200)
    return Truth("StatefulSet", "pg", "dependency-read-only")


@more
def clients_of_a_gateway_whose_routes_were_edited(shop: Shop) -> Truth:
    """All are well but who asks through the gateway: what a path led to, it leads to no more."""
    text = f"server {{\n  listen 8088;\n  location /orders/ {{ proxy_pass http://{shop.names[2]}:{shop.port_of(shop.names[2])}/; }}\n}}\n"  # fmt: skip
    shop.edit(shop.gateway("gateway", "nginx:1.27", "gateway-routes", {"default.conf": text}), 700)
    shop.workload("web")
    _asks(shop, "web", "gateway", 8088)
    _waits(shop, "web", 'level=warn msg="canary failed" path=/orders/ status=404', 640)
    return Truth("ConfigMap", "gateway-routes", "gateway-misroute")


@more
def a_database_that_waits_for_the_volume_of_a_lost_node(shop: Shop) -> Truth:
    """It was made anew elsewhere; nobody can ask the node whether it let the disk go."""
    node, other = shop.nodes[0], shop.nodes[1]
    o = shop.get("Pod", f"{shop.db}-0")
    o["spec"]["nodeName"] = node
    lost(shop, node, 1600)
    o["metadata"]["creationTimestamp"] = iso(shop.t - 1250)
    o["spec"]["nodeName"] = other
    waits = {"reason": "ContainerCreating"}
    o["status"] = {"phase": "Pending", "startTime": iso(shop.t - 1250), "conditions": [shop.cond("PodScheduled", "True", 1250)],
                   "containerStatuses": [{"name": shop.db, "image": "x", "ready": False, "started": False, "restartCount": 0, "state": {"waiting": waits}}]}  # fmt: skip
    shop.refresh(shop.db, 1600)
    return Truth("Node", node, "node-not-ready")


@more
def a_node_whose_kubelet_is_silent_and_whose_programs_speak(shop: Shop) -> Truth:
    """Lines of its pods go on arriving minutes after its last word."""
    node = shop.nodes[0]
    for pod in pods_on(shop, node)[:2]:
        said_by(shop, pod, "GET /healthz 200 from 10.244.2.9", n=13)
    lost(shop, node, 420)
    return Truth("Node", node, "node-not-ready", "kubelet")


@more
def an_api_server_that_is_not_ready_for_a_slow_etcd(shop: Shop) -> Truth:
    for part, ago in (("etcd", 900.0), ("kube-apiserver", 850.0)):
        status = shop.get("Pod", f"{part}-control-1", "kube-system")["status"]
        for c in status["conditions"]:
            if "Ready" in c["type"]:
                c.update(status="False", lastTransitionTime=iso(shop.t - ago))
        status["containerStatuses"][0]["ready"] = False
    about = {"kind": "Pod", "namespace": "kube-system", "name": "etcd-control-1", "container": "etcd"}
    shop.logs += [{"t": shop.t - 300 + 40 * n, "object": about, "line": '{"level":"warn","msg":"slow fdatasync","took":"4.1s","expected-duration":"1s"}'} for n in range(7)]  # fmt: skip
    return Truth("Component", "etcd", "etcd-unhealthy", also=[("Pod", "etcd-control-1")])


@more
def a_broker_that_may_not_read_its_cookie_on_a_new_volume(shop: Shop) -> Truth:
    """A path that is named like a secret, and an error in Erlang's words."""
    server(shop, "mq", "rabbitmq:3.13", 5672)
    for spec in shop.every_spec("mq"):
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{shop.db}-0"}}]
    shop.crash("mq", ago=1400, restarts=9)
    said_by(shop, "mq-0", "Error when reading /var/lib/rabbitmq/.erlang.cookie: eacces", container="mq")
    _waits(shop, shop.names[0], "dial tcp: mq:5672: connect: connection refused", 1360)
    return Truth("StatefulSet", "mq", "volume-permission-denied")


@more
def a_client_that_is_told_of_its_broker_by_keys_of_a_configmap(shop: Shop) -> Truth:
    """Host and port stand in two keys that all become variables; the client itself says nothing but 503."""
    server(shop, "mq", "rabbitmq:3.13", 5672)
    shop.put("ConfigMap", shop.ns, "mailer-config", data={"BROKER_HOST": "mq", "BROKER_PORT": "5672", "LOG_LEVEL": "info"})  # fmt: skip
    shop.workload("mailer")
    for spec in shop.every_spec("mailer"):
        box(spec)["envFrom"] = [{"configMapRef": {"name": "mailer-config"}}]
    shop.crash("mq", code=137, reason="OOMKilled", ago=1400, restarts=9)
    _waits(shop, "mailer", "level=info msg=waiting", 1350)
    return Truth("StatefulSet", "mq", "oom-killed")
