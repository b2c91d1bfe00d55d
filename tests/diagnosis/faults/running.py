"""Containers that end, run out of memory or want one port."""

from typing import Any

from tests.diagnosis.registry import Truth, box, fault, more
from tests.diagnosis.shop import Shop, iso


@fault
def oom(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    if v == 1:
        shop.change(name, 900, lambda s: box(s)["resources"]["limits"].update(memory="16Mi"))
    shop.crash(name, code=137, reason="OOMKilled")
    return Truth("Deployment", name, "oom-killed")


@fault
def crash_by_itself(shop: Shop, v: int) -> Truth:
    shop.crash(shop.names[v], code=[1, 2, 139][v], ago=600)
    shop.log(
        shop.names[v],
        [
            "panic: runtime error: invalid memory address or nil pointer dereference",
            "Traceback (most recent call last): RuntimeError: boom",
            "Segmentation fault (core dumped)",
        ][v],
    )
    return Truth("Deployment", shop.names[v], "crashloop-runtime")


@fault
def bad_rollout(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.change(
        name,
        500,
        lambda s: box(s).update(
            [("image", "registry.example.io/x/y:v2.0.0")] if v < 2 else [("command", ["/bin/serve", "--x"])]
        ),
    )
    shop.crash(name, ago=480, restarts=4, code=[1, 127, 2][v])
    return Truth("Deployment", name, "bad-rollout-crashloop")


@fault
def config_crash(shop: Shop, v: int) -> Truth:
    name, config = shop.names[v], f"{shop.names[v]}-settings"
    made = shop.put("ConfigMap", shop.ns, config, data={"app.yaml": "mode: x"})
    shop.edit(made, 620, ["kubectl-edit", "kubectl-client-side-apply", "Mozilla"][v])
    for spec in shop.every_spec(name):
        box(spec)["envFrom"] = [{"configMapRef": {"name": config}}]
    if v == 2:
        shop.rollout(name, 600)
    shop.crash(name, ago=580, restarts=6)
    return Truth("ConfigMap", config, "config-change-crashloop", also=[])


@fault
def port_conflict(shop: Shop, v: int) -> Truth:
    name = shop.names[v]

    def how(spec: dict[str, Any]) -> None:
        spec["containers"].append(
            {
                "name": "sidecar",
                "image": "registry.example.io/x/side:v1",
                "ports": [{"containerPort": shop.port_of(name)}],
            }
        )

    shop.change(name, 600, how)
    shop.crash(name, ago=580)
    if v:
        shop.log(
            name,
            [
                "",
                "listen tcp :8080: bind: address already in use",
                "Error: listen EADDRINUSE: address already in use :::8080",
            ][v],
        )
    return Truth("Deployment", name, "port-conflict")


@more
def one_of_several_replicas_crashes(shop: Shop) -> Truth:
    name = shop.names[1]
    pod = shop.get("Pod", shop.pods_of(name)[0])
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": iso(shop.t - 60)}
    pod["status"]["containerStatuses"][0].update(
        ready=False,
        restartCount=5,
        lastState={"terminated": ended},
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
    )
    for c in pod["status"]["conditions"][2:]:
        c.update(status="False", lastTransitionTime=iso(shop.t - 400))
    shop.refresh(name, 400)
    return Truth("Deployment", name, "oom-killed")


@more
def out_of_memory_that_restarts_now_and_then(shop: Shop) -> Truth:
    name = shop.names[0]
    for p in shop.pods_of(name):
        ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": iso(shop.t - 90)}
        shop.get("Pod", p)["status"]["containerStatuses"][0].update(restartCount=9, lastState={"terminated": ended})
    return Truth("Deployment", name, "oom-killed")


@more
def an_init_container_that_fails(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(
        name, 500, lambda s: s.update(initContainers=[{"name": "migrate", "image": "registry.example.io/x/m:v1"}])
    )
    shop.unready(name, 480)
    for p in shop.pods_of(name):
        status = shop.get("Pod", p)["status"]
        status["phase"] = "Pending"
        ended = {"exitCode": 1, "reason": "Error", "finishedAt": iso(shop.t - 60)}
        status["initContainerStatuses"] = [
            {
                "name": "migrate",
                "ready": False,
                "restartCount": 5,
                "lastState": {"terminated": ended},
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            }
        ]
        status["containerStatuses"][0].update(state={"waiting": {"reason": "PodInitializing"}})
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_hand_edit_that_breaks(shop: Shop) -> Truth:
    """The drift is there too; what it broke leads."""
    name = shop.names[2]
    shop.crash(name, ago=500)
    made = shop.get("Deployment", name)
    made["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    shop.edit(made, 520, by="kubectl-edit")
    return Truth("Deployment", name, "crashloop-runtime")


@more
def a_sidecar_that_crashes(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.unready(name, 700)
    for spec in shop.every_spec(name):
        spec["containers"].append({"name": "proxy", "image": "envoy:v1.30", "ports": [{"containerPort": 15001}]})
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        status["containerStatuses"][0]["ready"] = True
        ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": iso(shop.t - 60), "finishedAt": iso(shop.t - 40)}
        status["containerStatuses"].append({"name": "proxy", "ready": False, "started": False, "restartCount": 9, "lastState": {"terminated": ended},
                                            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=proxy"}}})  # fmt: skip
    return Truth("Deployment", name, "oom-killed")


@more
def a_container_that_may_not_be_root(shop: Shop) -> Truth:
    name = shop.names[2]
    shop.change(name, 500, lambda s: s.update(securityContext={"runAsNonRoot": True}))
    shop.waiting(
        name,
        "CreateContainerConfigError",
        "container has runAsNonRoot and image will run as root (pod: x, container: server)",
        495,
    )
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Failed",
            "Error: container has runAsNonRoot and image will run as root",
            count=12,
            ago=30,
            since=495,
        )
    return Truth("Deployment", name, "bad-rollout-crashloop")


@more
def a_command_that_is_not_there(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(name, 600, lambda s: box(s).update(command=["/app/serverr"]))
    shop.crash(name, code=128, reason="StartError", ago=590)
    text = 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/serverr": stat /app/serverr: no such file or directory: unknown'
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] = text
        shop.event("Pod", pod, "Failed", f"Error: {text}", count=6, ago=60, since=590)
    return Truth("Deployment", name, "bad-rollout-crashloop")
