"""What cause rules may ask about: the graph, the symptoms and the changes, as of now."""

from collections.abc import Callable, Iterable
from typing import Final

from causeline.core.objects import Ingress, KubeObject, Lease, Pod, Secret
from causeline.core.pod_spec import reads_of, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import talks_to
from causeline.knowledge.inspections.services import selected_workloads
from causeline.knowledge.servers import family_of
from causeline.knowledge.symptom import Change, Symptom
from causeline.streams.resolve import SERIES, object_of
from causeline.streams.symptoms import Symptoms
from causeline.streams.topology import GONE_SECONDS, Topology

STALE_LEASE_SECONDS: Final = 60.0
"""Four times the usual leaseDuration: who has not renewed for so long leads no more."""
SERVED_SECONDS: Final = 120.0
"""A registry that served an image this long before a pull failed was there then."""


class LiveSituation:
    """The Situation of the running engine; see knowledge/situation.py for what each question means."""

    def __init__(
        self,
        topology: Topology,
        symptoms: Symptoms,
        pulls: dict[str, float],
        evictions: dict[str, list[tuple[float, ObjectRef, str]]],
        kubelet_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._kubelet_of = kubelet_of
        self.topology = topology
        self.symptoms = symptoms
        self.pulls = pulls
        self.evicted = evictions
        self.t = 0.0
        self.is_ending = False
        """Nothing more will come: what waits for more must do without."""

    def get(self, ref: ObjectRef) -> KubeObject | None:
        return self.topology.get(ref)

    def pods(self, symptom: Symptom) -> list[Pod]:
        found = (self.topology.entries.get(ref) for ref in self.pod_refs(symptom))
        return [e.object for e in found if e is not None and isinstance(e.object, Pod)]

    def pod_refs(self, symptom: Symptom) -> list[ObjectRef]:
        return [*symptom.contributors, *(r for r in symptom.past if r not in symptom.contributors)]

    def nodes(self, symptom: Symptom) -> list[str]:
        if symptom.contributors:
            nodes = [self._nodes_of(ref, c.node) for ref, c in symptom.contributors.items()]
        else:
            nodes = [self._nodes_of(ref, node) for ref, node in symptom.past.items()]
        return [n for group in nodes for n in group]

    def _nodes_of(self, ref: ObjectRef, node: str | None) -> list[str]:
        if node is not None:
            return [node]
        if ref.kind == "Service":
            return [n for w in selected_workloads(self.topology, ref) for n in self._nodes_of(w, None)]
        if ref.kind == SERIES:
            return self._nodes_of(object_of(ref), None)
        pods = (self.topology.get(p) for p in ([ref] if ref.kind == "Pod" else self.topology.pods_under(ref)))
        return [p.spec.node_name for p in pods if isinstance(p, Pod) and p.spec.node_name]

    def active(self, kind: str, subject: ObjectRef) -> Symptom | None:
        symptom = self.symptoms.held.get((kind, subject))
        return symptom if symptom is not None and symptom.confirmed_at is not None else None

    def of_type(self, kinds: Iterable[str]) -> list[Symptom]:
        wanted = frozenset(kinds)
        return [s for s in self.symptoms.held.values() if s.type in wanted and s.confirmed_at is not None]

    def changes(self, ref: ObjectRef, since: float, until: float) -> list[Change]:
        return [c for c in self.topology.changes.get(ref, ()) if since <= c.at <= until]

    def lists(self, stream: str) -> bool:
        return self.topology.lists(stream)

    def config_of(self, symptom: Symptom) -> list[ObjectRef]:
        return self._reads(symptom, "reads")

    def claims_of(self, symptom: Symptom) -> list[ObjectRef]:
        return self._reads(symptom, "claims")

    def _reads(self, symptom: Symptom, kind: str) -> list[ObjectRef]:
        found: dict[ObjectRef, None] = {}
        objects = [self.topology.get(symptom.subject), *self.pods(symptom)[:5]]
        for obj in objects:
            spec = template_of(obj)
            if spec is not None:
                found.update((ref, None) for edge, ref in reads_of(spec, symptom.subject.namespace) if edge == kind)
        return list(found)

    def pulled_from(self, host: str, since: float) -> bool:
        return self.pulls.get(host, 0.0) >= since - SERVED_SECONDS

    def all_of(self, kind: str) -> list[tuple[ObjectRef, KubeObject]]:
        return [(ref, self.topology.entries[ref].object) for ref in self.topology.members(kind, None)]

    def kubelet_of(self, node: str) -> str:
        return self._kubelet_of(node)

    def evictions(self, node: str) -> list[tuple[ObjectRef, str]]:
        return [(ref, message) for at, ref, message in self.evicted.get(node, ()) if at >= self.t - GONE_SECONDS]

    def selected(self, service: ObjectRef) -> list[ObjectRef]:
        return selected_workloads(self.topology, service)

    def servers(self, workload: ObjectRef, kind: str) -> list[ObjectRef]:
        asked = dict.fromkeys([*talks_to(self.topology, workload), *self.topology.calls_of(workload)])
        behind = [w for s in asked for w in (selected_workloads(self.topology, s) if s.kind == "Service" else [s])]
        others = [w for w in dict.fromkeys(behind) if w != workload]
        return [w for w in others if not kind or family_of(template_of(self.topology.get(w))) == kind]

    def certificates(self, workload: ObjectRef) -> list[ObjectRef]:
        spec = template_of(self.topology.get(workload))
        mounted = [v.secret.secret_name for v in (spec.volumes if spec else None) or () if v.secret is not None]
        refs = [ObjectRef("Secret", workload.namespace, name) for name in mounted]
        return [ref for ref in refs if _holds_certificate(self.topology.get(ref), ref.name)]

    def certificates_for(self, host: str) -> list[ObjectRef]:
        found: dict[ObjectRef, None] = {}
        for ref in self.topology.all_of("Ingress"):
            route = self.topology.get(ref)
            for tls in (route.spec.tls or ()) if isinstance(route, Ingress) else ():
                if tls.secret_name and {host, f"*.{host.partition('.')[2]}"} & set(tls.hosts or ()):
                    found[ObjectRef("Secret", ref.namespace, tls.secret_name)] = None
        return list(found)

    def spoke_at(self, node: str) -> float:
        spoke = ((self.topology.get(ref), t) for ref, t in self.topology.spoke.items())
        return max((t for pod, t in spoke if isinstance(pod, Pod) and pod.spec.node_name == node), default=0.0)

    def leader_of(self, workload: ObjectRef) -> Pod | None:
        leases = (self.topology.get(ref) for ref in self.topology.members("Lease", workload.namespace))
        held = [o.spec for o in leases if isinstance(o, Lease) and o.spec.holder_identity]
        fresh = self.t - STALE_LEASE_SECONDS
        holders = {s.holder_identity or "" for s in held if s.renew_time and s.renew_time.timestamp() >= fresh}
        for ref in self.topology.pods_under(workload) if holders else ():
            if any(h == ref.name or h.startswith(f"{ref.name}_") for h in holders):
                found = self.topology.get(ref)
                return found if isinstance(found, Pod) else None
        return None

    def pods_of(self, namespace: str) -> list[tuple[ObjectRef, Pod]]:
        found = ((ref, self.topology.get(ref)) for ref in self.topology.members("Pod", namespace))
        return [(ref, pod) for ref, pod in found if isinstance(pod, Pod)]

    def settings_named(self, symptom: Symptom) -> set[str]:
        return {
            name
            for ref in (symptom.subject, *self.pod_refs(symptom))
            for name in self.topology.settings_named.get(ref, ())
        }


TLS_TYPE: Final = "kubernetes.io/tls"
_CERTIFICATE_WORDS: Final = ("tls", "cert", "ssl", "x509", "pki")


def _holds_certificate(secret: KubeObject | None, name: str) -> bool:
    """Tell whether a Secret holds a certificate: by its type, its keys, or, where it is not known, its name."""
    if isinstance(secret, Secret):
        return secret.type == TLS_TYPE or any(k.endswith((".crt", ".pem", ".p12", ".jks")) for k in secret.data or ())
    return any(word in name for word in _CERTIFICATE_WORDS)
