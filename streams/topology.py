"""The object graph: what is there and was there, who owns, runs on, reads and selects what, since when and until when.

An object that is gone stays for a while, so that what happened to it can still be told. Looking up costs O(1); an
update costs O(edges of the object), and nothing when only its status changed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from causeline.core.objects import ConfigMap, EndpointSlice, KubeObject, Workload, controller_of
from causeline.core.observations import ObjectSeen
from causeline.core.refs import ObjectRef
from causeline.knowledge.graph import hosts_in
from causeline.knowledge.symptom import Change
from causeline.streams.changes import changes_between
from causeline.streams.entries import (
    Edge,
    Entry,
    edges_of,
    edited_at,
    has_other_edges,
    is_another,
    page_of,
    service_of,
)

GONE_SECONDS: Final = 1800.0
"""How long a deleted object is remembered: as long as a change may lie before its effect."""
CHANGES_MAX: Final = 20
"""Changes kept per object, the newest."""
SHAPING: Final = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "Service", "ConfigMap", "Namespace", "NetworkPolicy", "Node"}
)
"""Kinds that say who selects whom, who talks to whom, and which node has which address."""
MEMORY_MAX: Final = 50_000
"""Answers that are remembered at once."""
SUBSTANTIAL: Final = frozenset({"EndpointSlice", "Endpoints", "NetworkPolicy", "Ingress", "PersistentVolume"})
"""Kinds of which every update is a change of substance, though no Change is told of it."""
OWNER_DEPTH_MAX: Final = 8
"""Kubernetes' own chains have three links (Pod, ReplicaSet, Deployment); a loop ends here."""


