"""S15 by hand, on platforms that planted an answer, and on the high school."""

import json
import os

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import NotTestableError
from smallnet.hypotheses import s15_firewall as s15
from smallnet.hypotheses.methods.tie_layers import read_layer, read_roster
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform
from smallnet.tables import Choices, Dataset

DAY = pd.Timestamp("2024-01-01")
STUDY = {"observed_from": "2024-01-01", "observed_until": "2024-02-01"}
MEMBERS = pd.DataFrame([(f"g{i // 4}", f"p{i}") for i in range(16)], columns=["group", "person"])
INSIDE = [(f"p{4 * g + i}", f"p{4 * g + j}") for g in range(4) for i, j in ((0, 1), (1, 2), (2, 3))]
ACROSS = [("p0", "p4"), ("p5", "p9"), ("p10", "p13"), ("p14", "p2")]


def day(n):
    return DAY + pd.Timedelta(days=n)


def pairs(rows, one="person", two="friend", **columns):
    return pd.DataFrame(rows, columns=[one, two]).assign(**columns)


def dataset(study=None, **frames):
    return Dataset.from_frames({"memberships": MEMBERS} | frames, STUDY | (study or {}))


def ask(study=None, **frames):
    return s15.test(dataset(study, **frames), Choices(replicates=199), rng=np.random.default_rng(1))


def messages(rows, at=None, **columns):
    frame = pairs(rows, "sender", "recipient", at=day(3) if at is None else at, **columns)
    return frame.assign(interaction=[f"m{i}" for i in range(len(frame))])


def test_friendships_inside_over_rewired_ones():
    result = ask(friendships=pairs(INSIDE + ACROSS))
    assert result.details["layer"] == "friendships"
    assert result.details["share_inside"] == pytest.approx(12 / 16)
    null = result.details["null_share_inside"]
    assert result.estimate == pytest.approx(3 / (null / (1 - null)))
    assert result.verdict == "supported"
    assert result.details["share_of_pairs_inside"] == pytest.approx(4 * 6 / (16 * 15 / 2))
    assert (result.n["people"], result.n["groups"], result.n["rows"]) == (16, 4, 16)


def test_a_pair_in_both_orders_is_one_tie():
    turned = [(b, a) for a, b in INSIDE]
    result = ask(friendships=pairs(INSIDE + turned + ACROSS))
    assert result.n["rows"] == 16


def test_inside_means_at_that_moment():
    leavers = MEMBERS.assign(left_at=[day(10) if i % 4 == 1 else None for i in range(16)])
    moved = pd.DataFrame({"group": list("wxyz"), "person": ["p1", "p5", "p9", "p13"]})
    late = pairs(INSIDE + ACROSS, since=day(20))
    result = ask(memberships=pd.concat([leavers, moved]), friendships=late)
    # p1, p5, p9, p13 have left: of the three ties of each group one is left inside
    assert result.details["share_inside"] == pytest.approx(4 / 16)
    early = ask(memberships=pd.concat([leavers, moved]), friendships=late.assign(since=day(5)))
    assert early.details["share_inside"] == pytest.approx(12 / 16)
    before = ask(memberships=pd.concat([leavers, moved]), friendships=late.assign(since=day(-5)))
    assert before.details["share_inside"] == pytest.approx(12 / 16)  # at any time in the watch


def test_who_is_in_no_group_then_or_ever_has_no_tie_that_could_stay_inside():
    strangers = pairs([("p0", "nobody"), ("nobody", "noone")])
    result = ask(friendships=pd.concat([pairs(INSIDE + ACROSS), strangers]))
    assert result.n["rows"] == 16
    assert result.details["ties_left_out_without_a_group"] == 2


def test_private_messages_are_used_where_there_are_no_friendships():
    acts = pd.concat([messages(INSIDE + ACROSS), messages(ACROSS).assign(interaction=list("abcd"))])
    result = ask(interactions=acts)
    assert result.details["layer"] == "private messages"
    assert result.n["rows"] == 16
    rows = {row["name"]: row["estimate"] for row in result.robustness}
    null = result.details["null_share_inside"]
    assert rows["every act counts, not every pair"] == pytest.approx((12 / 8) / (null / (1 - null)))


def test_replies_inside_a_group_system_messages_and_contacts_are_no_ties():
    acts = pd.concat(
        [
            messages(INSIDE, group="g0"),
            messages(INSIDE, kind="system"),
            messages(INSIDE, kind="contact", symmetric=True),
            messages(ACROSS),
        ]
    )
    acts["interaction"] = [f"m{i}" for i in range(len(acts))]
    data = dataset(interactions=acts)
    layer = read_layer(data, "private messages", read_roster(data))
    assert len(layer.ends) == len(ACROSS)
    assert not layer.enough


def test_reshared_links_and_quotes_are_ties():
    shares = pd.DataFrame(
        [(f"s{i}", "x", f"p{i}", "feed", day(2), None) for i in range(16)]
        + [
            (f"t{i}", "x", a, "feed", day(3), f"s{b[1:]}")
            for i, (a, b) in enumerate(INSIDE + ACROSS)
        ],
        columns=["share", "item", "sharer", "channel", "shared_at", "parent"],
    )
    quotes = pairs(INSIDE + ACROSS, "source", "target", layer="quote", at=day(4))
    replies = pairs(INSIDE, "source", "target", layer="quote_inside", at=day(4))
    result = ask(shares=shares, ties=pd.concat([quotes, replies]))
    assert result.details["layer"] == "reshares"
    assert result.details["layers"]["reshares"]["share_inside"] == pytest.approx(12 / 16)
    assert result.details["layers"]["quotes"]["share_inside"] == pytest.approx(12 / 16)


