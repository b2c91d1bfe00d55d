"""What the tests on a real API server share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.control_plane import ControlPlane


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    plane = ControlPlane(tmp_path)
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()
