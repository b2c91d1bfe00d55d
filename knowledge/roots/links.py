"""Network cards and cables of nodes, as their journals tell: what hangs, and what comes and goes."""

from itertools import pairwise
from typing import Final

import re2

from causeline.knowledge.roots.nodes import nodes_in_trouble
from causeline.knowledge.situation import Blame, Root, Situation, needing
from causeline.knowledge.symptom import Symptom

_of_links = nodes_in_trouble("log-link", says_how=False)
FLAPS_MIN: Final = 3
"""A link that went down this often comes and goes; once or twice may be a cable that was moved."""
_HANGS: Final = re2.compile(r"(?i)hang|timed out|watchdog")


def link_is_ill(situation: Situation, symptom: Symptom) -> bool:
    """The journal of the subject, a Node, told lately of a card that hangs, or of a link that went down repeatedly."""
    said = situation.active("log-link", symptom.subject)
    if said is None or situation.t - said.last_at > LATELY_SECONDS:
        return False
    times = sorted(e.at for e in said.evidence)
    downs = 1 + sum(later - earlier >= APART_SECONDS for earlier, later in pairwise(times))
    return downs >= FLAPS_MIN or _HANGS.search(said.attrs.get("text", "")) is not None


LATELY_SECONDS: Final = 660.0
APART_SECONDS: Final = 20.0
"""Lines that are closer tell of one going down, as a card, its bond and its bridge each say it."""


@needing("log-link")
def _nodes_with_ill_links(situation: Situation, symptom: Symptom) -> list[Blame]:
    """The nodes with such a card or link that carry the pods, by their share."""
    ill = {s.subject for s in situation.of_type(["log-link"]) if link_is_ill(situation, s)}
    return [b for b in _of_links(situation, symptom) if b.object in ill]


ROOTS: Final[dict[str, Root]] = {"nodes-with-ill-links": _nodes_with_ill_links}
