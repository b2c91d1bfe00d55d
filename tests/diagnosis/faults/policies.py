"""NetworkPolicies, those that are not to blame among them."""

from typing import Any

from tests.diagnosis.registry import Truth, fault, more
from tests.diagnosis.shop import Shop


@fault
def policy_deny(shop: Shop, v: int) -> Truth:
    name, policy = shop.names[1], ["deny-all", "isolate", "lockdown"][v]
    spec = [
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "nobody"}}}]}],
        },
        {"podSelector": {"matchLabels": {"app": shop.names[0]}}, "policyTypes": ["Egress"], "egress": []},
    ][v]
    shop.put("NetworkPolicy", shop.ns, policy, age=700, spec=spec)
    shop.log(shop.names[0], f"call {name}:{shop.port_of(name)}: dial tcp 10.96.0.7:{shop.port_of(name)}: i/o timeout")
    if v != 1:
        shop.unready(shop.names[0], 650)
    return Truth("NetworkPolicy", policy, "network-policy-deny")


@more
def a_policy_with_other_ports(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.put(
        "NetworkPolicy",
        shop.ns,
        f"{name}-in",
        age=600,
        spec={
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 1, "protocol": "TCP"}]}],
        },
    )
    shop.log(shop.names[0], f"upstream request timeout calling {name}")
    return Truth("NetworkPolicy", f"{name}-in", "network-policy-deny")


@more
def an_egress_policy_without_dns(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.put(
        "NetworkPolicy",
        shop.ns,
        "egress-lock",
        age=600,
        spec={
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 8080, "protocol": "TCP"}]}],
        },
    )
    shop.unready(name, 560)
    shop.log(name, f"dial tcp: lookup {shop.names[1]}.{shop.ns}.svc.cluster.local: i/o timeout", n=8)
    for pod in shop.pods_of(name):
        shop.unhealthy(pod, "readiness", "HTTP probe failed with statuscode: 503", count=50, ago=8, since=560)
    return Truth("NetworkPolicy", "egress-lock", "network-policy-deny")


def _policy(shop: Shop, port: dict[str, Any]) -> str:
    name = shop.names[1]
    spec = {
        "podSelector": {"matchLabels": {"app": name}},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [port]}],
    }
    shop.put("NetworkPolicy", shop.ns, f"{name}-in", age=600, spec=spec)
    shop.log(shop.names[0], f"dial tcp {name}:{shop.port_of(name)}: i/o timeout")
    return f"{name}-in"


@more
def a_policy_that_lets_another_named_port_through(shop: Shop) -> Truth:
    return Truth("NetworkPolicy", _policy(shop, {"port": "admin"}), "network-policy-deny")


@more
def a_policy_that_lets_only_udp_through(shop: Shop) -> Truth:
    port = {"port": shop.port_of(shop.names[1]), "protocol": "UDP"}
    return Truth("NetworkPolicy", _policy(shop, port), "network-policy-deny")


@more
def a_policy_that_lets_a_range_through_beside_a_database_that_is_away(shop: Shop) -> Truth:
    """The range holds the port: the policy is not to blame for what its workload suffers."""
    name = shop.names[1]
    _policy(shop, {"port": 1, "endPort": 65535, "protocol": "TCP"})
    shop.crash(name, ago=500)
    return Truth("Deployment", name, "crashloop-runtime")
