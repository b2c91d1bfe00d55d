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
    "sqlserver": ("mssql", "sqlserver", "mssql-server"),
    "oracle": ("oracle",),
}
"""Kind of server -> words in the last part of its image's name."""
PORTS: Final[dict[int, str]] = {
    3306: "mysql", 5432: "postgres", 6379: "redis", 27017: "mongodb", 5672: "rabbitmq", 9092: "kafka",
    9200: "elasticsearch", 9042: "cassandra", 11211: "memcached", 4222: "nats", 389: "ldap", 1433: "sqlserver",
    1521: "oracle",
}  # fmt: skip
"""The port that is registered for a kind (IANA service names)."""
GATEWAYS: Final = frozenset(
    ("nginx", "openresty", "envoy", "haproxy", "traefik", "kong", "apisix", "gateway", "zuul", "caddy", "httpd")
)
"""Words in the names of workloads and images whose task is to pass requests on."""
_GATEWAY_FILES: Final = GATEWAYS - {"gateway"}
"""Words in the names of their files: `gateway` in one may as well be an address."""
HELPERS: Final = (
    "exporter", "express", "operator", "backup", "metrics", "sidecar", "client", "cli", "admin", "ui", "proxy",
)  # fmt: skip
"""Words of images that only go with a server."""


def family_of(spec: PodSpec | None) -> str | None:
    """Return the kind of server that pods of this specification run, None when they run none that is known."""
    for container in spec.containers if spec is not None else ():
        family = _family_named(container.image)
        if family is not None:
            return family
    declared = [p.container_port for c in (spec.containers if spec is not None else ()) for p in c.ports or ()]
    return next((PORTS[p] for p in declared if p in PORTS), None)


def _family_named(image: str) -> str | None:
    """By the whole name first (`percona-server-mongodb`), then by its words, then by the folder (`mssql/server`)."""
    *_, folder, last = ["", *image.partition("@")[0].lower().split("/")]
    name = last.partition(":")[0]
    words = set(name.replace("_", "-").split("-"))
    if words & set(HELPERS):
        return None
    exact = next((family for family, known in FAMILIES.items() if name in known), None)
    return exact or next((f for f, known in FAMILIES.items() if (words | {folder}) & set(known)), None)


_APART: Final = str.maketrans("-_.", "   ")
"""What stands between the words of a name."""


def passes_on(workload: str, spec: PodSpec | None, config: str = "") -> bool:
    """Tell whether a workload is a gateway: by its name or an image of its containers, or its configuration's name."""
    images = [c.image.rpartition("/")[2].partition(":")[0] for c in spec.containers] if spec is not None else []
    if not GATEWAYS.isdisjoint(_words_of(" ".join((workload, *images)))):
        return True
    return not _GATEWAY_FILES.isdisjoint(_words_of(config))


def _words_of(text: str) -> list[str]:
    return text.lower().translate(_APART).split()
