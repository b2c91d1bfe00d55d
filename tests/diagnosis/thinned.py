"""Snapshots with less in them: what other tools leave out, or a user may not list."""

from collections.abc import Callable
from typing import Any

from tests.diagnosis.shop import STREAMS, Shop

Thin = Callable[[Shop], None]


def without(kind: str) -> Thin:
    """Nobody listed this kind."""

    def thin(shop: Shop) -> None:
        shop.not_listed.add(STREAMS[kind])
        for key in [key for key in shop.objects if key[0] == kind]:
            del shop.objects[key]

    return thin


def without_field(*fields: str) -> Thin:
    """No object has these fields, wherever they stand."""

    def thin(shop: Shop) -> None:
        for o in shop.objects.values():
            _drop(o, frozenset(fields))

    return thin


def _drop(value: Any, fields: frozenset[str]) -> None:
    if isinstance(value, dict):
        for field in fields & value.keys():
            del value[field]
        for inside in value.values():
            _drop(inside, fields)
    elif isinstance(value, list):
        for inside in value:
            _drop(inside, fields)


THINNED: dict[str, Thin] = {
    "who owns what": without_field("ownerReferences"),
    "uids": without_field("uid"),
    "when conditions turned": without_field("lastTransitionTime"),
    "when containers started": without_field("startedAt"),
    "generations": without_field("generation", "observedGeneration"),
    "EndpointSlices": without("EndpointSlice"),
    "Leases": without("Lease"),
}
"""What may be missing without any harm: each of these can be told from what is left."""
