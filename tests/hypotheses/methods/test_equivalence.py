"""Too small to matter, shown rather than hoped."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from smallnet.errors import InputError
from smallnet.hypotheses.methods.equivalence import equivalence_test


def test_p_is_that_of_statsmodels():
    values = np.random.default_rng(1).normal(0.1, 1.0, 40)
    peer = DescrStatsW(values).ttost_mean(-0.4, 0.5)[0]
    error = values.std(ddof=1) / np.sqrt(40)
    test = equivalence_test(values.mean(), error, (-0.4, 0.5), freedom=39)
    assert test.p_value == pytest.approx(peer)


@pytest.mark.parametrize("estimate", [-0.13, 0.0, 0.05, 0.2])
def test_p_is_small_just_where_the_interval_lies_within_the_margins(estimate):
    for error in (0.01, 0.05, 0.1):
        test = equivalence_test(estimate, error, (-0.15, 0.15), freedom=30)
        assert (test.p_value < 0.05) == (test.low > -0.15 and test.high < 0.15)
        at = equivalence_test(estimate, error, (-test.margin, test.margin), freedom=30)
        assert at.p_value == pytest.approx(0.05)


def test_an_effect_at_the_margin_is_called_equivalent_at_the_level_and_none_often():
    rng, worlds, error = np.random.default_rng(2), 800, 0.05
    for effect, expected in ((0.2, 0.05), (0.0, 2 * stats.norm.cdf(0.2 / 0.05 - 1.645) - 1)):
        estimates = rng.normal(effect, error, worlds)
        called = np.mean(
            [equivalence_test(e, error, (-0.2, 0.2)).p_value < 0.05 for e in estimates]
        )
        assert abs(called - expected) < 4 * np.sqrt(expected * (1 - expected) / worlds) + 1e-3


@pytest.mark.parametrize(
    ("estimate", "error", "finding"),
    [
        (0.0, 0.02, "equivalent"),
        (0.05, 0.02, "different but small"),
        (0.5, 0.1, "different"),
        (0.0, 0.3, "undecided"),
    ],
)
def test_the_four_findings(estimate, error, finding):
    assert equivalence_test(estimate, error, (-0.14, 0.14)).finding == finding


def test_margins_without_the_null_are_refused():
    with pytest.raises(InputError, match="margins are"):
        equivalence_test(0.0, 0.1, (0.1, 0.2))
    with pytest.raises(InputError, match="an error above 0"):
        equivalence_test(0.0, 0.0, (-0.1, 0.2))
