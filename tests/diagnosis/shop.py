"""A snapshot of a healthy shop, as the API would list it, for faults to be put into.

Nothing of Causeline is used here. Names, age, wording and what is listed vary with the seed.
"""

import copy
import hashlib
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NOW = 1_790_000_000.0
DAY = 86_400.0
STREAMS = {
    "Pod": "pods", "Node": "nodes", "Deployment": "deployments", "ReplicaSet": "replicasets", "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets", "Job": "jobs", "CronJob": "cronjobs", "Service": "services", "EndpointSlice": "endpointslices",
    "ConfigMap": "configmaps", "ResourceQuota": "resourcequotas", "PersistentVolumeClaim": "persistentvolumeclaims",
    "PersistentVolume": "persistentvolumes", "StorageClass": "storageclasses", "Namespace": "namespaces", "Lease": "leases",
    "NetworkPolicy": "networkpolicies", "ServiceAccount": "serviceaccounts", "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Ingress": "ingresses", "Secret": "secrets", "ValidatingWebhookConfiguration": "validatingwebhookconfigurations", "Certificate": "certificates",
}  # fmt: skip
WORDS = [
    "cart",
    "checkout",
    "payment",
    "catalog",
    "search",
    "orders",
    "users",
    "shipping",
    "ads",
    "reviews",
    "email",
    "stock",
]
OTHER = [
    "ts-auth",
    "ts-route",
    "ts-seat",
    "ts-train",
    "ts-food",
    "ts-price",
    "ts-notify",
    "ts-travel",
    "ts-order",
    "ts-config",
]


def iso(t: float) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short(text: str, n: int = 10) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:n]


def labels_of_owner(owner: tuple[str, str], pod: str) -> dict[str, str]:
    """Labels that the controllers of pods set."""
    kind, name = owner
    return {
        "ReplicaSet": {"pod-template-hash": name.rpartition("-")[2]},
        "StatefulSet": {"statefulset.kubernetes.io/pod-name": pod, "controller-revision-hash": f"{name}-{short(name)}"},
        "DaemonSet": {"pod-template-generation": "1", "controller-revision-hash": short(name)},
        "Job": {"batch.kubernetes.io/job-name": name, "job-name": name},
    }.get(kind, {})


