"""Pods that no node takes, in more shapes: DaemonSets, autoscalers beside the scheduler, kubelets that refuse."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, short

Spec = dict[str, Any]
Edit = Callable[[Spec], None]

CONTROL = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }"


def _head(shop: Shop) -> str:
    return f"0/{len(shop.nodes) + 1} nodes are available: "


def _tail(shop: Shop) -> str:
    n = len(shop.nodes) + 1
    return f". preemption: 0/{n} nodes are available: {n} Preemption is not helpful for scheduling."


def _one_more(shop: Shop, name: str, message: str, how: Edit | None = None, ago: float = 900.0, quiet: bool = False) -> str:  # fmt: skip
    """The workload was scaled up by one: the new pod waits, the others run; its Event may be gone by now."""
    if how is not None:
        for spec in shop.every_spec(name):
            how(spec)
    owned = shop.get("Pod", shop.pods_of(name)[0])["metadata"]["ownerReferences"][0]
    pod = f"{owned['name']}-{short(message, 5)}"
    spec = {**shop.every_spec(name)[0]}
    o = shop.pod(pod, shop.ns, name, owner=(owned["kind"], owned["name"]), spec=spec, age=ago)
    o["spec"].pop("nodeName")
    o["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", ago, "Unschedulable", message)]}  # fmt: skip
    kind = "StatefulSet" if owned["kind"] == "StatefulSet" else "Deployment"
    for who in (shop.get(kind, name), shop.get(owned["kind"], owned["name"])):
        who["spec"]["replicas"] = len(shop.pods_of(name))
    shop.refresh(name, ago)
    if not quiet:
        shop.event("Pod", pod, "FailedScheduling", message, count=5, ago=160, since=ago, component="default-scheduler")
    return pod


def _pending_job(shop: Shop, name: str, message: str, spec: Spec, ago: float = 1000.0) -> str:
    template = {"spec": {**spec, "restartPolicy": "Never"}}
    shop.put("Job", shop.ns, name, age=ago, spec={"backoffLimit": 3, "template": template}, status={"active": 1, "ready": 0})  # fmt: skip
    pod = f"{name}-{short(name, 5)}"
    o = shop.pod(pod, shop.ns, name, owner=("Job", name), spec=dict(template["spec"]), age=ago)
    o["spec"].pop("nodeName")
    o["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", ago, "Unschedulable", message)]}  # fmt: skip
    shop.event("Pod", pod, "FailedScheduling", message, count=4, ago=130, since=ago, component="default-scheduler")
    return pod


def _job_spec(**requests: str) -> Spec:
    return {"containers": [{"name": "run", "image": "registry.example.io/x/run:v3", "resources": {"requests": requests, "limits": requests}}]}  # fmt: skip


def _pool(shop: Shop, node: str, taints: list[dict[str, str]] | None = None, **allocatable: str) -> None:
    o = shop.get("Node", node, None)
    o["metadata"]["labels"]["pool"] = "gpu"
    o["status"]["allocatable"] |= allocatable
    if taints:
        o["spec"] = {"taints": taints}


# --- too little of something ---


@more
def a_replica_for_which_the_node_group_may_not_grow(shop: Shop) -> Truth:
    """The scheduler's Event is gone; the autoscaler goes on saying why it does not help."""
    name, n = shop.names[1], len(shop.nodes)
    pod = _one_more(shop, name, f"{_head(shop)}{CONTROL}, {n} Insufficient cpu{_tail(shop)}", lambda s: box(s)["resources"]["requests"].update(cpu="1500m"), 4200, quiet=True)  # fmt: skip
    shop.event("Pod", pod, "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", type="Normal", count=390, ago=8, since=4190, component="cluster-autoscaler")  # fmt: skip
    return Truth("Deployment", name, "insufficient-capacity", "cpu")


