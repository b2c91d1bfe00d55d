"""Images, registries and mounts in other shapes: other runtimes and registries, Jobs, DaemonSets, old pods that serve."""

from tests.diagnosis.registry import Truth, box, more
from tests.diagnosis.shop import Shop

UNPACK = 'rpc error: code = Unknown desc = failed to pull and unpack image "{image}": failed to resolve reference "{image}": '


def _fails(shop: Shop, name: str, image: str, error: str, ago: float = 700.0, reason: str = "ImagePullBackOff") -> None:
    """A rollout to this image whose pods can't pull it."""
    shop.change(name, ago, lambda spec: box(spec).update(image=image))
    text = f'Back-off pulling image "{image}"' if reason == "ImagePullBackOff" else error
    shop.waiting(name, reason, text, ago=ago - 5)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "Failed", f'Failed to pull image "{image}": {error}', count=6, ago=80, since=ago)
        shop.event("Pod", pod, "Failed", f"Error: {reason}", count=25, ago=20, since=ago)


def _all_fail(shop: Shop, host: str, error: str) -> None:
    """Three rollouts of different hours all pull from one host that does not serve."""
    for number, name in enumerate(shop.names[:3]):
        image = f"{host}/{shop.ns}/{name}:v1.4.3"
        _fails(shop, name, image, error.format(image=image), ago=700 - 100 * number)


@more
def a_registry_behind_a_closed_port(shop: Shop) -> Truth:
    _all_fail(shop, "harbor.corp.example:5000", 'Error response from daemon: Get "https://harbor.corp.example:5000/v2/": dial tcp 10.20.0.9:5000: connect: connection refused')  # fmt: skip
    return Truth("External", "harbor.corp.example:5000", "registry-outage", "refused")


@more
def a_registry_without_a_route(shop: Shop) -> Truth:
    _all_fail(shop, "registry.dc2.example", UNPACK + 'failed to do request: Head "https://registry.dc2.example/v2/x/manifests/v1.4.3": dial tcp 10.40.0.9:443: connect: no route to host')  # fmt: skip
    return Truth("External", "registry.dc2.example", "registry-outage", "timeout")


@more
def a_registry_that_does_not_answer_in_time(shop: Shop) -> Truth:
    _all_fail(shop, "ghcr.io", UNPACK + 'failed to do request: Head "https://ghcr.io/v2/x/manifests/v1.4.3": net/http: TLS handshake timeout')  # fmt: skip
    return Truth("External", "ghcr.io", "registry-outage", "timeout")


@more
def a_registry_with_a_certificate_of_nobody(shop: Shop) -> Truth:
    _all_fail(shop, "registry.lab.example", UNPACK + 'failed to do request: Head "https://registry.lab.example/v2/x/manifests/v1.4.3": tls: failed to verify certificate: x509: certificate signed by unknown authority')  # fmt: skip
    return Truth("External", "registry.lab.example", "registry-outage", "tls")


@more
def a_registry_whose_certificate_is_over(shop: Shop) -> Truth:
    _all_fail(shop, "nexus.corp.example:8443", 'Error response from daemon: Get "https://nexus.corp.example:8443/v2/": x509: certificate has expired or is not yet valid: current time 2026-11-26T09:00:00Z is after 2026-11-26T00:00:00Z')  # fmt: skip
    return Truth("External", "nexus.corp.example:8443", "registry-outage", "tls")


@more
def a_registry_that_answers_for_nobody(shop: Shop) -> Truth:
    _all_fail(shop, "quay.example", UNPACK + "unexpected status from HEAD request to https://quay.example/v2/x/manifests/v1.4.3: 503 Service Unavailable")  # fmt: skip
    return Truth("External", "quay.example", "registry-outage", "status")


@more
def an_upper_case_name(shop: Shop) -> Truth:
    name = shop.names[1]
    image = f"registry.example.io/{shop.ns}/{name.capitalize()}:v2"
    error = f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format: repository name must be lowercase'
    shop.change(name, 500, lambda spec: box(spec).update(image=image))
    shop.waiting(name, "InvalidImageName", error, ago=495)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "InspectFailed", error, count=40, ago=5, since=495)
        shop.event("Pod", pod, "Failed", "Error: InvalidImageName", count=40, ago=5, since=495)
    return Truth("Deployment", name, "bad-image", "name")


@more
def a_tag_that_docker_does_not_find(shop: Shop) -> Truth:
    name = shop.names[0]
    image = f"registry.example.io/{shop.ns}/{name}:v1.44.2"
    error = f"Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown"
    _fails(shop, name, image, error, reason="ErrImagePull")
    return Truth("Deployment", name, "bad-image", "tag")


