"""Pods that no node takes, in other shapes: older schedulers' words, several reasons in one message, other kinds."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.registry import MORE, Truth, box, more
from tests.diagnosis.shop import Shop, iso

Spec = dict[str, Any]
Edit = Callable[[Spec], None]


def _rolling(shop: Shop, name: str, message: str, how: Edit | None, ago: float = 700.0) -> None:
    """A rollout whose first new pod fits nowhere; the old pods go on serving."""
    old = {p: shop.get("Pod", p) for p in shop.pods_of(name)}
    if how is not None:
        shop.change(name, ago, how)
    else:
        shop.rollout(name, ago)
    shop.unscheduled(name, message, ago - 5)
    for pod, o in old.items():
        shop.objects["Pod", shop.ns, pod] = o
    shop.refresh(name, ago)
    shop.get("Deployment", name)["status"].update(updatedReplicas=1, unavailableReplicas=1)


def _set(shop: Shop, message: str, how: Edit | None, ago: float = 700.0) -> None:
    """The database's pod was evicted by a drain and fits nowhere since."""
    if how is not None:
        for spec in shop.every_spec(shop.db):
            how(spec)
    shop.unscheduled(shop.db, message, ago)


def _job(shop: Shop, message: str, how: Edit | None, ago: float = 900.0) -> None:
    """A Job's only pod waits."""
    spec = {"containers": [{"name": "run", "image": "registry.example.io/x/run:v1", "resources": {"requests": {}}}], "restartPolicy": "Never"}  # fmt: skip
    if how is not None:
        how(spec)
    shop.put("Job", shop.ns, "nightly", age=ago, spec={"backoffLimit": 3, "template": {"spec": spec}}, status={"active": 1, "startTime": iso(shop.t - ago)})  # fmt: skip
    shop.pod("nightly-8k2lp", shop.ns, "nightly", owner=("Job", "nightly"), spec=spec, age=ago)
    o = shop.get("Pod", "nightly-8k2lp")
    o["spec"].pop("nodeName")
    o["status"] = {
        "phase": "Pending",
        "conditions": [shop.cond("PodScheduled", "False", ago, "Unschedulable", message)],
    }
    shop.event("Pod", "nightly-8k2lp", "FailedScheduling", message, count=4, ago=120, since=ago, component="default-scheduler")  # fmt: skip


def _required(kind: str, term: dict[str, Any]) -> Edit:
    return lambda spec: spec.update(affinity={kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})


def _zone(spec: Spec) -> None:
    terms = [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-9z"]}]}]
    spec["affinity"] = {
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    }


def _asks(resource: str, amount: str) -> Edit:
    return lambda spec: box(spec).setdefault("resources", {}).setdefault("requests", {}).update({resource: amount})


def _labelled(**labels: str) -> Edit:
    return lambda spec: spec.update(nodeSelector=labels)


def _spread(spec: Spec) -> None:
    spec["topologySpreadConstraints"] = [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "x"}}}]  # fmt: skip


def _port(spec: Spec) -> None:
    box(spec)["ports"] = [{"containerPort": 9100, "hostPort": 9100}]


CONTROL = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }"
OLD_CONTROL = "1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate"
NOTHING = "preemption: 0/{all} nodes are available: {all} No preemption victims found for incoming pod."

