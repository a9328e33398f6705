"""Simulated tables keep the rules of observed ones."""

import json

import ibis
import numpy as np
import pandas as pd
import pytest
from ibis import _

from smallnet.simulations import SCENARIOS, Platform
from smallnet.simulations.build import TABLES
from smallnet.tables import SCHEMA, check_dataset
from smallnet.tables.windows import microseconds, size_steps, sizes_at, spells, talk

LIVELY = Platform(
    name="rules",
    people=250,
    groups=40,
    days=45.0,
    born_share=0.3,
    death_share=0.3,
    closed_share=0.2,
    joins_per_day=0.03,
    leaves_per_day=0.03,
    friends_per_day=0.03,
    friends_ratio=0.8,
    newcomer_ratio=2.0,
    inside_friend_odds=3.0,
    rhythm=0.7,
    day_sd=0.5,
    bots=4,
)


@pytest.fixture(scope="module")
def world():
    return LIVELY.generate(rng=np.random.default_rng(11), tables=TABLES)


@pytest.fixture(scope="module")
def dataset(world):
    return world.dataset()


def test_every_table_has_only_columns_of_the_schema_and_no_required_null(world):
    for name, frame in world.frames.items():
        extra = {"name"} if name == "groups" else set()  # an attribute
        assert set(frame.columns) <= set(SCHEMA[name].names) | extra
        for column in SCHEMA[name].required:
            assert frame[column].notna().all(), (name, column)


def test_the_check_of_observed_data_finds_nothing_to_say(dataset):
    assert check_dataset(dataset) == ()


def test_keys_are_unique(world):
    for name, frame in world.frames.items():
        if SCHEMA[name].key:
            assert not frame.duplicated(list(SCHEMA[name].key)).any()
    assert not world.frames["memberships"].duplicated(["group", "person"]).any()
    assert not world.frames["adoptions"].duplicated(["person", "item"]).any()


def test_every_reference_points_to_a_row(world):
    checked = 0
    for name, frame in world.frames.items():
        for column in SCHEMA[name].columns:
            if column.references and column.name in frame:
                target = world.frames[column.references][SCHEMA[column.references].key[0]]
                assert frame[column.name].dropna().isin(target).all(), (name, column.name)
                checked += 1
    assert checked > 15


def test_times_lie_inside_the_watch_and_in_order(world):
    low = pd.Timestamp(world.study.observed_from)
    high = pd.Timestamp(world.study.observed_until)
    f = world.frames
    for table, column in (
        ("interactions", "at"),
        ("shares", "shared_at"),
        ("adoptions", "adopted_at"),
        ("opportunities", "at"),
        ("memberships", "left_at"),
        ("friendships", "since"),
    ):
        known = f[table][column].dropna()
        assert len(known) > 0
        assert (known < high).all()
        if column != "since":
            assert (known >= low).all()
    stays = f["memberships"]
    assert (stays["left_at"] > stays["joined_at"])[
        stays[["joined_at", "left_at"]].notna().all(axis=1)
    ].all()
    assert (stays["muted_at"].dropna() < high).all()
    muted = stays["muted_at"].notna()
    assert stays.loc[muted, "muted"].all()
    gone = muted & stays["left_at"].notna()
    assert (stays["muted_at"] < stays["left_at"])[gone].all()
    born = f["groups"].set_index("group")["created_at"]
    joined = stays.dropna(subset="joined_at")
    assert (joined["joined_at"] >= joined["group"].map(born)).all()


def test_friends_are_two_people_and_each_pair_stands_once(world):
    pairs = world.frames["friendships"]
    assert (pairs["person"] < pairs["friend"]).all()  # so no self, and no pair in both orders
    assert not pairs.duplicated(["person", "friend"]).any()


def test_who_become_friends_in_the_watch_are_in_one_group_at_that_moment(world):
    low = pd.Timestamp(world.study.observed_from)
    high = pd.Timestamp(world.study.observed_until)
    pairs = world.frames["friendships"]
    fresh = pairs[pairs["since"] >= low]
    stays = world.frames["memberships"]
    stays = stays.assign(enter=stays["joined_at"].fillna(low), leave=stays["left_at"].fillna(high))
    stays = stays[["group", "person", "enter", "leave"]]
    met = fresh.merge(stays, on="person").merge(
        stays, left_on=["friend", "group"], right_on=["person", "group"], suffixes=("", "_friend")
    )
    at = met["since"]
    both = (met["enter"] <= at) & (at < met["leave"])
    both &= (met["enter_friend"] <= at) & (at < met["leave_friend"])
    assert len(met[both].drop_duplicates(["person", "friend"])) == len(fresh) > 100


