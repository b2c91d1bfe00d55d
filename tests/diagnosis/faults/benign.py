"""What looks ill and is not."""

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop, iso


@more
def benign_drain(shop: Shop) -> Truth:
    shop.get("Node", shop.nodes[0], None)["spec"] = {
        "unschedulable": True,
        "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
    }
    return BENIGN


@more
def benign_idle_canary(shop: Shop) -> Truth:
    shop.workload("canary", port=8080)
    for p in shop.pods_of("canary"):
        shop.drop("Pod", p)
    shop.drop("Service", "canary")
    shop.drop("EndpointSlice", next(n for k, s, n in shop.objects if k == "EndpointSlice" and n.startswith("canary-")))
    o = shop.get("Deployment", "canary")
    o["spec"]["replicas"] = 0
    o["status"] = {"observedGeneration": 1, "conditions": o["status"]["conditions"]}
    return BENIGN


@more
def benign_telemetry_and_outside_addresses(shop: Shop) -> Truth:
    for spec in shop.every_spec(shop.names[0]):
        box(spec)["env"] += [
            {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://otel-collector:4317"},
            {"name": "API_URL", "value": "https://api.stripe.com:443/v1"},
            {"name": "SELF", "value": "localhost:8080"},
        ]
    return BENIGN


@more
def benign_headless_and_external(shop: Shop) -> Truth:
    shop.put("Service", shop.ns, "outside", spec={"type": "ExternalName", "externalName": "db.example.com"})
    shop.put("Service", shop.ns, "legacy", spec={"ports": [{"port": 80}]})
    return BENIGN


@more
def benign_noisy_logs(shop: Shop) -> Truth:
    shop.log(shop.names[0], "GET /healthz 200 timeout=30s error=nil failed=0", n=20)
    shop.log(shop.names[1], "WARN retrying: dial tcp 10.96.0.9:8080: connect: connection refused", n=3)
    return BENIGN


@more
def benign_ingress(shop: Shop) -> Truth:
    name = shop.names[0]
    rules = [
        {
            "http": {
                "paths": [{"path": "/", "backend": {"service": {"name": name, "port": {"number": shop.port_of(name)}}}}]
            }
        }
    ]
    shop.put("Ingress", shop.ns, "front", age=600, spec={"rules": rules})
    return BENIGN


@more
def a_configmap_key_that_an_optional_reader_lacks(shop: Shop) -> Truth:
    """Optional references may lead nowhere."""
    for spec in shop.every_spec(shop.names[0]):
        box(spec)["env"].append(
            {
                "name": "EXTRA",
                "valueFrom": {"configMapKeyRef": {"name": "no-such-config", "key": "x", "optional": True}},
            }
        )
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
        for one in shop.get("Pod", pod)["spec"]["containers"]:
            one["readinessProbe"] = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
    return BENIGN


@more
def a_service_whose_port_a_native_sidecar_has(shop: Shop) -> Truth:
    """An init container that restarts always serves like the others (KEP-753)."""
    name = shop.names[1]
    for spec in shop.every_spec(name):
        box = spec["containers"][0]
        ports, box["ports"] = box["ports"], [{"containerPort": 9999}]
        spec["initContainers"] = [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always", "ports": ports}]
    return BENIGN


@more
def an_init_container_that_has_run_for_two_minutes(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(name, 130, lambda spec: spec.update(initContainers=[{"name": "migrate", "image": "migrate:1"}]))
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["phase"] = "Pending"
        status["initContainerStatuses"] = [
            {"name": "migrate", "ready": False, "restartCount": 0, "image": "migrate:1", "state": {"running": {"startedAt": iso(shop.t - 120)}}}
        ]  # fmt: skip
        status["containerStatuses"][0].update(ready=False, started=False, state={"waiting": {"reason": "PodInitializing"}})  # fmt: skip
        for c in status["conditions"]:
            if "Ready" in c["type"] or c["type"] == "Initialized":
                c.update(status="False", lastTransitionTime=iso(shop.t - 125))
    return BENIGN


@more
def an_autoscaler_that_reached_its_maximum_a_minute_ago(shop: Shop) -> Truth:
    name = shop.names[0]
    conditions = [shop.cond("ScalingActive", "True", 900, "ValidMetricFound"), shop.cond("ScalingLimited", "True", 60, "TooManyReplicas")]  # fmt: skip
    shop.put("HorizontalPodAutoscaler", shop.ns, name, spec={"scaleTargetRef": {"kind": "Deployment", "name": name}, "maxReplicas": 2},
             status={"currentReplicas": 2, "desiredReplicas": 2, "conditions": conditions})  # fmt: skip
    return BENIGN
