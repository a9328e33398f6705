import datetime as dtm

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from smallnet.hypotheses.methods.landmark import friends_at_landmark
from smallnet.hypotheses.methods.stays import cut_into_bands, life_table, newcomers, week_of
from smallnet.tables import Dataset

START = pd.Timestamp("2024-01-01")


def day(number):
    return START + pd.Timedelta(days=number)


@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.floats(0.01, 40), st.booleans()), min_size=1, max_size=30
    )
)
def test_time_and_exits_are_neither_lost_nor_made_by_cutting(stays):
    enter = np.array([a for a, _, _ in stays])
    leave = enter + np.array([b for _, b, _ in stays])
    left = np.array([c for _, _, c in stays])
    bands = cut_into_bands(enter, leave, left, [0, 3, 15, np.inf])
    assert bands.exits.sum() == left.sum()
    assert bands.days.sum() == pytest.approx((leave - enter).sum(), rel=1e-6, abs=1e-4)


def test_weeks_of_joining_begin_with_the_watch():
    study = {"observed_from": day(0.5).to_pydatetime(), "observed_until": day(30).to_pydatetime()}
    frames = {"memberships": pd.DataFrame({"group": ["g"], "person": ["p"]})}
    days = [0.5, 7.4, 7.5, 14.5, 0.4]  # a week of 1970 would begin on day 3, a Thursday
    joined = pd.Series([int(day(d).timestamp() * 1e6) for d in days])
    assert week_of(Dataset.from_frames(frames, study), joined).tolist() == [0, 0, 1, 2, -1]


def test_an_exit_after_exactly_three_days_is_on_day_three():
    bands = cut_into_bands(np.zeros(1), np.array([3.0]), np.array([True]), [0, 3, 15])
    assert bands.band[bands.exits == 1].tolist() == [1]


def test_the_life_table_follows_kaplan_and_meier():
    rng = np.random.default_rng(2)
    leave, end = rng.exponential(12, 4000), rng.uniform(5, 40, 4000)
    enter = np.where(rng.random(4000) < 0.3, rng.uniform(0, 4, 4000), 0)
    seen = np.minimum(leave, end) > enter
    stop, left = np.minimum(leave, end)[seen], (leave <= end)[seen]
    table = life_table(enter[seen], stop, left, 30)
    peer = SurvfuncRight(stop, left.astype(int), entry=enter[seen])
    for last in (2, 9, 29):
        expected = peer.surv_prob[peer.surv_times <= last + 1][-1]
        assert table["survival"].iloc[last] == pytest.approx(expected, abs=0.01)


@pytest.fixture
def dataset():
    memberships = pd.DataFrame(
        [
            ("g", "new", day(10), day(30)),
            ("g", "old", None, None),
            ("g", "late", day(14), None),
            ("g", "gone", None, day(12)),
            ("g", "early", day(-3), None),
            ("closed", "new", day(10), day(20)),
        ],
        columns=["group", "person", "joined_at", "left_at"],
    )
    friendships = pd.DataFrame(
        [
            ("new", "old", None),
            ("late", "new", day(1)),  # inside from day 14: in time for the landmark on day 17
            ("gone", "new", None),  # no longer inside
            ("new", "early", day(18)),  # inside, but befriended after the landmark
            ("stranger", "new", None),  # outside
            ("old", "new", day(2)),  # the same pair again
        ],
        columns=["person", "friend", "since"],
    )
    groups = pd.DataFrame({"group": ["g", "closed"], "closed_at": [None, day(20)]})
    return Dataset.from_frames(
        {"memberships": memberships, "friendships": friendships, "groups": groups},
        {"observed_from": dtm.datetime(2024, 1, 1), "observed_until": dtm.datetime(2024, 2, 10)},
    )


def test_newcomers_enter_late_and_a_closing_group_is_no_exit(dataset):
    stays = dataset.collect(newcomers(dataset)).set_index(["group", "person"])
    assert ("g", "old") not in stays.index
    assert stays.loc[("g", "early"), "enter_day"] == 3
    assert stays.loc[("g", "new"), ["exit_day", "left"]].tolist() == [20, True]
    assert stays.loc[("closed", "new"), ["exit_day", "left"]].tolist() == [10, False]


def test_friends_are_those_inside_at_the_landmark(dataset):
    stays = friends_at_landmark(dataset, 7.0).set_index(["group", "person"])
    new = stays.loc[("g", "new")]
    assert (new["friends"], new["friends_outside"], new["friends_ever"]) == (2, 2, 4)
    assert new["size"] == 4  # old, early, late, new
    assert stays.loc[("g", "late"), "friends"] == 1
    assert stays.loc[("g", "early"), "friends"] == 0


def test_a_group_with_a_partial_roster_has_no_size_and_is_left_out(dataset):
    frames = {table: dataset.frame(table) for table in dataset.tables}
    frames["groups"]["roster"] = ["partial", "complete"]
    partial = Dataset.from_frames(frames, dataset.study)
    assert set(friends_at_landmark(partial, 7.0)["group"]) == {"closed"}
