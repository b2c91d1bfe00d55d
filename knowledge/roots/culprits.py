"""Nodes that run short of something: which pod brought them there, as its eviction says."""

from typing import Final

import re2

from causeline.core.objects import Pod
from causeline.core.refs import ObjectRef
from causeline.knowledge.quantities import quantity
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

PRESSURE: Final = {"disk-pressure": "ephemeral-storage", "memory-pressure": "memory", "pid-pressure": "pids"}
INODES: Final = "low on resource: inodes"
"""The kubelet's words where the files on a disk are too many, not too large."""
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
        if resource in m or not resource or (resource == "ephemeral-storage" and INODES in m)
    ]
    if resource == "pids" and all(amount == 0 for amount, _ in used):
        used += [(0.0, ref) for ref in _forks(situation, node) if all(ref != r for _, r in used)]
    used.sort(key=lambda pair: (-pair[0], not _can_not_fork(situation, pair[1])))
    return [
        Blame(ref, resource or None, 0.8**rank, f"evicted, used {amount:.0f}" if amount else "")
        for rank, (amount, ref) in enumerate(used[:3])
    ]


def _forks(situation: Situation, node: str) -> list[ObjectRef]:
    """The pod of a node that alone complains that it can't fork; the kubelet does not say how many processes it has."""
    said = [(ref, c.node) for s in situation.of_type(["log-processes"]) for ref, c in s.contributors.items()]
    here = [ref for ref, at in said if ref.kind == "Pod" and node in (at, _node_of(situation, ref))]
    return here if len(here) == 1 else []


def _node_of(situation: Situation, ref: ObjectRef) -> str | None:
    pod = situation.get(ref)
    return pod.spec.node_name if isinstance(pod, Pod) else None


def _can_not_fork(situation: Situation, pod: ObjectRef) -> bool:
    return any(pod in s.contributors for s in situation.of_type(["log-processes"]))


def _kept_off_by(pressure: str) -> Root:
    """The nodes whose pressure keeps the subject off by its taint; where one pod took what is short, that pod."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        if f"node.kubernetes.io/{pressure}" not in symptom.attrs.get("message", ""):
            return []
        short = situation.of_type([pressure])
        return [b for s in short for b in (_culprit_pod(situation, s)[:1] or [Blame(s.subject)])][:1]

    return needing(pressure)(root)


@needing("memory-pressure")
def _own_culprit_pod(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The subject's own pod that leads the evictions of a node which is short of memory."""
    for short in situation.of_type(["memory-pressure"]):
        blames = _culprit_pod(situation, short)
        if blames and blames[0].object.namespace == symptom.subject.namespace:
            own = {p.metadata.name for p in situation.pods(symptom)}
            if blames[0].object.name in own or blames[0].object.name.startswith(symptom.subject.name + "-"):
                return blames[:1]
    return []


ROOTS: Final[dict[str, Root]] = {
    "own-culprit-pod": _own_culprit_pod,
    "culprit-pod": _culprit_pod,
    "short-of-disk-here": _kept_off_by("disk-pressure"),
    "short-of-memory-here": _kept_off_by("memory-pressure"),
    "short-of-pids-here": _kept_off_by("pid-pressure"),
}
