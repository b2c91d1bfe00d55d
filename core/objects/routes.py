"""How requests come in from outside: Ingresses, routes of the Gateway API, and certificates."""

import msgspec

from causeline.core.objects.base import Condition, KubeObject, Timestamp, Trimmed


class BackendPort(Trimmed):
    """The port of an Ingress backend."""

    name: str | None = None
    number: int | None = None


class BackendService(Trimmed):
    """The Service of an Ingress backend."""

    name: str = ""
    port: BackendPort | None = None


class Backend(Trimmed):
    """Where an Ingress sends to."""

    service: BackendService | None = None


class IngressPath(Trimmed):
    """One path of an Ingress."""

    path: str | None = None
    backend: Backend = msgspec.field(default_factory=Backend)


class IngressHttp(Trimmed):
    """Paths of one host."""

    paths: list[IngressPath] | None = None


class IngressRule(Trimmed):
    """One host of an Ingress."""

    host: str | None = None
    http: IngressHttp | None = None


class IngressTls(Trimmed):
    """Certificate of some hosts."""

    secret_name: str | None = None
    hosts: list[str] | None = None


class IngressSpec(Trimmed):
    """Hosts, paths and certificates."""

    ingress_class_name: str | None = None
    default_backend: Backend | None = None
    rules: list[IngressRule] | None = None
    tls: list[IngressTls] | None = None


class Ingress(KubeObject):
    """An Ingress."""

    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)


class BackendRef(Trimmed):
    """Where a route of the Gateway API, or one of OpenShift, sends to; the latter names no namespace and no port."""

    kind: str = "Service"
    name: str = ""
    namespace: str | None = None
    port: int | None = None
    weight: int | None = None


class RouteRule(Trimmed):
    """One rule of a route."""

    backend_refs: list[BackendRef] | None = None


class RouteSpec(Trimmed):
    """Rules of a route."""

    rules: list[RouteRule] | None = None


class Route(KubeObject):
    """An HTTPRoute or GRPCRoute of the Gateway API."""

    spec: RouteSpec = msgspec.field(default_factory=RouteSpec)


class Destination(Trimmed):
    """Where a route of a mesh sends to."""

    host: str = ""
    port: BackendPort | None = None


class WeightedDestination(Trimmed):
    """A destination and its share."""

    destination: Destination = msgspec.field(default_factory=Destination)
    weight: int | None = None


class MeshRoute(Trimmed):
    """One rule of a mesh."""

    route: list[WeightedDestination] | None = None


class VirtualServiceSpec(Trimmed):
    """Rules of a mesh, by protocol."""

    http: list[MeshRoute] | None = None
    tls: list[MeshRoute] | None = None
    tcp: list[MeshRoute] | None = None


class VirtualService(KubeObject):
    """A VirtualService of Istio."""

    spec: VirtualServiceSpec = msgspec.field(default_factory=VirtualServiceSpec)


class OpenShiftRouteSpec(Trimmed):
    """The Services of a route of OpenShift."""

    to: BackendRef = msgspec.field(default_factory=BackendRef)
    alternate_backends: list[BackendRef] | None = None


class OpenShiftRoute(KubeObject):
    """A Route of OpenShift."""

    spec: OpenShiftRouteSpec = msgspec.field(default_factory=OpenShiftRouteSpec)


class CertificateStatus(Trimmed):
    """Until when a certificate is good."""

    not_after: Timestamp | None = None
    renewal_time: Timestamp | None = None
    conditions: list[Condition] | None = None


class CertificateSpec(Trimmed):
    """Which Secret holds it."""

    secret_name: str = ""


class Certificate(KubeObject):
    """A Certificate of cert-manager."""

    spec: CertificateSpec = msgspec.field(default_factory=CertificateSpec)
    status: CertificateStatus = msgspec.field(default_factory=CertificateStatus)
