"""The other converters meet the counts and the sanity figures of each set's README."""

import functools
import os
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest

from smallnet.tables.checking import check_dataset
from smallnet.tables.dataset import Dataset
from smallnet.tables.registry import Entry, entry, list_data, load_data
from smallnet.tables.schema import COVERAGE
from smallnet.tables.windows import members_at, spells, talk

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("SMALLNET_DATA" not in os.environ, reason="SMALLNET_DATA is not set"),
]
DAY = pd.Timedelta(days=1)


@functools.cache
def load(name: str) -> Dataset:
    return load_data(name, notify=lambda line: None)


@functools.cache
def frame(name: str, table: str) -> pd.DataFrame:
    return load(name).frame(table)


def raw(name: str, file: str) -> pd.DataFrame:
    return pd.read_csv(Path(os.environ["SMALLNET_DATA"]) / name / file)


def undirected(pairs: pd.DataFrame) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in pairs.to_numpy()}


def number(rows: ir.Table) -> int:
    return int(rows.count().to_pyarrow().as_py())


# What every set owes


@pytest.mark.parametrize("known", list_data(), ids=lambda known: known.name)
def test_a_converted_set_says_what_it_is(known: Entry) -> None:
    study = load(known.name).study
    assert (study.name, study.licence) == (known.name, known.licence)
    assert study.citation == known.citation
    assert set(study.coverage) == set(COVERAGE)
    assert study.notes


@pytest.mark.parametrize("known", list_data(), ids=lambda known: known.name)
def test_everything_happens_inside_the_watch(known: Entry) -> None:
    dataset = load(known.name)
    low, high = dataset.study.observed_from, dataset.study.observed_until
    for name, column in (
        ("interactions", "at"),
        ("memberships", "joined_at"),
        ("memberships", "left_at"),
        ("shares", "shared_at"),
        ("adoptions", "adopted_at"),
        ("ties", "at"),
    ):
        if dataset.has(f"{name}.{column}"):
            when = dataset[name][column]
            assert number(dataset[name].filter((when < low) | (when >= high))) == 0, name


@pytest.mark.parametrize("known", list_data(), ids=lambda known: known.name)
def test_the_check_finds_nothing_but_bots_and_missing_groups(known: Entry) -> None:
    # no key or pair twice, no unknown person or group, no tie with oneself, no impossible time
    dataset = load(known.name)
    found = {(problem.table, problem.rule) for problem in check_dataset(dataset)}
    machines = {("interactions", "never_member")} if dataset.has("people.bot") else set()
    without_groups = {("memberships", "empty")} if "groups" not in dataset else set()
    assert found <= machines | without_groups


# Slack


def test_bcneng_has_the_published_counts() -> None:
    published = entry("slack_bcneng").published
    people, stays = frame("slack_bcneng", "people"), frame("slack_bcneng", "memberships")
    webhooks = people.person.str.startswith("webhook-")
    assert (~webhooks).sum() == published["people"] == 3_375
    assert load("slack_bcneng").rows["groups"] == published["channels"] == 56
    assert stays.listed.sum() == published["members"] == 21_955
    assert stays.joined_at.notna().sum() == published["joins"] == 98
    assert stays.left_at.notna().sum() == published["leaves"] == 5
    assert load("slack_bcneng").rows["interactions"] == published["messages"] == 1_217
    assert frame("slack_bcneng", "ties").weight.sum() == published["reactions"] - 18  # oneself


def test_bcneng_members_are_in_four_channels_and_write_in_none() -> None:
    # README: memberships median 4, mean 6.5; channels posted in median 0, mean 0.10
    dataset = load("slack_bcneng")
    last = dataset.collect(members_at(dataset, dataset.observed_until_us - 1))
    held = last.groupby("person").size()
    said = dataset.collect(talk(dataset)).groupby("sender")["group"].nunique()
    said = said.reindex(held.index).fillna(0)
    assert held.median() == 4
    assert round(held.mean(), 1) == 6.5
    assert (said.median(), round(said.mean(), 2)) == (0, 0.10)


def test_bcneng_is_silent_in_its_small_channels() -> None:
    # README: share of members who speak, medians 3.6 % (31-100 members) and 0.9 % (above 100)
    acts, stays = frame("slack_bcneng", "interactions"), frame("slack_bcneng", "memberships")
    size = stays[stays.listed].groupby("group").size()
    spoke = acts[acts.type == "message"].groupby("group")["sender"].nunique()
    share = spoke.reindex(size.index).fillna(0) / size
    assert (size <= 30).sum() == 5
    assert share[size <= 30].median() == 0
    assert round(share[size.between(31, 100)].median(), 3) == 0.036
    assert round(share[size > 100].median(), 3) == 0.009


