"""Further shapes: policies by port name, range and protocol, and what a policy that allows must not be blamed for."""

from typing import Any

from tests.diagnosis.faults import Truth
from tests.diagnosis.faults_more import more
from tests.diagnosis.shop import Shop


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
