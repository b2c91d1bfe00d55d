"""What the API writes, as JSON: shapes of the objects and Events of a scenario, without the cluster around them."""

from datetime import UTC, datetime
from typing import Any, Final

HAS_RUN_SECONDS: Final = 60
"""How long a pod that is ready, or was, has run: probes have had the time to fail in a row."""


def iso(t: float) -> str:
    """Write an instant as the API does."""
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def split(name: str) -> tuple[str, str | None, str]:
    """Read `Kind/namespace/name` or `Kind/name`."""
    parts = name.split("/")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (parts[0], None, parts[1])


def new_event(
    involved: tuple[str, str | None, str], reason: str, message: str, said: tuple[str, str], version: int, at: str
) -> dict[str, Any]:
    """Return an Event of v1 that nobody has counted yet; `said`: its type, and the component that says it."""
    kind, namespace, name = involved
    return {
        "metadata": {
            "name": f"{name}.{version}",
            "namespace": namespace or "default",
            "uid": f"event-{version}",
            "creationTimestamp": at,
        },
        "involvedObject": {"kind": kind, "namespace": namespace, "name": name},
        "reason": reason,
        "message": message,
        "type": said[0],
        "source": {"component": said[1]},
        "firstTimestamp": at,
        "count": 0,
    }


def newer_shape(event: dict[str, Any]) -> dict[str, Any]:
    """Return an Event as events.k8s.io/v1 has it: no first and last time, a series from the second occurrence on."""
    series = (
        {"series": {"count": event["count"], "lastObservedTime": event["lastTimestamp"]}} if event["count"] > 1 else {}
    )
    return {
        "metadata": dict(event["metadata"]),
        "regarding": event["involvedObject"],
        "reason": event["reason"],
        "note": event["message"],
        "type": event["type"],
        "eventTime": event["firstTimestamp"],
        "reportingController": event["source"]["component"],
        "deprecatedFirstTimestamp": None,
        "deprecatedLastTimestamp": None,
        **series,
    }


def node_body(
    ready: str, reason: str, message: str, unschedulable: bool, pressure: str | None, at: str
) -> dict[str, Any]:
    """Return a node with its Ready condition, and one of pressure if there is any."""
    conditions = [{"type": "Ready", "status": ready, "reason": reason, "message": message, "lastTransitionTime": at}]
    if pressure:
        conditions.append({"type": pressure, "status": "True", "lastTransitionTime": at})
    return {"spec": {"unschedulable": unschedulable}, "status": {"conditions": conditions}}


def service_body(n: str, selector: dict[str, str] | None, port: int | str) -> dict[str, Any]:
    """Return a Service that sends to the pods of workload `n`, or to others."""
    return {"spec": {"selector": selector or {"app": n}, "ports": [{"port": 80, "targetPort": port}]}}


def slice_body(n: str, namespace: str, pods: dict[str, dict[str, Any]], selector: dict[str, str]) -> dict[str, Any]:
    """Return the EndpointSlice of Service `n`: the pods (by name) that its selector fits."""
    found = [
        {"conditions": {"ready": is_ready(o)}, "targetRef": {"kind": "Pod", "namespace": namespace, "name": pod}}
        for pod, o in pods.items()
        if all(o["metadata"]["labels"].get(k) == v for k, v in selector.items())
    ]
    return {"metadata": {"labels": {"kubernetes.io/service-name": n}}, "endpoints": found}


def is_ready(pod: dict[str, Any]) -> bool:
    """Tell whether a pod says of itself that it is ready."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def pod_template(
    n: str,
    image: str | None,
    config: str | None,
    port: int,
    probe: int | None,
    command: str | None,
    claim: str | None,
) -> dict[str, Any]:
    """Return what the pods of workload `n` are made from."""
    container: dict[str, Any] = {
        "name": "app",
        "image": image or f"r.example/{n}:v1",
        "ports": [{"containerPort": port}],
    }
    container["readinessProbe"] = {"httpGet": {"port": probe or port, "path": "/ready"}}
    if command:
        container["command"] = [command]
    volumes = []
    if config:
        volumes.append({"name": "config", "configMap": {"name": config}})
    if claim:
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": claim}})
    return {"metadata": {"labels": {"app": n}}, "spec": {"containers": [container], "volumes": volumes}}


def workload_body(n: str, generation: int, replicas: int, ready: int, template: dict[str, Any]) -> dict[str, Any]:
    """Return a Deployment or StatefulSet whose controller has seen its newest generation."""
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": n}}, "template": template},
        "status": {
            "observedGeneration": generation,
            "replicas": replicas,
            "readyReplicas": ready,
            "availableReplicas": ready,
        },
    }


def pod_body(n: str, owner: dict[str, Any], spec: dict[str, Any], node: str, state: Any, t: float) -> dict[str, Any]:
    """Return a pod of workload `n`, on a node unless its state is that none fits."""
    return {
        "metadata": {"labels": {"app": n}, "ownerReferences": [owner]},
        "spec": {**spec, "nodeName": None if isinstance(state, dict) and "unschedulable" in state else node},
        "status": pod_status(state, t),
    }


def pod_status(state: Any, t: float, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Turn `ready`, `unready`, `{crash: code}`, `{waiting: [reason, message]}`, … into a status."""
    name, value = next(iter(state.items())) if isinstance(state, dict) else (state, None)
    old = (before or {}).get("containerStatuses", [{}])[0]
    restarts = old.get("restartCount", 0)
    has_run = name == "ready" or (name == "unready" and before)
    running = (old.get("state") or {}).get("running", {})
    started = running.get("startedAt", iso(t - HAS_RUN_SECONDS if has_run else t))
    ready, phase = False, "Running"
    container: dict[str, Any] = {}
    if name == "ready":
        ready, container = True, {"running": {"startedAt": started}}
    elif name in ("unready", "starting"):
        container = {"running": {"startedAt": started}}
    elif name in ("crash", "oom"):
        restarts += 1
        ended = {
            "exitCode": 137 if name == "oom" else value,
            "reason": "OOMKilled" if name == "oom" else "Error",
            "finishedAt": iso(t),
        }
        return _status(
            False,
            "Running",
            {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            {"terminated": ended},
            restarts,
            t,
        )
    elif name == "waiting":
        phase, container = "Pending", {"waiting": {"reason": value[0], "message": value[1]}}  # type: ignore[index]
    elif name == "creating":
        phase, container = "Pending", {"waiting": {"reason": "ContainerCreating"}}
    elif name == "unschedulable":
        return {
            "phase": "Pending",
            "conditions": [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": value,
                    "lastTransitionTime": iso(t),
                }
            ],
        }
    elif name == "unscheduled":
        return {"phase": "Pending", "conditions": []}
    elif name == "evicted":
        return {"phase": "Failed", "reason": "Evicted", "message": value, "conditions": []}
    return _status(ready, phase, container, {}, restarts, t)


def _status(
    ready: bool, phase: str, state: dict[str, Any], last: dict[str, Any], restarts: int, t: float
) -> dict[str, Any]:
    return {
        "phase": phase,
        "startTime": iso(t),
        "conditions": [
            {"type": "Ready", "status": str(ready), "lastTransitionTime": iso(t)},
            {"type": "PodScheduled", "status": "True"},
        ],
        "containerStatuses": [
            {"name": "app", "ready": ready, "restartCount": restarts, "state": state, "lastState": last}
        ],
    }
