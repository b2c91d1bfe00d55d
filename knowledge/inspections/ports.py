"""Ports and protocols of a Service against those of the containers behind it."""

from typing import Final

from causeline.core.objects import Port, Service
from causeline.core.pod_spec import serving_containers, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.sign import Sign

TOGETHER_SECONDS: Final = 60.0
"""Objects that were made within this time are one installation."""


def port_signs(graph: Graph, ref: ObjectRef, service: Service, behind: list[ObjectRef]) -> list[Sign]:
    """Return the first port of a Service that no container behind it has, or that speaks another protocol there."""
    specs = [spec for w in behind if (spec := template_of(graph.get(w))) is not None]
    declared = [p for spec in specs for c in serving_containers(spec) for p in c.ports or ()]
    if not declared:
        return []
    for port in service.spec.ports or ():
        target = port.target_port if port.target_port is not None else port.port
        fitting = [p for p in declared if target in (p.container_port, p.name)]
        if not fitting:
            sure = _is_wrong(graph, ref, port, behind, declared)
            attrs = {"port": str(target), "has": _listed(declared), "sure": str(sure).lower()}
            return [Sign("service.port-unknown", attrs)]
        if fitting and all(p.protocol != port.protocol for p in fitting) and not _speaks_both(service, port):
            attrs = {"port": str(port.port), "protocol": port.protocol, "has": fitting[0].protocol}
            return [Sign("service.protocol-wrong", attrs)]
    return []


def _speaks_both(service: Service, port: Port) -> bool:
    """One number in two protocols, as DNS has it, is meant; what containers declare is for people."""
    return any(p.port == port.port and p.protocol != port.protocol for p in service.spec.ports or ())


def _listed(ports: list[Port]) -> str:
    return ", ".join(dict.fromkeys(str(p.container_port) for p in ports))


def _is_wrong(graph: Graph, ref: ObjectRef, port: Port, behind: list[ObjectRef], declared: list[Port]) -> bool:
    """A name must be declared. A number need not be: something else must speak against it.

    The ports were changed or the Service made lately, or its own port is one that the containers declare.
    """
    if isinstance(port.target_port, str):
        return True
    lately = any(c.what in ("ports", "edited") for c in graph.changes_of(ref)) or _is_new(graph, ref, behind)
    lately = lately or any(c.what == "ports" for w in behind for c in graph.changes_of(w))
    return lately or any(p.container_port == port.port for p in declared)


def _is_new(graph: Graph, ref: ObjectRef, behind: list[ObjectRef]) -> bool:
    """The Service was made lately, and not together with what it serves."""
    made = [c.at for c in graph.changes_of(ref) if c.what == "created"]
    times = (o.metadata.creation_timestamp for w in behind if (o := graph.get(w)) is not None)
    return bool(made) and all(t is not None and made[0] - t.timestamp() > TOGETHER_SECONDS for t in times)
