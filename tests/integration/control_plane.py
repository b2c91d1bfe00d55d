"""A real etcd and kube-apiserver on loopback, for tests: started, killed and compacted as a test asks.

The binaries are those of `setup-envtest` (https://book.kubebuilder.io/reference/envtest): KUBEBUILDER_ASSETS names
their folder.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

from kubernetes import client

TOKEN = "test-admin-token"
START_SECONDS = 60.0


def missing_assets() -> str:
    """Return why there is no control plane here, or an empty text."""
    folder = os.environ.get("KUBEBUILDER_ASSETS", "")
    if not folder:
        return "KUBEBUILDER_ASSETS is not set"
    absent = [name for name in ("etcd", "kube-apiserver") if not (Path(folder) / name).exists()]
    return f"no {' and no '.join(absent)} in KUBEBUILDER_ASSETS" if absent else ""


class ControlPlane:
    """etcd and kube-apiserver of one test; only processes that it started are ended, each by its own handle."""

    def __init__(self, folder: Path, *, compaction: str = "0s", event_ttl: str = "1h") -> None:
        self._bin = Path(os.environ["KUBEBUILDER_ASSETS"])
        self._folder = folder
        self._compaction = compaction
        self._event_ttl = event_ttl
        self._etcd_port, self._peer_port, self.port = _free_ports(3)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._leaving: list[subprocess.Popen[bytes]] = []
        (folder / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\n')
        _openssl(folder, "genrsa", "-out", "sa.key", "2048")
        _openssl(folder, "rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")

    def start(self) -> None:
        self._start_etcd()
        self.start_api()

    def start_api(self) -> None:
        """Start the API server and wait until it is ready."""
        folder = self._folder
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=10.66.0.1",
            f"--secure-port={self.port}",
            f"--cert-dir={folder / 'certs'}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={folder / 'sa.key'}",
            f"--service-account-key-file={folder / 'sa.pub'}",
            f"--event-ttl={self._event_ttl}",
            f"--etcd-compaction-interval={self._compaction}",
            "--shutdown-delay-duration=0s",
            "--profiling=false",
        )
        self._wait_ready()

    def kill_api(self) -> None:
        """End the API server as a crash of its machine would."""
        self._end("kube-apiserver", signal.SIGKILL)

    def terminate_api(self) -> None:
        """Ask the API server to end, as an upgrade does: it leaves open watches silent and may stay for minutes."""
        process = self._processes.pop("kube-apiserver")
        process.send_signal(signal.SIGTERM)
        self._leaving.append(process)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                return
            time.sleep(0.05)

    def compact(self) -> None:
        """Forget all old revisions of etcd, so that older resourceVersions answer 410."""
        revision = int(self._etcd("kv/range", {"key": "AA=="})["header"]["revision"])
        self._etcd("kv/compaction", {"revision": str(revision), "physical": True})

    def stop(self) -> None:
        for name in ("kube-apiserver", "etcd"):
            self._end(name, signal.SIGKILL)
        for process in self._leaving:
            process.kill()
            process.wait(30)

    def client(self) -> client.ApiClient:
        settings = client.Configuration(host=f"https://127.0.0.1:{self.port}")
        settings.verify_ssl = False
        settings.api_key = {"authorization": f"Bearer {TOKEN}"}
        settings.connection_pool_maxsize = 40
        return client.ApiClient(settings)

    def connection(self) -> http.client.HTTPSConnection:
        """A plain connection for writers of a test."""
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=_no_verification())

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        connection = self.connection()
        try:
            return send(connection, method, path, body)
        finally:
            connection.close()

    def _start_etcd(self) -> None:
        url, peer = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{self._peer_port}"
        self._run(
            "etcd",
            "--name=test",
            f"--data-dir={self._folder / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=test={peer}",
            "--log-level=warn",
        )

    def _run(self, name: str, *arguments: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [str(self._bin / name), *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def _end(self, name: str, how: signal.Signals) -> None:
        process = self._processes.pop(name, None)
        if process is not None:
            process.send_signal(how)
            process.wait(30)

    def _wait_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            process = self._processes["kube-apiserver"]
            assert process.poll() is None, f"kube-apiserver ended: {self._tail()}"
            assert time.monotonic() < until, f"kube-apiserver is not ready: {self._tail()}"
            time.sleep(0.1)

    def _tail(self) -> str:
        return (self._folder / "kube-apiserver.log").read_text(errors="replace")[-2000:]

    def _etcd(self, call: str, body: dict[str, Any]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._etcd_port, timeout=10)
        try:
            connection.request("POST", f"/v3/{call}", json.dumps(body))
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, data
            return json.loads(data)
        finally:
            connection.close()


def send(connection: http.client.HTTPSConnection, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    """Send one request on an open connection; OSError or HTTPException when there is no answer."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _no_verification() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
