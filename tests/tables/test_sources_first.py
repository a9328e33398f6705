"""The converters of the sets that matter most meet the counts that were published."""

import os
from pathlib import Path

import pandas as pd
import pytest

from smallnet.tables.dataset import Dataset
from smallnet.tables.registry import entry, load_data
from smallnet.tables.windows import members_at, spells, talk

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("SMALLNET_DATA" not in os.environ, reason="SMALLNET_DATA is not set"),
]


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def thiers() -> Dataset:
    return load_data("thiers2013", notify=quiet)


@pytest.fixture(scope="module")
def academy() -> Dataset:
    return load_data("slack_10academy", notify=quiet)


@pytest.fixture(scope="module")
def zulip() -> Dataset:
    return load_data("lean_zulip", notify=quiet)


def raw(name: str, file: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(Path(os.environ["SMALLNET_DATA"]) / name / file, **options)


def test_thiers_has_the_published_counts(thiers: Dataset) -> None:
    published = entry("thiers2013").published
    contacts = thiers.frame("interactions")
    ends = contacts[["sender", "recipient"]]
    ties = thiers.frame("ties").groupby("layer").size()
    friends = thiers.frame("friendships")
    assert len(contacts) == published["contacts"] == 188_508
    assert len(set(ends.sender) | set(ends.recipient)) == published["pupils in contact"] == 327
    assert len({frozenset(pair) for pair in ends.drop_duplicates().to_numpy()}) == 5_818
    assert ties.to_dict() == {
        "nomination": 668,
        "diary": 502,
        "facebook": 1_437,
        "facebook_not_linked": 4_515 - 1_437,
    }
    assert (len(friends), friends.mutual.sum()) == (406, 262)
    assert thiers.rows["groups"] == 9
    assert thiers.rows["memberships"] == published["pupils"] == 329


def test_thiers_keeps_93_percent_of_contact_time_inside_a_class(thiers: Dataset) -> None:
    # reproductions.md section 2: .9349 by the classes of the metadata, 5,856 pairs inside
    contacts = thiers.frame("interactions")
    assert round(contacts.group.notna().mean(), 4) == 0.9349
    met = set(contacts.sender) | set(contacts.recipient)
    pupils = thiers.frame("memberships")
    classes = pupils[pupils.person.isin(met)].groupby("group").size()
    assert (classes * (classes - 1) // 2).sum() == 5_856


def test_thiers_friends_of_a_class_meet_as_often_as_computed_elsewhere(thiers: Dataset) -> None:
    # reproductions.md section 2: 303 same-class friends, .9406 ever in contact, 152.31 records
    contacts = thiers.frame("interactions")
    low = contacts[["sender", "recipient"]].min(axis=1)
    high = contacts[["sender", "recipient"]].max(axis=1)
    met = pd.Series(1, index=pd.MultiIndex.from_arrays([low, high])).groupby(level=[0, 1]).sum()
    friends = thiers.frame("friendships")
    home = thiers.frame("memberships").set_index("person")["group"]
    same = friends[friends.person.map(home) == friends.friend.map(home)]
    records = met.reindex(
        pd.MultiIndex.from_arrays(
            [same[["person", "friend"]].min(axis=1), same[["person", "friend"]].max(axis=1)]
        )
    ).fillna(0)
    assert len(same) == 303
    assert round((records > 0).mean(), 4) == 0.9406
    assert round(records.mean(), 2) == 152.31


def test_academy_has_the_published_counts(academy: Dataset) -> None:
    published = entry("slack_10academy").published
    acts, stays = academy.frame("interactions"), academy.frame("memberships")
    assert academy.rows["people"] == published["people"] == 72
    assert academy.rows["groups"] == published["channels"] == 39
    assert stays.query("listed")[["group", "person"]].drop_duplicates().shape[0] == 1_188
    assert len(acts) == published["messages"] == 18_983
    assert (acts.type == "message").sum() == published["ordinary messages"] == 18_944
    assert stays.joined_at.notna().sum() == published["joins"] == 1_027
    assert not stays.left_at.notna().any()


def test_academy_ends_with_the_listed_members(academy: Dataset) -> None:
    listed = raw("slack_10academy", "members.csv")
    machines = raw("slack_10academy", "users.csv").query("is_bot == 1").user
    people = listed[~listed.user.isin(machines)].groupby("channel").size()
    last = academy.collect(members_at(academy, academy.observed_until_us - 1))
    assert last.groupby("group").size().to_dict() == people.to_dict()


def test_academy_members_join_before_they_write(academy: Dataset) -> None:
    stays, said = academy.collect(spells(academy)), academy.collect(talk(academy))
    first = said.groupby(["group", "sender"])["at_us"].min()
    start = stays.groupby(["group", "person"])["start_us"].min()
    start.index.names = first.index.names
    both = pd.concat([first, start], axis=1).dropna()
    assert len(both) == len(first)  # every human who wrote is a member
    assert (both.at_us >= both.start_us).all()


def test_academy_reactions_are_ties_and_links_between_channels_shares(academy: Dataset) -> None:
    ties, shares = academy.frame("ties"), academy.frame("shares")
    assert ties.weight.sum() == 10_351 - 57  # 57 to oneself
    assert not (ties.source == ties.target).any()
    assert (shares.groupby("item")["group"].nunique() >= 2).all()
    links = raw("slack_10academy", "urls.csv")
    assert len(links) == entry("slack_10academy").published["links"]


def test_zulip_has_the_published_counts(zulip: Dataset) -> None:
    published = entry("lean_zulip").published
    stays, shares = zulip.frame("memberships"), zulip.frame("shares")
    sizes = stays.groupby("group").size()
    people = zulip.frame("people")
    assert zulip.rows["interactions"] == published["messages"] == 948_495
    assert zulip.rows["groups"] == published["streams"] == 91
    assert len(sizes) == published["streams with human posts"] == 89
    assert (sizes <= 30).sum() == published["streams of at most 30 posters"] == 41
    assert (len(people), people.bot.sum()) == (5_463, 14)
    assert shares.item.nunique() == published["links"] == 12_543
    assert (shares.groupby("item")["group"].nunique() >= 2).all()
    assert len(shares) == published["link postings"] - 829  # repeated inside one message
    assert zulip.rows["recipients"] == published["mentions"] - 7_496  # of oneself
    ties = zulip.frame("ties")
    assert ties.weight.sum() == published["cross-references"] - 7_064  # to oneself


def test_zulip_newcomers_leave_as_its_readme_says(zulip: Dataset) -> None:
    # README: 35.3 % of newcomers post on one day only, 46.1 % are still there after 30 days
    acts = zulip.frame("interactions")[["sender", "at"]]
    machines = zulip.frame("people").query("bot").person
    acts = acts[~acts.sender.isin(machines)]
    when = acts.groupby("sender")["at"].agg(["min", "max"])
    newcomers = when[when["min"] < acts["at"].max() - pd.Timedelta(days=180)]
    days = newcomers["max"] - newcomers["min"]
    assert abs((days >= pd.Timedelta(days=30)).mean() - 0.461) < 0.01


def test_zulip_members_enter_with_a_message_that_is_marked(zulip: Dataset) -> None:
    said = talk(zulip)
    entries = zulip.collect(said.filter(said.entry).select("group", "sender"))
    assert len(entries) == zulip.rows["memberships"]
    assert not entries.duplicated().any()


def test_zulip_quotes_of_other_streams_stay_visible(zulip: Dataset) -> None:
    messages = zulip.frame("interactions").set_index("interaction")["group"]
    references = raw("lean_zulip", "crossrefs.csv.gz", dtype=str)
    crossing = messages[references.message].to_numpy() != messages[references.refers_to].to_numpy()
    assert crossing.sum() == entry("lean_zulip").published["cross-references between streams"]
    ties = zulip.frame("ties")
    assert set(ties.layer) == {"quote", "quote_inside"}
    across = ties[ties.layer == "quote"]
    assert (across["group"] != across["from_group"]).all()
    own = zulip.frame("interactions").set_index("interaction").sender
    to_self = own[references.message].to_numpy() == own[references.refers_to].to_numpy()
    assert across.weight.sum() == (crossing & ~to_self).sum()


def test_zulip_replies_stay_in_their_stream_and_look_back(zulip: Dataset) -> None:
    acts = zulip.frame("interactions")
    replies = acts[acts.reply_to.notna()]
    answered = acts.set_index("interaction").loc[replies.reply_to]
    assert len(replies) > 50_000
    assert (answered["group"].to_numpy() == replies["group"].to_numpy()).all()
    assert (answered["at"].to_numpy() <= replies["at"].to_numpy()).all()
