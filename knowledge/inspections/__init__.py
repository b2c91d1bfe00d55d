"""What several objects show together: signs that no single object and no event has.

A Service whose selector fits no pod, an address that no Service has, a claim whose class is not there: Kubernetes
writes nothing about most of these. An inspection is a pure function of the graph and one object, its subject. It runs
at most once a second for each object that was touched (streams/inspect.py), so it may look around, not everywhere.
"""

from collections.abc import Callable, Iterable
from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.inspections.addresses import address_signs
from causeline.knowledge.inspections.certificates import certificate_signs
from causeline.knowledge.inspections.claims import claim_signs
from causeline.knowledge.inspections.containers import container_signs
from causeline.knowledge.inspections.drift import drift_signs, odd_node_signs
from causeline.knowledge.inspections.names import name_signs
from causeline.knowledge.inspections.policies import policy_signs
from causeline.knowledge.inspections.routes import route_signs
from causeline.knowledge.inspections.services import service_signs
from causeline.knowledge.sign import Sign

Inspection = Callable[[Graph, ObjectRef], Iterable[Sign]]

INSPECTIONS: Final[dict[str, tuple[Inspection, ...]]] = {
    "Service": (service_signs, drift_signs),
    "Deployment": (address_signs, container_signs, name_signs, drift_signs),
    "StatefulSet": (address_signs, container_signs, name_signs, drift_signs),
    "DaemonSet": (address_signs, container_signs, name_signs, drift_signs),
    "Rollout": (address_signs, container_signs, name_signs, drift_signs),
    "ConfigMap": (drift_signs,),
    "NetworkPolicy": (policy_signs, drift_signs),
    "Ingress": (route_signs, drift_signs),
    "HTTPRoute": (route_signs,),
    "GRPCRoute": (route_signs,),
    "VirtualService": (route_signs,),
    "Route": (route_signs,),
    "Certificate": (certificate_signs,),
    "PersistentVolumeClaim": (claim_signs,),
    "Node": (odd_node_signs,),
}
"""Kind of the subject -> what looks at it. A sign without a time holds since the subject is as it is."""
