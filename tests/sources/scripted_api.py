"""An API server on loopback that says what a test wrote down for it, as the real one would: lists, watches, faults."""

import json
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes import client

CUT = object()
"""A step of a watch: the connection is cut, without the end that HTTP asks for."""

END = object()
"""A step of a watch: it ends in order."""

HOLD = object()
"""A step of a watch: open and silent until the client leaves or its timeoutSeconds are over."""


def uid_of(name: str) -> str:
    return f"00000000-0000-4000-8000-{abs(hash(name)) % 16**12:012x}"


def pod(name: str, rv: int | str, **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": uid_of(name), "resourceVersion": str(rv)}
    return {"metadata": meta, **more}


def event(name: str, rv: int | str, count: int = 1) -> dict[str, Any]:
    return {
        **pod(name, rv),
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web"},
        "reason": "BackOff",
        "type": "Warning",
        "message": "Back-off restarting failed container",
        "count": count,
        "lastTimestamp": "2025-01-01T00:00:00Z",
    }


def line(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def bookmark(rv: int | str) -> bytes:
    return line("BOOKMARK", {"kind": "Pod", "metadata": {"resourceVersion": str(rv)}})


def error_line(code: int, reason: str, message: str = "too old resource version") -> bytes:
    return line("ERROR", {"kind": "Status", "code": code, "reason": reason, "message": message, "metadata": {}})


def page(rv: int | str, *items: dict[str, Any], more: str = "", remaining: int = 0) -> dict[str, Any]:
    meta: dict[str, Any] = {"resourceVersion": str(rv)}
    if more:
        meta |= {"continue": more, "remainingItemCount": remaining}
    return {"metadata": meta, "items": list(items)}


@dataclass
class Answer:
    """An HTTP answer that is no list."""

    status: int
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class ScriptedApi:
    """Each request takes the next entry of its path's script; after the last one lists repeat and watches hold."""

    def __init__(self) -> None:
        self.version = 0
        """What a list of one object says the server is at; 0: nothing comparable."""
        self.ready = 200
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._lists: dict[str, deque[dict[str, Any] | Answer]] = defaultdict(deque)
        self._watches: dict[str, deque[tuple[Any, ...] | Answer]] = defaultdict(deque)
        self.connections: set[socket.socket] = set()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def on_list(self, *answers: dict[str, Any] | Answer, path: str = "/api/v1/pods") -> None:
        self._lists[path].extend(answers)

    def on_watch(self, *steps: Any, path: str = "/api/v1/pods") -> None:
        """One watch: bytes are sent, numbers are seconds to wait, a callable is called, and CUT, END or HOLD."""
        self._watches[path].append(steps[0] if isinstance(steps[0], Answer) else steps)

    def watches(self, path: str = "/api/v1/pods") -> list[dict[str, str]]:
        return [query for p, query in self.requests if p == path and "watch" in query]

    def lists(self, path: str = "/api/v1/pods") -> list[dict[str, str]]:
        return [q for p, q in self.requests if p == path and "watch" not in q and q.get("limit") != "1"]

    def client(self) -> client.ApiClient:
        settings = client.Configuration(host=self.url)
        settings.connection_pool_maxsize = 40
        return client.ApiClient(settings)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def answer_list(self, path: str, query: dict[str, str]) -> dict[str, Any] | Answer:
        if query.get("limit") == "1":
            return page(self.version or "opaque")
        script = self._lists[path]
        if not script:
            return page(1)
        return script.popleft() if len(script) > 1 else script[0]

    def answer_watch(self, path: str) -> tuple[Any, ...] | Answer:
        return self._watches[path].popleft() if self._watches[path] else (HOLD,)

    def hold(self, seconds: float) -> None:
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is what many tests are about."""


def _handler(api: ScriptedApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            api.connections.add(self.connection)

        def finish(self) -> None:
            api.connections.discard(self.connection)
            super().finish()

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            api.requests.append((parts.path, query))
            if parts.path == "/readyz":
                self._send(Answer(api.ready))
            elif "watch" in query:
                self._watch(api.answer_watch(parts.path), float(query["timeoutSeconds"]))
            else:
                answer = api.answer_list(parts.path, query)
                self._send(answer if isinstance(answer, Answer) else Answer(200, answer))

        def _send(self, answer: Answer) -> None:
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def _watch(self, steps: tuple[Any, ...] | Answer, seconds: float) -> None:
            if isinstance(steps, Answer):
                self._send(steps)
                return
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            for step in steps:
                if step is CUT:
                    self.close_connection = True
                    return
                if step is HOLD:
                    self._hold(seconds)
                elif isinstance(step, bytes):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(step), step))
                    self.wfile.flush()
                elif callable(step):
                    step()
                elif isinstance(step, int | float):
                    api.hold(step)
            self.wfile.write(b"0\r\n\r\n")

        def _hold(self, seconds: float) -> None:
            """Silent, but a client that leaves is noticed, so that no thread is left behind."""
            until = time.monotonic() + seconds
            self.connection.settimeout(0.02)
            while time.monotonic() < until and not api._closing.is_set():
                try:
                    if not self.connection.recv(1):
                        break
                except TimeoutError:
                    continue
            self.connection.settimeout(None)
            self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def scripted_api() -> Iterator[ScriptedApi]:
    api = ScriptedApi()
    try:
        yield api
    finally:
        api.close()


def wait_until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.005)
