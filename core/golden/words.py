"""Reads names of series that nobody told us of, by the words that they hold: one reader a signal, the first wins."""

from typing import Final

import re2

from causeline.core.golden.measure import Golden

_SPLIT = re2.compile(r"([a-z0-9])([A-Z])")
_OTHER = re2.compile(r"[^a-z0-9]+")

_SECONDS: Final = {
    "seconds": 1.0, "second": 1.0, "secs": 1.0, "sec": 1.0, "s": 1.0,
    "milliseconds": 1e-3, "millis": 1e-3, "ms": 1e-3, "msec": 1e-3,
    "microseconds": 1e-6, "micros": 1e-6, "us": 1e-6, "nanoseconds": 1e-9, "nanos": 1e-9, "ns": 1e-9,
}  # fmt: skip
_SHARES: Final = {"ratio": 1.0, "fraction": 1.0, "percent": 0.01, "percentage": 0.01, "pct": 0.01}
_NET: Final = frozenset([
    "network", "net", "packet", "packets", "tcp", "udp", "rx", "tx", "receive", "transmit", "interface", "eth0",
    "ip", "link",
])  # fmt: skip
_LATENCY: Final = frozenset(["latency", "duration", "latencies", "responsetime", "rtt", "elapsed", "delay"])
_STATISTICS: Final = frozenset([
    "p50", "p75", "p90", "p95", "p99", "p999", "avg", "mean", "max", "min", "median", "quantile", "current",
])  # fmt: skip
_REQUESTS: Final = frozenset([
    "requests", "request", "calls", "handled", "rq", "rpcs", "rpc", "queries", "transactions", "responses",
])  # fmt: skip
_ERRORS: Final = frozenset([
    "error", "errors", "err", "errs", "failed", "failure", "failures", "fail", "5xx", "exceptions",
])  # fmt: skip
_DISK: Final = frozenset(["disk", "io", "fs", "storage", "blkio", "block", "iops", "volume"])
_NOT_USE: Final = frozenset(
    [
        "limit",
        "limits",
        "request",
        "requests",
        "quota",
        "shares",
        "period",
        "periods",
        "spec",
        "cores",
        "capacity",
        "allocatable",
        "reservation",
        "reserved",
        "available",
        "free",
        "cached",
        "cache",
        "buffers",
        "swap",
    ]
)


def words_of(name: str) -> list[str]:
    """Split a name into lower-case words: at what is no letter or digit, and before capitals; `%` is `percent`."""
    return [w for w in _OTHER.split(_SPLIT.sub(r"\1_\2", name.replace("%", "_percent_")).lower()) if w]


def golden_of_words(name: str) -> Golden | None:
    """Return what the words of a name say that it measures, None where they say nothing that is followed."""
    words = words_of(name)
    if not words:
        return None
    for read in (_throttled, _conntrack, _loss, _gc, _io, _latency, _errors, _cpu, _memory):
        found = read(name, words, frozenset(words))
        if found is not None:
            return found
    return None


def _unit(words: list[str], units: dict[str, float]) -> float:
    return next((units[w] for w in reversed(words) if w in units), 0.0)


def _counts(words: list[str]) -> bool:
    return words[-1] in ("total", "sum", "count")


