"""What is read out of a log line, and what is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.knowledge.log_lines import read_line

COMPLAINTS = [
    ("kubelet", "", "systemd[1]: Stopped kubelet: The Kubernetes Node Agent."),
    ("credentials", "password", "SaslAuthenticationException: Authentication failed: Invalid username or password"),
    (
        "credentials",
        "password",
        "AuthenticationFailed('Failed to authenticate to 10.0.0.5: Provided username app and/or password are incorrect')",
    ),
    ("credentials", "password", "security_exception: unable to authenticate user [app] for REST request [/_bulk]"),
    ("credentials", "password", "ERR Client sent AUTH, but no password is set"),
    ("read-only", "", "com.mongodb.MongoNotPrimaryException: not master and slaveOk=false on server docs:27017"),
    ("read-only", "", "sqlite3.OperationalError: attempt to write a readonly database"),
    ("connections", "", "connection refused because too many open connections: 819 of 819"),
    ("connections", "", "ORA-00020: maximum number of processes (300) exceeded"),
    ("cut-off", "", 'kubelet[1]: E0112 controller.go:195] "Failed to update lease" err="net/http: request canceled"'),
    ("etcd-slow", "", '{"level":"warn","msg":"slow fdatasync","took":"2.1s","expected-duration":"1s"}'),
    ("credentials", "password", "ERROR 1045 (28000): Access denied for user 'app'@'10.1.1.9' (using password: YES)"),
    ("credentials", "password", 'FATAL:  password authentication failed for user "shop"'),
    ("credentials", "user", 'FATAL: role "shopp" does not exist'),
    ("credentials", "password", "WRONGPASS invalid username-password pair or user is disabled."),
    ("credentials", "password", "(error) NOAUTH Authentication required."),
    ("credentials", "password", "MongoServerError: Authentication failed."),
    ("credentials", "password", "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN"),
    ("credentials", "key", "botocore: InvalidAccessKeyId when calling PutObject"),
    ("read-only", "", "READONLY You can't write against a read only replica."),
    (
        "read-only",
        "",
        "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
    ),
    ("read-only", "", "ERROR: cannot execute INSERT in a read-only transaction"),
    ("read-only", "", "blocked by: [FORBIDDEN/12/index read_only_allow_delete (api)]; failed"),
    ("connections", "", "ERROR 1040 (HY000): Too many connections"),
    ("connections", "", "FATAL: sorry, too many clients already"),
    ("connections", "", "ERR max number of clients reached"),
    ("port-in-use", "", "listen tcp :8080: bind: address already in use"),
    ("port-in-use", "", "Error: listen EADDRINUSE: address already in use :::3000"),
    ("platform", "", "exec /app/server: exec format error"),
    ("name", "", "dial tcp: lookup cart on 10.96.0.10:53: no such host"),
    ("name", "", "Error: getaddrinfo ENOTFOUND cart"),
    ("name", "", "java.net.UnknownHostException: cart: Name or service not known"),
    ("name", "", "rpc error: code = Unavailable desc = name resolver error: produced zero addresses"),
    ("protocol", "", "Get https://web: http: server gave HTTP response to HTTPS client"),
    ("tls-expired", "", "x509: certificate has expired or is not yet valid"),
    ("memory", "", "java.lang.OutOfMemoryError: Java heap space"),
    ("memory", "", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
    ("permission", "", "mkdir: cannot create directory '/data/db': Permission denied"),
    ("permission", "", "Error: EACCES: permission denied, open '/data/x'"),
    ("refused", "", "connect ECONNREFUSED 10.1.2.3:6379"),
    ("refused", "", "dial tcp 10.96.0.7:7070: connect: connection refused"),
    ("timeout", "", "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
    ("unavailable", "", "no healthy upstream"),
    ("unavailable", "", "recv() failed: 502 Bad Gateway"),
    ("unavailable", "", "read tcp 10.0.0.1:80: connection reset by peer"),
    ("etcd", "", "etcdserver: mvcc: database space exceeded"),
    ("tls-expired", "", "Error: CERT_HAS_EXPIRED"),
    ("tls", "", "self signed certificate"),
    ("tls-refused", "", "http: TLS handshake error from 10.0.0.9:51: remote error: tls: bad certificate"),
    ("protocol", "", "tls: first record does not look like a TLS handshake"),
    ("processes", "", "sh: can't fork: Resource temporarily unavailable"),
    ("permission", "", "chown: changing ownership of '/data': Operation not permitted"),
    ("permission", "", 'FATAL:  data directory "/data" has wrong ownership'),
    (
        "no-service",
        "",
        'Error obtaining Endpoints for Service "shop/a": no object matching key "shop/a" in local store',
    ),
    ("credentials", "user", 'DETAIL:  Role "app" does not exist.'),
    ("port-in-use", "", "Web server failed to start. Port 8080 was already in use."),
    ("refused", "", "error: failed to get user info: connection refused"),
    ("refused", "", "W0501 12:00:00.123456 1 reflector.go:1] connection refused"),
    ("panic", "", "panic: runtime error: invalid memory address or nil pointer dereference"),
    ("panic", "", 'Exception in thread "main" java.lang.IllegalStateException: x'),
    ("credentials", "password", '{"level":"error","msg":"login failed for user sa"}'),
    ("refused", "", "\x1b[31mERROR\x1b[0m connection refused"),
]


FINE = [
    '{"level":"info","msg":"retry: connection refused"}',
    '{"ts":"2026-01-01T00:00:00Z","caller":"a/very/long/path/to/the/source/file.go:12","level":"info","msg":"connection refused"}',
    '{"level":30,"time":1,"msg":"login failed: invalid credentials"}',
    '{"t":{"$date":"2026"},"s":"I","c":"NETWORK","msg":"connection refused"}',
    "I0501 12:00:00.123456 1 reflector.go:1] connection refused",
    'time=2026-01-01T00:00:00Z level=info msg="connection refused"',
    "2026-01-01 12:00:00.123  INFO 1 --- [main] c.e.App : connection refused, will retry",
    "org.springframework.web.ResourceAccessException: no mapping",
    "PageNotFound : No mapping for GET /api",
]


@pytest.mark.parametrize("line", FINE)
def test_a_line_that_says_that_it_is_fine_or_only_looks_alike_is_no_complaint(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(("kind", "term", "line"), COMPLAINTS, ids=[c[2][:40] for c in COMPLAINTS])
def test_a_complaint_is_read_in_the_words_of_its_program(kind: str, term: str, line: str) -> None:
    found = read_line(line)
    assert found is not None
    assert (found.kind, found.term) == (kind, term)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "GET /healthz 200 timeout=30s error=nil failed=0",
        "INFO started in 3.2 seconds",
        'level=debug msg="retry: connection refused"',
        "user logged in; permission granted",
        "listening on :8080",
    ],
)
def test_an_ordinary_line_is_no_complaint(line: str) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        ("dial tcp: lookup cart.shop on 10.96.0.10:53: no such host", "cart.shop", None),
        ("could not connect to http://cart:7070/x: connection refused", "cart", 7070),
        ("error: cart:7070: connection refused", "cart", 7070),
    ],
)
def test_a_complaint_names_whom_it_is_about(line: str, host: str, port: int | None) -> None:
    found = read_line(line)
    assert found is not None
    assert (found.host, found.port) == (host, port)


@given(st.text(max_size=400))
def test_no_line_makes_the_reader_fail(line: str) -> None:
    found = read_line(line + " error")
    assert found is None or len(found.text) <= 240


def test_a_line_of_a_megabyte_costs_little() -> None:
    began = time.monotonic()
    for line in ("error " * 170_000, "a.b:" * 250_000 + " refused", '"msg":"' * 140_000 + " failed"):
        read_line(line)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("AnnotatedConnectException: finishConnect(..) failed: Connection refused: web/10.1.2.3:8080", "web", 8080),
        ("java.net.UnknownHostException: failed to resolve 'users' after 2 queries", "users", None),
    ],
)
def test_whom_java_asked_is_read(text: str, host: str, port: int | None) -> None:
    complaint = read_line(text)
    assert complaint is not None
    assert (complaint.host, complaint.port) == (host, port)
