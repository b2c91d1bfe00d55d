"""Under which conditions a cause rule holds: the functions that its `when` names. Pure, as those of roots/."""

from typing import Final

import re2

from causeline.core.objects import Workload, controller_of
from causeline.core.pod_spec import serving_containers
from causeline.knowledge import component_conditions
from causeline.knowledge.quantities import registry_host
from causeline.knowledge.readiness import has_served
from causeline.knowledge.roots.configuration import PROGRAM, changed_config
from causeline.knowledge.roots.links import link_is_ill
from causeline.knowledge.roots.network import missing_service, nothing_ready, points_astray
from causeline.knowledge.situation import CHANGE_SECONDS, Condition, Situation, needing
from causeline.knowledge.symptom import Symptom

FIRST_STEPS_SECONDS: Final = 300.0
"""What fails this soon after it was created has never worked: pulling, starting and five crashes take as long."""
FIRST_BREATH_SECONDS: Final = 60.0
"""A container that crashes this soon was ready for a moment at most, though its Deployment counts as available."""
SEVERAL: Final = 3
"""Workloads whose pulls from one registry fail without a word why: mistakes of one image each are rare together."""


def _changed(*what: str) -> Condition:
    def condition(situation: Situation, symptom: Symptom) -> bool:
        return any(
            c.what in what for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        )

    return condition


def _short_of(*resources: str) -> Condition:
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


def _host_serves_others(situation: Situation, symptom: Symptom) -> bool:
    host = registry_host(symptom.attrs.get("image", ""))
    return situation.pulled_from(host, symptom.since)


def _sufferers_of_host(situation: Situation, symptom: Symptom) -> int:
    """Return how many workloads suffer alike from the registry of this image, the subject among them."""
    host = registry_host(symptom.attrs.get("image", ""))
    others = (s for s in situation.of_type([symptom.type]) if registry_host(s.attrs.get("image", "")) == host)
    return len({s.subject for s in others} | {symptom.subject})


SATURATED: Final = (
    "metric-cpu-high",
    "metric-throttled",
    "metric-memory-grows",
    "metric-packets-lost",
    "metric-io-slow",
    "metric-gc-long",
)
"""Symptoms by metrics that say why a workload is slow."""


def _shows(*kinds: str) -> Condition:
    """The subject itself shows one of these now, or did within the grace."""
    return needing(*kinds)(lambda situation, symptom: any(situation.active(kind, symptom.subject) for kind in kinds))


KILLED: Final = frozenset({"137", "143"})
"""Exit codes of a process that was ended by SIGKILL or SIGTERM, 128 + the signal."""


def _liveness_kills(situation: Situation, symptom: Symptom) -> bool:
    """Liveness fails, or a container with such a probe was ended by a signal, and not for its memory."""
    if situation.active("liveness-failing", symptom.subject):
        return True
    is_killed = symptom.attrs.get("exit_code") in KILLED and symptom.attrs.get("reason") == "Error"
    name = symptom.attrs.get("container")
    return is_killed and any(
        c.name == name and (c.liveness_probe is not None or c.startup_probe is not None)
        for pod in situation.pods(symptom)[:1]
        for c in serving_containers(pod.spec)
    )


@needing("metric-node-latency")
def _slow_to_ping(situation: Situation, symptom: Symptom) -> bool:
    """Echoes take long to the subject, a Node: lost packets alone make only connections slow."""
    slow = situation.active("metric-node-latency", symptom.subject)
    return slow is not None and slow.attrs.get("signal") == "ping"


@needing("address-wrong", "address-odd")
def _points_astray(situation: Situation, symptom: Symptom) -> bool:
    return points_astray(situation, symptom) is not None


@needing("address-wrong", "address-odd")
def _service_is_gone(situation: Situation, symptom: Symptom) -> bool:
    return bool(missing_service(situation, symptom))


@needing("ports-collide")
def _crashes_in_collision(situation: Situation, symptom: Symptom) -> bool:
    """Two containers of the subject's pods declare one port; a container that fails is one of the two."""
    collide = situation.active("ports-collide", symptom.subject)
    container = symptom.attrs.get("container")
    return collide is not None and (container is None or container in collide.attrs.get("containers", "").split("|"))


def _mounts_volumes(situation: Situation, symptom: Symptom) -> bool:
    """The pods mount something else than configuration: a claim, a directory of the host, a network's or an own one."""
    volumes = [v for pod in situation.pods(symptom)[:1] for v in pod.spec.volumes or ()]
    return bool(situation.claims_of(symptom)) or any(
        v.config_map is None and v.secret is None and v.projected is None for v in volumes
    )


def _gives_way(situation: Situation, symptom: Symptom) -> bool:
    """All pods of the subject have a priority below that of any other: they keep room until somebody needs it."""
    pods = situation.pods(symptom)
    return bool(pods) and all(p.spec.priority is not None and p.spec.priority < 0 for p in pods)


STANDING_SECONDS: Final = 3600.0
"""Who was ready and has not been for so long, while another leads, waits for his turn."""


