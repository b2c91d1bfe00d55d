"""Services that select nobody, send elsewhere, speak another protocol, or have nobody behind them, in other shapes."""

from typing import Any

from tests.diagnosis.faults.logins import server
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


def _refused(shop: Shop, client: str, port: int, n: int = 8) -> None:
    shop.log(client, f'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 10.96.0.7:{port}: connect: connection refused"', n=n)  # fmt: skip


def _labels(shop: Shop, name: str, **labels: str) -> None:
    """The workload's pods, and the templates that they are made of, carry these labels as well."""
    for (kind, ns, n), o in shop.objects.items():
        if ns != shop.ns:
            continue
        if kind == "Pod" and o["metadata"]["labels"].get("app") == name:
            o["metadata"]["labels"] |= labels
        elif (kind, n) == ("Deployment", name) or (kind == "ReplicaSet" and n.rpartition("-")[0] == name):
            o["spec"]["template"]["metadata"]["labels"] |= labels


def _selects(shop: Shop, name: str, selector: dict[str, str]) -> Body:
    service = shop.get("Service", name)
    service["spec"]["selector"] = selector
    shop.slice(name, shop.ns, name)
    return service


def _ingress(shop: Shop, name: str) -> None:
    """Requests from outside reach the Service through ingress-nginx, whose controller says what it misses."""
    backend = {"service": {"name": name, "port": {"number": shop.port_of(name)}}}
    shop.put("Ingress", shop.ns, "front", spec={"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]})  # fmt: skip
    pod = shop.pod("ingress-nginx-controller-7d5fb757db-w8x2k", "kube-system", "ingress-nginx", owner=("ReplicaSet", "ingress-nginx-controller-7d5fb757db"))  # fmt: skip
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod["metadata"]["name"], "container": "ingress-nginx"}
    line = f'W1126 09:00:00.214113       7 controller.go:1230] Service "{shop.ns}/{name}" does not have any active Endpoint.'  # fmt: skip
    shop.logs += [{"t": shop.t - 300 + 40 * n, "object": about, "line": line} for n in range(6)]


# --- selectors ---


@more
def a_version_in_a_selector_that_a_rollout_left_behind(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.rollout(name, 900)
    _labels(shop, name, version="2.0.0")
    _selects(shop, name, {"app": name, "version": "1.9.3"})
    _refused(shop, shop.names[0], shop.port_of(name))
    return Truth("Service", name, "service-selector-mismatch")


@more
def a_switch_to_a_colour_that_nobody_wears(shop: Shop) -> Truth:
    """Blue and green: the Service was patched to green before anything green was there."""
    name = shop.names[0]
    _labels(shop, name, slot="blue")
    service = _selects(shop, name, {"app": name, "slot": "green"})
    shop.edit(service, 420, by="kubectl-patch")
    _ingress(shop, name)
    return Truth("Service", name, "service-selector-mismatch")


@more
def a_service_of_agents_with_the_labels_of_an_older_chart(shop: Shop) -> Truth:
    """Nobody complains: a scrape without targets is a scrape without errors."""
    shop.daemon("node-exporter")
    shop.put("Service", "kube-system", "node-exporter", spec={"selector": {"k8s-app": "node-exporter"}, "clusterIP": "None", "ports": [{"name": "metrics", "port": 9100, "targetPort": 9100, "protocol": "TCP"}]})  # fmt: skip
    shop.slice("node-exporter", "kube-system", "node-exporter")
    return Truth("Service", "node-exporter", "service-selector-mismatch")


# --- ports ---


@more
def one_of_two_ports_of_a_service_leads_elsewhere(shop: Shop) -> Truth:
    name = shop.names[1]
    for spec in shop.every_spec(name):
        box(spec)["ports"] = [{"name": "grpc", "containerPort": shop.port_of(name)}, {"name": "admin", "containerPort": 8090}]  # fmt: skip
    service = shop.get("Service", name)
    service["spec"]["ports"] = [
        {"name": "grpc", "port": shop.port_of(name), "targetPort": 50052, "protocol": "TCP"},
        {"name": "admin", "port": 8090, "targetPort": 8090, "protocol": "TCP"},
    ]
    shop.edit(service, 800, by="helm")
    shop.slice(name, shop.ns, name)
    _refused(shop, shop.names[0], shop.port_of(name))
    return Truth("Service", name, "service-port-mismatch")


@more
def a_program_that_listens_elsewhere_since_its_rollout(shop: Shop) -> Truth:
    """Probes and ports of the container moved along; its Service did not."""
    name = shop.names[2]

    def how(spec: Body) -> None:
        box(spec)["ports"] = [{"containerPort": 4000, "protocol": "TCP"}]
        for probe in ("readinessProbe", "livenessProbe"):
            box(spec)[probe] = {"tcpSocket": {"port": 4000}, "periodSeconds": 10, "failureThreshold": 3}

    shop.change(name, 700, how)
    shop.log(shop.names[1], f"Error: connect ECONNREFUSED 10.96.0.7:{shop.port_of(name)} ({name})", n=8)
    return Truth("Service", name, "service-port-mismatch")


@more
def a_service_of_a_postgres_with_the_port_of_a_mysql(shop: Shop) -> Truth:
    server(shop, "pg", "postgres:16", 5432)
    shop.get("Service", "pg")["spec"]["ports"] = [{"name": "sql", "port": 5432, "targetPort": 3306, "protocol": "TCP"}]
    shop.slice("pg", shop.ns, "pg")
    client = shop.names[0]
    shop.crash(client, ago=800, restarts=8)
    shop.log(client, "org.postgresql.util.PSQLException: Connection to pg:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.", n=8)  # fmt: skip
    return Truth("Service", "pg", "service-port-mismatch")


# --- protocols ---


def _speaks(shop: Shop, name: str, port: int, inside: str, outside: str, **spec: Any) -> None:
    """A workload without probes whose container and Service name the protocol apart."""
    shop.workload(name, port=port)
    for s in shop.every_spec(name):
        box(s)["ports"] = [{"containerPort": port, "protocol": inside}]
        for probe in ("readinessProbe", "livenessProbe"):
            box(s).pop(probe)
    shop.get("Service", name)["spec"] |= {"ports": [{"name": "main", "port": port, "targetPort": port, "protocol": outside}], **spec}  # fmt: skip
    shop.slice(name, shop.ns, name)


@more
def a_statsd_whose_service_left_the_protocol_out(shop: Shop) -> Truth:
    """Without a protocol, a port is of TCP; datagrams to it are lost without a word."""
    _speaks(shop, "statsd", 9125, "UDP", "TCP")
    return Truth("Service", "statsd", "service-protocol-mismatch")


@more
def a_load_balancer_that_could_not_mix_protocols(shop: Shop) -> Truth:
    _speaks(shop, "voip", 5060, "UDP", "TCP", type="LoadBalancer")
    for s in shop.every_spec("voip"):
        box(s)["ports"].append({"name": "http", "containerPort": 8080, "protocol": "TCP"})
    service = shop.get("Service", "voip")
    service["spec"]["ports"].append({"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"})
    service["status"] = {"loadBalancer": {"ingress": [{"hostname": "a1b2c3.elb.eu-west-1.amazonaws.com"}]}}
    shop.edit(service, 5000, by="kubectl-client-side-apply")
    return Truth("Service", "voip", "service-protocol-mismatch")


@more
def a_database_whose_service_speaks_udp_and_whose_client_is_not_ready(shop: Shop) -> Truth:
    service, client = shop.get("Service", shop.db), shop.names[0]
    service["spec"]["ports"][0]["protocol"] = "UDP"
    shop.edit(service, 650)
    shop.slice(shop.db, shop.ns, shop.db)
    port = service["spec"]["ports"][0]["port"]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "STORE_ADDR", "value": f"{shop.db}:{port}"})
    shop.unready(client, 600)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=58, ago=6, since=600)  # fmt: skip
    shop.log(client, f"dial tcp 10.96.0.7:{port}: i/o timeout ({shop.db}:{port})", n=8)
    return Truth("Service", shop.db, "service-protocol-mismatch")


