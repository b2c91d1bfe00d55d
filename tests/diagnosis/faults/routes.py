"""Gateways and Ingresses."""

from tests.diagnosis.registry import Truth, more
from tests.diagnosis.shop import Shop


@more
def a_gateway_with_a_wrong_upstream(shop: Shop) -> Truth:
    name, need = shop.names[0], shop.names[1]
    made = shop.put(
        "ConfigMap",
        shop.ns,
        f"{name}-nginx",
        data={"nginx.conf": f"server {{ location / {{ proxy_pass http://{need}s:{shop.port_of(need)}; }} }}"},
    )
    shop.edit(made, 500)
    for spec in shop.every_spec(name):
        spec["volumes"] = [{"name": "c", "configMap": {"name": f"{name}-nginx"}}]
    shop.log(name, f'[error] 7#7: host not found in upstream "{need}s" could not be resolved')
    return Truth("ConfigMap", f"{name}-nginx", "gateway-misroute")


@more
def an_ingress_to_a_service_that_is_not_there(shop: Shop) -> Truth:
    rules = [
        {
            "http": {
                "paths": [
                    {"path": "/", "backend": {"service": {"name": shop.names[0] + "-v2", "port": {"number": 80}}}}
                ]
            }
        }
    ]
    shop.put("Ingress", shop.ns, "front", age=600, spec={"rules": rules})
    return Truth("Ingress", "front", "gateway-misroute")
