"""Probes: which kind failed, how, and against what.

`probe`: liveness, readiness, startup; `problem`: refused, timeout, tls, unresolvable, status, command, runtime (it does
not answer, so nobody was asked); `why`: its own words; `protocol`, `port` and `http_status` where it says them.
https://github.com/kubernetes/kubernetes/blob/master/pkg/probe
"""

import re2

from causeline.knowledge.messages.network import network_problem
from causeline.knowledge.messages.nodes import read_runtime

_FAILED = re2.compile(
    r"(?s)(Liveness|Readiness|Startup) probe (?:failed|errored)(?: and resulted in \w+ state)?: (.{0,160})"
)
_KILLED = re2.compile(r"failed (liveness|startup) probe")
_STATUS = re2.compile(r"statuscode: (\d{3})")
_ADDRESS = re2.compile(r"(?:(https?|tcp)://|dial tcp )?(?:[\d.]+|\[[0-9a-f:]+\]):(\d{1,5})")


def read_probe(message: str) -> dict[str, str]:
    """Read a failed probe, or that a container is killed for one."""
    if killed := _KILLED.search(message):
        return {"probe": killed.group(1), "why": f"{killed.group(1)} probe"}
    failed = _FAILED.search(message)
    if failed is None:
        return {}
    why = failed.group(2)
    found = {"probe": failed.group(1).lower(), "why": why}
    if runtime := read_runtime(message):
        found |= runtime
    elif status := _STATUS.search(why):
        found |= {"problem": "status", "http_status": status.group(1), "protocol": "http"}
    elif problem := network_problem(why):
        found["problem"] = problem
    else:
        found["problem"] = "command"
    if address := _ADDRESS.search(why):
        found |= {"protocol": address.group(1) or found.get("protocol", "tcp"), "port": address.group(2)}
    return found
