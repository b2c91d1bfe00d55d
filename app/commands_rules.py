"""Commands about the rules: coverage, unknown reasons, check, test."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from causeline.app.escape import harmless
from causeline.app.render import console, moment_text, print_json, show
from causeline.app.rule_tests import Failure, run_rule_tests
from causeline.app.unknown_reasons import unknown_in
from causeline.app.wire import read_rules, read_settings
from causeline.knowledge.reasons import published_reasons, shipped_reasons, shipped_scenarios

CONFIG: Final = typer.Option("--config", help="Configuration file.")
JSON: Final = typer.Option("--json", help="Print one JSON document.")
rules = typer.Typer(
    help="What the rules know, and whether they do what they say.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(rules, name="rules")


@rules.callback()
def _rules() -> None:
    """What the rules know, and whether they do what they say."""


@rules.command("check")
def check_command(config: Annotated[Path | None, CONFIG] = None) -> None:
    """Load the rules that ship and those of the configuration, and say what is wrong with them."""
    base = read_rules(read_settings(config)).base
    typer.echo(f"{len(base.symptoms)} symptom rules and {len(base.causes)} cause rules are fine.")
    for warning in base.warnings():
        typer.echo(harmless(f"warning: {warning}"))


@rules.command("test")
def run_tests_command(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Scenario files or folders.")] = None,
    config: Annotated[Path | None, CONFIG] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Run the examples inside all rules, and the scenarios in PATH and in the folder of the configuration."""
    settings = read_settings(config)
    ran, failures = run_rule_tests(settings, paths or [])
    if as_json:
        print_json({"run": ran, "failures": failures})
    else:
        for failure in failures:
            typer.echo(harmless(_line(failure)))
        typer.echo(f"{sum(ran.values()) - len(failures)} of {sum(ran.values())} right ({_counts(ran)})")
    if failures:
        raise typer.Exit(1)


def _line(failure: Failure) -> str:
    return f"{failure.place}: {failure.what}: expected {failure.expected}, got {failure.got}"


def _counts(ran: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in ran.items())


@rules.command("coverage")
def coverage_command(as_json: Annotated[bool, JSON] = False) -> None:
    """Print how many reasons are typed, by who writes them, and how many published scenarios have an answer."""
    document = coverage()
    if as_json:
        print_json(document)
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("SOURCE", "COVERED", "OF", "WITHOUT ANSWER, FOR WANT OF"):
        table.add_column(name, overflow="fold")
    for source, found in document["reasons"].items():
        row = (f"reasons: {source}", str(found["covered"]), str(found["of"]), ", ".join(found["missing"]))
        table.add_row(*row)
    for group, found in document["scenarios"].items():
        lacking = "; ".join(f"{name}: {needs}" for name, needs in found["needs"].items())
        table.add_row(f"scenarios: {group}", str(found["covered"]), str(found["of"]), Text(lacking))
    show(console(), table)


def coverage() -> dict[str, Any]:
    """Return the figures: k of N published reasons by source, and of published scenarios with what the others need."""
    base = read_rules(read_settings(None)).base
    causes = {rule.cause for rule in base.causes}
    scenarios = {}
    for group, found in shipped_scenarios().items():
        answered = [s for s in found.values() if s.causes and set(s.causes) <= causes]
        needs = {name: s.needs for name, s in found.items() if s.needs}
        scenarios[group] = {"covered": len(answered), "of": len(found), "needs": needs}
    known, reasons = shipped_reasons().known, {}
    for source, names in published_reasons().items():
        missing = [name for name in names if name not in known]
        reasons[source] = {"covered": len(names) - len(missing), "of": len(names), "missing": missing}
    return {"reasons": reasons, "scenarios": scenarios}


@rules.command("unknown")
def unknown_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A recording, or the folder of a store.")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Print the reasons of Events that no rule and no catalogue knows, most frequent first."""
    found = unknown_in(folder)
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo("Every reason is known.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("REASON", "TIMES", "LAST (UTC)", "BY", "ABOUT"):
        table.add_column(name, overflow="fold")
    for one in found:
        table.add_row(
            *(
                Text(harmless(c))
                for c in (one.reason, str(one.count), moment_text(one.last_at), one.component, one.kind)
            )
        )
    show(console(), table)
