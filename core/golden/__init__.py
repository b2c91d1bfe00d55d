"""What the name of a series says: which golden signal it measures, in which form and unit. Names only; no labels.

The four golden signals (latency, traffic, errors, saturation) of https://sre.google/sre-book/monitoring-distributed-systems/,
with saturation split by what runs out. Well-known names first (cAdvisor, kube-state-metrics, node-exporter, Istio,
KubeSkoop), then the words that a made-up name holds. Costs a few microseconds a name; callers keep the answer.
"""

from causeline.core.golden.known import KNOWN, OWN_PREFIXES
from causeline.core.golden.measure import Golden
from causeline.core.golden.words import golden_of_words, words_of

__all__ = ["OWN_PREFIXES", "Golden", "golden_of", "words_of"]


def golden_of(name: str) -> Golden | None:
    """Return what a series of this name measures, None for what is not followed."""
    known = KNOWN.get(name)
    if known is not None:
        return known
    if name.startswith(tuple(OWN_PREFIXES)):
        return None
    return golden_of_words(name)
