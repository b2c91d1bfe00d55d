"""Results to write, plain ones and whatever hypothesis thinks of."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from causeline.core.observations import DeadLetter
from causeline.core.results import Incident, LedgerEntry, StoredEvent, Subject, TimelineEntry

DAY = 86_400.0
NOON = 1_700_000_000.0 // DAY * DAY + DAY / 2
"""Noon of 2023-11-14 (UTC)."""

WEB = Subject("Pod", "shop", "web-1")
NODE = Subject("Node", None, "n1")


def event(uid: str = "u1", **changes: Any) -> StoredEvent:
    plain = StoredEvent(
        uid=uid, name=f"web-1.{uid}", object=WEB, reason="BackOff", type="Warning", message="Back-off restarting",
        component="kubelet", count=1, created_at=NOON, first_at=NOON, last_at=NOON, arrived_at=NOON,
        severity="warning",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def incident(id_: str = "i1", **changes: Any) -> Incident:
    plain = Incident(
        id=id_, cluster="c", severity="warning", state="open", started_at=NOON, detected_at=NOON, notified_at=None,
        diagnosed_at=NOON, resolved_at=None, title="web is down", suspects=[], affected=[WEB],
        events=["u1"], timeline=[],
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def entry(at: float = NOON, subject: Subject = WEB, text: str = "not ready") -> TimelineEntry:
    return TimelineEntry(at, subject, "symptom", text, ["u1"])


def ledger_entry(from_: float = NOON, **changes: Any) -> LedgerEntry:
    return msgspec.structs.replace(LedgerEntry("pods", from_, from_ + 5, "410 Gone", 0, "unknown"), **changes)


def letter(number: int = 1) -> DeadLetter:
    return DeadLetter(f"d{number:06d}", NOON + number, "events", number, "not JSON", "{")


words = st.sampled_from(["connection", "refused", "probe", "10", "Élan", "back_off", "容器"])
messages = st.lists(words, max_size=4).map(" ".join)
subjects = st.sampled_from([WEB, NODE, Subject("Pod", "shop", "web-2"), Subject("Pod", "other", "web-1")])
seconds = st.integers(-3 * 86_400, 3 * 86_400).map(lambda s: NOON + s)
fractions = st.floats(-2 * DAY, 2 * DAY, allow_nan=False).map(lambda s: NOON + s)
uids = st.sampled_from([f"u{n}" for n in range(6)])


@st.composite
def events(draw: st.DrawFn) -> StoredEvent:
    uid = draw(uids)
    return event(
        uid,
        object=draw(subjects),
        reason=draw(st.sampled_from(["BackOff", "Unhealthy", "Killing"])),
        message=draw(messages),
        count=draw(st.integers(1, 5)),
        created_at=NOON + int(uid[1]) * DAY / 3,  # as in Kubernetes, it never changes
        first_at=draw(seconds),
        last_at=draw(st.one_of(seconds, fractions)),
        arrived_at=draw(fractions),
        severity=draw(st.sampled_from(["info", "warning", "critical"])),
    )


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    state = draw(st.sampled_from(["open", "resolved", "merged"]))
    return incident(
        draw(st.sampled_from(["i1", "i2", "i21"])),
        severity=draw(st.sampled_from(["info", "warning", "critical"])),
        state=state,
        started_at=draw(seconds),
        resolved_at=draw(seconds) if state == "resolved" else None,
        merged_into="i9" if state == "merged" else None,
        timeline=[entry(at, subject) for at, subject in draw(st.lists(st.tuples(seconds, subjects), max_size=3))],
    )


ledger_entries = st.builds(
    ledger_entry, st.integers(0, 2).map(lambda n: NOON + n), stream=st.sampled_from(["pods", "nodes"]),
    recovered=st.integers(0, 9),
)  # fmt: skip
results = st.one_of(events(), incidents(), ledger_entries, st.builds(letter, st.integers(0, 4)))
