"""Images, registries and mounts in more shapes: CRI-O's words, other registries, DaemonSets, init containers."""

from typing import Any

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop, iso, short

Body = dict[str, Any]


def _pulls(shop: Shop, name: str, image: str, error: str, ago: float = 900.0, *, quiet: bool = False) -> None:
    """The pods can't pull their image; kubelets from 1.31 on say why in the state too, and then the Event may be gone."""
    shop.waiting(name, "ImagePullBackOff", f'Back-off pulling image "{image}"' + (f": ErrImagePull: {error}" if quiet else ""), ago)  # fmt: skip
    for pod in () if quiet else shop.pods_of(name):
        shop.event("Pod", pod, "Failed", f'Failed to pull image "{image}": {error}', count=5, ago=110, since=ago)
        shop.event("Pod", pod, "Failed", "Error: ErrImagePull", count=5, ago=110, since=ago)
        shop.event("Pod", pod, "BackOff", f'Back-off pulling image "{image}"', type="Normal", count=40, ago=6, since=ago)  # fmt: skip


def _rolled(shop: Shop, name: str, image: str, error: str, ago: float = 900.0, *, quiet: bool = False) -> None:
    """A rollout to an image; the old pods serve until a new one is ready."""
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    shop.change(name, ago, lambda s: box(s).update(image=image))
    _pulls(shop, name, image, error, ago - 4, quiet=quiet)
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)


def _replaced(shop: Shop, image: str, error: str, ago: float = 900.0) -> None:
    """The database's one pod was replaced by one of another image."""
    for spec in shop.every_spec(shop.db):
        box(spec)["image"] = image
    o = shop.get("Pod", f"{shop.db}-0")
    o["metadata"]["creationTimestamp"] = o["status"]["startTime"] = iso(shop.t - ago)
    o["metadata"]["labels"]["controller-revision-hash"] = f"{shop.db}-{short('next')}"
    shop.get("StatefulSet", shop.db)["status"].update(currentRevision=f"{shop.db}-{short(shop.db)}", updateRevision=f"{shop.db}-{short('next')}")  # fmt: skip
    _pulls(shop, shop.db, image, error, ago - 2)


def _daemons(shop: Shop, name: str, image: str, age: float = 1300.0) -> list[str]:
    n = len(shop.nodes)
    spec: Body = {"containers": [{"name": name, "image": image}]}
    shop.put("DaemonSet", shop.ns, name, age=age, spec={"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": spec}},
             status={"desiredNumberScheduled": n, "currentNumberScheduled": n, "numberReady": 0, "numberUnavailable": n, "observedGeneration": 1})  # fmt: skip
    for node in shop.nodes:
        shop.pod(f"{name}-{short(node, 5)}", shop.ns, name, owner=("DaemonSet", name), node=node, spec={"containers": [dict(spec["containers"][0])]}, age=age)  # fmt: skip
    return shop.pods_of(name)


def _everywhere(shop: Shop, host: str, error: str, *, quiet: bool = False) -> None:
    """A Deployment's rollout, a database's new pod and a DaemonSet, all from one host."""
    image = f"{host}/{shop.ns}/web:v1.4.3"
    _rolled(shop, shop.names[0], image, error.format(image=image), 800, quiet=quiet)
    _replaced(shop, f"{host}/library/db:7", error.format(image=f"{host}/library/db:7"), 700)
    _daemons(shop, "agent", f"{host}/ops/agent:2", 750)
    _pulls(shop, "agent", f"{host}/ops/agent:2", error.format(image=f"{host}/ops/agent:2"), 740)


CRIO = "rpc error: code = Unknown desc = "


# --- images ---


@more
def a_daemonset_with_a_tag_that_cri_o_does_not_find(shop: Shop) -> Truth:
    image = "quay.io/acme/shipper:v3.11.0"
    _daemons(shop, "shipper", image)
    _pulls(shop, "shipper", image, f"{CRIO}reading manifest v3.11.0 in quay.io/acme/shipper: manifest unknown", 1290)
    return Truth("DaemonSet", "shipper", "bad-image", "tag")


