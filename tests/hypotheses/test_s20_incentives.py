"""S20 by hand, where chance decides and where it does not, and on platforms that pay by chance."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_centred, assert_covered, assert_level

from smallnet.hypotheses import load_claim
from smallnet.hypotheses.methods.group_clock import group_clock
from smallnet.hypotheses.methods.moments import chance_ratio, stacked_ratio
from smallnet.hypotheses.result import Result
from smallnet.simulations import Incentive, Platform
from smallnet.tables import Choices, Dataset

S20 = load_claim("S20")
START = pd.Timestamp("2024-01-01")
TABLES = ("people", "groups", "memberships", "interactions", "events")


def moments(days):
    return START + pd.to_timedelta(np.round(np.asarray(days) * 86400).astype(int), unit="s")


def ask(frames, days, **choices):
    study = {
        "observed_from": START.to_pydatetime(),
        "observed_until": (START + pd.Timedelta(days=days)).to_pydatetime(),
    }
    data = Dataset.from_frames(frames, study)
    return S20.test(data, Choices(**choices), rng=np.random.default_rng(1))


def world(rng, effect=1.0, *, groups=40, days=40, answered=0.5, amounts=(), by_lows=True):
    """Groups with good and bad days; somebody steps in the day after a bad one, or by chance."""
    rate = rng.gamma(6, 1.5, groups)[:, None] * rng.gamma(2, 0.5, (groups, days))
    boost = np.ones((groups, days))
    events = []
    for g in range(groups):
        if by_lows:
            usual = rate[g].mean()
            lows = [d for d in range(12, days - 3) if rate[g, d] < 0.35 * usual]
            if lows and rng.random() < answered:
                events.append((g, lows[0] + 1, np.nan))
        else:
            for d in range(9, days - 2, 9):
                events.append((g, d, float(rng.choice(amounts))))
    for g, d, amount in events:
        boost[g, d] *= effect if np.isnan(amount) else effect ** np.log2(amount)
    count = rng.poisson(rate * boost)
    g, d = np.nonzero(count)
    many = count[g, d]
    at = np.repeat(d, many) + rng.random(many.sum())
    g = np.repeat(g, many)
    frames = {
        "memberships": pd.DataFrame(
            {
                "group": [f"g{i}" for i in range(groups) for _ in range(3)],
                "person": [f"p{i}{j}" for i in range(groups) for j in range(3)],
            }
        ),
        "interactions": pd.DataFrame(
            {
                "interaction": [f"m{i}" for i in range(at.size)],
                "sender": [f"p{i}{j}" for i, j in zip(g, rng.integers(0, 3, g.size), strict=True)],
                "group": [f"g{i}" for i in g],
                "at": moments(at),
            }
        ),
        "events": pd.DataFrame(
            {
                "event": [f"e{i}" for i in range(len(events))],
                "kind": "redpacket",
                "group": [f"g{g}" for g, _, _ in events],
                "starts_at": moments([d for _, d, _ in events]),
                "randomised": not by_lows,
            }
        ),
    }
    if amounts:
        frames["events"]["amount"] = [amount for _, _, amount in events]
    return frames


def test_the_ratio_is_that_of_mantel_and_haenszel():
    found = chance_ratio(
        [4, 1, 6, 2, 9, 9],
        [1, 1, 2, 2, 1, 1],
        [1, 0, 1, 0, 1, 1],
        list("aabbcc"),
        rng=np.random.default_rng(1),
    )
    assert found.ratio == pytest.approx((4 * 1 / 2 + 6 * 2 / 4) / (1 * 1 / 2 + 2 * 2 / 4))
    assert found.n_groups == 2  # c has no control moment


def test_whole_groups_change_places_where_groups_were_drawn_as_a_whole():
    rng = np.random.default_rng(2)
    after = np.array([6.0, 6.0, 3.0, 3.0, 2.0, 4.0, 3.0, 3.0])
    found = chance_ratio(after, np.ones(8), np.repeat([1, 0], 4), np.arange(8) // 2, rng=rng)
    assert found.ratio == pytest.approx(18 / 12)
    assert found.n_groups == 4
    assert found.p_value > 0.5  # 2 of 4 groups: 6 arrangements, the most extreme of which is this


def test_the_interval_holds_the_ratio_under_which_labels_may_change_places():
    worlds, truth, held = 200, 1.7, 0
    for rng in np.random.default_rng(3).spawn(worlds):
        group = np.repeat(np.arange(12), 6)
        paid = rng.random(72) < 0.5
        rate = rng.gamma(2, 4, 12)[group]
        expected = rng.poisson(7 * rate) / 7
        after = rng.poisson(rate * truth**paid)
        found = chance_ratio(after, expected, paid, group, permutations=399, rng=rng)
        held += found.low <= truth <= found.high
    assert held / worlds > 0.95 - 4 * np.sqrt(0.05 * 0.95 / worlds)
    assert held / worlds < 1


def test_a_doubling_of_the_amount_is_found():
    rng = np.random.default_rng(4)
    group, amount = np.repeat(np.arange(30), 5), rng.choice([1, 2, 4, 8], 150)
    after = rng.poisson(20 * 1.3 ** np.log2(amount))
    found = chance_ratio(after, np.ones(150), np.log2(amount), group, rng=rng)
    assert found.low < 1.3 < found.high
    assert found.high / found.low < 1.2
    assert found.p_value < 0.01


def test_moments_are_compared_with_others_of_their_kind_at_the_same_time():
    after = [[9.0, 2.0, 8.0], [1.0, 6.0, 9.0]]
    found = stacked_ratio(
        after,
        np.ones((2, 3)) * 2,
        np.ones((2, 3), dtype=bool),
        [0, 1],
        [[0, 0, 1], [1, 0, 0]],
    )
    # of its kind: the first has group 1 (2 where 2 were expected), the second group 2 (9 of 2)
    assert found.ratio == pytest.approx((9 + 6) / (2 * 2 / 2 + 2 * 9 / 2))


def test_the_clock_counts_between_two_moments():
    frames = {
        "memberships": pd.DataFrame(
            {
                "group": ["a", "a", "b"],
                "person": ["x", "y", "x"],
                "joined_at": [None, START + pd.Timedelta(days=2), None],
            }
        ),
        "interactions": pd.DataFrame(
            {
                "interaction": ["1", "2", "3"],
                "sender": ["x", "y", "x"],
                "group": ["a", "a", "b"],
                "at": moments([1.0, 2.5, 1.0]),
                "reply_to": [None, "1", None],
            }
        ),
    }
    study = {
        "observed_from": START.to_pydatetime(),
        "observed_until": (START + pd.Timedelta(days=4)).to_pydatetime(),
    }
    clock = group_clock(Dataset.from_frames(frames, study))
    code = clock.code(["a", "b", "nobody"])
    assert code.tolist() == [0, 1, -1]
    assert clock.messages(code[:2], 1.0, 2.5).tolist() == [1, 1]  # half-open
    assert clock.messages(code[:2], 0.0, 9.0).tolist() == [2, 1]
    assert clock.replies().messages(code[:2], 0.0, 9.0).tolist() == [1, 0]
    assert clock.member_days(code[:2], 1.0, 3.0).tolist() == pytest.approx([3, 2])


def test_who_steps_in_after_a_low_is_not_given_the_merit_of_the_return():
    naive, found = [], []
    for rng in np.random.default_rng(5).spawn(4):
        frames = world(rng, groups=120)
        result = ask(frames, 40, replicates=99)
        assert result.details["design"] == "staggered"
        assert result.verdict in ("inconclusive", "no effect")
        found.append(np.log(result.estimate))
        acts, events = frames["interactions"], frames["events"]
        day = (acts["at"] - START) // pd.Timedelta(days=1)
        by = acts.groupby(["group", day]).size()
        at = (events["starts_at"] - START) // pd.Timedelta(days=1)
        after = sum(by.get((g, d), 0) for g, d in zip(events["group"], at, strict=True))
        before = sum(by.get((g, d - 1), 0) for g, d in zip(events["group"], at, strict=True))
        naive.append(after / before)
    assert min(naive) > 1.5  # before and after finds what is not there
    assert abs(np.mean(found)) < 0.2


def test_a_staggered_effect_is_found_with_the_threat_named():
    frames = world(np.random.default_rng(6), 2.5, groups=120)
    result = ask(frames, 40, replicates=199)
    assert result.verdict == "supported"
    assert result.ci_low < 2.5 < result.ci_high
    assert "Nobody drew lots" in result.threats[0]
    assert result.details["placebo"]["ci_low"] < 1 < result.details["placebo"]["ci_high"]


def test_more_groups_than_memory_holds_are_sampled(monkeypatch):
    monkeypatch.setattr(S20, "MOST_CELLS", 120 * 30)
    frames = world(np.random.default_rng(6), 2.5, groups=120)
    result = ask(frames, 40, replicates=99)
    assert result.details["moments"] == 30
    assert result.ci_low < 2.5 < result.ci_high


def test_random_amounts_give_the_ratio_per_doubling():
    frames = world(np.random.default_rng(7), 1.4, amounts=(1, 2, 4, 8), by_lows=False)
    result = ask(frames, 40, replicates=199)
    assert result.details["design"] == "random amounts"
    assert "per doubling" in result.effect
    assert result.ci_low < 1.4 < result.ci_high
    assert result.verdict == "supported"


def test_amounts_that_do_not_matter_leave_open_whether_being_paid_does():
    frames = world(
        np.random.default_rng(8), 1.0, groups=150, days=90, amounts=(1, 8, 64), by_lows=False
    )
    result = ask(frames, 90, replicates=199)
    assert result.ci_low > 1 / 1.1
    assert result.ci_high < 1.1
    assert result.verdict == "inconclusive"
    assert "leaves open" in result.reason


def test_without_chance_and_without_groups_whose_turn_comes_later_it_is_not_testable():
    frames = world(np.random.default_rng(9), groups=12)
    frames["events"] = pd.DataFrame(
        {
            "event": [f"e{i}" for i in range(12)],
            "kind": "game",
            "group": [f"g{i}" for i in range(12)],
            "starts_at": moments([20.0] * 12),
        }
    )
    result = ask(frames, 40)
    assert result.verdict == "not testable"
    assert "before and after alone say nothing" in result.reason
    frames["events"]["kind"] = "announcement"
    assert "no event of a kind" in ask(frames, 40).reason


def test_few_moments_settle_nothing():
    frames = world(np.random.default_rng(10), groups=3, amounts=(1, 2), by_lows=False)
    result = ask(frames, 40, replicates=99)
    assert result.verdict == "inconclusive"
    assert result.estimate is None


def test_what_stays_after_the_end_is_told_apart_from_the_day_itself():
    platform = Platform(
        people=200,
        groups=80,
        days=90.0,
        messages_per_day=0.5,
        liveliness_sd=0.3,
        size_sd=0.4,
        size_max=40,
        incentive=Incentive(boost=2.0, residual=1.5, per_group=2, groups_share=1.0),
    )
    made = platform.generate(rng=np.random.default_rng(11), tables=TABLES)
    result = S20.test(made.dataset(), Choices(replicates=199), rng=np.random.default_rng(1))
    late = result.details["weeks_2_to_8"]
    assert result.ci_low < 2.0 < result.ci_high
    assert late["ci_low"] < made.truth["S20"]["residual"] < late["ci_high"]
    assert late["ci_low"] > 1
    share = result.details["persistence_ratio"]
    assert share == pytest.approx((late["estimate"] - 1) / (result.estimate - 1))


def test_the_figure_comes_from_the_result_alone_in_both_languages():
    frames = world(np.random.default_rng(12), 1.4, amounts=(1, 4), by_lows=False)
    kept = Result.from_dict(json.loads(json.dumps(ask(frames, 40, replicates=99).to_dict())))
    for lang, word in (("en", "days since the incentive"), ("zh", "距激励的天数")):
        drawn = S20.plot(kept, lang=lang)
        assert word in drawn.get_xlabel()
        drawn.figure.clear()


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _ in ask_worlds("S20", 1.0, 24, 13, Choices(replicates=99))]
    assert_level([result.p_value for result in results], sigmas=3.5)
    assert_centred(np.log([result.estimate for result in results]))


@pytest.mark.calibration
def test_a_planted_effect_is_covered_and_found():
    assert_covered(ask_worlds("S20", 2.0, 20, 14, Choices(replicates=99)), supported=0.8)
