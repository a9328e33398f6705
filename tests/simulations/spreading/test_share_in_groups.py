"""Shares in groups against the chain of one group, percolation and exact counts."""

import numpy as np
import pytest
from group_worlds import distance, grouped, one_group, random_groups, sizes_of
from scipy.stats import chi2

from smallnet.errors import InputError
from smallnet.simulations.spreading import ShareInGroups
from smallnet.simulations.theory import (
    clique_growth,
    clique_percolation_threshold,
    reed_frost,
    two_levels_of_mixing,
)

STAR = [(0, k, 1) for k in range(1, 11)]  # 0 is followed by ten who are followed by nobody


def near(values, expected):
    """Whether a mean is as expected, at 4 standard errors."""
    return abs(values.mean() - expected) < 4 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize("remember", [False, True])
@pytest.mark.parametrize(
    ("susceptible", "introduced", "escape"), [(3, 1, 0.5), (4, 1, 0.8), (5, 2, 0.9)]
)
def test_one_share_each_in_one_group_is_reed_and_frost(susceptible, introduced, escape, remember):
    world = one_group(susceptible + introduced)
    model = ShareInGroups(acceptance=1 - escape, reinforcement=1 + 1e-12 * remember)
    sizes = sizes_of(model, world, list(range(introduced)))
    far, free = distance(sizes, reed_frost(susceptible, introduced, escape))
    assert far < chi2.ppf(1 - 1e-5, free)


# -- against theory ---------------------------------------------------------------------------


def test_attention_thins_the_viewers_as_it_says():
    # 40 members, a(40) = .5 (40 / 10)^-1 = .125, one step: the 39 others are a binomial.
    model = ShareInGroups(
        acceptance=1.0, attention=0.5, attention_decay=1.0, reference_size=10.0, until=1
    )
    assert model.chance_seen(np.array([1, 5, 10, 40])) == pytest.approx([1.0, 1.0, 0.5, 0.125])
    sizes = sizes_of(model, one_group(40), [0])
    assert near(sizes, 39 * 0.125)
    assert sizes.var() == pytest.approx(39 * 0.125 * 0.875, rel=0.06)


@pytest.mark.parametrize("attending", [1.0, 0.3])
def test_small_outbreaks_in_overlapping_groups_are_as_long_as_percolation_says(attending):
    # Newman (2003): 1 + m/(m-1) R / (1 - R) people from one; R = .4 here, no loops in the limit.
    rng, m, n, people = np.random.default_rng(1), 4, 10, 20_000
    threshold = clique_percolation_threshold(m, n, attention=attending)
    t = 0.45 * threshold
    growth = clique_growth(m, n, 1 - t, attention=attending)
    muted = None if attending == 1 else 1 - attending
    model = ShareInGroups(shares=0, everywhere=True, acceptance=t, muted=muted)
    world = random_groups(people, m, n, rng)
    ends = model.simulate(world, [0], rng=rng, replicates=6000).final_sizes
    expected = 1 + m / (m - 1) * growth / (1 - growth)
    assert abs(ends.mean() - expected) < 4 * ends.std() / np.sqrt(6000) + 0.002 * expected


@pytest.mark.parametrize("attending", [1.0, 0.3, 0.1])
def test_it_dies_below_the_threshold_of_attention_and_spreads_above(attending):
    # R28, R29: m = 10, n = 30; T_c is .003463, .031850 and .233096.
    rng, people = np.random.default_rng(2), 3000
    threshold = clique_percolation_threshold(10, 30, attention=attending)
    expected = {1.0: 0.003463, 0.3: 0.031850, 0.1: 0.233096}[attending]
    assert threshold == pytest.approx(expected, abs=1e-6)
    world = random_groups(people, 10, 30, rng)
    large = []
    for factor in (0.5, 2.0):
        model = ShareInGroups(
            shares=0, everywhere=True, acceptance=factor * threshold, muted=1 - attending
        )
        ends = model.simulate(world, [0], rng=rng, replicates=150).final_sizes
        large.append((ends > 0.1 * people).mean())
    assert large[0] == 0
    assert large[1] > 0.15


def test_groups_and_strangers_are_two_levels_of_mixing():
    rng, people = np.random.default_rng(3), 9000
    theory = two_levels_of_mixing(3, 0.5, 0.7)
    world = random_groups(people, 1, 3, rng)
    model = ShareInGroups(
        everywhere=True, attention=0.5, acceptance=1.0, to_group=0.0, to_feed=1.0,
        feed_reach=0.0, feed_strangers=0.7,
    )  # fmt: skip
    ends = model.simulate(world, [0], rng=rng, replicates=300).final_sizes / people
    large = ends[ends > 0.1]
    assert len(large) > 60
    error = large.std() / np.sqrt(len(large))
    assert abs(large.mean() - theory.final_size) < 4 * error + 0.003


# -- channels and targets ---------------------------------------------------------------------


