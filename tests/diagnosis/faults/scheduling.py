"""Pods that fit nowhere or are kept off."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.registry import FAULTS, Fault, Truth, box, more
from tests.diagnosis.shop import Shop, short


def _pending(
    message: str,
    cause: str,
    detail: str,
    how: Callable[[dict[str, Any]], None] | None = None,
    prepare: Callable[[Shop], None] | None = None,
) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, n = shop.names[v], len(shop.nodes)
        if how is not None:
            shop.change(name, 600.0, how)
        if prepare is not None:
            prepare(shop)
        head = f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, "
        tail = [
            ". preemption: 0/%d nodes are available: %d Preemption is not helpful for scheduling." % (n + 1, n + 1),
            "",
            ". no new claims to deallocate, preemption: 0/9 nodes are available.",
        ][v]
        shop.unscheduled(name, head + message.format(n=n) + (tail or "."))
        return Truth("Deployment", name, cause, detail)

    return make


def _cordon(shop: Shop) -> None:
    for node in shop.nodes:
        shop.get("Node", node, None)["spec"] = {
            "unschedulable": True,
            "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
        }


def _taint(shop: Shop) -> None:
    for node in shop.nodes:
        shop.get("Node", node, None)["spec"] = {
            "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]
        }


def _affinity(kind: str, body: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda spec: spec.update(affinity={kind: {"requiredDuringSchedulingIgnoredDuringExecution": [body]}})


FAULTS["no_cpu"] = _pending(
    "{n} Insufficient cpu", "insufficient-capacity", "cpu", lambda s: box(s)["resources"]["requests"].update(cpu="64")
)


FAULTS["no_memory"] = _pending(
    "{n} Insufficient memory",
    "insufficient-capacity",
    "memory",
    lambda s: box(s)["resources"]["requests"].update(memory="640Gi"),
)


FAULTS["no_pods"] = _pending("{n} Too many pods", "insufficient-capacity", "pods")


FAULTS["no_disk"] = _pending("{n} Insufficient ephemeral-storage", "insufficient-capacity", "ephemeral-storage")


FAULTS["no_gpu"] = _pending("{n} Insufficient nvidia.com/gpu", "insufficient-capacity", "nvidia.com/gpu")


FAULTS["node_selector"] = _pending(
    "{n} node(s) didn't match Pod's node affinity/selector",
    "scheduling-constraints",
    "node-selector",
    lambda s: s.update(nodeSelector={"disk": "nvme"}),
)


FAULTS["node_affinity"] = _pending(
    "{n} node(s) didn't match Pod's node affinity/selector", "scheduling-constraints", "node-affinity",
    lambda s: s.update(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["z9"]}]}]}}}),
)  # fmt: skip


FAULTS["pod_affinity"] = _pending(
    "{n} node(s) didn't match pod affinity rules",
    "scheduling-constraints",
    "pod-affinity",
    _affinity("podAffinity", {"topologyKey": "kubernetes.io/hostname"}),
)


FAULTS["pod_anti_affinity"] = _pending(
    "{n} node(s) didn't match pod anti-affinity rules",
    "scheduling-constraints",
    "pod-anti-affinity",
    _affinity("podAntiAffinity", {"topologyKey": "kubernetes.io/hostname"}),
)


FAULTS["taint"] = _pending(
    "{n} node(s) had untolerated taint {{dedicated: gpu}}", "scheduling-constraints", "taint", prepare=_taint
)


FAULTS["cordon"] = _pending("{n} node(s) were unschedulable", "scheduling-constraints", "cordon", prepare=_cordon)


FAULTS["spread"] = _pending(
    "{n} node(s) didn't match pod topology spread constraints (missing required label)",
    "scheduling-constraints",
    "topology-spread",
)


FAULTS["host_port"] = _pending(
    "{n} node(s) didn't have free ports for the requested pod ports", "scheduling-constraints", "host-port"
)


FAULTS["volume_zone"] = _pending(
    "{n} node(s) had volume node affinity conflict", "scheduling-constraints", "volume-zone"
)


@more
def a_statefulset_that_fits_nowhere(shop: Shop) -> Truth:
    shop.unscheduled(
        shop.db,
        f"0/{len(shop.nodes) + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) were unschedulable, {len(shop.nodes) - 1} Insufficient memory. preemption: not eligible due to preemptionPolicy=Never.",
    )
    return Truth("StatefulSet", shop.db, "insufficient-capacity", "memory")


@more
def a_daemonset_whose_host_port_is_taken(shop: Shop) -> Truth:
    spec = {
        "containers": [
            {
                "name": "agent",
                "image": "registry.example.io/agent:v2",
                "ports": [{"containerPort": 9100, "hostPort": 9100}],
            }
        ]
    }
    n = len(shop.nodes)
    shop.put("DaemonSet", shop.ns, "agent", age=1200, spec={"template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "numberReady": 0, "numberUnavailable": n, "observedGeneration": 1})  # fmt: skip
    text = f"0/{n + 1} nodes are available: 1 node(s) didn't have free ports for the requested pod ports, {n} node(s) didn't match Pod's node affinity/selector. preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling."
    for node in shop.nodes:
        pod = shop.pod(
            f"agent-{short(node, 5)}",
            shop.ns,
            "agent",
            owner=("DaemonSet", "agent"),
            spec={"containers": list(spec["containers"])},
            age=1200,
        )
        del pod["spec"]["nodeName"]
        pod["status"] = {
            "phase": "Pending",
            "conditions": [shop.cond("PodScheduled", "False", 1190, "Unschedulable", text)],
        }
        shop.event(
            "Pod",
            pod["metadata"]["name"],
            "FailedScheduling",
            text,
            count=1,
            ago=200,
            since=1190,
            component="default-scheduler",
        )
    return Truth("DaemonSet", "agent", "scheduling-constraints", "host-port")


@more
def a_node_that_is_cordoned_and_full_elsewhere(shop: Shop) -> Truth:
    node = shop.objects["Node", None, shop.nodes[0]]
    node["spec"]["unschedulable"] = True
    node["spec"]["taints"] = [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]
    n = len(shop.nodes) + 1
    shop.unscheduled(
        shop.names[0],
        f"0/{n} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) were unschedulable, {n - 2} Insufficient memory. preemption: 0/{n} nodes are available.",
        800,
    )
    return Truth("Deployment", shop.names[0], "insufficient-capacity", "memory")
