"""What keeps pods off the nodes that they are bound to, whatever shape an affinity has."""

from typing import Any

import pytest

from tests.diagnosis.measure import judged
from tests.diagnosis.registry import FAULTS
from tests.diagnosis.shop import Shop

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _detail(affinity: dict[str, Any], node: dict[str, Any] | None = None) -> str | None:
    """Put a fault of node affinity into a shop, with this affinity instead; return the detail that leads."""
    shop = Shop(3)
    truth = FAULTS["node_affinity"](shop, 0)
    for pod in shop.pods_of(truth.name):
        shop.get("Pod", pod)["spec"]["affinity"] = affinity
    shop.get("Node", shop.nodes[0], None)["spec"] = node or {}
    lead = judged(shop)[0].suspects[0]
    assert lead.cause == "scheduling-constraints"
    return lead.detail


def _terms(*terms: Any) -> dict[str, Any]:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": list(terms)}}}


def _expression(operator: str, *values: Any, key: str = "kubernetes.io/hostname") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    "affinity",
    [
        {"nodeAffinity": []},
        {"nodeAffinity": {REQUIRED: 5}},
        _terms(5, {}, {"matchExpressions": 7}),
        _terms({"matchExpressions": [{"key": 1, "operator": "In", "values": 3}]}),
        _terms(_expression("Gt", "4")),
        _terms(_expression("In", "nowhere")),
    ],
)
def test_an_affinity_of_an_odd_shape_or_for_no_node_is_node_affinity(affinity: dict[str, Any]) -> None:
    assert _detail(affinity, {"unschedulable": True}) == "node-affinity"


@pytest.mark.parametrize(
    "term",
    [
        _expression("In", "worker-1"),
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["worker-1"]}]},
    ],
)
def test_pods_bound_to_one_cordoned_node_are_kept_off_by_the_cordon(term: dict[str, Any]) -> None:
    assert _detail(_terms(term), {"unschedulable": True}) == "cordon"


def test_a_taint_that_is_tolerated_keeps_nobody_off() -> None:
    taint = {"taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}]}
    assert _detail(_terms(_expression("In", "worker-1")), taint) == "taint"
    shop = Shop(3)
    truth = FAULTS["node_affinity"](shop, 0)
    for pod in shop.pods_of(truth.name):
        spec = shop.get("Pod", pod)["spec"]
        spec["affinity"] = _terms(_expression("In", "worker-1"))
        spec["tolerations"] = [{"key": "dedicated", "operator": "Exists"}]
    shop.get("Node", "worker-1", None)["spec"] = taint
    assert judged(shop)[0].suspects[0].detail == "node-affinity"


def test_one_node_that_is_open_is_enough_to_blame_the_affinity() -> None:
    assert _detail(_terms(_expression("In", "worker-1", "worker-2")), {"unschedulable": True}) == "node-affinity"
