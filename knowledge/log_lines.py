"""What a line that a program printed complains about, and whom it speaks of. Pure; linear in the line.

The wordings are data: catalogue/complaints.yaml. A line that complains of nothing known is no finding; most lines are
let through after one look.
"""

from importlib import resources
from typing import Final, NamedTuple

import re2
import yaml

from causeline.core.addresses import addresses_of, keep_mentions

LINE_CHARS: Final = 2000
"""Of a longer line no more is read."""
LEVEL_CHARS: Final = 60
"""A line's level stands at its beginning, where it is a word of its own."""
SAID_CHARS: Final = 240
"""How much of a line is told."""
_FIELD = re2.compile(r'"(?:msg|message|error|err|log)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_COLOURS = re2.compile(r"\x1b\[[0-9;]*m")
_FINE_FIELD = re2.compile(
    r'(?i)"?(?:level|lvl|severity|s)"? ?[:=] ?"?(?:debug|trace|info|notice|i|d|10|20|30)\b|^[ID]\d{4} [\d:.]+'
)
"""JSON, logfmt and klog (`I0501 12:00:00`); pino counts 10 to 30, MongoDB writes `"s":"I"`."""
REFUSED_BY_MONGO: Final = ('"msg":"Authentication failed"', '"id":22942,')
"""MongoDB writes a refused login, and a connection that is one too many, as `"s":"I"`."""
_FINE_WORD = re2.compile(r"\b(?:DEBUG|TRACE|INFO|NOTICE)\b")
_GRAVE_WORD = re2.compile(r"\b(?:ERROR|ERR|WARN|WARNING|FATAL|SEVERE|CRITICAL|PANIC)\b")


class Complaint(NamedTuple):
    """What a line complains of: the kind, a term (which of user, password, key), the host and port it names.

    `server`: the kind of server that it speaks of, as knowledge/servers.py names it; '' when it does not say.
    """

    kind: str
    term: str
    host: str
    port: int | None
    text: str
    server: str = ""


def _compiled(words: list[str]) -> re2._Regexp:
    return re2.compile("(?i)" + "|".join(f"(?:{word})" for word in words))


_CATALOGUE = yaml.safe_load(
    resources.files("causeline.knowledge").joinpath("catalogue/complaints.yaml").read_text("utf-8")
)
_KINDS: Final = tuple((c["kind"], c.get("term", ""), _compiled(c["words"])) for c in _CATALOGUE["complaints"])
_SERVERS: Final = tuple((kind, _compiled(words)) for kind, words in _CATALOGUE["servers"].items())
_COMPLAINS: Final = _compiled([w.replace("?P<host>", "?:") for c in _CATALOGUE["complaints"] for w in c["words"]])
"""All of them at once: most lines are let through after this one look."""
KINDS: Final = tuple(dict.fromkeys(kind for kind, _, _ in _KINDS))
"""All kinds of complaints."""


def read_line(line: str) -> Complaint | None:
    """Return what a line complains of, None when it does not, or not of anything known."""
    text = _COLOURS.sub("", line[:LINE_CHARS])
    if _COMPLAINS.search(text) is None or _is_fine(text):
        return None
    for kind, term, pattern in _KINDS:
        match = pattern.search(text)
        if match is not None:
            host, port = _spoken_of(text, match.groupdict().get("host") or "")
            return Complaint(kind, term, host, port, _said(text, pattern), _server_in(text))
    return None


def _is_fine(text: str) -> bool:
    """Tell whether a line says of itself that it is no trouble: then it complains of nothing."""
    if _FINE_FIELD.search(text):
        return not any(words in text for words in REFUSED_BY_MONGO)
    head = text[:LEVEL_CHARS]
    fine, grave = _FINE_WORD.search(head), _GRAVE_WORD.search(head)
    return fine is not None and (grave is None or fine.start() < grave.start())


def _server_in(text: str) -> str:
    return next((kind for kind, pattern in _SERVERS if pattern.search(text)), "")


def _said(text: str, pattern: re2._Regexp) -> str:
    """Return the field of a structured line that complains; the whole line, where it is none of them."""
    inner = next((m[1] for m in _FIELD.finditer(text) if pattern.search(m[1])), text)
    return str(inner).strip()[:SAID_CHARS]


_RESOLVED = re2.compile(r"\b([a-zA-Z][a-zA-Z0-9.-]*)/(?:[0-9]{1,3}\.){3}[0-9]{1,3}:([0-9]{1,5})")
"""As Java writes an address: `web/10.1.2.3:8080`."""


def _spoken_of(text: str, host: str) -> tuple[str, int | None]:
    if host and not host[0].isdigit():
        return host.lower().rstrip("."), None
    if (resolved := _RESOLVED.search(text)) is not None:
        return resolved[1].lower(), int(resolved[2])
    found = addresses_of(keep_mentions("\n" + text))
    names = [a for a in found if not a.host.replace(".", "").isdigit()]
    named = next((a for a in names if a.port or a.scheme), None) or next((a for a in names if "." in a.host), None)
    return (named.host, named.port) if named else ("", None)
