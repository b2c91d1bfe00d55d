"""Kubernetes objects as Causeline keeps them: only what topology and rules need.

Decoding is trimming: msgspec skips in C every field that is not named here, so neither a watcher nor a replay ever
holds a whole object. Values that may be secret become a digest while they are decoded (see `Digest`), so they can be
compared but not read. Field names are the API's, in snake case. https://kubernetes.io/docs/reference/kubernetes-api/
"""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from causeline.core.addresses import digest, keep_environment, keep_mentions
from causeline.core.redact import redact_start
from causeline.core.refs import ObjectRef

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without could be anything, so the record that holds it is a dead letter."""

TEXT_CHARS: Final = 4096
"""Texts of statuses are cut here, as messages of Events are."""


class Digest(str):
    """A value that may be secret, as `~` and 16 hex digits of its SHA-256; equal values have equal digests."""

    __slots__ = ()


class Mentions(str):
    """A value of a ConfigMap: its digest, and the addresses that it mentions (core/addresses.py)."""

    __slots__ = ()


class Hidden(str):
    """A value of a Secret: nothing of it is kept, not even a digest."""

    __slots__ = ()


class Redacted(str):
    """A text that people wrote or programs printed, without the secrets that it may hold."""

    __slots__ = ()


def decode_hook(kind: type, value: Any) -> Any:
    """Tell msgspec how our redacted strings are made."""
    if kind is Digest:
        return Digest(digest(value if isinstance(value, str) else msgspec.json.encode(value).decode()))
    if kind is Mentions and isinstance(value, str):
        return Mentions(keep_mentions(value))
    if kind is Hidden:
        return Hidden()
    if kind is Redacted and isinstance(value, str):
        return Redacted(redact_start(value, TEXT_CHARS))
    raise msgspec.ValidationError(f"Expected `str`, got `{type(value).__name__}`")


def encode_hook(value: Any) -> Any:
    """Tell msgspec how our redacted strings are written."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value).__name__)


class Trimmed(msgspec.Struct, rename="camel", omit_defaults=True, gc=False):
    """Base of everything decoded from the API."""


class OwnerReference(Trimmed):
    """The object that another one belongs to."""

    kind: str
    name: str
    uid: str = ""
    controller: bool = False


class Annotations(Trimmed):
    """The few annotations that mean something to us; all others are dropped unread."""

    revision: str | None = msgspec.field(default=None, name="deployment.kubernetes.io/revision")
    cronjob_scheduled: str | None = msgspec.field(default=None, name="batch.kubernetes.io/cronjob-scheduled-timestamp")
    default_class: str | None = msgspec.field(default=None, name="storageclass.kubernetes.io/is-default-class")
    helm_release: str | None = msgspec.field(default=None, name="meta.helm.sh/release-name")
    argo_tracking: str | None = msgspec.field(default=None, name="argocd.argoproj.io/tracking-id")
    restarted_at: str | None = msgspec.field(default=None, name="kubectl.kubernetes.io/restartedAt")


CONTROLLER_MANAGER: Final = "kube-controller-manager"


class ManagedField(Trimmed):
    """Who wrote the object, and when."""

    manager: str = ""
    operation: str = ""
    time: Timestamp | None = None
    subresource: str | None = None


class Meta(Trimmed):
    """Metadata of an object."""

    name: str
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: list[OwnerReference] | None = None
    finalizers: list[str] | None = None
    managed_fields: list[ManagedField] | None = None
    """Only the newest write of what people write: subresources (status, scale) are left out, and the controller manager
    (which writes annotations of its own) wherever somebody else wrote too."""

    def __post_init__(self) -> None:
        """Keep one entry of managedFields."""
        if self.managed_fields is not None:
            written = [m for m in self.managed_fields if m.subresource is None and m.time is not None]
            by_others = [m for m in written if m.manager != CONTROLLER_MANAGER]
            newest = max(by_others or written, key=lambda m: m.time.timestamp() if m.time else 0.0, default=None)
            self.managed_fields = [newest] if newest is not None else None


class Condition(Trimmed):
    """One condition of a status."""

    type: str
    status: str
    reason: str | None = None
    message: Redacted | None = None
    last_transition_time: Timestamp | None = None
    last_heartbeat_time: Timestamp | None = None


