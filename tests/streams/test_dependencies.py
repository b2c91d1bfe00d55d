"""Clients of what is broken have no incident of their own; what an incident tells of the past."""

import json
import tempfile
from pathlib import Path

from causeline.core.results import Incident
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode_line
from causeline.streams.pipeline import Engine
from tests.diagnosis.measure import judged
from tests.diagnosis.registry import FAULTS, box
from tests.diagnosis.shop import Shop, iso


def loud(shop: Shop) -> list[Incident]:
    return [i for i in judged(shop) if i.severity != "info"]


def test_a_client_that_is_not_ready_since_its_dependency_went_is_part_of_its_incident() -> None:
    shop = Shop(11)
    client, server = shop.names[0], shop.names[1]
    shop.crash(server, code=137, reason="OOMKilled", ago=900)
    shop.unready(client, 850)
    (incident,) = loud(shop)
    assert incident.suspects[0].object.name == server
    assert {a.name for a in incident.affected} >= {client, server}


def test_a_client_with_a_fault_of_its_own_keeps_its_own_incident() -> None:
    shop = Shop(11)
    client, server = shop.names[0], shop.names[1]
    shop.crash(server, code=137, reason="OOMKilled", ago=900)
    shop.change(client, 600, lambda s: box(s).update(image="registry.example.io/x/y:v9"))
    shop.waiting(client, "ErrImagePull", "rpc error: code = NotFound desc = registry.example.io/x/y:v9: not found")
    assert {(i.suspects[0].cause, i.suspects[0].object.name) for i in loud(shop)} == {
        ("oom-killed", server),
        ("bad-image", client),
    }


def test_a_client_that_suffered_long_before_is_not_put_down_to_it() -> None:
    shop = Shop(11)
    client, server = shop.names[0], shop.names[1]
    shop.unready(client, 3000)
    shop.crash(server, code=137, reason="OOMKilled", restarts=3, ago=200)
    assert len(loud(shop)) == 2


def test_restarts_that_no_event_told_of_are_said() -> None:
    shop = Shop(12)
    FAULTS["crash_by_itself"](shop, 0)
    pod = shop.pods_of(shop.names[0])[0]
    shop.get("Pod", pod)["status"]["containerStatuses"][0]["restartCount"] = 180
    (incident,) = loud(shop)
    assert any("180 restarts happened" in e.text for e in incident.suspects[0].evidence)


def test_changes_beside_that_nothing_connects_are_said_to_be_ruled_out() -> None:
    shop = Shop(13)
    shop.rollout(shop.names[5], 700)
    box(shop.get("Deployment", shop.names[5])["spec"]["template"]["spec"])["image"] = "registry.example.io/a/b:v2"
    new = next(
        o
        for (k, _, n), o in shop.objects.items()
        if k == "ReplicaSet" and n.startswith(shop.names[5]) and o["spec"]["replicas"]
    )
    box(new["spec"]["template"]["spec"])["image"] = "registry.example.io/a/b:v2"
    FAULTS["bad_rollout"](shop, 0)
    (incident,) = loud(shop)
    assert any(shop.names[5] in r.text and "nothing connects it" in r.text for r in incident.ruled_out)


def test_a_loop_of_dependencies_ends() -> None:
    shop = Shop(14)
    one, other = shop.names[0], shop.names[1]
    for spec in shop.every_spec(other):
        box(spec)["env"].append({"name": "BACK_ADDR", "value": f"{one}:{shop.port_of(one)}"})
    shop.unready(one, 600)
    shop.unready(other, 600)
    assert 1 <= len(loud(shop)) <= 2


def test_loops_of_owners_and_a_pod_that_was_made_again_under_its_name_do_no_harm() -> None:
    shop = Shop(15)
    pod = shop.pods_of(shop.names[0])[0]
    replica_set = shop.get("Pod", pod)["metadata"]["ownerReferences"][0]["name"]
    shop.get("ReplicaSet", replica_set)["metadata"]["ownerReferences"] = [
        {"kind": "Pod", "name": pod, "uid": "x", "controller": True}
    ]
    again = {**shop.get("Pod", pod)["metadata"], "uid": "other", "creationTimestamp": iso(shop.t - 5)}
    shop.get("Pod", pod)["metadata"] = again
    assert judged(shop) is not None


def test_lists_that_come_seconds_apart_make_nobody_look_at_half_of_them() -> None:
    shop = Shop(16)
    folder = Path(tempfile.mkdtemp())
    shop.write(folder)
    lines = [json.loads(line) for line in (folder / "objects.jsonl").read_text().splitlines()]
    streams = sorted({line["s"] for line in lines}, reverse=True)  # services long before pods
    engine = Engine(load_rules(), "c")
    for number, stream in enumerate(streams):
        for line in (one for one in lines if one["s"] == stream):
            engine.feed(decode_line(json.dumps({**line, "t": shop.t + 3.0 * number}).encode()))
    engine.finish(shop.t + 3.0 * len(streams) + 60)
    assert [i.title for i in engine.report().incidents if i.severity != "info"] == []
