"""Kubernetes' own notations: quantities (`250m`, `64Mi`) and image references."""

from typing import Final

import re2

from causeline.core.objects import KubeObject, ResourceQuota

FULL_SHARE: Final = 0.8
"""A quota with less room than this refuses the next claim or Service of ordinary size."""
_QUANTITY = re2.compile(r"^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))((?:[eE][+-]?[0-9]{1,3})?)([a-zA-Z]{0,2})$")
DIGITS_MAX: Final = 64
UNITS: Final = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""


def quantity(text: str) -> float:
    """Return a Kubernetes quantity as a number, 0 for what is none. Never fails."""
    match = _QUANTITY.match(text.strip()[:DIGITS_MAX])
    return float(match.group(1) + match.group(2)) * UNITS.get(match.group(3), 0.0) if match else 0.0


def is_full(quota: KubeObject | None, resource: str) -> bool:
    """Tell whether a quota has nothing left, or next to nothing, of a resource."""
    if not isinstance(quota, ResourceQuota):
        return False
    hard, used = ((mapping or {}).get(resource, "") for mapping in (quota.status.hard, quota.status.used))
    return hard != "" and quantity(used or "0") >= FULL_SHARE * quantity(hard)


def registry_host(image: str) -> str:
    """Return the registry of an image reference, as the reference has it; Docker Hub when it names none.

    https://github.com/distribution/reference: a first part with a dot, a colon, or `localhost` is a host.
    """
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first.lower()
    return "docker.io" if image else ""


def repository_of(image: str) -> str:
    """Return an image reference without its tag and digest."""
    path, _, last = image.partition("@")[0].rpartition("/")
    return f"{path}/{last.partition(':')[0]}"
