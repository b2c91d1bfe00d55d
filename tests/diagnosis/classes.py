"""The classes of causes with their details, and how many different hand-made scenarios there are of each."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.diagnosis.registry import FAULTS, MORE, VARIANTS, Truth
from tests.diagnosis.shop import Shop
from tests.streams.metric_cases import CASES

Key = tuple[str, str]
"""A class and its detail, "" where it has none."""

PLAIN = [
    "missing-image-pull-secret",
    "registry-dns-failure",
    "bad-rollout-crashloop",
    "crashloop-runtime",
    "oom-killed",
    "node-oom",
    "liveness-failing",
    "readiness-failing",
    "missing-service-account",
    "missing-pvc",
    "volume-permission-denied",
    "admission-webhook-down",
    "node-runtime-down",
    "node-network",
    "kube-proxy-down",
    "scheduler-down",
    "controller-manager-down",
    "apiserver-down",
    "etcd-unhealthy",
    "coredns-down",
    "control-plane-restart",
    "service-selector-mismatch",
    "service-port-mismatch",
    "service-protocol-mismatch",
    "dns-resolution-failure",
    "network-policy-deny",
    "scaled-to-zero",
    "port-conflict",
    "conntrack-full",
    "cpu-throttled",
    "cpu-overload",
    "memory-leak",
    "io-slow",
    "gc-pause",
    "job-failing",
    "hpa-failing",
    "namespace-deletion",
    "certificate-expiry",
    "event-storm",
    "dependency-read-only",
    "dependency-connections-exhausted",
    "disk-pressure",
    "memory-pressure",
    "pid-pressure",
    "gateway-misroute",
    "node-kernel-deadlock",
    "node-readonly-filesystem",
    "node-services-unstable",
    "node-time-wrong",
    "pod-stuck-terminating",
    "service-missing",
    "init-hanging",
    "pod-network-failing",
]
"""Classes without details, or whose details name a thing of the cluster (a node's threshold, a route)."""
DETAILS = {
    "quota-exceeded": "cpu memory pods services storage *",
    "insufficient-capacity": "cpu memory pods ephemeral-storage *",
    "scheduling-constraints": "node-selector node-affinity pod-affinity pod-anti-affinity taint cordon topology-spread "
    "host-port volume-zone",
    "pvc-unbound": "storage-class capacity access-mode selector occupied",
    "probe-misconfigured": "readiness-port readiness-protocol readiness-timing liveness-port liveness-protocol "
    "liveness-timing startup-port startup-protocol startup-timing",
    "bad-image": "tag repository name platform",
    "missing-dependency-mount": "secret configmap key",
    "registry-outage": "status refused timeout tls",
    "node-not-ready": "kubelet network node-down",
    "dependency-address-wrong": "env-address env-port config-address config-port",
    "dependency-credentials-wrong": "user password key",
    "network-latency": "pod node",
    "packet-loss": "pod node",
    "drift": "hand-edit moved-tag odd-node",
    "admission-denied": "*",
    "config-change-crashloop": "*",
}
"""Details of the wide classes; * stands for a name of the cluster's own: a resource, a webhook's rule, a key."""
ENOUGH = 3
SEED = 700
"""The shop that all faults are put into to be compared."""


def wanted() -> list[Key]:
    """Return each class with each of its details."""
    return [(c, "") for c in PLAIN] + [(c, d) for c, found in DETAILS.items() for d in found.split()]


def scenarios() -> dict[Key, list[str]]:
    """Return the names of the different scenarios of each: snapshots, cases of metrics, stories."""
    found: dict[Key, list[str]] = defaultdict(list)
    for key, name in (*_snapshots(), *_metrics(), *_stories()):
        found[key].append(name)
    return found


def _key(cause: str, detail: str | None) -> Key:
    known = DETAILS.get(cause, "").split()
    if not known or detail is None:
        return cause, ""
    return cause, detail if detail in known else "*"


def _snapshots() -> list[tuple[Key, str]]:
    """Return a scenario once, however many variants differ from it in names and numbers alone."""
    shapes: dict[tuple[Key, frozenset[str]], str] = {}
    for name, make in FAULTS.items():
        for v in range(VARIANTS):
            truth, shape = _shape(lambda shop, make=make, v=v: make(shop, v))
            shapes.setdefault((_key(truth.cause, truth.detail), shape), f"{name}/{v}")
    for name, make_one in MORE.items():
        truth, shape = _shape(make_one)
        shapes.setdefault((_key(truth.cause, truth.detail), shape), name)
    return [(key, name) for (key, _), name in shapes.items()]


def _shape(make: Callable[[Shop], Truth]) -> tuple[Truth, frozenset[str]]:
    """Return what the fault brings into a shop, with names and numbers taken out."""
    shop = Shop(SEED)
    truth = make(shop)
    return truth, frozenset(_texts(shop) - _healthy())


@cache
def _healthy() -> set[str]:
    return _texts(Shop(SEED))


def _texts(shop: Shop) -> set[str]:
    names = {name for _, _, name in shop.objects} | {shop.ns, *shop.names}
    names |= {name.upper().replace("-", "_") for name in names}
    named = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    events = [{k: v for k, v in e.items() if k not in ("metadata", "count")} for e in shop.events]
    parts: list[Any] = [*shop.objects.values(), *events, *shop.logs, *shop.metrics]
    return {re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", named.sub("@", json.dumps(part, sort_keys=True))) for part in parts}


def _metrics() -> list[tuple[Key, str]]:
    return [(_key(cause, detail), name) for name, (_, (cause, detail, _)) in CASES.items()]


def _stories() -> list[tuple[Key, str]]:
    """Return the causes that a story of tests/scenarios/*.yaml expects at its end."""
    found = []
    for file in sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml")):
        for story in yaml.safe_load(file.read_text()):
            last = story["expect"][-1]["incidents"]
            found += [(_key(i["cause"], i.get("detail")), story["scenario"]) for i in last if "cause" in i]
    return found
