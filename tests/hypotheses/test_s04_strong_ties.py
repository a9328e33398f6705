"""S04 counts contact before the share, on the menu of then, at the same place in the list."""

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_covered, assert_level
from statsmodels.discrete.conditional_models import ConditionalLogit

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.tie_menu import target_lines
from smallnet.simulations import Closeness, Platform
from smallnet.tables import Choices, Dataset

S04 = load_claim("S04")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "name": "chats",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=30)).to_pydatetime(),
    "coverage": {"private": True, "feed": True},
}
TABLES = ("people", "groups", "memberships", "friendships", "interactions", "shares")


def day(n):
    return START + pd.Timedelta(days=float(n))


def tiny():
    """Ann has friends Bo, Cy (from day 12 on) and Di, and the groups g and h."""
    said = [
        ("ann", "bo", None, 1.0),
        ("bo", "ann", None, 2.0),
        ("ann", "di", None, 3.0),
        ("ann", "bo", None, 10.0),  # at the very moment of the share: not before it
        ("ann", "bo", None, 11.0),
        ("ann", None, "g", 4.0),
        ("bo", None, "h", 5.0),
        ("ann", "cy", None, 12.5),
    ]
    frame = pd.DataFrame(said, columns=["sender", "recipient", "group", "at"])
    frame["at"] = [day(n) for n in frame["at"]]
    friends = [("ann", "bo", None), ("cy", "ann", day(12)), ("di", "ann", None)]
    shares = [("s1", "friend", None, "bo", 10), ("s2", "group", "h", None, 10)]
    shares += [("s3", "friend", None, "cy", 13), ("early", "friend", None, "bo", 3)]
    shares += [("stranger", "friend", None, "zoe", 13), ("f", "feed", None, None, 13)]
    columns = ["share", "channel", "group", "recipient", "day"]
    passed = pd.DataFrame(shares, columns=columns)
    return {
        "people": pd.DataFrame({"person": ["ann", "bo", "cy", "di", "zoe"]}),
        "groups": pd.DataFrame({"group": ["g", "h"]}),
        "memberships": pd.DataFrame({"group": ["g", "h", "h"], "person": ["ann", "ann", "bo"]}),
        "friendships": pd.DataFrame(friends, columns=["person", "friend", "since"]),
        "interactions": frame.assign(interaction=[f"m{i}" for i in range(len(frame))]),
        "shares": passed.assign(
            shared_at=[day(n) for n in passed["day"]], sharer="ann", item="i"
        ).drop(columns="day"),
    }


def test_contact_counts_before_the_share_on_the_menu_of_that_moment():
    lines, source = target_lines(Dataset.from_frames(tiny(), STUDY), history_days=7)
    assert source == "friendships and memberships"
    rows = lines.set_index(["share", "target"])[["chosen", "contacts", "mine", "place"]]
    assert rows.loc["s1"].to_dict("index") == {
        "bo": {"chosen": True, "contacts": 2, "mine": 1, "place": 2.0},
        "di": {"chosen": False, "contacts": 1, "mine": 1, "place": 1.0},
    }
    assert rows.loc["s2"].to_dict("index") == {
        "g": {"chosen": False, "contacts": 1, "mine": 1, "place": 1.0},
        "h": {"chosen": True, "contacts": 0, "mine": 0, "place": 2.0},
    }
    assert rows.loc["s3", "contacts"].to_dict() == {"bo": 4, "cy": 1, "di": 1}
    assert set(lines["share"]) == {"s1", "s2", "s3"}  # too early, not on the menu, no target


def test_a_recorded_menu_goes_before_the_standing_one():
    tables = tiny()
    tables["opportunities"] = pd.DataFrame(
        {
            "person": "ann",
            "at": day(10),
            "channel": ["friend", "friend", "feed"],
            "recipient": ["bo", "zoe", None],
        }
    )
    lines, source = target_lines(Dataset.from_frames(tables, STUDY), history_days=7)
    assert source == "opportunities"
    assert lines[["share", "target"]].to_numpy().tolist() == [["s1", "bo"], ["s1", "zoe"]]


