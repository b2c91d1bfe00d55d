"""The Kubernetes API -> observations: one watch per resource, nothing lost, memory flat in the cluster's size.

Read `run` of stream.py for what one stream goes through, inbox.py for how what they see becomes batches with positions.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from random import Random

from kubernetes.client import ApiClient

from causeline.core.errors import ClusterError
from causeline.core.ports import Clock
from causeline.sources.connect import Answered, Api, Interrupted
from causeline.sources.counters import Counters
from causeline.sources.inbox import DRAIN_SECONDS, Batch, Inbox
from causeline.sources.recording import LINE_BYTES_MAX
from causeline.sources.resources import DEFAULT_STREAMS, Resource
from causeline.sources.stream import StreamWatch
from causeline.sources.timing import Timing

__all__ = ["DEFAULT_STREAMS", "Batch", "Timing", "Watcher"]

SERVER_ERRORS = 500
"""HTTP statuses from here on say that the server itself is not well."""


class Watcher:
    """Watches a cluster from `positions` on (stream -> resourceVersion, as the last batch gave them; None: list all).

    Everything goes through `inbox`, so other sources (an Exporter) may share it and arrive in the same batches.
    """

    def __init__(
        self,
        client: ApiClient,
        *,
        clock: Clock,
        random: Random,
        streams: Sequence[Resource] = DEFAULT_STREAMS,
        positions: dict[str, str] | None = None,
        queue_max: int = 10_000,
        timing: Timing | None = None,
        line_bytes_max: int = LINE_BYTES_MAX,
        page_objects: int = 500,
        inbox: Inbox | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timing = timing or Timing()
        self._api = Api(client, connect_seconds=self._timing.connect)
        self.inbox = inbox or Inbox(positions=positions, queue_max=queue_max, monotonic=monotonic)
        self.inbox.is_idle = self._is_idle
        self._stopping = threading.Event()
        self._streams = [
            StreamWatch(
                resource,
                self._api,
                self.inbox,
                clock=clock,
                random=Random(random.random()),  # noqa: S311 - jitter; one each, for threads don't share one
                position=(positions or {}).get(resource.stream),
                timing=self._timing,
                line_bytes_max=line_bytes_max,
                page_objects=page_objects,
                on_silence=self._on_silence,
                monotonic=monotonic,
            )
            for resource in streams
        ]
        self._threads = [
            threading.Thread(target=partial(self._run, stream), name=f"watch-{stream.resource.stream}", daemon=True)
            for stream in self._streams
        ]
        if self._timing.liveness > 0:
            self._threads.append(threading.Thread(target=self._watch_liveness, name="watch-liveness", daemon=True))

    @property
    def counters(self) -> Counters:
        """The sum over all streams."""
        total = reduce(Counters.plus, (stream.counters for stream in self._streams), Counters())
        total.queue_high_water = self.inbox.high_water
        return total

    @property
    def counters_by_stream(self) -> dict[str, Counters]:
        """Counters of each stream, live."""
        return {stream.resource.stream: stream.counters for stream in self._streams}

    def start(self) -> None:
        """Start the threads; once."""
        for thread in self._threads:
            thread.start()

    def batches(self) -> Iterator[Batch]:
        """Yield batches until `stop`. Raises ClusterError when the server refuses our credentials."""
        return self.inbox.batches()

    def stop(self) -> None:
        """End within 2 s; what is already queued is still handed out by `batches`."""
        self._stop(None)
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(DRAIN_SECONDS / len(self._threads))

    def _stop(self, failure: ClusterError | None) -> None:
        self._stopping.set()
        for stream in self._streams:
            stream.stop()
        self.inbox.close(failure)

    def _is_idle(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, stream: StreamWatch) -> None:
        failure = ClusterError(f"the watch of {stream.resource.stream} ended by a fault of ours; the log says which")
        try:
            stream.run()
        except ClusterError as error:
            failure = error
        finally:
            if not self._stopping.is_set():
                self._stop(failure)

    def _on_silence(self) -> None:
        """One silent connection: streams that would not notice for minutes (no bookmarks) connect again too."""
        for stream in self._streams:
            if not stream.resource.has_bookmarks:
                stream.hang_up("another watch fell silent", older_than=self._timing.idle)

    def _watch_liveness(self) -> None:
        """A server that was stopped in order leaves watches open and silent, but answers no new request."""
        was_alive = True
        while not self._stopping.wait(self._timing.liveness):
            is_alive = self._is_alive()
            if was_alive and not is_alive:
                for stream in self._streams:
                    stream.hang_up("the API server does not answer")
            was_alive = is_alive

    def _is_alive(self) -> bool:
        try:
            self._api.read("/readyz", {}, self._timing.connect, bytes_max=LINE_BYTES_MAX)
        except Answered as error:
            return error.status < SERVER_ERRORS
        except Interrupted:
            return False
        return True
