"""Bytes of the API -> observations: both shapes of events, what is kept of values, bad lines; and the way back."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeline.core.errors import DecodeError
from causeline.core.objects import STREAMS, ConfigMap, Other, Pod, decode_hook
from causeline.core.observations import (
    Event,
    EventSeen,
    ObjectSeen,
    Observation,
    OutsideSeen,
    ScrapeSeen,
    StreamMark,
    Tick,
)
from causeline.core.refs import ObjectRef
from causeline.sources.decode import COUNT_MAX, MESSAGE_CHARS, REASON_CHARS, decode, decode_line, encode_line

META = {
    "name": "web.1",
    "namespace": "shop",
    "uid": "u1",
    "resourceVersion": "42",
    "creationTimestamp": "2025-01-01T00:00:00Z",
}
START = 1735689600.0


def _event(stream: str = "events.v1", **fields: Any) -> Event:
    seen = decode(stream, "ADDED", 5.0, json.dumps({"metadata": META, **fields}).encode())
    assert isinstance(seen, EventSeen)
    return seen.event


def _object(stream: str, **fields: Any) -> Any:
    seen = decode(stream, "ADDED", 5.0, json.dumps({"metadata": META, **fields}).encode())
    assert isinstance(seen, ObjectSeen)
    return seen.object


CORE = {
    "involvedObject": {
        "kind": "Pod",
        "namespace": "shop",
        "name": "web",
        "uid": "p1",
        "fieldPath": "spec.containers{app}",
    },
    "reason": "BackOff",
    "type": "Warning",
    "message": "Back-off restarting",
    "source": {"component": "kubelet", "host": "n1"},
    "firstTimestamp": "2025-01-01T00:00:00Z",
    "lastTimestamp": "2025-01-01T00:01:00Z",
    "count": 7,
}
NEW = {
    "regarding": CORE["involvedObject"],
    "reason": "BackOff",
    "type": "Warning",
    "note": "Back-off restarting",
    "deprecatedSource": {"component": "kubelet", "host": "n1"},
    "deprecatedFirstTimestamp": "2025-01-01T00:00:00Z",
    "deprecatedLastTimestamp": "2025-01-01T00:01:00Z",
    "deprecatedCount": 7,
}


def test_both_event_apis_give_the_same_event() -> None:
    old, new = _event("events.v1", **CORE), _event("events.events.k8s.io", **NEW)
    assert old == new
    assert (old.count, old.first_at, old.last_at) == (7, START, START + 60)
    assert old.regarding == ObjectRef("Pod", "shop", "web")
    assert (old.uid, old.resource_version, old.component, old.host) == ("u1", "42", "kubelet", "n1")


def test_an_event_of_the_scheduler_has_only_event_time_and_series() -> None:
    event = _event(
        involvedObject={"kind": "Pod", "namespace": "shop", "name": "web"},
        eventTime="2025-01-01T00:00:00.250000Z",
        series={"count": 4, "lastObservedTime": "2025-01-01T00:02:00.000000Z"},
        reportingComponent="default-scheduler",
        firstTimestamp=None,
        lastTimestamp=None,
        count=None,
        source={},
    )
    assert (event.count, event.first_at, event.last_at) == (4, START + 0.25, START + 120)
    assert event.component == "default-scheduler"


def test_a_first_event_of_the_scheduler_counts_once() -> None:
    event = _event(eventTime="2025-01-01T00:00:00.250000Z", reportingComponent="default-scheduler", source={})
    assert (event.count, event.first_at, event.last_at) == (1, START + 0.25, START + 0.25)


def test_an_event_without_any_time_of_its_own_has_that_of_its_object() -> None:
    assert _event().last_at == START


def test_an_event_about_a_node_has_no_namespace() -> None:
    assert _event(involvedObject={"kind": "Node", "namespace": "default", "name": "n1"}).regarding.namespace is None


def test_a_secret_in_a_message_is_taken_out_and_a_long_one_is_cut() -> None:
    assert _event(message="login failed: password=hunter2").message == "login failed: password=***"
    assert len(_event(message="x" * 10_000).message) == MESSAGE_CHARS


def test_a_secret_that_crosses_the_cut_does_not_stay() -> None:
    assert "hunter2" not in _event(message="x" * (MESSAGE_CHARS - 17) + " password=hunter2hunter2").message


def _env(value: str) -> str:
    pod = _object("pods", spec={"containers": [{"name": "app", "env": [{"name": "X", "value": value}]}]})
    assert isinstance(pod, Pod)
    env = pod.spec.containers[0].env
    assert env
    return str(env[0].value)


@pytest.mark.parametrize("value", ["http://db.shop:5432", "redis:6379", "db.shop.svc:80"])
def test_an_address_in_an_environment_variable_stays_readable(value: str) -> None:
    assert _env(value) == value


@pytest.mark.parametrize("value", ["hunter2", "", "10:20"])
def test_any_other_value_of_an_environment_variable_becomes_a_digest(value: str) -> None:
    assert _env(value).startswith("~")
    assert len(_env(value)) == 17
    assert _env(value) == _env(value)


def test_of_an_address_with_a_password_the_digest_and_the_bare_address_stay() -> None:
    kept = _env("postgres://user:hunter2@db/x")
    assert kept[:1] == "~"
    assert kept[17:] == " postgres://db"


def test_commands_and_values_of_config_maps_and_template_annotations_become_digests() -> None:
    config = _object("configmaps", data={"key": "hunter2"}, binaryData={"blob": "aHVudGVyMg=="})
    assert isinstance(config, ConfigMap)
    template = {
        "metadata": {"annotations": {"note": "hunter2"}},
        "spec": {"containers": [{"name": "a", "command": ["run", "--pw=hunter2"], "args": ["hunter2"]}]},
    }
    deployment = _object("deployments", spec={"template": template})
    for kept in (config, deployment):
        text = encode_line(ObjectSeen(1.0, "x", "ADDED", ObjectRef("X", None, "x"), kept)).decode()
        assert "hunter2" not in text
        assert "aHVudGVyMg" not in text
    assert set(config.data or ()) == {"key"}


def test_a_digest_stays_itself_when_it_is_read_again() -> None:
    line = encode_line(decode("configmaps", "ADDED", 1.0, json.dumps({"metadata": META, "data": {"k": "v"}}).encode()))
    assert encode_line(decode_line(line)) == line


def test_an_object_of_a_kind_that_we_do_not_know_is_there_and_nothing_more() -> None:
    assert isinstance(_object("widgets.example.org", spec={"secret": "hunter2"}), Other)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a record"),
        (b"{", "not a record"),
        (b"[]", "not a record"),
        (b"\xff\xfe", "not a record"),
        (b'{"t":1,"s":"pods","type":"ADDED"}', "not a record"),
        (b'{"t":"now","s":"pods","type":"ADDED","o":{}}', "not a record"),
        (b'{"t":1,"s":"pods","type":"ADDED","o":{}}', "metadata"),
        (b'{"t":1,"s":"pods","type":"ADDED","o":null}', "pods"),
        (b'{"t":1,"s":"pods","type":"ADDED","o":{"metadata":{"name":""}}}', "without a name"),
        (b'{"t":1,"s":"pods","type":"SHOUTED","o":{"metadata":{"name":"a"}}}', "unknown type"),
        (b'{"t":1,"s":"events.v1","type":"ADDED","o":{"metadata":{"name":"a"},"count":"x"}}', "count"),
        (b'{"t":1,"s":"events.v1","type":"ADDED","o":{"metadata":{"name":"a"},"eventTime":"soon"}}', "eventTime"),
        (b'{"t":1,"s":"pods","type":"BOOKMARK","o":{"metadata":[]}}', "pods"),
        (b'{"t":1,"s":"scrape","type":"ADDED","o":{}}', "scrape"),
        (b'{"t":1,"s":"outside","type":"ADDED","o":3}', "outside"),
    ],
)
def test_a_bad_line_is_a_decode_error_that_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode_line(line)


def test_deep_nesting_is_a_decode_error() -> None:
    deep = b'{"t":1,"s":"pods","type":"ADDED","o":{"metadata":{"name":"a"},"spec":{"affinity":' + b"[" * 100_000
    with pytest.raises(DecodeError):
        decode_line(deep)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_otherwise(data: bytes) -> None:
    for line in (data, b'{"t":1,"s":"pods","type":"ADDED","o":' + data + b"}"):
        try:
            decode_line(line)
        except DecodeError:
            continue


_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
_json = st.recursive(
    _scalars,
    lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=8), s, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([*STREAMS, "events.v1", "scrape", "outside", "tick"]),
    st.sampled_from(["INIT", "ADDED", "DELETED", "LIST", "BOOKMARK", "ERROR", "GAP", "x"]),
    st.dictionaries(
        st.sampled_from(["spec", "status", "data", "metadata", "series", "involvedObject", "n", "error"]), _json
    ),
    st.booleans(),
)
def test_no_json_makes_the_decoder_fail_otherwise(stream: str, change: str, body: Any, has_name: bool) -> None:
    if has_name:
        body["metadata"] = {"name": "a"}
    try:
        decode(stream, change, 1.0, json.dumps(body).encode())
    except DecodeError:
        return


# --- there and back --------------------------------------------------------------------------------------------------

_words = st.text(st.characters(codec="utf-8", exclude_characters="@=:"), max_size=12)
_name = st.text("abcdefghij-.0123456789", min_size=1, max_size=12)
_times = st.integers(0, 4_000_000_000_000_000).map(lambda us: datetime.fromtimestamp(us / 1_000_000, UTC).timestamp())
_t = st.floats(0, 4e9, allow_nan=False)
_refs = st.builds(ObjectRef, _name, st.none() | _name, _name)


def _ordered(event: Event) -> Event:
    event.last_at = max(event.first_at, event.last_at)
    return event


events = st.builds(
    Event,
    uid=_name,
    name=_name,
    regarding=_refs,
    reason=_words,
    type=st.sampled_from(["Normal", "Warning", ""]),
    message=_words,
    component=_words,
    count=st.integers(1, COUNT_MAX),
    created_at=_times,
    first_at=_times,
    last_at=_times,
    regarding_uid=_name,
    field_path=_words,
    host=_words,
    resource_version=_name,
).map(_ordered)
events_seen = st.builds(
    EventSeen,
    _t,
    st.sampled_from(["events.v1", "events.events.k8s.io"]),
    st.sampled_from(["INIT", "ADDED", "MODIFIED", "DELETED"]),
    events,
)
_env_vars = st.lists(st.fixed_dictionaries({"name": _name, "value": _words | st.just("http://a.b/c")}), max_size=2)
_bodies: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "pods": st.fixed_dictionaries(
        {
            "spec": st.fixed_dictionaries(
                {"containers": st.lists(st.fixed_dictionaries({"name": _name, "env": _env_vars}), max_size=2)}
            ),
            "status": st.fixed_dictionaries({"phase": st.sampled_from(["Running", "Pending"])}),
        }
    ),
    "configmaps": st.fixed_dictionaries({"data": st.dictionaries(_name, _words, max_size=2)}),
    "nodes": st.just({"spec": {"unschedulable": True}}),
}


@st.composite
def objects_seen(draw: st.DrawFn) -> ObjectSeen:
    stream = draw(st.sampled_from(sorted(_bodies)))
    meta = {
        "name": draw(_name),
        "uid": draw(_name),
        "resourceVersion": draw(_name),
        "creationTimestamp": "2025-01-01T00:00:00.123456Z",
        "labels": draw(st.dictionaries(_name, _words, max_size=2)),
    }
    if stream != "nodes":
        meta["namespace"] = draw(_name)
    body = msgspec.json.encode({"metadata": meta, **draw(_bodies[stream])})
    change = draw(st.sampled_from(["INIT", "ADDED", "MODIFIED", "DELETED"]))
    seen = decode(stream, change, draw(_t), body)
    assert isinstance(seen, ObjectSeen)
    return seen


marks = st.builds(
    StreamMark,
    t=_t,
    stream=st.sampled_from(["pods", "events.v1", "leases"]),
    mark=st.sampled_from(["LIST", "BOOKMARK", "ERROR", "GAP"]),
    text=_words.filter(bool),
    resource_version=st.none() | _name,
    expected=st.integers(0, 1 << 40),
)
_took = st.floats(0, 100)
scrapes = st.builds(ScrapeSeen, _t, _name, _took, st.integers(0, 1 << 30), st.none()) | st.builds(
    ScrapeSeen, _t, _name, _took, st.just(0), _words.filter(bool)
)
outside = st.builds(OutsideSeen, _t, st.sampled_from(["alerts", "logs"]), st.none() | _refs, _words)
kept = events_seen.filter(lambda s: s.event.regarding.kind != "Node") | objects_seen() | marks | scrapes | outside
observations = kept | st.builds(Tick, _t)


@given(observations)
def test_an_observation_is_read_back_from_its_line_as_it_was(seen: Observation) -> None:
    assert decode_line(encode_line(seen)) == seen


def test_digests_are_made_while_decoding_so_nothing_else_passes_the_hook() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_hook(complex, "1")


def test_texts_of_a_status_are_redacted_while_they_are_decoded() -> None:
    state = {"waiting": {"reason": "X", "message": "password=hunter2x"}}
    body = {
        "metadata": {"name": "a"},
        "status": {"message": "token=hunter2x", "containerStatuses": [{"name": "c", "state": state}]},
    }
    seen = decode_line(json.dumps({"t": 1, "s": "pods", "type": "ADDED", "o": body}).encode())
    assert b"hunter2x" not in encode_line(seen)


def test_a_time_without_a_zone_is_refused() -> None:
    body = {"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00"}}
    with pytest.raises(DecodeError, match="timezone"):
        decode_line(json.dumps({"t": 1, "s": "pods", "type": "ADDED", "o": body}).encode())


def test_nulls_where_the_api_never_writes_one_mean_that_nothing_is_there() -> None:
    status = {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": None, "ready": None}, None]}
    pod = _object("pods", spec={"containers": [{"name": "app", "image": None}]}, status=status)
    assert [b.name for b in pod.status.container_statuses] == ["app"]
    assert pod.status.container_statuses[0].restart_count == 0
    assert _event(involvedObject={"kind": "Pod", "name": "web", "fieldPath": None}, reason="Killing").name == "web.1"


def test_a_body_that_is_wrong_without_its_nulls_stays_a_dead_letter() -> None:
    with pytest.raises(DecodeError, match="containers"):
        _object("pods", spec={"containers": "none", "nodeName": None})


def test_a_reason_of_any_length_is_cut() -> None:
    assert _event(**{**CORE, "reason": "x" * 3_000_000}).reason == "x" * REASON_CHARS
