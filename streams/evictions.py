"""Whom nodes evicted, for as long as that may explain something."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.streams.state import State
from causeline.streams.topology import GONE_SECONDS

EVICTIONS_MAX: Final = 200
"""Evictions remembered per node: more than a kubelet's default of 110 pods."""
NODES_MAX: Final = 1000
"""Nodes whose evictions are remembered, those that evicted last."""


def note_eviction(state: State, node: str, ref: ObjectRef, message: str, t: float) -> None:
    """Remember an eviction for as long as a change may lie before its effect; the nodes of old ones go with them."""
    found = [e for e in state.evictions.pop(node, ()) if e[0] >= t - GONE_SECONDS]
    if len(found) < EVICTIONS_MAX and all(e[1] != ref for e in found):
        found.append((t, ref, message))
    state.evictions[node] = found
    oldest = next(iter(state.evictions))
    if len(state.evictions) > NODES_MAX or all(e[0] < t - GONE_SECONDS for e in state.evictions[oldest]):
        del state.evictions[oldest]
