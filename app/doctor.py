"""`causeline doctor`: what works, what does not, and the way out. Changes nothing, neither here nor in the cluster."""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from importlib import metadata
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from causeline.app.escape import harmless
from causeline.app.intake import connect_to, target_of
from causeline.app.system_clock import SystemClock
from causeline.app.version import package_version
from causeline.app.wire import faults_of, read_rules, read_settings, watched_streams
from causeline.core.config import Settings, TargetSettings
from causeline.core.errors import CauselineError, ConfigError
from causeline.sources.connect import Api, Cut, Denied, Interrupted, Unauthorized
from causeline.sources.exporter import Exporter, Scrape

PYTHON_MIN: Final = (3, 11)
PACKAGES: Final = (
    "google-re2", "kubernetes", "msgspec", "prometheus-client", "pydantic", "pyyaml", "rich", "typer",
)  # fmt: skip
ANSWER_SECONDS: Final = 10.0
TARGET_SECONDS: Final = 15.0
ANSWER_BYTES_MAX: Final = 8 * 1024 * 1024
"""A list of one object; the greatest one that etcd holds is 1.5 MiB."""

Verdict = Literal["ok", "warn", "fail"]
STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at and, where it is not well, the way out."""

    what: str
    verdict: Verdict
    text: str
    way_out: str = ""


def examine(config: Path | None, data: Path | None) -> Iterator[Finding]:
    """Yield a finding for everything that Causeline needs."""
    yield _python()
    yield from map(_package, PACKAGES)
    try:
        settings = read_settings(config, store={"data_dir": data})
    except ConfigError as error:
        yield Finding("configuration", "fail", str(error), "`causeline config check` lists all faults")
        return
    yield _configuration(settings, config)
    yield _rules(settings)
    yield _store(settings.store.data_dir.expanduser())
    yield from _cluster(settings)
    yield from map(_target, settings.targets)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        return Finding("python", "fail", version, "use Python 3.11 or newer")
    return Finding("python", "ok", f"{version}, causeline {package_version()}")


def _package(name: str) -> Finding:
    try:
        return Finding(f"package {name}", "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(f"package {name}", "fail", "missing", "install Causeline again, into an environment of its own")


def _configuration(settings: Settings, config: Path | None) -> Finding:
    faults = faults_of(settings, "defaults" if config is None else str(config))
    if faults:
        return Finding("configuration", "fail", "; ".join(faults), "mend these keys")
    return Finding("configuration", "ok", "defaults" if config is None else str(config))


def _rules(settings: Settings) -> Finding:
    try:
        base = read_rules(settings).base
    except CauselineError as error:
        return Finding("rules", "fail", str(error), "mend the rule files that rules.files names")
    return Finding("rules", "ok", f"{len(base.symptoms)} symptoms, {len(base.causes)} causes")


def _store(folder: Path) -> Finding:
    place = next((p for p in (folder, *folder.absolute().parents) if p.exists()), folder)
    if not place.is_dir():
        return Finding("store", "fail", f"{place} is a file, the store is a folder", "name another one with --data")
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("store", "fail", f"{place} is not writable", "give its owner the right, or name another folder")
    databases = sorted(folder.rglob("*.db")) if folder.is_dir() else []
    for database in databases:
        if damage := _damage(database):
            way_out = "move it away (`sqlite3 FILE .recover` saves what can be saved) and start again"
            return Finding("store", "fail", f"{database}: {damage}", way_out)
    return Finding("store", "ok", f"{folder}: writable, {len(databases)} databases whole")


def _damage(path: Path) -> str:
    """Return what SQLite finds wrong in the file, or nothing."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return "" if answer == "ok" else answer


def _cluster(settings: Settings) -> Iterator[Finding]:
    try:
        api = Api(connect_to(settings))
    except CauselineError as error:
        yield Finding("cluster", "fail", str(error), "set KUBECONFIG or cluster.kubeconfig; `demo` needs no cluster")
        return
    verdict = _asked(api, "/version", {})
    if isinstance(verdict, Cut):
        yield Finding("cluster", "fail", str(verdict), "check address, network and certificates of the kubeconfig")
        return
    yield Finding("cluster", "ok", "the API server answers")
    try:
        streams = watched_streams(settings)
    except ConfigError:
        return
    for resource in streams:
        refusal = _asked(api, resource.path, {"limit": "1"})
        if isinstance(refusal, Unauthorized):  # it is the same for all
            yield _permission("anything", refusal)
            return
        yield _permission(resource.stream, refusal)
    if settings.logs.enabled:
        yield _log_permission(api)


def _asked(api: Api, path: str, query: dict[str, str]) -> Interrupted | None:
    try:
        api.read(path, query, ANSWER_SECONDS, ANSWER_BYTES_MAX)
    except Interrupted as error:
        return error
    return None


def _permission(stream: str, refusal: Interrupted | None) -> Finding:
    match refusal:
        case None:
            return Finding(f"may list {stream}", "ok", "")
        case Denied():
            way_out = f"allow get, list and watch of {stream} to this account; without it what it tells is not seen"
            return Finding(f"may list {stream}", "warn", str(refusal), way_out)
    return Finding(f"may list {stream}", "fail", str(refusal), "check the credentials of the kubeconfig's user")


def _log_permission(api: Api) -> Finding:
    """Ask for the log of a pod that can't exist: who may not is told so before anybody looks for the pod."""
    refusal = _asked(api, "/api/v1/namespaces/default/pods/causeline-doctor/log", {})
    if isinstance(refusal, Denied) and refusal.status == HTTPStatus.NOT_FOUND:
        refusal = None
    if refusal is None:
        return Finding("may read logs", "ok", "")
    return Finding(
        "may read logs", "warn", str(refusal), "allow get of pods/log to this account, or logs.enabled: false"
    )


def _target(target: TargetSettings) -> Finding:
    """Scrape once, the way a run does."""
    scrapes: list[Scrape] = []
    done = threading.Event()

    def on_scrape(scrape: Scrape) -> None:
        scrapes.append(scrape)
        done.set()

    what = f"target {harmless(target.name)}"
    way_out = f"check targets: url, bearer_token_file and ca_file of {harmless(target.name)}"
    try:
        exporter = Exporter([target_of(target)], emit=lambda _: None, clock=SystemClock(), on_scrape=on_scrape)
    except ConfigError as error:
        return Finding(what, "fail", str(error), way_out)
    exporter.start()
    done.wait(TARGET_SECONDS)
    exporter.stop()
    if not scrapes:
        return Finding(what, "fail", f"no answer within {TARGET_SECONDS:.0f} s", way_out)
    seen = scrapes[0].seen
    if seen.error is not None:
        return Finding(what, "fail", seen.error, way_out)
    return Finding(what, "ok", f"{seen.samples} series in {seen.took:.2f} s")


def findings_table(findings: list[Finding]) -> RenderableType:
    """Return findings as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "WHAT", "FOUND", "WAY OUT"):
        table.add_column(name, overflow="fold")
    for f in findings:
        table.add_row(Text(f.verdict, STYLES[f.verdict]), Text(f.what), Text(harmless(f.text)), Text(f.way_out))
    return table
