"""Addresses of others that a workload was given wrong: in a URL, in a file, in a key of a ConfigMap."""

import json
from typing import Any

from tests.diagnosis.faults.logins import said_by, server
from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop

Body = dict[str, Any]


def _given(shop: Shop, name: str, ago: float, *pairs: tuple[str, str]) -> None:
    shop.change(name, ago, lambda s: box(s)["env"].extend({"name": k, "value": v} for k, v in pairs))


def _reads_file(shop: Shop, name: str, config: str, data: dict[str, str], age: float = 1000.0) -> None:
    """The workload has been reading a mounted file since it was deployed, as long ago as the file was made."""
    shop.put("ConfigMap", shop.ns, config, age=age, data=data)

    def how(spec: Body) -> None:
        spec["volumes"] = [*spec.get("volumes", []), {"name": "conf", "configMap": {"name": config}}]
        box(spec)["volumeMounts"] = [{"name": "conf", "mountPath": "/app/config"}]

    shop.change(name, age - 10, how)


def _reads_key(shop: Shop, name: str, config: str, key: str, value: str, variable: str) -> None:
    """One variable comes from a key of a ConfigMap that others read as well."""
    shop.put("ConfigMap", shop.ns, config, data={"LOG_LEVEL": "info", key: value})
    reference = {"name": variable, "valueFrom": {"configMapKeyRef": {"name": config, "key": key}}}
    shop.change(name, 900, lambda s: box(s)["env"].append(reference))


# --- variables ---


@more
def a_name_in_a_namespace_that_has_no_such_service(shop: Shop) -> Truth:
    """The old pods serve; the new ones were given the address of another environment and are not ready."""
    name, need = shop.names[1], shop.names[2]
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    host = f"{need}.{shop.ns}-staging.svc.cluster.local"
    key = f"{need.upper().replace('-', '_')}_SERVICE_ADDR"
    shop.change(name, 800, lambda s: next(e for e in box(s)["env"] if e["name"] == key).update(value=f"{host}:{shop.port_of(need)}"))  # fmt: skip
    shop.unready(name, 795)
    new = shop.pods_of(name)
    for pod in new:
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500", count=79, ago=5, since=780)  # fmt: skip
        said_by(shop, pod, f'rpc error: code = Unavailable desc = dns: A record lookup error: lookup {host} on 10.96.0.10:53: no such host')  # fmt: skip
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)
    return Truth("Deployment", name, "dependency-address-wrong", "env-address")


@more
def a_worker_whose_broker_has_another_name(shop: Shop) -> Truth:
    server(shop, "rabbitmq", "rabbitmq:3.13-management", 5672)
    shop.workload("worker", kind="StatefulSet", port=8081, replicas=2)
    for spec in shop.every_spec("worker"):
        box(spec)["env"].append({"name": "CELERY_BROKER_URL", "value": "amqp://shop:xxxxx@rabbit:5672//"})
    shop.log("worker", "[ERROR/MainProcess] consumer: Cannot connect to amqp://shop:**@rabbit:5672//: [Errno -2] Name or service not known. Trying again in 32.00 seconds... (16/100)", n=8)  # fmt: skip
    return Truth("StatefulSet", "worker", "dependency-address-wrong", "env-address")


@more
def a_port_with_two_digits_swapped(shop: Shop) -> Truth:
    server(shop, "sessions", "redis:7.2", 6379)
    name = shop.names[1]
    _given(shop, name, 1000, ("REDIS_HOST", "sessions"), ("REDIS_PORT", "6397"))
    shop.crash(name, ago=980, restarts=8)
    shop.log(name, "Error: connect ETIMEDOUT at TCPConnectWrap.afterConnect [as oncomplete] { errno: -110, code: 'ETIMEDOUT', syscall: 'connect', address: '10.96.0.7', port: 6397 }", n=8)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "env-port")


