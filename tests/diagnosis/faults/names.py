"""Names that do not resolve: a resolver of one's own, a search list, an outside name, a DNS that is busy."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop


def _with_dns(shop: Shop, ago: float, **fields: Any) -> str:
    name = shop.names[1]
    shop.change(name, ago, lambda spec: spec.update(fields))
    return name


@more
def a_workload_that_asks_the_nodes_resolver(shop: Shop) -> Truth:
    name = _with_dns(shop, 700, dnsPolicy="Default")
    need = shop.names[2]
    shop.log(name, f"dial tcp: lookup {need} on 8.8.8.8:53: no such host", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")


@more
def a_workload_with_a_resolver_that_does_not_answer(shop: Shop) -> Truth:
    name = _with_dns(shop, 700, dnsPolicy="None", dnsConfig={"nameservers": ["10.99.99.99"]})
    shop.crash(name, ago=650)
    shop.log(name, f"java.net.UnknownHostException: {shop.names[2]}: Temporary failure in name resolution", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")


@more
def a_workload_without_the_clusters_search_list(shop: Shop) -> Truth:
    name = _with_dns(shop, 700, dnsPolicy="None", dnsConfig={"nameservers": ["10.96.0.10"], "searches": ["corp.example.com"]})  # fmt: skip
    shop.unready(name, 650)
    shop.log(name, f"getaddrinfo ENOTFOUND {shop.names[2]}", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")


@more
def a_workload_in_the_hosts_network_with_the_wrong_policy(shop: Shop) -> Truth:
    """With hostNetwork, ClusterFirst means the node's resolver: ClusterFirstWithHostNet is what was meant."""
    name = _with_dns(shop, 700, hostNetwork=True, dnsPolicy="ClusterFirst")
    shop.log(name, f"could not resolve host: {shop.names[2]}.{shop.ns}.svc.cluster.local", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")


@more
def an_outside_name_that_nobody_has(shop: Shop) -> Truth:
    name = shop.names[0]
    variable = {"name": "PAYMENTS_URL", "value": "https://api.paymentz.example.com/v1"}
    for spec in shop.every_spec(name):
        box(spec)["env"].append(variable)
    shop.log(name, "dial tcp: lookup api.paymentz.example.com on 10.96.0.10:53: no such host", n=8)
    return Truth("Deployment", name, "dns-resolution-failure")
