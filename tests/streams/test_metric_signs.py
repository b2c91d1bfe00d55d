"""What metrics alone say: each class of trouble in the names of several exporters, and who only suffers from it."""

from collections.abc import Callable

import msgspec
import pytest

from causeline.app.scenarios.cluster import START
from causeline.core.observations import ScrapeSeen
from causeline.sources.decode import decode_line
from causeline.streams import metrics
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine
from tests.streams.metric_cluster import (
    FAULT,
    RULES,
    UNTIL,
    Counter,
    Noise,
    Values,
    feed,
    leading,
    listed,
    play,
    shop,
    steps,
)

CALLS = {"web": ["cart", "search"], "cart": ["store"], "search": [], "store": []}
POD = {name: f"{name}-r1-0" for name in CALLS}
MEBI = 2.0**20


def of(name: str, /, **labels: str) -> str:
    inside = ",".join(f'{k}="{v}"' for k, v in labels.items())
    return f"{name}{{{inside}}}"


def pod(metric: str, workload: str, /, **labels: str) -> str:
    return of(metric, namespace="shop", pod=POD[workload], **labels)


def cadvisor(workload: str, cores: Callable[[float], float] | None = None, **kw: Callable[[float], float]) -> Values:
    """Counters and gauges of cAdvisor for one pod; all as usual but what is given."""
    noise = Noise(len(workload))
    use = Counter(lambda t: noise.around((cores or (lambda _: 0.05))(t)))
    periods, throttled = Counter(lambda _: 10.0), Counter(lambda t: 10.0 * kw.get("throttled", lambda _: 0.005)(t))
    received = Counter(lambda _: noise.around(200.0))
    dropped = Counter(lambda t: 200.0 * kw.get("dropped", lambda _: 0.0)(t), 0.0)
    waiting = Counter(kw.get("io", lambda _: 0.01), 0.0)
    memory = kw.get("memory", lambda _: 90 * MEBI)

    def values(t: float) -> dict[str, float]:
        inside = {"container": "app", "id": "/kubepods/x", "image": "i", "name": "c"}
        return {
            pod("container_cpu_usage_seconds_total", workload, cpu="total", **inside): use.at(t),
            pod("container_cpu_cfs_periods_total", workload, **inside): periods.at(t),
            pod("container_cpu_cfs_throttled_periods_total", workload, **inside): throttled.at(t),
            pod("container_memory_working_set_bytes", workload, **inside): noise.around(memory(t), 0.01),
            pod("container_network_receive_packets_total", workload, interface="eth0"): received.at(t),
            pod("container_network_receive_packets_dropped_total", workload, interface="eth0"): dropped.at(t),
            pod("container_pressure_io_waiting_seconds_total", workload, **inside): waiting.at(t),
        }

    return values


def istio(
    caller: str,
    callee: str,
    seconds: Callable[[float], float],
    failing: Callable[[float], float] | None = None,
    reporter: str = "destination",
) -> Values:
    noise = Noise(len(caller) + 7 * len(callee))
    count = Counter(lambda _: 20.0, 0.0)
    total = Counter(lambda t: 20.0 * 1000 * noise.around(seconds(t)), 0.0)
    bad = Counter(lambda t: 20.0 * (failing or (lambda _: 0.0))(t), 0.0)
    labels = {
        "reporter": reporter, "source_workload": caller, "source_workload_namespace": "shop",
        "destination_workload": callee, "destination_workload_namespace": "shop", "request_protocol": "http",
    }  # fmt: skip

    def values(t: float) -> dict[str, float]:
        found = {
            of("istio_request_duration_milliseconds_sum", **labels, response_code="200"): total.at(t),
            of("istio_request_duration_milliseconds_count", **labels, response_code="200"): count.at(t),
            of("istio_requests_total", **labels, response_code="200"): count.at(t),
        }
        failed = bad.at(t)
        return {**found, of("istio_requests_total", **labels, response_code="503"): failed} if failed else found

    return values


def gauge(name: str, value: Callable[[float], float], share: float = 0.1) -> Values:
    noise = Noise(len(name))
    return lambda t: {name: noise.around(value(t), share)}


