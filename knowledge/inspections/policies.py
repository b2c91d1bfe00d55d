"""Traffic that is needed and that a NetworkPolicy does not let through.

A pod that any policy selects for a direction is closed in it, except for what some policy of that direction allows.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from causeline.core.objects import NetworkPolicy, Peer, PolicyRule, Service
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph, serving_workloads, talks_to
from causeline.knowledge.inspections.services import selected_workloads, template_labels
from causeline.knowledge.labels import selects
from causeline.knowledge.sign import Sign

WORKLOADS_MAX: Final = 200
"""Workloads of a namespace whose traffic is followed for one policy."""
PATHS_TOLD: Final = 5
EVERYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})


class Path(NamedTuple):
    """A client, the Service that it talks to, a workload behind that, and the port there."""

    client: ObjectRef
    service: ObjectRef
    server: ObjectRef
    port: int | str | None


def policy_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a policy denies what workloads need, with whom it hits."""
    policy = graph.get(ref)
    if not isinstance(policy, NetworkPolicy):
        return []
    denied = [p for p in _paths(graph, ref.namespace) if _denies(graph, policy, p)]
    if not denied:
        return []
    shown = "; ".join(f"{p.client} to {p.service}" for p in denied[:PATHS_TOLD])
    hit = sorted({str(p.client) for p in denied} | {str(p.service) for p in denied} | {str(p.server) for p in denied})
    attrs = {"paths": shown, "hit": "|".join(hit), "shows": f"lets no traffic through from {shown}"}
    return [Sign("policy.denies", attrs, graph.as_of(ref))]


def _paths(graph: Graph, namespace: str | None) -> Iterator[Path]:
    clients = serving_workloads(graph, namespace)[:WORKLOADS_MAX]
    for client in clients:
        for service in talks_to(graph, client):
            there = graph.get(service)
            ports = (there.spec.ports or ()) if isinstance(there, Service) else ()
            for server in selected_workloads(graph, service):
                for port in ports[:1]:
                    yield Path(client, service, server, port.target_port or port.port)


def _denies(graph: Graph, policy: NetworkPolicy, path: Path) -> bool:
    spec, home = policy.spec, policy.metadata.namespace
    for direction, own, other in (("Ingress", path.server, path.client), ("Egress", path.client, path.server)):
        is_closed = direction in directions(policy) and own.namespace == home
        if is_closed and selects(spec.pod_selector, template_labels(graph, own) or {}):
            others = (graph.get(r) for r in graph.members("NetworkPolicy", home))
            closing = [p for p in others if isinstance(p, NetworkPolicy) and direction in directions(p)]
            mine = [p for p in closing if selects(p.spec.pod_selector, template_labels(graph, own) or {})]
            if not any(_allows(graph, p, direction, home, other, path.port) for p in mine):
                return True
    return False


def directions(policy: NetworkPolicy) -> list[str]:
    """Return which directions a policy closes; without policyTypes: Ingress, and Egress if it has such rules."""
    spec = policy.spec
    return spec.policy_types or (["Ingress", "Egress"] if spec.egress else ["Ingress"])


def _allows(
    graph: Graph, policy: NetworkPolicy, direction: str, home: str | None, other: ObjectRef, port: int | str | None
) -> bool:
    rules = policy.spec.ingress if direction == "Ingress" else policy.spec.egress
    return any(_rule_allows(graph, rule, direction, home, other, port) for rule in rules or ())


def _rule_allows(
    graph: Graph, rule: PolicyRule, direction: str, home: str | None, other: ObjectRef, port: int | str | None
) -> bool:
    if rule.ports and not any(p.port is None or p.port == port or isinstance(port, str) for p in rule.ports):
        return False
    peers = rule.peers_from if direction == "Ingress" else rule.peers_to
    return not peers or any(_is_peer(graph, peer, home, other) for peer in peers)


def _is_peer(graph: Graph, peer: Peer, home: str | None, other: ObjectRef) -> bool:
    if peer.ip_block is not None:
        return str(peer.ip_block.get("cidr")) in EVERYWHERE
    if peer.namespace_selector is not None:
        there = graph.get(ObjectRef("Namespace", None, other.namespace or ""))
        labels = {
            "kubernetes.io/metadata.name": other.namespace or "",
            **((there.metadata.labels or {}) if there else {}),
        }
        if not selects(peer.namespace_selector, labels):
            return False
    elif other.namespace != home:
        return False
    return peer.pod_selector is None or selects(peer.pod_selector, template_labels(graph, other) or {})
