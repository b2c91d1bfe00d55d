"""What Services show: signs that need the pods behind them. Kubernetes writes no event for any of these."""

from collections.abc import Iterator
from datetime import datetime

from causeline.core.objects import Endpoints, Pod, Service, Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph, home, serving_workloads
from causeline.knowledge.inspections.ports import port_signs
from causeline.knowledge.readiness import has_served, is_ready, not_ready
from causeline.knowledge.sign import Sign


def service_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return what a Service shows. One without a selector is somebody else's to fill and shows nothing."""
    service = graph.get(ref)
    if not isinstance(service, Service) or not service.spec.selector or service.metadata.deletion_timestamp is not None:
        return []
    behind = selected_workloads(graph, ref)
    wrong = port_signs(graph, ref, service, behind)
    if not wrong and has_ready_endpoint(graph, ref):
        return []
    since = _as_of(graph, ref)
    if wrong:
        return [s._replace(since=since) for s in wrong]
    objects = (graph.get(w) for w in behind)
    since = max(since, *(_fell_at(graph, w) for w in behind), 0.0)
    served = not behind or any(isinstance(o, Workload) and has_served(o) for o in objects)
    signs = [Sign("service.empty", {"served": str(served).lower()}, since)]
    if not behind and next(selected_pods(graph, service), None) is None:
        near = near_match(graph, ref)
        if near is not None or any(c.what == "selector" for c in graph.changes_of(ref)):
            attrs = {"near": f"near {near}" if near else "", "shows": _selector_text(graph, service, near)}
            signs.append(Sign("service.selects-nothing", attrs, since))
    elif behind and all(_wanted(graph, w) == 0 for w in behind):
        signs.append(Sign("service.scaled-to-zero", {}, since))
    return signs


def _selector_text(graph: Graph, service: Service, near: ObjectRef | None) -> str:
    wanted = ", ".join(f"{k}={v}" for k, v in (service.spec.selector or {}).items())
    if near is None:
        return f"no pod has {wanted}"
    has = ", ".join(f"{k}={v}" for k, v in (template_labels(graph, near) or {}).items())
    return f"no pod has {wanted}; {near} has {has}"


def _as_of(graph: Graph, service: ObjectRef) -> float:
    parts = (ObjectRef("EndpointSlice", service.namespace, p.metadata.name) for p in graph.endpoints_of(service))
    return max((graph.as_of(ref) for ref in (service, *parts)), default=0.0)


def _fell_at(graph: Graph, workload: ObjectRef) -> float:
    """When the last of a workload's pods stopped being ready, as it says; of one that never was, since it is there."""
    pods = (graph.get(p) for p in graph.pods_under(workload))
    turned = (_not_ready_since(p) for p in pods if isinstance(p, Pod) and not is_ready(p))
    return max((t.timestamp() for t in turned if t is not None), default=0.0)


def _not_ready_since(pod: Pod) -> datetime | None:
    condition = not_ready(pod)
    return condition.last_transition_time if condition is not None else pod.metadata.creation_timestamp


def has_ready_endpoint(graph: Graph, ref: ObjectRef) -> bool:
    """Tell whether a Service has an endpoint that takes traffic; where none is told, a ready pod."""
    parts = graph.endpoints_of(ref)
    for part in parts:
        for endpoint in part.endpoints or ():
            if endpoint.conditions is None or endpoint.conditions.ready is not False:
                return True
    if parts or graph.lists("endpointslices"):
        return False
    older = graph.get(ObjectRef("Endpoints", ref.namespace, ref.name))
    if isinstance(older, Endpoints):
        return any(subset.addresses for subset in older.subsets or ())
    service = graph.get(ref)
    return isinstance(service, Service) and any(is_ready(pod) for pod in selected_pods(graph, service))


def _matches(selector: dict[str, str], labels: dict[str, str] | None) -> bool:
    return labels is not None and selector.items() <= labels.items()


def selected_pods(graph: Graph, service: Service) -> Iterator[Pod]:
    """Yield the pods that a Service selects."""
    selector = service.spec.selector or {}
    for ref in graph.members("Pod", service.metadata.namespace):
        pod = graph.get(ref)
        if isinstance(pod, Pod) and _matches(selector, pod.metadata.labels):
            yield pod


def selected_workloads(graph: Graph, ref: ObjectRef) -> list[ObjectRef]:
    """Return the workloads whose template carries the labels that the Service selects."""
    return graph.remember("behind", ref, lambda: _selected(graph, ref))


def _selected(graph: Graph, ref: ObjectRef) -> list[ObjectRef]:
    service = graph.get(ref)
    if not isinstance(service, Service) or not service.spec.selector:
        return []
    selector = service.spec.selector
    near = by_label(graph, ref.namespace).get(next(iter(selector.items())), ())
    return [w for w in near if _matches(selector, template_labels(graph, w))]


def by_label(graph: Graph, namespace: str | None) -> dict[tuple[str, str], list[ObjectRef]]:
    """Return the workloads of a namespace by each label of their pods."""

    def index() -> list[dict[tuple[str, str], list[ObjectRef]]]:
        found: dict[tuple[str, str], list[ObjectRef]] = {}
        for workload in serving_workloads(graph, namespace):
            for pair in (template_labels(graph, workload) or {}).items():
                found.setdefault(pair, []).append(workload)
        return [found]

    labels: dict[tuple[str, str], list[ObjectRef]] = graph.remember("by-label", home(namespace), index)[0]
    return labels


def template_labels(graph: Graph, ref: ObjectRef) -> dict[str, str] | None:
    """Return the labels of a workload's pods."""
    workload = graph.get(ref)
    if (
        isinstance(workload, Workload)
        and workload.spec.template is not None
        and workload.spec.template.metadata is not None
    ):
        return workload.spec.template.metadata.labels
    return None


def near_match(graph: Graph, ref: ObjectRef) -> ObjectRef | None:
    """Return the workload that a Service is meant for and misses.

    It is the StatefulSet that names it as its own, or a workload of the namespace that nothing selects and that the
    Service misses by one value only.
    """
    service = graph.get(ref)
    if not isinstance(service, Service) or not service.spec.selector:
        return None
    for workload in graph.members("StatefulSet", ref.namespace):
        owner = graph.get(workload)
        if isinstance(owner, Workload) and owner.spec.service_name == ref.name:
            return workload
    selector = service.spec.selector
    for workload in serving_workloads(graph, ref.namespace):
        labels = template_labels(graph, workload) or {}
        wrong = sum(labels.get(k) != v for k, v in selector.items())
        alike = workload.name == ref.name
        is_near = wrong == 1 and (len(selector) > 1 or alike)
        if (is_near and not is_taken(graph, workload)) or (alike and wrong):
            return workload
    return None


def is_taken(graph: Graph, workload: ObjectRef) -> bool:
    """Tell whether a Service selects the pods of a workload."""

    def taken() -> list[set[ObjectRef]]:
        services = graph.members("Service", workload.namespace)
        return [{w for service in services for w in selected_workloads(graph, service)}]

    return workload in graph.remember("taken", home(workload.namespace), taken)[0]


def _wanted(graph: Graph, ref: ObjectRef) -> int:
    obj = graph.get(ref)
    return obj.spec.replicas if isinstance(obj, Workload) and obj.spec.replicas is not None else 1
