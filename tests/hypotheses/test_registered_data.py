"""What the registry says of a public data set holds: the claims it can test are testable."""

import dataclasses
import os

import numpy as np
import pytest

from smallnet.hypotheses import run_claims
from smallnet.tables import list_data, load_data

LARGE = ("blogcatalog3", "lean_zulip")
PROMISES = {entry.name: entry for entry in list_data() if entry.can_test}


def quiet(line):
    """Say nothing."""


def check(name):
    """Test the promised claims, with few draws: whether, not what, is asked."""
    if PROMISES[name].files and "SMALLNET_DATA" not in os.environ:
        pytest.skip("SMALLNET_DATA is not set")
    dataset = load_data(name, notify=quiet)
    choices = dataclasses.replace(
        dataset.study.to_choices(), hypotheses=PROMISES[name].can_test, replicates=99
    )
    results = run_claims(dataset, choices, rng=np.random.default_rng(1))
    assert {r.id for r in results} == set(PROMISES[name].can_test)
    assert {r.id: r.reason for r in results if r.verdict == "not testable"} == {}


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in PROMISES if name not in LARGE])
def test_a_data_set_can_test_what_the_registry_says(name):
    check(name)


@pytest.mark.data
@pytest.mark.calibration
@pytest.mark.parametrize("name", LARGE)
def test_a_large_data_set_can_test_what_the_registry_says(name):
    check(name)
