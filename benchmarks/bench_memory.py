"""Memory, cost per observation and checkpoints of one engine by size of the cluster, each size in its own process.

A cluster of n nodes has n Nodes, 15 Pods a node, and for every 10 Pods one Deployment with one ReplicaSet, one Service
and one EndpointSlice; 50 Deployments share a namespace. Objects are written as the API writes them and decoded by
sources/decode.py, so what is measured is what a watcher would leave behind.
"""

import json
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Options, Table, thousands
from causeline.app.collector import look_seldom
from causeline.core.observations import Observation
from causeline.knowledge.rule_files import load_rules
from causeline.sources.decode import decode
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine

SIZES, SIZES_SMALL = (10, 100, 1_000, 10_000), (10, 100)
PODS_PER_NODE = 15
PODS_PER_DEPLOYMENT = 10
DEPLOYMENTS_PER_NAMESPACE = 50
START = 1_795_442_700.0  # 2026-11-23T13:45:00Z
CREATED = "2026-11-23T12:00:00Z"
LIST_RATE = 5_000.0
"""Objects a second in which a first list arrives."""
STEADY_RATE = 20.0
"""Observations a second afterwards: what a cluster of 1,000 nodes writes."""
STEADY_OBSERVATIONS = 10_000
TROUBLED_DEPLOYMENTS = 20
CHANGED_PODS = 1_000
CHUNK = 2_000

Raw = tuple[str, str, float, bytes]


def tables(options: Options) -> Iterator[Table]:
    """Run every size in a subprocess."""
    sizes = SIZES_SMALL if options.small else SIZES
    results = [_in_subprocess(size) for size in sizes]
    memory = Table(
        "Memory of one engine", ["nodes", "objects", "peak MB", "engine MB", "bytes an object", "raw bytes an object"]
    )
    cost = Table(
        "Processor time per observation, decoding apart (µs)",
        ["nodes", "first list", "steady", "in trouble", "decoding"],
    )
    for r in results:
        memory.add(
            thousands(r["nodes"]), thousands(r["objects"]), f"{r['peak_mb']:.0f}", f"{r['engine_mb']:.0f}",
            thousands(r["bytes_per_object"]), thousands(r["raw_per_object"]),
        )  # fmt: skip
        cost.add(thousands(r["nodes"]), *(f"{r[k]:.1f}" for k in ("list_us", "steady_us", "trouble_us", "decode_us")))
    memory.notes.append(
        "Peak: of the whole process, libraries and rules included. Engine: growth while the objects came in."
    )
    cost.notes.append(
        f"First list: INIT of every object at {LIST_RATE:.0f}/s. Steady: {thousands(STEADY_OBSERVATIONS)} MODIFIED of "
        f"healthy pods, nodes and EndpointSlices at {STEADY_RATE:.0f}/s. In trouble: the pods of up to "
        f"{TROUBLED_DEPLOYMENTS} Deployments crash in turn, at the same rate. All with "
        "their ticks. The bar is a cost that does not grow with the cluster."
    )
    yield memory
    yield cost
    checkpoint = Table(
        "Checkpoint (save_pages, not written to a disk)",
        ["nodes", "full MB", "full s", f"MB after {thousands(CHANGED_PODS)} changed pods", "s", "pages", "restore s"],
    )
    for r in results:
        checkpoint.add(
            thousands(r["nodes"]), f"{r['full_mb']:.1f}", f"{r['full_s']:.2f}", f"{r['incremental_mb']:.1f}",
            f"{r['incremental_s']:.2f}", f"{r['incremental_pages']} of {r['pages']}", f"{r['restore_s']:.2f}",
        )  # fmt: skip
    checkpoint.notes.append("Bars: 5 % of one core at one checkpoint every 30 s, that is 1.5 s; restored within 30 s.")
    yield checkpoint


