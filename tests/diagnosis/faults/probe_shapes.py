"""Probes in more shapes: commands, gRPC, named ports, StatefulSets and DaemonSets, old pods that go on serving."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso, short

Body = dict[str, Any]
Edit = Callable[[Body, int], None]


def _says(shop: Shop, pods: list[str], text: str, count: int, since: float, ago: float = 6.0) -> None:
    for pod in pods:
        shop.event("Pod", pod, "Unhealthy", text, count=count, ago=ago, since=since)


def _kills(shop: Shop, pod: str, count: int, since: float, ago: float) -> None:
    name = box(shop.get("Pod", pod)["spec"])["name"]
    text = f"Container {name} failed liveness probe, will be restarted"
    shop.event("Pod", pod, "Killing", text, type="Normal", count=count, ago=ago, since=since)


def _restarting(shop: Shop, pod: str, restarts: int, code: int, started: float) -> None:
    """Its container was killed and runs again at the moment, not ready yet."""
    status = shop.get("Pod", pod)["status"]
    for c in status["conditions"][2:]:
        c.update(status="False", reason="ContainersNotReady", lastTransitionTime=iso(shop.t - started))
    ended = {"exitCode": code, "reason": "Completed" if code == 0 else "Error", "startedAt": iso(shop.t - started - 90), "finishedAt": iso(shop.t - started)}  # fmt: skip
    status["containerStatuses"][0].update(ready=False, started=True, restartCount=restarts, lastState={"terminated": ended}, state={"running": {"startedAt": iso(shop.t - started + 1)}})  # fmt: skip


def _rolling(shop: Shop, name: str, how: Edit, ago: float = 1500.0) -> list[str]:
    """A rollout whose new pods don't become ready, so that the old ones are kept; return the new ones."""
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    port = shop.port_of(name)
    shop.change(name, ago, lambda spec: how(box(spec), port))
    shop.unready(name, ago - 2)
    new = shop.pods_of(name)
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)
    status = shop.get("Deployment", name)["status"]
    status.update(updatedReplicas=len(new), unavailableReplicas=len(new))
    for c in status["conditions"]:
        if c["type"] == "Available":
            c.update(status="True", reason="MinimumReplicasAvailable")
        elif ago > 600:
            c.update(status="False", reason="ProgressDeadlineExceeded", lastTransitionTime=iso(shop.t - ago + 600), message=f'ReplicaSet "{name}-{short(f"{name}2", 9)}" has timed out progressing.')  # fmt: skip
    return new


def _new(shop: Shop, name: str, kind: str, port: int, age: float, probe: str, **fields: Any) -> list[str]:
    """A workload that was applied some minutes ago with this probe, and has never served."""
    shop.workload(name, kind=kind, port=port)
    for (k, ns, n), o in shop.objects.items():
        if ns == shop.ns and n.startswith(name) and k != "Service":
            o["metadata"]["creationTimestamp"] = iso(shop.t - age)
    for spec in shop.every_spec(name):
        for key in ("readinessProbe", "livenessProbe"):
            box(spec).pop(key)
        box(spec)[f"{probe}Probe"] = {"periodSeconds": 10, "failureThreshold": 3, **fields}
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["status"]["startTime"] = iso(shop.t - age + 2)
    shop.unready(name, age - 2)
    return shop.pods_of(name)


# --- readiness ---


