"""Which containers' logs an incident asks for."""

from pathlib import Path
from typing import Any

from causeline.core.observations import DeadLetter, OutsideSeen
from causeline.knowledge.rule_files import load_rules
from causeline.sources.recording import read_recording
from causeline.streams.pipeline import Engine
from causeline.streams.suspect_logs import PODS_MAX, suspect_runs
from tests.diagnosis.shop import Shop

RULES = load_rules()


def judged(shop: Shop, folder: Path) -> Engine:
    shop.write(folder)
    engine, last = Engine(RULES, "test"), 0.0
    for entry in read_recording(folder):
        assert not isinstance(entry.seen, DeadLetter)
        engine.feed(entry.seen)
        last = entry.t
    engine.finish(last)
    return engine


def asked(engine: Engine) -> list[Any]:
    return [r for i in engine.report().incidents for r in suspect_runs(engine.state.topology, i)]


def test_a_container_that_crashed_is_asked_and_healthy_workloads_are_not(tmp_path: Path) -> None:
    shop = Shop(1)
    shop.crash(shop.names[0])
    engine = judged(shop, tmp_path)
    assert {run.pod.name for run in asked(engine)} <= set(shop.pods_of(shop.names[0]))
    assert asked(engine)


def test_the_run_that_ended_comes_before_the_one_that_goes_on(tmp_path: Path) -> None:
    shop = Shop(1)
    shop.crash(shop.names[0])
    for name in shop.pods_of(shop.names[0]):
        status = shop.get("Pod", name)["status"]["containerStatuses"][0]
        status["state"] = {"running": {"startedAt": "2026-09-21T13:59:00Z"}}
        status["restartCount"] = 7
    runs = asked(judged(shop, tmp_path))
    assert [run.previous for run in runs][:1] == [True]
    assert {run.restarts for run in runs} == {7}


def test_of_one_workload_few_pods_are_asked(tmp_path: Path) -> None:
    shop = Shop(1)
    name = shop.names[0]
    pattern = shop.get("Pod", shop.pods_of(name)[0])
    owner = pattern["metadata"]["ownerReferences"][0]
    for n in range(20):
        shop.pod(f"{owner['name']}-x{n}", shop.ns, name, owner=(owner["kind"], owner["name"]))
    shop.crash(name)
    assert len({run.pod for run in asked(judged(shop, tmp_path))}) == PODS_MAX


def test_what_the_log_says_names_the_cause_that_the_state_alone_does_not(tmp_path: Path) -> None:
    shop = Shop(1)
    shop.crash(shop.names[0], ago=600)
    engine = judged(shop, tmp_path)
    before = engine.report().incidents[0].suspects[0].cause
    for run in asked(engine):
        line = 'FATAL: password authentication failed for user "shop"'
        engine.feed(OutsideSeen(engine.state.now, "logs", run.pod, line))
    engine.finish(engine.state.now)
    assert before != "dependency-credentials-wrong"
    assert engine.report().incidents[0].suspects[0].cause == "dependency-credentials-wrong"
