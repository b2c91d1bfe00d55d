"""Addresses in configuration: what of a value may be kept readable, and what it points at.

A value that may be secret is kept as a digest (`~` and 16 hex digits of its SHA-256), so that it can be compared but
not read. Of an environment variable or a ConfigMap the addresses stay readable, without user, password and query: a
person who looks for a wrong address must see it. `~0123456789abcdef db:3306` is a value that mentions `db:3306`.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

REMEMBERED: Final = 10_000
"""Values whose addresses are remembered, about 5 MB: those of a cluster's templates."""
DIGEST_MARK: Final = "~"
DIGEST_CHARS: Final = 16  # 64 bits: two values of one key collide by chance once in 2^32 edits
SCANNED_CHARS: Final = 65_536
"""Of one value no more is searched for addresses; a ConfigMap holds up to 1 MiB."""
ADDRESSES_MAX: Final = 40
"""Addresses kept of one value."""

_HOST: Final = r"[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63}){0,8}"
_PLAIN = re.compile(rf"(?:[a-z][a-z0-9+.-]{{0,20}}://)?(?=[^:/,]{{0,253}}[a-z])({_HOST})(?::(\d{{1,5}}))?/?", re.I)
_URL = re.compile(
    rf"(?<![\w+.-])(?:jdbc:)?(?P<scheme>[a-z][a-z0-9+.-]{{0,20}})://(?:[^\s/@\"'<>]{{0,200}}@)?(?P<host>{_HOST})(?::(?P<port>\d{{1,5}}))?(?![\w.-])",
    re.I,
)
_PAIR = re.compile(rf"(?<![\w@:/.-])(?P<host>(?=[^:]{{0,253}}[a-z]){_HOST}):(?P<port>\d{{2,5}})(?![\w:.-]*\w)", re.I)
_UPSTREAM = re.compile(r"\bupstream[ \t]+([\w.-]{1,100})[ \t\r\n]*\{")
"""A group of servers that an nginx configuration names itself."""
_MARK: Final = r"[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
_KEYED = re.compile(
    rf"(?P<key>(?:host|hostname|address|addr|server|endpoint|serviceName)\w{{0,8}}){_MARK}"
    rf"(?P<host>(?=[^\s:]{{0,253}}[a-z]){_HOST})[\"']?"
    rf"(?:[,;\s{{}}]{{1,40}}[\"']?port\w{{0,8}}{_MARK}(?P<port>\d{{1,5}}))?(?![\w/-]|:\S|\.\w)",
    re.IGNORECASE,
)
"""`host: db` with a `port: 3306` right behind it, as YAML, JSON and properties files write it."""
_KEPT = re.compile(r"~[0-9a-f]{16}(?: [a-z0-9+.:/-]{1,300}){0,40}", re.I)
_NAMES_ADDRESS = re.compile(
    r"host|addr|server|service|endpoint|ur[il]|broker|upstream|backend|target|domain|gateway|proxy", re.I
)
_NAMES_PORT = re.compile(r"(?:^|[_.-])ports?(?:$|[_.-])|[a-z]Port$", re.I)
_NAMES_SECRET = re.compile(r"pass|pwd|secret|token|key|cred|auth|sign|cookie|salt", re.I)
_BEHIND_SECRET = re.compile(
    r"(?:pass|pwd|secret|token|key|cred|auth|cookie|salt|login|user)[\w-]{0,20}[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?$",
    re.I,
)
"""What stands before a value that is named as a secret: `basic_auth: admin:12345` is no address."""
BEHIND_CHARS: Final = 60


_ENDS_AS_ADDRESS = re.compile(r"(?:host|addr(?:ess)?|server|service|endpoint|ur[il]|port)s?$", re.IGNORECASE)
"""`AUTH_SERVICE_ADDR` is an address, `DB_PASSWORD` is none."""


class Address(NamedTuple):
    """Where something is reached; the port is None when the text names none, the scheme '' likewise."""

    host: str
    port: int | None
    scheme: str = ""

    def __str__(self) -> str:
        return (f"{self.scheme}://" if self.scheme else "") + self.host + (f":{self.port}" if self.port else "")


def digest(value: str) -> str:
    """Return the digest of `value`; what was kept of a value stays as it is."""
    if value[:1] == DIGEST_MARK and _KEPT.fullmatch(value):
        return value
    return DIGEST_MARK + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:DIGEST_CHARS]


def keep_environment(name: str, value: str) -> str:
    """Return what may be kept of an environment variable: an address, a port, or a digest and the addresses in it."""
    if _NAMES_SECRET.search(name) and not _ENDS_AS_ADDRESS.search(name):
        return digest(value)
    if _NAMES_PORT.search(name) and value.isascii() and value.isdigit() and len(value) <= 5:
        return value
    parts = value.split(",")
    if len(value) <= 1024 and all(_is_plain(name, part.strip()) for part in parts):
        return value
    return keep_mentions(value)


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")


def keep_setting(key: str, value: str) -> str:
    """Return what may be kept of a value of a ConfigMap.

    As of an environment variable where the key may be the name of one and the value is a line; else a digest and the
    addresses in it.
    """
    if "\n" not in value and _VARIABLE.fullmatch(key):
        return keep_environment(key, value)
    return keep_mentions(value)


def _is_plain(name: str, part: str) -> bool:
    found = _PLAIN.fullmatch(part)
    return found is not None and ("://" in part or found[2] is not None or bool(_NAMES_ADDRESS.search(name)))


def keep_mentions(value: str) -> str:
    """Return the digest of a value, and the addresses that it mentions."""
    kept = digest(value)
    if kept is value:
        return kept
    found = dict.fromkeys(str(a) for a in _scan(value[:SCANNED_CHARS]))
    return " ".join((kept, *list(found)[:ADDRESSES_MAX]))


def _scan(text: str) -> Iterator[Address]:
    own = {match[1].lower() for match in _UPSTREAM.finditer(text)} if "upstream" in text else set()
    for pattern in (_URL, _PAIR, _KEYED):
        for match in pattern.finditer(text):
            address = _address(match)
            named = match.groupdict().get("key") or ""
            before = text[max(0, match.start() - BEHIND_CHARS) : match.start()]
            is_secret = _NAMES_SECRET.search(named) or (pattern is not _URL and _BEHIND_SECRET.search(before))
            if address.host not in own and not is_secret:
                yield address


def _address(match: re.Match[str]) -> Address:
    groups = match.groupdict()
    port = groups.get("port")
    return Address(groups["host"].lower(), int(port) if port else None, (groups.get("scheme") or "").lower())


@lru_cache(REMEMBERED)
def addresses_of(kept: str) -> tuple[Address, ...]:
    """Return the addresses that a kept value mentions, in order. The same values stand in many templates."""
    parts = kept.split(" ")[1:] if kept[:1] == DIGEST_MARK else kept.replace(" ", "").split(",")
    found = []
    for part in parts:
        scheme, mark, rest = part.rpartition("://")
        match = _PLAIN.fullmatch(rest)
        if match is not None:
            found.append(Address(match[1].lower(), int(match[2]) if match[2] else None, scheme.lower() if mark else ""))
    return tuple(found)
