"""Accounts of databases that are right for somebody else: from another host, under another key."""

from typing import Any

from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]


def _env(shop: Shop, name: str, variable: str, secret: str, key: str) -> None:
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})


def _is_refused(shop: Shop, detail: str, *also: tuple[str, str]) -> Truth:
    return Truth("Deployment", shop.names[0], "dependency-credentials-wrong", detail, also=list(also))


@more
def a_guest_who_may_only_come_from_next_door(shop: Shop) -> Truth:
    """RabbitMQ's guest may log in on loopback alone; to the client it is a refusal like any other."""
    server(shop, "rabbit", "rabbitmq:3.13", 5672)
    said_by(shop, "rabbit-0", "2026-11-26 09:00:00.113 [error] <0.813.0> PLAIN login refused: user 'guest' can only connect via localhost", container="rabbit")  # fmt: skip
    shop.log(shop.names[0], "pika.exceptions.ProbableAuthenticationError: ConnectionClosedByBroker: (403) 'ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.'", n=6)  # fmt: skip
    return _is_refused(shop, "user")


@more
def a_client_that_reads_another_key_of_the_databases_secret(shop: Shop) -> Truth:
    server(shop, "pg", "bitnami/postgresql:16", 5432)
    shop.put("Secret", shop.ns, "pg-auth", data={"password": "eA==", "postgres-password": "eQ=="})
    _env(shop, "pg", "POSTGRES_PASSWORD", "pg-auth", "password")
    for spec in shop.every_spec("pg"):
        box(spec)["env"].append({"name": "POSTGRES_USER", "value": "shop"})
    _env(shop, shop.names[0], "DB_PASSWORD", "pg-auth", "postgres-password")
    shop.log(shop.names[0], 'FATAL: password authentication failed for user "shop" (SQLSTATE 28P01)', n=6)
    return _is_refused(shop, "key", ("Secret", "pg-auth"))


@more
def a_mysql_client_that_reads_the_key_of_root(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.4", 3306)
    shop.put("Secret", shop.ns, "sql-auth", data={"mysql-password": "eA==", "mysql-root-password": "eQ=="})
    _env(shop, "sql", "MYSQL_PASSWORD", "sql-auth", "mysql-password")
    _env(shop, "sql", "MYSQL_ROOT_PASSWORD", "sql-auth", "mysql-root-password")
    for spec in shop.every_spec("sql"):
        box(spec)["env"].append({"name": "MYSQL_USER", "value": "orders"})
    _env(shop, shop.names[0], "SPRING_DATASOURCE_PASSWORD", "sql-auth", "mysql-root-password")
    shop.log(shop.names[0], "java.sql.SQLException: Access denied for user 'orders'@'10.1.3.8' (using password: YES)", n=6)  # fmt: skip
    return _is_refused(shop, "key", ("Secret", "sql-auth"))


@more
def a_mongo_that_refuses_more_connections_as_only_it_says(shop: Shop) -> Truth:
    """A structured line of level information; clients only see that a connection ended."""
    server(shop, "mongo", "mongo:7.0", 27017)
    said_by(shop, "mongo-0", '{"t":{"$date":"2026-11-26T09:00:00.113+00:00"},"s":"I","c":"NETWORK","id":22942,"ctx":"listener","msg":"Connection refused because there are too many open connections","attr":{"remote":"10.1.3.8:51422","connectionCount":501}}', n=9, container="mongo")  # fmt: skip
    shop.log(shop.names[0], "pymongo.errors.AutoReconnect: mongo:27017: connection closed (configured timeouts: connectTimeoutMS: 20000.0ms)", n=6)  # fmt: skip
    return Truth("StatefulSet", "mongo", "dependency-connections-exhausted")
