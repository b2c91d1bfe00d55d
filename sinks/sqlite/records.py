"""The completeness ledger, dead letters and small values in main.db."""

from typing import Final

import msgspec

from causeline.core.observations import DeadLetter
from causeline.core.ports import DEAD_LETTERS_MAX
from causeline.core.results import LedgerEntry
from causeline.sinks.sqlite.database import Database

TOTAL_KEY: Final = "dead_letters_total"

_encode: Final = msgspec.json.Encoder().encode
_decode_entry: Final = msgspec.json.Decoder(LedgerEntry).decode
_decode_letter: Final = msgspec.json.Decoder(DeadLetter).decode


def put_entry(database: Database, entry: LedgerEntry) -> None:
    """Upsert a blind window by stream and start, inside a transaction."""
    database.execute(_PUT_ENTRY, (entry.stream, entry.from_, _encode(entry)))


def list_entries(database: Database) -> list[LedgerEntry]:
    """Return the blind windows, oldest first."""
    return [_decode_entry(body) for (body,) in database.rows("SELECT body FROM ledger ORDER BY start, stream")]


def put_letter(database: Database, letter: DeadLetter) -> None:
    """Keep a dead letter, inside a transaction; at the bound the oldest makes room, an older one is not kept."""
    if database.execute("SELECT 1 FROM dead_letters WHERE id = ?", (letter.id,)).fetchone():
        return
    kept = database.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
    if kept >= DEAD_LETTERS_MAX:
        oldest = database.execute("SELECT at, id, rowid FROM dead_letters ORDER BY at, id LIMIT 1").fetchone()
        if (letter.at, letter.id) < oldest[:2]:
            return
        database.execute("DELETE FROM dead_letters WHERE rowid = ?", (oldest[2],))
    database.execute(
        "INSERT INTO dead_letters (id, at, body) VALUES (?, ?, ?)", (letter.id, letter.at, _encode(letter))
    )
    put_value(database, TOTAL_KEY, str(letters_total(database) + 1).encode())


def list_letters(database: Database) -> list[DeadLetter]:
    """Return the dead letters, oldest first."""
    return [_decode_letter(body) for (body,) in database.rows("SELECT body FROM dead_letters ORDER BY at, id")]


def letters_total(database: Database) -> int:
    """Return how many dead letters were ever kept."""
    return int(get_value(database, TOTAL_KEY) or b"0")


def put_value(database: Database, key: str, value: bytes) -> None:
    """Upsert a small value, inside a transaction."""
    database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def get_value(database: Database, key: str) -> bytes | None:
    """Return a small value, or None."""
    rows = database.rows("SELECT value FROM meta WHERE key = ?", (key,))
    return rows[0][0] if rows else None


_PUT_LETTER: Final = "INSERT INTO dead_letters (id, at, body) VALUES (?, ?, ?)"
_PUT_ENTRY: Final = "INSERT OR REPLACE INTO ledger (stream, start, body) VALUES (?, ?, ?)"
