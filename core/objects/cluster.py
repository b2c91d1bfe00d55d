"""What belongs to the cluster or a whole namespace: nodes, namespaces, quotas, leases, webhooks."""

import msgspec

from causeline.core.objects.base import Condition, KubeObject, LabelSelector, Phase, Timestamp, Trimmed


class Taint(Trimmed):
    """A taint of a node."""

    key: str
    value: str | None = None
    effect: str = ""
    time_added: Timestamp | None = None


class NodeSpec(Trimmed):
    """Specification of a node."""

    unschedulable: bool = False
    taints: list[Taint] | None = None


class NodeInfo(Trimmed):
    """Which software the node runs."""

    kubelet_version: str = ""
    container_runtime_version: str = ""
    architecture: str = ""


class NodeAddress(Trimmed):
    """One of the addresses or names that a node goes by."""

    address: str = ""


class NodeStatus(Trimmed):
    """Status of a node."""

    conditions: list[Condition] | None = None
    addresses: list[NodeAddress] | None = None
    allocatable: dict[str, str] | None = None
    node_info: NodeInfo | None = None


class Node(KubeObject):
    """A node."""

    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class Namespace(KubeObject):
    """A namespace."""

    status: Phase = msgspec.field(default_factory=Phase)


class QuotaStatus(Trimmed):
    """Hard limits and use of a ResourceQuota, as quantities."""

    hard: dict[str, str] | None = None
    used: dict[str, str] | None = None


class ResourceQuota(KubeObject):
    """A ResourceQuota."""

    spec: QuotaStatus = msgspec.field(default_factory=QuotaStatus)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class LeaseSpec(Trimmed):
    """Who leads, since when; durations in seconds."""

    holder_identity: str | None = None
    lease_duration_seconds: int = 0
    lease_transitions: int = 0
    acquire_time: Timestamp | None = None
    renew_time: Timestamp | None = None


class Lease(KubeObject):
    """A Lease: a leader's or a node's heartbeat."""

    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


class WebhookService(Trimmed):
    """The Service that answers for a webhook."""

    name: str = ""
    namespace: str = ""


class WebhookClient(Trimmed):
    """Where a webhook is asked."""

    service: WebhookService | None = None


class WebhookRule(Trimmed):
    """Which resources a webhook is asked for."""

    resources: list[str] | None = None


class Webhook(Trimmed):
    """One webhook of a configuration."""

    name: str
    failure_policy: str | None = None
    client_config: WebhookClient | None = None
    rules: list[WebhookRule] | None = None
    namespace_selector: LabelSelector | None = None


class WebhookConfiguration(KubeObject):
    """A Validating- or MutatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None
