"""When a change began and how big it is, on short histories."""

import random

import pytest

from causeline.detectors.onset import growth, rise


def times(n: int, step: float = 15.0) -> list[float]:
    return [1000.0 + i * step for i in range(n)]


@pytest.mark.parametrize("n", [6, 8, 20, 60])
@pytest.mark.parametrize("after", [2, 3])
def test_a_jump_is_found_where_it_is(n: int, after: int) -> None:
    values = [1.0 + 0.01 * (i % 3) for i in range(n - after)] + [5.0] * after
    found = rise(times(n), values, 0.01)
    assert found is not None
    assert found.at == times(n)[n - after]
    assert (round(found.expected, 1), found.value) == (1.0, 5.0)
    assert found.z > 20


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 4, [1.0] * 60, [5.0] * 30 + [1.0] * 30])
def test_what_is_short_flat_or_falls_is_no_rise(values: list[float]) -> None:
    assert rise(times(len(values)), values, 0.01) is None


def test_what_is_over_is_no_rise() -> None:
    assert rise(times(30), [1.0] * 10 + [9.0] * 10 + [1.0] * 10, 0.01) is None


def test_noise_is_seldom_a_big_rise() -> None:
    rng = random.Random(7)
    found = [rise(times(40), [abs(rng.gauss(1.0, 0.3)) for _ in range(40)], 0.01) for _ in range(300)]
    assert all(f is None or f.value < 3 * f.expected for f in found)


def test_a_past_with_outliers_keeps_its_median() -> None:
    found = rise(times(20), [1.0] * 5 + [40.0] + [1.0] * 10 + [9.0] * 4, 0.01)
    assert found is not None
    assert (found.expected, found.value) == (1.0, 9.0)


def test_steady_growth_is_told_from_a_level_and_from_a_saw() -> None:
    assert growth(times(12), [100.0 + 5 * i for i in range(12)]) == (1000.0, 100.0, 55 / 165)
    assert growth(times(12), [100.0] * 12) is None
    assert growth(times(12), [100.0 + 30 * (i % 4) for i in range(12)]) is None
    assert growth(times(12), [100.0] * 6 + [200.0] * 6) is None
