"""What a pod specification says: where it stands, and what its pods need."""

from collections.abc import Iterable, Iterator
from typing import Final

from causeline.core.objects import Container, Job, KubeObject, Pod, PodSpec, Volume, Workload
from causeline.core.refs import ObjectRef

CLUSTER_CA: Final = "kube-root-ca.crt"
"""The ConfigMap that every pod's token volume reads."""


def template_of(obj: KubeObject | None) -> PodSpec | None:
    """Return the pod specification of a pod or of a workload's template."""
    if isinstance(obj, Pod):
        return obj.spec
    if isinstance(obj, Workload | Job) and obj.spec.template is not None:
        return obj.spec.template.spec
    return None


def all_containers(spec: PodSpec) -> list[Container]:
    """Return the containers of a pod, and then those that initialise it."""
    return [*spec.containers, *(spec.init_containers or ())]


def serving_containers(spec: PodSpec | None) -> list[Container]:
    """Return the containers that run while a pod serves: its containers and its sidecars."""
    if spec is None:
        return []
    return [*spec.containers, *(c for c in spec.init_containers or () if c.restart_policy == "Always")]


def values_of(containers: Iterable[Container]) -> list[str]:
    """Return the values that containers give their variables themselves."""
    return [v.value for c in containers for v in c.env or () if v.value]


def reads_of(spec: PodSpec, namespace: str | None) -> Iterator[tuple[str, ObjectRef]]:
    """Yield the configuration (`reads`) and the claims (`claims`) that pods of this specification need."""
    for volume in spec.volumes or ():
        if volume.persistent_volume_claim is not None:
            yield "claims", ObjectRef("PersistentVolumeClaim", namespace, volume.persistent_volume_claim.claim_name)
        for kind, name in sources_of(volume):
            yield "reads", ObjectRef(kind, namespace, name)
    for container in all_containers(spec):
        for kind, name in _environment(container):
            yield "reads", ObjectRef(kind, namespace, name)


def made_of(volume: Volume) -> Iterator[tuple[str, str, bool]]:
    """Yield kind and name of the ConfigMap or Secret that is a volume's only source, and whether it may be missing."""
    if volume.config_map is not None:
        yield "ConfigMap", volume.config_map.name, bool(volume.config_map.optional)
    if volume.secret is not None:
        yield "Secret", volume.secret.secret_name, bool(volume.secret.optional)


def sources_of(volume: Volume) -> Iterator[tuple[str, str]]:
    """Yield kind and name of the configuration in a volume, but for what every pod's token volume reads."""
    yield from ((kind, name) for kind, name, _ in made_of(volume))
    for source in (volume.projected.sources if volume.projected else None) or ():
        if source.config_map is not None and source.config_map.name != CLUSTER_CA:
            yield "ConfigMap", source.config_map.name
        if source.secret is not None:
            yield "Secret", source.secret.name


def _environment(container: Container) -> Iterator[tuple[str, str]]:
    for one in container.env or ():
        if one.value_from is not None and one.value_from.config_map_key_ref is not None:
            yield "ConfigMap", one.value_from.config_map_key_ref.name
        if one.value_from is not None and one.value_from.secret_key_ref is not None:
            yield "Secret", one.value_from.secret_key_ref.name
    for whole in container.env_from or ():
        if whole.config_map_ref is not None:
            yield "ConfigMap", whole.config_map_ref.name
        if whole.secret_ref is not None:
            yield "Secret", whole.secret_ref.name
