"""What a stream of the watcher has been through, for `causeline doctor` and our own metrics."""

from dataclasses import dataclass, fields


@dataclass
class Counters:
    """Counts since the start; each stream's thread owns one, and the watcher adds them up."""

    lists: int = 0
    relists: int = 0
    """Complete lists after the stream's first."""
    gone: int = 0
    """Answers 410 in either shape, expired continue tokens included."""
    gaps: int = 0
    reconnects: int = 0
    """Watches opened after the stream's first."""
    refused: int = 0
    """Answers 403 or 404: the role or the cluster lacks the resource."""
    bytes: int = 0
    lines: int = 0
    dead_letters: int = 0
    queue_high_water: int = 0
    """The most records that ever waited for the consumer (of the watcher as a whole)."""

    def plus(self, other: "Counters") -> "Counters":
        """Return the sum; the high-water mark is the greater one."""
        total = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        total["queue_high_water"] = max(self.queue_high_water, other.queue_high_water)
        return Counters(**total)
