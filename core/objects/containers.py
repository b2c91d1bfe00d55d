"""Containers as pods and pod templates specify them: environment, probes, resources, mounts."""

from causeline.core.addresses import keep_environment
from causeline.core.objects.base import KeyRef, Port, Resources, Trimmed
from causeline.core.objects.redacted import Digest


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
    restart_policy: str | None = None
    """`Always` makes an init container a sidecar, which serves as the others do (KEP-753)."""
