"""What the API allows, or a recording holds, and nobody expects: it must not stop the engine."""

import json
from typing import Any

import msgspec
import pytest

from causeline.app.scenarios.cluster import START, Cluster
from causeline.core.errors import DecodeError
from causeline.core.observations import EventSeen
from causeline.core.refs import ObjectRef
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode, decode_line
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine

RULES = load_rules()


def fed(cluster: Cluster) -> Engine:
    engine = Engine(RULES, "test")
    for line in cluster.lines:
        engine.feed(decode_line(line))
    engine.finish(cluster.t)
    return engine


def shop() -> Cluster:
    cluster = Cluster()
    cluster.node("n1")
    cluster.deployment("shop/web", replicas=1, service=True)
    return cluster


@pytest.mark.parametrize("amount", ["1.2.3", "..", "1e9999", "9Zi", "-", "١", "9" * 5000])
def test_a_quota_message_with_an_amount_that_is_none_is_read_on(amount: str) -> None:
    cluster = shop()
    cluster.live, cluster.t = True, START + 10
    message = f"exceeded quota: q, requested: pods={amount}, used: pods=5, limited: pods=5"
    cluster.event("Deployment/shop/web", "FailedCreate", message)
    assert fed(cluster).state.stats.events == 1


@pytest.mark.parametrize("revision", ["²", "9" * 5000, "-1", ""])
def test_a_revision_that_is_no_number_counts_as_none(revision: str) -> None:
    cluster = shop()
    for key, made in list(cluster.objects.items()):
        if key[0] == "ReplicaSet":
            again = json.loads(json.dumps(made))
            again["metadata"].setdefault("annotations", {})["deployment.kubernetes.io/revision"] = revision
            cluster.put(*key, again)
            again = json.loads(json.dumps(again))
            again["metadata"]["name"] += "2"
            cluster.put(key[0], key[1], key[2] + "2", again)
    assert fed(cluster).report().incidents == []


@pytest.mark.parametrize(
    ("stream", "body"),
    [
        (
            "networkpolicies",
            {"spec": {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": 7}]}}},
        ),
        ("pods", {"metadata": {"name": "x", "creationTimestamp": "0001-01-01T00:00:00+14:00"}}),
        ("pods", {"metadata": {"name": "x", "creationTimestamp": "9999-12-31T23:59:59-12:00"}}),
    ],
)
def test_what_can_not_be_used_later_is_refused_when_it_is_decoded(stream: str, body: dict[str, Any]) -> None:
    whole = {"metadata": {"name": "x"}, **body}
    with pytest.raises(DecodeError):
        decode(stream, "ADDED", 1.0, msgspec.json.encode(whole))


def test_the_zero_time_of_go_is_decoded() -> None:
    body = msgspec.json.encode({"metadata": {"name": "e", "creationTimestamp": "0001-01-01T00:00:00Z"}})
    assert isinstance(decode("events.v1", "ADDED", 1.0, body), EventSeen)


def test_a_policy_with_a_named_port_is_decoded() -> None:
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": "http"}, {"port": 1, "endPort": 9}]}]}
    decode("networkpolicies", "ADDED", 1.0, msgspec.json.encode({"metadata": {"name": "x"}, "spec": spec}))


def test_an_affinity_of_a_wrong_type_does_no_harm() -> None:
    cluster = shop()
    cluster.live, cluster.t = True, START + 5
    message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    cluster.pods("shop/web", state={"unschedulable": message})
    for key, made in list(cluster.objects.items()):
        if key[0] == "Pod":
            made["spec"] |= {"affinity": {"nodeAffinity": 5}, "nodeSelector": {"a": "b"}}
            cluster.put(*key, made)
    cluster.t = START + 60
    cluster.node("n1")
    assert fed(cluster).state.stats.dead_letters == 0


def test_a_change_is_told_where_no_generation_is_kept() -> None:
    cluster = shop()
    cluster.live, cluster.t = True, START + 5
    key = ("Deployment", "shop", "web")
    made = json.loads(json.dumps(cluster.objects[key]))
    made["spec"]["template"]["spec"]["containers"][0]["image"] = "r.example/web:v9"
    for one in (made, cluster.objects[key]):
        one["metadata"].pop("generation", None)
    before = json.loads(json.dumps(cluster.objects[key]))
    cluster.put(*key, before)
    cluster.put(*key, made)
    engine = fed(cluster)
    assert "image" in [c.what for c in engine.state.topology.changes_of(ObjectRef(*key))]


def test_deleted_objects_with_and_without_a_namespace_are_restored() -> None:
    cluster = shop()
    cluster.live, cluster.t = True, START + 5
    cluster.delete("Deployment/shop/web")
    cluster.delete("Node/n1")
    pages = save_pages(fed(cluster).state, everything=True)
    again = Engine(RULES, "test")
    restore(again.state, {name: page for name, page in pages.items() if page is not None})
    assert len(again.state.topology.entries) > 0
