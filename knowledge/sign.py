"""A sign: something that one object shows, or that one event said, before anybody says what it means."""

from typing import Final, NamedTuple


class Sign(NamedTuple):
    """`name` says where it was seen (`pod.waiting`, `node.condition`, `event`), `attrs` what.

    `since` is the object's own time of its beginning in unix seconds, None when the object does not say.
    """

    name: str
    attrs: dict[str, str]
    since: float | None = None
    is_deadline: bool = False
    """`since` is when something ought to be over; it may lie ahead."""


_METRIC: Final = "value expected factor since unit series scope how most side signal waits callee workloads"
_CRASH: Final = "container image restarts exit_code reason looping"
_SAYS: Final = "reason message"
SIGNS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(attrs.split())
    for name, attrs in {
        "autoscaler.at-maximum": "maximum",
        "autoscaler.inactive": _SAYS,
        "certificate.not-ready": "secret until shows",
        "claim.terms": "term shows",
        "claim.unbound": "phase class",
        "component.away": "how seconds",
        "component.storm": "component rate",
        "event": f"kind component {_SAYS}",
        "job.failed": _SAYS,
        "log": "kind of term server side host port text to",
        **{f"metric.{m}": _METRIC for m in (
            "conntrack", "cpu", "errors", "gc", "io", "latency", "loss", "memory-growth", "network", "throttled",
        )},
        "namespace.terminating": "",
        "node.condition": f"type status cordoned {_SAYS}",
        "object.edited-by-hand": "what shows",
        "pod.crash": _CRASH,
        "pod.creating": "",
        "pod.evicted": "message node",
        "pod.initialising": "container",
        "pod.not-ready": "was_ready",
        "pod.oom": _CRASH,
        "pod.refused": _SAYS,
        "pod.terminating": "finalizers node",
        "pod.unschedulable": "why what message",
        "pod.unscheduled": "",
        "pod.waiting": f"container image restarts {_SAYS}",
        "policy.denies": "paths hit shows",
        "route.leads-nowhere": "service certain shows",
        "service.empty": "served",
        "service.port-unknown": "port has sure",
        "service.protocol-wrong": "port protocol has",
        "service.scaled-to-zero": "",
        "service.selects-nothing": "near shows",
        "workload.address-wrong": "term key address config near gateway lately certain missing shows",
        "workload.create-failed": _SAYS,
        "workload.foreign-dns": "shows",
        "workload.images-differ": "what image shows",
        "node.odd": "what shows",
        "workload.nothing-ready": "wanted served",
        "workload.ports-collide": "port containers shows",
        "workload.stuck": _SAYS,
        "workload.unobserved": "generation",
    }.items()
}  # fmt: skip
"""Every sign that there is, with its own attributes; docs/rules.md explains them."""
AGES: Final = frozenset({"recent", "today"})
"""Attributes that every sign of an object has beside: was it so within ten minutes, within a day, of what was seen."""
_SAID: Final = (
    "problem image registry http_status quota resource requested used limited name webhook why policy rule by what key "
    "driver probe protocol port threshold available container pressure victim"
)
SAID: Final = frozenset(_SAID.split(" "))
"""What messages say, of the signs that have one (knowledge/messages)."""


def attributes(sign: str) -> frozenset[str]:
    """Return the names of all attributes that a sign may have."""
    own = SIGNS.get(sign, frozenset())
    return own | AGES | (SAID if "message" in own else frozenset())
