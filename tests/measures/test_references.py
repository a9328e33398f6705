"""Reference values R10, R11, R39, R41–R43, R46, and slow second ways to the same numbers."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from measured_worlds import day, random_frames, random_study
from scipy import stats

from smallnet.measures import (
    gini,
    group_table,
    pairs_by_chance,
    person_weighted_mean,
    rate_interval,
    share_interval,
)
from smallnet.tables import Choices, Dataset


def said_by(senders, minutes=None, words=None):
    """Build one group in which these people spoke in this order."""
    minutes = range(len(senders)) if minutes is None else minutes
    return pd.DataFrame(
        {
            "interaction": [f"{place:04d}" for place in range(len(senders))],
            "sender": senders,
            "at": [day(0, int(minute)) for minute in minutes],
            "group": "g",
            "fingerprint": words,
        }
    )


def measure(acts, people=(), study=None):
    members = pd.DataFrame({"group": "g", "person": sorted(set(people) | set(acts["sender"]))})
    frames = {"memberships": members, "interactions": acts}
    return group_table(Dataset.from_frames(frames, study)).iloc[0]


def test_r11_friends_inside_mr_hi_and_r10_triads_of_the_karate_club():
    karate = nx.karate_club_graph()
    clubs = nx.get_node_attributes(karate, "club")
    frames = {
        "memberships": pd.DataFrame(
            [(club, str(node)) for node, club in clubs.items()]
            + [("all", str(node)) for node in karate],
            columns=["group", "person"],
        ),
        "friendships": pd.DataFrame(
            [(str(a), str(b)) for a, b in karate.edges], columns=["person", "friend"]
        ),
    }
    study = {"name": "karate", "coverage": {"cross_group_ties": True}}
    table = group_table(Dataset.from_frames(frames, study)).set_index("group")
    hi = table.loc["Mr. Hi"]
    assert hi["size"] == 17
    assert hi["friend_pairs"] == 35
    assert hi["friend_pairs_expected"] == pytest.approx(19.180645, abs=5e-7)
    assert hi["conductance"] == pytest.approx(
        nx.conductance(karate, [n for n in clubs if clubs[n] == "Mr. Hi"])
    )
    club = table.loc["all"]
    assert (club["friend_pairs"], club["triangles"]) == (78, 45)
    assert club["transitivity"] == pytest.approx(0.255682, abs=5e-7)
    wedges = 3 * 45 / club["transitivity"]
    census = [5984 - 78 * 32 + wedges - 45, 78 * 32 - 2 * wedges + 3 * 45, wedges - 3 * 45, 45]
    assert np.rint(census).tolist() == [3971, 1575, 393, 45]
    assert club["friend_pairs_expected"] == pytest.approx((156**2 - 1212) / 2 / 155)


def matchings(stubs):
    if not stubs:
        yield []
        return
    first, rest = stubs[0], stubs[1:]
    for place, other in enumerate(rest):
        for pairs in matchings(rest[:place] + rest[place + 1 :]):
            yield [(first, other), *pairs]


@pytest.mark.parametrize(("degrees", "inside"), [((3, 2, 2, 1), 2), ((1, 2, 3, 2, 2), 3)])
def test_mean_and_spread_by_chance_are_those_of_all_matchings(degrees, inside):
    stubs = [person for person, degree in enumerate(degrees) for _ in range(degree)]
    counts = [
        sum(a != b and a < inside and b < inside for a, b in pairs) for pairs in matchings(stubs)
    ]
    held = np.array(degrees[:inside], dtype=float)
    expected, sd = pairs_by_chance(*([(held**power).sum()] for power in (1, 2, 3)), len(stubs))
    assert expected[0] == pytest.approx(np.mean(counts))
    assert sd[0] == pytest.approx(np.std(counts))


@pytest.mark.parametrize(("values", "population"), [((1, 2, 3, 4), 0.25), ((0, 0, 0, 1), 0.75)])
def test_r39_gini_and_its_small_group_form(values, population):
    senders = list(itertools.chain.from_iterable([f"p{i}"] * n for i, n in enumerate(values)))
    people = [f"p{i}" for i in range(len(values))]
    n = len(values)
    assert measure(said_by(senders), people)["gini_members"] == pytest.approx(
        population * n / (n - 1)
    )


@pytest.mark.parametrize("n", [2, 5, 100])
def test_one_who_says_everything_has_gini_one_in_a_group_of_any_size(n):
    assert gini([7.0], [7.0], [n], [n - 1])[0] == pytest.approx(1.0)


def test_r41_burstiness():
    minutes = np.cumsum([0, 1, 1, 1, 9])
    assert measure(said_by(list("ababa"), minutes))["burstiness"] == pytest.approx(
        0.071797, abs=5e-7
    )
    assert measure(said_by(list("ababa"), range(5)))["burstiness"] == pytest.approx(-1.0)


def test_r42_dominance_and_entropy():
    group = measure(said_by(list("aaaaaabb")))
    assert group["top_talker_share"] == 0.75
    assert group["talker_entropy"] == pytest.approx(0.811278, abs=5e-7)


def test_r43_redundancy_of_eighty_ones_among_ninety_nine():
    words = ["1"] * 80 + [f"w{i}" for i in range(19)]
    group = measure(said_by(["a", "b", "c"] * 33, words=words))
    assert group["redundancy"] == pytest.approx(0.770607, abs=5e-7)
    assert group["repetition"] == pytest.approx(1 - 20 / 99)


def test_r46_a_member_meets_larger_groups_than_a_group_does():
    assert person_weighted_mean([10, 200, np.nan]) == pytest.approx(190.952381)
    assert np.isnan(person_weighted_mean([0, 0]))
    with pytest.raises(ValueError, match=r"-1.0, expected"):
        person_weighted_mean([3, -1])


def test_the_interval_of_a_share_is_wilsons():
    low, high = share_interval([0, 8, 10, np.nan], [10, 10, 10, 4])
    for k, a, b in zip((0, 8, 10), low, high, strict=False):
        exact = stats.binomtest(k, 10).proportion_ci(method="wilson")
        assert (a, b) == pytest.approx((exact.low, exact.high), abs=1e-12)
    assert np.isnan([low[3], high[3]]).all()
    assert np.isnan(share_interval([0], [0])).all()


def test_the_interval_of_a_rate_holds_the_tail_probabilities_it_names():
    low, high = rate_interval([10, 0], [2.0, 2.0], level=0.9)
    assert stats.poisson.sf(9, 2 * low[0]) == pytest.approx(0.05)
    assert stats.poisson.cdf(10, 2 * high[0]) == pytest.approx(0.05)
    assert low[1] == 0
    assert high[1] == pytest.approx(-np.log(0.05) / 2)
    wide = rate_interval([10], [2.0], [4.0], level=0.9)
    assert wide[0][0] < low[0] < 5 < high[0] < wide[1][0]


def test_bursts_of_talk_widen_the_interval_as_much_as_the_days_differ():
    # ten days with 8 messages on two of them: variance 8·8·2 − 16²/10 over 9, mean 1.6
    acts = said_by(list("abab") * 4, [1440 * (1 + 5 * (i // 8)) + i for i in range(16)])
    group = measure(acts, study={"observed_from": day(0), "observed_until": day(10)})
    assert group["messages_dispersion"] == pytest.approx((128 - 25.6) / 9 / 1.6)


def test_the_median_time_to_a_response_has_a_distribution_free_interval():
    gaps = np.arange(1, 101)  # minutes between turns
    acts = said_by(list("ab") * 50 + ["a"], np.r_[0, np.cumsum(gaps)])
    group = measure(acts)
    assert group["response_s"] == 50.5 * 60
    # ranks 40 and 61 of 100: binomial coverage just over .95
    assert (group["response_s_low"], group["response_s_high"]) == (40 * 60, 61 * 60)
    assert stats.binom.cdf(60, 100, 0.5) - stats.binom.cdf(39, 100, 0.5) >= 0.95


def test_a_turn_after_a_day_answers_nobody():
    group = measure(said_by(list("aba"), [0, 10, 10 + 1441]))
    assert group["responses"] == 1
    assert group["response_s"] == 600


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_world_counted_slowly_gives_the_same_numbers(seed):
    rng = np.random.default_rng(seed)
    frames = random_frames(rng)
    dataset = Dataset.from_frames(frames, random_study())
    table = group_table(dataset, Choices(dead_after_days=2)).set_index("group")
    graph = nx.Graph(frames["friendships"].itertuples(index=False))
    low, high = day(0), day(10)
    members, acts = frames["memberships"], frames["interactions"]
    for group, mine in members.groupby("group"):
        row = table.loc[group]
        stays = mine.assign(
            joined_at=mine["joined_at"].clip(low, high), left_at=mine["left_at"].clip(low, high)
        ).query("left_at > joined_at")
        here = acts[acts["group"] == group].sort_values(["at", "interaction"])
        began = min(stays["joined_at"].min(), here["at"].min())
        days = ((stays["left_at"] - stays["joined_at"]) / pd.Timedelta("1D")).sum()
        assert row["member_days"] == pytest.approx(days)
        assert row["size_mean"] == pytest.approx(days / ((high - began) / pd.Timedelta("1D")))
        inside = stays.loc[stays["left_at"] == high, "person"]
        assert row["size_end"] == len(inside)
        friends = graph.subgraph(inside)
        assert row["friend_pairs"] == friends.number_of_edges()
        assert row["triangles"] == sum(nx.triangles(friends).values()) // 3
        common = [len(list(nx.common_neighbors(graph, a, b))) for a, b in friends.edges]
        assert row["embeddedness"] == pytest.approx(np.mean(common))
        degree = np.array([graph.degree(p) if p in graph else 0 for p in inside], dtype=float)
        expected = (degree.sum() ** 2 - (degree**2).sum()) / 2 / (2 * graph.number_of_edges() - 1)
        assert row["friend_pairs_expected"] == pytest.approx(expected)
        spans = stays.set_index("person")
        held = here[here["sender"].isin(spans.index)]
        there = held["sender"].map(spans["joined_at"]) <= held["at"]
        there &= held["at"] < held["sender"].map(spans["left_at"])
        sent = held[there]["sender"].value_counts().reindex(spans.index, fill_value=0)
        apart = np.abs(np.subtract.outer(sent.to_numpy(), sent.to_numpy())).mean() / 2
        n = len(sent)
        assert row["gini_members"] == pytest.approx(apart / sent.mean() * n / (n - 1))
        assert row["messages_per_member_day"] == pytest.approx(sent.sum() / days)
        by_id = here.set_index("interaction")
        pairs = here[here["reply_to"].isin(by_id.index)]
        asked = by_id.loc[pairs["reply_to"]]
        other = asked["sender"].to_numpy() != pairs["sender"].to_numpy()
        delay = (pairs["at"].to_numpy() - asked["at"].to_numpy())[other] / np.timedelta64(1, "s")
        assert row["responses"] == len(delay)
        if len(delay):
            assert row["response_s"] == pytest.approx(np.median(delay))


def test_the_rate_interval_holds_the_truth_where_days_differ_and_poissons_does_not():
    # 60 days of negative binomial counts, mean 2 and variance 8
    rng, worlds, days = np.random.default_rng(7), 2000, 60
    daily = rng.negative_binomial(2 / 3, 0.25, (worlds, days))
    phi = daily.var(axis=1, ddof=1) / daily.mean(axis=1)
    share = {}
    for name, spread in (("as it is", phi), ("poisson", np.ones(worlds))):
        low, high = rate_interval(daily.sum(axis=1), np.full(worlds, days), spread)
        share[name] = ((low < 2) & (high > 2)).mean()
    error = np.sqrt(0.95 * 0.05 / worlds)
    assert abs(share["as it is"] - 0.95) < 0.02 + 4 * error  # phi itself is estimated
    assert share["poisson"] < 0.75
