"""What other versions, runtimes and vendors say, as people quote it in public threads; with other names."""

import pytest

from causeline.knowledge.messages import read_message
from causeline.knowledge.messages.scheduling import read_refusal
from causeline.knowledge.rule_files import load_rules
from causeline.knowledge.sign import Sign

RULES = load_rules()
PULL = 'Failed to pull image "r.example/a:1": '
RPC = 'rpc error: code = Unknown desc = failed to pull and unpack image "r.example/a:1": '
PAUSE = (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "k.example/pause:3.6": '
)
NO_NETWORK = 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "8f": '
SAYS: list[tuple[str, str, str, str]] = [
    ("Failed", PULL + 'Error response from daemon: Head "https://r.example/v2/a/manifests/1": unauthorized: authentication required, visit https://r.example/help', "image-pull-unauthorised", "unauthorised"),
    ("Failed", PULL + RPC + 'failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized', "image-pull-unauthorised", "unauthorised"),
    ("Failed", PULL + RPC + "unexpected status code [manifests 1]: 401 Unauthorized", "image-pull-unauthorised", "unauthorised"),
    ("Failed", PULL + RPC + "no matching manifest for linux/amd64 in the manifest list entries", "image-platform-missing", "platform"),
    ("Failed", PULL + RPC + 'failed to do request: Head "https://r.example/v2/": read tcp 10.2.0.4:42728->10.9.9.9:443: read: connection reset by peer', "registry-failing", "refused"),
    ("Failed", PULL + "rpc error: code = Unknown desc = Error response from daemon: Get https://r.example/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)", "registry-failing", "timeout"),
    ("Failed", PULL + "toomanyrequests: You have reached your pull rate limit.", "registry-failing", "status"),
    ("Failed", PULL + 'Error response from daemon: Get "https://r.example/v2/": dial tcp: lookup r.example on 10.0.0.2:53: server misbehaving', "registry-unresolvable", "unresolvable"),
    ("Failed", PULL + RPC + "failed to extract layer sha256:aa: write /var/lib/containerd/io: no space left on device: unknown", "node-disk-full", "disk"),
    ("Failed", "spec.containers{api}: " + PULL + RPC + "r.example/a:1: not found", "image-not-found", "not-found"),
    ("FailedCreatePodSandBox", PAUSE + 'failed to pull image "k.example/pause:3.6": failed to do request: Head "https://k.example/v2/": dial tcp 10.9.9.9:443: i/o timeout', "registry-failing", "timeout"),
    ("FailedCreatePodSandBox", NO_NETWORK + 'plugin type="flannel" failed (add): failed to delegate add: failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24', "sandbox-without-network", "network"),
    ("FailedCreatePodSandBox", NO_NETWORK + 'plugin type="cilium-cni" name="cilium" failed (add): unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure "No more IPs available"', "sandbox-without-network", "network"),
    ("FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create pod network sandbox k8s_a_b_0(7f): error adding pod b_a to CNI network \"multus-cni-network\": timed out", "sandbox-without-network", "network"),
    ("FailedMount", 'MountVolume.SetUp failed for volume "sock" : hostPath type check failed: /run/x.sock is not a socket file', "volume-not-mounted", "failing"),
    ("FailedMount", 'Unable to mount volumes for pod "a_b(95)": timeout expired waiting for volumes to attach/mount for pod "a"/"b". list of unattached/unmounted volumes=[data]', "volume-not-mounted", "failing"),
    ("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) a-0', "volume-occupied", "occupied"),
    ("Evicted", "The node had condition: [DiskPressure]. ", "pod-evicted", "node-short"),
    ("Evicted", 'Usage of EmptyDir volume "shm" exceeds the limit "256Mi". ', "storage-limit-exceeded", "own-limit"),
]  # fmt: skip
CREATION: list[tuple[str, str, str]] = [
    ('unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount]', "create-refused-policy", "SecurityContextConstraints"),
    ('PodSecurityPolicy: unable to admit pod: [spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used]', "create-refused-policy", "PodSecurityPolicy"),
    ("no providers available to validate pod request", "create-refused-policy", "PodSecurityPolicy"),
]  # fmt: skip
CLAIMS: list[tuple[str, str]] = [
    ('failed to provision volume with StorageClass "s": only ReadWriteOnce is supported', "access-mode"),
    ('failed to provision volume with StorageClass "s": rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.', "access-mode"),
    ('failed to provision volume with StorageClass "s": rpc error: code = InvalidArgument desc = Invalid parameters from input: d-1, with error: multi-node writing is only supported for block volume', "access-mode"),
    ('failed to provision volume with StorageClass "s": rpc error: code = ResourceExhausted desc = Not enough disk space', "capacity"),
    ('Failed to provision volume with StorageClass "s": claim.Spec.Selector is not supported for dynamic provisioning on AWS', "selector"),
]  # fmt: skip
REFUSALS: list[tuple[str, str, str]] = [
    ('0/2 nodes are available: 2 persistentvolumeclaim "data" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.', "claim-missing", "data"),
    ('PersistentVolumeClaim is not bound: "data"', "claim-unbound", ""),
    ("0/2 nodes are available: 2 Insufficient pods.", "insufficient", "pods"),
    ("0/1 nodes are available: 1 node(s) had taints that the pod didn't tolerate.", "constraint", "taint"),
    ("0/6 nodes are available: 1 node(s) had untolerated taint {unschedulable: true}, 2 node(s) didn't match pod topology spread constraints, 3 node(s) had untolerated taint {node-role.kubernetes.io/master: }. preemption: 0/6 nodes are available: 2 node(s) didn't match pod topology spread constraints, 4 Preemption is not helpful for scheduling.", "constraint", "topology-spread"),
]  # fmt: skip


def _named(kind: str, reason: str, message: str) -> tuple[str | None, dict[str, str]]:
    named = RULES.name(
        Sign("event", {"reason": reason, "kind": kind, "message": message, "component": "kubelet"}, None)
    )
    return (named[0].symptom, dict(named[1])) if named is not None else (None, {})


@pytest.mark.parametrize(
    ("reason", "message", "symptom", "problem"), SAYS, ids=[f"{m[:24]}…{m[-36:]}" for _, m, *_ in SAYS]
)
def test_an_event_of_a_pod_is_read(reason: str, message: str, symptom: str, problem: str) -> None:
    found, attrs = _named("Pod", reason, message)
    assert (found, attrs.get("problem")) == (symptom, problem)


@pytest.mark.parametrize(("message", "symptom", "policy"), CREATION)
def test_what_older_and_other_policies_refuse_is_denied_by_them(message: str, symptom: str, policy: str) -> None:
    found, attrs = _named("ReplicaSet", "FailedCreate", f'Error creating: pods "a-" is forbidden: {message}')
    assert (found, attrs["by"]) == (symptom, policy)


@pytest.mark.parametrize(("message", "problem"), CLAIMS)
def test_a_provisioner_says_which_term_it_does_not_meet(message: str, problem: str) -> None:
    assert read_message("event", {"reason": "ProvisioningFailed", "message": message})["problem"] == problem


@pytest.mark.parametrize(("message", "why", "detail"), REFUSALS)
def test_a_scheduler_of_any_version_is_read(message: str, why: str, detail: str) -> None:
    assert read_refusal(message)[:2] == (why, detail)


def test_a_replica_set_that_a_quota_refuses_is_the_quotas() -> None:
    text = 'Failed to create new replica set "a-1": replicasets.apps "a-1" is forbidden: exceeded quota: q, requested: count/replicasets.apps=1, used: count/replicasets.apps=3, limited: count/replicasets.apps=3'  # fmt: skip
    assert _named("Deployment", "ReplicaSetCreateError", text)[0] == "create-refused-quota"
