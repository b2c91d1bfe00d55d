"""What is not as its source says: an object that a tool manages and a person edited, a tag that moved under its pods.

Drift harms nobody by itself; it is told quietly, and beside a trouble of the same object it is a hint.
"""

from typing import Final

from causeline.core.objects import Meta, Node, Pod
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
