"""Names of settings that lines of programs mention: a variable, a file, a property. Pure; linear in the line.

A program that can't use a setting mostly names it: `FLUSH_INTERVAL: missing unit`, `in /etc/nginx/limits.conf:1`.
"""

from collections.abc import Iterator
from typing import Final

import re2

from causeline.core.objects import ConfigMap, KubeObject, Pod, Secret
from causeline.core.pod_spec import all_containers
from causeline.core.refs import ObjectRef

NAMES_MAX: Final = 20
"""Names taken from one line."""
_NAMES = re2.compile(
    r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|[\w-]+\.(?:conf|cfg|ya?ml|json|properties|toml|ini|xml|env|cnf|js|py|lua|rules)\b"
)


def settings_in(line: str) -> list[str]:
    """Return what looks like the name of a variable or of a file, in order, each once."""
    return list(dict.fromkeys(_NAMES.findall(line)))[:NAMES_MAX]


def keys_of(config: KubeObject | None, ref: ObjectRef, pods: list[Pod]) -> dict[str, str]:
    """Return the names under which pods know the keys of a ConfigMap or Secret -> the key: variables, files, keys."""
    found: dict[str, str] = {}
    if isinstance(config, ConfigMap):
        found.update((key, key) for key in {**(config.data or {}), **(config.binary_data or {})})
    elif isinstance(config, Secret):
        found.update((key, key) for key in config.data or ())
    for pod in pods[:1]:
        found.update(_variables(pod, ref))
    return found


def _variables(pod: Pod, ref: ObjectRef) -> Iterator[tuple[str, str]]:
    for container in all_containers(pod.spec):
        for one in container.env or ():
            source = one.value_from
            key = (source.config_map_key_ref if ref.kind == "ConfigMap" else source.secret_key_ref) if source else None
            if key is not None and key.name == ref.name and key.key:
                yield one.name, key.key
