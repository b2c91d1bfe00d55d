"""What the log of a run holds: a line for each record, dead letters too, so that nothing is only in memory."""

from typing import Final

import msgspec

from causeline.core.errors import DecodeError
from causeline.core.observations import DeadLetter, Observation
from causeline.sources.decode import decode_line, encode_line

DEAD: Final = b'{"dead":'


class _Dead(msgspec.Struct):
    dead: DeadLetter


_decode_dead = msgspec.json.Decoder(_Dead).decode


def encode_record(record: Observation | DeadLetter) -> bytes:
    """Return the line of the log that holds `record`."""
    return msgspec.json.encode(_Dead(record)) if isinstance(record, DeadLetter) else encode_line(record)


def decode_record(offset: int, line: bytes) -> Observation | DeadLetter:
    """Return what `line` holds; what can't be understood (another version wrote it) is a dead letter."""
    try:
        return _decode_dead(line).dead if line.startswith(DEAD) else decode_line(line)
    except (msgspec.MsgspecError, DecodeError) as error:
        original = line[:4096].decode("utf-8", "replace")
        return DeadLetter(f"log-{offset}", 0.0, "log", offset, str(error), original)
