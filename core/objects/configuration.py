"""What pods are configured with: ConfigMaps, Secrets, ServiceAccounts."""

from causeline.core.objects.base import KeyRef, KubeObject
from causeline.core.objects.redacted import Digest, Hidden, Mentions


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
