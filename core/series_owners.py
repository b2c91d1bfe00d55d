"""Whom a series is about, and who asks whom, as labels of many exporters say it: a Pod, a Node, a workload's name."""

from typing import Final

from causeline.core.golden import Golden
from causeline.core.refs import ObjectRef

NAMESPACES: Final = (
    "namespace", "exported_namespace", "kubernetes_namespace", "k8s_namespace", "k8s_namespace_name",
    "pod_namespace", "ns",
)  # fmt: skip
PODS: Final = (
    "pod",
    "exported_pod",
    "pod_name",
    "kubernetes_pod_name",
    "k8s_pod",
    "k8s_pod_name",
    "podname",
    "PodName",
)
WORKLOADS: Final = (
    "deployment", "statefulset", "daemonset", "workload", "workload_name", "k8s_deployment_name",
    "k8s_statefulset_name",
    "k8s_daemonset_name", "kubernetes_deployment", "exported_service", "service_name", "service", "svc", "microservice",
    "app", "app_kubernetes_io_name", "k8s_app", "application", "component", "exported_job",
    "container_label_app", "container",
    "kubernetes_name", "name",
)  # fmt: skip
NODE_NAMES: Final = (
    "node", "node_name", "nodename", "kubernetes_node", "k8s_node", "k8s_node_name", "kubernetes_io_hostname",
)  # fmt: skip
HOSTS: Final = (*NODE_NAMES, "host", "hostname")
NODES: Final = (*HOSTS, "instance")
"""Labels that name a node, the surest first: a host may be another machine, an instance the exporter itself."""
CALLEES: Final = (
    ("destination_workload", "destination_workload_namespace"),
    ("destination_service_name", "destination_service_namespace"),
    ("destination_service", ""),
    ("destination", ""),
    ("target_service", ""),
    ("callee", ""),
    ("server", ""),
    ("dst_workload", "dst_namespace"),
    ("dst_pod", "dst_namespace"),
    ("envoy_cluster_name", ""),
    ("upstream_cluster", ""),
    ("peer_service", ""),
    ("server_address", ""),
    ("net_peer_name", ""),
)
"""Labels that name whom a request goes to, with that of its namespace: Istio, Envoy, service graphs, OpenTelemetry."""
CALLERS: Final = (
    ("source_workload", "source_workload_namespace"),
    ("source_service", ""),
    ("source", ""),
    ("client", ""),
    ("caller", ""),
    ("src_workload", "src_namespace"),
)
NODE_CALLEES: Final = ("target_node_name", "destination_node", "host_ip")
NODE_CALLERS: Final = ("source_node_name", "source_node", "goldpinger_instance")
"""Labels of agents that ask each other from node to node: Cilium, Goldpinger and their like."""
NODE_PINGER: Final = "ping_"
"""ping_exporter runs on each node, and its label `target` names another."""
PEER: Final = "Peer"
"""Kind of an owner that may be a node, a Pod, a workload or nobody of this cluster, by its whole name."""
PROBER: Final = "smokeping_"
"""smokeping_prober stands anywhere; its label `host` names a node, a Pod or a Service."""
CONTAINER_ID: Final = "/k8s/"
"""Coroot's node agent names containers /k8s/namespace/pod/container."""
NOBODY: Final = frozenset({"", "unknown", "-", "PassthroughCluster", "BlackHoleCluster", "POD", "localhost"})
ASKED: Final = frozenset({"latency", "errors", "error-rate", "ping"})
"""Signals of requests, which have two ends."""


def nodes_of(name: str, labels: dict[str, str], target: str) -> tuple[ObjectRef, ObjectRef] | None:
    """Return which node was asked and which asked it, None for what is not measured between two nodes."""
    asked = next((labels[key] for key in NODE_CALLEES if labels.get(key)), "")
    asking = next((labels[key] for key in NODE_CALLERS if labels.get(key)), "")
    if not asked and name.startswith(NODE_PINGER):
        asked, asking = labels.get("target", ""), asking or _node(labels, target, NODE_NAMES).name
    return (ObjectRef("Node", None, asked), ObjectRef("Node", None, asking)) if asked and asking else None


def named(labels: dict[str, str], keys: tuple[tuple[str, str], ...]) -> ObjectRef | None:
    """Return the workload that the first of the labels names: `CALLERS` or `CALLEES`."""
    for key, place in keys:
        value = labels.get(key, "")
        if value not in NOBODY:
            host, namespace = _host(value)
            return ObjectRef("Workload", labels.get(place) or namespace, host)
    return None


def owner_of(
    name: str, labels: dict[str, str], golden: Golden, callee: ObjectRef | None, target: str
) -> ObjectRef | None:
    """Return whom a series is about, None for nobody; `target`: whom the scrape asked."""
    if callee is not None and golden.signal in ASKED:
        return callee
    if name.startswith(PROBER) and labels.get("host"):
        return ObjectRef(PEER, None, labels["host"])
    namespace = next((labels[k] for k in NAMESPACES if labels.get(k)), None)
    if name.startswith("node_") or (golden.signal == "conntrack" and not any(labels.get(k) for k in PODS)):
        return _node(labels, target)
    if "span" in name or name.startswith(("calls", "duration_")):  # made by a collector: its pod is not the one
        owner = _workload(labels, namespace)
        if owner is not None:
            return owner
    if labels.get("container_id", "").startswith(CONTAINER_ID):
        return _of_container_id(labels["container_id"])
    pod = next((labels[k] for k in PODS if labels.get(k)), "")
    if pod:
        return None if "node" in name.lower() else ObjectRef("Pod", namespace, pod)
    if name.startswith("container_") and "id" in labels:
        return None  # a slice of the host
    return _workload(labels, namespace) or _node_of_name(name, labels, target) or _of_target(golden, target)


def _of_container_id(value: str) -> ObjectRef | None:
    namespace, _, rest = value.removeprefix(CONTAINER_ID).partition("/")
    pod = rest.partition("/")[0]
    return ObjectRef("Pod", namespace, pod) if pod else None


def _host(value: str) -> tuple[str, str | None]:
    """Read `web`, `web.shop.svc.cluster.local:80` and Envoy's `outbound|80||web.shop.svc…`: name and namespace."""
    host = value.rpartition("|")[2].rpartition("://")[2].partition("/")[0].partition(":")[0]
    parts = host.split(".")
    return (parts[0], parts[1]) if len(parts) > 1 and not parts[0].isdigit() else (host, None)


def _workload(labels: dict[str, str], namespace: str | None) -> ObjectRef | None:
    value = next((labels[k] for k in WORKLOADS if labels.get(k, "") not in NOBODY), "")
    return (
        ObjectRef("Workload", labels.get("service_namespace") or namespace, value.rpartition("/")[2]) if value else None
    )


def _node(labels: dict[str, str], target: str, keys: tuple[str, ...] = NODES) -> ObjectRef:
    value = next((labels[k] for k in keys if labels.get(k)), target)
    return ObjectRef("Node", None, value.partition(":")[0] if value.count(":") == 1 else value)


def _node_of_name(name: str, labels: dict[str, str], target: str) -> ObjectRef | None:
    is_about_node = "node" in name.lower() or any(labels.get(k) for k in HOSTS)
    return _node(labels, target) if is_about_node else None


def _of_target(golden: Golden, target: str) -> ObjectRef | None:
    """A target without labels may be named like its workload."""
    return (
        ObjectRef("Workload", None, target)
        if golden.signal in ("latency", "errors", "error-rate", "gc", "memory")
        else None
    )
