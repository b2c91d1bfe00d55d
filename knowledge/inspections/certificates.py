"""Certificates that cert-manager could not renew."""

from causeline.core.objects import Certificate
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import Graph
from causeline.knowledge.sign import Sign


def certificate_signs(graph: Graph, ref: ObjectRef) -> list[Sign]:
    """Return that a certificate is not ready, since when, and until when the old one is good."""
    found = graph.get(ref)
    if not isinstance(found, Certificate):
        return []
    for condition in found.status.conditions or ():
        if condition.type == "Ready" and condition.status == "False":
            until = found.status.not_after
            attrs = {
                "secret": found.spec.secret_name,
                "until": until.isoformat() if until is not None else "never issued",
                "shows": f"is not renewed: {condition.reason or ''} {condition.message or ''}".strip(),
            }
            turned = condition.last_transition_time
            return [Sign("certificate.not-ready", attrs, turned.timestamp() if turned else None)]
    return []
