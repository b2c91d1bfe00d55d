"""What the tests of the watcher share: a scripted API server and a watcher on it that forgets nothing it saw."""

import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from causeline.core.clock import ManualClock
from causeline.core.errors import ClusterError
from causeline.core.observations import DeadLetter, EventSeen, ObjectSeen, StreamMark
from causeline.sources.connect import disconnect
from causeline.sources.inbox import Batch
from causeline.sources.resources import Resource
from causeline.sources.watcher import Timing, Watcher
from tests.sources.scripted_api import ScriptedApi, scripted_api, wait_until

PODS = Resource("pods", "/api/v1/pods")
EVENTS = Resource("events.v1", "/api/v1/events")
FAST = Timing(
    connect=1,
    read=1,
    event_watch=20,
    object_watch=20,
    grace=0.5,
    idle=5,
    backoff_first=0.01,
    backoff_most=0.05,
    denied_retry=0.1,
    liveness=0,
)


class Seen:
    """A consumer of a watcher's batches on a thread of its own."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.batches: list[Batch] = []
        self.error: ClusterError | None = None
        self._thread = threading.Thread(target=self._consume, daemon=True)
        self._thread.start()
        watcher.start()

    def _consume(self) -> None:
        try:
            for batch in self.watcher.batches():
                self.batches.append(batch)
        except ClusterError as error:
            self.error = error

    @property
    def records(self) -> list[Any]:
        return [record for batch in list(self.batches) for record in batch.records]

    @property
    def objects(self) -> list[tuple[str, str, str]]:
        """(change, name, resourceVersion) of each object and event."""
        return [_short(r) for r in self.records if isinstance(r, ObjectSeen | EventSeen)]

    @property
    def marks(self) -> list[tuple[str, str]]:
        return [(r.mark, r.text) for r in self.records if isinstance(r, StreamMark)]

    @property
    def dead(self) -> list[DeadLetter]:
        return [r for r in self.records if isinstance(r, DeadLetter)]

    @property
    def positions(self) -> dict[str, str]:
        return self.batches[-1].positions if self.batches else {}

    def wait(self, condition: Callable[[], Any], seconds: float = 5.0) -> None:
        wait_until(condition, seconds)

    def wait_object(self, name: str) -> None:
        self.wait(lambda: any(n == name for _, n, _ in self.objects))

    def wait_mark(self, mark: str, text: str = "", times: int = 1) -> None:
        self.wait(lambda: sum(m == mark and text in t for m, t in self.marks) >= times)

    def stop(self) -> None:
        self.watcher.stop()
        self._thread.join(3)
        assert not self._thread.is_alive()


Watch = Callable[..., Seen]
"""The fixture `watch`."""


def _short(seen: ObjectSeen | EventSeen) -> tuple[str, str, str]:
    if isinstance(seen, EventSeen):
        return seen.change, seen.event.name, seen.event.resource_version
    return seen.change, seen.ref.name, seen.object.metadata.resource_version


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api() as api:
        yield api


@pytest.fixture
def watch(api: ScriptedApi) -> Iterator[Watch]:
    """Start a watcher of the scripted API; it is stopped at the end of the test."""
    running: list[tuple[Seen, Any]] = []

    def start(*streams: Resource, **options: Any) -> Seen:
        client = api.client()
        options = {"clock": ManualClock(1000.0), "random": Random(7), "timing": FAST, **options}
        seen = Seen(Watcher(client, streams=streams or (PODS,), **options))
        running.append((seen, client))
        return seen

    yield start
    for seen, client in running:
        seen.stop()
        disconnect(client)
