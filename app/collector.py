"""How often Python looks for cycles: seldom, since the engine's objects are in none."""

import gc
from typing import Final

GC_THRESHOLDS: Final = (50_000, 20, 100)
"""Allocations before the collector looks: the engine keeps millions of objects that are in no cycle, and looking at
them all again and again made reading a checkpoint of 1,000 nodes five times slower (benchmarks/results.md)."""


def look_seldom() -> None:
    """Set the collector of this process as the program runs with it; benchmarks measure under the same."""
    gc.set_threshold(*GC_THRESHOLDS)
