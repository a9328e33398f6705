"""Calls that would find arithmetic are refused, with the reason and the right call."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.errors import InputError, TrapError, TrapWarning
from smallnet.hypotheses.guards import (
    PARTS,
    check_before_risk,
    check_counts,
    check_no_quotient,
    check_no_shared_part,
    check_one_row_a_group,
)
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.group_totals import total_elasticity
from smallnet.hypotheses.methods.landmark import count_before_risk, friends_at_landmark
from smallnet.hypotheses.methods.log_linear import fit_log_linear
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.permutation import within_strata_test
from smallnet.hypotheses.methods.relation import relate
from smallnet.measures import COLUMNS, group_table, person_weighted_mean
from smallnet.simulations import Platform

RNG = np.random.default_rng(1)
SIZE = np.round(np.exp(RNG.normal(3, 1, 60))) + 2
MESSAGES = RNG.poisson(40, 60).astype(float)  # the same in small and large groups
ONE = np.zeros(60, dtype=int)


def test_messages_a_head_fall_with_heads_where_talk_does_not_and_are_refused():
    noise = RNG.normal(size=(2, 4000))
    found = stats.pearsonr(noise[0] - noise[1], noise[1]).statistic
    assert abs(found + 1 / math.sqrt(2)) < 4 * 0.5 / math.sqrt(4000)  # made of nothing
    with pytest.raises(TrapError, match="made of members") as refused:
        check_no_shared_part("messages_per_member_day", "size")
    assert "total_elasticity" in refused.value.right_call


@pytest.mark.parametrize(
    ("outcome", "regressor"),
    [
        ("friend_density", "size_mean"),
        ("active_share_low", "size"),
        ("adoptions_per_share", "shares"),
        ("member_days", "messages_per_member_day"),
        ("friends_inside", "friend_density"),
    ],
)
def test_two_measures_of_one_part_are_refused(outcome, regressor):
    with pytest.raises(TrapError):
        check_no_shared_part(outcome, regressor)


@pytest.mark.parametrize(
    ("outcome", "regressor"),
    [("messages", "size"), ("friend_z", "size"), ("size", "members_ever"), ("mine", "size")],
)
def test_what_shares_no_quotient_passes(outcome, regressor):
    check_no_shared_part(outcome, regressor)


def test_every_measure_that_names_a_member_in_its_denominator_is_known():
    names = {measure.name for measure in COLUMNS}
    assert set(PARTS) <= names
    per = {name for name in names if "_per_" in name and not name.endswith(("_low", "_high"))}
    assert per <= set(PARTS)
    assert all("members" in PARTS[name] for name in per if "_per_member" in name)


@pytest.mark.parametrize(
    ("y", "exposure", "x", "words"),
    [
        (MESSAGES / SIZE, np.ones(60), SIZE, "divided by regressor 0"),
        (MESSAGES / SIZE, np.ones(60), np.log(SIZE), "the exponential of regressor 0"),
        (MESSAGES / SIZE, np.ones(60), np.log2(SIZE), "2 to the power of regressor 0"),
        (MESSAGES / SIZE, SIZE, RNG.normal(size=60), "divided twice"),
    ],
)
def test_a_rate_divided_by_what_stands_beside_it_is_refused_by_every_count_model(
    y, exposure, x, words
):
    for call in (
        lambda: check_counts(y, exposure, x),
        lambda: fit_mixed_poisson(y, exposure, ONE, np.arange(60), x),
        lambda: fit_conditional_poisson(y, exposure, x, ONE),
        lambda: fit_log_linear(y, exposure, x[:, None], np.arange(60)),
    ):
        with pytest.raises(TrapError, match=words) as refused:
            call()
        assert "exposure" in refused.value.right_call


def test_a_total_a_head_has_no_elasticity():
    with pytest.raises(TrapError, match="exponential of regressor 0"):
        total_elasticity(MESSAGES / SIZE, np.ones(60), SIZE)
    honest = total_elasticity(MESSAGES, np.ones(60), SIZE)
    assert honest.ci_low < 0 < honest.ci_high


def test_counts_and_weights_that_are_no_quotient_pass():
    check_counts(MESSAGES, SIZE, np.log(SIZE))
    check_counts(RNG.gamma(2, 1, 60), SIZE, np.log(SIZE))
    model = fit_mixed_poisson(MESSAGES, np.ones(60), ONE, np.arange(60), np.log2(SIZE))
    low, high = model.conf_int()[0]
    assert low < 0 < high


@pytest.mark.parametrize(
    ("y", "x"),
    [
        ([0.5, 2.0, 0.5, 3.0, 1.0, 1.5], [0, 1, 0, 1, 0, 1]),  # half weights beside yes and no
        ([0.5, 2.0, 1.5, 3.0, 2.5, 1.0], [2, 4, 6, 8, 2, 4]),
        ([0.1, 0.7, 0.2, 0.4, 0.9, 0.3], [10, 20, 30, 20, 10, 40]),
        ([0.37, 2.0, 1.0, 3.0, 2.0, 1.0], [100, 4, 6, 8, 2, 4]),  # one broken number
    ],
)
def test_weights_and_decimals_are_not_taken_for_quotients(y, x):
    check_counts(y, np.ones(6), x)
    check_no_quotient(y, x)


def test_a_quotient_somebody_made_is_known_by_its_numbers():
    per_head = MESSAGES / SIZE
    for outcome, regressor in (
        (per_head, SIZE),
        (SIZE, per_head),
        (np.log(per_head), np.log(SIZE)),
        (per_head, np.log2(SIZE)),
    ):
        with pytest.raises(TrapError, match="a count divided by"):
            check_no_quotient(outcome, regressor)
        with pytest.raises(TrapError, match="is a count divided by"):
            within_strata_test(outcome, regressor, rng=np.random.default_rng(1))
    check_no_quotient(MESSAGES, SIZE)
    check_no_quotient(np.log(MESSAGES), np.log(SIZE))
    check_no_quotient(np.r_[per_head, np.nan] + 0.123, np.r_[SIZE, 3.0])


def test_friends_counted_over_the_stay_are_refused_unless_shown_as_biased():
    rng = np.random.default_rng(2)
    platform = Platform(people=80, groups=12, days=40, friends_per_day=0.1, joins_per_day=0.03)
    tables = ("people", "groups", "memberships", "friendships")
    dataset = platform.generate(rng=rng, tables=tables).dataset()
    stays = friends_at_landmark(dataset, 7.0)
    assert count_before_risk(stays, "friends").tolist() == stays["friends"].tolist()
    with pytest.raises(TrapError, match="until the end of the stay, but leaving is watched from"):
        count_before_risk(stays, "friends_ever")
    shown = count_before_risk(stays, "friends_ever", biased=True)
    assert shown.sum() > stays["friends"].sum()
    for landmark in (-1.0, math.inf):
        with pytest.raises(InputError, match="landmark_day"):
            friends_at_landmark(dataset, landmark)


def test_counting_must_end_where_risk_begins():
    check_before_risk("friends", 7.0, 7.0)
    with pytest.raises(TrapError, match="until day 9, but leaving is watched from day 7"):
        check_before_risk("friends", 9.0, 7.0)


def test_sizes_a_membership_are_not_weighted_twice():
    sizes = [3, 5, 10, 200]
    # by hand: (9 + 25 + 100 + 40000) / 218
    assert person_weighted_mean(sizes) == pytest.approx(40134 / 218)
    with pytest.warns(TrapWarning, match="one size a group"):
        person_weighted_mean(np.repeat(sizes, sizes))
    assert person_weighted_mean([2, 2, 10]) == pytest.approx(108 / 14)  # two pairs are two groups


def test_a_table_with_a_group_twice_is_no_table_of_groups():
    table = pd.DataFrame({"group": ["a", "b", "a", "a"], "size": [3, 1, 3, 3]})
    with pytest.raises(TrapError, match="group 'a' has 3 rows"):
        check_one_row_a_group(table, ["size"])
    check_one_row_a_group(table.drop_duplicates("group"))


def test_relating_measures_of_groups_goes_through_the_guards():
    world = Platform(people=80, groups=12, days=20).generate(rng=np.random.default_rng(3))
    table = group_table(world.dataset())
    found = relate(table, "messages", "size_mean")
    expected = stats.spearmanr(table["messages"], table["size_mean"])
    assert found.correlation == pytest.approx(expected.statistic)
    assert found.ci_low < found.correlation < found.ci_high
    assert found.n_groups == 12
    with pytest.raises(TrapError):
        relate(table, "messages_per_member_day", "size_mean")
    mine = table.assign(mine=table["messages"] / table["size"])
    for regressor in ("size", "size_mean", "members_ever"):
        with pytest.raises(TrapError, match="mine is a count divided by size"):
            relate(mine, "mine", regressor)
    with pytest.raises(TrapError, match="has 2 rows"):
        relate(pd.concat([table, table]), "messages", "size_mean")
    with pytest.raises(InputError, match="no column 'heads'"):
        relate(table, "messages", "heads")
    with pytest.raises(InputError, match="3 groups have both"):
        relate(table.head(3), "messages", "size_mean")


def test_the_interval_of_a_relation_covers_where_nothing_is():
    worlds, inside = 400, 0
    rng = np.random.default_rng(4)
    for _ in range(worlds):
        table = pd.DataFrame({"one": rng.normal(size=25), "two": rng.normal(size=25)})
        found = relate(table, "one", "two")
        inside += found.ci_low <= 0 <= found.ci_high
    assert abs(inside / worlds - 0.95) < 4 * math.sqrt(0.95 * 0.05 / worlds)


def test_a_trap_travels_between_processes():
    error = pickle.loads(pickle.dumps(TrapError("Why.", "what.")))
    assert (error.trap, error.right_call, str(error)) == ("Why.", "what.", "Why. Instead: what.")


def test_large_numbers_are_not_taken_for_whole_ones():
    size = np.array([5.0, 7, 11, 13, 17, 19])
    check_counts(1e7 * size**0.5, np.ones(6), np.log(size))  # nothing was divided here
    check_counts(size**0.5, np.ones(6), 10 * size)  # e to such powers has no digits to be broken in
