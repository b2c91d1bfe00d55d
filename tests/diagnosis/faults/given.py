"""Configuration that changed and breaks, things scaled to nothing, autoscalers, routes, claims, in other shapes."""

from typing import Any

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop, iso


def _reads(
    shop: Shop, name: str, config: str, data: dict[str, str], kind: str = "ConfigMap", ago: float = 600.0
) -> None:
    """The workload reads a ConfigMap or Secret that somebody edited; its pods were restarted to read it."""
    made = shop.put(kind, shop.ns, config, data=data)
    shop.edit(made, ago)
    made["metadata"]["managedFields"][0]["fieldsV1"] = {"f:data": {f"f:{list(data)[-1]}": {}}}
    source = {"configMapRef": {"name": config}} if kind == "ConfigMap" else {"secretRef": {"name": config}}
    for spec in shop.every_spec(name):
        box(spec)["envFrom"] = [source]
    shop.rollout(name, ago - 10)


@more
def a_number_with_a_unit_in_a_configmap(shop: Shop) -> Truth:
    name = shop.names[0]
    _reads(shop, name, f"{name}-env", {"LOG": "info", "FLUSH_INTERVAL": "10x"})
    shop.crash(name, ago=580)
    shop.log(name, 'panic: FLUSH_INTERVAL: time: unknown unit "x" in duration "10x"')
    return Truth("ConfigMap", f"{name}-env", "config-change-crashloop", "FLUSH_INTERVAL")


@more
def a_secret_with_a_broken_key_file(shop: Shop) -> Truth:
    name = shop.names[1]
    _reads(shop, name, f"{name}-signing", {"SIGNING_KEY": "eA=="}, kind="Secret")
    shop.crash(name, ago=580, code=2)
    shop.log(name, "fatal: SIGNING_KEY: asn1: structure error: tags don't match")
    return Truth("Secret", f"{name}-signing", "config-change-crashloop", "SIGNING_KEY")


@more
def a_file_that_nginx_does_not_read(shop: Shop) -> Truth:
    name = shop.names[2]
    made = shop.put("ConfigMap", shop.ns, f"{name}-files", data={"limits.conf": "worker_connections 10k"})
    shop.edit(made, 500)
    for spec in shop.every_spec(name):
        spec["volumes"] = [{"name": "files", "configMap": {"name": f"{name}-files"}}]
    shop.rollout(name, 490)
    shop.crash(name, ago=480)
    shop.log(name, '2026/11/26 09:00:00 [emerg] 1#1: invalid number of arguments in "worker_connections" directive in /etc/nginx/limits.conf:1')  # fmt: skip
    return Truth("ConfigMap", f"{name}-files", "config-change-crashloop", "limits.conf")


# --- nothing there on purpose ---


def _to_zero(shop: Shop, kind: str, name: str, ago: float) -> None:
    o = shop.get(kind, name)
    o["spec"]["replicas"] = 0
    o["metadata"]["generation"] = o["status"]["observedGeneration"] = 4
    for pod in shop.pods_of(name):
        shop.drop("Pod", pod)
    o["status"].update(replicas=0, updatedReplicas=0)
    shop.refresh(name, ago)


@more
def a_database_that_was_scaled_to_zero(shop: Shop) -> Truth:
    _to_zero(shop, "StatefulSet", shop.db, 500)
    shop.event("StatefulSet", shop.db, "SuccessfulDelete", f"delete Pod {shop.db}-0 in StatefulSet {shop.db} successful", type="Normal", ago=500, since=500, component="statefulset-controller")  # fmt: skip
    client = shop.names[0]
    for spec in shop.every_spec(client):
        box(spec)["env"].append({"name": "DB_ADDR", "value": f"{shop.db}:6379"})
    shop.log(client, f"dial tcp {shop.db}:6379: connect: connection refused", n=8)
    return Truth("StatefulSet", shop.db, "scaled-to-zero")


@more
def a_backend_that_was_scaled_to_zero_and_its_front_that_is_not_ready(shop: Shop) -> Truth:
    back, front = shop.names[1], shop.names[0]
    _to_zero(shop, "Deployment", back, 500)
    shop.event("Deployment", back, "ScalingReplicaSet", f"Scaled down replica set {back}-abc to 0 from 2", type="Normal", ago=500, since=500, component="deployment-controller")  # fmt: skip
    shop.unready(front, 470)
    for pod in shop.pods_of(front):
        shop.event("Pod", pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 502", count=40, ago=5, since=470)  # fmt: skip
    return Truth("Deployment", back, "scaled-to-zero")


# --- autoscalers ---


def _scaler(shop: Shop, name: str, *conditions: tuple[str, str, str, str], current: int = 2, most: int = 5, **spec: Any) -> None:  # fmt: skip
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"kind": "Deployment", "name": name}, "minReplicas": 2, "maxReplicas": most, **spec},
             status={"currentReplicas": current, "desiredReplicas": current, "conditions": [shop.cond(k, s, 900, reason, text) for k, s, reason, text in conditions]})  # fmt: skip


