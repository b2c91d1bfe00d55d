"""Claims that are not met, not there or taken, as provisioners, schedulers and kubelets say it."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso, short

Body = dict[str, Any]


def _head(shop: Shop) -> str:
    return f"0/{len(shop.nodes) + 1} nodes are available: "


def _tail(shop: Shop) -> str:
    n = len(shop.nodes) + 1
    return f". preemption: 0/{n} nodes are available: {n} Preemption is not helpful for scheduling."


CONTROL = "1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
CONTROLLER = "persistentvolume-controller"


def _waits(shop: Shop, claim: str, ago: float = 1200.0, phase: str = "Pending", **spec: Any) -> Body:
    base = {
        "accessModes": ["ReadWriteOnce"],
        "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": "10Gi"}},
    }
    return shop.put("PersistentVolumeClaim", shop.ns, claim, age=ago, metadata={"finalizers": ["kubernetes.io/pvc-protection"]}, spec=base | spec, status={"phase": phase})  # fmt: skip


def _class(shop: Shop, name: str, provisioner: str, mode: str = "WaitForFirstConsumer") -> None:
    shop.put("StorageClass", None, name, provisioner=provisioner, volumeBindingMode=mode, reclaimPolicy="Delete")


def _provisioning_fails(shop: Shop, claim: str, name: str, why: str, provisioner: str, ago: float = 1190.0) -> None:
    about = "PersistentVolumeClaim"
    shop.event(about, claim, "Provisioning", f'External provisioner is provisioning volume for claim "{shop.ns}/{claim}"', type="Normal", count=12, ago=50, since=ago, component=provisioner)  # fmt: skip
    shop.event(about, claim, "ProvisioningFailed", f'failed to provision volume with StorageClass "{name}": {why}', count=12, ago=48, since=ago, component=provisioner)  # fmt: skip
    shop.event(about, claim, "ExternalProvisioning", f"Waiting for a volume to be created either by the external provisioner '{provisioner.partition('_')[0]}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.", type="Normal", count=80, ago=5, since=ago, component=CONTROLLER)  # fmt: skip


def _uses(shop: Shop, name: str, claim: str, message: str | None = None, ago: float = 1195.0) -> None:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    shop.change(name, ago, lambda s: s.update(volumes=[volume]))
    shop.unscheduled(name, message or f"{_head(shop)}{UNBOUND}{_tail(shop)}", ago - 2)


def _member(shop: Shop, number: int, message: str, ago: float = 1190.0) -> str:
    """The database grew: its new pod waits for its own claim while the first one serves."""
    pod = f"{shop.db}-{number}"
    spec = {**shop.every_spec(shop.db)[0], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{pod}"}}]}  # fmt: skip
    o = shop.pod(pod, shop.ns, shop.db, owner=("StatefulSet", shop.db), spec=spec, age=ago)
    o["spec"].pop("nodeName")
    o["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", ago, "Unschedulable", message)]}  # fmt: skip
    shop.get("StatefulSet", shop.db)["spec"]["replicas"] = number + 1
    shop.refresh(shop.db)
    shop.event("Pod", pod, "FailedScheduling", message, count=5, ago=140, since=ago, component="default-scheduler")
    return f"data-{pod}"


# --- classes, sizes, modes, selectors ---


@more
def a_claim_without_a_class_in_a_cluster_without_a_default(shop: Shop) -> Truth:
    _waits(shop, "uploads")
    shop.event("PersistentVolumeClaim", "uploads", "FailedBinding", "no persistent volumes available for this claim and no storage class is set", type="Normal", count=82, ago=9, since=1200, component=CONTROLLER)  # fmt: skip
    _uses(shop, shop.names[0], "uploads")
    return Truth("PersistentVolumeClaim", "uploads", "pvc-unbound", "storage-class")


@more
def a_new_member_whose_class_was_removed(shop: Shop) -> Truth:
    """No Event is left, and the class is in the list no more; the first member's volume is well."""
    claim = _member(shop, 1, f"{_head(shop)}{UNBOUND}{_tail(shop)}", 5200)
    shop.events = [e for e in shop.events if e["involvedObject"]["name"] != f"{shop.db}-1"]
    _waits(shop, claim, 5200, storageClassName="ceph-block")
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "storage-class")


