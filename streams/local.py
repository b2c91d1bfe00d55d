"""The engine's carrier in one process: feed, store, checkpoint; the same order that Kafka's carrier keeps.

Results are stored first, the checkpoint is written after them. So what a crash repeats has been stored already, and
storing it again changes nothing: every effect happens once.
"""

from collections.abc import Callable

from causeline.core.observations import DeadLetter, Observation
from causeline.core.ports import Checkpoints, Manifest, Store
from causeline.core.results import Result
from causeline.streams.checkpoint import restore, save_pages
from causeline.streams.pipeline import Engine


class LocalCarrier:
    """Carry one engine from an ordered log to a store. `due` says when to keep the state, `version` whose it is."""

    def __init__(
        self,
        engine: Engine,
        store: Store | None,
        checkpoints: Checkpoints | None,
        *,
        version: str,
        due: Callable[[], bool],
        batch: int = 500,
    ) -> None:
        self.engine = engine
        self.store = store
        self.checkpoints = checkpoints
        self.version = version
        self.due = due
        self.batch = batch
        self.offset = -1
        self._pending: list[Result] = []
        self._pages: set[str] | None = None
        """Names of the pages that the last checkpoint holds; None before the first one."""

    def resume(self) -> int:
        """Return to the newest whole checkpoint of this version; return the offset after which the log is to be fed."""
        found = self.checkpoints.load() if self.checkpoints is not None else None
        if found is not None and found[0].engine == self.version:
            manifest, pages = found
            restore(self.engine.state, pages)
            self.offset = manifest.offset
            self._pages = set(pages)
        elif found is not None and self.checkpoints is not None:
            self.checkpoints.clear()
        return self.offset

    def offer(self, offset: int, seen: Observation | DeadLetter) -> list[Result]:
        """Feed one observation; return what came of it (it will be stored by itself)."""
        results = self.engine.feed(seen)
        self._pending.extend(results)
        self.offset = offset
        if len(self._pending) >= self.batch:
            self.flush()
        if self.checkpoints is not None and self.due():
            self.checkpoint()
        return results

    def flush(self) -> None:
        """Store what is pending. When this raises, it is still pending."""
        if self.store is not None and self._pending:
            self.store.write(self._pending)
        self._pending.clear()

    def checkpoint(self) -> None:
        """Store what is pending, then keep the state."""
        self.flush()
        if self.checkpoints is None:
            return
        if self.store is not None:
            self.store.sync()  # a checkpoint must not outlive, in a power cut, the results that it counts as stored
        state = self.engine.state
        pages = save_pages(state, everything=self._pages is None)
        kept = {name for name, body in pages.items() if body is not None} | ((self._pages or set()) - set(pages))
        self._pages = None  # should saving fail, the next checkpoint keeps everything
        self.checkpoints.save(pages, Manifest(self.version, self.offset, state.now, state.stats, len(kept)))
        self._pages = kept

    def finish(self, t: float | None) -> list[Result]:
        """Tick up to `t`, store all and keep the state."""
        results = self.engine.finish(t)
        self._pending.extend(results)
        self.checkpoint()
        return results