def _in_subprocess(nodes: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.bench_memory", str(nodes)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parent.parent
    )
    if done.returncode != 0:
        sys.exit(f"bench_memory with {nodes} nodes failed:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def _measure(nodes: int) -> dict[str, Any]:
    """Build a cluster of `nodes`, live with it, checkpoint it and restore it."""
    engine = Engine(load_rules(), "bench")
    before = _resident_bytes()
    feeder = _Feeder(engine)
    feeder.feed(cluster(nodes))
    objects, list_us = feeder.count, feeder.take_us()
    decode_us, raw_bytes = feeder.decode_seconds / feeder.count * 1e6, feeder.bytes
    for _ in range(2):  # let what the list left waiting be looked at
        engine.finish(engine.state.now + 40)
    grown = _resident_bytes() - before
    feeder.take_us()
    t = engine.state.now + 1
    feeder.feed(_steady(nodes, t))
    steady_us = feeder.take_us()
    t = engine.state.now + 1
    feeder.feed(_trouble(nodes, t))
    trouble_us = feeder.take_us()
    engine.finish(engine.state.now + 400)
    peak = _peak_bytes()
    return {
        "nodes": nodes, "objects": objects, "list_us": list_us, "decode_us": decode_us, "steady_us": steady_us,
        "trouble_us": trouble_us, "peak_mb": peak / 1e6, "engine_mb": grown / 1e6, "bytes_per_object": grown / objects,
        "raw_per_object": raw_bytes / objects, **_checkpoints(engine, nodes),
    }  # fmt: skip


def _checkpoints(engine: Engine, nodes: int) -> dict[str, Any]:
    began = time.process_time()
    full = save_pages(engine.state, everything=True)
    full_s = time.process_time() - began
    pods = nodes * PODS_PER_NODE
    changed = range(0, pods, max(1, pods // CHANGED_PODS))
    _Feeder(engine).feed(("pods", "MODIFIED", engine.state.now, pod(i, version=9)) for i in changed)
    began = time.process_time()
    changed_pages = save_pages(engine.state)
    incremental_s = time.process_time() - began
    pages = {name: body for name, body in {**full, **changed_pages}.items() if body is not None}
    fresh = Engine(load_rules(), "bench")
    began = time.process_time()
    restore(fresh.state, pages)
    restore_s = time.process_time() - began
    return {
        "full_mb": _size(full) / 1e6, "full_s": full_s, "incremental_mb": _size(changed_pages) / 1e6,
        "incremental_s": incremental_s, "incremental_pages": len(changed_pages), "pages": len(pages),
        "restore_s": restore_s,
    }  # fmt: skip


def _size(pages: dict[str, bytes | None]) -> int:
    return sum(len(body or b"") for body in pages.values())


def _peak_bytes() -> int:
    """Return the peak of this program; Linux counts the parent's into ru_maxrss, so its own account comes first."""
    try:
        status = Path("/proc/self/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class _Feeder:
    """Decodes and feeds in chunks, so that nothing but the engine keeps an object, and times both apart."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0
        self.bytes = 0
        self.decode_seconds = 0.0
        self._seconds = 0.0
        self._taken = 0

    def feed(self, lines: Iterator[Raw]) -> None:
        chunk: list[Raw] = []
        for line in lines:
            chunk.append(line)
            if len(chunk) == CHUNK:
                self._feed(chunk)
                chunk.clear()
        self._feed(chunk)

    def _feed(self, chunk: list[Raw]) -> None:
        began = time.process_time()
        seen: list[Observation] = [decode(*line) for line in chunk]
        decoded = time.process_time()
        for one in seen:
            self.engine.feed(one)
        self._seconds += time.process_time() - decoded
        self.decode_seconds += decoded - began
        self.count += len(chunk)
        self.bytes += sum(len(line[3]) for line in chunk)

    def take_us(self) -> float:
        """Return the microseconds an observation since the last call."""
        n = self.count - self._taken
        took = self._seconds / n * 1e6 if n else 0.0
        self._seconds, self._taken = 0.0, self.count
        return took


def cluster(nodes: int) -> Iterator[Raw]:
    """Yield the first list of a cluster."""
    pods = nodes * PODS_PER_NODE
    deployments = -(-pods // PODS_PER_DEPLOYMENT)
    made: list[tuple[str, int, Any]] = [
        ("nodes", nodes, node), ("deployments", deployments, deployment), ("replicasets", deployments, replica_set),
        ("services", deployments, service), ("pods", pods, pod), ("endpointslices", deployments, endpoint_slice),
    ]  # fmt: skip
    done = 0
    for stream, count, make in made:
        yield stream, "LIST", START + done / LIST_RATE, json.dumps({"resourceVersion": "1", "n": count}).encode()
        for i in range(count):
            done += 1
            yield stream, "INIT", START + done / LIST_RATE, make(i)


def _steady(nodes: int, t: float) -> Iterator[Raw]:
    pods = nodes * PODS_PER_NODE
    for i in range(STEADY_OBSERVATIONS):
        t += 1 / STEADY_RATE
        if i % 10 == 0:
            yield "nodes", "MODIFIED", t, node(i % nodes, version=i)
        elif i % 10 == 1:
            yield "endpointslices", "MODIFIED", t, endpoint_slice(i * 7 % (pods // PODS_PER_DEPLOYMENT), version=i)
        else:
            yield "pods", "MODIFIED", t, pod(i * 7 % pods, version=i)


def _trouble(nodes: int, t: float) -> Iterator[Raw]:
    """Pods of some Deployments crash, one after the other, again and again."""
    deployments = nodes * PODS_PER_NODE // PODS_PER_DEPLOYMENT
    troubled = min(TROUBLED_DEPLOYMENTS, deployments)
    pods = [
        d * (deployments // troubled) * PODS_PER_DEPLOYMENT + i
        for i in range(PODS_PER_DEPLOYMENT)
        for d in range(troubled)
    ]
    for i in range(STEADY_OBSERVATIONS // 5):
        t += 1 / STEADY_RATE
        yield "pods", "MODIFIED", t, pod(pods[i % len(pods)], version=i, restarts=1 + i // len(pods))


def _meta(
    kind: str, i: int, name: str, namespace: str | None, version: int, owner: tuple[str, str] | None = None
) -> dict[str, Any]:
    app = owner[1].rsplit("-", 1)[0] if owner else name.split("-", 1)[0]
    fields = {"f:conditions": {}, "f:containerStatuses": {}, "f:phase": {}, "f:podIP": {}}
    meta: dict[str, Any] = {
        "name": name, "uid": f"00000000-{kind[:4].lower()}-4000-8000-{i:012d}", "resourceVersion": str(1000 + version),
        "creationTimestamp": CREATED, "generation": 1, "labels": {"app": app},
        "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "fieldsType": "FieldsV1",
                           "fieldsV1": {"f:status": fields}}],
    }  # fmt: skip
    if namespace:
        meta["namespace"] = namespace
    if owner:
        meta["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": "o", "controller": True}
        ]
    return meta


def _app(deployment_number: int) -> tuple[str, str]:
    return f"team{deployment_number // DEPLOYMENTS_PER_NAMESPACE}", f"app{deployment_number}"


def _body(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def node(i: int, version: int = 0) -> bytes:
    """Return a healthy Node."""
    good = [("MemoryPressure", "False"), ("DiskPressure", "False"), ("PIDPressure", "False"), ("Ready", "True")]
    conditions = [
        {"type": t, "status": s, "reason": f"Kubelet{t}", "message": f"kubelet reports {t}",
         "lastHeartbeatTime": CREATED, "lastTransitionTime": CREATED} for t, s in good
    ]  # fmt: skip
    images = [{"names": [f"registry.example/team/image{k}@sha256:{k:064d}"], "sizeBytes": 1_000_000} for k in range(20)]
    status = {
        "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"}, "conditions": conditions, "images": images,
        "nodeInfo": {"kernelVersion": "6.1", "kubeletVersion": "v1.34.0", "osImage": "Linux"},
    }  # fmt: skip
    return _body(
        {"metadata": _meta("Node", i, f"node-{i}", None, version), "spec": {"podCIDR": "10.0.0.0/24"}, "status": status}
    )


def _pod_spec(app: str) -> dict[str, Any]:
    return {
        "containers": [{
            "name": "main", "image": f"registry.example/shop/{app}:1.4.2",
            "env": [{"name": "DB", "value": "db.data:5432"}, {"name": "MODE", "value": "production"},
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "credentials", "key": "key"}}}],
            "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
            "livenessProbe": {"httpGet": {"path": "/live", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
            "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log",
        }],
        "volumes": [{"name": "config", "configMap": {"name": f"{app}-config", "defaultMode": 420}},
                    {"name": "api", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}}],
        "restartPolicy": "Always", "serviceAccountName": "default", "schedulerName": "default-scheduler",
    }  # fmt: skip


def _template(app: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": app}}, "spec": _pod_spec(app)}


def pod(i: int, version: int = 0, restarts: int = 0) -> bytes:
    """Return a Pod that runs; with `restarts`, one whose container crashes."""
    namespace, app = _app(i // PODS_PER_DEPLOYMENT)
    ready = "False" if restarts else "True"
    crashed = {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": CREATED, "finishedAt": CREATED}}
    state = (
        {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting"}}
        if restarts
        else {"running": {"startedAt": CREATED}}
    )
    container = {
        "name": "main", "ready": not restarts, "restartCount": restarts, "image": f"registry.example/shop/{app}:1.4.2",
        "imageID": f"registry.example/shop/{app}@sha256:{zlib.crc32(app.encode()):064d}",
        "containerID": f"containerd://{i:064d}",
        "started": True, "state": state, "lastState": crashed if restarts else {},
    }  # fmt: skip
    states = {"Initialized": "True", "Ready": ready, "ContainersReady": ready, "PodScheduled": "True"}
    conditions = [
        {"type": t, "status": s, "lastTransitionTime": CREATED, "lastProbeTime": None} for t, s in states.items()
    ]
    status = {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": [container],
        "hostIP": "10.0.0.1",
        "startTime": CREATED,
    }
    meta = _meta("Pod", i, f"{app}-7c9d-{i}", namespace, version, ("ReplicaSet", f"{app}-7c9d"))
    return _body(
        {"metadata": meta, "spec": {**_pod_spec(app), "nodeName": f"node-{i // PODS_PER_NODE}"}, "status": status}
    )


def _workload(i: int, version: int, kind: str) -> bytes:
    namespace, app = _app(i)
    name, owner = (app, None) if kind == "Deployment" else (f"{app}-7c9d", ("Deployment", app))
    spec = {"replicas": PODS_PER_DEPLOYMENT, "selector": {"matchLabels": {"app": app}}, "template": _template(app)}
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), PODS_PER_DEPLOYMENT)
    conditions = [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": CREATED}
    ]
    meta = _meta(kind, i, name, namespace, version, owner)
    return _body(
        {"metadata": meta, "spec": spec, "status": {**counts, "observedGeneration": 1, "conditions": conditions}}
    )


def deployment(i: int, version: int = 0) -> bytes:
    """Return a Deployment in order."""
    return _workload(i, version, "Deployment")


def replica_set(i: int, version: int = 0) -> bytes:
    """Return its ReplicaSet."""
    return _workload(i, version, "ReplicaSet")


def service(i: int, version: int = 0) -> bytes:
    """Return the Service in front of a Deployment."""
    namespace, app = _app(i)
    spec = {
        "selector": {"app": app},
        "ports": [{"port": 80, "targetPort": 8080, "protocol": "TCP"}],
        "type": "ClusterIP",
    }
    return _body(
        {"metadata": _meta("Service", i, app, namespace, version), "spec": spec, "status": {"loadBalancer": {}}}
    )


def endpoint_slice(i: int, version: int = 0) -> bytes:
    """Return the EndpointSlice of a Service."""
    namespace, app = _app(i)
    meta = _meta("EndpointSlice", i, f"{app}-x7k2p", namespace, version)
    meta["labels"] = {"kubernetes.io/service-name": app}
    endpoints = [
        {"addresses": [f"10.1.{i % 256}.{k}"], "conditions": {"ready": True, "serving": True, "terminating": False},
         "targetRef": {"kind": "Pod", "namespace": namespace, "name": f"{app}-7c9d-{i * PODS_PER_DEPLOYMENT + k}"}}
        for k in range(PODS_PER_DEPLOYMENT)
    ]  # fmt: skip
    return _body(
        {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": [{"port": 8080, "protocol": "TCP"}]}
    )


if __name__ == "__main__":
    look_seldom()
    print(json.dumps(_measure(int(sys.argv[1]))))
