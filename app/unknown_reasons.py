"""Which reasons of a recording's or a store's Events are known to nobody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from causeline.app.replaying import existing_entries, readable
from causeline.app.wire import open_store_for_reading
from causeline.core.observations import EventSeen
from causeline.core.ports import EventQuery
from causeline.knowledge.reasons import shipped_reasons

EVENTS_MAX: Final = 1_000_000
"""Newest Events of a store that are looked at."""


class Unknown(msgspec.Struct):
    """A reason that no catalogue has: how often it was given, when last, by whom and about what kind of object."""

    reason: str
    count: int
    last_at: float
    component: str
    kind: str


def unknown_in(folder: Path) -> list[Unknown]:
    """Return the unknown reasons, most frequent first. Raises RecordingError or StoreError."""
    known, found = shipped_reasons().known, dict[str, Unknown]()
    for reason, at, component, kind in _stored(folder) if (folder / "main.db").exists() else _recorded(folder):
        if reason not in known:
            one = found.setdefault(reason, Unknown(reason, 0, at, component, kind))
            one.count += 1
            one.last_at = max(one.last_at, at)
    return sorted(found.values(), key=lambda u: (-u.count, u.reason))


def _recorded(folder: Path) -> Iterator[tuple[str, float, str, str]]:
    for entry in readable(existing_entries(folder)):
        if isinstance(entry.seen, EventSeen):
            event = entry.seen.event
            yield event.reason, event.last_at, event.component, event.regarding.kind


def _stored(folder: Path) -> Iterator[tuple[str, float, str, str]]:
    store = open_store_for_reading(folder)
    try:
        for event in store.events(EventQuery(limit=EVENTS_MAX)):
            yield event.reason, event.last_at, event.component, event.object.kind
    finally:
        store.close()
