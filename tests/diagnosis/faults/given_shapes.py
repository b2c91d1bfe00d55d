"""Addresses whose mistake is what they leave out, and names that only one workload can not resolve."""

from typing import Any

from tests.diagnosis.faults.address_shapes import _given, _reads_file
from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]


@more
def a_url_without_the_port_that_its_service_has(shop: Shop) -> Truth:
    """http alone means 80; the Service has another one, and nobody answers there."""
    name, need = shop.names[0], shop.names[2]
    _given(shop, name, 900, ("REPORTS_URL", f"http://{need}/api/v1"))
    shop.log(name, f"urllib3.exceptions.MaxRetryError: HTTPConnectionPool(host='{need}', port=80): Max retries exceeded with url: /api/v1 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPConnection object at 0x7f1c>, 'Connection to {need} timed out. (connect timeout=5)'))", n=8)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "env-port")


@more
def a_port_in_a_file_of_properties(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    name = shop.names[1]
    text = "spring.datasource.username=orders\nspring.datasource.url=jdbc:mysql://sql:3307/orders?useSSL=false\nserver.port=8080\n"  # fmt: skip
    _reads_file(shop, name, f"{name}-properties", {"application.properties": text})
    shop.crash(name, ago=970, restarts=8)
    shop.log(name, "Caused by: com.mysql.cj.exceptions.CJCommunicationsException: Communications link failure: java.net.ConnectException: Connection timed out", n=6)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "config-port", also=[("ConfigMap", f"{name}-properties")])  # fmt: skip


@more
def a_database_that_was_given_a_resolver_of_the_office(shop: Shop) -> Truth:
    """One StatefulSet asks a resolver that knows nothing of the cluster."""
    shop.workload("reports", kind="StatefulSet", port=8086)
    for spec in shop.every_spec("reports"):
        spec |= {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.200.0.53"], "searches": ["corp.example.com"]}}
    shop.crash("reports", ago=1400, restarts=9)
    said_by(shop, shop.pods_of("reports")[0], f"Could not resolve url Host: {shop.names[2]}.{shop.ns}.svc.cluster.local: Name or service not known")  # fmt: skip
    return Truth("StatefulSet", "reports", "dns-resolution-failure")


@more
def an_envoy_whose_cluster_has_an_address_of_nobody(shop: Shop) -> Truth:
    """Its access log alone tells: no healthy upstream."""
    need = shop.names[1]
    text = f"static_resources:\n  clusters:\n  - name: backend\n    type: STRICT_DNS\n    load_assignment:\n      cluster_name: backend\n      endpoints:\n      - lb_endpoints:\n        - endpoint:\n            address:\n              socket_address: {{ address: {need}-v2, port_value: {shop.port_of(need)} }}\n"  # fmt: skip
    shop.gateway("edge", "envoyproxy/envoy:v1.31.0", "edge-envoy", {"envoy.yaml": text}, port=10000, age=2000)
    shop.log("edge", '"GET /api/items HTTP/1.1" 503 UH 0 19 0 - "10.1.0.4" "curl/8.5" "-" "shop.example.com" "-"', n=8)
    return Truth("ConfigMap", "edge-envoy", "gateway-misroute")


@more
def a_gateway_that_does_not_start_for_a_name(shop: Shop) -> Truth:
    """nginx resolves its upstreams once, when it starts."""
    need = shop.names[1]
    text = f"server {{\n  listen 8088;\n  location /api/ {{\n    proxy_pass http://{need}-svc:{shop.port_of(need)};\n  }}\n}}\n"  # fmt: skip
    shop.gateway("front", "nginx:1.27", "front-nginx", {"default.conf": text}, age=2000)
    shop.crash("front", ago=1900, restarts=11)
    shop.log("front", f'nginx: [emerg] host not found in upstream "{need}-svc" in /etc/nginx/conf.d/default.conf:4', n=6)  # fmt: skip
    return Truth("ConfigMap", "front-nginx", "gateway-misroute")


@more
def a_headless_service_whose_members_do_not_find_each_other(shop: Shop) -> Truth:
    """The selector of the Service that the StatefulSet names fits no pod; members are found by its names."""
    shop.workload("mq", kind="StatefulSet", port=5672, replicas=3)
    o = shop.get("StatefulSet", "mq")
    o["spec"]["serviceName"] = "mq-headless"
    shop.put("Service", shop.ns, "mq-headless", age=9 * 86_400.0, spec={"selector": {"app": "rabbit-mq"}, "clusterIP": "None", "ports": [{"port": 5672, "targetPort": 5672, "protocol": "TCP"}]})  # fmt: skip
    shop.slice("mq-headless", shop.ns, "mq")
    shop.crash("mq", ago=1900, restarts=11)
    for pod in shop.pods_of("mq"):
        said_by(shop, pod, f'[error] <0.254.0> unable to connect to epmd (port 4369) on mq-1.mq-headless.{shop.ns}.svc.cluster.local: nxdomain (non-existing domain)')  # fmt: skip
    return Truth("Service", "mq-headless", "service-selector-mismatch")
