"""Survival: the numbers of textbooks and peers, and curves that hold in drawn lives."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.competing import competing_exits
from smallnet.hypotheses.methods.survival import (
    kaplan_meier,
    logrank_test,
    median_time,
    risk_table,
)
from smallnet.hypotheses.methods.weibull import fit_weibull, weibull_through


def lives(rng, n=200, *, late=True):
    """Exponential lives of mean 10, watched from a late entry until a random end."""
    many = rng.exponential(10, 20 * n), rng.uniform(0, 6, 20 * n) * late, rng.uniform(3, 30, 20 * n)
    life, enter, stop = (values[(many[0] > many[1]) & (many[2] > many[1])][:n] for values in many)
    return np.minimum(life, stop), life <= stop, enter


def test_five_stays_by_hand():
    # S(1) = 4/5, S(3) = 4/5 * 1/3; se = S sqrt(1/(5*4) + 2/(3*1))
    table = kaplan_meier([1, 2, 3, 3, 5], [True, False, True, True, False])
    assert table["survival"].tolist() == pytest.approx([0.8, 0.266667], abs=5e-7)
    assert table["standard_error"].iloc[1] == pytest.approx(0.225750, abs=5e-7)


@pytest.mark.parametrize("late", [False, True])
def test_the_curve_is_that_of_statsmodels(late):
    from statsmodels.duration.survfunc import SurvfuncRight

    end, seen, enter = lives(np.random.default_rng(1), late=late)
    end = np.ceil(end * 4) / 4 + 0.25  # with ties, and none before its entry
    peer = SurvfuncRight(end, seen, entry=enter if late else None)
    table = kaplan_meier(end, seen, enter)
    np.testing.assert_allclose(table["time"], peer.surv_times)
    np.testing.assert_allclose(table["survival"], peer.surv_prob)
    left = table["survival"].to_numpy() > 0
    np.testing.assert_allclose(table["standard_error"][left], np.asarray(peer.surv_prob_se)[left])


def test_intervals_hold_the_true_share_with_late_entry_and_censoring():
    rng, worlds, held, median = np.random.default_rng(2), 400, 0, 0
    for _ in range(worlds):
        table = kaplan_meier(*lives(rng))
        row = table[table["time"] <= 8].iloc[-1]
        held += row["low"] <= np.exp(-0.8) <= row["high"]
        _, low, high = median_time(table)
        median += low <= 10 * np.log(2) <= high
    for hits in (held, median):
        assert stats.binomtest(hits, worlds, 0.95).pvalue > 1e-3


def test_ignoring_late_entry_makes_lives_too_long():
    end, seen, enter = lives(np.random.default_rng(3), 2000)
    at_8 = [
        table[table["time"] <= 8].iloc[-1]
        for table in (kaplan_meier(end, seen, enter), kaplan_meier(end, seen))
    ]
    assert at_8[0]["low"] < np.exp(-0.8) < at_8[0]["high"]
    assert at_8[1]["low"] > np.exp(-0.8)


def test_numbers_at_risk_add_up():
    end, seen, enter = lives(np.random.default_rng(4))
    table = risk_table([0.5, 5, 12, 40], end, seen, enter)
    watched = table["entered"] - table["exits"] - table["censored"]
    assert (watched == table["at_risk"]).all()  # no time is exactly one of these
    assert table["at_risk"].iloc[-1] == 0


def test_ways_out_and_those_left_add_up_to_all():
    rng = np.random.default_rng(5)
    end, seen, enter = lives(rng)
    ways = np.where(seen, rng.choice(["left", "removed", "closed"], seen.size), "")
    shares = competing_exits(end, ways, enter).pivot(index="time", columns="cause", values="share")
    survival = kaplan_meier(end, seen, enter)["survival"].to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1) + survival, 1)


def test_shares_by_way_out_are_those_of_statsmodels():
    from statsmodels.duration.survfunc import CumIncidenceRight

    rng = np.random.default_rng(6)
    end, seen, _ = lives(rng, late=False)
    status = np.where(seen, rng.integers(1, 3, seen.size), 0)
    peer = CumIncidenceRight(end, status)
    found = competing_exits(end, status, censored="0")
    for way in (1, 2):
        mine = found[found["cause"] == str(way)]
        theirs = np.isin(peer.times, mine["time"])
        np.testing.assert_allclose(mine["share"], peer.cinc[way - 1][theirs])


def test_intervals_of_a_way_out_hold_its_share():
    # Hazards 0.06 and 0.04: gone the first way by 8 are 0.6 (1 - exp(-0.8))
    rng, worlds, held, naive = np.random.default_rng(7), 400, 0, 0
    truth = 0.6 * -np.expm1(-0.8)
    for _ in range(worlds):
        end, seen, enter = lives(rng)
        ways = np.where(seen, np.where(rng.random(seen.size) < 0.6, "left", "closed"), "")
        table = competing_exits(end, ways, enter)
        row = table[(table["cause"] == "left") & (table["time"] <= 8)].iloc[-1]
        held += row["low"] <= truth <= row["high"]
        one = kaplan_meier(end, ways == "left", enter)
        naive += 1 - one[one["time"] <= 8].iloc[-1]["survival"] > truth
    assert stats.binomtest(held, worlds, 0.95).pvalue > 1e-3
    assert naive > 0.8 * worlds  # other ways taken as censoring: too many


def test_the_logrank_test_is_that_of_statsmodels():
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.default_rng(8)
    end, seen, _ = lives(rng, late=False)
    group = rng.integers(0, 3, end.size)
    assert logrank_test(end, seen, group) == pytest.approx(survdiff(end, seen, group)[1])


def test_the_logrank_p_is_uniform_for_equal_groups_and_small_for_others():
    rng, p_values, found = np.random.default_rng(9), [], 0
    for _ in range(300):
        end, seen, enter = lives(rng, 100)
        group = rng.integers(0, 2, end.size)
        p_values.append(logrank_test(end, seen, group, enter))
        longer = np.where(group == 1, enter + 2.5 * (end - enter), end)
        found += logrank_test(longer, seen, group, enter) <= 0.05
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    assert found > 200


def test_weibull_through_two_points_of_the_register():
    law = weibull_through((7, 0.6), (30, 0.3))
    assert law.shape == pytest.approx(0.589130, abs=5e-7)
    assert law.scale == pytest.approx(21.891781, abs=5e-7)
    assert law.median == pytest.approx(11.751558, abs=5e-7)
    np.testing.assert_allclose(law.survival([7, 30]), [0.6, 0.3])


def test_the_fitted_weibull_is_the_planted_one():
    rng, worlds, held = np.random.default_rng(10), 200, 0
    for _ in range(worlds):
        life, enter = 20 * rng.weibull(0.6, 400), rng.uniform(0, 5, 400)
        stop = enter + rng.uniform(5, 60, 400)
        kept = life > enter
        end, seen = np.minimum(life, stop)[kept], (life <= stop)[kept]
        law = fit_weibull(end, seen, enter[kept])
        held += law.shape_low <= 0.6 <= law.shape_high
    assert stats.binomtest(held, worlds, 0.95).pvalue > 1e-3


def test_times_in_other_units_change_only_the_scale():
    end, seen, enter = lives(np.random.default_rng(11))
    days, seconds = fit_weibull(end, seen, enter), fit_weibull(end * 86400, seen, enter * 86400)
    assert seconds.shape == pytest.approx(days.shape, rel=1e-4)
    assert seconds.scale == pytest.approx(days.scale * 86400, rel=1e-4)


def test_nobody_leaving_leaves_the_median_unknown():
    table = kaplan_meier([3.0, 4.0], [False, False])
    assert table.empty
    assert median_time(table)[0] == np.inf
    assert competing_exits([3.0], [""]).empty


def test_impossible_stays_are_refused():
    with pytest.raises(InputError, match="stay 1 is watched from 5"):
        kaplan_meier([3.0, 4.0], [True, True], [0.0, 5.0])
    with pytest.raises(InputError, match="expected falling"):
        weibull_through((7, 0.3), (30, 0.6))
