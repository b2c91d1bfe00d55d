"""The engine's state as pages: what a checkpoint keeps and how the engine comes back from it.

Objects lie in pages by a hash of their name, so that a checkpoint writes only the pages of objects that changed; all
other state is small and goes whole. Feeding the log from the checkpoint's offset gives the state that was lost.
"""

import zlib
from functools import lru_cache
from typing import Any, Final

import msgspec

from causeline.core.objects import STREAMS, KubeObject, Other, decode_hook, encode_hook
from causeline.core.observations import EventSeen
from causeline.core.refs import ObjectRef
from causeline.core.results import Stats
from causeline.detectors.burst import Rate
from causeline.knowledge.engine import Hypothesis
from causeline.knowledge.symptom import Change, Symptom
from causeline.streams.control_plane import ControlPlane
from causeline.streams.entries import Edge, Entry, page_of
from causeline.streams.incidents import OpenIncident
from causeline.streams.kept_symptoms import SymptomsState, dump, load
from causeline.streams.ledger import Ledger
from causeline.streams.metrics import MetricsCore, Target
from causeline.streams.metrics import dump as dump_metrics
from causeline.streams.metrics import load as load_metrics
from causeline.streams.state import Line, State


class _Kept(msgspec.Struct):
    """One object on its page; the body is decoded by its stream's type."""

    ref: ObjectRef
    stream: str
    since: float
    order: int
    until: float | None
    edges: list[Edge]
    as_of: float
    changes: list[Change]
    body: bytes


class _Core(msgspec.Struct):
    """All state that is not the object graph."""

    started_at: float | None
    now: float
    next_tick: float
    stats: Stats
    counts: dict[str, int]
    counts_dropped: int
    seen_objects: list[str]
    symptoms: SymptomsState
    pulls: dict[str, float]
    evictions: dict[str, list[tuple[float, ObjectRef, str]]]
    warnings: dict[ObjectRef, list[tuple[float, str]]]
    control_plane: ControlPlane
    ledger: Ledger
    rates: dict[str, Rate]
    listed_events: dict[str, list[int]]
    to_inspect: list[ObjectRef]
    inspected: dict[ObjectRef, dict[str, ObjectRef]]
    listed_at: float
    watched_at: float
    aged_at: float
    unread: list[ObjectRef]
    lines: list[Line]
    calls: dict[ObjectRef, dict[ObjectRef, None]]
    named: dict[ObjectRef, dict[str, None]]
    spoke: dict[ObjectRef, float]
    changed: list[ObjectRef]
    init_events: list[EventSeen]
    relisted: dict[str, list[ObjectRef]]
    listed: dict[str, bool]
    incidents: list[OpenIncident]
    places: dict[str, list[ObjectRef]]
    over_bound: tuple[int, int]
    claims: dict[str, list[Hypothesis]]
    touched: list[str]
    look_again_at: float
    orphan_changes: dict[ObjectRef, list[Change]]
    metrics: MetricsCore


_encoder = msgspec.msgpack.Encoder(enc_hook=encode_hook)
_core = msgspec.msgpack.Decoder(_Core, dec_hook=decode_hook)
_page = msgspec.msgpack.Decoder(list[_Kept])
_targets = msgspec.msgpack.Decoder(list[Target])
STREAM_TYPES: Final = 256
"""Decoders of streams that are kept; a cluster has some fifty kinds that anybody watches."""
TARGET_PAGES: Final = 1024
"""Checkpoint pages of metric targets: at 10,000 nodes with three targets each about 30 a page."""


def save_pages(state: State, *, everything: bool = False) -> dict[str, bytes | None]:
    """Return the pages that changed since the last call (all of them with `everything`); None: the page is gone."""
    topology = state.topology
    dirty = set(topology.pages) if everything else {page_of(ref) for ref in topology.dirty}
    topology.dirty.clear()
    pages: dict[str, bytes | None] = {}
    for number in sorted(dirty):
        kept = [_keep(state, ref, topology.entries[ref]) for ref in topology.pages.get(number, ())]
        pages[f"objects-{number:04d}"] = _encoder.encode(kept) if kept else None
    pages.update(_metric_pages(state, everything=everything))
    pages["core"] = _encoder.encode(_core_of(state))
    return pages


def _metric_pages(state: State, *, everything: bool) -> dict[str, bytes | None]:
    """Return the pages of targets that were scraped since the last call."""
    metrics = state.metrics
    dirty = {_target_page(name) for name in (metrics.targets if everything else metrics.dirty)}
    metrics.dirty.clear()
    found: dict[str, list[Target]] = {page: [] for page in sorted(dirty)}
    for name, target in metrics.targets.items() if dirty else ():
        if (page := _target_page(name)) in found:
            found[page].append(target)
    return {page: _encoder.encode(targets) for page, targets in found.items()}


