"""Networks out of tables: who addresses whom, who is a friend, and on which index."""

import datetime as dtm

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_strategies import CALM

from smallnet.errors import InputError, NotTestableError, UnknownNameError
from smallnet.networks import (
    TIE_STRENGTHS,
    build_friendship,
    build_interaction,
    build_ties,
    group_edges,
    interaction_edges,
    people_attributes,
    people_index,
)
from smallnet.tables import Dataset

ACTS = ["interaction", "sender", "at", "group", "recipient", "reply_to", "kind", "symmetric"]
FEW = settings(CALM, max_examples=6)  # each example makes a database


def day(number):
    return pd.Timestamp("2024-01-01") + pd.Timedelta(days=number)


def us(number):
    return day(number).value // 1000


WATCH = {"observed_from": dtm.datetime(2024, 1, 1), "observed_until": dtm.datetime(2024, 1, 11)}


@pytest.fixture(scope="module")
def dataset():
    acts = [
        ("1", "ann", day(1), "g", "bob", None, "text", None),
        ("2", "bob", day(2), "g", None, "1", None, None),  # answers ann, mentions ann and cyd
        ("3", "cyd", day(3), "g", None, None, "text", None),  # mentions zoe, who never wrote
        ("4", "cyd", day(4), "h", None, "3", "text", None),  # answers themself
        ("5", "bot", day(4), "g", "ann", None, "text", None),
        ("6", "ann", day(4), "g", "bot", None, "text", None),
        ("7", "cyd", day(5), None, "ann", None, "call", None),
        ("8", "cyd", day(6), "g", "bob", None, "contact", True),
        ("9", "bob", day(7), "g", "cyd", None, "contact", True),
        ("10", "ann", day(8), "g", None, "1", "reaction", None),
        ("11", "ann", day(8), "g", "cyd", None, "system", None),
        ("12", "ann", day(-1), "g", "cyd", None, "text", None),  # before the watch
        ("13", "ann", day(10), "g", "cyd", None, "text", None),  # as it ends
        ("14", "ann", day(9), "h", "bob", "2", "text", None),  # names bob, whatever it answers
        ("15", "ann", day(9), "h", None, "none", "text", None),  # answers what is not there
    ]
    return Dataset.from_frames(
        {
            "people": pd.DataFrame(
                {"person": ["bot", "ann", "zoe"], "bot": [True, None, False], "age": [1, 40, None]}
            ),
            "interactions": pd.DataFrame(acts, columns=ACTS).assign(
                duration_s=[60.0 if act[0] == "7" else None for act in acts]
            ),
            "recipients": pd.DataFrame(
                [("2", "ann"), ("2", "cyd"), ("2", "cyd"), ("3", "zoe"), ("3", "bot")],
                columns=["interaction", "person"],
            ),
            "friendships": pd.DataFrame(
                [
                    ("ann", "bob", None),
                    ("bob", "ann", day(3)),
                    ("cyd", "bob", day(4)),
                    ("bot", "ann", None),
                ],
                columns=["person", "friend", "since"],
            ),
            "ties": pd.DataFrame(
                [
                    ("ann", "bob", "trust", 3.0, None, day(1), day(5)),
                    ("ann", "bob", "trust", -1.0, None, day(2), None),
                    ("bob", "ann", "trust", None, None, None, None),
                    ("cyd", "bob", "work", None, False, None, None),
                    ("bob", "cyd", "work", None, False, None, None),
                    ("ann", "bob", "mixed", 2.0, True, None, None),
                    ("bob", "cyd", "mixed", 5.0, False, None, None),
                    ("bot", "cyd", "mixed", 5.0, False, None, None),
                ],
                columns=["source", "target", "layer", "weight", "directed", "at", "until"],
            ),
        },
        WATCH,
    )


def ties_of(network):
    return {(row[0], row[1]): row[2] for row in network.to_frame().to_numpy().tolist()}


def test_edges_are_recipients_replies_mentions_and_contacts(dataset):
    frame = dataset.collect(interaction_edges(dataset))
    found = {
        (r.source, r.target, None if pd.isna(r.group) else r.group, r.at_us, r.via)
        for r in frame.itertuples()
    }
    assert found == {
        ("ann", "bob", "g", us(1), "recipient"),
        ("bob", "ann", "g", us(2), "reply"),
        ("bob", "cyd", "g", us(2), "mention"),
        ("cyd", "zoe", "g", us(3), "mention"),
        ("cyd", "ann", None, us(5), "recipient"),
        ("bob", "cyd", "g", us(6), "contact"),
        ("bob", "cyd", "g", us(7), "contact"),
        ("ann", "bob", "h", us(9), "recipient"),
    }
    assert len(frame) == len(found)