def test_ties_across_that_could_not_be_recorded_are_not_testable():
    with pytest.raises(NotTestableError, match=r"coverage\.cross_group_ties"):
        ask({"coverage": {"cross_group_ties": False}}, friendships=pairs(INSIDE + ACROSS))
    unstated = ask(friendships=pairs(INSIDE))
    assert unstated.verdict == "not testable"
    stated = ask({"coverage": {"cross_group_ties": True}}, friendships=pairs(INSIDE))
    assert stated.verdict == "supported"
    assert stated.ci_low > 1


def test_all_inside_and_none_inside_can_be_drawn_and_said():
    stated = {"coverage": {"cross_group_ties": True}}
    every = ask(stated, friendships=pairs(INSIDE))
    assert "∞" in every.reason
    none = ask(friendships=pairs([(f"p{i}", f"p{i + 4}") for i in range(12)]))
    assert (none.estimate, none.ci_low) == (0.0, 0.0)
    for result in (every, none):
        drawn = s15.plot(Result.from_dict(json.loads(json.dumps(result.to_dict()))))
        drawn.figure.canvas.draw()
        drawn.figure.clear()


def test_no_ties_name_what_is_missing():
    with pytest.raises(NotTestableError, match=r"friendships, interactions\.recipient"):
        ask()


def test_one_group_with_everybody_shows_no_wall():
    result = ask(memberships=MEMBERS.assign(group="all"), friendships=pairs(INSIDE + ACROSS))
    assert result.verdict == "not testable"
    assert "all inside" in result.reason


def test_where_chance_puts_nearly_every_pair_together_the_reason_says_so():
    # Thirty people in one group, two in another: rewired, only the pair's two ties are outside.
    members = [("all", f"p{i}") for i in range(30)] + [("two", "p30"), ("two", "p31")]
    rings = [(f"p{i}", f"p{(i + step) % 30}") for i in range(30) for step in (1, 2)]
    ties = [*rings, ("p30", "p31")]
    crowded = ask(
        {"coverage": {"cross_group_ties": True}},
        memberships=pairs(members, "group", "person"),
        friendships=pairs(ties),
    )
    assert crowded.details["null_share_inside"] > 0.9
    assert "nearly every pair" in crowded.reason
    assert "几乎每对人" in crowded.word("reason", "zh")
    assert "nearly every pair" not in ask(friendships=pairs(INSIDE + ACROSS)).reason


def test_contact_time_is_described_and_never_the_tie():
    contacts = messages(INSIDE[:3] + ACROSS[:1], kind="contact", duration_s=20.0, symmetric=True)
    contacts.loc[0, "duration_s"] = 40.0
    result = ask(friendships=pairs(INSIDE + ACROSS), interactions=contacts)
    assert result.details["contact_time_inside"] == pytest.approx(80 / 100)


def test_the_configuration_model_is_near_the_rewired_share():
    world = Platform(people=300, groups=60).generate(
        rng=np.random.default_rng(7), tables=("people", "memberships", "friendships")
    )
    result = s15.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.details["configuration_null_share"] == pytest.approx(
        result.details["null_share_inside"], abs=0.01
    )
    assert result.details["configuration_null_share"] == pytest.approx(
        world.truth["S15"]["share_inside_null"]
    )


@pytest.mark.parametrize(("odds", "verdict"), [(6.0, "supported"), (1.0, "no effect")])
def test_a_platform_gives_its_odds_ratio_back(odds, verdict):
    world = Platform(
        people=300, groups=45, inside_friend_odds=odds, friends_per_person=12
    ).generate(rng=np.random.default_rng(8), tables=("people", "memberships", "friendships"))
    result = s15.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == verdict
    assert result.ci_low < world.truth["S15"]["estimate"] < result.ci_high
    assert result.estimate == pytest.approx(world.truth["S15"]["realised"], rel=0.03)


def test_the_same_seed_gives_the_same_answer_and_the_figure_comes_from_the_result_alone():
    one, two = (ask(friendships=pairs(INSIDE + ACROSS)) for _ in range(2))
    assert one.to_dict() == two.to_dict()
    kept = Result.from_dict(json.loads(json.dumps(one.to_dict())))
    for lang, word in (("en", "ties rewired"), ("zh", "重连联系")):
        drawn = s15.plot(kept, lang=lang)
        assert word in [label.get_text() for label in drawn.get_yticklabels()]
        drawn.figure.clear()


@pytest.mark.data
@pytest.mark.skipif("SMALLNET_DATA" not in os.environ, reason="real data: set SMALLNET_DATA")
def test_the_high_school_keeps_its_contacts_inside_classes():
    # shared reproductions: share of contact time inside the class .9349; 5,856 of 53,301 pairs of
    # the 327 pupils in contact, with two more pupils here
    from smallnet.tables.registry import load_data

    result = s15.test(
        load_data("thiers2013", notify=lambda line: None), Choices(), rng=np.random.default_rng(1)
    )
    assert result.details["contact_time_inside"] == pytest.approx(0.9349, abs=5e-5)
    assert result.details["share_of_pairs_inside"] == pytest.approx(5856 / 53301, rel=0.01)
    assert result.details["share_inside"] == pytest.approx(303 / 406)
    assert result.verdict == "supported"
