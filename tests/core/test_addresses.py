"""What of a value of a configuration is kept, and which addresses are read out of it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.core.addresses import Address, addresses_of, keep_environment, keep_mentions


@pytest.mark.parametrize(
    ("name", "value", "host", "port"),
    [
        ("CART_SERVICE_ADDR", "cart:7070", "cart", 7070),
        ("DB_HOST", "mysql", "mysql", None),
        ("X", "http://web.shop.svc.cluster.local:8080/health", "web.shop.svc.cluster.local", 8080),
        ("DATABASE_URL", "postgres://app:hunter2@db:5432/shop?sslmode=off", "db", 5432),
        ("SPRING_DATASOURCE_URL", "jdbc:mysql://orders-db:3306/orders?user=a&password=b", "orders-db", 3306),
    ],
)
def test_an_environment_variable_shows_where_it_points(name: str, value: str, host: str, port: int | None) -> None:
    kept = keep_environment(name, value)
    assert [(a.host, a.port) for a in addresses_of(kept)] == [(host, port)]
    assert "hunter2" not in kept
    assert "password" not in kept


@pytest.mark.parametrize(
    ("name", "value"), [("DB_PASSWORD", "db:12"), ("API_TOKEN", "abc"), ("MODE", "hunter2"), ("PORT", "99999999")]
)
def test_what_may_be_a_secret_is_a_digest(name: str, value: str) -> None:
    assert value not in keep_environment(name, value)


def test_several_addresses_of_one_variable_are_all_read() -> None:
    assert addresses_of(keep_environment("BROKERS", "k1:9092,k2:9093")) == (Address("k1", 9092), Address("k2", 9093))


def test_a_config_file_keeps_the_addresses_that_it_mentions() -> None:
    text = (
        "server { proxy_pass http://web:8080; }\ndb:\n  host: mysql\n  port: 3306\n  password: hunter2\nat 12:30:11\n"
    )
    kept = keep_mentions(text)
    assert addresses_of(kept) == (Address("web", 8080, "http"), Address("mysql", 3306))
    assert "hunter2" not in kept


@given(st.text(max_size=300))
def test_keeping_twice_is_keeping_once(text: str) -> None:
    once = keep_mentions(text)
    assert keep_mentions(once) == once
    kept = keep_environment("WEB_URL", text)
    assert keep_environment("WEB_URL", kept) == kept


def test_a_value_of_any_size_costs_little() -> None:
    started = time.monotonic()
    for text in ("a:1b host = " * 90_000, "a-" * 500_000, "a." * 500_000, "://" * 300_000, 'host: "' * 200_000):
        keep_mentions(text)
        keep_environment("X_URL", text)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "text",
    ["server_pass=hunter2", "host_token: hunter2", "endpoint_key=hunter2", '"hostKey": "hunter2"', "serverPwd=hunter2"],
)
def test_a_key_that_names_a_secret_gives_no_address_of_a_file(text: str) -> None:
    assert "hunter2" not in keep_mentions(text)
    assert "12345" not in keep_mentions("basic_auth: admin:12345")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SLACK_WEBHOOK_URL", "https://hooks.example/services/T000/B000/hunter2"), ("SUPPORT_PIN", "12345")],
)
def test_of_an_address_its_path_does_not_stay_and_a_port_is_a_word(name: str, value: str) -> None:
    kept = keep_environment(name, value)
    assert "hunter2" not in kept
    assert "12345" not in kept
