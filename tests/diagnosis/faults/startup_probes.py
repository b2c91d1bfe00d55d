"""Startup probes, and probes of every kind that give too little time, in other shapes."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Edit = Callable[[dict[str, Any], int], None]


def _starting(shop: Shop, name: str, how: Edit, why: str, ago: float = 700.0, code: int = 137) -> None:
    """A rollout whose new pods never start: the startup probe fails and the kubelet kills them; the old one is gone."""
    port = shop.port_of(name)
    shop.change(name, ago, lambda spec: how(box(spec), port))
    shop.crash(name, code=code, restarts=5, ago=ago - 10)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod", pod, "Unhealthy", f"Startup probe failed: {why.format(port=port)}", count=35, ago=10, since=ago
        )
        shop.killed(pod, "startup", count=5, ago=40, since=ago - 30)


def _probe(**fields: Any) -> dict[str, Any]:
    return {"periodSeconds": 10, "failureThreshold": 3, **fields}


@more
def a_startup_port_that_nobody_opens(shop: Shop) -> Truth:
    name = shop.names[0]
    _starting(shop, name, lambda b, _: b.update(startupProbe=_probe(tcpSocket={"port": 8099})), "dial tcp 10.1.0.8:8099: connect: connection refused")  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-port")


@more
def a_startup_port_by_a_name_that_the_container_lacks(shop: Shop) -> Truth:
    name = shop.names[1]

    def how(b: dict[str, Any], port: int) -> None:
        b["ports"] = [{"containerPort": port, "name": "http", "protocol": "TCP"}]
        b["startupProbe"] = _probe(httpGet={"path": "/", "port": "admin"})

    _starting(shop, name, how, "couldn't find port: admin in container")
    return Truth("Deployment", name, "probe-misconfigured", "startup-port")


@more
def a_startup_port_of_a_statefulset_since_its_first_day(shop: Shop) -> Truth:
    """Nothing of the template changed: it was applied a quarter of an hour ago and has never run."""
    name = "ledger"
    shop.workload(name, kind="StatefulSet", port=7000)
    for key in (("StatefulSet", name), ("Pod", f"{name}-0")):
        shop.get(*key)["metadata"]["creationTimestamp"] = iso(shop.t - 900)
    for spec in shop.every_spec(name):
        box(spec)["startupProbe"] = _probe(tcpSocket={"port": 7001})
    shop.crash(name, code=137, restarts=6, ago=880)
    shop.get("Pod", f"{name}-0")["status"]["startTime"] = iso(shop.t - 895)
    shop.event("Pod", f"{name}-0", "Unhealthy", "Startup probe failed: dial tcp 10.1.0.8:7001: connect: connection refused", count=30, ago=10, since=880)  # fmt: skip
    shop.killed(f"{name}-0", "startup", count=6, ago=40, since=850)
    return Truth("StatefulSet", name, "probe-misconfigured", "startup-port")


@more
def a_startup_probe_in_plain_http_of_a_tls_server(shop: Shop) -> Truth:
    name = shop.names[0]
    _starting(shop, name, lambda b, port: b.update(startupProbe=_probe(httpGet={"path": "/", "port": port})),
              "HTTP probe failed with statuscode: 400, body: Client sent an HTTP request to an HTTPS server.")  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-protocol")


@more
def a_startup_probe_in_http_of_a_grpc_server(shop: Shop) -> Truth:
    name = shop.names[1]
    _starting(shop, name, lambda b, port: b.update(startupProbe=_probe(httpGet={"path": "/healthz", "port": port})),
              'Get "http://10.1.0.8:{port}/healthz": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00\\x00\\x06\\x04"')  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-protocol")


@more
def a_startup_probe_in_tls_of_a_plain_server(shop: Shop) -> Truth:
    name = shop.names[2]
    _starting(shop, name, lambda b, port: b.update(startupProbe=_probe(httpGet={"path": "/", "port": port, "scheme": "HTTPS"})),
              'Get "https://10.1.0.8:{port}/": http: server gave HTTP response to HTTPS client')  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-protocol")


@more
def a_startup_probe_that_was_shortened(shop: Shop) -> Truth:
    name = shop.names[0]
    for spec in shop.every_spec(name):
        box(spec)["startupProbe"] = _probe(tcpSocket={"port": shop.port_of(name)}, failureThreshold=30)
    _starting(shop, name, lambda b, _: b["startupProbe"].update(failureThreshold=1, periodSeconds=2), "dial tcp 10.1.0.8:{port}: connect: connection refused")  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-timing")


@more
def a_startup_probe_that_does_not_wait_for_an_answer(shop: Shop) -> Truth:
    name = shop.names[1]
    slow = {"path": "/actuator/health", "port": shop.port_of(name)}
    for spec in shop.every_spec(name):
        box(spec)["startupProbe"] = _probe(httpGet=slow, failureThreshold=30, timeoutSeconds=10)
    _starting(shop, name, lambda b, _: b["startupProbe"].update(timeoutSeconds=1, failureThreshold=2),
              'Get "http://10.1.0.8:{port}/actuator/health": context deadline exceeded (Client.Timeout exceeded while awaiting headers)')  # fmt: skip
    return Truth("Deployment", name, "probe-misconfigured", "startup-timing")


@more
def a_readiness_probe_that_waits_for_an_hour(shop: Shop) -> Truth:
    """The new pods run and are first asked in an hour; the old ones are gone."""
    name = shop.names[0]
    shop.change(name, 900, lambda spec: box(spec)["readinessProbe"].update(initialDelaySeconds=3600))
    shop.unready(name, 895)
    return Truth("Deployment", name, "probe-misconfigured", "readiness-timing")


@more
def a_readiness_probe_that_times_out_since_it_was_tightened(shop: Shop) -> Truth:
    name = shop.names[2]
    path = {"path": "/ready", "port": shop.port_of(name)}
    for spec in shop.every_spec(name):
        box(spec)["readinessProbe"] = _probe(httpGet=path, timeoutSeconds=5)
    shop.change(name, 800, lambda spec: box(spec)["readinessProbe"].update(timeoutSeconds=1, periodSeconds=1))
    shop.unready(name, 790)
    for pod in shop.pods_of(name):
        why = f'Readiness probe failed: Get "http://10.1.0.8:{path["port"]}/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        shop.event("Pod", pod, "Unhealthy", why, count=200, ago=3, since=790)
    return Truth("Deployment", name, "probe-misconfigured", "readiness-timing")


@more
def a_liveness_probe_that_times_out_since_it_was_tightened(shop: Shop) -> Truth:
    name = shop.names[1]
    path = {"path": "/alive", "port": shop.port_of(name)}
    for spec in shop.every_spec(name):
        box(spec)["livenessProbe"] = _probe(httpGet=path, timeoutSeconds=5)
    shop.change(name, 800, lambda spec: box(spec)["livenessProbe"].update(timeoutSeconds=1, failureThreshold=1))
    shop.crash(name, code=143, restarts=7, ago=780)
    for pod in shop.pods_of(name):
        why = f'Liveness probe failed: Get "http://10.1.0.8:{path["port"]}/alive": context deadline exceeded'
        shop.event("Pod", pod, "Unhealthy", why, count=20, ago=30, since=790)
        shop.killed(pod, "liveness", count=7, ago=30, since=780)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-timing")


@more
def a_liveness_probe_of_a_new_workload_that_leaves_no_time(shop: Shop) -> Truth:
    name = "billing"
    shop.workload(name, port=8081)
    for kind in ("Deployment", "ReplicaSet", "Pod"):
        for (k, ns, n), o in shop.objects.items():
            if k == kind and ns == shop.ns and n.startswith(name):
                o["metadata"]["creationTimestamp"] = iso(shop.t - 800)
    for spec in shop.every_spec(name):
        box(spec)["livenessProbe"] = {"tcpSocket": {"port": 8081}, "periodSeconds": 1, "failureThreshold": 1}
    shop.crash(name, code=137, restarts=6, ago=790)
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["status"]["startTime"] = iso(shop.t - 798)
        shop.event("Pod", pod, "Unhealthy", "Liveness probe failed: dial tcp 10.1.0.8:8081: connect: connection refused", count=12, ago=30, since=790)  # fmt: skip
        shop.killed(pod, "liveness", count=6, ago=30, since=785)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-timing")