class Port(Trimmed):
    """A port of a container or of a Service."""

    container_port: int | None = None
    port: int | None = None
    target_port: int | str | None = None
    name: str | None = None
    protocol: str = "TCP"
    host_port: int | None = None
    node_port: int | None = None
    app_protocol: str | None = None


class KeyRef(Trimmed):
    """A key of a ConfigMap or Secret."""

    name: str = ""
    key: str | None = None
    optional: bool | None = None


class ValueFrom(Trimmed):
    """Where an environment variable takes its value from."""

    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class EnvVar(Trimmed):
    """An environment variable; core/addresses.py says what is kept of its value."""

    name: str
    value: str | None = None
    value_from: ValueFrom | None = None

    def __post_init__(self) -> None:
        """Keep of the value what may be kept."""
        if self.value is not None:
            self.value = keep_environment(self.name, self.value)


class EnvFrom(Trimmed):
    """A ConfigMap or Secret whose keys all become environment variables."""

    config_map_ref: KeyRef | None = None
    secret_ref: KeyRef | None = None


class ProbePort(Trimmed):
    """The port that a probe asks."""

    port: int | str | None = None
    scheme: str | None = None
    path: Digest | None = None


class Probe(Trimmed):
    """A liveness, readiness or startup probe; durations in seconds."""

    http_get: ProbePort | None = None
    tcp_socket: ProbePort | None = None
    grpc: ProbePort | None = None
    exec: dict[str, list[Digest]] | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 1
    period_seconds: int = 10
    failure_threshold: int = 3


class Resources(Trimmed):
    """Requests and limits as quantities (`250m`, `64Mi`)."""

    requests: dict[str, str] | None = None
    limits: dict[str, str] | None = None


class VolumeMount(Trimmed):
    """Where a container sees a volume."""

    name: str = ""
    mount_path: str = ""
    read_only: bool = False
    sub_path: str | None = None


class SecurityContext(Trimmed):
    """As whom a container or the processes of a pod run."""

    run_as_user: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    fs_group: int | None = None


class Container(Trimmed):
    """A container of a pod or of a pod template."""

    name: str
    image: str = ""
    command: list[Digest] | None = None
    args: list[Digest] | None = None
    env: list[EnvVar] | None = None
    env_from: list[EnvFrom] | None = None
    ports: list[Port] | None = None
    resources: Resources | None = None
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    volume_mounts: list[VolumeMount] | None = None
    security_context: SecurityContext | None = None
    image_pull_policy: str | None = None


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


class PodSpec(Trimmed):
    """Specification of a pod or of a pod template."""

    node_name: str | None = None
    containers: list[Container] = []
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
    priority_class_name: str | None = None
    scheduler_name: str | None = None
    security_context: SecurityContext | None = None
    dns_policy: str | None = None


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


class KubeObject(Trimmed):
    """Base of the objects: metadata, and a kind when the API wrote one."""

    metadata: Meta


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


class LabelSelector(Trimmed):
    """A selector; expressions are kept for comparison, only match_labels are evaluated."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[dict[str, Any]] | None = None


class WorkloadSpec(Trimmed):
    """Specification of a Deployment, ReplicaSet, StatefulSet or DaemonSet."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplate | None = None
    paused: bool = False
    service_name: str | None = None
    volume_claim_templates: list[KubeObject] | None = None


