"""The ways between workloads: addresses, Services, routes, policies, names."""

from typing import Final

import re2

from causeline.core.addresses import addresses_of
from causeline.core.objects import Service, Workload
from causeline.core.pod_spec import all_containers, reads_of, template_of, values_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import data_of
from causeline.knowledge.servers import passes_on
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom


def _selected_workload(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workloads behind a Service."""
    return [Blame(ref) for ref in situation.selected(symptom.subject)]


@needing("address-wrong", "address-odd")
def _wrong_address(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload that was given an address which leads nowhere, and in what way."""
    astray = points_astray(situation, symptom)
    return [Blame(symptom.subject, astray.attrs.get("term", ""), 1.0, astray.attrs.get("shows", ""))] if astray else []


@needing("address-wrong", "address-odd")
def _gateway_config(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap in which a gateway was given an address that leads nowhere."""
    astray = points_astray(situation, symptom)
    if astray is None or astray.attrs.get("gateway") != "true":
        return []
    return [
        Blame(
            ObjectRef("ConfigMap", symptom.subject.namespace, astray.attrs.get("config", "")),
            None,
            1.0,
            astray.attrs.get("shows", ""),
        )
    ]


@needing("address-wrong", "address-odd")
def missing_service(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service that is not there, though its workload runs and the subject has asked for this name all along."""
    astray = points_astray(situation, symptom)
    ref = service_in(astray.attrs.get("missing", "")) if astray is not None else None
    return [Blame(ref, None, 1.0, astray.attrs.get("shows", ""))] if astray is not None and ref is not None else []


def _changed_gateway(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap of a gateway that the subject asks, if it was edited shortly before."""
    since = symptom.since - CHANGE_SECONDS
    for gateway in situation.servers(symptom.subject, ""):
        spec = template_of(situation.get(gateway))
        if spec is None or not passes_on(gateway.name, spec):
            continue
        for ref in (r for kind, r in reads_of(spec, gateway.namespace) if kind == "reads" and r.kind == "ConfigMap"):
            changes = situation.changes(ref, since, symptom.since)
            has_routes = any(addresses_of(value) for value in data_of(situation.get(ref)).values())
            if has_routes and any(c.what == "config" for c in changes):
                return [Blame(ref, None, 1.0, changes[-1].text)]
    return []


@needing("log-no-service")
def _complained_route(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The route to a Service that is not there, of which a gateway complains by name."""
    routes = situation.of_type(["route-leads-nowhere", "route-leads-nowhere-yet"])
    if symptom.type == "log-no-service":
        found = [r for r in routes if r.attrs.get("service", "") == symptom.attrs.get("host")]
    else:
        hosts = {s.attrs.get("host") for s in situation.of_type(["log-no-service"])}
        found = [r for r in routes if r.subject == symptom.subject and r.attrs.get("service", "") in hosts]
    return [Blame(r.subject, None, 1.0, r.attrs.get("shows", "")) for r in found[:1]]


def points_astray(situation: Situation, symptom: Symptom) -> Symptom | None:
    """Return the symptom that says that the subject's address is wrong."""
    if wrong := situation.active("address-wrong", symptom.subject):
        return wrong
    odd = situation.active("address-odd", symptom.subject)
    if odd is None:
        return None
    said = [s for kind in ("log-name", "log-unreachable") if (s := situation.active(kind, symptom.subject)) is not None]
    if not said:
        return None
    host, _, port = odd.attrs.get("address", "").rpartition("://")[2].partition(":")
    texts = [e.text.partition(" printed: ")[2] for s in said for e in s.evidence]
    named = re2.compile(rf"(?:^|[^\w.-]){re2.escape(host)}(?:[^\w-]|$)" + (rf"|:{port}\b" if port else ""))
    return odd if any(named.search(text) for text in texts) else None


@needing("dns-foreign")
def _asked_with_foreign_dns(situation: Situation, symptom: Symptom) -> list[Blame]:
    """What the subject asks and whose own names do not resolve: clients pass on what their servers could not do."""
    found = [w for w in situation.servers(symptom.subject, "") if situation.active("dns-foreign", w)]
    return [Blame(ref) for ref in found[:1]] if not situation.active("dns-foreign", symptom.subject) else []


@needing("service-selects-nothing")
def _own_service(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service that gives the subject, a StatefulSet, the names of its members, and that selects nothing."""
    owner = situation.get(symptom.subject)
    name = owner.spec.service_name if isinstance(owner, Workload) else None
    ref = ObjectRef("Service", symptom.subject.namespace, name or "")
    return (
        [Blame(ref, None, 1.0, f"members have names in {ref}")]
        if situation.active("service-selects-nothing", ref)
        else []
    )


def _outside_name(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service that a complaint names and that is but another name for a host outside."""
    ref = service_named(symptom)
    service = situation.get(ref) if ref is not None else None
    is_outside = isinstance(service, Service) and service.spec.type == "ExternalName"
    return [Blame(ref)] if ref is not None and is_outside else []


INSIDE: Final = (".svc", ".local", ".internal")
"""How names of a cluster, or of its cloud's own network, end."""


@needing("log-name")
def _outside_host(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The subject, whose settings name a host outside the cluster that its programs can't resolve."""
    said = situation.active("log-name", symptom.subject)
    host = said.attrs.get("host", "") if said is not None else ""
    if "." not in host or host.endswith(INSIDE) or ".svc." in host:
        return []
    values = [v for pod in situation.pods(symptom)[:1] for v in values_of(all_containers(pod.spec))]
    values += [v for ref in situation.config_of(symptom) for v in data_of(situation.get(ref)).values()]
    is_named = any(a.host == host for value in values for a in addresses_of(value))
    return [Blame(symptom.subject, None, 1.0, f"{host} does not resolve")] if is_named else []


@needing("policy-denies", "policy-strict")
def _denying_policies(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The policies that let nothing through between the subject and whom it needs, or who need it."""
    wanted = str(symptom.subject)
    found = situation.of_type(["policy-denies", "policy-strict"])
    return [
        Blame(s.subject, None, 1.0, s.attrs.get("shows", ""))
        for s in found
        if wanted in s.attrs.get("hit", "").split("|")
    ]


def service_named(symptom: Symptom) -> ObjectRef | None:
    """The Service that a log line speaks of, as streams/logs.py wrote it down."""
    return service_in(symptom.attrs.get("to", ""))


def service_in(text: str) -> ObjectRef | None:
    """Read a Service as signs write it down: `Service shop/web`."""
    kind, _, place = text.partition(" ")
    namespace, _, name = place.rpartition("/")
    return ObjectRef("Service", namespace, name) if kind == "Service" else None


@needing("service-port-odd", "service-port-unknown", "service-protocol-wrong")
def _odd_service(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service with a port that nobody declares, which the subject is or complains about."""
    ref = service_named(symptom) or symptom.subject
    odd = any(situation.active(s, ref) for s in ("service-port-odd", "service-port-unknown", "service-protocol-wrong"))
    return [Blame(ref)] if odd else []


COREDNS: Final = ObjectRef("Deployment", "kube-system", "coredns")
PROXY: Final = ObjectRef("DaemonSet", "kube-system", "kube-proxy")
ILL: Final = (
    "container-crash", "container-not-startable", "container-oom", "liveness-failing", "nothing-ready",
    "pods-not-ready", "pods-never-ready", "image-not-found", "image-pull-failing",
)  # fmt: skip
"""Symptoms of a workload that does not do its work."""


def nothing_ready(situation: Situation, ref: ObjectRef) -> bool:
    """Tell whether no pod of a workload is ready."""
    workload = situation.get(ref)
    if isinstance(workload, Workload):
        return max(workload.status.ready_replicas, workload.status.number_ready) == 0
    return situation.active("nothing-ready", ref) is not None


def _ill_dns(situation: Situation, symptom: Symptom) -> list[Blame]:
    """CoreDNS, if nothing of it is ready."""
    is_there = situation.get(COREDNS) is not None
    return [Blame(COREDNS)] if is_there and symptom.subject != COREDNS and nothing_ready(situation, COREDNS) else []


def _ill_proxy_of_nodes(situation: Situation, symptom: Symptom) -> list[Blame]:
    """kube-proxy, by the share of the pods that run where it fails; on a lost node it is as lost as all else."""
    ill = {n for kind in ILL if (s := situation.active(kind, PROXY)) is not None for n in situation.nodes(s)}
    ill -= {s.subject.name for s in situation.of_type(["node-not-ready", "node-unready", "node-runtime-down"])}
    nodes = situation.nodes(symptom)
    share = sum(n in ill for n in nodes) / len(nodes) if nodes else 0.0
    return [Blame(PROXY, None, share)] if share > 0 and symptom.subject != PROXY else []


ROOTS: Final[dict[str, Root]] = {
    "odd-service": _odd_service,
    "wrong-address": _wrong_address,
    "complained-route": _complained_route,
    "gateway-config": _gateway_config,
    "changed-gateway": _changed_gateway,
    "missing-service": missing_service,
    "asked-with-foreign-dns": _asked_with_foreign_dns,
    "own-service": _own_service,
    "outside-name": _outside_name,
    "outside-host": _outside_host,
    "denying-policies": _denying_policies,
    "ill-dns": _ill_dns,
    "ill-proxy-of-nodes": _ill_proxy_of_nodes,
    "selected-workload": _selected_workload,
}
