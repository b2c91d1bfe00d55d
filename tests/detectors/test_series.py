"""Series of scrapes -> points of measures."""

import pytest

from causeline.core.golden import Golden
from causeline.core.refs import ObjectRef
from causeline.core.series import parts_of
from causeline.detectors.saturation import judge, needs_look
from causeline.detectors.series import POINTS_BYTES, Measure, increase

OWNER = ObjectRef("Pod", "shop", "cart-1")


def measure(signal: str, form: str, scale: float = 1.0, *, is_inverted: bool = False) -> Measure:
    return Measure(Golden(signal, form, "value", "f", scale, is_inverted), OWNER, "s", opened_at=0.0)


def point(m: Measure, **parts: float) -> float | None:
    m.parts.update({k.replace("le_", "le:"): v for k, v in parts.items()})
    return m.close(m.opened_at + 10.0)


def test_a_counter_that_fell_began_anew() -> None:
    assert (increase(10.0, 14.0), increase(10.0, 3.0), increase(10.0, 10.0)) == (4.0, 3.0, 0.0)


def test_each_form_makes_its_point() -> None:
    assert point(measure("cpu", "rate"), value=5.0) == 0.5
    assert point(measure("cpu", "rate")) == 0.0, "a counter that did not change counts nothing"
    assert point(measure("latency", "gauge", 1e-3), value=250.0) == 0.25
    assert point(measure("errors", "gauge", 0.01, is_inverted=True), value=97.0) == pytest.approx(0.03)
    assert point(measure("errors", "ratio"), bad=5.0, total=15.0) == 0.25
    assert point(measure("errors", "ratio"), bad=1.0) is None, "one request says no share"
    assert point(measure("throttled", "ratio"), bad=5.0, total=20.0) == 0.25
    assert point(measure("latency", "mean", 1e-3), sum=400.0, count=4.0) == 0.1
    assert point(measure("latency", "mean")) is None, "no requests, no latency"
    assert point(measure("latency", "mean"), le_1=5.0, le_3=10.0) == 1.25
    assert point(measure("conntrack", "share"), value=90.0, limit=100.0) == 0.9
    assert point(measure("latency", "gauge"), value=float("nan")) is None


def test_the_memory_of_a_measure_is_bounded() -> None:
    m = measure("latency", "gauge")
    for _ in range(500):
        point(m, value=1.0)
    assert len(m.points) == POINTS_BYTES <= 2048


def run(m: Measure, *values: float) -> Measure:
    for value in values:
        point(m, value=value)
        if m.finding is not None or needs_look(m, value):
            m.finding = judge(m, m.opened_at)
        m.settle(value)
    return m


def test_a_trouble_is_found_after_half_a_minute_and_not_before() -> None:
    m = run(measure("latency", "gauge"), *[0.05] * 10, *[1.0] * 3)
    assert m.finding is None
    assert run(m, 1.0).finding is not None


def test_a_trouble_keeps_what_was_usual_while_it_lasts_and_ends_with_it() -> None:
    m = run(measure("latency", "gauge"), *[0.05] * 10, *[1.0] * 300)
    assert m.finding is not None
    assert m.finding.expected == 0.05
    assert run(m, *[0.05] * 6).finding is None


def test_a_latency_without_a_unit_is_taken_for_what_is_likely() -> None:
    seconds = run(measure("latency", "gauge", 0.0), *[0.05] * 10, *[1.0] * 5).finding
    milliseconds = run(measure("latency", "gauge", 0.0), *[50.0] * 10, *[1000.0] * 5).finding
    assert seconds is not None
    assert milliseconds is not None
    assert (seconds.value, milliseconds.value) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("series", "owner"),
    [
        ('container_cpu_usage_seconds_total{namespace="shop",pod="cart-1",container="app"}', OWNER),
        ('container_cpu_usage_seconds_total{id="/system.slice",pod="",namespace=""}', None),
        ('CpuUsageRate(%){PodName="cart-1",namespace="shop"}', OWNER),
        ('latency_p90{app="cart"}', ObjectRef("Workload", None, "cart")),
        ('node_nf_conntrack_entries{instance="n1:9100"}', ObjectRef("Node", None, "n1")),
        ('node_cpu_seconds_total{cpu="0",mode="idle"}', ObjectRef("Node", None, "node-exporter-n1")),
        ('node_cpu_seconds_total{cpu="0",mode="user"}', None),
        ('istio_requests_total{destination_workload="unknown",response_code="200"}', ObjectRef("Workload", None, "x")),
        ('apiserver_request_duration_seconds_sum{verb="GET"}', None),
        ('http_requests_total{pod="cart-1",namespace="shop"}', None),
        ('latency_p90{app="a\\"b\\\\"}', ObjectRef("Workload", None, 'a"b\\')),
        ('latency_p90{app="never ends', ObjectRef("Workload", None, "x")),
    ],
)
def test_a_series_is_about_whom_its_labels_name(series: str, owner: ObjectRef | None) -> None:
    target = "node-exporter-n1" if series.startswith("node_") else "x"
    assert [p.owner for p in parts_of(series, target)] == ([owner] if owner else [])


def test_an_edge_of_a_mesh_has_two_ends_and_a_side() -> None:
    labels = (
        'source_workload="web",destination_workload="cart",destination_workload_namespace="shop",response_code="503"'
    )
    (part,) = parts_of(f'istio_requests_total{{reporter="source",{labels}}}', "t")
    assert (part.part, part.owner.name, part.caller and part.caller.name, part.by_caller) == (
        "bad",
        "cart",
        "web",
        True,
    )


def test_a_histogram_by_code_counts_errors_as_well() -> None:
    parts = parts_of('http_server_requests_seconds_count{app="cart",status="500"}', "t")
    assert [(p.golden.signal, p.part) for p in parts] == [("latency", "count"), ("errors", "bad")]
