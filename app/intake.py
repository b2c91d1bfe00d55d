"""Everything that watches, behind one inbox: started together, stopped by a signal, in order."""

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from random import Random
from types import FrameType
from typing import Final

from kubernetes.client import ApiClient

from causeline.app.live import Ticker
from causeline.app.wire import watched_streams
from causeline.core.config import Settings, TargetSettings
from causeline.core.ports import Clock
from causeline.core.refs import ContainerRun
from causeline.knowledge.log_lines import read_line
from causeline.sources.connect import Api, connect
from causeline.sources.exporter import Exporter, Scrape, Target
from causeline.sources.inbox import Batch, Inbox
from causeline.sources.pod_logs import LogReader
from causeline.sources.watcher import Watcher

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Intake:
    """Watcher, exporters and, for a run, a ticker. `positions`: from where to watch; empty: list all."""

    def __init__(
        self,
        settings: Settings,
        client: ApiClient,
        clock: Clock,
        *,
        positions: dict[str, str] | None = None,
        ticks: bool = True,
        on_scrape: Callable[[Scrape], None] = lambda _: None,
    ) -> None:
        streams = watched_streams(settings)
        inbox = Inbox(positions=positions, queue_max=settings.watch.queue_max)
        self._watcher = Watcher(
            client,
            clock=clock,
            random=Random(),  # noqa: S311 - jitter
            streams=streams,
            positions=positions,
            inbox=inbox,
        )
        self._exporters = [
            Exporter(targets, emit=inbox.emit, clock=clock, interval_seconds=seconds, on_scrape=on_scrape)
            for seconds, targets in _by_interval(settings.targets)
        ]
        self._ticker = Ticker(inbox.emit, clock) if ticks else None
        self._logs = LogReader(Api(client), inbox.emit, clock, complains) if settings.logs.enabled else None
        self._stopping = threading.Event()

    def batches(self) -> Generator[Batch, None, None]:
        """Start everything and yield batches until it is stopped. Raises ClusterError when the cluster refuses us."""
        self._watcher.start()
        for exporter in self._exporters:
            exporter.start()
        for part in (self._ticker, self._logs):
            if part is not None:
                part.start()
        try:
            yield from self._watcher.batches()
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop everything; what has come is still handed out. The watcher goes first: it closes the inbox."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._ticker is not None:
            self._ticker.stop()
        self._watcher.stop()
        for exporter in self._exporters:
            exporter.stop()
        if self._logs is not None:
            self._logs.stop()

    def ask_logs(self, runs: Iterable[ContainerRun]) -> None:
        """Have the last lines of these containers read, where the settings allow it. Never waits."""
        if self._logs is not None:
            for run in runs:
                self._logs.ask(run)

    @contextmanager
    def stopped_by_signals(self, for_seconds: float | None) -> Iterator[None]:
        """Let SIGINT, SIGTERM or the time stop it; a second signal is a KeyboardInterrupt."""

        def stop_soon() -> None:
            threading.Thread(target=self.stop, name="stopping", daemon=True).start()

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            if self._stopping.is_set():
                raise KeyboardInterrupt
            stop_soon()

        before = [(number, signal.signal(number, on_signal)) for number in STOP_SIGNALS]
        timer = threading.Timer(min(for_seconds or 0.0, threading.TIMEOUT_MAX), stop_soon)
        timer.daemon = True
        try:
            if for_seconds is not None:
                timer.start()
            yield
        finally:
            timer.cancel()
            for number, handler in before:
                signal.signal(number, handler)


def connect_to(settings: Settings) -> ApiClient:
    """Return a client of the cluster that the settings name. Raises ClusterError."""
    kubeconfig = settings.cluster.kubeconfig
    return connect(kubeconfig.expanduser() if kubeconfig else None, settings.cluster.context)


def _by_interval(targets: list[TargetSettings]) -> Iterator[tuple[float, list[Target]]]:
    ordered = sorted(targets, key=lambda target: target.interval_seconds)
    for seconds, group in groupby(ordered, key=lambda target: target.interval_seconds):
        yield seconds, [target_of(target) for target in group]


def target_of(target: TargetSettings) -> Target:
    """Return the target as the exporter takes it."""
    token, ca = target.bearer_token_file, target.ca_file
    return Target(target.name, target.url, token and token.expanduser(), ca and ca.expanduser())


def complains(line: str) -> bool:
    """Tell whether a log line says of something known that it is wrong."""
    return read_line(line) is not None
