"""Is the control plane there? Scrapes that fail, leases that nobody renews, watches that are cut.

A stopped scheduler writes no event at all: pods wait, its Lease falls silent and its scrape fails.
"""

from functools import lru_cache
from typing import Final

import msgspec

from causeline.core.observations import ScrapeSeen, StreamMark
from causeline.core.refs import ObjectRef

COMPONENTS: Final = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager", "etcd")
LEASE_SILENT_SECONDS: Final = 17.0
"""leaderElection.leaseDuration defaults to 15 s, renewed every 2 s; with the two seconds that arrival may take."""
OTHERS_HEARD_SECONDS: Final = 5.0
"""Another lease must have come this long after the silent one's last: API servers renew theirs every 10 s."""
CUT_STREAMS_MIN: Final = 3
CUT_WINDOW_SECONDS: Final = 5.0
"""That many streams cut within this time are not one time-out but the server."""

KUBELET_TARGETS: Final = ("kubelet", "cadvisor")
"""How targets are called that a node's kubelet answers."""


class ControlPlane(msgspec.Struct):
    """What was last seen of each component, and by which witness it is missed: (component, witness) -> (since, how)."""

    missed: dict[str, dict[str, tuple[float, str]]] = {}
    leases: dict[str, tuple[float, str]] = {}
    leases_heard: float = 0.0
    cut: dict[str, float] = {}
    targets_down: dict[str, tuple[float, str]] = {}
    answered: dict[str, bool] = {}
    """Targets that have answered once; one that never did is a mistake of the configuration, not an outage."""

    def scraped(self, seen: ScrapeSeen) -> None:
        """Take in a scrape of any target."""
        if seen.error is None:
            self.targets_down.pop(seen.target, None)
            self.answered[seen.target] = True
        else:
            self.targets_down.setdefault(seen.target, (seen.t, seen.error))
        component = _component_of(seen.target)
        if component is None:
            return
        if seen.error is None:
            self._back(component, f"scrape of {seen.target}")
        elif seen.target in self.answered:
            self._miss(component, f"scrape of {seen.target}", seen.t, "its metrics can't be scraped")

    def renewed(self, name: str, holder: str, t: float) -> str | None:
        """Take in a lease of kube-system; return the component when another holder took over."""
        self.leases_heard = max(self.leases_heard, t)
        if name not in COMPONENTS:
            return None
        before = self.leases.get(name)
        self.leases[name] = (t, holder)
        self._back(name, "lease")
        return name if before is not None and before[1] != holder and holder else None

    def given_up(self, name: str) -> None:
        """Take in that a lease was deleted: nobody need renew it."""
        if self.leases.pop(name, None) is not None:
            self._back(name, "lease")

    def marked(self, mark: StreamMark) -> None:
        """Take in a stream's list or gap."""
        if mark.mark == "GAP" and not mark.is_end and mark.text != "closed":
            self.cut.setdefault(mark.stream, mark.t)
            recent = [at for at in self.cut.values() if mark.t - at < CUT_WINDOW_SECONDS]
            if len(recent) >= CUT_STREAMS_MIN:
                self._miss("kube-apiserver", "watches", min(recent), "watches were cut")

    def heard(self, stream: str) -> None:
        """Something came in on a stream: it is not cut any more."""
        if self.cut.pop(stream, None) is not None and len(self.cut) < CUT_STREAMS_MIN:
            self._back("kube-apiserver", "watches")

    def tick(self, t: float) -> None:
        """Miss the leases that fell silent; while their watch is cut, or brings no other either, that says nothing."""
        if "leases" in self.cut:
            self.leases = {c: (t, holder) for c, (_, holder) in self.leases.items()}
            return
        for component, (at, _) in self.leases.items():
            if t - at >= LEASE_SILENT_SECONDS and self.leases_heard - at >= OTHERS_HEARD_SECONDS:
                self._miss(component, "lease", at, "its lease is silent")

    def _miss(self, component: str, witness: str, since: float, how: str) -> None:
        self.missed.setdefault(component, {}).setdefault(witness, (since, how))

    def _back(self, component: str, witness: str) -> None:
        witnesses = self.missed.get(component)
        if witnesses and witnesses.pop(witness, None) is not None and not witnesses:
            del self.missed[component]

    def away(self, t: float) -> list[tuple[ObjectRef, float, str]]:
        """Return the components that are missed, since when and how it shows."""
        found = []
        for component, witnesses in self.missed.items():
            heard = [w for name, w in witnesses.items() if not self._is_overruled(component, name, w[0], t)]
            if heard:
                how = "; ".join(text for _, text in heard)
                found.append((ObjectRef("Component", None, component), min(since for since, _ in heard), how))
        return found

    def _is_overruled(self, component: str, witness: str, since: float, t: float) -> bool:
        """A component whose scrape fails for long while it renews its lease is alive; its metrics are not."""
        at, _ = self.leases.get(component, (0.0, ""))
        return witness.startswith("scrape") and at - since > OTHERS_HEARD_SECONDS and t - at < LEASE_SILENT_SECONDS

    def kubelet(self, node: str) -> str:
        """Tell what a node's scrapes say: `kubelet` when it alone is away, `node-down` when all is silent, else ''."""
        of_node = {name: error for name, (_, error) in self.targets_down.items() if _is_of(name, node)}
        error = next((e.lower() for name, e in of_node.items() if name.startswith(KUBELET_TARGETS)), "")
        is_alive = any(_is_of(name, node) and name not in of_node for name in self.answered)
        if "refused" in error or (error and is_alive):
            return "kubelet"
        return "node-down" if any(w in error for w in ("timed out", "timeout", "no route", "unreachable")) else ""


def _is_of(target: str, node: str) -> bool:
    return target.endswith(("-" + node, "/" + node))


@lru_cache(maxsize=1024)
def _component_of(target: str) -> str | None:
    return next((c for c in COMPONENTS if target == c or target.startswith(c + "-")), None)
