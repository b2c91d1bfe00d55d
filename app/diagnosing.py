"""`causeline diagnose`: the same engine asked once, about a cluster as it is now or a recording up to a moment."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from causeline.app.inputs import Inputs, Missing, is_listed
from causeline.app.intake import Intake, complains, connect_to
from causeline.app.names import is_kind, named_object
from causeline.app.render import moment_text
from causeline.app.replaying import existing_entries, readable
from causeline.app.system_clock import RisingClock, SystemClock
from causeline.app.wire import Rules, watched_streams
from causeline.core.config import Settings
from causeline.core.errors import DiagnosisError
from causeline.core.observations import DeadLetter, Observation, OutsideSeen, StreamMark
from causeline.core.refs import ObjectRef
from causeline.core.results import Incident, Subject
from causeline.knowledge.inspections.services import selected_workloads
from causeline.sources.connect import Api, Interrupted, disconnect
from causeline.sources.pod_logs import is_no_answer, last_lines
from causeline.streams.pipeline import Engine
from causeline.streams.relations import relations
from causeline.streams.suspect_logs import suspect_runs
from causeline.streams.topology import Topology

LISTING_SECONDS: Final = 60.0
"""How long a cluster may take to be listed once; what is not there by then counts as an input that is missing."""

LOGS_SECONDS: Final = 20.0
"""How long logs may be asked for; what was not asked by then counts as not there."""

BEYOND_SECONDS: Final = 60.0
"""A recording says something each minute (bookmarks); what is asked for later lies beyond it."""


class Around(msgspec.Struct, frozen=True):
    """A typed edge of the object (streams/relations.py) with its interval in unix seconds; `until` null: it holds."""

    type: str
    object: Subject
    since: float
    until: float | None
    text: str


class Diagnosis(msgspec.Struct, frozen=True):
    """What is wrong at `at` (unix seconds): all of it, or what concerns `object`; `missing`: what nobody looked at."""

    version: int
    at: float
    object: Subject | None
    incidents: list[Incident]
    missing: list[Missing]
    milliseconds: float
    """Time that reading and judging took, the cluster's answers included."""
    around: list[Around] = []
    """What `object` stands in; empty when all was asked for."""


def diagnose_recording(
    folder: Path, settings: Settings, rules: Rules, *, at: float | None, about: ObjectRef | None
) -> Diagnosis:
    """Judge a recording as of `at` (None: its end). Raises RecordingError or DiagnosisError."""
    return _diagnose(_read_until(folder, at), settings, rules, at, about, whence=str(folder))


def _read_until(folder: Path, at: float | None) -> Iterator[Observation]:
    for entry in readable(existing_entries(folder)):
        if not isinstance(entry.seen, DeadLetter) and (at is None or entry.t <= at):
            yield entry.seen


def diagnose_cluster(settings: Settings, rules: Rules, *, about: ObjectRef | None) -> Diagnosis:
    """List the cluster once and judge what it shows. Raises ClusterError or DiagnosisError."""
    client = connect_to(settings)

    def ask(engine: Engine) -> Iterator[Observation]:
        return _log_lines(engine, Api(client)) if settings.logs.enabled else iter(())

    try:
        listed = _listed_once(settings, client)
        return _diagnose(listed, settings, rules, None, about, ask, whence=client.configuration.host)
    finally:
        disconnect(client)


def _listed_once(settings: Settings, client: object) -> Iterator[Observation]:
    intake = Intake(settings, client, RisingClock(SystemClock()), ticks=False)  # type: ignore[arg-type]
    waiting = {resource.stream for resource in watched_streams(settings)}
    with intake.stopped_by_signals(LISTING_SECONDS), closing(intake.batches()) as batches:
        for batch in batches:
            for record in batch.records:
                if not isinstance(record, DeadLetter):
                    yield record
                if isinstance(record, StreamMark) and is_listed(record):
                    waiting.discard(record.stream)
            if not waiting:
                break