@more
def a_readiness_port_that_was_mistyped_while_old_pods_serve(shop: Shop) -> Truth:
    name = shop.names[1]
    pods = _rolling(shop, name, lambda b, _: b.update(readinessProbe={"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 10, "failureThreshold": 3}))  # fmt: skip
    _says(shop, pods, 'Readiness probe failed: Get "http://10.244.2.31:8181/ready": dial tcp 10.244.2.31:8181: connect: connection refused', 148, 1490)  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "readiness-port")


@more
def a_readiness_port_by_a_name_that_is_not_declared(shop: Shop) -> Truth:
    """The kubelet takes the unknown name for a number."""
    pods = _new(shop, "billing", "StatefulSet", 8085, 1300, "readiness", httpGet={"path": "/ready", "port": "http-admin"})  # fmt: skip
    _says(shop, pods, 'Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "http-admin": invalid syntax', 129, 1290)  # fmt: skip
    return Truth("StatefulSet", "billing", "probe-misconfigured", "readiness-port")


@more
def a_readiness_probe_by_grpc_at_another_port(shop: Shop) -> Truth:
    pods = _new(shop, "quotes", "Deployment", 50051, 1100, "readiness", grpc={"port": 50052})
    _says(shop, pods, 'Readiness probe failed: timeout: failed to connect service "10.244.1.19:50052" within 1s: context deadline exceeded', 108, 1090)  # fmt: skip
    return Truth("Deployment", "quotes", "probe-misconfigured", "readiness-port")


@more
def a_readiness_probe_by_grpc_that_the_server_does_not_implement(shop: Shop) -> Truth:
    name = shop.names[1]
    pods = _rolling(shop, name, lambda b, port: b.update(readinessProbe={"grpc": {"port": port}, "periodSeconds": 10}))
    _says(shop, pods, "Readiness probe failed: error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health", 147, 1490)  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "readiness-protocol")


@more
def a_readiness_probe_in_http_of_a_redis(shop: Shop) -> Truth:
    pods = _new(shop, "sessions", "StatefulSet", 6379, 1300, "readiness", httpGet={"path": "/", "port": 6379})
    _says(shop, pods, "Readiness probe failed: Get \"http://10.244.1.19:6379/\": net/http: HTTP/1.x transport connection broken: malformed HTTP status code \"wrong\"", 129, 1290)  # fmt: skip
    return Truth("StatefulSet", "sessions", "probe-misconfigured", "readiness-protocol")


@more
def a_readiness_probe_in_plain_words_of_a_tls_server(shop: Shop) -> Truth:
    """Certificates were mounted with the same rollout, the probe was left as it was; the old pods serve."""
    name = shop.names[0]
    path = {"path": "/healthz", "port": shop.port_of(name)}
    for spec in shop.every_spec(name):
        box(spec)["readinessProbe"] = {"httpGet": path, "periodSeconds": 10, "failureThreshold": 3}
    pods = _rolling(shop, name, lambda b, _: b["env"].append({"name": "TLS_CERT_FILE", "value": "/tls/tls.crt"}))
    _says(shop, pods, f"Readiness probe failed: Get \"http://10.244.1.19:{path['port']}/healthz\": net/http: HTTP/1.x transport connection broken: malformed HTTP response \"\\x15\\x03\\x01\\x00\\x02\\x02\"", 147, 1490)  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "readiness-protocol")


@more
def a_readiness_command_that_gets_one_second_since_an_upgrade_of_the_chart(shop: Shop) -> Truth:
    name = shop.names[2]
    command = {"exec": {"command": ["celery", "-A", "app", "inspect", "ping"]}, "periodSeconds": 30}
    for spec in shop.every_spec(name):
        box(spec)["readinessProbe"] = {**command, "timeoutSeconds": 15, "failureThreshold": 3}
    pods = _rolling(shop, name, lambda b, _: b.update(readinessProbe={**command, "timeoutSeconds": 1, "failureThreshold": 3}))  # fmt: skip
    _says(shop, pods, 'Readiness probe failed: command "celery -A app inspect ping" timed out', 50, 1470)
    return Truth("Deployment", name, "probe-misconfigured", "readiness-timing")


# --- liveness ---


@more
def a_liveness_port_of_an_agent_that_was_moved(shop: Shop) -> Truth:
    """A DaemonSet on every node, restarted again and again since its first minute."""
    name, n = "shipper", len(shop.nodes)
    spec: Body = {"containers": [{"name": name, "image": "registry.example.io/ops/shipper:3", "ports": [{"containerPort": 2020, "name": "http"}],
                                  "livenessProbe": {"httpGet": {"path": "/", "port": 2021}, "periodSeconds": 10, "failureThreshold": 3}}]}  # fmt: skip
    shop.put("DaemonSet", shop.ns, name, age=1400, spec={"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": 0, "numberUnavailable": n, "observedGeneration": 1})  # fmt: skip
    for node in shop.nodes:
        shop.pod(f"{name}-{short(node, 5)}", shop.ns, name, owner=("DaemonSet", name), node=node, spec={"containers": [dict(spec["containers"][0])]}, age=1400)  # fmt: skip
    shop.crash(name, code=0, reason="Completed", restarts=8, ago=1300)
    for pod in shop.pods_of(name):
        _says(shop, [pod], 'Liveness probe failed: Get "http://10.244.2.31:2021/": dial tcp 10.244.2.31:2021: connect: connection refused', 24, 1380, 60)  # fmt: skip
        _kills(shop, pod, 8, 1360, 60)
    return Truth("DaemonSet", name, "probe-misconfigured", "liveness-port")


