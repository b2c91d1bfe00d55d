"""What Services show: signs that need the pods behind them. Kubernetes writes no event for any of these."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from causeline.core.objects import Pod, Service, Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.sign import Sign
from causeline.knowledge.states import has_served
from causeline.streams.topology import Topology, template_of

PODS_ASKED: Final = 3
"""Pods without a workload whose ports are read; those of one Service are alike."""
SERVING_KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet")


def service_signs(topology: Topology, ref: ObjectRef) -> list[Sign]:
    """Return what a Service shows. One without a selector is somebody else's to fill and shows nothing."""
    service = topology.get(ref)
    if not isinstance(service, Service) or not service.spec.selector or service.metadata.deletion_timestamp is not None:
        return []
    behind = selected_workloads(topology, ref)
    signs = []
    if not _has_ready_endpoint(topology, ref):
        objects = (topology.get(w) for w in behind)
        served = not behind or any(isinstance(o, Workload) and has_served(o) for o in objects)
        signs.append(Sign("service.empty", {"served": str(served).lower()}))
        if not behind and next(_selected_pods(topology, service), None) is None:
            near = near_match(topology, ref)
            if near is not None or any(c.what == "selector" for c in topology.changes.get(ref, ())):
                signs.append(Sign("service.selects-nothing", {"near": f"near {near}" if near else ""}))
        elif behind and all(_wanted(topology, w) == 0 for w in behind):
            signs.append(Sign("service.scaled-to-zero", {}))
    else:
        port = _unknown_port(topology, service, behind)
        if port:
            signs.append(Sign("service.port-unknown", {"port": port}))
    return signs


def _has_ready_endpoint(topology: Topology, ref: ObjectRef) -> bool:
    for part in topology.endpoints_of(ref):
        for endpoint in part.endpoints or ():
            if endpoint.conditions is None or endpoint.conditions.ready is not False:
                return True
    return False


def _matches(selector: dict[str, str], labels: dict[str, str] | None) -> bool:
    return labels is not None and selector.items() <= labels.items()


def _selected_pods(topology: Topology, service: Service) -> Iterator[Pod]:
    selector = service.spec.selector or {}
    for ref in topology.members("Pod", service.metadata.namespace):
        pod = topology.get(ref)
        if isinstance(pod, Pod) and _matches(selector, pod.metadata.labels):
            yield pod


def selected_workloads(topology: Topology, ref: ObjectRef) -> list[ObjectRef]:
    """Return the workloads whose template carries the labels that the Service selects."""
    service = topology.get(ref)
    if not isinstance(service, Service) or not service.spec.selector:
        return []
    selector = service.spec.selector
    return [w for w in _workloads(topology, ref.namespace) if _matches(selector, _template_labels(topology, w))]


def _workloads(topology: Topology, namespace: str | None) -> list[ObjectRef]:
    return [w for kind in SERVING_KINDS for w in topology.members(kind, namespace)]


def _template_labels(topology: Topology, ref: ObjectRef) -> dict[str, str] | None:
    workload = topology.get(ref)
    if (
        isinstance(workload, Workload)
        and workload.spec.template is not None
        and workload.spec.template.metadata is not None
    ):
        return workload.spec.template.metadata.labels
    return None


def near_match(topology: Topology, ref: ObjectRef) -> ObjectRef | None:
    """Return a workload of the namespace that nothing selects and that the Service misses by one value only."""
    service = topology.get(ref)
    if not isinstance(service, Service) or not service.spec.selector:
        return None
    selector = service.spec.selector
    for workload in _workloads(topology, ref.namespace):
        labels = _template_labels(topology, workload) or {}
        wrong = sum(labels.get(k) != v for k, v in selector.items())
        if wrong == 1 and (len(selector) > 1 or workload.name == ref.name) and not _is_taken(topology, ref, labels):
            return workload
    return None


def _is_taken(topology: Topology, ref: ObjectRef, labels: dict[str, str]) -> bool:
    """Tell whether another Service selects pods with these labels."""
    others = (topology.get(s) for s in topology.members("Service", ref.namespace) if s != ref)
    return any(isinstance(o, Service) and o.spec.selector and _matches(o.spec.selector, labels) for o in others)


def _wanted(topology: Topology, ref: ObjectRef) -> int:
    obj = topology.get(ref)
    return obj.spec.replicas if isinstance(obj, Workload) and obj.spec.replicas is not None else 1


def _unknown_port(topology: Topology, service: Service, behind: list[ObjectRef]) -> str | None:
    """Return a target port that no container behind the Service declares.

    A name must be declared. A number need not be: it is suspected only when somebody just changed the ports.
    """
    specs = [spec for w in behind if (spec := template_of(topology.get(w))) is not None]
    specs = specs or [pod.spec for pod in islice(_selected_pods(topology, service), PODS_ASKED)]
    declared = [p for spec in specs for c in spec.containers for p in c.ports or ()]
    if not declared:
        return None
    known = {p.container_port for p in declared} | {p.name for p in declared}
    for port in service.spec.ports or ():
        target = port.target_port if port.target_port is not None else port.port
        if target not in known and (isinstance(target, str) or _ports_changed(topology, service, behind)):
            return str(target)
    return None


def _ports_changed(topology: Topology, service: Service, behind: list[ObjectRef]) -> bool:
    ref = ObjectRef("Service", service.metadata.namespace, service.metadata.name)
    return any(
        c.what in ("ports", "created")
        for r in (ref, *behind)
        for c in topology.changes.get(r, ())
        if r == ref or c.what == "ports"
    )
