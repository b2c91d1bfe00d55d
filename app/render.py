"""What people read: the table of incidents and the view of one. Texts of the cluster are shown, never obeyed."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from causeline.app.escape import harmless, harmless_json
from causeline.core.observations import DeadLetter
from causeline.core.results import Incident, Stats, StoredEvent, Subject, Suspect, TimelineEntry

PIPE_COLUMNS: Final = 120
"""Width where no terminal says one and COLUMNS is not set."""

TIMELINE_LINES: Final = 14
EVIDENCE_LINES: Final = 4
EVIDENCE_CHARS: Final = 240
"""About two lines; `--json` has all of it."""

RULED_OUT_LINES: Final = 4
STYLES: Final = {
    "critical": "bold red",
    "warning": "yellow",
    "info": "cyan",
    "open": "bold",
    "over": "green",
    "resolved": "green",
}
UNKNOWN_CAUSE: Final = "not known"


def console(*, stderr: bool = False) -> Console:
    """Return a console that shows text as it is: no markup, no emoji codes, colours on a terminal only."""
    is_sized = "COLUMNS" in os.environ or (sys.stderr if stderr else sys.stdout).isatty()
    width = None if is_sized else PIPE_COLUMNS
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


def show(screen: Console, content: RenderableType) -> None:
    """Print `content`; where no terminal is, without the blanks that fill its lines."""
    if screen.is_terminal:
        screen.print(content)
        return
    with screen.capture() as captured:
        screen.print(content)
    for line in captured.get().splitlines():
        screen.out(line.rstrip(), highlight=False)


def print_json(document: object) -> None:
    """Print `document` as one line of JSON."""
    sys.stdout.buffer.write(harmless_json(msgspec.json.encode(document)) + b"\n")
    sys.stdout.buffer.flush()


def clock_text(at: float) -> str:
    """Return `at` (unix seconds) as HH:MM:SS of UTC."""
    return _moment(at, "%H:%M:%S")


def moment_text(at: float) -> str:
    """Return `at` (unix seconds) as date and time of UTC."""
    return _moment(at, "%Y-%m-%d %H:%M:%S")


def _moment(at: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime(form)
    except (ValueError, OverflowError, OSError):
        return f"{at:.0f} s"


def span_text(seconds: float) -> str:
    """Return a duration in its two greatest units: `2 d 3 h`, `5 m 10 s`, `12 s`."""
    left, parts = round(max(seconds, 0.0)), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        amount, left = divmod(left, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2]) or "0 s"


def subject_text(subject: Subject) -> str:
    """Return `Kind namespace/name`."""
    return harmless(str(subject.ref))


def cause_text(suspect: Suspect) -> str:
    """Return the cause and its detail."""
    cause = UNKNOWN_CAUSE if suspect.cause == "unknown" else suspect.cause
    return harmless(f"{cause} ({suspect.detail})" if suspect.detail else cause)


def incident_line(incident: Incident) -> str:
    """Return one incident in one line, for a log of what happens."""
    cause = cause_text(incident.suspects[0]) if incident.suspects else UNKNOWN_CAUSE
    return (
        f"{moment_text(incident.started_at)}  {incident.id[:8]}  {state_text(incident):<8}  {incident.severity:<8}  "
        f"{harmless(incident.title)}  [{cause}]"
    )


def incidents_table(incidents: Sequence[Incident]) -> RenderableType:
    """Return the table of incidents, in the order given."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("ID", "SEVERITY", "STATE", "STARTED (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("WHAT", overflow="fold", ratio=3)
    table.add_column("CAUSE", overflow="fold", ratio=2)
    for incident in incidents:
        first = incident.suspects[0] if incident.suspects else None
        table.add_row(
            Text(harmless(incident.id[:8])),
            Text(incident.severity, STYLES.get(incident.severity, "")),
            Text(state_text(incident), STYLES.get(state_text(incident), "")),
            Text(moment_text(incident.started_at)),
            Text(harmless(incident.title)),
            Text(f"{cause_text(first)} {first.confidence:.0%}" if first else UNKNOWN_CAUSE),
        )
    return table


def state_text(incident: Incident) -> str:
    """Return its state in a word: `over` is open with nothing left of it, waiting for a return."""
    return "over" if incident.state == "open" and incident.quiet_since is not None else incident.state


def incident_view(incident: Incident, *, timeline_lines: int = TIMELINE_LINES) -> RenderableType:
    """Return all that a person needs of one incident; its timeline is cut in the middle above `timeline_lines`."""
    head = Text()
    head.append(incident.severity.upper(), STYLES.get(incident.severity, ""))
    head.append(f"  {harmless(incident.title)}", "bold")
    rows: list[tuple[str, RenderableType]] = [("when", Text(_when(incident)))]
    rows += _suspects(incident.suspects)
    rows.append(("affected", Text(", ".join(map(subject_text, incident.affected)) or "nothing that serves")))
    if incident.suspects:
        rows.append(("remedy", Text(harmless(incident.suspects[0].remedy) or "none known")))
        rows += _labelled("evidence", _evidence(incident.suspects[0]))
    rows += _labelled("timeline", [_entry(e) for e in _bounded(incident.timeline, timeline_lines)])
    ruled_out = [Text(harmless(r.text)) for r in incident.ruled_out[:RULED_OUT_LINES]]
    rows += _labelled("ruled out", ruled_out)
    return Group(head, _grid(rows))


def _grid(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", min_width=11)
    grid.add_column(overflow="fold")
    for label, content in rows:
        grid.add_row(f"  {label}", content)
    return grid


def _labelled(label: str, lines: Sequence[RenderableType]) -> list[tuple[str, RenderableType]]:
    return [(label if number == 0 else "", line) for number, line in enumerate(lines)]


def _when(incident: Incident) -> str:
    text = f"{incident.state} since {moment_text(incident.started_at)} UTC"
    if incident.resolved_at is not None:
        lasted = span_text(incident.resolved_at - incident.started_at)
        text = f"{moment_text(incident.started_at)} UTC, resolved after {lasted}"
    if incident.quiet_since is not None and incident.state == "open":
        lasted = span_text(incident.quiet_since - incident.started_at)
        text = f"{moment_text(incident.started_at)} UTC, over after {lasted}; resolved if nothing of it returns"
    if incident.recurs:
        text += f", as in {harmless(incident.recurs[:8])} before"
    if incident.merged_into:
        text += f", merged into {harmless(incident.merged_into)}"
    found = span_text(incident.detected_at - incident.started_at)
    return f"{text}; found within {found}; id {harmless(incident.id)}"


def _suspects(suspects: Sequence[Suspect]) -> list[tuple[str, RenderableType]]:
    if not suspects:
        return [("cause", Text(UNKNOWN_CAUSE))]
    lines = [Text(f"{cause_text(s)}: {subject_text(s.object)}, confidence {s.confidence:.0%}") for s in suspects]
    lines[0].stylize("bold")
    return [("cause", lines[0]), *_labelled("or else", lines[1:])]


def _evidence(suspect: Suspect) -> list[Text]:
    told = {e.text.partition(": ")[2] or e.text: e for e in reversed(suspect.evidence)}
    kinds = sorted(told.values(), key=suspect.evidence.index)
    found = [Text(f"{clock_text(e.at)}  {_cut(e.text)}") for e in kinds[:EVIDENCE_LINES]]
    more = len(suspect.evidence) - len(found)
    return [*found, Text(f"and {more} more", "dim")] if more > 0 else found


def _cut(text: str) -> str:
    """Cut a text in its middle: messages begin with what was done and end with what went wrong."""
    most = EVIDENCE_CHARS // 2
    return harmless(text if len(text) <= EVIDENCE_CHARS else f"{text[: most - 1]}…{text[-most:]}")


def _bounded(entries: Sequence[TimelineEntry], most: int) -> list[TimelineEntry | int]:
    if len(entries) <= most:
        return list(entries)
    tail = most // 2
    return [*entries[: most - tail], len(entries) - most, *entries[-tail:]]


def _entry(entry: TimelineEntry | int) -> Text:
    if isinstance(entry, int):
        return Text(f"          {entry} entries more: --json has them all", "dim")
    name = str(entry.object.ref)
    text = entry.text if name in entry.text else f"{name}: {entry.text}"
    return Text(f"{clock_text(entry.at)}  {entry.kind:<8}  {harmless(text)}")


def timeline_table(entries: Sequence[tuple[str, TimelineEntry]]) -> RenderableType:
    """Return (incident id, entry) lines as a table."""
    table = _table("AT (UTC)", "INCIDENT", "KIND", "OBJECT", "WHAT")
    for incident_id, entry in entries:
        _add(table, moment_text(entry.at), incident_id[:8], entry.kind, str(entry.object.ref), entry.text)
    return table


def events_table(events: Iterable[StoredEvent]) -> RenderableType:
    """Return events as a table."""
    table = _table("LAST SEEN (UTC)", "COUNT", "REASON", "OBJECT", "MESSAGE")
    for event in events:
        _add(table, moment_text(event.last_at), str(event.count), event.reason, str(event.object.ref), event.message)
    return table


def dead_letters_table(letters: Iterable[DeadLetter]) -> RenderableType:
    """Return dead letters as a table."""
    table = _table("AT (UTC)", "SOURCE", "LINE", "REASON", "ORIGINAL")
    for letter in letters:
        _add(table, moment_text(letter.at), letter.source, str(letter.line), letter.reason, letter.original[:200])
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(names):
        table.add_column(name, no_wrap=number == 0, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(harmless(cell)) for cell in cells))


def stats_line(stats: Stats) -> str:
    """Return what was read, in one line."""
    return (
        f"{stats.events} events ({stats.occurrences} occurrences), {stats.objects} objects, {stats.samples} samples "
        f"in {span_text(stats.cluster_seconds)} of cluster time"
    )
