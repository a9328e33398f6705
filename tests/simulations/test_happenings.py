"""A rule that is lifted, moments that are paid, rewards that end groups: planted and recovered.

Tolerances are 4.5 standard errors: a false alarm in 150,000.
"""

import numpy as np
import pandas as pd
import pytest

from smallnet.simulations import SCENARIOS, Fission, FriendingRule, Incentive, Platform
from smallnet.simulations.happenings import draw_happenings
from smallnet.simulations.replying import answer_back
from smallnet.simulations.rosters import draw_groups
from smallnet.tables import check_dataset

ERRORS = 4.5
ALIKE = Platform(
    people=400,
    groups=80,
    days=60.0,
    size_max=60,
    talk_sd=0.0,
    liveliness_sd=0.0,
    messages_per_day=0.3,
    joins_per_day=0.0,
    leaves_per_day=0.0,
    friends_per_person=2.0,
    bots=0,
    system_messages=False,
)
NEW = ("weread-gift", "no-friending-rule", "noise", "fission")


def spoken(world):
    """Messages and sizes of groups that do not move, and days since the watch began."""
    f = world.frames
    said = f["interactions"]
    said = said[said["group"].notna() & (said["kind"] != "reaction")]
    day = (said["at"] - pd.Timestamp(world.study.observed_from)) / pd.Timedelta(days=1)
    return said.assign(day=day), f["memberships"].groupby("group").size()


def close(one, one_days, other, other_days, ratio):
    error = np.sqrt(1 / one + 1 / other)
    assert error < 0.05
    assert abs(np.log(one / one_days / (other / other_days)) - np.log(ratio)) < ERRORS * error


@pytest.mark.parametrize("name", NEW)
def test_a_new_scenario_passes_the_check_and_tells_its_events(name):
    world = SCENARIOS[name].generate(rng=np.random.default_rng(4))
    assert check_dataset(world.dataset()) == ()
    events = world.frames["events"]
    assert len(events) > 0
    assert events["starts_at"].is_monotonic_increasing
    assert "opportunities" not in world.frames


@pytest.mark.parametrize(("effect", "quiet"), [(1.0, 1.0), (1.6, 0.5)])
def test_lifting_the_rule_raises_the_rate_by_what_is_told(effect, quiet):
    rule = FriendingRule(effect=effect, quiet_ratio=quiet, grows_days=7.0, waves=3)
    world = ALIKE.change(rule=rule).generate(rng=np.random.default_rng(1))
    said, size = spoken(world)
    groups = world.frames["groups"].set_index("group")["friending_allowed"]
    lifts = world.frames["events"].set_index("group")["starts_at"]
    lifts = (lifts - pd.Timestamp(world.study.observed_from)) / pd.Timedelta(days=1)
    assert (world.frames["events"]["kind"] == "rule").all()
    assert not groups[lifts.index].any()
    lift = said["group"].map(lifts)
    free = said["group"].map(groups)
    n_free = int(free.sum())
    free_days = 60.0 * size[groups[groups].index].sum()
    before = lifts * size[lifts.index]
    close(int((said["day"] < lift).sum()), before.sum(), n_free, free_days, quiet)
    full = (60.0 - lifts - 7.0) * size[lifts.index]
    n_full = int((said["day"] >= lift + 7.0).sum())
    close(n_full, full.sum(), n_free, free_days, quiet * effect)
    never = groups.index[~groups].difference(lifts.index)
    n_never = int(said["group"].isin(never).sum())
    close(n_never, 60.0 * size[never].sum(), n_free, free_days, quiet)
    truth = world.truth["S09"]
    assert truth["by_day_since"][3] == pytest.approx(effect ** (4 / 7))
    assert truth["never_lifted"] == len(never)
    assert sum(truth["cohorts"].values()) == len(lifts)
    assert (truth["estimate"] > 1) == (effect > 1)


def test_nobody_meets_where_friending_is_forbidden():
    meeting = ALIKE.change(friends_per_day=0.1)

    def made(rule):
        world = meeting.change(rule=rule).generate(rng=np.random.default_rng(2))
        return int(world.frames["friendships"]["since"].notna().sum())

    free = made(FriendingRule(ruled_share=0.0))
    assert made(FriendingRule(ruled_share=1.0, never_share=1.0)) == 0
    assert 0 < made(FriendingRule(ruled_share=1.0, never_share=0.0)) < free


