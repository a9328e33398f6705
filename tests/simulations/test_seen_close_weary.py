"""What was added for S02, S04, S10 and S17 comes back by a direct count, and moves nothing else."""

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError
from smallnet.simulations import Closeness, Platform, Viewing, Weariness, read_scenario
from smallnet.tables import CHANNELS

ERRORS = 4.5  # standard errors: a false alarm in 150,000
SMALL = Platform(people=150, groups=20, days=30.0, shares_per_person=8.0, friends_per_person=12.0)
SHARED = ("people", "groups", "memberships", "friendships", "shares", "adoptions", "exposures")


def views(viewing, seed=1):
    platform = SMALL.change(viewing=viewing)
    world = platform.generate(rng=np.random.default_rng(seed), tables=(*SHARED, "surveys"))
    f = world.frames
    took = f["adoptions"].rename(columns={"via_share": "share"})[["share", "person"]]
    rows = (
        f["exposures"]
        .merge(f["shares"], on="share")
        .merge(took.assign(took=True), "left", on=["share", "person"])
    )
    return world, rows.assign(took=rows["took"].notna())


@pytest.mark.parametrize("channel", CHANNELS)
def test_who_could_see_a_share_sees_it_with_the_chance_of_its_channel(channel):
    told = Viewing(see_friend=0.7, see_group=0.5, see_feed=0.3, delay_days=0.0)
    world, rows = views(told)
    shares = world.frames["shares"].query("channel == @channel")
    could = shares["audience"].sum()
    chance = {"friend": 0.7, "group": 0.5, "feed": 0.3}[channel]
    seen = (rows["channel"] == channel).sum()
    assert abs(seen - chance * could) < ERRORS * np.sqrt(chance * (1 - chance) * could)


def test_viewers_take_with_the_chances_told_while_they_do_not_have_it():
    told = Viewing(private_ratio=2.0, appeal_sd=0.0, copies=None, take=0.1)
    _world, rows = views(told, seed=2)
    rows = rows.sort_values("seen_at")
    had = rows.groupby(["person", "item"])["took"].cumsum() - rows["took"]
    free = rows[had == 0]
    for private, chance in ((False, 0.1), (True, 0.2)):
        part = free[free["channel"].ne("feed") == private]["took"]
        assert abs(part.mean() - chance) < ERRORS * np.sqrt(chance * (1 - chance) / len(part))


def test_no_share_gives_more_copies_than_it_has_and_nobody_takes_an_item_twice():
    world, rows = views(Viewing(take=0.5, copies=2.0), seed=3)
    taken = rows.groupby("share")["took"].sum()
    copies = world.frames["shares"].set_index("share")["copies"]
    assert (taken <= copies[taken.index]).all()
    assert (taken == copies[taken.index]).any()
    adoptions = world.frames["adoptions"]
    assert not adoptions.duplicated(["person", "item"]).any()
    assert len(adoptions) == rows["took"].sum()  # whoever took has seen


def test_trust_has_the_correlation_within_groups_that_was_told():
    world, _rows = views(Viewing(trust_icc=0.5, answered=1.0), seed=4)
    answers = world.frames["surveys"].dropna(subset=["group"])
    by_group = answers.groupby("group")["score"]
    within = float((answers["score"] - by_group.transform("mean")).var())
    assert within / 1.2**2 == pytest.approx(0.5, abs=0.06)
    assert (answers["at"] < world.study.observed_from + pd.Timedelta(days=2.01)).all()


