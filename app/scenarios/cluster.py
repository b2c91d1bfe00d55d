"""A small simulated cluster: scenario steps in, lines as the Kubernetes API writes them out.

Only what the API server would send is made here: objects with status, Events, scrapes. Nothing else of Causeline is
used, so a scenario can't be right by sharing its mistakes.
"""

import copy
import json
from datetime import UTC, datetime
from typing import Any

START = 1_800_000_000.0
PLURAL = {
    "Pod": "pods",
    "Node": "nodes",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "Service": "services",
    "EndpointSlice": "endpointslices",
    "ConfigMap": "configmaps",
    "Job": "jobs",
    "CronJob": "cronjobs",
    "Namespace": "namespaces",
    "Lease": "leases",
    "ResourceQuota": "resourcequotas",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
}


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


class Cluster:
    """Objects by (kind, namespace, name); every change appends a line."""

    def __init__(self) -> None:
        self.t = START
        self.objects: dict[tuple[str, str | None, str], dict[str, Any]] = {}
        self.lines: list[bytes] = []
        self.version = 100
        self.live = False
        self.pods_of: dict[str, list[str]] = {}
        self.events: dict[str, dict[str, Any]] = {}

    # --- lines ---

    def line(self, stream: str, kind: str, o: Any) -> None:
        self.lines.append(json.dumps({"t": self.t, "s": stream, "type": kind, "o": o}).encode())

    def put(self, kind: str, namespace: str | None, name: str, body: dict[str, Any]) -> dict[str, Any]:
        key = (kind, namespace, name)
        known = self.objects.get(key)
        self.version += 1
        meta = {
            "name": name,
            "uid": f"uid-{kind}-{namespace}-{name}-{self.version}",
            "creationTimestamp": iso(self.t),
            "generation": 1,
        }
        if namespace:
            meta["namespace"] = namespace
        if known:
            meta = {**known["metadata"]}
        merged = {
            **(known or {}),
            **body,
            "metadata": {**meta, **body.get("metadata", {}), "resourceVersion": str(self.version)},
        }
        self.objects[key] = merged
        self.line(PLURAL[kind], ("MODIFIED" if known else "ADDED") if self.live else "INIT", copy.deepcopy(merged))
        return merged

    def remove(self, kind: str, namespace: str | None, name: str) -> None:
        self.line(PLURAL[kind], "DELETED", self.objects.pop((kind, namespace, name)))

    def event(
        self,
        about: str,
        reason: str,
        message: str,
        type: str = "Warning",
        count: int = 1,
        component: str = "kubelet",
        age: float = 0,
        api: str = "v1",
    ) -> None:
        """A component says something; `api`: v1, or events.k8s.io, whose first and last times are null."""
        kind, namespace, name = split(about)
        if kind == "Pod" and name.isdigit() is False and "#" in name:
            name = self.pod_name(namespace, name)
        key = f"{about}|{reason}|{message}"
        known = self.events.get(key)
        self.version += 1
        if known is None:
            known = self.events[key] = {
                "metadata": {
                    "name": f"{name}.{self.version}",
                    "namespace": namespace or "default",
                    "uid": f"event-{self.version}",
                    "creationTimestamp": iso(self.t - age),
                },
                "involvedObject": {"kind": kind, "namespace": namespace, "name": name},
                "reason": reason,
                "message": message,
                "type": type,
                "source": {"component": component},
                "firstTimestamp": iso(self.t - age),
                "count": 0,
            }
            verb = "ADDED"
        else:
            verb = "MODIFIED"
        known["count"] += count
        known["lastTimestamp"] = iso(self.t - age)
        known["metadata"]["resourceVersion"] = str(self.version)
        shape = copy.deepcopy(known) if api == "v1" else newer_shape(known)
        self.line(f"events.{'v1' if api == 'v1' else 'events.k8s.io'}", verb if self.live else "INIT", shape)

    # --- steps ---

    def log(self, about: str, line: str, container: str = "app") -> None:
        """A container prints a line."""
        kind, namespace, name = split(about)
        name = self.pod_name(namespace, name) if "#" in name else name
        body = {"object": {"kind": kind, "namespace": namespace, "name": name, "container": container}, "line": line}
        self.line("logs", "LOG", body)

    def node(
        self,
        name: str,
        ready: str = "True",
        reason: str = "KubeletReady",
        message: str = "",
        unschedulable: bool = False,
        pressure: str | None = None,
    ) -> None:
        conditions = [
            {"type": "Ready", "status": ready, "reason": reason, "message": message, "lastTransitionTime": iso(self.t)}
        ]
        if pressure:
            conditions.append({"type": pressure, "status": "True", "lastTransitionTime": iso(self.t)})
        self.put("Node", None, name, {"spec": {"unschedulable": unschedulable}, "status": {"conditions": conditions}})

    def configmap(self, name: str, data: dict[str, str]) -> None:
        ns, n = name.split("/")
        self.put("ConfigMap", ns, n, {"data": data})

    def service(self, name: str, selector: dict[str, str] | None = None, port: int | str = 8080) -> None:
        ns, n = name.split("/")
        self.put(
            "Service",
            ns,
            n,
            {"spec": {"selector": selector or {"app": n}, "ports": [{"port": 80, "targetPort": port}]}},
        )
        self.endpoints(name)

    def endpoints(self, name: str) -> None:
        ns, n = name.split("/")
        service = self.objects[("Service", ns, n)]
        wanted = service["spec"]["selector"]
        found = []
        for (kind, namespace, pod), o in self.objects.items():
            if (
                kind == "Pod"
                and namespace == ns
                and all(o["metadata"]["labels"].get(k) == v for k, v in wanted.items())
            ):
                ready = any(c["type"] == "Ready" and c["status"] == "True" for c in o["status"].get("conditions", []))
                found.append(
                    {"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "namespace": ns, "name": pod}}
                )
        self.put(
            "EndpointSlice",
            ns,
            f"{n}-x",
            {"metadata": {"labels": {"kubernetes.io/service-name": n}}, "endpoints": found},
        )

    def deployment(
        self,
        name: str,
        replicas: int = 2,
        image: str | None = None,
        config: str | None = None,
        port: int = 8080,
        probe: int | None = None,
        node: str = "n1",
        state: Any = "ready",
        service: bool = False,
        command: str | None = None,
        claim: str | None = None,
        kind: str = "Deployment",
    ) -> None:
        ns, n = name.split("/")
        known = self.objects.get((kind, ns, n))
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
        template = {"metadata": {"labels": {"app": n}}, "spec": {"containers": [container], "volumes": volumes}}
        generation = known["metadata"]["generation"] + 1 if known else 1
        ready = replicas if state == "ready" else 0
        self.put(
            kind,
            ns,
            n,
            {
                "metadata": {"generation": generation},
                "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": n}}, "template": template},
                "status": {
                    "observedGeneration": generation,
                    "replicas": replicas,
                    "readyReplicas": ready,
                    "availableReplicas": ready,
                },
            },
        )
        old_pods = self.pods_of.get(name, [])
        revision = f"{n}-r{generation}"
        if kind == "Deployment":
            self.put(
                "ReplicaSet",
                ns,
                revision,
                {
                    "metadata": {"ownerReferences": [{"kind": "Deployment", "name": n, "controller": True}]},
                    "spec": {"replicas": replicas},
                    "status": {},
                },
            )
        owner = (
            {"kind": "ReplicaSet", "name": revision, "controller": True}
            if kind == "Deployment"
            else {"kind": kind, "name": n, "controller": True}
        )
        self.pods_of[name] = [f"{revision}-{i}" for i in range(replicas)]
        for pod in old_pods:
            if pod not in self.pods_of[name]:
                self.remove("Pod", ns, pod)
        for pod in self.pods_of[name]:
            self.put(
                "Pod",
                ns,
                pod,
                {
                    "metadata": {"labels": {"app": n}, "ownerReferences": [owner]},
                    "spec": {
                        **template["spec"],  # type: ignore[dict-item]
                        "nodeName": None if isinstance(state, dict) and "unschedulable" in state else node,
                    },
                    "status": pod_status(state, self.t),
                },
            )
        if service:
            self.service(name)

    def rollout(self, name: str, **changes: Any) -> None:
        """A new revision whose first pod is not well while the old pods go on."""
        ns, n = name.split("/")
        old = list(self.pods_of[name])
        kept = {p: self.objects[("Pod", ns, p)] for p in old}
        state = changes.pop("state")
        spec = self.objects[("Deployment", ns, n)]["spec"]
        changes.setdefault("image", spec["template"]["spec"]["containers"][0]["image"])
        before = len(self.lines)
        self.deployment(name, replicas=1, state=state, **changes)
        self.lines[before:] = [x for x in self.lines[before:] if b'"DELETED"' not in x]
        for pod, o in kept.items():
            self.objects[("Pod", ns, pod)] = o
        self.pods_of[name] = [*old, *self.pods_of[name]]
        d = self.objects[("Deployment", ns, n)]
        self.put(
            "Deployment",
            ns,
            n,
            {
                "spec": {**d["spec"], "replicas": len(old)},
                "status": {**d["status"], "replicas": len(old) + 1, "readyReplicas": len(old)},
            },
        )

    def pods(self, name: str, state: Any, only: list[int] | None = None) -> None:
        """Bring the pods of a workload into a state."""
        ns, n = name.split("/")
        for i, pod in enumerate(self.pods_of[name]):
            if only is None or i in only:
                o = self.objects[("Pod", ns, pod)]
                self.put("Pod", ns, pod, {"status": pod_status(state, self.t, o["status"])})
        ready = sum(
            any(
                c["type"] == "Ready" and c["status"] == "True"
                for c in self.objects[("Pod", ns, p)]["status"]["conditions"]
            )
            for p in self.pods_of[name]
        )
        key = next(k for k in (("Deployment", ns, n), ("StatefulSet", ns, n)) if k in self.objects)
        self.put(*key, {"status": {**self.objects[key]["status"], "readyReplicas": ready, "availableReplicas": ready}})
        if ("Service", ns, n) in self.objects:
            self.endpoints(name)

    def scale(self, name: str, replicas: int) -> None:
        ns, n = name.split("/")
        d = self.objects[("Deployment", ns, n)]
        generation = d["metadata"]["generation"] + 1
        for pod in self.pods_of[name][replicas:]:
            self.remove("Pod", ns, pod)
        self.pods_of[name] = self.pods_of[name][:replicas]
        ready = len(self.pods_of[name])
        self.put(
            "Deployment",
            ns,
            n,
            {
                "metadata": {"generation": generation},
                "spec": {**d["spec"], "replicas": replicas},
                "status": {"observedGeneration": generation, "replicas": replicas, "readyReplicas": ready},
            },
        )
        if ("Service", ns, n) in self.objects:
            self.endpoints(name)

    def object(self, name: str, **body: Any) -> None:
        """Any object as it is: `Kind/namespace/name` or `Kind/name`."""
        self.put(*split(name), body)

    def delete(self, name: str) -> None:
        self.remove(*split(name))

    def lease(self, component: str, holder: str = "a") -> None:
        self.put("Lease", "kube-system", component, {"spec": {"holderIdentity": holder, "renewTime": iso(self.t)}})

    def scrape(self, target: str, error: str | None = None) -> None:
        self.line("scrape", "ADDED", {"target": target, "took": 0.01, "samples": 1, "error": error})

    def gap(self, stream: str, why: str = "Connection refused") -> None:
        self.line(stream, "GAP", {"error": why, "resume": "1"})

    def pod_name(self, namespace: str | None, name: str) -> str:
        workload, _, index = name.partition("#")
        return self.pods_of[f"{namespace}/{workload}"][int(index)]


def split(name: str) -> tuple[str, str | None, str]:
    parts = name.split("/")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (parts[0], None, parts[1])


def pod_status(state: Any, t: float, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Turn `ready`, `unready`, `{crash: code}`, `{waiting: [reason, message]}`, … into a status."""
    name, value = next(iter(state.items())) if isinstance(state, dict) else (state, None)
    old = (before or {}).get("containerStatuses", [{}])[0]
    restarts = old.get("restartCount", 0)
    started = (
        (old.get("state") or {}).get("running", {}).get("startedAt", iso(t - 60 if name == "unready" and before else t))
    )
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