@more
def a_digest_of_an_init_container_that_was_collected(shop: Shop) -> Truth:
    name, image = shop.names[1], "registry.example.io/x/migrate@sha256:" + "0b1c" * 16
    error = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    shop.change(name, 900, lambda s: s.update(initContainers=[{"name": "migrate", "image": image}]))
    shop.waiting(name, "PodInitializing", "", 895)
    for pod in shop.pods_of(name):
        waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}": ErrImagePull: {error}'}
        status = shop.get("Pod", pod)["status"]
        status["initContainerStatuses"] = [{"name": "migrate", "ready": False, "started": False, "restartCount": 0, "image": image, "imageID": "", "state": {"waiting": waiting}}]  # fmt: skip
        status["conditions"][1].update(status="False", reason="ContainersNotInitialized", message="containers with incomplete status: [migrate]", lastTransitionTime=iso(shop.t - 895))  # fmt: skip
    return Truth("Deployment", name, "bad-image", "tag")


@more
def a_repository_of_a_database_that_the_registry_does_not_know(shop: Shop) -> Truth:
    image = f"registry.example.io/mirror/{shop.db}x:7.2"
    _replaced(shop, image, f"{CRIO}reading manifest 7.2 in registry.example.io/mirror/{shop.db}x: name unknown: repository name not known to registry")  # fmt: skip
    return Truth("StatefulSet", shop.db, "bad-image", "repository")


@more
def a_project_that_harbor_does_not_have(shop: Shop) -> Truth:
    """Harbor calls it unauthorized, and then says what it means."""
    name = shop.names[0]
    image = f"harbor.corp.example/shopp/{name}:v1.5.0"
    _rolled(shop, name, image, f"{CRIO}Error response from daemon: unauthorized: project shopp not found: project shopp not found")  # fmt: skip
    return Truth("Deployment", name, "bad-image", "repository")


