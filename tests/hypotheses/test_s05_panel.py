"""The panel of who could write where, counted by hand; between, within, and totals."""

import datetime as dtm

import numpy as np
import pytest
from size_worlds import assert_share, draw_panel

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_totals import total_elasticity
from smallnet.hypotheses.methods.rate_panel import period_length, rate_panel
from smallnet.hypotheses.methods.size_rate import fit_size_rate, fit_within
from smallnet.tables import Dataset

START = dtm.datetime(2024, 1, 1)


def day(number):
    return START + dtm.timedelta(days=number)


def table(columns, *rows):
    return {
        name: list(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)
    }


@pytest.fixture
def hand_made():
    """Twenty days, weeks as periods: ann and bob in g1 and g2, cat joins g1 on day 8."""
    memberships = table(
        ("group", "person", "joined_at", "left_at"),
        ("g1", "ann", None, None),
        ("g1", "bob", None, day(15)),
        ("g1", "cat", day(8), None),
        ("g2", "ann", None, None),
        ("g2", "bob", None, None),
        ("part", "ann", None, None),
    )
    acts = table(
        ("interaction", "sender", "at", "group", "kind"),
        ("1", "ann", day(1), "g1", "text"),
        ("2", "ann", day(1.5), "g1", "text"),
        ("3", "bob", day(2), "g2", "text"),
        ("4", "cat", day(8), "g1", "text"),  # the act that made the membership
        ("5", "cat", day(9), "g1", "text"),
        ("6", "bob", day(16), "g1", "text"),  # no member any more
        ("7", "ann", day(9), "g1", "reaction"),
        ("8", "ann", day(10), "g2", "text"),
        ("9", "ann", day(10), "part", "text"),
    )
    groups = {"group": ["g1", "g2", "part"], "roster": ["complete", "complete", "partial"]}
    study = {"name": "hand", "observed_from": START, "observed_until": day(20)}
    return Dataset.from_frames(
        {
            "groups": _frame(groups),
            "memberships": _frame(memberships),
            "interactions": _frame(acts),
        },
        study,
    )


def _frame(columns):
    import pandas as pd

    return pd.DataFrame(columns)


def rows_of(panel):
    names = panel.groups["group"].to_numpy()[panel.group]
    keys = zip(panel.person.tolist(), names, panel.period.tolist(), strict=True)
    return dict(
        zip(keys, zip(panel.days, panel.messages, 2**panel.log2_size, strict=True), strict=True)
    )


def test_the_panel_counts_days_messages_and_sizes_as_by_hand(hand_made):
    panel = rate_panel(hand_made, period_days=7)
    ann, bob, cat = range(3)
    rows = rows_of(panel)
    assert len(rows) == 3 + 3 + 3 + 3 + 2  # ann and bob in g1 and g2, cat in g1 from week 1
    assert rows[ann, "g1", 0] == pytest.approx((7, 2, 2))
    assert rows[cat, "g1", 1] == pytest.approx((6, 1, 2 + 6 / 7))
    assert rows[bob, "g1", 2] == pytest.approx((1, 0, 2 + 1 / 6))
    assert rows[ann, "g2", 1] == pytest.approx((7, 1, 2))
    assert panel.dropped == 1
    assert panel.without_size == ("part",)
    groups = panel.groups.set_index("group")
    assert groups.loc["g1", "messages"] == 3
    assert groups.loc["g1", "member_days"] == pytest.approx(20 + 15 + 12)
    assert groups.loc["g1", "size"] == pytest.approx(47 / 20)
    assert panel.active_days.sum() == 4  # ann's two messages fall on one day


def test_the_last_message_stops_the_clock_and_is_no_event(hand_made):
    panel = rate_panel(hand_made, until="last message", period_days=7)
    groups = panel.groups.set_index("group")
    assert groups.loc["g1", "days"] == pytest.approx(16)  # an outsider's message is the last
    assert groups.loc["g2", "days"] == pytest.approx(10)
    assert groups.loc["g2", "messages"] == 1
    assert panel.messages.sum() == 4


