"""Whom a cause rule may blame: the functions that its `root` names.

Each is a pure function of the situation and a symptom; an empty list says that the rule does not apply.
"""

from collections.abc import Callable
from typing import Final

import re2

from causeline.core.objects import ConfigMap, Node, Service, WebhookConfiguration
from causeline.core.refs import ObjectRef
from causeline.knowledge.probes import probe_fault, suspected_part
from causeline.knowledge.quantities import quantity, registry_host, repository_of
from causeline.knowledge.settings import keys_of
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Situation
from causeline.knowledge.symptom import Change, Symptom

STALE_SECONDS: Final = 30.0
"""A refusal older than this when it was first seen, by a webhook that no configuration holds, is of an earlier time."""
PROGRAM: Final = ("image", "command", "environment", "volumes", "resources")
"""Changes of a pod template that change what runs."""
TOGETHER_SECONDS: Final = 60.0
"""Changes this close to each other are one release."""
NODES_ASKED: Final = 500
"""Nodes looked at for one symptom; more than these are not all lost."""
PROBE_KINDS: Final = ("startup", "liveness", "readiness")
PROBE_SYMPTOMS: Final = ("liveness-failing", "startup-probe-failing", "readiness-probe-failing")
STATIC_PODS: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
"""Components that kubeadm runs as static pods, named <component>-<node>."""
NODE_SYMPTOMS: Final = ("node-not-ready", "node-runtime-down", "node-network-unavailable")
HEARTBEAT_SECONDS: Final = 60.0
"""A node is missed up to 50 s (node-monitor-grace-period) after it stopped, its pods may fail at once."""
PRESSURE: Final = {"disk-pressure": "ephemeral-storage", "memory-pressure": "memory", "pid-pressure": "pids"}


def _subject(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject)]


def _nodes_in_trouble(*kinds: str, says_how: bool = True) -> Callable[[Situation, Symptom], list[Blame]]:
    """The nodes that show one of these and carry the pods, by their share; they must not have begun much later."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        nodes = situation.nodes(symptom)
        blames = []
        for name in dict.fromkeys(nodes):
            ref = ObjectRef("Node", None, name)
            trouble = [s for kind in kinds if (s := situation.active(kind, ref))]
            if any(s.since - HEARTBEAT_SECONDS <= symptom.since for s in trouble):
                count = nodes.count(name)
                because = f"{count} of {len(nodes)} on {name}"
                detail = _detail_of_node(trouble[0]) if says_how else None
                blames.append(Blame(ref, detail, count / len(nodes), because))
        return blames

    return root


def _detail_of_node(symptom: Symptom) -> str | None:
    if symptom.type in ("node-unready", "node-network-unavailable") and symptom.attrs.get("problem") == "network":
        return "network"
    return symptom.attrs.get("how") or None


def _node(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject, _detail_of_node(symptom))]


REGISTRY_DETAILS: Final = frozenset({"status", "refused", "tls", "timeout"})
"""Details of registry-outage (cause-classes)."""


def _registry(_: Situation, symptom: Symptom) -> list[Blame]:
    host = registry_host(symptom.attrs.get("image", ""))
    how = symptom.attrs.get("problem")
    return [Blame(ObjectRef("External", None, host), how if how in REGISTRY_DETAILS else None)] if host else []


def _named_object(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap or Secret that the message names, or that the volume is made of which it names."""
    kind = {"configmap": "ConfigMap", "secret": "Secret"}.get(symptom.attrs.get("what", "").lower())
    name = symptom.attrs.get("name") or _source_of(situation, symptom, kind)
    if not kind or not name:
        return []
    ref = ObjectRef(kind, symptom.subject.namespace, name.rsplit("/", 1)[-1])
    return [Blame(ref, "key" if symptom.attrs.get("key") else kind.lower())]