@more
def an_autoscaler_whose_target_has_no_requests(shop: Shop) -> Truth:
    name = shop.names[0]
    text = f"the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container server of Pod {name}-x"
    _scaler(shop, name, ("AbleToScale", "True", "SucceededGetScale", ""), ("ScalingActive", "False", "FailedGetResourceMetric", text))  # fmt: skip
    shop.event("HorizontalPodAutoscaler", name, "FailedGetResourceMetric", text, count=60, ago=10, since=900, component="horizontal-pod-autoscaler")  # fmt: skip
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing")


@more
def an_autoscaler_whose_target_is_not_there(shop: Shop) -> Truth:
    name = shop.names[1]
    _scaler(shop, f"{name}-old", ("AbleToScale", "False", "FailedGetScale", f'the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "{name}-old" not found'))  # fmt: skip
    return Truth("HorizontalPodAutoscaler", f"{name}-old", "hpa-failing")


@more
def an_autoscaler_whose_outside_metric_is_gone(shop: Shop) -> Truth:
    name = shop.names[2]
    text = "the HPA was unable to compute the replica count: unable to get external metric shop/queue_depth: no metrics returned from external metrics API"
    _scaler(shop, name, ("ScalingActive", "False", "FailedGetExternalMetric", text))
    return Truth("HorizontalPodAutoscaler", name, "hpa-failing")


@more
def an_autoscaler_at_rest_at_its_minimum(shop: Shop) -> Truth:
    _scaler(shop, shop.names[0], ("ScalingActive", "True", "ValidMetricFound", ""), ("ScalingLimited", "True", "TooFewReplicas", "the desired replica count is less than the minimum replica count"))  # fmt: skip
    return BENIGN


# --- routes ---


@more
def an_ingress_to_a_port_that_its_service_lacks(shop: Shop) -> Truth:
    name = shop.names[0]
    backend = {"service": {"name": name, "port": {"number": 8000}}}
    made = shop.put("Ingress", shop.ns, "front", spec={"rules": [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]})  # fmt: skip
    shop.edit(made, 500)
    return Truth("Ingress", "front", "gateway-misroute")


@more
def a_haproxy_whose_backend_nobody_has(shop: Shop) -> Truth:
    gateway, need = "haproxy", shop.names[1]
    text = f"backend b\n  server s1 {need}-svc:{shop.port_of(need)} check"
    shop.edit(shop.gateway(gateway, "haproxy:2.9", "haproxy-conf", {"haproxy.cfg": text}), 600)
    shop.log(gateway, f"[ALERT] (1) : config : [/usr/local/etc/haproxy/haproxy.cfg:3] : 'server b/s1' : could not resolve address '{need}-svc'.")  # fmt: skip
    return Truth("ConfigMap", "haproxy-conf", "gateway-misroute")


@more
def a_gateway_that_sends_to_another_port(shop: Shop) -> Truth:
    gateway, need = "edge-nginx", shop.names[1]
    text = f"location / {{ proxy_pass http://{need}:9191; }}"
    shop.edit(shop.gateway(gateway, "nginx:1.27", "edge-conf", {"default.conf": text}), 600)
    shop.log(gateway, f'[error] 29#29: *12 upstream timed out (110: Connection timed out) while connecting to upstream, upstream: "http://{need}:9191/", host: "shop.example.com"')  # fmt: skip
    return Truth("ConfigMap", "edge-conf", "gateway-misroute")


# --- claims ---


@more
def a_claim_by_expressions_that_no_volume_fits(shop: Shop) -> Truth:
    claim = "archive"
    for number in range(2):
        shop.put("PersistentVolume", None, f"nfs-{number}", metadata={"labels": {"tier": "bronze"}},
                 spec={"accessModes": ["ReadWriteMany"], "storageClassName": "nfs", "capacity": {"storage": "100Gi"}}, status={"phase": "Available"})  # fmt: skip
    selector = {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["gold", "silver"]}]}
    shop.put("PersistentVolumeClaim", shop.ns, claim, age=900, status={"phase": "Pending"},
             spec={"accessModes": ["ReadWriteMany"], "storageClassName": "nfs", "resources": {"requests": {"storage": "50Gi"}}, "selector": selector})  # fmt: skip
    shop.event("PersistentVolumeClaim", claim, "FailedBinding", "no persistent volumes available for this claim and no storage class is set", type="Normal", count=40, ago=12, since=880, component="persistentvolume-controller")  # fmt: skip
    name = shop.names[0]
    shop.change(name, 800, lambda s: s.update(volumes=[{"name": "a", "persistentVolumeClaim": {"claimName": claim}}]))
    shop.unscheduled(name, "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "selector")


@more
def a_job_that_is_over_its_time(shop: Shop) -> Truth:
    conditions = [shop.cond("Failed", "True", 300, "DeadlineExceeded", "Job was active longer than specified deadline")]
    shop.put("Job", shop.ns, "reindex", age=2400, spec={"activeDeadlineSeconds": 2000}, status={"failed": 1, "startTime": iso(shop.t - 2400), "conditions": conditions})  # fmt: skip
    return Truth("Job", "reindex", "job-failing")
