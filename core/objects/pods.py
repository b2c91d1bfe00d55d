"""Pods: what they are made from, which volumes they name, and what the kubelet says of them."""

from typing import Any

import msgspec

from causeline.core.objects.base import Condition, KeyRef, KubeObject, Timestamp, Trimmed
from causeline.core.objects.containers import Container, SecurityContext
from causeline.core.objects.redacted import Digest, Redacted


class SecretVolume(Trimmed):
    """A volume made of a Secret."""

    secret_name: str = ""
    optional: bool | None = None


class ClaimVolume(Trimmed):
    """A volume made of a PersistentVolumeClaim."""

    claim_name: str


class ProjectedSource(Trimmed):
    """One source of a projected volume."""

    config_map: KeyRef | None = None
    secret: KeyRef | None = None


class Projected(Trimmed):
    """A projected volume."""

    sources: list[ProjectedSource] | None = None


class Volume(Trimmed):
    """A volume of a pod, as far as it names another object."""

    name: str = ""
    config_map: KeyRef | None = None
    secret: SecretVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    projected: Projected | None = None


class DnsConfig(Trimmed):
    """Name servers that a pod brings itself."""

    nameservers: list[str] | None = None


class PodSpec(Trimmed):
    """Specification of a pod or of a pod template."""

    node_name: str | None = None
    containers: list[Container] = msgspec.field(default_factory=list)
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None
    service_account_name: str | None = None
    restart_policy: str = "Always"
    node_selector: dict[str, str] | None = None
    affinity: dict[str, Any] | None = None
    tolerations: list[dict[str, Any]] | None = None
    topology_spread_constraints: list[dict[str, Any]] | None = None
    image_pull_secrets: list[KeyRef] | None = None
    host_network: bool | None = None
    priority: int | None = None
    priority_class_name: str | None = None
    scheduler_name: str | None = None
    security_context: SecurityContext | None = None
    dns_policy: str | None = None
    dns_config: DnsConfig | None = None


class Waiting(Trimmed):
    """A container that does not run yet, or not now."""

    reason: str | None = None
    message: Redacted | None = None


class Running(Trimmed):
    """A container that runs."""

    started_at: Timestamp | None = None


class Terminated(Trimmed):
    """A container that ended."""

    exit_code: int = 0
    reason: str | None = None
    message: Redacted | None = None
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None


class ContainerState(Trimmed):
    """Exactly one of the three is set, or none."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Trimmed):
    """What the kubelet says of one container."""

    name: str
    image: str = ""
    image_id: str | None = msgspec.field(default=None, name="imageID")
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodStatus(Trimmed):
    """What the kubelet and the scheduler say of a pod."""

    phase: str | None = None
    reason: str | None = None
    message: Redacted | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    start_time: Timestamp | None = None
    pod_ip: str | None = msgspec.field(default=None, name="podIP")


class Pod(KubeObject):
    """A pod."""

    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class TemplateMeta(Trimmed):
    """Metadata of a pod template; values of annotations are digests, for they may be anything."""

    labels: dict[str, str] | None = None
    annotations: dict[str, Digest] | None = None


class PodTemplate(Trimmed):
    """What the pods of a workload are made from."""

    metadata: TemplateMeta | None = None
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
