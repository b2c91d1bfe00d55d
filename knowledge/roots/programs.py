"""What programs complain of: who refuses a login, takes no writes, shows an old certificate."""

from typing import Final

import re2

from causeline.core.refs import ObjectRef
from causeline.knowledge.roots.network import service_named
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom


@needing("log-credentials", "log-login-vague")
def _login(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload that logs in, and what of the login the server named."""
    said = situation.active("log-credentials", symptom.subject) or situation.active("log-login-vague", symptom.subject)
    if said is None:
        return []
    term = said.attrs.get("term", "")
    if term in ("", "password"):
        term = "user" if _user_is_unknown(situation, said) else _changed_term(situation, symptom) or term
    return [Blame(symptom.subject, term or None, 1.0, said.attrs.get("text", ""))]


TERMS: Final = {"user": ("USER", "LOGIN"), "password": ("PASS", "PWD"), "key": ("TOKEN", "KEY")}
"""Words in the names of settings -> which part of a login they are."""


def _changed_term(situation: Situation, symptom: Symptom) -> str:
    """Which part of the login changed before, by the names of the settings; '' where none did or several."""
    since = symptom.since - CHANGE_SECONDS
    asked = [symptom.subject, *situation.config_of(symptom)]
    changes = [c for ref in asked for c in situation.changes(ref, since, symptom.seen_at) if c.what in SETTINGS]
    names = [key.upper() for c in changes for key in c.keys]
    found = [term for term, words in TERMS.items() if any(w in name for w in words for name in names)]
    return found[0] if len(found) == 1 else ""


SETTINGS: Final = ("environment", "config")
_QUOTED = re2.compile(r"""["'](\w[\w.@-]*)["']""")


def _user_is_unknown(situation: Situation, said: Symptom) -> bool:
    """Tell whether a server says of a user whom this complaint names that there is none: clients are not told."""
    users = {name for e in said.evidence for name in _QUOTED.findall(e.text)}
    seen = situation.of_type(["log-login-seen"])
    return any(s.attrs.get("term") == "user" and users & set(_QUOTED.findall(e.text)) for s in seen for e in s.evidence)


def _spoken_of(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The server that a line speaks of: behind the Service that it names, itself, or one of its kind that it asks."""
    if symptom.attrs.get("side") == "server":
        return [Blame(symptom.subject)]
    service = service_named(symptom)
    behind = situation.selected(service) if service is not None else []
    found = behind[:1] or situation.servers(symptom.subject, symptom.attrs.get("server", ""))
    return [Blame(ref, None, 1.0 / len(found)) for ref in found] or [Blame(symptom.subject, None, 0.5)]


@needing("log-tls-expired", "log-tls-refused")
def _expired_certificate(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that holds the certificate of the server which a line speaks of, or which its clients refuse."""
    said = situation.active("log-tls-expired", symptom.subject)
    service = service_named(said) if said is not None else None
    servers = situation.selected(service) if service is not None else []
    if situation.active("log-tls-refused", symptom.subject):
        servers = [symptom.subject]
    asked = situation.servers(symptom.subject, "")
    refused = [w for w in asked if situation.active("log-tls-refused", w)]
    certified = [w for w in asked if situation.certificates(w)]
    servers = servers or refused or (certified if len(certified) == 1 else [])
    over = {s.attrs.get("secret") for s in situation.of_type(["certificate-not-renewed"])}
    secrets = [s for w in servers for s in situation.certificates(w)]
    found = [s for s in secrets if s.name in over] or secrets
    text = said.attrs.get("text", "") if said is not None else ""
    return [Blame(ref, None, 1.0, text) for ref in found[:1]] or [Blame(symptom.subject, None, 0.7, text)]


def _certificate_secret(_: Situation, symptom: Symptom) -> list[Blame]:
    """The Secret that a Certificate is kept in."""
    name = symptom.attrs.get("secret", "")
    until = f"good until {symptom.attrs.get('until', '')}"
    secret = ObjectRef("Secret", symptom.subject.namespace, name)
    return [Blame(secret if name else symptom.subject, None, 1.0, until)]


ROOTS: Final[dict[str, Root]] = {
    "login": _login,
    "spoken-of": _spoken_of,
    "expired-certificate": _expired_certificate,
    "certificate-secret": _certificate_secret,
}
