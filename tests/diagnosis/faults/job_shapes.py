"""Jobs, CronJobs and autoscalers in more shapes: newer conditions, policies of failures, Events without the object."""

from datetime import UTC, datetime
from typing import Any

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import DAY, Shop, iso, short

Body = dict[str, Any]


def _job(shop: Shop, name: str, age: float, failed: int, conditions: list[Body], owner: str | None = None, **spec: Any) -> None:  # fmt: skip
    template = {"spec": {"containers": [{"name": "run", "image": "registry.example.io/x/run:v3"}], "restartPolicy": "Never"}}  # fmt: skip
    meta = {"metadata": {"ownerReferences": [shop.owned("CronJob", owner)]}} if owner else {}
    shop.put("Job", shop.ns, name, age=age, spec={"backoffLimit": 6, "template": template, **spec},
             status={"failed": failed, "startTime": iso(shop.t - age), "conditions": conditions}, **meta)  # fmt: skip


def _failed_pod(shop: Shop, job: str, number: int, ago: float, code: int = 1) -> str:
    name = f"{job}-{short(f'{job}{number}', 5)}"
    o = shop.pod(name, shop.ns, job, owner=("Job", job), spec={"containers": [{"name": "run", "image": "registry.example.io/x/run:v3"}], "restartPolicy": "Never"}, age=ago + 20)  # fmt: skip
    o["status"]["phase"] = "Failed"
    ended = {"exitCode": code, "reason": "Error", "startedAt": iso(shop.t - ago - 10), "finishedAt": iso(shop.t - ago)}
    o["status"]["containerStatuses"][0].update(ready=False, started=False, state={"terminated": ended})
    for c in o["status"]["conditions"][2:]:
        c.update(status="False", reason="PodFailed", lastTransitionTime=iso(shop.t - ago))
    return name


# --- jobs ---


@more
def a_job_that_ends_at_an_exit_code_of_its_policy(shop: Shop) -> Truth:
    """The controller of 1.31 and later says first that it will fail, then that it did."""
    pod = _failed_pod(shop, "migrate", 1, 420, 42)
    text = f"Container run for pod {shop.ns}/{pod} failed with exit code 42 matching FailJob rule at index 0"
    policy = {
        "rules": [{"action": "FailJob", "onExitCodes": {"containerName": "run", "operator": "In", "values": [42]}}]
    }
    conditions = [shop.cond("FailureTarget", "True", 418, "PodFailurePolicy", text), shop.cond("Failed", "True", 410, "PodFailurePolicy", text)]  # fmt: skip
    _job(shop, "migrate", 450, 1, conditions, podFailurePolicy=policy)
    shop.event("Job", "migrate", "PodFailurePolicy", text, ago=418, since=418, component="job-controller")
    return Truth("Job", "migrate", "job-failing")


@more
def an_indexed_job_of_which_too_many_parts_fail(shop: Shop) -> Truth:
    text = "Job has exceeded the specified maximal number of failed indexes"
    for number in range(3):
        _failed_pod(shop, "shards", number, 300 + 100 * number)
    _job(shop, "shards", 900, 3, [shop.cond("FailureTarget", "True", 282, "MaxFailedIndexesExceeded", text), shop.cond("Failed", "True", 280, "MaxFailedIndexesExceeded", text)],
         completionMode="Indexed", completions=12, parallelism=4, backoffLimitPerIndex=0, maxFailedIndexes=2)  # fmt: skip
    shop.get("Job", "shards")["status"].update(completedIndexes="3-5", failedIndexes="0-2", succeeded=3)
    return Truth("Job", "shards", "job-failing")


@more
def a_job_that_gave_up_of_which_only_an_event_tells(shop: Shop) -> Truth:
    """Jobs are not listed, and the pods are deleted already."""
    shop.not_listed.add("jobs")
    shop.event("Job", "load-prices", "BackoffLimitExceeded", "Job has reached the specified backoff limit", ago=200, since=200, component="job-controller")  # fmt: skip
    return Truth("Job", "load-prices", "job-failing")


