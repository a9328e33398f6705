"""Shares of adopters by group: counted by hand, dated or as an attribute, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError, NotTestableError
from smallnet.measures import group_saturation
from smallnet.tables import Dataset
from smallnet.tables.study_file import Study


def world(**tables):
    study = Study(
        name="towns",
        observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
        observed_until=pd.Timestamp("2024-02-01").to_pydatetime(),
    )
    frames = {
        "people": pd.DataFrame(
            {
                "person": list("abcdx"),
                "bot": [False] * 4 + [True],
                "loan": [True, False, None, True, True],
            }
        ),
        "memberships": pd.DataFrame({"group": list("uuuuvv"), "person": list("abcxcd")}),
        "adoptions": pd.DataFrame(
            {
                "person": ["a", "b", "d", "x"],
                "item": ["tea", "milk", "tea", "tea"],
                "adopted_at": pd.to_datetime(
                    ["2024-01-03", "2024-01-04", "2024-03-01", "2024-01-05"]
                ),
            }
        ),
    }
    return Dataset.from_frames(frames | tables, study)


def test_adopters_are_members_who_adopted_while_watched_and_no_machines():
    table = group_saturation(world()).set_index("group")
    assert table["size"].to_dict() == {"u": 3, "v": 2}
    assert table["adopters"].to_dict() == {"u": 2, "v": 0}  # d adopted after the watch
    assert table["share"].to_dict() == {"u": pytest.approx(2 / 3), "v": 0.0}
    assert (table["low"] <= table["share"]).all()
    assert (table["high"] >= table["share"]).all()


def test_one_item_is_counted_alone():
    assert group_saturation(world(), "milk")["adopters"].tolist() == [1, 0]


def test_an_attribute_counts_only_those_of_whom_it_is_known():
    table = group_saturation(world(), attribute="loan").set_index("group")
    assert table["size"].to_dict() == {"u": 3, "v": 2}
    assert table["known"].to_dict() == {"u": 2, "v": 1}
    assert table["share"].to_dict() == {"u": 0.5, "v": 1.0}


def test_a_group_of_which_nothing_is_known_has_no_share():
    people = pd.DataFrame({"person": list("abcd"), "loan": pd.array([True, True, None, None])})
    table = group_saturation(world(people=people), attribute="loan").set_index("group")
    assert table.loc["v", "known"] == 0
    assert np.isnan(table.loc["v", ["share", "low", "high"]].astype(float)).all()


def test_what_is_not_there_is_refused():
    with pytest.raises(NotTestableError, match="adoptions"):
        group_saturation(_without_adoptions())
    with pytest.raises(NotTestableError, match="income"):
        group_saturation(world(), attribute="income")
    with pytest.raises(InputError, match="expected one of them"):
        group_saturation(world(), "tea", attribute="loan")


def _without_adoptions():
    full = world()
    kept = {name: full.frame(name) for name in ("people", "memberships")}
    return Dataset.from_frames(kept, full.study)
