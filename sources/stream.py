"""One stream of the API: list, then watch, again and again, whatever happens in between.

Nothing is lost: a watch resumes after the last line that was handed on; when the server has forgotten that point (410),
or has become another one, the stream lists again. https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import threading
from collections.abc import Callable
from random import Random
from typing import Final

from causeline.core.errors import ClusterError
from causeline.core.ports import Clock
from causeline.sources.backoff import Backoff
from causeline.sources.connect import Answered, Api, Denied, Gone, Interrupted, Silent, Unauthorized
from causeline.sources.follower import Follower
from causeline.sources.inbox import Closed, Inbox
from causeline.sources.lister import Lister
from causeline.sources.outlet import Outlet
from causeline.sources.resources import Resource
from causeline.sources.timing import Timing

UNAUTHORIZED_TRIES: Final = 5
"""A server that starts may refuse good credentials for a moment; before its first good answer a refusal is final."""

DENIED_TRIES: Final = 3
"""So many tries at the pace of ordinary errors: a server that starts may not know its roles yet."""


class StreamWatch:
    """The life of one stream; `run` is the body of its thread."""

    def __init__(
        self,
        resource: Resource,
        api: Api,
        inbox: Inbox,
        *,
        clock: Clock,
        random: Random,
        position: str | None,
        timing: Timing,
        line_bytes_max: int,
        page_objects: int,
        on_silence: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        self.resource = resource
        self._timing = timing
        self._on_silence = on_silence
        self._outlet = Outlet(resource, inbox, clock, position)
        self.counters = self._outlet.counters
        self._lister = Lister(resource, api, self._outlet, read_seconds=timing.read, page_objects=page_objects)
        self._follower = Follower(
            resource,
            api,
            self._outlet,
            random=random,
            timing=timing,
            line_bytes_max=line_bytes_max,
            monotonic=monotonic,
        )
        self.hang_up = self._follower.hang_up
        self._backoff = Backoff(random, first=timing.backoff_first, most=timing.backoff_most)
        self._stopping = threading.Event()
        self._must_list = position is None
        self._was_let_in = False
        self._refusals = 0

    @property
    def known_objects(self) -> int:
        """How many objects are remembered, so that the next list gives only the difference."""
        return len(self._lister.known)

    def run(self) -> None:
        """List and watch until `stop`. Raises ClusterError when the server refuses our credentials for good."""
        try:
            while not self._stopping.is_set():
                self._once()
        except Closed:
            return

    def stop(self) -> None:
        """End soon: a watch that waits is interrupted."""
        self._stopping.set()
        self.hang_up("stopped", for_good=True)

    def _once(self) -> None:
        self._follower.made_progress = False
        try:
            self._list_and_watch()
            self._backoff.reset()
        except Interrupted as error:
            if self._follower.made_progress:
                self._backoff.reset()
            if not self._stopping.is_set():
                self._recover(error)

    def _list_and_watch(self) -> None:
        if not self._must_list and (why := self._lister.is_rolled_back()):
            self._outlet.gap(why)
            self._lister.forget()
            self._must_list = True
        if self._must_list:
            self._lister.list()
            self._must_list = False
            self._let_in()
        self._follower.follow(self._lister.known, on_open=self._opened)

    def _opened(self) -> None:
        self._let_in()
        self._outlet.resumed()

    def _let_in(self) -> None:
        self._was_let_in = True
        self._refusals = 0

    def _recover(self, error: Interrupted) -> None:
        """Say what happened and wait before the next try."""
        match error:
            case Unauthorized():
                self._unauthorized(error)
            case Denied():
                self._denied(error)
            case Gone():
                self._gone(error)
            case _:
                self._outlet.gap(str(error))
                if isinstance(error, Silent) and self.resource.has_bookmarks:
                    self._on_silence()
                self._wait(max(self._backoff.next(), self._asked_wait(error)))

    def _unauthorized(self, error: Unauthorized) -> None:
        self._refusals += 1
        if not self._was_let_in or self._refusals >= UNAUTHORIZED_TRIES:
            raise ClusterError(f"the API server refuses our credentials ({error}); check the kubeconfig's user")
        self._outlet.gap(str(error))
        self._wait(self._backoff.next())

    def _denied(self, error: Denied) -> None:
        self._refusals += 1
        self.counters.refused += 1
        if self._refusals == 1:
            self._outlet.mark("ERROR", f"{error}; going on without {self.resource.stream}", None)
            if self._was_let_in:
                self._outlet.gap(str(error))
        self._wait(self._backoff.next() if self._refusals <= DENIED_TRIES else self._timing.denied_retry)

    def _gone(self, error: Gone) -> None:
        """Too old: list again, at once unless the stream goes round in circles."""
        self.counters.gone += 1
        self._outlet.gap(str(error))
        if self._must_list or not self._follower.made_progress:
            self._wait(self._backoff.next())
        self._must_list = True

    def _asked_wait(self, error: Interrupted) -> float:
        wait = error.wait if isinstance(error, Answered) else None
        return min(wait or 0.0, self._timing.backoff_most)

    def _wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)
