"""Where faults of the shop are kept, each with what is true of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.diagnosis.shop import Shop


@dataclass
class Truth:
    kind: str
    name: str
    cause: str
    detail: str | None = None
    also: list[tuple[str, str]] = field(default_factory=list)


Fault = Callable[[Shop, int], Truth]
FAULTS: dict[str, Fault] = {}
"""Faults in several variants each."""
VARIANTS = 3
MORE: dict[str, Callable[[Shop], Truth]] = {}
"""Faults of one shape each, and shops that only look ill."""
BENIGN = Truth("", "", "benign")


def fault(make: Fault) -> Fault:
    FAULTS[make.__name__] = make
    return make


def more(make: Callable[[Shop], Truth]) -> Callable[[Shop], Truth]:
    MORE[make.__name__] = make
    return make


def box(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["containers"][0]  # type: ignore[no-any-return]
