"""S07 by hand, on trees that branch by known laws, and as a model where nothing was tried."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_centred, assert_covered, assert_level
from scipy import stats

from smallnet.hypotheses import load_claim
from smallnet.hypotheses.methods.reach import branching_virality, mean_virality, trees_of
from smallnet.hypotheses.result import Result
from smallnet.simulations import Platform, Seeding
from smallnet.tables import Choices, Dataset

S07 = load_claim("S07")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=60)).to_pydatetime(),
}


def moments(days):
    return START + pd.to_timedelta(np.round(np.asarray(days, float) * 86400).astype(int), unit="s")


def by_hand(*, cost=(2.0, 1.0), trials=10):
    """In a small group ann's item goes to bob, from him to cy and di; the broadcast finds one."""
    shares, taken, events = [], [], []
    for k in range(trials):
        small = k % 2 == 0
        shares.append((f"s{k}", f"i{k}", "ann", "group" if small else "feed", 1 + k, None))
        events.append((f"e{k}", "g" if small else None, 1 + k, cost[k % 2], f"i{k}"))
        taken.append((f"bob{k}", f"i{k}", 2 + k, f"s{k}"))
        if small:
            shares.append((f"t{k}", f"i{k}", f"bob{k}", "feed", 3 + k, f"s{k}"))
            taken += [(f"cy{k}", f"i{k}", 4 + k, f"t{k}"), (f"di{k}", f"i{k}", 5 + k, f"t{k}")]
            taken.append((f"late{k}", f"i{k}", 40 + k, f"t{k}"))  # after the horizon
    shares = pd.DataFrame(
        shares, columns=["share", "item", "sharer", "channel", "shared_at", "parent"]
    )
    shares["group"] = np.where(shares["channel"] == "group", "g", None)
    taken = pd.DataFrame(taken, columns=["person", "item", "adopted_at", "via_share"])
    events = pd.DataFrame(events, columns=["event", "group", "starts_at", "cost", "item"])
    members = pd.DataFrame({"group": "g", "person": ["ann", *(f"m{i}" for i in range(9))]})
    return {
        "memberships": members,
        "shares": shares.assign(shared_at=moments(shares["shared_at"])),
        "adoptions": taken.assign(adopted_at=moments(taken["adopted_at"])),
        "events": events.assign(
            kind="seeding", randomised=True, starts_at=moments(events["starts_at"])
        ),
    }


def ask(frames, **choices):
    return S07.test(
        Dataset.from_frames(frames, STUDY), Choices(**choices), rng=np.random.default_rng(1)
    )


def test_reach_is_counted_through_the_whole_tree_and_divided_by_cost():
    result = ask(by_hand(trials=20))
    small, broad = result.details["arms"]["small_groups"], result.details["arms"]["broadcast"]
    assert (small["adopters"], broad["adopters"]) == (30, 10)  # who came late does not count
    assert result.estimate == pytest.approx((30 / 20) / (10 / 10))
    assert small["largest_depth"] == 2
    assert small["takers_per_adopter"] == pytest.approx(2 / 3)
    rows = {row["name"]: row["estimate"] for row in result.robustness}
    assert rows["taken up from the first share only"] == pytest.approx(0.5)
    assert rows["per trial, whatever it cost"] == pytest.approx(3)


def test_the_virality_of_a_tree_by_hand():
    result = ask(by_hand(trials=20))
    # ann-bob-cy, ann-bob-di: distances 1, 2, 2, 1, 1, 2 of six pairs; two of a tree are too few
    assert result.details["virality"]["observed"] == pytest.approx(9 / 6)
    assert result.details["virality"]["star_of_the_same_size"] == pytest.approx(2 * 3 / 4)
    assert result.details["virality"]["trees_of_three_and_more"] == 10


def test_without_a_cost_every_trial_counts_the_same_and_it_says_so():
    frames = by_hand(trials=20)
    frames["events"] = frames["events"].drop(columns="cost")
    result = ask(frames)
    assert result.estimate == pytest.approx(3)
    assert "No cost is recorded" in result.threats[0]


