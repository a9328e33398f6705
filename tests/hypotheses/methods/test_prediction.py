"""A gain in prediction is of rows not seen, and nothing where the added columns say nothing."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.prediction import (
    area,
    cross_validated_gain,
    interval_of,
    ridge_logistic,
    score_test,
)


def test_the_area_is_that_of_mann_and_whitney_with_ties_counted_half():
    rng = np.random.default_rng(1)
    score, y = rng.integers(0, 6, 60), rng.random(60) < 0.4
    auc, influence = area(score, y)
    u = stats.mannwhitneyu(score[y], score[~y]).statistic
    assert auc == pytest.approx(u / (y.sum() * (~y).sum()))
    assert influence.sum() == pytest.approx(0.0)
    # DeLong's variance by its definition
    wins = np.sign(score[y][:, None] - score[~y]) / 2 + 0.5
    variance = wins.mean(axis=1).var(ddof=1) / y.sum() + wins.mean(axis=0).var(ddof=1) / (~y).sum()
    assert (influence**2).sum() / 60**2 == pytest.approx(variance)


def test_the_area_without_a_kind_is_unknown():
    assert np.isnan(area([1.0, 2.0], [True, True])[0])


def test_many_fits_at_once_are_those_of_one_at_a_time():
    from scipy import optimize

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(80, 3)), rng.random(80) < 0.4
    train = np.stack([np.ones(80), np.arange(80) % 4 > 0]).astype(float)
    penalty = np.array([1.0, 2.0, 5.0])
    found = ridge_logistic(x, y, train, penalty)

    def loss(beta, weight):
        eta = beta[0] + x @ beta[1:]
        return weight @ np.logaddexp(0, np.where(y, -eta, eta)) + penalty @ beta[1:] ** 2 / 2

    for beta, weight in zip(found, train, strict=True):
        peer = optimize.minimize(loss, np.zeros(4), args=(weight,), tol=1e-10).x
        np.testing.assert_allclose(beta, peer, atol=1e-4)


def worlds(effect, many, seed, n=120):
    for rng in np.random.default_rng(seed).spawn(many):
        base, more = rng.normal(size=(n, 2)), rng.normal(size=(n, 3))
        more += base[:, :1]  # the added columns hang on the baseline
        chance = 1 / (1 + np.exp(-base[:, 0] - effect * (more[:, 0] - base[:, 0])))
        yield base, more, rng.random(n) < chance, rng


def test_the_score_test_is_honest_where_the_added_columns_hang_on_the_baseline():
    many = 200
    p = np.array(
        [score_test(b, m, [y], draws=99, rng=rng) for b, m, y, rng in worlds(0.0, many, 3)]
    )
    assert abs(np.mean(p <= 0.1) - 0.1) < 3.5 * np.sqrt(0.1 * 0.9 / many)
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_what_adds_nothing_gains_nothing_and_what_adds_much_is_found():
    nothing = [
        cross_validated_gain(b, m, y, repeats=2, rng=rng).gain for b, m, y, rng in worlds(0, 30, 4)
    ]
    assert abs(np.mean(nothing)) < 0.01
    for base, more, y, rng in worlds(1.5, 1, 5):
        gain = cross_validated_gain(base, more, y, repeats=2, rng=rng)
        low, _high = interval_of(gain.influence, gain.gain, 0.95, 30)
        assert low > 0
        assert score_test(base, more, [y], draws=99, rng=rng) == 0.01


def test_errors_of_a_gain_are_those_seen():
    gains, errors = [], []
    for base, more, y, rng in worlds(1.0, 60, 6):
        gain = cross_validated_gain(base, more, y, repeats=2, rng=rng)
        gains.append(gain.gain)
        errors.append(np.sqrt((gain.influence**2).mean() / y.size))
    ratio = np.mean(errors) / np.std(gains)
    assert 0.85 < ratio < 1.5  # 60 worlds tell a spread to a tenth; leans to the wide side


def test_too_few_of_a_kind_cannot_be_folded():
    with pytest.raises(InputError, match="expected 5 of each kind"):
        cross_validated_gain(
            np.zeros(20), np.zeros(20), np.arange(20) < 3, rng=np.random.default_rng(1)
        )
