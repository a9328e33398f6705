"""The parts of a world, each against a slow second writing."""

import dataclasses

import numpy as np
import pytest

from smallnet.simulations import Platform
from smallnet.simulations.acquaintances import draw_friendships
from smallnet.simulations.chatter import Spells, pick_member, size_steps
from smallnet.simulations.labels import digests, ids, named
from smallnet.simulations.leaving import draw_leaving
from smallnet.simulations.rosters import draw_groups, draw_slots

RESTLESS = Platform(
    people=60,
    groups=12,
    days=50.0,
    size_median=10.0,
    joins_per_day=0.03,
    leaves_per_day=0.04,
    newcomer_ratio=4.0,
    settled_ratio=0.3,
    friends_ratio=0.6,
    friends_per_day=0.1,
    born_share=0.3,
)


def parts(platform, seed):
    rng = np.random.default_rng(seed)
    groups = draw_groups(platform, rng=rng)
    zeros = np.zeros(platform.people)
    slots = draw_slots(platform, groups, zeros, zeros, rng=rng)
    friends = draw_friendships(platform, slots, rng=rng)
    return groups, slots, friends, draw_leaving(platform, groups, slots, friends, rng=rng)


def test_friends_at_the_landmark_are_those_who_are_friends_and_there_on_day_7():
    _groups, slots, friends, stays = parts(RESTLESS, 1)
    rows = range(len(slots.person))
    row_of = {(slots.person[m], slots.group[m]): m for m in rows}

    def met(k):
        if friends.first[k] < 0:
            return True
        return all(
            slots.start[end] <= friends.since[k] < stays.leave[end]
            for end in (friends.first[k], friends.second[k])
        )

    alters = {}
    for k in range(len(friends.ego)):
        if met(k):
            alters.setdefault(friends.ego[k], []).append((friends.alter[k], friends.since[k]))
            alters.setdefault(friends.alter[k], []).append((friends.ego[k], friends.since[k]))
    for me in rows:
        day_7 = slots.start[me] + 7.0
        count = 0
        for friend, since in alters.get(slots.person[me], []):
            other = row_of.get((friend, slots.group[me]))
            if other is not None and since <= day_7:
                count += slots.start[other] <= day_7 < stays.leave[other]
        assert stays.friends[me] == count
    assert stays.friends.max() >= 5


def test_a_member_leaves_when_the_hazard_has_used_up_the_patience():
    platform = RESTLESS.change(people=300, groups=80)
    rng = np.random.default_rng(2)
    groups = draw_groups(platform, rng=rng)
    zeros = np.zeros(platform.people)
    slots = draw_slots(platform, groups, zeros, zeros, rng=rng)
    friends = draw_friendships(platform, slots, rng=rng)
    stays = draw_leaving(platform, groups, slots, friends, rng=np.random.default_rng(3))
    patience = np.random.default_rng(3).exponential(1.0, len(slots.person))
    base = 0.04 * groups.restlessness[slots.group]
    factor = 0.6**stays.friends

    def used(age):
        days = [np.clip(age - low, 0, high - low) for low, high in ((0, 3), (3, 7), (7, 15))]
        days.append(np.maximum(age - 15, 0))
        return base * (4.0 * days[0] + days[1] + factor * days[2] + 0.3 * factor * days[3])

    age = stays.leave - slots.start
    spent = used(age) - used(np.maximum(-slots.start, 0.0))
    np.testing.assert_allclose(spent, patience, rtol=1e-8, atol=1e-10)
    for low, high in ((0, 3), (3, 7), (7, 15), (15, np.inf)):
        assert ((age >= low) & (age < high)).sum() > 30  # every band is tried


@pytest.mark.parametrize("odds", [1.0, 4.0])
def test_two_people_of_one_group_are_friends_with_the_odds_told(odds):
    platform = Platform(
        people=400,
        groups=50,
        size_median=10.0,
        sociability_sd=0.0,
        joins_per_day=0.0,
        leaves_per_day=0.0,
        inside_friend_odds=odds,
    )
    inside = np.zeros(2)
    outside = np.zeros(2)
    for seed in range(8):
        _groups, slots, friends, _stays = parts(platform, seed)
        where = np.zeros((400, 50))
        where[slots.person, slots.group] = 1
        shared = np.triu(where @ where.T > 0, 1)
        hit = shared[friends.ego, friends.alter]
        inside += hit.sum(), shared.sum()
        outside += (~hit).sum(), 400 * 399 / 2 - shared.sum()
    log_ratio = np.log(inside[0] / inside[1]) - np.log(outside[0] / outside[1])
    error = np.sqrt(1 / inside[0] + 1 / outside[0])
    # a chance of 1 - exp(-w) is below w by w / 2 at most, here under .06
    assert abs(log_ratio - np.log(odds)) < 4.5 * error + (0.06 if odds > 1 else 0.0)
    assert error < 0.04


