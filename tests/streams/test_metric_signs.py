"""What metrics alone say: each class of trouble in the names of several exporters, and who only suffers from it."""

import msgspec
import pytest

from causeline.app.scenarios.cluster import START
from causeline.core.observations import ScrapeSeen
from causeline.sources.decode import decode_line
from causeline.streams import metrics
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine
from tests.streams.metric_cases import CALLS, CASES, both, cadvisor, gauge, healthy, istio, latency_of, of, pod
from tests.streams.metric_cluster import (
    FAULT,
    RULES,
    UNTIL,
    Counter,
    Noise,
    feed,
    leading,
    listed,
    play,
    shop,
    steps,
)

INDEPENDENT = {"web": [], "cart": [], "search": [], "store": []}


@pytest.fixture(params=[True, False], ids=["snapshot", "live"])
def is_snapshot(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.mark.parametrize("name", CASES)
def test_the_trouble_is_named_at_its_origin(name: str) -> None:
    values, wanted = CASES[name]
    calls = INDEPENDENT if name.startswith("node network") else CALLS
    found = leading(play(shop(calls), values, is_snapshot=True))
    assert found == [wanted]


@pytest.mark.parametrize("step", [5.0, 15.0, 60.0])
@pytest.mark.parametrize("seed", range(4))
def test_healthy_noise_is_no_incident(seed: int, step: float, is_snapshot: bool) -> None:
    noise = Noise(seed)
    values = both(healthy(), lambda t: {pod("request_latency_ms", w): noise.around(30, 0.3) for w in CALLS})
    assert play(shop(CALLS), values, step=step, until=900.0, is_snapshot=is_snapshot).incidents == []


def test_a_single_spike_is_no_incident(is_snapshot: bool) -> None:
    values = gauge(pod("latency_p90", "store"), lambda t: 3.0 if 300 <= t < 315 else 0.05)
    assert play(shop(CALLS), values, is_snapshot=is_snapshot).incidents == []


def test_an_idle_workload_that_does_a_little_more_is_no_incident(is_snapshot: bool) -> None:
    values = cadvisor("store", steps(0.001, 0.02))
    assert play(shop(CALLS), values, is_snapshot=is_snapshot).incidents == []


def test_a_workload_that_always_works_at_its_limit_is_no_incident(is_snapshot: bool) -> None:
    values = cadvisor("store", steps(0.48, 0.48), throttled=steps(0.6, 0.6))
    assert play(shop(CALLS), values, is_snapshot=is_snapshot).incidents == []


def test_a_counter_that_begins_anew_is_no_incident(is_snapshot: bool) -> None:
    use, failed = Counter(steps(0.05, 0.05)), Counter(steps(0.1, 0.1))

    def values(t: float) -> dict[str, float]:
        gone = 0.0 if t < FAULT else 900.0
        return {
            pod("container_cpu_usage_seconds_total", "cart", container="app"): use.at(t) - gone,
            pod("http_request_errors_total", "cart"): failed.at(t) - gone,
        }

    assert play(shop(CALLS), values, is_snapshot=is_snapshot).incidents == []


def test_callers_and_their_callers_have_no_incident_of_their_own(is_snapshot: bool) -> None:
    report = play(shop(CALLS), CASES["latency: plain gauges, callers suffer"][0], is_snapshot=is_snapshot, until=600.0)
    assert leading(report) == [("network-latency", "pod", "Deployment/store")]
    assert {a.name for a in report.incidents[0].affected} == {"store", "cart", "web"}


def test_errors_of_callers_are_put_down_to_the_crash_of_what_they_ask() -> None:
    cluster = shop(CALLS)
    cluster.t = START + UNTIL - 120
    for _ in range(3):
        cluster.pods("shop/store", {"crash": 1})
    values = both(
        *(gauge(pod("error_rate", w), steps(0.001, 0.4 if w in ("cart", "web") else 0.001, 420)) for w in CALLS)
    )
    report = play(cluster, values)
    assert [(i.suspects[0].cause, i.suspects[0].object.name) for i in report.incidents] == [
        ("crashloop-runtime", "store")
    ]


def test_errors_by_code_are_told_at_who_answers_them() -> None:
    values = both(
        istio("web", "cart", steps(0.02, 0.02), steps(0.0, 0.4)),
        istio("cart", "store", steps(0.02, 0.02), steps(0.0, 0.5)),
    )
    report = play(shop(CALLS), values)
    assert [i.suspects[0].object.name for i in report.incidents] == ["store"]
    assert {a.name for a in report.incidents[0].affected} == {"store", "cart"}


def test_who_asks_whom_is_learned_from_labels_of_requests() -> None:
    values = both(
        istio("web", "cart", steps(0.02, 1.5)),
        istio("cart", "store", steps(0.02, 1.2)),
        istio("web", "search", steps(0.02, 0.02)),
    )
    assert leading(play(shop(INDEPENDENT), values)) == [("network-latency", "pod", "Deployment/store")]


def test_all_calls_of_one_caller_are_slow_so_the_network_of_the_caller_is() -> None:
    values = both(
        *(
            istio(a, b, steps(0.02, 0.5 if a == "web" else 0.02), reporter="source")
            for a, bs in CALLS.items()
            for b in bs
        ),
        istio("search", "cart", steps(0.02, 0.02), reporter="source"),
        istio("store", "search", steps(0.02, 0.02), reporter="source"),
    )
    assert leading(play(shop(INDEPENDENT), values)) == [("network-latency", "pod", "Deployment/web")]


def test_the_start_of_a_new_pod_is_planned_work() -> None:
    engine = Engine(RULES, "test")
    cluster = shop(CALLS)
    for line in listed(cluster, START - 1):
        engine.feed(decode_line(line))
    use = Counter(lambda t: 0.49 if 300 <= t < 420 else 0.05)
    feed(engine, lambda t: {pod("container_cpu_usage_seconds_total", "cart", container="app"): use.at(t)}, 0, 285, 15)
    cluster.live, cluster.lines, cluster.t = True, [], START + 290
    deployment = cluster.objects["Deployment", "shop", "cart"]
    deployment["metadata"]["generation"] += 1
    deployment["status"]["observedGeneration"] += 1
    template = deployment["spec"]["template"]
    template["spec"]["containers"][0]["image"] = "r.example/cart:v2"
    cluster.put("Deployment", "shop", "cart", {})
    for line in cluster.lines:
        engine.feed(decode_line(line))
    feed(engine, lambda t: {pod("container_cpu_usage_seconds_total", "cart", container="app"): use.at(t)}, 300, 600, 15)
    engine.finish(START + 600)
    assert engine.report().incidents == []


def test_an_incident_ends_when_the_series_are_as_usual_again() -> None:
    values = gauge(pod("latency_p90", "store"), lambda t: 2.0 if 300 <= t < 600 else 0.05)
    (incident,) = play(shop(CALLS), values, is_snapshot=False, until=1200.0).incidents
    assert incident.state == "resolved"
    assert 600 <= incident.resolved_at - START <= 690


def test_a_trouble_that_lasts_for_an_hour_is_still_there() -> None:
    values = gauge(pod("latency_p90", "store"), steps(0.05, 2.0))
    (incident,) = play(shop(CALLS), values, is_snapshot=False, until=3900.0).incidents
    assert incident.state == "open"


def test_silence_of_a_target_ends_nothing() -> None:
    engine = Engine(RULES, "test")
    for line in listed(shop(CALLS), START - 1):
        engine.feed(decode_line(line))
    feed(engine, gauge(pod("latency_p90", "store"), steps(0.05, 2.0)), 0, UNTIL, 15)
    engine.finish(START + 3000)
    assert [i.state for i in engine.report().incidents] == ["open"]


def test_samples_of_a_workload_that_is_not_in_the_cluster_are_kept_and_told_of_nobody() -> None:
    engine = Engine(RULES, "test")
    values = gauge(of("latency_p90", app="elsewhere"), steps(0.05, 2.0))
    assert play(shop(CALLS), values, engine=engine).incidents == []
    assert len(engine.state.metrics.hot) == 1


@pytest.mark.parametrize("at", [100.0, 330.0, 345.0, 450.0])
def test_stopped_and_resumed_the_story_is_the_same(at: float) -> None:
    def story(stop: float | None) -> bytes:
        values = both(healthy(), cadvisor("store", steps(0.05, 0.49)), latency_of("store", "cart", "web"))
        engine = Engine(RULES, "test")
        for line in listed(shop(CALLS), START - 1):
            engine.feed(decode_line(line))
        before: dict[str, float] = {}
        for second in range(0, int(UNTIL), 15):
            now = values(second)
            changed = {k: v for k, v in now.items() if before.get(k) != v}
            before = now
            engine.feed(ScrapeSeen(START + second, "prometheus", 0.01, len(changed), None, changed))
            if stop is not None and second >= stop:
                pages, stop = save_pages(engine.state, everything=True), None
                engine = Engine(RULES, "test")
                restore(engine.state, {k: v for k, v in pages.items() if v is not None})
        engine.finish(START + UNTIL)
        return msgspec.json.encode(engine.report())

    assert story(at) == story(None)


def test_more_series_than_are_followed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "FOLLOWED_MAX", 2)
    engine = Engine(RULES, "test")
    engine.feed(ScrapeSeen(START, "t", 0.0, 3, None, {of("latency_p90", app=f"a{i}"): 1.0 for i in range(3)}))
    assert (engine.state.metrics.followed, engine.state.metrics.not_followed) == (2, 1)


def test_series_that_ended_are_forgotten() -> None:
    engine = Engine(RULES, "test")
    series = of("latency_p90", app="a")
    engine.feed(ScrapeSeen(START, "t", 0.0, 1, None, {series: 1.0}))
    engine.feed(ScrapeSeen(START + 15, "t", 0.0, 0, None, None, [series]))
    assert (engine.state.metrics.followed, engine.state.metrics.targets["t"].measures) == (0, {})