class WorkloadStatus(Trimmed):
    """Status of a Deployment, ReplicaSet, StatefulSet or DaemonSet."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    updated_replicas: int = 0
    unavailable_replicas: int = 0
    number_ready: int = 0
    desired_number_scheduled: int = 0
    conditions: list[Condition] | None = None


class Workload(KubeObject):
    """A Deployment, ReplicaSet, StatefulSet or DaemonSet."""

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)


class JobSpec(Trimmed):
    """Specification of a Job."""

    backoff_limit: int | None = None
    suspend: bool | None = None
    template: PodTemplate | None = None


class JobStatus(Trimmed):
    """Status of a Job."""

    active: int = 0
    succeeded: int = 0
    failed: int = 0
    conditions: list[Condition] | None = None
    start_time: Timestamp | None = None
    completion_time: Timestamp | None = None


class Job(KubeObject):
    """A Job."""

    spec: JobSpec = msgspec.field(default_factory=JobSpec)
    status: JobStatus = msgspec.field(default_factory=JobStatus)


class CronJobSpec(Trimmed):
    """Specification of a CronJob."""

    schedule: str = ""
    suspend: bool | None = None


class CronJobStatus(Trimmed):
    """Status of a CronJob."""

    last_schedule_time: Timestamp | None = None
    last_successful_time: Timestamp | None = None


class CronJob(KubeObject):
    """A CronJob."""

    spec: CronJobSpec = msgspec.field(default_factory=CronJobSpec)
    status: CronJobStatus = msgspec.field(default_factory=CronJobStatus)


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


class NodeStatus(Trimmed):
    """Status of a node."""

    conditions: list[Condition] | None = None
    allocatable: dict[str, str] | None = None
    node_info: NodeInfo | None = None


class Node(KubeObject):
    """A node."""

    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


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


class ConfigMap(KubeObject):
    """A ConfigMap; values are digests with the addresses that they mention."""

    data: dict[str, Mentions] | None = None
    binary_data: dict[str, Digest] | None = None


class Secret(KubeObject):
    """A Secret of a recording: its keys. Secrets are never watched."""

    type: str | None = None
    data: dict[str, Hidden] | None = None


class ServiceAccount(KubeObject):
    """A ServiceAccount and the Secrets that its pods pull images with."""

    image_pull_secrets: list[KeyRef] | None = None


class Peer(Trimmed):
    """Whom a rule of a NetworkPolicy speaks of."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: dict[str, Any] | None = None


class PolicyRule(Trimmed, rename={"peers_from": "from", "peers_to": "to"}):
    """What a NetworkPolicy lets in or out; no peers: all, no ports: all."""

    peers_from: list[Peer] | None = None
    peers_to: list[Peer] | None = None
    ports: list[Port] | None = None


class NetworkPolicySpec(Trimmed):
    """Which pods are guarded, in which direction, and what is let through."""

    pod_selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    policy_types: list[str] | None = None
    ingress: list[PolicyRule] | None = None
    egress: list[PolicyRule] | None = None


class NetworkPolicy(KubeObject):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)


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
    """Where a route of the Gateway API sends to."""

    kind: str = "Service"
    name: str = ""
    namespace: str | None = None
    port: int | None = None


class RouteRule(Trimmed):
    """One rule of a route."""

    backend_refs: list[BackendRef] | None = None


class RouteSpec(Trimmed):
    """Rules of a route."""

    rules: list[RouteRule] | None = None


class Route(KubeObject):
    """An HTTPRoute or GRPCRoute of the Gateway API."""

    spec: RouteSpec = msgspec.field(default_factory=RouteSpec)


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


class QuotaStatus(Trimmed):
    """Hard limits and use of a ResourceQuota, as quantities."""

    hard: dict[str, str] | None = None
    used: dict[str, str] | None = None


class ResourceQuota(KubeObject):
    """A ResourceQuota."""

    spec: QuotaStatus = msgspec.field(default_factory=QuotaStatus)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class ClaimSpec(Trimmed):
    """Specification of a PersistentVolumeClaim."""

    storage_class_name: str | None = None
    access_modes: list[str] | None = None
    resources: Resources | None = None
    volume_name: str | None = None
    selector: LabelSelector | None = None
    volume_mode: str | None = None


class Phase(Trimmed):
    """A status of which we need the phase only."""

    phase: str | None = None
    conditions: list[Condition] | None = None


class PersistentVolumeClaim(KubeObject):
    """A PersistentVolumeClaim."""

    spec: ClaimSpec = msgspec.field(default_factory=ClaimSpec)
    status: Phase = msgspec.field(default_factory=Phase)


class ClaimRef(Trimmed):
    """The claim that a volume is bound to, or kept for."""

    namespace: str | None = None
    name: str = ""


class VolumeSpec(Trimmed):
    """Specification of a PersistentVolume."""

    storage_class_name: str | None = None
    access_modes: list[str] | None = None
    capacity: dict[str, str] | None = None
    claim_ref: ClaimRef | None = None
    node_affinity: dict[str, Any] | None = None
    volume_mode: str | None = None
    persistent_volume_reclaim_policy: str | None = None


class StorageClass(KubeObject):
    """How volumes of a class are made."""

    provisioner: str = ""
    volume_binding_mode: str | None = None
    allow_volume_expansion: bool | None = None


