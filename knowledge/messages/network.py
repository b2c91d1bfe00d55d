"""How a call over the network failed, in the words of Go's net, net/http and crypto/tls packages, and of gRPC.

Shared by all families: a kubelet pulls, an API server calls a webhook, a probe asks a container.
"""

from typing import Final

import re2

UNRESOLVED: Final = "unresolvable"
_WORDS: Final = (
    (UNRESOLVED, ("no such host", "server misbehaving", "temporary failure in name resolution")),
    ("refused", ("connection refused", "connection reset", "broken pipe")),
    ("timeout", ("tls handshake timeout",)),
    ("tls", ("x509:", "tls:", "certificate has expired", "certificate is not", "certificate signed by")),
    (
        "timeout",
        ("i/o timeout", "deadline exceeded", "timed out", "client.timeout exceeded", "no route to host",
         "network is unreachable"),
    ),
    ("timeout", ("unexpected eof", ": eof")),
)  # fmt: skip
"""What happened -> the words that say so; the first that holds counts."""
_LOOKUP = re2.compile(r"lookup \S+ on \S+: (?:read|write|dial) ")
"""It is the name server that does not answer."""
_STATUS = re2.compile(r"(?i)(?:: |(?:status|code|http|error)[:= ]+\(?)([1-5]\d\d)(?:[\s,;)\]]|$)")
_SAID: Final = (
    ("503", "service unavailable"),
    ("502", "bad gateway"),
    ("504", "gateway timeout"),
    ("500", "internal server error"),
    ("429", "too many requests"),
    ("429", "toomanyrequests"),
)
_NAMES = re2.compile(r"\"[^\"]*\"|https?://[^\s\"]*[^\s\":]")
"""What is quoted, and addresses: names that people chose, in which any word may stand."""


def without_names(message: str) -> str:
    """Return a message without what people named; a tag `404` or a repository `forbidden` says nothing."""
    return str(_NAMES.sub('""', message))


def http_status(text: str) -> str:
    """Return the HTTP status that a text without names tells of, '' when it tells of none."""
    if found := _STATUS.search(text):
        return str(found.group(1))
    lower = text.lower()
    return next((code for code, words in _SAID if words in lower), "")


def network_problem(text: str) -> str:
    """Return `unresolvable`, `refused`, `tls` or `timeout`, '' when a text without names tells of none."""
    lower = text.lower()
    if _LOOKUP.search(lower):
        return UNRESOLVED
    return next((problem for problem, words in _WORDS if any(w in lower for w in words)), "")