@pytest.mark.parametrize(("boost", "residual"), [(1.0, 1.0), (3.0, 1.0), (3.0, 0.8)])
def test_a_paid_moment_raises_the_rate_and_wears_off(boost, residual):
    incentive = Incentive(
        groups_share=1.0, per_group=1, boost=boost, residual=residual, falloff_hours=6.0
    )
    world = ALIKE.change(incentive=incentive, days=90.0).generate(rng=np.random.default_rng(3))
    said, size = spoken(world)
    events = world.frames["events"].set_index("group")
    assert set(events["arm"]) == {"paid", "control"}
    begin = (events["starts_at"] - pd.Timestamp(world.study.observed_from)) / pd.Timedelta(days=1)
    since = said["day"] - said["group"].map(begin)
    paid = said["group"].map(events["arm"]) == "paid"
    heads = size[events.index]
    n_before = int((since < 0).sum())
    before_days = (begin * heads).sum()
    is_paid = events["arm"] == "paid"
    for there, chosen, ratio in ((paid, is_paid, boost), (~paid, ~is_paid, 1.0)):
        within = np.minimum(90.0 - begin[chosen], 1.0) * heads[chosen]
        hit = int((there & (since >= 0) & (since < 1)).sum())
        error = np.sqrt(1 / hit + 1 / n_before)
        rate = np.log(hit / within.sum() / (n_before / before_days))
        assert abs(rate - np.log(ratio)) < ERRORS * error < 0.35
    later = np.maximum(90.0 - begin[is_paid] - 4.0, 0.0) * heads[is_paid]
    close(int((paid & (since >= 4.0)).sum()), later.sum(), n_before, before_days, residual)


def test_paid_talk_is_mostly_repeated():
    incentive = Incentive(groups_share=1.0, boost=3.0, repeated_share=0.8)
    world = ALIKE.change(incentive=incentive, repetition=0.0).generate(rng=np.random.default_rng(5))
    said, _ = spoken(world)
    texts = said[said["fingerprint"].notna()]
    count = texts["fingerprint"].map(texts["fingerprint"].value_counts())
    events = world.frames["events"]
    paid = events[events["arm"] == "paid"]
    rows = texts.merge(paid[["group", "starts_at", "ends_at"]], on="group")
    inside = rows[(rows["starts_at"] <= rows["at"]) & (rows["at"] < rows["ends_at"])]
    inside = inside["interaction"].unique()
    within = texts["interaction"].isin(inside)
    n = int(within.sum())
    share = (count[within] > 1).mean()
    assert abs(share - 0.8) < ERRORS * np.sqrt(0.16 / n) < 0.1
    assert (count[~within] > 1).sum() == 0


@pytest.mark.parametrize("odds", [1.0, 1.8])
def test_noise_makes_people_mute_by_the_odds_told(odds):
    incentive = Incentive(paid_share=0.0, muting_odds=odds)
    noisy = ALIKE.change(
        incentive=incentive, repetition=0.3, messages_per_day=1.5, muting_varies=0.0, people=800
    )
    world = noisy.generate(rng=np.random.default_rng(6))
    said, _ = spoken(world)
    texts = said[said["fingerprint"].notna()]
    repeated = texts["fingerprint"].map(texts["fingerprint"].value_counts()) > 1
    tenths = repeated.groupby(texts["group"]).mean() / 0.1
    stays = world.frames["memberships"]
    x = np.column_stack([np.ones(len(stays)), stays["group"].map(tenths)])
    y = stays["muted"].to_numpy(float)
    beta = np.zeros(2)
    for _ in range(30):
        mean = 1 / (1 + np.exp(-x @ beta))
        information = x.T @ (x * (mean * (1 - mean))[:, None])
        beta = beta + np.linalg.solve(information, x.T @ (y - mean))
    error = np.sqrt(np.linalg.inv(information)[1, 1])
    assert error < 0.06
    assert abs(beta[1] - np.log(odds)) < ERRORS * error


