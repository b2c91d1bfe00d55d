"""What metrics alone say: a case for each class, in the names of several exporters, and what must be made of it."""

from collections.abc import Callable

from tests.streams.metric_cluster import FAULT, UNTIL, Counter, Noise, Values, steps

CALLS = {"web": ["cart", "search"], "cart": ["store"], "search": [], "store": []}
POD = {name: f"{name}-r1-0" for name in CALLS}
MEBI = 2.0**20
ADDRESS = {"n1": "10.0.0.1", "n2": "10.0.0.2", "n3": "10.0.0.3"}
NODES = list(ADDRESS)


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


def agents(name: Callable[[str, str], str], ill: str, values: tuple[float, float]) -> Values:
    """Agents on all nodes ask each other: the ways in and out of one node change from the first value to the second."""
    ways = [(a, b) for a in NODES for b in NODES if a != b]
    return both(*(gauge(name(a, b), steps(values[0], values[1 if ill in (a, b) else 0])) for a, b in ways))


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
    "node network: agents that ask each other, Cilium": (
        agents(
            lambda a, b: of(
                "cilium_node_connectivity_latency_seconds", source_node_name=a, target_node_name=b, protocol="icmp"
            ),
            "n2",
            (0.001, 0.25),
        ),
        ("network-latency", "node", "Node/n2"),
    ),
    "node network: agents that ask each other by address, Goldpinger": (
        agents(
            lambda a, b: of("goldpinger_peers_response_time_s", goldpinger_instance=a, host_ip=ADDRESS[b]),
            "n1",
            (0.004, 0.6),
        ),
        ("network-latency", "node", "Node/n1"),
    ),
    "loss: packets that a node drops": (
        counters(
            {
                of("node_network_receive_drop_total", instance="10.0.0.2:9100", device="eth0"): steps(0, 160),
                of("node_network_receive_packets_total", instance="10.0.0.2:9100", device="eth0"): steps(900, 900),
            }
        ),
        ("packet-loss", "node", "Node/n2"),
    ),
    "loss: agents that ask each other, Goldpinger": (
        agents(
            lambda a, b: of("goldpinger_peers_loss_pct", goldpinger_instance=a, host_ip=ADDRESS[b]), "n2", (0.0, 30.0)
        ),
        ("packet-loss", "node", "Node/n2"),
    ),
    "loss: segments of a container sent again, Coroot": (
        both(
            counters(
                {
                    of("container_net_tcp_retransmits_total", container_id=f"/k8s/shop/{POD[w]}/app"): steps(
                        0.1, 60 if w == "cart" else 0.1
                    )
                    for w in CALLS
                }
            ),
            latency_of("cart", "web"),
        ),
        ("packet-loss", "pod", "Deployment/cart"),
    ),
    "loss: errors of a pod's interface": (
        both(
            counters(
                {
                    pod("container_network_transmit_packets_total", "search", interface="eth0"): steps(300, 300),
                    pod("container_network_transmit_errors_total", "search", interface="eth0"): steps(0, 45),
                }
            ),
            latency_of("search", "web"),
        ),
        ("packet-loss", "pod", "Deployment/search"),
    ),
    "node network: agents see loss, and the delay that comes of it": (
        both(
            agents(
                lambda a, b: of("goldpinger_peers_response_time_s", goldpinger_instance=a, host_ip=ADDRESS[b]),
                "n2",
                (0.004, 0.6),
            ),
            agents(
                lambda a, b: of("goldpinger_peers_loss_pct", goldpinger_instance=a, host_ip=ADDRESS[b]),
                "n2",
                (0.0, 30.0),
            ),
        ),
        ("packet-loss", "node", "Node/n2"),
    ),
    "node network: one workload is slow, its neighbour loses packets": (
        both(latency_of("cart"), gauge(pod("packet_loss_percent", "store"), steps(0.01, 20))),
        ("node-network", None, "Node/n2"),
    ),
    "node network: slow to ping, and echoes are lost": (
        both(
            gauge(of("ping_rtt_milliseconds", node="n1"), steps(1.0, 180)),
            gauge(of("ping_loss_percent", node="n1"), steps(0.0, 25)),
        ),
        ("node-network", None, "Node/n1"),
    ),
    "node network: slow to ping, and it sends much again": (
        both(
            gauge(of("ping_rtt_milliseconds", node="n2"), steps(1.0, 180)),
            counters(
                {
                    of("node_netstat_Tcp_RetransSegs", instance="n2:9100"): steps(1, 90),
                    of("node_netstat_Tcp_OutSegs", instance="n2:9100"): steps(900, 900),
                }
            ),
        ),
        ("node-network", None, "Node/n2"),
    ),
}
