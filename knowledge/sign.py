"""A sign: something that one object shows, or that one event said, before anybody says what it means."""

from typing import NamedTuple


class Sign(NamedTuple):
    """`name` says where it was seen (`pod.waiting`, `node.condition`, `event`), `attrs` what.

    `since` is the object's own time of its beginning in unix seconds, None when the object does not say.
    """

    name: str
    attrs: dict[str, str]
    since: float | None = None
    is_deadline: bool = False
    """`since` is when something ought to be over; it may lie ahead."""
