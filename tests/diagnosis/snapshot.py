"""A snapshot as the API would list it: objects, Events, log lines and scrapes, put together and written down."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DAY = 86_400.0
STREAMS = {
    "Pod": "pods", "Node": "nodes", "Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets", "Job": "jobs", "CronJob": "cronjobs", "Service": "services", "EndpointSlice": "endpointslices",
    "ConfigMap": "configmaps", "ResourceQuota": "resourcequotas", "PersistentVolumeClaim": "persistentvolumeclaims",
    "PersistentVolume": "persistentvolumes", "StorageClass": "storageclasses", "Namespace": "namespaces", "Lease": "leases",
    "NetworkPolicy": "networkpolicies", "ServiceAccount": "serviceaccounts", "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Ingress": "ingresses", "Secret": "secrets", "ValidatingWebhookConfiguration": "validatingwebhookconfigurations", "Certificate": "certificates",
    "HTTPRoute": "httproutes", "VirtualService": "virtualservices", "Route": "routes", "Rollout": "rollouts",
}  # fmt: skip
UNUSUAL = {"certificates", "secrets", "httproutes", "virtualservices", "routes", "rollouts"}
"""Streams that are listed only where a shop has something of them."""


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(text: str, n: int = 10) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:n]


class Snapshot:
    """Objects by (kind, namespace, name), events, log lines, scrapes; `ns` is the namespace where nothing else is said."""

    def __init__(self, ns: str, t: float) -> None:
        self.ns = ns
        self.t = t
        self.objects: dict[tuple[str, str | None, str], dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.not_listed: set[str] = set()
        """Streams that nobody listed."""

    def put(self, kind: str, ns: str | None, name: str, age: float = 9 * DAY, **body: Any) -> dict[str, Any]:
        meta: dict[str, Any] = {
            "name": name, "uid": short(f"{kind}{ns}{name}", 32), "resourceVersion": str(1000 + len(self.objects)),
            "creationTimestamp": iso(self.t - age), "generation": 1,
        }  # fmt: skip
        if ns:
            meta["namespace"] = ns
        meta.update(body.pop("metadata", {}))
        made = {"metadata": meta, **body}
        self.objects[kind, ns, name] = made
        return made

    def get(self, kind: str, name: str, ns: str | None = "-") -> dict[str, Any]:
        return self.objects[kind, self.ns if ns == "-" else ns, name]

    def drop(self, kind: str, name: str, ns: str | None = "-") -> None:
        self.objects.pop((kind, self.ns if ns == "-" else ns, name), None)

    def edit(self, o: dict[str, Any], ago: float, by: str = "kubectl-edit") -> None:
        o["metadata"]["managedFields"] = [{"manager": by, "operation": "Update", "time": iso(self.t - ago)}]

    def cond(self, kind: str, status: str, ago: float, reason: str = "", message: str = "") -> dict[str, Any]:
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": iso(self.t - ago),
        }

    def pods_of(self, app: str, ns: str | None = None) -> list[str]:
        return [
            n
            for (k, s, n), o in self.objects.items()
            if k == "Pod" and s == (ns or self.ns) and o["metadata"]["labels"].get("app") == app
        ]

    def event(self, kind: str, name: str, reason: str, message: str, *, type: str = "Warning", count: int = 1, ago: float = 60.0, since: float = 600.0,
              component: str = "kubelet", ns: str | None = "-") -> None:  # fmt: skip
        ns = self.ns if ns == "-" else ns
        uid = short(f"{kind}{name}{reason}{message}{len(self.events)}", 32)
        self.events.append({"metadata": {"name": f"{name}.{uid[:8]}", "namespace": ns or "default", "uid": uid, "creationTimestamp": iso(self.t - since)},
                            "involvedObject": {"kind": kind, "namespace": ns, "name": name}, "reason": reason, "message": message, "type": type, "count": count,
                            "source": {"component": component}, "firstTimestamp": iso(self.t - since), "lastTimestamp": iso(self.t - ago)})  # fmt: skip

    def log(self, app: str, line: str, n: int = 5, ago: float = 200.0) -> None:
        for i in range(n):
            for name in self.pods_of(app)[:2]:
                at = self.t - ago + i * 20
                self.logs.append(
                    {
                        "t": at,
                        "object": {"kind": "Pod", "namespace": self.ns, "name": name, "container": "server"},
                        "line": f"{iso(at)} {line}",
                    }
                )

    def write(self, folder: Path) -> None:
        """Write the snapshot as a recording."""
        listed: dict[str, list[dict[str, Any]]] = {
            stream: [] for stream in STREAMS.values() if stream not in {*UNUSUAL, *self.not_listed}
        }
        for (kind, _, _), o in self.objects.items():
            listed.setdefault(STREAMS[kind], []).append(o)
        lines = []
        for stream, found in listed.items():
            lines.append({"t": self.t, "s": stream, "type": "LIST", "o": {"resourceVersion": "9", "n": len(found)}})
            lines += [{"t": self.t, "s": stream, "type": "INIT", "o": o} for o in found]
        events = [{"t": self.t, "s": "events.v1", "type": "INIT", "o": e} for e in self.events]
        for name, part in (("objects", lines), ("events", events), ("logs", self.logs), ("metrics", self.metrics)):
            part.sort(key=lambda line: line["t"])
            (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in part))
