"""What makes pods: Deployments and their like, Jobs, CronJobs; and the autoscalers that scale them."""

import msgspec

from causeline.core.objects.base import Condition, KubeObject, LabelSelector, Timestamp, Trimmed
from causeline.core.objects.pods import PodTemplate


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

    observed_generation: int | str = 0
    """A text in the status of an Argo Rollout."""
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
