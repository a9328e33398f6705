"""Variances, shares and quantiles of bundled rows: hand-computed, then tried on many worlds."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from smallnet.errors import InputError
from smallnet.hypotheses.methods.bootstrap import (
    cluster_bootstrap,
    clustered_variance,
    effective_clusters,
)
from smallnet.hypotheses.methods.proportions import clustered_share, lower_quantile, wilson


def within(share, nominal, worlds, sigmas=4):
    return abs(share - nominal) < sigmas * np.sqrt(nominal * (1 - nominal) / worlds)


def test_one_way_variance_is_the_sum_of_squared_cluster_sums():
    # sums 3 and -3: (9 + 9) * 2 / 1
    assert clustered_variance([1, 2, -1, -2], list("aabb")) == pytest.approx(36.0)


def test_two_way_variance_counts_each_pair_of_rows_once():
    # rows (ann, g), (ann, h), (bob, g), (bob, h) with terms 2, 1, -1, -2 and no G/(G-1):
    # people 9 + 9, groups 1 + 1, cells 4 + 1 + 1 + 4; each with its own factor G/(G-1)
    terms, person, group = [2, 1, -1, -2], list("aabb"), list("ghgh")
    assert clustered_variance(terms, person, group) == pytest.approx(
        max(18 * 2 + 2 * 2 - 10 * 4 / 3, 36)
    )


def test_the_jackknife_divides_by_what_the_cluster_does_not_hold():
    # the mean of 4 rows in clusters of 1 and 3; leaving one out gives the other's mean
    values, cluster = np.array([4.0, 1.0, 1.0, 4.0]), np.array([0, 1, 1, 1])
    mean, left = values.mean(), np.array([2.0, 4.0])
    jackknife = 0.5 * ((left - mean) ** 2).sum()
    assert clustered_variance((values - mean) / 4, cluster, weight=np.ones(4)) == pytest.approx(
        jackknife
    )


def test_effective_clusters_of_even_and_uneven_weights():
    assert effective_clusters([1, 1, 1], list("abc")) == pytest.approx(3)
    assert effective_clusters([8, 1, 1], list("abc")) == pytest.approx(100 / 66)
    assert effective_clusters([], []) == 0


def test_wilson_is_that_of_the_formula_and_knows_its_ends():
    # 9 of 10 at 95 %: (0.9 + z²/20 ± z sqrt(.09/10 + z²/400)) / (1 + z²/10)
    z = stats.norm.ppf(0.975)
    half = z * np.sqrt(0.09 / 10 + z**2 / 400)
    low, high = wilson(9, 10)
    assert low == pytest.approx((0.9 + z**2 / 20 - half) / (1 + z**2 / 10))
    assert high == pytest.approx((0.9 + z**2 / 20 + half) / (1 + z**2 / 10))
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0
    assert all(np.isnan(wilson(0, 0)))


def test_independent_rows_give_wilson_with_t():
    hits = np.repeat([1, 0], [30, 70])
    found = clustered_share(hits, np.arange(100))
    assert found.estimate == 0.3
    assert found.effective_n == pytest.approx(100, rel=0.02)
    assert (found.low, found.high) == pytest.approx(wilson(30, 100), abs=0.003)


def test_all_or_none_takes_clusters_as_rows():
    found = clustered_share(np.ones(50), np.repeat(np.arange(5), 10))
    assert (found.estimate, found.effective_n, found.high) == (1.0, 5.0, 1.0)
    assert found.low < wilson(5, 5)[0]  # t with 4 degrees, not z


def test_bundled_rows_and_single_rows_say_the_same():
    person = np.repeat(np.arange(20), 4)
    hits = np.random.default_rng(1).random(80) < 0.4
    single = clustered_share(hits, person, null=0.5)
    bundled = clustered_share(
        np.bincount(person, hits), np.arange(20), rows=np.full(20, 4), null=0.5
    )
    assert bundled.low == pytest.approx(single.low)
    assert bundled.p_value == pytest.approx(single.p_value)


def test_the_p_value_and_the_interval_agree():
    rng = np.random.default_rng(2)
    for _ in range(200):
        person = rng.integers(0, 12, 60)
        found = clustered_share(rng.random(60) < 0.4, person, null=0.5)
        assert (found.p_value < 0.05) == (not found.low <= 0.5 <= found.high)


def test_more_hits_than_rows_are_refused():
    with pytest.raises(InputError, match="expected 0 to the rows"):
        clustered_share([3], ["a"], rows=[2])


def test_bootstrap_over_clusters_has_the_clustered_variance():
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(200), 5)
    hits = rng.random(1000) < np.repeat(rng.beta(2, 2, 200), 5)
    drawn = cluster_bootstrap(
        np.column_stack([hits, np.ones(1000)]), person, replicates=2000, rng=rng
    )
    share = drawn[:, 0] / drawn[:, 1]
    variance = clustered_variance((hits - hits.mean()) / 1000, person)
    assert share.mean() == pytest.approx(hits.mean(), abs=0.003)
    assert share.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / 2000) + 0.02)


def test_bootstrap_over_two_ways_moves_rows_of_a_person_and_of_a_group_together():
    sums = np.eye(3)
    drawn = cluster_bootstrap(
        sums, list("aab"), list("ghh"), replicates=4000, rng=np.random.default_rng(4)
    )
    together = np.corrcoef(drawn.T)
    assert together[0, 1] > 0.2  # same person
    assert together[1, 2] > 0.2  # same group
    assert abs(together[0, 2]) < 4 / np.sqrt(4000)


def test_quantile_by_hand():
    # of 1 … 100 the 5 % quantile is 5. With X ~ Bin(100, .05) the r-th value lies above it with
    # P(X < r): .006 for r = 1, .037 for r = 2; and below it with P(X >= r): .028 for r = 10, .011
    # for r = 11. So the 1st and the 11th.
    found = lower_quantile(np.arange(1, 101), 0.05)
    assert stats.binom.cdf(1, 100, 0.05) > 0.025 > stats.binom.cdf(0, 100, 0.05)
    assert stats.binom.cdf(10, 100, 0.05) > 0.975 > stats.binom.cdf(9, 100, 0.05)
    assert (found.estimate, found.low, found.high) == (5, 1, 11)


def test_a_sample_too_small_for_a_lower_bound_gives_the_floor():
    found = lower_quantile([7, 8, 9], 0.05, floor=1)
    assert (found.estimate, found.low) == (7, 1)


@pytest.mark.parametrize("law", ["ties", "smooth"])
def test_the_quantile_interval_holds_its_level_and_its_p_value(law):
    rng, worlds, n = np.random.default_rng(5), 1000, 150
    draw = (lambda: rng.poisson(14, n)) if law == "ties" else (lambda: rng.gamma(9, 2, n))
    truth = stats.poisson.ppf(0.05, 14) if law == "ties" else stats.gamma.ppf(0.05, 9, scale=2)
    inside, alarms = 0, 0
    for _ in range(worlds):
        found = lower_quantile(draw(), 0.05, null=truth, floor=0)
        inside += found.low <= truth <= found.high
        alarms += found.p_value < 0.05
    assert inside / worlds > 0.95 - 4 * np.sqrt(0.05 * 0.95 / worlds)
    if law == "smooth":  # with ties fewer than 5 % lie under the quantile, so p is no p of it
        assert alarms / worlds < 0.05 + 4 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.parametrize(
    ("people", "share", "spread"), [(200, 0.5, 1.0), (40, 0.5, 1.0), (500, 0.85, 1.0)]
)
def test_the_share_of_shares_covers_the_truth_when_people_are_alike_within(people, share, spread):
    # people differ in how often they share (log-normal) and in where to (beta)
    rng, worlds = np.random.default_rng(6), 600
    covered, alarms = 0, 0
    for _ in range(worlds):
        often = rng.poisson(rng.lognormal(np.log(3) - spread**2 / 2, spread, people))
        private = rng.binomial(often, rng.beta(2 * share, 2 * (1 - share), people))
        kept = often > 0
        found = clustered_share(private[kept], np.arange(kept.sum()), rows=often[kept], null=share)
        covered += found.low <= share <= found.high
        alarms += found.p_value < 0.05
    assert alarms / worlds < 0.05 + 4 * np.sqrt(0.05 * 0.95 / worlds)
    assert covered / worlds > 0.95 - 4 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_the_share_of_memberships_covers_the_truth_with_people_and_groups_random(share):
    rng, worlds = np.random.default_rng(7), 300
    noise = rng.normal(0, np.sqrt(2), 100_000)
    low, high = -9.0, 9.0
    for _ in range(50):  # the intercept whose marginal share is the one wanted
        middle = (low + high) / 2
        low, high = (middle, high) if expit(middle + noise).mean() < share else (low, middle)
    covered = 0
    for _ in range(worlds):
        size = np.clip(rng.lognormal(2.3, 1.0, 60).astype(int), 3, 200)
        group = np.repeat(np.arange(60), size)
        person = np.concatenate([rng.choice(300, n, replace=False) for n in size])
        lean = rng.normal(size=300)[person] + rng.normal(size=60)[group]
        muted = rng.random(group.size) < expit(middle + lean)
        found = clustered_share(muted, person, group)
        covered += found.low <= share <= found.high
    assert covered / worlds > 0.95 - 4 * np.sqrt(0.05 * 0.95 / worlds)
    assert within(min(covered / worlds, 0.95), 0.95, worlds)
