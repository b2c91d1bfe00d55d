"""What looks ill and is not: work that is planned, over or under way, and what is not ready by design."""

from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, more
from tests.diagnosis.shop import DAY, Shop, iso, short

Body = dict[str, Any]


def _not_ready(shop: Shop, pod: str, ago: float) -> None:
    status = shop.get("Pod", pod)["status"]
    status["containerStatuses"][0]["ready"] = False
    for c in status["conditions"]:
        if "Ready" in c["type"]:
            c.update(status="False", reason="ContainersNotReady", message="containers with unready status", lastTransitionTime=iso(shop.t - ago))  # fmt: skip


@more
def a_service_of_the_primary_alone(shop: Shop) -> Truth:
    """Three members, of which a label that the operator moves picks one; a second Service has the other two."""
    shop.workload("pg", kind="StatefulSet", port=5432, replicas=3)
    for number, pod in enumerate(shop.pods_of("pg")):
        shop.get("Pod", pod)["metadata"]["labels"]["role"] = "primary" if number == 1 else "replica"
    for service, role, members in (("pg-rw", "primary", [1]), ("pg-ro", "replica", [0, 2])):
        shop.put("Service", shop.ns, service, spec={"selector": {"app": "pg", "role": role}, "clusterIP": "10.96.4.4", "ports": [{"port": 5432, "targetPort": 5432, "protocol": "TCP"}]})  # fmt: skip
        points = [{"conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": f"pg-{n}"}} for n in members]
        shop.put("EndpointSlice", shop.ns, f"{service}-{short(service, 5)}", metadata={"labels": {"kubernetes.io/service-name": service}}, endpoints=points, ports=[{"port": 5432, "protocol": "TCP"}])  # fmt: skip
    shop.log(shop.names[0], "ERROR: cannot execute INSERT in a read-only transaction; retrying at the primary", n=1)
    return BENIGN


@more
def an_autoscaler_that_went_back_to_its_minimum(shop: Shop) -> Truth:
    """The evening: two replicas fewer, which were ended as is usual, with a probe that failed while they did."""
    name = shop.names[1]
    conditions = [
        shop.cond("AbleToScale", "True", 600, "ReadyForNewScale", "recommended size matches current size"),
        shop.cond("ScalingActive", "True", 9 * DAY, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
        shop.cond("ScalingLimited", "True", 500, "TooFewReplicas", "the desired replica count is less than the minimum replica count"),
    ]  # fmt: skip
    n = shop.get("Deployment", name)["spec"]["replicas"]
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"kind": "Deployment", "name": name}, "minReplicas": n, "maxReplicas": 8},
             status={"currentReplicas": n, "desiredReplicas": n, "lastScaleTime": iso(shop.t - 500), "conditions": conditions})  # fmt: skip
    shop.event("HorizontalPodAutoscaler", name, "SuccessfulRescale", f"New size: {n}; reason: All metrics below target", type="Normal", ago=500, since=500, component="horizontal-pod-autoscaler")  # fmt: skip
    owner = shop.get("Pod", shop.pods_of(name)[0])["metadata"]["ownerReferences"][0]["name"]
    shop.event("Deployment", name, "ScalingReplicaSet", f"Scaled down replica set {owner} to {n} from {n + 2}", type="Normal", ago=500, since=500, component="deployment-controller")  # fmt: skip
    for tail in ("x2k4p", "9dm7c"):
        shop.event("Pod", f"{owner}-{tail}", "Killing", "Stopping container server", type="Normal", ago=499, since=499)
        shop.event("Pod", f"{owner}-{tail}", "Unhealthy", "Readiness probe failed: dial tcp 10.1.0.9:8080: connect: connection refused", ago=492, since=492)  # fmt: skip
    return BENIGN


@more
def a_node_that_was_drained_rebooted_and_is_back(shop: Shop) -> Truth:
    """Patched this hour: NotReady for a minute, everything that was moved is ready elsewhere, agents have one restart."""
    node = shop.nodes[0]
    o = shop.get("Node", node, None)
    next(c for c in o["status"]["conditions"] if c["type"] == "Ready")["lastTransitionTime"] = iso(shop.t - 1700)
    for reason, text, kind, ago in (
        ("NodeNotSchedulable", f"Node {node} status is now: NodeNotSchedulable", "Normal", 2200.0),
        ("NodeNotReady", f"Node {node} status is now: NodeNotReady", "Normal", 1790.0),
        ("Starting", "Starting kubelet.", "Normal", 1712.0),
        ("Rebooted", f"Node {node} has been rebooted, boot id: 5a1f9c1e-0b1c-4a51-9f0e-0a4e8f1f6d31", "Warning", 1710.0),
        ("NodeReady", f"Node {node} status is now: NodeReady", "Normal", 1700.0),
        ("NodeSchedulable", f"Node {node} status is now: NodeSchedulable", "Normal", 1500.0),
    ):  # fmt: skip
        shop.event("Node", node, reason, text, type=kind, ago=ago, since=ago, ns=None)
    for (kind, ns, _), pod in list(shop.objects.items()):
        if kind == "Pod" and pod["spec"].get("nodeName") == node:
            if ns == shop.ns:
                pod["spec"]["nodeName"] = shop.nodes[1]
                pod["metadata"]["creationTimestamp"] = pod["status"]["startTime"] = iso(shop.t - 2150)
                pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": iso(shop.t - 2145)}}
                for c in pod["status"]["conditions"]:
                    c["lastTransitionTime"] = iso(shop.t - 2130)
                continue
            ended = {"exitCode": 255, "reason": "Unknown", "startedAt": iso(shop.t - 8 * DAY), "finishedAt": iso(shop.t - 1712)}  # fmt: skip
            pod["status"]["containerStatuses"][0].update(restartCount=1, lastState={"terminated": ended}, state={"running": {"startedAt": iso(shop.t - 1705)}})  # fmt: skip
            for c in pod["status"]["conditions"][2:]:
                c["lastTransitionTime"] = iso(shop.t - 1700)
    return BENIGN


