"""Pods that stay in creation: no network, no address, no sandbox image, no room for images on the node."""

from tests.diagnosis.registry import BENIGN, Truth, box, more
from tests.diagnosis.shop import Shop, iso


def _creating(shop: Shop, name: str, message: str, node: str | None = None, ago: float = 600.0) -> None:
    """A rollout whose pods get no sandbox; on this node, or wherever they run."""
    shop.rollout(name, ago)
    shop.waiting(name, "ContainerCreating", "", ago=ago - 5)
    for pod in shop.pods_of(name):
        if node is not None:
            shop.get("Pod", pod)["spec"]["nodeName"] = node
        shop.event("Pod", pod, "FailedCreatePodSandBox", message, count=40, ago=8, since=ago)


def _no_network(plugin: str, why: str) -> str:
    return f'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "8f1c": plugin type="{plugin}" failed (add): {why}'


@more
def a_node_on_which_the_plugin_fails(shop: Shop) -> Truth:
    node = shop.nodes[0]
    for name in shop.names[:2]:
        _creating(shop, name, _no_network("flannel", 'failed to delegate add: failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24'), node)  # fmt: skip
    return Truth("Node", node, "pod-network-failing", "plugin")


@more
def a_subnet_without_addresses(shop: Shop) -> Truth:
    for number, name in enumerate(shop.names[:4]):
        node = shop.nodes[number % len(shop.nodes)]
        _creating(shop, name, _no_network("aws-cni", "add cmd: failed to assign an IP address to container"), node)
    return Truth("Component", "aws-cni", "pod-network-failing", "addresses")


@more
def a_plugin_whose_agent_does_not_answer(shop: Shop) -> Truth:
    for number, name in enumerate(shop.names[:3]):
        node = shop.nodes[number % len(shop.nodes)]
        _creating(shop, name, _no_network("calico", 'error getting ClusterInformation: Get "https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default": dial tcp 10.96.0.1:443: connect: connection refused'), node)  # fmt: skip
    return Truth("Component", "calico", "pod-network-failing", "plugin")


@more
def a_sandbox_image_that_no_registry_gives(shop: Shop) -> Truth:
    image = "mirror.example.io/pause:3.9"
    for name in shop.names[:3]:
        _creating(shop, name, f'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "{image}": failed to pull image "{image}": failed to pull and unpack image "{image}": failed to resolve reference "{image}": failed to do request: Head "https://mirror.example.io/v2/pause/manifests/3.9": dial tcp 10.9.9.9:443: i/o timeout')  # fmt: skip
    return Truth("External", "mirror.example.io", "registry-outage", "timeout")


@more
def a_node_whose_disk_is_full_of_images(shop: Shop) -> Truth:
    node, name = shop.nodes[0], shop.names[0]
    image = f"registry.example.io/{shop.ns}/{name}:v1.5.0"
    error = f'failed to pull and unpack image "{image}": failed to extract layer sha256:aa: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/1: no space left on device: unknown'
    shop.change(name, 600, lambda spec: box(spec).update(image=image))
    shop.waiting(name, "ErrImagePull", error, ago=595)
    for pod in shop.pods_of(name):
        shop.get("Pod", pod)["spec"]["nodeName"] = node
        shop.event("Pod", pod, "Failed", f'Failed to pull image "{image}": {error}', count=6, ago=30, since=600)
    return Truth("Node", node, "disk-pressure")


@more
def an_openshift_that_lets_no_group_in(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.refused(name, f'pods "{name}-" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{{1000}}: 1000 is not an allowed group]')  # fmt: skip
    return Truth("Deployment", name, "admission-denied", "SecurityContextConstraints")


@more
def a_new_sandbox_that_failed_once(shop: Shop) -> Truth:
    """A calico agent that was restarted half an hour ago: its pods got their network at the second try."""
    name = shop.names[0]
    pod = shop.pods_of(name)[0]
    shop.event("Pod", pod, "FailedCreatePodSandBox", _no_network("calico", "connection refused"), ago=1700, since=1700)
    shop.get("Pod", pod)["status"]["startTime"] = iso(shop.t - 1710)
    return BENIGN