@more
def a_backend_without_room_for_a_claim(shop: Shop) -> Truth:
    _class(shop, "lvm", "local.csi.openebs.io", "Immediate")
    _waits(shop, "reports", storageClassName="lvm", resources={"requests": {"storage": "400Gi"}})
    _provisioning_fails(shop, "reports", "lvm", "rpc error: code = ResourceExhausted desc = no vg available to serve volume request having regex=\"^lvmvg$\" & capacity=\"429496729600\"", "local.csi.openebs.io_openebs-lvm-controller-0_2f0c")  # fmt: skip
    _uses(shop, shop.names[1], "reports")
    return Truth("PersistentVolumeClaim", "reports", "pvc-unbound", "capacity")


@more
def a_new_member_for_which_no_node_has_storage_left(shop: Shop) -> Truth:
    """The scheduler itself knows how much each node has (CSIStorageCapacity)."""
    _class(shop, "topolvm", "topolvm.io")
    n = len(shop.nodes)
    claim = _member(shop, 1, f"{_head(shop)}{CONTROL}, {n} node(s) did not have enough free storage{_tail(shop)}")
    _waits(shop, claim, storageClassName="topolvm", resources={"requests": {"storage": "900Gi"}})
    shop.event("PersistentVolumeClaim", claim, "WaitForPodScheduled", f"waiting for pod {shop.db}-1 to be scheduled", type="Normal", count=82, ago=9, since=1200, component=CONTROLLER)  # fmt: skip
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "capacity")


@more
def a_local_disk_that_is_too_small(shop: Shop) -> Truth:
    """Local volumes are bound when the pod is placed: the scheduler speaks, and the claim only waits."""
    _class(shop, "local-disks", "kubernetes.io/no-provisioner")
    n = len(shop.nodes)
    for node in shop.nodes:
        terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
        shop.put("PersistentVolume", None, f"local-{node}", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "local-disks", "capacity": {"storage": "50Gi"}, "local": {"path": "/mnt/d1"},
                 "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}, status={"phase": "Available"})  # fmt: skip
    _waits(shop, "archive", storageClassName="local-disks", resources={"requests": {"storage": "80Gi"}})
    _uses(shop, shop.names[2], "archive", f"{_head(shop)}{CONTROL}, {n} node(s) didn't find available persistent volumes to bind{_tail(shop)}")  # fmt: skip
    pod = shop.pods_of(shop.names[2])[0]
    shop.event("PersistentVolumeClaim", "archive", "WaitForPodScheduled", f"waiting for pod {pod} to be scheduled", type="Normal", count=82, ago=9, since=1200, component=CONTROLLER)  # fmt: skip
    return Truth("PersistentVolumeClaim", "archive", "pvc-unbound", "capacity")


@more
def a_shared_claim_that_a_block_store_refuses(shop: Shop) -> Truth:
    _class(shop, "ebs-gp3", "ebs.csi.aws.com", "Immediate")
    _waits(shop, "media", storageClassName="ebs-gp3", accessModes=["ReadWriteMany"])
    _provisioning_fails(shop, "media", "ebs-gp3", "rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.", "ebs.csi.aws.com_ebs-csi-controller-6c8_1a")  # fmt: skip
    _uses(shop, shop.names[0], "media")
    return Truth("PersistentVolumeClaim", "media", "pvc-unbound", "access-mode")


@more
def a_shared_claim_of_a_new_member_on_local_paths(shop: Shop) -> Truth:
    """The pod has a node already and waits for the volume there, until the scheduler gives up and begins anew."""
    claim = _member(shop, 1, 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded', 580)
    shop.get("Pod", f"{shop.db}-1")["status"]["conditions"][0]["reason"] = "SchedulerError"
    shop.get("Pod", f"{shop.db}-1")["metadata"]["creationTimestamp"] = iso(shop.t - 1190)
    made = _waits(shop, claim, storageClassName="standard", accessModes=["ReadWriteMany"])
    made["metadata"]["annotations"] = {"volume.kubernetes.io/selected-node": shop.nodes[0], "volume.kubernetes.io/storage-provisioner": "rancher.io/local-path"}  # fmt: skip
    _provisioning_fails(shop, claim, "standard", "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes", "rancher.io/local-path_local-path-provisioner-75f_6485")  # fmt: skip
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "access-mode")


@more
def a_selector_that_a_provisioner_does_not_take(shop: Shop) -> Truth:
    _class(shop, "juicefs", "csi.juicefs.com", "Immediate")
    _waits(shop, "shared", storageClassName="juicefs", selector={"matchLabels": {"app": shop.names[1]}})
    _provisioning_fails(shop, "shared", "juicefs", "claim Selector is not supported", "csi.juicefs.com_juicefs-csi-controller-0_872e")  # fmt: skip
    _uses(shop, shop.names[1], "shared")
    return Truth("PersistentVolumeClaim", "shared", "pvc-unbound", "selector")


@more
def disks_of_other_labels_than_a_new_member_wants(shop: Shop) -> Truth:
    _class(shop, "local-disks", "kubernetes.io/no-provisioner")
    n = len(shop.nodes)
    for node in shop.nodes:
        shop.put("PersistentVolume", None, f"local-{node}", metadata={"labels": {"media": "hdd"}}, spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "local-disks", "capacity": {"storage": "200Gi"}}, status={"phase": "Available"})  # fmt: skip
    claim = _member(shop, 1, f"{_head(shop)}{CONTROL}, {n} node(s) didn't find available persistent volumes to bind{_tail(shop)}")  # fmt: skip
    _waits(shop, claim, storageClassName="local-disks", selector={"matchLabels": {"media": "ssd"}})
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "selector")


