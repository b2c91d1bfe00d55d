"""A snapshot of a healthy shop, as the API would list it, for faults to be put into.

Nothing of Causeline is used here. Names, age, wording and what is listed vary with the seed.
"""

import random

from tests.diagnosis.mishaps import Mishaps
from tests.diagnosis.snapshot import DAY, STREAMS, iso, short

__all__ = ["DAY", "STREAMS", "Shop", "iso", "short"]

NOW = 1_790_000_000.0
WORDS = [
    "cart",
    "checkout",
    "payment",
    "catalog",
    "search",
    "orders",
    "users",
    "shipping",
    "ads",
    "reviews",
    "email",
    "stock",
]
OTHER = [
    "ts-auth",
    "ts-route",
    "ts-seat",
    "ts-train",
    "ts-food",
    "ts-price",
    "ts-notify",
    "ts-travel",
    "ts-order",
    "ts-config",
]


class Shop(Mishaps):
    """A cluster with a front end, what it asks, a database, and the noise of every day."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        ns = rng.choice(["boutique", "shop", "train-ticket", "store-prod"])
        names = list(OTHER if ns == "train-ticket" else WORDS)
        rng.shuffle(names)
        names = names[: rng.randint(7, 9)]
        t = NOW + rng.choice([0.0, 0.25, 0.7])
        self.runtime = rng.choice(["containerd", "cri-o"])
        super().__init__(ns, t, names, [f"worker-{i}" for i in range(1, rng.randint(3, 4) + 1)])
        self._cluster()
        for number, name in enumerate(names):
            needs = names[number + 1 : number + 3]
            self.workload(name, port=self.port_of(name), needs=needs, replicas=1 + number % 2)
        self.db = "mysql" if ns == "train-ticket" else "redis"
        self.workload(self.db, kind="StatefulSet", port=3306 if self.db == "mysql" else 6379, claim=True)
        self._noise()

    def _cluster(self) -> None:
        for ns in ("kube-system", "default", self.ns):
            self.put("Namespace", None, ns, status={"phase": "Active"})
        self.node("control-1", taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])
        for name in self.nodes:
            self.node(name)
        self.put(
            "StorageClass",
            None,
            "standard",
            provisioner="rancher.io/local-path",
            volumeBindingMode="WaitForFirstConsumer",
        )
        for part in ("kube-scheduler", "kube-controller-manager"):
            self.put(
                "Lease",
                "kube-system",
                part,
                spec={"holderIdentity": "control-1_x", "leaseDurationSeconds": 15, "renewTime": iso(self.t - 1)},
            )
        for part in ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager"):
            self.pod(f"{part}-control-1", "kube-system", part, owner=("Node", "control-1"), node="control-1")
        self.workload("coredns", ns="kube-system", port=53, replicas=2, service="kube-dns")
        self.daemon("kube-proxy")

    def _noise(self) -> None:
        other = self.names[-1]
        self.rollout(other, 1500.0)
        self.event(
            "Pod",
            self.pods_of(other)[0],
            "Unhealthy",
            "Readiness probe failed: dial tcp 10.1.0.9:8080: connect: connection refused",
            ago=1480,
            since=1490,
            count=2,
        )
        self.event(
            "Pod",
            self.pods_of(self.names[-2])[0],
            "FailedScheduling",
            "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu.",
            ago=3000,
            since=3100,
            component="default-scheduler",
        )
        for name in self.names[:3]:
            self.event(
                "Pod", self.pods_of(name)[0], "Started", "Started container server", type="Normal", ago=3300, since=3300
            )