def test_clojurians_has_the_published_counts_and_early_leavers() -> None:
    published = entry("slack_clojurians").published
    people, stays = frame("slack_clojurians", "people"), frame("slack_clojurians", "memberships")
    acts = frame("slack_clojurians", "interactions")
    assert people.person.str.match(r"u\d+").sum() == published["people"] == 625
    assert load("slack_clojurians").rows["groups"] == published["channels"] == 148
    assert len(acts) == published["messages"] == 8_047
    assert (acts.type == "message").sum() == published["ordinary messages"] == 7_855
    assert stays.joined_at.notna().sum() == published["joins"] == 1_142
    assert stays.left_at.notna().sum() == published["leaves"] == 113
    early = stays[stays.joined_at.notna() & stays.left_at.notna()]  # one person twice
    firsts = early.groupby(["group", "person"]).agg({"joined_at": "min", "left_at": "max"})
    assert (len(early), len(firsts)) == (25, published["early leavers"])
    assert (firsts.left_at - firsts.joined_at < 2 * DAY).sum() == 21  # README
    assert set(frame("slack_clojurians", "groups").roster) == {"partial"}


def test_a_person_who_left_and_came_back_has_two_stays() -> None:
    stays = frame("slack_clojurians", "memberships")
    again = stays[stays.duplicated(["group", "person"], keep=False)]
    ordered = again.sort_values(["group", "person", "joined_at"], na_position="first")
    later = ordered.groupby(["group", "person"])["joined_at"].shift(-1)
    ends = ordered.left_at.fillna(ordered.left_by)
    assert len(again) > 0
    assert (ends[later.notna()] <= later[later.notna()]).all()


def test_academy_speaks_as_its_readme_says() -> None:
    # README: median 12.8 messages per member in the 16 channels of 2-30 members, 6.0 in the
    # 21 larger; memberships and active memberships per person 23 and 15.5 (medians)
    acts, stays = frame("slack_10academy", "interactions"), frame("slack_10academy", "memberships")
    listed = stays[stays.listed].drop_duplicates(["group", "person"])
    size = listed.groupby("group").size()
    said = acts[acts.type == "message"].groupby("group").size().reindex(size.index).fillna(0)
    small = size.between(2, 30)
    assert (small.sum(), (size > 30).sum()) == (16, 21)
    assert round((said / size)[small].median(), 1) == 12.8
    assert round((said / size)[size > 30].median(), 1) == 6.0
    spoke = acts[acts.type == "message"][["group", "sender"]].drop_duplicates()
    speaking = spoke.groupby("group").size().reindex(size.index).fillna(0) / size
    assert round(speaking[small].median(), 2) == 0.80
    assert round(speaking[size > 30].median(), 2) == 0.69
    active = listed.merge(spoke, left_on=["group", "person"], right_on=["group", "sender"])
    held = listed.groupby("person").size()
    assert held.median() == 23
    assert active.groupby("person").size().reindex(held.index).fillna(0).median() == 15.5


def test_academy_people_deactivated_before_the_export_never_count_as_exits() -> None:
    dataset = load("slack_10academy")
    assert not dataset.collect(spells(dataset)).left.any()


# Diffusion


def test_kfamily_has_the_published_counts() -> None:
    published = entry("kfamily").published
    people, ties = frame("kfamily", "people"), frame("kfamily", "ties")
    sizes = frame("kfamily", "memberships").groupby("group").size()
    assert people.surveyed.sum() == sizes.sum() == published["women"] == 1_047
    assert len(sizes) == published["villages"] == 25
    assert (sizes.min(), sizes.max()) == (28, 59)
    assert load("kfamily").rows["adoptions"] == published["adopters"] == 673
    assert len(ties) == published["nominations"] - published["self-nominations"] - 21  # repeated
    talk_fp = ties[ties.layer == "talk_fp"]
    surveyed = people[people.surveyed].person
    assert talk_fp.target.isin(surveyed).sum() == 2_578  # reproductions.md: ties used


def test_kfamily_adopts_by_village_as_computed_elsewhere() -> None:
    # reproductions.md section 1: share adopted .643, from .419 to .833 over the villages
    members = frame("kfamily", "memberships")
    adopted = members.person.isin(frame("kfamily", "adoptions").person)
    by_village = adopted.groupby(members.group).mean()
    assert round(adopted.mean(), 3) == 0.643
    assert round(by_village.min(), 3) == 0.419
    assert round(by_village.max(), 3) == 0.833


