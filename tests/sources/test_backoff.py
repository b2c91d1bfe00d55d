"""Waits grow, are jittered and bounded."""

from random import Random

from causeline.sources.backoff import Backoff


def test_waits_double_up_to_the_bound_with_jitter() -> None:
    backoff = Backoff(Random(3))
    waits = [backoff.next() for _ in range(10)]
    for wait, bound in zip(waits, [1, 2, 4, 8, 16, 30, 30, 30, 30, 30], strict=True):
        assert bound / 2 <= wait <= bound


def test_a_success_starts_the_waits_again() -> None:
    backoff = Backoff(Random(3))
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert backoff.next() <= 1


def test_two_streams_do_not_wait_alike() -> None:
    assert Backoff(Random(1)).next() != Backoff(Random(2)).next()
