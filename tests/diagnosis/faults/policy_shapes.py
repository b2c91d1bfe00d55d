"""NetworkPolicies that keep away whom they were meant to let in, in other shapes."""

from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]
DNS: Body = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def _policy(shop: Shop, name: str, app: str, age: float = 700.0, **spec: Any) -> Truth:
    kinds = [kind for kind in ("Ingress", "Egress") if kind.lower() in spec]
    shop.put("NetworkPolicy", shop.ns, name, age=age, spec={"podSelector": {"matchLabels": {"app": app}}, "policyTypes": kinds, **spec})  # fmt: skip
    return Truth("NetworkPolicy", name, "network-policy-deny")


def _asks_the_store(shop: Shop, client: str) -> int:
    port: int = shop.get("Service", shop.db)["spec"]["ports"][0]["port"]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "STORE_ADDR", "value": f"{shop.db}:{port}"})
    return port


@more
def a_database_that_lets_only_a_role_in_that_nobody_has(shop: Shop) -> Truth:
    client = shop.names[0]
    port = _asks_the_store(shop, client)
    rule = {"from": [{"podSelector": {"matchLabels": {"role": "backend"}}}], "ports": [{"port": port, "protocol": "TCP"}]}  # fmt: skip
    truth = _policy(shop, f"{shop.db}-clients", shop.db, ingress=[rule])
    shop.crash(client, ago=600, restarts=6)
    shop.log(client, f"dial tcp 10.96.0.7:{port}: connect: connection timed out ({shop.db}:{port})", n=8)
    return truth


@more
def a_policy_of_an_egress_to_the_internet_alone(shop: Shop) -> Truth:
    """All addresses but the private ones, and names: the database is inside."""
    client = shop.names[1]
    port = _asks_the_store(shop, client)
    block = {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}
    truth = _policy(shop, "internet-only", client, age=1200, egress=[DNS, {"to": [{"ipBlock": block}]}])
    shop.unready(client, 1150)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", 'Readiness probe failed: Get "http://10.1.1.7:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', count=115, ago=4, since=1140)  # fmt: skip
    shop.log(client, f"pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on '{shop.db}' (timed out)\")" if shop.db == "mysql" else f"redis.exceptions.TimeoutError: Timeout connecting to server {shop.db}:{port}", n=8)  # fmt: skip
    return truth


@more
def a_policy_by_a_label_that_the_namespace_does_not_have(shop: Shop) -> Truth:
    """Callers of the same namespace are let in by a label of it, which it never got."""
    name = shop.names[1]
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"team": "commerce"}}}]}
    truth = _policy(shop, "from-commerce", name, ingress=[rule])
    shop.log(shop.names[0], f"upstream connect error or disconnect/reset before headers. reset reason: connection timeout ({name}:{shop.port_of(name)})", n=8)  # fmt: skip
    return truth


@more
def policies_that_deny_first_and_allow_what_is_needed(shop: Shop) -> Truth:
    """What one policy does not let through another does."""
    shop.put("Namespace", None, shop.ns, metadata={"labels": {"kubernetes.io/metadata.name": shop.ns}}, status={"phase": "Active"})  # fmt: skip
    shop.put("NetworkPolicy", shop.ns, "default-deny", age=900, spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})  # fmt: skip
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.ns}}}
    shop.put("NetworkPolicy", shop.ns, "same-namespace", age=900, spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [peer]}], "egress": [{"to": [peer]}, DNS]})  # fmt: skip
    shop.log(shop.names[0], "call took long: i/o timeout, retried and answered", n=2)
    return BENIGN
