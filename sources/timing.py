"""How long the watcher waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Durations in seconds."""

    connect: float = 5.0
    read: float = 60.0
    """Longest silence of a list."""
    event_watch: float = 240.0
    """A watch of events gets no bookmarks: it must end before etcd forgets its start (5 min by default)."""
    object_watch: float = 570.0
    grace: float = 5.0
    """The server may close that much later than it was asked to."""
    idle: float = 90.0
    """Bookmarks come every 60 s: a longer silence of anything but events is a dead connection."""
    backoff_first: float = 1.0
    backoff_most: float = 30.0
    denied_retry: float = 300.0
    liveness: float = 5.0
    """How often the server is asked whether it is there; 0: never."""
