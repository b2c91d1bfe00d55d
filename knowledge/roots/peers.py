"""Where those are who do not answer: a node whose pods nobody reaches, as the clients' lines tell by address."""

from typing import Final

import re2

from causeline.core.refs import ObjectRef
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

CLIENTS_MAX: Final = 50
"""Of so many workloads the lines are read."""
CLIENTS_MIN: Final = 2
PEERS_MIN: Final = 2
"""So many workloads must complain, of pods of so many others, before the node that all these share is to blame."""
_PEER: Final = re2.compile(r"(?:->|dial tcp |connect to |/)((?:[0-9]{1,3}\.){3}[0-9]{1,3}):[0-9]{1,5}\b")
"""Whom a line names as the other side: Go's net package, Java's InetSocketAddress."""


@needing("log-unreachable")
def _node_of_silent_peers(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The one node on which all pods are that clients, of several workloads, get no answer from in time."""
    late = [s for s in situation.of_type(["log-unreachable"]) if s.attrs.get("kind") == "timeout"]
    here = [s for s in late if s.subject.namespace == symptom.subject.namespace][:CLIENTS_MAX]
    if len(here) < CLIENTS_MIN:
        return []
    named = {ip for s in here for e in s.evidence for ip in _PEER.findall(e.text)}
    pods = [(ref, p) for ref, p in situation.pods_of(symptom.subject.namespace or "") if p.status.pod_ip in named]
    nodes = {p.spec.node_name for _, p in pods}
    owners = {o.name for _, p in pods for o in p.metadata.owner_references or ()}
    if {p.status.pod_ip for _, p in pods} != named or len(owners) < PEERS_MIN or len(nodes) != 1 or None in nodes:
        return []
    if all(node in nodes for s in here for node in situation.nodes(s)):
        return []  # they are there themselves, and do without the network between nodes
    because = f"all who do not answer in time are there: {', '.join(ref.name for ref, _ in pods[:3])}"
    return [Blame(ObjectRef("Node", None, str(nodes.pop())), None, 1.0, because)]


ROOTS: Final[dict[str, Root]] = {"node-of-silent-peers": _node_of_silent_peers}
