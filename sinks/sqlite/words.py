"""Names of a day, each kept once and called by its number."""

from typing import Final

from causeline.core.refs import ObjectRef
from causeline.sinks.sqlite.database import Database

NONE: Final = 0
"""The number of no word at all; words count from 1."""

KNOWN_MAX: Final = 65_536
"""Numbers held in memory per day, words and objects each; at the bound all are forgotten and looked up again."""


class Words:
    """Numbers of words and objects in one file; `forget` after a transaction that came to nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._words: dict[str, int] = {}
        self._objects: dict[tuple[str, str | None, str], int] = {}

    def forget(self) -> None:
        """Forget the numbers held in memory."""
        self._words.clear()
        self._objects.clear()

    def word(self, text: str | None) -> int:
        """Return the number of a word; a new one gets a number."""
        if text is None:
            return NONE
        number = self._words.get(text)
        if number is None:
            if len(self._words) >= KNOWN_MAX:
                self._words.clear()
            number = find_word(self._database, text)
            if number is None:
                number = _insert(self._database, "INSERT INTO words (text) VALUES (?)", (text,))
            self._words[text] = number
        return number

    def object(self, kind: str, namespace: str | None, name: str) -> int:
        """Return the number of an object; a new one gets a number."""
        key = (kind, namespace, name)
        number = self._objects.get(key)
        if number is None:
            if len(self._objects) >= KNOWN_MAX:
                self._objects.clear()
            values = (name, self.word(kind), self.word(namespace))
            row = self._database.execute(_FIND_OBJECT, values).fetchone()
            number = row[0] if row else _insert(self._database, _INSERT_OBJECT, values)
            self._objects[key] = number
        return number


def find_word(database: Database, text: str) -> int | None:
    """Return the number of a word, or None if the day does not have it."""
    row = database.execute("SELECT n FROM words WHERE text = ?", (text,)).fetchone()
    return row[0] if row else None


def find_object(database: Database, ref: ObjectRef) -> int | None:
    """Return the number of an object, or None if the day does not have it."""
    kind = find_word(database, ref.kind)
    namespace = NONE if ref.namespace is None else find_word(database, ref.namespace)
    if kind is None or namespace is None:
        return None
    row = database.execute(_FIND_OBJECT, (ref.name, kind, namespace)).fetchone()
    return row[0] if row else None


def _insert(database: Database, sql: str, values: tuple[object, ...]) -> int:
    number = database.execute(sql, values).lastrowid
    assert number is not None  # noqa: S101 (it was an INSERT)
    return number


_FIND_OBJECT: Final = "SELECT n FROM objects WHERE name = ? AND kind = ? AND namespace = ?"
_INSERT_OBJECT: Final = "INSERT INTO objects (name, kind, namespace) VALUES (?, ?, ?)"
