"""What an object stands in: its typed edges to others, each with the interval in which it held.

Edges that objects state themselves (`owned-by`, `runs-on`, `reads`, `claims`) are kept with their intervals; those that
several objects make together (`selected-by`, `talks-to`, `pulls-from`, `limited-by`, `admitted-by`) hold as long as
both ends have been as they are; `changed-by` tells what was written to the object itself, and by whom
where it is known. Costs O(edges, Services of the namespace).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from causeline.core.objects import WebhookConfiguration
from causeline.core.pod_spec import reads_of, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import namespace_labels, talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.labels import selects
from causeline.knowledge.quantities import registry_host
from causeline.streams.topology import Topology

OF_A_TYPE_MAX: Final = 40
"""Edges of one type told of one object: a DaemonSet runs on every node."""
WEBHOOKS: Final = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


class Relation(NamedTuple):
    """An edge: its type, the other end, since when and until when (None: it holds) in unix seconds."""

    type: str
    to: ObjectRef
    since: float
    until: float | None = None
    text: str = ""


def relations(graph: Topology, ref: ObjectRef) -> list[Relation]:
    """Return the edges of an object and, of a workload, those of its pods; what holds comes first.

    Where several pods say the same, the widest interval is told.
    """
    found: dict[tuple[str, ObjectRef, str], Relation] = {}
    for edge in (*_stated(graph, ref), *_made_together(graph, ref), *_changed(graph, ref)):
        key = edge.type, edge.to, edge.text
        found[key] = _wider(found[key], edge) if key in found else edge
    told: dict[str, list[Relation]] = {}
    for edge in sorted(found.values(), key=lambda e: (e.until is not None, e.type, e.since)):
        told.setdefault(edge.type, []).append(edge)
    kept = [edge for edges in told.values() for edge in edges[:OF_A_TYPE_MAX]]
    return sorted(kept, key=lambda e: e.until is not None)


def _wider(one: Relation, other: Relation) -> Relation:
    until = None if one.until is None or other.until is None else max(one.until, other.until)
    return one._replace(since=min(one.since, other.since), until=until)


def _stated(graph: Topology, ref: ObjectRef) -> Iterator[Relation]:
    for source in (ref, *graph.pods_under(ref)):
        entry = graph.entries.get(source)
        for edge in entry.edges if entry is not None else ():
            if source == ref or edge.type != "owned-by":
                yield Relation(edge.type, edge.to, max(edge.since, entry.since if entry else 0.0), edge.until)
    yield from (Relation("owns", child, graph.as_of(child)) for child in graph.children(ref))


def _made_together(graph: Topology, ref: ObjectRef) -> Iterator[Relation]:
    since = graph.as_of(ref)

    def both(kind: str, other: ObjectRef) -> Relation:
        return Relation(kind, other, max(since, graph.as_of(other)))

    spec = template_of(graph.get(ref))
    if ref.kind == "Service":
        yield from (both("selects", w) for w in selected_workloads(graph, ref))
    if spec is None:
        return
    yield from (both(kind, other) for kind, other in reads_of(spec, ref.namespace))
    yield from (both("talks-to", s) for s in dict.fromkeys([*talks_to(graph, ref), *graph.calls_of(ref)]))
    services = graph.members("Service", ref.namespace)
    yield from (both("selected-by", s) for s in services if ref in selected_workloads(graph, s))
    hosts = dict.fromkeys(registry_host(c.image) for c in spec.containers)
    yield from (Relation("pulls-from", ObjectRef("External", None, host), since) for host in hosts)
    yield from (both("limited-by", quota) for quota in graph.members("ResourceQuota", ref.namespace))
    hooks = [hook for kind in WEBHOOKS for hook in graph.members(kind, None)]
    yield from (both("admitted-by", hook) for hook in hooks if _asks_for_pods(graph, hook, ref.namespace))


def _asks_for_pods(graph: Topology, hook: ObjectRef, namespace: str | None) -> bool:
    """Tell whether a configuration has a webhook for pods of this namespace."""
    config, labels = graph.get(hook), namespace_labels(graph, namespace)
    return any(
        any("pods" in (rule.resources or ()) or "*" in (rule.resources or ()) for rule in one.rules or ())
        and (one.namespace_selector is None or selects(one.namespace_selector, labels))
        for one in (config.webhooks or () if isinstance(config, WebhookConfiguration) else ())
    )


def _changed(graph: Topology, ref: ObjectRef) -> Iterator[Relation]:
    for change in graph.changes_of(ref):
        yield Relation("changed-by", ref, change.at, None, change.text)
