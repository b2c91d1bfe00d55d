"""Gateways and Ingresses that send to where nobody is, in other shapes."""

from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]


def _path(path: str, service: str, **port: Any) -> Body:
    return {"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": port}}}


def _ingress(shop: Shop, *paths: Body, ago: float | None = None, **spec: Any) -> None:
    rules = [{"host": "shop.example.com", "http": {"paths": list(paths)}}]
    made = shop.put("Ingress", shop.ns, "front", spec={"ingressClassName": "nginx", "rules": rules, **spec})
    if ago is not None:
        shop.edit(made, ago, by="kubectl-client-side-apply")


def _controller(shop: Shop, name: str, line: str) -> None:
    """The Ingress controller runs elsewhere than the shop and says what it can not do."""
    pod = f"{name}-7d5fb757db-w8x2k"
    shop.pod(pod, "kube-system", name, owner=("ReplicaSet", f"{name}-7d5fb757db"))
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": name}
    shop.logs += [{"t": shop.t - 300 + 40 * n, "object": about, "line": line} for n in range(6)]


@more
def one_path_of_three_to_a_service_of_another_name(shop: Shop) -> Truth:
    good, other = shop.names[0], shop.names[1]
    _ingress(shop, _path("/", good, number=shop.port_of(good)), _path("/api", other, number=shop.port_of(other)),
             _path("/pay", f"{shop.names[2]}-api", number=80), ago=2000)  # fmt: skip
    _controller(shop, "ingress-nginx-controller", f'W1126 09:00:00.214113       7 controller.go:1112] Error obtaining Endpoints for Service "{shop.ns}/{shop.names[2]}-api": no object matching key "{shop.ns}/{shop.names[2]}-api" in local store')  # fmt: skip
    return Truth("Ingress", "front", "gateway-misroute")


@more
def a_port_by_a_name_that_its_service_does_not_give(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.get("Service", name)["spec"]["ports"][0]["name"] = "http-web"
    _ingress(shop, _path("/", name, name="http"))
    _controller(shop, "traefik", f'2026-11-26T09:00:00Z ERR Cannot create service error="service port not found" ingress=front namespace={shop.ns} providerName=kubernetes serviceName={name} servicePort=&ServiceBackendPort{{Name:http,Number:0,}}')  # fmt: skip
    return Truth("Ingress", "front", "gateway-misroute")


@more
def a_default_backend_that_was_removed(shop: Shop) -> Truth:
    name = shop.names[0]
    backend = {"service": {"name": "maintenance-page", "port": {"number": 80}}}
    _ingress(shop, _path("/", name, number=shop.port_of(name)), ago=1500, defaultBackend=backend)
    return Truth("Ingress", "front", "gateway-misroute")


@more
def a_caddy_that_proxies_to_a_port_of_before(shop: Shop) -> Truth:
    need = shop.names[2]
    shop.gateway("caddy", "caddy:2.8", "caddyfile", {"Caddyfile": f":8088 {{\n  reverse_proxy /api/* {need}:8443\n}}\n"})  # fmt: skip
    shop.log("caddy", f'{{"level":"error","ts":1790000000.1,"logger":"http.log.error","msg":"dial tcp 10.96.0.7:8443: i/o timeout","request":{{"method":"GET","host":"shop.example.com","uri":"/api/items"}},"status":502,"upstream":"{need}:8443"}}', n=8)  # fmt: skip
    return Truth("ConfigMap", "caddyfile", "gateway-misroute")


@more
def an_ingress_to_an_outside_host_by_an_external_name(shop: Shop) -> Truth:
    """A Service of type ExternalName has no ports to speak of, and none are needed."""
    shop.put("Service", shop.ns, "blog", spec={"type": "ExternalName", "externalName": "blog.example.com", "ports": [{"port": 443}]})  # fmt: skip
    _ingress(shop, _path("/", shop.names[0], number=shop.port_of(shop.names[0])), _path("/blog", "blog", number=443))
    return BENIGN


# --- routes of others ---


@more
def a_virtual_service_to_a_host_of_before(shop: Shop) -> Truth:
    """Istio's gateway finds no cluster for one of three paths."""
    good, other = shop.names[0], shop.names[1]
    hosts = [(f"{good}.{shop.ns}.svc.cluster.local", shop.port_of(good)), (f"{other}-v2.{shop.ns}.svc.cluster.local", shop.port_of(other)), ("api.partner.example", 443)]  # fmt: skip
    http = [{"route": [{"destination": {"host": host, "port": {"number": port}}}]} for host, port in hosts]
    made = shop.put("VirtualService", shop.ns, "public", spec={"hosts": ["shop.example.com"], "gateways": ["istio-system/public"], "http": http})  # fmt: skip
    shop.edit(made, 900)
    return Truth("VirtualService", "public", "gateway-misroute")


@more
def an_openshift_route_to_a_service_that_was_renamed(shop: Shop) -> Truth:
    name = shop.names[2]
    made = shop.put("Route", shop.ns, "www", spec={"host": "www.apps.example.com", "to": {"kind": "Service", "name": f"{name}-svc", "weight": 100}, "port": {"targetPort": "http"}})  # fmt: skip
    shop.edit(made, 900)
    return Truth("Route", "www", "gateway-misroute")


@more
def an_http_route_to_a_port_that_its_service_has_not(shop: Shop) -> Truth:
    name = shop.names[1]
    made = shop.put("HTTPRoute", shop.ns, "front", spec={"parentRefs": [{"name": "public"}], "rules": [{"backendRefs": [{"name": name, "port": 8443}]}]})  # fmt: skip
    shop.edit(made, 900)
    return Truth("HTTPRoute", "front", "gateway-misroute")


@more
def a_canary_of_argo_rollouts_whose_arguments_are_wrong(shop: Shop) -> Truth:
    """The new ReplicaSet of a Rollout crashes, the old one serves; Argo writes some numbers as texts."""
    shop.workload("tracking", replicas=2)
    new = shop.rollout("tracking", 1400)
    box(new["spec"]["template"]["spec"])["args"] = ["--grup=eu"]
    shop.crash("tracking", ago=1380, restarts=8, code=2)
    deployment = shop.get("Deployment", "tracking")
    shop.drop("Deployment", "tracking")
    shop.put("Rollout", shop.ns, "tracking", spec=deployment["spec"], status={"observedGeneration": "7", "readyReplicas": 2})  # fmt: skip
    for (kind, _, _), o in shop.objects.items():
        for owner in o["metadata"].get("ownerReferences", []) if kind == "ReplicaSet" else []:
            if owner["name"] == "tracking":
                owner["kind"] = "Rollout"
    return Truth("Rollout", "tracking", "bad-rollout-crashloop")
