"""Exchange: likeness alone leaves p uniform, influence and planted differences are found."""

from itertools import permutations as all_orders

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array, random_array

from smallnet.errors import InputError
from smallnet.hypotheses.methods.adoption_order import edge_reversal_test, shuffle_test
from smallnet.hypotheses.methods.permutation import (
    permutation_p,
    permutation_test,
    permute_within,
    within_strata_test,
)


def alike_ties(rng, trait, likeness=2.0, mean_degree=8.0, *, directed=False):
    """Ties that are likelier between people of like trait."""
    chance = np.exp(-likeness * np.abs(trait[:, None] - trait))
    np.fill_diagonal(chance, 0)
    chance *= mean_degree * len(trait) / chance.sum()
    tied = rng.random(chance.shape) < chance
    if not directed:
        tied = np.triu(tied, 1)
        tied = tied | tied.T
    return csr_array(tied.astype(float))


def spread(rng, ties, pull, days=15, base=0.02):
    """Chance of adopting on a day: base, and pull for every alter who already has."""
    n = ties.shape[0]
    at = np.full(n, np.inf)
    for day in range(days):
        hazard = 1 - (1 - base) * np.exp(-pull * (ties @ (at < day)))
        fresh = np.isinf(at) & (rng.random(n) < hazard)
        at[fresh] = day + rng.random(fresh.sum())
    return at


def rejections(p_values, alpha=0.05):
    return int((np.asarray(p_values) <= alpha).sum())


def assert_uniform(p_values):
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    hits = rejections(p_values)
    assert stats.binomtest(hits, len(p_values), 0.05).pvalue > 1e-3


def naive_z(ties, at):
    """Exposure at the time of adopting, against that of all who had not yet: a naive reading."""
    score = information = 0.0
    for ego in np.flatnonzero(np.isfinite(at)):
        exposure = np.log1p(ties @ (at < at[ego]))[at >= at[ego]]
        score += np.log1p((ties @ (at < at[ego]))[ego]) - exposure.mean()
        information += exposure.var()
    return score / information, score / np.sqrt(information)


def test_the_compiled_coefficient_is_that_of_the_formula():
    rng = np.random.default_rng(1)
    ties = alike_ties(rng, rng.normal(size=60), directed=True)
    at = np.round(spread(rng, ties, 0.1), 1)  # with ties in time
    test = shuffle_test(ties, at, permutations=9, rng=rng)
    assert test.statistic == pytest.approx(naive_z(ties, at)[0])


def test_homophily_alone_fools_the_naive_coefficient_and_not_the_shuffle_test():
    rng, p_values, naive = np.random.default_rng(2), [], []
    for _ in range(200):
        trait = rng.normal(size=150)
        ties = alike_ties(rng, trait)
        keen = rng.random(150) < 1 / (1 + np.exp(-2 * trait))  # who adopts depends on the trait
        at = np.where(keen, rng.gamma(2, 3, 150), np.inf)
        p_values.append(shuffle_test(ties, at, permutations=99, rng=rng).p_value)
        naive.append(naive_z(ties, at)[1] > 1.96)
    assert np.mean(naive) > 0.5
    assert_uniform(p_values)


def test_a_trait_that_makes_early_needs_strata():
    rng, alone, within = np.random.default_rng(3), [], []
    for _ in range(200):
        kind = rng.integers(0, 2, 150)
        ties = alike_ties(rng, kind.astype(float), 3.0)
        at = np.where(rng.random(150) < 0.7, rng.gamma(2, 2 + 6 * kind), np.inf)
        alone.append(shuffle_test(ties, at, permutations=99, rng=rng).p_value)
        within.append(shuffle_test(ties, at, kind, permutations=99, rng=rng).p_value)
    assert rejections(alone) > 60  # likeness in time is taken for influence
    assert_uniform(within)


def test_influence_alone_is_found_by_both_tests():
    rng, shuffled, turned = np.random.default_rng(4), [], []
    for _ in range(30):
        ties = csr_array(alike_ties(rng, rng.normal(size=300), 0.0, directed=True))
        at = spread(rng, ties, 0.06)
        shuffled.append(shuffle_test(ties, at, permutations=99, rng=rng).p_value)
        turned.append(edge_reversal_test(ties, at, permutations=99, rng=rng).p_value)
    assert rejections(shuffled) >= 24
    assert rejections(turned) >= 24