def _target_page(name: str) -> str:
    return f"metrics-{zlib.crc32(name.encode()) % TARGET_PAGES:04d}"


def _keep(state: State, ref: ObjectRef, entry: Entry) -> _Kept:
    changes = list(state.topology.changes.get(ref, ()))
    return _Kept(
        ref,
        entry.stream,
        entry.since,
        entry.order,
        entry.until,
        entry.edges,
        entry.as_of,
        changes,
        _encoder.encode(entry.object),
    )


def _core_of(state: State) -> _Core:
    orphans = {ref: list(c) for ref, c in state.topology.changes.items() if ref not in state.topology.entries}
    return _Core(
        state.started_at,
        state.now,
        state.next_tick,
        state.stats,
        state.counts,
        state.counts_dropped,
        list(state.seen_objects),
        dump(state.symptoms),
        state.pulls,
        state.evictions,
        state.warnings,
        state.control_plane,
        state.ledger,
        state.burst.rates,
        state.burst.listed,
        list(state.touched),
        state.inspected,
        state.listed_at,
        state.watched_at,
        state.aged_at,
        list(state.unread),
        state.lines,
        state.topology.calls,
        state.topology.settings_named,
        state.topology.spoke,
        list(state.changed),
        state.init_events,
        {s: list(refs) for s, refs in state.relisted.items()},
        state.topology.listed,
        list(state.correlator.incidents.all.values()),
        state.correlator.incidents.places(),
        (state.burst.not_followed, state.lines_over_bound),
        state.correlator.explainer.claims,
        list(state.correlator.incidents.touched),
        state.correlator.look_again_at,
        orphans,
        dump_metrics(state.metrics),
    )


def restore(state: State, pages: dict[str, bytes]) -> None:
    """Bring a fresh state to what the pages hold."""
    entries: dict[ObjectRef, Entry] = {}
    changes: dict[ObjectRef, list[Change]] = {}
    for name, page in pages.items():
        if name.startswith("objects-"):
            for kept in _page.decode(page):
                entries[kept.ref] = Entry(
                    _object(kept), kept.stream, kept.since, kept.order, kept.until, kept.edges, kept.as_of
                )
                if kept.changes:
                    changes[kept.ref] = kept.changes
    core = _core.decode(pages["core"])
    targets = [t for name, page in pages.items() if name.startswith("metrics-") for t in _targets.decode(page)]
    load_metrics(state.metrics, core.metrics, {t.name: t for t in targets})
    state.topology.restore(entries, {**changes, **core.orphan_changes})
    _restore_core(state, core)


def _object(kept: _Kept) -> KubeObject:
    found: KubeObject = _body(kept.stream).decode(kept.body)
    return found


@lru_cache(maxsize=STREAM_TYPES)
def _body(stream: str) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(STREAMS.get(stream, ("", Other))[1], dec_hook=decode_hook)


def _restore_core(state: State, core: _Core) -> None:
    state.started_at, state.now, state.next_tick = core.started_at, core.now, core.next_tick
    state.stats, state.counts, state.counts_dropped = core.stats, core.counts, core.counts_dropped
    state.seen_objects = dict.fromkeys(core.seen_objects)
    load(state.symptoms, core.symptoms)
    state.pulls.update(core.pulls)
    state.evictions.update(core.evictions)
    state.warnings, state.control_plane, state.ledger = core.warnings, core.control_plane, core.ledger
    state.ledger.relink()
    state.burst.rates, state.burst.listed = core.rates, core.listed_events
    state.changed = dict.fromkeys(core.changed)
    state.touched, state.init_events = dict.fromkeys(core.to_inspect), core.init_events
    state.inspected, state.aged_at = core.inspected, core.aged_at
    state.listed_at, state.watched_at = core.listed_at, core.watched_at
    state.unread = dict.fromkeys(core.unread)
    state.lines = core.lines
    state.topology.calls.update(core.calls)
    state.topology.settings_named.update(core.named)
    state.topology.spoke.update(core.spoke)
    state.relisted = {stream: dict.fromkeys(refs) for stream, refs in core.relisted.items()}
    state.topology.listed.update(core.listed)
    correlator = state.correlator
    correlator.explainer.claims, correlator.look_again_at = core.claims, core.look_again_at
    held: dict[tuple[str, int], Symptom] = {(s.id, s.order): s for s in state.symptoms.held.values()}
    for incident in core.incidents:
        incident.records = {i: held.get((i, record.order), record) for i, record in incident.records.items()}
    correlator.incidents.restore(core.incidents, core.places)
    state.burst.not_followed, state.lines_over_bound = core.over_bound
    correlator.situation.t = core.now
    correlator.incidents.touched = dict.fromkeys(core.touched)
