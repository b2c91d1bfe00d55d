"""What kind of server a workload is: by its image, else by its port. A client's words tell which kind refused it."""

from typing import Final

from causeline.core.objects import PodSpec

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "mysql": ("mysql", "mariadb", "percona", "tidb", "vitess"),
    "postgres": ("postgres", "postgresql", "timescaledb", "cockroach", "pgbouncer", "spilo", "pgvector", "postgis"),
    "redis": ("redis", "valkey", "keydb", "dragonfly"),
    "mongodb": ("mongo", "mongodb", "percona-server-mongodb"),
    "rabbitmq": ("rabbitmq",),
    "kafka": ("kafka", "redpanda"),
    "elasticsearch": ("elasticsearch", "opensearch"),
    "cassandra": ("cassandra", "scylla"),
    "minio": ("minio",),
    "memcached": ("memcached",),
    "nats": ("nats",),
    "ldap": ("openldap", "ldap"),
    "sqlserver": ("mssql", "sqlserver", "server:20"),
    "oracle": ("oracle",),
}
"""Kind of server -> words in the last part of its image's name."""
PORTS: Final[dict[int, str]] = {
    3306: "mysql", 5432: "postgres", 6379: "redis", 27017: "mongodb", 5672: "rabbitmq", 9092: "kafka",
    9200: "elasticsearch", 9042: "cassandra", 11211: "memcached", 4222: "nats", 389: "ldap", 1433: "sqlserver",
    1521: "oracle",
}  # fmt: skip
"""The port that is registered for a kind (IANA service names)."""
GATEWAYS: Final = (
    "nginx", "openresty", "envoy", "haproxy", "traefik", "kong", "apisix", "gateway", "zuul", "caddy", "httpd",
)  # fmt: skip
"""Words in the names of workloads and images whose task is to pass requests on."""
HELPERS: Final = ("exporter", "operator", "backup", "metrics", "sidecar", "client", "cli", "admin", "ui", "proxy")
"""Words of images that only go with a server."""


def family_of(spec: PodSpec | None) -> str | None:
    """Return the kind of server that pods of this specification run, None when they run none that is known."""
    for container in spec.containers if spec is not None else ():
        name = container.image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()
        words = set(name.replace("_", "-").split("-"))
        if words & set(HELPERS):
            continue
        for family, known in FAMILIES.items():
            if name in known or words & set(known):
                return family
    declared = [p.container_port for c in (spec.containers if spec is not None else ()) for p in c.ports or ()]
    return next((PORTS[p] for p in declared if p in PORTS), None)


def passes_on(name: str, spec: PodSpec | None) -> bool:
    """Tell whether a workload is a gateway: by its own name, or by an image of its containers."""
    images = [c.image.rpartition("/")[2].lower() for c in spec.containers] if spec is not None else []
    return any(word in text for word in GATEWAYS for text in (name.lower(), *images))
