"""Shared fixtures and hypothesis profiles."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")

INCIDENTS = Path(__file__).parents[1] / "incidents"


@pytest.fixture(scope="session")
def recordings() -> list[Path]:
    """The recordings that ship with the project."""
    return sorted(p for p in INCIDENTS.iterdir() if (p / "events.jsonl.gz").exists())