# --- taken by another ---


@more
def a_volume_that_was_kept_for_a_claim_of_before(shop: Shop) -> Truth:
    """The claim was deleted and made anew: the volume still names the old one's uid."""
    claim = f"data-{shop.db}-0"
    volume = shop.get("PersistentVolume", "pv-1", None)
    volume["spec"].update(persistentVolumeReclaimPolicy="Retain", claimRef={"kind": "PersistentVolumeClaim", "namespace": shop.ns, "name": claim, "uid": short("before", 32)})  # fmt: skip
    volume["status"] = {"phase": "Released"}
    _waits(shop, claim, 1500, storageClassName="standard", volumeName="pv-1", resources={"requests": {"storage": "1Gi"}})  # fmt: skip
    shop.event("PersistentVolumeClaim", claim, "FailedBinding", 'volume "pv-1" already bound to a different claim.', count=100, ago=10, since=1500, component=CONTROLLER)  # fmt: skip
    shop.unscheduled(shop.db, f"{_head(shop)}{UNBOUND}{_tail(shop)}", 1490)
    return Truth("PersistentVolumeClaim", claim, "pvc-unbound", "occupied")


@more
def a_claim_that_lost_its_volume_to_another(shop: Shop) -> Truth:
    _waits(shop, "cache", 1800, "Lost", storageClassName="standard", volumeName="pv-1")
    shop.event("PersistentVolumeClaim", "cache", "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", ago=1790, since=1790, component=CONTROLLER)  # fmt: skip
    _uses(shop, shop.names[0], "cache", f'{_head(shop)}persistentvolumeclaim "cache" bound to non-existent persistentvolume "pv-1"{_tail(shop)}', 1700)  # fmt: skip
    shop.get("PersistentVolumeClaim", "cache")["metadata"]["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
    return Truth("PersistentVolumeClaim", "cache", "pvc-unbound", "occupied")


@more
def a_rollout_whose_disk_the_old_pod_still_holds(shop: Shop) -> Truth:
    """The new pod landed on another node, and the old one goes only when the new one is ready."""
    name = shop.names[0]
    _waits(shop, "spool", 9 * 86_400, "Bound", storageClassName="standard", volumeName="pvc-5e2a")
    shop.put("PersistentVolume", None, "pvc-5e2a", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "capacity": {"storage": "10Gi"}, "claimRef": {"namespace": shop.ns, "name": "spool"}}, status={"phase": "Bound"})  # fmt: skip
    volume = {"name": "spool", "persistentVolumeClaim": {"claimName": "spool"}}
    for spec in shop.every_spec(name):
        spec["volumes"] = [volume]
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    shop.change(name, 900, lambda s: box(s).update(image=f"registry.example.io/{shop.ns}/{name}:v1.4.3"))
    shop.waiting(name, "ContainerCreating", "", 895)
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["spec"]["nodeName"] = shop.nodes[-1]
        shop.event("Pod", pod, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-5e2a" Volume is already used by pod(s) ' + next(iter(old)), count=1, ago=894, since=894, component="attachdetach-controller")  # fmt: skip
        shop.event("Pod", pod, "FailedMount", "Unable to attach or mount volumes: unmounted volumes=[spool], unattached volumes=[spool kube-api-access-7k2xd]: timed out waiting for the condition", count=6, ago=60, since=770)  # fmt: skip
    for pod, o in old.items():
        o["spec"]["nodeName"] = shop.nodes[0]
        shop.objects["Pod", shop.ns, pod] = o
    shop.refresh(name)
    return Truth("PersistentVolumeClaim", "spool", "pvc-unbound", "occupied")


# --- not there ---


@more
def a_job_whose_claim_nobody_made(shop: Shop) -> Truth:
    volume = {"name": "in", "persistentVolumeClaim": {"claimName": "batch-input"}}
    spec = {"containers": [{"name": "run", "image": "registry.example.io/x/run:v3"}], "restartPolicy": "Never", "volumes": [volume]}  # fmt: skip
    shop.put("Job", shop.ns, "import", age=900, spec={"backoffLimit": 2, "template": {"spec": spec}}, status={"active": 1, "ready": 0})  # fmt: skip
    message = f'{_head(shop)}persistentvolumeclaim "batch-input" not found{_tail(shop)}'
    o = shop.pod("import-9ltqz", shop.ns, "import", owner=("Job", "import"), spec=dict(spec), age=900)
    o["spec"].pop("nodeName")
    o["status"] = {"phase": "Pending", "conditions": [shop.cond("PodScheduled", "False", 900, "Unschedulable", message)]}  # fmt: skip
    shop.event("Pod", "import-9ltqz", "FailedScheduling", message, count=4, ago=120, since=900, component="default-scheduler")  # fmt: skip
    return Truth("PersistentVolumeClaim", "batch-input", "missing-pvc")


@more
def a_claim_that_an_older_scheduler_does_not_find(shop: Shop) -> Truth:
    """Its message has no head, and its Event is gone; the old pod goes on serving."""
    name = shop.names[1]
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    events = list(shop.events)
    _uses(shop, name, f"{name}-cache", f'persistentvolumeclaim "{name}-cache" not found', 4300)
    shop.events = events
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)
    return Truth("PersistentVolumeClaim", f"{name}-cache", "missing-pvc")


@more
def a_claim_that_a_kubelet_does_not_find(shop: Shop) -> Truth:
    """The pod names its node, so no scheduler looked whether the claim exists."""
    name, node = shop.names[0], shop.nodes[0]
    shop.change(name, 800, lambda s: s.update(nodeName=node, volumes=[{"name": "site", "persistentVolumeClaim": {"claimName": "site"}}]))  # fmt: skip
    shop.waiting(name, "ContainerCreating", "", 795)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "FailedMount", f'Unable to attach or mount volumes: unmounted volumes=[site], unattached volumes=[], failed to process volumes=[site]: error processing PVC {shop.ns}/site: failed to fetch PVC from API server: persistentvolumeclaims "site" not found', count=14, ago=30, since=790)  # fmt: skip
    return Truth("PersistentVolumeClaim", "site", "missing-pvc")
