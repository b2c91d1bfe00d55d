"""What a line that a program printed complains about, and whom it speaks of. Pure; linear in the line.

Wordings of clients and servers in many languages: databases, HTTP and gRPC libraries, runtimes. A line that complains
of nothing known is no finding; most lines are let through after one look.
"""

from typing import Final, NamedTuple

import re2

from causeline.core.addresses import addresses_of, keep_mentions

LINE_CHARS: Final = 2000
"""Of a longer line no more is read."""
_COMPLAINS = re2.compile(
    r"(?i)error|fatal|panic|exception|traceback|denied|refused|fail|time ?out|timed out|unable|can(?:no|')t|could not"
    r"|not found|no such|out of memory|unavailable|WRONGPASS|NOAUTH|read.?only|in use|too many|segmentation"
    r"|exceeded|unknown|invalid"
)
_WORDS: Final = (
    ("credentials", "user", ('(?:role|user) "?[\\w.-]+"? does not exist', "unknown user", "no such user")),
    (
        "credentials",
        "password",
        (
            "access denied for user", "password authentication failed for user", "WRONGPASS", "NOAUTH",
            "(?:invalid|wrong|incorrect|bad) (?:username.)?(?:password|credentials)", "authentication failed",
            "ACCESS_REFUSED", "login failed for user", "auth(?:entication)? (?:error|failure)",
        ),
    ),
    (
        "credentials",
        "key",
        (
            "invalid (?:api|access) ?key", "InvalidAccessKeyId", "SignatureDoesNotMatch", "invalid (?:bearer )?token",
            "api key (?:is )?(?:not valid|invalid|expired)",
        ),
    ),
    (
        "read-only",
        "",
        (
            "READONLY You can't write", "--(?:super-)?read-only", "read.only (?:transaction|mode|replica|slave|option)",
            "read_only_allow_delete", "database is (?:in )?read.?only",
        ),
    ),
    (
        "connections",
        "",
        (
            "too many connections", "too many clients already", "max(?:imum)? number of clients reached",
            "connection slots are reserved",
        ),
    ),
    (
        "port-in-use",
        "",
        (
            "address (?:is )?already in use", "EADDRINUSE", "port (?:is )?already (?:in use|allocated)",
            "only one usage of each socket",
        ),
    ),
    ("platform", "", ("exec format error", "cannot execute binary file")),
    (
        "name",
        "",
        (
            "(?:lookup|ENOTFOUND|EAI_AGAIN|UnknownHostException:?|resolve(?: host)?:?) +(?P<host>[a-z0-9][a-z0-9.-]*)",
            "no such host", "name or service not known", "name does not resolve", "failure in name resolution",
            "name resolver error", "produced zero addresses", "could not (?:be )?resolve",
        ),
    ),
    (
        "protocol",
        "",
        (
            "HTTP response to HTTPS client", "malformed HTTP", "does not look like a TLS handshake",
            "wrong version number", "unexpected HTTP/1", "invalid HTTP version", "(?:HTTP/2|client) preface",
        ),
    ),
    (
        "tls",
        "",
        (
            "x509:", "certificate (?:has expired|verify failed|is not (?:yet )?valid|signed by unknown)",
            "CERT_HAS_EXPIRED",
        ),
    ),
    ("memory", "", ("OutOfMemoryError", "heap out of memory", "\\bMemoryError\\b", "cannot allocate memory")),
    ("permission", "", ("permission denied", "EACCES", "operation not permitted", "read-only file system")),
    ("refused", "", ("connection refused", "ECONNREFUSED", "actively refused", "no route to host")),
    ("timeout", "", ("i/o timeout", "timed ?out", "deadline exceeded", "ETIMEDOUT", "upstream request timeout")),
    (
        "unavailable",
        "",
        (
            "code = Unavailable", "UNAVAILABLE:", "no healthy upstream", "upstream connect error",
            "service unavailable", "connection reset", "ECONNRESET", "bad gateway",
        ),
    ),
    (
        "panic",
        "",
        (
            "^panic:", "\\bpanic: ", "Traceback \\(most recent", "Exception in thread", "Unhandled",
            "segmentation fault", "^fatal error:", "SIGSEGV",
        ),
    ),
)  # fmt: skip
"""Kind and term of a complaint, and the wordings that mean it; the first that is found names it."""
_KINDS: Final = tuple((kind, term, re2.compile("(?i)" + "|".join(words))) for kind, term, words in _WORDS)
_FIELD = re2.compile(r'"(?:msg|message|error|err|log)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_COLOURS = re2.compile(r"\x1b\[[0-9;]*m")
_LEVEL_FINE = re2.compile(r'(?i)(?:^|[\s\[{"=])(?:level["=: ]+"?)?(?:debug|trace)\b')


class Complaint(NamedTuple):
    """What a line complains of: the kind, a term (which of user, password, key), and the host and port it names."""

    kind: str
    term: str
    host: str
    port: int | None
    text: str


KINDS: Final = tuple(dict.fromkeys(kind for kind, _, _ in _KINDS))
"""All kinds of complaints."""


def read_line(line: str) -> Complaint | None:
    """Return what a line complains of, None when it does not, or not of anything known."""
    text = _COLOURS.sub("", line[:LINE_CHARS])
    if _COMPLAINS.search(text) is None or _LEVEL_FINE.search(text[:60]):
        return None
    for kind, term, pattern in _KINDS:
        match = pattern.search(text)
        if match is not None:
            groups = match.groupdict()
            host, port = _spoken_of(text, groups.get("host") or "")
            return Complaint(kind, term, host, port, _said(text))
    return None


def _said(text: str) -> str:
    inner = _FIELD.search(text)
    return str(inner[1] if inner else text).strip()[:240]


def _spoken_of(text: str, host: str) -> tuple[str, int | None]:
    if host and not host[0].isdigit():
        return host.lower().rstrip("."), None
    found = addresses_of(keep_mentions("\n" + text))
    named = next((a for a in found if not a.host.replace(".", "").isdigit()), None)
    return (named.host, named.port) if named else ("", None)
