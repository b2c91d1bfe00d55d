"""What Services show: signs that need the pods behind them. Kubernetes writes no event for any of these."""

from causeline.core.objects import EndpointSlice, Pod, Port, Service, Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.sign import Sign
from causeline.streams.topology import Topology

SERVICE_LABEL = "kubernetes.io/service-name"
SERVING_KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def service_of(part: EndpointSlice) -> ObjectRef | None:
    """Return the Service that an EndpointSlice belongs to."""
    name = (part.metadata.labels or {}).get(SERVICE_LABEL)
    return ObjectRef("Service", part.metadata.namespace, name) if name else None


def service_signs(topology: Topology, ref: ObjectRef) -> list[Sign]:
    """Return what a Service shows. One without a selector is somebody else's to fill and shows nothing."""
    service = topology.get(ref)
    if not isinstance(service, Service) or not service.spec.selector or service.metadata.deletion_timestamp is not None:
        return []
    behind = selected_workloads(topology, ref)
    signs = []
    if not _has_ready_endpoint(topology, ref):
        signs.append(Sign("service.empty", {}))
        if not behind and not _selected_pods(topology, service):
            near = near_match(topology, ref)
            if near is not None or any(c.what == "selector" for c in topology.changes.get(ref, ())):
                signs.append(Sign("service.selects-nothing", {"near": f"near {near}" if near else ""}))
        elif behind and all(_wanted(topology, w) == 0 for w in behind):
            signs.append(Sign("service.scaled-to-zero", {}))
    else:
        port = _unknown_port(topology, service)
        if port:
            signs.append(Sign("service.port-unknown", {"port": port}))
    return signs


def _has_ready_endpoint(topology: Topology, ref: ObjectRef) -> bool:
    for part_ref in topology.members("EndpointSlice", ref.namespace):
        part = topology.get(part_ref)
        if isinstance(part, EndpointSlice) and service_of(part) == ref:
            for endpoint in part.endpoints or ():
                if endpoint.conditions is None or endpoint.conditions.ready is not False:
                    return True
    return False


def _matches(selector: dict[str, str], labels: dict[str, str] | None) -> bool:
    return labels is not None and all(labels.get(k) == v for k, v in selector.items())


def _selected_pods(topology: Topology, service: Service) -> list[ObjectRef]:
    selector = service.spec.selector or {}
    pods = topology.members("Pod", service.metadata.namespace)
    return [r for r in pods if _matches(selector, topology.entries[r].object.metadata.labels)]


def selected_workloads(topology: Topology, ref: ObjectRef) -> list[ObjectRef]:
    """Return the workloads whose template carries the labels that the Service selects."""
    service = topology.get(ref)
    if not isinstance(service, Service) or not service.spec.selector:
        return []
    return [
        w for w in _workloads(topology, ref.namespace) if _matches(service.spec.selector, _template_labels(topology, w))
    ]


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
    taken = {w for s in topology.members("Service", ref.namespace) if s != ref for w in selected_workloads(topology, s)}
    for workload in _workloads(topology, ref.namespace):
        labels = _template_labels(topology, workload) or {}
        wrong = [k for k, v in selector.items() if labels.get(k) != v]
        if workload not in taken and len(wrong) == 1 and (len(selector) > 1 or workload.name == ref.name):
            return workload
    return None


def _wanted(topology: Topology, ref: ObjectRef) -> int:
    obj = topology.get(ref)
    return obj.spec.replicas if isinstance(obj, Workload) and obj.spec.replicas is not None else 1


def _unknown_port(topology: Topology, service: Service) -> str | None:
    """Return a target port that no container behind the Service declares; containers that declare none say nothing."""
    declared: list[Port] = []
    for ref in _selected_pods(topology, service)[:3]:
        pod = topology.get(ref)
        if isinstance(pod, Pod):
            declared += [p for c in pod.spec.containers for p in c.ports or ()]
    if not declared:
        return None
    known = {p.container_port for p in declared} | {p.name for p in declared}
    for port in service.spec.ports or ():
        target = port.target_port if port.target_port is not None else port.port
        if target not in known:
            return str(target)
    return None
