"""Kubeconfig -> a connection to the API server, and what can go wrong on it as typed errors.

The official client gives configuration, credentials, TLS and connection pool; answers are read as bytes, for its models
would cost more than all the rest. https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import http.client
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
import urllib3
import yaml
from kubernetes import client, config
from urllib3 import exceptions

from causeline.core.errors import ClusterError
from causeline.core.redact import redact, redact_start

POOL_CONNECTIONS: Final = 40
"""One for each stream, and room for lists and liveness checks."""

CHUNK_BYTES: Final = 64 * 1024
REASON_CHARS: Final = 300
NOT_JSON: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON that was expected."""

TRANSPORT_ERRORS: Final = (exceptions.HTTPError, http.client.HTTPException, OSError)


class Interrupted(ClusterError):  # noqa: N818 - what happened, not whose fault it is
    """A request did not end as it should; the stream tries again."""


class Cut(Interrupted):
    """The connection could not be made, or was cut."""


class Silent(Cut):
    """Nothing came for too long."""


class Answered(Interrupted):
    """The server answered with an HTTP error; `wait` is what it asked us to wait, in seconds."""

    def __init__(self, status: int, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.wait = wait


class Gone(Answered):
    """The resourceVersion or the continue token is too old (410): list again."""


class Denied(Answered):
    """This resource is refused to us (403) or not served (404); other resources may go on."""


class Unauthorized(Answered):
    """Our credentials are refused (401)."""


def connect(kubeconfig: Path | None = None, context: str | None = None) -> client.ApiClient:
    """Return a client for the cluster of `kubeconfig`, or of the pod that we run in when there is none.

    Raises ClusterError when there is no usable configuration.
    """
    settings = client.Configuration()
    settings.connection_pool_maxsize = POOL_CONNECTIONS
    try:
        if kubeconfig is None and _in_pod():
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        else:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                str(kubeconfig) if kubeconfig else None,
                context,
                client_configuration=settings,
                persist_config=False,
            )
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as error:
        where = kubeconfig or config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION
        if not any(Path(part).expanduser().exists() for part in str(where).split(os.pathsep)):
            raise ClusterError(f"no kubeconfig at {where}: name one with --kubeconfig or KUBECONFIG") from error
        raise ClusterError(f"no usable connection in {where}: {redact(_first_line(error))}") from error
    return client.ApiClient(settings)


def disconnect(api_client: client.ApiClient) -> None:
    """Close the connections that are not in use; `clear` alone leaves them to the garbage collector."""
    pools = api_client.rest_client.pool_manager.pools
    for key in pools.keys():  # noqa: SIM118 - it can't be iterated, for other threads use it
        pools[key].close()
    pools.clear()


def _in_pod() -> bool:
    return Path("/var/run/secrets/kubernetes.io/serviceaccount/token").is_file()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:REASON_CHARS]


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""


class Api:
    """GET requests on one API server; times in seconds."""

    def __init__(self, api_client: client.ApiClient, *, connect_seconds: float = 5.0) -> None:
        self._settings = api_client.configuration
        self._pool: urllib3.PoolManager = api_client.rest_client.pool_manager
        self._connect_seconds = connect_seconds

    def get(self, path: str, query: dict[str, str], read_seconds: float) -> urllib3.BaseHTTPResponse:
        """Return the answer with its body still to be read. `read_seconds` bounds each silence, not the whole.

        Raises Cut, Gone, Denied, Unauthorized or another Answered.
        """
        url = f"{self._settings.host}{path}?{urlencode(query)}" if query else f"{self._settings.host}{path}"
        try:
            answer = self._pool.request(
                "GET",
                url,
                headers=self._headers(),
                timeout=urllib3.Timeout(connect=self._connect_seconds, read=read_seconds),
                preload_content=False,
                retries=False,
            )
            if answer.status != http.HTTPStatus.OK:
                raise _answered(answer)
        except TRANSPORT_ERRORS as error:
            raise cut_by(error) from error
        return answer

    def read(self, path: str, query: dict[str, str], read_seconds: float, bytes_max: int) -> bytes:
        """Return the whole body of an answer of at most `bytes_max` bytes. Raises as `get` does."""
        answer = self.get(path, query, read_seconds)
        body = bytearray()
        try:
            for chunk in chunks(answer):
                body += chunk
                if len(body) > bytes_max:
                    answer.close()
                    raise Cut(f"an answer of more than {bytes_max} bytes")
        finally:
            answer.release_conn()
        return bytes(body)

    def _headers(self) -> dict[str, str]:
        auth = self._settings.auth_settings()
        headers = {setting["key"]: setting["value"] for setting in auth.values() if setting["in"] == "header"}
        return {"Accept": "application/json", "User-Agent": "causeline", **headers}


def chunks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Yield the body as it arrives. Raises Cut when it ends before its time or stays silent for too long."""
    try:
        yield from answer.stream(CHUNK_BYTES, decode_content=False)
    except TRANSPORT_ERRORS as error:
        raise cut_by(error) from error
    except (AttributeError, ValueError) as error:  # another thread shut the socket while this one was reading
        raise Cut("connection closed by us") from error


def hang_up(answer: urllib3.BaseHTTPResponse) -> None:
    """End an answer that another thread is reading; that thread sees a cut at once."""
    sock: socket.socket | None = getattr(getattr(answer, "connection", None), "sock", None)
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already


def cut_by(error: BaseException) -> Cut:
    """Return the typed error for one of the transport's."""
    is_silence = isinstance(error, exceptions.ReadTimeoutError)
    return (Silent if is_silence else Cut)(what_happened(error))


def what_happened(error: BaseException) -> str:
    """Return one line without addresses of objects, credentials or nested representations."""
    match error:
        case exceptions.NameResolutionError():
            return "no connection: the server's name has no address"
        case exceptions.NewConnectionError():
            return "no connection: refused or no route"
        case exceptions.ConnectTimeoutError():
            return "no connection: time-out"
        case exceptions.ReadTimeoutError():
            return "silent for too long"
        case exceptions.SSLError():
            return f"TLS: {redact(_first_line(error))}"
        case exceptions.ProtocolError() | http.client.HTTPException() | ConnectionError():
            return "connection cut"
        case _:
            return f"{type(error).__name__}: {redact(_first_line(error))}"


def _answered(answer: urllib3.BaseHTTPResponse) -> Answered:
    status = answer.status
    body = answer.read(CHUNK_BYTES)
    answer.close()
    text = f"answered {status}: {_reason(body) or http.client.responses.get(status, 'unknown status')}"
    match status:
        case http.HTTPStatus.GONE:
            return Gone(status, text)
        case http.HTTPStatus.FORBIDDEN | http.HTTPStatus.NOT_FOUND:
            return Denied(status, text)
        case http.HTTPStatus.UNAUTHORIZED:
            return Unauthorized(status, text)
        case _:
            return Answered(status, text, _retry_after(answer))


def _reason(body: bytes) -> str:
    try:
        status = msgspec.json.decode(body, type=_Status)
    except NOT_JSON:
        return ""
    return redact_start(status.message or status.reason, REASON_CHARS)


def _retry_after(answer: urllib3.BaseHTTPResponse) -> float | None:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
