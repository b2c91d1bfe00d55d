"""What names of series say, in the words of many exporters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.core.golden import golden_of
from causeline.core.series import parts_of

NAMES = {
    "latency": [
        "http_request_duration_seconds_sum", "istio_request_duration_milliseconds_bucket", "latency_p90",
        "response_time_ms",
        "PodServerLatencyP95(s)", "envoy_cluster_upstream_rq_time_sum", "grpc_server_handling_seconds_count",
        "http_server_requests_seconds_sum", "traces_spanmetrics_latency_bucket", "rpc_server_duration_milliseconds_sum",
    ],
    "errors": ["istio_requests_total", "error_rate", "grpc_server_handled_total", "PodSuccessRate(%)", "calls_total"],
    "error-rate": ["http_request_errors_total"],
    "cpu": ["container_cpu_usage_seconds_total", "pod_cpu_usage", "CpuUsage(m)"],
    "cpu-share": ["cpu_usage_percent", "CpuUsageRate(%)", "node_cpu_utilization"],
    "throttled": ["container_cpu_cfs_throttled_periods_total", "cpu_throttled_ratio"],
    "memory": ["container_memory_working_set_bytes", "MemoryUsage(Mi)", "jvm_memory_used_bytes", "memory_usage_bytes"],
    "memory-share": ["memory_usage_percent"],
    "loss": ["container_network_receive_packets_dropped_total", "packet_loss_rate", "node_network_transmit_errs_total"],
    "retransmits": ["node_netstat_Tcp_RetransSegs", "kubeskoop_tcp_retranssegs", "tcp_retrans_total"],
    "conntrack": ["node_nf_conntrack_entries", "kubeskoop_conntrack_maxentries", "conntrack_usage_percent"],
    "io": ["node_disk_io_time_seconds_total", "container_pressure_io_waiting_seconds_total", "disk_util_percent"],
    "io-latency": ["disk_write_latency_ms", "node_disk_write_time_seconds_total"],
    "gc": ["jvm_gc_pause_seconds_sum", "jvm_gc_duration_seconds_sum", "go_gc_duration_seconds_sum"],
    "gc-pause": ["gc_pause_ms", "jvm_gc_pause_seconds_max"],
    "ping": ["ping_rtt_ms", "pod_network_latency_ms"],
    None: [
        "up", "go_goroutines", "kube_pod_info", "apiserver_request_duration_seconds_sum",
        "container_spec_memory_limit_bytes",
        "network_receive_bytes", "requests_per_second", "machine_cpu_cores", "container_memory_cache", "", "_", "%",
        "container_cpu_load_average_10s", "process_start_time_seconds", "kubelet_http_requests_total",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("signal", "name"), [(s, n) for s, names in NAMES.items() for n in names])
def test_a_name_says_its_signal(signal: str | None, name: str) -> None:
    found = golden_of(name)
    assert (found.signal if found else None) == signal


@given(st.text())
def test_any_text_is_a_name_or_a_series(text: str) -> None:
    golden_of(text)
    parts_of(text, "t")
    parts_of("latency_p90{" + text, "t")
    parts_of(f'istio_requests_total{{response_code="{text}",instance="{text}",destination_service="{text}"}}', text)
