"""What listed objects say of their own past: what the last rollout changed, what was made or written lately.

A watch that begins in the middle, and a snapshot, have seen no change. But a Deployment keeps its older ReplicaSets
with their templates, and every object says when it was created and last written (metadata.managedFields).
"""

from collections.abc import Iterator
from typing import Final

import msgspec
import re2

from causeline.core.objects import Container, KubeObject, Pod, PodTemplate, Workload
from causeline.core.refs import ObjectRef
from causeline.knowledge.situation import CHANGE_SECONDS
from causeline.knowledge.symptom import Change
from causeline.streams.changes import OWNED_NOISE
from causeline.streams.inspect import is_settled
from causeline.streams.state import State
from causeline.streams.templates import template_changes

FIRST_WRITES_SECONDS: Final = 60.0
"""Whoever creates an object may write it a few times more; later writes are changes."""
ROLLED_OUT: Final = ("Deployment", "Rollout")
"""Kinds that keep their earlier templates as ReplicaSets; the second is that of Argo Rollouts."""
REVISION_LABEL: Final = "controller-revision-hash"
OWN_VOLUME: Final = "kube-api-access-"
KEYS_MAX: Final = 3
"""Who writes more keys than this wrote the whole object, and that says nothing of which of them changed."""
SELF_WRITTEN: Final = OWNED_NOISE | {"Node", "Event", "HorizontalPodAutoscaler", "PersistentVolume", "StatefulSet"}
"""Kinds whose specification controllers write as a matter of course."""
CREATED_AS_WHOLE: Final = frozenset({"StatefulSet", "DaemonSet", "Node", "Namespace", "CronJob", "Event"})
"""Kinds of which a young age says nothing: they do not tell since when they serve."""
_REVISION: Final = re2.compile(r"[0-9]{1,18}")
_WHAT: Final = {"ConfigMap": "config", "Secret": "config", "ResourceQuota": "hard", "NetworkPolicy": "policy"}


def tell_history(state: State, t: float) -> None:
    """Read the history of what was listed, once the list is whole."""
    if not state.unread or not is_settled(state, t):
        return
    unread, state.unread = state.unread, {}
    for ref in unread:
        obj = state.topology.get(ref)
        if obj is not None:
            known = {(c.what, c.at) for c in state.topology.changes_of(ref)}
            found = [*_made(state, ref, obj), *_rolled_out(state, ref)]
            news = [c for c in found if (c.what, c.at) not in known]
            state.topology.note_past(ref, news)
            if news:
                state.touched[ref] = None


def _made(state: State, ref: ObjectRef, obj: KubeObject) -> Iterator[Change]:
    created = obj.metadata.creation_timestamp
    if created is None or ref.kind in OWNED_NOISE:
        return
    at, listed = created.timestamp(), state.listed_at
    if listed - CHANGE_SECONDS <= at <= listed and ref.kind not in CREATED_AS_WHOLE:
        yield Change(at, ref, "created", f"{ref} was created")
    written = obj.metadata.managed_fields[0] if obj.metadata.managed_fields else None
    if written is None or written.time is None or ref.kind in SELF_WRITTEN | {"Deployment", "DaemonSet"}:
        return
    edited = written.time.timestamp()
    if at + FIRST_WRITES_SECONDS < edited <= listed:
        by = f" by {written.manager}" if written.manager else ""
        keys = written.data if len(written.data) <= KEYS_MAX else []
        yield Change(edited, ref, _WHAT.get(ref.kind, "edited"), f"{ref} was written{by}", keys)


def _rolled_out(state: State, ref: ObjectRef) -> Iterator[Change]:
    if ref.kind in ("StatefulSet", "DaemonSet"):
        yield from _revised(state, ref)
    if ref.kind not in ROLLED_OUT:
        return
    revisions = sorted(_revisions(state, ref), key=lambda pair: pair[0])
    if len(revisions) < 2:
        yield from _unknown_rollout(state, ref, revisions)
        return
    (_, old), (_, new) = revisions[-2:]
    created = new.metadata.creation_timestamp
    if created is not None and old.spec.template is not None and new.spec.template is not None:
        at = min(created.timestamp(), state.listed_at)
        yield from template_changes(at, ref, old.spec.template, new.spec.template)


def _revised(state: State, ref: ObjectRef) -> Iterator[Change]:
    """A StatefulSet or DaemonSet is amid a rollout: pods of two revisions tell what the newer one changed."""
    pods = [p for r in state.topology.pods_under(ref) if isinstance(p := state.topology.get(r), Pod)]
    dated = [(p.metadata.creation_timestamp, p) for p in pods if p.metadata.creation_timestamp is not None]
    dated.sort(key=lambda pair: pair[0])
    revisions = [(p.metadata.labels or {}).get(REVISION_LABEL) for _, p in dated]
    if len(dated) < 2 or not revisions[-1] or revisions[0] == revisions[-1]:
        return
    new = next(pair for pair, revision in zip(dated, revisions, strict=True) if revision == revisions[-1])
    at = min(new[0].timestamp(), state.listed_at)
    yield from template_changes(at, ref, _template_of(dated[0][1]), _template_of(new[1]))


def _template_of(pod: Pod) -> PodTemplate:
    """Return what a pod was made from, without what is each pod's own."""
    volumes = [v for v in pod.spec.volumes or () if not v.name.startswith(OWN_VOLUME) and not v.persistent_volume_claim]
    containers = [_without_token(c) for c in pod.spec.containers]
    spec = msgspec.structs.replace(
        pod.spec, node_name=None, volumes=volumes, containers=containers, affinity=None, tolerations=None
    )
    return PodTemplate(spec=spec)


def _without_token(container: Container) -> Container:
    mounts = [m for m in container.volume_mounts or () if not m.name.startswith(OWN_VOLUME)]
    return msgspec.structs.replace(container, volume_mounts=mounts)


def _unknown_rollout(
    state: State, ref: ObjectRef, revisions: list[tuple[tuple[int, float], Workload]]
) -> Iterator[Change]:
    """The only ReplicaSet is younger than its Deployment: something was rolled out, and what it replaced is gone."""
    obj = state.topology.get(ref)
    made = obj.metadata.creation_timestamp if obj is not None else None
    if revisions and made is not None and revisions[0][0][1] > made.timestamp() + FIRST_WRITES_SECONDS:
        yield Change(min(revisions[0][0][1], state.listed_at), ref, "rollout", f"{ref} was rolled out")


def _revisions(state: State, ref: ObjectRef) -> Iterator[tuple[tuple[int, float], Workload]]:
    """Yield the ReplicaSets of a Deployment with their revision; without the annotation, age decides."""
    for child in state.topology.children(ref):
        part = state.topology.get(child)
        if child.kind == "ReplicaSet" and isinstance(part, Workload):
            number = part.metadata.annotations.revision if part.metadata.annotations else None
            created = part.metadata.creation_timestamp
            revision = int(number) if number is not None and _REVISION.fullmatch(number) else 0
            yield (revision, created.timestamp() if created else 0.0), part
