"""Traces as tables, replicates as numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from smallnet.errors import InputError
from smallnet.networks import Membership
from smallnet.simulations.spreading import Population, Trace, mean_interval
from smallnet.tables import Dataset

PEOPLE = ["a", "b", "c", "d", "e"]


def known(column: pd.Series) -> list[object]:
    return [None if pd.isna(x) else x for x in column]


@pytest.fixture
def trace() -> Trace:
    """``a`` shares in g to b and c; c tells d; e adopts with nobody to thank."""
    incidence = csr_array(np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, 1]]))
    return Trace(
        population=Population(None, Membership(incidence, ["g", "h"], PEOPLE)),
        person=np.array([0, 1, 2, 3, 4], np.int32),
        time=np.array([0.0, 1.0, 2.0, 3.0, 3.0]),
        source=np.array([-1, 0, 0, 2, -1], np.int32),
        group=np.array([-1, 0, 0, -1, -1], np.int32),
        time_unit="steps",
    )


def test_what_two_took_up_in_one_group_is_one_share(trace):
    shares = trace.shares()
    assert shares["sharer"].tolist() == ["a", "c"]
    assert shares["channel"].tolist() == ["group", "friend"]
    assert known(shares["group"]) == ["g", None]
    assert known(shares["recipient"]) == [None, "d"]
    assert known(shares["parent"]) == [None, shares["share"][0]]
    assert shares["shared_at"][0] == pd.Timestamp("2024-01-02")


def test_every_adoption_names_the_share_it_came_by(trace):
    adoptions, shares = trace.adoptions(), trace.shares()
    assert known(adoptions["via_share"]) == [
        None,
        shares["share"][0],
        shares["share"][0],
        shares["share"][1],
        None,
    ]


def test_the_tables_of_a_trace_are_a_data_set(trace):
    frames = {
        "shares": trace.shares(),
        "adoptions": trace.adoptions(),
        "memberships": trace.population.membership.to_frame(),
    }
    dataset = Dataset.from_frames(frames)
    assert dataset.rows["adoptions"] == 5


def test_one_replicate_has_a_mean_and_no_interval():
    one = mean_interval(np.array([3]))
    assert one["mean"] == 3
    assert np.isnan(one["ci_low"])
    with pytest.raises(InputError, match="no replicates"):
        mean_interval(np.array([]))
