"""The engine's state in one file, page by page; what is there is whole, because it came in one transaction."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import msgspec

from causeline.core.ports import Manifest
from causeline.sinks.sqlite.database import Database

_decode: Final = msgspec.json.Decoder(Manifest).decode


class SqliteCheckpoints:
    """`core.ports.Checkpoints` in one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the checkpoint in file `path`; it is made when it is missing. Raises StoreError."""
        return cls(Database(path, "checkpoint.sql", sync="FULL"))

    def save(self, changed: Mapping[str, bytes | None], manifest: Manifest) -> None:
        """Keep the changed pages and the manifest, durable when this returns. Cost: the changed pages only."""
        with self._database.transaction():
            kept = ((name, data) for name, data in changed.items() if data is not None)
            gone = ((name,) for name, data in changed.items() if data is None)
            self._database.execute_many("INSERT OR REPLACE INTO pages (name, data) VALUES (?, ?)", kept)
            self._database.execute_many("DELETE FROM pages WHERE name = ?", gone)
            self._database.execute(_PUT_MANIFEST, (msgspec.json.encode(manifest),))

    def load(self) -> tuple[Manifest, dict[str, bytes]] | None:
        """Return the checkpoint, or None when there is none or its pages are not as many as it says."""
        with self._database.transaction():  # both are of one moment
            bodies = self._database.rows("SELECT body FROM manifest")
            pages = dict(self._database.rows("SELECT name, data FROM pages"))
        manifest = _decode(bodies[0][0]) if bodies else None
        if manifest is None or manifest.pages != len(pages):
            return None
        return manifest, pages

    def clear(self) -> None:
        """Forget everything."""
        with self._database.transaction():
            self._database.execute("DELETE FROM pages")
            self._database.execute("DELETE FROM manifest")

    def close(self) -> None:
        """Close the file."""
        self._database.close()


_PUT_MANIFEST: Final = "INSERT OR REPLACE INTO manifest (n, body) VALUES (1, ?)"
