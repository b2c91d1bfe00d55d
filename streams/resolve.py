"""Whom a series is about: a pod, a bare name or a node of its labels -> the workload or Node of the graph.

Samples may come before the objects that they are about, so this is asked when something is to be told, each time anew.
"""

from typing import Final, NamedTuple

from causeline.core.objects import KubeObject, Node, Pod
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.core.series_owners import PEER
from causeline.knowledge.graph import SERVING_KINDS, serving_workloads
from causeline.knowledge.inspections.services import selected_workloads, template_labels
from causeline.streams.topology import Topology

SERIES: Final = "Series"
"""The kind of contributors that stand for what metrics show of an object."""
NAME_LABELS: Final = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance", "name")
"""Labels of a pod template that people take for the name of what runs."""


WORDS_MAX: Final = 4
"""Words before the name of a pod in the name of a target."""


class About(NamedTuple):
    """Workload or Node that is spoken of; the object that shows it; the node that it runs on."""

    subject: ObjectRef
    by: ObjectRef
    node: str | None = None


def about(topology: Topology, owner: ObjectRef) -> About | None:
    """Return whom an owner of core/series.py is, None when nobody that is there; a name of two is nobody's."""
    if owner.kind == "Pod":
        return _of_pod(topology, owner)
    if owner.kind == "Node":
        return _of_node(_node(topology, owner.name))
    pod = _only(_named(topology, owner, ("Pod",)))
    if pod is not None:
        return _of_pod(topology, pod)
    workload = _workload(topology, owner)
    if workload is not None:
        return About(workload, _shown_by(workload))
    if owner.kind != PEER:
        return _at_the_end(topology, owner.name)
    node = ObjectRef("Node", None, owner.name)
    return _of_node(node if topology.get(node) is not None else None)


def _at_the_end(topology: Topology, name: str) -> About | None:
    """A target that is called after a pod or a node, behind a word of its own: `app-web-7c9d5-x2x9d`, `host-n1`."""
    parts = name.split("-")
    for at in range(min(len(parts), WORDS_MAX)):
        pod = _only(topology.named("Pod", "-".join(parts[at:])))
        if pod is not None:
            return _of_pod(topology, pod)
    return _of_node(_node(topology, name))


def _of_node(node: ObjectRef | None) -> About | None:
    return About(node, _shown_by(node), node.name) if node is not None else None


def is_gone(topology: Topology, owner: ObjectRef) -> bool:
    """Tell whether an owner was there and is not any more."""
    entry = topology.entries.get(owner)
    return owner.kind == "Pod" and entry is not None and entry.until is not None


def _shown_by(ref: ObjectRef) -> ObjectRef:
    """The contributor that stands for what metrics show of an object, beside what its own state shows."""
    return ObjectRef(SERIES, ref.namespace, f"{ref.kind}/{ref.name}")


def object_of(series: ObjectRef) -> ObjectRef:
    """Return the object whose metrics such a contributor stands for."""
    kind, _, name = series.name.partition("/")
    return ObjectRef(kind, series.namespace, name)


def _of_pod(topology: Topology, owner: ObjectRef) -> About | None:
    found = [owner] if topology.get(owner) is not None else topology.named("Pod", owner.name)
    if len(found) == 1:
        pod, subject = topology.get(found[0]), topology.top(found[0])
        node = pod.spec.node_name if isinstance(pod, Pod) else None
        return About(subject, _shown_by(found[0]), node)
    workload = _by_prefix(topology, owner)
    return About(workload, _shown_by(owner)) if workload is not None else None


def _by_prefix(topology: Topology, pod: ObjectRef) -> ObjectRef | None:
    """A pod that nobody knows any more: the workload whose name its own begins with, the longest one."""
    found: list[ObjectRef] = []
    for kind in SERVING_KINDS:
        known = topology.members(kind, pod.namespace) if pod.namespace else topology.all_of(kind)
        found += [w for w in known if pod.name.startswith(w.name + "-")]
    longest = max((len(w.name) for w in found), default=0)
    return _only([w for w in found if len(w.name) == longest])


def _workload(topology: Topology, owner: ObjectRef) -> ObjectRef | None:
    return (
        _only(_named(topology, owner, WORKLOAD_ORDER))
        or _behind(topology, _only(_named(topology, owner, ("Service",))))
        or _only([w for w in _serving(topology, owner.namespace) if owner.name in _names_of(topology, w)])
    )


WORKLOAD_ORDER: Final = (*SERVING_KINDS, *sorted(WORKLOAD_KINDS - {*SERVING_KINDS, "ReplicaSet"}))


def _named(topology: Topology, owner: ObjectRef, kinds: tuple[str, ...]) -> list[ObjectRef]:
    """The labels' namespace may be that of whoever scrapes; then the name counts, if it is the only one."""
    if owner.namespace is not None:
        near = [r for k in kinds if topology.get(r := ObjectRef(k, owner.namespace, owner.name)) is not None]
        if near:
            return near[:1]
    return [ref for kind in kinds for ref in topology.named(kind, owner.name)]


def _only(found: list[ObjectRef]) -> ObjectRef | None:
    return found[0] if len(found) == 1 else None


def _behind(topology: Topology, service: ObjectRef | None) -> ObjectRef | None:
    return _only(selected_workloads(topology, service)) if service is not None else None


def _serving(topology: Topology, namespace: str | None) -> list[ObjectRef]:
    near = serving_workloads(topology, namespace) if namespace else []
    return near or [w for k in SERVING_KINDS for w in topology.all_of(k)]


def _names_of(topology: Topology, workload: ObjectRef) -> set[str]:
    """Names that a workload goes by: labels of its template."""
    labels = template_labels(topology, workload) or {}
    return {labels[key] for key in NAME_LABELS if key in labels}


def _node(topology: Topology, name: str) -> ObjectRef | None:
    ref = ObjectRef("Node", None, name)
    if topology.get(ref) is not None:
        return ref
    return _only(topology.remember("node-called", ref, lambda: _nodes_called(topology, name)))


def _nodes_called(topology: Topology, name: str) -> list[ObjectRef]:
    """Nodes that have this address, or whose name a longer one ends with."""
    return [
        n
        for n in topology.members("Node", None)
        if name.endswith(("-" + n.name, "/" + n.name)) or name in _addresses(topology.get(n))
    ]


def _addresses(node: KubeObject | None) -> list[str]:
    return [a.address for a in node.status.addresses or ()] if isinstance(node, Node) else []