class Shop:
    """Objects by (kind, namespace, name), events, log lines, scrapes."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.ns = self.rng.choice(["boutique", "shop", "train-ticket", "store-prod"])
        names = list(OTHER if self.ns == "train-ticket" else WORDS)
        self.rng.shuffle(names)
        self.names = names[: self.rng.randint(7, 9)]
        self.t = NOW + self.rng.choice([0.0, 0.25, 0.7])
        self.objects: dict[tuple[str, str | None, str], dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self.not_listed: set[str] = set()
        """Streams that nobody listed."""
        self.runtime = self.rng.choice(["containerd", "cri-o"])
        self.nodes = [f"worker-{i}" for i in range(1, self.rng.randint(3, 4) + 1)]
        self._cluster()
        for number, name in enumerate(self.names):
            needs = self.names[number + 1 : number + 3]
            self.workload(name, port=[8080, 50051, 3000, 9555][number % 4], needs=needs, replicas=1 + number % 2)
        self.db = "mysql" if self.ns == "train-ticket" else "redis"
        self.workload(self.db, kind="StatefulSet", port=3306 if self.db == "mysql" else 6379, claim=True)
        self._noise()

    # --- parts ---

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

    def _cluster(self) -> None:
        for ns in ("kube-system", "default", self.ns):
            self.put("Namespace", None, ns, status={"phase": "Active"})
        self.node("control-1", taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])
        for name in self.nodes:
            self.node(name)
        self.put(
            "StorageClass",
            None,
            "standard",
            provisioner="rancher.io/local-path",
            volumeBindingMode="WaitForFirstConsumer",
        )
        for part in ("kube-scheduler", "kube-controller-manager"):
            self.put(
                "Lease",
                "kube-system",
                part,
                spec={"holderIdentity": "control-1_x", "leaseDurationSeconds": 15, "renewTime": iso(self.t - 1)},
            )
        for part in ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager"):
            self.pod(f"{part}-control-1", "kube-system", part, owner=("Node", "control-1"), node="control-1")
        self.workload("coredns", ns="kube-system", port=53, replicas=2, service="kube-dns")
        self.daemon("kube-proxy")

    def node(self, name: str, taints: list[dict[str, Any]] | None = None) -> None:
        conditions = [
            self.cond(k, "False", 9 * DAY, f"KubeletHasNo{k}")
            for k in ("MemoryPressure", "DiskPressure", "PIDPressure")
        ]
        conditions.append(self.cond("Ready", "True", 9 * DAY, "KubeletReady", "kubelet is posting ready status"))
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        self.put("Node", None, name, metadata={"labels": labels}, spec={"taints": taints} if taints else {},
                 status={"conditions": conditions, "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "50Gi"}})  # fmt: skip

    def daemon(self, name: str) -> None:
        n = len(self.nodes)
        self.put("DaemonSet", "kube-system", name, spec={"template": self.template(name, 0, [])},
                 status={"desiredNumberScheduled": n, "numberReady": n, "observedGeneration": 1})  # fmt: skip
        for node in self.nodes:
            self.pod(f"{name}-{short(node, 5)}", "kube-system", name, owner=("DaemonSet", name), node=node)

    def cond(self, kind: str, status: str, ago: float, reason: str = "", message: str = "") -> dict[str, Any]:
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": iso(self.t - ago),
        }

    def template(self, name: str, port: int, needs: list[str], claim: str | None = None) -> dict[str, Any]:
        env: list[dict[str, Any]] = [{"name": "LOG_LEVEL", "value": "info"}]
        for need in needs:
            target = self.port_of(need)
            env.append({"name": f"{need.upper().replace('-', '_')}_SERVICE_ADDR", "value": f"{need}:{target}"})
        box: dict[str, Any] = {"name": "server" if self.ns == "boutique" else name, "image": f"registry.example.io/{self.ns}/{name}:v1.4.2", "env": env,
                               "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}}}  # fmt: skip
        if port:
            box["ports"] = [{"containerPort": port, "protocol": "UDP" if port == 53 else "TCP"}]
            box["readinessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": 10, "failureThreshold": 3}
            box["livenessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": 10, "failureThreshold": 3}
        spec: dict[str, Any] = {"containers": [box], "serviceAccountName": "default"}
        if claim:
            spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
            box["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        return {"metadata": {"labels": {"app": name}}, "spec": spec}

    def port_of(self, name: str) -> int:
        return [8080, 50051, 3000, 9555][self.names.index(name) % 4] if name in self.names else 0

    def workload(self, name: str, *, ns: str | None = None, kind: str = "Deployment", port: int = 8080, needs: list[str] | None = None,
                 replicas: int = 1, service: str | None = None, claim: bool = False) -> None:  # fmt: skip
        ns = ns or self.ns
        claim_name = f"data-{name}-0" if claim else None
        template = self.template(name, port, needs or [], claim_name)
        body = {"spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
                "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "updatedReplicas": replicas, "observedGeneration": 1}}  # fmt: skip
        if kind == "Deployment":
            body["status"]["conditions"] = [self.cond("Available", "True", 8 * DAY, "MinimumReplicasAvailable"),
                                            self.cond("Progressing", "True", 8 * DAY, "NewReplicaSetAvailable")]  # fmt: skip
        self.put(kind, ns, name, **copy.deepcopy(body))
        owner = (kind, name)
        if kind == "Deployment":
            owner = ("ReplicaSet", self.replicaset(name, ns, copy.deepcopy(template), replicas, 1, 9 * DAY))
        if claim_name:
            self.put(
                "PersistentVolumeClaim",
                ns,
                claim_name,
                spec={
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": "standard",
                    "resources": {"requests": {"storage": "1Gi"}},
                    "volumeName": "pv-1",
                },
                status={"phase": "Bound"},
            )
            self.put(
                "PersistentVolume",
                None,
                "pv-1",
                spec={
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": "standard",
                    "capacity": {"storage": "1Gi"},
                    "claimRef": {"namespace": ns, "name": claim_name},
                },
                status={"phase": "Bound"},
            )
        for i in range(replicas):
            self.pod(
                f"{owner[1]}-{i if kind == 'StatefulSet' else short(name + str(i), 5)}",
                ns,
                name,
                owner=owner,
                spec=copy.deepcopy(template["spec"]),
            )
        svc = service or name
        self.put(
            "Service",
            ns,
            svc,
            spec={
                "selector": {"app": name},
                "ports": [{"port": port, "targetPort": port, "protocol": "UDP" if port == 53 else "TCP"}],
                "clusterIP": "10.96.0.7",
            },
        )
        self.slice(svc, ns, name)

    def replicaset(self, name: str, ns: str, template: dict[str, Any], replicas: int, revision: int, age: float) -> str:
        tag = short(f"{name}{revision}", 9)
        template["metadata"]["labels"]["pod-template-hash"] = tag
        self.put("ReplicaSet", ns, f"{name}-{tag}", age=age,
                 metadata={"labels": {"app": name, "pod-template-hash": tag}, "ownerReferences": [self.owned("Deployment", name)], "annotations": {"deployment.kubernetes.io/revision": str(revision)}},
                 spec={"replicas": replicas, "template": template}, status={"replicas": replicas, "readyReplicas": replicas, "observedGeneration": 1})  # fmt: skip
        return f"{name}-{tag}"

    def owned(self, kind: str, name: str) -> dict[str, Any]:
        return {"kind": kind, "name": name, "uid": short(kind + name, 32), "controller": True}

    def pod(self, name: str, ns: str, app: str, *, owner: tuple[str, str], node: str | None = None, spec: dict[str, Any] | None = None,
            age: float = 8 * DAY) -> dict[str, Any]:  # fmt: skip
        spec = spec or {"containers": [{"name": app, "image": f"registry.k8s.io/{app}:v1"}]}
        spec["nodeName"] = node or self.nodes[int(short(name, 6), 16) % len(self.nodes)]
        box = spec["containers"][0]
        status = {"phase": "Running", "startTime": iso(self.t - age), "conditions": [self.cond(c, "True", age - 20) for c in ("PodScheduled", "Initialized", "ContainersReady", "Ready")],
                  "containerStatuses": [{"name": box["name"], "ready": True, "started": True, "restartCount": 0, "image": box["image"], "state": {"running": {"startedAt": iso(self.t - age + 5)}}}]}  # fmt: skip
        return self.put(
            "Pod",
            ns,
            name,
            age=age,
            metadata={"labels": {"app": app, **labels_of_owner(owner, name)}, "ownerReferences": [self.owned(*owner)]},
            spec=spec,
            status=status,
        )

    def slice(self, service: str, ns: str, app: str) -> None:
        pods = [
            o
            for (k, n, _), o in self.objects.items()
            if k == "Pod" and n == ns and o["metadata"]["labels"].get("app") == app
        ]
        ready = [
            any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"].get("conditions", [])) for p in pods
        ]
        known = self.objects.get(("Service", ns, service), {}).get("spec", {})
        fits = known.get("selector", {}).items() <= {"app": app}.items()
        points = [
            {"conditions": {"ready": r}, "targetRef": {"kind": "Pod", "name": p["metadata"]["name"]}}
            for p, r in zip(pods, ready, strict=True)
            if fits
        ]
        ports = [
            {"port": p.get("targetPort"), "protocol": p.get("protocol", "TCP")}
            for p in known.get("ports", [])
            if isinstance(p.get("targetPort"), int)
        ]
        self.put(
            "EndpointSlice",
            ns,
            f"{service}-{short(service, 5)}",
            metadata={"labels": {"kubernetes.io/service-name": service}},
            endpoints=points,
            ports=ports,
        )

    def event(self, kind: str, name: str, reason: str, message: str, *, type: str = "Warning", count: int = 1, ago: float = 60.0, since: float = 600.0,
              component: str = "kubelet", ns: str | None = "-") -> None:  # fmt: skip
        ns = self.ns if ns == "-" else ns
        uid = short(f"{kind}{name}{reason}{message}{len(self.events)}", 32)
        self.events.append({"metadata": {"name": f"{name}.{uid[:8]}", "namespace": ns or "default", "uid": uid, "creationTimestamp": iso(self.t - since)},
                            "involvedObject": {"kind": kind, "namespace": ns, "name": name}, "reason": reason, "message": message, "type": type, "count": count,
                            "source": {"component": component}, "firstTimestamp": iso(self.t - since), "lastTimestamp": iso(self.t - ago)})  # fmt: skip

    def killed(self, pod: str, probe: str, *, count: int, ago: float, since: float) -> None:
        """The kubelet says that it restarts a container for a probe of it."""
        text = f"Container server failed {probe} probe, will be restarted"
        self.event("Pod", pod, "Killing", text, type="Normal", count=count, ago=ago, since=since)

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

    def pods_of(self, app: str, ns: str | None = None) -> list[str]:
        return [
            n
            for (k, s, n), o in self.objects.items()
            if k == "Pod" and s == (ns or self.ns) and o["metadata"]["labels"].get("app") == app
        ]

    def _noise(self) -> None:
        other = self.names[-1]
        self.rollout(other, 1500.0)
        self.event(
            "Pod",
            self.pods_of(other)[0],
            "Unhealthy",
            "Readiness probe failed: dial tcp 10.1.0.9:8080: connect: connection refused",
            ago=1480,
            since=1490,
            count=2,
        )
        self.event(
            "Pod",
            self.pods_of(self.names[-2])[0],
            "FailedScheduling",
            "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu.",
            ago=3000,
            since=3100,
            component="default-scheduler",
        )
        for name in self.names[:3]:
            self.event(
                "Pod", self.pods_of(name)[0], "Started", "Started container server", type="Normal", ago=3300, since=3300
            )

    # --- what happens to workloads ---

    def rollout(self, name: str, ago: float) -> dict[str, Any]:
        """A new ReplicaSet and new, healthy pods; return the new template's container for a fault to change."""
        old = next(
            n
            for (k, s, n), o in self.objects.items()
            if k == "ReplicaSet" and s == self.ns and n.startswith(name + "-") and o["spec"]["replicas"]
        )
        self.get("ReplicaSet", old)["spec"]["replicas"] = 0
        self.get("ReplicaSet", old)["status"] = {"replicas": 0, "observedGeneration": 1}
        deployment = self.get("Deployment", name)
        deployment["metadata"]["generation"] = deployment["status"]["observedGeneration"] = 2
        template = copy.deepcopy(deployment["spec"]["template"])
        template["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": iso(self.t - ago)}
        deployment["spec"]["template"] = template
        replicas = deployment["spec"]["replicas"]
        new = self.replicaset(name, self.ns, copy.deepcopy(template), replicas, 2, ago)
        for pod in self.pods_of(name):
            self.drop("Pod", pod)
        for i in range(replicas):
            self.pod(
                f"{new}-{short(new + str(i), 5)}",
                self.ns,
                name,
                owner=("ReplicaSet", new),
                spec=copy.deepcopy(template["spec"]),
                age=ago,
            )
        self.event(
            "Deployment",
            name,
            "ScalingReplicaSet",
            f"Scaled up replica set {new} to {replicas}",
            type="Normal",
            ago=ago,
            since=ago,
            component="deployment-controller",
        )
        self.refresh(name)
        return self.get("ReplicaSet", new)

    def change(self, name: str, ago: float, how: Any) -> None:
        """A rollout whose pod spec `how` changes, in the Deployment, the new ReplicaSet and its pods."""
        new = self.rollout(name, ago)
        how(self.get("Deployment", name)["spec"]["template"]["spec"])
        how(new["spec"]["template"]["spec"])
        for pod in self.pods_of(name):
            how(self.get("Pod", pod)["spec"])

    def every_spec(self, name: str) -> list[dict[str, Any]]:
        owners = [
            o
            for (k, s, n), o in self.objects.items()
            if s == self.ns and k in ("Deployment", "StatefulSet") and n == name
        ]
        sets = [
            o
            for (k, s, n), o in self.objects.items()
            if s == self.ns and k == "ReplicaSet" and n.startswith(name + "-")
        ]
        return [o["spec"]["template"]["spec"] for o in (*owners, *sets)] + [
            self.get("Pod", p)["spec"] for p in self.pods_of(name)
        ]

    def unready(self, name: str, ago: float) -> None:
        """No pod of it is ready any more; the workload and its Service follow."""
        for pod in self.pods_of(name):
            status = self.get("Pod", pod)["status"]
            for c in status["conditions"]:
                if c["type"] in ("Ready", "ContainersReady"):
                    c.update(status="False", lastTransitionTime=iso(self.t - ago), reason="ContainersNotReady")
            for box in status.get("containerStatuses", []):
                box["ready"] = False
        self.refresh(name, ago)

    def waiting(self, name: str, reason: str, message: str, ago: float = 500.0) -> None:
        self.unready(name, ago)
        for pod in self.pods_of(name):
            status = self.get("Pod", pod)["status"]
            status["phase"] = "Pending"
            for box in status["containerStatuses"]:
                box.update(started=False, state={"waiting": {"reason": reason, "message": message}})

    def crash(self, name: str, *, code: int = 1, reason: str = "Error", restarts: int = 6, ago: float = 900.0) -> None:
        self.unready(name, ago)
        for pod in self.pods_of(name):
            box = self.get("Pod", pod)["status"]["containerStatuses"][0]
            ended = {"exitCode": code, "reason": reason, "startedAt": iso(self.t - 100), "finishedAt": iso(self.t - 95)}
            box.update(restartCount=restarts, started=False, lastState={"terminated": ended},
                       state={"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off 2m40s restarting failed container={box['name']} pod={pod}"}})  # fmt: skip
            self.event(
                "Pod",
                pod,
                "BackOff",
                f"Back-off restarting failed container {box['name']} in pod {pod}",
                count=30,
                ago=20,
                since=ago,
            )

    def crash_in_system(self, pod: str, ago: float) -> None:
        """A pod of kube-system crashes since then."""
        status = self.get("Pod", pod, "kube-system")["status"]
        for c in status["conditions"]:
            if c["type"] in ("Ready", "ContainersReady"):
                c.update(status="False", lastTransitionTime=iso(self.t - ago))
        ended = {"exitCode": 1, "reason": "Error", "finishedAt": iso(self.t - 60)}
        status["containerStatuses"][0].update(
            ready=False,
            restartCount=6,
            lastState={"terminated": ended},
            state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
        )

    def unscheduled(self, name: str, message: str, ago: float = 600.0) -> None:
        self.unready(name, ago)
        for pod in self.pods_of(name):
            o = self.get("Pod", pod)
            o["spec"].pop("nodeName", None)
            o["status"] = {
                "phase": "Pending",
                "conditions": [self.cond("PodScheduled", "False", ago, "Unschedulable", message)],
            }
            o["metadata"]["creationTimestamp"] = iso(self.t - ago)
            self.event(
                "Pod", pod, "FailedScheduling", message, count=1, ago=200, since=ago, component="default-scheduler"
            )
        self.refresh(name, ago)

    def refused(self, name: str, message: str, ago: float = 600.0) -> None:
        """The ReplicaSet can't create its pods."""
        new = self.rollout(name, ago)
        for pod in self.pods_of(name):
            self.drop("Pod", pod)
        new["status"] = {
            "replicas": 0,
            "observedGeneration": 1,
            "conditions": [self.cond("ReplicaFailure", "True", ago, "FailedCreate", message)],
        }
        self.event(
            "ReplicaSet",
            new["metadata"]["name"],
            "FailedCreate",
            f"Error creating: {message}",
            count=16,
            ago=250,
            since=ago,
            component="replicaset-controller",
        )
        self.refresh(name, ago)
        self.get("Deployment", name)["status"]["conditions"].append(
            self.cond("ReplicaFailure", "True", ago, "FailedCreate", message)
        )

    def refresh(self, name: str, ago: float = 0.0) -> None:
        ready = sum(
            any(
                c["type"] == "Ready" and c["status"] == "True"
                for c in self.get("Pod", p)["status"].get("conditions", [])
            )
            for p in self.pods_of(name)
        )
        for kind in ("Deployment", "StatefulSet"):
            o = self.objects.get((kind, self.ns, name))
            if o:
                o["status"].update(
                    readyReplicas=ready, availableReplicas=ready, unavailableReplicas=o["spec"]["replicas"] - ready
                )
                for c in o["status"].get("conditions", []):
                    if c["type"] == "Available" and ready == 0:
                        c.update(
                            status="False", lastTransitionTime=iso(self.t - ago), reason="MinimumReplicasUnavailable"
                        )
        if ("Service", self.ns, name) in self.objects:
            self.slice(name, self.ns, name)

    # --- out ---

    def write(self, folder: Path) -> None:
        """Write the snapshot as a recording."""
        listed: dict[str, list[dict[str, Any]]] = {
            stream: [] for stream in STREAMS.values() if stream not in {"certificates", "secrets", *self.not_listed}
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