def test_people_write_only_where_they_are_members_at_that_moment(dataset):
    said = talk(dataset)
    stays = spells(dataset)
    inside = said.join(
        stays,
        [
            said.group == stays.group,
            said.sender == stays.person,
            stays.start_us <= said.at_us,
            said.at_us < stays.end_us,
        ],
    ).count()
    assert inside.to_pyarrow().as_py() == said.count().to_pyarrow().as_py() > 2000


def test_a_share_goes_to_an_open_group_of_the_sharer_or_to_a_friend(world, dataset):
    stays = spells(dataset)
    shares = dataset["shares"].mutate(at_us=microseconds(_.shared_at))
    to_group = shares.filter(_.channel == "group")
    inside = to_group.join(
        stays,
        [
            to_group.group == stays.group,
            to_group.sharer == stays.person,
            stays.start_us <= to_group.at_us,
            to_group.at_us < stays.end_us,
        ],
    ).count()
    assert inside.to_pyarrow().as_py() == to_group.count().to_pyarrow().as_py() > 100
    f = world.frames
    friends = set(zip(f["friendships"]["person"], f["friendships"]["friend"], strict=True))
    direct = f["shares"][f["shares"]["channel"] == "friend"]
    assert len(direct) > 50
    for one, other in zip(direct["sharer"], direct["recipient"], strict=True):
        assert (min(one, other), max(one, other)) in friends
    feed = f["shares"][f["shares"]["channel"] == "feed"]
    assert feed["group"].isna().all()
    assert feed["recipient"].isna().all()


def test_the_menu_holds_the_choice_and_the_size_at_that_moment(world, dataset):
    menu = world.frames["opportunities"]
    shares = world.frames["shares"]
    chosen = shares[shares["channel"] == "group"].merge(
        menu, left_on=["sharer", "shared_at", "group"], right_on=["person", "at", "group"]
    )
    assert len(chosen) >= (shares["channel"] == "group").sum()
    lines = dataset["opportunities"].filter(_.channel == "group").mutate(at_us=microseconds(_.at))
    sized = dataset.collect(
        sizes_at(dataset, lines.select("group", "at_us", told="size")).select("told", "size")
    )
    np.testing.assert_array_equal(sized["told"], sized["size"])
    audience = shares[shares["channel"] == "group"]
    told = audience.merge(
        menu[menu["channel"] == "group"],
        left_on=["sharer", "shared_at", "group"],
        right_on=["person", "at", "group"],
    )
    assert (told["audience"] == told["size"] - 1).all()