def test_edges_of_each_group_are_counted_contacts_apart(dataset):
    order = ["group", "source", "target", "symmetric"]
    frame = dataset.collect(group_edges(dataset)).sort_values(order)
    assert frame.to_numpy().tolist() == [
        ["g", "ann", "bob", False, 1, us(1), us(1)],
        ["g", "bob", "ann", False, 1, us(2), us(2)],
        ["g", "bob", "cyd", False, 1, us(2), us(2)],
        ["g", "bob", "cyd", True, 2, us(6), us(7)],
        ["g", "cyd", "zoe", False, 1, us(3), us(3)],
        ["h", "ann", "bob", False, 1, us(9), us(9)],
    ]


def test_one_index_holds_everybody_but_bots(dataset):
    assert people_index(dataset).tolist() == ["ann", "bob", "cyd", "zoe"]
    for network in (
        build_friendship(dataset),
        build_interaction(dataset),
        build_interaction(dataset, group="h"),
        build_ties(dataset, "trust"),
    ):
        assert network.people.tolist() == ["ann", "bob", "cyd", "zoe"]


def test_interactions_are_directed_and_counted(dataset):
    network = build_interaction(dataset)
    assert network.directed
    assert ties_of(network) == {
        ("ann", "bob"): 2,
        ("bob", "ann"): 1,
        ("bob", "cyd"): 1,
        ("cyd", "ann"): 1,
        ("cyd", "zoe"): 1,
    }


def test_contacts_are_undirected(dataset):
    network = build_interaction(dataset, layer="contact")
    assert not network.directed
    assert ties_of(network) == {("bob", "cyd"): 2}


def test_a_group_a_kind_and_a_moment_narrow_the_acts(dataset):
    assert ties_of(build_interaction(dataset, group="h")) == {("ann", "bob"): 1}
    assert ties_of(build_interaction(dataset, kinds=["call"])) == {("cyd", "ann"): 1}
    assert ties_of(build_interaction(dataset, kinds=["reaction"])) == {}
    assert ties_of(build_interaction(dataset, at=day(2))) == {("ann", "bob"): 1}
    assert ties_of(build_interaction(dataset, at=us(2) + 1)) == {
        ("ann", "bob"): 1,
        ("bob", "ann"): 1,
        ("bob", "cyd"): 1,
    }
    assert ties_of(build_interaction(dataset, at="2024-01-02T08:00:01+08:00")) == {
        ("ann", "bob"): 1
    }


def test_an_act_counts_half_after_each_half_life(dataset):
    network = build_interaction(dataset, strength="half_life", half_life_days=2, at=day(5))
    ties = ties_of(network)
    assert ties.keys() == {("ann", "bob"), ("bob", "ann"), ("bob", "cyd"), ("cyd", "zoe")}
    assert ties["ann", "bob"] == pytest.approx(2 ** (-4 / 2), rel=1e-12)
    assert ties["bob", "ann"] == pytest.approx(2 ** (-3 / 2), rel=1e-12)
    assert ties["cyd", "zoe"] == pytest.approx(2 ** (-2 / 2), rel=1e-12)


def test_duration_is_summed_in_seconds_and_missed_where_nothing_lasts(dataset):
    network = build_interaction(dataset, strength="duration", kinds=["call"])
    assert ties_of(network) == {("cyd", "ann"): 60}
    assert network.weight == "seconds"
    silent = Dataset.from_frames(
        {"interactions": pd.DataFrame({"interaction": ["1"], "sender": ["a"], "at": [day(1)]})}
    )
    with pytest.raises(NotTestableError, match=r"interactions\.duration_s"):
        build_interaction(silent, strength="duration")


def test_every_strength_of_acts_and_ties_can_be_asked_for(dataset):
    for name, definition in TIE_STRENGTHS.items():
        if definition.needs == "memberships":
            with pytest.raises(UnknownNameError, match="of acts"):
                build_interaction(dataset, strength=name)
        else:
            assert build_interaction(dataset, strength=name).n_people == 4
    with pytest.raises(UnknownNameError, match="unknown tie strength 'love'"):
        build_interaction(dataset, strength="love")
    with pytest.raises(UnknownNameError, match="unknown layer 'love'"):
        build_interaction(dataset, layer="love")
    with pytest.raises(InputError, match="half_life_days is 0"):
        build_interaction(dataset, strength="half_life", half_life_days=0)
    with pytest.raises(InputError, match="at is 'soon', expected a moment"):
        build_interaction(dataset, at="soon")


