"""The command line: each command reads its options, lets another module work, and prints."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from causeline.app import commands_config, commands_diagnose, commands_live, commands_rules, commands_store
from causeline.app.collector import look_seldom
from causeline.app.demo import show_demo
from causeline.app.escape import harmless
from causeline.app.pacing import parse_speed
from causeline.app.progress import replay_progress
from causeline.app.render import console, incident_view, incidents_table, print_json, show, stats_line
from causeline.app.replaying import Replayed, replay
from causeline.app.version import package_version
from causeline.app.wire import read_rules, read_settings
from causeline.core.errors import CauselineError

USER_ERROR: Final = 2
INTERRUPTED: Final = 130

app = typer.Typer(
    name="causeline",
    help="Flight recorder and alert centre for Kubernetes: few incidents, each with its cause and a timeline.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"causeline {package_version()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Flight recorder and alert centre for Kubernetes."""


@app.command("replay")
def replay_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The recording.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    speed: Annotated[str, typer.Option(help="Times real time, or `max`.")] = "max",
    config: Annotated[Path | None, typer.Option(help="Configuration file.")] = None,
    store: Annotated[Path | None, typer.Option(help="Keep results in this folder; a killed replay goes on.")] = None,
    include_merged: Annotated[bool, typer.Option("--all", help="Show merged incidents too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Judge a recording."""
    pace = parse_speed(speed)
    settings = read_settings(config)
    rules = read_rules(settings)
    with replay_progress(folder.name, quiet=quiet) as on_entry:
        done = replay(
            folder, settings, rules, store_dir=store, speed=pace, include_merged=include_merged, on_entry=on_entry
        )
    _tell_what_was_unreadable(folder, done)
    if as_json:
        print_json(done.report)
    else:
        _show(done)


def _tell_what_was_unreadable(folder: Path, done: Replayed) -> None:
    dead = done.first_dead
    if dead is None:
        return
    count = done.report.stats.dead_letters
    message = f"causeline: {folder / dead.source}: line {dead.line}: {dead.reason} ({count} such lines left out)"
    typer.echo(harmless(message), err=True)


def _show(done: Replayed) -> None:
    screen = console()
    incidents = done.report.incidents
    if incidents:
        show(screen, incidents_table(incidents))
    for incident in incidents:
        screen.print()
        show(screen, incident_view(incident))
    if incidents:
        screen.print()
    else:
        screen.print("No incidents.")
    screen.print(stats_line(done.report.stats), style="dim")


@app.command("demo")
def demo_command(
    speed: Annotated[str, typer.Option(help="Times real time, or `max`.")] = "max",
    data: Annotated[Path, typer.Option(help="Where the results are kept.")] = Path("data/demo"),
) -> None:
    """Replay the incidents that ship with Causeline."""
    show_demo(parse_speed(speed), data)


commands_live.add_to(app)
commands_store.add_to(app)
commands_diagnose.add_to(app)
commands_rules.add_to(app)
commands_config.add_to(app)


def main() -> None:
    """Run the command line. User errors: one line and exit 2; never a traceback for what was to be expected."""
    look_seldom()
    try:
        app()
    except CauselineError as error:
        sys.exit(_fail(str(error) or type(error).__name__))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:
        sys.exit(_fail(f"{error.filename or 'output'}: {error.strerror or error}"))
    finally:
        _end_output()


def _fail(text: str) -> int:
    for line in text.splitlines():
        typer.echo(f"causeline: {harmless(line)}", err=True)
    return USER_ERROR


def _end_output() -> None:
    """Write what is pending; a reader that has gone, or a full disk, was reported or does not matter any more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
