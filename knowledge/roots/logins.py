"""Logins that servers refuse: who logs in, and which part of the login is wrong."""

from collections.abc import Callable
from typing import Final

import re2

from causeline.core.addresses import digest
from causeline.core.pod_spec import all_containers, template_of
from causeline.core.refs import ObjectRef
from causeline.knowledge.situation import CHANGE_SECONDS, Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom


@needing("log-credentials", "log-login-vague")
def _login(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The workload that logs in, and what of the login the server named."""
    said = situation.active("log-credentials", symptom.subject) or situation.active("log-login-vague", symptom.subject)
    if said is None:
        return []
    return [_refused(symptom, said, lambda: _settled_term(situation, symptom, said))]


def _refused(symptom: Symptom, said: Symptom, settle: Callable[[], str]) -> Blame:
    """Blame the subject for what the server named; where that is nothing or a password, for what `settle` finds."""
    term = said.attrs.get("term", "")
    if term in ("", "password"):
        term = settle() or term
    return Blame(symptom.subject, term or None, 1.0, said.attrs.get("text", ""))


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


@needing("log-login-seen")
def _login_that_a_server_refuses(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The subject, which prints nothing of it, while a server that it asks refuses a user whom its settings name."""
    asked = situation.servers(symptom.subject, "")
    seen = [s for s in situation.of_type(["log-login-seen"]) if s.subject in asked]
    given = _users_given(situation, symptom.subject) if seen else set()
    for refused in seen:
        users = {name for e in refused.evidence for name in _USER.findall(e.text)}
        if any(name in given or digest(name) in given for name in users):
            return [_refused(symptom, refused, lambda: _changed_term(situation, symptom))]
    return []


def _users_given(situation: Situation, workload: ObjectRef) -> set[str]:
    """The users that the variables of a workload name, as they are kept: as digests."""
    spec = template_of(situation.get(workload))
    variables = (v for c in (all_containers(spec) if spec else ()) for v in c.env or ())
    return {v.value for v in variables if v.value and any(w in v.name.upper() for w in TERMS["user"])}


_USER: Final = re2.compile(r"""(?i)\b(?:user|role|account|login)(?:name)?[ =:]{1,3}["'](\w[\w.@-]*)["']""")

ROOTS: Final[dict[str, Root]] = {
    "login": _login,
    "login-that-a-server-refuses": _login_that_a_server_refuses,
}