@more
def a_port_for_people_in_place_of_that_for_programs(shop: Shop) -> Truth:
    """15672 is RabbitMQ's web page; its Service has 5672 alone."""
    server(shop, "rabbitmq", "rabbitmq:3.13-management", 5672)
    name = shop.names[2]
    _given(shop, name, 900, ("AMQP_URL", "amqp://shop:xxxxx@rabbitmq:15672/"))
    shop.log(name, 'level=error msg="could not reach the broker" err="dial tcp 10.96.0.7:15672: i/o timeout" retry_in=30s', n=8)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "env-port")


# --- files and keys ---


@more
def a_spring_file_with_a_host_of_nobody(shop: Shop) -> Truth:
    server(shop, "sql", "mysql:8.0", 3306)
    name = shop.names[1]
    text = "server:\n  port: 8080\nspring:\n  datasource:\n    url: jdbc:mysql://mysql-primary:3306/orders\n    username: orders\n"  # fmt: skip
    _reads_file(shop, name, f"{name}-config", {"application.yml": text})
    shop.crash(name, ago=970, restarts=8)
    shop.log(name, "Caused by: java.net.UnknownHostException: mysql-primary: Name or service not known", n=6)
    return Truth("Deployment", name, "dependency-address-wrong", "config-address", also=[("ConfigMap", f"{name}-config")])  # fmt: skip


@more
def a_key_of_a_configmap_that_names_the_namespace_of_before(shop: Shop) -> Truth:
    name, need = shop.names[0], shop.names[3]
    host = f"{need}.legacy.svc.cluster.local"
    _reads_key(shop, name, "endpoints", "reporting.addr", f"{host}:{shop.port_of(need)}", "REPORTING_ADDR")
    shop.log(name, f"dial tcp: lookup {host} on 10.96.0.10:53: no such host", n=8)
    return Truth("Deployment", name, "dependency-address-wrong", "config-address", also=[("ConfigMap", "endpoints")])


@more
def a_list_of_brokers_of_another_cluster(shop: Shop) -> Truth:
    server(shop, "kafka", "apache/kafka:3.9.0", 9092)
    name = shop.names[2]
    _reads_file(shop, name, "streams-conf", {"consumer.properties": "group.id=orders\nbootstrap.servers=kafka-bootstrap:9092\n"})  # fmt: skip
    shop.unready(name, 960)
    shop.log(name, "Couldn't resolve server kafka-bootstrap:9092 from bootstrap.servers as DNS resolution failed for kafka-bootstrap (org.apache.kafka.clients.ClientUtils)", n=8)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "config-address", also=[("ConfigMap", "streams-conf")])


@more
def a_port_that_a_key_of_a_configmap_gives(shop: Shop) -> Truth:
    server(shop, "docs", "mongo:6.0", 27017)
    name = shop.names[1]
    _reads_key(shop, name, "stores", "mongo-url", "mongodb://docs:27107/orders", "MONGO_URL")
    shop.log(name, "MongoServerSelectionError: connection timed out: docs:27107", n=8)
    return Truth("Deployment", name, "dependency-address-wrong", "config-port", also=[("ConfigMap", "stores")])


@more
def a_port_in_a_json_of_settings(shop: Shop) -> Truth:
    name, need = shop.names[2], shop.names[3]
    settings = {"Logging": {"Level": "Information"}, "Backend": {"BaseAddress": f"http://{need}:5000"}}
    _reads_file(shop, name, f"{name}-settings", {"appsettings.Production.json": json.dumps(settings)})
    shop.unready(name, 960)
    shop.log(name, f"System.Net.Http.HttpRequestException: Connection timed out ({need}:5000) ---> System.Net.Sockets.SocketException (110): Connection timed out", n=8)  # fmt: skip
    return Truth("Deployment", name, "dependency-address-wrong", "config-port", also=[("ConfigMap", f"{name}-settings")])  # fmt: skip
