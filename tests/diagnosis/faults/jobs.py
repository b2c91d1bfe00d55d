"""Jobs, CronJobs, autoscalers."""

from tests.diagnosis.registry import BENIGN, Truth, fault, more
from tests.diagnosis.shop import DAY, Shop, iso


@fault
def job(shop: Shop, v: int) -> Truth:
    reason = ["BackoffLimitExceeded", "DeadlineExceeded", "BackoffLimitExceeded"][v]
    name = f"report-{v}"
    owners = {"metadata": {"ownerReferences": [shop.owned("CronJob", "report")]}} if v == 2 else {}
    if v == 2:
        shop.put(
            "CronJob",
            shop.ns,
            "report",
            spec={"schedule": "*/5 * * * *"},
            status={"lastScheduleTime": iso(shop.t - 400)},
        )
    shop.put(
        "Job",
        shop.ns,
        name,
        age=400,
        spec={"backoffLimit": 1},
        status={"failed": 2, "conditions": [shop.cond("Failed", "True", 20, reason, f"Job {reason}")]},
        **owners,
    )
    shop.event(
        "Job", name, reason, "Job has reached the specified backoff limit", ago=20, since=20, component="job-controller"
    )
    return Truth("CronJob" if v == 2 else "Job", "report" if v == 2 else name, "job-failing")


@fault
def autoscaler(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": 5},
             status={"conditions": [shop.cond("ScalingActive", "False", 900, "FailedGetResourceMetric", "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API")]})  # fmt: skip
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing")


def _cronjob_pod(shop: Shop, name: str, reason: str, message: str, ago: float) -> None:
    template = {
        "spec": {
            "containers": [{"name": name, "image": f"registry.example.io/{shop.ns}/{name}:v9"}],
            "restartPolicy": "OnFailure",
        }
    }
    shop.put(
        "CronJob",
        shop.ns,
        name,
        spec={"schedule": "*/15 * * * *", "jobTemplate": {"spec": {"template": template}}},
        status={"lastScheduleTime": iso(shop.t - ago)},
    )
    job = shop.put(
        "Job",
        shop.ns,
        f"{name}-29000",
        age=ago,
        metadata={"ownerReferences": [shop.owned("CronJob", name)]},
        spec={"template": template},
        status={"active": 1, "startTime": iso(shop.t - ago)},
    )
    pod = shop.pod(
        f"{name}-29000-x7k2p",
        shop.ns,
        name,
        owner=("Job", job["metadata"]["name"]),
        spec={"containers": template["spec"]["containers"]},
        age=ago,
    )
    pod["status"].update(
        phase="Pending",
        conditions=[shop.cond("PodScheduled", "True", ago), shop.cond("Ready", "False", ago, "ContainersNotReady")],
        containerStatuses=[
            {
                "name": name,
                "ready": False,
                "started": False,
                "restartCount": 0,
                "image": "",
                "state": {"waiting": {"reason": reason, "message": message}},
            }
        ],
    )


@more
def an_image_of_a_cronjob_that_is_not_there(shop: Shop) -> Truth:
    image = f"registry.example.io/{shop.ns}/nightly:v9"
    text = f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    _cronjob_pod(shop, "nightly", "ImagePullBackOff", f'Back-off pulling image "{image}": ErrImagePull: {text}', 900)
    shop.event(
        "Pod", "nightly-29000-x7k2p", "Failed", f'Failed to pull image "{image}": {text}', count=5, ago=100, since=890
    )
    return Truth("CronJob", "nightly", "bad-image", None)


@more
def a_job_whose_pods_are_evicted_leftovers(shop: Shop) -> Truth:
    """Evicted pods and failed ones of last week lie about; nothing is wrong now."""
    name = shop.names[0]
    owner = next(n for (k, s, n) in shop.objects if k == "ReplicaSet" and s == shop.ns and n.startswith(name + "-"))
    for i in range(4):
        pod = shop.pod(f"{owner}-old{i}", shop.ns, name, owner=("ReplicaSet", owner), age=6 * DAY)
        pod["status"] = {
            "phase": "Failed",
            "reason": "Evicted",
            "message": "The node was low on resource: ephemeral-storage. ",
            "startTime": iso(shop.t - 6 * DAY),
        }
    return BENIGN


@more
def a_cronjob_that_missed_its_schedule_too_often(shop: Shop) -> Truth:
    status = {"lastScheduleTime": iso(shop.t - 18_000)}
    shop.put("CronJob", shop.ns, "report", spec={"schedule": "*/2 * * * *"}, status=status)
    shop.event("CronJob", "report", "TooManyMissedTimes", "too many missed start times: 150", count=58, ago=20)
    return Truth("CronJob", "report", "job-failing")


@more
def a_cronjob_whose_jobs_a_quota_refuses(shop: Shop) -> Truth:
    amounts = {"count/jobs.batch": "4"}
    shop.put("ResourceQuota", shop.ns, "objects", spec={"hard": amounts}, status={"hard": amounts, "used": amounts})
    shop.put("CronJob", shop.ns, "report", spec={"schedule": "*/2 * * * *"}, status={})
    message = (
        'Error creating job: jobs.batch "report-1" is forbidden: exceeded quota: objects, '
        "requested: count/jobs.batch=1, used: count/jobs.batch=4, limited: count/jobs.batch=4"
    )
    shop.event("CronJob", "report", "FailedCreate", message, count=24, ago=20)
    return Truth("ResourceQuota", "objects", "quota-exceeded", "count/jobs.batch")


@more
def a_job_whose_service_account_is_not_there(shop: Shop) -> Truth:
    shop.put("Job", shop.ns, "report-1", age=1200, spec={"backoffLimit": 6}, status={"startTime": iso(shop.t - 1200)})
    message = (
        'Error creating: pods "report-1-" is forbidden: error looking up service account x/robot: '
        'serviceaccount "robot" not found'
    )
    shop.event("Job", "report-1", "FailedCreate", message, count=9, ago=100)
    return Truth("Job", "report-1", "missing-service-account")


@more
def a_job_that_gave_up_a_quarter_of_an_hour_ago(shop: Shop) -> Truth:
    conditions = [shop.cond("Failed", "True", 900, "DeadlineExceeded", "Job was active longer than specified deadline")]
    shop.put("Job", shop.ns, "migrate", age=1500, spec={}, status={"failed": 1, "conditions": conditions})
    return Truth("Job", "migrate", "job-failing")


@more
def a_job_that_gave_up_yesterday(shop: Shop) -> Truth:
    conditions = [shop.cond("Failed", "True", DAY, "DeadlineExceeded", "Job was active longer than specified deadline")]
    shop.put("Job", shop.ns, "migrate", age=DAY + 600, spec={}, status={"failed": 1, "conditions": conditions})
    return BENIGN
