"""What programs complain of: who refuses a login, takes no writes, shows an old certificate."""

from typing import Final

import re2

from causeline.core.pod_spec import all_containers, template_of
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
        term = _settled_term(situation, symptom, said) or term
    return [Blame(symptom.subject, term or None, 1.0, said.attrs.get("text", ""))]


def _settled_term(situation: Situation, symptom: Symptom, said: Symptom) -> str:
    """Which part of the login it is by what else is known, where the server calls it a password."""
    if _user_is_unknown(situation, said):
        return "user"
    return _changed_term(situation, symptom) or ("key" if _reads_another_key(situation, said) else "")


def _reads_another_key(situation: Situation, said: Symptom) -> bool:
    """Tell whether the subject takes its password from the server's own Secret, and not from the key of its user."""
    asked = situation.servers(said.subject, said.attrs.get("server", ""))
    known = {(s, k): name for w in asked for name, s, k in _passwords(situation, w)}
    own = [(s, k) for _, s, k in _passwords(situation, said.subject) if any(s == secret for secret, _ in known)]
    is_root = any(name in ROOT_USERS for e in said.evidence for name in _QUOTED.findall(e.text))
    return any(pair not in known or (_ROOT.search(known[pair]) is not None and not is_root) for pair in own)


def _passwords(situation: Situation, workload: ObjectRef) -> list[tuple[str, str, str]]:
    """The variables of a workload that hold a password from a Secret: name, Secret, key."""
    spec = template_of(situation.get(workload))
    variables = [v for c in (all_containers(spec) if spec else ()) for v in c.env or () if v.value_from is not None]
    secret = [(v.name, v.value_from.secret_key_ref) for v in variables if v.value_from is not None]
    return [(n, s.name, s.key or "") for n, s in secret if s is not None and any(w in n.upper() for w in PASSWORD)]


PASSWORD: Final = ("PASS", "PWD")
ROOT_USERS: Final = frozenset({"root", "postgres", "admin"})
_ROOT: Final = re2.compile(r"(?i)root|admin")
TERMS: Final = {"user": ("USER", "LOGIN"), "password": PASSWORD, "key": ("TOKEN", "KEY")}
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
    """Tell whether a server says that there is no such user, or not for such a client: clients are not told.

    It must be the user whom this complaint names, or, where it names none, a server that the subject asks.
    """
    users = {name for e in said.evidence for name in _QUOTED.findall(e.text)}
    seen = [s for s in situation.of_type(["log-login-seen"]) if s.attrs.get("term") == "user"]
    if not users:
        asked = situation.servers(said.subject, said.attrs.get("server", ""))
        return any(s.subject in asked for s in seen)
    return any(users & set(_QUOTED.findall(e.text)) for s in seen for e in s.evidence)


def _spoken_of(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The server that a line speaks of: behind the Service that it names, itself, or one of its kind that it asks."""
    if symptom.attrs.get("side") == "server":
        return [Blame(symptom.subject)]
    service = service_named(symptom)
    behind = situation.selected(service) if service is not None else []
    kind = symptom.attrs.get("server", "")
    found = behind[:1] or situation.servers(symptom.subject, kind) or _servers_that_say_so(situation, symptom, kind)
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
    over = {s.attrs.get("secret") for s in situation.of_type(["certificate-not-renewed"])}
    secrets = routed or [s for w in servers for s in situation.certificates(w)]
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
    "server-without-writes": _server_of_what_it_says("log-read-only"),
    "server-without-connections": _server_of_what_it_says("log-connections"),
    "expired-certificate": _expired_certificate,
    "certificate-secret": _certificate_secret,
}
