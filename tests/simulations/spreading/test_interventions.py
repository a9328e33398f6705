"""Each intervention has the effect that can be worked out by hand."""

import numpy as np
import pytest
from group_worlds import grouped, one_group, sizes_of

from smallnet.errors import InputError
from smallnet.simulations.spreading import (
    Broadcast,
    GroupContagion,
    Incentive,
    IndependentCascade,
    ShareInGroups,
    ban_friending,
    mute,
    split_groups,
)

TIES = [(0, 1, 2), (0, 2, 1), (1, 2, 1), (2, 3, 5)]


def near(values, expected):
    return abs(values.mean() - expected) < 4 * values.std() / np.sqrt(len(values))


def test_ban_everywhere_cuts_the_friend_channel_and_leaves_groups():
    world = ban_friending(grouped([[0, 3]], 4, ties=TIES, directed=False))
    assert world.network.n_ties == 0
    friends = IndependentCascade(probability=1.0)
    assert (sizes_of(friends, world, [0], replicates=20) == 0).all()
    both = ShareInGroups(to_friend=0.5, to_group=0.5, acceptance=1.0)
    assert near(sizes_of(both, world, [0]), 0.5)


@pytest.mark.parametrize("directed", [False, True])
def test_ban_in_a_group_takes_the_ties_that_only_it_holds(directed):
    # 0, 1, 2 are in the ruled group; 0 and 1 also meet in a free one; 2 and 3 meet nowhere.
    world = grouped([[0, 1, 2], [0, 1]], 4, ties=TIES, directed=directed)
    left = ban_friending(world, groups=["g0"]).network
    assert left.directed == directed
    ego, alter, strength = left.ends()
    assert list(zip(ego.tolist(), alter.tolist(), strength.tolist(), strict=True)) == [
        (0, 1, 2.0),
        (2, 3, 5.0),
    ]


def test_ban_needs_ties_and_known_groups():
    with pytest.raises(InputError, match="no network"):
        ban_friending(one_group(3))
    with pytest.raises(InputError, match="no group 'x'"):
        ban_friending(grouped([[0, 1]], 4, ties=TIES), groups=["g0", "x"])


def test_splitting_leaves_nearly_equal_parts_and_everybody_in_one():
    world = grouped([range(70), range(10), range(30), []], 70)
    split = split_groups(world, largest=30, rng=np.random.default_rng(1)).membership
    assert sorted(split.size.tolist()) == [0, 10, 23, 23, 24, 30]
    assert {"g0/1", "g0/2", "g0/3", "g1", "g2", "g3"} == set(split.groups.tolist())
    parts = [i for i, name in enumerate(split.groups) if name.startswith("g0/")]
    assert (split.incidence[parts].sum(axis=0) == 1).all()
    assert (split.groups_per_person == world.membership.groups_per_person).all()


def test_splitting_keeps_a_share_in_its_part():
    split = split_groups(one_group(90), largest=30, rng=np.random.default_rng(1))
    assert (sizes_of(ShareInGroups(acceptance=1.0), split, [0], replicates=30) == 29).all()
    contagion = GroupContagion(lam=5.0, kind="SI")
    assert (sizes_of(contagion, split, [0], replicates=30) == 29).all()


def test_who_is_with_whom_after_a_split_is_a_lot():
    rng = np.random.default_rng(1)
    together = [
        split_groups(one_group(6), largest=3, rng=rng).membership.incidence[:, [0, 1]]
        for _ in range(600)
    ]
    same = np.array([(m.sum(axis=1) == 2).any() for m in together], dtype=float)
    assert near(same, 2 / 5)


def test_splitting_refuses_no_members_and_no_groups():
    with pytest.raises(InputError, match="largest"):
        split_groups(one_group(3), largest=0, rng=np.random.default_rng(1))


def test_muting_takes_its_share_and_stops_all_at_1():
    world = one_group(50)
    assert mute(world, 0.3, rng=np.random.default_rng(1)).sum() == pytest.approx(15, abs=13)
    deaf = ShareInGroups(acceptance=1.0, muted=mute(world, 1.0, rng=np.random.default_rng(1)))
    assert (sizes_of(deaf, world, [0], replicates=20) == 0).all()
    with pytest.raises(InputError, match="share is 2"):
        mute(world, 2, rng=np.random.default_rng(1))


def test_listed_muting_removes_exactly_the_listed_viewers():
    world, rng = one_group(50), np.random.default_rng(3)
    muted = mute(world, 0.4, rng=rng)
    muted[0] = False
    sizes = sizes_of(ShareInGroups(acceptance=1.0, muted=muted), world, [0], replicates=20)
    assert (sizes == 49 - muted.sum()).all()


def test_incentive_raises_sharing_until_it_ends():
    # A chain of people: .6 in steps 1 and 2, then .2 again.
    world = grouped([[0]], 8, ties=[(k, k + 1, 1) for k in range(7)])
    paid = Incentive(factor=3.0, until_step=3)
    model = ShareInGroups(to_friend=1.0, to_group=0.0, acceptance=1.0, sharing=0.2, incentive=paid)
    chances = np.cumprod([0.6, 0.6, 0.2, 0.2, 0.2, 0.2, 0.2])
    assert near(sizes_of(model, world, [0]), chances.sum())


def test_incentive_cannot_make_more_than_certain():
    world = grouped([[0]], 3, ties=[(0, 1, 1), (1, 2, 1)])
    model = ShareInGroups(
        to_friend=1.0, to_group=0.0, acceptance=1.0, sharing=0.5,
        incentive=Incentive(factor=100.0, until_step=9),
    )  # fmt: skip
    assert (sizes_of(model, world, [0], replicates=50) == 2).all()


@pytest.mark.parametrize("reinforcement", [1.0, 2.0])
def test_message_to_everybody_reaches_its_share_at_its_step(reinforcement):
    world = grouped([[0]], 200)
    model = ShareInGroups(
        reinforcement=reinforcement, broadcast=Broadcast(at_step=4, share=0.5, acceptance=0.4)
    )
    spread = model.simulate(world, [0], rng=np.random.default_rng(1), replicates=4000)
    assert (spread.curves[:, 3] == 1).all()
    assert abs(spread.curves[:, 4].mean() - 1 - 199 * 0.2) < 4 * np.sqrt(199 * 0.2 * 0.8 / 4000)


def test_message_to_everybody_makes_the_next_share_the_second():
    # Seen in the message and not taken up (acceptance 0), so a share later is the second seen.
    told = Broadcast(at_step=1, share=1.0, acceptance=0.0)
    model = ShareInGroups(acceptance=1.0, needed=2, broadcast=told)
    assert (sizes_of(model, one_group(5), [0], replicates=20) == 4).all()


def test_interventions_refuse_what_is_none():
    for kind, bad in (
        (Incentive, {"factor": -1, "until_step": 3}),
        (Incentive, {"factor": 2, "until_step": 1.5}),
        (Broadcast, {"at_step": 0, "share": 0.5, "acceptance": 0.5}),
        (Broadcast, {"at_step": 1, "share": 1.5, "acceptance": 0.5}),
        (Broadcast, {"at_step": 1, "share": 0.5, "acceptance": np.nan}),
    ):
        with pytest.raises(InputError):
            kind(**bad)
