"""The completeness ledger: every window in which a stream could not be seen, and what came through all the same.

A cut that was resumed from its resourceVersion lost nothing: what happened meanwhile arrives afterwards and is counted
as recovered. After a relist the server's history is gone: objects are compared with the list, and what events lived and
died inside the window nobody can know.
"""

from typing import Final

import msgspec

from causeline.core.observations import EVENT_STREAMS, StreamMark
from causeline.core.results import LedgerEntry

WINDOWS_MAX: Final = 10_000
"""Windows kept in memory, the newest; the store has all."""


class Window(msgspec.Struct):
    """A window that is open: since when, why, and whether the history was lost."""

    since: float
    why: str
    is_relisted: bool = False
    to: float | None = None
    recovered: int = 0


class Ledger(msgspec.Struct):
    """Blind windows by stream: at most one is open, the last closed one still counts what it recovered."""

    open: dict[str, Window] = {}
    listing: dict[str, Window] = {}
    known: dict[str, bool] = {}
    closed: list[tuple[str, Window]] = []
    put: int = 0
    counted: dict[str, int] = {}
    """What each list that goes on had recovered when it was last put out."""
    """How many of the closed ones were put out."""

    def marked(self, mark: StreamMark) -> None:
        """Take in a stream's list, error or gap."""
        if mark.mark == "GAP" and not mark.is_end and mark.text != "closed":
            self.open.setdefault(mark.stream, Window(mark.t, mark.text[:200]))
        elif mark.mark == "ERROR":
            window = self.open.setdefault(
                mark.stream, Window(mark.t, mark.text[:200] or "the watch ended with an error")
            )
            window.is_relisted = window.is_relisted or "410" in mark.text or "too old" in mark.text
        elif mark.mark == "LIST":
            self._listed(mark)
        elif mark.mark == "BOOKMARK":
            self.heard(mark.stream, mark.t, is_list=False, counts=False)
            self.listing.pop(mark.stream, None)

    def _listed(self, mark: StreamMark) -> None:
        window = self.open.pop(mark.stream, None)
        if window is None and self.known.get(mark.stream):
            window = Window(mark.t, "listed anew")
        self.known[mark.stream] = True
        if window is not None:
            window.is_relisted, window.to = True, mark.t
            self.closed.append((mark.stream, window))
            self.listing[mark.stream] = window

    def heard(self, stream: str, t: float, *, is_list: bool, counts: bool = True) -> None:
        """Something came in on a stream: an open window ends; what a relist brings is recovered."""
        window = self.open.pop(stream, None)
        if window is not None:
            window.to = t
            self.closed.append((stream, window))
            window.recovered += counts
        elif is_list and counts and stream in self.listing:
            self.listing[stream].recovered += 1

    def take_closed(self) -> list[LedgerEntry]:
        """Return the windows that closed since the last call, and those that still count what they recover."""
        if self.put == len(self.closed) and not self.listing:
            return []
        counting = [(s, w) for s, w in self.listing.items() if self.counted.get(s) != w.recovered]
        self.counted = {s: w.recovered for s, w in self.listing.items()}
        found = [self._entry(s, w, 0.0) for s, w in (*self.closed[self.put :], *counting)]
        del self.closed[: max(0, len(self.closed) - WINDOWS_MAX)]
        self.put = len(self.closed)
        return found

    def relink(self) -> None:
        """After a checkpoint was read: the window that still counts is the one among the closed, not a copy."""
        for stream in self.listing:
            self.listing[stream] = next((w for s, w in reversed(self.closed) if s == stream), self.listing[stream])

    def entries(self, t: float) -> list[LedgerEntry]:
        """Return all windows, oldest first; one that is open ends now."""
        found = [self._entry(s, w, t) for s, w in (*self.closed, *self.open.items())]
        return sorted(found, key=lambda e: (e.from_, e.stream))

    def _entry(self, stream: str, window: Window, t: float) -> LedgerEntry:
        to = t if window.to is None else window.to
        return LedgerEntry(stream, window.since, to, window.why, window.recovered, self._lost(stream, window))

    @staticmethod
    def _lost(stream: str, window: Window) -> str:
        if window.to is None:
            return "unknown"
        return "unknown" if window.is_relisted and stream in EVENT_STREAMS else "0"
