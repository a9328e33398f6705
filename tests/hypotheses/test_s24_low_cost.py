"""S24 by hand, with people in several groups, another channel, and bounds without a hold-out."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_centred, assert_covered, assert_level

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.moments import chance_difference
from smallnet.hypotheses.result import Result
from smallnet.tables import Choices, Dataset

S24 = load_claim("S24")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=60)).to_pydatetime(),
}


def moments(days):
    return START + pd.to_timedelta(np.round(np.asarray(days, float) * 86400).astype(int), unit="s")


def world(bought, *, cost=None, members=4, arms=None, randomised=True, also=()):
    """Groups of so many; ``bought``: purchases in each group's window, from day 20 to 34."""
    groups = list(bought)
    arms = arms or {g: "outreach" if g.startswith("w") else "hold-out" for g in groups}
    own = [(g, f"{g}-{j}") for g in groups for j in range(members)]
    sales = [(f"{g}-{k % members}", 21 + k % 10) for g in groups for k in range(bought[g])]
    sales += [(f"{groups[0]}-0", 5.0), (f"{groups[0]}-0", 50.0), *also]
    events = pd.DataFrame(
        {
            "event": [f"e{g}" for g in groups],
            "kind": "outreach",
            "group": groups,
            "starts_at": moments([20.0] * len(groups)),
            "ends_at": moments([34.0] * len(groups)),
            "randomised": randomised,
            "arm": [arms[g] for g in groups],
        }
    )
    if cost is not None:
        events["cost"] = [cost if arms[g] != "hold-out" else 0.0 for g in groups]
    return {
        "memberships": pd.DataFrame(own, columns=["group", "person"]),
        "transactions": pd.DataFrame(
            {
                "person": [person for person, _ in sales],
                "at": moments([day for _, day in sales]),
                "value": 10.0,
            }
        ),
        "events": events,
    }


def ask(frames, **choices):
    return S24.test(
        Dataset.from_frames(frames, STUDY), Choices(**choices), rng=np.random.default_rng(1)
    )


PLAIN = {f"w{i}": 6 for i in range(6)} | {f"h{i}": 2 for i in range(6)}


def test_what_comes_more_is_divided_by_what_it_costs():
    result = ask(world(PLAIN, cost=8.0))
    # 1.5 purchases a member less 0.5, for 24 members of worked groups, over 6 times 8
    assert result.details["more_a_member"]["estimate"] == pytest.approx(1)
    assert result.estimate == pytest.approx(24 / 48)
    assert result.details["cost_of_one_more_purchase"] == pytest.approx(2)
    assert result.verdict == "supported"
    rows = {row["name"]: row["estimate"] for row in result.robustness}
    assert rows["money per unit of cost (1 = it pays for itself)"] == pytest.approx(5)
    assert result.details["purchases_a_member"] == pytest.approx({"worked": 1.5, "hold-out": 0.5})


def test_who_is_in_two_worked_groups_counts_for_both():
    frames = world(PLAIN, cost=8.0)
    extra = [(g, "both") for g in ("w0", "w1")] + [(g, "none") for g in ("h0", "h1")]
    more = pd.DataFrame(extra, columns=["group", "person"])
    frames["memberships"] = pd.concat([frames["memberships"], more])
    sales = pd.DataFrame({"person": "both", "at": moments([22.0, 23.0]), "value": 10.0})
    frames["transactions"] = pd.concat([frames["transactions"], sales])
    result = ask(frames)
    # two more purchases through two groups: one for each, as for the others
    assert result.details["more_a_member"]["estimate"] == pytest.approx(1)
    assert result.details["people_in_several_trial_groups"] == 2
    assert result.estimate == pytest.approx(26 / 48)