def counters(rates: dict[str, Callable[[float], float]]) -> Values:
    """Counters by their series' text, from their rates."""
    found = {name: Counter(rate, 0.0) for name, rate in rates.items()}
    return lambda t: {name: counter.at(t) for name, counter in found.items()}


def both(*parts: Values) -> Values:
    return lambda t: {k: v for part in parts for k, v in part(t).items()}


def healthy() -> Values:
    """All of the shop as usual, in the names of three exporters."""
    calls = [istio(a, b, steps(0.02, 0.02)) for a, callees in CALLS.items() for b in callees]
    plain = [gauge(pod("latency_p90", w), steps(0.05, 0.05)) for w in CALLS]
    errors = [gauge(pod("error_rate", w), steps(0.002, 0.002), 0.5) for w in CALLS]
    return both(*(cadvisor(w) for w in CALLS), *calls, *plain, *errors)


def latency_of(*slow: str, to: float = 1.5) -> Values:
    """Plain gauges of latency: some workloads are slow from the fault on."""
    return both(*(gauge(pod("latency_p90", w), steps(0.05, to if w in slow else 0.05)) for w in CALLS))


def otel(workload: str, milliseconds: float) -> Values:
    """The histogram of a server, as OpenTelemetry names it; 20 requests a second."""
    name = "http_server_duration_milliseconds"
    return counters(
        {
            of(f"{name}_sum", service_name=workload): steps(20 * 30, 20 * milliseconds),
            of(f"{name}_count", service_name=workload, http_status_code="200"): steps(20, 20),
        }
    )


