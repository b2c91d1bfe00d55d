"""A small simulated cluster: scenario steps in, lines as the Kubernetes API writes them out.

Only what the API server would send is made here: objects with status, Events, scrapes. Nothing of Causeline is used
but the names of its streams, so a scenario can't be right by sharing its mistakes.
"""

import copy
import json
from typing import Any

from causeline.app.scenarios.shapes import (
    is_ready,
    iso,
    new_event,
    newer_shape,
    node_body,
    pod_body,
    pod_status,
    pod_template,
    service_body,
    slice_body,
    split,
    workload_body,
)
from causeline.core.objects import STREAM_OF

START = 1_800_000_000.0


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
        self.line(STREAM_OF[kind], ("MODIFIED" if known else "ADDED") if self.live else "INIT", copy.deepcopy(merged))
        return merged

    def remove(self, kind: str, namespace: str | None, name: str) -> None:
        self.line(STREAM_OF[kind], "DELETED", self.objects.pop((kind, namespace, name)))

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
            known = self.events[key] = new_event(
                (kind, namespace, name), reason, message, (type, component), self.version, iso(self.t - age)
            )
            verb = "ADDED"
        else:
            verb = "MODIFIED"
        known["count"] += count
        known["lastTimestamp"] = iso(self.t - age)
        known["metadata"]["resourceVersion"] = str(self.version)
        shape = copy.deepcopy(known) if api == "v1" else newer_shape(known)
        self.line(f"events.{'v1' if api == 'v1' else 'events.k8s.io'}", verb if self.live else "INIT", shape)

    # --- steps ---

    def log(self, about: str, line: str) -> None:
        """A container prints a line."""
        kind, namespace, name = split(about)
        name = self.pod_name(namespace, name) if "#" in name else name
        body = {"source": "logs", "object": [kind, namespace, name], "text": line}
        self.line("outside", "ADDED", body)

    def node(
        self,
        name: str,
        ready: str = "True",
        reason: str = "KubeletReady",
        message: str = "",
        unschedulable: bool = False,
        pressure: str | None = None,
    ) -> None:
        self.put("Node", None, name, node_body(ready, reason, message, unschedulable, pressure, iso(self.t)))

    def configmap(self, name: str, data: dict[str, str]) -> None:
        ns, n = name.split("/")
        self.put("ConfigMap", ns, n, {"data": data})

    def service(self, name: str, selector: dict[str, str] | None = None, port: int | str = 8080) -> None:
        ns, n = name.split("/")
        self.put("Service", ns, n, service_body(n, selector, port))
        self.endpoints(name)

    def endpoints(self, name: str) -> None:
        ns, n = name.split("/")
        service = self.objects[("Service", ns, n)]
        pods = {name: o for (kind, namespace, name), o in self.objects.items() if kind == "Pod" and namespace == ns}
        self.put("EndpointSlice", ns, f"{n}-x", slice_body(n, ns, pods, service["spec"]["selector"]))

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
        template = pod_template(n, image, config, port, probe, command, claim)
        generation = known["metadata"]["generation"] + 1 if known else 1
        ready = replicas if state == "ready" else 0
        self.put(kind, ns, n, workload_body(n, generation, replicas, ready, template))
        old_pods = self.pods_of.get(name, [])
        revision = f"{n}-r{generation}"
        if kind == "Deployment":
            owned = {"metadata": {"ownerReferences": [{"kind": "Deployment", "name": n, "controller": True}]}}
            self.put("ReplicaSet", ns, revision, {**owned, "spec": {"replicas": replicas}, "status": {}})
        by = ("ReplicaSet", revision) if kind == "Deployment" else (kind, n)
        owner = {"kind": by[0], "name": by[1], "controller": True}
        self.pods_of[name] = [f"{revision}-{i}" for i in range(replicas)]
        for pod in old_pods:
            if pod not in self.pods_of[name]:
                self.remove("Pod", ns, pod)
        for pod in self.pods_of[name]:
            self.put("Pod", ns, pod, pod_body(n, owner, template["spec"], node, state, self.t))
        if service:
            self.service(name)

    def rollout(self, name: str, state: Any = "starting", **changes: Any) -> None:
        """A new revision whose first pod is in this state while the old pods go on."""
        ns, n = name.split("/")
        old = list(self.pods_of[name])
        kept = {p: self.objects[("Pod", ns, p)] for p in old}
        spec = self.objects[("Deployment", ns, n)]["spec"]
        changes.setdefault("image", spec["template"]["spec"]["containers"][0]["image"])
        before = len(self.lines)
        self.deployment(name, replicas=1, state=state, **changes)
        self.lines[before:] = [x for x in self.lines[before:] if b'"DELETED"' not in x]
        for pod, o in kept.items():
            self.objects[("Pod", ns, pod)] = o
        self.pods_of[name] = [*old, *self.pods_of[name]]
        d = self.objects[("Deployment", ns, n)]
        status = {**d["status"], "replicas": len(old) + 1, "readyReplicas": len(old)}
        self.put("Deployment", ns, n, {"spec": {**d["spec"], "replicas": len(old)}, "status": status})

    def pods(self, name: str, state: Any, only: list[int] | int | None = None) -> None:
        """Bring the pods of a workload, or only those of these numbers, into a state."""
        ns, n = name.split("/")
        only = [only] if isinstance(only, int) else only
        for i, pod in enumerate(self.pods_of[name]):
            if only is None or i in only:
                o = self.objects[("Pod", ns, pod)]
                self.put("Pod", ns, pod, {"status": pod_status(state, self.t, o["status"])})
        ready = sum(is_ready(self.objects[("Pod", ns, p)]) for p in self.pods_of[name])
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
        status = {"observedGeneration": generation, "replicas": replicas, "readyReplicas": ready}
        spec = {**d["spec"], "replicas": replicas}
        self.put("Deployment", ns, n, {"metadata": {"generation": generation}, "spec": spec, "status": status})
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
