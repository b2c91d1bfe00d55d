"""Traffic that is needed and that a NetworkPolicy does not let through.

A pod that any policy selects for a direction is closed in it, except for what some policy of that direction allows.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from causeline.core.objects import NetworkPolicy, Peer, PolicyPort, PolicyRule, Port, Service
from causeline.core.pod_spec import serving_containers, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import SERVING_KINDS, Graph, home, namespace_labels, serving_workloads, talks_to
from causeline.knowledge.inspections.services import selected_workloads, template_labels
from causeline.knowledge.labels import selects
from causeline.knowledge.sign import Sign

WORKLOADS_MAX: Final = 200
"""Workloads of a namespace whose traffic is followed for one policy."""
PATHS_MAX: Final = 2000
"""Paths that are judged in one namespace."""
PATHS_TOLD: Final = 5
DNS: Final = ObjectRef("Service", "kube-system", "kube-dns")
"""Who names somebody must be able to ask for the name."""
EVERYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})


class Path(NamedTuple):
    """A client, the Service that it talks to, a workload behind that, and the port there, by number and by name."""

    client: ObjectRef
    service: ObjectRef
    server: ObjectRef
    port: int | str | None
    name: str | None = None
    protocol: str = "TCP"


def policy_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a policy denies what workloads need, with whom it hits."""
    policy = graph.get(ref)
    if not isinstance(policy, NetworkPolicy):
        return []
    memory = f"denied-{graph.calls_known()}"
    shut = graph.remember(memory, home(ref.namespace), lambda: _shut(graph, ref.namespace))
    denied = list(dict.fromkeys(path for path, closing in shut if ref in closing))
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
                    number = _number(graph, server, port)
                    name = next((p.name for p in _declared(graph, server) if p.container_port == number), None)
                    yield Path(client, service, server, number, name, port.protocol)


def _number(graph: Graph, server: ObjectRef, port: Port) -> int | str | None:
    """Return the number of the port that a Service sends to; the name stays where no container declares it."""
    if not isinstance(port.target_port, str):
        return port.target_port or port.port
    named = (p.container_port for p in _declared(graph, server) if p.name == port.target_port)
    return next(named, port.target_port)


def _declared(graph: Graph, server: ObjectRef) -> list[Port]:
    return [p for c in serving_containers(template_of(graph.get(server))) for p in c.ports or ()]


def _clients(graph: Graph, namespace: str | None) -> list[ObjectRef]:
    own = serving_workloads(graph, namespace)[:WORKLOADS_MAX]
    others = [w for kind in SERVING_KINDS for w in graph.all_of(kind) if w.namespace != namespace]
    return own + [w for w in others[:WORKLOADS_MAX] if any(s.namespace == namespace for s in _needs(graph, w))]


def _needs(graph: Graph, client: ObjectRef) -> list[ObjectRef]:
    return [*talks_to(graph, client), *graph.calls_of(client)]


def _shut(graph: Graph, namespace: str | None) -> list[tuple[Path, frozenset[ObjectRef]]]:
    """Return the paths that the policies of a namespace shut, with those that guard their end there."""
    policies = {ref: p for ref in graph.members("NetworkPolicy", namespace) if (p := _policy(graph, ref)) is not None}
    guards: dict[tuple[ObjectRef, str], dict[ObjectRef, NetworkPolicy]] = {}
    found = []
    for path in islice(_paths(graph, namespace), PATHS_MAX):
        for direction, own, other in (("Ingress", path.server, path.client), ("Egress", path.client, path.server)):
            if own.namespace != namespace:
                continue
            mine = guards.get((own, direction))
            if mine is None:
                labels = template_labels(graph, own) or {}
                mine = guards[own, direction] = {
                    ref: p
                    for ref, p in policies.items()
                    if direction in directions(p) and selects(p.spec.pod_selector, labels)
                }
            if mine and not any(_allows(graph, p, direction, namespace, other, path) for p in mine.values()):
                found.append((path, frozenset(mine)))
    return found


def _policy(graph: Graph, ref: ObjectRef) -> NetworkPolicy | None:
    found = graph.get(ref)
    return found if isinstance(found, NetworkPolicy) else None


def directions(policy: NetworkPolicy) -> list[str]:
    """Return which directions a policy closes; without policyTypes: Ingress, and Egress if it has such rules."""
    spec = policy.spec
    return spec.policy_types or (["Ingress", "Egress"] if spec.egress else ["Ingress"])


def _allows(
    graph: Graph, policy: NetworkPolicy, direction: str, home: str | None, other: ObjectRef, path: Path
) -> bool:
    rules = policy.spec.ingress if direction == "Ingress" else policy.spec.egress
    return any(_rule_allows(graph, rule, direction, home, other, path) for rule in rules or ())


def _rule_allows(
    graph: Graph, rule: PolicyRule, direction: str, home: str | None, other: ObjectRef, path: Path
) -> bool:
    if rule.ports and not any(_is_port(p, path) for p in rule.ports):
        return False
    peers = rule.peers_from if direction == "Ingress" else rule.peers_to
    return not peers or any(_is_peer(graph, peer, home, other) for peer in peers)


def _is_port(allowed: PolicyPort, path: Path) -> bool:
    """Tell whether a rule's port is the path's; a port of which only the name is known may be any."""
    if allowed.protocol != path.protocol:
        return False
    if allowed.port is None or isinstance(path.port, str):
        return True
    if isinstance(allowed.port, str):
        return allowed.port == path.name or path.port is None
    if allowed.end_port is not None and path.port is not None:
        return allowed.port <= path.port <= allowed.end_port
    return allowed.port == path.port


def _is_peer(graph: Graph, peer: Peer, home: str | None, other: ObjectRef) -> bool:
    if peer.ip_block is not None:
        return str(peer.ip_block.get("cidr")) in EVERYWHERE and not peer.ip_block.get("except")
    if peer.namespace_selector is not None:
        if not selects(peer.namespace_selector, namespace_labels(graph, other.namespace)):
            return False
    elif other.namespace != home:
        return False
    return peer.pod_selector is None or selects(peer.pod_selector, template_labels(graph, other) or {})
