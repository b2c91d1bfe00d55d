"""Take secrets out of free text before it is stored: event messages, errors, log lines."""

import re
from typing import Final

import re2

HIDDEN: Final = "***"

_NAMES: Final = (
    "passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    "|authorization|credential|signature|cookie"
)
_NAMED: Final = rf"(?i)([\w.?&-]*(?:{_NAMES})[\w.-]*\\?[\"']?(?:\s*=>?|:)\s*\\?"
_QUOTED = re2.compile(_NAMED + r"[\"'])[^\"'\\]{3,}")
_SECRET = re2.compile(_NAMED + r")(?:bearer\s+|basic\s+)?[^\s\"',;&\\]{3,}")
_OPTION = re2.compile(r"(?i)(--?(?:password|token|secret|api-key)\s+)[^\s\"',;]{3,}")
_BEARER = re2.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re2.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]*@")
_KNOWN = re2.compile(
    r"\b(?:gh[opsu]_[A-Za-z0-9]{20,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*|AKIA[A-Z0-9]{16})"
)
_PEM = re2.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)")
_SIGNED = re2.compile(r"(?i)([?&](?:sig|x-amz-signature|x-amz-credential|x-amz-security-token)=)[^&\s\"']+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"(\s*:)?|\\?\Z)', re.DOTALL)
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

_SIGNS = re2.compile(rf"(?i){_NAMES}|bearer|basic|@|gh[opsu]_|eyJ|AKIA|-----BEGIN|[?&]sig=|x-amz-")
"""What any of the patterns needs: most texts have none of it and are let through after one look."""


def redact_start(text: str, most: int) -> str:
    """Return the redacted beginning of `text`, at most `most` characters; a secret that the cut parts is not left."""
    return redact(text[: 2 * most])[:most]


def redact(text: str) -> str:
    """Return `text` with passwords, tokens, keys and the user part of URLs replaced by `***`. Linear in its length."""
    if _SIGNS.search(text) is None:
        return text
    text = _PEM.sub(HIDDEN, text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _SIGNED.sub(rf"\1{HIDDEN}", text)
    text = _QUOTED.sub(rf"\1{HIDDEN}", text)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    text = _OPTION.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    return str(_KNOWN.sub(HIDDEN, text))


def mask_strings(text: str) -> str:
    """Return JSON, whole or cut, with every string value replaced by `***` but those that name the object.

    For objects that could not be decoded: nothing is known of them, so any value may be a secret. Linear in its length.
    """
    key = ""

    def masked(match: re.Match[str]) -> str:
        nonlocal key
        if match[2] is not None:
            key = match[1]
            return match[0]
        return match[0] if key in _KEPT else f'"{HIDDEN}"'

    return redact(_STRING.sub(masked, text))
