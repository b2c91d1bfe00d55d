"""What is not as its source says: an object that a tool manages and a person edited, a tag that moved under its pods,
a node that runs other software than all its like.

Drift harms nobody by itself; it is told quietly, and beside a trouble of the same object it is a hint.
"""

from collections import Counter
from typing import Final

import re2

from causeline.core.objects import KubeObject, Meta, Node, Pod
from causeline.core.refs import WORKLOAD_KINDS, ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.sign import Sign

HANDS: Final = frozenset(
    {"kubectl-edit", "kubectl-patch", "kubectl-set", "kubectl-scale", "kubectl-replace", "k9s", "node-fetch", "Mozilla"}
)
"""Field managers that are a person with a tool: kubectl's verbs, k9s, Lens, dashboards in a browser. `kubectl-rollout`
(a restart) and `kubectl-client-side-apply` are how some deliver."""
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
FLUX: Final = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
ARGO: Final = "argocd.argoproj.io/instance"


def drift_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return how an object differs from what its source, or its own tag, promises."""
    found = graph.get(ref)
    if found is None:
        return []
    signs = _edited(found.metadata)
    return signs + _moved_tag(graph, ref) if ref.kind in WORKLOAD_KINDS else signs


def odd_node_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a node alone runs other versions than all others, who agree; nobody is odd during an upgrade."""
    own = _software(graph.get(ref))
    everywhere = graph.remember("node-software", FLEET, lambda: _count(graph))
    for part, version, seen in zip(("kubelet", "container runtime"), own, everywhere, strict=True):
        others = [value for value in seen if value != version]
        if version and seen[version] == 1 and len(others) == 1 and seen[others[0]] >= ALIKE_MIN:
            shows = f"its {part} is {version}, that of all other nodes is {others[0]}"
            return [Sign("node.odd", {"what": "odd-node", "shows": shows})]
    return []


FLEET: Final = ObjectRef("Node", None, "")
ALIKE_MIN: Final = 3
"""So many other nodes must agree before one is odd."""
_MINOR = re2.compile(r"^(.*?\d+\.\d+)")


def _software(node: KubeObject | None) -> tuple[str, str]:
    """Kubelet and container runtime of a node, without the patch version: patches come and go."""
    info = node.status.node_info if isinstance(node, Node) else None
    versions = (info.kubelet_version, info.container_runtime_version) if info is not None else ("", "")
    kubelet, runtime = (found[1] if (found := _MINOR.search(v)) else "" for v in versions)
    return kubelet, runtime


def _count(graph: Graph) -> list[Counter[str]]:
    """Return how many nodes run which kubelet, and which container runtime."""
    found = [_software(graph.get(node)) for node in graph.members("Node", None)]
    return [Counter(filter(None, versions)) for versions in zip(*found, strict=True)]


def _edited(meta: Meta) -> list[Sign]:
    tool, written = _tool_of(meta), meta.managed_fields
    if tool is None or not written or written[0].manager not in HANDS or written[0].time is None:
        return []
    shows = f"{tool} manages it, and it was last edited with {written[0].manager}"
    return [Sign("object.edited-by-hand", {"what": "hand-edit", "shows": shows}, written[0].time.timestamp())]


def _tool_of(meta: Meta) -> str | None:
    labels, notes = meta.labels or {}, meta.annotations
    if ARGO in labels or (notes is not None and notes.argo_tracking):
        return "Argo CD"
    if any(label in labels for label in FLUX):
        return "Flux"
    if notes is not None and notes.helm_release:
        return "Helm"
    return labels.get(MANAGED_BY) or None


def _moved_tag(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Pods of one workload that run different images under one name, on nodes of one architecture."""
    images: dict[tuple[str, str], set[str]] = {}
    for pod_ref in graph.pods_under(ref):
        pod = graph.get(pod_ref)
        for status in (pod.status.container_statuses or ()) if isinstance(pod, Pod) else ():
            if isinstance(pod, Pod) and status.image_id and "@" not in status.image:
                images.setdefault((status.image, _architecture(graph, pod)), set()).add(status.image_id)
    moved = sorted({image for (image, _), ids in images.items() if len(ids) > 1})
    if not moved:
        return []
    shows = f"its pods run different images, all named {moved[0]}"
    return [Sign("workload.images-differ", {"what": "moved-tag", "image": moved[0], "shows": shows})]


def _architecture(graph: Graph, pod: Pod) -> str:
    node = graph.get(ObjectRef("Node", None, pod.spec.node_name or ""))
    return (node.metadata.labels or {}).get("kubernetes.io/arch", "") if isinstance(node, Node) else ""
