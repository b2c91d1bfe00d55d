"""Names that pods can't resolve: pods that do not ask the cluster's DNS and need it.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
"""

from typing import Final

from causeline.core.objects import PodSpec, Service
from causeline.core.pod_spec import template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph, talks_to
from causeline.knowledge.inspections.policies import DNS
from causeline.knowledge.sign import Sign

LINK_LOCAL: Final = ("169.254.", "127.", "::1")
"""Where caches of the cluster's DNS listen on each node."""


def name_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a workload's pods ask other name servers than the cluster's while they name Services of it."""
    spec = template_of(graph.get(ref))
    if spec is None or not (talks_to(graph, ref) or graph.calls_of(ref)):
        return []
    asked = _asked_instead(graph, spec)
    return [Sign("workload.foreign-dns", {"shows": f"its pods do not ask the cluster's DNS: {asked}"})] if asked else []


def _asked_instead(graph: Graph, spec: PodSpec) -> str:
    policy = spec.dns_policy or "ClusterFirst"
    servers = (spec.dns_config.nameservers if spec.dns_config is not None else None) or []
    if policy == "None":
        return f"dnsPolicy None with {', '.join(servers)}" if servers and not _is_clusters(graph, servers) else ""
    if policy == "Default":
        return "dnsPolicy Default"
    return "hostNetwork with dnsPolicy ClusterFirst" if spec.host_network and policy == "ClusterFirst" else ""


def _is_clusters(graph: Graph, servers: list[str]) -> bool:
    dns = graph.get(DNS)
    known = dns.spec.cluster_ip if isinstance(dns, Service) else None
    return known is None or any(s == known or s.startswith(LINK_LOCAL) for s in servers)