def test_homophily_alone_leaves_edge_reversal_uniform():
    rng, p_values = np.random.default_rng(5), []
    for _ in range(200):
        trait = rng.normal(size=120)
        ties = alike_ties(rng, trait, directed=True)
        at = np.where(rng.random(120) < 0.6, 5 + 3 * trait + rng.normal(size=120), np.inf)
        p_values.append(edge_reversal_test(ties, at, permutations=99, rng=rng).p_value)
    assert_uniform(p_values)


def test_permuted_sums_have_the_law_of_all_orders():
    values, labels = np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.0, 1.0, 3.0, 3.5])
    test = within_strata_test(values, labels, permutations=24_000, rng=np.random.default_rng(6))
    centred = labels - labels.mean()
    every = np.array([values @ np.array(o) for o in all_orders(centred)]) / (centred @ centred)
    found = np.array([np.isclose(test.drawn, value).sum() for value in every])
    assert (
        stats.chisquare(found / np.array([np.isclose(every, v).sum() for v in every])).pvalue > 1e-4
    )
    exact = np.mean(every >= test.statistic - 1e-9)
    assert abs(np.mean(test.drawn >= test.statistic - 1e-9) - exact) < 4 * np.sqrt(exact / 24_000)


def test_strata_that_differ_fool_only_who_ignores_them():
    rng, within, across = np.random.default_rng(7), [], []
    for _ in range(300):
        strata = rng.integers(0, 10, 200)
        labels = rng.random(200) < strata / 10
        values = strata + rng.standard_exponential(200)
        within.append(within_strata_test(values, labels, strata, permutations=199, rng=rng).p_value)
        across.append(within_strata_test(values, labels, permutations=199, rng=rng).p_value)
    assert_uniform(within)
    assert rejections(across) > 250


def test_a_planted_difference_is_found_and_measured():
    rng = np.random.default_rng(8)
    strata, labels = rng.integers(0, 40, 2000), rng.random(2000) < 0.3
    values = strata + 0.3 * labels + rng.normal(size=2000)
    test = within_strata_test(values, labels, strata, permutations=999, rng=rng)
    assert test.p_value == pytest.approx(2 / 1000)
    assert abs(test.statistic - 0.3) < 4 * test.null_sd


def test_any_statistic_gives_what_the_compiled_one_gives():
    rng = np.random.default_rng(9)
    strata, labels = rng.integers(0, 5, 60), rng.random(60)
    values = 0.5 * labels + rng.normal(size=60)
    slow = permutation_test(lambda x: values @ x, labels, strata, permutations=1999, rng=rng)
    fast = within_strata_test(values, labels, strata, permutations=1999, rng=rng)
    p = (slow.p_value + fast.p_value) / 2
    assert abs(slow.p_value - fast.p_value) < 4 * 2 * np.sqrt(p / 2 / 2000 * 2)


def test_labels_stay_in_their_stratum():
    strata = np.array(["b", "a", "b", "a", "c"])
    permuted = permute_within(np.arange(5), strata, rng=np.random.default_rng(10))
    assert (strata[permuted] == strata).all()


def test_p_counts_the_observed_arrangement_and_ties():
    assert permutation_p(9.0, np.zeros(99), "greater") == pytest.approx(1 / 100)
    assert permutation_p(9.0, np.zeros(99)) == pytest.approx(2 / 100)
    assert permutation_p(0.3, [0.1 + 0.2], "greater") == 1.0  # equal but for rounding


def test_what_cannot_be_exchanged_is_refused():
    rng = np.random.default_rng(11)
    with pytest.raises(InputError, match="do not vary within any stratum"):
        within_strata_test([1.0, 2.0], [0, 1], ["a", "b"], rng=rng)
    ties = random_array((5, 5), density=0.5, rng=rng, format="csr")
    with pytest.raises(InputError, match="1 people adopt"):
        shuffle_test(csr_array(ties), [1, np.inf, np.inf, np.inf, np.inf], rng=rng)
    with pytest.raises(InputError, match="are mutual"):
        edge_reversal_test(csr_array(np.ones((3, 3))), [1, 2, 3], rng=rng)