def test_data_that_hold_only_contacts_give_an_undirected_network():
    acts = [("1", "b", day(1), None, "a", None, "contact", True)]
    contacts = Dataset.from_frames({"interactions": pd.DataFrame(acts, columns=ACTS)})
    network = build_interaction(contacts)
    assert not network.directed
    assert ties_of(network) == {("a", "b"): 1}


def test_data_without_interactions_give_a_network_without_ties():
    rows = pd.DataFrame({"group": ["g"], "person": ["a"]})
    quiet = Dataset.from_frames({"memberships": rows})
    assert build_interaction(quiet).n_ties == 0
    assert build_interaction(quiet, layer="contact").n_ties == 0
    assert build_friendship(quiet).n_ties == 0
    assert len(quiet.collect(group_edges(quiet))) == 0


def test_friends_are_pairs_and_begin_at_since(dataset):
    assert ties_of(build_friendship(dataset)) == {("ann", "bob"): 1, ("bob", "cyd"): 1}
    assert ties_of(build_friendship(dataset, at=day(3))) == {("ann", "bob"): 1}
    assert ties_of(build_friendship(dataset, at=day(4))) == {("ann", "bob"): 1, ("bob", "cyd"): 1}


def test_a_friend_of_themself_is_refused():
    alone = Dataset.from_frames({"friendships": pd.DataFrame({"person": ["a"], "friend": ["a"]})})
    with pytest.raises(InputError, match="'a' is tied to themself"):
        build_friendship(alone)


def test_layers_of_ties_keep_signs_directions_and_what_is_unknown(dataset):
    trust = build_ties(dataset, "trust")
    assert trust.directed
    np.testing.assert_equal(ties_of(trust), {("ann", "bob"): 2.0, ("bob", "ann"): np.nan})
    np.testing.assert_equal(
        ties_of(build_ties(dataset, "trust", at=day(5))),
        {("ann", "bob"): -1.0, ("bob", "ann"): np.nan},
    )
    work = build_ties(dataset, "work")
    assert not work.directed
    assert ties_of(work) == {("bob", "cyd"): 2}
    assert ties_of(build_ties(dataset, "mixed")) == {
        ("ann", "bob"): 2,
        ("bob", "cyd"): 5,
        ("cyd", "bob"): 5,
    }
    with pytest.raises(UnknownNameError, match="unknown layer 'love', the ties have mixed, trust"):
        build_ties(dataset, "love")


def test_attributes_of_people_hang_on_a_network(dataset):
    network = build_friendship(dataset).with_attributes(people_attributes(dataset))
    assert network.attributes["age"].tolist() == [40, pd.NA, pd.NA, pd.NA]


PEOPLE = ["p0", "p1", "p2", "p3", "人"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from([*PEOPLE, None]),
        st.integers(0, 9),
        st.sampled_from(["g", "h", None]),
        st.integers(0, 12) | st.none(),
    ),
    min_size=1,
    max_size=12,
)


def acts_of(rows, names=None):
    names = names or {}
    frame = pd.DataFrame(
        [
            (str(i), names.get(s, s), day(d), g, names.get(r, r), None if a is None else str(a))
            for i, (s, r, d, g, a) in enumerate(rows)
        ],
        columns=ACTS[:6],
    )
    return frame.astype({"recipient": object, "group": object, "reply_to": object})


@FEW
@given(rows=ROWS, machines=st.sets(st.sampled_from(PEOPLE)))
def test_interactions_agree_with_a_slow_count_and_bots_are_nowhere(rows, machines):
    listed = pd.DataFrame({"person": PEOPLE, "bot": [p in machines for p in PEOPLE]})
    dataset = Dataset.from_frames({"interactions": acts_of(rows), "people": listed}, WATCH)
    expected = {}
    for sender, recipient, _, _, answer in rows:
        target = recipient
        if target is None and answer is not None and answer < len(rows):
            target = rows[answer][0]
        if target not in (None, sender) and not machines & {sender, target}:
            expected[sender, target] = expected.get((sender, target), 0) + 1
    network = build_interaction(dataset)
    assert ties_of(network) == expected
    assert network.people.tolist() == sorted(set(PEOPLE) - machines)
    assert not machines & set(network.people)
    if expected:
        assert 0 <= network.reciprocity <= 1


@settings(FEW, max_examples=3)
@given(rows=ROWS, names=st.permutations(PEOPLE))
def test_new_names_for_people_rename_the_network(rows, names):
    renamed = dict(zip(PEOPLE, names, strict=True))
    before = build_interaction(Dataset.from_frames({"interactions": acts_of(rows)}, WATCH))
    after = build_interaction(Dataset.from_frames({"interactions": acts_of(rows, renamed)}, WATCH))
    expected = {(renamed[a], renamed[b]): w for (a, b), w in ties_of(before).items()}
    assert ties_of(after) == expected
