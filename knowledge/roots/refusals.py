"""What refuses pods, claims and other objects: quotas, webhooks, claims that can't be met, namespaces that go."""

from typing import Final

from causeline.core.objects import KubeObject, PersistentVolumeClaim, Pod, WebhookConfiguration
from causeline.core.pod_spec import reads_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.messages.creation import OVER
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

STALE_SECONDS: Final = 30.0
"""A refusal older than this when it was first seen, by a webhook that no configuration holds, is of an earlier time."""


def _quota(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The quota that the message names; one that is gone refuses nothing any more."""
    namespace = symptom.attrs.get("namespace") or symptom.subject.namespace
    ref = ObjectRef("ResourceQuota", namespace, symptom.attrs.get("quota", ""))
    if not ref.name or (situation.lists("resourcequotas") and situation.get(ref) is None):
        return []
    return [Blame(ref, symptom.attrs.get("resource") or None)]


def _webhook(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The configuration that holds the webhook which the message names; the webhook's own name when none is known."""
    wanted = symptom.attrs.get("webhook", "")
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for ref, obj in situation.all_of(kind):
            if isinstance(obj, WebhookConfiguration) and any(w.name == wanted for w in obj.webhooks or ()):
                return [Blame(ref)]
    is_stale = symptom.seen_at - symptom.since > STALE_SECONDS and situation.lists("validatingwebhookconfigurations")
    return (
        [Blame(ObjectRef("ValidatingWebhookConfiguration", None, wanted), None, 0.7)] if wanted and not is_stale else []
    )


@needing("webhook-unreachable")
def _webhook_served(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The webhook that the subject serves and that can't be reached, as refused objects say."""
    missed = situation.of_type(["webhook-unreachable"])
    found = []
    for blame in (b for s in missed for b in _webhook(situation, s)):
        for ref in _services_of(situation, blame.object):
            found += [blame] if symptom.subject in (ref, *situation.selected(ref)) else []
    return found[:1]


def _webhook_certificate(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret whose certificate is over, of a webhook that is not called for it; without one, its configuration."""
    if symptom.attrs.get("why") != OVER:
        return []
    blames = _webhook(situation, symptom)
    servers = [w for b in blames for service in _services_of(situation, b.object) for w in situation.selected(service)]
    secrets = [ref for w in servers for ref in situation.certificates(w)]
    return [Blame(ref, None, 1.0, "its certificate is over") for ref in secrets[:1]] or blames


def _services_of(situation: Situation, config: ObjectRef) -> list[ObjectRef]:
    """The Services that answer for the webhooks of a configuration."""
    found = situation.get(config)
    hooks = (found.webhooks or ()) if isinstance(found, WebhookConfiguration) else ()
    services = (h.client_config.service for h in hooks if h.client_config is not None)
    return [ObjectRef("Service", s.namespace, s.name) for s in services if s is not None]


def _claims(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The claim that the message names, else the unbound claims of the pods."""
    if "claim-missing" in (symptom.attrs.get("why"), symptom.attrs.get("problem")):
        return [Blame(ObjectRef("PersistentVolumeClaim", symptom.subject.namespace, symptom.attrs.get("what", "")))]
    if symptom.subject.kind == "PersistentVolumeClaim":
        return [_unmet(situation, symptom.subject)]
    unmet = [_unmet(situation, ref) for ref in situation.claims_of(symptom) if situation.active("claim-unbound", ref)]
    return [blame._replace(detail=blame.detail or symptom.attrs.get("what") or None) for blame in unmet]


def _unmet(situation: Situation, ref: ObjectRef) -> Blame:
    """What is wrong with the claim, as it stands beside classes and volumes, or as its provisioner says."""
    terms = situation.active("claim-terms", ref)
    if terms is not None:
        return Blame(ref, terms.attrs.get("term", ""), 1.0, terms.attrs.get("shows", ""))
    trouble = situation.active("claim-refused", ref)
    if trouble is not None:
        return Blame(ref, _CLAIM_DETAILS.get(trouble.attrs.get("problem", "")), 1.0, trouble.attrs.get("message", ""))
    return Blame(ref)


_CLAIM_DETAILS: Final = {
    "class-missing": "storage-class",
    "no-volume": "capacity",
    "capacity": "capacity",
    "access-mode": "access-mode",
    "selector": "selector",
    "occupied": "occupied",
}


DELETION_SECONDS: Final = 30.0
"""What a namespace holds may suffer this much before its deletion is seen; what was ill earlier has another cause."""


@needing("namespace-terminating")
def _namespace(situation: Situation, symptom: Symptom) -> list[Blame]:
    own = symptom.subject.name if symptom.subject.kind == "Namespace" else symptom.subject.namespace
    said = situation.active("log-name", symptom.subject)
    hosts = [symptom.attrs.get("address", ""), said.attrs.get("host", "") if said is not None else ""]
    pointed_at = [n for host in hosts for n in host.rpartition("://")[2].partition(":")[0].split(".")[1:2]]
    names = dict.fromkeys([own or "", *pointed_at])
    found = [s for n in names if (s := situation.active("namespace-terminating", ObjectRef("Namespace", None, n)))]
    return [Blame(s.subject) for s in found if s.since - DELETION_SECONDS <= symptom.since][:1]


def _mounted_claims(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The claims that the pods mount; the workload when it is not known which."""
    return [Blame(ref) for ref in situation.claims_of(symptom)] or [Blame(symptom.subject, None, 0.6)]


@needing("volume-not-permitted")
def _not_permitted(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The subject whose volume the kubelet may not prepare."""
    return [Blame(symptom.subject)] if situation.active("volume-not-permitted", symptom.subject) else []


SINGLE: Final = ("ReadWriteOnce", "ReadWriteOncePod")


def _held_claims(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The claims for one node that a pod of the subject waits for while another pod runs with them on another node."""
    waiting = [p for p in situation.pods(symptom) if p.status.phase == "Pending" and p.spec.node_name]
    blames = []
    for ref in situation.claims_of(symptom) if waiting else ():
        places = {p.spec.node_name for p in waiting if _mounts(p, ref)}
        holder = _holder_elsewhere(situation, ref, places) if places and _is_for_one_node(situation.get(ref)) else None
        if holder is not None:
            blames.append(Blame(ref, None, 1.0, f"{holder.metadata.name} holds it on {holder.spec.node_name}"))
    return blames


def _is_for_one_node(claim: KubeObject | None) -> bool:
    modes = (claim.spec.access_modes or ()) if isinstance(claim, PersistentVolumeClaim) else ()
    return bool(modes) and all(m in SINGLE for m in modes)


def _holder_elsewhere(situation: Situation, claim: ObjectRef, places: set[str | None]) -> Pod | None:
    """Return the first pod that runs with a claim on none of these nodes."""
    running = (p for _, p in situation.pods_of(claim.namespace or "") if p.status.phase == "Running")
    return next((p for p in running if p.spec.node_name not in places and _mounts(p, claim)), None)


def _mounts(pod: Pod, claim: ObjectRef) -> bool:
    return ("claims", claim) in reads_of(pod.spec, claim.namespace)


ROOTS: Final[dict[str, Root]] = {
    "mounted-claims": _mounted_claims,
    "held-claims": _held_claims,
    "not-permitted": _not_permitted,
    "quota": _quota,
    "webhook": _webhook,
    "webhook-served": _webhook_served,
    "webhook-certificate": _webhook_certificate,
    "claims": _claims,
    "namespace": _namespace,
}
