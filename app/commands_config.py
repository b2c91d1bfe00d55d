"""Commands about the configuration: check, show, schema."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml

from causeline.app.escape import harmless
from causeline.app.wire import faults_of, read_settings
from causeline.core.config import Settings
from causeline.core.errors import ConfigError
from causeline.core.redact import redact

CONFIG: Final = typer.Option("--config", help="Configuration file.")
config = typer.Typer(help="Check and show the configuration.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(config, name="config")


@config.callback()
def _config() -> None:
    """Check and show the configuration."""


@config.command("check")
def check_command(file: Annotated[Path | None, CONFIG] = None) -> None:
    """Say what is wrong with a configuration, with every file and key."""
    settings = read_settings(file)
    faults = faults_of(settings, "defaults" if file is None else str(file))
    if faults:
        raise ConfigError("\n".join(faults))
    typer.echo(f"{'The defaults are' if file is None else f'{file} is'} fine.")


@config.command("show")
def show_command(file: Annotated[Path | None, CONFIG] = None) -> None:
    """Print the settings that hold, environment included, without secrets."""
    shown = masked(read_settings(file).model_dump(mode="json"))
    for line in yaml.safe_dump(shown, sort_keys=False, allow_unicode=False).splitlines():
        typer.echo(harmless(line))


@config.command("schema")
def schema_command() -> None:
    """Print the JSON schema of the configuration."""
    typer.echo(schema_text(), nl=False)


def schema_text() -> str:
    """Return the JSON schema as it is committed in configs/schema.json."""
    return json.dumps(Settings.model_json_schema(), indent=2, sort_keys=True) + "\n"


def masked(value: Any) -> Any:
    """Return `value` with secrets in its texts replaced, such as the password in an address."""
    match value:
        case dict():
            return {key: masked(below) for key, below in value.items()}
        case list():
            return [masked(below) for below in value]
        case str():
            return redact(value)
    return value
