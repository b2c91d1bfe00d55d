"""What reasoning may ask about the cluster, and how a rule points at an object."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol, TypeVar

from causeline.core.objects import KubeObject, Pod
from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Change, Symptom

CHANGE_SECONDS: Final = 1800.0
"""How long before a symptom a change may lie to be its cause: three times the default progressDeadlineSeconds."""


class Blame(NamedTuple):
    """An object that a rule blames, what exactly, and a factor in (0, 1] on the rule's weight."""

    object: ObjectRef
    detail: str | None = None
    factor: float = 1.0
    because: str = ""


Asked = TypeVar("Asked", bound=Callable[..., object])
NEEDS: Final[dict[Callable[..., object], frozenset[str]]] = {}
"""Roots and conditions that can say nothing unless one of these symptoms is there, anywhere: they need not be asked."""


def needing(*symptoms: str) -> Callable[[Asked], Asked]:
    """Note that a root or condition finds nothing while none of these symptoms is there."""

    def note(function: Asked) -> Asked:
        NEEDS[function] = frozenset(symptoms)
        return function

    return note


Root = Callable[["Situation", Symptom], list[Blame]]
"""Whom a rule blames."""
Condition = Callable[["Situation", Symptom], bool]
"""Whether a rule may claim its cause."""


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

    def kubelet_of(self, node: str) -> str:
        """Return what scrapes tell of a node: `kubelet` (it alone is away), `node-down`, or ''."""
        ...

    def evictions(self, node: str) -> list[tuple[ObjectRef, str]]:
        """Return (pod, message) of the evictions on a node within the grace, oldest first."""
        ...

    def selected(self, service: ObjectRef) -> list[ObjectRef]:
        """Return the workloads whose pods a Service selects, by template or by pod."""
        ...

    def servers(self, workload: ObjectRef, kind: str) -> list[ObjectRef]:
        """Return the workloads of this kind of server (knowledge/servers.py; '': any) that a workload asks."""
        ...

    def certificates(self, workload: ObjectRef) -> list[ObjectRef]:
        """Return the Secrets that hold certificates among those that the workload's pods mount."""
        ...

    def certificates_for(self, host: str) -> list[ObjectRef]:
        """Return the Secrets with which Ingresses answer for a host outside the cluster."""
        ...

    def spoke_at(self, node: str) -> float:
        """Return when a program of a pod on this node last printed anything, 0 where nobody heard of any."""
        ...

    def leader_of(self, workload: ObjectRef) -> Pod | None:
        """Return the pod of the workload that holds a Lease of its namespace, and renews it; None where none does."""
        ...

    def settings_named(self, symptom: Symptom) -> set[str]:
        """Return the names of settings that log lines of those who show the symptom mention."""
        ...

    def pods_of(self, namespace: str) -> list[tuple[ObjectRef, Pod]]:
        """Return the pods of a namespace, in order of sight."""
        ...
