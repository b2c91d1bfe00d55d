"""The control plane: its components, alone and together."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.readiness import is_ready
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

STATIC_PODS: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
"""Components that kubeadm runs as static pods, named <component>-<node>."""


def _is(component: str) -> Root:
    """That component, whatever shows it."""
    return lambda _, __: [Blame(ObjectRef("Component", None, component))]


def _control_plane(situation: Situation, symptom: Symptom) -> list[Blame]:
    """Two or more components away together are one control plane."""
    away = {s.subject for s in situation.of_type(["component-away"])} | {symptom.subject}
    return [Blame(ObjectRef("ControlPlane", None, "control-plane"))] if len(away) > 1 else []


@needing("log-etcd", "log-etcd-slow")
def _complained_etcd(situation: Situation, symptom: Symptom) -> list[Blame]:
    """etcd, while it or its clients complain of it: who can't write its lease looks as if it were away."""
    complains = situation.of_type(["log-etcd", "log-etcd-slow"])
    return _is("etcd")(situation, symptom) if complains else []


def _component_of_pod(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The control-plane component whose static pod this is, unless another pod of it is ready."""
    return _component(situation, symptom, others_serve=False)


def _component_of_one_pod(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The control-plane component of which this static pod is one of several, while another is ready."""
    return _component(situation, symptom, others_serve=True)


def _component(situation: Situation, symptom: Symptom, *, others_serve: bool) -> list[Blame]:
    name = next((c for c in STATIC_PODS if symptom.subject.name.startswith(c + "-")), None)
    if name is None or symptom.subject.kind != "Pod":
        return []
    others = (
        p for ref, p in situation.pods_of("kube-system") if ref != symptom.subject and ref.name.startswith(name + "-")
    )
    serve = any(is_ready(p) for p in others)
    return [Blame(ObjectRef("Component", None, name))] if serve == others_serve else []


@needing("container-crash", "pods-not-ready", "log-etcd", "log-etcd-slow")
def _ill_etcd(situation: Situation, symptom: Symptom) -> list[Blame]:
    """etcd, while a pod of it crashes, is not ready or complains: no API server is well without it."""
    ill = {s.subject for s in situation.of_type(["container-crash", "pods-not-ready", "log-etcd", "log-etcd-slow"])}
    others = (r for r in ill if r.kind == "Pod" and r.namespace == "kube-system" and r != symptom.subject)
    return [Blame(ObjectRef("Component", None, "etcd"))] if any(r.name.startswith("etcd-") for r in others) else []


ROOTS: Final[dict[str, Root]] = {
    "etcd": _is("etcd"),
    "complained-etcd": _complained_etcd,
    "component-of-pod": _component_of_pod,
    "component-of-one-pod": _component_of_one_pod,
    "ill-etcd": _ill_etcd,
    "scheduler": _is("kube-scheduler"),
    "controller-manager": _is("kube-controller-manager"),
    "control-plane": _control_plane,
}
