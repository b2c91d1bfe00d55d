"""What a checkpoint keeps of the symptoms, and how they come back from it."""

import msgspec

from causeline.core.refs import ObjectRef
from causeline.knowledge.symptom import Symptom
from causeline.streams.symptoms import Key, Symptoms


class SymptomsState(msgspec.Struct):
    """What a checkpoint keeps of Symptoms."""

    held: list[Symptom]
    shown: dict[ObjectRef, dict[str, ObjectRef]]
    told: dict[ObjectRef, list[Key]]
    waiting: list[Key]
    changed: list[str]
    news: list[str]
    united: list[tuple[str, str]]
    over_bound: int
    order: int
    renamed: list[str] = []


def dump(symptoms: Symptoms) -> SymptomsState:
    """Return the state for a checkpoint."""
    told = {by: list(keys) for by, keys in symptoms.said.items()}
    return SymptomsState(
        list(symptoms.held.values()),
        symptoms.shown,
        told,
        list(symptoms.waiting),
        list(symptoms.changed),
        list(symptoms.news),
        list(symptoms.united),
        symptoms.over_bound,
        symptoms.order,
        list(symptoms.renamed),
    )


def load(symptoms: Symptoms, state: SymptomsState) -> None:
    """Take the state of a checkpoint back."""
    symptoms.held = {(s.type, s.subject): s for s in state.held}
    symptoms.shown = state.shown
    symptoms.components = {ref: None for ref in state.shown if ref.kind == "Component"}
    symptoms.said = {by: dict.fromkeys(keys) for by, keys in state.told.items()}
    symptoms.waiting = dict.fromkeys(state.waiting, 0.0)
    symptoms.changed = dict.fromkeys(state.changed)
    symptoms.news = dict.fromkeys(state.news)
    symptoms.united = state.united
    symptoms.over_bound, symptoms.order = state.over_bound, state.order
    symptoms.renamed = dict.fromkeys(state.renamed)
