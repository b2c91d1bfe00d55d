"""Probes: what of them can't succeed, or changed."""

from typing import Final

from causeline.core.pod_spec import serving_containers
from causeline.knowledge.probes import probe_fault, suspected_part
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

PROBE_KINDS: Final = ("startup", "liveness", "readiness")
PROBE_SYMPTOMS: Final = ("liveness-failing", "startup-probe-failing", "readiness-probe-failing")


def _changed_probe(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with what of its probes changed last: the part that can't succeed, if it is among it."""
    since = symptom.since - CHANGE_SECONDS
    found = [c for c in situation.changes(symptom.subject, since, symptom.seen_at) if c.what == "probes"]
    if not found:
        return [Blame(symptom.subject)]
    keys = found[-1].keys
    likely = [b.detail for b in _probe_at_fault(situation, symptom)]
    likely += [f"{kind}-{suspected_part(_why(situation, symptom, kind))}" for kind in PROBE_KINDS]
    at_fault = [detail for detail in likely if detail in keys]
    return [Blame(symptom.subject, next(iter([*at_fault, *keys]), None), 1.0, found[-1].text)]


def _probe_at_fault(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload whose probe can't succeed as it is written, and which part of it is wrong."""
    for pod in situation.pods(symptom)[:1]:
        for container in serving_containers(pod.spec):
            for kind in PROBE_KINDS:
                part = probe_fault(container, kind, _why(situation, symptom, kind))
                if part is not None and _speaks_of(kind, symptom):
                    return [Blame(symptom.subject, f"{kind}-{part}")]
    return []


def _why(situation: Situation, symptom: Symptom, kind: str) -> str:
    """What the kubelet said of the subject's probes of this kind."""
    said = [situation.active(name, symptom.subject) for name in PROBE_SYMPTOMS]
    texts = [e.text for s in said if s is not None and _speaks_of(kind, s) for e in s.evidence]
    named = [text for text in texts if kind.capitalize() + " probe" in text]
    return " ".join(named or texts)


def _speaks_of(kind: str, symptom: Symptom) -> bool:
    is_liveness = symptom.type in ("liveness-failing", "startup-probe-failing", "container-crash")
    return kind != "readiness" if is_liveness else kind == "readiness"


@needing("pods-initialising")
def _initialising(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with the init container that does not end."""
    said = situation.active("pods-initialising", symptom.subject)
    return [Blame(symptom.subject, said.attrs.get("container"))] if said is not None else []


ROOTS: Final[dict[str, Root]] = {
    "probe-at-fault": _probe_at_fault,
    "changed-probe": _changed_probe,
    "initialising": _initialising,
}