def _log_lines(engine: Engine, api: Api) -> Iterator[Observation]:
    """Yield the last lines of the suspects' containers, as of the last list."""
    now, until = engine.state.now, time.monotonic() + LOGS_SECONDS
    runs = dict.fromkeys(
        r for i in engine.report().incidents if i.state == "open" for r in suspect_runs(engine.state.topology, i)
    )
    for run in runs:
        if time.monotonic() > until:
            break
        try:
            lines = last_lines(api, run, complains)
        except Interrupted as error:
            if not is_no_answer(error):
                yield StreamMark(now, "logs", "GAP", f"pods/log: {error}")
                break
            continue
        yield from (OutsideSeen(now, "logs", run.pod, line) for line in lines)


def _diagnose(
    observations: Iterable[Observation],
    settings: Settings,
    rules: Rules,
    at: float | None,
    about: ObjectRef | None,
    ask: Callable[[Engine], Iterator[Observation]] = lambda _: iter(()),
    *,
    whence: str,
) -> Diagnosis:
    began = time.monotonic()
    engine, last = Engine(rules.base, settings.cluster.name), None
    inputs = Inputs()
    for seen in observations:
        engine.feed(seen)
        inputs.note(seen)
        last = seen.t
    if last is None:
        raise DiagnosisError("nothing was seen before that moment: name a later --at")
    if not inputs.there and inputs.refused:
        raise DiagnosisError(f"{whence}: nothing could be listed: {next(iter(inputs.refused.values()))}")
    if at is not None and at > last + BEYOND_SECONDS:
        raise DiagnosisError(f"{whence}: ends at {moment_text(last)} UTC: name an earlier --at")
    moment = at if at is not None and at > last else last
    engine.finish(moment)
    answers = list(ask(engine))
    for seen in answers:
        engine.feed(seen)
        inputs.note(seen)
    if answers:
        engine.finish(moment)
    incidents = [i for i in engine.report().incidents if i.state == "open"]
    around: list[Around] = []
    subject = None
    if about is not None:
        ref = _known_as(engine, about)
        subject = Subject.of(ref)
        incidents = _about(engine, incidents, ref)
        edges = relations(engine.state.topology, ref)
        around = [Around(e.type, Subject.of(e.to), e.since, e.until, e.text) for e in edges]
    took = round((time.monotonic() - began) * 1e3, 1)
    return Diagnosis(1, moment, subject, incidents, inputs.missing(), took, around)


def _known_as(engine: Engine, about: ObjectRef) -> ObjectRef:
    return next((r for r in engine.state.topology.entries if _is_named(r, about)), about)


def _about(engine: Engine, incidents: list[Incident], ref: ObjectRef) -> list[Incident]:
    graph = engine.state.topology
    parts = _parts(graph, ref)
    inside = ref.name if ref.kind == "Namespace" else None
    found = [
        i
        for i in incidents
        if any(o in parts or (inside is not None and o.namespace == inside) for o in _objects_of(i))
    ]
    if not found and ref not in graph.entries and ref.kind not in ("Component", "External", "ControlPlane"):
        way_out = f"`kubectl get {ref.kind.lower()}` shows what there is" if is_kind(ref.kind) else "is that a kind?"
        raise DiagnosisError(f"{ref}: not seen; {way_out}")
    return found


def _parts(graph: Topology, ref: ObjectRef) -> set[ObjectRef]:
    """Return the object, who owns it, what it owns, and the Services before it or the workloads behind it."""
    top = graph.top(ref)
    services = graph.members("Service", top.namespace) if top.namespace else ()
    before = [s for s in services if top in selected_workloads(graph, s)]
    behind = selected_workloads(graph, ref) if ref.kind == "Service" else []
    return {ref, top, *graph.pods_under(ref), *before, *behind}


def _objects_of(incident: Incident) -> Iterator[ObjectRef]:
    yield from (s.object.ref for s in incident.suspects[:1])
    yield from (a.ref for a in incident.affected)


def _is_named(ref: ObjectRef, wanted: ObjectRef) -> bool:
    """Kinds in any case, for people type `deployment`."""
    return ref.name == wanted.name and ref.namespace == wanted.namespace and ref.kind.lower() == wanted.kind.lower()


def parse_object(text: str) -> ObjectRef:
    """Read KIND/NAMESPACE/NAME, or KIND/NAME for what has no namespace. Raises DiagnosisError."""
    ref = named_object(text)
    if ref is None:
        raise DiagnosisError(f"{text}: KIND/NAMESPACE/NAME is expected, such as Deployment/shop/web, or Node/n1")
    return ref
