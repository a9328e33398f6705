"""Ties inside groups against rewired ties: by enumeration, then on many worlds."""

from itertools import combinations

import numpy as np
import pytest

from smallnet.hypotheses.methods.walls import (
    ANY_TIME,
    could_go_inside,
    pair_shares,
    shared_groups,
    shuffled_share,
    sort_stays,
    wall_odds_ratio,
)


def roster(rows, n_people, n_groups):
    person, group, start, end = np.array(rows, dtype=np.int64).T
    return sort_stays(person, group, start, end, n_people=n_people, n_groups=n_groups)


def always(groups, n_people):
    rows = [(person, g, 0, 10) for g, members in enumerate(groups) for person in members]
    return roster(rows, n_people, len(groups))


def any_time(ends):
    return np.full(len(ends), ANY_TIME)


def test_two_share_a_group_only_while_both_are_in_it():
    stays = roster([(0, 0, 0, 5), (1, 0, 3, 9), (2, 0, 5, 9), (0, 1, 0, 9), (2, 1, 0, 9)], 3, 2)
    ends = np.array([[0, 1], [0, 1], [0, 1], [0, 1], [1, 2], [0, 2]])
    moment = np.array([3, 4, 5, ANY_TIME, 4, 4])
    assert shared_groups(stays, ends, moment).tolist() == [0, 0, -1, 0, -1, 1]


def test_who_came_after_the_other_left_never_shared_the_group():
    stays = roster([(0, 0, 0, 5), (1, 0, 5, 9)], 2, 1)
    assert shared_groups(stays, np.array([[0, 1]]), np.array([ANY_TIME])).tolist() == [-1]


def test_of_several_shared_groups_the_smallest_is_named():
    stays = always([[0, 1, 2, 3], [0, 1, 2]], 4)
    ends = np.array([[0, 1], [0, 3]])
    assert shared_groups(stays, ends, any_time(ends)).tolist() == [1, 0]


def test_second_stays_count():
    stays = roster([(0, 0, 0, 2), (0, 0, 6, 9), (1, 0, 4, 9)], 2, 1)
    ends = np.array([[0, 1], [0, 1]])
    assert shared_groups(stays, ends, np.array([4, 7])).tolist() == [-1, 0]


def test_the_null_share_is_the_mean_over_all_graphs_with_the_same_degrees():
    groups = [[0, 1, 2], [2, 3, 4, 5]]
    ends = np.array([[0, 1], [1, 2], [0, 2], [2, 3], [3, 4], [4, 5]])
    degree = np.bincount(ends.ravel(), minlength=6)
    inside = {pair for members in groups for pair in combinations(members, 2)}
    shares = [
        np.mean([pair in inside for pair in graph])
        for graph in combinations(combinations(range(6), 2), len(ends))
        if (np.bincount(np.ravel(graph), minlength=6) == degree).all()
    ]
    found = wall_odds_ratio(
        always(groups, 6), ends, any_time(ends), draws=4000, rng=np.random.default_rng(1)
    )
    assert found.share == 1.0
    # draws of one chain: at most three times the error of independent ones
    assert abs(found.null_share - np.mean(shares)) < 4 * 3 * np.std(shares) / np.sqrt(4000)


def test_the_odds_ratio_is_observed_odds_over_null_odds():
    ends = np.array([[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5], [2, 3], [5, 6], [6, 7]])
    found = wall_odds_ratio(
        always([[0, 1, 2], [3, 4, 5], [6, 7]], 8),
        ends,
        any_time(ends),
        rng=np.random.default_rng(2),
    )
    assert found.share == pytest.approx(7 / 9)
    assert found.odds_ratio == pytest.approx((7 / 2) / (found.null_share / (1 - found.null_share)))
    assert found.low < found.odds_ratio < found.high


def test_no_tie_inside_gives_an_upper_bound_and_all_inside_a_lower_one():
    stays = always([[0, 1, 2, 3], [4, 5, 6, 7]], 8)
    across = np.array([[i, j] for i in range(4) for j in range(4, 8) if (i + j) % 2])
    none = wall_odds_ratio(stays, across, any_time(across), rng=np.random.default_rng(3))
    assert (none.odds_ratio, none.low) == (0.0, 0.0)
    assert 0 < none.high < 10
    within = np.array([[0, 1], [2, 3], [0, 2], [4, 5], [6, 7], [4, 6]])
    every = wall_odds_ratio(stays, within, any_time(within), rng=np.random.default_rng(3))
    assert every.high == np.inf
    assert every.low > 0.5


def two_cohorts(rng):
    """Two cohorts that never met: chance ties among those present, groups of their own time."""
    rows, ends, moment = [], [], []
    for cohort in range(2):
        people = 40 * cohort + np.arange(40)
        begin = 1000 * cohort
        for g in range(8):
            rows += [
                (person, 8 * cohort + g, begin, begin + 1000)
                for person in rng.choice(people, 12, replace=False)
            ]
        pairs = np.array(list(combinations(people, 2)))
        ends.append(pairs[rng.choice(len(pairs), 120, replace=False)])
        moment.append(begin + rng.integers(0, 1000, 120))
    return roster(rows, 80, 16), np.concatenate(ends), np.concatenate(moment)


