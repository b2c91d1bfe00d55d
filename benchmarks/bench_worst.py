"""Costs that could grow faster than the trouble: many Services in one namespace, many symptoms at once.

All double the size from row to row; a cost per observation, or per symptom and look, that doubles too is quadratic.
"""

import time
from collections.abc import Iterator

from benchmarks import bench_memory
from benchmarks.measure import Options, Table, thousands
from causeline.core.observations import ObjectSeen
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode
from causeline.streams.pipeline import Engine

CROWDS, CROWDS_SMALL = (50, 100, 200, 400), (25, 50)
DELETIONS, DELETIONS_SMALL = (25, 50, 100, 200), (10, 20)
TROUBLES, TROUBLES_SMALL = (50, 100, 200, 400), (25, 50)
UPDATES = 200


def tables(options: Options) -> Iterator[Table]:
    """Run all."""
    crowd = Table(
        "One namespace with many Services", ["Services", "Pods", "first list µs an object", "ms a Service that changed"]
    )
    for services in CROWDS_SMALL if options.small else CROWDS:
        crowd.add(thousands(services), thousands(services * bench_memory.PODS_PER_DEPLOYMENT), *_crowd(services))
    crowd.notes.append(
        "A Service is looked at once a second at most, when its endpoints, selector or workloads changed."
    )
    yield crowd
    deletion = Table(
        "A namespace with many Services is deleted", ["Services", "objects deleted", "seconds", "µs an object"]
    )
    for services in DELETIONS_SMALL if options.small else DELETIONS:
        deletion.add(thousands(services), *_deletion(services))
    deletion.notes.append(
        "Pods and EndpointSlices first, then ReplicaSets and Deployments, 100 a second; Services last."
    )
    yield deletion
    trouble = Table(
        "Many Deployments crash at once",
        ["Deployments", "incidents", "ms a look at all symptoms", "ms a symptom and look"],
    )
    for deployments in TROUBLES_SMALL if options.small else TROUBLES:
        trouble.add(thousands(deployments), *_trouble(deployments))
    trouble.notes.append("All open symptoms are correlated again every 5 s, and in each second in which one changed.")
    yield trouble


def _engine(services: int, per_namespace: int) -> tuple[Engine, float]:
    usual, bench_memory.DEPLOYMENTS_PER_NAMESPACE = bench_memory.DEPLOYMENTS_PER_NAMESPACE, per_namespace
    try:
        nodes = services * bench_memory.PODS_PER_DEPLOYMENT // bench_memory.PODS_PER_NODE
        engine = Engine(load_rules(), "bench")
        feeder = bench_memory._Feeder(engine)
        feeder.feed(bench_memory.cluster(nodes))
        engine.finish(engine.state.now + 40)
    finally:
        bench_memory.DEPLOYMENTS_PER_NAMESPACE = usual
    return engine, feeder.take_us()


def _crowd(services: int) -> tuple[str, str]:
    engine, list_us = _engine(services, per_namespace=1_000_000)
    usual, bench_memory.DEPLOYMENTS_PER_NAMESPACE = bench_memory.DEPLOYMENTS_PER_NAMESPACE, 1_000_000
    bodies = [bench_memory.endpoint_slice(i % (services - 1), version=i) for i in range(UPDATES)]
    bench_memory.DEPLOYMENTS_PER_NAMESPACE = usual
    began, t = time.process_time(), engine.state.now
    for i, body in enumerate(bodies):
        engine.feed(decode("endpointslices", "MODIFIED", t + 1 + i, body))
    engine.finish(t + UPDATES + 1)
    return f"{list_us:.0f}", f"{(time.process_time() - began) / UPDATES * 1e3:.2f}"


def _deletion(services: int) -> tuple[str, str, str]:
    engine, _ = _engine(services, per_namespace=1_000_000)
    entries = engine.state.topology.entries
    order = ("EndpointSlice", "Pod", "ReplicaSet", "Deployment", "Service")
    going = sorted((ref for ref in entries if ref.kind in order), key=lambda ref: order.index(ref.kind))
    began, t = time.process_time(), engine.state.now
    for i, ref in enumerate(going):
        engine.feed(ObjectSeen(t + 1 + i / 100, entries[ref].stream, "DELETED", ref, entries[ref].object))
    engine.finish(t + len(going) / 100 + 2)
    took = time.process_time() - began
    return thousands(len(going)), f"{took:.2f}", f"{took / len(going) * 1e6:.0f}"


def _trouble(deployments: int) -> tuple[str, str, str]:
    engine, _ = _engine(deployments + 2, per_namespace=bench_memory.DEPLOYMENTS_PER_NAMESPACE)
    t = engine.state.now + 1
    for restarts in (1, 2):
        for i in range(deployments):
            body = bench_memory.pod(i * bench_memory.PODS_PER_DEPLOYMENT, version=restarts, restarts=restarts)
            engine.feed(decode("pods", "MODIFIED", t + restarts * 10, body))
    engine.finish(t + 60)
    state = engine.state
    symptoms = len(state.symptoms.held)
    state.symptoms.changed.clear()
    looks = 5
    began = time.process_time()
    for _ in range(looks):
        state.correlator._correlate(state.now, {})
    took = (time.process_time() - began) / looks
    return thousands(len(state.correlator.incidents.all)), f"{took * 1e3:.1f}", f"{took / max(symptoms, 1) * 1e3:.3f}"
