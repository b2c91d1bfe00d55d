"""The last lines of single containers, asked for on demand: bounded in number, size and rate; redacted at once.

Needs the right to `get` `pods/log`. A kubelet that is slow or away costs one waiting request, never the watches.
https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
"""

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final, Protocol

from causeline.core.observations import OutsideSeen, StreamMark
from causeline.core.ports import Clock
from causeline.core.redact import redact_start
from causeline.core.refs import ContainerRun
from causeline.sources.connect import Answered, Interrupted, Unauthorized
from causeline.sources.inbox import Closed

STREAM: Final = "logs"
TAIL_LINES: Final = 200
BYTES_MAX: Final = 65_536
LINE_CHARS: Final = 1_000
COMPLAINTS_MAX: Final = 10
"""Lines that complain, kept of one answer: the last ones."""
LAST_LINES: Final = 2
"""Last words of a container, kept whatever they say."""
READ_SECONDS: Final = 5.0
WAITING_MAX: Final = 200
"""Questions that wait; one more is counted and not asked. The incident's next change asks it again."""
REMEMBERED_MAX: Final = 5_000
AGAIN_SECONDS: Final = 60.0
"""A container that goes on running is asked again after this long, for what it printed since."""
REFUSED_SECONDS: Final = 300.0
"""After a refusal (403) nothing is asked for this long."""
ASKED_PER_SECOND: Final = 5.0
NOT_THERE: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})
"""No node yet, no such pod any more, no such run of the container."""


class ReadsLogs(Protocol):
    """What is needed of the API server's client."""

    def read(self, path: str, query: dict[str, str], read_seconds: float, bytes_max: int) -> bytes:
        """Return a body. Raises Interrupted."""
        ...


def last_lines(
    api: ReadsLogs, run: ContainerRun, complains: Callable[[str], bool], since_seconds: int | None = None
) -> list[str]:
    """Return what is worth keeping of a container's last lines: complaints and last words. Raises Interrupted."""
    query = {"container": run.container, "tailLines": str(TAIL_LINES), "limitBytes": str(BYTES_MAX)}
    if run.previous:
        query["previous"] = "true"
    elif since_seconds is not None:
        query["sinceSeconds"] = str(max(since_seconds, 1))
    path = f"/api/v1/namespaces/{run.pod.namespace}/pods/{run.pod.name}/log"
    body = api.read(path, query, READ_SECONDS, 2 * BYTES_MAX).decode("utf-8", "replace")
    lines = [redact_start(line.rstrip(), LINE_CHARS) for line in body.splitlines() if line.strip()]
    complaints = [n for n, line in enumerate(lines) if complains(line)][-COMPLAINTS_MAX:]
    chosen = sorted({*complaints, *range(max(len(lines) - LAST_LINES, 0), len(lines))})
    return [lines[n] for n in chosen]


def is_no_answer(error: Interrupted) -> bool:
    """Tell whether there is simply no such log."""
    return isinstance(error, Answered) and error.status in NOT_THERE


class LogReader:
    """One thread that answers questions. Lines go to `emit` as OutsideSeen, a refusal as a GAP of the stream `logs`."""

    def __init__(
        self,
        api: ReadsLogs,
        emit: Callable[[OutsideSeen | StreamMark], None],
        clock: Clock,
        complains: Callable[[str], bool],
    ) -> None:
        self.not_asked = 0
        """Questions beyond WAITING_MAX, since the start."""
        self._api = api
        self._emit = emit
        self._clock = clock
        self._complains = complains
        self._waiting: queue.Queue[ContainerRun] = queue.Queue(WAITING_MAX)
        self._asked: OrderedDict[ContainerRun, float] = OrderedDict()
        self._refused_until = 0.0
        self._gap = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def start(self) -> None:
        """Start; once."""
        self._thread.start()

    def stop(self) -> None:
        """End; the request that is under way is waited for."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def ask(self, run: ContainerRun) -> None:
        """Put a question in the queue, if it was not asked lately. Never waits."""
        asked_at = self._asked.get(run)
        if asked_at is not None and (run.previous or self._clock.now() - asked_at < AGAIN_SECONDS):
            return
        try:
            self._waiting.put_nowait(run)
        except queue.Full:
            self.not_asked += 1

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                run = self._waiting.get(timeout=1 / ASKED_PER_SECOND)
            except queue.Empty:
                continue
            try:
                for seen in self._answer(run):
                    self._emit(seen)
            except Closed:
                return
            self._stopping.wait(1 / ASKED_PER_SECOND)

    def _answer(self, run: ContainerRun) -> Iterator[OutsideSeen | StreamMark]:
        now = self._clock.now()
        asked_at = self._asked.get(run)
        if now < self._refused_until or (asked_at is not None and now - asked_at < AGAIN_SECONDS):
            return
        since = None if asked_at is None else int(now - asked_at) + 1
        try:
            lines = last_lines(self._api, run, self._complains, since)
        except Interrupted as error:
            if not is_no_answer(error):
                yield from self._blind(error)
            return
        self._remember(run, now)
        if self._gap:
            self._gap = ""
            yield StreamMark(self._clock.now(), STREAM, "BOOKMARK", "resumed")
        for line in lines:
            yield OutsideSeen(self._clock.now(), "logs", run.pod, line)

    def _blind(self, error: Interrupted) -> Iterator[StreamMark]:
        if isinstance(error, Unauthorized) or getattr(error, "status", None) == HTTPStatus.FORBIDDEN:
            self._refused_until = self._clock.now() + REFUSED_SECONDS
        text = f"pods/log: {error}"
        if text != self._gap:
            self._gap = text
            yield StreamMark(self._clock.now(), STREAM, "GAP", text)

    def _remember(self, run: ContainerRun, now: float) -> None:
        self._asked[run] = now
        self._asked.move_to_end(run)
        while len(self._asked) > REMEMBERED_MAX:
            self._asked.popitem(last=False)