def _stands_by(situation: Situation, symptom: Symptom) -> bool:
    """Another pod of the subject, of the same revision, leads; these have never been ready, or not for long.

    A rollout that does not get on is no standby.
    """
    leader, workload = situation.leader_of(symptom.subject), situation.get(symptom.subject)
    if leader is None or not isinstance(workload, Workload) or (workload.spec.replicas or 1) < 2:
        return False
    is_used_to_it = symptom.type == "pods-never-ready" or situation.t - symptom.since >= STANDING_SECONDS
    is_alike = all(controller_of(p.metadata) == controller_of(leader.metadata) for p in situation.pods(symptom))
    return is_used_to_it and is_alike and not situation.active("rollout-stuck", symptom.subject)


def _node_is_being_made(situation: Situation, symptom: Symptom) -> bool:
    """An autoscaler of nodes took an order for the subject's pods lately, and has not said since that it can't."""
    ordered = situation.active("scale-up-triggered", symptom.subject)
    refused = situation.active("scale-up-refused", symptom.subject)
    is_fresh = situation.t - symptom.since <= BEING_MADE_SECONDS
    return is_fresh and ordered is not None and (refused is None or refused.last_at < ordered.last_at)


BEING_MADE_SECONDS: Final = 900.0
"""A machine comes within minutes of its order; cluster-autoscaler gives up after 15 (max-node-provision-time)."""


def _nothing_is_ready(situation: Situation, symptom: Symptom) -> bool:
    """No pod of the workload is ready, as it says itself; where it does not say, its own symptom must."""
    return nothing_ready(situation, symptom.subject)


_AMBIGUOUS = re2.compile(r"(?i)does not exist or may require|insufficient_scope|repository does not exist")


def _may_not_exist(situation: Situation, symptom: Symptom) -> bool:
    """The registry does not say which: no such repository, or no right to see it. The pods bring no secret for it."""
    said = " ".join(e.text for e in symptom.evidence)
    pods = situation.pods(symptom)[:1]
    return bool(_AMBIGUOUS.search(said)) and all(not p.spec.image_pull_secrets for p in pods)


def _host_shows(kind: str) -> Condition:
    """The registry of the image is in this trouble, as some workload shows."""

    def condition(situation: Situation, symptom: Symptom) -> bool:
        host = registry_host(symptom.attrs.get("image", ""))
        return any(registry_host(s.attrs.get("image", "")) == host for s in situation.of_type([kind]))

    return condition


CONDITIONS: Final[dict[str, Condition]] = {
    **component_conditions.CONDITIONS,
    "short-of-disk": _short_of("ephemeral-storage", "nodefs", "imagefs", "inodes"),
    "short-of-memory": _short_of("memory"),
    "short-of-pids": _short_of("pids"),
    "image-changed": _changed("image"),
    "program-changed": _changed(*PROGRAM),
    "rolled-out": _changed(*PROGRAM, "annotations", "labels", "probes", "ports", "rollout"),
    "start-hook-fails": _shows("start-hook-failing"),
    "probes-changed": _changed("probes"),
    "newly-created": _newly_created,
    "config-changed": _config_changed,
    "host-serves-others": _host_serves_others,
    "only-sufferer-of-host": lambda situation, symptom: _sufferers_of_host(situation, symptom) == 1,
    "several-suffer-of-host": lambda situation, symptom: _sufferers_of_host(situation, symptom) >= SEVERAL,
    "liveness-kills": _liveness_kills,
    "was-oom": _shows("container-oom"),
    **{f"log-{k}": _shows(f"log-{k}") for k in ("permission", "port-in-use", "platform")},
    "refused-login": _shows("log-credentials", "log-login-vague"),
    "asks-foreign-dns": _shows("dns-foreign"),
    "complains-of-names": _shows("log-name"),
    "nothing-is-ready": _nothing_is_ready,
    "link-is-ill": link_is_ill,
    "gives-way": _gives_way,
    "node-is-being-made": _node_is_being_made,
    "stands-by": _stands_by,
    "log-memory": _shows("log-memory"),
    "meets-expired-certificate": _shows("log-tls-expired", "log-tls-refused"),
    "has-finalizers": lambda _, symptom: bool(symptom.attrs.get("finalizers")),
    "kept-off-by-taints": lambda _, symptom: symptom.attrs.get("what") == "taint",
    "may-not-exist": _may_not_exist,
    "mounts-volumes": _mounts_volumes,
    "host-fails": _host_shows("registry-failing"),
    "host-is-unresolvable": _host_shows("registry-unresolvable"),
    "points-astray": _points_astray,
    "service-is-gone": _service_is_gone,
    "crashes-in-collision": _crashes_in_collision,
    "is-short-of-cpu": _shows("metric-cpu-high"),
    "is-throttled": _shows("metric-throttled"),
    "memory-grows": _shows("metric-memory-grows"),
    "loses-packets": _shows("metric-packets-lost"),
    "node-loses-packets": _shows("metric-node-loses-packets"),
    "node-is-slow-to-ping": _slow_to_ping,
    "waits-for-disk": _shows("metric-io-slow"),
    "collects-garbage": _shows("metric-gc-long"),
    "is-saturated": _shows(*SATURATED),
}
