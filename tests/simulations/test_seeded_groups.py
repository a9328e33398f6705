"""Seeded groups: chances, likeness and interference are those that were planted."""

import numpy as np
import pytest

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cluster_trial import intraclass_correlation
from smallnet.networks import Membership
from smallnet.simulations.seeded_groups import SeededGroups, draw_places


def separate(groups, size):
    """Groups that share nobody."""
    group = np.repeat(np.arange(groups), size)
    people = [f"p{k:05d}" for k in range(group.size)]
    return Membership.from_ends(
        group, np.arange(group.size), [f"g{k:03d}" for k in range(groups)], people
    )


def test_shares_and_intraclass_correlation_are_the_planted_ones():
    rooms, rng = separate(400, 20), np.random.default_rng(1)
    arm = np.arange(400) % 2 == 0
    took = SeededGroups(control=0.1, seeded=0.3, icc=0.1).run(rooms, arm, rng=rng)
    shares = took.reshape(400, 20).mean(axis=1)
    for mine, mean in ((arm, 0.3), (~arm, 0.1)):
        error = shares[mine].std(ddof=1) / np.sqrt(mine.sum())
        assert abs(shares[mine].mean() - mean) < 4 * error
        inside = np.repeat(mine, 20)
        found = intraclass_correlation(
            took[inside], np.repeat(np.arange(400), 20)[inside], level=0.9999
        )
        assert found.low < 0.1 < found.high


def test_the_effect_is_that_of_seeding_everybody_over_nobody():
    rng = np.random.default_rng(2)
    rooms = draw_places(5, 8, 60, size=15, bridging=0.2, rng=rng)
    for passed_on in (0.0, 0.3):  # with everybody or nobody seeded, nobody is left to be told
        world = SeededGroups(control=0.1, seeded=0.3, icc=0.1, passed_on=passed_on)
        gaps = []
        for _ in range(300):
            ends = [world.run(rooms, np.full(40, on), rng=rng).mean() for on in (True, False)]
            gaps.append(ends[0] - ends[1])
        error = np.std(gaps, ddof=1) / np.sqrt(300)
        assert abs(np.mean(gaps) - world.effect(rooms).mean()) < 4 * error


def test_passing_on_reaches_groups_that_share_members_and_no_others():
    rng = np.random.default_rng(3)
    rooms = draw_places(2, 6, 40, size=15, rng=rng)
    world = SeededGroups(control=0.0, seeded=0.5, icc=0.0, passed_on=1.0)
    arm = np.arange(12) == 0
    took = world.run(rooms, arm, rng=rng)
    assert took[:40].sum() > (rooms.incidence[[0]] @ took)[0]
    assert not took[40:].any()
    quiet = SeededGroups(control=0.0, seeded=0.5, icc=0.0).run(rooms, arm, rng=rng)
    assert quiet.sum() == (rooms.incidence[[0]] @ quiet)[0]


def test_islands_share_nobody_and_bridges_join_them():
    rng = np.random.default_rng(4)
    islands = draw_places(3, 4, 50, size=10, rng=rng)
    shared = (islands.incidence @ islands.incidence.T).toarray()
    place = np.repeat(np.arange(3), 4)
    assert not shared[place[:, None] != place].any()
    assert islands.size.min() >= 1
    bridged = draw_places(3, 4, 50, size=10, bridging=0.3, rng=rng)
    assert (bridged.incidence @ bridged.incidence.T).toarray()[place[:, None] != place].any()


def test_the_same_seed_gives_the_same_trial():
    rooms = draw_places(2, 3, 30, size=8, rng=np.random.default_rng(5))
    world = SeededGroups(passed_on=0.1)
    one, two = (world.run(rooms, np.arange(6) < 3, rng=np.random.default_rng(6)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("wrong", [{"icc": 1.0}, {"seeded": 1.2}, {"passed_on": -0.1}])
def test_a_parameter_out_of_range_is_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SeededGroups(**wrong)


def test_places_that_cannot_be_and_arms_of_another_shape_are_refused():
    with pytest.raises(InputError, match="0 places"):
        draw_places(0, 3, 30, size=8, rng=np.random.default_rng(1))
    with pytest.raises(InputError, match=r"expected \(3,\)"):
        SeededGroups().run(separate(3, 4), [True], rng=np.random.default_rng(1))
