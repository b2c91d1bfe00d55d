"""One object of the graph: its state, interval and edges, and what can be told of it alone."""

import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from causeline.core.objects import EndpointSlice, KubeObject, Pod, controller_of
from causeline.core.pod_spec import reads_of
from causeline.core.refs import ObjectRef

SERVICE_LABEL: Final = "kubernetes.io/service-name"
PAGES: Final = 8192
"""Checkpoint pages of objects: at 10,000 nodes with 15 pods each about 20 objects a page, so few change together."""


class Edge(msgspec.Struct, gc=False):
    """A relation (`owned-by`, `runs-on`, `reads`, `claims`) to another object, with its interval; `until` None: now."""

    type: str
    to: ObjectRef
    since: float
    until: float | None = None


class Entry(msgspec.Struct, gc=False):
    """One object: its newest state, its interval, its edges. `order` is the number of its first sight.

    `as_of` is when it became as it is: the arrival of its last change of substance, or what it said itself when listed.
    """

    object: KubeObject
    stream: str
    since: float
    order: int
    until: float | None = None
    edges: list[Edge] = []
    as_of: float = 0.0


def edited_at(obj: KubeObject, created: float) -> float:
    """Return when somebody last wrote the object, as it says itself; a status does not count."""
    written = obj.metadata.managed_fields
    return written[0].time.timestamp() if written and written[0].time is not None else created


def is_another(known: KubeObject, gone: KubeObject) -> bool:
    """Tell whether a deletion is of an older object of the same name: a relist may say it after the new one."""
    return bool(known.metadata.uid and gone.metadata.uid and known.metadata.uid != gone.metadata.uid)


def page_of(ref: ObjectRef) -> int:
    """Return the number of the checkpoint page that an object lies on."""
    return zlib.crc32("\0".join((ref.kind, ref.namespace or "", ref.name)).encode()) % PAGES


def service_of(part: EndpointSlice) -> ObjectRef | None:
    """Return the Service that an EndpointSlice belongs to."""
    name = (part.metadata.labels or {}).get(SERVICE_LABEL)
    return ObjectRef("Service", part.metadata.namespace, name) if name else None


def has_other_edges(old: KubeObject, new: KubeObject) -> bool:
    """Tell whether an update moved an object: of what a pod relates to, only the node can change after its creation."""
    if old.metadata.owner_references != new.metadata.owner_references:
        return True
    return isinstance(new, Pod) and isinstance(old, Pod) and new.spec.node_name != old.spec.node_name


def edges_of(obj: KubeObject, ref: ObjectRef) -> Iterator[tuple[str, ObjectRef]]:
    """Yield type and target of what an object relates to: its owner, and of a pod its node and what it needs."""
    owner = controller_of(obj.metadata)
    if owner is not None:
        yield "owned-by", owner
    if isinstance(obj, Pod):
        if obj.spec.node_name:
            yield "runs-on", ObjectRef("Node", None, obj.spec.node_name)
        yield from reads_of(obj.spec, ref.namespace)
