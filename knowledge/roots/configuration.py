"""Configuration: what is missing, what changed, and which key of it."""

from typing import Final

from causeline.core.objects import STREAM_OF, ConfigMap, Volume
from causeline.core.pod_spec import made_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.settings import keys_of
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation
from causeline.knowledge.symptom import Change, Symptom

PROGRAM: Final = ("containers", "image", "command", "environment", "volumes", "resources")
"""Changes of a pod template that change what runs."""
TOGETHER_SECONDS: Final = 60.0
"""Changes this close to each other are one release."""


def _named_object(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The ConfigMap or Secret that the message names, or that the volume is made of which it names."""
    kind = {"configmap": "ConfigMap", "secret": "Secret"}.get(symptom.attrs.get("what", "").lower())
    name = symptom.attrs.get("name") or _source_of(situation, symptom, kind)
    if not kind or not name:
        return []
    ref = ObjectRef(kind, symptom.subject.namespace, name.rsplit("/", 1)[-1])
    return [Blame(ref, "key" if symptom.attrs.get("key") else kind.lower())]


def _absent_configuration(situation: Situation, symptom: Symptom) -> list[Blame]:
    """What the pods mount, must have, and is not among what was listed."""
    made = [one for volume in _volumes(situation, symptom) for one in made_of(volume)]
    namespace = symptom.subject.namespace
    refs = [ObjectRef(kind, namespace, name) for kind, name, is_optional in made if name and not is_optional]
    return [Blame(r, r.kind.lower()) for r in refs if situation.lists(STREAM_OF[r.kind]) and situation.get(r) is None]


def _source_of(situation: Situation, symptom: Symptom, kind: str | None) -> str | None:
    wanted = symptom.attrs.get("volume")
    named = (v for v in _volumes(situation, symptom) if v.name == wanted) if wanted else ()
    return next((name for volume in named for found, name, _ in made_of(volume) if found == kind), None)


def _volumes(situation: Situation, symptom: Symptom) -> list[Volume]:
    return [v for pod in situation.pods(symptom)[:1] for v in pod.spec.volumes or ()]


def changed_config(situation: Situation, symptom: Symptom) -> list[Blame]:
    """Configuration that changed before the crash and that the crashing pods read; new changes and named keys first.

    One that lies well before the workload's own last change of program, or that came with a new program, weighs less
    than that change. A key that log lines name is the key, where it is not known which one changed.
    """
    since = symptom.since - CHANGE_SECONDS
    own = situation.changes(symptom.subject, since, symptom.seen_at)
    programs = [c for c in own if c.what in PROGRAM]
    found: dict[ObjectRef, Change] = {}
    for ref in situation.config_of(symptom):
        changes = [c for c in situation.changes(ref, since, symptom.seen_at) if c.what == "config"]
        anew = [c for c in own if c.what == "configuration" and any(_means(key, ref) for key in c.keys)]
        if changes or anew:
            found[ref] = (changes or anew)[-1]
    told = [(ref, change, _changed_keys(situation, symptom, ref, change)) for ref, change in found.items()]
    told.sort(key=lambda one: (not one[2], -one[1].at))
    blames = []
    for rank, (ref, change, keys) in enumerate(told):
        is_older = bool(programs) and programs[-1].at - change.at > TOGETHER_SECONDS
        is_release = change.ref == symptom.subject and any(c.what in RELEASE for c in programs)
        because = f"{change.text}, {max(symptom.seen_at - change.at, 0.0):.0f} s before"
        factor = 0.9**rank * (0.8 if is_older or is_release else 1.0)
        blames.append(Blame(ref, ", ".join(keys) or None, factor, because))
    return blames


RELEASE: Final = ("image", "command")
"""Changes of a pod template that come with a new program, and bring new configuration along."""


def _means(key: str, ref: ObjectRef) -> bool:
    """Tell whether a mark of streams/changes.py speaks of this ConfigMap or Secret."""
    kind, _, rest = key.partition("/")
    if kind in ("ConfigMap", "Secret"):
        return (kind, rest.partition("<")[0]) == (ref.kind, ref.name)
    if key.startswith("STAKATER_"):
        return key == f"STAKATER_{ref.name.upper().replace('-', '_').replace('.', '_')}_{ref.kind.upper()}"
    kinds = [kind for kind in ("configmap", "secret") if kind in key.lower()]
    return ref.kind.lower() in (kinds or (["configmap"] if "checksum" in key else ["configmap", "secret"]))


def _changed_keys(situation: Situation, symptom: Symptom, ref: ObjectRef, change: Change) -> list[str]:
    """Return the keys that changed: as the change says, as an older twin shows, or as log lines name them."""
    if change.what == "config" and change.keys:
        return change.keys
    config, twins = situation.get(ref), [k.partition("<")[2] for k in change.keys if _means(k, ref)]
    older = situation.get(ref._replace(name=twins[0])) if twins and twins[0] else None
    if isinstance(config, ConfigMap) and isinstance(older, ConfigMap):
        now, before = config.data or {}, older.data or {}
        return [k for k in {**before, **now} if before.get(k) != now.get(k)]
    known = keys_of(config, ref, situation.pods(symptom))
    named = situation.settings_named(symptom)
    keys = dict.fromkeys(key for name, key in known.items() if name in named)
    return list(keys)[:1] or (list(known) if len(known) == 1 else [])


ROOTS: Final[dict[str, Root]] = {
    "named-object": _named_object,
    "absent-configuration": _absent_configuration,
    "changed-config": changed_config,
}
