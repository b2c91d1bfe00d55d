"""Claims, volumes and their classes."""

from typing import Any

import msgspec

from causeline.core.objects.base import KubeObject, LabelSelector, Phase, Resources, Trimmed


class ClaimSpec(Trimmed):
    """Specification of a PersistentVolumeClaim."""

    storage_class_name: str | None = None
    access_modes: list[str] | None = None
    resources: Resources | None = None
    volume_name: str | None = None
    selector: LabelSelector | None = None
    volume_mode: str | None = None


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