@more
def a_tag_that_nobody_filled_into_a_template(shop: Shop) -> Truth:
    """The pipeline's variable was never replaced; old pods serve."""
    name = shop.names[1]
    image = f"registry.example.io/{shop.ns}/{name}:${{IMAGE_TAG}}"
    old = {pod: shop.get("Pod", pod) for pod in shop.pods_of(name)}
    shop.change(name, 3900, lambda s: box(s).update(image=image))
    shop.waiting(name, "InvalidImageName", f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format', 3895)  # fmt: skip
    shop.objects.update({("Pod", shop.ns, pod): o for pod, o in old.items()})
    shop.refresh(name)
    return Truth("Deployment", name, "bad-image", "name")


@more
def an_address_in_front_of_a_name(shop: Shop) -> Truth:
    """Somebody pasted the address of a web page; kubelets say it in Events alone, the state lags."""
    image = "https://registry.example.io/ops/agent:2"
    for pod in _daemons(shop, "agent", image, 400):
        shop.event("Pod", pod, "InspectFailed", f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format', count=30, ago=4, since=395)  # fmt: skip
        shop.event("Pod", pod, "Failed", "Error: InvalidImageName", count=30, ago=4, since=395)
    shop.waiting("agent", "ContainerCreating", "", 398)
    return Truth("DaemonSet", "agent", "bad-image", "name")


@more
def an_agent_that_was_not_built_for_the_new_arm_nodes(shop: Shop) -> Truth:
    """It runs on the others and ends at once on the new one."""
    name, node = "agent", shop.nodes[-1]
    shop.get("Node", node, None)["metadata"]["labels"]["kubernetes.io/arch"] = "arm64"
    shop.get("Node", node, None)["status"]["nodeInfo"] = {"architecture": "arm64", "operatingSystem": "linux"}
    pods = _daemons(shop, name, "registry.example.io/ops/agent:2", 5000)
    ill = next(p for p in pods if shop.get("Pod", p)["spec"]["nodeName"] == node)
    well = [(key, shop.objects[key]) for p in pods if p != ill for key in [("Pod", shop.ns, p)]]
    for key, _ in well:
        del shop.objects[key]
    shop.crash(name, ago=1500)
    shop.log(name, "exec /usr/local/bin/agent: exec format error")
    shop.objects.update(well)
    shop.get("DaemonSet", name)["status"].update(numberReady=len(pods) - 1, numberUnavailable=1)
    return Truth("DaemonSet", name, "bad-image", "platform")


@more
def an_index_without_the_machines_architecture(shop: Shop) -> Truth:
    name = shop.names[2]
    image = f"quay.io/acme/{name}:1.9"
    _rolled(shop, name, image, f'{CRIO}choosing image instance: no image found in image index for architecture "amd64", variant "", OS "linux"', quiet=True)  # fmt: skip
    return Truth("Deployment", name, "bad-image", "platform")


# --- logins ---


@more
def a_database_that_gitlab_does_not_let_pull(shop: Shop) -> Truth:
    image = f"registry.gitlab.com/acme/{shop.db}:7"
    _replaced(shop, image, f"{CRIO}Error response from daemon: Head \"https://registry.gitlab.com/v2/acme/{shop.db}/manifests/7\": denied: access forbidden")  # fmt: skip
    return Truth("StatefulSet", shop.db, "missing-image-pull-secret")


@more
def a_rollout_that_quay_does_not_let_pull(shop: Shop) -> Truth:
    name = shop.names[1]
    image = f"quay.io/acme/{name}:v2"
    _rolled(shop, name, image, f"{CRIO}reading manifest v2 in quay.io/acme/{name}: unauthorized: access to the requested resource is not authorized")  # fmt: skip
    return Truth("Deployment", name, "missing-image-pull-secret")


@more
def a_pull_that_azure_refuses_as_only_states_still_tell(shop: Shop) -> Truth:
    name = shop.names[0]
    image = f"acmeprod.azurecr.io/{name}:v2"
    _rolled(shop, name, image, f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://acmeprod.azurecr.io/oauth2/token?scope=repository%3A{name}%3Apull&service=acmeprod.azurecr.io: 401 Unauthorized', 5000, quiet=True)  # fmt: skip
    return Truth("Deployment", name, "missing-image-pull-secret")


# --- registries ---


@more
def a_registry_whose_proxy_has_nothing_behind_it(shop: Shop) -> Truth:
    _everywhere(shop, "quay.corp.example", CRIO + "initializing source docker://{image}: reading manifest v1 in quay.corp.example/x: received unexpected HTTP status: 502 Bad Gateway")  # fmt: skip
    return Truth("External", "quay.corp.example", "registry-outage", "status")


@more
def a_registry_that_loses_its_layers(shop: Shop) -> Truth:
    """Manifests are served, blobs are not."""
    _everywhere(shop, "registry.corp.example", 'failed to pull and unpack image "{image}": failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://registry.corp.example/v2/x/blobs/sha256:5a1f: 500 Internal Server Error')  # fmt: skip
    return Truth("External", "registry.corp.example", "registry-outage", "status")


@more
def a_registry_whose_port_is_closed_for_cri_o(shop: Shop) -> Truth:
    _everywhere(shop, "registry.corp.example:5000", CRIO + 'initializing source docker://{image}: pinging container registry registry.corp.example:5000: Get "https://registry.corp.example:5000/v2/": dial tcp 10.20.0.9:5000: connect: connection refused', quiet=True)  # fmt: skip
    return Truth("External", "registry.corp.example:5000", "registry-outage", "refused")


@more
def a_registry_of_which_no_header_comes(shop: Shop) -> Truth:
    _everywhere(shop, "registry.corp.example", 'Error response from daemon: Get "https://registry.corp.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)')  # fmt: skip
    return Truth("External", "registry.corp.example", "registry-outage", "timeout")


@more
def a_registry_that_shows_the_certificate_of_another_name(shop: Shop) -> Truth:
    _everywhere(shop, "registry.corp.example", CRIO + 'pinging container registry registry.corp.example: Get "https://registry.corp.example/v2/": tls: failed to verify certificate: x509: certificate is valid for ingress.local, not registry.corp.example')  # fmt: skip
    return Truth("External", "registry.corp.example", "registry-outage", "tls")


@more
def a_resolver_of_the_nodes_that_does_not_answer_for_a_registry(shop: Shop) -> Truth:
    """It is the look-up that times out, not the registry."""
    _everywhere(shop, "registry.corp.example", 'failed to pull and unpack image "{image}": failed to resolve reference "{image}": failed to do request: Head "https://registry.corp.example/v2/x/manifests/v1": dial tcp: lookup registry.corp.example on 10.0.0.2:53: read udp 10.1.4.7:41022->10.0.0.2:53: i/o timeout')  # fmt: skip
    return Truth("External", "registry.corp.example", "registry-dns-failure")


@more
def a_stub_resolver_that_misbehaves_for_a_registry(shop: Shop) -> Truth:
    _everywhere(shop, "docker.corp.example", 'Error response from daemon: Get "https://docker.corp.example/v2/": dial tcp: lookup docker.corp.example on 127.0.0.53:53: server misbehaving')  # fmt: skip
    return Truth("External", "docker.corp.example", "registry-dns-failure")


@more
def a_registry_that_cri_o_does_not_find_by_name(shop: Shop) -> Truth:
    _everywhere(shop, "registry.corp.example", CRIO + 'initializing source docker://{image}: pinging container registry registry.corp.example: Get "https://registry.corp.example/v2/": dial tcp: lookup registry.corp.example: no such host', quiet=True)  # fmt: skip
    return Truth("External", "registry.corp.example", "registry-dns-failure")


# --- what a container needs ---


def _mount(shop: Shop, name: str, ago: float, *messages: str) -> None:
    shop.waiting(name, "ContainerCreating", "", ago)
    for pod in shop.pods_of(name):
        for text in messages:
            shop.event("Pod", pod, "FailedMount", text, count=13, ago=40, since=ago)


@more
def a_secret_that_a_daemonset_mounts_and_nobody_made(shop: Shop) -> Truth:
    """Two messages of the kubelet, of which only one says why."""
    _daemons(shop, "shipper", "registry.example.io/ops/shipper:3")
    for owner in (shop.get("DaemonSet", "shipper")["spec"]["template"]["spec"], *(shop.get("Pod", p)["spec"] for p in shop.pods_of("shipper"))):  # fmt: skip
        owner["volumes"] = [{"name": "certs", "secret": {"secretName": "shipper-certs"}}]
    _mount(shop, "shipper", 1290, 'MountVolume.SetUp failed for volume "certs" : secret "shipper-certs" not found',
           "Unable to attach or mount volumes: unmounted volumes=[certs], unattached volumes=[certs kube-api-access-x8k2p]: timed out waiting for the condition")  # fmt: skip
    return Truth("Secret", "shipper-certs", "missing-dependency-mount", "secret")


@more
def a_configmap_that_a_job_wants(shop: Shop) -> Truth:
    spec: Body = {"containers": [{"name": "run", "image": "registry.example.io/x/run:v3", "envFrom": [{"configMapRef": {"name": "batch-env"}}]}], "restartPolicy": "OnFailure"}  # fmt: skip
    shop.put("Job", shop.ns, "rollup", age=1000, spec={"backoffLimit": 3, "template": {"spec": spec}}, status={"active": 1, "ready": 0})  # fmt: skip
    shop.pod("rollup-k7q2z", shop.ns, "rollup", owner=("Job", "rollup"), spec=dict(spec), age=1000)
    shop.waiting("rollup", "CreateContainerConfigError", 'configmap "batch-env" not found', 990)
    return Truth("ConfigMap", "batch-env", "missing-dependency-mount", "configmap")


@more
def a_configmap_that_is_missing_from_the_list(shop: Shop) -> Truth:
    """The Events are over: the pod is in creation for hours, and what it mounts is not among the ConfigMaps."""
    name = shop.names[0]
    shop.change(name, 7300, lambda s: s.update(volumes=[{"name": "rules", "configMap": {"name": "price-rules"}}]))
    shop.put("ConfigMap", shop.ns, "kube-root-ca.crt", data={"ca.crt": "x"})
    shop.put("ConfigMap", shop.ns, "price-rules-old", data={"rules.json": "{}"})
    shop.waiting(name, "ContainerCreating", "", 7290)
    return Truth("ConfigMap", "price-rules", "missing-dependency-mount", "configmap")


@more
def a_key_file_that_a_mounted_secret_lacks(shop: Shop) -> Truth:
    source = {"secret": {"secretName": "db-tls", "items": [{"key": "tls.key", "path": "server.key"}]}}
    for spec in shop.every_spec(shop.db):
        spec["volumes"] = [*spec["volumes"], {"name": "tls", **source}]
    _mount(shop, shop.db, 800, 'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.key')  # fmt: skip
    shop.get("Pod", f"{shop.db}-0")["metadata"]["creationTimestamp"] = iso(shop.t - 805)
    return Truth("Secret", "db-tls", "missing-dependency-mount", "key")