def test_kfamily_periods_are_years_and_nobody_adopts_after_the_last() -> None:
    adoptions = frame("kfamily", "adoptions")
    assert (adoptions.adopted_at.dt.year == 1962 + adoptions.period).all()
    assert set(adoptions.period) == set(range(1, 11))
    assert load("kfamily").watch_days == 3653  # ten years from 1963, three of them leap years


def test_kfamily_neighbours_adopt_a_little_alike() -> None:
    # README: own toa against the mean toa of the closest neighbours, Spearman 0.25
    codes = raw("kfamily", "people.csv").assign(person=lambda rows: rows.person.astype(str))
    toa = codes.set_index("person").toa
    ties = frame("kfamily", "ties")
    near = ties[(ties.layer == "closest_neighbor") & ties.target.isin(toa.index)]
    mean = near.target.map(toa).groupby(near.source).mean()
    assert round(mean.rank().corr(toa.reindex(mean.index).rank()), 2) == 0.25
    adopted = frame("kfamily", "adoptions").set_index("person").period
    assert (toa[toa <= 10].sort_index() == adopted.sort_index()).all()


def test_medical_innovation_has_the_published_counts() -> None:
    published = entry("med_innovation").published
    people, ties = frame("med_innovation", "people"), frame("med_innovation", "ties")
    adoptions = frame("med_innovation", "adoptions")
    sizes = frame("med_innovation", "memberships").groupby("group").size()
    assert sorted(sizes) == [18, 21, 24, 62]
    assert people.surveyed.sum() == published["physicians"] == 125
    assert len(adoptions) == published["adopters"] == 109
    assert len(ties) == published["nominations"] == 912
    inside = ties.target.isin(people[people.surveyed].person)
    assert round(inside.mean(), 3) == 0.493
    assert len(ties[inside].drop_duplicates(["source", "target"])) == 294  # reproductions.md
    months = adoptions.adopted_at.dt.year * 12 + adoptions.adopted_at.dt.month
    assert (months - (1953 * 12 + 10) == adoptions.period).all()


def test_india_has_the_published_counts_and_loan_rates() -> None:
    published = entry("india_microfinance").published
    people = frame("india_microfinance", "people")
    listed = people[people.listed]
    sizes = frame("india_microfinance", "memberships").groupby("group").size()
    assert len(listed) == sizes.sum() == published["households"] == 8_622
    assert (len(sizes), sizes.min(), sizes.max()) == (38, 139, 329)
    assert load("india_microfinance").rows["friendships"] == published["pairs"] == 40_178
    rates = listed.loan.astype(float).groupby(listed.leader.astype(bool)).mean()
    assert (round(rates[True], 3), round(rates[False], 3)) == (0.192, 0.139)


# Online


def test_uci_has_the_published_counts_and_keeps_its_two_numberings_apart() -> None:
    published = entry("uci_messages_forum").published
    acts, stays = (
        frame("uci_messages_forum", "interactions"),
        frame("uci_messages_forum", "memberships"),
    )
    writers = set(acts.sender) | set(acts.recipient)
    assert len(acts) == published["messages"] == 59_835
    assert len(writers) == published["correspondents"] == 1_899
    pairs = acts.drop_duplicates(["sender", "recipient"])
    assert len(pairs) == published["ordered pairs"] == 20_296
    assert stays.person.nunique() == published["forum users"] == 899
    assert stays.group.nunique() == published["topics"] == 522
    assert len(stays) == published["user-topic rows"] == 7_089
    assert stays.n_messages.sum() == published["posts"] == 33_720
    assert not writers & set(stays.person)


def test_email_keeps_a_third_of_its_edges_inside_a_department() -> None:
    published = entry("email_eu_core").published
    home = frame("email_eu_core", "memberships").set_index("person")["group"]
    ties = frame("email_eu_core", "ties")
    assert len(ties) == published["edges"] - 642  # with oneself
    assert (len(home), home.nunique()) == (published["people"], published["departments"])
    sizes = home.value_counts()
    assert ((sizes <= 30).sum(), sizes.max()) == (32, 109)
    inside = ties.source.map(home) == ties.target.map(home)
    assert round(inside.mean(), 3) == 0.347  # README: of the edges that are not with oneself


def test_blogcatalog_has_the_published_counts() -> None:
    published = entry("blogcatalog3").published
    sizes = frame("blogcatalog3", "memberships").groupby("group").size()
    rows = load("blogcatalog3").rows
    assert rows["people"] == published["people"] == 10_312
    assert rows["friendships"] == published["friend pairs"] == 333_983
    assert rows["memberships"] == published["memberships"] == 14_476
    assert (len(sizes), sizes.min(), sizes.max()) == (39, 8, 1_623)


