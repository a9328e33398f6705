"""Worlds for the tests of measures."""

import pytest
from measured_worlds import TINY_STUDY, tiny_frames

from smallnet.tables import Dataset


@pytest.fixture(scope="session")
def tiny():
    return Dataset.from_frames(tiny_frames(), TINY_STUDY)
