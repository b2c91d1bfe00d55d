"""Read the scheduler's message clause by clause: `0/4 nodes are available: 3 Insufficient cpu, 1 node(s) ...`.

The clauses are those of kubernetes/pkg/scheduler (v1.20 to v1.34); numbers are nodes.
"""

from typing import Final, NamedTuple

import re2

_HEAD = re2.compile(r"(\d+)/(\d+) nodes are available:\s*(.*)")
_CLAUSE = re2.compile(r"^(\d+) (.*)$")
_INSUFFICIENT = re2.compile(r"^Insufficient (\S+)$")
_CLAIM_MISSING = re2.compile(r'persistentvolumeclaim "([^"]+)" not found')

CONSTRAINTS: Final = (
    ("node-affinity", ("didn't match Pod's node affinity", "didn't match node selector")),
    ("pod-anti-affinity", ("pod anti-affinity", "anti-affinity rules")),
    ("pod-affinity", ("pod affinity",)),
    ("topology-spread", ("topology spread",)),
    ("host-port", ("free ports",)),
    ("volume-zone", ("volume node affinity conflict", "no available volume zone", "PersistentVolume's node affinity")),
    ("cordon", ("were unschedulable", "node.kubernetes.io/unschedulable")),
    ("taint", ("untolerated taint", "had taint")),
)
"""Detail of `scheduling-constraints` and the words of the clauses that mean it."""


CHOSEN: Final = ("node-affinity", "node-selector")
"""What keeps a pod to some nodes. Nodes that it lets through and that refuse for another reason say what is wrong: the
scheduler's filters ask in this order. https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins"""


class Refusal(NamedTuple):
    """Why no node would do: `why` is insufficient, constraint, claim-missing, claim-unbound or other."""

    why: str
    detail: str
    nodes: int
    """How many nodes gave this reason."""


def read_refusal(message: str, *, is_pinned: bool = False) -> Refusal:
    """Return the reason that decides: missing claims first, then what most nodes said, of what a person can mend.

    A taint or a cordon counts only when nothing else is said by as many nodes: control-plane nodes always have one.
    `is_pinned`: the pod is a DaemonSet's and wants one node by affinity, so what all others say of that means nothing.
    """
    if claim := _CLAIM_MISSING.search(message):
        return Refusal("claim-missing", claim.group(1), 0)
    if (
        "unbound immediate PersistentVolumeClaims" in message
        or '"VolumeBinding": binding volumes' in message
        or "PersistentVolumeClaim is not bound" in message
        or "didn't find available persistent volumes to bind" in message
    ):
        return Refusal("claim-unbound", "", 0)
    if "not have enough free storage" in message:
        return Refusal("claim-unbound", "capacity", 0)
    if "bound to non-existent persistentvolume" in message:
        return Refusal("claim-unbound", "occupied" if '""' not in message else "", 0)
    found: dict[tuple[str, str], int] = {}
    for number, text in _clauses(message):
        reason = _reason(text)
        found[reason] = found.get(reason, 0) + number
    named = {r: n for r, n in found.items() if r[0] != "other"}
    weak = ("taint", "cordon", "node-affinity") if is_pinned else ("taint", "cordon")
    strong = {r: n for r, n in named.items() if r[1] not in weak}
    further = {r: n for r, n in strong.items() if r[1] not in CHOSEN}
    for candidates in (further, strong, named, found):
        if candidates:
            (why, detail), nodes = max(candidates.items(), key=lambda item: (item[1], item[0][0] == "constraint"))
            return Refusal(why, detail, nodes)
    return Refusal("other", "", 0)


def _clauses(message: str) -> list[tuple[int, str]]:
    head = _HEAD.search(message)
    if not head:
        return []
    body = head.group(3).split(" preemption:")[0].split(". ")[0].rstrip(".")
    matches = (_CLAUSE.match(part.strip()) for part in body.split(", "))
    return [(int(m.group(1)), m.group(2)) for m in matches if m]


def _reason(text: str) -> tuple[str, str]:
    if short := _INSUFFICIENT.match(text):
        return "insufficient", short.group(1)
    if text == "Too many pods":
        return "insufficient", "pods"
    for detail, words in CONSTRAINTS:
        if any(word in text for word in words):
            return "constraint", detail
    return "other", ""