CASES: dict[str, tuple[Values, tuple[str, str | None, str]]] = {
    "cpu: cAdvisor": (
        both(healthy(), cadvisor("store", steps(0.05, 0.49)), latency_of("store", "cart", "web")),
        ("cpu-overload", None, "Deployment/store"),
    ),
    "cpu: cores as a gauge": (
        both(
            *(gauge(pod("pod_cpu_usage", w), steps(0.04, 0.48 if w == "cart" else 0.04)) for w in CALLS),
            latency_of("cart", "web"),
        ),
        ("cpu-overload", None, "Deployment/cart"),
    ),
    "cpu: per cent, camel case": (
        both(
            *(gauge(pod("CpuUsageRate(%)", w), steps(6, 97 if w == "search" else 6)) for w in CALLS),
            latency_of("search", "web"),
        ),
        ("cpu-overload", None, "Deployment/search"),
    ),
    "throttled: cAdvisor": (
        both(healthy(), cadvisor("cart", steps(0.2, 0.3), throttled=steps(0.01, 0.7)), latency_of("cart", "web")),
        ("cpu-throttled", None, "Deployment/cart"),
    ),
    "throttled: seconds": (
        counters({pod("container_cpu_cfs_throttled_seconds_total", "search", container="app"): steps(0.0, 0.6)}),
        ("cpu-throttled", None, "Deployment/search"),
    ),
    "throttled: a ratio": (
        gauge(pod("cpu_throttled_ratio", "store"), steps(0.01, 0.55)),
        ("cpu-throttled", None, "Deployment/store"),
    ),
    "memory: cAdvisor": (
        both(healthy(), cadvisor("cart", memory=lambda t: (60 + t / UNTIL * 180) * MEBI)),
        ("memory-leak", None, "Deployment/cart"),
    ),
    "memory: a gauge in MiB": (
        both(
            *(
                gauge(
                    pod("MemoryUsage(Mi)", w), (lambda t: 60 + t / UNTIL * 180) if w == "web" else steps(60, 60), 0.005
                )
                for w in CALLS
            )
        ),
        ("memory-leak", None, "Deployment/web"),
    ),
    "memory: by the name of the workload": (
        lambda t: {of("jvm_memory_used_bytes", area="heap", app="search"): (70 + t / UNTIL * 160) * MEBI},
        ("memory-leak", None, "Deployment/search"),
    ),
    "loss: cAdvisor": (
        both(healthy(), cadvisor("store", dropped=steps(0.0, 0.1)), latency_of("store", "cart", "web")),
        ("packet-loss", "pod", "Deployment/store"),
    ),
    "loss: a rate in per cent": (
        both(gauge(pod("packet_loss_percent", "cart"), steps(0.01, 20)), latency_of("cart", "web")),
        ("packet-loss", "pod", "Deployment/cart"),
    ),
    "loss: retransmits of a node": (
        counters(
            {
                of("node_netstat_Tcp_RetransSegs", instance="n2:9100"): steps(1, 90),
                of("node_netstat_Tcp_OutSegs", instance="n2:9100"): steps(900, 900),
            }
        ),
        ("packet-loss", "node", "Node/n2"),
    ),
    "latency: Istio, the network between": (
        both(
            *(istio(a, b, steps(0.02, 0.02)) for a, bs in CALLS.items() for b in bs),
            *(
                istio(a, b, steps(0.022, 0.6 if b == "cart" else 0.022), reporter="source")
                for a, bs in CALLS.items()
                for b in bs
            ),
        ),
        ("network-latency", "pod", "Deployment/cart"),
    ),
    "latency: plain gauges, callers suffer": (
        latency_of("store", "cart", "web"),
        ("network-latency", "pod", "Deployment/store"),
    ),
    "latency: OpenTelemetry": (
        both(*(otel(w, 900 if w in ("search", "web") else 30) for w in CALLS)),
        ("network-latency", "pod", "Deployment/search"),
    ),
    "latency: round trip of a node": (
        gauge(of("ping_rtt_milliseconds", node="n1"), steps(1.0, 180)),
        ("network-latency", "node", "Node/n1"),
    ),
    "conntrack: node-exporter": (
        lambda t: {
            of("node_nf_conntrack_entries", instance="n1:9100"): 40_000 if t < FAULT else 64_000,
            of("node_nf_conntrack_entries_limit", instance="n1:9100"): 65_536,
        },
        ("conntrack-full", None, "Node/n1"),
    ),
    "conntrack: KubeSkoop": (
        lambda t: {
            of("kubeskoop_conntrack_entries", k8s_node="n2"): 64_000 + t,
            of("kubeskoop_conntrack_maxentries", k8s_node="n2"): 65_536,
        },
        ("conntrack-full", None, "Node/n2"),
    ),
    "conntrack: a share": (
        gauge(of("conntrack_usage_percent", node="n1"), steps(60, 98), 0.005),
        ("conntrack-full", None, "Node/n1"),
    ),
    "io: pressure of cAdvisor": (
        both(healthy(), cadvisor("store", io=steps(0.01, 0.8)), latency_of("store", "cart", "web")),
        ("io-slow", None, "Deployment/store"),
    ),
    "io: latency of a disk": (
        gauge(pod("disk_write_latency_ms", "store"), steps(3, 400)),
        ("io-slow", None, "Deployment/store"),
    ),
    "io: node-exporter": (
        counters({of("node_disk_io_time_seconds_total", instance="n1", device="sda"): steps(0.05, 0.99)}),
        ("io-slow", None, "Node/n1"),
    ),
    "gc: a JVM's sum": (
        both(
            counters({pod("jvm_gc_pause_seconds_sum", "cart", action="end of major GC"): steps(0.005, 0.4)}),
            latency_of("cart", "web"),
        ),
        ("gc-pause", None, "Deployment/cart"),
    ),
    "gc: a pause in milliseconds": (
        gauge(pod("gc_pause_ms", "search"), steps(8, 900)),
        ("gc-pause", None, "Deployment/search"),
    ),
    "gc: OpenTelemetry": (
        counters({of("jvm_gc_duration_seconds_sum", service_name="store"): steps(0.01, 0.5)}),
        ("gc-pause", None, "Deployment/store"),
    ),
    "node busy: node-exporter": (
        counters(
            {
                of("node_cpu_seconds_total", instance="n2", cpu="0", mode="idle"): steps(0.8, 0.01),
                of("node_cpu_seconds_total", instance="n2", cpu="1", mode="idle"): steps(0.7, 0.02),
            }
        ),
        ("cpu-overload", None, "Node/n2"),
    ),
    "node network: two workloads of one node": (
        latency_of("cart", "store"),  # both run on n2, nobody asks both
        ("network-latency", "node", "Node/n2"),
    ),
}
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
