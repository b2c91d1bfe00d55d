"""A small recording: a Deployment is rolled out to an image that is not in the registry, among healthy neighbours."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

T0 = 1_790_000_000.0
MISSING = 'failed to resolve reference "registry.lab/shop/web:v2": registry.lab/shop/web:v2: not found'

FAILED = f'Failed to pull image "registry.lab/shop/web:v2": rpc error: code = NotFound desc = {MISSING}'


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def line(t: float, stream: str, change: str, o: dict[str, Any]) -> dict[str, Any]:
    return {"t": t, "s": stream, "type": change, "o": o}


def meta(name: str, owner: tuple[str, str] | None = None, version: str = "1", **more: Any) -> dict[str, Any]:
    owners = [{"kind": owner[0], "name": owner[1], "uid": f"uid-{owner[1]}", "controller": True}] if owner else []
    return {
        "name": name, "namespace": "shop", "uid": f"uid-{name}", "resourceVersion": version,
        "creationTimestamp": iso(T0 - 3600), "ownerReferences": owners, **more,
    }  # fmt: skip


def deployment(image: str, version: str) -> dict[str, Any]:
    containers = [{"name": "web", "image": image}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    status = {
        "replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1,
        "observedGeneration": int(version),
    }  # fmt: skip
    return {"metadata": meta("web", version=version, generation=int(version)), "spec": spec, "status": status}


def replica_set(name: str) -> dict[str, Any]:
    return {"metadata": meta(name, ("Deployment", "web")), "spec": {"replicas": 1}, "status": {"replicas": 1}}


def pod(name: str, owner: str, image: str, waiting: str | None) -> dict[str, Any]:
    state = {"waiting": {"reason": waiting, "message": MISSING}} if waiting else {"running": {"startedAt": iso(T0)}}
    statuses = [{"name": "web", "ready": waiting is None, "restartCount": 0, "state": state}]
    ready = {"type": "Ready", "status": "False" if waiting else "True", "lastTransitionTime": iso(T0)}
    return {
        "metadata": meta(name, ("ReplicaSet", owner), labels={"app": "web"}),
        "spec": {"nodeName": "n1", "containers": [{"name": "web", "image": image}]},
        "status": {"phase": "Pending" if waiting else "Running", "conditions": [ready], "containerStatuses": statuses},
    }


def event(uid: str, at: float, about: str, reason: str, message: str, kind: str = "Warning") -> dict[str, Any]:
    return {
        "metadata": {"name": uid, "namespace": "shop", "uid": uid, "creationTimestamp": iso(at)},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": about},
        "reason": reason, "message": message, "type": kind, "count": 1,
        "firstTimestamp": iso(at), "lastTimestamp": iso(at), "source": {"component": "kubelet"},
    }  # fmt: skip


def object_lines() -> list[dict[str, Any]]:
    old, new = "registry.lab/shop/web:v1", "registry.lab/shop/web:v2"
    return [
        line(T0, "deployments", "INIT", deployment(old, "1")),
        line(T0, "replicasets", "INIT", replica_set("web-old")),
        line(T0, "pods", "INIT", pod("web-old-1", "web-old", old, None)),
        line(T0 + 10, "deployments", "MODIFIED", deployment(new, "2")),
        line(T0 + 10.5, "replicasets", "ADDED", replica_set("web-new")),
        line(T0 + 11, "pods", "ADDED", pod("web-new-1", "web-new", new, "ErrImagePull")),
        *(line(T0 + 20 + n, "pods", "MODIFIED", pod("web-old-1", "web-old", old, None)) for n in range(60)),
    ]


def event_lines(message: str = FAILED) -> list[dict[str, Any]]:
    return [
        line(T0 + 11.5, "events.v1", "ADDED", event("e1", T0 + 11, "web-new-1", "Failed", message)),
        line(T0 + 40, "events.v1", "ADDED", event("e2", T0 + 40, "web-new-1", "Failed", message)),
    ]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    body = "".join(json.dumps(entry) + "\n" for entry in lines)
    path.write_bytes(gzip.compress(body.encode()) if path.suffix == ".gz" else body.encode())