def test_that_people_come_and_go_is_no_wall():
    rng = np.random.default_rng(4)
    timed, blind = [], []
    for _ in range(40):
        stays, ends, moment = two_cohorts(rng)
        kept = could_go_inside(stays, ends, moment)
        found = wall_odds_ratio(stays, ends[kept], moment[kept], draws=49, rng=rng)
        timed.append(np.log(found.odds_ratio))
        found = wall_odds_ratio(stays, ends, any_time(ends), draws=49, rng=rng)
        blind.append(np.log(found.odds_ratio))
    assert abs(np.mean(timed)) < 4 * np.std(timed) / np.sqrt(40)
    assert np.mean(blind) > 0.3


def test_ties_of_a_moment_when_either_was_in_no_group_could_not_go_inside():
    stays = roster([(0, 0, 0, 5), (1, 1, 3, 9)], 2, 2)
    ends = np.array([[0, 1], [0, 1], [0, 1]])
    assert could_go_inside(stays, ends, np.array([2, 4, ANY_TIME])).tolist() == [False, True, True]


def test_pair_shares_count_a_pair_once_and_weigh_by_degree():
    stays = always([[0, 1, 2], [1, 2, 3]], 4)
    degree = np.array([1.0, 2.0, 2.0, 1.0])
    # inside: 01 02 12 13 23, not 03; weights 2 2 4 2 2 of (36 - 10) / 2 = 13
    assert pair_shares(stays, degree) == pytest.approx((5 / 6, 12 / 13))


def test_shuffled_memberships_are_compared_with_the_same_ties():
    stays = always([[0, 1], [2, 3], [4, 5]], 6)
    ends = np.array([[0, 1], [2, 3], [0, 2]])
    observed, null = shuffled_share(stays, ends, draws=3000, rng=np.random.default_rng(5))
    assert observed == pytest.approx(2 / 3)
    # any pair is together in 1 of 5 of the deals
    assert null.mean() == pytest.approx(0.2, abs=4 * null.std() * 3 / np.sqrt(3000))


def draw_world(rng, people, groups, odds, sociability=0.3, cohesion=0.0, friends=8.0):
    """Ties with a chance proportional to sociabilities, times the odds inside; and their truth.

    Cohesion is the sd of groups' log odds; the truth is that of all groups as unlike as these.
    """
    size = np.clip(rng.lognormal(np.log(12), 0.8, groups).astype(int), 3, people // 4)
    members = [rng.choice(people, n, replace=False) for n in size]
    sociable = np.outer(*[np.exp(rng.normal(0, sociability, people))] * 2)

    def chances():
        inside = np.zeros((people, people))
        knit = np.exp(rng.normal(-(cohesion**2) / 2, cohesion, groups))
        for who, odds_here in zip(members, odds * knit, strict=True):
            inside[np.ix_(who, who)] = np.maximum(inside[np.ix_(who, who)], odds_here)
        shared = inside > 0
        weight = sociable * np.where(shared, inside, 1.0)
        np.fill_diagonal(weight, 0)
        np.fill_diagonal(shared, False)
        chance = -np.expm1(-weight * people * friends / weight.sum())
        degree = chance.sum(0)
        null = degree @ (shared @ degree) / (degree.sum() ** 2 - (degree**2).sum())
        return chance, (chance[shared].sum() / chance.sum(), null)

    chance, found = chances()
    ends = np.argwhere(np.triu(rng.random(chance.shape) < chance, 1))
    p, q = np.mean([chances()[1] for _ in range(16)], axis=0) if cohesion else found
    return always([list(m) for m in members], people), ends, p / (1 - p) / (q / (1 - q))


def try_worlds(worlds, seed, **world):
    rng = np.random.default_rng(seed)
    covered, p_values = 0, []
    for _ in range(worlds):
        stays, ends, truth = draw_world(rng, **world)
        found = wall_odds_ratio(stays, ends, any_time(ends), draws=49, rng=rng)
        covered += found.low <= truth <= found.high
        p_values.append(found.p_value)
    return covered / worlds, np.array(p_values)


@pytest.mark.calibration
@pytest.mark.parametrize("sociability", [0.3, 0.8])
def test_without_walls_false_alarms_stay_at_their_level(sociability):
    worlds = 200
    _, p_values = try_worlds(
        worlds, 6, people=120, groups=20, odds=1.0, sociability=sociability, friends=6.0
    )
    assert (p_values < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert (p_values < 0.2).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / worlds))


@pytest.mark.calibration
def test_walls_are_found_and_covered():
    worlds = 200
    covered, p_values = try_worlds(worlds, 7, people=120, groups=20, odds=5.0, friends=6.0)
    assert (p_values < 0.05).mean() > 0.99
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.calibration
@pytest.mark.parametrize(("odds", "cohesion"), [(1.0, 0.5), (4.0, 0.8)])
def test_where_groups_are_unlike_in_cohesion_intervals_still_cover(odds, cohesion):
    worlds = 200
    covered, _ = try_worlds(
        worlds, 8, people=120, groups=20, odds=odds, cohesion=cohesion, friends=6.0
    )
    assert covered > 0.94 - 3 * np.sqrt(0.06 * 0.94 / worlds)  # few groups tell how unlike all are