def test_the_menu_of_a_share_holds_every_friend_of_that_moment_and_one_feed(world):
    f = world.frames
    menu, shares, pairs = f["opportunities"], f["shares"], f["friendships"]
    assert (menu["channel"] == "feed").sum() == len(shares)
    direct = shares[shares["channel"] == "friend"].merge(
        menu,
        left_on=["sharer", "shared_at", "recipient"],
        right_on=["person", "at", "recipient"],
    )
    assert len(direct) == (shares["channel"] == "friend").sum()
    row = shares.iloc[len(shares) // 2]
    known = pairs[pairs["since"].isna() | (pairs["since"] <= row["shared_at"])]
    mine = {
        *known.loc[known["person"] == row["sharer"], "friend"],
        *known.loc[known["friend"] == row["sharer"], "person"],
    }
    told = menu[(menu["person"] == row["sharer"]) & (menu["at"] == row["shared_at"])]
    assert set(told["recipient"].dropna()) == mine
    assert len(mine) > 2


def test_replies_answer_an_earlier_message_of_somebody_else_in_the_same_group(world):
    acts = world.frames["interactions"]
    replies = acts[acts["reply_to"].notna()].merge(
        acts, left_on="reply_to", right_on="interaction", suffixes=("", "_first")
    )
    assert len(replies) > 300
    assert (replies["at"] >= replies["at_first"]).all()
    assert (replies["group"] == replies["group_first"]).all()
    assert (replies["sender"] != replies["sender_first"]).all()
    assert (replies["kind_first"] != "system").all()


def test_who_invites_is_a_member_at_that_moment(world, dataset):
    stays = spells(dataset)
    invited = stays.filter(_.invited_by.notnull())
    host = spells(dataset).view()
    inside = invited.join(
        host,
        [
            invited.group == host.group,
            invited.invited_by == host.person,
            host.start_us <= invited.start_us,
            invited.start_us < host.end_us,
        ],
    ).count()
    assert inside.to_pyarrow().as_py() == invited.count().to_pyarrow().as_py() > 50


def test_dead_groups_are_silent_and_closed_groups_are_empty(world, dataset):
    groups = world.frames["groups"]
    closed = groups.dropna(subset="closed_at").set_index("group")["closed_at"]
    assert len(closed) == world.truth["S13"]["closed_groups"] > 0
    stays = world.frames["memberships"].merge(world.frames["people"], on="person")
    of_closed = stays[stays["group"].isin(closed.index) & ~stays["bot"]]
    assert (of_closed["left_at"] <= of_closed["group"].map(closed)).all()
    acts = world.frames["interactions"].merge(
        world.frames["people"], left_on="sender", right_on="person"
    )
    spoken = acts[~acts["bot"] & ~acts["kind"].isin(["system", "reaction"]) & acts["group"].notna()]
    last = spoken.groupby("group")["at"].max()
    edge = pd.Timestamp(world.study.observed_until) - pd.Timedelta(days=30)
    everybody = stays[~stays["bot"] & stays["left_at"].isna()]["group"].unique()
    held = [g for g in everybody if g not in closed.index]
    dead = [g for g in held if not (g in last.index and last[g] >= edge)]
    assert len(held) == world.truth["S13"]["open_groups"]
    assert len(dead) / len(held) == pytest.approx(world.truth["S13"]["dead_groups"])
    assert dead


def test_bots_stand_in_groups_and_write_but_are_marked(world, dataset):
    bots = world.frames["people"].query("bot")["person"]
    assert len(bots) == LIVELY.bots
    assert world.frames["memberships"]["person"].isin(bots).any()
    assert world.frames["interactions"]["sender"].isin(bots).any()
    steps = dataset.collect(size_steps(dataset).group_by("group").aggregate(low=_.size.min()))
    assert (steps["low"] > 0).all()


def test_every_newcomer_is_announced_once(world):
    acts = world.frames["interactions"]
    notices = acts[acts["kind"] == "system"]
    stays = world.frames["memberships"]
    joined = stays[stays["joined_at"] >= pd.Timestamp(world.study.observed_from)]
    both = notices.merge(
        joined, left_on=["sender", "group", "at"], right_on=["person", "group", "joined_at"]
    )
    assert len(both) == len(notices) == len(joined) > 0


def test_a_fingerprint_repeats_for_templates_only(world):
    texts = world.frames["interactions"]["fingerprint"].dropna()
    counts = texts.value_counts()
    assert (counts > 1).sum() <= 12
    share = counts[counts > 1].sum() / len(texts)
    assert 0.02 < share < 0.3  # about a tenth of what is said in groups


def test_a_share_that_follows_from_another_comes_after_it(world):
    shares = world.frames["shares"]
    next_ = shares.dropna(subset="parent").merge(
        shares, left_on="parent", right_on="share", suffixes=("", "_first")
    )
    assert len(next_) > 5
    assert (next_["shared_at"] > next_["shared_at_first"]).all()
    assert (next_["item"] == next_["item_first"]).all()


def test_the_source_says_what_it_could_record(world):
    assert world.study.coverage["feed"]
    assert not world.study.coverage["reads"]
    bare = LIVELY.generate(rng=np.random.default_rng(11), tables=["memberships"])
    assert not bare.study.coverage["feed"]
    assert not bare.study.coverage["private"]
    assert bare.study.coverage["muting"]


def test_the_truth_is_plain_json_and_says_what_was_planted(world):
    again = json.loads(json.dumps(world.truth, allow_nan=False))
    assert again == world.truth
    assert again["parameters"]["friends_ratio"] == again["S08"]["estimate"] == 0.8
    assert Platform(**{k: v for k, v in again["parameters"].items() if k != "starts"}) == LIVELY


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_makes_a_data_set(name):
    world = SCENARIOS[name].generate(rng=np.random.default_rng(1))
    dataset = world.dataset()
    assert dataset.name == name
    assert dataset.rows["memberships"] > 500
    assert isinstance(dataset["interactions"], ibis.Table)


def test_a_world_says_in_one_line_what_it_holds(world):
    assert repr(world).startswith("<World rules: 254 people, 40 groups, ")
    assert len(repr(world)) < 300
