"""Names of series that are known exactly: of well-known exporters, and those that are about no workload."""

from typing import Final

from causeline.core.golden.measure import Golden

OWN_PREFIXES: Final = [
    "aggregator_", "apiextensions_", "apiserver_", "attachdetach_", "authenticated_", "authentication_",
    "authorization_", "cronjob_", "csi_", "endpoint_slice", "etcd_", "ephemeral_", "field_validation_",
    "garbagecollector_", "go_", "horizontal_pod_", "job_controller_", "kube_", "kubelet_", "kubeproxy_",
    "kubernetes_", "leader_election_", "node_authorizer_", "node_collector_", "node_ipam_", "plugin_",
    "pod_gc_", "pod_security_", "prober_", "prometheus_", "promhttp_", "dra_", "force_cleaned_", "reconstruct_",
    "retroactive_", "replicaset_", "rest_client_", "root_ca_", "running_managed_", "scheduler_",
    "service_controller_", "statefulset_", "storage_", "taint_", "ttl_", "volume_", "watch_", "workqueue_",
    "cadvisor_", "machine_", "net_conntrack_", "process_cpu", "process_resident", "process_virtual",
    "process_max", "process_open", "process_start", "process_network", "scrape_", "up", "container_cpu_load",
    "container_cpu_user", "container_cpu_system", "container_fs_inodes", "container_spec", "container_tasks",
    "container_memory_failures", "container_memory_max", "container_memory_rss", "container_memory_usage_bytes",
    "container_scrape", "container_pressure_cpu", "container_pressure_memory", "node_scrape", "node_time",
    "node_load", "node_timex", "node_boot", "node_schedstat", "node_softnet", "node_sockstat",
    "node_pressure_cpu", "node_pressure_memory", "node_filesystem", "node_vmstat", "node_memory",
    "node_cpu_guest", "node_cpu_scaling", "node_cpu_frequency", "resource_scrape", "pod_swap",
    "pod_cpu_usage_seconds_total", "pod_memory_working_set_bytes", "node_cpu_usage_seconds_total", "node_swap",
    "container_swap", "container_start", "container_last",
]  # fmt: skip
"""Prefixes of what Kubernetes' own components, runtimes and exporters say of themselves: of no workload."""

KNOWN: Final[dict[str, Golden]] = {
    "container_cpu_usage_seconds_total": Golden("cpu", "rate", "value", "cpu"),
    "container_cpu_cfs_throttled_periods_total": Golden("throttled", "ratio", "bad", "cfs periods"),
    "container_cpu_cfs_periods_total": Golden("throttled", "ratio", "total", "cfs periods"),
    "container_cpu_cfs_throttled_seconds_total": Golden("throttled", "rate", "value", "cfs throttled seconds"),
    "container_memory_working_set_bytes": Golden("memory", "gauge", "value", "working set"),
    "jvm_memory_used_bytes": Golden("memory", "gauge", "value", "jvm memory"),
    "node_netstat_Tcp_RetransSegs": Golden("retransmits", "ratio", "bad", "tcp segments"),
    "node_netstat_Tcp_OutSegs": Golden("retransmits", "ratio", "total", "tcp segments"),
    "kubeskoop_tcp_retranssegs": Golden("retransmits", "ratio", "bad", "tcp segments"),
    "kubeskoop_tcp_outsegs": Golden("retransmits", "ratio", "total", "tcp segments"),
    "node_nf_conntrack_entries": Golden("conntrack", "share", "value", "conntrack"),
    "node_nf_conntrack_entries_limit": Golden("conntrack", "share", "limit", "conntrack"),
    "kubeskoop_conntrack_entries": Golden("conntrack", "share", "value", "conntrack"),
    "kubeskoop_conntrack_maxentries": Golden("conntrack", "share", "limit", "conntrack"),
    "node_disk_io_time_seconds_total": Golden("io", "rate", "value", "disk busy"),
    "container_fs_io_time_seconds_total": Golden("io", "rate", "value", "disk busy"),
    "container_pressure_io_waiting_seconds_total": Golden("io", "rate", "value", "io pressure"),
    "node_pressure_io_waiting_seconds_total": Golden("io", "rate", "value", "io pressure"),
    "node_disk_read_time_seconds_total": Golden("io-latency", "mean", "sum", "disk reads"),
    "node_disk_reads_completed_total": Golden("io-latency", "mean", "count", "disk reads"),
    "node_disk_write_time_seconds_total": Golden("io-latency", "mean", "sum", "disk writes"),
    "node_disk_writes_completed_total": Golden("io-latency", "mean", "count", "disk writes"),
    "go_gc_duration_seconds_sum": Golden("gc", "rate", "value", "gc"),
    "node_cpu_seconds_total": Golden("cpu-share", "idle", "value", "node cpu idle"),
    "smokeping_response_duration_seconds_sum": Golden("ping", "mean", "sum", "echoes"),
    "smokeping_response_duration_seconds_count": Golden("ping", "mean", "count", "echoes"),
    "kubeskoop_packetloss_total": Golden("loss", "rate", "value", "packet loss"),
}
"""Name of a series -> what it measures, whatever its words say."""
