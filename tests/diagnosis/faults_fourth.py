"""Further shapes: policies by port name, range and protocol, and what a policy that allows must not be blamed for."""

from typing import Any

from tests.diagnosis.faults import DAY, Truth
from tests.diagnosis.faults_more import BENIGN, more
from tests.diagnosis.shop import Shop, iso


def _policy(shop: Shop, port: dict[str, Any]) -> str:
    name = shop.names[1]
    spec = {
        "podSelector": {"matchLabels": {"app": name}},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [port]}],
    }
    shop.put("NetworkPolicy", shop.ns, f"{name}-in", age=600, spec=spec)
    shop.log(shop.names[0], f"dial tcp {name}:{shop.port_of(name)}: i/o timeout")
    return f"{name}-in"


@more
def a_policy_that_lets_another_named_port_through(shop: Shop) -> Truth:
    return Truth("NetworkPolicy", _policy(shop, {"port": "admin"}), "network-policy-deny")


@more
def a_policy_that_lets_only_udp_through(shop: Shop) -> Truth:
    port = {"port": shop.port_of(shop.names[1]), "protocol": "UDP"}
    return Truth("NetworkPolicy", _policy(shop, port), "network-policy-deny")


@more
def a_policy_that_lets_a_range_through_beside_a_database_that_is_away(shop: Shop) -> Truth:
    """The range holds the port: the policy is not to blame for what its workload suffers."""
    name = shop.names[1]
    _policy(shop, {"port": 1, "endPort": 65535, "protocol": "TCP"})
    shop.crash(name, ago=500)
    return Truth("Deployment", name, "crashloop-runtime")


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


@more
def a_new_workload_whose_pods_are_not_asked_often_enough_yet(shop: Shop) -> Truth:
    """Its pods run for half a minute; a probe must fail three times before readiness can be lost."""
    name = shop.names[1]
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["containerStatuses"][0] |= {"ready": False, "state": {"running": {"startedAt": iso(shop.t - 35)}}}
        status["conditions"] = [
            {**c, "status": "False", "lastTransitionTime": iso(shop.t - 24)} if "Ready" in c["type"] else c
            for c in status["conditions"]
        ]
        for box in shop.get("Pod", pod)["spec"]["containers"]:
            box["readinessProbe"] = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
    return BENIGN


@more
def etcd_whose_disk_is_slow(shop: Shop) -> Truth:
    line = '{"level":"warn","msg":"slow fdatasync","took":"2.1s","expected-duration":"1s"}'
    shop.logs.extend(_system_lines(shop, "etcd-control-1", line))
    return Truth("Component", "etcd", "etcd-unhealthy")


def _system_lines(shop: Shop, pod: str, line: str) -> list[Any]:
    about = {"kind": "Pod", "namespace": "kube-system", "name": pod, "container": "etcd"}
    return [{"t": shop.t - 60 + n, "object": about, "line": line} for n in range(6)]


@more
def a_service_whose_port_a_native_sidecar_has(shop: Shop) -> Truth:
    """An init container that restarts always serves like the others (KEP-753)."""
    name = shop.names[1]
    for spec in shop.every_spec(name):
        box = spec["containers"][0]
        ports, box["ports"] = box["ports"], [{"containerPort": 9999}]
        spec["initContainers"] = [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always", "ports": ports}]
    return BENIGN