def test_with_odds_above_one_the_closest_of_a_menu_are_chosen_more_often():
    hits = {}
    for odds in (1.0, 3.0):
        platform = SMALL.change(
            closeness=Closeness(strength_odds=odds), private_per_day=0.2, private_share=1.0
        )
        world = platform.generate(rng=np.random.default_rng(5))
        f = world.frames
        said = f["interactions"][f["interactions"]["group"].isna()]
        late = f["shares"][f["shares"]["channel"] == "friend"]
        late = late[late["shared_at"] > pd.Timestamp(platform.starts) + pd.Timedelta(days=15)]
        both = pd.concat(
            [said[["sender", "recipient", "at"]].set_axis(["ego", "alter", "at"], axis=1),
             said[["recipient", "sender", "at"]].set_axis(["ego", "alter", "at"], axis=1)]
        )  # fmt: skip
        met = late.merge(both, left_on="sharer", right_on="ego")
        met = met[met["at"] < met["shared_at"]]
        top = met.groupby(["share", "alter"]).size().reset_index(name="n")
        top = top.sort_values("n").drop_duplicates("share", keep="last")
        chosen = late.merge(top, on="share")
        hits[odds] = (chosen["recipient"] == chosen["alter"]).mean()
        assert world.truth["S04"]["estimate"] == odds
    assert hits[3.0] > hits[1.0] + 0.15


def test_weary_members_mute_and_the_truth_counts_those_who_are_muted_at_the_end():
    platform = Platform(
        people=200,
        groups=24,
        days=60.0,
        leaves_per_day=0.0,
        muted_share=0.2,
        weariness=Weariness(mutes_sd=0.0, mutes_per_day=0.02),
    )
    world = platform.generate(rng=np.random.default_rng(6))
    stays = world.frames["memberships"].query("role != 'bot'")
    before = stays["muted"] & stays["muted_at"].isna()
    starts = pd.Timestamp(platform.starts)
    begin = ((stays["joined_at"] - starts).dt.total_seconds() / 86400).clip(lower=0).fillna(0)
    end = ((stays["muted_at"] - starts).dt.total_seconds() / 86400).fillna(platform.days)
    days = (end - begin)[~before]
    mutes = int(stays["muted_at"].notna().sum())
    assert abs(mutes - 0.02 * days.sum()) < ERRORS * np.sqrt(mutes)
    assert world.truth["S13"]["estimate"] == pytest.approx(float(stays["muted"].mean()))
    assert world.truth["S17"]["estimate"] == 1.0


def test_exits_of_their_own_leave_the_truth_of_both_together_open():
    world = Platform(people=60, groups=8, days=20.0, weariness=Weariness(muting_ratio=2.0))
    truth = world.generate(rng=np.random.default_rng(7)).truth["S17"]
    assert truth["estimate"] is None
    assert truth["muting_hazard_ratio"] == 2.0


def test_a_table_is_the_same_whichever_others_are_asked_for():
    platform = SMALL.change(viewing=Viewing(), closeness=Closeness(), weariness=Weariness())
    whole = platform.generate(rng=np.random.default_rng(8)).frames
    for tables in (("shares",), ("memberships", "exposures"), ("surveys", "interactions")):
        some = platform.generate(rng=np.random.default_rng(8), tables=tables).frames
        for name in tables:
            pd.testing.assert_frame_equal(some[name], whole[name])


def test_what_is_not_added_draws_nothing():
    plain = SMALL.generate(rng=np.random.default_rng(9))
    assert "exposures" not in plain.frames
    assert "viewing" not in plain.truth["parameters"]
    assert "S02" not in plain.truth


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (lambda: Viewing(take=1.5), "take is 1.5"),
        (lambda: Viewing(copies=0.5), "copies is 0.5"),
        (lambda: Closeness(strength_odds=0.0), "strength_odds is 0"),
        (lambda: Weariness(repeated_varies=1.0), "repeated_varies is 1"),
    ],
)
def test_parameters_out_of_range_are_told(made, word):
    with pytest.raises(InputError, match=word):
        made()


def test_a_scenario_file_may_have_these_sections(tmp_path):
    path = tmp_path / "seen.toml"
    path.write_text(
        "[viewing]\nprivate_ratio = 2.0\n[closeness]\nstrength_odds = 1.5\n"
        "[weariness]\nmuting_ratio = 1.2\n",
        encoding="utf-8",
    )
    platform = read_scenario(path).platform
    assert platform.viewing == Viewing(private_ratio=2.0)
    assert platform.closeness == Closeness(strength_odds=1.5)
    assert platform.weariness == Weariness(muting_ratio=1.2)
