"""Settings -> parts: which adapter stands behind which port, and where its files lie."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from causeline.core.config import Settings, parse_settings
from causeline.core.errors import ConfigError, RuleError
from causeline.knowledge.rule_base import RuleBase
from causeline.knowledge.rule_files import load_rules
from causeline.sinks.sqlite.checkpoints import SqliteCheckpoints
from causeline.sinks.sqlite.log import SqliteLog
from causeline.sinks.sqlite.store import SqliteStore
from causeline.sources.resources import DEFAULT_STREAMS, Resource

LOG_FILE: Final = "log.db"
CHECKPOINT_FILE: Final = "checkpoint.db"
CONFIG_BYTES_MAX: Final = 1_048_576
"""No configuration of people is longer; a wrong file might be."""


def read_settings(
    file: Path | None, environment: Mapping[str, str] | None = None, **changes: dict[str, Any]
) -> Settings:
    """Return the settings of `file` (None: the defaults) and the environment, changed by options of the command line.

    `changes` holds sections with the keys to set; None values change nothing. Raises ConfigError.
    """
    text = "" if file is None else _read_text(file)
    environment = os.environ if environment is None else environment
    settings = parse_settings(text, "defaults" if file is None else str(file), environment)
    for section, values in changes.items():
        chosen = {key: value for key, value in values.items() if value is not None}
        before = getattr(settings, section)
        settings = settings.model_copy(update={section: before.model_copy(update=chosen)})
    return settings


def parse_targets(settings: Settings, targets: Sequence[str]) -> Settings:
    """Return `settings` with each NAME=URL of `targets` added. Raises ConfigError."""
    added = []
    for text in targets:
        name, is_there, url = text.partition("=")
        if not is_there:
            raise ConfigError(f"--target {text}: NAME=URL is expected, such as apiserver=https://10.0.0.1:6443/metrics")
        added.append({"name": name, "url": url})
    try:
        return Settings.model_validate(
            {**settings.model_dump(), "targets": [*settings.model_dump()["targets"], *added]}
        )
    except ValidationError as error:
        raise ConfigError(
            "\n".join(f"--target: {e['msg'].removeprefix('Value error, ')}" for e in error.errors())
        ) from error


def _read_text(file: Path) -> str:
    try:
        with file.expanduser().open("rb") as opened:
            body = opened.read(CONFIG_BYTES_MAX + 1)
        if len(body) > CONFIG_BYTES_MAX:
            raise ConfigError(f"{file}: more than {CONFIG_BYTES_MAX} bytes: not a configuration")
        return body.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}") from error


@dataclass(frozen=True)
class Rules:
    """The rule base and the texts that were read beside those that ship."""

    base: RuleBase
    extra: list[tuple[str, str]]


def read_rules(settings: Settings) -> Rules:
    """Return the rules that ship and those of the settings. Raises ConfigError or RuleError with every fault."""
    files = [*settings.rules.files, *_rules_in(settings.rules.dir)]
    extra = [(str(file), _read_text(file)) for file in files]
    return Rules(load_rules(extra), extra)


def _rules_in(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.expanduser().is_dir():
        raise ConfigError(f"rules.dir: {folder}: no such folder")
    return sorted(folder.expanduser().glob("*.yaml"))


def watched_streams(settings: Settings) -> Sequence[Resource]:
    """Return what is to be watched. Raises ConfigError for a stream that we do not know."""
    known = {resource.stream: resource for resource in DEFAULT_STREAMS}
    unknown = sorted(set(settings.watch.streams) - set(known))
    if unknown:
        raise ConfigError(f"watch.streams: unknown: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return [known[stream] for stream in settings.watch.streams] or DEFAULT_STREAMS


def faults_of(settings: Settings, file: str) -> list[str]:
    """Return what is wrong with settings that are well-formed: files that can't be read, names that do not exist."""
    faults: list[str] = []
    for check in (read_rules, watched_streams):
        try:
            check(settings)
        except (ConfigError, RuleError) as error:
            faults += [f"{file}: {line}" for line in str(error).splitlines()]
    for number, target in enumerate(settings.targets):
        for key in ("bearer_token_file", "ca_file"):
            path: Path | None = getattr(target, key)
            if path is not None and not path.expanduser().is_file():
                faults.append(f"{file}: targets.{number}.{key}: {path}: no such file")
    return faults


def open_store(folder: Path) -> SqliteStore:
    """Open the store for writing. Raises StoreError."""
    return SqliteStore.open(folder.expanduser())


def open_store_for_reading(folder: Path) -> SqliteStore:
    """Open the store for reading, beside a process that writes. Raises StoreError."""
    return SqliteStore.open(folder.expanduser(), read_only=True)


def open_checkpoints(folder: Path) -> SqliteCheckpoints:
    """Open the checkpoint in the store's folder. Raises StoreError."""
    return SqliteCheckpoints.open(folder.expanduser() / CHECKPOINT_FILE)


def open_log(settings: Settings) -> SqliteLog:
    """Open the observations log in the store's folder. Raises StoreError."""
    return SqliteLog.open(settings.store.data_dir.expanduser() / LOG_FILE, bytes_max=settings.store.log_bytes_max)
