"""The object graph as inspections ask it, and who talks to whom as configuration says it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple, Protocol, TypeVar

from causeline.core.addresses import DIGEST_MARK, Address, addresses_of
from causeline.core.objects import ConfigMap, Container, EndpointSlice, KubeObject, PodSpec, Service, Workload
from causeline.core.pod_spec import all_containers, sources_of, template_of, values_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Change

Found = TypeVar("Found")

SERVING_KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
"""Kinds whose pods a Service usually selects."""
NAME_LABEL: Final = "kubernetes.io/metadata.name"
USES_MAX: Final = 200
"""Addresses of one workload that are followed."""


class Graph(Protocol):
    """What inspections may ask; streams/topology.py answers."""

    now: float
    """The engine's time, unix seconds."""

    def get(self, ref: ObjectRef) -> KubeObject | None:
        """Return the newest state of an object that is there."""
        ...

    def members(self, kind: str, namespace: str | None) -> list[ObjectRef]:
        """Return the objects of a kind in a namespace that are there, in order of first sight."""
        ...

    def all_of(self, kind: str) -> list[ObjectRef]:
        """Return the objects of a kind that are there, of all namespaces, in order of first sight."""
        ...

    def top(self, ref: ObjectRef) -> ObjectRef:
        """Return the highest owner of an object."""
        ...

    def pods_under(self, owner: ObjectRef) -> Iterator[ObjectRef]:
        """Yield the pods below a workload that are there."""
        ...

    def endpoints_of(self, service: ObjectRef) -> list[EndpointSlice]:
        """Return the EndpointSlices of a Service."""
        ...

    def changes_of(self, ref: ObjectRef) -> Sequence[Change]:
        """Return what changed in an object, oldest first (bounded)."""
        ...

    def as_of(self, ref: ObjectRef) -> float:
        """Return since when the object is as it is: its last change, or its own newest time when it was listed."""
        ...

    def calls_of(self, ref: ObjectRef) -> list[ObjectRef]:
        """Return the Services that log lines of a workload speak of, and the workloads that its requests went to."""
        ...

    def calls_known(self) -> int:
        """Return how many calls are known: what is remembered of them holds as long as this does not grow."""
        ...

    def mentioning(self, host: str) -> list[ObjectRef]:
        """Return the workloads and ConfigMaps whose text names a host with this first label."""
        ...

    def remember(self, what: str, ref: ObjectRef, find: Callable[[], list[Found]]) -> list[Found]:
        """Return what `find` gives, which depends on workloads, Services, ConfigMaps, policies and namespaces only.

        It is asked again only after one of those changed.
        """
        ...

    def lists(self, stream: str) -> bool:
        """Tell whether all objects of this stream are known."""
        ...


class Use(NamedTuple):
    """An address that a workload was given: in which variable or key, and through which ConfigMap (None: by itself)."""

    address: Address
    key: str
    config: ObjectRef | None = None


def uses_of(graph: Graph, workload: ObjectRef) -> list[Use]:
    """Return the addresses in the environment of a workload's pods and in the ConfigMaps that they read.

    A host and a port in two variables of one prefix (`DB_HOST`, `DB_PORT`) are one address. Costs O(variables + keys).
    """
    return graph.remember("uses", workload, lambda: _uses(graph, workload))


def _uses(graph: Graph, workload: ObjectRef) -> list[Use]:
    spec = template_of(graph.get(workload))
    if spec is None:
        return []
    given = (use for container in all_containers(spec) for use in _of_environment(graph, workload, container))
    return list(dict.fromkeys(islice(chain(given, _of_files(graph, workload, spec)), USES_MAX)))


def _of_environment(graph: Graph, workload: ObjectRef, container: Container) -> Iterator[Use]:
    given = list(_variables(graph, workload, container))
    ports = {name: value for name, value, _ in given if value.isdigit()}
    for name, value, config in given:
        for address in addresses_of(value) if not value.isdigit() else ():
            port = address.port or _port_beside(name, ports)
            yield Use(address._replace(port=port), name, config)


def _variables(graph: Graph, workload: ObjectRef, container: Container) -> Iterator[tuple[str, str, ObjectRef | None]]:
    for whole in container.env_from or ():
        if whole.config_map_ref is not None:
            ref = ObjectRef("ConfigMap", workload.namespace, whole.config_map_ref.name)
            yield from ((key, value, ref) for key, value in data_of(graph.get(ref)).items())
    for one in container.env or ():
        source = one.value_from.config_map_key_ref if one.value_from else None
        if source is not None:
            ref = ObjectRef("ConfigMap", workload.namespace, source.name)
            yield one.name, data_of(graph.get(ref)).get(source.key or "", ""), ref
        elif one.value is not None:
            yield one.name, one.value, None


