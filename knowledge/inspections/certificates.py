"""Certificates of cert-manager that are not renewed, or are over."""

from typing import Final

from causeline.core.objects import Certificate
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.sign import Sign

OVERDUE_SECONDS: Final = 3600.0
"""cert-manager renews at renewalTime; an issuer that is away is tried again for an hour before it is told.
https://cert-manager.io/docs/usage/certificate/#renewal"""


def certificate_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a certificate is not ready, over, or long due to be renewed, and until when it is good."""
    found = graph.get(ref)
    if not isinstance(found, Certificate):
        return []
    over, due = (t.timestamp() if t is not None else None for t in (found.status.not_after, found.status.renewal_time))
    if over is not None and over <= graph.now:
        return [_sign(found, "is over", over)]
    for condition in found.status.conditions or ():
        if condition.type == "Ready" and condition.status == "False":
            turned = condition.last_transition_time
            text = f"is not renewed: {condition.reason or ''} {condition.message or ''}".strip()
            return [_sign(found, text, turned.timestamp() if turned else None)]
    if due is not None and due + OVERDUE_SECONDS <= graph.now:
        return [_sign(found, "was to be renewed and is not", due)]
    return []


def _sign(found: Certificate, shows: str, since: float | None) -> Sign:
    until = found.status.not_after
    attrs = {
        "secret": found.spec.secret_name,
        "until": until.isoformat() if until is not None else "never issued",
        "shows": shows,
    }
    return Sign("certificate.not-ready", attrs, since)
