"""From a kubeconfig to a connection, and errors in one line without secrets."""

from pathlib import Path

import pytest

from causeline.core.errors import ClusterError
from causeline.sources.connect import Api, Cut, connect, disconnect
from tests.sources.scripted_api import Answer, ScriptedApi

CONFIG = """
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "{url}"}}}}]
users: [{{name: u, user: {{token: hunter2}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""


def test_a_kubeconfig_gives_a_connection_with_its_credentials(api: ScriptedApi, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(CONFIG.format(url=api.url))
    client = connect(path)
    assert Api(client).read("/readyz", {}, 1, 1000) == b"{}"
    assert client.configuration.auth_settings()["BearerToken"]["value"] == "Bearer hunter2"
    disconnect(client)


@pytest.mark.parametrize(
    "text", [None, "", "{", "kind: Config", "[]", CONFIG.format(url="x").replace("cluster: c,", "cluster: d,")]
)
def test_an_unusable_kubeconfig_is_one_clear_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ClusterError, match=r"no usable connection|no kubeconfig at") as caught:
        connect(path)
    assert "\n" not in str(caught.value)


def test_an_unknown_context_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(CONFIG.format(url="http://127.0.0.1:1"))
    with pytest.raises(ClusterError, match="nowhere"):
        connect(path, "nowhere")


def test_nobody_there_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(CONFIG.format(url="http://127.0.0.1:1"))
    client = connect(path)
    with pytest.raises(Cut) as caught:
        Api(client).read("/readyz", {}, 1, 1000)
    assert str(caught.value) == "no connection: refused or no route"
    disconnect(client)


def test_an_answer_that_is_too_large_is_not_read(api: ScriptedApi) -> None:
    api.on_list(Answer(200, b"x" * 200_000))
    client = api.client()
    with pytest.raises(Cut, match="more than 1000 bytes"):
        Api(client).read("/api/v1/pods", {}, 1, 1000)
    disconnect(client)
