"""Commands that ask the store: incidents, timeline, events, deadletter."""

import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from causeline.app.escape import harmless
from causeline.app.names import named_object
from causeline.app.render import (
    console,
    dead_letters_table,
    events_table,
    incident_view,
    incidents_table,
    print_json,
    show,
    timeline_table,
)
from causeline.app.system_clock import SystemClock
from causeline.app.wire import open_store_for_reading, read_settings
from causeline.core.errors import CauselineError, ConfigError
from causeline.core.ports import EventQuery, Store
from causeline.core.refs import ObjectRef
from causeline.core.results import Report, Stats, Subject

DATA: Final = typer.Option("--data", help="Folder of the store.")
JSON: Final = typer.Option("--json", help="Print one JSON document.")
CONFIG: Final = typer.Option("--config", help="Configuration file.")
SECONDS_IN: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

deadletter = typer.Typer(help="What could not be understood.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("incidents")(incidents_command)
    app.command("timeline")(timeline_command)
    app.command("events")(events_command)
    app.add_typer(deadletter, name="deadletter")


def _folder(data: Path | None, config: Path | None) -> Path:
    return data if data is not None else read_settings(config).store.data_dir


def incidents_command(
    data: Annotated[Path | None, DATA] = None,
    as_json: Annotated[bool, JSON] = False,
    include_merged: Annotated[bool, typer.Option("--all", help="Show merged incidents too.")] = False,
    config: Annotated[Path | None, CONFIG] = None,
) -> None:
    """List what happened, most important first."""
    with closing(open_store_for_reading(_folder(data, config))) as store:
        found = store.incidents(include_merged=include_merged)
        if as_json:
            print_json(Report(1, found, [], store.ledger(), store.stats() or Stats()))
        elif found:
            show(console(), incidents_table(found))
        else:
            typer.echo("No incidents.")


def timeline_command(
    incident_id: Annotated[str | None, typer.Argument(metavar="INCIDENT_ID", help="Its id, or how it begins.")] = None,
    object_name: Annotated[str | None, typer.Option("--object", help="Kind/namespace/name or Kind/name.")] = None,
    data: Annotated[Path | None, DATA] = None,
    as_json: Annotated[bool, JSON] = False,
    config: Annotated[Path | None, CONFIG] = None,
) -> None:
    """Show the timeline of an incident, or of an object with its events."""
    if (incident_id is None) == (object_name is None):
        raise ConfigError("either an incident's id or --object is expected; `causeline incidents` lists the ids")
    with closing(open_store_for_reading(_folder(data, config))) as store:
        if incident_id is not None:
            _show_incident(store, incident_id, as_json)
        else:
            _show_object(store, parse_object(object_name or ""), as_json)


def _show_incident(store: Store, incident_id: str, as_json: bool) -> None:
    incident = store.incident(incident_id)
    if incident is None:
        raise CauselineError(f"no incident {incident_id}: `causeline incidents --all` lists their ids")
    if as_json:
        print_json({"version": 1, "incident": incident.id, "title": incident.title, "timeline": incident.timeline})
    else:
        show(console(), incident_view(incident, timeline_lines=len(incident.timeline)))


def _show_object(store: Store, ref: ObjectRef, as_json: bool) -> None:
    entries = store.timeline(Subject.of(ref))
    events = list(store.events(EventQuery(object=ref)))
    if as_json:
        timeline = [{"incident": incident_id, "entry": entry} for incident_id, entry in entries]
        print_json({"version": 1, "object": Subject.of(ref), "timeline": timeline, "events": events})
        return
    if not entries and not events:
        typer.echo(f"Nothing about {harmless(str(ref))}.")
    for table in [timeline_table(entries)] * bool(entries) + [events_table(events)] * bool(events):
        show(console(), table)


def parse_object(text: str) -> ObjectRef:
    """Return the object that `Kind/namespace/name` or `Kind/name` names. Raises ConfigError."""
    ref = named_object(text)
    if ref is None:
        raise ConfigError(f"--object {text}: Kind/namespace/name or Kind/name is expected, such as Pod/shop/web-1")
    return ref


def events_command(
    data: Annotated[Path | None, DATA] = None,
    text: Annotated[str | None, typer.Option(help="Words that the message must hold.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Of objects in this namespace.")] = None,
    since: Annotated[str | None, typer.Option(help="30m, 2h, 1d, or a time such as 2026-01-31T12:00.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")] = 50,
    as_json: Annotated[bool, JSON] = False,
    config: Annotated[Path | None, CONFIG] = None,
) -> None:
    """Search the events of the cluster."""
    start = None if since is None else parse_since(since, SystemClock().now())
    query = EventQuery(start=start, namespace=namespace, text=text, newest_first=True, limit=limit)
    with closing(open_store_for_reading(_folder(data, config))) as store:
        found = list(store.events(query))[::-1]
    if as_json:
        print_json({"version": 1, "events": found})
    elif found:
        show(console(), events_table(found))
    else:
        typer.echo("No events match.")


def parse_since(text: str, now: float) -> float:
    """Return the unix seconds that `text` means: a span before `now`, or a moment (UTC unless it says otherwise)."""
    if span := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return now - int(span[1]) * SECONDS_IN[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--since {text}: a span such as 30m, 2h or 1d, or a time such as 2026-01-31T12:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@deadletter.callback()
def _deadletter() -> None:
    """What could not be understood."""


@deadletter.command("list")
def deadletter_list_command(
    data: Annotated[Path | None, DATA] = None,
    as_json: Annotated[bool, JSON] = False,
    config: Annotated[Path | None, CONFIG] = None,
) -> None:
    """List the records that could not be understood, oldest first."""
    with closing(open_store_for_reading(_folder(data, config))) as store:
        letters, total = store.dead_letters(), store.dead_letters_total()
    if as_json:
        print_json({"version": 1, "total": total, "dead_letters": letters})
    elif letters:
        show(console(), dead_letters_table(letters))
        typer.echo(f"{total} in all.")
    else:
        typer.echo("No dead letters.")
