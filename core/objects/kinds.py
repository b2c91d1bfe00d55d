"""Which kinds are followed, and as what they are kept."""

from typing import Final

from causeline.core.objects.base import KubeObject, Other
from causeline.core.objects.cluster import Lease, Namespace, Node, ResourceQuota, WebhookConfiguration
from causeline.core.objects.configuration import ConfigMap, Secret, ServiceAccount
from causeline.core.objects.network import Endpoints, EndpointSlice, NetworkPolicy, Service
from causeline.core.objects.pods import Pod
from causeline.core.objects.routes import Certificate, Ingress, OpenShiftRoute, Route, VirtualService
from causeline.core.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from causeline.core.objects.workloads import CronJob, HorizontalPodAutoscaler, Job, Workload

STREAMS: Final[dict[str, tuple[str, type[KubeObject]]]] = {
    "pods": ("Pod", Pod),
    "nodes": ("Node", Node),
    "deployments": ("Deployment", Workload),
    "replicasets": ("ReplicaSet", Workload),
    "statefulsets": ("StatefulSet", Workload),
    "daemonsets": ("DaemonSet", Workload),
    "rollouts": ("Rollout", Workload),  # of Argo Rollouts
    "jobs": ("Job", Job),
    "cronjobs": ("CronJob", CronJob),
    "services": ("Service", Service),
    "endpointslices": ("EndpointSlice", EndpointSlice),
    "configmaps": ("ConfigMap", ConfigMap),
    "resourcequotas": ("ResourceQuota", ResourceQuota),
    "persistentvolumeclaims": ("PersistentVolumeClaim", PersistentVolumeClaim),
    "persistentvolumes": ("PersistentVolume", PersistentVolume),
    "namespaces": ("Namespace", Namespace),
    "horizontalpodautoscalers": ("HorizontalPodAutoscaler", HorizontalPodAutoscaler),
    "leases": ("Lease", Lease),
    "validatingwebhookconfigurations": ("ValidatingWebhookConfiguration", WebhookConfiguration),
    "mutatingwebhookconfigurations": ("MutatingWebhookConfiguration", WebhookConfiguration),
    "endpoints": ("Endpoints", Endpoints),
    "poddisruptionbudgets": ("PodDisruptionBudget", Other),
    "networkpolicies": ("NetworkPolicy", NetworkPolicy),
    "storageclasses": ("StorageClass", StorageClass),
    "serviceaccounts": ("ServiceAccount", ServiceAccount),
    "limitranges": ("LimitRange", Other),
    "priorityclasses": ("PriorityClass", Other),
    "ingresses": ("Ingress", Ingress),
    "httproutes": ("HTTPRoute", Route),
    "grpcroutes": ("GRPCRoute", Route),
    "virtualservices": ("VirtualService", VirtualService),
    "routes": ("Route", OpenShiftRoute),
    "certificates": ("Certificate", Certificate),
    "secrets": ("Secret", Secret),
}
"""Plural resource (the stream's name) -> kind and what is kept of it."""
STREAM_OF: Final = {kind: stream for stream, (kind, _) in STREAMS.items()}
"""Kind -> the stream that brings it."""
