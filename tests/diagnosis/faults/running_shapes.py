"""Containers that end, in more shapes: init containers, Jobs, DaemonSets, hooks, configuration under other names."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso, short

Body = dict[str, Any]


def _ended(shop: Shop, code: int, reason: str = "Error", ago: float = 60.0, ran: float = 3.0) -> Body:
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": iso(shop.t - ago - ran), "finishedAt": iso(shop.t - ago)}}  # fmt: skip


def _back_off(pod: str, name: str) -> Body:
    return {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off 5m0s restarting failed container={name} pod={pod}"}}  # fmt: skip


def _init_fails(shop: Shop, name: str, init: Body, code: int, reason: str, ago: float) -> None:
    for spec in shop.every_spec(name):
        spec["initContainers"] = [init]
    shop.waiting(name, "PodInitializing", "", ago)
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["initContainerStatuses"] = [{"name": init["name"], "ready": False, "started": False, "restartCount": 7, "image": init["image"], "lastState": _ended(shop, code, reason), "state": _back_off(pod, init["name"])}]  # fmt: skip
        status["conditions"][1].update(status="False", reason="ContainersNotInitialized", message=f"containers with incomplete status: [{init['name']}]", lastTransitionTime=iso(shop.t - ago))  # fmt: skip
        shop.event("Pod", pod, "BackOff", f"Back-off restarting failed container {init['name']} in pod {pod}", count=30, ago=20, since=ago)  # fmt: skip


def _daemons(shop: Shop, name: str, spec: Body, age: float = 9 * 86_400.0) -> list[str]:
    n = len(shop.nodes)
    shop.put("DaemonSet", shop.ns, name, age=age, spec={"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": n, "numberAvailable": n, "observedGeneration": 1})  # fmt: skip
    for node in shop.nodes:
        shop.pod(f"{name}-{short(node, 5)}", shop.ns, name, owner=("DaemonSet", name), node=node, spec={**spec, "containers": [dict(spec["containers"][0])]}, age=age)  # fmt: skip
    return shop.pods_of(name)


def _only(shop: Shop, name: str, pod: str, **crash: Any) -> None:
    """One pod of several crashes."""
    others = [(key, shop.objects.pop(key)) for p in shop.pods_of(name) if p != pod for key in [("Pod", shop.ns, p)]]
    shop.crash(name, **crash)
    shop.objects.update(others)
    shop.refresh(name)


def _rolling(shop: Shop, name: str, how: Any, ago: float = 1500.0, **crash: Any) -> list[str]:
    """A rollout whose new pods crash while the old ones serve; return the new ones."""
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    shop.change(name, ago, how)
    shop.crash(name, ago=ago - 10, **crash)
    new = shop.pods_of(name)
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)
    return new


# --- memory ---


@more
def an_init_container_that_is_killed_for_memory(shop: Shop) -> Truth:
    """The dump that it restores has grown; nobody changed anything."""
    init = {"name": "restore", "image": "registry.example.io/x/restore:v2", "resources": {"limits": {"memory": "64Mi"}}}
    _init_fails(shop, shop.db, init, 137, "OOMKilled", 2600)
    return Truth("StatefulSet", shop.db, "oom-killed")


@more
def an_agent_that_is_killed_for_memory_on_the_busiest_node(shop: Shop) -> Truth:
    spec = {"containers": [{"name": "shipper", "image": "registry.example.io/ops/shipper:3", "resources": {"limits": {"memory": "100Mi"}}}]}  # fmt: skip
    pods = _daemons(shop, "shipper", spec)
    _only(shop, "shipper", pods[0], code=137, reason="OOMKilled", restarts=14, ago=700)
    shop.get("DaemonSet", "shipper")["status"].update(numberReady=len(pods) - 1, numberUnavailable=1)
    return Truth("DaemonSet", "shipper", "oom-killed")


@more
def a_job_whose_pods_are_all_killed_for_memory(shop: Shop) -> Truth:
    """It has a new pod for each try, and waits before the next one."""
    spec: Body = {"containers": [{"name": "run", "image": "registry.example.io/x/run:v3", "resources": {"limits": {"memory": "512Mi"}}}], "restartPolicy": "Never"}  # fmt: skip
    shop.put("Job", shop.ns, "rollup", age=900, spec={"backoffLimit": 6, "template": {"spec": spec}}, status={"failed": 4, "active": 0, "startTime": iso(shop.t - 900)})  # fmt: skip
    for number, ago in enumerate((850.0, 700.0, 500.0, 100.0)):
        o = shop.pod(f"rollup-{short(str(number), 5)}", shop.ns, "rollup", owner=("Job", "rollup"), spec=dict(spec), age=ago + 60)  # fmt: skip
        o["status"]["phase"] = "Failed"
        o["status"]["containerStatuses"][0].update(ready=False, started=False, state=_ended(shop, 137, "OOMKilled", ago, 50))  # fmt: skip
        for c in o["status"]["conditions"][2:]:
            c.update(status="False", reason="PodFailed", lastTransitionTime=iso(shop.t - ago))
    return Truth("Job", "rollup", "oom-killed")


# --- programs that end, and nothing was changed ---


@more
def a_program_that_is_done_and_is_begun_again(shop: Shop) -> Truth:
    """It ends well: a loop of restarts all the same, and no replica is there."""
    shop.crash(shop.names[1], code=0, reason="Completed", restarts=40, ago=9000)
    shop.log(shop.names[1], "no more messages, exiting")
    return Truth("Deployment", shop.names[1], "crashloop-runtime")


@more
def a_database_whose_log_is_broken(shop: Shop) -> Truth:
    shop.crash(shop.db, code=134, restarts=17, ago=3300)
    shop.log(shop.db, "PANIC:  could not locate a valid checkpoint record")
    return Truth("StatefulSet", shop.db, "crashloop-runtime")


@more
def an_agent_that_meets_a_bug_on_one_node(shop: Shop) -> Truth:
    spec = {"containers": [{"name": "probe", "image": "registry.example.io/ops/probe:3"}]}
    pods = _daemons(shop, "probe", spec)
    _only(shop, "probe", pods[-1], code=2, restarts=9, ago=1500)
    shop.get("DaemonSet", "probe")["status"].update(numberReady=len(pods) - 1, numberUnavailable=1)
    shop.logs.append({"t": shop.t - 90, "object": {"kind": "Pod", "namespace": shop.ns, "name": pods[-1], "container": "probe"}, "line": "panic: runtime error: index out of range [7] with length 7"})  # fmt: skip
    return Truth("DaemonSet", "probe", "crashloop-runtime")


# --- rollouts ---


@more
def a_rollout_whose_hook_after_the_start_fails(shop: Shop) -> Truth:
    name = shop.names[1]
    hook = {"postStart": {"exec": {"command": ["/bin/sh", "-c", "/app/register.sh"]}}}
    for pod in _rolling(shop, name, lambda s: box(s).update(lifecycle=hook), code=137):
        what = box(shop.get("Pod", pod)["spec"])["name"]
        shop.event("Pod", pod, "FailedPostStartHook", f"Exec lifecycle hook ([/bin/sh -c /app/register.sh]) for Container \"{what}\" in Pod \"{pod}_{shop.ns}(6d1c2b7a)\" failed - error: command '/bin/sh -c /app/register.sh' exited with 127: /bin/sh: /app/register.sh: not found\r\n, message: \"/bin/sh: /app/register.sh: not found\\r\\n\"", count=8, ago=70, since=1480)  # fmt: skip
        shop.event("Pod", pod, "Killing", "FailedPostStartHook", type="Normal", count=8, ago=70, since=1480)
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_rollout_that_lost_a_variable(shop: Shop) -> Truth:
    """The template's environment changed, no object that it reads; the old pods serve."""
    name = shop.names[0]
    for pod in _rolling(shop, name, lambda s: box(s).update(env=[{"name": "LOG_LEVEL", "value": "info"}]), code=1):
        shop.logs += [{"t": shop.t - 300 + 40 * n, "object": {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": "server"}, "line": "fatal: environment variable PAYMENT_PROVIDER is not set"} for n in range(5)]  # fmt: skip
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_new_image_of_a_database_that_does_not_read_its_old_files(shop: Shop) -> Truth:
    """One pod of a StatefulSet is replaced after the other: the first new one crashes, the update stops there."""
    name = "ledger"
    shop.workload(name, kind="StatefulSet", port=5432, replicas=3)
    owner = shop.get("StatefulSet", name)
    box(owner["spec"]["template"]["spec"])["image"] = "postgres:17"
    owner["metadata"]["generation"] = owner["status"]["observedGeneration"] = 2
    owner["status"].update(currentRevision="ledger-5d8f9c", updateRevision="ledger-7b6c4d", currentReplicas=2, updatedReplicas=1)  # fmt: skip
    shop.edit(owner, 1210, by="helm")
    for number, revision in enumerate(("ledger-5d8f9c", "ledger-5d8f9c", "ledger-7b6c4d")):
        o = shop.get("Pod", f"ledger-{number}")
        o["metadata"]["labels"]["controller-revision-hash"] = revision
        box(o["spec"])["image"] = o["status"]["containerStatuses"][0]["image"] = "postgres:17" if number == 2 else "postgres:16"  # fmt: skip
    o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - 1200)
    _only(shop, name, "ledger-2", code=1, restarts=7, ago=1190)
    shop.logs.append({"t": shop.t - 96, "object": {"kind": "Pod", "namespace": shop.ns, "name": "ledger-2", "container": "ledger"}, "line": "FATAL:  database files are incompatible with server"})  # fmt: skip
    shop.event("StatefulSet", name, "SuccessfulDelete", "delete Pod ledger-2 in StatefulSet ledger successful", type="Normal", ago=1205, since=1205, component="statefulset-controller")  # fmt: skip
    return Truth("StatefulSet", name, "bad-rollout-crashloop")


# --- configuration ---


@more
def a_configmap_under_a_new_name_with_each_change(shop: Shop) -> Truth:
    """Kustomize puts a hash into the name: the old one is still there, and one key of the two differs."""
    name = shop.names[1]
    old, new = f"{name}-config-6h2k9", f"{name}-config-b4m7t"
    shop.put("ConfigMap", shop.ns, old, data={"LOG_FORMAT": "json", "POOL_SIZE": "20"})
    shop.put("ConfigMap", shop.ns, new, age=1510, data={"LOG_FORMAT": "json", "POOL_SIZE": "twenty"})
    for spec in shop.every_spec(name):
        box(spec)["envFrom"] = [{"configMapRef": {"name": old}}]
    for pod in _rolling(shop, name, lambda s: box(s).update(envFrom=[{"configMapRef": {"name": new}}]), code=1):
        shop.logs += [{"t": shop.t - 300 + 40 * n, "object": {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": "server"}, "line": 'ValueError: invalid literal for int() with base 10: \'twenty\' (POOL_SIZE)'} for n in range(5)]  # fmt: skip
    return Truth("ConfigMap", new, "config-change-crashloop", "POOL_SIZE")


@more
def a_file_of_a_database_that_names_a_setting_of_another_version(shop: Shop) -> Truth:
    """The database reads it only when it starts: a drain an hour after the change brought it out."""
    made = shop.put(
        "ConfigMap", shop.ns, "db-conf", data={"my.cnf": "[mysqld]\nquery_cache_size=64M\n", "init.sql": ""}
    )
    shop.edit(made, 1900, by="kubectl-client-side-apply")
    made["metadata"]["managedFields"][0]["fieldsV1"] = {"f:data": {"f:my.cnf": {}}}
    for spec in shop.every_spec(shop.db):
        spec["volumes"] = [*spec["volumes"], {"name": "conf", "configMap": {"name": "db-conf"}}]
        box(spec)["volumeMounts"] = [*box(spec)["volumeMounts"], {"name": "conf", "mountPath": "/etc/mysql/conf.d"}]
    o = shop.get("Pod", f"{shop.db}-0")
    o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - 1700)
    shop.crash(shop.db, code=1, restarts=9, ago=1690)
    shop.log(shop.db, "[ERROR] [MY-000067] [Server] unknown variable 'query_cache_size=64M'.")
    shop.log(shop.db, "[ERROR] [MY-010119] [Server] Aborting", ago=199)
    return Truth("ConfigMap", "db-conf", "config-change-crashloop", "my.cnf")


@more
def a_configuration_of_an_agent_that_all_nodes_read(shop: Shop) -> Truth:
    made = shop.put("ConfigMap", shop.ns, "shipper-conf", data={"parsers.conf": "[PARSER]", "fluent-bit.conf": "[OUTPUT]\n  Nmae es"})  # fmt: skip
    shop.edit(made, 1200)
    made["metadata"]["managedFields"][0]["fieldsV1"] = {"f:data": {"f:fluent-bit.conf": {}}}
    spec: Body = {"containers": [{"name": "shipper", "image": "fluent/fluent-bit:3.0", "volumeMounts": [{"name": "conf", "mountPath": "/fluent-bit/etc"}]}],
                  "volumes": [{"name": "conf", "configMap": {"name": "shipper-conf"}}]}  # fmt: skip
    pods = _daemons(shop, "shipper", spec)
    for pod in pods:
        o = shop.get("Pod", pod)
        o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - 1150)
    owner = shop.get("DaemonSet", "shipper")
    owner["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": iso(shop.t - 1160)}
    owner["status"].update(numberReady=0, numberAvailable=0, numberUnavailable=len(pods))
    shop.crash("shipper", code=255, restarts=8, ago=1140)
    shop.log("shipper", "[error] [config] section 'output' is missing the 'name' property in file /fluent-bit/etc/fluent-bit.conf")  # fmt: skip
    return Truth("ConfigMap", "shipper-conf", "config-change-crashloop", "fluent-bit.conf")


# --- ports ---


def _beside(shop: Shop, name: str, side: Body, ago: float) -> None:
    """A second container joins with a rollout; it crashes while the first one serves."""
    shop.change(name, ago, lambda s: s["containers"].append(dict(side)))
    shop.unready(name, ago - 10)
    for pod in shop.pods_of(name):
        boxes = shop.get("Pod", pod)["status"]["containerStatuses"]
        boxes[0]["ready"] = True
        boxes.append({"name": side["name"], "ready": False, "started": False, "restartCount": 7, "image": side["image"], "lastState": _ended(shop, 1), "state": _back_off(pod, side["name"])})  # fmt: skip
        shop.event("Pod", pod, "BackOff", f"Back-off restarting failed container {side['name']} in pod {pod}", count=30, ago=20, since=ago)  # fmt: skip


def _line(shop: Shop, name: str, container: str, text: str) -> None:
    for pod in shop.pods_of(name):
        shop.logs += [{"t": shop.t - 300 + 40 * n, "object": {"kind": "Pod", "namespace": shop.ns, "name": pod, "container": container}, "line": text} for n in range(5)]  # fmt: skip


@more
def an_nginx_beside_a_program_on_the_same_port(shop: Shop) -> Truth:
    name = shop.names[1]
    port = shop.port_of(name)
    _beside(shop, name, {"name": "nginx", "image": "nginx:1.27", "ports": [{"containerPort": port}]}, 1300)
    _line(shop, name, "nginx", f"nginx: [emerg] bind() to 0.0.0.0:{port} failed (98: Address already in use)")
    return Truth("Deployment", name, "port-conflict")


@more
def an_exporter_whose_port_a_java_program_already_has(shop: Shop) -> Truth:
    """Neither declares the port: only the log says what they quarrel about."""
    name = shop.names[0]
    _beside(shop, name, {"name": "jmx-exporter", "image": "bitnami/jmx-exporter:1.0.1"}, 1300)
    _line(shop, name, "jmx-exporter", 'Exception in thread "main" java.net.BindException: Address already in use')
    return Truth("Deployment", name, "port-conflict")


@more
def a_native_sidecar_that_takes_the_port_first(shop: Shop) -> Truth:
    """Sidecars of 1.29 and later are init containers that stay: they have the port before the program comes."""
    name = shop.names[2]
    port = shop.port_of(name)
    side = {"name": "mesh", "image": "envoyproxy/envoy:v1.30.4", "restartPolicy": "Always", "ports": [{"containerPort": port}]}  # fmt: skip
    shop.change(name, 1300, lambda s: s.update(initContainers=[side]))
    shop.crash(name, ago=1290, restarts=8)
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["status"]["initContainerStatuses"] = [{"name": "mesh", "ready": True, "started": True, "restartCount": 0, "image": side["image"], "state": {"running": {"startedAt": iso(shop.t - 1295)}}}]  # fmt: skip
    shop.log(name, f"OSError: [Errno 98] Address already in use: ('0.0.0.0', {port})")
    return Truth("Deployment", name, "port-conflict")
