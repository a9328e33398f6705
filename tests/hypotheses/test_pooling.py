"""Pooling of studies: published numbers, another implementation, honest intervals, limits."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.pooling import pool, standard_error

# Thirteen trials of the BCG vaccine (Colditz et al., JAMA 271, 698-702, 1994): tuberculosis yes
# and no among the vaccinated, yes and no among the others.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)


def log_risk_ratios():
    a, b, c, d = BCG.T
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_the_vaccine_trials_give_the_numbers_that_are_printed_of_them():
    # Viechtbauer, J. Stat. Softw. 36(3) (2010), REML: mean, variance between trials, Q.
    y, variance = log_risk_ratios()
    found = pool(y, np.sqrt(variance))
    assert found.estimate == pytest.approx(-0.7145, abs=5e-5)
    assert found.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert found.q == pytest.approx(152.2330, abs=5e-5)


def test_mean_and_error_are_those_of_statsmodels_at_the_same_spread():
    from scipy import stats
    from statsmodels.stats.meta_analysis import combine_effects

    y, variance = log_risk_ratios()
    found = pool(y, np.sqrt(variance))
    # Their spread is another estimate of it; put into the variances, nothing is left to estimate.
    theirs = combine_effects(y, variance + found.tau2, method_re="dl", use_t=True)
    assert found.estimate == pytest.approx(theirs.mean_effect_fe, rel=1e-9)
    reach = stats.t.ppf(0.975, len(y) - 1) * theirs.sd_eff_w_fe_hksj
    assert found.ci_high - found.estimate == pytest.approx(reach, rel=1e-6)
    assert found.i2 == pytest.approx(combine_effects(y, variance).i2, rel=1e-9)


def test_the_spread_is_where_the_restricted_likelihood_is_highest():
    y, variance = log_risk_ratios()

    def log_likelihood(tau2):
        weight = 1 / (variance + tau2)
        mean = weight @ y / weight.sum()
        parts = np.log(weight).sum() - np.log(weight.sum()) - weight @ (y - mean) ** 2
        return parts / 2

    top = pool(y, np.sqrt(variance)).tau2
    grid = np.linspace(0, 2, 2001)
    assert max(log_likelihood(tau2) for tau2 in grid) <= log_likelihood(top) + 1e-12


@pytest.mark.parametrize(("studies", "tau"), [(3, 0.0), (3, 0.5), (6, 0.5)])
def test_the_interval_of_few_studies_holds_the_truth_as_often_as_it_says(studies, tau):
    rng, worlds, held = np.random.default_rng(7), 2000, 0
    for _ in range(worlds):
        errors = rng.uniform(0.1, 0.6, studies)
        found = pool(rng.normal(0.3, np.hypot(errors, tau)), errors)
        held += found.ci_low <= 0.3 <= found.ci_high
    standard_error_of_share = np.sqrt(0.95 * 0.05 / worlds)
    assert held / worlds > 0.95 - 4 * standard_error_of_share  # never narrower than the usual: >=


def test_the_prediction_interval_holds_a_next_truth():
    # That of Higgins et al. is near its level for six studies and more (Partlett & Riley 2017).
    rng, worlds, held = np.random.default_rng(8), 1000, 0
    for _ in range(worlds):
        errors = rng.uniform(0.1, 0.3, 8)
        found = pool(rng.normal(0.3, np.hypot(errors, 0.5)), errors)
        held += found.prediction_low <= rng.normal(0.3, 0.5) <= found.prediction_high
    assert abs(held / worlds - 0.95) < 0.02 + 4 * np.sqrt(0.95 * 0.05 / worlds)


def test_studies_that_agree_have_no_spread_and_the_usual_error():
    found = pool([0.4, 0.4, 0.4], [0.1, 0.1, 0.1])
    assert (found.tau2, found.i2, found.q) == (0.0, 0.0, pytest.approx(0.0))
    from scipy import stats

    reach = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert found.ci_high == pytest.approx(0.4 + reach)


def test_two_studies_have_no_prediction_interval():
    found = pool([0.1, 0.9], [0.1, 0.1])
    assert found.prediction_low is None
    assert found.prediction_high is None


def test_changing_sign_and_unit_changes_the_mean_alike():
    y, errors = [0.2, -0.1, 0.7, 0.3], [0.2, 0.1, 0.3, 0.25]
    found, turned = pool(y, errors), pool([-3 * x for x in y], [3 * s for s in errors])
    assert turned.estimate == pytest.approx(-3 * found.estimate)
    assert turned.ci_low == pytest.approx(-3 * found.ci_high)
    assert turned.tau2 == pytest.approx(9 * found.tau2, rel=1e-6)
    assert turned.p_value == pytest.approx(found.p_value)


def test_a_normal_interval_gives_its_standard_error_back():
    assert standard_error(1 - 1.959964 * 0.3, 1 + 1.959964 * 0.3) == pytest.approx(0.3, rel=1e-6)
    assert standard_error(1 - 1.644854 * 0.3, 1 + 1.644854 * 0.3, level=0.9) == pytest.approx(
        0.3, rel=1e-6
    )


@pytest.mark.parametrize(
    ("estimates", "errors"),
    [([0.1], [0.1]), ([0.1, 0.2], [0.1]), ([0.1, 0.2], [0.1, 0.0]), ([0.1, np.nan], [0.1, 0.1])],
)
def test_what_cannot_be_pooled_is_refused(estimates, errors):
    with pytest.raises(InputError):
        pool(estimates, errors)