def test_friend_is_drawn_by_tie_strength():
    world = grouped([[2]], 3, ties=[(0, 1, 1), (0, 2, 3)])
    for power, expected in ((1.0, 0.75), (0.0, 0.5), (2.0, 0.9)):
        model = ShareInGroups(
            to_friend=1.0, to_group=0.0, acceptance=1.0, friend_power=power, until=1
        )
        spread = model.simulate(world, [0], rng=np.random.default_rng(1), replicates=10_000)
        assert (spread.final_sizes == 2).all()
        assert near(spread.groups_reached, expected)


def test_group_is_drawn_by_size_to_a_power():
    # Groups of 2 and of 8 members: everybody in the one that is drawn adopts.
    world = grouped([[0, 1], [0, *range(2, 9)]], 9)
    for power, small in ((0.0, 1 / 2), (-1.0, 4 / 5), (1.0, 1 / 5)):
        sizes = sizes_of(ShareInGroups(acceptance=1.0, size_power=power, until=1), world, [0])
        assert set(sizes.tolist()) == {1, 7}
        assert near(sizes == 1, small)


def test_channels_are_drawn_by_their_chances_and_the_rest_is_not_shared():
    world = grouped([[0, 1, 2]], 10, ties=[(0, 3, 1), (0, 4, 1), (0, 5, 1), (0, 6, 1)])
    model = ShareInGroups(to_friend=0.2, to_group=0.3, to_feed=0.4, acceptance=1.0, until=1)
    sizes = sizes_of(model, world, [0])
    far, free = distance(sizes, [0.1, 0.2, 0.3, 0.0, 0.4])
    assert far < chi2.ppf(1 - 1e-5, free)


def test_feed_reaches_followers_and_strangers():
    world = grouped([[0]], 5000, ties=STAR)
    model = ShareInGroups(
        to_group=0.0, to_feed=1.0, feed_reach=0.3, feed_strangers=2.0, acceptance=0.5, until=1
    )
    sizes = sizes_of(model, world, [0])
    assert abs(sizes.mean() - (10 * 0.15 + 1.0)) < 4 * sizes.std() / np.sqrt(len(sizes)) + 0.002


# -- seeing and taking up ---------------------------------------------------------------------


def test_fading_delays_views_and_keeps_their_number():
    world = grouped([[0]], 11, ties=STAR)
    model = ShareInGroups(to_group=0.0, to_feed=1.0, feed_reach=0.6, acceptance=1.0, fading=0.5)
    spread = model.simulate(world, [0], rng=np.random.default_rng(1), replicates=10_000)
    assert near(spread.final_sizes - 1, 6.0)
    for step in (1, 2, 3):
        assert near(spread.curves[:, step] - 1, 6.0 * (1 - 0.5**step))


def test_copies_run_out_and_go_to_anyone_alike():
    world = grouped([[0]], 11, ties=STAR)
    for fading in (0.0, 0.5):
        model = ShareInGroups(
            to_group=0.0, to_feed=1.0, shares=2, acceptance=1.0, copies=3, fading=fading
        )
        rng = np.random.default_rng(1)
        takers = np.concatenate([model.trace(world, [0], rng=rng).person[1:] for _ in range(800)])
        assert len(takers) == 800 * 3
        counted = np.bincount(takers, minlength=11)[1:]
        assert ((counted - 240) ** 2 / 240).sum() < chi2.ppf(1 - 1e-5, 9)


def test_who_gave_their_copies_away_gives_no_more_and_takers_give_theirs():
    # One group of 20, everybody sees every share: a tree in which each has two takers.
    model = ShareInGroups(acceptance=1.0, copies=2)
    spread = model.simulate(one_group(20), [0], rng=np.random.default_rng(1), replicates=20)
    assert (spread.curves[:, :5] == [1, 3, 7, 15, 20]).all()


def test_stronger_ties_persuade():
    world = grouped([[0]], 2, ties=[(0, 1, 3)])
    model = ShareInGroups(to_friend=1.0, to_group=0.0, acceptance=0.5, tie_effect=1.0)
    assert near(sizes_of(model, world, [0]), 4 / 5)  # odds 1 x (1 + 3)
    no_tie = ShareInGroups(acceptance=0.5, tie_effect=1.0, until=1)
    assert near(sizes_of(no_tie, grouped([[0, 1]], 2, ties=[(1, 0, 9)]), [0]), 1 / 2)


def test_other_sharers_before_persuade():
    # .2 at first, then odds .25 x 2: 1 - .8 x 2/3.
    model = ShareInGroups(acceptance=0.2, reinforcement=2.0, until=1)
    assert near(sizes_of(model, one_group(3), [0, 1]), 1 - 0.8 * 2 / 3)


def test_who_needs_two_sharers_is_not_moved_by_one():
    model = ShareInGroups(acceptance=1.0, needed=2)
    assert (sizes_of(model, one_group(6), [0], replicates=50) == 0).all()
    assert (sizes_of(model, one_group(6), [0, 1], replicates=50) == 4).all()


