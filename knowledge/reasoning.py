"""The vocabulary of cause rules: whom a rule may blame (ROOTS) and under which conditions (CONDITIONS).

Each is a pure function of the situation and a symptom. Rules in YAML name them; nothing here knows a rule.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

import re2

from causeline.core.objects import KubeObject, Pod, Service, WebhookConfiguration, Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Change, Symptom

CHANGE_SECONDS: Final = 1800.0
"""How long before a symptom a change may lie to be its cause: three times the default progressDeadlineSeconds."""

AWAY_SECONDS: Final = 60.0
"""A component may be away this long before it is more than a restart."""
STALE_SECONDS: Final = 30.0
"""A refusal older than this when it was first seen, by a webhook that no configuration holds, is of an earlier time."""

NODE_SYMPTOMS: Final = ("node-not-ready", "node-runtime-down", "node-network-unavailable")
HEARTBEAT_SECONDS: Final = 60.0
"""A node is missed up to 50 s (node-monitor-grace-period) after it stopped, its pods may fail at once."""
PRESSURE: Final = {"disk-pressure": "ephemeral-storage", "memory-pressure": "memory", "pid-pressure": "pids"}


class Blame(NamedTuple):
    """An object that a rule blames, what exactly, and a factor in (0, 1] on the rule's weight."""

    object: ObjectRef
    detail: str | None = None
    factor: float = 1.0
    because: str = ""


class Situation(Protocol):
    """What reasoning may ask; see streams/situation.py."""

    @property
    def t(self) -> float:
        """Now, in log time."""
        ...

    def get(self, ref: ObjectRef) -> KubeObject | None:
        """Return the object's newest known state."""
        ...

    def pods(self, symptom: Symptom) -> list[Pod]:
        """Return the pods that show the symptom, oldest sight first."""
        ...

    def pod_refs(self, symptom: Symptom) -> list[ObjectRef]:
        """Return the names of the objects that show, or showed, the symptom."""
        ...

    def nodes(self, symptom: Symptom) -> list[str]:
        """Return the node of each object that shows, or showed, the symptom."""
        ...

    def active(self, kind: str, subject: ObjectRef) -> Symptom | None:
        """Return the symptom of this type on this subject if it is there now or was within the grace."""
        ...

    def of_type(self, kinds: Iterable[str]) -> list[Symptom]:
        """Return all symptoms of these types that are there or were within the grace, in order of sight."""
        ...

    def changes(self, ref: ObjectRef, since: float, until: float) -> list[Change]:
        """Return what changed in an object in that time, oldest first."""
        ...

    def config_of(self, symptom: Symptom) -> list[ObjectRef]:
        """Return the ConfigMaps and Secrets that the pods which show it read."""
        ...

    def lists(self, stream: str) -> bool:
        """Tell whether all objects of this stream are known."""
        ...

    def claims_of(self, symptom: Symptom) -> list[ObjectRef]:
        """Return the claims that the pods which show it mount."""
        ...

    def pulled_from(self, host: str, since: float) -> bool:
        """Tell whether a pull from this registry has worked since."""
        ...

    def all_of(self, kind: str) -> list[tuple[ObjectRef, KubeObject]]:
        """Return all objects of a kind that has few, in order of sight."""
        ...

    def evictions(self, node: str) -> list[tuple[ObjectRef, str]]:
        """Return (pod, message) of the evictions on a node within the grace, oldest first."""
        ...

    def selected(self, service: ObjectRef) -> list[ObjectRef]:
        """Return the workloads whose pods a Service selects, by template or by pod."""
        ...

    def has_near_match(self, service: ObjectRef) -> bool:
        """Tell whether healthy pods of the namespace miss the Service's selector by one value only."""
        ...


# --- whom to blame ---------------------------------------------------------------------------------------------------


def _subject(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject)]


