"""Services and the addresses of what a workload asks."""

from tests.diagnosis.registry import FAULTS, Fault, Truth, box, fault, more
from tests.diagnosis.shop import Shop


@fault
def selector(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["selector"] = [{"app": name + "x"}, {"app": name, "version": "v2"}, {"app.name": name}][v]
    if v != 1:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    shop.log(
        shop.names[v - 1] if v else shop.names[-1],
        f"rpc error: code = Unavailable desc = connection error: dial tcp: connect: connection refused {name}",
    )
    return Truth("Service", name, "service-selector-mismatch")


@fault
def service_port(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["ports"][0]["targetPort"] = ["grpc-x", 12345, 9090][v]
    if v == 2:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    client = shop.names[v - 1] if v else None
    if client:
        shop.log(
            client,
            f"could not call {name}: dial tcp 10.96.0.7:{shop.port_of(name)}: connect: connection refused ({name}:{shop.port_of(name)})",
        )
    return Truth("Service", name, "service-port-mismatch")


@fault
def service_protocol(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["ports"][0]["protocol"] = ["UDP", "SCTP", "UDP"][v]
    if v:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    return Truth("Service", name, "service-protocol-mismatch")


def _address(detail: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, need = shop.names[v], shop.names[v + 1]
        bad = f"{need}x:{shop.port_of(need)}" if detail.endswith("address") else f"{need}:{[50099, 8888, 17][v]}"
        key = f"{need.upper().replace('-', '_')}_SERVICE_ADDR"
        if detail.startswith("config"):
            config = f"{name}-addresses"
            made = shop.put("ConfigMap", shop.ns, config, data={key: bad})
            shop.edit(made, 600)
            for spec in shop.every_spec(name):
                box(spec)["envFrom"] = [{"configMapRef": {"name": config}}]
                box(spec)["env"] = [e for e in box(spec)["env"] if e["name"] != key]
            if v:
                shop.rollout(name, 590)
            also = [("ConfigMap", config)]
        else:
            shop.change(name, 600, lambda s: next(e for e in box(s)["env"] if e["name"] == key).update(value=bad))
            also = []
        shop.log(
            name,
            f"failed to call {need}: rpc error: code = Unavailable desc = name resolver error: produced zero addresses"
            if detail.endswith("address")
            else f"dial tcp 10.96.0.7:{bad.rpartition(':')[2]}: i/o timeout",
        )
        if v == 2:
            shop.crash(name, ago=580, restarts=6)
        return Truth("Deployment", name, "dependency-address-wrong", detail, also)

    return make


for _detail in ("env-address", "env-port", "config-address", "config-port"):
    FAULTS[_detail.replace("-", "_")] = _address(_detail)


@fault
def zero(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    o = shop.get("Deployment", name)
    o["spec"]["replicas"] = 0
    o["metadata"]["generation"] = o["status"]["observedGeneration"] = 3
    for pod in shop.pods_of(name):
        shop.drop("Pod", pod)
    o["status"].update(replicas=0)
    shop.refresh(name, 500)
    o["status"]["conditions"][0]["status"] = "True"
    shop.event(
        "Deployment",
        name,
        "ScalingReplicaSet",
        f"Scaled down replica set {name}-abc to 0 from 1",
        type="Normal",
        ago=500,
        since=500,
        component="deployment-controller",
    )
    return Truth("Deployment", name, "scaled-to-zero")


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
def a_selector_in_the_wrong_case(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.get("Service", name)["spec"]["selector"] = {"app": name.upper()}
    shop.slice(name, shop.ns, name)
    return Truth("Service", name, "service-selector-mismatch")


@more
def no_endpointslices_in_the_snapshot(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.get("Service", name)["spec"]["selector"] = {"app": name, "tier": "gold"}
    for key in [k for k in shop.objects if k[0] == "EndpointSlice"]:
        del shop.objects[key]
    shop.not_listed = {"endpointslices"}
    return Truth("Service", name, "service-selector-mismatch")


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
