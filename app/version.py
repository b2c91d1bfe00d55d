"""Which version this is, and which one judged: a checkpoint of another engine, rules or settings is not used."""

import hashlib
from collections.abc import Iterable
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from causeline.core.config import Settings

UNKNOWN: Final = "0+unknown"
ENGINE_PACKAGES: Final = ("causeline.core", "causeline.detectors", "causeline.knowledge", "causeline.streams")
ENGINE_CHARS: Final = 16
"""64 bits: enough to tell versions apart, short enough to read out."""

READ_BYTES: Final = 1 << 20


def package_version() -> str:
    """Return the version that is installed; `0+unknown` when it runs from a folder that was never installed."""
    try:
        return metadata.version("causeline")
    except metadata.PackageNotFoundError:
        return UNKNOWN


def engine_version(settings: Settings, extra_rules: Iterable[tuple[str, str]]) -> str:
    """Return a digest of all that decides what the engine says: code, rules that ship, `extra_rules`, cluster name."""
    total = hashlib.sha256(package_version().encode())
    for name, text in (*_sources(), *extra_rules, ("cluster", settings.cluster.name)):
        total.update(f"\0{name}\0{len(text)}\0".encode())
        total.update(text.encode("utf-8", "surrogatepass"))
    return total.hexdigest()[:ENGINE_CHARS]


def _sources() -> Iterable[tuple[str, str]]:
    """Yield (name, text) of the engine's code and rules, so that an editable checkout is told from its last state."""
    for package in ENGINE_PACKAGES:
        folders = [resources.files(package), resources.files(package).joinpath("rules")]
        for folder in folders:
            if folder.is_dir():
                files = sorted(folder.iterdir(), key=lambda file: file.name)
                yield from ((f.name, f.read_text("utf-8")) for f in files if f.name.endswith((".py", ".yaml")))


def recording_digest(files: Iterable[Path]) -> str:
    """Return a digest of the bytes of a recording's files: a checkpoint of one recording is not used for another."""
    total = hashlib.sha256()
    for path in files:
        total.update(f"\0{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(READ_BYTES):
                total.update(block)
    return total.hexdigest()[:ENGINE_CHARS]
