"""What an object stands in, and since and until when."""

import json
from collections.abc import Callable

from causeline.app.scenarios.cluster import START, Cluster
from causeline.core.refs import ObjectRef
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine
from causeline.streams.relations import Relation, relations

RULES = load_rules()
WEB = ObjectRef("Deployment", "shop", "web")


def told(ref: ObjectRef, *steps: tuple[float, Callable[[Cluster], None]]) -> list[Relation]:
    cluster = Cluster()
    for at, step in steps:
        cluster.t, cluster.live = START + at, at > 0
        step(cluster)
    engine = Engine(RULES, "test")
    for line in cluster.lines:
        engine.feed(decode_line(line))
    return relations(engine.state.topology, ref)


def edges_of(ref: ObjectRef, *steps: tuple[float, Callable[[Cluster], None]]) -> dict[tuple[str, str], Relation]:
    return {(r.type, str(r.to)): r for r in told(ref, *steps)}


def given(cluster: Cluster) -> None:
    cluster.node("n1")
    cluster.configmap("shop/app", {"url": "http://db:5432"})
    cluster.object("ResourceQuota/shop/team", spec={"hard": {"pods": "9"}})
    cluster.deployment("shop/web", replicas=1, service=True, config="app", image="r.example/web:v1")


def test_a_workload_is_told_with_all_that_it_stands_in() -> None:
    found = edges_of(WEB, (0, given))
    assert {kind for kind, _ in found} >= {"owns", "runs-on", "reads", "selected-by", "pulls-from", "limited-by"}
    assert ("pulls-from", "External r.example") in found
    assert ("limited-by", "ResourceQuota shop/team") in found
    assert all(edge.until is None for edge in found.values())


def test_an_edge_that_held_before_is_told_with_its_end_and_comes_last() -> None:
    def move(cluster: Cluster) -> None:
        cluster.node("n2")
        pod = cluster.pods_of["shop/web"][0]
        made = json.loads(json.dumps(cluster.objects["Pod", "shop", pod]))
        made["spec"]["nodeName"] = "n2"
        cluster.put("Pod", "shop", pod, made)

    found = edges_of(WEB, (0, given), (100, move))
    assert found["runs-on", "Node n1"].until == START + 100
    assert found["runs-on", "Node n2"].since == START + 100
    assert found["runs-on", "Node n2"].until is None
    assert list(found)[-1] == ("runs-on", "Node n1")


def test_who_changed_it_is_told_with_the_moment() -> None:
    found = told(WEB, (0, given), (50, lambda c: c.rollout("shop/web", image="r.example/web:v2", state="ready")))
    assert [(e.since, e.text) for e in found if e.type == "changed-by" and "image" in e.text] == [
        (START + 50, "Deployment shop/web: image changed from r.example/web:v1 to r.example/web:v2")
    ]
