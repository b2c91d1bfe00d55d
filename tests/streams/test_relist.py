"""What a relist does to the graph: a gap hides deletions, recreations and lost endpoints."""

import json
from typing import Any

import msgspec

from causeline.app.scenarios.cluster import START, Cluster
from causeline.core.observations import StreamMark
from causeline.core.refs import ObjectRef
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine

RULES = load_rules()


def engine_of(cluster: Cluster) -> Engine:
    engine = Engine(RULES, "c")
    for line in cluster.lines:
        engine.feed(decode_line(line))
    return engine


def tell(engine: Engine, t: float, stream: str, change: str, o: dict[str, Any]) -> None:
    engine.feed(decode_line(json.dumps({"t": START + t, "s": stream, "type": change, "o": o}).encode()))


def relist(engine: Engine, t: float, stream: str, objects: list[dict[str, Any]]) -> None:
    engine.feed(StreamMark(START + t, stream, "LIST", "full", "9", len(objects)))
    for o in objects:
        tell(engine, t, stream, "INIT", o)
    engine.feed(StreamMark(START + t, stream, "BOOKMARK", "list-end", "9"))


def pod(name: str, uid: str, **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop", "uid": uid, **meta}, "spec": {"containers": []}}


def test_an_object_that_a_full_list_does_not_hold_is_gone() -> None:
    engine = Engine(RULES, "c")
    relist(engine, 0, "pods", [pod("a", "1"), pod("b", "2")])
    relist(engine, 9, "pods", [pod("a", "1")])
    topology = engine.state.topology
    assert topology.get(ObjectRef("Pod", "shop", "a")) is not None
    assert topology.get(ObjectRef("Pod", "shop", "b")) is None


def test_the_deletion_of_an_older_object_of_the_same_name_does_not_remove_the_new_one() -> None:
    engine = Engine(RULES, "c")
    tell(engine, 0, "pods", "INIT", pod("a", "old"))
    tell(engine, 5, "pods", "INIT", pod("a", "new"))
    tell(engine, 5, "pods", "DELETED", pod("a", "old"))
    found = engine.state.topology.get(ObjectRef("Pod", "shop", "a"))
    assert found is not None
    assert found.metadata.uid == "new"


def test_leases_and_endpoints_survive_their_own_list() -> None:
    engine = Engine(RULES, "c")
    relist(engine, 0, "leases", [{"metadata": {"name": "kube-scheduler", "namespace": "kube-system", "uid": "l"}}])
    relist(engine, 0, "endpoints", [{"metadata": {"name": "web", "namespace": "shop", "uid": "e"}}])
    topology = engine.state.topology
    assert topology.get(ObjectRef("Lease", "kube-system", "kube-scheduler")) is not None
    assert topology.get(ObjectRef("Endpoints", "shop", "web")) is not None


def test_a_service_whose_endpoints_went_during_a_gap_is_looked_at() -> None:
    cluster = Cluster()
    cluster.node("n1")
    cluster.deployment("shop/web", service=True)
    engine = engine_of(cluster)
    engine.finish(START + 5)
    relist(engine, 10, "endpointslices", [])
    engine.finish(START + 16)
    assert ("service-empty", ObjectRef("Service", "shop", "web")) in engine.state.symptoms.held


def test_a_slice_that_a_relist_deletes_by_name_only_is_known_by_what_it_was() -> None:
    cluster = Cluster()
    cluster.node("n1")
    cluster.deployment("shop/web", service=True)
    engine = engine_of(cluster)
    engine.finish(START + 5)
    uid = cluster.objects["EndpointSlice", "shop", "web-x"]["metadata"]["uid"]
    tell(engine, 10, "endpointslices", "DELETED", {"metadata": {"name": "web-x", "namespace": "shop", "uid": uid}})
    engine.finish(START + 12)
    assert ("service-empty", ObjectRef("Service", "shop", "web")) in engine.state.symptoms.held


def test_an_adopted_pod_belongs_to_its_owner_live_and_after_a_restore() -> None:
    engine = Engine(RULES, "c")
    owner = {"kind": "ReplicaSet", "name": "web-r1", "controller": True}
    tell(engine, 0, "pods", "ADDED", pod("a", "1"))
    tell(engine, 5, "pods", "MODIFIED", pod("a", "1", ownerReferences=[owner]))
    restored = Engine(RULES, "c")
    restore(restored.state, {k: v for k, v in save_pages(engine.state, everything=True).items() if v is not None})
    for one in (engine, restored):
        assert one.state.topology.top(ObjectRef("Pod", "shop", "a")) == ObjectRef("ReplicaSet", "shop", "web-r1")


def test_two_replicasets_that_turn_out_to_be_one_deployments_make_one_incident_that_ends() -> None:
    engine = Engine(RULES, "c")
    waiting = {"waiting": {"reason": "ErrImagePull", "message": 'pull "r.example/a:1": manifest unknown'}}
    status = {"phase": "Pending", "containerStatuses": [{"name": "app", "state": waiting}]}
    for i in (1, 2):
        owner = {"kind": "ReplicaSet", "name": f"web-r{i}", "controller": True}
        body = pod(f"web-r{i}-0", f"p{i}", ownerReferences=[owner])
        tell(engine, i, "pods", "ADDED", {**body, "spec": {"nodeName": "n1", "containers": []}, "status": status})
    engine.finish(START + 10)
    assert len(engine.report().incidents) == 2
    for i in (1, 2):
        owner = {"kind": "Deployment", "name": "web", "controller": True}
        meta = {"name": f"web-r{i}", "namespace": "shop", "uid": f"r{i}", "ownerReferences": [owner]}
        tell(engine, 11, "replicasets", "INIT", {"metadata": meta})
    engine.finish(START + 20)
    assert [i.affected[0].name for i in engine.report().incidents] == ["web"]
    for i in (1, 2):
        tell(engine, 30, "pods", "DELETED", pod(f"web-r{i}-0", f"p{i}"))
    engine.finish(START + 400)
    assert [i.state for i in engine.report().incidents] == ["resolved"]


def test_a_resolved_incident_keeps_its_evidence_for_good() -> None:
    cluster = Cluster()
    cluster.node("n1")
    cluster.deployment("shop/web", service=True)
    cluster.live = True
    cluster.t = START + 10
    cluster.pods("shop/web", {"oom": 1})
    cluster.t = START + 40
    cluster.pods("shop/web", "ready")
    engine = engine_of(cluster)
    engine.finish(START + 300)
    before = engine.report().incidents
    assert [i.state for i in before] == ["resolved"]
    assert before[0].suspects[0].evidence
    engine.finish(START + 50_000)
    assert msgspec.json.encode(engine.report().incidents) == msgspec.json.encode(before)


def test_a_loop_of_owners_ends() -> None:
    engine = Engine(RULES, "c")
    for kind, name, owner_kind, owner in (
        ("deployments", "d", "ReplicaSet", "r"),
        ("replicasets", "r", "Deployment", "d"),
    ):
        reference = {"kind": owner_kind, "name": owner, "controller": True}
        tell(
            engine,
            0,
            kind,
            "ADDED",
            {"metadata": {"name": name, "namespace": "x", "uid": name, "ownerReferences": [reference]}},
        )
    assert list(engine.state.topology.pods_under(ObjectRef("Deployment", "x", "d"))) == []
    assert engine.state.topology.top(ObjectRef("ReplicaSet", "x", "r")).kind in ("Deployment", "ReplicaSet")
