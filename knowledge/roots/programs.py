"""What programs complain of: who takes no writes or connections, who shows an old certificate."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.knowledge.roots.network import service_named
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom


def _spoken_of(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The server that a line speaks of: behind the Service that it names, itself, or one of its kind that it asks."""
    if symptom.attrs.get("side") == "server":
        return [Blame(symptom.subject)]
    service = service_named(symptom)
    behind = situation.selected(service) if service is not None else []
    kind = symptom.attrs.get("server", "")
    asked, said = situation.servers(symptom.subject, kind), _servers_that_say_so(situation, symptom, kind)
    found = behind[:1] or [ref for ref in asked if ref in said] or asked or said
    return [Blame(ref, None, 1.0 / len(found)) for ref in found] or [Blame(symptom.subject, None, 0.5)]


def _servers_that_say_so(situation: Situation, symptom: Symptom, kind: str) -> list[ObjectRef]:
    """The servers of this kind in the namespace that complain of the same: where a client's server is not known."""
    same = [s for s in situation.of_type([symptom.type]) if s.attrs.get("side") == "server"]
    here = [s for s in same if s.subject.namespace == symptom.subject.namespace]
    return [s.subject for s in here if kind in ("", s.attrs.get("server"))]


def _server_of_what_it_says(kind: str) -> Root:
    """The server that the subject's own lines complain of: it is why the subject is not well."""

    def root(situation: Situation, symptom: Symptom) -> list[Blame]:
        said = situation.active(kind, symptom.subject)
        return _spoken_of(situation, said) if said is not None else []

    return needing(kind)(root)


@needing("log-tls-expired", "log-tls-refused")
def _expired_certificate(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that holds the certificate of the server which a line speaks of, or which its clients refuse."""
    said = situation.active("log-tls-expired", symptom.subject)
    routed = situation.certificates_for(said.attrs.get("host", "")) if said is not None else []
    service = service_named(said) if said is not None else None
    servers = situation.selected(service) if service is not None else []
    if situation.active("log-tls-refused", symptom.subject):
        servers = [symptom.subject]
    asked = situation.servers(symptom.subject, "")
    refused = [w for w in asked if situation.active("log-tls-refused", w)]
    certified = [w for w in asked if situation.certificates(w)]
    servers = servers or refused or (certified if len(certified) == 1 else [])
    expired = situation.of_type(["certificate-not-renewed"])
    over = {s.attrs.get("secret") for s in expired if s.subject.namespace == symptom.subject.namespace}
    secrets = routed or [s for w in servers for s in situation.certificates(w)]
    here = [ObjectRef("Secret", symptom.subject.namespace, name) for name in over if name]
    found = [s for s in secrets if s.name in over] or secrets or (here if len(here) == 1 else [])
    text = said.attrs.get("text", "") if said is not None else ""
    return [Blame(ref, None, 1.0, text) for ref in found[:1]] or [Blame(symptom.subject, None, 0.7, text)]


def _certificate_secret(_: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that a Certificate is kept in."""
    name = symptom.attrs.get("secret", "")
    until = f"good until {symptom.attrs.get('until', '')}"
    secret = ObjectRef("Secret", symptom.subject.namespace, name)
    return [Blame(secret if name else symptom.subject, None, 1.0, until)]


ROOTS: Final[dict[str, Root]] = {
    "spoken-of": _spoken_of,
    "server-without-writes": _server_of_what_it_says("log-read-only"),
    "server-without-connections": _server_of_what_it_says("log-connections"),
    "expired-certificate": _expired_certificate,
    "certificate-secret": _certificate_secret,
}
