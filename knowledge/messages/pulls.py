"""Image pulls: why the registry gave no image. containerd, CRI-O and dockershim word it differently; all are read.

`problem`: name-invalid, runtime, unauthorised, platform, not-found, unresolvable, status, refused, tls, timeout, disk.
https://github.com/containerd/containerd (remotes/docker), https://github.com/containers/image
"""

from typing import Final

import re2

from causeline.knowledge.messages.mounts import read_configuration
from causeline.knowledge.messages.network import http_status, network_problem, without_names
from causeline.knowledge.messages.nodes import read_runtime
from causeline.knowledge.quantities import registry_host

_IMAGE = re2.compile(r'(?:pull(?:ing)? (?:and unpack )?image|resolve (?:reference|image)) "([^"]+)"')
_INVALID = re2.compile(r'couldn.t parse image (?:reference|name) "?([^":]*[^" ]*)')
_REFUSED_LOGIN: Final = (
    "unauthorized", "unauthorised", "forbidden", "no basic auth credentials", "pull access denied",
    "authentication required", "authorization failed", "insufficient_scope", "denied: requested access",
)  # fmt: skip
_NO_VARIANT: Final = ("no match for platform", "no matching manifest", "no image found in image index")
_NOT_THERE: Final = (
    "code = notfound", ": not found", "manifest unknown", "name unknown", "manifest_unknown", "name_unknown",
    "does not exist", "manifest for", "reading manifest",
)  # fmt: skip
_NO_PROJECT_TEXT: Final = r"project \S+ not found"
"""Harbor says `unauthorized` and then that there is no such project."""
_NO_PROJECT = re2.compile(rf"(?i){_NO_PROJECT_TEXT}")
NO_REPOSITORY = re2.compile(rf"(?i)name.?unknown|repository (?:name )?not (?:known|found)|{_NO_PROJECT_TEXT}")
"""How registries say that it is the repository that they do not have, whatever the tag."""
STATUS_PROBLEMS: Final = {"401": "unauthorised", "403": "unauthorised", "404": "not-found"}


def read_failed(message: str) -> dict[str, str]:
    """Read an Event `Failed` of a Pod: a pull, a container's configuration, or the runtime."""
    if "pull image" in message or "parse image" in message:
        return read_pull(message)
    return read_configuration(message) or read_runtime(message)


def read_pull(message: str) -> dict[str, str]:
    """Read why a pull failed; a back-off that repeats no reason gives the image only."""
    invalid = _INVALID.search(message)
    if invalid is not None:
        return {"problem": "name-invalid", "image": invalid.group(1)}
    if read_runtime(message):
        return read_runtime(message)
    named = _IMAGE.search(message)
    image = named.group(1) if named else ""
    text = without_names(message)
    status = http_status(text)
    return {"problem": _problem(text, status), "http_status": status, "image": image, "registry": registry_host(image)}


def _problem(text: str, status: str) -> str:
    lower = text.lower()
    if "no space left on device" in lower:
        return "disk"
    if _NO_PROJECT.search(text):
        return "not-found"
    if status in ("401", "403") or any(word in lower for word in _REFUSED_LOGIN):
        return "unauthorised"
    if any(word in lower for word in _NO_VARIANT):
        return "platform"
    network = network_problem(text)
    if status.startswith("5") or status == "429":
        return "status"
    if network == "" and (status == "404" or any(word in lower for word in _NOT_THERE)):
        return "not-found"
    return network
