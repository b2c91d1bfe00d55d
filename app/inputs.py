"""What a diagnosis had to go by, what it had not, and what therefore can't be judged."""

from typing import Final

import msgspec

from causeline.core.observations import Observation, StreamMark

NEEDED: Final = {
    "events": "what was tried and failed: scheduling, mounting, pulling, probes",
    "pods": "almost everything",
    "nodes": "nodes that are down or short of something, where pods fit",
    "services": "selectors, ports and addresses",
    "endpointslices": "which Services have nobody behind them",
    "deployments": "rollouts and replicas",
    "replicasets": "what the last rollout changed, pods that can't be created",
    "configmaps": "changed or missing configuration, addresses in it",
    "statefulsets": "rollouts and replicas",
    "daemonsets": "rollouts and replicas",
    "leases": "whether scheduler and controller manager are alive",
    "networkpolicies": "traffic that is not let through",
    "persistentvolumeclaims": "claims that are not bound",
    "persistentvolumes": "which term of a claim no volume meets",
    "storageclasses": "claims of a class that is not there",
    "resourcequotas": "which resource is used up",
    "validatingwebhookconfigurations": "webhooks without a server",
    "mutatingwebhookconfigurations": "webhooks without a server",
    "ingresses": "routes that lead nowhere",
    "metrics": "latency, errors, CPU, memory, loss",
    "logs": "what the programs themselves complain about",
}
"""Input -> what can't be judged without it."""


class Missing(msgspec.Struct, frozen=True):
    """An input that was not there, what therefore can't be judged, and what was answered when it was asked for."""

    input: str
    judges: str
    why: str = ""


class Inputs:
    """What was there to judge by, and what was refused."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.refused: dict[str, str] = {}

    def note(self, seen: Observation) -> None:
        """Take in one observation. A list that ended counts though it was empty; one that failed does not."""
        name = _input_of(seen)
        if isinstance(seen, StreamMark) and seen.mark in ("ERROR", "GAP"):
            self.refused.setdefault(name, seen.text)
        elif not isinstance(seen, StreamMark) or is_listed(seen):
            self.there.add(name)

    def missing(self) -> list[Missing]:
        """Return what was not there, the refused first."""
        names = [n for n in dict.fromkeys([*self.refused, *NEEDED]) if n not in self.there]
        return [Missing(n, NEEDED.get(n, "what depends on them"), self.refused.get(n, "")) for n in names]


def is_listed(mark: StreamMark) -> bool:
    """A list that ended, or a stream that the cluster refuses: nothing more will come of it now."""
    return mark.mark in ("ERROR", "GAP") or (mark.mark == "BOOKMARK" and mark.text == "list-end")


def _input_of(seen: Observation) -> str:
    stream: str = getattr(seen, "stream", "") or getattr(seen, "source", "")
    if stream.startswith("events"):
        return "events"
    return stream or ("metrics" if hasattr(seen, "target") else "")
