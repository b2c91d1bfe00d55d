"""Kubernetes objects as Causeline keeps them: only what topology and rules need.

Decoding is trimming: msgspec skips in C every field that is not named here, so neither a watcher nor a replay ever
holds a whole object. Values that may be secret become a digest while they are decoded (see `Digest`), so they can be
compared but not read. Field names are the API's, in snake case. https://kubernetes.io/docs/reference/kubernetes-api/

One module a family: `redacted` (what is kept of values), `base`, then by what the objects are for; `kinds` lists all.
"""

from causeline.core.objects.base import (
    CONTROLLER_MANAGER,
    Annotations,
    Condition,
    KeyRef,
    KubeObject,
    LabelSelector,
    ManagedField,
    Meta,
    Other,
    OwnerReference,
    Phase,
    Port,
    Resources,
    Timestamp,
    Trimmed,
    controller_of,
    ref_of,
)
from causeline.core.objects.cluster import (
    Lease,
    LeaseSpec,
    Namespace,
    Node,
    NodeInfo,
    NodeSpec,
    NodeStatus,
    QuotaStatus,
    ResourceQuota,
    Taint,
    Webhook,
    WebhookConfiguration,
)
from causeline.core.objects.configuration import ConfigMap, Secret, ServiceAccount
from causeline.core.objects.containers import (
    Container,
    EnvFrom,
    EnvVar,
    Probe,
    ProbePort,
    SecurityContext,
    ValueFrom,
    VolumeMount,
)
from causeline.core.objects.kinds import STREAMS
from causeline.core.objects.network import (
    Endpoint,
    EndpointConditions,
    Endpoints,
    EndpointSlice,
    NetworkPolicy,
    NetworkPolicySpec,
    Peer,
    PolicyRule,
    Service,
    ServiceSpec,
    Subset,
    TargetRef,
)
from causeline.core.objects.pods import (
    ClaimVolume,
    ContainerState,
    ContainerStatus,
    Pod,
    PodSpec,
    PodStatus,
    PodTemplate,
    Projected,
    ProjectedSource,
    Running,
    SecretVolume,
    TemplateMeta,
    Terminated,
    Volume,
    Waiting,
)
from causeline.core.objects.redacted import TEXT_CHARS, Digest, Hidden, Mentions, Redacted, decode_hook, encode_hook
from causeline.core.objects.routes import (
    Backend,
    BackendPort,
    BackendRef,
    BackendService,
    Certificate,
    CertificateSpec,
    CertificateStatus,
    Ingress,
    IngressHttp,
    IngressPath,
    IngressRule,
    IngressSpec,
    IngressTls,
    Route,
    RouteRule,
    RouteSpec,
)
from causeline.core.objects.storage import (
    ClaimRef,
    ClaimSpec,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeSpec,
)
from causeline.core.objects.workloads import (
    AutoscalerSpec,
    AutoscalerStatus,
    CronJob,
    CronJobSpec,
    CronJobStatus,
    HorizontalPodAutoscaler,
    Job,
    JobSpec,
    JobStatus,
    ScaleTarget,
    Workload,
    WorkloadSpec,
    WorkloadStatus,
)

__all__ = [
    "CONTROLLER_MANAGER", "STREAMS", "TEXT_CHARS", "Annotations", "AutoscalerSpec", "AutoscalerStatus", "Backend",
    "BackendPort", "BackendRef", "BackendService", "Certificate", "CertificateSpec", "CertificateStatus", "ClaimRef",
    "ClaimSpec", "ClaimVolume", "Condition", "ConfigMap", "Container", "ContainerState", "ContainerStatus", "CronJob",
    "CronJobSpec", "CronJobStatus", "Digest", "Endpoint", "EndpointConditions", "EndpointSlice", "Endpoints", "EnvFrom",
    "EnvVar", "Hidden", "HorizontalPodAutoscaler", "Ingress", "IngressHttp", "IngressPath", "IngressRule",
    "IngressSpec", "IngressTls", "Job", "JobSpec", "JobStatus", "KeyRef", "KubeObject", "LabelSelector", "Lease",
    "LeaseSpec", "ManagedField", "Mentions", "Meta", "Namespace", "NetworkPolicy", "NetworkPolicySpec", "Node",
    "NodeInfo", "NodeSpec", "NodeStatus", "Other", "OwnerReference", "Peer", "PersistentVolume",
    "PersistentVolumeClaim", "Phase", "Pod", "PodSpec", "PodStatus", "PodTemplate", "PolicyRule", "Port", "Probe",
    "ProbePort", "Projected", "ProjectedSource", "QuotaStatus", "Redacted", "ResourceQuota", "Resources", "Route",
    "RouteRule", "RouteSpec", "Running", "ScaleTarget", "Secret", "SecretVolume", "SecurityContext", "Service",
    "ServiceAccount", "ServiceSpec", "StorageClass", "Subset", "Taint", "TargetRef", "TemplateMeta", "Terminated",
    "Timestamp", "Trimmed", "ValueFrom", "Volume", "VolumeMount", "VolumeSpec", "Waiting", "Webhook",
    "WebhookConfiguration", "Workload", "WorkloadSpec", "WorkloadStatus", "controller_of", "decode_hook", "encode_hook",
    "ref_of",
]  # fmt: skip
