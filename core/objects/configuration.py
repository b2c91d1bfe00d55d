"""What pods are configured with: ConfigMaps, Secrets, ServiceAccounts."""

from causeline.core.addresses import keep_setting
from causeline.core.objects.base import KeyRef, KubeObject
from causeline.core.objects.redacted import Digest, Hidden


class ConfigMap(KubeObject):
    """A ConfigMap; core/addresses.py says what is kept of its values."""

    data: dict[str, str] | None = None
    binary_data: dict[str, Digest] | None = None

    def __post_init__(self) -> None:
        """Keep of the values what may be kept."""
        if self.data:
            self.data = {key: keep_setting(key, value) for key, value in self.data.items()}


class Secret(KubeObject):
    """A Secret of a recording: its keys. Secrets are never watched."""

    type: str | None = None
    data: dict[str, Hidden] | None = None


class ServiceAccount(KubeObject):
    """A ServiceAccount and the Secrets that its pods pull images with."""

    image_pull_secrets: list[KeyRef] | None = None
