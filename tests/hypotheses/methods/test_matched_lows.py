"""Regression to the mean: events at lows seem to help until lows without them stand beside."""

import numpy as np
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.event_study import event_study
from smallnet.hypotheses.methods.matched_lows import align_at_lows


def answered_lows(rng, effect=0.0, n_units=80, n_periods=14):
    """Levels and noise; somebody steps in after half of the first lows."""
    level = rng.normal(0, 2, (n_units, 1))
    y = level + rng.normal(0, 1, (n_units, n_periods))
    low = y < level - 1
    low[:, :2] = False
    first = np.where(low.any(axis=1), low.argmax(axis=1), np.inf)
    event = np.where(rng.random(n_units) < 0.5, first + 1, np.inf)
    return y + effect * (np.arange(n_periods) >= event[:, None]), event, low


def study(rng, y, event, low):
    aligned, at, _ = align_at_lows(y, event, low)
    return event_study(aligned, at, longest=4, replicates=199, rng=rng)


def test_events_at_lows_do_nothing_once_lows_are_matched():
    rng, p_values, naive, plain = np.random.default_rng(1), [], [], []
    for _ in range(200):
        y, event, low = answered_lows(rng)
        hit = np.flatnonzero(event < y.shape[1])
        at = event[hit].astype(int)
        change = y[hit, at] - y[hit, at - 1]
        naive.append(stats.ttest_1samp(change, 0).pvalue <= 0.05 and change.mean() > 0)
        p_values.append(study(rng, y, event, low).overall.p_value)
    for _ in range(20):
        y, event, low = answered_lows(rng)
        plain.append(event_study(y, event, replicates=99, rng=rng).overall.low > 0)
    assert np.mean(naive) > 0.95
    assert np.mean(plain) > 0.9  # clean controls alone do not help: the base is the low
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    assert stats.binomtest(int((np.array(p_values) <= 0.05).sum()), 200, 0.05).pvalue > 1e-3


def test_an_effect_planted_at_lows_is_found_and_covered():
    rng, held, found = np.random.default_rng(2), 0, 0
    for _ in range(200):
        overall = study(rng, *answered_lows(rng, 0.8)).overall
        held += overall.low <= 0.8 <= overall.high
        found += overall.p_value <= 0.05
    assert stats.binomtest(held, 200, 0.95).pvalue > 1e-3
    assert found > 150


def test_a_later_event_ends_a_control():
    y = np.arange(10.0).reshape(2, 5)
    low = np.zeros((2, 5), dtype=bool)
    low[:, 1] = True
    aligned, at, unit = align_at_lows(y, [2, 3], low, before=1, after=3)
    assert at.tolist() == [2, np.inf]
    assert unit.tolist() == [0, 1]
    assert np.isnan(aligned).tolist() == [[False] * 5, [False] * 3 + [True] * 2]


def test_lows_that_are_all_answered_are_refused():
    with pytest.raises(InputError, match="1 of 1 lows have an event next"):
        align_at_lows(np.zeros((1, 9)), [4], np.arange(9)[None] == 3)
