"""Which streams of the Kubernetes API are watched, and where each is found."""

from dataclasses import dataclass
from typing import Final

from causeline.core.observations import EVENT_STREAMS


@dataclass(frozen=True)
class Resource:
    """One stream: its name in observations and the path of its collection on the API server."""

    stream: str
    path: str

    @property
    def has_bookmarks(self) -> bool:
        """Does a quiet watch of it give a BOOKMARK each minute? Events never do: they are not in the watch cache."""
        return self.stream not in EVENT_STREAMS


def _group(prefix: str, plurals: str) -> tuple[Resource, ...]:
    return tuple(Resource(plural, f"{prefix}/{plural}") for plural in plurals.split())


DEFAULT_STREAMS: Final = (
    Resource("events.v1", "/api/v1/events"),
    *_group(
        "/api/v1",
        "pods nodes services configmaps resourcequotas persistentvolumeclaims persistentvolumes namespaces "
        "serviceaccounts",
    ),
    *_group("/apis/apps/v1", "deployments replicasets statefulsets daemonsets"),
    *_group("/apis/batch/v1", "jobs cronjobs"),
    *_group("/apis/discovery.k8s.io/v1", "endpointslices"),
    *_group("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    *_group("/apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations mutatingwebhookconfigurations"),
    *_group("/apis/policy/v1", "poddisruptionbudgets"),
    *_group("/apis/networking.k8s.io/v1", "networkpolicies ingresses"),
    *_group("/apis/storage.k8s.io/v1", "storageclasses"),
    Resource("leases", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"),
)
"""One of the two event APIs (they carry the same events one to one) and what topology and rules need.

Leases of kube-system only: each node's own lease is written every 10 s. No Secrets: the role that we need can't read
them.
"""
