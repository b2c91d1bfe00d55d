"""Namespaces, certificates, what hangs while it ends, what is not as it was given."""

from tests.diagnosis.registry import BENIGN, Truth, fault, more
from tests.diagnosis.shop import DAY, Shop, iso


@fault
def namespace_gone(shop: Shop, v: int) -> Truth:
    ns = shop.get("Namespace", shop.ns, None)
    ns["metadata"]["deletionTimestamp"] = iso(shop.t - 300)
    ns["status"] = {"phase": "Terminating"}
    return Truth("Namespace", shop.ns, "namespace-deletion")


@more
def a_certificate_that_is_not_renewed(shop: Shop) -> Truth:
    failing = [shop.cond("Ready", "False", 900, "Failed", "The certificate request has failed")]
    shop.put(
        "Certificate",
        shop.ns,
        "front-tls",
        spec={"secretName": "front-tls"},
        status={"notAfter": iso(shop.t + DAY), "conditions": failing},
    )
    return Truth("Secret", "front-tls", "certificate-expiry")


@more
def a_finalizer_that_nobody_answers(shop: Shop) -> Truth:
    name = shop.names[0]
    shop.ending(name, 900, "batch.example.com/keep")
    return Truth("Deployment", name, "pod-stuck-terminating", "finalizer")


@more
def a_pod_that_ends_in_time(shop: Shop) -> Truth:
    shop.ending(shop.names[1], 10)
    return BENIGN


@more
def a_hand_edit_under_helm(shop: Shop) -> Truth:
    made = shop.get("Deployment", shop.names[2])
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop"}
    shop.edit(made, 7200, by="kubectl-edit")
    return Truth("Deployment", shop.names[2], "drift", "hand-edit")


@more
def a_tag_that_moved(shop: Shop) -> Truth:
    name = shop.names[1]
    for number, pod in enumerate(shop.pods_of(name)):
        status = shop.get("Pod", pod)["status"]["containerStatuses"][0]
        status["imageID"] = f"registry.example.io/x@sha256:{number:064x}"
    return Truth("Deployment", name, "drift", "moved-tag")


@more
def a_certificate_that_is_over(shop: Shop) -> Truth:
    shop.put(
        "Certificate", shop.ns, "web-tls", spec={"secretName": "web-tls"},
        status={"notAfter": iso(shop.t - 3600), "renewalTime": iso(shop.t - 30 * DAY), "conditions": [shop.cond("Ready", "True", 90 * DAY, "Ready")]},
    )  # fmt: skip
    return Truth("Secret", "web-tls", "certificate-expiry")


@more
def a_certificate_in_good_order(shop: Shop) -> Truth:
    shop.put(
        "Certificate", shop.ns, "web-tls", spec={"secretName": "web-tls"},
        status={"notAfter": iso(shop.t + 40 * DAY), "renewalTime": iso(shop.t + 10 * DAY), "conditions": [shop.cond("Ready", "True", 50 * DAY, "Ready")]},
    )  # fmt: skip
    return BENIGN
