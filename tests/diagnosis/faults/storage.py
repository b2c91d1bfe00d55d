"""Claims and volumes."""

from typing import Any

from tests.diagnosis.registry import Truth, fault, more
from tests.diagnosis.shop import Shop


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


@more
def a_multi_attached_volume(shop: Shop) -> Truth:
    shop.waiting(shop.db, "ContainerCreating", "")
    for p in shop.pods_of(shop.db):
        shop.event(
            "Pod",
            p,
            "FailedAttachVolume",
            'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) other-0',
            count=9,
            component="attachdetach-controller",
        )
    return Truth("PersistentVolumeClaim", f"data-{shop.db}-0", "pvc-unbound", "occupied")


@more
def a_csi_driver_that_is_not_there(shop: Shop) -> Truth:
    """The claim waits for its provisioner."""
    shop.put("StorageClass", None, "fast", provisioner="ebs.csi.aws.com", volumeBindingMode="Immediate")
    shop.put(
        "PersistentVolumeClaim",
        shop.ns,
        "cache",
        age=1500,
        spec={
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fastt",
            "resources": {"requests": {"storage": "5Gi"}},
        },
        status={"phase": "Pending"},
    )
    name = shop.names[0]
    shop.change(
        name, 1400, lambda s: s.update(volumes=[{"name": "c", "persistentVolumeClaim": {"claimName": "cache"}}])
    )
    shop.unscheduled(
        name,
        "0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        1390,
    )
    shop.event(
        "PersistentVolumeClaim",
        "cache",
        "ProvisioningFailed",
        'storageclass.storage.k8s.io "fastt" not found',
        count=40,
        ago=10,
        since=1500,
        component="persistentvolume-controller",
    )
    return Truth("PersistentVolumeClaim", "cache", "pvc-unbound", "storage-class")
