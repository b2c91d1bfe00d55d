"""Take secrets out of free text before it is stored: event messages, errors, log lines."""

import re
from typing import Final

import re2

HIDDEN: Final = "***"

_SECRET = re2.compile(
    r"(?i)(\b(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|authorization)\b[\"']?\s*[=:]\s*[\"']?)(?:bearer\s+|basic\s+)?[^\s\"',;&]{4,}"
)
_BEARER = re2.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re2.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s]*@")
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

_SIGNS: Final = ("assw", "ASSW", "wd", "ecret", "ECRET", "oken", "OKEN", "key", "KEY", "uthor", "earer", "asic", "@")


def redact_start(text: str, most: int) -> str:
    """Return the redacted beginning of `text`, at most `most` characters; a secret that the cut parts is not left."""
    return redact(text[: 2 * most])[:most]


def redact(text: str) -> str:
    """Return `text` with passwords, tokens, keys and the user part of URLs replaced by `***`. Linear in its length."""
    if not any(sign in text for sign in _SIGNS):
        return text
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    return str(_BEARER.sub(rf"\1 {HIDDEN}", text))


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
