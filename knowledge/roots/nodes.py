"""Nodes: which of them are in trouble, and what of them."""

from collections import Counter
from typing import Final

from causeline.core.objects import Node
from causeline.core.refs import ObjectRef
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

NODES_ASKED: Final = 500
"""Nodes looked at for one symptom; more than these are not all lost, nor all closed to a pod."""
NODE_SYMPTOMS: Final = ("node-not-ready", "node-runtime-down", "node-network-unavailable")
HEARTBEAT_SECONDS: Final = 60.0
"""A node is missed up to 50 s (node-monitor-grace-period) after it stopped, its pods may fail at once."""
LAST_WORDS: Final = {
    "log-host-down": "node-down",
    "machine-taken-back": "node-down",
    "log-kubelet": "kubelet",
    "log-cut-off": "network",
    "log-link": "network",
}
"""What a node's journal, or its cloud, said last -> what of it is lost."""
KILLS_SECONDS: Final = 1800.0
"""The kernel kills again and again, and a list of Events holds the newest kills alone."""
SPOKE_SECONDS: Final = 60.0
"""Lines of programs that are so much younger than the node's last word came from a host that lives."""
SHUT_DOWN: Final = ("node.cloudprovider.kubernetes.io/shutdown", "node.kubernetes.io/out-of-service")


@needing("node-not-ready", "node-unready", "node-network-unavailable", "node-in-maintenance")
def _lost_nodes(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The nodes that are lost and carry the pods, by their share.

    A cordoned one counts if it went silent while pods were there that a drain would have taken away.
    """
    found = _lost(situation, symptom)
    if found or symptom.subject.kind == "DaemonSet":
        return found
    blames = _cordoned(situation, symptom)
    return [b for b in blames if _is_silent(situation.active("node-in-maintenance", b.object))]


def _is_silent(away: Symptom | None) -> bool:
    return away is not None and away.attrs.get("status") == "Unknown"


def nodes_in_trouble(*kinds: str, says_how: bool = True, late: float = HEARTBEAT_SECONDS) -> Root:
    """The nodes that show one of these and carry the pods, by their share; not if it began `late` seconds later."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        nodes = situation.nodes(symptom)
        blames = []
        for ref, share in _shares(nodes):
            trouble = [s for kind in kinds if (s := situation.active(kind, ref))]
            if any(s.since - late <= symptom.since for s in trouble):
                because = f"{nodes.count(ref.name)} of {len(nodes)} on {ref.name}"
                detail = _detail_of_node(situation, trouble[0]) if says_how else None
                blames.append(Blame(ref, detail, share, because))
        return blames

    return needing(*kinds)(root)


_lost = nodes_in_trouble("node-not-ready", "node-unready", "node-network-unavailable")
_cordoned = nodes_in_trouble("node-in-maintenance")


def _detail_of_node(situation: Situation, symptom: Symptom) -> str | None:
    """Tell what of a node is lost: network, kubelet, or all of it; by conditions, taints, its journal, scrapes."""
    is_network = symptom.type == "node-unready" and symptom.attrs.get("problem") == "network"
    if is_network or symptom.type == "node-network-unavailable":
        return "network"
    if symptom.type == "node-unready" and symptom.attrs.get("problem") == "shutdown":
        return "node-down"
    if _is_shut_down(situation, symptom.subject):
        return "node-down"
    if _is_kubelet_ill(situation, symptom.subject):
        return "kubelet"
    if symptom.type == "node-not-ready" and situation.spoke_at(symptom.subject.name) > symptom.since + SPOKE_SECONDS:
        return "kubelet"
    last = [said for kind in LAST_WORDS if (said := situation.active(kind, symptom.subject)) is not None]
    if last:
        return LAST_WORDS[max(last, key=lambda s: s.last_at).type]
    return situation.kubelet_of(symptom.subject.name) or symptom.attrs.get("how") or None


def _is_shut_down(situation: Situation, node: ObjectRef) -> bool:
    """The cloud's controller, or a person, has said by a taint that the machine does not run.

    https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/.
    """
    found = situation.get(node)
    return isinstance(found, Node) and any(t.key in SHUT_DOWN for t in found.spec.taints or ())


def _is_kubelet_ill(situation: Situation, node: ObjectRef) -> bool:
    """A detector on the node, which therefore lives, says that the kubelet does not."""
    found = situation.get(node)
    conditions = (found.status.conditions or ()) if isinstance(found, Node) else ()
    return any(c.type in KUBELET_ILL and c.status == "True" for c in conditions)


KUBELET_ILL: Final = ("KubeletUnhealthy", "KubeletProblem")
"""node-problem-detector's health checker, as it ships and as AKS names it."""


def _node(situation: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject, _detail_of_node(situation, symptom))]


def _here(situation: Situation, kind: str, node: str) -> list[Symptom]:
    """Symptoms of workloads that have a pod on this node."""
    return [s for s in situation.of_type([kind]) if s.subject.kind != "Node" and node in situation.nodes(s)]


def _only_one_here(kind: str) -> Root:
    """The workload on the subject, a Node, that alone shows this."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        found = dict.fromkeys(s.subject for s in _here(situation, kind, symptom.subject.name))
        return [Blame(ref) for ref in found] if len(found) == 1 else []

    return root


_busy = nodes_in_trouble("metric-node-busy", says_how=False)
_busiest = _only_one_here("metric-cpu-high")


@needing("metric-node-busy")
def _who_keeps_nodes_busy(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The busy nodes that carry the pods, or the workload that alone keeps such a node busy."""
    found = []
    for blame in _busy(situation, symptom):
        busy = situation.active("metric-node-busy", blame.object)
        by_one = _busiest(situation, busy) if busy is not None else []
        found += [b._replace(factor=blame.factor) for b in by_one] or [blame]
    return found