def _source_of(situation: Situation, symptom: Symptom, kind: str | None) -> str | None:
    wanted = symptom.attrs.get("volume")
    for pod in situation.pods(symptom)[:1] if wanted else ():
        for volume in pod.spec.volumes or ():
            if volume.name == wanted and kind == "ConfigMap" and volume.config_map is not None:
                return volume.config_map.name
            if volume.name == wanted and kind == "Secret" and volume.secret is not None:
                return volume.secret.secret_name
    return None


def _changed_probe(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with what of its probes changed last: the part that can't succeed, if it is among it."""
    since = symptom.since - CHANGE_SECONDS
    found = [c for c in situation.changes(symptom.subject, since, symptom.seen_at) if c.what == "probes"]
    if not found:
        return [Blame(symptom.subject)]
    keys = found[-1].keys
    likely = [b.detail for b in _probe_at_fault(situation, symptom)]
    likely += [f"{kind}-{suspected_part(_why(situation, symptom, kind))}" for kind in PROBE_KINDS]
    at_fault = [detail for detail in likely if detail in keys]
    return [Blame(symptom.subject, next(iter([*at_fault, *keys]), None), 1.0, found[-1].text)]


def _changed_image(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with the part of the image reference that its last change brought: tag or repository."""
    found = [
        c
        for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        if c.what == "image" and len(c.keys) == 2
    ]
    if not found:
        return [Blame(symptom.subject, "tag")]
    before, after = (repository_of(image) for image in found[-1].keys)
    return [Blame(symptom.subject, "tag" if before == after else "repository", 1.0, found[-1].text)]


def changed_config(situation: Situation, symptom: Symptom) -> list[Blame]:
    """Configuration that changed before the crash and that the crashing pods read; the newest change weighs most.

    One that lies well before the workload's own last change of program, or that came with a new program, weighs less
    than that change. A key that log lines name is the key, where it is not known which one changed.
    """
    since = symptom.since - CHANGE_SECONDS
    own = situation.changes(symptom.subject, since, symptom.seen_at)
    programs = [c for c in own if c.what in PROGRAM]
    found: dict[ObjectRef, Change] = {}
    for ref in situation.config_of(symptom):
        changes = [c for c in situation.changes(ref, since, symptom.seen_at) if c.what == "config"]
        anew = [c for c in own if c.what == "configuration" and any(_means(key, ref) for key in c.keys)]
        if changes or anew:
            found[ref] = (changes or anew)[-1]
    blames = []
    for rank, (ref, change) in enumerate(sorted(found.items(), key=lambda item: -item[1].at)):
        is_older = bool(programs) and programs[-1].at - change.at > TOGETHER_SECONDS
        is_release = change.ref == symptom.subject and any(c.what in RELEASE for c in programs)
        because = f"{change.text}, {max(symptom.seen_at - change.at, 0.0):.0f} s before"
        keys = _changed_keys(situation, symptom, ref, change)
        factor = 0.9**rank * (0.8 if is_older or is_release else 1.0)
        blames.append((bool(keys), Blame(ref, ", ".join(keys) or None, factor, because)))
    return [blame for _, blame in sorted(blames, key=lambda pair: (not pair[0], -pair[1].factor))]


RELEASE: Final = ("image", "command")
"""Changes of a pod template that come with a new program, and bring new configuration along."""


def _means(key: str, ref: ObjectRef) -> bool:
    """Tell whether a mark of streams/changes.py speaks of this ConfigMap or Secret."""
    kind, _, rest = key.partition("/")
    if kind in ("ConfigMap", "Secret"):
        return (kind, rest.partition("<")[0]) == (ref.kind, ref.name)
    if key.startswith("STAKATER_"):
        return key == f"STAKATER_{ref.name.upper().replace('-', '_').replace('.', '_')}_{ref.kind.upper()}"
    return ("secret" in key.lower()) == (ref.kind == "Secret")


def _changed_keys(situation: Situation, symptom: Symptom, ref: ObjectRef, change: Change) -> list[str]:
    """Return the keys that changed: as the change says, as an older twin shows, or as log lines name them."""
    if change.what == "config" and change.keys:
        return change.keys
    config, twins = situation.get(ref), [k.partition("<")[2] for k in change.keys if _means(k, ref)]
    older = situation.get(ref._replace(name=twins[0])) if twins and twins[0] else None
    if isinstance(config, ConfigMap) and isinstance(older, ConfigMap):
        now, before = config.data or {}, older.data or {}
        return [k for k in {**before, **now} if before.get(k) != now.get(k)]
    known = keys_of(config, ref, situation.pods(symptom))
    named = situation.settings_named(symptom)
    keys = dict.fromkeys(key for name, key in known.items() if name in named)
    return list(keys)[:1] or (list(known) if len(known) == 1 else [])


def _quota(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The quota that the message names; one that is gone refuses nothing any more."""
    namespace = symptom.attrs.get("namespace") or symptom.subject.namespace
    ref = ObjectRef("ResourceQuota", namespace, symptom.attrs.get("quota", ""))
    if not ref.name or (situation.lists("resourcequotas") and situation.get(ref) is None):
        return []
    return [Blame(ref, symptom.attrs.get("resource") or None)]


def _webhook(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The configuration that holds the webhook which the message names; the webhook's own name when none is known."""
    wanted = symptom.attrs.get("webhook", "")
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for ref, obj in situation.all_of(kind):
            if isinstance(obj, WebhookConfiguration) and any(w.name == wanted for w in obj.webhooks or ()):
                return [Blame(ref)]
    is_stale = symptom.seen_at - symptom.since > STALE_SECONDS and situation.lists("validatingwebhookconfigurations")
    return (
        [Blame(ObjectRef("ValidatingWebhookConfiguration", None, wanted), None, 0.7)] if wanted and not is_stale else []
    )


def _here(situation: Situation, kind: str, node: str) -> list[Symptom]:
    """Symptoms of workloads that have a pod on this node."""
    return [s for s in situation.of_type([kind]) if s.subject.kind != "Node" and node in situation.nodes(s)]


def _only_one_here(kind: str) -> Callable[[Situation, Symptom], list[Blame]]:
    """The workload on the subject, a Node, that alone shows this."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        found = dict.fromkeys(s.subject for s in _here(situation, kind, symptom.subject.name))
        return [Blame(ref) for ref in found] if len(found) == 1 else []

    return root


def _nodes_of_several(kind: str, of_node: str) -> Callable[[Situation, Symptom], list[Blame]]:
    """The Nodes in this trouble that carry the pods, where more than one workload there shows the symptom."""
    find = _nodes_in_trouble(of_node, says_how=False)

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        blames = find(situation, symptom)
        return [b for b in blames if len({s.subject for s in _here(situation, kind, b.object.name)}) > 1]

    return root


def _webhook_served(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The webhook that the subject serves and that can't be reached, as refused objects say."""
    missed = situation.of_type(["webhook-unreachable"])
    found = []
    for blame in (b for s in missed for b in _webhook(situation, s)):
        config = situation.get(blame.object)
        for hook in (config.webhooks or ()) if isinstance(config, WebhookConfiguration) else ():
            service = hook.client_config.service if hook.client_config is not None else None
            if service is not None:
                ref = ObjectRef("Service", service.namespace, service.name)
                found += [blame] if symptom.subject in (ref, *situation.selected(ref)) else []
    return found[:1]


def _claims(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The claim that the message names, else the unbound claims of the pods."""
    if symptom.attrs.get("why") == "claim-missing":
        return [Blame(ObjectRef("PersistentVolumeClaim", symptom.subject.namespace, symptom.attrs.get("what", "")))]
    if symptom.subject.kind == "PersistentVolumeClaim":
        return [Blame(symptom.subject, _claim_detail(situation, symptom.subject))]
    return [
        Blame(ref, _claim_detail(situation, ref))
        for ref in situation.claims_of(symptom)
        if situation.active("claim-unbound", ref)
    ]


def _claim_detail(situation: Situation, ref: ObjectRef) -> str | None:
    terms = situation.active("claim-terms", ref)
    if terms is not None:
        return terms.attrs["term"]
    trouble = situation.active("claim-refused", ref)
    return _CLAIM_DETAILS.get(trouble.attrs.get("problem", "")) if trouble else None


_CLAIM_DETAILS: Final = {
    "class-missing": "storage-class",
    "no-volume": "capacity",
    "capacity": "capacity",
    "access-mode": "access-mode",
}


_USE = re2.compile(r"was using ([0-9.]+[a-zA-Z]*)")


def _culprit_pod(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The evicted pod that used most of what ran out, by its own eviction message; the first evicted need not be it.

    Two pods that used the same are told apart by nothing here: the first evicted leads, as the kubelet ranks by use.
    """
    resource = PRESSURE.get(symptom.type, symptom.attrs.get("resource", ""))
    node = symptom.subject.name if symptom.subject.kind == "Node" else symptom.attrs.get("node", "")
    used = [
        (max((quantity(u) for u in _USE.findall(m)), default=0.0), ref)
        for ref, m in situation.evictions(node)
        if resource in m or not resource
    ]
    if not used:
        return []
    used.sort(key=lambda pair: (-pair[0], not _can_not_fork(situation, pair[1])))
    return [
        Blame(ref, resource or None, 0.8**rank, f"evicted, used {amount:.0f}")
        for rank, (amount, ref) in enumerate(used[:3])
    ]


def _can_not_fork(situation: Situation, pod: ObjectRef) -> bool:
    return any(pod in s.contributors for s in situation.of_type(["log-processes"]))


def _own_culprit_pod(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The subject's own pod that leads the evictions of a node which is short of memory."""
    for short in situation.of_type(["memory-pressure"]):
        blames = _culprit_pod(situation, short)
        if blames and blames[0].object.namespace == symptom.subject.namespace:
            own = {p.metadata.name for p in situation.pods(symptom)}
            if blames[0].object.name in own or blames[0].object.name.startswith(symptom.subject.name + "-"):
                return blames[:1]
    return []


def _namespace(situation: Situation, symptom: Symptom) -> list[Blame]:
    own = symptom.subject.name if symptom.subject.kind == "Namespace" else symptom.subject.namespace
    pointed_at = symptom.attrs.get("address", "").rpartition("://")[2].partition(":")[0].split(".")[1:2]
    names = dict.fromkeys([own or "", *pointed_at])
    refs = [ObjectRef("Namespace", None, name) for name in names]
    return [Blame(ref) for ref in refs if situation.active("namespace-terminating", ref)][:1]


def _scheduler(_: Situation, __: Symptom) -> list[Blame]:
    return [Blame(ObjectRef("Component", None, "kube-scheduler"))]


def _controller_manager(_: Situation, __: Symptom) -> list[Blame]:
    return [Blame(ObjectRef("Component", None, "kube-controller-manager"))]


def _control_plane(situation: Situation, symptom: Symptom) -> list[Blame]:
    """Two or more components away together are one control plane."""
    away = {s.subject for s in situation.of_type(["component-away"])} | {symptom.subject}
    return [Blame(ObjectRef("ControlPlane", None, "control-plane"))] if len(away) > 1 else []


def _selected_workload(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workloads behind a Service."""
    return [Blame(ref) for ref in situation.selected(symptom.subject)]


def _wrong_address(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload that was given an address which leads nowhere, and in what way."""
    astray = points_astray(situation, symptom)
    return [Blame(symptom.subject, astray.attrs["term"], 1.0, astray.attrs["shows"])] if astray else []


def _gateway_config(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap in which a gateway was given an address that leads nowhere."""
    astray = points_astray(situation, symptom)
    if astray is None or astray.attrs.get("gateway") != "true":
        return []
    return [
        Blame(
            ObjectRef("ConfigMap", symptom.subject.namespace, astray.attrs["config"]), None, 1.0, astray.attrs["shows"]
        )
    ]


def _complained_route(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The route to a Service that is not there, of which a gateway complains."""
    said = situation.of_type(["log-no-service"])
    routes = situation.of_type(["route-leads-nowhere", "route-leads-nowhere-yet"])
    hosts = {s.attrs.get("host", "") for s in said}
    found = [r for r in routes if any(not host or f"/{host}," in r.attrs["shows"] for host in hosts)]
    if symptom.type != "log-no-service":
        found = [r for r in found if r.subject == symptom.subject]
    return [Blame(r.subject, None, 1.0, r.attrs["shows"]) for r in found[:1]]


def points_astray(situation: Situation, symptom: Symptom) -> Symptom | None:
    """Return the symptom that says that the subject's address is wrong."""
    if wrong := situation.active("address-wrong", symptom.subject):
        return wrong
    odd = situation.active("address-odd", symptom.subject)
    if odd is None:
        return None
    host, _, port = odd.attrs["address"].rpartition("://")[2].partition(":")
    said = (situation.active(kind, symptom.subject) for kind in ("log-name", "log-unreachable"))
    texts = [e.text for s in said if s is not None for e in s.evidence]
    speaks = any(host in text or (port and f":{port}" in text) for text in texts)
    return odd if speaks else None


def _asked_with_foreign_dns(situation: Situation, symptom: Symptom) -> list[Blame]:
    """What the subject asks and whose own names do not resolve: clients pass on what their servers could not do."""
    found = [w for w in situation.servers(symptom.subject, "") if situation.active("dns-foreign", w)]
    return [Blame(ref) for ref in found[:1]] if not situation.active("dns-foreign", symptom.subject) else []


def _outside_name(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service that a complaint names and that is but another name for a host outside."""
    ref = _service_named(symptom)
    service = situation.get(ref) if ref is not None else None
    is_outside = isinstance(service, Service) and service.spec.type == "ExternalName"
    return [Blame(ref)] if ref is not None and is_outside else []


def _denying_policies(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The policies that let nothing through between the subject and whom it needs, or who need it."""
    wanted = str(symptom.subject)
    found = situation.of_type(["policy-denies", "policy-strict"])
    return [Blame(s.subject, None, 1.0, s.attrs["shows"]) for s in found if wanted in s.attrs["hit"].split("|")]


def _lost_workers(situation: Situation, _: Symptom) -> list[Blame]:
    """The nodes whose taints say that they are lost, if pods could run nowhere else; by their share of the workers."""
    nodes = [(ref, n) for ref, n in situation.all_of("Node") if isinstance(n, Node)][:NODES_ASKED]
    workers = [ref for ref, n in nodes if not any("control-plane" in t.key for t in n.spec.taints or ())]
    lost = [ref for ref in workers if any(situation.active(kind, ref) for kind in NODE_SYMPTOMS)]
    return [Blame(ref, None, len(lost) / len(workers), "its taint keeps pods off") for ref in lost]


def _mounted_claims(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The claims that the pods mount; the workload when it is not known which."""
    return [Blame(ref) for ref in situation.claims_of(symptom)] or [Blame(symptom.subject, None, 0.6)]


def _login(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload that logs in, and what of the login the server named."""
    said = situation.active("log-credentials", symptom.subject) or situation.active("log-login-vague", symptom.subject)
    if said is None:
        return []
    term = "user" if said.attrs["term"] == "password" and _user_is_unknown(situation, said) else said.attrs["term"]
    return [Blame(symptom.subject, term or None, 1.0, said.attrs["text"])]


_QUOTED = re2.compile(r"""["'](\w[\w.@-]*)["']""")


def _user_is_unknown(situation: Situation, said: Symptom) -> bool:
    """Tell whether a server says of a user whom this complaint names that there is none: clients are not told."""
    users = {name for e in said.evidence for name in _QUOTED.findall(e.text)}
    seen = situation.of_type(["log-login-seen"])
    return any(s.attrs.get("term") == "user" and users & set(_QUOTED.findall(e.text)) for s in seen for e in s.evidence)


def _service_named(symptom: Symptom) -> ObjectRef | None:
    """The Service that a log line speaks of, as streams/logs.py wrote it down."""
    kind, _, place = symptom.attrs.get("to", "").partition(" ")
    namespace, _, name = place.rpartition("/")
    return ObjectRef("Service", namespace, name) if kind == "Service" else None


def _spoken_of(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The server that a line speaks of: behind the Service that it names, itself, or one of its kind that it asks."""
    if symptom.attrs.get("side") == "server":
        return [Blame(symptom.subject)]
    service = _service_named(symptom)
    behind = situation.selected(service) if service is not None else []
    found = behind or situation.servers(symptom.subject, symptom.attrs.get("server", ""))
    return [Blame(ref) for ref in found[:1]] or [Blame(symptom.subject, None, 0.7)]


def _expired_certificate(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that holds the certificate of the server which a line speaks of, or which its clients refuse."""
    said = situation.active("log-tls-expired", symptom.subject)
    service = _service_named(said) if said is not None else None
    servers = situation.selected(service) if service is not None else []
    if situation.active("log-tls-refused", symptom.subject):
        servers = [symptom.subject]
    asked = situation.servers(symptom.subject, "")
    servers = servers or [w for w in asked if situation.active("log-tls-refused", w)] or asked
    over = {s.attrs.get("secret") for s in situation.of_type(["certificate-not-renewed"])}
    secrets = [s for w in servers for s in situation.certificates(w)]
    found = [s for s in secrets if s.name in over] or secrets
    text = said.attrs["text"] if said is not None else ""
    return [Blame(ref, None, 1.0, text) for ref in found[:1]] or [Blame(symptom.subject, None, 0.7, text)]


def _certificate_secret(_: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that a Certificate is kept in."""
    name = symptom.attrs.get("secret")
    until = f"good until {symptom.attrs.get('until', '')}"
    return (
        [Blame(ObjectRef("Secret", symptom.subject.namespace, name), None, 1.0, until)]
        if name
        else _subject(_, symptom)
    )


def _etcd(_: Situation, __: Symptom) -> list[Blame]:
    return [Blame(ObjectRef("Component", None, "etcd"))]


def _odd_service(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Service with a port that nobody declares, which the subject is or complains about."""
    ref = _service_named(symptom) or symptom.subject
    odd = any(situation.active(s, ref) for s in ("service-port-odd", "service-port-unknown", "service-protocol-wrong"))
    return [Blame(ref)] if odd else []


def _probe_at_fault(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload whose probe can't succeed as it is written, and which part of it is wrong."""
    for pod in situation.pods(symptom)[:1]:
        for container in pod.spec.containers:
            for kind in PROBE_KINDS:
                part = probe_fault(container, kind, _why(situation, symptom, kind))
                if part is not None and _speaks_of(kind, symptom):
                    return [Blame(symptom.subject, f"{kind}-{part}")]
    return []


def _why(situation: Situation, symptom: Symptom, kind: str) -> str:
    """What the kubelet said of the subject's probes of this kind."""
    said = [situation.active(name, symptom.subject) for name in PROBE_SYMPTOMS]
    texts = [e.text for s in said if s is not None and _speaks_of(kind, s) for e in s.evidence]
    named = [text for text in texts if kind.capitalize() + " probe" in text]
    return " ".join(named or texts)


def _speaks_of(kind: str, symptom: Symptom) -> bool:
    is_liveness = symptom.type in ("liveness-failing", "startup-probe-failing", "container-crash")
    return kind != "readiness" if is_liveness else kind == "readiness"


def _component_of_pod(_: Situation, symptom: Symptom) -> list[Blame]:
    """The control-plane component whose static pod this is: kube-scheduler-control-1."""
    name = next((c for c in STATIC_PODS if symptom.subject.name.startswith(c + "-")), None)
    return [Blame(ObjectRef("Component", None, name))] if name else []


DNS: Final = ObjectRef("Deployment", "kube-system", "coredns")
PROXY: Final = ObjectRef("DaemonSet", "kube-system", "kube-proxy")
ILL: Final = (
    "container-crash", "container-not-startable", "container-oom", "liveness-failing", "nothing-ready",
    "pods-not-ready", "pods-never-ready", "image-not-found", "image-pull-failing",
)  # fmt: skip
"""Symptoms of a workload that does not do its work."""


def _ill_dns(situation: Situation, symptom: Symptom) -> list[Blame]:
    """CoreDNS, if nothing of it is ready or its pods fail."""
    ill = any(situation.active(kind, DNS) for kind in ILL)
    return [Blame(DNS)] if ill and symptom.subject != DNS else []


def _ill_proxy_of_nodes(situation: Situation, symptom: Symptom) -> list[Blame]:
    """kube-proxy, by the share of the pods that run where it fails."""
    ill = {n for kind in ILL if (s := situation.active(kind, PROXY)) is not None for n in situation.nodes(s)}
    nodes = situation.nodes(symptom)
    share = sum(n in ill for n in nodes) / len(nodes) if nodes else 0.0
    return [Blame(PROXY, None, share)] if share > 0 and symptom.subject != PROXY else []


ROOTS: Final[dict[str, Callable[[Situation, Symptom], list[Blame]]]] = {
    "workload": _subject,
    "self": _subject,
    "login": _login,
    "lost-workers": _lost_workers,
    "mounted-claims": _mounted_claims,
    "spoken-of": _spoken_of,
    "expired-certificate": _expired_certificate,
    "certificate-secret": _certificate_secret,
    "etcd": _etcd,
    "odd-service": _odd_service,
    "probe-at-fault": _probe_at_fault,
    "wrong-address": _wrong_address,
    "complained-route": _complained_route,
    "gateway-config": _gateway_config,
    "asked-with-foreign-dns": _asked_with_foreign_dns,
    "outside-name": _outside_name,
    "denying-policies": _denying_policies,
    "component-of-pod": _component_of_pod,
    "nodes-without-runtime": _nodes_in_trouble("node-runtime-down"),
    "ill-dns": _ill_dns,
    "ill-proxy-of-nodes": _ill_proxy_of_nodes,
    "oom-nodes": _nodes_in_trouble("node-oom", says_how=False),
    "own-culprit-pod": _own_culprit_pod,
    "lost-nodes": _nodes_in_trouble("node-not-ready", "node-unready", "node-network-unavailable"),
    "node": _node,
    "registry": _registry,
    "named-object": _named_object,
    "changed-config": changed_config,
    "changed-image": _changed_image,
    "changed-probe": _changed_probe,
    "quota": _quota,
    "webhook": _webhook,
    "webhook-served": _webhook_served,
    "claims": _claims,
    "culprit-pod": _culprit_pod,
    "namespace": _namespace,
    "component": _subject,
    "scheduler": _scheduler,
    "controller-manager": _controller_manager,
    "control-plane": _control_plane,
    "selected-workload": _selected_workload,
    "busiest-here": _only_one_here("metric-cpu-high"),
    "only-writer-here": _only_one_here("metric-io-slow"),
    "slow-disk-nodes-of-several": _nodes_of_several("metric-io-slow", "metric-node-io-slow"),
    "busy-nodes": _nodes_in_trouble("metric-node-busy", says_how=False),
    "lossy-nodes": _nodes_in_trouble("metric-node-loses-packets", says_how=False),
    "slow-disk-nodes": _nodes_in_trouble("metric-node-io-slow", says_how=False),
    "slow-network-nodes": _nodes_in_trouble("metric-node-latency", says_how=False),
    "full-conntrack-nodes": _nodes_in_trouble("metric-conntrack-full", says_how=False),
    "bad-network-nodes": _nodes_in_trouble("metric-node-network", says_how=False),
}