def test_one_sharer_in_two_common_groups_is_not_two_sharers():
    world = grouped([[0, 1], [0, 1], [1, 2]], 3)
    both = {"shares": 0, "everywhere": True, "acceptance": 1.0}
    assert (sizes_of(ShareInGroups(needed=2, **both), world, [0], replicates=50) == 0).all()
    assert (sizes_of(ShareInGroups(needed=2, **both), world, [0, 2], replicates=50) == 1).all()
    # .5 in each of the two groups; the second share is not the second sharer.
    half = ShareInGroups(shares=0, everywhere=True, acceptance=0.5, reinforcement=9.0, until=1)
    assert near(sizes_of(half, world, [0]), 0.75)


def test_shares_seen_in_one_replicate_are_forgotten_in_the_next():
    model = ShareInGroups(acceptance=1.0, needed=2, shares=1, until=1)
    assert (sizes_of(model, one_group(4), [0], replicates=300) == 0).all()


def test_muted_members_neither_see_nor_share():
    model = ShareInGroups(acceptance=1.0, muted=0.3)
    assert near(sizes_of(model, grouped([[0, 1]], 2), [0]), 0.7**2)
    listed = np.array([False, True, False, True])  # group 0: 0, 1, 2; group 1: 0
    world = grouped([[0, 1, 2], [0]], 3)
    for power in (0.0, 1.0):
        model = ShareInGroups(acceptance=1.0, muted=listed, size_power=power)
        assert (sizes_of(model, world, [0], replicates=50) == 1).all()
        assert (sizes_of(model, world, [1], replicates=50) == 0).all()


# -- the way it took, engines, bad input ------------------------------------------------------


def test_trace_is_the_first_replicate_and_goes_by_ties_and_shared_groups():
    rng = np.random.default_rng(5)
    ties = {(int(a), int(b)) for a, b in rng.integers(0, 60, (200, 2)) if a != b}
    world = grouped(
        [rng.choice(60, 8, replace=False) for _ in range(20)], 60, ties=[(*e, 1) for e in ties]
    )
    model = ShareInGroups(
        shares=2, to_friend=0.4, to_group=0.6, acceptance=0.4, fading=0.4, reinforcement=2.0,
        muted=0.2, copies=6,
    )  # fmt: skip
    trace = model.trace(world, [3, 1], rng=np.random.default_rng(9))
    spread = model.simulate(world, [3, 1], rng=np.random.default_rng(9), replicates=70)
    assert len(trace.person) == spread.final_sizes[0] > 20
    assert trace.person[:2].tolist() == [3, 1]
    inside = world.membership.incidence.toarray().astype(bool)
    when = dict(zip(trace.person.tolist(), trace.time.tolist(), strict=True))
    assert len(when) == len(trace.person)
    channels = set()
    for person, time, source, group in zip(
        trace.person[2:], trace.time[2:], trace.source[2:], trace.group[2:], strict=True
    ):
        assert when[source] < time
        channels.add(group >= 0)
        if group >= 0:
            assert inside[group, person]
            assert inside[group, source]
        else:
            assert (source, person) in ties
    assert channels == {True, False}
    assert np.bincount(trace.source[2:]).max() <= 6
    shares = trace.shares()
    assert set(shares["channel"]) == {"group", "friend"}


def test_workers_do_not_change_the_answer():
    world = random_groups(300, 2, 6, np.random.default_rng(1))
    model = ShareInGroups(acceptance=0.3, reinforcement=2.0, fading=0.5, muted=0.1, copies=3)
    alone, two = (
        model.simulate(world, [0, 1, 2], rng=np.random.default_rng(3), replicates=300, jobs=jobs)
        for jobs in (1, 2)
    )
    assert (alone.curves == two.curves).all()


def test_seeds_in_no_group_and_groups_of_one_share_with_nobody():
    world = grouped([[0], [1, 2]], 4)
    model = ShareInGroups(acceptance=1.0, everywhere=True)
    spread = model.simulate(world, [0, 3], rng=np.random.default_rng(1), replicates=20)
    assert (spread.final_sizes == 2).all()
    assert (spread.groups_reached == 1).all()


def test_bad_parameters_are_refused():
    for bad in (
        {"acceptance": 1.2},
        {"acceptance": np.nan},
        {"to_friend": 0.6, "to_group": 0.6},
        {"to_feed": -0.1},
        {"fading": 1.0},
        {"muted": 1.5},
        {"muted": np.nan},
        {"copies": -1},
        {"copies": 1.5},
        {"copies": 40_000},
        {"shares": -1},
        {"needed": 0},
        {"until": -1},
        {"reinforcement": np.inf},
        {"feed_strangers": np.nan},
        {"size_power": np.nan},
        {"reference_size": 0},
        {"incentive": {"factor": 2}},
        {"broadcast": {"at_step": 0, "share": 1, "acceptance": 1}},
    ):
        with pytest.raises(InputError):
            ShareInGroups(**bad)


def test_what_the_population_lacks_is_said():
    world, rng = one_group(3), np.random.default_rng(1)
    with pytest.raises(InputError, match="no network"):
        ShareInGroups(to_friend=1.0, to_group=0.0).simulate(world, [0], rng=rng)
    with pytest.raises(InputError, match="one a membership"):
        ShareInGroups(muted=np.array([True])).simulate(world, [0], rng=rng)
