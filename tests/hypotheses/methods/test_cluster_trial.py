"""Cluster trials: design effect, intraclass correlation, clusters needed, and their comparison."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cluster_trial import (
    cluster_difference,
    design_effect,
    intraclass_correlation,
    required_clusters,
    trial_power,
)


def beta_binomial(arms, size, icc, rng):
    """Shares of clusters of one size; a row of chances an arm."""
    much = (1 - icc) / icc
    chance = np.array([rng.beta(p * much, (1 - p) * much) for p in arms])
    return rng.random((len(arms), size)) < chance[:, None]


def test_thirty_members_who_are_alike_by_a_twentieth_need_2_45_times_as_many():
    # 1 + (30 - 1) * .05, Donner and Klar (2000), equation 1.1
    assert design_effect(30, 0.05) == pytest.approx(2.45, abs=1e-12)
    assert design_effect(1, 0.7) == 1
    assert design_effect(30, 0) == 1
    assert design_effect(30, 1) == 30  # a cluster is one person
    # Eldridge et al. (2006): 1 + ((cv^2 + 1) n - 1) rho, by hand 1 + (1.25 * 30 - 1) * .05
    assert design_effect(30, 0.05, size_cv=0.5) == pytest.approx(2.825, abs=1e-12)


@pytest.mark.parametrize(("size", "icc", "cv"), [(0.5, 0.1, 0), (10, 1.1, 0), (10, 0.1, -1)])
def test_a_design_that_cannot_be_is_refused(size, icc, cv):
    with pytest.raises(InputError, match=r"expected at least 1"):
        design_effect(size, icc, size_cv=cv)


def test_the_intraclass_correlation_is_that_of_the_analysis_of_variance_by_hand():
    # means 1.5 and 4.5: B = 2 * (1.5^2 + 1.5^2) = 9, W = 4 * .25 / 2 = .5, n0 = 2
    found = intraclass_correlation([1, 2, 4, 5], ["a", "a", "b", "b"])
    assert found.estimate == pytest.approx((9 - 0.5) / (9 + 0.5))
    assert (found.clusters, found.size) == (2, 2.0)
    # sizes 1 and 3: n0 = 4 - 10 / 4; means 0 and 2; B = 3, W = 2 / 2
    uneven = intraclass_correlation([0, 1, 2, 3], ["a", "b", "b", "b"])
    assert uneven.size == pytest.approx(1.5)
    assert uneven.estimate == pytest.approx((3 - 1) / (3 + 0.5))


def test_members_who_never_differ_correlate_wholly_and_a_constant_not_at_all():
    assert intraclass_correlation([1, 1, 0, 0], [0, 0, 1, 1]).estimate == 1
    assert np.isnan(intraclass_correlation([1, 1, 1, 1], [0, 0, 1, 1]).estimate)
    with pytest.raises(InputError, match="two clusters"):
        intraclass_correlation([1, 0], ["a", "b"])


def test_the_interval_of_a_normal_intraclass_correlation_covers_it():
    rng, rho, worlds = np.random.default_rng(1), 0.2, 1000
    cluster, inside = np.repeat(np.arange(12), 8), []
    for _ in range(worlds):
        values = rng.normal(0, rho**0.5, 12)[cluster] + rng.normal(0, (1 - rho) ** 0.5, 96)
        found = intraclass_correlation(values, cluster)
        inside.append(found.low <= rho <= found.high)
    assert abs(np.mean(inside) - 0.95) < 4 * np.sqrt(0.95 * 0.05 / worlds)


def test_of_shares_it_is_nearly_without_bias():
    rng, rho, worlds = np.random.default_rng(2), 0.1, 400
    cluster = np.repeat(np.arange(40), 15)
    found = [
        intraclass_correlation(beta_binomial([0.2] * 40, 15, rho, rng).ravel(), cluster).estimate
        for _ in range(worlds)
    ]
    error = np.std(found, ddof=1) / np.sqrt(worlds)
    assert abs(np.mean(found) - rho) < 0.004 + 4 * error  # the ratio leans down by O(1/clusters)


def test_clusters_of_one_person_are_the_ordinary_t_test():
    # power of t with known variance .25/m a person; 2 (m - 1) degrees of freedom
    m, away = 200, 0.1 / np.sqrt((0.09 + 0.16) / 200)
    limit = stats.t.ppf(0.975, 2 * (m - 1))
    by_hand = stats.nct.sf(limit, 2 * (m - 1), away)
    assert trial_power(m, 1, 0.3, control=0.1, treated=0.2) == pytest.approx(by_hand, abs=1e-6)


def test_the_clusters_required_are_the_fewest_and_about_those_of_the_closed_formula():
    plan = {"control": 0.1, "treated": 0.2}
    for size, icc in ((30, 0.05), (10, 0.05), (100, 0.01), (30, 0.0)):
        found = required_clusters(size, icc, **plan)
        assert trial_power(found, size, icc, **plan) >= 0.8
        assert found == 2 or trial_power(found - 1, size, icc, **plan) < 0.8
        z = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2
        formula = z * (0.09 + 0.16) * design_effect(size, icc) / (size * 0.1**2)
        assert formula < found < formula + 2.5  # Hayes and Bennett (1999) add one for t
    with pytest.raises(InputError, match="larger difference"):
        required_clusters(30, 0.05, control=0.1, treated=0.1)


def test_power_is_that_of_trials_which_are_played():
    rng, worlds, c, n, rho = np.random.default_rng(3), 1500, 12, 20, 0.05
    arm = np.repeat([0.1, 0.2], c)
    means = np.array([beta_binomial(arm, n, rho, rng).mean(axis=1) for _ in range(worlds)])
    found = stats.ttest_ind(means[:, c:], means[:, :c], axis=1).pvalue < 0.05
    power = trial_power(c, n, rho, control=0.1, treated=0.2)
    assert abs(found.mean() - power) < 0.02 + 4 * np.sqrt(power * (1 - power) / worlds)


def played(worlds, treated_share, seed):
    """Both comparisons of each world: of clusters, and of people as if there were none."""
    rng, c, n, rho = np.random.default_rng(seed), 10, 20, 0.1
    cluster = np.repeat(np.arange(2 * c), n)
    treated = cluster >= c
    for _ in range(worlds):
        values = beta_binomial(np.repeat([0.1, treated_share], c), n, rho, rng).ravel()
        yield [
            cluster_difference(values, labels, treated, permutations=99, rng=rng)
            for labels in (cluster, np.arange(cluster.size))
        ]


def test_without_an_effect_clusters_keep_their_promise_and_people_do_not():
    worlds = 300
    both = list(played(worlds, 0.1, 4))
    error = np.sqrt(0.05 * 0.95 / worlds)
    assert abs(np.mean([one.p_value < 0.05 for one, _ in both]) - 0.05) < 4 * error
    assert abs(np.mean([one.p_exchange <= 0.05 for one, _ in both]) - 0.05) < 4 * error
    assert abs(np.mean([one.low <= 0 <= one.high for one, _ in both]) - 0.95) < 4 * error
    assert np.mean([people.p_value < 0.05 for _, people in both]) > 0.05 + 6 * error


def test_a_planted_effect_is_found_without_bias():
    worlds = 150
    both = list(played(worlds, 0.3, 5))
    differences = np.array([one.difference for one, _ in both])
    error = differences.std(ddof=1) / np.sqrt(differences.size)
    assert abs(differences.mean() - 0.2) < 4 * error
    power = trial_power(10, 20, 0.1, control=0.1, treated=0.3)
    error = np.sqrt(power * (1 - power) / worlds)
    assert abs(np.mean([one.p_value < 0.05 for one, _ in both]) - power) < 0.02 + 4 * error
    assert np.mean([one.p_exchange <= 0.05 for one, _ in both]) > power - 0.1 - 4 * error


def test_the_difference_is_that_of_means_of_means_by_hand():
    found = cluster_difference(
        [0, 1, 1, 1, 1, 0, 0, 0],
        list("aabccddd"),
        [False, False, False, True, True, True, True, True],
        rng=np.random.default_rng(1),
    )
    assert (found.control, found.treated) == (0.75, 0.5)
    assert found.difference == -0.25
    assert found.clusters == (2, 2)
    assert found.low < -0.25 < found.high


def test_a_cluster_in_both_arms_or_alone_in_its_arm_is_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(InputError, match="1 clusters are in both arms"):
        cluster_difference([0, 1, 0, 1], list("aabb"), [True, False, True, True], rng=rng)
    with pytest.raises(InputError, match="expected at least 2 an arm"):
        cluster_difference([0, 1, 0, 1], list("aabc"), [True, True, False, False], rng=rng)
