"""Event storms: what is one and what is not."""

from causeline.detectors.burst import COMPONENTS_MAX, Burst


def storms_over(burst: Burst, component: str, rate: int, start: int, seconds: int) -> list[int]:
    found = []
    for t in range(start, start + seconds):
        burst.learn_one(component, t, rate)
        if burst.storms(t):
            found.append(t)
    return found


def test_a_component_that_floods_is_a_storm_within_seconds() -> None:
    assert storms_over(Burst(), "operator", 100, 1000, 20)[0] <= 1003


def test_the_quiet_life_of_a_cluster_is_none() -> None:
    burst = Burst()
    assert storms_over(burst, "operator", 2, 1000, 600) == []
    assert storms_over(burst, "kubelet", 60, 1000, 600) == []


def test_a_component_that_always_writes_much_is_none_after_a_while() -> None:
    assert [t for t in storms_over(Burst(), "operator", 25, 1000, 600) if t > 1060] == []


def test_a_storm_ends_with_the_flood() -> None:
    burst = Burst()
    storms_over(burst, "operator", 100, 1000, 20)
    assert burst.storms(1031) == []


def test_components_beyond_the_bound_are_counted_not_followed() -> None:
    burst = Burst()
    for i in range(COMPONENTS_MAX + 5):
        burst.learn_one(f"c{i}", 0, 1)
    assert len(burst.rates) == COMPONENTS_MAX
    assert burst.not_followed == 5
