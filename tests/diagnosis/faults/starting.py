"""Images, registries, what containers need before they start."""

from tests.diagnosis.registry import FAULTS, Fault, Truth, box, fault, more
from tests.diagnosis.shop import Shop


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


@more
def docker_hub_denies_or_lacks(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.change(name, 500, lambda s: box(s).update(image=f"nosuchuser/{name}-x:v1.4.2"))
    shop.waiting(name, "ImagePullBackOff", f'Back-off pulling image "nosuchuser/{name}-x:v1.4.2"')
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "Failed",
            f"Failed to pull image \"nosuchuser/{name}-x:v1.4.2\": rpc error: code = Unknown desc = Error response from daemon: pull access denied for nosuchuser/{name}-x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
            count=5,
        )
    return Truth("Deployment", name, "bad-image", "repository")


@more
def a_pull_secret_that_is_not_there(shop: Shop) -> Truth:
    name = shop.names[1]
    image = f"registry.example.io/{shop.ns}/{name}:v1.4.2"
    shop.rollout(name, 600)
    text = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials'
    shop.waiting(name, "ImagePullBackOff", f'Back-off pulling image "{image}"', 590)
    for pod in shop.pods_of(name):
        shop.event(
            "Pod",
            pod,
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.",
            count=20,
            ago=20,
            since=590,
        )
        shop.event("Pod", pod, "Failed", f'Failed to pull image "{image}": {text}', count=6, ago=120, since=590)
        shop.get("Pod", pod)["spec"]["imagePullSecrets"] = [{"name": "regcred"}]
    return Truth("Deployment", name, "missing-image-pull-secret")