@more
def a_job_for_which_karpenter_knows_no_machine(shop: Shop) -> Truth:
    n = len(shop.nodes)
    pod = _pending_job(shop, "train-index", f"{_head(shop)}{CONTROL}, {n} Insufficient memory. no new claims to deallocate, preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.", _job_spec(cpu="2", memory="1500Gi"))  # fmt: skip
    shop.event("Pod", pod, "FailedScheduling", 'Failed to schedule pod, incompatible with nodepool "general", daemonset overhead={"cpu":"350m","memory":"430Mi","pods":"7"}, no instance type satisfied resources {"cpu":"2350m","memory":"1536430Mi","pods":"8"} and requirements karpenter.sh/capacity-type In [on-demand], karpenter.sh/nodepool In [general], kubernetes.io/arch In [amd64] (no instance type has enough resources)', count=9, ago=40, since=990, component="karpenter")  # fmt: skip
    return Truth("Job", "train-index", "insufficient-capacity", "memory")


@more
def a_daemonset_for_which_one_node_has_no_place(shop: Shop) -> Truth:
    """A daemon's pod may go to one node only: all others do not match."""
    n, name = len(shop.nodes), "csi-node"
    shop.get("Node", shop.nodes[0], None)["status"]["allocatable"]["pods"] = "17"
    shop.put("DaemonSet", shop.ns, name, age=1500, spec={"selector": {"matchLabels": {"app": name}}, "template": shop.template(name, 0, [])},
             status={"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n - 1, "numberAvailable": n - 1, "numberUnavailable": 1, "observedGeneration": 1})  # fmt: skip
    for node in shop.nodes:
        shop.pod(f"{name}-{short(node, 5)}", shop.ns, name, owner=("DaemonSet", name), node=node, spec=shop.template(name, 0, [])["spec"], age=1500)  # fmt: skip
    pod = f"{name}-{short(shop.nodes[0], 5)}"
    message = f"{_head(shop)}1 Too many pods, {n} node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/{n + 1} nodes are available: 1 No preemption victims found for incoming pod, {n} Preemption is not helpful for scheduling."
    o = shop.get("Pod", pod)
    o["spec"].pop("nodeName")
    fields = [{"key": "metadata.name", "operator": "In", "values": [shop.nodes[0]]}]
    o["spec"]["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": fields}]}}}  # fmt: skip
    o["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", 1495, "Unschedulable", message)]}  # fmt: skip
    shop.event("Pod", pod, "FailedScheduling", message, count=6, ago=200, since=1495, component="default-scheduler")
    return Truth("DaemonSet", name, "insufficient-capacity", "pods")


def _rejected(shop: Shop, name: str, reason: str, message: str) -> None:
    """The pods name their node, so no scheduler looks at them: the kubelet refuses each, and another is made."""
    node = shop.nodes[0]
    shop.change(name, 130, lambda s: s.update(nodeName=node))
    first = shop.pods_of(name)[0]
    rs = shop.get("Pod", first)["metadata"]["ownerReferences"][0]["name"]
    for pod in shop.pods_of(name):
        shop.drop("Pod", pod)
    for number in range(40):
        pod, ago = f"{rs}-{short(rs + reason + str(number), 5)}", 125.0 - 3 * number
        o = shop.pod(pod, shop.ns, name, owner=("ReplicaSet", rs), node=node, spec=dict(shop.every_spec(name)[0]), age=ago)  # fmt: skip
        o["status"] = {"phase": "Failed", "reason": reason, "message": message, "startTime": o["metadata"]["creationTimestamp"]}  # fmt: skip
        shop.event("Pod", pod, reason, "Node" + message.partition("Node")[2], ago=ago, since=ago)
    shop.refresh(name, 125)


@more
def pods_that_a_kubelet_without_processors_refuses(shop: Shop) -> Truth:
    _rejected(shop, shop.names[0], "OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 2950, capacity: 4000")  # fmt: skip
    return Truth("Deployment", shop.names[0], "insufficient-capacity", "cpu")


@more
def pods_that_a_full_kubelet_refuses(shop: Shop) -> Truth:
    _rejected(shop, shop.names[2], "OutOfpods", "Pod Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110")  # fmt: skip
    return Truth("Deployment", shop.names[2], "insufficient-capacity", "pods")


