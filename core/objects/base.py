"""What objects have in common: metadata, conditions, and small parts that several kinds use."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from causeline.core.objects.redacted import Redacted
from causeline.core.refs import ObjectRef

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; one without could be anything, so the record that holds it is a dead letter."""


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
    fields_v1: dict[str, Any] | None = msgspec.field(default=None, name="fieldsV1")
    data: list[str] = []
    """Keys of `data` that it wrote, of a ConfigMap or Secret; the other fields are not kept."""

    def __post_init__(self) -> None:
        """Keep of the fields the keys of `data`."""
        if self.fields_v1 is not None:
            written = self.fields_v1.get("f:data")
            self.data = [k[2:] for k in written if k.startswith("f:")] if isinstance(written, dict) else []
            self.fields_v1 = None


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


class Phase(Trimmed):
    """A status of which we need the phase only."""

    phase: str | None = None
    conditions: list[Condition] | None = None


class KeyRef(Trimmed):
    """A key of a ConfigMap or Secret."""

    name: str = ""
    key: str | None = None
    optional: bool | None = None


class Expression(Trimmed):
    """One condition on labels: `operator` is In, NotIn, Exists or DoesNotExist."""

    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class LabelSelector(Trimmed):
    """A selector: all of both must hold."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[Expression] | None = None


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


class Resources(Trimmed):
    """Requests and limits as quantities (`250m`, `64Mi`)."""

    requests: dict[str, str] | None = None
    limits: dict[str, str] | None = None


class KubeObject(Trimmed):
    """Base of the objects: metadata, and a kind when the API wrote one."""

    metadata: Meta


class Other(KubeObject):
    """Any other object: that it is there, and nothing more."""


def ref_of(kind: str, meta: Meta) -> ObjectRef:
    """Name an object by its kind and metadata."""
    return ObjectRef(kind, meta.namespace, meta.name)


def controller_of(meta: Meta) -> ObjectRef | None:
    """Return the object that controls this one; it lives in the same namespace.

    Where a listing leaves out who owns what, the labels that the controllers set tell it.
    """
    for owner in meta.owner_references or ():
        if owner.controller:
            return ObjectRef(owner.kind, None if owner.kind == "Node" else meta.namespace, owner.name)
    if meta.owner_references or not meta.labels:
        return None
    found = _labelled_owner(meta.name, meta.labels)
    return ObjectRef(found[0], meta.namespace, found[1]) if found is not None else None


TEMPLATE_HASH: Final = "pod-template-hash"
DAEMON_GENERATION: Final = "pod-template-generation"
POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
JOB_NAMES: Final = ("batch.kubernetes.io/job-name", "job-name")
"""Labels that controllers set: https://kubernetes.io/docs/reference/labels-annotations-taints/."""


def _labelled_owner(name: str, labels: dict[str, str]) -> tuple[str, str] | None:
    """Return kind and name of the controller whose labels these are; a ReplicaSet's name ends with its own hash."""
    prefix, _, last = name.rpartition("-")
    if tag := labels.get(TEMPLATE_HASH):
        if last == tag:
            return "Deployment", prefix
        return ("ReplicaSet", prefix) if prefix.endswith("-" + tag) else None
    if labels.get(POD_NAME) == name:
        return "StatefulSet", prefix
    if DAEMON_GENERATION in labels:
        return "DaemonSet", prefix
    job = next((labels[key] for key in JOB_NAMES if key in labels), "")
    return ("Job", job) if job else None
