"""What `run` shows: a line for each incident that is new or has changed, and on a terminal a status line."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Self

from rich.status import Status

from causeline.app.escape import harmless
from causeline.app.render import console, incident_line, state_text
from causeline.core.observations import DeadLetter, Observation, StreamMark
from causeline.core.results import Incident

REMEMBERED: Final = 10_000
"""Incidents whose last line is remembered; an older one that changes is simply said again."""

TEXTS_REMEMBERED: Final = 100


class RunScreen:
    """Lines go to stdout; the status line too, and only where a terminal is."""

    def __init__(self, cluster: str) -> None:
        self._cluster = harmless(cluster)
        self._console = console()
        self._status: Status | None = None
        self._said: OrderedDict[str, tuple[object, ...]] = OrderedDict()
        self._open: set[str] = set()
        self._errors = console(stderr=True)
        self._blind: OrderedDict[str, None] = OrderedDict()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def began(self, text: str) -> None:
        """Say on stderr what is watched."""
        self._errors.out(f"causeline: {self._cluster}: {harmless(text)}", highlight=False)

    def say(self, text: str) -> None:
        """Set the status line."""
        if self._status is not None:
            self._status.update(f"{self._cluster}: {text}")

    def counted(self, records: int) -> None:
        """Set the status line to how much was seen."""
        self.say(f"{records} observations, {len(self._open)} open incidents; Ctrl-C ends")

    def marked(self, records: Iterable[Observation | DeadLetter]) -> None:
        """Say on stderr, once for each text, why the cluster or a part of it can't be seen."""
        for record in records:
            if isinstance(record, StreamMark) and record.mark in ("GAP", "ERROR") and record.text not in self._blind:
                self._blind[record.text] = None
                self._errors.out(f"causeline: {self._cluster}: {harmless(record.text)}", highlight=False)
        while len(self._blind) > TEXTS_REMEMBERED:
            self._blind.popitem(last=False)

    def told(self, incident: Incident) -> None:
        """Say an incident whose state (over among them), severity, title or first suspect changed."""
        first = incident.suspects[0] if incident.suspects else None
        what = (state_text(incident), incident.severity, incident.title, first and (first.cause, first.detail))
        (self._open.add if incident.state == "open" else self._open.discard)(incident.id)
        if self._said.get(incident.id) == what:
            return
        self._said[incident.id] = what
        self._said.move_to_end(incident.id)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        self._console.out(incident_line(incident), highlight=False)