@more
def a_database_whose_new_member_wants_scratch_space(shop: Shop) -> Truth:
    n = len(shop.nodes)
    _one_more(shop, shop.db, f"{_head(shop)}{CONTROL}, 1 node(s) were unschedulable, {n - 1} Insufficient ephemeral-storage{_tail(shop)}", lambda s: box(s)["resources"]["requests"].update({"ephemeral-storage": "80Gi"}))  # fmt: skip
    o = shop.get("Node", shop.nodes[0], None)
    o["spec"] = {"unschedulable": True, "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}
    return Truth("StatefulSet", shop.db, "insufficient-capacity", "ephemeral-storage")


@more
def a_gpu_that_others_hold_in_the_only_pool(shop: Shop) -> Truth:
    """The selector is met by the pool, whose cards are taken: the other nodes are no part of it."""
    n = len(shop.nodes)
    _pool(shop, shop.nodes[0], **{"nvidia.com/gpu": "1"})
    spec = _job_spec(**{"nvidia.com/gpu": "1"}) | {"nodeSelector": {"pool": "gpu"}}
    _pending_job(shop, "finetune", f"{_head(shop)}1 Insufficient nvidia.com/gpu, {n} node(s) didn't match Pod's node affinity/selector. preemption: 0/{n + 1} nodes are available: 1 No preemption victims found for incoming pod, {n} Preemption is not helpful for scheduling.", spec)  # fmt: skip
    return Truth("Job", "finetune", "insufficient-capacity", "nvidia.com/gpu")


# --- kept off ---


@more
def a_selector_that_neither_the_cluster_nor_karpenter_meets(shop: Shop) -> Truth:
    name, n = shop.names[0], len(shop.nodes)
    pod = _one_more(shop, name, f"{_head(shop)}{n + 1} node(s) didn't match Pod's node affinity/selector{_tail(shop)}", lambda s: s.update(nodeSelector={"kubernetes.io/arch": "arm64"}))  # fmt: skip
    shop.event("Pod", pod, "FailedScheduling", 'Failed to schedule pod, incompatible with nodepool "general", daemonset overhead={"cpu":"150m","pods":"2"}, incompatible requirements, key kubernetes.io/arch, kubernetes.io/arch In [arm64] not in kubernetes.io/arch In [amd64]', count=8, ago=40, since=890, component="karpenter")  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "node-selector")


@more
def a_new_member_that_must_be_on_a_machine_that_was_replaced(shop: Shop) -> Truth:
    n = len(shop.nodes)
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["worker-old-7"]}]}]
    need = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    _one_more(shop, shop.db, f"{_head(shop)}{n + 1} node(s) didn't match Pod's node affinity/selector{_tail(shop)}", lambda s: s.update(affinity=need), 5000, quiet=True)  # fmt: skip
    return Truth("StatefulSet", shop.db, "scheduling-constraints", "node-affinity")


