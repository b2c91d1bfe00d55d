"""Certificates that are over where others than their owner find out."""

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop


@more
def an_ingress_whose_certificate_is_over(shop: Shop) -> Truth:
    """A client inside calls the shop by its outer name."""
    name, client = shop.names[0], shop.names[3]
    shop.put("Secret", shop.ns, "front-tls", age=91 * 86_400.0, type="kubernetes.io/tls", data={"tls.crt": "eA==", "tls.key": "eQ=="})  # fmt: skip
    backend = {"service": {"name": name, "port": {"number": shop.port_of(name)}}}
    rules = [{"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    shop.put("Ingress", shop.ns, "front", spec={"ingressClassName": "nginx", "tls": [{"hosts": ["shop.example.com"], "secretName": "front-tls"}], "rules": rules})  # fmt: skip
    shop.log(client, 'Post "https://shop.example.com/hook": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-26T09:00:00Z is after 2026-11-25T23:59:59Z', n=8)  # fmt: skip
    return Truth("Secret", "front-tls", "certificate-expiry", also=[("Ingress", "front")])


@more
def a_webhook_whose_certificate_is_over(shop: Shop) -> Truth:
    service = {"namespace": shop.ns, "name": "guard", "path": "/validate", "port": 443}
    shop.workload("guard", port=8443)
    shop.put("Secret", shop.ns, "guard-cert", age=366 * 86_400.0, type="kubernetes.io/tls", data={"tls.crt": "eA==", "tls.key": "eQ=="})  # fmt: skip
    for spec in shop.every_spec("guard"):
        spec["volumes"] = [{"name": "cert", "secret": {"secretName": "guard-cert"}}]
    shop.put("ValidatingWebhookConfiguration", None, "guard", webhooks=[{"name": "pods.guard.example.com", "failurePolicy": "Fail", "clientConfig": {"service": service}}])  # fmt: skip
    shop.refused(shop.names[0], 'Internal error occurred: failed calling webhook "pods.guard.example.com": failed to call webhook: Post "https://guard.' + shop.ns + '.svc:443/validate?timeout=10s": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-26T09:00:00Z is after 2026-11-25T08:12:44Z')  # fmt: skip
    return Truth("Secret", "guard-cert", "certificate-expiry", also=[("ValidatingWebhookConfiguration", "guard"), ("Deployment", "guard")])  # fmt: skip