# --- nobody behind them ---


def _to_zero(shop: Shop, name: str, ago: float, by: str) -> Body:
    """Somebody scaled it; the Events of that are over."""
    o = shop.get("Deployment", name)
    o["spec"]["replicas"] = 0
    o["metadata"]["generation"] = o["status"]["observedGeneration"] = 3
    o["metadata"]["managedFields"] = [{"manager": by, "operation": "Update", "subresource": "scale", "time": iso(shop.t - ago)}]  # fmt: skip
    for pod in shop.pods_of(name):
        shop.drop("Pod", pod)
    for (kind, ns, n), made in shop.objects.items():
        if kind == "ReplicaSet" and ns == shop.ns and n.rpartition("-")[0] == name:
            made["spec"]["replicas"], made["status"] = 0, {"replicas": 0, "observedGeneration": 3}
    shop.refresh(name, ago)
    o["status"] = {"observedGeneration": 3, "conditions": o["status"]["conditions"]}
    o["status"]["conditions"][0].update(status="True", reason="MinimumReplicasAvailable")
    return o


@more
def an_autoscaler_that_rests_for_its_target_has_no_replicas(shop: Shop) -> Truth:
    name = shop.names[1]
    _to_zero(shop, name, 4000, "kubectl")
    conditions = [
        shop.cond("AbleToScale", "True", 9 * 86_400, "SucceededGetScale", "the HPA controller was able to get the target's current scale"),
        shop.cond("ScalingActive", "False", 3990, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero"),
    ]  # fmt: skip
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": 2, "maxReplicas": 6},
             status={"currentReplicas": 0, "desiredReplicas": 0, "conditions": conditions})  # fmt: skip
    _refused(shop, shop.names[0], shop.port_of(name))
    return Truth("Deployment", name, "scaled-to-zero")


@more
def a_front_at_zero_of_which_its_ingress_tells(shop: Shop) -> Truth:
    name = shop.names[0]
    _to_zero(shop, name, 7000, "kubectl")
    _ingress(shop, name)
    return Truth("Deployment", name, "scaled-to-zero")
