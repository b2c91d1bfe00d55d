"""Images and registries: which part of an image reference is wrong, which registry fails."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.messages.pulls import NO_REPOSITORY
from causeline.knowledge.quantities import registry_host, repository_of
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation
from causeline.knowledge.symptom import Symptom

REGISTRY_DETAILS: Final = frozenset({"status", "refused", "tls", "timeout"})
"""Details of registry-outage (cause-classes)."""


def _registry(_: Situation, symptom: Symptom) -> list[Blame]:
    host = registry_host(symptom.attrs.get("image", ""))
    how = symptom.attrs.get("problem")
    return [Blame(ObjectRef("External", None, host), how if how in REGISTRY_DETAILS else None)] if host else []


def _changed_image(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload, with the part of the image reference that its last change brought: tag or repository."""
    found = [
        c
        for c in situation.changes(symptom.subject, symptom.since - CHANGE_SECONDS, symptom.seen_at)
        if c.what == "image" and len(c.keys) == 2
    ]
    if NO_REPOSITORY.search(" ".join([symptom.attrs.get("message", ""), *(e.text for e in symptom.evidence)])):
        return [Blame(symptom.subject, "repository")]
    if not found:
        return [Blame(symptom.subject, "tag")]
    before, after = (repository_of(image) for image in found[-1].keys)
    return [Blame(symptom.subject, "tag" if before == after else "repository", 1.0, found[-1].text)]


ROOTS: Final[dict[str, Root]] = {
    "registry": _registry,
    "changed-image": _changed_image,
}
