import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from smallnet.errors import InputError, NotTestableError, UnknownNameError
from smallnet.tables import SCHEMA, Dataset

ROWS = {"group": ["g", "g", "h"], "person": ["a", "b", "a"]}


@pytest.mark.parametrize("frame", [pd.DataFrame(ROWS), pl.DataFrame(ROWS), pa.table(ROWS), ROWS])
def test_every_kind_of_frame_gives_the_same_table(frame):
    table = Dataset.from_frames({"memberships": frame}).frame("memberships")
    assert table[["group", "person"]].to_dict("list") == ROWS
    assert tuple(table.columns) == SCHEMA["memberships"].names


def test_an_absent_table_is_empty_with_its_columns():
    dataset = Dataset.from_frames({"memberships": ROWS})
    assert "shares" not in dataset
    assert dataset.frame("shares").shape == (0, len(SCHEMA["shares"].columns))


def test_ids_that_pandas_made_floats_are_whole_again():
    frame = pd.DataFrame({"group": [1.0, 2.0], "person": ["a", "b"], "invited_by": [7.0, None]})
    table = Dataset.from_frames({"memberships": frame}).frame("memberships")
    assert table["group"].tolist() == ["1", "2"]
    assert table["invited_by"].iloc[0] == "7"
    assert pd.isna(table["invited_by"].iloc[1])


def test_zoned_times_become_utc_and_extra_columns_stay():
    frame = pd.DataFrame(
        {
            "interaction": ["1"],
            "sender": ["a"],
            "at": pd.to_datetime(["2024-07-01T12:00:00+08:00"]),
            "mood": ["good"],
        }
    )
    table = Dataset.from_frames({"memberships": ROWS, "interactions": frame}).frame("interactions")
    assert table["at"].iloc[0] == pd.Timestamp("2024-07-01T04:00:00")
    assert table["mood"].tolist() == ["good"]


@pytest.mark.parametrize(
    ("frames", "word"),
    [
        ({"membership": ROWS}, "membership"),
        ({"memberships": {"group": ["g"]}}, "person"),
        ({"memberships": ROWS | {"joined_at": ["soon", None, None]}}, "joined_at"),
        ({"memberships": ROWS | {"muted": ["perhaps", None, None]}}, "muted"),
        ({"memberships": "a file"}, "memberships"),
    ],
)
def test_a_frame_that_cannot_be_a_table_is_refused_by_name(frames, word):
    with pytest.raises(InputError, match=word):
        Dataset.from_frames(frames)


def test_require_names_everything_that_is_missing():
    dataset = Dataset.from_frames({"memberships": ROWS})
    dataset.require("memberships", "memberships.person")
    with pytest.raises(NotTestableError) as caught:
        dataset.require("shares", "memberships.muted", "coverage.feed", "memberships.group")
    assert caught.value.missing == ("shares", "memberships.muted", "coverage.feed")


def test_coverage_that_is_left_out_is_true_only_if_a_row_shows_it():
    shares = {
        "share": ["1"],
        "item": ["i"],
        "sharer": ["a"],
        "channel": ["feed"],
        "shared_at": ["2024-01-01"],
    }
    seen = Dataset.from_frames({"memberships": ROWS, "shares": shares})
    assert seen.covers("feed")
    assert not seen.covers("private")
    stated = Dataset.from_frames(
        {"memberships": ROWS, "shares": shares}, {"coverage": {"feed": False, "private": True}}
    )
    assert not stated.covers("feed")
    assert stated.covers("private")
    with pytest.raises(UnknownNameError):
        seen.covers("weather")


def test_friends_who_share_no_group_show_ties_across_groups():
    friends = {"person": ["a", "b"], "friend": ["b", "c"]}
    inside = {"person": ["a"], "friend": ["b"]}
    assert Dataset.from_frames({"memberships": ROWS, "friendships": friends}).covers(
        "cross_group_ties"
    )
    assert not Dataset.from_frames({"memberships": ROWS, "friendships": inside}).covers(
        "cross_group_ties"
    )


def test_private_messages_between_strangers_show_ties_across_groups():
    acts = {"interaction": ["1"], "sender": ["b"], "at": ["2024-01-01"], "recipient": ["z"]}
    assert Dataset.from_frames({"memberships": ROWS, "interactions": acts}).covers(
        "cross_group_ties"
    )


def test_a_kept_table_is_computed_once():
    dataset = Dataset.from_frames({"memberships": ROWS})
    calls = []

    def build():
        calls.append(1)
        return dataset["memberships"]

    for _ in range(3):
        dataset.keep("mine", build)
    assert len(calls) == 1


def test_without_any_time_the_watch_is_one_unit_long():
    dataset = Dataset.from_frames({"memberships": ROWS})
    assert not dataset.timed
    assert dataset.observed_until_us > dataset.observed_from_us
