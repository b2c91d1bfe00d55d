"""Every fault of faults/, in three variants, and healthy shops: what a snapshot alone must tell."""

import pytest

from tests.diagnosis.measure import is_fine, is_right, judged, shown
from tests.diagnosis.registry import FAULTS, MORE, VARIANTS
from tests.diagnosis.shop import Shop
from tests.diagnosis.thinned import THINNED

CASES = [f"{name}/{v}" for name in FAULTS for v in range(VARIANTS)]


@pytest.mark.parametrize("case", CASES)
def test_the_first_suspect_of_a_snapshot_is_the_fault_with_its_detail_and_nothing_else_is_loud(case: str) -> None:
    name, _, v = case.partition("/")
    shop = Shop(700 + int(v))
    truth = FAULTS[name](shop, int(v))
    found = judged(shop)
    assert is_right(found, truth), f"wanted {truth}, got {shown(found)}"
    assert sum(i.severity != "info" for i in found) == 1, shown(found)


@pytest.mark.parametrize("name", MORE)
def test_other_shapes_are_told_as_well_and_what_is_planned_is_not(name: str) -> None:
    shop = Shop(800)
    truth = MORE[name](shop)
    found = judged(shop)
    assert is_fine(found, truth), f"wanted {truth}, got {shown(found)}"


CASCADES = [name for name, make in MORE.items() if make.__module__.endswith("cascade_shapes")]


@pytest.mark.parametrize("name", CASCADES)
def test_who_waits_for_what_a_fault_took_is_part_of_its_incident(name: str) -> None:
    shop = Shop(801)
    MORE[name](shop)
    found = judged(shop)
    assert sum(i.severity != "info" for i in found) == 1, shown(found)


SAMPLE = 5
"""Every fifth fault is looked at with each part missing, another fifth for each."""


@pytest.mark.parametrize("missing", THINNED)
def test_a_fault_is_told_as_well_where_a_tool_left_out(missing: str) -> None:
    first = list(THINNED).index(missing) % SAMPLE
    for name in list(FAULTS)[first::SAMPLE]:
        shop = Shop(700)
        truth = FAULTS[name](shop, 0)
        THINNED[missing](shop)
        found = judged(shop)
        assert is_right(found, truth), f"{name}: wanted {truth}, got {shown(found)}"


@pytest.mark.parametrize("seed", range(8))
def test_a_healthy_shop_with_a_redeployment_and_old_warnings_is_quiet(seed: int) -> None:
    assert not judged(Shop(seed)), shown(judged(Shop(seed)))
