"""Which components are missed, and which flood the event API: signs of nobody's object, told on ticks."""

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.sign import Sign
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
