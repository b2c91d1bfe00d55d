"""Conditions about components: those of the control plane, and what serves every pod in kube-system."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.situation import Condition, Situation
from causeline.knowledge.symptom import Symptom

AWAY_SECONDS: Final = 60.0
"""A component may be away this long before it is more than a restart."""
HALF_A_MINUTE: Final = 30.0
TURNING_SECONDS: Final = {"lasts-half-a-minute": HALF_A_MINUTE, "short-and-harmless": AWAY_SECONDS}
"""Conditions that turn by time alone -> the age of the symptom at which they do."""


def _short_and_harmless(situation: Situation, symptom: Symptom) -> bool:
    """Away for up to a minute and nobody waits for it (the bound of `control-plane-restart`).

    What a list tells of an absence is over, however long it was.
    """
    if symptom.attrs.get("seconds"):
        return not _harm(situation, symptom)
    back = [c.absent_since for c in symptom.contributors.values() if c.absent_since is not None]
    end = symptom.cleared_at or (max(back) if len(back) == len(symptom.contributors) and back else situation.t)
    return end - symptom.since <= AWAY_SECONDS and not _harm(situation, symptom)


def _harm(situation: Situation, symptom: Symptom) -> bool:
    harm = {"kube-scheduler": ["pods-unscheduled"], "kube-controller-manager": ["workload-unobserved"]}.get(
        symptom.subject.name, []
    )
    return any(s.last_at >= symptom.since for s in situation.of_type(harm) if s.confirmed_at is not None)


def _is_component(name: str) -> Condition:
    return lambda _, symptom: symptom.subject.name == name


def _is_away(component: str) -> Condition:
    ref = ObjectRef("Component", None, component)
    return lambda situation, _: situation.active("component-away", ref) is not None


def _lasts(seconds: float) -> Condition:
    return lambda situation, symptom: situation.t - symptom.since >= seconds


def _in_kube_system(name: str) -> Condition:
    return lambda _, symptom: symptom.subject.namespace == "kube-system" and symptom.subject.name == name


def _is_cluster_dns(_: Situation, symptom: Symptom) -> bool:
    """The subject is what answers the cluster's DNS, as distributions call it."""
    ref = symptom.subject
    return ref.namespace == "kube-system" and (ref.name in ("coredns", "kube-dns") or ref.name.endswith("-coredns"))


def _is_pod_of(component: str) -> Condition:
    def condition(_: Situation, symptom: Symptom) -> bool:
        ref = symptom.subject
        return ref.kind == "Pod" and ref.namespace == "kube-system" and ref.name.startswith(component + "-")

    return condition


CONDITIONS: Final[dict[str, Condition]] = {
    "short-and-harmless": _short_and_harmless,
    "is-scheduler": _is_component("kube-scheduler"),
    "is-controller-manager": _is_component("kube-controller-manager"),
    "is-apiserver": _is_component("kube-apiserver"),
    "is-etcd": _is_component("etcd"),
    "scheduler-is-away": _is_away("kube-scheduler"),
    "lasts-half-a-minute": _lasts(HALF_A_MINUTE),
    "controllers-are-away": _is_away("kube-controller-manager"),
    "is-pod-of-scheduler": _is_pod_of("kube-scheduler"),
    "is-pod-of-controller-manager": _is_pod_of("kube-controller-manager"),
    "is-pod-of-apiserver": _is_pod_of("kube-apiserver"),
    "is-pod-of-etcd": _is_pod_of("etcd"),
    "is-dns": _in_kube_system("kube-dns"),
    "is-coredns": _is_cluster_dns,
    "is-kube-proxy": _in_kube_system("kube-proxy"),
}
