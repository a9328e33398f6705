"""S05 and T30 on real data: answers that were known before."""

import os

import numpy as np
import pytest

from smallnet.hypotheses import load_claim
from smallnet.tables import Choices
from smallnet.tables.registry import load_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("SMALLNET_DATA" not in os.environ, reason="SMALLNET_DATA is not set"),
]


def quiet(line):
    """Say nothing."""


def results(name):
    dataset = load_data(name, notify=quiet)
    choices = Choices(replicates=499)
    return [
        load_claim(claim).test(dataset, choices, rng=np.random.default_rng(1))
        for claim in ("S05", "T30")
    ]


def test_the_cohort_writes_less_in_larger_channels_with_a_wide_interval():
    s05, t30 = results("slack_10academy")
    assert s05.verdict in ("supported", "inconclusive")
    assert s05.ci_high / s05.ci_low > 1.4
    silent = s05.robustness[0]
    assert silent["estimate"] < s05.estimate  # the silent end decides how much
    assert abs(s05.details["spearman"]["rho"]) < 0.3  # across channels size hardly matters
    assert t30.verdict != "supported"


def test_small_alone_does_nothing_in_a_week_of_a_large_community():
    s05, t30 = results("slack_bcneng")
    assert s05.verdict in ("inconclusive", "no effect")
    assert t30.verdict in ("inconclusive", "no effect")


def test_the_lean_streams_are_a_counter_example():
    s05, t30 = results("lean_zulip")
    assert s05.estimate > 1
    assert s05.verdict != "supported"
    assert s05.threats[0].startswith("Size = people who wrote")
    assert s05.details["spearman"]["rho"] > 0.2
    assert t30.verdict != "supported"
    assert s05.details["total_elasticity"]["ci_low"] > 0