@pytest.mark.parametrize("ratio", [1.0, 6.0])
def test_groups_die_at_the_hazards_told_before_and_after_the_reward(ratio):
    fission = Fission(share=0.5, deaths_per_day=0.02, hazard_ratio=ratio, reward_days=8.0)
    p = Platform(people=300, groups=4000, days=90.0, fission=fission)
    rng = np.random.default_rng(7)
    groups, happen = draw_happenings(p, draw_groups(p, rng=rng), rng=rng)
    made, reward = happen.rewards.fission, happen.rewards.reward
    begin, end = np.maximum(groups.born, 0), np.minimum(groups.silent_from, 90.0)
    assert made.sum() == 2000
    assert (groups.born[made] >= 0).all()
    parts = (
        (made, begin, np.minimum(end, reward), 0.02),
        (made, np.maximum(begin, reward), end, 0.02 * ratio),
        (~made, begin, end, 0.02),
    )
    for which, low, high, hazard in parts:
        days = np.clip(high - low, 0, None)[which].sum()
        died = (which & (groups.silent_from < 90) & (groups.silent_from >= low))[which]
        died = (died & (groups.silent_from <= high)[which]).sum()
        assert abs(np.log(died / days / hazard)) < ERRORS / np.sqrt(died)
        assert died > 200


def test_fission_groups_are_named_so_and_hold_strangers():
    world = ALIKE.change(
        fission=Fission(deaths_per_day=0.0), inside_friend_odds=8.0, friends_per_person=6.0
    ).generate(rng=np.random.default_rng(8))
    f = world.frames
    kind = f["groups"].set_index("group")["kind"]
    assert (kind == "fission").sum() == world.truth["S22"]["fission_groups"] == 32
    assert f["events"]["group"].map(kind).eq("fission").all()
    stays = f["memberships"][["group", "person"]]
    both = f["friendships"].merge(stays, on="person")
    both = both.merge(stays, left_on=["friend", "group"], right_on=["person", "group"])
    size = stays.groupby("group").size()
    pairs = size * (size - 1) / 2
    density = both.groupby("group").size().reindex(size.index, fill_value=0)
    among = density.groupby(kind).sum() / pairs.groupby(kind).sum()
    assert among["friends"] > 2.0 * among["fission"]


@pytest.mark.parametrize("reciprocity", [0.0, 0.7])
def test_replies_go_back_to_who_answered_oneself(reciprocity):
    talk = ALIKE.change(reciprocity=reciprocity, messages_per_day=2.0, days=20.0, groups=30)
    world = talk.generate(rng=np.random.default_rng(9))
    acts = world.frames["interactions"]
    replies = acts[acts["reply_to"].notna()].merge(
        acts, left_on="reply_to", right_on="interaction", suffixes=("", "_first")
    )
    assert (replies["sender"] != replies["sender_first"]).all()
    assert (replies["at"] >= replies["at_first"]).all()
    assert (replies["group"] == replies["group_first"]).all()
    pairs = set(zip(replies["group"], replies["sender"], replies["sender_first"], strict=True))
    mutual = np.mean([(g, b, a) in pairs for g, a, b in pairs])
    assert (mutual > 0.55) == (reciprocity > 0)
    assert ("reciprocity" in world.truth["parameters"]) == (reciprocity > 0)


def test_who_answers_back_is_found_as_by_hand():
    # in one group 1 says, 2 answers 1, 3 says, 1 replies to 3: turned round, it answers 2
    answer = np.array([-1, 0, -1, 2])
    sender, when = np.array([1, 2, 3, 1]), np.array([0, 10, 20, 30])
    rows, group = np.arange(4), np.zeros(4, dtype=np.int64)
    back = np.ones(4, dtype=np.bool_)
    turned = answer_back(answer, rows, group, sender, when, back, 100)
    assert turned.tolist() == [-1, 0, -1, 1]
    late = answer_back(answer, rows, group, sender, when, back, 20)
    assert late.tolist() == answer.tolist()  # the answer is 20 s old, not under 20
    off = answer_back(answer, rows, group, sender, when, ~back, 100)
    assert off.tolist() == answer.tolist()


def test_what_is_not_added_leaves_the_tables_as_they_were():
    plain = ALIKE.generate(rng=np.random.default_rng(10))
    idle = ALIKE.change(rule=FriendingRule(ruled_share=0.0)).generate(rng=np.random.default_rng(10))
    for name, table in plain.frames.items():
        pd.testing.assert_frame_equal(table, idle.frames[name])
    assert len(idle.frames["events"]) == 0
    assert "rule" not in plain.truth["parameters"]
