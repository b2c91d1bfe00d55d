"""Routes into the cluster that lead nowhere: their Service, or its port, is not there.

Of Ingresses, of the Gateway API, of Istio and of OpenShift.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from causeline.core.objects import BackendRef, Ingress, OpenShiftRoute, Route, Service, VirtualService
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph, service_at
from causeline.knowledge.inspections.addresses import near_service
from causeline.knowledge.inspections.services import has_ready_endpoint
from causeline.knowledge.sign import Sign

ANNOTATED: Final = "use-annotation"
"""The port of backends that are no Services: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/"""


class Target(NamedTuple):
    """Where a route sends to; the port as number or name, None when it names none."""

    service: ObjectRef
    port: int | str | None


def route_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return the first target of a route that nobody answers."""
    if not graph.lists("services"):
        return []
    for target in _targets(graph, ref):
        service = graph.get(target.service)
        if not isinstance(service, Service):
            near = near_service(graph, target.service)
            text = f"sends to {target.service}, which is not there" + (f"; {near} is alike" if near else "")
            return [_sign(graph, ref, target.service, text, certain=near is not None)]
        ports = service.spec.ports or ()
        known = {p.port for p in ports} | {p.name for p in ports}
        if target.port is not None and ports and target.port not in known:
            text = f"sends to port {target.port} of {target.service}, which has no such port"
            return [_sign(graph, ref, target.service, text, certain=has_ready_endpoint(graph, target.service))]
    return []


def _sign(graph: Graph, ref: ObjectRef, service: ObjectRef, text: str, *, certain: bool) -> Sign:
    """`certain`: somebody is there to answer, and is asked wrongly; else the route may be older than what it served."""
    return Sign(
        "route.leads-nowhere",
        {"shows": text, "service": service.name, "certain": str(certain).lower()},
        graph.as_of(ref),
    )


def _targets(graph: Graph, ref: ObjectRef) -> Iterator[Target]:
    route = graph.get(ref)
    if isinstance(route, Ingress):
        paths = [p for rule in route.spec.rules or () for p in (rule.http.paths if rule.http else None) or ()]
        backends = [p.backend for p in paths] + ([route.spec.default_backend] if route.spec.default_backend else [])
        for backend in backends:
            if backend.service is not None:
                port = backend.service.port
                named = (port.name or port.number) if port is not None else None
                if named == ANNOTATED:
                    continue
                yield Target(ObjectRef("Service", ref.namespace, backend.service.name), named)
    elif isinstance(route, Route):
        yield from _of_backends(ref, (b for rule in route.spec.rules or () for b in rule.backend_refs or ()))
    elif isinstance(route, VirtualService):
        yield from _of_mesh(graph, ref, route)
    elif isinstance(route, OpenShiftRoute):
        yield from _of_backends(ref, (route.spec.to, *(route.spec.alternate_backends or ())))


def _of_backends(ref: ObjectRef, backends: Iterable[BackendRef]) -> Iterator[Target]:
    """A backend whose weight is 0 gets nothing, and one without a name is not set."""
    for to in backends:
        if to.kind == "Service" and to.name and to.weight != 0:
            yield Target(ObjectRef("Service", to.namespace or ref.namespace, to.name), to.port)


def _of_mesh(graph: Graph, ref: ObjectRef, route: VirtualService) -> Iterator[Target]:
    """Hosts that are no Services of the cluster are for a ServiceEntry to know."""
    rules = [*(route.spec.http or ()), *(route.spec.tls or ()), *(route.spec.tcp or ())]
    for to in (weighted for rule in rules for weighted in rule.route or ()):
        service = service_at(graph, to.destination.host, ref.namespace)
        if service is not None and to.weight != 0:
            yield Target(service, to.destination.port.number if to.destination.port is not None else None)
