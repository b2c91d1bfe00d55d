"""Messages of Kubernetes components, as clusters of several versions and runtimes word them, and what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.knowledge.messages import read_message

UNPACK = 'Failed to pull image "r.example/a:1": rpc error: code = {code} desc = failed to pull and unpack image "r.example/a:1": '
RESOLVE = 'failed to resolve reference "r.example/a:1": '
QUOTA = 'Error creating: pods "a-1" is forbidden: exceeded quota: team, requested: {0}, used: {1}, limited: {2}'


def said(sign: str, reason: str, message: str) -> dict[str, str]:
    return dict(read_message(sign, {"reason": reason, "message": message}))


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (UNPACK.format(code="NotFound") + RESOLVE + "r.example/a:1: not found", "not-found"),
        (UNPACK.format(code="Unknown") + RESOLVE + "unexpected status from HEAD request to https://r.example/v2/a: 401 Unauthorized", "unauthorised"),
        (UNPACK.format(code="Unknown") + RESOLVE + "unexpected status from HEAD request to https://r.example/v2/a: 503 Service Unavailable", "status"),
        (UNPACK.format(code="Unknown") + "pulling from host r.example failed with status code [manifests 1]: 500 Internal Server Error", "status"),
        (UNPACK.format(code="Unknown") + RESOLVE + 'failed to do request: Head "https://r.example/v2/a": dial tcp 10.9.8.7:443: connect: connection refused', "refused"),
        (UNPACK.format(code="Unknown") + RESOLVE + 'failed to do request: Head "https://r.example/v2/a": dial tcp: lookup r.example on 10.96.0.10:53: no such host', "unresolvable"),
        (UNPACK.format(code="Unknown") + RESOLVE + 'failed to do request: Head "https://r.example/v2/a": tls: failed to verify certificate: x509: certificate signed by unknown authority', "tls"),
        (UNPACK.format(code="DeadlineExceeded") + RESOLVE + 'failed to do request: Head "https://r.example/v2/a": dial tcp 10.9.8.7:443: i/o timeout', "timeout"),
        (UNPACK.format(code="Unknown") + RESOLVE + 'failed to do request: Head "https://r.example/v2/a": net/http: TLS handshake timeout', "timeout"),
        (UNPACK.format(code="Unknown") + RESOLVE + "unexpected status from HEAD request to https://r.example/v2/a/manifests/1: 404 Not Found", "not-found"),
        (UNPACK.format(code="NotFound") + "no match for platform in manifest: not found", "platform"),
        ('Failed to pull image "r.example/a:1": Error response from daemon: manifest for r.example/a:1 not found: manifest unknown: manifest unknown', "not-found"),
        ('Failed to pull image "a:1": Error response from daemon: pull access denied for a, repository does not exist or may require \'docker login\': denied: requested access to the resource is denied', "unauthorised"),
        ('Failed to pull image "a:1": initializing source docker://a:1: reading manifest 1 in docker.io/library/a: manifest unknown', "not-found"),
        ('Failed to pull image "a:1": toomanyrequests: You have reached your pull rate limit', "status"),
        ('Failed to pull image "a:1": rpc error: code = Unavailable desc = connection error: desc = "transport: dial unix /run/containerd/containerd.sock: connect: connection refused"', "runtime"),
        ('Failed to pull image "a:1": dial unix /run/containerd/containerd.sock: connect: connection refused', "runtime"),
    ],
)  # fmt: skip
def test_a_failed_pull_says_why(message: str, problem: str) -> None:
    assert said("event", "Failed", message)["problem"] == problem
    reason = message.partition(": ")[2]
    assert said("pod.waiting", "ErrImagePull", reason)["problem"] == problem


def test_a_pull_names_image_and_registry() -> None:
    found = said("event", "Failed", UNPACK.format(code="NotFound") + "not here")
    assert (found["image"], found["registry"]) == ("r.example/a:1", "r.example")


@pytest.mark.parametrize("name", ["forbidden", "a:404", "team/no-such-host:503", "unauthorized/x:401", "tls:v1"])
def test_what_people_named_decides_nothing(name: str) -> None:
    message = f'Failed to pull image "{name}": failed to resolve reference "{name}": https://{name}/v2/ said nothing'
    assert "problem" not in said("event", "Failed", message)


def test_a_back_off_repeats_the_reason_where_the_kubelet_says_it() -> None:
    assert "problem" not in said("pod.waiting", "ImagePullBackOff", 'Back-off pulling image "r.example/a:1"')
    told = 'Back-off pulling image "r.example/a:1": ErrImagePull: r.example/a:1: not found'
    assert said("pod.waiting", "ImagePullBackOff", told)["problem"] == "not-found"


@pytest.mark.parametrize(
    ("asked", "used", "limited", "resource"),
    [
        ("pods=1", "pods=5", "pods=5", "pods"),
        ("limits.cpu=500m,requests.cpu=200m", "limits.cpu=1,requests.cpu=900m", "limits.cpu=4,requests.cpu=1", "cpu"),
        ("requests.memory=1Gi", "requests.memory=7600Mi", "requests.memory=8Gi", "memory"),
        ("count/services=1", "count/services=3", "count/services=3", "services"),
        ("requests.storage=10Gi", "requests.storage=95Gi", "requests.storage=100Gi", "storage"),
        (
            "requests.nvidia.com/gpu=2",
            "requests.nvidia.com/gpu=7",
            "requests.nvidia.com/gpu=8",
            "nvidia.com/gpu",
        ),
    ],
)
def test_a_quota_names_the_resource_that_does_not_fit(asked: str, used: str, limited: str, resource: str) -> None:
    found = said("event", "FailedCreate", QUOTA.format(asked, used, limited))
    assert (found["problem"], found["quota"], found["resource"]) == ("quota", "team", resource)
    assert (found["requested"], found["limited"]) == (asked, limited)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('Error creating: pods "a" is forbidden: error looking up service account shop/robot: serviceaccount "robot" not found', {"problem": "service-account", "name": "shop/robot"}),
        ('Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://w.ops.svc:443/v?timeout=10s": dial tcp 10.96.1.1:443: connect: connection refused', {"problem": "webhook", "webhook": "v.example.com", "why": "refused"}),
        ('Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://w.ops.svc:443/v?timeout=10s": no endpoints available for service "w"', {"problem": "webhook", "webhook": "v.example.com", "why": "no-endpoints"}),
        ('Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://w.ops.svc:443/v": context deadline exceeded', {"problem": "webhook", "webhook": "v.example.com", "why": "timeout"}),
        ("Error creating: pods \"a\" is forbidden: ValidatingAdmissionPolicy 'owners' with binding 'b' denied request: no owner", {"problem": "denied", "policy": "owners", "by": "owners", "why": "no owner"}),
        ('Error creating: admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must provide labels: {"owner"}', {"problem": "denied", "policy": "validation.gatekeeper.sh", "rule": "must-have-owner", "by": "validation.gatekeeper.sh: must-have-owner"}),
        ('Error creating: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/shop/a was blocked due to the following policies \n\nrequire-labels:\n  check-team: \'validation error\'', {"problem": "denied", "by": "validate.kyverno.svc-fail: require-labels/check-team"}),
        ('Error creating: pods "a" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "a" must set it)', {"problem": "denied", "policy": "PodSecurity restricted:latest"}),
        ('Error creating: pods "a" is forbidden: maximum cpu usage per Container is 1, but limit is 2', {"problem": "limit-range", "by": "LimitRange: maximum cpu usage per Container"}),
    ],
)  # fmt: skip
def test_a_refused_creation_says_by_whom(message: str, expected: dict[str, str]) -> None:
    found = said("workload.create-failed", "FailedCreate", message)
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "keys" not found', {"problem": "config-missing", "what": "secret", "name": "keys", "volume": "v"}),
        ("FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: app.yaml', {"problem": "key-missing", "what": "configmap", "key": "app.yaml", "volume": "v"}),
        ("Failed", 'Error: couldn\'t find key url in ConfigMap shop/app', {"problem": "key-missing", "what": "ConfigMap", "name": "shop/app", "key": "url"}),
        ("FailedMount", 'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers', {"problem": "driver-missing", "driver": "ebs.csi.aws.com"}),
        ("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) db-0', {"problem": "occupied"}),
        ("FailedMount", 'Unable to attach or mount volumes: unmounted volumes=[data]: timed out waiting for the condition', {"problem": "failing"}),
        ("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found', {"problem": "class-missing"}),
        ("FailedBinding", "no persistent volumes available for this claim and no storage class is set", {"problem": "no-volume"}),
        ("ProvisioningFailed", 'failed to provision volume with StorageClass "local-path": NodePath only supports ReadWriteOnce access modes', {"problem": "access-mode"}),
        ("ProvisioningFailed", 'failed to provision volume with StorageClass "lvm": not enough free space on any node', {"problem": "capacity"}),
    ],
)  # fmt: skip
def test_a_volume_says_what_is_missing(reason: str, message: str, expected: dict[str, str]) -> None:
    assert said("event", reason, message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Liveness probe failed: HTTP probe failed with statuscode: 500", {"probe": "liveness", "problem": "status", "http_status": "500", "protocol": "http"}),
        ('Readiness probe failed: Get "http://10.1.2.3:8080/ready": dial tcp 10.1.2.3:8080: connect: connection refused', {"probe": "readiness", "problem": "refused", "protocol": "http", "port": "8080"}),
        ("Readiness probe failed: dial tcp 10.1.2.3:9090: i/o timeout", {"probe": "readiness", "problem": "timeout", "protocol": "tcp", "port": "9090"}),
        ('Startup probe failed: Get "https://[fd00::7]:8443/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)', {"probe": "startup", "problem": "timeout", "protocol": "https", "port": "8443"}),
        ("Readiness probe failed: cat: can't open '/tmp/ok': No such file or directory", {"probe": "readiness", "problem": "command"}),
        ("Container app failed startup probe, will be restarted", {"probe": "startup"}),
    ],
)  # fmt: skip
def test_a_probe_says_which_and_how(message: str, expected: dict[str, str]) -> None:
    found = said("event", "Unhealthy", message)
    assert {k: v for k, v in found.items() if k != "why"} == expected


@pytest.mark.parametrize(
    ("sign", "reason", "message", "expected"),
    [
        ("event", "Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi, available: 71Mi. Container a was using 2Gi, request is 0, has larger consumption of memory. ", {"problem": "node-short", "resource": "memory", "threshold": "100Mi", "available": "71Mi", "container": "a", "used": "2Gi"}),
        ("pod.evicted", "", 'Usage of EmptyDir volume "scratch" exceeds the limit "1Gi". ', {"problem": "own-limit", "resource": "ephemeral-storage"}),
        ("event", "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage", {"resource": "ephemeral-storage", "pressure": "disk"}),
        ("event", "EvictionThresholdMet", "Attempting to reclaim inodes", {"resource": "inodes", "pressure": "disk"}),
        ("event", "SystemOOM", "System OOM encountered, victim process: java, pid: 4711", {"victim": "java"}),
        ("node.condition", "KubeletNotReady", "[container runtime is down, PLEG is not healthy: pleg was last seen active 3m ago]", {"problem": "runtime"}),
        ("node.condition", "KubeletNotReady", "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized", {"problem": "network"}),
        ("event", "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unavailable desc = error reading from server: EOF", {"problem": "runtime"}),
    ],
)  # fmt: skip
def test_what_a_node_ran_out_of_is_read(sign: str, reason: str, message: str, expected: dict[str, str]) -> None:
    assert said(sign, reason, message) == expected


REASONS = [
    "Failed",
    "FailedCreate",
    "FailedMount",
    "Unhealthy",
    "Evicted",
    "EvictionThresholdMet",
    "SystemOOM",
    "FailedSync",
]


@given(
    st.sampled_from(REASONS), st.text(max_size=300), st.sampled_from(["", "quota: ", "Liveness probe failed: ", '"'])
)
def test_no_message_breaks_a_parser(reason: str, message: str, start: str) -> None:
    for sign in ("event", "pod.waiting", "workload.create-failed", "pod.evicted", "node.condition"):
        assert all(isinstance(v, str) and v for v in said(sign, reason, start + message).values())