class Topology:
    """See the module's docstring."""

    def __init__(self) -> None:
        self.now = 0.0
        self.entries: dict[ObjectRef, Entry] = {}
        self.changes: dict[ObjectRef, deque[Change]] = {}
        self._owner: dict[ObjectRef, ObjectRef] = {}
        self._children: dict[ObjectRef, dict[ObjectRef, None]] = {}
        self._members: dict[tuple[str, str | None], dict[ObjectRef, None]] = {}
        self._parts: dict[ObjectRef, dict[ObjectRef, None]] = {}
        self._memory: dict[tuple[str, ObjectRef], list[Any]] = {}
        self._mentioned: dict[str, dict[ObjectRef, None]] = {}
        self._gone: deque[tuple[float, ObjectRef]] = deque()
        self.calls: dict[ObjectRef, dict[ObjectRef, None]] = {}
        """Services that a workload's log lines speak of."""
        self.settings_named: dict[ObjectRef, dict[str, None]] = {}
        """Names of settings that the log lines of each object mention, the newest last."""
        self.spoke: dict[ObjectRef, float] = {}
        """When each pod's programs last printed anything, the newest last."""
        self.requests: dict[ObjectRef, dict[ObjectRef, None]] = {}
        """Workloads that a workload asks, as metrics of requests say."""
        self.listed: dict[str, bool] = {}
        """Streams that were listed."""
        self._order = 0
        self.pages: dict[int, dict[ObjectRef, None]] = {}
        self.dirty: set[ObjectRef] = set()
        """Objects that changed since the last checkpoint."""

    def observe(self, seen: ObjectSeen) -> tuple[KubeObject | None, list[Change]]:
        """Take in an object; return what it was before and what changed. A relist of the same state changes nothing."""
        ref, entry = seen.ref, self.entries.get(seen.ref)
        self.dirty.add(ref)
        if entry is None:
            self.listed.setdefault(seen.stream, True)
        alive = entry is not None and entry.until is None
        old = entry.object if entry is not None and alive else None
        if seen.change == "DELETED":
            if entry is None or old is None or is_another(old, seen.object):
                return None, []
            return old, self._remove(seen, entry)
        new = seen.object
        is_same = old is not None and old.metadata.uid == new.metadata.uid
        changes = changes_between(seen.t, ref, old, new) if is_same or (seen.change != "INIT" and not alive) else []
        is_policy = ref.kind == "NetworkPolicy"
        if ref.kind in SHAPING and (not is_same or is_policy or any(c.what != "replicas" for c in changes)):
            self._memory.clear()
        if entry is None or not is_same:
            self._insert(seen)
        else:
            if has_other_edges(entry.object, new):
                self._unlink(ref, entry)
                entry.object = new
                self._relate(ref, entry, seen.t)
            elif changes and isinstance(new, Workload | ConfigMap):
                self._mention(ref, old, new)
            entry.object = new
            is_new = old is None or old.metadata.resource_version != new.metadata.resource_version
            if changes or (ref.kind in SUBSTANTIAL and is_new):
                entry.as_of = seen.t
        if changes:
            self.note(ref, changes)
        return old if is_same else None, changes

    def _insert(self, seen: ObjectSeen) -> None:
        ref, created = seen.ref, seen.object.metadata.creation_timestamp
        self._order += 1
        since = min(created.timestamp(), seen.t) if created else seen.t
        if ref in self.entries:
            self._unindex(ref, self.entries[ref])  # members stand in order of first sight
        entry = self.entries[ref] = Entry(seen.object, seen.stream, since, self._order)
        entry.as_of = min(edited_at(seen.object, since), seen.t) if seen.change == "INIT" else seen.t
        self._relate(ref, entry, seen.t)

    def _index(self, ref: ObjectRef, entry: Entry) -> None:
        self.pages.setdefault(page_of(ref), {})[ref] = None
        if entry.until is None:
            self._members.setdefault((ref.kind, ref.namespace), {})[ref] = None
        self._mention(ref, None, entry.object)
        owner = controller_of(entry.object.metadata)
        if owner is not None:
            self._owner[ref] = owner
            self._children.setdefault(owner, {})[ref] = None
        if isinstance(entry.object, EndpointSlice) and (service := service_of(entry.object)) is not None:
            self._parts.setdefault(service, {})[ref] = None

    def _mention(self, ref: ObjectRef, old: KubeObject | None, new: KubeObject | None) -> None:
        if ref.kind == "ReplicaSet" or not isinstance(new or old, Workload | ConfigMap):
            return
        before, after = (hosts_in(o) if o is not None else set() for o in (old, new))
        for host in before - after:
            _discard(self._mentioned, host, ref)
        for host in sorted(after - before):
            self._mentioned.setdefault(host, {})[ref] = None

    def mentioning(self, host: str) -> list[ObjectRef]:
        """Return the workloads and ConfigMaps whose text names a host with this first label."""
        return sorted(self._mentioned.get(host, ()), key=self._order_of)

    def _relate(self, ref: ObjectRef, entry: Entry, t: float) -> None:
        wanted = dict.fromkeys(edges_of(entry.object, ref))
        for edge in entry.edges:
            if edge.until is None and (edge.type, edge.to) not in wanted:
                edge.until = t
            elif edge.until is None:
                wanted.pop((edge.type, edge.to))
        entry.edges = [*entry.edges, *(Edge(kind, to, t) for kind, to in wanted)]
        self._index(ref, entry)

    def _remove(self, seen: ObjectSeen, entry: Entry) -> list[Change]:
        ref = seen.ref
        if ref.kind in SHAPING:
            self._memory.clear()
        changes = changes_between(seen.t, ref, entry.object, None)
        entry.until = seen.t
        for edge in entry.edges:
            edge.until = edge.until or seen.t
        self._members.get((ref.kind, ref.namespace), {}).pop(ref, None)
        self._gone.append((seen.t, ref))
        self.note(ref, changes)
        return changes

    def note(self, ref: ObjectRef, changes: list[Change]) -> None:
        """Remember what changed in an object."""
        if changes:
            self.changes.setdefault(ref, deque(maxlen=CHANGES_MAX)).extend(changes)

    def note_past(self, ref: ObjectRef, changes: list[Change]) -> None:
        """Remember changes that happened before those that are known."""
        if changes:
            known = self.changes.get(ref, ())
            self.changes[ref] = deque(sorted((*changes, *known), key=lambda c: c.at), maxlen=CHANGES_MAX)
            self.dirty.add(ref)
            self._memory.clear()

    def children(self, owner: ObjectRef) -> list[ObjectRef]:
        """Return what an object controls, in order of first sight."""
        return sorted(self._children.get(owner, ()), key=self._order_of)

    def forget(self, t: float) -> None:
        """Drop what has been gone for GONE_SECONDS."""
        while self._gone and self._gone[0][0] < t - GONE_SECONDS:
            at, ref = self._gone.popleft()
            entry = self.entries.get(ref)
            if entry is not None and entry.until is not None and entry.until <= at:
                del self.entries[ref]
                self.dirty.add(ref)
                self.changes.pop(ref, None)
                self._unindex(ref, entry)

    def _unindex(self, ref: ObjectRef, entry: Entry) -> None:
        self._unlink(ref, entry)
        _discard(self._members, (ref.kind, ref.namespace), ref)
        _discard(self.pages, page_of(ref), ref)

    def _unlink(self, ref: ObjectRef, entry: Entry) -> None:
        self._mention(ref, entry.object, None)
        owner = self._owner.pop(ref, None)
        if owner is not None:
            _discard(self._children, owner, ref)
        if isinstance(entry.object, EndpointSlice) and (service := service_of(entry.object)) is not None:
            _discard(self._parts, service, ref)

    def get(self, ref: ObjectRef) -> KubeObject | None:
        """Return the newest state of an object that is there."""
        entry = self.entries.get(ref)
        return entry.object if entry is not None and entry.until is None else None

    def changes_of(self, ref: ObjectRef) -> deque[Change] | tuple[()]:
        """Return what changed in an object, oldest first; the newest CHANGES_MAX."""
        return self.changes.get(ref, ())

    def as_of(self, ref: ObjectRef) -> float:
        """Return since when the object is as it is."""
        entry = self.entries.get(ref)
        return entry.as_of if entry is not None else 0.0

    def remember(self, what: str, ref: ObjectRef, find: Callable[[], list[Any]]) -> list[Any]:
        """Return what `find` gives, until something of a kind of `SHAPING` comes, changes or goes."""
        found = self._memory.get((what, ref))
        if found is None:
            if len(self._memory) >= MEMORY_MAX:
                self._memory.clear()
            found = self._memory[what, ref] = find()
        return found

    def calls_known(self) -> int:
        """Return how many calls are known: what is remembered of them holds as long as this does not grow."""
        return sum(map(len, self.calls.values())) + sum(map(len, self.requests.values()))

    def calls_of(self, ref: ObjectRef) -> list[ObjectRef]:
        """Return the Services that a workload's log lines speak of, and the workloads that its requests went to."""
        return [*self.calls.get(ref, ()), *self.requests.get(ref, ())]

    def lists(self, stream: str) -> bool:
        """Tell whether all objects of this stream are known."""
        return self.listed.get(stream, False)

    def top(self, ref: ObjectRef) -> ObjectRef:
        """Return the highest owner: the workload of a pod, the object itself when nothing owns it or a Node does."""
        for _ in range(OWNER_DEPTH_MAX):
            owner = self._owner.get(ref)
            if owner is None and ref.kind == "ReplicaSet":
                owner = self._by_name(ref)
            if owner is None or owner.kind == "Node":
                return ref
            ref = owner
        return ref

    def _by_name(self, ref: ObjectRef) -> ObjectRef | None:
        """Return the Deployment that a ReplicaSet is named after, which nobody listed or which names no owner."""
        owner = ObjectRef("Deployment", ref.namespace, ref.name.rpartition("-")[0])
        return owner if owner in self.entries else None

    def members(self, kind: str, namespace: str | None) -> list[ObjectRef]:
        """Return the objects of a kind in a namespace that are there, in order of first sight."""
        return list(self._members.get((kind, namespace), ()))

    def named(self, kind: str, name: str) -> list[ObjectRef]:
        """Return the objects of a kind and name that are there, of all namespaces, in order of first sight."""
        refs = (ObjectRef(kind, namespace, name) for k, namespace in self._members if k == kind)
        return sorted((r for r in refs if r in self._members[kind, r.namespace]), key=self._order_of)

    def all_of(self, kind: str) -> list[ObjectRef]:
        """Return the objects of a kind that are there, of all namespaces, in order of first sight."""
        found = [ref for (k, _), refs in self._members.items() if k == kind for ref in refs]
        return sorted(found, key=self._order_of)

    def endpoints_of(self, service: ObjectRef) -> list[EndpointSlice]:
        """Return the EndpointSlices of a Service that are there."""
        found = (self.get(ref) for ref in self._parts.get(service, ()))
        return [o for o in found if isinstance(o, EndpointSlice)]

    def pods_under(self, owner: ObjectRef, depth: int = OWNER_DEPTH_MAX) -> Iterator[ObjectRef]:
        """Yield the pods below a workload, through its ReplicaSets or Jobs, that are there; a loop of owners ends."""
        for child in self.children(owner):
            if child.kind == "Pod":
                if self.get(child) is not None:
                    yield child
            elif depth > 0:
                yield from self.pods_under(child, depth - 1)

    def _order_of(self, ref: ObjectRef) -> int:
        entry = self.entries.get(ref)
        return entry.order if entry else 0

    def restore(self, entries: dict[ObjectRef, Entry], changes: dict[ObjectRef, list[Change]]) -> None:
        """Take back what a checkpoint kept and build the indexes anew."""
        self.entries = dict(sorted(entries.items(), key=lambda item: item[1].order))
        self.changes = {ref: deque(found, maxlen=CHANGES_MAX) for ref, found in changes.items()}
        self._order = max((e.order for e in entries.values()), default=0)
        for ref, entry in self.entries.items():
            self._index(ref, entry)
        self._gone = deque(
            sorted(((e.until, ref) for ref, e in self.entries.items() if e.until is not None), key=lambda pair: pair[0])
        )


def _discard(index: dict[Any, dict[ObjectRef, None]], key: Any, ref: ObjectRef) -> None:
    """Take `ref` out of an index, and the key with its last one."""
    found = index.get(key)
    if found is not None:
        found.pop(ref, None)
        if not found:
            del index[key]
