"""Under which conditions a cause rule holds: the functions that its `when` names. Pure, as those of roots.py."""

from collections.abc import Callable
from typing import Final

from causeline.core.objects import Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.quantities import registry_host
from causeline.knowledge.roots import changed_config
from causeline.knowledge.situation import CHANGE_SECONDS, Situation
from causeline.knowledge.states import has_served
from causeline.knowledge.symptom import Symptom

FIRST_STEPS_SECONDS: Final = 300.0
"""What fails this soon after it was created has never worked: pulling, starting and five crashes take as long."""
FIRST_BREATH_SECONDS: Final = 60.0
"""A container that crashes this soon was ready for a moment at most, though its Deployment counts as available."""
AWAY_SECONDS: Final = 60.0
"""A component may be away this long before it is more than a restart."""


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
    return bool(changed_config(situation, symptom))


def _newly_created(situation: Situation, symptom: Symptom) -> bool:
    """The workload was created shortly before: its whole template is the change."""
    made = situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
    workload = situation.get(symptom.subject)
    most = FIRST_BREATH_SECONDS if isinstance(workload, Workload) and has_served(workload) else FIRST_STEPS_SECONDS
    return any(c.what == "created" and symptom.since - c.at <= most for c in made)


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


def _lasts(seconds: float) -> Callable[[Situation, Symptom], bool]:
    return lambda situation, symptom: situation.t - symptom.since >= seconds


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
    "newly-created": _newly_created,
    "config-changed": _config_changed,
    "probe-port-undeclared": _probe_is_wrong,
    "host-serves-others": _host_serves_others,
    "only-sufferer-of-host": _only_sufferer_of_host,
    "liveness-kills": _liveness_kills,
    "was-oom": _was_oom,
    "short-and-harmless": _short_and_harmless,
    "is-scheduler": _is_component("kube-scheduler"),
    "is-controller-manager": _is_component("kube-controller-manager"),
    "is-apiserver": _is_component("kube-apiserver"),
    "is-etcd": _is_component("etcd"),
    "scheduler-is-away": _scheduler_is_away,
    "lasts-half-a-minute": _lasts(30.0),
    "controllers-are-away": _controllers_are_away,
    "is-coredns": _in_kube_system("coredns"),
    "is-kube-proxy": _in_kube_system("kube-proxy"),
}