def _bad_nodes(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The nodes in trouble that carry the pods, by their share of them."""
    nodes = situation.nodes(symptom)
    blames = []
    for node in dict.fromkeys(nodes):
        ref = ObjectRef("Node", None, node)
        trouble = [s for kind in NODE_SYMPTOMS if (s := situation.active(kind, ref))]
        if any(s.since - HEARTBEAT_SECONDS <= symptom.since for s in trouble):
            blames.append(
                Blame(
                    ref,
                    _detail_of_node(trouble[0]),
                    nodes.count(node) / len(nodes),
                    f"{nodes.count(node)} of {len(nodes)} on {node}",
                )
            )
    return blames


def _detail_of_node(symptom: Symptom) -> str | None:
    return symptom.attrs.get("how") or None


def _node(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject, _detail_of_node(symptom))]


def _registry(_: Situation, symptom: Symptom) -> list[Blame]:
    host = registry_host(symptom.attrs.get("image", ""))
    return [Blame(ObjectRef("External", None, host), symptom.attrs.get("how"))] if host else []


def registry_host(image: str) -> str:
    """Return the registry of an image reference, as the reference has it; Docker Hub when it names none.

    https://github.com/distribution/reference: a first part with a dot, a colon, or `localhost` is a host.
    """
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first.lower()
    return "docker.io" if image else ""


def _named_object(_: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap or Secret that the message names."""
    kind = {"configmap": "ConfigMap", "secret": "Secret"}.get(symptom.attrs.get("what", "").lower())
    name = symptom.attrs.get("name")
    if not kind or not name:
        return []
    return [
        Blame(
            ObjectRef(kind, symptom.subject.namespace, name.rsplit("/", 1)[-1]),
            "key" if symptom.attrs.get("key") else kind.lower(),
        )
    ]


def _changed_probe(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with what of its probes changed last."""
    found = [
        c
        for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        if c.what == "probes"
    ]
    return [
        Blame(
            symptom.subject,
            found[-1].keys[0] if found and found[-1].keys else None,
            1.0,
            found[-1].text if found else "",
        )
    ]


def _changed_image(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with the part of the image reference that its last change brought: tag or repository."""
    found = [
        c
        for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        if c.what == "image" and len(c.keys) == 2
    ]
    if not found:
        return [Blame(symptom.subject, "tag")]
    before, after = (_repository(image) for image in found[-1].keys)
    return [Blame(symptom.subject, "tag" if before == after else "repository", 1.0, found[-1].text)]


def _repository(image: str) -> str:
    """Return an image reference without its tag and digest."""
    path, _, last = image.partition("@")[0].rpartition("/")
    return f"{path}/{last.partition(':')[0]}"


def _changed_config(situation: Situation, symptom: Symptom) -> list[Blame]:
    """Configuration that changed before the crash and that the crashing pods read; the newest change weighs most."""
    blames = []
    for ref in situation.config_of(symptom):
        found = [
            c
            for c in situation.changes(ref, symptom.since - CHANGE_SECONDS, symptom.seen_at)
            if c.what in ("config", "created")
        ]
        if found:
            age = max(symptom.seen_at - found[-1].at, 0.0)
            blames.append(
                (age, Blame(ref, ", ".join(found[-1].keys) or None, 1.0, f"{found[-1].text}, {age:.0f} s before"))
            )
    blames.sort(key=lambda pair: pair[0])
    return [blame._replace(factor=0.9**rank) for rank, (_, blame) in enumerate(blames)]


def _quota(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The quota that the message names; one that is gone refuses nothing any more."""
    ref = ObjectRef("ResourceQuota", symptom.subject.namespace, symptom.attrs.get("quota", ""))
    if not ref.name or (situation.lists("resourcequotas") and situation.get(ref) is None):
        return []
    return [Blame(ref, _exceeded(symptom.attrs.get("message", "")))]


_QUANTITY = re2.compile(r"^([0-9.]+)([a-zA-Z]*)$")
_LISTS = re2.compile(r"requested: (.*), used: (.*), limited: (.*)$")
UNITS: Final = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}


def quantity(text: str) -> float:
    """Return a Kubernetes quantity as a number, 0 for what is none."""
    match = _QUANTITY.match(text.strip())
    return float(match.group(1)) * UNITS.get(match.group(2), 1.0) if match else 0.0


def _exceeded(message: str) -> str | None:
    """Return the resource of a quota message that does not fit: used + requested > limited; `requests.` is dropped."""
    lists = _LISTS.search(message)
    if not lists:
        return None
    requested, used, limited = (
        {k: quantity(v) for k, _, v in (p.partition("=") for p in part.split(","))} for part in lists.groups()
    )
    for name in requested:
        if requested[name] + used.get(name, 0.0) > limited.get(name, float("inf")):
            return str(name).strip().removeprefix("requests.").removeprefix("limits.").removeprefix("count/")
    return str(next(iter(requested), "")).strip() or None


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
    trouble = situation.active("claim-refused", ref)
    text = trouble.attrs.get("message", "") if trouble else ""
    if "storageclass" in text.lower() or "storage class" in text.lower():
        return "storage-class"
    return "capacity" if "no persistent volumes available" in text else None


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
    used.sort(key=lambda pair: -pair[0])
    return [
        Blame(ref, resource or None, 0.8**rank, f"evicted, used {amount:.0f}")
        for rank, (amount, ref) in enumerate(used[:3])
    ]


def _pressed_node(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The node under pressure that evicted the pod."""
    node = ObjectRef("Node", None, symptom.attrs.get("node", ""))
    return [Blame(node)] if any(situation.active(kind, node) for kind in PRESSURE) else []


def _namespace(situation: Situation, symptom: Symptom) -> list[Blame]:
    name = symptom.subject.name if symptom.subject.kind == "Namespace" else symptom.subject.namespace
    ref = ObjectRef("Namespace", None, name or "")
    return [Blame(ref)] if situation.active("namespace-terminating", ref) else []


def _component(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject)]


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


ROOTS: Final[dict[str, Callable[[Situation, Symptom], list[Blame]]]] = {
    "workload": _subject,
    "self": _subject,
    "node": _node,
    "bad-nodes": _bad_nodes,
    "registry": _registry,
    "named-object": _named_object,
    "changed-config": _changed_config,
    "changed-image": _changed_image,
    "changed-probe": _changed_probe,
    "quota": _quota,
    "webhook": _webhook,
    "claims": _claims,
    "culprit-pod": _culprit_pod,
    "pressed-node": _pressed_node,
    "namespace": _namespace,
    "component": _component,
    "scheduler": _scheduler,
    "controller-manager": _controller_manager,
    "control-plane": _control_plane,
    "selected-workload": _selected_workload,
}


# --- under which conditions ------------------------------------------------------------------------------------------


def _changed(*what: str) -> Callable[[Situation, Symptom], bool]:
    def condition(situation: Situation, symptom: Symptom) -> bool:
        return any(
            c.what in what for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        )

    return condition


def _short_of(*resources: str) -> Callable[[Situation, Symptom], bool]:
    """Evicted for want of one of these; a node's pressure says it by its own type."""
    return lambda _, symptom: "resource" not in symptom.attrs or symptom.attrs["resource"] in resources


def _config_changed(situation: Situation, symptom: Symptom) -> bool:
    return bool(_changed_config(situation, symptom))


def _newly_created(situation: Situation, symptom: Symptom) -> bool:
    """The workload itself was created within the window: its whole template is the change."""
    return _changed("created")(situation, symptom)


def _probe_is_wrong(situation: Situation, symptom: Symptom) -> bool:
    """The probe's port is none of the ports that the container declares."""
    for pod in situation.pods(symptom)[:1]:
        for container in pod.spec.containers:
            ports = container.ports or []
            known = {p.container_port for p in ports} | {p.name for p in ports}
            for probe in (container.readiness_probe, container.liveness_probe, container.startup_probe):
                target = probe and (probe.http_get or probe.tcp_socket)
                if target and ports and target.port not in known:
                    return True
    return False


def _host_serves_others(situation: Situation, symptom: Symptom) -> bool:
    host = registry_host(symptom.attrs.get("image", ""))
    return situation.pulled_from(host, symptom.since)


def _only_sufferer_of_host(situation: Situation, symptom: Symptom) -> bool:
    host = registry_host(symptom.attrs.get("image", ""))
    others = (s for s in situation.of_type([symptom.type]) if registry_host(s.attrs.get("image", "")) == host)
    return len({s.subject for s in others} | {symptom.subject}) == 1


def _liveness_kills(situation: Situation, symptom: Symptom) -> bool:
    return situation.active("liveness-failing", symptom.subject) is not None


def _was_oom(situation: Situation, symptom: Symptom) -> bool:
    return situation.active("container-oom", symptom.subject) is not None


def _wanted(situation: Situation, ref: ObjectRef) -> int:
    obj = situation.get(ref)
    return obj.spec.replicas if isinstance(obj, Workload) and obj.spec.replicas is not None else 1


def _behind_is_zero(situation: Situation, symptom: Symptom) -> bool:
    """Workloads are behind the Service, and all of them are scaled to zero."""
    behind = situation.selected(symptom.subject)
    return bool(behind) and all(_wanted(situation, ref) == 0 for ref in behind)


def _selects_nothing(situation: Situation, symptom: Symptom) -> bool:
    """No workload is behind the Service, and its selector changed, or pods of the namespace miss it by one value."""
    if situation.selected(symptom.subject) or not isinstance(situation.get(symptom.subject), Service):
        return False
    changed = situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, situation.t)
    return any(c.what == "selector" for c in changed) or situation.has_near_match(symptom.subject)


def _on_bad_node(situation: Situation, symptom: Symptom) -> bool:
    return any(b.factor >= 0.5 for b in _bad_nodes(situation, symptom))


def _short_and_harmless(situation: Situation, symptom: Symptom) -> bool:
    """Away for up to a minute and nobody waits for it (the bound of `control-plane-restart`)."""
    back = [c.absent_since for c in symptom.contributors.values() if c.absent_since is not None]
    end = symptom.cleared_at or (max(back) if len(back) == len(symptom.contributors) and back else situation.t)
    return end - symptom.since <= AWAY_SECONDS and not _harm(situation, symptom)


def _harm(situation: Situation, symptom: Symptom) -> bool:
    harm = {"kube-scheduler": ["pods-unscheduled"], "kube-controller-manager": ["workload-unobserved"]}.get(
        symptom.subject.name, []
    )
    return any(s.last_at >= symptom.since for s in situation.of_type(harm) if s.confirmed_at is not None)


def _is_component(name: str) -> Callable[[Situation, Symptom], bool]:
    return lambda _, symptom: symptom.subject.name == name


def _scheduler_is_away(situation: Situation, _: Symptom) -> bool:
    return situation.active("component-away", ObjectRef("Component", None, "kube-scheduler")) is not None


def _controllers_are_away(situation: Situation, _: Symptom) -> bool:
    return situation.active("component-away", ObjectRef("Component", None, "kube-controller-manager")) is not None


def _in_kube_system(name: str) -> Callable[[Situation, Symptom], bool]:
    return lambda _, symptom: symptom.subject.namespace == "kube-system" and symptom.subject.name == name


CONDITIONS: Final[dict[str, Callable[[Situation, Symptom], bool]]] = {
    "short-of-disk": _short_of("ephemeral-storage", "nodefs", "imagefs", "inodes"),
    "short-of-memory": _short_of("memory"),
    "short-of-pids": _short_of("pids"),
    "image-changed": _changed("image"),
    "program-changed": _changed("image", "command", "environment", "volumes", "resources"),
    "probes-changed": _changed("probes"),
    "scheduling-changed": _changed("scheduling"),
    "newly-created": _newly_created,
    "config-changed": _config_changed,
    "probe-port-undeclared": _probe_is_wrong,
    "host-serves-others": _host_serves_others,
    "only-sufferer-of-host": _only_sufferer_of_host,
    "liveness-kills": _liveness_kills,
    "was-oom": _was_oom,
    "scaled-to-zero": _behind_is_zero,
    "selects-nothing": _selects_nothing,
    "on-bad-node": _on_bad_node,
    "short-and-harmless": _short_and_harmless,
    "is-scheduler": _is_component("kube-scheduler"),
    "is-controller-manager": _is_component("kube-controller-manager"),
    "is-apiserver": _is_component("kube-apiserver"),
    "is-etcd": _is_component("etcd"),
    "scheduler-is-away": _scheduler_is_away,
    "controllers-are-away": _controllers_are_away,
    "is-coredns": _in_kube_system("coredns"),
    "is-kube-proxy": _in_kube_system("kube-proxy"),
}
