"""Whether a probe can succeed as it is written: port, protocol and timing against what the container declares."""

from typing import Final

import re2

from causeline.core.objects import Container, Probe

SHORTEST_SECONDS: Final = 5.0
"""A probe that gives a container less time than this to start fails most of them."""
_OTHER_PROTOCOL = re2.compile(
    r"(?i)malformed HTTP|HTTP response to HTTPS client|TLS handshake|wrong version number|HTTP/1.x transport"
    r"|unexpected EOF|preface|first record|invalid HTTP"
)


def probe_fault(container: Container, kind: str, why: str) -> str | None:
    """Return which part of a container's probe is wrong: `port`, `protocol`, `timing`, or None.

    `why` is what the kubelet said of the failure, '' when it said nothing.
    """
    probe: Probe | None = getattr(container, f"{kind}_probe")
    if probe is None:
        return None
    target = probe.http_get or probe.tcp_socket or probe.grpc
    ports = container.ports or []
    known = {p.container_port for p in ports} | {p.name for p in ports}
    if target is not None and ports and target.port is not None and target.port not in known:
        return "port"
    if _OTHER_PROTOCOL.search(why):
        return "protocol"
    given = probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold
    if kind != "readiness" and given < SHORTEST_SECONDS:
        return "timing"
    return None
