"""Staggered events: growing effects are found as they are, and nothing where there is nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.event_study import event_study, sum_by_period
from smallnet.hypotheses.methods.rate_panel import RatePanel
from smallnet.hypotheses.methods.two_way import two_way_effect


def events(rng, n_units=60, n_periods=12):
    """Half the units get the event, each at its own time between the periods 2 and 9."""
    at = rng.integers(2, n_periods - 2, n_units).astype(float)
    at[rng.permutation(n_units)[: n_units // 2]] = np.inf
    return at


def since(at, n_periods=12):
    return np.arange(n_periods) - at[:, None]


def growing(at, by=0.5):
    """Grows by so much in every period: 0.5, 1.0, 1.5..."""
    passed = since(at)
    return np.where(passed >= 0, by * (passed + 1), 0)


def rates(rng, at, effect):
    """Unit levels, a common trend, errors that last from period to period, and the effect."""
    noise = rng.normal(0, 0.5, (len(at), 12))
    for t in range(1, 12):
        noise[:, t] += 0.5 * noise[:, t - 1]
    return rng.normal(0, 2, (len(at), 1)) + 0.2 * np.arange(12) + noise + effect


def counts(rng, at, log_effect):
    days = rng.uniform(0.5, 2, (len(at), 12))
    level = rng.gamma(2, 10, (len(at), 1)) * np.exp(0.05 * np.arange(12))
    return rng.poisson(level * days * np.exp(log_effect)), days


def test_two_way_effects_can_find_nothing_where_all_effects_are_positive():
    # By hand: with D = (0 1 1), (0 0 1) the doubly centred D is ±(-1/6, 1/3, -1/6), and its
    # product with these outcomes is 1/3 - 3/6 + 1/6 = 0, though the effects are 1, 3 and 1.
    y = np.array([[0.0, 1.0, 3.0], [0.0, 0.0, 1.0]])
    assert two_way_effect(y, [1, 2]) == pytest.approx(0, abs=1e-12)
    clean = event_study(y, [1, 2], rng=np.random.default_rng(1)).cells
    assert clean["estimate"].tolist() == [1.0]  # all that has a clean control: the first, at 1


def test_two_way_poisson_of_two_by_two_is_the_ratio_of_ratios():
    y, days = [[4, 12], [10, 20]], [[1, 2], [1, 1]]
    assert two_way_effect(y, [1, np.inf], at_risk=days) == pytest.approx(np.log(1.5 / 2))
    study = event_study(y, [1, np.inf], at_risk=days, rng=np.random.default_rng(1))
    assert study.overall.estimate == pytest.approx(np.log(1.5 / 2))
    assert np.isnan(study.overall.p_value)  # one unit a side says nothing about chance


def test_growing_effects_bias_two_way_effects_and_not_the_group_times():
    rng, worlds = np.random.default_rng(2), 60
    found, two_way, truth = [], [], []
    for _ in range(worlds):
        at = events(rng)
        study = event_study(rates(rng, at, growing(at)), at, replicates=99, rng=rng)
        found.append(study.overall.estimate)
        two_way.append(study.two_way)
        truth.append(growing(at)[since(at) >= 0].mean())
    off = np.subtract(found, truth)
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(worlds)
    wrong = np.subtract(two_way, truth)
    assert wrong.mean() < -0.2  # a tenth of the effect and more is lost
    assert wrong.mean() < -10 * wrong.std() / np.sqrt(worlds)


def test_effects_by_time_since_the_event_are_the_planted_ones():
    rng = np.random.default_rng(3)
    at = events(rng, 600)
    table = event_study(rates(rng, at, growing(at)), at, rng=rng).by_time
    planted = np.where(table["since"] >= 0, 0.5 * (table["since"] + 1), 0)
    off = (table["estimate"] - planted) / table["standard_error"]
    assert (np.abs(off) < 4).all()
    assert (table["since"] == -1).sum() == 0


@pytest.mark.parametrize("counted", [False, True])
def test_p_is_uniform_where_the_event_does_nothing(counted):
    rng, p_values, p_before = np.random.default_rng(4), [], []
    for _ in range(200):
        at = events(rng, 40)
        if counted:
            y, days = counts(rng, at, 0)
            study = event_study(y, at, at_risk=days, replicates=199, rng=rng)
        else:
            study = event_study(rates(rng, at, 0), at, replicates=199, rng=rng)
        p_values.append(study.overall.p_value)
        p_before.append(study.p_pre_trend)
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    for p in (p_values, p_before):
        assert stats.binomtest(int((np.array(p) <= 0.05).sum()), 200, 0.05).pvalue > 1e-3


def test_counts_find_a_growing_rate_ratio_and_cover_it():
    rng, held, found = np.random.default_rng(5), [], []
    for _ in range(100):
        at = events(rng, 40)
        y, days = counts(rng, at, np.log(1.3) * (since(at) >= 0))
        study = event_study(y, at, at_risk=days, replicates=199, rng=rng).overall
        held.append(study.low < np.log(1.3) < study.high)
        found.append(study.p_value < 0.05)
    assert stats.binomtest(sum(held), 100, 0.95).pvalue > 1e-3
    assert np.mean(found) > 0.9


def test_a_trend_before_the_event_is_seen():
    rng = np.random.default_rng(6)
    at = events(rng)
    drift = np.where(np.isfinite(at)[:, None], 0.4 * np.arange(12), 0)
    assert event_study(rates(rng, at, drift), at, rng=rng).p_pre_trend < 0.01


def test_units_of_one_cluster_count_once():
    rng = np.random.default_rng(7)
    at = events(rng, 40)
    y = rates(rng, at, 0)
    one = event_study(y, at, rng=np.random.default_rng(8)).overall
    four = event_study(
        np.repeat(y, 4, 0),
        np.repeat(at, 4),
        cluster=np.repeat(np.arange(40), 4),
        rng=np.random.default_rng(8),
    ).overall
    assert four.standard_error == pytest.approx(one.standard_error)
    assert four.n_treated == one.n_treated


def test_late_controls_serve_only_until_their_own_event():
    y = np.array([[0.0, 5.0, 5.0, 5.0], [0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 0.0, 0.0]])
    cells = event_study(y, [1, 2, np.inf], rng=np.random.default_rng(1)).cells
    first = cells[cells["cohort"] == 1].set_index("period")
    assert first["n_control"].to_dict() == {1: 2, 2: 1, 3: 1}
    assert first["estimate"].to_dict() == {1: 5.0, 2: 5.0, 3: 5.0}


def test_an_event_everybody_had_at_once_has_no_controls():
    with pytest.raises(InputError, match="controls that are not yet treated"):
        event_study(np.zeros((3, 4)), [2, 2, 2], rng=np.random.default_rng(1))


def test_rows_of_people_add_up_to_groups_and_periods():
    panel = RatePanel(
        person=np.array([0, 1, 0]),
        group=np.array([0, 0, 1]),
        period=np.array([1, 1, 0]),
        days=np.array([7.0, 3.0, 2.0]),
        messages=np.array([4.0, 0.0, 1.0]),
        active_days=np.zeros(3),
        log2_size=np.zeros(3),
        groups=pd.DataFrame(index=range(2)),
        people=2,
        active_people=2,
        period_days=7.0,
        until="watch",
        without_size=(),
        dropped=0,
    )
    messages, days = sum_by_period(panel)
    assert messages.tolist() == [[0, 4], [1, 0]]
    assert days.tolist() == [[0, 10], [2, 0]]