@more
def a_cache_that_must_be_beside_a_deployment_of_another_name(shop: Shop) -> Truth:
    """Two pods of one Deployment wait for a label that no pod has."""
    name, n = shop.names[1], len(shop.nodes)
    term = {"labelSelector": {"matchLabels": {"app": "front-end"}}, "topologyKey": "topology.kubernetes.io/zone"}
    shop.change(name, 1200, lambda s: s.update(affinity={"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}))  # fmt: skip
    shop.unscheduled(name, f"{_head(shop)}{CONTROL}, {n} node(s) didn't match pod affinity rules{_tail(shop)}", 1195)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "NotTriggerScaleUp", "pod didn't trigger scale-up: 2 node(s) didn't match pod affinity rules", type="Normal", count=110, ago=8, since=1190, component="cluster-autoscaler")  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "pod-affinity")


@more
def one_replica_more_than_there_are_nodes(shop: Shop) -> Truth:
    name, n = shop.names[1], len(shop.nodes)
    term = {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}
    _one_more(shop, name, f"{_head(shop)}{CONTROL}, {n} node(s) didn't match pod anti-affinity rules. preemption: 0/{n + 1} nodes are available: 1 Preemption is not helpful for scheduling, {n} No preemption victims found for incoming pod.", lambda s: s.update(affinity={"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}))  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "pod-anti-affinity")


@more
def a_job_for_gpus_that_does_not_tolerate_their_taint(shop: Shop) -> Truth:
    """The one node with a free card keeps it off, the others have none."""
    n = len(shop.nodes)
    _pool(shop, shop.nodes[0], [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}], **{"nvidia.com/gpu": "4"})  # fmt: skip
    _pending_job(shop, "finetune", f"{_head(shop)}1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, 1 node(s) had untolerated taint {{nvidia.com/gpu: present}}, {n - 1} Insufficient nvidia.com/gpu{_tail(shop)}", _job_spec(**{"nvidia.com/gpu": "1"}))  # fmt: skip
    return Truth("Job", "finetune", "scheduling-constraints", "taint")


@more
def a_newer_scheduler_that_does_not_name_the_taints(shop: Shop) -> Truth:
    n = len(shop.nodes)
    for node in shop.nodes:
        shop.get("Node", node, None)["spec"] = {"taints": [{"key": "team", "value": "payments", "effect": "NoSchedule"}]}  # fmt: skip
    shop.unscheduled(shop.db, f"{_head(shop)}{n + 1} node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.", 800)  # fmt: skip
    return Truth("StatefulSet", shop.db, "scheduling-constraints", "taint")


@more
def a_replica_more_while_all_workers_are_cordoned(shop: Shop) -> Truth:
    """An upgrade left the nodes cordoned: what runs goes on, what is new waits."""
    n = len(shop.nodes)
    for node in shop.nodes:
        taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        shop.get("Node", node, None)["spec"] = {"unschedulable": True, "taints": [taint]}
        shop.event("Node", node, "NodeNotSchedulable", f"Node {node} status is now: NodeNotSchedulable", type="Normal", ago=2400, since=2400, ns=None)  # fmt: skip
    _one_more(shop, shop.names[1], f"{_head(shop)}1 node(s) had untolerated taint(s), {n} node(s) were unschedulable. no new claims to deallocate, preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.")  # fmt: skip
    return Truth("Deployment", shop.names[1], "scheduling-constraints", "cordon")


@more
def a_replica_that_would_make_a_zone_too_heavy(shop: Shop) -> Truth:
    """One zone has no node with a place for it, the other ones may take no more."""
    name, n = shop.names[1], len(shop.nodes)
    for number, node in enumerate(shop.nodes):
        shop.get("Node", node, None)["metadata"]["labels"]["topology.kubernetes.io/zone"] = f"eu-1{'ab'[number % 2]}"
    rule = {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": name}}}  # fmt: skip
    _one_more(shop, name, f"{_head(shop)}{CONTROL}, {n} node(s) didn't match pod topology spread constraints. preemption: 0/{n + 1} nodes are available: 1 Preemption is not helpful for scheduling, {n} No preemption victims found for incoming pod.", lambda s: s.update(topologySpreadConstraints=[rule]))  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "topology-spread")


@more
def more_gateways_in_the_hosts_network_than_nodes(shop: Shop) -> Truth:
    name, n = shop.names[1], len(shop.nodes)

    def how(spec: Spec) -> None:
        spec["hostNetwork"] = True
        for port in box(spec)["ports"]:
            port["hostPort"] = port["containerPort"]

    _one_more(shop, name, f"{_head(shop)}{CONTROL}, {n} node(s) didn't have free ports for the requested pod ports. preemption: 0/{n + 1} nodes are available: 1 Preemption is not helpful for scheduling, {n} No preemption victims found for incoming pod.", how)  # fmt: skip
    return Truth("Deployment", name, "scheduling-constraints", "host-port")


@more
def a_newer_scheduler_and_a_disk_of_a_node_that_is_gone(shop: Shop) -> Truth:
    """A local volume outlived its machine; the words are those since 1.33."""
    n = len(shop.nodes)
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["worker-old-7"]}]}]
    shop.get("PersistentVolume", "pv-1", None)["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    shop.unscheduled(shop.db, f"{_head(shop)}1 node(s) had untolerated taint(s), {n} node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: 0/{n + 1} nodes are available: {n + 1} Preemption is not helpful for scheduling.", 1500)  # fmt: skip
    return Truth("StatefulSet", shop.db, "scheduling-constraints", "volume-zone")