# Phones


def test_copenhagen_has_the_published_counts() -> None:
    published = entry("copenhagen_cns").published
    acts, friends = frame("copenhagen_cns", "interactions"), frame("copenhagen_cns", "friendships")
    kinds = acts.groupby("kind").size()
    assert kinds.to_dict() == {"call": published["calls"], "text": published["texts"]}
    assert load("copenhagen_cns").rows["people"] == published["people"] == 844
    assert len(friends) == published["friend pairs"] - 11  # with oneself
    assert frame("copenhagen_cns", "people").female.notna().sum() == 787
    assert (acts.duration_s.isna() == (acts.missed | (acts.kind == "text"))).all()


@pytest.mark.parametrize(("kind", "n", "share"), [("text", 697, 0.826), ("call", 621, 0.810)])
def test_copenhagen_pairs_who_talk_are_mostly_friends(kind: str, n: int, share: float) -> None:
    acts = frame("copenhagen_cns", "interactions")
    talked = undirected(acts[acts.kind == kind][["sender", "recipient"]].drop_duplicates())
    friends = undirected(frame("copenhagen_cns", "friendships")[["person", "friend"]])
    assert len(talked) == n
    assert round(len(talked & friends) / n, 3) == share


def test_the_dormitory_has_the_published_counts_and_dates_new_friendships() -> None:
    published = entry("mit_social_evolution").published
    rows, ties = load("mit_social_evolution").rows, frame("mit_social_evolution", "ties")
    friends = frame("mit_social_evolution", "friendships")
    assert rows["people"] == rows["memberships"] == published["people"] == 84
    assert rows["interactions"] == published["calls"] == 439
    assert len(ties) == published["nominations"] == 766
    assert ties.layer.nunique() == published["waves"] == 2
    first = ties[ties.layer == "friend_wave_1"]
    old = undirected(first[["source", "target"]])
    known = {frozenset(pair) for pair in friends[friends.since.isna()][["person", "friend"]].values}
    assert old == known
    assert set(friends.since.dropna()) == {ties["at"].max()}


# Trust


def test_bitcoin_otc_has_the_published_counts() -> None:
    published = entry("bitcoin_otc_trust").published
    ties = frame("bitcoin_otc_trust", "ties")
    assert len(ties) == published["ratings"] == 35_592
    assert load("bitcoin_otc_trust").rows["people"] == published["people"] == 5_881
    assert round((ties.weight > 0).mean(), 4) == 0.8999
    assert (ties.weight != 0).all()
    assert ties["at"].dt.year.agg(["min", "max"]).tolist() == [2010, 2016]


def test_ciaodvd_has_the_published_counts() -> None:
    published = entry("ciaodvd_trust").published
    ties, adoptions = frame("ciaodvd_trust", "ties"), frame("ciaodvd_trust", "adoptions")
    raters = set(adoptions.person)
    assert len(adoptions) == published["ratings"] - 320  # a second rating of the same film
    assert (len(raters), adoptions.item.nunique()) == (published["raters"], published["films"])
    assert len(ties) == published["trust links"] == 40_133
    between = ties.source.isin(raters) & ties.target.isin(raters)
    assert between.sum() == published["trust links between raters"] == 22_484
    assert not adoptions.duplicated(["person", "item"]).any()


# Small classics


def test_sampson_has_ten_relations_among_18_novices() -> None:
    ties = frame("sampson", "ties")
    sizes = ties.groupby("layer").size()
    assert load("sampson").rows["people"] == entry("sampson").published["people"] == 18
    assert (len(sizes), sizes.min(), sizes.max()) == (10, 39, 58)


def test_eies_close_friends_write_most() -> None:
    # README: mean messages of a pair by acquaintance before: 5.8, 20.4, 21.3, 61.5; unknown 12.7
    ties = frame("eies", "ties").set_index(["source", "target"])
    sent = ties[ties.layer == "message"].weight
    assert (len(sent), sent.sum()) == (440, 15_034)
    known = ties[ties.layer == "acquaintance_1"].weight
    answered = raw("small_classics", "eies_acquaintance_n32.csv").astype(str)
    asked = pd.MultiIndex.from_frame(answered[["ego", "alter"]]).union(sent.index)
    level = known.reindex(asked).fillna(0)
    mean = sent.reindex(asked).fillna(0).groupby(level.to_numpy()).mean()
    np.testing.assert_array_equal(mean.round(1), [12.7, 5.8, 20.4, 21.3, 61.5])
