"""Snapshots with hand-made faults; the modules of shapes register themselves."""

from tests.diagnosis import faults_fourth as faults_fourth
from tests.diagnosis import faults_third as faults_third