@more
def a_liveness_port_of_a_rollout_whose_containers_run_between_kills(shop: Shop) -> Truth:
    """Between two kills the new pods are even ready: nothing waits, only the count of restarts grows."""
    name = shop.names[1]
    shop.change(name, 1500, lambda s: box(s)["livenessProbe"].update(tcpSocket={"port": 9101}))
    for pod in shop.pods_of(name):
        _restarting(shop, pod, 9, 137, 14)
        _says(shop, [pod], "Liveness probe failed: dial tcp 10.244.2.31:9101: connect: connection refused", 28, 1470, 16)  # fmt: skip
        _kills(shop, pod, 9, 1450, 16)
    shop.refresh(name, 14)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-port")


@more
def a_liveness_probe_in_http_of_a_mysql(shop: Shop) -> Truth:
    pods = _new(shop, "ledger-db", "StatefulSet", 3306, 1400, "liveness", httpGet={"path": "/", "port": 3306})
    shop.crash("ledger-db", code=0, reason="Completed", restarts=7, ago=1370)
    _says(shop, pods, 'Liveness probe failed: Get "http://10.244.1.19:3306/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "I\\x00\\x00\\x00"', 22, 1380, 50)  # fmt: skip
    for pod in pods:
        _kills(shop, pod, 7, 1370, 50)
    return Truth("StatefulSet", "ledger-db", "probe-misconfigured", "liveness-protocol")


@more
def a_liveness_probe_in_tls_of_a_server_without_it(shop: Shop) -> Truth:
    name = shop.names[0]
    pods = _rolling(shop, name, lambda b, port: b.update(livenessProbe={"httpGet": {"path": "/live", "port": port, "scheme": "HTTPS"}, "periodSeconds": 10, "failureThreshold": 3}))  # fmt: skip
    for pod in pods:
        _restarting(shop, pod, 6, 137, 20)
        _says(shop, [pod], f'Liveness probe failed: Get "https://10.244.1.19:{shop.port_of(name)}/live": tls: first record does not look like a TLS handshake', 19, 1470, 22)  # fmt: skip
        _kills(shop, pod, 6, 1450, 22)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-protocol")


@more
def a_liveness_command_of_a_database_that_gets_too_little_time(shop: Shop) -> Truth:
    """The pod was replaced for a change of its probe; before, the command had ten seconds."""
    name = "profiles"
    shop.workload(name, kind="StatefulSet", port=27017)
    command = {"exec": {"command": ["mongosh", "--eval", "db.adminCommand('ping')"]}, "periodSeconds": 10}
    for spec in shop.every_spec(name):
        box(spec)["livenessProbe"] = {**command, "timeoutSeconds": 1, "failureThreshold": 1}
    pod = f"{name}-0"
    o = shop.get("Pod", pod)
    o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - 1500)
    owner = shop.get("StatefulSet", name)
    owner["metadata"]["generation"] = owner["status"]["observedGeneration"] = 2
    shop.edit(owner, 1510, by="helm")
    owner["metadata"]["managedFields"][0]["fieldsV1"] = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"%s"}' % box(o["spec"])["name"]: {"f:livenessProbe": {"f:timeoutSeconds": {}, "f:failureThreshold": {}}}}}}}}  # fmt: skip
    _restarting(shop, pod, 12, 0, 30)
    shop.refresh(name, 30)
    _says(
        shop, [pod], "Liveness probe failed: command \"mongosh --eval db.adminCommand('ping')\" timed out", 12, 1480, 60
    )
    _kills(shop, pod, 12, 1480, 60)
    return Truth("StatefulSet", name, "probe-misconfigured", "liveness-timing")


# --- probes that are right, and what they ask is not ---


@more
def a_database_whose_liveness_command_finds_nobody(shop: Shop) -> Truth:
    name, pod = "sessions", "sessions-0"
    shop.workload(name, kind="StatefulSet", port=6379)
    for spec in shop.every_spec(name):
        box(spec)["livenessProbe"] = {"exec": {"command": ["redis-cli", "ping"]}, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 5}  # fmt: skip
    _restarting(shop, pod, 5, 137, 25)
    shop.refresh(name, 25)
    _says(shop, [pod], "Liveness probe failed: Could not connect to Redis at 127.0.0.1:6379: Connection refused", 31, 2500, 70)  # fmt: skip
    _kills(shop, pod, 5, 2400, 70)
    return Truth("StatefulSet", name, "liveness-failing")


