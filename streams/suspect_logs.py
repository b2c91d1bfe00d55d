"""Whose log would say more of an incident: containers in trouble, and those of what the incident blames."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from causeline.core.objects import ContainerStatus, Pod
from causeline.core.refs import WORKLOAD_KINDS, ContainerRun, ObjectRef
from causeline.core.results import Incident
from causeline.knowledge.inspections.services import selected_workloads
from causeline.streams.topology import Topology

OBJECTS_MAX: Final = 10
"""Objects of an incident that are looked at: its suspects first, then what is affected."""
PODS_MAX: Final = 2
"""Pods of one workload: those in trouble first; its other pods would print the same."""


def suspect_runs(topology: Topology, incident: Incident) -> list[ContainerRun]:
    """Return the runs whose last lines are evidence, the most telling first. Costs O(pods of the objects)."""
    named = dict.fromkeys([*(s.object.ref for s in incident.suspects), *(s.ref for s in incident.affected)])
    workloads = dict.fromkeys(w for ref in islice(named, OBJECTS_MAX) for w in _workloads(topology, ref))
    runs = dict.fromkeys(run for workload in workloads for run in _runs_of(topology, workload))
    return sorted(runs, key=lambda run: not run.previous)


def _workloads(topology: Topology, ref: ObjectRef) -> list[ObjectRef]:
    if ref.kind == "Service":
        return selected_workloads(topology, ref)
    return [ref] if ref.kind in (*WORKLOAD_KINDS, "Pod") else []


def _runs_of(topology: Topology, workload: ObjectRef) -> Iterator[ContainerRun]:
    refs = [workload] if workload.kind == "Pod" else topology.pods_under(workload)
    pods = [(ref, pod) for ref in refs if isinstance(pod := topology.get(ref), Pod)]
    pods.sort(key=lambda pair: not any(_is_in_trouble(s) for s in _statuses(pair[1])))
    for ref, pod in pods[:PODS_MAX]:
        for status in _statuses(pod):
            yield from _runs(ref, pod, status)


def _statuses(pod: Pod) -> list[ContainerStatus]:
    return [*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ())]


def _is_in_trouble(status: ContainerStatus) -> bool:
    return not status.ready and not _has_succeeded(status)


def _has_succeeded(status: ContainerStatus) -> bool:
    ended = status.state.terminated if status.state else None
    return ended is not None and ended.exit_code == 0


def _runs(ref: ObjectRef, pod: Pod, status: ContainerStatus) -> Iterator[ContainerRun]:
    state = status.state
    if state is None or _has_succeeded(status):
        return
    has_run = state.running is not None or state.terminated is not None
    uid = pod.metadata.uid or ""
    if status.restart_count > 0:
        yield ContainerRun(ref, uid, status.name, status.restart_count, previous=has_run)
    if has_run:
        yield ContainerRun(ref, uid, status.name, status.restart_count, previous=False)