@more
def a_build_for_another_processor(shop: Shop) -> Truth:
    name = shop.names[2]
    image = f"registry.example.io/{shop.ns}/{name}:v1.4.3-arm"
    _fails(shop, name, image, f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": no match for platform in manifest: not found')  # fmt: skip
    return Truth("Deployment", name, "bad-image", "platform")


@more
def a_pull_that_ecr_refuses(shop: Shop) -> Truth:
    name = shop.names[0]
    image = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{name}:v2"
    _fails(shop, name, image, UNPACK.format(image=image) + "pulling from host 123456789012.dkr.ecr.eu-west-1.amazonaws.com failed with status code [manifests v2]: 401 Unauthorized")  # fmt: skip
    return Truth("Deployment", name, "missing-image-pull-secret")


# --- what containers need before they start ---


def _mount(shop: Shop, name: str, volume: dict[str, object], message: str, ago: float = 600.0) -> None:
    shop.change(name, ago, lambda spec: spec.update(volumes=[volume]))
    shop.waiting(name, "ContainerCreating", "", ago=ago - 5)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "FailedMount", message, count=12, ago=25, since=ago)


@more
def a_secret_of_a_projected_volume(shop: Shop) -> Truth:
    name = shop.names[0]
    volume = {"name": "all", "projected": {"sources": [{"secret": {"name": "web-tls"}}, {"configMap": {"name": "kube-root-ca.crt"}}]}}  # fmt: skip
    _mount(shop, name, volume, 'MountVolume.SetUp failed for volume "all" : secret "web-tls" not found')
    return Truth("Secret", "web-tls", "missing-dependency-mount", "secret")


@more
def a_secret_that_a_statefulset_wants_in_its_environment(shop: Shop) -> Truth:
    for spec in shop.every_spec(shop.db):
        box(spec)["envFrom"] = [{"secretRef": {"name": "db-login"}}]
    shop.waiting(shop.db, "CreateContainerConfigError", 'secret "db-login" not found', ago=500)
    pod = shop.pods_of(shop.db)[0]
    shop.event("Pod", pod, "Failed", 'Error: secret "db-login" not found', count=40, ago=5, since=500)
    return Truth("Secret", "db-login", "missing-dependency-mount", "secret")


@more
def a_configmap_that_a_rollout_forgot_while_the_old_pod_serves(shop: Shop) -> Truth:
    name = shop.names[1]
    old = shop.pods_of(name)[0]
    kept = shop.get("Pod", old)
    volume = {"name": "conf", "configMap": {"name": f"{name}-conf-v2"}}
    _mount(shop, name, volume, f'MountVolume.SetUp failed for volume "conf" : configmap "{name}-conf-v2" not found')
    shop.objects["Pod", shop.ns, old] = kept
    shop.refresh(name)
    return Truth("ConfigMap", f"{name}-conf-v2", "missing-dependency-mount", "configmap")


@more
def a_configmap_that_an_init_container_reads(shop: Shop) -> Truth:
    name = shop.names[2]
    init = {"name": "render", "image": "busybox:1.36", "envFrom": [{"configMapRef": {"name": "render-env"}}]}
    shop.change(name, 600, lambda spec: spec.update(initContainers=[init]))
    shop.waiting(name, "PodInitializing", "", ago=595)
    for pod in shop.pods_of(name):
        status = shop.get("Pod", pod)["status"]
        waiting = {"reason": "CreateContainerConfigError", "message": 'configmap "render-env" not found'}
        status["initContainerStatuses"] = [{"name": "render", "ready": False, "restartCount": 0, "image": "busybox:1.36", "state": {"waiting": waiting}}]  # fmt: skip
        shop.event("Pod", pod, "Failed", 'Error: configmap "render-env" not found', count=40, ago=5, since=595)
    return Truth("ConfigMap", "render-env", "missing-dependency-mount", "configmap")


@more
def a_key_that_a_secret_lacks(shop: Shop) -> Truth:
    name = shop.names[0]
    source = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db-login", "key": "passwd"}}}
    shop.change(name, 600, lambda spec: box(spec)["env"].append(source))
    text = f"couldn't find key passwd in Secret {shop.ns}/db-login"
    shop.waiting(name, "CreateContainerConfigError", text, ago=595)
    for pod in shop.pods_of(name):
        shop.event("Pod", pod, "Failed", f"Error: {text}", count=40, ago=5, since=595)
    return Truth("Secret", "db-login", "missing-dependency-mount", "key")


@more
def a_key_that_a_volume_wants_of_a_configmap(shop: Shop) -> Truth:
    name = shop.names[1]
    shop.put("ConfigMap", shop.ns, "gateway", data={"nginx.conf": "x"})
    volume = {"name": "conf", "configMap": {"name": "gateway", "items": [{"key": "mime.types", "path": "mime.types"}]}}
    _mount(shop, name, volume, 'MountVolume.SetUp failed for volume "conf" : references non-existent config key: mime.types')  # fmt: skip
    return Truth("ConfigMap", "gateway", "missing-dependency-mount", "key")
