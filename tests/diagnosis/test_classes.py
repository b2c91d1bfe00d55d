"""Each class of causes, with each of its details, has several scenarios made by hand."""

import pytest

from tests.diagnosis.classes import ENOUGH, Key, scenarios, wanted


@pytest.fixture(scope="module")
def made() -> dict[Key, list[str]]:
    return scenarios()


@pytest.mark.parametrize("key", wanted(), ids=lambda k: " ".join(k).strip())
def test_a_class_and_detail_has_three_scenarios_that_differ_in_more_than_names(
    key: Key, made: dict[Key, list[str]]
) -> None:
    assert len(made[key]) >= ENOUGH, f"only {made[key]}"