@more
def crashes_of_an_hour_ago_that_are_over(shop: Shop) -> Truth:
    """A database was late: its client crashed until it was there. The count of restarts stays for ever."""
    name = shop.names[0]
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        ended = {"exitCode": 1, "reason": "Error", "startedAt": iso(shop.t - 3010), "finishedAt": iso(shop.t - 3005)}
        status["containerStatuses"][0].update(restartCount=11, lastState={"terminated": ended}, state={"running": {"startedAt": iso(shop.t - 2700)}})  # fmt: skip
        for c in status["conditions"]:
            if "Ready" in c["type"]:
                c["lastTransitionTime"] = iso(shop.t - 2690)
        what = status["containerStatuses"][0]["name"]
        shop.event("Pod", pod, "BackOff", f"Back-off restarting failed container {what} in pod {pod}_{shop.ns}(6d1c2b7a)", count=52, ago=2710, since=5200)  # fmt: skip
    return BENIGN


@more
def a_canary_that_is_paused_half_way(shop: Shop) -> Truth:
    """Two ReplicaSets of one Deployment serve side by side, on purpose and for hours."""
    name = shop.names[1]
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    first = next(n for (k, s, n), o in shop.objects.items() if k == "ReplicaSet" and s == shop.ns and n.rpartition("-")[0] == name and o["spec"]["replicas"])  # fmt: skip
    new = shop.rollout(name, 9000)
    kept = shop.pods_of(name)
    for pod in kept[1:]:
        shop.drop("Pod", pod)
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    new["spec"]["replicas"] = 1
    new["status"] = {"replicas": 1, "readyReplicas": 1, "observedGeneration": 1}
    shop.get("ReplicaSet", first)["spec"]["replicas"] = len(old)
    shop.get("ReplicaSet", first)["status"] = {"replicas": len(old), "readyReplicas": len(old), "observedGeneration": 1}
    o = shop.get("Deployment", name)
    o["spec"] |= {"paused": True, "replicas": len(old) + 1}
    o["status"].update(replicas=len(old) + 1, readyReplicas=len(old) + 1, availableReplicas=len(old) + 1, updatedReplicas=1, unavailableReplicas=0)  # fmt: skip
    o["status"]["conditions"][1].update(status="Unknown", reason="DeploymentPaused", message="Deployment is paused", lastTransitionTime=iso(shop.t - 8990))  # fmt: skip
    shop.slice(name, shop.ns, name)
    return BENIGN


@more
def a_cronjob_that_was_suspended_after_it_failed(shop: Shop) -> Truth:
    """It misses each schedule since the day before yesterday, and shall."""
    shop.put("CronJob", shop.ns, "import", spec={"schedule": "*/10 * * * *", "suspend": True, "startingDeadlineSeconds": 60, "jobTemplate": {"spec": {}}},
             status={"lastScheduleTime": iso(shop.t - 2 * DAY), "lastSuccessfulTime": iso(shop.t - 3 * DAY)})  # fmt: skip
    return BENIGN


