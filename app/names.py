"""How people name objects: `deploy/shop/web`, `Deployment/shop/web`, `no/n1`; short names are those of kubectl."""

from typing import Final

from causeline.core.objects.kinds import STREAMS
from causeline.core.refs import ObjectRef

SHORT: Final = {
    "cm": "ConfigMap", "cj": "CronJob", "deploy": "Deployment", "ds": "DaemonSet", "ep": "Endpoints",
    "ev": "Event", "hpa": "HorizontalPodAutoscaler", "ing": "Ingress", "netpol": "NetworkPolicy", "no": "Node",
    "ns": "Namespace", "pdb": "PodDisruptionBudget", "po": "Pod", "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim", "quota": "ResourceQuota", "rs": "ReplicaSet", "sa": "ServiceAccount",
    "sc": "StorageClass", "sts": "StatefulSet", "svc": "Service",
}  # fmt: skip
"""`kubectl api-resources` of 1.34."""
KINDS: Final = (
    *dict.fromkeys(kind for kind, _ in STREAMS.values()), "Event", "Component", "ControlPlane", "External", "Gateway",
    "VirtualService",
)  # fmt: skip
"""What is followed, and what incidents may blame beside it."""
_BY_NAME: Final = {**{k.lower(): k for k in KINDS}, **SHORT}


def named_object(text: str) -> ObjectRef | None:
    """Read KIND/NAMESPACE/NAME, or KIND/NAME for what has no namespace; None when it is neither.

    A kind may be written in any case, short or plural; one that is not known stays as it is.
    """
    match text.split("/"):
        case [kind, name] if kind and name:
            return ObjectRef(_kind(kind), None, name)
        case [kind, namespace, name] if kind and namespace and name:
            return ObjectRef(_kind(kind), namespace, name)
    return None


def is_kind(kind: str) -> bool:
    """Tell whether a kind is one that people may mean."""
    return kind in _BY_NAME.values()


def _kind(text: str) -> str:
    small = text.lower()
    singulars = (small, small.removesuffix("s"), small.removesuffix("es"), small.removesuffix("ies") + "y")
    return next((_BY_NAME[s] for s in singulars if s in _BY_NAME), text)
