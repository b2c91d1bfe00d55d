"""Secrets in free text and in what could not be decoded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.core.redact import mask_strings, redact


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("login failed: password=hunter2", "login failed: password=***"),
        ('{"password": "hunter2"}', '{"password": "***"}'),
        ("api_key: hunter2x, next", "api_key: ***, next"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: ***"),
        ("sent bearer abcdefghi", "sent bearer ***"),
        ("pull https://user:pw@registry.io/x failed", "pull https://***@registry.io/x failed"),
        ("TOKEN=abcdef", "TOKEN=***"),
    ],
)
def test_a_secret_is_taken_out_and_the_rest_stays(text: str, kept: str) -> None:
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Back-off restarting failed container",
        'MountVolume.SetUp failed for volume "certs" : secret "web-tls" not found',
        "0/4 nodes are available: 4 node(s) had untolerated taint(s)",
        "image user@sha256:abc",
        "basic",
        "Error when reading /var/lib/rabbitmq/.erlang.cookie: eacces",
        "chmod: changing permissions of '/data/.erlang.cookie': Operation not permitted",
        "open /run/secrets/db-password: permission denied",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_redacting_is_linear_in_the_length() -> None:
    started = time.monotonic()
    redact("password" * 100_000)
    redact("a://" * 100_000 + "@")
    mask_strings('"\\' * 100_000)
    mask_strings('"a' * 100_000)
    assert time.monotonic() - started < 2


def test_of_an_undecodable_object_only_its_shape_and_names_stay() -> None:
    text = (
        '{"metadata":{"name":"a","labels":{"x":"hunter2"}},"env":[{"name":"DB","value":"hunter2"}],"args":["hunter2"]'
    )
    assert mask_strings(text + ',"cut":"hunt').count("hunt") == 0
    assert '"name":"a"' in mask_strings(text)
    assert '"DB"' in mask_strings(text)


def test_of_an_undecodable_object_numbers_do_not_stay() -> None:
    masked = mask_strings('{"t": 12.5, "env": [{"name": "DB_PASSWORD", "value": 918273645}]}')
    assert "918273645" not in masked
    assert '"t": 12.5' in masked


def test_an_escaped_quote_does_not_end_a_masked_string() -> None:
    assert mask_strings(r'{"k":"a\"hunter2\"b"}') == '{"k":"***"}'


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=hunter2x",
        "AWS_SECRET_ACCESS_KEY=hunter2x",
        "--password hunter2x",
        "client_secret: hunter2x",
        'password="hunter2x y"',
        "https://user:hunter2x@host/x",
        "https://user:a@hunter2x@host/x",
        "GET /x?access_token=hunter2x",
        "/x?X-Amz-Signature=hunter2x",
        '{\\"password\\": \\"hunter2x\\"}',
        "user:hunter2x@tcp(mysql:3306)/db",
        "DB_PASS=hunter2x",
        'password="it\'s-hunter2x"',
        '{"password":"ab\\"hunter2x"}',
        "Authorization: Token hunter2x",
        "Authorization: ApiKey hunter2x",
        "AccountKey=hunter2x",
        "Cookie: a=b; session=hunter2x",
        '"token": ["hunter2x"]',
        "IDENTIFIED BY 'hunter2x'",
        "curl -u admin:hunter2x http://x",
        "client-key-data: hunter2x",
        "mysql -u root -phunter2x",
        "xoxb-hunter2x-hunter2x",
        "glpat-hunter2xhunter2x",
        "p\x1b[0massword=hunter2x",
    ],
)
def test_secrets_under_their_usual_names_do_not_stay(text: str) -> None:
    assert "hunter2x" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        'secret "worker-keys" not found',
        "couldn't find key url in Secret shop/app",
        'volume "token" : failed to sync secret cache: timed out waiting',
        "exceeded quota: team, requested: pods=1, used: pods=5, limited: pods=5",
    ],
)
def test_what_rules_read_stays(text: str) -> None:
    assert redact(text) == text
