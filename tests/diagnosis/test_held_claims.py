"""Whom the text of a claim that another pod holds names."""

from tests.diagnosis.measure import judged
from tests.diagnosis.registry import MORE
from tests.diagnosis.shop import Shop


def test_a_held_claim_names_who_holds_it_elsewhere_and_not_a_neighbour_of_the_pod_that_waits() -> None:
    """A claim for one node may be used by several pods there: such a neighbour keeps nobody out."""
    shop = Shop(3)
    truth = MORE["a_rollout_whose_disk_the_old_pod_still_holds"](shop)
    volume = {"name": "spool", "persistentVolumeClaim": {"claimName": truth.name}}
    spec = {"containers": [{"name": "reader", "image": "reader:1"}], "volumes": [volume]}
    shop.pod("reader-0", shop.ns, "reader", owner=("StatefulSet", "reader"), node=shop.nodes[-1], spec=spec)
    neighbour = ("Pod", shop.ns, "reader-0")
    shop.objects = {neighbour: shop.objects.pop(neighbour)} | shop.objects  # it is seen first
    told = [e.text for e in judged(shop)[0].suspects[0].evidence if "holds it on" in e.text]
    assert [text.partition(" holds it on ")[2] for text in told] == [shop.nodes[0]]
    assert "reader-0" not in told[0]