@more
def a_service_by_grpc_that_says_of_itself_that_it_does_not_serve(shop: Shop) -> Truth:
    name = shop.names[1]
    for spec in shop.every_spec(name):
        box(spec)["livenessProbe"] = {"grpc": {"port": shop.port_of(name)}, "periodSeconds": 10, "failureThreshold": 3}
    pod = shop.pods_of(name)[0]
    _restarting(shop, pod, 7, 137, 40)
    shop.refresh(name, 40)
    _says(shop, [pod], 'Liveness probe failed: service unhealthy (responded with "NOT_SERVING")', 22, 2900, 45)
    _kills(shop, pod, 7, 2880, 45)
    return Truth("Deployment", name, "liveness-failing")


@more
def a_sidecar_that_its_liveness_probe_kills(shop: Shop) -> Truth:
    name = shop.names[0]
    side = {"name": "proxy", "image": "envoyproxy/envoy:v1.30.4", "ports": [{"containerPort": 15021}],
            "livenessProbe": {"httpGet": {"path": "/healthz/ready", "port": 15021}, "periodSeconds": 10, "failureThreshold": 3}}  # fmt: skip
    for spec in shop.every_spec(name):
        spec["containers"].append(dict(side))
    shop.unready(name, 60)
    for pod in shop.pods_of(name):
        boxes = shop.get("Pod", pod)["status"]["containerStatuses"]
        boxes[0]["ready"] = True
        ended = {"exitCode": 137, "reason": "Error", "startedAt": iso(shop.t - 400), "finishedAt": iso(shop.t - 60)}
        boxes.append({"name": "proxy", "ready": False, "started": True, "restartCount": 11, "image": side["image"], "lastState": {"terminated": ended}, "state": {"running": {"startedAt": iso(shop.t - 59)}}})  # fmt: skip
        _says(shop, [pod], 'Liveness probe failed: Get "http://10.244.1.19:15021/healthz/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', 34, 5000, 62)  # fmt: skip
        shop.event("Pod", pod, "Killing", "Container proxy failed liveness probe, will be restarted", type="Normal", count=11, ago=62, since=4980)  # fmt: skip
    return Truth("Deployment", name, "liveness-failing")


@more
def a_file_that_tells_readiness_and_is_gone(shop: Shop) -> Truth:
    name = shop.names[1]
    for spec in shop.every_spec(name):
        box(spec)["readinessProbe"] = {"exec": {"command": ["cat", "/tmp/healthy"]}, "periodSeconds": 5}
    shop.unready(name, 1800)
    _says(
        shop, shop.pods_of(name), "Readiness probe failed: cat: /tmp/healthy: No such file or directory\n", 360, 1790, 3
    )
    return Truth("Deployment", name, "readiness-failing")


@more
def a_database_that_does_not_take_connections_yet(shop: Shop) -> Truth:
    """The log says what it does meanwhile: it recovers, and recovers."""
    name = "ledger"
    shop.workload(name, kind="StatefulSet", port=5432)
    for spec in shop.every_spec(name):
        box(spec)["readinessProbe"] = {"exec": {"command": ["pg_isready", "-U", "app"]}, "periodSeconds": 10, "failureThreshold": 6}  # fmt: skip
    shop.unready(name, 2400)
    _says(shop, shop.pods_of(name), "Readiness probe failed: /var/run/postgresql:5432 - rejecting connections\n", 240, 2390, 5)  # fmt: skip
    shop.log(name, "LOG:  redo in progress, elapsed time: 2300.00 s, current LSN: 2A/7F3C1D90")
    return Truth("StatefulSet", name, "readiness-failing")


@more
def a_workload_that_has_not_been_ready_for_hours(shop: Shop) -> Truth:
    """No Event is left of it."""
    name = shop.names[2]
    shop.unready(name, 9000)
    for pod in shop.pods_of(name):
        for c in shop.get("Pod", pod)["status"]["conditions"][2:]:
            c["message"] = f"containers with unready status: [{box(shop.get('Pod', pod)['spec'])['name']}]"
    return Truth("Deployment", name, "readiness-failing")


@more
def a_gate_that_nobody_opens(shop: Shop) -> Truth:
    """The containers are ready; a controller of load balancers is to say that the pods are reached."""
    name = shop.names[0]
    gate = f"target-health.elbv2.k8s.aws/k8s-{name}"
    for spec in shop.every_spec(name):
        spec["readinessGates"] = [{"conditionType": gate}]
    shop.unready(name, 1500)
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["containerStatuses"][0]["ready"] = True
        status["conditions"][2].update(status="True", reason="")
        status["conditions"][3].update(reason="ReadinessGatesNotReady", message=f'corresponding condition of pod readiness gate "{gate}" does not exist.')  # fmt: skip
    return Truth("Deployment", name, "readiness-failing")
