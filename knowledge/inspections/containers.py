"""What the containers of one pod do to each other: two that want one port."""

from causeline.core.pod_spec import serving_containers, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.sign import Sign


def container_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return the first port that two containers of a workload's pods declare."""
    spec = template_of(graph.get(ref))
    taken: dict[tuple[int | None, str], str] = {}
    for container in serving_containers(spec):
        for port in container.ports or ():
            owner = taken.setdefault((port.container_port, port.protocol), container.name)
            if owner != container.name:
                text = f"{owner} and {container.name} both want port {port.container_port}"
                return [
                    Sign(
                        "workload.ports-collide",
                        {"port": str(port.container_port), "containers": f"{owner}|{container.name}", "shows": text},
                    )
                ]
    return []
