"""A series' text (`name{label="v"}`) -> what it measures and whom it is about, as labels of many exporters say it.

Whom: a Pod, a Node, or a workload by its bare name (kind `Workload`), which the object graph resolves later, for
samples may come before the objects. Parsing costs about ten microseconds; callers keep the answer for each series.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from causeline.core.golden import Golden, golden_of
from causeline.core.refs import ObjectRef
from causeline.core.series_owners import ASKED, CALLEES, CALLERS, named, nodes_of, owner_of


class Part(NamedTuple):
    """What one series adds to which measure: `key` groups the parts of one measure within its target."""

    golden: Golden
    key: str
    part: str
    owner: ObjectRef
    caller: ObjectRef | None = None
    """Who asks, where the series is of one caller's requests."""
    by_caller: bool = False
    """Measured where the request starts, so that the network lies between."""


CODES: Final = (
    "code", "status", "status_code", "response_code", "http_status_code", "http_response_status_code", "grpc_code",
    "grpc_status", "grpc_response_status", "rpc_grpc_status_code", "outcome", "result", "error", "status_class",
    "envoy_response_code", "envoy_response_code_class", "http_code", "code_class",
)  # fmt: skip
GRPC: Final = frozenset({"grpc_code", "grpc_status", "grpc_response_status", "rpc_grpc_status_code"})
BAD_GRPC: Final = frozenset({"2", "4", "8", "13", "14", "15"})
"""Unknown, DeadlineExceeded, ResourceExhausted, Internal, Unavailable, DataLoss: faults of the server."""
BAD_WORDS: Final = frozenset(
    [
        "unknown",
        "deadlineexceeded",
        "resourceexhausted",
        "internal",
        "unavailable",
        "dataloss",
        "statuscodeerror",
        "servererror",
        "error",
        "failure",
        "failed",
        "fail",
        "5xx",
        "true",
    ]
)
LOCAL_DEVICES: Final = ("lo", "veth", "cali", "docker", "cni", "lxc", "br-", "virbr", "dm-", "loop", "sr", "ram")
"""Devices whose trouble says nothing of a node's own network or disks: virtual ones, and optical drives."""
KNOWN_MAX: Final = 50_000
"""Series whose reading is remembered, about 40 MB; a target that comes back, or a replay, reads them anew otherwise."""
SIDE: Final = ("client", "upstream", "outbound")


def labels_of(series: str) -> tuple[str, dict[str, str]]:
    """Split a series' text into name and labels; what is not well-formed ends the labels."""
    name, _, rest = series.partition("{")
    labels: dict[str, str] = {}
    at = 0
    while (equals := rest.find('="', at)) >= 0:
        end = _end_of_value(rest, equals + 2)
        if end < 0:
            break
        value = rest[equals + 2 : end]
        labels[rest[at:equals].strip(" ,")] = _unescaped(value) if "\\" in value else value
        at = end + 1
    return name, labels


def _end_of_value(text: str, at: int) -> int:
    """Return where the quote stands that ends a value, -1 where none does."""
    end = text.find('"', at)
    while end > at and (end - len(text[at:end].rstrip("\\")) - at) % 2 == 1:
        end = text.find('"', end + 1)
    return end


def _unescaped(value: str) -> str:
    return value.replace("\\\\", "\0").replace("\\n", "\n").replace('\\"', '"').replace("\0", "\\")


def is_of_host(series: str) -> bool:
    """Tell whether a series of cAdvisor is about a slice of the host, or the pause container: about no workload."""
    return series.startswith("container_") and ('pod=""' in series or 'container="POD"' in series)


@lru_cache(KNOWN_MAX)
def parts_of(series: str, target: str) -> tuple[Part, ...]:
    """Return what a series adds to measures, () for what is not followed or is about nobody."""
    golden = _golden(series[:at] if (at := series.find("{")) >= 0 else series)
    if golden is None or is_of_host(series):
        return ()
    name, labels = labels_of(series)
    if labels.get("quantile") in ("0", "0.5") or _is_local(name, labels):
        return ()
    if golden.form == "idle":
        golden = _of_mode(golden, labels)
        if golden is None:
            return ()
    ends = _ends(name, labels, golden, target)
    if ends is None:
        return ()
    owner, caller, by_caller = ends
    return tuple(
        Part(one, _key(one, name, labels, owner, caller, by_caller=by_caller), part, owner, caller, by_caller)
        for one, part in _pieces(golden, labels)
    )


def _ends(
    name: str, labels: dict[str, str], golden: Golden, target: str
) -> tuple[ObjectRef, ObjectRef | None, bool] | None:
    """Return whom a series is about, who asks it, and whether it was measured where the request starts."""
    nodes = nodes_of(name, labels, target)
    if nodes is not None:
        return *nodes, True
    is_asked = golden.signal in ASKED
    caller, callee = (named(labels, CALLERS), named(labels, CALLEES)) if is_asked else (None, None)
    by_caller = is_asked and (labels.get("reporter") == "source" or any(w in name.lower() for w in SIDE))
    owner = owner_of(name, labels, golden, callee, target)
    if owner is not None and callee is not None and caller is None and by_caller:
        caller = owner_of(name, labels, golden, None, target)
    return (owner, caller, by_caller) if owner is not None else None


_golden = lru_cache(10_000)(golden_of)


def _is_local(name: str, labels: dict[str, str]) -> bool:
    device = labels.get("device") or (labels.get("interface", "") if name.startswith("node_") else "")
    return name.startswith("node_") and device.startswith(LOCAL_DEVICES)


def _of_mode(golden: Golden, labels: dict[str, str]) -> Golden | None:
    mode = labels.get("mode")
    if mode == "iowait":
        return Golden("io", "each", "value", "io wait")
    return golden if mode == "idle" else None


def _pieces(golden: Golden, labels: dict[str, str]) -> list[tuple[Golden, str]]:
    """A count of requests tells errors by its code; of a histogram it is a part of the mean as well."""
    bad = _is_bad(labels)
    if golden.signal == "errors" and golden.form == "ratio":
        return [] if bad is None else [(golden, "bad" if bad else "total")]
    if golden.part == "bucket":
        return [(golden, f"le:{labels.get('le', '')}")]
    if golden.signal == "latency" and golden.part == "count" and bad is not None:
        return [(golden, "count"), (Golden("errors", "ratio", "total", golden.family), "bad" if bad else "total")]
    return [(golden, golden.part)]


def _is_bad(labels: dict[str, str]) -> bool | None:
    """Tell whether a series counts failures, None when no label speaks of it."""
    found = None
    for code in CODES:
        value = labels.get(code)
        if value is None or (code == "result" and not value):
            continue
        word = value.lower().replace("_", "").replace("-", "")
        if code in GRPC:
            is_bad = value in BAD_GRPC or word in BAD_WORDS
        elif code == "response_code" and value == "0":
            is_bad = True
        else:
            is_bad = (word[:1] == "5" and len(word) in (1, 3)) or word in BAD_WORDS
        found = bool(found) or is_bad
    return found


def _key(
    golden: Golden, name: str, labels: dict[str, str], owner: ObjectRef, caller: ObjectRef | None, *, by_caller: bool
) -> str:
    """Gauges stand alone; counters of one owner, caller, side and container are one measure."""
    rest = [golden.signal, golden.family, *(p or "" for p in owner), *(p or "" for p in caller or ()), str(by_caller)]
    if golden.form == "gauge":
        rest += [name, *(f"{k}={v}" for k, v in sorted(labels.items()))]
    else:
        rest += [labels.get("container", ""), labels.get("device", "") if golden.signal.startswith("io") else ""]
    return "\0".join(rest)
