"""Take secrets out of free text before it is stored: event messages, errors, log lines."""

from typing import Final

import re2

HIDDEN: Final = "***"

_SECRET = re2.compile(
    r"(?i)(\b(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|authorization)\b[\"']?\s*[=:]\s*[\"']?)(?:bearer\s+|basic\s+)?[^\s\"',;&]{4,}"
)
_BEARER = re2.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_USERINFO = re2.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s]*@")
_SIGNS: Final = ("assw", "ASSW", "wd", "ecret", "ECRET", "oken", "OKEN", "key", "KEY", "uthor", "earer", "asic", "@")


def redact(text: str) -> str:
    """Return `text` with passwords, tokens, keys and the user part of URLs replaced by `***`. Linear in its length."""
    if not any(sign in text for sign in _SIGNS):
        return text
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _SECRET.sub(rf"\1{HIDDEN}", text)
    return str(_BEARER.sub(rf"\1 {HIDDEN}", text))