Story = tuple[str, str, str, str, Edit | None]
"""Cause, detail, where it happens, what the scheduler says ({n} workers, {all} nodes), what the pods ask for."""
STORIES: dict[str, Story] = {
    "a_job_that_wants_more_processors_than_a_node_has": ("insufficient-capacity", "cpu", "job", f"0/{{all}} nodes are available: {CONTROL}, {{n}} Insufficient cpu. {NOTHING}", _asks("cpu", "32")),
    "a_rollout_that_no_processor_is_left_for": ("insufficient-capacity", "cpu", "rollout", "0/{all} nodes are available: {all} Insufficient cpu, 1 Too many pods.", None),
    "a_rollout_that_no_memory_is_left_for": ("insufficient-capacity", "memory", "rollout", f"0/{{all}} nodes are available: {OLD_CONTROL}, {{n}} Insufficient memory.", _asks("memory", "7Gi")),
    "a_database_for_which_pods_are_used_up": ("insufficient-capacity", "pods", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} Too many pods.", None),
    "a_job_for_which_pods_are_used_up": ("insufficient-capacity", "pods", "job", f"0/{{all}} nodes are available: {{n}} Too many pods, {CONTROL}. {NOTHING}", None),
    "a_job_that_wants_scratch_space": ("insufficient-capacity", "ephemeral-storage", "job", f"0/{{all}} nodes are available: {CONTROL}, {{n}} Insufficient ephemeral-storage.", _asks("ephemeral-storage", "900Gi")),
    "a_rollout_that_wants_scratch_space": ("insufficient-capacity", "ephemeral-storage", "rollout", "0/{all} nodes are available: {all} Insufficient ephemeral-storage.", _asks("ephemeral-storage", "200Gi")),
    "a_database_that_wants_huge_pages": ("insufficient-capacity", "hugepages-2Mi", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} Insufficient hugepages-2Mi.", _asks("hugepages-2Mi", "1Gi")),
    "a_rollout_that_wants_a_device_for_fuse": ("insufficient-capacity", "smarter-devices/fuse", "rollout", "0/{all} nodes are available: {all} Insufficient smarter-devices/fuse.", _asks("smarter-devices/fuse", "1")),
    "an_older_scheduler_and_a_node_selector": ("scheduling-constraints", "node-selector", "rollout", f"0/{{all}} nodes are available: {OLD_CONTROL}, {{n}} node(s) didn't match node selector.", _labelled(pool="batch")),
    "a_database_pinned_to_a_label_nobody_has": ("scheduling-constraints", "node-selector", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't match Pod's node affinity/selector. {NOTHING}", _labelled(disk="nvme", zone="a")),
    "a_database_bound_to_a_zone_that_is_gone": ("scheduling-constraints", "node-affinity", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't match Pod's node affinity.", _zone),
    "a_job_bound_to_a_zone_that_is_gone": ("scheduling-constraints", "node-affinity", "job", f"0/{{all}} nodes are available: {{n}} node(s) didn't match Pod's node affinity/selector, {CONTROL}. {NOTHING}", _zone),
    "an_older_scheduler_and_pods_that_must_be_near": ("scheduling-constraints", "pod-affinity", "rollout", f"0/{{all}} nodes are available: {OLD_CONTROL}, {{n}} node(s) didn't match pod affinity rules, {{n}} node(s) didn't match pod affinity/anti-affinity.", _required("podAffinity", {"labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "kubernetes.io/hostname"})),
    "a_job_that_must_be_near_pods_that_are_gone": ("scheduling-constraints", "pod-affinity", "job", f"0/{{all}} nodes are available: {{n}} node(s) didn't match pod affinity rules, {CONTROL}. {NOTHING}", _required("podAffinity", {"labelSelector": {"matchLabels": {"app": "gone"}}, "topologyKey": "kubernetes.io/hostname"})),
    "a_rollout_with_one_pod_a_node": ("scheduling-constraints", "pod-anti-affinity", "rollout", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't match pod anti-affinity rules. {NOTHING}", _required("podAntiAffinity", {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "kubernetes.io/hostname"})),
    "a_database_that_other_pods_keep_away": ("scheduling-constraints", "pod-anti-affinity", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't satisfy existing pods anti-affinity rules.", None),
    "an_older_scheduler_and_a_taint": ("scheduling-constraints", "taint", "rollout", "0/{all} nodes are available: {all} node(s) had taint {{dedicated: ingress}}, that the pod didn't tolerate.", None),
    "a_job_that_spot_nodes_keep_off": ("scheduling-constraints", "taint", "job", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) had untolerated taint {{{{cloud.google.com/gke-spot: true}}}}. {NOTHING}", None),
    "a_rollout_that_could_spread_no_further": ("scheduling-constraints", "topology-spread", "rollout", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't match pod topology spread constraints. {NOTHING}", _spread),
    "a_database_without_zones_to_spread_over": ("scheduling-constraints", "topology-spread", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't match pod topology spread constraints (missing required label).", _spread),
    "a_rollout_that_waits_for_its_own_port": ("scheduling-constraints", "host-port", "rollout", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) didn't have free ports for the requested pod ports. {NOTHING}", _port),
    "a_database_whose_volume_is_elsewhere": ("scheduling-constraints", "volume-zone", "set", f"0/{{all}} nodes are available: {CONTROL}, {{n}} node(s) had volume node affinity conflict.", None),
    "an_older_scheduler_and_a_volume_of_another_zone": ("scheduling-constraints", "volume-zone", "set", f"0/{{all}} nodes are available: {OLD_CONTROL}, {{n}} node(s) had no available volume zone.", None),
}  # fmt: skip


def _story(name: str, story: Story) -> None:
    cause, detail, where, message, how = story

    def make(shop: Shop) -> Truth:
        n = len(shop.nodes)
        text = message.replace("{all}", str(n + 1)).replace("{n}", str(n)).replace("{{", "{").replace("}}", "}")
        if where == "rollout":
            _rolling(shop, shop.names[1], text, how)
            return Truth("Deployment", shop.names[1], cause, detail)
        if where == "set":
            _set(shop, text, how)
            return Truth("StatefulSet", shop.db, cause, detail)
        _job(shop, text, how)
        return Truth("Job", "nightly", cause, detail)

    MORE[name] = make


for _name, _one in STORIES.items():
    _story(_name, _one)


def _cordoned(shop: Shop, nodes: list[str]) -> None:
    for node in nodes:
        taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        shop.get("Node", node, None)["spec"] = {"unschedulable": True, "taints": [taint]}


@more
def a_database_drained_off_nodes_that_stay_cordoned(shop: Shop) -> Truth:
    _cordoned(shop, shop.nodes)
    n = len(shop.nodes)
    _set(shop, f"0/{n + 1} nodes are available: {CONTROL}, {n} node(s) were unschedulable.", None)
    return Truth("StatefulSet", shop.db, "scheduling-constraints", "cordon")


@more
def a_job_while_all_workers_are_cordoned(shop: Shop) -> Truth:
    _cordoned(shop, shop.nodes)
    n = len(shop.nodes)
    taint = "{node.kubernetes.io/unschedulable: }"
    _job(shop, f"0/{n + 1} nodes are available: {CONTROL}, {n} node(s) had untolerated taint {taint}.", None)
    return Truth("Job", "nightly", "scheduling-constraints", "cordon")
