"""A collection in pages, and what was known of it before: so that a list again gives only the difference."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from causeline.core.observations import EventSeen, ObjectSeen
from causeline.sources.connect import NOT_JSON, Api

PAGE_OBJECTS: Final = 500
"""As client-go's pager. https://pkg.go.dev/k8s.io/client-go/tools/pager"""

PAGE_BYTES_MAX: Final = 1 << 30
"""500 objects at etcd's bound of 1.5 MiB each, with room; also the bound of a list that can't be paged."""

UUID_BYTES: Final = 16


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str
    continue_: str = msgspec.field(default="", name="continue")
    remaining_item_count: int = 0


class Page(msgspec.Struct):
    """One page of a list; all pages of a list are of one resourceVersion."""

    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None

    @property
    def resource_version(self) -> str:
        """The state of the collection that the list shows."""
        return self.metadata.resource_version

    @property
    def expected(self) -> int:
        """How many objects this page and those after it hold, as the server estimates."""
        return len(self.items or ()) + self.metadata.remaining_item_count


_page = msgspec.json.Decoder(Page)


def pages(api: Api, path: str, read_seconds: float, *, limit: int | None = PAGE_OBJECTS) -> Iterator[Page]:
    """Yield the pages of a consistent list (`limit` None: all in one).

    Raises Gone when the continue token has expired, msgspec.MsgspecError when an answer is no list, and as Api.read.
    """
    query = {} if limit is None else {"limit": str(limit)}
    while True:
        page = _page.decode(api.read(path, query, read_seconds, PAGE_BYTES_MAX))
        yield page
        if not page.metadata.continue_:
            return
        query["continue"] = page.metadata.continue_


def newest_version(api: Api, path: str, read_seconds: float) -> str:
    """Return the resourceVersion that the server is at now, by the smallest possible list. Raises as `pages`."""
    return next(pages(api, path, read_seconds, limit=1)).resource_version


class Identity(msgspec.Struct):
    """What names one state of one object."""

    uid: str
    resource_version: str
    namespace: str
    name: str

    @property
    def key(self) -> bytes | str:
        """The uid, packed when it is a UUID; an object without one is known by its name."""
        try:
            uid = UUID(self.uid)
        except ValueError:
            return self.uid or f"{self.namespace}/{self.name}"
        return uid.bytes if str(uid) == self.uid else self.uid


class _IdentityMeta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str = ""


class _Identified(msgspec.Struct):
    metadata: _IdentityMeta


_identified = msgspec.json.Decoder(_Identified)


def identity_of(seen: EventSeen | ObjectSeen) -> Identity:
    """Return the identity of what was seen."""
    if isinstance(seen, EventSeen):
        return Identity(seen.event.uid, seen.event.resource_version, "", seen.event.name)
    meta = seen.object.metadata
    return Identity(meta.uid, meta.resource_version, meta.namespace or "", meta.name)


def identity_in(body: bytes) -> Identity | None:
    """Return the identity of an object whose other fields can't be understood, or None when it has none either."""
    try:
        meta = _identified.decode(body).metadata
    except NOT_JSON:
        return None
    return Identity(meta.uid, meta.resource_version, meta.namespace or "", meta.name)


class Known:
    """uid -> resourceVersion and name of everything that a stream holds; no bodies, at most 300 B an object."""

    def __init__(self) -> None:
        self._states: dict[bytes | str, str] = {}
        self.is_complete = False
        """Has a list ended since the start, so that what is not known does not exist?"""

    def __len__(self) -> int:
        return len(self._states)

    def note(self, identity: Identity) -> bool:
        """Remember a state; return whether it is another one than before."""
        state = f"{identity.resource_version} {identity.namespace}/{identity.name}"
        key = identity.key
        if self._states.get(key) == state:
            return False
        self._states[key] = state
        return True

    def forget(self, identity: Identity) -> None:
        """The object is gone."""
        self._states.pop(identity.key, None)

    def forget_others(self, keys: set[bytes | str]) -> list[Identity]:
        """Forget all but `keys` and return what was forgotten."""
        return [_unpack(key, self._states.pop(key)) for key in [k for k in self._states if k not in keys]]


def _unpack(key: bytes | str, state: str) -> Identity:
    version, _, place = state.partition(" ")
    namespace, _, name = place.partition("/")
    uid = str(UUID(bytes=key)) if isinstance(key, bytes) else key
    return Identity("" if uid == place else uid, version, namespace, name)
