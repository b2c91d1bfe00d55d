"""The command `diagnose`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from causeline.app.escape import harmless
from causeline.app.render import console, incident_view, incidents_table, moment_text, print_json, show, subject_text
from causeline.app.wire import read_rules, read_settings
from causeline.core.errors import DiagnosisError

CONFIG: Final = typer.Option("--config", help="Configuration file.")
CONTEXT: Final = typer.Option("--context", help="Context of the kubeconfig.")
KUBECONFIG: Final = typer.Option("--kubeconfig", help="Kubeconfig file.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diagnose")(diagnose_command)


def diagnose_command(
    about: Annotated[str | None, typer.Argument(metavar="KIND/NAMESPACE/NAME", help="What to look at.")] = None,
    recording: Annotated[Path | None, typer.Option(metavar="DIR", help="Ask a recording, not the cluster.")] = None,
    at: Annotated[str | None, typer.Option(help="As of when: unix seconds or 2026-01-31T12:00:00Z.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: Annotated[Path | None, CONFIG] = None,
    context: Annotated[str | None, CONTEXT] = None,
    kubeconfig: Annotated[Path | None, KUBECONFIG] = None,
) -> None:
    """Say what is wrong now, why, and what to do: with a cluster, or with a recording up to a moment."""
    from causeline.app import diagnosing  # noqa: PLC0415 - the client takes as long to import as all the rest

    if at is not None and recording is None:
        raise DiagnosisError("--at: a cluster is asked as it is now; name a --recording to go back in")
    settings = read_settings(config, cluster={"context": context, "kubeconfig": kubeconfig})
    rules, ref = read_rules(settings), diagnosing.parse_object(about) if about else None
    if recording is not None:
        found = diagnosing.diagnose_recording(recording, settings, rules, at=_moment(at), about=ref)
    else:
        found = diagnosing.diagnose_cluster(settings, rules, about=ref)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DiagnosisError(f"--at {text}: unix seconds or a time like 2026-01-31T12:00:00Z is expected") from error
    if moment.tzinfo is None:
        raise DiagnosisError(f"--at {text}: without a zone it could be any time; add Z for UTC")
    return moment.timestamp()


def _edge(edge: "diagnosing.Around") -> Text:  # type: ignore[name-defined]  # noqa: F821 - imported late
    until = f", until {moment_text(edge.until)}" if edge.until is not None else ""
    if edge.type == "changed-by":
        return Text(harmless(f"  {'changed':<14}{edge.text} ({moment_text(edge.since)})"))
    style = "" if edge.until is None else "dim"
    return Text(
        harmless(f"  {edge.type:<14}{subject_text(edge.object)}  since {moment_text(edge.since)}{until}"), style
    )


def _show(found: "diagnosing.Diagnosis") -> None:  # type: ignore[name-defined]  # noqa: F821 - imported late
    screen = console()
    if not found.incidents:
        what = subject_text(found.object) if found.object is not None else "the cluster"
        screen.print(f"Nothing wrong was found with {what} at {moment_text(found.at)} UTC.")
    elif len(found.incidents) > 1:
        show(screen, incidents_table(found.incidents))
    for incident in found.incidents:
        screen.print()
        show(screen, incident_view(incident))
    if found.around:
        screen.print()
        screen.print(f"What {subject_text(found.object)} stands in:")
        for edge in found.around:
            show(screen, _edge(edge))
    if found.missing:
        screen.print()
        screen.print("Not judged, for want of input:", style="dim")
        for one in found.missing:
            why = f" ({one.why})" if one.why else ""
            show(screen, Text(harmless(f"  {one.input:<32}{one.judges}{why}"), "dim"))