def _throttled(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if not any(w.startswith("throttl") for w in words):
        return None
    if _counts(words):
        return (
            Golden("throttled", "rate", "value", "throttled", _unit(words, _SECONDS) or 1.0)
            if found & _SECONDS.keys()
            else None
        )
    return Golden("throttled", "gauge", "value", "throttled", _unit(words, _SHARES))


def _conntrack(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if "conntrack" not in found:
        return None
    if found & {"limit", "max", "maxentries"}:
        return Golden("conntrack", "share", "limit", "conntrack")
    if found & _SHARES.keys() or found & {"usage", "utilization", "util"}:
        return Golden("conntrack", "gauge", "value", "conntrack share", _unit(words, _SHARES))
    return Golden("conntrack", "share", "value", "conntrack") if found & {"entries", "count", "used"} else None


def _loss(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if any(w.startswith(("retrans", "retransmi")) for w in words):
        form = "rate" if words[-1] in ("total", "segs", "segments") else "gauge"
        return Golden("retransmits", form, "value", "retransmits", _unit(words, _SHARES))
    way = (
        "receive"
        if found & {"receive", "rx", "received", "in"}
        else "transmit"
        if found & {"transmit", "tx", "out"}
        else ""
    )
    bad = found & {"dropped", "drop", "drops", "loss", "lost"} or (
        found & _ERRORS and found & {"receive", "transmit", "rx", "tx"}
    )
    if bad and (found & _NET or "loss" in found):
        if words[-1] != "total":
            return Golden("loss", "gauge", "value", "packet loss", _unit(words, _SHARES))
        return Golden("loss", "ratio", "bad", f"packets {way}") if way else Golden("loss", "rate", "value", "packets")
    if words[-1] == "total" and way and "packets" in found:
        return Golden("loss", "ratio", "total", f"packets {way}")
    return None


def _gc(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if not found & {"gc", "garbage"} or not found & {"pause", "duration", "seconds", "time", "collection", "pauses"}:
        return None
    if words[-1] in ("bucket", "count") or "concurrent" in found:
        return None
    scale = _unit(words, _SECONDS)
    return (
        Golden("gc", "rate", "value", "gc", scale or 1.0)
        if words[-1] in ("sum", "total")
        else (Golden("gc-pause", "gauge", "value", "gc pause", scale))
    )


def _io(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if "iowait" in found:
        return Golden("io", "gauge", "value", "io wait", _unit(words, _SHARES))
    if not found & _DISK:
        return None
    if found & {"latency", "await"}:
        return Golden("io-latency", "gauge", "value", "disk latency", _unit(words, _SECONDS))
    if found & {"util", "utilization", "busy", "wait"} and not _counts(words):
        return Golden("io", "gauge", "value", "disk busy", _unit(words, _SHARES))
    return None


def _latency(name: str, words: list[str], found: frozenset[str]) -> Golden | None:
    timed = found & _LATENCY or (
        found & {"response", "request", "requests", "rq", "processing", "handling"}
        and found & ({"time"} | _SECONDS.keys())
    )
    if (
        not timed
        or words[-1] == "total"
        or "per" in found
        or found & {"startup", "start", "uptime", "queue", "sync", "size", "bytes"}
    ):
        return None
    signal = "ping" if found & {"rtt", "ping", "icmp"} or (found & {"network"} and not found & _REQUESTS) else "latency"
    scale = _unit(words, _SECONDS)
    if words[-1] in ("sum", "count", "bucket"):
        return Golden(signal, "mean", words[-1], name.rpartition("_")[0], scale)
    return Golden(signal, "gauge", "value", name, scale)


def _errors(name: str, words: list[str], found: frozenset[str]) -> Golden | None:
    share = _unit(words, _SHARES)
    if found & {"success", "availability", "successful"}:
        return (
            Golden("errors", "gauge", "value", name, share, is_inverted=True)
            if (share or found & {"rate", "availability"}) and words[-1] != "total"
            else None
        )
    if found & _ERRORS:
        if words[-1] in ("total", "count"):
            return Golden("error-rate", "rate", "value", name)
        is_share = share or found & {"rate"} or words[-1] in _STATISTICS
        return Golden("errors", "gauge", "value", name, share) if is_share or words[-1] in _ERRORS else None
    if found & _REQUESTS and words[-1] in ("total", "count", "rq", "requests"):
        return Golden("errors", "ratio", "total", name)
    return None


def _cpu(_: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if "cpu" not in found or found & (_NOT_USE - {"cores"}) or found & {"idle", "system", "user", "steal"}:
        return None
    if words[-1] == "total":
        return Golden("cpu", "rate", "value", "cpu", _unit(words, _SECONDS) or 1.0)
    share = _unit(words, _SHARES)
    if share:
        return Golden("cpu-share", "gauge", "value", "cpu share", share)
    if (
        not found & {"usage", "used", "utilization", "util", "use", "cores", "millicores", "m", "load", "rate"}
        and words[-1] != "cpu"
    ):
        return None
    if found & {"utilization", "util"}:
        return Golden("cpu-share", "gauge", "value", "cpu share", 0.0)
    scale = 1e-3 if found & {"millicores", "m", "milli"} else 1.0 if "cores" in found else 0.0
    return Golden("cpu", "gauge", "value", "cpu", scale)


def _memory(name: str, words: list[str], found: frozenset[str]) -> Golden | None:
    if (
        not found & {"memory", "mem", "rss", "heap"}
        or found & _NOT_USE
        or found & {"max", "kernel", "mapped", "failcnt", "total", "file"}
    ):
        return None
    if not found & {"usage", "used", "working", "rss", "resident", "inuse", "use"}:
        return None
    share = _unit(words, _SHARES)
    scale = (
        share
        or _unit(words, {"mi": 2.0**20, "mib": 2.0**20, "mb": 1e6, "ki": 2.0**10, "kb": 1e3, "gi": 2.0**30, "gb": 1e9})
        or 1.0
    )
    return Golden("memory-share" if share else "memory", "gauge", "value", name, scale)
