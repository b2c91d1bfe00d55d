"""Services, the addresses behind them, and what NetworkPolicies let through."""

from typing import Any

import msgspec

from causeline.core.objects.base import KubeObject, LabelSelector, Port, Trimmed


class ServiceSpec(Trimmed):
    """Specification of a Service."""

    selector: dict[str, str] | None = None
    ports: list[Port] | None = None
    type: str | None = None
    external_name: str | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")


class Service(KubeObject):
    """A Service."""

    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)


class TargetRef(Trimmed):
    """The pod behind an endpoint."""

    kind: str = ""
    namespace: str | None = None
    name: str = ""


class EndpointConditions(Trimmed):
    """Is the endpoint ready? None means yes."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Trimmed):
    """One address behind a Service."""

    conditions: EndpointConditions | None = None
    target_ref: TargetRef | None = None


class EndpointSlice(KubeObject):
    """Addresses behind a Service, named by the label kubernetes.io/service-name."""

    endpoints: list[Endpoint] | None = None
    ports: list[Port] | None = None


class Subset(Trimmed):
    """Addresses of an Endpoints object that have the same ports."""

    addresses: list[Endpoint] | None = None
    not_ready_addresses: list[Endpoint] | None = None
    ports: list[Port] | None = None


class Endpoints(KubeObject):
    """The older form of EndpointSlices: one object a Service, of the Service's name."""

    subsets: list[Subset] | None = None


class Peer(Trimmed):
    """Whom a rule of a NetworkPolicy speaks of."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: dict[str, Any] | None = None


class PolicyPort(Trimmed):
    """Ports that a rule speaks of: a number, a name of the server's, or a range; no port: all of the protocol."""

    port: int | str | None = None
    end_port: int | None = None
    protocol: str = "TCP"


class PolicyRule(Trimmed, rename={"peers_from": "from", "peers_to": "to"}):
    """What a NetworkPolicy lets in or out; no peers: all, no ports: all."""

    peers_from: list[Peer] | None = None
    peers_to: list[Peer] | None = None
    ports: list[PolicyPort] | None = None


class NetworkPolicySpec(Trimmed):
    """Which pods are guarded, in which direction, and what is let through."""

    pod_selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[PolicyRule] | None = None
    egress: list[PolicyRule] | None = None


class NetworkPolicy(KubeObject):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)
