"""Volumes that are there and may not be used, as programs and kubelets say it."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso

Body = dict[str, Any]


def _may_not(shop: Shop, name: str, image: str, path: str, *lines: str, code: int = 1, kind: str = "Deployment", source: Body | None = None,
             security: Body | None = None) -> None:  # fmt: skip
    """A program that has run for days on other disks ends at once on this one; by default a bound claim."""
    shop.workload(name, kind=kind, port=8088)
    if source is None:
        claim = f"{name}-data"
        size = {"resources": {"requests": {"storage": "10Gi"}}, "accessModes": ["ReadWriteOnce"]}
        shop.put("PersistentVolumeClaim", shop.ns, claim, spec={"storageClassName": "standard", "volumeName": f"pvc-{name}", **size}, status={"phase": "Bound"})  # fmt: skip
        shop.put("PersistentVolume", None, f"pvc-{name}", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "capacity": {"storage": "10Gi"}, "claimRef": {"namespace": shop.ns, "name": claim}}, status={"phase": "Bound"})  # fmt: skip
        source = {"persistentVolumeClaim": {"claimName": claim}}
    for spec in shop.every_spec(name):
        spec.update(volumes=[{"name": "data", **source}], securityContext=security or {})
        box(spec).update(image=image, volumeMounts=[{"name": "data", "mountPath": path}])
    shop.crash(name, code=code, ago=1100)
    for line in lines:
        shop.log(name, line)


@more
def a_prometheus_that_may_not_write_its_disk(shop: Shop) -> Truth:
    """No fsGroup: the volume belongs to root, and the program is nobody."""
    _may_not(shop, "prometheus", "quay.io/prometheus/prometheus:v2.53.0", "/prometheus",
             'ts=2026-11-26T09:00:00.405Z caller=query_logger.go:113 level=error component=activeQueryTracker msg="Error opening query log file" file=/prometheus/queries.active err="open /prometheus/queries.active: permission denied"',
             "panic: Unable to create mmap-ed active query log", code=2, kind="StatefulSet", security={"runAsUser": 65534, "runAsNonRoot": True})  # fmt: skip
    return Truth("StatefulSet", "prometheus", "volume-permission-denied")


@more
def a_postgres_on_an_nfs_that_squashes_root(shop: Shop) -> Truth:
    _may_not(shop, "geodata", "postgres:16", "/var/lib/postgresql/data", "chown: changing ownership of '/var/lib/postgresql/data': Operation not permitted", source={"nfs": {"server": "10.30.0.4", "path": "/exports/pg"}})  # fmt: skip
    return Truth("Deployment", "geodata", "volume-permission-denied")


@more
def an_elasticsearch_on_a_directory_of_root(shop: Shop) -> Truth:
    _may_not(shop, "index", "docker.elastic.co/elasticsearch/elasticsearch:8.14.1", "/usr/share/elasticsearch/data",
             "java.lang.IllegalStateException: failed to obtain node locks, tried [/usr/share/elasticsearch/data]; maybe these locations are not writable or multiple nodes were started on the same data path?",
             "Likely root cause: java.nio.file.AccessDeniedException: /usr/share/elasticsearch/data/node.lock",
             source={"hostPath": {"path": "/srv/es", "type": "DirectoryOrCreate"}}, security={"runAsUser": 1000})  # fmt: skip
    return Truth("Deployment", "index", "volume-permission-denied")


@more
def a_grafana_whose_folder_is_not_writable(shop: Shop) -> Truth:
    _may_not(shop, "grafana", "grafana/grafana:11.1.0", "/var/lib/grafana", "GF_PATHS_DATA='/var/lib/grafana' is not writable.",
             "You may have issues with file permissions, more information here: http://docs.grafana.org/installation/docker/#migrate-to-v51-or-later",
             "mkdir: can't create directory '/var/lib/grafana/plugins': Permission denied", security={"runAsUser": 472})  # fmt: skip
    return Truth("Deployment", "grafana", "volume-permission-denied")


@more
def a_writer_whose_volume_is_mounted_to_be_read(shop: Shop) -> Truth:
    _may_not(shop, "queue", "registry.example.io/x/queue:v3", "/data", "OSError: [Errno 30] Read-only file system: '/data/queue.db-journal'")  # fmt: skip
    for spec in shop.every_spec("queue"):
        box(spec)["volumeMounts"][0]["readOnly"] = True
    return Truth("Deployment", "queue", "volume-permission-denied")


@more
def an_nginx_that_may_not_write_its_root(shop: Shop) -> Truth:
    """Its root is read-only, and no volume is mounted over its cache."""
    _may_not(shop, "edge", "nginx:1.27", "/usr/share/nginx/html", '2026/11/26 09:00:00 [emerg] 1#1: mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)')  # fmt: skip
    for spec in shop.every_spec("edge"):
        box(spec)["securityContext"] = {"readOnlyRootFilesystem": True}
    return Truth("Deployment", "edge", "volume-permission-denied")


@more
def a_kubelet_that_may_not_give_an_nfs_to_a_group(shop: Shop) -> Truth:
    """Where root is squashed, the kubelet can't look into the folder that it shall give to the pod's fsGroup."""
    for spec in shop.every_spec(shop.db):
        spec["securityContext"] = {"fsGroup": 999}
    shop.waiting(shop.db, "ContainerCreating", "", 1000)
    pod = shop.pods_of(shop.db)[0]
    shop.get("Pod", pod)["metadata"]["creationTimestamp"] = iso(shop.t - 1010)
    shop.event("Pod", pod, "FailedMount", 'MountVolume.SetUp failed for volume "pv-1" : applyFSGroup failed for vol nfs.example.com#share#pv-1: open /var/lib/kubelet/pods/6d1c/volumes/kubernetes.io~csi/pv-1/mount/data: permission denied', count=14, ago=50, since=995)  # fmt: skip
    return Truth("StatefulSet", shop.db, "volume-permission-denied")
