"""Whom a cause rule may blame: the functions that its `root` names, one module a field.

Each is a pure function of the situation and a symptom; an empty list says that the rule does not apply.
"""

from typing import Final

from causeline.knowledge.roots import (
    configuration,
    control_plane,
    culprits,
    images,
    links,
    logins,
    network,
    nodes,
    peers,
    placing,
    probing,
    programs,
    refusals,
)
from causeline.knowledge.situation import Blame, Root, Situation
from causeline.knowledge.symptom import Symptom


def _subject(_: Situation, symptom: Symptom) -> list[Blame]:
    return [Blame(symptom.subject)]


ROOTS: Final[dict[str, Root]] = {
    "workload": _subject,
    "self": _subject,
    "component": _subject,
    **images.ROOTS,
    **configuration.ROOTS,
    **probing.ROOTS,
    **placing.ROOTS,
    **refusals.ROOTS,
    **network.ROOTS,
    **logins.ROOTS,
    **programs.ROOTS,
    **nodes.ROOTS,
    **links.ROOTS,
    **peers.ROOTS,
    **culprits.ROOTS,
    **control_plane.ROOTS,
}
