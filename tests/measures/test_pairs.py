"""Pairs, mixing and strong ties: by hand, against peers, and the limits."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError, NotTestableError
from smallnet.measures import (
    ei_index,
    group_mixing,
    inside_by_time,
    overlap_by_strength,
    pair_table,
    partners_for_share,
)
from smallnet.networks import Membership, Network
from smallnet.tables import Dataset
from smallnet.tables.study_file import Study


def network(rows, *, directed=False):
    frame = pd.DataFrame(rows, columns=["source", "target", "weight"])
    return Network.from_frame(frame, directed=directed, weight="acts")


def random_network(rng, n=60, ties=400):
    ends = rng.integers(0, n, (ties, 2))
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    weight = rng.geometric(0.2, len(ends)).astype(float)
    people = [f"p{i:02d}" for i in range(n)]
    return Network.from_ends(
        ends[:, 0], ends[:, 1], weight, people, directed=False, weight="acts", made_by="chance"
    )


def classes(people, n=3):
    frame = pd.DataFrame({"group": [f"c{i % n}" for i in range(len(people))], "person": people})
    return Membership.from_frame(frame)


def test_every_pair_stands_once_with_both_directions_added():
    met = network([("a", "b", 2), ("b", "a", 3), ("c", "b", 1)], directed=True)
    named = network([("c", "a", 1)], directed=True)
    groups = Membership.from_frame(pd.DataFrame({"group": list("xxy"), "person": list("abz")}))
    table = pair_table(met, {"named": named}, groups=groups, people=list("abcd"))
    assert list(map("".join, zip(table["person"], table["other"], strict=True))) == [
        "ab", "ac", "ad", "bc", "bd", "cd",
    ]  # fmt: skip
    assert table["strength"].tolist() == [5, 0, 0, 1, 0, 0]
    assert table["named"].tolist() == [False, True, False, False, False, False]
    assert table["same_group"].tolist() == [True, False, False, False, False, False]


def test_the_sums_over_pairs_are_those_of_the_network_and_its_groups():
    net = random_network(np.random.default_rng(1))
    groups = classes(net.people)
    table = pair_table(net, groups=groups)
    assert len(table) == 60 * 59 // 2
    assert table["strength"].sum() == net.ends()[2].sum()
    assert (table["strength"] > 0).sum() == net.n_ties
    assert table["same_group"].sum() == 3 * 20 * 19 // 2
    mixing = group_mixing(net, groups)
    inside = table["strength"][table["same_group"]].sum()
    assert np.trace(mixing) == 2 * inside
    assert mixing.to_numpy().sum() == 2 * table["strength"].sum()
    assert ei_index(mixing) == pytest.approx(1 - 2 * inside / table["strength"].sum())


def test_mixing_is_that_of_networkx():
    net = random_network(np.random.default_rng(2))
    groups = classes(net.people)
    graph = net.to_networkx()
    nx.set_node_attributes(graph, dict(zip(groups.to_frame()["person"], groups.to_frame()["group"],
                                           strict=True)), "group")  # fmt: skip
    order = {name: i for i, name in enumerate(groups.groups)}
    peer = nx.attribute_mixing_matrix(graph, "group", mapping=order, normalized=False)
    ones = net.with_weights(np.ones(net.n_ties), weight="tie", made_by="ones")
    np.testing.assert_allclose(group_mixing(ones, groups).to_numpy(), peer)


def test_who_is_in_no_group_or_no_network_is_left_out_and_two_groups_are_refused():
    net = network([("a", "b", 1), ("b", "c", 5)])
    one = Membership.from_frame(pd.DataFrame({"group": list("xx"), "person": list("ab")}))
    assert group_mixing(net, one).to_numpy().tolist() == [[2.0]]
    stranger = Membership.from_frame(pd.DataFrame({"group": list("xy"), "person": list("az")}))
    assert group_mixing(net, stranger).to_numpy().sum() == 0
    assert np.isnan(ei_index(group_mixing(net, stranger)))
    both = Membership.from_frame(pd.DataFrame({"group": list("xy"), "person": list("aa")}))
    with pytest.raises(InputError, match="'a' is in several groups"):
        group_mixing(net, both)


def test_millions_of_pairs_and_names_that_are_taken_are_refused():
    net = network([("a", "b", 1)])
    with pytest.raises(InputError, match="expected at most 5,000,000"):
        pair_table(net, people=[f"p{i}" for i in range(4000)])
    with pytest.raises(InputError, match="'strength'"):
        pair_table(net, {"strength": net})


def slow_part(net, person, share):
    weights = sorted(
        (w for _, _, w in net.to_networkx().edges(person, data="weight")), reverse=True
    )
    for k in range(1, len(weights) + 1):
        if sum(weights[:k]) >= share * sum(weights):
            return k / len(weights)
    return float("nan")


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_partners_for_a_share_are_those_counted_one_by_one(share):
    net = random_network(np.random.default_rng(3), ties=90)
    slow = [slow_part(net, person, share) for person in net.people]
    np.testing.assert_allclose(partners_for_share(net, share), slow)


def test_a_partner_without_contact_is_none_and_bounds_are_kept():
    net = network([("a", "b", 4), ("a", "c", 0)])
    part = dict(zip(net.people, partners_for_share(net), strict=True))
    assert part["a"] == 1.0
    assert np.isnan(part["c"])
    with pytest.raises(InputError, match="share is 0"):
        partners_for_share(net, 0)


def test_overlap_rises_with_strength_where_strong_ties_are_inside_cliques():
    cliques = [(f"{c}{i}", f"{c}{j}", 9) for c in "abcd" for i in range(5) for j in range(i)]
    bridges = [("a0", "b0", 1), ("b1", "c1", 1), ("c2", "d2", 1), ("d3", "a3", 1)]
    table = overlap_by_strength(network(cliques + bridges), bins=2)
    assert table["ties"].tolist() == [4, 40]
    assert table["strength"].tolist() == [1, 9]
    assert table["overlap"][0] == 0
    assert table["overlap"][1] > 0.7


def test_classes_of_ties_hold_all_ties_and_equal_strengths_stay_together():
    net = random_network(np.random.default_rng(4))
    table = overlap_by_strength(net, bins=6)
    assert table["ties"].sum() == net.n_ties
    assert table["strength"].is_monotonic_increasing
    flat = net.with_weights(np.ones(net.n_ties), weight="tie", made_by="ones")
    assert len(overlap_by_strength(flat, bins=6)) == 1
    with pytest.raises(InputError, match="classes"):
        overlap_by_strength(network([("a", "b", 1)]), bins=3)


def day():
    study = Study(
        name="day",
        observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
        observed_until=pd.Timestamp("2024-01-03").to_pydatetime(),
    )
    times = ["2024-01-01 08:01", "2024-01-02 08:14", "2024-01-01 08:15", "2024-01-01 23:59"]
    acts = pd.DataFrame(
        {
            "interaction": list("1234"),
            "sender": list("abaa"),
            "recipient": ["b", "c", "c", "b"],
            "at": pd.to_datetime(times),
        }
    )
    members = pd.DataFrame({"group": list("xxyx"), "person": list("abcb")})
    return Dataset.from_frames({"interactions": acts, "memberships": members}, study)


def test_acts_of_all_days_are_counted_by_the_time_of_day():
    table = inside_by_time(day())
    assert table["hour"].tolist() == [8.0, 8.25, 23.75]
    assert table["acts"].tolist() == [2, 1, 1]
    assert table["inside"].tolist() == [1, 0, 1]
    assert inside_by_time(day(), minutes=60)["share"].tolist() == [pytest.approx(1 / 3), 1.0]


def test_classes_of_times_divide_an_hour_and_acts_need_a_recipient():
    with pytest.raises(InputError, match="divides 60"):
        inside_by_time(day(), minutes=7)
    members = {"memberships": day().frame("memberships")}
    with pytest.raises(NotTestableError, match="interactions"):
        inside_by_time(Dataset.from_frames(members, day().study))
