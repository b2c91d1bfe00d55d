"""Logins that servers refuse, writes that they do not take, connections that they have no more of, in other shapes."""

from typing import Any

from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]


def _refused(shop: Shop, detail: str, *also: tuple[str, str]) -> Truth:
    return Truth("Deployment", shop.names[0], "dependency-credentials-wrong", detail, also=list(also))


def _from_secret(shop: Shop, name: str, variable: str, secret: str, key: str) -> None:
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})


# --- users ---


@more
def a_postgres_that_tells_only_its_own_log_which_user_is_missing(shop: Shop) -> Truth:
    """To the client, a wrong user and a wrong password look alike."""
    server(shop, "pg", "postgres:16", 5432)
    said_by(shop, "pg-0", '2026-11-26 09:00:00.113 UTC [71] FATAL:  password authentication failed for user "order_svc"', container="pg")  # fmt: skip
    said_by(shop, "pg-0", '2026-11-26 09:00:00.113 UTC [71] DETAIL:  Role "order_svc" does not exist.', container="pg")
    shop.log(shop.names[0], 'failed to connect to `host=pg user=order_svc database=orders`: failed SASL auth (FATAL: password authentication failed for user "order_svc" (SQLSTATE 28P01))', n=6)  # fmt: skip
    return _refused(shop, "user")


@more
def a_login_without_any_user(shop: Shop) -> Truth:
    """The variable is empty: MySQL knows nobody of that name."""
    server(shop, "sql", "mysql:8.0", 3306)
    client = shop.names[0]
    shop.change(client, 1000, lambda s: box(s)["env"].append({"name": "DB_USER", "value": ""}))
    shop.unready(client, 980)
    shop.log(client, "Error 1045 (28000): Access denied for user ''@'10.1.3.8' (using password: YES)", n=8)
    return _refused(shop, "user")


# --- passwords ---


@more
def a_cache_that_wants_a_password_since_its_upgrade(shop: Shop) -> Truth:
    """Several workloads ask it, and none of them gives one."""
    server(shop, "sessions", "redis:7.2", 6379)
    for spec in shop.every_spec("sessions"):
        box(spec)["args"] = ["--requirepass", "$(REDIS_PASSWORD)"]
    _from_secret(shop, "sessions", "REDIS_PASSWORD", "sessions-auth", "redis-password")
    shop.put("Secret", shop.ns, "sessions-auth", age=1200, data={"redis-password": "eA=="})
    second = shop.names[1]
    for spec in shop.every_spec(second):
        box(spec)["env"].append({"name": "CACHE_ADDR", "value": "sessions:6379"})
    for name in (shop.names[0], second):
        shop.log(name, "redis.exceptions.AuthenticationError: NOAUTH Authentication required. (sessions:6379)", n=6)
    return _refused(shop, "password", ("Deployment", second))


@more
def a_kafka_that_refuses_a_scram_password(shop: Shop) -> Truth:
    server(shop, "kafka", "apache/kafka:3.9.0", 9092)
    client = shop.names[0]
    made = shop.put("Secret", shop.ns, "orders-kafka-user", data={"username": "b3JkZXJz", "password": "eA=="})
    shop.edit(made, 1300)
    made["metadata"]["managedFields"][0]["fieldsV1"] = {"f:data": {"f:password": {}}}
    _from_secret(shop, client, "KAFKA_SASL_USERNAME", "orders-kafka-user", "username")
    _from_secret(shop, client, "KAFKA_SASL_PASSWORD", "orders-kafka-user", "password")
    shop.rollout(client, 1200)
    shop.crash(client, ago=1180, restarts=9)
    shop.log(client, "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512", n=6)  # fmt: skip
    return _refused(shop, "password", ("Secret", "orders-kafka-user"))


@more
def a_mongo_whose_stored_key_differs(shop: Shop) -> Truth:
    """The server knows the user; the password is not the one that it keeps."""
    server(shop, "docs", "mongo:7.0", 27017)
    said_by(shop, "docs-0", '{"t":{"$date":"2026-11-26T09:00:00.131+00:00"},"s":"I","c":"ACCESS","id":5286307,"ctx":"conn88","msg":"Failed to authenticate","attr":{"client":"10.1.3.8:51042","isSpeculative":true,"mechanism":"SCRAM-SHA-256","user":"orders","db":"admin","error":"AuthenticationFailed: SCRAM authentication failed, storedKey mismatch","result":18}}', container="docs")  # fmt: skip
    shop.log(shop.names[0], "pymongo.errors.OperationFailure: Authentication failed., full error: {'ok': 0.0, 'errmsg': 'Authentication failed.', 'code': 18, 'codeName': 'AuthenticationFailed'}", n=6)  # fmt: skip
    return _refused(shop, "password")


