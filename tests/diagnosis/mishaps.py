"""What happens to workloads: rollouts, crashes, pods that wait, are refused, can't be placed or do not end."""

import copy
from typing import Any

from tests.diagnosis.snapshot import iso, short
from tests.diagnosis.workloads import Workloads


class Mishaps(Workloads):
    """Workloads to which something happens; the objects around them follow."""

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

    def ending(self, name: str, ago: float, *finalizers: str) -> None:
        """Somebody deleted its pods, and they are still there."""
        for pod in self.pods_of(name):
            meta = self.get("Pod", pod)["metadata"]
            meta |= {"deletionTimestamp": iso(self.t - ago), "deletionGracePeriodSeconds": 30}
            if finalizers:
                meta["finalizers"] = list(finalizers)

    def unhealthy(self, pod: str, probe: str, why: str, *, count: int, ago: float, since: float) -> None:
        """The kubelet says why a probe fails."""
        text = f"{probe.capitalize()} probe failed: {why}"
        self.event("Pod", pod, "Unhealthy", text, count=count, ago=ago, since=since)

    def killed(self, pod: str, probe: str, *, count: int, ago: float, since: float) -> None:
        """The kubelet says that it restarts a container for a probe of it."""
        text = f"Container server failed {probe} probe, will be restarted"
        self.event("Pod", pod, "Killing", text, type="Normal", count=count, ago=ago, since=since)

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
