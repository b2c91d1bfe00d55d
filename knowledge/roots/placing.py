"""Pods that no node takes: what keeps them off those nodes that they are bound to.

The scheduler says of each node its first reason only, and asks for cordons and taints before it asks for labels: of a
pod bound to one cordoned node it says that most nodes do not match, and nothing of the one that does.
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from typing import Any, Final

from causeline.core.objects import Expression, LabelSelector, Node, Pod, Taint
from causeline.knowledge.labels import selects
from causeline.knowledge.quantities import quantity
from causeline.knowledge.roots.nodes import all_nodes
from causeline.knowledge.situation import Blame, Root, Situation
from causeline.knowledge.symptom import Symptom

CHOSEN: Final = ("node-selector", "node-affinity")
NAMED_MAX: Final = 5
"""Nodes that the text of a cause names."""
KEEPING_OFF: Final = ("NoSchedule", "NoExecute")
CORDON: Final = "node.kubernetes.io/unschedulable"
HOSTNAME: Final = "metadata.name"
SHARED: Final = ("cpu", "memory", "pods", "ephemeral-storage")
"""Resources that every node has: of these a node may be full."""


def _kept_off(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with what keeps its pods off the nodes that they are bound to: a cordon or a taint of those."""
    detail = symptom.attrs.get("what", "")
    for pod in situation.pods(symptom)[:1] if detail in CHOSEN else ():
        bound = [n for _, n in all_nodes(situation) if _is_bound_to(pod, n)]
        if against := _of_all(bound, pod):
            return [Blame(symptom.subject, against, 1.0, f"bound to {_names(bound)}, kept off by {against}")]
    return [Blame(symptom.subject, detail or None)]


def _kept_off_from_room(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, where all nodes that have such a resource at all have a cordon or a taint against its pods."""
    resource = symptom.attrs.get("what", "")
    for pod in situation.pods(symptom)[:1] if resource not in SHARED else ():
        having = [n for _, n in all_nodes(situation) if quantity((n.status.allocatable or {}).get(resource, "0")) > 0]
        if against := _of_all(having, pod):
            return [Blame(symptom.subject, against, 1.0, f"only {_names(having)} has {resource}")]
    return []


def _names(nodes: list[Node]) -> str:
    return ", ".join(n.metadata.name for n in nodes[:NAMED_MAX])


def _of_all(nodes: list[Node], pod: Pod) -> str:
    """Return what all these nodes have against the pod, '' where there are none or one would take it."""
    if not nodes:
        return ""
    if all(n.spec.unschedulable for n in nodes):
        return "cordon"
    return "taint" if all(n.spec.unschedulable or _repels(n, pod) for n in nodes) else ""


def _repels(node: Node, pod: Pod) -> bool:
    tolerations = pod.spec.tolerations or []
    taints = [t for t in node.spec.taints or () if t.effect in KEEPING_OFF and t.key != CORDON]
    return any(not any(_tolerates(toleration, taint) for toleration in tolerations) for taint in taints)


def _tolerates(toleration: dict[str, Any], taint: Taint) -> bool:
    if toleration.get("effect") not in (None, "", taint.effect):
        return False
    key = toleration.get("key")
    if toleration.get("operator") == "Exists":
        return key in (None, "", taint.key)
    return key == taint.key and (toleration.get("value") or "") == (taint.value or "")


def _is_bound_to(pod: Pod, node: Node) -> bool:
    labels = node.metadata.labels or {}
    if any(labels.get(key) != value for key, value in (pod.spec.node_selector or {}).items()):
        return False
    terms = _terms(pod)
    return not terms or any(_holds(term, node, labels) for term in terms)


def _terms(pod: Pod) -> list[Any]:
    """Return the terms of the required node affinity, of which one must hold; [] where there is none or it is odd."""
    affinity = (pod.spec.affinity or {}).get("nodeAffinity")
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") if isinstance(affinity, dict) else None
    return _listed(required.get("nodeSelectorTerms")) if isinstance(required, dict) else []


def _holds(term: Any, node: Node, labels: dict[str, str]) -> bool:
    if not isinstance(term, dict):
        return False
    fields = {HOSTNAME: node.metadata.name}
    wanted = _expressions(term.get("matchExpressions")), _expressions(term.get("matchFields"))
    return selects(LabelSelector(None, wanted[0]), labels) and selects(LabelSelector(None, wanted[1]), fields)


def _expressions(found: Any) -> list[Expression]:
    """Read expressions of an affinity; an operator that is not known (Gt, Lt) never holds."""
    parts = [e for e in _listed(found) if isinstance(e, dict)]
    return [
        Expression(str(e.get("key", "")), str(e.get("operator", "")), [str(v) for v in _listed(e.get("values"))])
        for e in parts
    ]


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


ROOTS: Final[dict[str, Root]] = {
    "kept-off": _kept_off,
    "kept-off-from-room": _kept_off_from_room,
}