def _nodes_of_several(kind: str, of_node: str) -> Root:
    """The Nodes in this trouble that carry the pods, where more than one workload there shows the symptom."""
    find = nodes_in_trouble(of_node, says_how=False)

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        blames = find(situation, symptom)
        return [b for b in blames if len({s.subject for s in _here(situation, kind, b.object.name)}) > 1]

    return root


@needing("node-runtime-silent")
def _nodes_with_silent_runtime(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The nodes whose runtime does not answer as their pods say, where nobody can ask the Node itself; by share."""
    silent = {n for s in situation.of_type(["node-runtime-silent"]) for n in situation.nodes(s)}
    shares = _shares(situation.nodes(symptom))
    return [Blame(ref, None, share) for ref, share in shares if ref.name in silent and situation.get(ref) is None]


@needing("node-not-ready", "node-unready")
def _node_that_held_the_volume(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The one node that was lost before a pod with claims was made anew elsewhere: the volume is still there.

    https://kubernetes.io/docs/concepts/storage/volumes: who can't be asked whether he let go is waited for.
    """
    if not situation.claims_of(symptom):
        return []
    lost = [s for s in situation.of_type(["node-not-ready", "node-unready"]) if s.since <= symptom.since]
    if len(lost) != 1 or lost[0].subject.name in situation.nodes(symptom):
        return []
    return [Blame(lost[0].subject, _detail_of_node(situation, lost[0]), 1.0, "it may still hold the volume")]


@needing("node-disk-full")
def _nodes_without_space(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The nodes on which the pods find no space, by their share."""
    said = situation.active("node-disk-full", symptom.subject)
    nodes = situation.nodes(said) if said is not None else []
    return [Blame(ref, "ephemeral-storage", share) for ref, share in _shares(nodes)]


def _shares(nodes: list[str]) -> list[tuple[ObjectRef, float]]:
    """Return the nodes, each with its share of the pods; `nodes` has one name for each pod."""
    return [(ObjectRef("Node", None, name), count / len(nodes)) for name, count in Counter(nodes).items()]


@needing("sandbox-without-network")
def _network_plugin(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The one node on which pods get no network, with why; of several nodes, the plugin that they have in common."""
    said = situation.active("sandbox-without-network", symptom.subject)
    if said is None:
        return []
    why = said.attrs.get("why")
    nodes = {n for s in situation.of_type(["sandbox-without-network"]) for n in situation.nodes(s)}
    if len(nodes) == 1:
        return [Blame(ObjectRef("Node", None, next(iter(nodes))), why)]
    return [Blame(ObjectRef("Component", None, said.attrs.get("what") or CNI), why)]


CNI: Final = "cni"
"""The network plugin, where no message names it."""


def all_nodes(situation: Situation) -> list[tuple[ObjectRef, Node]]:
    """Return the nodes of the cluster in order of sight, at most NODES_ASKED."""
    return [(ref, n) for ref, n in situation.all_of("Node")[:NODES_ASKED] if isinstance(n, Node)]


@needing("node-not-ready", "node-runtime-down", "node-network-unavailable")
def _lost_workers(situation: Situation, _: Symptom) -> list[Blame]:
    """The nodes whose taints say that they are lost, if pods could run nowhere else; by their share of the workers."""
    workers = [ref for ref, n in all_nodes(situation) if not any("control-plane" in t.key for t in n.spec.taints or ())]
    lost = [ref for ref in workers if any(situation.active(kind, ref) for kind in NODE_SYMPTOMS)]
    return [Blame(ref, None, len(lost) / len(workers), "its taint keeps pods off") for ref in lost]


ROOTS: Final[dict[str, Root]] = {
    "lost-workers": _lost_workers,
    "nodes-without-runtime": nodes_in_trouble("node-runtime-down"),
    "nodes-with-ill-kernels": nodes_in_trouble("node-kernel-trouble", says_how=False),
    "nodes-that-can-not-write": nodes_in_trouble("node-read-only", says_how=False),
    "nodes-with-wrong-clocks": nodes_in_trouble("node-clock-wrong", says_how=False),
    "oom-nodes": nodes_in_trouble("node-oom", says_how=False, late=KILLS_SECONDS),
    "node-that-held-the-volume": _node_that_held_the_volume,
    "nodes-without-space": _nodes_without_space,
    "network-plugin": _network_plugin,
    "lost-nodes": _lost_nodes,
    "node": _node,
    "busiest-here": _busiest,
    "only-writer-here": _only_one_here("metric-io-slow"),
    "slow-disk-nodes-of-several": _nodes_of_several("metric-io-slow", "metric-node-io-slow"),
    "busy-nodes": _who_keeps_nodes_busy,
    "lossy-nodes": nodes_in_trouble("metric-node-loses-packets", says_how=False),
    "slow-disk-nodes": nodes_in_trouble("metric-node-io-slow", says_how=False),
    "slow-network-nodes": nodes_in_trouble("metric-node-latency", says_how=False),
    "full-conntrack-nodes": nodes_in_trouble("metric-conntrack-full", says_how=False),
    "nodes-with-silent-runtime": _nodes_with_silent_runtime,
    "bad-network-nodes": nodes_in_trouble("metric-node-network", says_how=False),
}
