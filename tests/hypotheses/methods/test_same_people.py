"""The same people in small and large groups: rates by hand, the null, and the trap in its p."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.multiverse import FORKS, size_rate_multiverse, what_moves
from smallnet.hypotheses.methods.rate_panel import rate_panel
from smallnet.hypotheses.methods.same_people import membership_rates, same_people
from smallnet.hypotheses.methods.size_rate import fit_size_rate
from smallnet.tables import Dataset
from smallnet.tables.study_file import Study


def by_hand():
    study = Study(
        name="hand",
        observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
        observed_until=pd.Timestamp("2024-01-11").to_pydatetime(),
    )
    members = pd.DataFrame(
        {
            "group": list("xxxyyz"),
            "person": list("abcaba"),
            "left_at": pd.to_datetime([None, None, "2024-01-05", None, None, None]),
        }
    )
    said = pd.DataFrame(
        {
            "interaction": list("12345"),
            "group": list("xxxxy"),
            "sender": list("aabca"),
            "at": pd.to_datetime(
                [
                    "2024-01-02 01:00",
                    "2024-01-02 23:00",
                    "2024-01-03 12:00",
                    "2024-01-04 00:00",
                    "2024-01-06 00:00",
                ]
            ),
        }
    )
    return Dataset.from_frames({"memberships": members, "interactions": said}, study)


@pytest.mark.parametrize(
    ("clock", "days", "messages"),
    [
        ("days with a message", [3, 3, 1, 1], [2, 1, 1, 0]),
        ("last message", [3, 3, 5, 5], [2, 1, 0, 0]),  # the last one stops the clock
        ("watch", [10, 10, 10, 10], [2, 1, 1, 0]),
    ],
)
def test_each_clock_counts_its_days(clock, days, messages):
    rates = membership_rates(by_hand(), clock)
    assert rates["group"].tolist() == list("xxyy")  # c left; z has one member
    assert rates["size"].tolist() == [2, 2, 2, 2]
    assert rates["days"].tolist() == days
    assert rates["messages"].tolist() == messages


def test_another_clock_and_too_few_people_are_refused():
    with pytest.raises(InputError, match="clock is 'noon'"):
        membership_rates(by_hand(), "noon")
    with pytest.raises(InputError, match="0 people are in groups of both sides"):
        same_people(membership_rates(by_hand()))


def draw(rng, *, liveliness, small=1.0, people=40, groups=20, days=30):
    """People in groups of 5 and of 60 at the same rate, groups livelier by chance."""
    size = np.where(np.arange(groups) < groups // 2, 5, 60)
    lively = np.exp(liveliness * rng.normal(size=groups)) * np.where(size == 5, small, 1.0)
    own = 0.2 * np.exp(rng.normal(size=people))
    who, where = (a.ravel() for a in np.meshgrid(np.arange(people), np.arange(groups)))
    said = rng.poisson(days * own[who] * lively[where])
    return pd.DataFrame({"person": who, "group": where, "size": size[where], "rate": said / days})


def test_p_is_even_where_groups_are_alike_and_finds_a_planted_difference():
    worlds = 150
    null = [
        same_people(draw(rng, liveliness=0.0)) for rng in np.random.default_rng(1).spawn(worlds)
    ]
    assert stats.kstest([found.p_value for found in null], "uniform").pvalue > 0.001
    twice = [same_people(draw(rng, liveliness=0.0, small=1.3))
             for rng in np.random.default_rng(2).spawn(25)]  # fmt: skip
    assert np.mean([found.p_value < 0.05 for found in twice]) > 0.8
    assert np.mean([found.small / found.large for found in twice]) == pytest.approx(1.3, abs=0.08)


def test_groups_that_differ_for_reasons_of_their_own_make_it_cry_wolf():
    # why its p-value is no test of a claim about size
    worlds = 60
    cried = [
        same_people(draw(rng, liveliness=0.8)).p_value < 0.05
        for rng in np.random.default_rng(3).spawn(worlds)
    ]
    assert np.mean(cried) > 0.5


def talking(rng):
    study = Study(
        name="talk",
        observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
        observed_until=pd.Timestamp("2024-01-31").to_pydatetime(),
    )
    sizes = [3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 40]
    rows = [(f"g{i:02d}", f"p{j:02d}") for i, n in enumerate(sizes)
            for j in rng.choice(40, n, replace=False)]  # fmt: skip
    members = pd.DataFrame(rows, columns=["group", "person"])
    rate = 24.0 / members.groupby("group")["person"].transform("size")  # half as much per doubling
    told = members.loc[members.index.repeat(rng.poisson(rate))].rename(columns={"person": "sender"})
    said = told.assign(
        interaction=np.arange(len(told)).astype(str),
        at=study.observed_from + pd.to_timedelta(rng.uniform(0, 29.5, len(told)), "D"),
    )
    return Dataset.from_frames({"memberships": members, "interactions": said}, study)


def test_the_multiverse_holds_every_reading_once_and_the_claims_own_among_them():
    dataset = talking(np.random.default_rng(5))
    rng = np.random.default_rng(6)
    readings = size_rate_multiverse(dataset, periods=(7.0, None), rng=rng)
    assert len(readings) == 32
    assert not readings.duplicated(list(FORKS)).any()
    own = fit_size_rate(rate_panel(dataset, period_days=7.0), rng=rng).model
    same = readings.query(
        "until == 'watch' and period == '7 days' and outcome == 'messages' "
        "and weight == 'events' and groups == 'all'"
    )
    assert same["estimate"].item() == pytest.approx(float(np.exp(own.beta[0])))
    assert readings["estimate"].median() == pytest.approx(0.5, abs=0.1)
    forks = what_moves(readings)
    assert set(forks["fork"]) == set(FORKS)
    assert (forks["factor"] >= 1).all()