# --- keys ---


@more
def a_session_token_that_the_object_store_does_not_take(shop: Shop) -> Truth:
    server(shop, "files", "minio/minio:RELEASE.2025-01-20", 9000)
    shop.unready(shop.names[0], 800)
    shop.log(shop.names[0], "com.amazonaws.services.s3.model.AmazonS3Exception: The security token included in the request is invalid (Service: Amazon S3; Status Code: 403; Error Code: InvalidTokenId; Request ID: 17C0A; S3 Extended Request ID: null; Proxy: null) http://files:9000", n=8)  # fmt: skip
    return _refused(shop, "key")


# --- writes ---


@more
def a_redis_that_can_not_write_its_snapshot(shop: Shop) -> Truth:
    server(shop, "sessions", "redis:7.2", 6379)
    said_by(shop, "sessions-0", "1:M 26 Nov 2026 09:00:00.042 # Background saving error", container="sessions")
    said_by(shop, "sessions-0", "1:M 26 Nov 2026 09:00:00.041 # Failed opening the temp RDB file temp-1913.rdb (in server root dir /data) for saving: No space left on device", container="sessions")  # fmt: skip
    shop.log(shop.names[0], "io.lettuce.core.RedisCommandExecutionException: MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error. (sessions:6379)", n=8)  # fmt: skip
    return Truth("StatefulSet", "sessions", "dependency-read-only")


@more
def a_mysql_that_stays_a_replica_after_its_primary_is_gone(shop: Shop) -> Truth:
    """Two workloads write to it: one crashes, one answers 503."""
    server(shop, "sql", "mysql:8.0", 3306)
    second = shop.names[1]
    for spec in shop.every_spec(second):
        box(spec)["env"].append({"name": "SQL_ADDR", "value": "sql:3306"})
    shop.crash(shop.names[0], ago=700, restarts=7)
    shop.unready(second, 690)
    for pod in shop.pods_of(second):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=66, ago=7, since=690)  # fmt: skip
    for name in (shop.names[0], second):
        shop.log(name, "Error 1290 (HY000): The MySQL server is running with the --super-read-only option so it cannot execute this statement (sql:3306)", n=8)  # fmt: skip
    return Truth("StatefulSet", "sql", "dependency-read-only")


# --- connections ---


@more
def a_user_who_has_all_the_connections_that_a_mysql_gives_one(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    client = shop.names[0]
    shop.crash(client, ago=600, restarts=6)
    shop.log(client, "ERROR 1226 (42000): User 'shop' has exceeded the 'max_user_connections' resource (current value: 50) sql:3306", n=8)  # fmt: skip
    return Truth("StatefulSet", "sql", "dependency-connections-exhausted")


@more
def a_queue_whose_virtual_host_takes_no_more_connections(shop: Shop) -> Truth:
    server(shop, "queue", "rabbitmq:3.13-management", 5672)
    said_by(shop, "queue-0", "2026-11-26 09:00:00.123456+00:00 [error] <0.8.0> Error on AMQP connection <0.8.0> (10.1.3.8:40122 -> 10.1.4.2:5672, user: 'shop', state: opening): access to vhost '/' refused for user 'shop': connection limit (256) is reached", container="queue")  # fmt: skip
    shop.log(shop.names[0], "amqp.exceptions.NotAllowed: Connection.open: (530) NOT_ALLOWED - access to vhost '/' refused for user 'shop': connection limit (256) is reached", n=8)  # fmt: skip
    return Truth("StatefulSet", "queue", "dependency-connections-exhausted")


@more
def clients_for_whom_a_postgres_has_no_slot_left_while_it_is_probed_away(shop: Shop) -> Truth:
    """Its own probe needs a connection as well, so that the database is not ready either."""
    server(shop, "pg", "postgres:16", 5432)
    shop.unready("pg", 500)
    shop.event("Pod", "pg-0", "Unhealthy", 'Readiness probe failed: psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  sorry, too many clients already', count=48, ago=6, since=490)  # fmt: skip
    said_by(shop, "pg-0", "2026-11-26 09:00:00.113 UTC [9107] FATAL:  sorry, too many clients already", container="pg")
    for name in shop.names[:2]:
        shop.log(name, 'ActiveRecord::ConnectionNotEstablished: connection to server at "pg", port 5432 failed: FATAL:  sorry, too many clients already', n=6)  # fmt: skip
    return Truth("StatefulSet", "pg", "dependency-connections-exhausted")
