"""What every Checkpoints does."""

from contextlib import AbstractContextManager

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeline.core.ports import Checkpoints, Manifest
from causeline.core.results import Stats

few = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors],  # one property, many implementations
)
pages = st.dictionaries(st.sampled_from("abcdef"), st.none() | st.binary(max_size=20), max_size=6)


def manifest(count: int, offset: int = 1) -> Manifest:
    return Manifest("v1", offset, 2.5, Stats(events=3), count)


class CheckpointContract:
    """Behaviour of a Checkpoints."""

    def new(self) -> AbstractContextManager[Checkpoints]:
        """Give an empty one."""
        raise NotImplementedError

    @few
    @given(st.lists(pages, min_size=1, max_size=6))
    def test_saves_add_up(self, saves: list[dict[str, bytes | None]]) -> None:
        held: dict[str, bytes | None] = {}
        with self.new() as checkpoints:
            for offset, changed in enumerate(saves):
                held = {name: data for name, data in {**held, **changed}.items() if data is not None}
                checkpoints.save(changed, manifest(len(held), offset))
                assert checkpoints.load() == (manifest(len(held), offset), held)

    def test_none_until_the_first_save_and_after_clear(self) -> None:
        with self.new() as checkpoints:
            assert checkpoints.load() is None
            checkpoints.save({"a": b"1"}, manifest(1))
            checkpoints.clear()
            assert checkpoints.load() is None
            checkpoints.save({"b": b"2"}, manifest(1))
            assert checkpoints.load() == (manifest(1), {"b": b"2"})

    def test_one_that_is_not_whole_counts_as_none(self) -> None:
        with self.new() as checkpoints:
            checkpoints.save({"a": b"1"}, manifest(2))
            assert checkpoints.load() is None
            checkpoints.save({"b": b"2"}, manifest(2))
            assert checkpoints.load() == (manifest(2), {"a": b"1", "b": b"2"})
