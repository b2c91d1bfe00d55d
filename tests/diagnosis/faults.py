"""Faults for the shop: what a cluster looks like some minutes after each, in three variants or more. The truth beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.diagnosis.shop import Shop, iso

DAY = 86_400.0


@dataclass
class Truth:
    kind: str
    name: str
    cause: str
    detail: str | None = None
    also: list[tuple[str, str]] = field(default_factory=list)


Fault = Callable[[Shop, int], Truth]
FAULTS: dict[str, Fault] = {}
VARIANTS = 3


def fault(make: Fault) -> Fault:
    FAULTS[make.__name__] = make
    return make


def box(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["containers"][0]  # type: ignore[no-any-return]


# --- admission ---


def _quota(resource: str, detail: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, quota = shop.names[v], ["compute", "team-quota", "limits-all"][v]
        used, hard = {
            "cpu": ("1900m", "2"),
            "memory": ("3900Mi", "4Gi"),
            "pods": ("12", "12"),
            "services": ("10", "10"),
            "storage": ("9Gi", "10Gi"),
        }[detail]
        shop.put(
            "ResourceQuota",
            shop.ns,
            quota,
            age=[700, 3 * DAY, 900][v],
            spec={"hard": {resource: hard}},
            status={"hard": {resource: hard}, "used": {resource: used}},
        )
        if detail == "services":
            shop.event(
                "Deployment",
                name,
                "FailedCreate",
                f'services "{name}-v2" is forbidden: exceeded quota: {quota}, requested: services=1, used: services=10, limited: services=10',
                count=8,
                ago=100,
            )
            return Truth("ResourceQuota", quota, "quota-exceeded", detail)
        asked = {"cpu": "200m", "memory": "256Mi", "pods": "1", "storage": "2Gi"}[detail]
        if detail == "storage":
            shop.event(
                "StatefulSet",
                shop.db,
                "FailedCreate",
                f'create Claim data-{shop.db}-1 for Pod {shop.db}-1 in StatefulSet {shop.db} failed error: persistentvolumeclaims "data-{shop.db}-1" is forbidden: exceeded quota: {quota}, requested: {resource}={asked}, used: {resource}={used}, limited: {resource}={hard}',
                count=12,
                ago=60,
                component="statefulset-controller",
            )
            db = shop.get("StatefulSet", shop.db)
            db["spec"]["replicas"] = 2
            return Truth("ResourceQuota", quota, "quota-exceeded", detail)
        shop.refused(
            name,
            f'pods "{name}-x-" is forbidden: exceeded quota: {quota}, requested: {resource}={asked}, used: {resource}={used}, limited: {resource}={hard}',
        )
        return Truth("ResourceQuota", quota, "quota-exceeded", detail)

    return make


FAULTS["quota_cpu"] = _quota("requests.cpu", "cpu")
FAULTS["quota_cpu_limits"] = _quota("limits.cpu", "cpu")
FAULTS["quota_memory"] = _quota("limits.memory", "memory")
FAULTS["quota_pods"] = _quota("pods", "pods")
FAULTS["quota_services"] = _quota("services", "services")
FAULTS["quota_storage"] = _quota("requests.storage", "storage")


@fault
def service_account(shop: Shop, v: int) -> Truth:
    name, account = shop.names[v], f"{shop.names[v]}-sa"
    shop.refused(
        name,
        f'pods "{name}-x-" is forbidden: error looking up service account {shop.ns}/{account}: serviceaccount "{account}" not found',
    )
    return Truth("Deployment", name, "missing-service-account")


@fault
def admission_denied(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    text = ['admission webhook "validation.gatekeeper.sh" denied the request: [require-owner] you must provide labels: {"owner"}',
            f'pods "{name}-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "server" must set securityContext.allowPrivilegeEscalation=false)',
            f'admission webhook "validate.kyverno.svc-fail" denied the request: resource Pod/{shop.ns}/{name} was blocked due to the following policies disallow-latest-tag: validate-image-tag: "validation error"'][v]  # fmt: skip
    shop.refused(name, text)
    return Truth("Deployment", name, "admission-denied")


@fault
def webhook_down(shop: Shop, v: int) -> Truth:
    hook = ["pods.guard.example.com", "inject.mesh.io", "policy.check.local"][v]
    shop.put("ValidatingWebhookConfiguration", None, f"cfg-{v}", webhooks=[{"name": hook, "failurePolicy": "Fail"}])
    why = [
        "dial tcp 10.96.3.4:443: connect: connection refused",
        "context deadline exceeded",
        'service "guard" not found',
    ][v]
    for name in shop.names[:2]:
        shop.refused(
            name,
            f'Internal error occurred: failed calling webhook "{hook}": failed to call webhook: Post "https://guard.sec.svc:443/validate?timeout=10s": {why}',
        )
    return Truth("ValidatingWebhookConfiguration", f"cfg-{v}", "admission-webhook-down")


# --- scheduling ---


def _pending(
    message: str,
    cause: str,
    detail: str,
    how: Callable[[dict[str, Any]], None] | None = None,
    prepare: Callable[[Shop], None] | None = None,
) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, n = shop.names[v], len(shop.nodes)
        if how is not None:
            shop.change(name, 600.0, how)
        if prepare is not None:
            prepare(shop)
        head = f"0/{n + 1} nodes are available: 1 node(s) had untolerated taint {{node-role.kubernetes.io/control-plane: }}, "
        tail = [
            ". preemption: 0/%d nodes are available: %d Preemption is not helpful for scheduling." % (n + 1, n + 1),
            "",
            ". no new claims to deallocate, preemption: 0/9 nodes are available.",
        ][v]
        shop.unscheduled(name, head + message.format(n=n) + (tail or "."))
        return Truth("Deployment", name, cause, detail)

    return make


def _cordon(shop: Shop) -> None:
    for node in shop.nodes:
        shop.get("Node", node, None)["spec"] = {
            "unschedulable": True,
            "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
        }


def _taint(shop: Shop) -> None:
    for node in shop.nodes:
        shop.get("Node", node, None)["spec"] = {
            "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]
        }


def _affinity(kind: str, body: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda spec: spec.update(affinity={kind: {"requiredDuringSchedulingIgnoredDuringExecution": [body]}})


FAULTS["no_cpu"] = _pending(
    "{n} Insufficient cpu", "insufficient-capacity", "cpu", lambda s: box(s)["resources"]["requests"].update(cpu="64")
)
FAULTS["no_memory"] = _pending(
    "{n} Insufficient memory",
    "insufficient-capacity",
    "memory",
    lambda s: box(s)["resources"]["requests"].update(memory="640Gi"),
)
FAULTS["no_pods"] = _pending("{n} Too many pods", "insufficient-capacity", "pods")
FAULTS["no_disk"] = _pending("{n} Insufficient ephemeral-storage", "insufficient-capacity", "ephemeral-storage")
FAULTS["no_gpu"] = _pending("{n} Insufficient nvidia.com/gpu", "insufficient-capacity", "nvidia.com/gpu")
FAULTS["node_selector"] = _pending(
    "{n} node(s) didn't match Pod's node affinity/selector",
    "scheduling-constraints",
    "node-selector",
    lambda s: s.update(nodeSelector={"disk": "nvme"}),
)
FAULTS["node_affinity"] = _pending(
    "{n} node(s) didn't match Pod's node affinity/selector", "scheduling-constraints", "node-affinity",
    lambda s: s.update(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["z9"]}]}]}}}),
)  # fmt: skip
FAULTS["pod_affinity"] = _pending(
    "{n} node(s) didn't match pod affinity rules",
    "scheduling-constraints",
    "pod-affinity",
    _affinity("podAffinity", {"topologyKey": "kubernetes.io/hostname"}),
)
FAULTS["pod_anti_affinity"] = _pending(
    "{n} node(s) didn't match pod anti-affinity rules",
    "scheduling-constraints",
    "pod-anti-affinity",
    _affinity("podAntiAffinity", {"topologyKey": "kubernetes.io/hostname"}),
)
FAULTS["taint"] = _pending(
    "{n} node(s) had untolerated taint {{dedicated: gpu}}", "scheduling-constraints", "taint", prepare=_taint
)
FAULTS["cordon"] = _pending("{n} node(s) were unschedulable", "scheduling-constraints", "cordon", prepare=_cordon)
FAULTS["spread"] = _pending(
    "{n} node(s) didn't match pod topology spread constraints (missing required label)",
    "scheduling-constraints",
    "topology-spread",
)
FAULTS["host_port"] = _pending(
    "{n} node(s) didn't have free ports for the requested pod ports", "scheduling-constraints", "host-port"
)
FAULTS["volume_zone"] = _pending(
    "{n} node(s) had volume node affinity conflict", "scheduling-constraints", "volume-zone"
)


# --- storage ---


def _claim(shop: Shop, v: int, spec: dict[str, Any], reason: str, message: str, detail: str) -> Truth:
    name, claim = shop.names[v], f"{shop.names[v]}-data"
    base = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "standard",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    shop.put("PersistentVolumeClaim", shop.ns, claim, age=900, spec={**base, **spec}, status={"phase": "Pending"})
    shop.change(name, 600.0, lambda s: s.update(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": claim}}]))
    shop.event(
        "PersistentVolumeClaim",
        claim,
        reason,
        message,
        count=20,
        ago=15,
        component="persistentvolume-controller",
        type="Normal" if reason == "FailedBinding" else "Warning",
    )
    shop.unscheduled(
        name,
        f"0/{len(shop.nodes) + 1} nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/4 nodes are available.",
    )
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", detail)


def _volume(shop: Shop, name: str = "pv-free", **spec: Any) -> None:
    base = {"accessModes": ["ReadWriteOnce"], "storageClassName": "manual", "capacity": {"storage": "1Gi"}}
    shop.put(
        "PersistentVolume",
        None,
        name,
        spec={**base, **spec},
        status={"phase": "Available" if "claimRef" not in spec else "Bound"},
    )


NO_CLASS = "no persistent volumes available for this claim and no storage class is set"
NO_MANUAL = 'storageclass.storage.k8s.io "manual" not found'


@fault
def storage_class(shop: Shop, v: int) -> Truth:
    wanted = ["fast-ssd", "gp9", "premium"][v]
    return _claim(
        shop,
        v,
        {"storageClassName": wanted},
        "ProvisioningFailed",
        f'storageclass.storage.k8s.io "{wanted}" not found',
        "storage-class",
    )


@fault
def capacity(shop: Shop, v: int) -> Truth:
    _volume(shop, capacity={"storage": ["1Gi", "5Gi", "10Gi"][v]})
    return _claim(
        shop,
        v,
        {"storageClassName": "manual", "resources": {"requests": {"storage": ["50Gi", "100Gi", "1Ti"][v]}}},
        "ProvisioningFailed" if v else "FailedBinding",
        NO_MANUAL if v else NO_CLASS,
        "capacity",
    )


@fault
def access_mode(shop: Shop, v: int) -> Truth:
    _volume(shop)
    return _claim(
        shop,
        v,
        {"storageClassName": "manual", "accessModes": ["ReadWriteMany"]},
        "ProvisioningFailed" if v else "FailedBinding",
        NO_MANUAL if v else NO_CLASS,
        "access-mode",
    )


@fault
def claim_selector(shop: Shop, v: int) -> Truth:
    _volume(shop)
    return _claim(
        shop,
        v,
        {"storageClassName": "manual", "selector": {"matchLabels": {"tier": "gold"}}},
        "FailedBinding",
        NO_CLASS,
        "selector",
    )


@fault
def occupied(shop: Shop, v: int) -> Truth:
    _volume(shop, claimRef={"namespace": shop.ns, "name": "other"})
    return _claim(
        shop,
        v,
        {"storageClassName": "manual", **({"volumeName": "pv-free"} if v == 1 else {})},
        "FailedBinding",
        [NO_CLASS, 'volume "pv-free" already bound to a different claim.', NO_CLASS][v],
        "occupied",
    )


@fault
def missing_pvc(shop: Shop, v: int) -> Truth:
    name, claim = shop.names[v], f"{shop.names[v]}-files"
    shop.change(name, 600.0, lambda s: s.update(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": claim}}]))
    shop.unscheduled(
        name,
        f'0/4 nodes are available: persistentvolumeclaim "{claim}" not found. preemption: 0/4 nodes are available.',
    )
    return Truth("PersistentVolumeClaim", claim, "missing-pvc", also=[("Deployment", name)])


@fault
def volume_permission(shop: Shop, v: int) -> Truth:
    shop.crash(shop.db)
    line = [
        "mkdir: cannot create directory '/data/db': Permission denied",
        "[ERROR] [MY-010187] Could not open file '/data/error.log' for error logging: Permission denied",
        "Can't open the append-only file: Permission denied /data/appendonly.aof",
    ][v]
    shop.log(shop.db, line)
    return Truth("StatefulSet", shop.db, "volume-permission-denied")


# --- start ---


def _pull(cause: str, detail: str | None, texts: list[str], image: str | None = None, external: bool = False) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name = shop.names[v]
        ref = (image or "registry.example.io/{ns}/{name}:v1.4.2").format(ns=shop.ns, name=name)
        apps = shop.names[:3] if external else [name]
        for app in apps:
            mine = ref if not external else f"registry.example.io/{shop.ns}/{app}:v1.4.2"
            shop.change(app, 600.0, lambda s, mine=mine: box(s).update(image=mine))
            error = texts[v % len(texts)].format(image=mine, host="registry.example.io", name=app)
            shop.waiting(
                app, "ImagePullBackOff", f'Back-off pulling image "{mine}"' + (f": ErrImagePull: {error}" if v else "")
            )
            for pod in shop.pods_of(app):
                shop.event("Pod", pod, "Failed", f'Failed to pull image "{mine}": {error}', count=5, ago=90)
                shop.event("Pod", pod, "Failed", "Error: ImagePullBackOff", count=20, ago=30)
        if external:
            return Truth("External", "registry.example.io", cause, detail)
        return Truth("Deployment", name, cause, detail)

    return make


UNPACK = 'rpc error: code = {code} desc = failed to pull and unpack image "{{image}}": failed to resolve reference "{{image}}": '
FAULTS["bad_tag"] = _pull(
    "bad-image",
    "tag",
    [
        UNPACK.format(code="NotFound") + "{image}: not found",
        "rpc error: code = Unknown desc = Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown",
        UNPACK.format(code="NotFound") + "{image}: not found",
    ],
    "registry.example.io/{ns}/{name}:v9.9-missing",
)
FAULTS["bad_repository"] = _pull(
    "bad-image",
    "repository",
    [
        "rpc error: code = NotFound desc = name unknown: repository {name}x not found",
        UNPACK.format(code="Unknown")
        + "unexpected status code: name unknown: The repository with name '{name}x' does not exist in the registry",
        UNPACK.format(code="NotFound") + "{image}: not found",
    ],
    "registry.example.io/{ns}/{name}x:v1.4.2",
)
FAULTS["no_pull_secret"] = _pull(
    "missing-image-pull-secret",
    None,
    [
        UNPACK.format(code="Unknown")
        + "pulling from host {host} failed with status code [manifests v1.4.2]: 401 Unauthorized",
        'rpc error: code = Unknown desc = Error response from daemon: Head "https://{host}/v2/x": no basic auth credentials',
        UNPACK.format(code="Unknown")
        + "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://{host}/token: 403 Forbidden",
    ],
)
FAULTS["registry_status"] = _pull(
    "registry-outage",
    "status",
    [
        UNPACK.format(code="Unknown")
        + "unexpected status from HEAD request to https://{host}/v2/a/manifests/v1: 503 Service Unavailable",
        UNPACK.format(code="Unknown")
        + "pulling from host {host} failed with status code [manifests v1]: 500 Internal Server Error",
    ],
    external=True,
)
FAULTS["registry_refused"] = _pull(
    "registry-outage",
    "refused",
    [
        UNPACK.format(code="Unavailable")
        + 'failed to do request: Head "https://{host}/v2/a/manifests/v1": dial tcp 10.2.3.4:443: connect: connection refused'
    ],
    external=True,
)
FAULTS["registry_timeout"] = _pull(
    "registry-outage",
    "timeout",
    [
        UNPACK.format(code="DeadlineExceeded")
        + 'failed to do request: Head "https://{host}/v2/a/manifests/v1": dial tcp 10.2.3.4:443: i/o timeout'
    ],
    external=True,
)
FAULTS["registry_tls"] = _pull(
    "registry-outage",
    "tls",
    [
        UNPACK.format(code="Unknown")
        + 'failed to do request: Head "https://{host}/v2/a": tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    ],
    external=True,
)
FAULTS["registry_dns"] = _pull(
    "registry-dns-failure",
    None,
    [
        UNPACK.format(code="Unknown")
        + 'failed to do request: Head "https://{host}/v2/a": dial tcp: lookup {host} on 10.0.0.2:53: no such host',
        UNPACK.format(code="Unknown")
        + 'failed to do request: Head "https://{host}/v2/a": dial tcp: lookup {host}: Temporary failure in name resolution',
    ],
    external=True,
)


@fault
def bad_name(shop: Shop, v: int) -> Truth:
    name, image = shop.names[v], ["registry.example.io/Shop/Web:v1", "web:v1:v2", "registry.example.io//web"][v]
    shop.change(name, 500, lambda s: box(s).update(image=image))
    shop.waiting(
        name,
        "InvalidImageName",
        f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format',
    )
    return Truth("Deployment", name, "bad-image", "name")


@fault
def bad_platform(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    if v == 2:
        shop.change(name, 500, lambda s: box(s).update(image="registry.example.io/a/b:arm64"))
        shop.crash(name)
        shop.log(name, "exec /app/server: exec format error")
        return Truth("Deployment", name, "bad-image", "platform")
    shop.change(name, 500, lambda s: box(s).update(image="registry.example.io/a/b:v2"))
    shop.waiting(
        name,
        "ErrImagePull",
        [
            "no match for platform in manifest: not found",
            "no matching manifest for linux/arm64 in the manifest list entries",
        ][v],
    )
    return Truth("Deployment", name, "bad-image", "platform")


def _missing(kind: str, detail: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, missing = shop.names[v], f"{shop.names[v]}-conf"
        low = kind.lower()
        if detail == "key":
            if kind == "ConfigMap":
                shop.put("ConfigMap", shop.ns, missing, data={"a": "1"})
            shop.waiting(name, "CreateContainerConfigError", f"couldn't find key url in {kind} {shop.ns}/{missing}")
        elif v == 1:
            shop.waiting(name, "ContainerCreating", "")
            for pod in shop.pods_of(name):
                shop.event(
                    "Pod",
                    pod,
                    "FailedMount",
                    f'MountVolume.SetUp failed for volume "conf" : {low} "{missing}" not found',
                    count=12,
                    ago=60,
                )
        else:
            shop.waiting(name, "CreateContainerConfigError", f'{low} "{missing}" not found')
            for pod in shop.pods_of(name):
                shop.event("Pod", pod, "Failed", f'Error: {low} "{missing}" not found', count=12, ago=30)
        return Truth(kind, missing, "missing-dependency-mount", detail)

    return make


FAULTS["missing_secret"] = _missing("Secret", "secret")
FAULTS["missing_configmap"] = _missing("ConfigMap", "configmap")
FAULTS["missing_key"] = _missing("ConfigMap", "key")


# --- run time ---


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
def liveness(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.crash(name, code=137, restarts=7)
    for pod in shop.pods_of(name):
        why = [
            "HTTP probe failed with statuscode: 500",
            'Get "http://10.1.1.1:8080/healthz": context deadline exceeded',
            "HTTP probe failed with statuscode: 503",
        ][v]
        shop.event("Pod", pod, "Unhealthy", f"Liveness probe failed: {why}", count=21, ago=40, since=900)
        shop.killed(pod, "liveness", count=7, ago=60, since=880)
    return Truth("Deployment", name, "liveness-failing")


@fault
def readiness(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    shop.unready(name, 700)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Unhealthy",
            [
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
                "Readiness probe failed: HTTP probe failed with statuscode: 500",
                "Readiness probe failed: command timed out",
            ][v],
            count=60,
            ago=8,
            since=700,
        )
    return Truth("Deployment", name, "readiness-failing")


def _probe(kind: str, part: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name = shop.names[v]
        port = shop.port_of(name)

        def how(spec: dict[str, Any]) -> None:
            probe = box(spec)[f"{kind}Probe"]
            if part == "port":
                probe["tcpSocket"] = {"port": [9999, 8081, 1234][v]}
            elif part == "protocol":
                probe.pop("tcpSocket", None)
                probe["httpGet"] = {"port": port, "path": "/", "scheme": "HTTPS" if v == 1 else "HTTP"}
            else:
                probe.update(initialDelaySeconds=0, periodSeconds=1, failureThreshold=1, timeoutSeconds=1)

        shop.change(name, 600, how)
        if v == 2:  # only the newest state is known
            for old in [
                n
                for (k, _, n), o in shop.objects.items()
                if k == "ReplicaSet" and n.startswith(name + "-") and not o["spec"]["replicas"]
            ]:
                if part != "timing":
                    shop.drop("ReplicaSet", old)
        why = {
            "port": f"dial tcp 10.1.1.1:{[9999, 8081, 1234][v]}: connect: connection refused",
            "protocol": [
                'Get "http://10.1.1.1:%d/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x00"'
                % port,
                'Get "https://10.1.1.1:%d/": http: server gave HTTP response to HTTPS client' % port,
            ][v % 2],
            "timing": "dial tcp 10.1.1.1:%d: connect: connection refused" % port,
        }[part]
        if kind == "readiness":
            shop.unready(name, 595)
        else:
            shop.crash(name, code=137, restarts=6, ago=590)
        for pod in shop.pods_of(name):
            shop.event("Pod", pod, "Unhealthy", f"{kind.capitalize()} probe failed: {why}", count=40, ago=10, since=590)
            if kind == "liveness":
                shop.killed(pod, "liveness", count=6, ago=60, since=580)
        return Truth("Deployment", name, "probe-misconfigured", f"{kind}-{part}")

    return make


for _kind in ("readiness", "liveness"):
    for _part in ("port", "protocol", "timing"):
        FAULTS[f"{_kind}_{_part}"] = _probe(_kind, _part)


# --- services and addresses ---


@fault
def selector(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["selector"] = [{"app": name + "x"}, {"app": name, "version": "v2"}, {"app.name": name}][v]
    if v != 1:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    shop.log(
        shop.names[v - 1] if v else shop.names[-1],
        f"rpc error: code = Unavailable desc = connection error: dial tcp: connect: connection refused {name}",
    )
    return Truth("Service", name, "service-selector-mismatch")


@fault
def service_port(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["ports"][0]["targetPort"] = ["grpc-x", 12345, 9090][v]
    if v == 2:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    client = shop.names[v - 1] if v else None
    if client:
        shop.log(
            client,
            f"could not call {name}: dial tcp 10.96.0.7:{shop.port_of(name)}: connect: connection refused ({name}:{shop.port_of(name)})",
        )
    return Truth("Service", name, "service-port-mismatch")


@fault
def service_protocol(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    service = shop.get("Service", name)
    service["spec"]["ports"][0]["protocol"] = ["UDP", "SCTP", "UDP"][v]
    if v:
        shop.edit(service, 500)
    shop.slice(name, shop.ns, name)
    return Truth("Service", name, "service-protocol-mismatch")


def _address(detail: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        name, need = shop.names[v], shop.names[v + 1]
        bad = f"{need}x:{shop.port_of(need)}" if detail.endswith("address") else f"{need}:{[50099, 8888, 17][v]}"
        key = f"{need.upper().replace('-', '_')}_SERVICE_ADDR"
        if detail.startswith("config"):
            config = f"{name}-addresses"
            made = shop.put("ConfigMap", shop.ns, config, data={key: bad})
            shop.edit(made, 600)
            for spec in shop.every_spec(name):
                box(spec)["envFrom"] = [{"configMapRef": {"name": config}}]
                box(spec)["env"] = [e for e in box(spec)["env"] if e["name"] != key]
            if v:
                shop.rollout(name, 590)
            also = [("ConfigMap", config)]
        else:
            shop.change(name, 600, lambda s: next(e for e in box(s)["env"] if e["name"] == key).update(value=bad))
            also = []
        shop.log(
            name,
            f"failed to call {need}: rpc error: code = Unavailable desc = name resolver error: produced zero addresses"
            if detail.endswith("address")
            else f"dial tcp 10.96.0.7:{bad.rpartition(':')[2]}: i/o timeout",
        )
        if v == 2:
            shop.crash(name, ago=580, restarts=6)
        return Truth("Deployment", name, "dependency-address-wrong", detail, also)

    return make


for _detail in ("env-address", "env-port", "config-address", "config-port"):
    FAULTS[_detail.replace("-", "_")] = _address(_detail)


@fault
def credentials(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": "DB_ADDR", "value": f"{shop.db}:{3306 if shop.db == 'mysql' else 6379}"})
    if v == 1:
        shop.crash(name)
    shop.log(
        name,
        [
            "ERROR 1045 (28000): Access denied for user 'app'@'10.1.1.9' (using password: YES)",
            'FATAL: password authentication failed for user "shop"',
            "WRONGPASS invalid username-password pair or user is disabled.",
        ][v],
        n=8,
    )
    return Truth("Deployment", name, "dependency-credentials-wrong", [None, "password", None][v])


@fault
def policy_deny(shop: Shop, v: int) -> Truth:
    name, policy = shop.names[1], ["deny-all", "isolate", "lockdown"][v]
    spec = [
        {"podSelector": {}, "policyTypes": ["Ingress"]},
        {
            "podSelector": {"matchLabels": {"app": name}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "nobody"}}}]}],
        },
        {"podSelector": {"matchLabels": {"app": shop.names[0]}}, "policyTypes": ["Egress"], "egress": []},
    ][v]
    shop.put("NetworkPolicy", shop.ns, policy, age=700, spec=spec)
    shop.log(shop.names[0], f"call {name}:{shop.port_of(name)}: dial tcp 10.96.0.7:{shop.port_of(name)}: i/o timeout")
    if v != 1:
        shop.unready(shop.names[0], 650)
    return Truth("NetworkPolicy", policy, "network-policy-deny")


@fault
def zero(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    o = shop.get("Deployment", name)
    o["spec"]["replicas"] = 0
    o["metadata"]["generation"] = o["status"]["observedGeneration"] = 3
    for pod in shop.pods_of(name):
        shop.drop("Pod", pod)
    o["status"].update(replicas=0)
    shop.refresh(name, 500)
    o["status"]["conditions"][0]["status"] = "True"
    shop.event(
        "Deployment",
        name,
        "ScalingReplicaSet",
        f"Scaled down replica set {name}-abc to 0 from 1",
        type="Normal",
        ago=500,
        since=500,
        component="deployment-controller",
    )
    return Truth("Deployment", name, "scaled-to-zero")


@fault
def dns_down(shop: Shop, v: int) -> Truth:
    o = shop.get("Deployment", "coredns", "kube-system")
    if v == 0:
        o["spec"]["replicas"] = 0
        for pod in shop.pods_of("coredns", "kube-system"):
            shop.drop("Pod", pod, "kube-system")
    else:
        for pod in shop.pods_of("coredns", "kube-system"):
            shop.crash_in_system(pod, 600)
    o["status"].update(readyReplicas=0, availableReplicas=0)
    o["status"]["conditions"][0].update(status="False", lastTransitionTime=iso(shop.t - 600))
    shop.slice("kube-dns", "kube-system", "coredns")
    for name in shop.names[:3]:
        shop.log(name, "dial tcp: lookup mysql on 10.96.0.10:53: read udp: i/o timeout")
    return Truth("Deployment", "coredns", "coredns-down", also=[("Component", "coredns")])


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


# --- nodes and control plane ---


def _bad_node(shop: Shop, v: int, status: str, reason: str, message: str, ago: float = 500) -> str:
    node = shop.nodes[v % len(shop.nodes)]
    for c in shop.get("Node", node, None)["status"]["conditions"]:
        if c["type"] == "Ready" or status == "Unknown":
            c.update(status=status, reason=reason, message=message, lastTransitionTime=iso(shop.t - ago))
    shop.event(
        "Node",
        node,
        "NodeNotReady",
        f"Node {node} status is now: NodeNotReady",
        type="Normal",
        ago=ago,
        since=ago,
        component="node-controller",
        ns=None,
    )
    for (kind, ns, name), o in list(shop.objects.items()):
        if kind == "Pod" and o["spec"].get("nodeName") == node and ns == shop.ns:
            for c in o["status"]["conditions"]:
                if c["type"] == "Ready":
                    c.update(status="False", lastTransitionTime=iso(shop.t - ago + 1))
            shop.event(
                "Pod", name, "NodeNotReady", "Node is not ready", ago=ago, since=ago, component="node-controller"
            )
            shop.refresh(o["metadata"]["labels"]["app"], ago)
    return node


@fault
def node_unknown(shop: Shop, v: int) -> Truth:
    return Truth(
        "Node",
        _bad_node(shop, v, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
        "node-not-ready",
    )


@fault
def node_network(shop: Shop, v: int) -> Truth:
    text = [
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized",
        "container runtime network not ready: NetworkReady=false",
    ][v]
    return Truth("Node", _bad_node(shop, v, "False", "KubeletNotReady", text), "node-not-ready", "network")


@fault
def runtime_down(shop: Shop, v: int) -> Truth:
    text = [
        "[container runtime is down, PLEG is not healthy: pleg was last seen active 5m3s ago]",
        "PLEG is not healthy: pleg was last seen active 3m3s ago; threshold is 3m0s",
        'rpc error: code = Unavailable desc = connection error: desc = "transport: dial unix /run/containerd/containerd.sock: connect: connection refused"; container runtime is down',
    ][v]
    return Truth("Node", _bad_node(shop, v, "False", "KubeletNotReady", text), "node-runtime-down")


def _pressure(kind: str, cause: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        node = shop.nodes[0]
        for c in shop.get("Node", node, None)["status"]["conditions"]:
            if c["type"] == kind:
                c.update(status="True", reason=f"KubeletHas{kind}", lastTransitionTime=iso(shop.t - 400))
        return Truth("Node", node, cause)

    return make


FAULTS["disk_pressure"] = _pressure("DiskPressure", "disk-pressure")
FAULTS["memory_pressure"] = _pressure("MemoryPressure", "memory-pressure")
FAULTS["pid_pressure"] = _pressure("PIDPressure", "pid-pressure")


def _component(name: str, cause: str) -> Fault:
    def make(shop: Shop, v: int) -> Truth:
        if v == 1:
            shop.drop("Pod", f"{name}-control-1", "kube-system")
        else:
            shop.crash_in_system(f"{name}-control-1", 500)
        if ("Lease", "kube-system", name) in shop.objects:
            shop.get("Lease", name, "kube-system")["spec"]["renewTime"] = iso(shop.t - 500)
        if name == "kube-scheduler":
            app = shop.names[v]
            shop.rollout(app, 450)
            for pod in shop.pods_of(app):
                o = shop.get("Pod", pod)
                o["spec"].pop("nodeName")
                o["status"] = {"phase": "Pending"}
            shop.refresh(app, 450)
        return Truth("Component", name, cause, also=[("Pod", f"{name}-control-1")])

    return make


FAULTS["scheduler_down"] = _component("kube-scheduler", "scheduler-down")
FAULTS["controllers_down"] = _component("kube-controller-manager", "controller-manager-down")


@fault
def proxy_down(shop: Shop, v: int) -> Truth:
    pods = shop.pods_of("kube-proxy", "kube-system")
    hit = pods if v == 0 else pods[:1]
    for pod in hit:
        shop.crash_in_system(pod, 500)
        shop.event(
            "Pod",
            pod,
            "BackOff",
            f"Back-off restarting failed container kube-proxy in pod {pod}",
            count=30,
            ago=20,
            since=500,
            ns="kube-system",
        )
    daemon = shop.get("DaemonSet", "kube-proxy", "kube-system")
    daemon["status"]["numberReady"] = len(pods) - len(hit)
    return Truth(
        "DaemonSet", "kube-proxy", "kube-proxy-down", also=[("Component", "kube-proxy"), *(("Pod", p) for p in hit)]
    )


@fault
def namespace_gone(shop: Shop, v: int) -> Truth:
    ns = shop.get("Namespace", shop.ns, None)
    ns["metadata"]["deletionTimestamp"] = iso(shop.t - 300)
    ns["status"] = {"phase": "Terminating"}
    return Truth("Namespace", shop.ns, "namespace-deletion")


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