@more
def a_cronjob_that_fails_every_quarter_of_an_hour(shop: Shop) -> Truth:
    spec = {"schedule": "*/15 * * * *", "failedJobsHistoryLimit": 3, "jobTemplate": {"spec": {"backoffLimit": 0}}}
    shop.put("CronJob", shop.ns, "billing", spec=spec, status={"lastScheduleTime": iso(shop.t - 400), "lastSuccessfulTime": iso(shop.t - 2 * DAY)})  # fmt: skip
    for number, ago in enumerate((2200.0, 1300.0, 400.0)):
        job = f"billing-2900{number}"
        text = "Job has reached the specified backoff limit"
        _failed_pod(shop, job, 0, ago - 20)
        _job(shop, job, ago, 1, [shop.cond("Failed", "True", ago - 22, "BackoffLimitExceeded", text)], "billing", backoffLimit=0)  # fmt: skip
    return Truth("CronJob", "billing", "job-failing")


@more
def a_cronjob_whose_starts_were_too_late(shop: Shop) -> Truth:
    spec = {"schedule": "*/10 * * * *", "startingDeadlineSeconds": 5, "concurrencyPolicy": "Forbid"}
    shop.put("CronJob", shop.ns, "sync", spec=spec, status={"lastScheduleTime": iso(shop.t - 7800)})
    for number in range(3):
        due = shop.t // 600 * 600 - 600 * number - 600
        when = datetime.fromtimestamp(due, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
        ago = shop.t - due - 7
        shop.event("CronJob", "sync", "MissSchedule", f"Missed scheduled time to start a job: {when}", ago=ago, since=ago, component="cronjob-controller")  # fmt: skip
    return Truth("CronJob", "sync", "job-failing")


# --- autoscalers ---


def _scaler(shop: Shop, name: str, target: tuple[str, str], conditions: list[Body], **spec: Any) -> None:
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": target[0], "name": target[1]}, "minReplicas": 1, "maxReplicas": 6, **spec},
             status={"currentReplicas": 1, "desiredReplicas": 1, "conditions": conditions})  # fmt: skip


@more
def two_autoscalers_of_one_workload(shop: Shop) -> Truth:
    name = shop.names[0]
    text = f"pods by selector app={name} are controlled by multiple HPAs: [{shop.ns}/{name} {shop.ns}/{name}-memory]"
    able = shop.cond("AbleToScale", "True", 2000, "SucceededGetScale", "the HPA controller was able to get the target's current scale")  # fmt: skip
    for scaler in (name, f"{name}-memory"):
        _scaler(shop, scaler, ("Deployment", name), [able, shop.cond("ScalingActive", "False", 1900, "AmbiguousSelector", text)])  # fmt: skip
        shop.event("HorizontalPodAutoscaler", scaler, "AmbiguousSelector", text, count=120, ago=12, since=1900, component="horizontal-pod-autoscaler")  # fmt: skip
        shop.event("HorizontalPodAutoscaler", scaler, "FailedComputeMetricsReplicas", text, count=120, ago=12, since=1900, component="horizontal-pod-autoscaler")  # fmt: skip
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing", also=[("HorizontalPodAutoscaler", f"{name}-memory")])


@more
def an_autoscaler_of_a_statefulset_of_which_events_alone_tell(shop: Shop) -> Truth:
    shop.not_listed.add("horizontalpodautoscalers")
    why = "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)"
    shop.event("HorizontalPodAutoscaler", shop.db, "FailedGetResourceMetric", f"failed to get cpu utilization: unable to get metrics for resource cpu: {why}", count=240, ago=10, since=3600, component="horizontal-pod-autoscaler")  # fmt: skip
    shop.event("HorizontalPodAutoscaler", shop.db, "FailedComputeMetricsReplicas", f"invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: {why}", count=240, ago=10, since=3600, component="horizontal-pod-autoscaler")  # fmt: skip
    return Truth("HorizontalPodAutoscaler", shop.db, "hpa-failing")


@more
def an_autoscaler_that_asks_an_adapter_which_is_away(shop: Shop) -> Truth:
    name = shop.names[2]
    metric = {"type": "Object", "object": {"metric": {"name": "requests_per_second"}, "describedObject": {"kind": "Ingress", "name": "front"}, "target": {"type": "Value", "value": "100"}}}  # fmt: skip
    text = "the HPA was unable to compute the replica count: unable to get metric requests_per_second: Ingress on " + f"{shop.ns} front/unable to fetch metrics from custom metrics API: the server is currently unable to handle the request"  # fmt: skip
    _scaler(shop, name, ("Deployment", name), [shop.cond("AbleToScale", "True", 2000, "SucceededGetScale"), shop.cond("ScalingActive", "False", 1100, "FailedGetObjectMetric", text)], metrics=[metric])  # fmt: skip
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing")