def test_a_panel_is_built_once(hand_made):
    assert rate_panel(hand_made) is rate_panel(hand_made)


@pytest.mark.parametrize(("watch", "period"), [(5, 1), (14, 1), (60, 7), (400, 30)])
def test_periods_are_days_weeks_or_months(watch, period):
    assert period_length(watch) == period


def test_between_and_within_are_told_apart():
    rng = np.random.default_rng(1)
    panel = draw_panel(rng, n_groups=120, slope=-0.3, within=0.4, growth=0.3)
    between = fit_size_rate(panel, rng=rng).model
    within = fit_within(panel)
    assert between.conf_int()[0][0] < -0.3 < between.conf_int()[0][1]
    assert within.ci_low < np.exp(0.4) < within.ci_high


def test_days_above_a_size_are_shared_out_as_they_were():
    rng = np.random.default_rng(8)
    fitted = fit_size_rate(draw_panel(rng, growth=0.3), rng=rng)
    share = fitted.share_above(20)
    size = fitted.groups["size"].to_numpy()
    assert ((share >= 0) & (share <= 1)).all()
    assert share[size > 60].min() == 1
    assert share[size < 6].max() == 0
    assert ((share > 0) & (share < 1)).any()


def test_sizes_that_never_move_leave_the_within_part_unknown():
    rng = np.random.default_rng(2)
    panel = draw_panel(rng, growth=0.0)
    assert fit_within(panel).estimate is None
    assert np.isfinite(fit_size_rate(panel, rng=rng).model.beta[0])


def test_people_of_one_group_only_cannot_be_compared(hand_made):
    panel = rate_panel(hand_made, period_days=7)
    import dataclasses

    only = dataclasses.replace(panel, group=np.zeros_like(panel.group))
    with pytest.raises(InputError, match="one group"):
        fit_size_rate(only, rng=np.random.default_rng(1))


def test_the_elasticity_of_exact_powers_is_the_power():
    size = np.array([4.0, 8, 16, 32, 64, 128])
    for power in (0.0, 0.5, 1.0):
        found = total_elasticity(10_000 * size**power, np.ones(6), size)
        assert found.estimate == pytest.approx(power, abs=1e-4)


def test_too_few_groups_or_no_message_have_no_elasticity():
    assert total_elasticity([1, 2, 3], [1, 1, 1], [2, 4, 8]) is None
    assert total_elasticity([0] * 5, [1] * 5, [2, 4, 8, 16, 32]) is None
    with pytest.raises(InputError, match="above 0"):
        total_elasticity([1] * 5, [0] * 5, [2, 4, 8, 16, 32])


@pytest.mark.calibration
@pytest.mark.parametrize(("n_groups", "sd"), [(40, 0.8), (100, 1.2)])
def test_the_elasticity_covers_at_its_level(n_groups, sd):
    worlds, inside = 300, 0
    for rng in np.random.default_rng(3).spawn(worlds):
        size = np.exp(rng.normal(2.9, 1.0, n_groups))
        mean = 4 * size**0.5 * np.exp(rng.normal(0, sd, n_groups))
        found = total_elasticity(rng.poisson(mean), np.full(n_groups, 30.0), size)
        inside += found.ci_low <= 0.5 <= found.ci_high
    assert_share(inside / worlds, 0.95, worlds)


@pytest.mark.calibration
@pytest.mark.parametrize("walk", [0.0, 0.5])
def test_the_within_interval_covers_although_moods_of_a_group_last(walk):
    worlds, inside, known = 100, 0, 0
    for rng in np.random.default_rng(4).spawn(worlds):
        found = fit_within(draw_panel(rng, n_groups=40, within=-0.2, growth=0.3, walk=walk))
        known += found.estimate is not None
        inside += found.estimate is not None and found.ci_low < np.exp(-0.2) < found.ci_high
    assert known == worlds
    assert_share(inside / worlds, 0.95, worlds)
