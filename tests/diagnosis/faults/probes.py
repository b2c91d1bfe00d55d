"""Probes that kill or keep out."""

from typing import Any

from tests.diagnosis.registry import FAULTS, Fault, Truth, box, fault, more
from tests.diagnosis.shop import Shop


@fault
def liveness(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.crash(name, code=137, restarts=7)
    for pod in shop.pods_of(name):
        why = [
            "HTTP probe failed with statuscode: 500",
            'Get "http://10.1.1.1:8080/healthz": context deadline exceeded',
            "HTTP probe failed with statuscode: 503",
        ][v]
        shop.unhealthy(pod, "liveness", why, count=21, ago=40, since=900)
        shop.killed(pod, "liveness", count=7, ago=60, since=880)
    return Truth("Deployment", name, "liveness-failing")


@fault
def readiness(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.unready(name, 700)
    why = ["HTTP probe failed with statuscode: 503", "HTTP probe failed with statuscode: 500", "command timed out"][v]
    for pod in shop.pods_of(name):
        shop.unhealthy(pod, "readiness", why, count=60, ago=8, since=700)
    return Truth("Deployment", name, "readiness-failing")


def _probe(kind: str, part: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name = shop.names[v]
        port = shop.port_of(name)

        def how(spec: dict[str, Any]) -> None:
            probe = box(spec)[f"{kind}Probe"]
            if part == "port":
                probe["tcpSocket"] = {"port": [9999, 8081, 1234][v]}
            elif part == "protocol":
                probe.pop("tcpSocket", None)
                probe["httpGet"] = {"port": port, "path": "/", "scheme": "HTTPS" if v == 1 else "HTTP"}
            else:
                probe.update(initialDelaySeconds=0, periodSeconds=1, failureThreshold=1, timeoutSeconds=1)

        shop.change(name, 600, how)
        if v == 2:  # only the newest state is known
            for old in [
                n
                for (k, _, n), o in shop.objects.items()
                if k == "ReplicaSet" and n.startswith(name + "-") and not o["spec"]["replicas"]
            ]:
                if part != "timing":
                    shop.drop("ReplicaSet", old)
        why = {
            "port": f"dial tcp 10.1.1.1:{[9999, 8081, 1234][v]}: connect: connection refused",
            "protocol": [
                'Get "http://10.1.1.1:%d/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00"'
                % port,
                'Get "https://10.1.1.1:%d/": http: server gave HTTP response to HTTPS client' % port,
            ][v % 2],
            "timing": "dial tcp 10.1.1.1:%d: connect: connection refused" % port,
        }[part]
        if kind == "readiness":
            shop.unready(name, 595)
        else:
            shop.crash(name, code=137, restarts=6, ago=590)
        for pod in shop.pods_of(name):
            shop.unhealthy(pod, kind, why, count=40, ago=10, since=590)
            if kind == "liveness":
                shop.killed(pod, "liveness", count=6, ago=60, since=580)
        return Truth("Deployment", name, "probe-misconfigured", f"{kind}-{part}")

    return make


for _kind in ("readiness", "liveness"):
    for _part in ("port", "protocol", "timing"):
        FAULTS[f"{_kind}_{_part}"] = _probe(_kind, _part)


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
        shop.unhealthy(p, "liveness", "HTTP probe failed with statuscode: 404", count=18, ago=30, since=560)
        shop.killed(p, "liveness", count=6, ago=60, since=540)
    return Truth("Deployment", name, "probe-misconfigured", "liveness-protocol")


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
        shop.unhealthy(pod, "liveness", "HTTP probe failed with statuscode: 503", count=12, ago=25, since=380)
        shop.killed(pod, "liveness", count=4, ago=40, since=350)
    shop.log(name, f"dial tcp: connect to {shop.db} refused: connection refused", n=6)
    return Truth("StatefulSet", shop.db, "scaled-to-zero")


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
    why = 'Get "http://10.1.0.9:8080/": dial tcp 10.1.0.9:8080: connect: connection refused'
    for pod in shop.pods_of(name):
        shop.unhealthy(pod, "startup", why, count=14, ago=20, since=690)
        shop.killed(pod, "startup", count=7, ago=30, since=680)
    return Truth("Deployment", name, "probe-misconfigured", "startup-timing")
