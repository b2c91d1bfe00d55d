"""What is remembered of each object, and how much memory that takes."""

import tracemalloc
from uuid import uuid4

from causeline.sources.listing import Identity, Known


def _identity(uid: str = "", version: str = "1", name: str = "a") -> Identity:
    return Identity(uid, version, "shop", name)


def test_a_state_is_new_once() -> None:
    known = Known()
    uid = str(uuid4())
    assert known.note(_identity(uid))
    assert not known.note(_identity(uid))
    assert known.note(_identity(uid, "2"))


def test_what_is_not_among_the_keys_is_forgotten_and_named() -> None:
    known = Known()
    identities = [_identity(str(uuid4()), "1", "a"), _identity("not-a-uuid", "2", "b"), _identity("", "3", "c")]
    identities.append(_identity(str(uuid4()).upper(), "4", "d"))
    for identity in identities:
        known.note(identity)
    assert known.forget_others(set()) == identities
    assert len(known) == 0


def test_an_object_takes_at_most_300_bytes() -> None:
    count = 20_000
    tracemalloc.start()
    try:
        known = Known()
        before = tracemalloc.get_traced_memory()[0]
        for n in range(count):
            known.note(
                Identity(str(uuid4()), str(1_000_000_000 + n), "namespace-of-a-team", f"workload-7d4b9c6f5-{n:05d}")
            )
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert used / count <= 300
