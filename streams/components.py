"""Which components are missed, and which flood the event API: signs of nobody's object, told on ticks."""

from typing import Final, NamedTuple

from causeline.core.objects import KubeObject, Lease, Pod
from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.readiness import is_ready, is_static
from causeline.knowledge.sign import Sign
from causeline.streams.control_plane import COMPONENTS
from causeline.streams.incidents import sign_text
from causeline.streams.state import State


def tell_components(state: State, t: float) -> None:
    """Say which control-plane components are missed."""
    state.control_plane.tick(t)
    if not state.control_plane.missed and not state.symptoms.components:
        return
    away = state.control_plane.away(t)
    signs = {ref: Sign("component.away", {"how": how}, since) for ref, since, how in away}
    _show_all(state, "component-away", signs, t)


def tell_storms(state: State, t: float) -> None:
    """Say which components flood the event API."""
    storms = state.burst.storms(t)
    if state.situation.is_ending:
        storms = [*storms, *state.burst.listed_storms()]
    if not storms and not state.symptoms.components:
        return
    signs = {
        ObjectRef("Component", None, name): Sign("component.storm", {"component": name, "rate": f"{rate:.0f}"}, t)
        for name, rate in storms
    }
    _show_all(state, "event-storm", signs, t)


RETURNED_SECONDS: Final = 1800.0
"""What a list tells of an absence longer ago is of an earlier time; as long as changes are looked back at."""


def tell_returned(state: State, t: float) -> None:
    """In a snapshot, say which components were away a short while ago, as their leases and static pods remember."""
    if not state.situation.is_ending:
        return
    for ref, entry in state.topology.entries.items():
        found = _absence(ref, entry.object) if ref.namespace == SYSTEM else None
        if found is None or not t - RETURNED_SECONDS <= found.since <= found.since + found.seconds <= t:
            continue
        component = ObjectRef("Component", None, found.component)
        named = state.rules.name(
            Sign("component.away", {"how": found.how, "seconds": f"{found.seconds:.0f}"}, found.since)
        )
        if named is not None:
            rule, attrs = named
            evidence = Evidence(found.since, str(ref), f"{ref}: {found.how}")
            until = t + RETURNED_SECONDS
            state.symptoms.show(rule, component, ref, attrs, found.since, t, until=until, evidence=evidence)


class Absence(NamedTuple):
    """A component that was away: since when, for how many seconds, and how it shows."""

    component: str
    since: float
    seconds: float
    how: str


def _absence(ref: ObjectRef, obj: KubeObject) -> Absence | None:
    """Return the last absence that a component's lease or ready static pod tells of."""
    if isinstance(obj, Lease) and ref.name in COMPONENTS:
        taken = obj.spec.acquire_time
        if taken is None or obj.spec.lease_transitions <= 0 or not obj.spec.holder_identity:
            return None
        how = f"{obj.spec.holder_identity} leads since then"
        return Absence(ref.name, taken.timestamp() - LEASE_SECONDS, LEASE_SECONDS, how)
    component = next((c for c in COMPONENTS if ref.kind == "Pod" and ref.name.startswith(f"{c}-")), None)
    if component is None or not isinstance(obj, Pod) or not is_ready(obj) or not is_static(obj):
        return None
    for status in obj.status.container_statuses or ():
        last = status.last_state.terminated if status.last_state is not None else None
        runs = status.state.running if status.state is not None else None
        if last and runs and last.finished_at and runs.started_at and status.restart_count < OFTEN:
            since = last.finished_at.timestamp()
            seconds = runs.started_at.timestamp() - since
            return Absence(component, since, seconds, "its container was started again") if seconds >= 0 else None
    return None


LEASE_SECONDS: Final = 15.0
"""leaderElection.leaseDuration: as long as nobody else may lead after the last renewal."""
OFTEN: Final = 3
"""A container that was restarted this often may end again."""
SYSTEM: Final = "kube-system"


def _show_all(state: State, symptom: str, signs: dict[ObjectRef, Sign], t: float) -> None:
    """Show these signs, and end what components showed of this symptom before."""
    for ref in [r for r in state.symptoms.components if symptom in state.symptoms.shown.get(r, ()) and r not in signs]:
        state.symptoms.state_shows(ref, {}, t, in_order=True)
    for ref, sign in signs.items():
        _show(state, ref, sign, t)


def _show(state: State, ref: ObjectRef, sign: Sign, t: float) -> None:
    named = state.rules.name(sign)
    if named is None:
        return
    rule, attrs = named
    since = sign.since if sign.since is not None else t
    shown = state.symptoms.shown.get(ref, {})
    evidence = Evidence(since, str(ref), f"{ref}: {sign_text(rule, attrs)}")
    count = 0 if rule.symptom in shown else 1
    state.symptoms.show(rule, ref, ref, attrs, since, t, count=count, evidence=evidence)
    state.symptoms.state_shows(ref, {**shown, rule.symptom: ref}, t, in_order=False)
