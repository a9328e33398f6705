"""Chance decides: amounts of red packets, groups that get an item, groups that are worked.

Tolerances are 4.5 standard errors: a false alarm in 150,000.
"""

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError
from smallnet.simulations import SCENARIOS, Outreach, Platform, RedPackets, Seeding
from smallnet.tables import check_dataset

ERRORS = 4.5
STILL = {"joins_per_day": 0.0, "leaves_per_day": 0.0, "bots": 0, "system_messages": False}


def draw(seed=1, **parameters):
    platform = Platform(**({"people": 300, "groups": 60} | parameters))
    return platform.generate(rng=np.random.default_rng(seed))


@pytest.mark.parametrize(
    "parts",
    [
        {"packets": RedPackets()},
        {"seeding": Seeding(broadcast_share=0.4, pass_on=0.3)},
        {"outreach": Outreach(extra_per_day=0.01)},
        {"packets": RedPackets(), "seeding": Seeding(), "outreach": Outreach()},
    ],
)
def test_a_world_with_trials_passes_the_check(parts):
    world = draw(people=120, groups=20, days=40.0, **parts)
    assert check_dataset(world.dataset()) == ()
    assert world.frames["events"]["randomised"].all()


def test_the_scenario_of_trials_tells_its_truths():
    world = SCENARIOS["trials"].generate(
        rng=np.random.default_rng(2), tables=("groups", "memberships", "shares", "events")
    )
    assert world.truth["S06"]["estimate"] == 1.3
    assert world.truth["S07"]["estimate"] > 0
    assert world.truth["S20"]["estimate"] == 1.2
    assert world.truth["S24"]["more_per_member"] == pytest.approx(0.03 * 14)
    assert set(world.frames["events"]["kind"]) == {"redpacket", "seeding", "outreach"}


def test_a_larger_packet_raises_the_rate_by_what_is_told():
    packets = RedPackets(ratio_per_doubling=1.5, amounts=(1, 4), per_group=3, groups_share=1.0)
    world = draw(
        messages_per_day=0.5,
        liveliness_sd=0.0,
        talk_sd=0.0,
        size_sd=0.3,
        packets=packets,
        **STILL,
    )
    f = world.frames
    said = f["interactions"]
    said = said[said["group"].notna() & (said["kind"] != "reaction")]
    events = f["events"].merge(f["memberships"].groupby("group").size().rename("size"), on="group")
    both = events.merge(said[["group", "at"]], on="group")
    inside = (both["at"] >= both["starts_at"]) & (both["at"] < both["ends_at"])
    many = both[inside].groupby("amount").size()
    days = (events["size"] * (events["ends_at"] - events["starts_at"]).dt.total_seconds()).groupby(
        events["amount"]
    )
    rate = many / days.sum()
    error = np.sqrt((1 / many).sum()) * 1.3  # packets that overlap add a little
    assert abs(np.log(rate[4.0] / rate[1.0]) - 2 * np.log(1.5)) < ERRORS * error


def test_who_could_see_a_seeded_item_adopts_with_the_chance_told():
    seeding = Seeding(trials=400, ratio_per_halving=1.4, broadcast_share=0.5)
    world = draw(seeding=seeding, **STILL)
    f = world.frames
    shares = f["shares"].merge(
        f["adoptions"].groupby("via_share").size().rename("took"),
        left_on="share",
        right_index=True,
        how="left",
    )
    took = shares["took"].fillna(0)
    groups = shares["channel"] == "group"
    size = shares.loc[groups, "audience"] + 1
    chance = 0.15 * 1.4 ** np.log2(18.0 / size)
    want = (seeding.see_group * np.minimum(chance, 1) * (size - 1)).sum()
    assert abs(took[groups].sum() - want) < ERRORS * np.sqrt(want) + 0.01 * want
    feed = seeding.see_feed * seeding.take_feed * shares.loc[~groups, "audience"].sum()
    assert abs(took[~groups].sum() - feed) < ERRORS * np.sqrt(feed) + 0.01 * feed
    assert shares["parent"].isna().all()  # nobody passes anything on
    truth = world.truth["S07"]
    assert truth["estimate"] == pytest.approx(truth["realised"], rel=0.5)


def test_what_is_passed_on_hangs_on_the_share_it_came_from():
    f = draw(seeding=Seeding(trials=60, pass_on=0.9, take=0.3), **STILL).frames
    shares = f["shares"].set_index("share")
    child = shares[shares["parent"].notna()]
    assert len(child) > 20
    above = shares.loc[child["parent"]]
    assert (above["item"].to_numpy() == child["item"].to_numpy()).all()
    took = f["adoptions"].set_index(["person", "item"])["via_share"]
    via = took.loc[list(zip(child["sharer"], child["item"], strict=True))]
    assert (via.to_numpy() == child["parent"].to_numpy()).all()
    assert not f["adoptions"].duplicated(["person", "item"]).any()


def test_members_of_worked_groups_buy_what_is_told_more():
    outreach = Outreach(extra_per_day=0.03, purchases_per_day=0.0, treated_share=0.5)
    world = draw(outreach=outreach, **STILL)
    f = world.frames
    arm = f["events"].set_index("group")["arm"]
    members = f["memberships"]["group"].map(arm).value_counts()
    want = members["outreach"] * 0.03 * outreach.days
    assert abs(len(f["transactions"]) - want) < ERRORS * np.sqrt(want)
    cost = f["events"]["cost"].sum()
    assert world.truth["S24"]["cost"] == pytest.approx(cost)
    assert world.truth["S24"]["estimate"] == pytest.approx(want / cost)
    begin = pd.Timestamp(world.study.observed_from) + pd.Timedelta(days=outreach.starts_day)
    assert f["transactions"]["at"].min() >= begin


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (RedPackets, {"amounts": ()}),
        (RedPackets, {"per_group": 0}),
        (Seeding, {"trials": 0}),
        (Seeding, {"take": 1.2}),
        (Outreach, {"group_cost": 0.0}),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(made, wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        made(**wrong)
