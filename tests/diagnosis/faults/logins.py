"""Logins that servers refuse, by user, password or key; databases that take no writes or no more connections."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop


def server(shop: Shop, name: str, image: str, port: int) -> None:
    """A database beside the shop's own, asked by the first workload."""
    shop.workload(name, kind="StatefulSet", port=port)
    for spec in shop.every_spec(name):
        box(spec)["image"] = image
    client = shop.names[0]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "STORE_ADDR", "value": f"{name}:{port}"})


def said_by(shop: Shop, pod: str, line: str, n: int = 6, container: str = "server") -> None:
    """A pod prints a line every twenty seconds."""
    about = {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": container}
    shop.logs += [{"t": shop.t - 250 + 20 * i, "object": about, "line": line} for i in range(n)]


def _with_variable(shop: Shop, variable: dict[str, Any], ago: float | None = None) -> str:
    """The client's login variable is new or other since a rollout."""
    client = shop.names[0]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": variable["name"], "value": "before"})

    def how(spec: dict[str, Any]) -> None:
        box(spec)["env"] = [v for v in box(spec)["env"] if v["name"] != variable["name"]] + [variable]

    shop.change(client, ago or 600, how)
    return client


MYSQL_DENIED = "ERROR 1045 (28000): Access denied for user 'shop'@'10.1.3.8' (using password: YES)"


@more
def a_mongo_user_that_is_not_there(shop: Shop) -> Truth:
    server(shop, "docs", "mongo:6.0", 27017)
    said_by(shop, "docs-0", '{"t":{"$date":"2026-11-26T09:00:00Z"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn71","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","principalName":"shopp","authenticationDatabase":"admin","result":"UserNotFound: Could not find user \\"shopp\\" for db \\"admin\\""}}')  # fmt: skip
    shop.log(shop.names[0], 'MongoServerError: Authentication failed for "shopp" at docs:27017', n=6)
    return Truth("Deployment", shop.names[0], "dependency-credentials-wrong", "user")


@more
def a_mysql_user_variable_that_changed(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    client = _with_variable(shop, {"name": "MYSQL_USER", "value": "shop"})
    shop.crash(client, ago=580)
    shop.log(client, f"connecting to sql:3306: {MYSQL_DENIED}", n=6)
    return Truth("Deployment", client, "dependency-credentials-wrong", "user")


@more
def a_mysql_password_variable_that_changed(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    client = _with_variable(shop, {"name": "SPRING_DATASOURCE_PASSWORD", "value": "x"})
    shop.log(client, f"HikariPool-1 - Exception during pool initialization. java.sql.SQLException: {MYSQL_DENIED}", n=6)
    return Truth("Deployment", client, "dependency-credentials-wrong", "password")


@more
def a_redis_password_that_is_wrong(shop: Shop) -> Truth:
    server(shop, "sessions", "redis:7.2", 6379)
    client = shop.names[0]
    shop.crash(client, ago=500)
    shop.log(client, "ReplyError: WRONGPASS invalid username-password pair or user is disabled.", n=6)
    return Truth("Deployment", client, "dependency-credentials-wrong", "password")


@more
def a_rabbitmq_that_refuses_a_password(shop: Shop) -> Truth:
    server(shop, "queue", "rabbitmq:3.13-management", 5672)
    client = shop.names[0]
    said_by(shop, "queue-0", "2026-11-26 09:00:00.1 [error] <0.9.0> PLAIN login refused: user 'shop' - invalid credentials")  # fmt: skip
    shop.log(client, "com.rabbitmq.client.AuthenticationFailureException: ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile.", n=6)  # fmt: skip
    return Truth("Deployment", client, "dependency-credentials-wrong", "password")


@more
def an_access_key_that_the_store_does_not_know(shop: Shop) -> Truth:
    server(shop, "files", "minio/minio:RELEASE.2025-01-20", 9000)
    client = shop.names[0]
    shop.log(client, "S3 operation failed at files:9000; code: InvalidAccessKeyId, message: The Access Key Id you provided does not exist in our records.", n=6)  # fmt: skip
    return Truth("Deployment", client, "dependency-credentials-wrong", "key")


@more
def a_signature_that_does_not_match(shop: Shop) -> Truth:
    server(shop, "files", "minio/minio:RELEASE.2025-01-20", 9000)
    client = shop.names[0]
    shop.crash(client, ago=500)
    shop.log(client, "botocore.exceptions.ClientError: An error occurred (SignatureDoesNotMatch) when calling the PutObject operation at files:9000: The request signature we calculated does not match the signature you provided.", n=6)  # fmt: skip
    return Truth("Deployment", client, "dependency-credentials-wrong", "key")


@more
def a_token_that_the_bus_refuses(shop: Shop) -> Truth:
    server(shop, "bus", "nats:2.10", 4222)
    client = _with_variable(shop, {"name": "NATS_TOKEN", "value": "x"})
    said_by(shop, "bus-0", "[1] [ERR] 10.1.2.3:48012 - cid:12 - authentication error")
    shop.log(client, "nats: Authorization Violation on connection [12] to bus:4222: authentication error", n=6)
    return Truth("Deployment", client, "dependency-credentials-wrong", "key")


# --- writes and connections ---


@more
def a_postgres_that_became_a_replica(shop: Shop) -> Truth:
    server(shop, "pg", "postgres:16", 5432)
    shop.log(shop.names[0], "ERROR: cannot execute INSERT in a read-only transaction (SQLSTATE 25006) at pg:5432", n=8)
    said_by(shop, "pg-0", "2026-11-26 09:00:00 UTC [71] ERROR:  cannot execute INSERT in a read-only transaction")
    return Truth("StatefulSet", "pg", "dependency-read-only")


@more
def an_index_that_the_flood_stage_locked(shop: Shop) -> Truth:
    server(shop, "search-store", "docker.elastic.co/elasticsearch/elasticsearch:8.15.0", 9200)
    shop.log(shop.names[0], "ClusterBlockException[index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];] from search-store:9200", n=8)  # fmt: skip
    return Truth("StatefulSet", "search-store", "dependency-read-only")


@more
def a_mongo_that_is_no_longer_primary(shop: Shop) -> Truth:
    server(shop, "docs", "mongo:6.0", 27017)
    shop.log(shop.names[0], "MongoServerError: not primary (NotWritablePrimary) on docs:27017", n=8)
    return Truth("StatefulSet", "docs", "dependency-read-only")


@more
def a_postgres_whose_slots_are_used_up(shop: Shop) -> Truth:
    server(shop, "pg", "postgres:16", 5432)
    for name in shop.names[:2]:
        shop.log(name, "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute (pg:5432)", n=6)  # fmt: skip
    return Truth("StatefulSet", "pg", "dependency-connections-exhausted")


@more
def a_redis_that_takes_no_more_clients(shop: Shop) -> Truth:
    server(shop, "sessions", "redis:7.2", 6379)
    shop.log(shop.names[0], "redis.exceptions.ConnectionError: max number of clients reached (sessions:6379)", n=8)
    return Truth("StatefulSet", "sessions", "dependency-connections-exhausted")


@more
def a_mysql_without_connections_whose_clients_fail_their_probes(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    client = shop.names[0]
    shop.unready(client, 400)
    for pod in shop.pods_of(client):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=40, ago=5, since=400)  # fmt: skip
    shop.log(client, "com.mysql.cj.jdbc.exceptions.MySQLNonTransientConnectionException: Data source rejected establishment of connection, message from server: \"Too many connections\"", n=8)  # fmt: skip
    return Truth("StatefulSet", "sql", "dependency-connections-exhausted")
