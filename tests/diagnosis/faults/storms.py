"""Components that flood the event API."""

from tests.diagnosis.registry import BENIGN, Truth, more
from tests.diagnosis.shop import Shop


def _flood(shop: Shop, component: str, events: int, ago: float) -> None:
    """One Event for each look at its object, none like the other."""
    for n in range(events):
        text = f"reconciled generation {n}"
        shop.event(
            "ConfigMap", f"lock-{n % 7}", "Reconciled", text, type="Normal", ago=ago, since=ago, component=component
        )


@more
def an_operator_that_writes_an_event_for_each_look(shop: Shop) -> Truth:
    _flood(shop, "widget-operator", 900, 40.0)
    return Truth("Component", "widget-operator", "event-storm")


@more
def an_operator_that_wrote_as_many_an_hour_ago(shop: Shop) -> Truth:
    _flood(shop, "widget-operator", 900, 3000.0)
    return BENIGN
