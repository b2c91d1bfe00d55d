"""Workloads in good order, with all that belongs to them: pods, Services, slices, claims, nodes to run on."""

import copy
from typing import Any

from tests.diagnosis.snapshot import DAY, Snapshot, iso, short

PORTS = [8080, 50051, 3000, 9555]


def labels_of_owner(owner: tuple[str, str], pod: str) -> dict[str, str]:
    """Labels that the controllers of pods set."""
    kind, name = owner
    return {
        "ReplicaSet": {"pod-template-hash": name.rpartition("-")[2]},
        "StatefulSet": {"statefulset.kubernetes.io/pod-name": pod, "controller-revision-hash": f"{name}-{short(name)}"},
        "DaemonSet": {"pod-template-generation": "1", "controller-revision-hash": short(name)},
        "Job": {"batch.kubernetes.io/job-name": name, "job-name": name},
    }.get(kind, {})


class Workloads(Snapshot):
    """A snapshot of workloads that serve on `nodes`; those of `names` have ports by their order."""

    def __init__(self, ns: str, t: float, names: list[str], nodes: list[str]) -> None:
        super().__init__(ns, t)
        self.names = names
        self.nodes = nodes

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
        return PORTS[self.names.index(name) % len(PORTS)] if name in self.names else 0

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

    def gateway(self, name: str, image: str, config: str, data: dict[str, str], *, port: int = 8088, age: float = 9 * DAY) -> dict[str, Any]:  # fmt: skip
        """A proxy that reads a ConfigMap, which is returned."""
        self.workload(name, port=port)
        made = self.put("ConfigMap", self.ns, config, age=age, data=data)
        for spec in self.every_spec(name):
            spec["containers"][0]["image"] = image
            spec["volumes"] = [{"name": "c", "configMap": {"name": config}}]
        return made
