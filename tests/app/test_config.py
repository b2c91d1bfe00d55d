"""The configuration: what ships equals the defaults; every fault is said with file and key; secrets stay hidden."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from causeline.app.commands_config import schema_text
from causeline.app.wire import faults_of, parse_targets, read_settings
from causeline.core.config import Settings, parse_settings
from causeline.core.errors import ConfigError
from tests.app.conftest import Cli

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_file_that_ships_holds_every_default() -> None:
    text = (CONFIGS / "embedded.yaml").read_text("utf-8")
    assert parse_settings(text, "embedded.yaml") == Settings()
    assert yaml.safe_load(text) == Settings().model_dump(mode="json")


def test_every_setting_that_ships_has_a_comment() -> None:
    lines = (CONFIGS / "embedded.yaml").read_text("utf-8").splitlines()
    for before, setting in pairwise(lines):
        if setting.startswith("  ") and not setting.lstrip().startswith("#"):
            assert before.lstrip().startswith("#"), setting


def test_the_committed_schema_is_that_of_the_code() -> None:
    assert (CONFIGS / "schema.json").read_text("utf-8") == schema_text()


def test_every_field_is_described_and_every_section_is_closed() -> None:
    schema = Settings.model_json_schema()
    for section in schema["$defs"].values():
        assert section["additionalProperties"] is False
        assert all(field.get("description") for field in section["properties"].values())


def test_all_faults_are_told_with_file_and_path() -> None:
    text = "store: {retention_days: 0, retentoin: 1}\ntargets: [{name: a, url: ftp://x}]\nnothing: 1\n"
    with pytest.raises(ConfigError) as caught:
        parse_settings(text, "c.yaml", {"CAUSELINE__WATCH__QUEUE_MAX": "few", "CAUSELINE__WATHC__X": "1"})
    faults = str(caught.value).splitlines()
    assert len(faults) == 6
    for place in ("c.yaml: store.retention_days:", "c.yaml: store.retentoin:", "c.yaml: targets.0.url:",
                  "c.yaml: nothing:", "environment CAUSELINE__WATCH__QUEUE_MAX: watch.queue_max:",
                  "environment CAUSELINE__WATHC__X: wathc:"):  # fmt: skip
        assert any(fault.startswith(place) for fault in faults), place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store: {a: [", "line 1"),
        ("- a\n", "sections"),
        ("store: {data_dir: a}\nstore: {data_dir: b}\n", "stands twice"),
        ("store: 3\n", "store:"),
        ("a: &a [*a]\n", "a:"),
        ("? {a: b}\n: c\n", "c.yaml"),
        ("store: {data_dir: \x00}\n", "c.yaml"),
        ("watch: {streams: [pods, pods]}\n", "named twice: pods"),
    ],
)
def test_what_is_no_configuration_is_a_clear_fault(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"c\.yaml") as caught:
        parse_settings(text, "c.yaml")
    assert said in str(caught.value)


def test_the_environment_wins_over_the_file_and_other_variables_do_not_matter() -> None:
    environment = {
        "CAUSELINE__STORE__RETENTION_DAYS": "3",
        "PATH": "x",
        "CAUSELINE__TARGETS": "[{name: a, url: http://b}]",
    }
    settings = parse_settings("store: {retention_days: 9, data_dir: d}", "c.yaml", environment)
    assert (settings.store.retention_days, settings.store.data_dir) == (3, Path("d"))
    assert settings.targets[0].url == "http://b"


def test_a_variable_below_a_plain_value_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="CAUSELINE__CLUSTER__NAME__X"):
        parse_settings("cluster: {name: a}", "c.yaml", {"CAUSELINE__CLUSTER__NAME__X": "1"})


def test_targets_of_the_command_line_come_on_top_and_nonsense_is_refused() -> None:
    settings = parse_targets(Settings(), ["api=http://a:1/metrics?x=y"])
    assert settings.targets[0].url == "http://a:1/metrics?x=y"
    for text in ("api", "api=ftp://x", "=http://a"):
        with pytest.raises(ConfigError, match="--target"):
            parse_targets(Settings(), [text])


def test_files_and_streams_that_do_not_exist_are_faults_too(tmp_path: Path) -> None:
    settings = parse_settings(
        f"rules: {{files: [{tmp_path}/r.yaml]}}\nwatch: {{streams: [podz]}}\n"
        f"targets: [{{name: a, url: http://a, ca_file: {tmp_path}/ca}}]",
        "c.yaml",
    )
    assert [fault.split(":")[0] for fault in faults_of(settings, "c.yaml")] == ["c.yaml"] * 3


def test_check_says_all_faults_and_exits_with_2(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("store: {retention_days: 0}\nx: 1\n")
    done = cli("config", "check", "--config", "c.yaml")
    assert done.returncode == 2
    assert done.stderr.count("causeline: c.yaml: ") == 2
    assert cli("config", "check").returncode == 0


def test_show_hides_secrets(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("targets: [{name: a, url: 'https://me:hunter22@host/metrics?token=abcdef'}]\n")
    done = cli("config", "show", "--config", "c.yaml")
    assert done.returncode == 0
    assert "hunter22" not in done.stdout
    assert "abcdef" not in done.stdout
    assert yaml.safe_load(done.stdout)["targets"][0]["name"] == "a"


def test_schema_is_printed(cli: Cli) -> None:
    assert json.loads(cli("config", "schema").stdout)["additionalProperties"] is False


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_settings(tmp_path / "none.yaml", {})
