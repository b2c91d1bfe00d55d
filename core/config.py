"""The configuration: what may be set, its units and defaults. Text and environment in, Settings or every fault out.

Nothing is read here; app/ reads the file and hands in its text and the environment.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from causeline.core.errors import ConfigError

ENVIRONMENT_PREFIX: Final = "CAUSELINE__"
SEPARATOR: Final = "__"


class Section(BaseModel):
    """Base of all sections: unknown keys are faults, values never change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ClusterSettings(Section):
    """Which cluster is watched and what it is called."""

    name: str = Field(default="default", min_length=1, max_length=253, examples=["prod-eu-1"])
    """Name of the cluster in incidents. Ids of incidents depend on it."""
    kubeconfig: Path | None = Field(default=None, examples=["~/.kube/config"])
    """Kubeconfig file; null: the pod's own account inside a cluster, else what kubectl uses."""
    context: str | None = Field(default=None, examples=["admin@prod-eu-1"])
    """Context of the kubeconfig; null: its current one."""


class StoreSettings(Section):
    """Where everything is kept and for how long."""

    data_dir: Path = Field(default=Path("data"), examples=["/var/lib/causeline"])
    """Folder of the store, the log and the checkpoint; made when it is missing."""
    retention_days: int = Field(default=14, ge=1, le=3650, examples=[30])
    """Days for which events are kept. Incidents stay, with their evidence."""
    log_hours: float = Field(default=24.0, gt=0, le=24 * 365, examples=[6.0])
    """Hours of observations that are kept so that other rules can judge them again."""
    log_bytes_max: int = Field(default=2_147_483_648, ge=1_048_576, examples=[536_870_912])
    """Bound of the log in bytes. At the bound older observations than the last checkpoint go first."""
    checkpoint_seconds: float = Field(default=30.0, ge=0.01, le=3600, examples=[10.0])
    """Seconds between two checkpoints; more when one takes over a twentieth of that."""


class WatchSettings(Section):
    """What is watched."""

    streams: list[str] = Field(default=[], max_length=100, examples=[["events.v1", "pods", "nodes"]])
    """Resources that are watched, by their plural name; empty: all that the rules need."""
    queue_max: int = Field(default=10_000, ge=100, le=1_000_000, examples=[50_000])
    """Records that may wait between the watches and the log; when they do, the watches read no further."""

    @field_validator("streams")
    @classmethod
    def _named_once(cls, value: list[str]) -> list[str]:
        return _once(value, "stream")


class TargetSettings(Section):
    """One Prometheus target that is scraped."""

    name: str = Field(min_length=1, max_length=253, examples=["apiserver"])
    """What the target is called in results."""
    url: str = Field(examples=["https://10.0.0.1:6443/metrics"])
    """Address of its metrics, http or https."""
    bearer_token_file: Path | None = Field(default=None, examples=["/var/run/secrets/metrics/token"])
    """File that holds the token to show; it is read again at each scrape."""
    ca_file: Path | None = Field(default=None, examples=["/etc/ssl/metrics-ca.pem"])
    """Certificates that the target's own must be signed by; null: those of the system."""
    interval_seconds: float = Field(default=15.0, ge=1, le=3600, examples=[30.0])
    """Seconds between two scrapes."""

    @field_validator("url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an http:// or https:// address is expected")
        return value


class LogsSettings(Section):
    """Log lines of containers as evidence."""

    enabled: bool = Field(default=False, examples=[True])
    """Read the last lines of containers that an incident is about; needs the right to get pods/log.
    At most five answers of 64 KiB a second; lines that complain and the last two are kept, redacted."""


class RulesSettings(Section):
    """Rules beside those that ship."""

    files: list[Path] = Field(default=[], max_length=100, examples=[["/etc/causeline/our-rules.yaml"]])
    """Rule files (YAML) that are read after the rules that ship."""
    dir: Path | None = Field(default=None, examples=["/etc/causeline/rules.d"])
    """A folder whose `*.yaml` are read after these, in order of name; `causeline rules test` runs its `*.scenario`."""


class Settings(Section):
    """Everything that can be set."""

    cluster: ClusterSettings = ClusterSettings()
    store: StoreSettings = StoreSettings()
    watch: WatchSettings = WatchSettings()
    targets: list[TargetSettings] = Field(default=[], max_length=1000)
    """Prometheus targets."""
    logs: LogsSettings = LogsSettings()
    rules: RulesSettings = RulesSettings()

    @model_validator(mode="after")
    def _target_names_differ(self) -> "Settings":
        _once([target.name for target in self.targets], "target")
        return self


def _once(names: list[str], what: str) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} named twice: {', '.join(twice)}")
    return names


def parse_settings(text: str, file: str, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that YAML `text` holds, overridden by CAUSELINE__SECTION__KEY of `environment`.

    Raises ConfigError that lists every fault, one a line, with the file or variable and the key's path.
    """
    raw = _mapping(text, file)
    overridden, faults = _override(raw, environment or {})
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        faults += [_fault(e["loc"], e["msg"], file, overridden) for e in error.errors(include_input=False)]
    if faults:
        raise ConfigError("\n".join(faults))
    return settings


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a fault, not a silent loss."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _mapping(text: str, file: str) -> dict[str, Any]:
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise ConfigError(f"{file}:{place} not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ConfigError(f"{file}: not YAML: {str(error).splitlines()[0]}") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: sections such as `store:` are expected, this is a {type(raw).__name__}")
    return raw


def _override(raw: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[tuple[str, ...], str], list[str]]:
    """Put the environment's values into `raw`; return which keys came from which variable, and the faults."""
    overridden: dict[tuple[str, ...], str] = {}
    faults: list[str] = []
    for variable in sorted(v for v in environment if v.startswith(ENVIRONMENT_PREFIX)):
        path = tuple(variable.removeprefix(ENVIRONMENT_PREFIX).lower().split(SEPARATOR))
        try:
            _put(raw, path, yaml.load(environment[variable], _Loader))  # noqa: S506 - a SafeLoader
            overridden[path] = variable
        except (yaml.YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError):
            faults.append(f"environment {variable}: neither a YAML value nor a key of the configuration")
    return overridden, faults


def _put(raw: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    place = raw
    for key in path[:-1]:
        below = place.get(key)
        place[key] = place = {} if below is None else below
        if not isinstance(place, dict):
            raise TypeError
    place[path[-1]] = value


def _fault(loc: tuple[int | str, ...], text: str, file: str, overridden: Mapping[tuple[str, ...], str]) -> str:
    keys = tuple(str(key) for key in loc)
    variable = next(
        (v for path, v in overridden.items() if keys[: len(path)] == path or path[: len(keys)] == keys), None
    )
    source = f"environment {variable}" if variable else file
    return f"{source}: {'.'.join(keys) or 'configuration'}: {text.removeprefix('Value error, ')}"
