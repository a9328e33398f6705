"""A family of tests: any false alarm is as rare as promised, and dependence gains power."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.family import false_discovery, max_t, min_p


def slowly(statistics, drawn):
    """Step-down maximum word for word: Ge, Dudoit and Speed (2003), box 2."""
    order = sorted(range(len(statistics)), key=lambda j: -statistics[j])
    adjusted, last = [0.0] * len(statistics), 0.0
    for i, j in enumerate(order):
        count = 1 + sum(max(row[k] for k in order[i:]) >= statistics[j] for row in drawn)
        last = adjusted[j] = max(last, count / (1 + len(drawn)))
    return adjusted


def two_samples(rng, n_tests=8, n=40, *, shift=0.0, shared=0.8, draws=199):
    """|t| of tests that share much of their noise, and of the same rows with labels permuted."""
    noise = np.sqrt(shared) * rng.normal(size=(n, 1))
    y = noise + np.sqrt(1 - shared) * rng.normal(size=(n, n_tests))
    label = np.arange(n) < n // 2
    y[label] += shift
    labels = np.vstack([label, [rng.permutation(label) for _ in range(draws)]]).astype(float)
    first = labels @ y / (n / 2)
    second = (1 - labels) @ y / (n / 2)
    squares = (labels @ y**2 - n / 2 * first**2) + ((1 - labels) @ y**2 - n / 2 * second**2)
    t = np.abs(first - second) / np.sqrt(squares / (n - 2) * 4 / n)
    return t[0], t[1:]


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_p_are_those_of_the_algorithm_in_words(seed):
    rng = np.random.default_rng(seed)
    seen, drawn = np.abs(rng.normal(size=6)).round(1) * 2, np.abs(rng.normal(size=(50, 6))).round(1)
    np.testing.assert_allclose(max_t(seen, drawn), slowly(seen, drawn))


def test_one_test_alone_keeps_its_p():
    assert max_t([2.0], [[1.0], [3.0], [2.0]]) == pytest.approx(3 / 4)
    assert min_p([2.0], [[1.0], [3.0], [2.0]]) == pytest.approx(3 / 4)


@pytest.mark.parametrize("adjust", [max_t, min_p])
def test_any_false_alarm_comes_as_often_as_promised(adjust):
    rng, worlds = np.random.default_rng(1), 400
    smallest = [adjust(*two_samples(rng)).min() for _ in range(worlds)]
    alarms = int((np.array(smallest) <= 0.05).sum())
    assert stats.binomtest(alarms, worlds, 0.05).pvalue > 1e-3


def test_false_alarms_among_true_nulls_stay_rare_beside_planted_effects():
    rng, worlds, false, found = np.random.default_rng(2), 300, 0, 0
    shift = np.array([1.5, 1.5, 0, 0, 0, 0, 0, 0])
    for _ in range(worlds):
        p_values = max_t(*two_samples(rng, shift=shift))
        false += bool((p_values[2:] <= 0.05).any())
        found += bool((p_values[:2] <= 0.05).all())
    assert stats.binomtest(false, worlds, 0.05, alternative="greater").pvalue > 1e-3
    assert found > 0.8 * worlds


def test_tests_that_go_together_are_found_more_often_than_by_holm():
    rng, young, holm = np.random.default_rng(3), 0, 0
    for _ in range(200):
        seen, drawn = two_samples(rng, shift=0.7, shared=0.95)
        p_values = (1 + (drawn >= seen).sum(axis=0)) / (1 + len(drawn))
        young += max_t(seen, drawn).min() <= 0.05
        holm += len(seen) * p_values.min() <= 0.05
    assert young > holm + 20


def test_smallest_p_does_not_depend_on_the_scale():
    seen, drawn = two_samples(np.random.default_rng(4), shift=0.4)
    scale = 10.0 ** np.arange(8)
    np.testing.assert_array_equal(min_p(seen * scale, drawn * scale), min_p(seen, drawn))


def test_an_unknown_statistic_is_not_of_the_family():
    seen, drawn = two_samples(np.random.default_rng(5), 4)
    gap = np.append(seen, np.nan)
    more = np.column_stack([drawn, np.full(len(drawn), np.nan)])
    for adjust in (max_t, min_p):
        found = adjust(gap, more)
        np.testing.assert_array_equal(found[:4], adjust(seen, drawn))
        assert np.isnan(found[4])


@pytest.mark.parametrize("any_dependence", [False, True])
def test_of_what_is_called_found_the_promised_share_is_false(any_dependence):
    # 6 of 10 nulls true: the share of false calls is at most .6 of the level (Benjamini, Hochberg)
    rng, shares = np.random.default_rng(6), []
    for _ in range(600):
        z = rng.normal(np.r_[np.zeros(6), np.full(4, 3.0)])
        called = false_discovery(2 * stats.norm.sf(np.abs(z)), any_dependence=any_dependence) <= 0.2
        shares.append(called[:6].sum() / max(called.sum(), 1))
    weaker = np.sum(1 / np.arange(1, 11)) if any_dependence else 1.0
    expected = 0.6 * 0.2 / weaker
    assert abs(np.mean(shares) - expected) < 4 * np.std(shares) / np.sqrt(600)


def test_an_unknown_p_is_not_of_the_family_and_no_p_is_above_one():
    found = false_discovery([0.04, np.nan, 0.01])
    np.testing.assert_allclose(found[[0, 2]], false_discovery([0.04, 0.01]))
    assert np.isnan(found[1])
    with pytest.raises(InputError, match="between 0 and 1"):
        false_discovery([1.2])


def test_draws_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="expected"):
        max_t([1.0, 2.0], [[1.0]])
    with pytest.raises(InputError, match="draw 0 of test 1"):
        max_t([1.0, 2.0], [[1.0, np.nan]])
