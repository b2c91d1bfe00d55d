"""Commands that touch a cluster: run, record, doctor.

What they need is imported when they run: the Kubernetes client alone takes as long to import as all the rest.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from causeline.app.render import console, show
from causeline.app.screen import RunScreen
from causeline.app.wire import parse_targets, read_rules, read_settings
from causeline.core.config import Settings

CONFIG: Final = typer.Option("--config", help="Configuration file.")
DATA: Final = typer.Option("--data", help="Folder of the store.")
TARGET: Final = typer.Option("--target", metavar="NAME=URL", help="Scrape this too; may stand several times.")
CONTEXT: Final = typer.Option("--context", help="Context of the kubeconfig.")
KUBECONFIG: Final = typer.Option("--kubeconfig", help="Kubeconfig file.")
FOR: Final = typer.Option("--for", metavar="SECONDS", min=0.0, help="End after so many seconds.")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run_command)
    app.command("record")(record_command)
    app.command("doctor")(doctor_command)


def _settings(
    config: Path | None, data: Path | None, target: list[str] | None, context: str | None, kubeconfig: Path | None
) -> Settings:
    settings = read_settings(config, store={"data_dir": data}, cluster={"context": context, "kubeconfig": kubeconfig})
    return parse_targets(settings, target or [])


def run_command(
    config: Annotated[Path | None, CONFIG] = None,
    data: Annotated[Path | None, DATA] = None,
    target: Annotated[list[str] | None, TARGET] = None,
    context: Annotated[str | None, CONTEXT] = None,
    kubeconfig: Annotated[Path | None, KUBECONFIG] = None,
    for_seconds: Annotated[float | None, FOR] = None,
) -> None:
    """Watch a cluster until Ctrl-C: keep all it says, find incidents and their causes."""
    from causeline.app.running import run  # noqa: PLC0415

    settings = _settings(config, data, target, context, kubeconfig)
    rules = read_rules(settings)
    with RunScreen(settings.cluster.name) as screen:
        run(settings, rules, screen, for_seconds)


def record_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or not there yet.")],
    config: Annotated[Path | None, CONFIG] = None,
    target: Annotated[list[str] | None, TARGET] = None,
    context: Annotated[str | None, CONTEXT] = None,
    kubeconfig: Annotated[Path | None, KUBECONFIG] = None,
    for_seconds: Annotated[float | None, FOR] = None,
) -> None:
    """Record a cluster until Ctrl-C, for `causeline replay`."""
    from causeline.app.running import record  # noqa: PLC0415

    settings = _settings(config, None, target, context, kubeconfig)
    with RunScreen(settings.cluster.name) as screen:
        count = record(settings, folder, screen, for_seconds)
    typer.echo(f"{count} records in {folder}: causeline replay {folder}")


def doctor_command(config: Annotated[Path | None, CONFIG] = None, data: Annotated[Path | None, DATA] = None) -> None:
    """Check what Causeline needs: packages, rules, store, cluster, permissions."""
    from causeline.app.doctor import examine, findings_table  # noqa: PLC0415

    findings = list(examine(config, data))
    show(console(), findings_table(findings))
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(1)