def test_the_logit_is_that_of_statsmodels():
    rng = np.random.default_rng(1)
    menu, x = np.repeat(np.arange(60), 5), rng.normal(size=(300, 2))
    utility = x @ [0.7, -0.4] + rng.gumbel(size=300)
    chosen = utility == np.repeat(utility.reshape(60, 5).max(axis=1), 5)
    peer = ConditionalLogit(chosen.astype(float), x, groups=menu).fit(disp=False)
    model = fit_conditional_poisson(chosen, np.ones(300), x, menu)
    np.testing.assert_allclose(model.beta, peer.params, rtol=1e-4)
    np.testing.assert_allclose(np.sqrt(np.diag(model.cov)), peer.bse, rtol=1e-3)


def test_crossed_clusters_add_up_and_never_fall_below_independent_rows():
    rng = np.random.default_rng(2)
    menu, x = np.repeat(np.arange(80), 4), rng.normal(size=320)
    chosen = np.zeros(320, dtype=bool)
    chosen[np.arange(80) * 4 + rng.integers(0, 4, 80)] = True
    target = np.tile(np.arange(8), 40)
    plain = fit_conditional_poisson(chosen, np.ones(320), x, menu)
    crossed = fit_conditional_poisson(chosen, np.ones(320), x, menu, clusters=[menu, target])
    assert crossed.beta == pytest.approx(plain.beta)
    assert crossed.standard_error[0] >= np.sqrt(plain.cov[0, 0])
    assert crossed.effective_clusters[0] < 8 < plain.effective_clusters[0]


def test_relabelling_people_and_turning_friendships_round_changes_nothing():
    world = small(Closeness(strength_odds=1.5)).generate(
        rng=np.random.default_rng(2), tables=TABLES
    )
    first = S04.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    tables = dict(world.frames)
    names = tables["people"]["person"]
    order = np.random.default_rng(3).permutation(len(names))
    new = {name: f"q{i:03d}" for name, i in zip(names, order, strict=True)}
    for name, columns in (
        ("people", ["person"]),
        ("memberships", ["person", "invited_by"]),
        ("friendships", ["person", "friend"]),
        ("interactions", ["sender", "recipient"]),
        ("shares", ["sharer", "recipient"]),
    ):
        table = tables[name].copy()
        for column in columns:
            table[column] = table[column].map(new)
        tables[name] = table
    turned = tables["friendships"].rename(columns={"person": "friend", "friend": "person"})
    tables["friendships"] = turned
    again = S04.test(
        Dataset.from_frames(tables, world.study), Choices(), rng=np.random.default_rng(1)
    )
    assert again.estimate == pytest.approx(first.estimate)
    assert again.ci_low == pytest.approx(first.ci_low)


def small(closeness, **parameters):
    return Platform(
        people=120,
        groups=24,
        days=30.0,
        shares_per_person=4.0,
        private_share=0.9,
        private_per_day=0.1,
        closeness=closeness,
        **parameters,
    )


def test_a_list_of_recent_chats_looks_like_strong_ties_unless_it_is_held_fixed():
    platform = small(Closeness(recency_odds=2.5)).change(shares_per_person=12.0)
    world = platform.generate(rng=np.random.default_rng(4), tables=TABLES)
    choices = Choices(alpha=0.01)
    result = S04.test(world.dataset(), choices, rng=np.random.default_rng(1))
    assert result.ci_low < 1 < result.ci_high
    careless = result.robustness[0]
    assert careless["ci_low"] > 1.2
    halving = result.details["per_halving_of_place"]
    assert halving["ci_low"] < 2.5 < halving["ci_high"]


def test_without_any_menu_or_private_messages_it_says_so():
    tables = tiny()
    tables["shares"] = tables["shares"].query("share == 'stranger'")
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S04",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "无法检验" in result.word("reason", "zh")
    hidden = STUDY | {"coverage": {"private": False}}
    result = S04.test(Dataset.from_frames(tiny(), hidden), Choices(), rng=np.random.default_rng(1))
    assert result.n["events"] == 1  # the share to a group is left
    assert "Private messages" in result.threats[0]


@pytest.mark.calibration
def test_where_recency_alone_decides_false_alarms_stay_at_their_level():
    assert_level([result.p_value for result, _truth in ask_worlds("S04", 1.0, 24, 5)], sigmas=3)


@pytest.mark.calibration
def test_planted_odds_are_covered_and_found():
    assert_covered(ask_worlds("S04", 1.6, 16, 6), supported=0.8)
