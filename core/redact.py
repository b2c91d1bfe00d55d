"""Take secrets out of free text before it is stored: event messages, errors, log lines."""

import re
from typing import Final

import re2

HIDDEN: Final = "***"

_NAMES: Final = (
    "passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    "|authorization|credential|signature|cookie|account[_-]?key|key-data"
)
_NAMED: Final = rf"(?i)([\w.?&-]*(?:{_NAMES})[\w.-]*\\?[\"']?(?:\s*=>?|:)\s*\\?"
_ASSIGNED: Final = rf"(?i)([\w.?&-]*(?:{_NAMES})[\w.-]*[\"']?\s*(?:=>?|:)\s*\[?\s*"
_DOUBLE = re2.compile(_ASSIGNED + r'")(?:[^"\\]|\\.)+')
_SINGLE = re2.compile(_ASSIGNED + r"')(?:[^'\\]|\\.)+")
_QUOTED = re2.compile(_NAMED + r"\[?\\?[\"'])[^\"'\\]+")
_SECRET = re2.compile(_NAMED + r")(?:(?:bearer|basic|token|apikey|digest|negotiate)\s+)?[^\s\"',;&\\\[]{3,}")
_PASS = re2.compile(r"(?i)([_.-]pass\s*[=:]\s*[\"']?|\bpass=[\"']?)[^\s\"',;&]{2,}")
_COOKIES = re2.compile(r"(?i)\b((?:set-)?cookie:[ \t]*)[^\r\n\"']+")
_GIVEN = re2.compile(r"(?i)((?:identified\s+by\s+|\bcurl\b[^\r\n]*?\s(?:-u|--user)[ =])[\"']?)[^\s\"']+")
_MYSQL = re2.compile(r"(\bmysql\w*\b[^\r\n]*?\s-p)[^\s\"']+")
_DSN = re2.compile(r"([\w.-]{1,60}:)[^\s@/\"']+(@(?:tcp|unix|udp)\()")
_ANSI = re2.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_OPTION = re2.compile(r"(?i)(--?(?:password|token|secret|api-key)\s+)[^\s\"',;]{3,}")
_BEARER = re2.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re2.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]*@")
_KNOWN = re2.compile(
    r"\b(?:gh[opsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abeoprs]-[\w-]{8,}|glpat-[\w-]{8,}|[sr]k_live_\w{8,}|AIza[\w-]{20,}"
    r"|hvs\.[\w-]{8,}|ASIA[A-Z0-9]{16}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*|AKIA[A-Z0-9]{16})"
)
_PEM = re2.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)")
_SIGNED = re2.compile(r"(?i)([?&](?:sig|x-amz-signature|x-amz-credential|x-amz-security-token)=)[^&\s\"']+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"(\s*:)?|\\?\Z)|-?\d[\d.eE+-]*', re.DOTALL)
_KEPT: Final = frozenset(
    (
        "apiVersion",
        "creationTimestamp",
        "kind",
        "name",
        "namespace",
        "phase",
        "reason",
        "resourceVersion",
        "type",
        "uid",
    )
)
"""Keys of JSON whose values hold no secret and say what object it is."""

_OF_FILES = re2.compile(
    rf"(?i)(/[\w./-]*(?:{_NAMES})[\w.-]*['\"]?):"
    r"( (?:e(?:acces|perm|noent|rofs)\b|permission denied|operation not permitted|no such file|read-only file))"
)
"""What an operating system says of a file; a path may be named like a secret, and what is behind it is none."""
_COLON_OF_FILE: Final = "\0"

_SIGNS = re2.compile(
    rf"(?i){_NAMES}|bearer|basic|@|gh[opsu]_|github_pat_|xox|glpat-|k_live_|AIza|hvs\.|ASIA|eyJ|AKIA|-----BEGIN|[?&]sig=|x-amz-"
    r"|[_.-]pass\s*[=:]|\bpass=|identified\s+by|\bcurl\b|\bmysql|\x1b\["
)
"""What any of the patterns needs: most texts have none of it and are let through after one look."""


def redact_start(text: str, most: int) -> str:
    """Return the redacted beginning of `text`, at most `most` characters; a secret that the cut parts is not left."""
    return redact(text[: 2 * most])[:most]


def redact(text: str) -> str:
    """Return `text` with passwords, tokens, keys and the user part of URLs replaced by `***`. Linear in its length."""
    if _SIGNS.search(text) is None:
        return text
    text = _ANSI.sub("", text)
    text = _OF_FILES.sub(rf"\1{_COLON_OF_FILE}\2", text.replace(_COLON_OF_FILE, ""))
    text = _PEM.sub(HIDDEN, text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _SIGNED.sub(rf"\1{HIDDEN}", text)
    text = _DSN.sub(rf"\1{HIDDEN}\2", text)
    for pattern in (_COOKIES, _DOUBLE, _SINGLE, _QUOTED, _PASS, _GIVEN, _MYSQL):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    text = _OPTION.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return str(_KNOWN.sub(HIDDEN, text)).replace(_COLON_OF_FILE, ":")


def mask_strings(text: str) -> str:
    """Return JSON, whole or cut, with every value replaced by `***` but those that name the object, and times.

    For objects that could not be decoded: nothing is known of them, so any value may be a secret. Linear in its length.
    """
    key = ""

    def masked(match: re.Match[str]) -> str:
        nonlocal key
        if match[1] is None:
            return match[0] if key == "t" else f'"{HIDDEN}"'
        if match[2] is not None:
            key = match[1]
            return match[0]
        return match[0] if key in _KEPT else f'"{HIDDEN}"'

    return redact(_STRING.sub(masked, text))