class PersistentVolume(KubeObject):
    """A PersistentVolume."""

    spec: VolumeSpec = msgspec.field(default_factory=VolumeSpec)
    status: Phase = msgspec.field(default_factory=Phase)


class Namespace(KubeObject):
    """A namespace."""

    status: Phase = msgspec.field(default_factory=Phase)


class ScaleTarget(Trimmed):
    """The workload that an autoscaler scales."""

    kind: str = ""
    name: str = ""


class AutoscalerSpec(Trimmed):
    """Specification of a HorizontalPodAutoscaler."""

    scale_target_ref: ScaleTarget = msgspec.field(default_factory=ScaleTarget)
    min_replicas: int | None = None
    max_replicas: int = 0


class AutoscalerStatus(Trimmed):
    """Status of a HorizontalPodAutoscaler."""

    current_replicas: int = 0
    desired_replicas: int = 0
    conditions: list[Condition] | None = None


class HorizontalPodAutoscaler(KubeObject):
    """A HorizontalPodAutoscaler."""

    spec: AutoscalerSpec = msgspec.field(default_factory=AutoscalerSpec)
    status: AutoscalerStatus = msgspec.field(default_factory=AutoscalerStatus)


class LeaseSpec(Trimmed):
    """Who leads, since when; durations in seconds."""

    holder_identity: str | None = None
    lease_duration_seconds: int = 0
    lease_transitions: int = 0
    renew_time: Timestamp | None = None


class Lease(KubeObject):
    """A Lease: a leader's or a node's heartbeat."""

    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


class Webhook(Trimmed):
    """One webhook of a configuration."""

    name: str
    failure_policy: str | None = None


class WebhookConfiguration(KubeObject):
    """A Validating- or MutatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None


class Other(KubeObject):
    """Any other object: that it is there, and nothing more."""


STREAMS: Final[dict[str, tuple[str, type[KubeObject]]]] = {
    "pods": ("Pod", Pod),
    "nodes": ("Node", Node),
    "deployments": ("Deployment", Workload),
    "replicasets": ("ReplicaSet", Workload),
    "statefulsets": ("StatefulSet", Workload),
    "daemonsets": ("DaemonSet", Workload),
    "jobs": ("Job", Job),
    "cronjobs": ("CronJob", CronJob),
    "services": ("Service", Service),
    "endpointslices": ("EndpointSlice", EndpointSlice),
    "configmaps": ("ConfigMap", ConfigMap),
    "resourcequotas": ("ResourceQuota", ResourceQuota),
    "persistentvolumeclaims": ("PersistentVolumeClaim", PersistentVolumeClaim),
    "persistentvolumes": ("PersistentVolume", PersistentVolume),
    "namespaces": ("Namespace", Namespace),
    "horizontalpodautoscalers": ("HorizontalPodAutoscaler", HorizontalPodAutoscaler),
    "leases": ("Lease", Lease),
    "validatingwebhookconfigurations": ("ValidatingWebhookConfiguration", WebhookConfiguration),
    "mutatingwebhookconfigurations": ("MutatingWebhookConfiguration", WebhookConfiguration),
    "endpoints": ("Endpoints", Endpoints),
    "poddisruptionbudgets": ("PodDisruptionBudget", Other),
    "networkpolicies": ("NetworkPolicy", NetworkPolicy),
    "storageclasses": ("StorageClass", StorageClass),
    "serviceaccounts": ("ServiceAccount", ServiceAccount),
    "limitranges": ("LimitRange", Other),
    "priorityclasses": ("PriorityClass", Other),
    "ingresses": ("Ingress", Ingress),
    "httproutes": ("HTTPRoute", Route),
    "grpcroutes": ("GRPCRoute", Route),
    "certificates": ("Certificate", Certificate),
    "secrets": ("Secret", Secret),
}
"""Plural resource (the stream's name) -> kind and what is kept of it."""


def ref_of(kind: str, meta: Meta) -> ObjectRef:
    """Name an object by its kind and metadata."""
    return ObjectRef(kind, meta.namespace, meta.name)


def controller_of(meta: Meta) -> ObjectRef | None:
    """Return the object that controls this one; it lives in the same namespace."""
    for owner in meta.owner_references or ():
        if owner.controller:
            return ObjectRef(owner.kind, None if owner.kind == "Node" else meta.namespace, owner.name)
    return None
