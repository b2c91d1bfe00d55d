"""Which symptoms there are: signs come and go, a symptom is believed after its hold and gone after a while without it.

A symptom belongs to a subject (the workload of a pod) and has contributors (the pods that show it). State ends by
state; what only an event said ends by its `lasting` time or when the object is in order again.
"""

import hashlib
import math
from typing import Final

from causeline.core.refs import ObjectRef
from causeline.core.results import Evidence
from causeline.knowledge.rule import SymptomRule
from causeline.knowledge.symptom import EVIDENCE_MAX, PAST_MAX, Contribution, Symptom

ROUNDING_SECONDS: Final = 1e-3
"""Sums of times are rounded: a look too early costs little, one too late is told a second late."""
CLEAR_SECONDS: Final = 20.0
"""A believed symptom is gone after this long without it: two periods of the default probe."""
SYMPTOMS_MAX: Final = 10_000
"""Symptoms held at once; further ones are counted, not held, until others go."""

Key = tuple[str, ObjectRef]


class Symptoms:
    """All symptoms of one cluster that are there or may come back."""

    def __init__(self, rules: dict[str, SymptomRule], cluster: str) -> None:
        self.rules = rules
        self.cluster = cluster
        self.held: dict[Key, Symptom] = {}
        self.renamed: dict[str, None] = {}
        """Ids of symptoms that were handed over to another subject; they are not given again."""
        self.over: set[str] = set()
        """Ids of the open incidents whose symptoms are all over."""
        self.shown: dict[ObjectRef, dict[str, ObjectRef]] = {}
        """What each object's state shows: symptom type -> subject."""
        self.components: dict[ObjectRef, None] = {}
        """Those of `shown` that are Components: nobody's objects, which only ticks can end."""
        self.said: dict[ObjectRef, dict[Key, None]] = {}
        """What events said of each object."""
        self.waiting: dict[Key, float] = {}
        """Not believed yet, or fading, and when the next tick must look at it; 0 where something happened."""
        self.changed: dict[str, None] = {}
        """Ids of symptoms that correlation must look at anew."""
        self.news: dict[str, None] = {}
        """Ids of incidents whose symptoms have new evidence."""
        self.united: list[tuple[str, str]] = []
        """Pairs of incidents that turned out to be about one symptom."""
        self.over_bound = 0
        self.order = 0

    def show(
        self,
        rule: SymptomRule,
        subject: ObjectRef,
        by: ObjectRef,
        attrs: dict[str, str],
        since: float,
        t: float,
        *,
        node: str | None = None,
        until: float | None = None,
        count: int = 1,
        evidence: Evidence | None = None,
    ) -> Symptom | None:
        """Note that `by` shows a symptom of `subject`; `until` is set when only an event said so."""
        key = (rule.symptom, subject)
        symptom = self.held.get(key)
        if symptom is not None and symptom.cleared_at is not None and symptom.incident in self.over:
            since, symptom = max(since, symptom.cleared_at), None  # it may be for another reason: it begins anew
        if symptom is None or (symptom.cleared_at is not None and symptom.incident is None):
            symptom = self._begin(rule, subject, attrs, since, t)
            if symptom is None:
                return None
            count = max(count, 1)
        contribution = symptom.contributors.get(by)
        if contribution is None:
            symptom.contributors[by] = contribution = Contribution(since, node, until, None, until is not None)
            self._revive(symptom, key)
        contribution.absent_since = None
        if until is None:
            contribution.until, contribution.from_event = None, False
        elif contribution.from_event:
            contribution.until = until
        symptom.last_at, symptom.count = max(symptom.last_at, t), symptom.count + count
        if len(attrs) >= len(symptom.attrs) or "image" in attrs:
            symptom.attrs = attrs
        if (
            evidence is not None
            and len(symptom.evidence) < EVIDENCE_MAX
            and all(e.id != evidence.id for e in symptom.evidence)
        ):
            symptom.evidence.append(evidence)
            if symptom.incident is not None:
                self.news[symptom.incident] = None
        if symptom.confirmed_at is None or contribution.until is not None:
            self.waiting[key] = 0.0
        return symptom

    def _begin(
        self, rule: SymptomRule, subject: ObjectRef, attrs: dict[str, str], since: float, t: float
    ) -> Symptom | None:
        if len(self.held) >= SYMPTOMS_MAX:
            self.over_bound += 1
            return None
        self.order += 1
        name = self._id(rule.symptom, subject, since, "")
        if name in self.renamed:  # it goes on under another subject
            name = self._id(rule.symptom, subject, since, str(self.order))
        symptom = Symptom(name, rule.symptom, subject, since, t, t, self.order, attrs)
        self.held[rule.symptom, subject] = symptom
        self.waiting[rule.symptom, subject] = 0.0
        return symptom

    def _id(self, kind: str, subject: ObjectRef, since: float, number: str) -> str:
        whom = (subject.kind, subject.namespace or "", subject.name)
        text = "\0".join((self.cluster, kind, *whom, f"{since:.3f}", *[number] * bool(number)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _revive(self, symptom: Symptom, key: Key) -> None:
        if symptom.cleared_at is not None:
            symptom.cleared_at = None
            self.changed[symptom.id] = None
        elif symptom.confirmed_at is not None:
            self.changed[symptom.id] = None
        self.waiting[key] = 0.0

    def state_shows(self, by: ObjectRef, types: dict[str, ObjectRef], t: float, *, in_order: bool) -> None:
        """Say all that the state of `by` shows (type -> subject): what it showed before and does not any more ends."""
        before = self.shown.get(by)
        if before:
            for kind, subject in before.items():
                if types.get(kind) != subject:
                    self._absent((kind, subject), by, t)
        if types:
            self.shown[by] = types
        elif before is not None:
            del self.shown[by]
        if by.kind == "Component":
            self._note_component(by)
        if in_order and by in self.said:
            self._in_order(by, t)

    def _note_component(self, ref: ObjectRef) -> None:
        if ref in self.shown:
            self.components[ref] = None
        else:
            self.components.pop(ref, None)

    def told(self, by: ObjectRef, key: Key) -> None:
        """Remember that an event said something of `by` that its good state will end."""
        self.said.setdefault(by, {})[key] = None

    def _in_order(self, by: ObjectRef, t: float) -> None:
        for key in list(self.said.pop(by, ())):
            if key in self.held and not self.rules[key[0]].survives_ready:
                self._absent(key, by, t)

    def gone(self, by: ObjectRef, t: float) -> None:
        """Say that an object is no more: it shows nothing any longer."""
        for kind, subject in self.shown.pop(by, {}).items():
            self._absent((kind, subject), by, t)
        for key in list(self.said.pop(by, ())):
            self._absent(key, by, t)

    def _absent(self, key: Key, by: ObjectRef, t: float) -> None:
        symptom = self.held.get(key)
        contribution = symptom.contributors.get(by) if symptom else None
        if symptom is None or contribution is None:
            return
        if symptom.confirmed_at is None and self.rules[key[0]].min_count == 1:
            self._leave(symptom, by)
        elif contribution.absent_since is None:
            contribution.absent_since = t
        self.waiting[key] = 0.0

    def _leave(self, symptom: Symptom, by: ObjectRef) -> None:
        gone = symptom.contributors.pop(by)
        if len(symptom.past) < PAST_MAX:
            symptom.past[by] = gone.node

    def rekey(self, old: ObjectRef, new: ObjectRef) -> None:
        """Hand symptoms over to the owner that became known only now."""
        for kind, subject in [key for key in self.held if key[1] == old]:
            symptom = self.held.pop((kind, subject))
            self.waiting.pop((kind, subject), None)
            twin = self.held.get((kind, new))
            self.renamed[symptom.id] = None
            while len(self.renamed) > SYMPTOMS_MAX:
                del self.renamed[next(iter(self.renamed))]
            if twin is None:
                symptom.subject = new
                self.held[kind, new] = symptom
            else:
                self._unite(twin, symptom)
            self.waiting[kind, new] = 0.0
            self.changed[symptom.id] = None
            self._renamed((kind, old), (kind, new))

    def _unite(self, twin: Symptom, symptom: Symptom) -> None:
        """Let one symptom go on as another: what it knew goes over, its own record ends."""
        twin.contributors.update(symptom.contributors)
        twin.past.update(symptom.past)
        twin.count += symptom.count
        twin.since = min(twin.since, symptom.since)
        twin.events.extend(e for e in symptom.events if e not in twin.events)
        if twin.incident and symptom.incident and twin.incident != symptom.incident:
            self.united.append((twin.incident, symptom.incident))
        twin.incident = twin.incident or symptom.incident
        symptom.subject, symptom.contributors, symptom.cleared_at = twin.subject, {}, symptom.last_at
        self.changed[twin.id] = None

    def _renamed(self, old: Key, new: Key) -> None:
        for types in self.shown.values():
            if types.get(old[0]) == old[1]:
                types[old[0]] = new[1]
        for keys in self.said.values():
            if old in keys:
                del keys[old]
                keys[new] = None

    def tick(self, t: float) -> None:
        """Believe what has lasted, end what is over. Costs O(symptoms that wait)."""
        for key in [key for key, due in self.waiting.items() if due <= t]:
            symptom = self.held.get(key)
            if symptom is None:
                del self.waiting[key]
                continue
            for by in [by for by, c in symptom.contributors.items() if _is_past(c, t)]:
                self._leave(symptom, by)
            due = self._settle(symptom, key, t)
            if due is None:
                del self.waiting[key]
            else:
                self.waiting[key] = due

    def _settle(self, symptom: Symptom, key: Key, t: float) -> float | None:
        """Move one symptom on; return when time alone may move it again, None where only what happens can."""
        rule = self.rules[symptom.type]
        if not symptom.contributors:
            if symptom.confirmed_at is None or symptom.incident is None:
                del self.held[key]
            elif symptom.cleared_at is None:
                symptom.cleared_at = t
                self.changed[symptom.id] = None
            return None
        due = min(map(_ends, symptom.contributors.values()))
        if symptom.confirmed_at is None:
            present = [c.since for c in symptom.contributors.values() if c.absent_since is None or rule.min_count > 1]
            if symptom.count < rule.min_count or not present:
                return due
            if t - min(present) < rule.hold:
                return min(due, min(present) + rule.hold - ROUNDING_SECONDS)
            symptom.confirmed_at = t
            symptom.since = min(symptom.since, *present)
            self.changed[symptom.id] = None
        return due if due < math.inf else None

    def drop(self, symptom: Symptom) -> None:
        """Forget a symptom whose incident is resolved."""
        key = symptom.type, symptom.subject
        if self.held.get(key) is symptom:
            del self.held[key]
            self.waiting.pop(key, None)


def _is_past(c: Contribution, t: float) -> bool:
    return t >= _ends(c)


def _ends(c: Contribution) -> float:
    """Return when a contribution is over if nothing happens; infinite for what stands."""
    if c.absent_since is None:
        return c.until if c.until is not None else math.inf
    over = c.absent_since + CLEAR_SECONDS
    return over if c.until is None else min(over, c.until)