def test_the_interval_holds_the_difference_under_which_labels_may_change_places():
    worlds, truth, held = 200, 0.7, 0
    for rng in np.random.default_rng(2).spawn(worlds):
        n = rng.integers(3, 20, 16)
        z = rng.permutation(16) < 8
        y = rng.poisson(n * rng.gamma(4, 0.25, 16)) + rng.poisson(truth * n * z)
        mean, share = y.sum() / n.sum(), (z * n).sum() / n.sum()
        found = chance_difference(
            y - mean * n, z * n - share * n, z, np.zeros(16), permutations=399, rng=rng
        )
        held += found.low <= truth <= found.high
    assert abs(held / worlds - 0.95) < 4 * np.sqrt(0.05 * 0.95 / worlds)


def test_only_groups_that_began_together_are_compared():
    frames = world(PLAIN, cost=8.0)
    late = world({f"{g}x": 3 * many for g, many in PLAIN.items()}, cost=8.0)  # a busier fortnight
    for table in ("memberships", "transactions", "events"):
        frames[table] = pd.concat([frames[table], late[table]], ignore_index=True)
    events = frames["events"]
    events.loc[events["group"].str.endswith("x"), "ends_at"] = moments([35.0])[0]
    result = ask(frames)
    assert result.details["more_a_member"]["estimate"] == pytest.approx((1 + 3) / 2)


def test_another_channel_that_is_cheaper_takes_the_support_back():
    arms = {g: "outreach" if g[0] == "w" else "hold-out" for g in PLAIN}
    arms |= {f"a{i}": "advert" for i in range(6)}
    frames = world(PLAIN | {f"a{i}": 14 for i in range(6)}, cost=8.0, arms=arms)
    result = ask(frames)
    assert result.details["other_channels"]["advert"]["estimate"] == pytest.approx(3 * 24 / 48)
    assert result.estimate == pytest.approx(24 / 48)
    assert result.verdict == "contradicted"
    assert "another channel" in result.reason


def test_without_a_hold_out_there_are_bounds_and_no_verdict():
    frames = world(PLAIN, cost=8.0, randomised=False)
    result = ask(frames)
    assert (result.verdict, result.estimate) == ("not testable", None)
    assert result.details["bounds"] == pytest.approx([0, 36 / 48])
    assert "between 0 and 0.75" in result.reason
    assert "0.75" in result.word("reason", "zh")
    frames = world(PLAIN, cost=8.0, arms=dict.fromkeys(PLAIN, "outreach"))
    assert ask(frames).verdict == "not testable"


def test_without_a_cost_it_is_not_testable_but_what_comes_more_is_told():
    result = ask(world(PLAIN))
    assert result.verdict == "not testable"
    assert "cost" in result.reason
    assert result.details["more_a_member"]["estimate"] == pytest.approx(1)


def test_few_groups_settle_nothing():
    result = ask(world({"w0": 3, "w1": 4, "h0": 1, "h1": 0}, cost=1.0))
    assert (result.verdict, result.estimate) == ("inconclusive", None)


def test_without_transactions_it_cannot_be_tested():
    frames = world(PLAIN, cost=8.0)
    del frames["transactions"]
    data = Dataset.from_frames(frames, STUDY)
    (result,) = run_claims(data, Choices(hypotheses=("S24",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "transactions" in result.reason


def test_the_figure_comes_from_the_result_alone_in_both_languages():
    kept = Result.from_dict(json.loads(json.dumps(ask(world(PLAIN, cost=8.0)).to_dict())))
    for lang, word in (("en", "weeks since the outreach began"), ("zh", "运营开始后的周数")):
        drawn = S24.plot(kept, lang=lang)
        assert drawn.get_xlabel() == word
        drawn.figure.clear()


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _ in ask_worlds("S24", 0.0, 24, 3, Choices(replicates=199))]
    assert_level([result.p_value for result in results], sigmas=3.5)
    assert_centred([result.estimate for result in results])


@pytest.mark.calibration
def test_a_planted_effect_is_covered_and_found():
    assert_covered(ask_worlds("S24", 0.05, 20, 4, Choices(replicates=199)), supported=0.7)
