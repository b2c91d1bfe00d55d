"""What servers of data refuse."""

from tests.diagnosis.registry import Truth, box, fault, more
from tests.diagnosis.shop import Shop


@fault
def credentials(shop: Shop, v: int) -> Truth:
    name = shop.names[v]
    for spec in shop.every_spec(name):
        box(spec)["env"].append({"name": "DB_ADDR", "value": f"{shop.db}:{3306 if shop.db == 'mysql' else 6379}"})
    if v == 1:
        shop.crash(name)
    shop.log(
        name,
        [
            "ERROR 1045 (28000): Access denied for user 'app'@'10.1.1.9' (using password: YES)",
            'FATAL: password authentication failed for user "shop"',
            "WRONGPASS invalid username-password pair or user is disabled.",
        ][v],
        n=8,
    )
    return Truth("Deployment", name, "dependency-credentials-wrong", [None, "password", None][v])


@more
def a_database_that_is_read_only(shop: Shop) -> Truth:
    name = shop.names[0]
    line = (
        "READONLY You can't write against a read only replica."
        if shop.db == "redis"
        else "The MySQL server is running with the --read-only option so it cannot execute this statement"
    )
    shop.log(name, f"error writing to {shop.db}: {line}", n=8)
    return Truth("StatefulSet", shop.db, "dependency-read-only")


@more
def a_database_without_connections(shop: Shop) -> Truth:
    shop.log(shop.names[0], f"{shop.db}: Error 1040: Too many connections", n=8)
    return Truth("StatefulSet", shop.db, "dependency-connections-exhausted")


@more
def a_user_that_does_not_exist(shop: Shop) -> Truth:
    shop.log(shop.names[0], 'FATAL: role "shopp" does not exist', n=8)
    return Truth("Deployment", shop.names[0], "dependency-credentials-wrong", "user")