def data_of(config: KubeObject | None) -> dict[str, str]:
    """Return the keys of a ConfigMap and what is kept of their values; {} for another object or none."""
    return {k: str(v) for k, v in (config.data or {}).items()} if isinstance(config, ConfigMap) else {}


def _port_beside(name: str, ports: dict[str, str]) -> int | None:
    for word in ("HOST", "ADDR", "ADDRESS", "SERVER", "host", "addr"):
        if name.endswith(word):
            other = name[: -len(word)] + ("PORT" if word.isupper() else "port")
            return int(ports[other]) if other in ports else None
    return None


def _of_files(graph: Graph, workload: ObjectRef, spec: PodSpec) -> Iterator[Use]:
    mounted = (name for v in spec.volumes or () for kind, name in sources_of(v) if kind == "ConfigMap")
    for name in mounted:
        yield from uses_in(graph, ObjectRef("ConfigMap", workload.namespace, name))


def uses_in(graph: Graph, config: ObjectRef) -> Iterator[Use]:
    """Yield the addresses that a ConfigMap's own values mention."""
    for key, value in data_of(graph.get(config)).items():
        yield from (Use(address, key, config) for address in addresses_of(value))


def service_at(graph: Graph, host: str, namespace: str | None) -> ObjectRef | None:
    """Return the Service that a host names as pods of `namespace` see it, whether or not it is there; None: no Service.

    `web`, `web.shop`, `web.shop.svc`, `web-0.web` of a headless Service, and `web.shop.svc.<cluster domain>`; a name of
    two parts only if the second one is known as a namespace or a headless Service.
    https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
    """
    parts = host.rstrip(".").split(".")
    if len(parts) == 1:
        return None if parts[0] == "localhost" else ObjectRef("Service", namespace, parts[0])
    if len(parts) > 2 and parts[-1].isalpha() and "svc" in parts:
        at = parts.index("svc")
        return ObjectRef("Service", parts[at - 1], parts[at - 2]) if at >= 2 else None
    if len(parts) == 2 and graph.get(ObjectRef("Namespace", None, parts[1])) is not None:
        return ObjectRef("Service", parts[1], parts[0])
    member_of = ObjectRef("Service", namespace if len(parts) == 2 else parts[2], parts[1])
    return member_of if len(parts) <= 3 and _is_headless(graph.get(member_of)) else None


def _is_headless(service: KubeObject | None) -> bool:
    return isinstance(service, Service) and service.spec.cluster_ip == "None"


def serving_workloads(graph: Graph, namespace: str | None) -> list[ObjectRef]:
    """Return the workloads of a namespace whose pods a Service usually selects, by kind, in order of first sight."""
    return [w for kind in SERVING_KINDS for w in graph.members(kind, namespace)]


def talks_to(graph: Graph, workload: ObjectRef) -> list[ObjectRef]:
    """Return the Services that a workload's configuration names and that are there."""
    return graph.remember("talks-to", workload, lambda: _named_services(graph, workload))


def _named_services(graph: Graph, workload: ObjectRef) -> list[ObjectRef]:
    named = (service_at(graph, use.address.host, workload.namespace) for use in uses_of(graph, workload))
    return list(dict.fromkeys(ref for ref in named if ref is not None and graph.get(ref) is not None))


def home(namespace: str | None) -> ObjectRef:
    """Return the Namespace of this name: what is remembered of a namespace is remembered at it."""
    return ObjectRef("Namespace", None, namespace or "")


def namespace_labels(graph: Graph, namespace: str | None) -> dict[str, str]:
    """Return the labels that selectors of namespaces see; the API server gives each its own name."""
    there = graph.get(home(namespace))
    return {NAME_LABEL: namespace or "", **((there.metadata.labels or {}) if there is not None else {})}


def hosts_in(obj: KubeObject) -> set[str]:
    """Return the first labels of the hosts that an object's own text mentions: what a new Service may answer to."""
    if isinstance(obj, ConfigMap):
        values = [v for v in data_of(obj).values() if (" " in v or v[:1] != DIGEST_MARK) and not v.isdigit()]
    elif isinstance(obj, Workload) and obj.spec.template is not None:
        values = [v for v in values_of(all_containers(obj.spec.template.spec)) if not v.isdigit()]
    else:
        return set()
    return {a.host.partition(".")[0] for value in values for a in addresses_of(value)}
