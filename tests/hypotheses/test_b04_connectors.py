"""B04 asks leaders of the first half again, and does not take luck or bursts for connectors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.b04_connectors import START, STUDY
from smallnet.hypotheses.planted.b04_connectors import draw_frames as frames
from smallnet.tables import Choices, Dataset

B04 = load_claim("B04")
CHOICES = Choices(replicates=199, hypotheses=("B04",))
DAY = pd.Timedelta(days=1)


def ask(made, rng=None):
    rng = rng or np.random.default_rng(1)
    return B04.test(Dataset.from_frames(made, STUDY), CHOICES, rng=rng)


def test_leaders_who_lead_again_are_found():
    result = ask(frames(np.random.default_rng(1), 4.0))
    assert result.ci_low < 4 < result.ci_high < 8
    assert result.verdict == "supported"
    assert result.p_value == pytest.approx(2 / 200)
    assert "leaders of the first half" in result.reason
    assert "领先者" in result.word("reason", "zh")


def test_uneven_recruiting_that_does_not_last_is_no_support():
    result = ask(frames(np.random.default_rng(2), 1.0))
    assert result.details["top_share"] > 2 * result.details["top_share_by_luck"][2]
    assert result.ci_low < 1 < result.ci_high
    assert result.verdict != "supported"


@pytest.mark.calibration
@pytest.mark.parametrize("fresh", [1.0, 30.0])
def test_where_others_lead_in_the_second_half_false_alarms_stay_at_their_level(fresh):
    worlds = 20
    children = np.random.default_rng(3).spawn(worlds)
    results = [ask(frames(rng, 1.0, fresh=fresh), rng) for rng in children]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) <= stats.binom.ppf(0.999, worlds, 0.05) / worlds
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def hand_made():
    """Give one group of ann, bob and cy, all from before; zoe of another group invites too."""
    joins = [("ann", 10), ("ann", 20), ("ann", 40), ("ann", 50), ("bob", 60), ("zoe", 5)]
    rows = [("g", who, None, None, None) for who in ("ann", "bob", "cy")]
    rows += [("h", "zoe", None, None, None)]
    rows += [("g", f"p{i}", START + at * DAY, None, who) for i, (who, at) in enumerate(joins)]
    rows += [("g", "self", START + 3 * DAY, None, "self"), ("g", "x", START + DAY, None, None)]
    columns = ["group", "person", "joined_at", "left_at", "invited_by"]
    return {"memberships": pd.DataFrame(rows, columns=columns)}


def test_recruits_are_counted_for_inviters_who_were_in_the_group():
    result = ask(hand_made())
    found = result.details
    assert found["recruits"] == 5
    assert found["inviters"] == 2
    assert found["inviters_outside_the_group"] == 1
    assert found["joins_of_unknown_way"] == pytest.approx(1 / 8)
    assert found["leads_from"] == 3  # nobody has five: the top one of a hundred has three
    assert found["leaders"] == 1
    assert found["members"] == 12
    assert found["top_share"] == pytest.approx(4 / 5)  # one of twelve
    # sorted 4, 1, 0 …: (11 · 4 + 9 · 1) / 5 / 11
    assert found["gini"] == pytest.approx(53 / 55)
    assert result.n["events"] == 2
    assert result.verdict == "inconclusive"
    assert "neither the inviter" in result.threats[0]
    assert B04.plot(result, lang="zh") is not None


def test_luck_deals_recruits_out_by_days_of_membership():
    made = hand_made()
    stays = made["memberships"]
    stays.loc[stays["person"].isin(["bob", "cy"]), "left_at"] = START + 0.01 * DAY
    keep = stays["invited_by"].isna() | (stays["invited_by"] == "ann")
    made["memberships"] = stays[keep & (stays["person"] != "x")]
    found = ask(made).details
    # ann was there 90 days, p0 to p3 together 240, the two others next to none
    mean = found["top_share_by_luck"][0]
    assert 0.3 < mean < 0.75  # the largest of four recruits dealt to five people
    assert found["top_share"] == 1.0


def test_names_and_the_order_of_rows_do_not_matter():
    stays = frames(np.random.default_rng(4), 2.0)["memberships"]
    again = stays.iloc[::-1].reset_index(drop=True)
    for column in ("group", "person", "invited_by"):
        again[column] = again[column].str[::-1]
    first, second = ask({"memberships": stays}), ask({"memberships": again})
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci_low == pytest.approx(first.ci_low)
    assert second.details["gini"] == pytest.approx(first.details["gini"])


def test_without_inviters_it_cannot_be_tested():
    made = frames(np.random.default_rng(5), 1.0, groups=3, members=5)
    made["memberships"]["invited_by"] = "somebody else"
    with_strangers = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(with_strangers, CHOICES, rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "members of the group" in result.reason
    made["memberships"] = made["memberships"].drop(columns="invited_by")
    without = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(without, CHOICES, rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "memberships.invited_by" in result.reason
