"""Groups at landmarks are described by what came before and judged by what came after."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cores import core_members, core_sizes
from smallnet.hypotheses.methods.group_windows import (
    expected_speakers,
    group_windows,
    reply_cores,
)
from smallnet.tables import Dataset

START = pd.Timestamp("2024-01-01")


def moment(day):
    return START + pd.Timedelta(days=day)


def small_world():
    """Two groups watched for 60 days; the second falls silent on day 22, after the landmark."""
    talk = [  # group, day, sender, answers the message of this row
        ("a", 1.0, "ann", None),
        ("a", 2.0, "bob", 0),
        ("a", 3.0, "cat", 1),
        ("a", 4.0, "ann", 2),
        ("a", 5.0, "ann", 3),
        ("a", 16.0, "dan", 4),
        ("a", 30.0, "ann", None),
        ("a", 50.0, "ann", None),
        ("b", 1.0, "ann", None),
        ("b", 9.0, "ann", None),
        ("b", 22.0, "bob", None),
    ]
    acts = pd.DataFrame(talk, columns=["group", "day", "sender", "of"])
    acts["interaction"] = [f"m{i}" for i in range(len(acts))]
    acts["at"] = [moment(day) for day in acts.pop("day")]
    acts["reply_to"] = [None if pd.isna(of) else f"m{int(of)}" for of in acts.pop("of")]
    people = {"a": ["ann", "bob", "cat", "dan"], "b": ["ann", "bob"]}
    stays = pd.DataFrame([(g, p) for g, who in people.items() for p in who])
    stays.columns = ["group", "person"]
    stays["left_at"] = pd.NaT
    stays.loc[(stays["group"] == "a") & (stays["person"] == "cat"), "left_at"] = moment(19.0)
    study = {"observed_from": moment(0).to_pydatetime(), "observed_until": moment(60)}
    study["observed_until"] = study["observed_until"].to_pydatetime()
    frames = {"groups": pd.DataFrame({"group": ["a", "b"]}), "memberships": stays}
    return Dataset.from_frames(frames | {"interactions": acts}, study)


def test_a_landmark_looks_back_for_the_description_and_ahead_for_the_fate():
    dataset = small_world()
    windows = group_windows(dataset, window_days=10.0, dead_after_days=30.0)
    rows = windows.rows.set_index(["group", "landmark"])
    # what can be known ends on day 30: landmarks on days 10 and 20
    assert rows.index.tolist() == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert rows["size"].tolist() == [4, 3, 2, 2]
    assert rows["messages"].tolist() == [5, 1, 2, 0]
    assert rows["speakers"].tolist() == [3, 1, 1, 0]
    assert rows["died"].tolist() == [False, False, False, True]
    assert rows["enter"].tolist() == [10, 20, 10, 20]
    assert rows["leave"].tolist() == pytest.approx([20, 30, 20, 22])
    # sent 3, 1, 1, 0: mean absolute difference 2 * (0*1 + 1*2 + 1*3 + 3*4) / 5 - 5, over n - 1
    assert rows.loc[("a", 1), "gini"] == pytest.approx((2 * 17 / 5 - 5) / 3)
    assert rows.loc[("b", 1), "gini"] == pytest.approx(1.0)
    assert np.isnan(rows.loc[("b", 2), "gini"])
    cores = reply_cores(dataset, windows, k=(1, 2))
    assert cores.tolist() == [[3, 3], [2, 0], [0, 0], [0, 0]]


def test_a_core_counts_answers_among_those_who_are_still_in():
    dataset = small_world()
    windows = group_windows(dataset, window_days=20.0, dead_after_days=30.0)
    # cat left on day 19: the triangle of the first days is no core of day 20
    assert reply_cores(dataset, windows, k=(1, 2))[0].tolist() == [3, 0]


@given(st.integers(2, 9), st.data())
def test_cores_are_those_of_networkx(people, data):
    pairs = [(a, b) for a in range(people) for b in range(a)]
    graphs = data.draw(st.lists(st.sets(st.sampled_from(pairs)), min_size=1, max_size=4))
    k = data.draw(st.integers(1, 4))
    expected = [nx.k_core(nx.Graph(list(ties)), k).number_of_nodes() for ties in graphs]
    flat = [(g, a, b) for g, ties in enumerate(graphs) for a, b in ties]
    table = np.array(flat, dtype=np.int64).reshape(-1, 3)
    found = core_sizes(table[:, 0], table[:, 1], table[:, 2], len(graphs), k=k)
    assert found.tolist() == expected


def test_a_tie_with_oneself_is_refused():
    with pytest.raises(InputError, match="two different people"):
        core_members([0], [0], 1, k=1)
    with pytest.raises(InputError, match="above 0"):
        group_windows(small_world(), window_days=0.0, dead_after_days=30.0)


def test_speakers_drawn_at_random_are_as_many_as_expected():
    rng, n, m, draws = np.random.default_rng(1), 12, 20, 4000
    senders = rng.integers(n, size=(draws, m))
    many = np.array([np.unique(row).size for row in senders])
    error = many.std() / np.sqrt(draws)
    assert abs(many.mean() - expected_speakers(n, m)) < 4 * error
    assert expected_speakers([1, 5], [3, 0]).tolist() == [1.0, 0.0]


def test_a_lonely_member_who_is_silent_is_no_speaker_and_no_warning():
    assert expected_speakers([1, 1, 3], [0, 5, 0]).tolist() == [0, 1, 0]
