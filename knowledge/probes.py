"""Whether a probe can succeed as it is written: what the kubelet said of it first, then what the container declares."""

from typing import Final

import re2

from causeline.core.objects import Container, Probe

SHORTEST_SECONDS: Final = 5.0
"""A probe that gives a container less time than this to start fails most of them."""
LONGEST_SECONDS: Final = 1800.0
"""A readiness probe that is first asked later than this was meant in other units."""
_OTHER_PROTOCOL = re2.compile(
    r"(?i)malformed HTTP|HTTP response to HTTPS client|TLS handshake|wrong version number|HTTP/1.x transport"
    r"|unexpected EOF|preface|first record|invalid HTTP|frame too large|unexpected HTTP"
)
_NO_SUCH_PATH = re2.compile(r"statuscode: 404")
_ANSWERS = re2.compile(r"statuscode: [0-9]{3}")
_REFUSED = re2.compile(r"(?i)connection refused")
_TOO_SLOW = re2.compile(r"(?i)deadline exceeded|Client\.Timeout|timed? ?out|timeout:")


def probe_fault(container: Container, kind: str, why: str) -> str | None:
    """Return which part of a container's probe is wrong: `port`, `protocol`, `timing`, or None.

    `why` is what the kubelet said of the failure, '' when it said nothing. Who answers has the right port: ports that a
    container declares are for people, and a port that nobody declares may be open all the same.
    """
    probe: Probe | None = getattr(container, f"{kind}_probe")
    if probe is None:
        return None
    if part := said_fault(why):
        return part if part == "protocol" else None
    target = probe.http_get or probe.tcp_socket or probe.grpc
    ports = container.ports or []
    known = {p.container_port for p in ports} | {p.name for p in ports}
    if target is not None and ports and target.port is not None and target.port not in known:
        return "port"
    if kind != "readiness" and _TOO_SLOW.search(why) and probe.failure_threshold <= 1 and probe.timeout_seconds <= 1:
        return "timing"  # one late answer in a second is the end of the container
    given = probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
    if given < SHORTEST_SECONDS if kind != "readiness" else probe.initial_delay_seconds > LONGEST_SECONDS:
        return "timing"
    return None


def said_fault(why: str) -> str | None:
    """Return what an answer of the container says of the probe: `protocol` (also for a path that nobody serves), or
    `answer`: its port is right."""
    if not why:
        return None
    if _OTHER_PROTOCOL.search(why) or _NO_SUCH_PATH.search(why):
        return "protocol"
    return "answer" if _ANSWERS.search(why) else None


def suspected_part(why: str) -> str | None:
    """Return which part of a changed probe the kubelet's words point at, None when they point at none."""
    if _OTHER_PROTOCOL.search(why) or _ANSWERS.search(why):
        return "protocol"
    if _REFUSED.search(why):
        return "port"
    return "timing" if _TOO_SLOW.search(why) else None
