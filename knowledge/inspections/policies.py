"""Traffic that is needed and that a NetworkPolicy does not let through.

A pod that any policy selects for a direction is closed in it, except for what some policy of that direction allows.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from causeline.core.objects import NetworkPolicy, Peer, PolicyRule, Port, Service
from causeline.core.pod_spec import template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import SERVING_KINDS, Graph, serving_workloads, talks_to
from causeline.knowledge.inspections.services import selected_workloads, template_labels
from causeline.knowledge.labels import selects
from causeline.knowledge.sign import Sign

WORKLOADS_MAX: Final = 200
"""Workloads of a namespace whose traffic is followed for one policy."""
PATHS_TOLD: Final = 5
DNS: Final = ObjectRef("Service", "kube-system", "kube-dns")
"""Who names somebody must be able to ask for the name."""
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
    """Yield who must reach whom, of clients in the namespace and of those elsewhere that speak of its Services."""
    for client in _clients(graph, namespace):
        needed = dict.fromkeys([*talks_to(graph, client), *(c for c in graph.calls_of(client) if c.kind == "Service")])
        names = [*needed, DNS] if needed and graph.get(DNS) is not None else [*needed]
        for service in names:
            there = graph.get(service)
            ports = (there.spec.ports or ()) if isinstance(there, Service) else ()
            for server in selected_workloads(graph, service):
                for port in ports[:1]:
                    yield Path(client, service, server, _number(graph, server, port))


def _number(graph: Graph, server: ObjectRef, port: Port) -> int | str | None:
    """Return the number of the port that a Service sends to; the name stays where no container declares it."""
    if not isinstance(port.target_port, str):
        return port.target_port or port.port
    spec = template_of(graph.get(server))
    declared = [p for c in (spec.containers if spec is not None else ()) for p in c.ports or ()]
    return next((p.container_port for p in declared if p.name == port.target_port), port.target_port)


def _clients(graph: Graph, namespace: str | None) -> list[ObjectRef]:
    own = serving_workloads(graph, namespace)[:WORKLOADS_MAX]
    others = [w for kind in SERVING_KINDS for w in graph.all_of(kind) if w.namespace != namespace]
    return own + [w for w in others[:WORKLOADS_MAX] if any(s.namespace == namespace for s in _needs(graph, w))]


def _needs(graph: Graph, client: ObjectRef) -> list[ObjectRef]:
    return [*talks_to(graph, client), *graph.calls_of(client)]


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
        return str(peer.ip_block.get("cidr")) in EVERYWHERE and not peer.ip_block.get("except")
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
