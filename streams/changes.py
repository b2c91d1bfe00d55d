"""What changed between two states of an object, in words that a person and a rule understand."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from causeline.core.objects import (
    ConfigMap,
    KubeObject,
    Node,
    ResourceQuota,
    Service,
    Workload,
)
from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Change
from causeline.streams.templates import NAMED_MAX, new_addresses, template_changes

OWNED_NOISE = frozenset({"Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "Lease", "Job"})
"""Kinds whose coming and going follows from changes of others."""


def changes_between(at: float, ref: ObjectRef, old: KubeObject | None, new: KubeObject | None) -> list[Change]:
    """Return the changes from `old` to `new`; None stands for an object that is not there."""
    if old is None or new is None:
        if ref.kind in OWNED_NOISE or (old is None and new is None):
            return []
        return [
            Change(
                at, ref, "created" if old is None else "deleted", f"{ref} was {'created' if old is None else 'deleted'}"
            )
        ]
    find = _DIFFERENCES.get(type(new))
    return list(find(at, ref, old, new)) if find is not None and type(old) is type(new) else []


def _config(at: float, ref: ObjectRef, old: ConfigMap, new: ConfigMap) -> Iterator[Change]:
    before, after = ({**(o.data or {}), **(o.binary_data or {})} for o in (old, new))
    keys = [k for k in {**before, **after} if before.get(k) != after.get(k)]
    if keys:
        yield Change(at, ref, "config", f"{ref} changed: {', '.join(keys[:NAMED_MAX])}", keys)
        yield from new_addresses(at, ref, [before.get(k, "") for k in keys], [after.get(k, "") for k in keys])


def _service(at: float, ref: ObjectRef, old: Service, new: Service) -> Iterator[Change]:
    if old.spec.selector != new.spec.selector:
        text = f"{ref} selects {_show(new.spec.selector)}, before {_show(old.spec.selector)}"
        yield Change(at, ref, "selector", text)
    if old.spec.ports != new.spec.ports:
        yield Change(at, ref, "ports", f"{ref}: ports changed")


def _node(at: float, ref: ObjectRef, old: Node, new: Node) -> Iterator[Change]:
    if old.spec.unschedulable != new.spec.unschedulable:
        what = "cordon" if new.spec.unschedulable else "uncordon"
        yield Change(at, ref, what, f"{ref} was {what}ed")
    if old.status.node_info is not None and old.status.node_info != new.status.node_info:
        yield Change(at, ref, "software", f"{ref} runs other software than before")


def _quota(at: float, ref: ObjectRef, old: ResourceQuota, new: ResourceQuota) -> Iterator[Change]:
    if old.spec.hard != new.spec.hard:
        text = f"{ref}: limits are {_show(new.spec.hard)}, before {_show(old.spec.hard)}"
        yield Change(at, ref, "hard", text)


def _show(mapping: dict[str, str] | None) -> str:
    return ",".join(f"{k}={v}" for k, v in (mapping or {}).items()) or "nothing"


def _workload(at: float, ref: ObjectRef, old: Workload, new: Workload) -> Iterator[Change]:
    if ref.kind == "ReplicaSet" or 0 < old.metadata.generation == new.metadata.generation:
        return
    if old.spec.replicas != new.spec.replicas:
        yield Change(at, ref, "replicas", f"{ref} scaled from {old.spec.replicas} to {new.spec.replicas}")
    if old.spec.template is not None and new.spec.template is not None:
        yield from template_changes(at, ref, old.spec.template, new.spec.template)


_DIFFERENCES: Final[dict[type[KubeObject], Callable[[float, ObjectRef, Any, Any], Iterator[Change]]]] = {
    Workload: _workload,
    ConfigMap: _config,
    Service: _service,
    Node: _node,
    ResourceQuota: _quota,
}
"""Objects of which changes are told; of a Pod, or of a status, nothing is a change that somebody made."""