def test_an_adopter_of_two_ways_stands_in_one_tree_once():
    frames = by_hand(trials=20)
    again = frames["adoptions"].iloc[[0]].assign(adopted_at=moments([30.0]), via_share="t0")
    frames["adoptions"] = pd.concat([frames["adoptions"], again])
    data = Dataset.from_frames(frames, STUDY)
    trees = trees_of(data, pd.Series(["s0", "s1"]), [2**62, 2**62])
    assert trees.reach.tolist() == [4, 1]  # with late0
    assert trees.takers[:2].tolist() == [1, 1]


def test_the_branching_null_of_a_star_is_a_star():
    first, later = np.full(50, 6), np.zeros(300, dtype=int)
    drawn = branching_virality(first, later, 10, draws=3, rng=np.random.default_rng(1))
    np.testing.assert_allclose(drawn, 2 * 6 / 7)


def test_trees_of_a_branching_process_agree_with_their_null():
    rng = np.random.default_rng(2)
    p_values = []
    for _ in range(30):
        seen = branching_virality(np.arange(5), np.array([0, 0, 1, 2]), 40, draws=1, rng=rng)
        drawn = branching_virality(np.arange(5), np.array([0, 0, 1, 2]), 40, draws=39, rng=rng)
        p_values.append((drawn <= seen[0]).mean())
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    assert np.isnan(mean_virality(np.array([-1, -1, 0])))  # nobody has two below


def test_large_groups_are_told_beside_and_not_called_small():
    frames = by_hand(trials=40)
    crowd = pd.DataFrame({"group": "big", "person": ["ann", *(f"c{i}" for i in range(60))]})
    frames["memberships"] = pd.concat([frames["memberships"], crowd])
    for table in ("shares", "events"):
        rows = frames[table]
        eight = rows["item"].isin([f"i{k}" for k in range(0, 16, 2)]) & rows["group"].notna()
        rows.loc[eight, "group"] = "big"
    result = ask(frames)
    assert result.details["arms"]["large_groups"]["trials"] == 8
    assert result.details["arms"]["small_groups"]["trials"] == 12
    assert result.n["rows"] == 32


def test_without_trials_it_is_not_testable_and_the_model_is_called_a_model():
    platform = Platform(people=150, groups=30, days=20.0)
    world = platform.generate(
        rng=np.random.default_rng(3), tables=("people", "groups", "memberships", "friendships")
    )
    result = S07.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert result.estimate is None
    model = result.details["model"]
    assert model["what"] == "a model, no evidence"
    assert all(ratio > 0 for ratio in model["reach_ratio_by_chance_of_a_tie"].values())
    assert "not evidence" in result.reason
    again = S07.test(world.dataset(), Choices(), rng=np.random.default_rng(1))
    assert again.details["model"] == model


def test_chance_in_one_arm_only_is_not_testable():
    frames = by_hand()
    frames["events"] = frames["events"][frames["events"]["group"].notna()]
    result = ask(frames)
    assert result.verdict == "not testable"
    assert "both arms" in result.reason


def test_few_trials_settle_nothing():
    result = ask(by_hand(trials=6))
    assert (result.verdict, result.estimate) == ("inconclusive", None)


def test_a_platform_with_both_arms_gives_its_ratio_back():
    platform = Platform(
        people=400,
        groups=60,
        days=90.0,
        size_max=25,
        friends_per_person=12.0,
        seeding=Seeding(trials=300, broadcast_share=0.5, take=0.2, take_feed=0.2),
    )
    world = platform.generate(rng=np.random.default_rng(4))
    result = S07.test(world.dataset(), Choices(replicates=199), rng=np.random.default_rng(1))
    assert result.ci_low < world.truth["S07"]["estimate"] < result.ci_high


def test_the_figure_comes_from_the_result_alone_in_both_languages():
    kept = Result.from_dict(json.loads(json.dumps(ask(by_hand(trials=20)).to_dict())))
    for lang, word in (("en", "people who take it up, r"), ("zh", "采纳人数 r")):
        drawn = S07.plot(kept, lang=lang)
        assert drawn.get_xlabel() == word
        drawn.figure.clear()


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _ in ask_worlds("S07", 1.0, 24, 5, Choices(replicates=199))]
    assert_level([result.p_value for result in results], sigmas=3.5)
    assert_centred(np.log([result.estimate for result in results]))


@pytest.mark.calibration
def test_a_planted_effect_is_covered_and_found():
    assert_covered(ask_worlds("S07", 3.0, 20, 6, Choices(replicates=199)), supported=0.7)