def test_a_spell_holds_its_start_and_not_its_end():
    spells = Spells(np.array([0]), np.array([0]), np.array([10]), np.array([20]))
    row = np.zeros(4, dtype=np.int64)
    assert spells.holds(row, np.array([9, 10, 19, 20])).tolist() == [False, True, True, False]


def test_sizes_step_where_members_come_and_go():
    # group 0: one from 0 to 50, one from 10 to 30; group 1: two from 5 on
    spells = Spells(
        np.array([0, 1, 2, 3]),
        np.array([0, 0, 1, 1]),
        np.array([0, 10, 5, 5]),
        np.array([50, 30, 86_400, 86_400]),
    )
    platform = Platform(people=4, groups=2, days=1.0, size_min=1)
    groups = draw_groups(platform, rng=np.random.default_rng(1))
    steps = size_steps(platform, groups, spells, rng=np.random.default_rng(1))
    place = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    moment = np.array([0, 9, 10, 29, 30, 49, 50, 4, 5, 86_399])
    assert steps.size_at(place, moment).tolist() == [1, 1, 2, 2, 1, 1, 0, 0, 2, 2]
    heat = steps.heat_at(np.array([0, 0, 1]), np.array([0, 86_400, 86_400]))
    assert heat[1] - heat[0] == pytest.approx(50 / 86_400)  # no effect of size: time while anybody
    assert heat[2] - heat[1] == pytest.approx((86_400 - 5) / 86_400)


@pytest.mark.parametrize("rhythm", [0.0, 0.5])
def test_nothing_is_added_up_once_a_group_falls_silent_between_two_seconds(rhythm):
    spells = Spells(np.array([0]), np.array([0]), np.array([0]), np.array([86_400]))
    platform = Platform(people=2, groups=1, days=1.0, size_min=1, rhythm=rhythm)
    groups = draw_groups(platform, rng=np.random.default_rng(1))
    groups = dataclasses.replace(groups, silent_from=np.array([30_000.5 / 86_400]))
    steps = size_steps(platform, groups, spells, rng=np.random.default_rng(1))
    heat = steps.heat_at(np.zeros(4, dtype=np.int64), np.array([0, 29_999, 30_000, 86_400]))
    assert heat[0] < heat[1] < heat[2]
    assert heat[3] == heat[2]


def test_only_another_member_who_is_in_is_picked():
    spells = Spells(
        np.array([0, 1, 2]), np.array([0, 0, 0]), np.array([0, 0, 50]), np.array([100, 40, 100])
    )
    n = 400
    moment = np.repeat([10, 45, 60], n)
    picked = pick_member(
        spells,
        np.array([0]),
        np.array([3]),
        np.zeros(3 * n, dtype=np.int64),
        moment,
        np.zeros(3 * n, dtype=np.int64),
        rng=np.random.default_rng(4),
    ).reshape(3, n)
    assert set(picked[0]) <= {1, -1}
    assert set(picked[1]) == {-1}  # nobody else is in at 45
    assert set(picked[2]) <= {2, -1}
    missed = (2 / 3) ** 4  # four tries, one of three rows is right
    assert abs((picked[0] == -1).mean() - missed) < 4.5 * np.sqrt(missed * (1 - missed) / n)


def test_ids_have_one_length_and_digests_do_not_collide():
    assert ids("p", 12).to_pylist()[:2] == ["p01", "p02"]
    assert named(ids("p", 3), np.array([2, -1, 0])).to_pylist() == ["p3", None, "p1"]
    made = digests(np.arange(50_000, dtype=np.uint64)).to_pylist()
    assert len(set(made)) == 50_000
    assert {len(text) for text in made} == {16}
