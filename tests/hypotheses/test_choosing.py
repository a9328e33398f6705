"""Are small groups chosen more than their part of the menu? By hand, then on many worlds."""

import numpy as np
import pytest

from smallnet.hypotheses.methods.choosing import choice_ratio, collapse_menus


def menus_of(lines, small_group=30):
    """Menus from lines (share, person, group, size, chosen)."""
    share, person, group, size, chosen = np.array(lines).T
    return collapse_menus(
        share,
        person,
        group,
        size,
        chosen.astype(bool),
        small_group=small_group,
        n_groups=int(group.max()) + 1,
    )


BY_HAND = [
    # ann is in a small and a large group, and shares to the small one twice of three times
    (0, 0, 0, 5, 1),
    (0, 0, 1, 40, 0),
    (1, 0, 0, 5, 0),
    (1, 0, 1, 40, 1),
    (2, 0, 0, 5, 1),
    (2, 0, 1, 40, 0),
    (3, 1, 0, 5, 1),  # bob is in the small group only
    (4, 2, 1, 40, 0),  # cy is in two large ones
    (4, 2, 2, 90, 1),
]


def test_the_ratio_by_hand():
    found = choice_ratio(menus_of(BY_HAND), rng=np.random.default_rng(1))
    # observed 2 + 1 + 0 of 5; expected 3 / 2 + 1 + 0
    assert found.observed == pytest.approx(3 / 5)
    assert found.expected == pytest.approx(2.5 / 5)
    assert found.ratio == pytest.approx(3 / 2.5)
    assert (found.shares, found.informative) == (5, 3)
    assert found.low < found.ratio < found.high


def test_alike_menus_of_one_person_are_one_stratum_and_others_are_not():
    menus = menus_of(BY_HAND)
    assert sorted(menus.shares.tolist()) == [1, 1, 3]
    assert menus.chosen.sum() == 5
    grown = [*BY_HAND, (5, 0, 0, 31, 1), (5, 0, 1, 40, 0)]  # the small group is small no more
    assert sorted(menus_of(grown).shares.tolist()) == [1, 1, 1, 3]


def test_thirty_members_are_not_small():
    lines = [(0, 0, 0, 29, 1), (0, 0, 1, 30, 0)]
    assert menus_of(lines).small.tolist() == [True, False]


def test_nobody_who_could_choose_gives_nothing():
    found = choice_ratio(menus_of(BY_HAND[6:]), rng=np.random.default_rng(1))
    assert np.isnan(found.ratio)
    assert found.informative == 0


def test_all_choices_small_gives_a_lower_bound():
    lines = [row for s in range(6) for row in ((s, s, 0, 5, 1), (s, s, 1, 50, 0))]
    found = choice_ratio(menus_of(lines), rng=np.random.default_rng(1))
    # n = 6: chance of all small at least .025 for a chance of .025^(1/6) = .5407
    assert found.ratio == pytest.approx(2.0)
    assert found.high == pytest.approx(2.0)
    assert found.low == pytest.approx(0.025 ** (1 / 6) * 2)


def draw_menus(rng, groups=60, people=300, odds=1.0, popularity=0.5, shares=1.5):
    """Everybody picks a group with weight popularity, times ``odds`` where it is small."""
    size = np.clip(rng.lognormal(2.9, 1.0, groups).round().astype(int), 3, people // 4)
    group = np.repeat(np.arange(groups), size)
    person = np.concatenate([rng.choice(people, n, replace=False) for n in size])
    order = np.argsort(person, kind="stable")
    person, group = person[order], group[order]
    begin = np.searchsorted(person, np.arange(people + 1))
    small = size[group] < 30
    often = rng.poisson(rng.gamma(0.8, shares / 0.8, people)) * (np.diff(begin) > 0)
    sharer = np.repeat(np.arange(people), often)
    count = np.diff(begin)[sharer]
    share = np.repeat(np.arange(sharer.size), count)
    line = begin[sharer[share]] + np.arange(share.size) - np.repeat(np.cumsum(count) - count, count)
    liking = rng.normal(0, popularity, groups)[group[line]] + np.log(odds) * small[line]
    key = liking + rng.gumbel(size=line.size)
    chosen = key == np.maximum.reduceat(key, np.cumsum(count) - count)[share]
    menus = collapse_menus(
        share,
        sharer[share],
        group[line],
        size[group[line]],
        chosen,
        small_group=30,
        n_groups=groups,
    )
    return menus, true_ratio(rng, menus, odds, popularity)


def true_ratio(rng, menus, odds, popularity):
    """Expected observed over expected, popularity averaged over fresh draws."""
    if odds == 1:
        return 1.0
    total = 0.0
    for _ in range(30):
        weight = np.where(menus.small, odds, 1.0)
        weight = weight * np.exp(rng.normal(0, popularity, menus.n_groups))[menus.group]
        chance = np.bincount(menus.stratum, weight * menus.small) / np.bincount(
            menus.stratum, weight
        )
        total += menus.shares @ chance / 30
    return total / (menus.shares @ menus.part)


def try_worlds(worlds, seed, **world):
    rng = np.random.default_rng(seed)
    covered, p_values = 0, []
    for _ in range(worlds):
        menus, truth = draw_menus(rng, **world)
        found = choice_ratio(menus, rng=rng)
        covered += found.low <= truth <= found.high
        p_values.append(found.p_value)
    return covered / worlds, np.array(p_values)


@pytest.mark.calibration
def test_without_a_preference_false_alarms_stay_at_their_level():
    worlds = 200
    _, p_values = try_worlds(worlds, 2, popularity=0.8)
    assert (p_values < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)


@pytest.mark.calibration
def test_a_threefold_preference_is_found_and_covered():
    worlds = 100
    covered, p_values = try_worlds(worlds, 3, odds=3.0)
    assert (p_values < 0.05).mean() > 0.9
    assert covered > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / worlds)


def test_the_odds_ratio_is_that_of_the_groups_not_of_their_growth():
    # each group is small half of the time; growth makes it livelier, size between groups nothing
    rng = np.random.default_rng(4)
    lines = []
    large = rng.random(40) < 0.5
    for person in range(400):
        groups = rng.choice(40, 5, replace=False)
        small = np.where(large[groups], rng.random(5) < 0.2, rng.random(5) < 0.8)
        mean = np.where(large[groups], 0.2, 0.8)
        key = -2.0 * (small - mean) + rng.gumbel(size=5)
        for g, is_small, k in zip(groups, small, key, strict=True):
            lines.append((person, person, g, 10 if is_small else 50, k == key.max()))
    found = choice_ratio(menus_of(lines), rng=rng)
    assert found.odds_low < 1 < found.odds_high
