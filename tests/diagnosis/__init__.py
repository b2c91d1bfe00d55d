"""Snapshots with faults made by hand, and what must be made of them."""

from tests.diagnosis import faults as faults
