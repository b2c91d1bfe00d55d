"""A stream's list: everything the first time, afterwards only what differs from what is known."""

from itertools import count

import msgspec

from causeline.core.errors import DecodeError
from causeline.core.observations import EventSeen, ObjectSeen
from causeline.sources.connect import NOT_JSON, Api, Cut, Gone
from causeline.sources.decode import decode
from causeline.sources.listing import Identity, Known, Page, identity_in, identity_of, newest_version, pages
from causeline.sources.outlet import Outlet
from causeline.sources.resources import Resource


class Lister:
    """Lists one resource in pages and remembers what the stream holds."""

    def __init__(self, resource: Resource, api: Api, outlet: Outlet, *, read_seconds: float, page_objects: int) -> None:
        self.known = Known()
        self._resource = resource
        self._api = api
        self._outlet = outlet
        self._read_seconds = read_seconds
        self._page_objects = page_objects

    def list(self) -> None:
        """List; when the continue token expires before the end, once more in a single page.

        Raises Interrupted, Closed. What was handed on before stays right: it is in `known`, and the next try goes on.
        """
        try:
            try:
                self._list_once(self._page_objects)
            except Gone:
                self._outlet.counters.gone += 1
                self._list_once(None)
        except NOT_JSON as error:
            raise Cut(f"the answer is no list: {error}") from error

    def is_rolled_back(self) -> str:
        """Return what shows that the server is behind our position, or an empty text.

        A watch from the future (etcd restored from a backup, a cluster rebuilt at the same address) is accepted and
        stays silent, so this must be asked before. The one place that takes a resourceVersion for a number, if it is
        one.
        """
        try:
            theirs = newest_version(self._api, self._resource.path, self._read_seconds)
        except NOT_JSON as error:
            raise Cut(f"the answer is no list: {error}") from error
        ours = self._outlet.position or ""
        if _is_number(theirs) and _is_number(ours) and int(theirs) < int(ours):
            return f"the server is at resourceVersion {theirs}, behind ours {ours}: restored or rebuilt"
        return ""

    def forget(self) -> None:
        """Nothing known holds any more: the next list is a full one."""
        self.known = Known()

    def _list_once(self, limit: int | None) -> None:
        is_difference = self.known.is_complete
        if not is_difference:
            self.forget()
        keys: set[bytes | str] = set()
        version = ""
        for number, page in zip(count(), pages(self._api, self._resource.path, self._read_seconds, limit=limit)):
            version = page.resource_version
            if number == 0:
                self._outlet.mark("LIST", "difference" if is_difference else "full", version, page.expected)
            self._take_page(page, keys if is_difference else None)
        if is_difference:
            self._drop_others(keys)
        self.known.is_complete = True
        self._outlet.list_ended(version)
        self._count()

    def _count(self) -> None:
        self._outlet.counters.relists += bool(self._outlet.counters.lists)
        self._outlet.counters.lists += 1

    def _take_page(self, page: Page, keys: set[bytes | str] | None) -> None:
        for raw in page.items or ():
            body = bytes(raw)
            self._outlet.counters.bytes += len(body)
            identity = self._take(body)
            if identity is not None and keys is not None:
                keys.add(identity.key)

    def _take(self, body: bytes) -> Identity | None:
        try:
            seen = decode(self._resource.stream, "INIT", self._outlet.now(), body)
        except DecodeError as error:
            self._outlet.dead(body, str(error))
            return identity_in(body)
        if not isinstance(seen, EventSeen | ObjectSeen):
            return None
        identity = identity_of(seen)
        if self.known.note(identity):
            self._outlet.hand_on(seen)
        return identity

    def _drop_others(self, keys: set[bytes | str]) -> None:
        """Say what the gap hid. An event that is gone has expired, which means nothing: it is not said."""
        gone = self.known.forget_others(keys)
        if not self._resource.has_bookmarks:
            return
        for identity in gone:
            body = msgspec.json.encode({"metadata": _meta(identity)})
            seen = decode(self._resource.stream, "DELETED", self._outlet.now(), body)
            if isinstance(seen, ObjectSeen):
                self._outlet.hand_on(seen)


def _is_number(version: str) -> bool:
    return version.isascii() and version.isdigit()


def _meta(identity: Identity) -> dict[str, str]:
    meta = {"name": identity.name, "namespace": identity.namespace, "uid": identity.uid}
    return {key: value for key, value in meta.items() if value}