@more
def a_job_that_needed_three_tries(shop: Shop) -> Truth:
    """The pods that failed are left, for their logs; the Job is complete."""
    conditions = [shop.cond("SuccessCriteriaMet", "True", 900, "CompletionsReached", "Reached expected number of succeeded pods"),
                  shop.cond("Complete", "True", 900, "CompletionsReached", "Reached expected number of succeeded pods")]  # fmt: skip
    shop.put("Job", shop.ns, "migrate", age=1500, spec={"backoffLimit": 6, "completions": 1},
             status={"succeeded": 1, "failed": 2, "startTime": iso(shop.t - 1500), "completionTime": iso(shop.t - 900), "conditions": conditions})  # fmt: skip
    for tail, code, ago in (("7c2xq", 1, 1450.0), ("m4z8t", 1, 1300.0), ("p9x2k", 0, 905.0)):
        o = shop.pod(f"migrate-{tail}", shop.ns, "migrate", owner=("Job", "migrate"), age=ago + 40)
        o["status"]["phase"] = "Failed" if code else "Succeeded"
        ended = {"exitCode": code, "reason": "Error" if code else "Completed", "startedAt": iso(shop.t - ago - 30), "finishedAt": iso(shop.t - ago)}  # fmt: skip
        o["status"]["containerStatuses"][0].update(ready=False, started=False, state={"terminated": ended})
        for c in o["status"]["conditions"][2:]:
            c.update(status="False", reason="PodFailed" if code else "PodCompleted", lastTransitionTime=iso(shop.t - ago))  # fmt: skip
    return BENIGN


@more
def a_recreated_workload_whose_new_pod_is_on_its_way(shop: Shop) -> Truth:
    """Strategy Recreate: the old pod ended first; the new one pulls its image."""
    name = shop.names[0]
    shop.get("Deployment", name)["spec"]["strategy"] = {"type": "Recreate"}
    old = shop.pods_of(name)[0]
    shop.rollout(name, 12)
    shop.event("Pod", old, "Killing", "Stopping container server", type="Normal", ago=20, since=20)
    shop.waiting(name, "ContainerCreating", "", ago=11)
    for pod in shop.pods_of(name):
        del shop.get("Pod", pod)["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
        shop.event("Pod", pod, "Pulling", f'Pulling image "registry.example.io/{shop.ns}/{name}:v1.4.2"', type="Normal", ago=10, since=10)  # fmt: skip
    return BENIGN


@more
def a_standby_that_is_not_ready_as_long_as_another_leads(shop: Shop) -> Truth:
    """Two replicas, of which the one that holds the lease is ready: so it is meant."""
    shop.workload("broker", port=8080, replicas=2)
    shop.put("Lease", shop.ns, "broker-leader", spec={"holderIdentity": shop.pods_of("broker")[0], "leaseDurationSeconds": 15, "renewTime": iso(shop.t - 2)})  # fmt: skip
    standby = shop.pods_of("broker")[1]
    _not_ready(shop, standby, 7 * DAY)
    shop.event("Pod", standby, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", count=60_000, ago=6, since=3500)  # fmt: skip
    shop.refresh("broker", 7 * DAY)
    return BENIGN


@more
def a_replica_for_which_a_node_is_being_made(shop: Shop) -> Truth:
    """The autoscaler of nodes has taken the order a minute ago."""
    name = shop.names[1]
    o = shop.get("Deployment", name)
    n = o["spec"]["replicas"]
    o["spec"]["replicas"] = o["status"]["replicas"] = n + 1
    o["status"]["unavailableReplicas"] = 1
    owner = shop.get("Pod", shop.pods_of(name)[0])["metadata"]["ownerReferences"][0]["name"]
    shop.get("ReplicaSet", owner)["spec"]["replicas"] = n + 1
    made = shop.pod(f"{owner}-zz9fk", shop.ns, name, owner=("ReplicaSet", owner), age=95)
    del made["spec"]["nodeName"]
    text = f"0/{len(shop.nodes) + 1} nodes are available: {len(shop.nodes) + 1} Insufficient cpu. preemption: 0/{len(shop.nodes) + 1} nodes are available: {len(shop.nodes) + 1} No preemption victims found for incoming pod."  # fmt: skip
    made["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", 95, "Unschedulable", text)]}
    shop.event("Pod", f"{owner}-zz9fk", "FailedScheduling", text, ago=94, since=95, component="default-scheduler")
    shop.event("Pod", f"{owner}-zz9fk", "TriggeredScaleUp", "pod triggered scale-up: [{eks-workers-1a 3->4 (max: 10)}]", type="Normal", ago=80, since=80, component="cluster-autoscaler")  # fmt: skip
    return BENIGN


@more
def pods_of_a_pause_that_keep_room_for_others(shop: Shop) -> Truth:
    """Overprovisioning: they run where there is room and wait where there is none."""
    shop.workload("overprovisioning", replicas=2, port=0)
    shop.drop("Service", "overprovisioning")
    shop.drop("EndpointSlice", f"overprovisioning-{short('overprovisioning', 5)}")
    for spec in shop.every_spec("overprovisioning"):
        spec |= {"priority": -10, "priorityClassName": "overprovisioning"}
        spec["containers"][0]["image"] = "registry.k8s.io/pause:3.10"
    text = f"0/{len(shop.nodes) + 1} nodes are available: {len(shop.nodes) + 1} Insufficient memory. preemption: 0/{len(shop.nodes) + 1} nodes are available: {len(shop.nodes) + 1} No preemption victims found for incoming pod."  # fmt: skip
    shop.unscheduled("overprovisioning", text, ago=5000)
    return BENIGN
