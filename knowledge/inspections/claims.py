"""Which term of a claim can't be met: its class, size, access mode or selector, or the volume is taken.

The controller's event names the class at best. The claim is compared with every volume of its class; the volume that
fails the fewest terms says what is wrong.
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
"""

from collections.abc import Iterator
from typing import Final

from causeline.core.objects import PersistentVolume, PersistentVolumeClaim, StorageClass
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.labels import selects
from causeline.knowledge.quantities import quantity
from causeline.knowledge.sign import Sign

NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"
VOLUMES_MAX: Final = 2000
"""Volumes compared with one claim."""


def claim_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return the term that keeps a claim from being bound, if it waits for one."""
    claim = graph.get(ref)
    if not isinstance(claim, PersistentVolumeClaim) or claim.status.phase not in ("Pending", "Lost"):
        return []
    found = _term(graph, ref, claim)
    if found is None:
        return []
    term, text = found
    created = claim.metadata.creation_timestamp
    return [Sign("claim.terms", {"term": term, "shows": text}, created.timestamp() if created else None)]


def _term(graph: Graph, ref: ObjectRef, claim: PersistentVolumeClaim) -> tuple[str, str] | None:
    name = claim.spec.storage_class_name
    made = graph.get(ObjectRef("StorageClass", None, name or "")) if name is not None else _default(graph)
    if isinstance(made, StorageClass) and made.provisioner != NO_PROVISIONER and not claim.spec.volume_name:
        return None  # it is made on demand: then it is the provisioner, or a pod that can't be placed
    volumes = [v for v in _volumes(graph) if claim.spec.volume_name in (None, "", v.metadata.name)]
    of_class = [v for v in volumes if (v.spec.storage_class_name or "") == (name or "")]
    judged = [(list(_failing(ref, claim, v)), v.metadata.name) for v in of_class]
    if judged:
        failing, volume = min(judged, key=lambda pair: len(pair[0]))
        if claim.spec.volume_name and "occupied" in failing:
            return "occupied", f"the volume that it names, {volume}, is another claim's"
        if failing:
            return failing[0], f"the nearest volume, {volume}, fails on {', '.join(failing)}"
        return None
    if claim.spec.volume_name:
        return "selector", f"wants the volume {claim.spec.volume_name}, which is not there"
    if made is None and graph.lists("storageclasses"):
        return "storage-class", f"no StorageClass {name}" if name else "names no class, and no volume is without one"
    return None


def _default(graph: Graph) -> StorageClass | None:
    found = (graph.get(ref) for ref in graph.members("StorageClass", None))
    return next((c for c in found if isinstance(c, StorageClass) and _is_default(c)), None)


def _is_default(made: StorageClass) -> bool:
    return made.metadata.annotations is not None and made.metadata.annotations.default_class == "true"


def _volumes(graph: Graph) -> list[PersistentVolume]:
    found = (graph.get(ref) for ref in graph.members("PersistentVolume", None)[:VOLUMES_MAX])
    return [v for v in found if isinstance(v, PersistentVolume)]


def _failing(ref: ObjectRef, claim: PersistentVolumeClaim, volume: PersistentVolume) -> Iterator[str]:
    asked = (claim.spec.resources.requests if claim.spec.resources else None) or {}
    if quantity(asked.get("storage", "0")) > quantity((volume.spec.capacity or {}).get("storage", "0")):
        yield "capacity"
    if not set(claim.spec.access_modes or ()) <= set(volume.spec.access_modes or ()):
        yield "access-mode"
    if claim.spec.selector is not None and not selects(claim.spec.selector, volume.metadata.labels or {}):
        yield "selector"
    taken = volume.spec.claim_ref
    if (taken is not None and (taken.namespace, taken.name) != (ref.namespace, ref.name)) or (
        volume.status.phase in ("Released", "Failed")
    ):
        yield "occupied"
