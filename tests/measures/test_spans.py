"""Spans and newcomers: by hand on a few messages, and what does not depend on names."""

import numpy as np
import pandas as pd
import pytest

from smallnet.errors import InputError, NotTestableError
from smallnet.measures import activity_spans, newcomers
from smallnet.tables import Dataset
from smallnet.tables.study_file import Study

STUDY = Study(
    name="talk",
    observed_from=pd.Timestamp("2024-01-01").to_pydatetime(),
    observed_until=pd.Timestamp("2024-03-01").to_pydatetime(),
)
SAID = [  # interaction, group, topic, sender, at, reply_to
    ("1", "g", "t", "ann", "2024-01-02 12:00", None),
    ("2", "g", "t", "bob", "2024-01-02 13:00", None),  # answers ann, is answered by her
    ("3", "g", "t", "ann", "2024-01-02 14:00", None),
    ("4", "g", "u", "cy", "2024-01-10 12:00", None),  # nobody answers within a day
    ("5", "g", "u", "ann", "2024-01-12 12:00", "4"),
    ("6", "h", "v", "dee", "2024-02-01 12:00", None),  # answered by a reply in another topic
    ("7", "h", "w", "bob", "2024-02-01 18:00", "6"),
    ("8", "h", "w", "eve", "2024-02-02 00:00", None),  # comes into bob's talk; ann names her
    ("9", "h", "x", "ann", "2024-02-02 06:00", None),
    ("10", "h", "x", "robot", "2024-02-02 06:01", None),
]


def world(rows=SAID):
    columns = ["interaction", "group", "topic", "sender", "at", "reply_to"]
    said = pd.DataFrame(rows, columns=columns)
    names = sorted(set(said["sender"]))
    return Dataset.from_frames(
        {
            "people": pd.DataFrame({"person": names, "bot": [n == "robot" for n in names]}),
            "interactions": said.assign(at=pd.to_datetime(said["at"])),
            "recipients": pd.DataFrame({"interaction": ["9"], "person": ["eve"]}),
        },
        STUDY,
    )


def test_spans_are_counted_from_the_first_to_the_last_act_of_humans():
    topics = activity_spans(world(), "topic").set_index("topic")
    assert topics["acts"].to_dict() == {"t": 3, "u": 2, "v": 1, "w": 2, "x": 1}
    assert topics.loc["t", "span_days"] == pytest.approx(2 / 24)
    assert topics.loc["u", ["span_days", "longest_gap_days"]].tolist() == [2.0, 2.0]
    assert topics.loc["u", ["people", "early_people", "early_acts"]].tolist() == [2, 1, 1]
    assert topics.loc["v", ["span_days", "longest_gap_days", "active_days"]].tolist() == [0, 0, 1]
    assert topics.loc["w", "active_days"] == 2  # over midnight
    assert topics.loc["t", "begins_day"] == 1.5
    whole = topics["begins_day"] + topics["span_days"] + topics["silent_days"]
    np.testing.assert_allclose(whole, 60.0)
    assert activity_spans(world(), "sender")["acts"].sum() == 9


def test_a_longer_beginning_holds_more_people_and_never_more_than_all():
    short, long = (activity_spans(world(), "group", first_days=d) for d in (0.5, 50.0))
    assert (short["early_people"] <= long["early_people"]).all()
    assert (long["early_people"] == long["people"]).all()
    with pytest.raises(InputError, match="first_days is 0"):
        activity_spans(world(), first_days=0)
    with pytest.raises(NotTestableError, match="mood"):
        activity_spans(world(), "mood")


def test_answers_come_from_the_conversation_a_reply_or_a_mention():
    rows = newcomers(world(), thread="topic").set_index("person")
    assert list(rows.index) == ["ann", "bob", "cy", "dee", "eve"]
    assert rows["answered"].to_dict() == {
        "ann": True, "bob": True, "cy": False, "dee": True, "eve": True,
    }  # fmt: skip
    assert rows["answer_hours"].tolist() == [1, 1, pytest.approx(np.nan, nan_ok=True), 6, 6]
    assert rows["talk_before"].to_dict() == {
        "ann": False, "bob": True, "cy": False, "dee": False, "eve": True,
    }  # fmt: skip
    assert rows["came_back"].tolist() == [True, True, False, False, False]
    assert rows["people_there"].tolist() == [0, 1, 2, 0, 2]
    assert rows["group"].tolist() == ["g", "g", "g", "h", "h"]


def test_without_conversations_only_replies_and_mentions_answer():
    rows = newcomers(world()).set_index("person")
    assert rows["answered"].to_dict() == {
        "ann": False, "bob": False, "cy": False, "dee": True, "eve": True,
    }  # fmt: skip
    assert not rows["talk_before"].any()
    late = newcomers(world(), within_days=3).set_index("person")
    assert late.loc["cy", "answered"]  # two days later
    assert late.loc["cy", "answer_hours"] == 48


def test_people_there_forget_after_the_days_that_count():
    rows = newcomers(world(), busy_days=5.0).set_index("person")
    assert rows.loc["cy", "people_there"] == 0
    assert rows.loc["bob", "people_there"] == 1


def slow_people_there(said, person, at, group, days):
    before = said[(said["group"] == group) & (said["at"] < at)]
    return before.loc[before["at"] >= at - pd.Timedelta(days=days), "sender"].nunique()


def test_people_there_are_those_counted_one_by_one():
    rng = np.random.default_rng(1)
    n = 400
    said = pd.DataFrame(
        {
            "interaction": np.arange(n).astype(str),
            "group": rng.choice(list("gh"), n),
            "sender": [f"p{i}" for i in rng.integers(0, 80, n)],
            "at": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.uniform(0, 59, n), "D").floor("s"),
        }
    )
    found = newcomers(Dataset.from_frames({"interactions": said}, STUDY), busy_days=10.0)
    first = said.sort_values("at").groupby("sender").first()
    slow = [
        slow_people_there(said, row.person, first.loc[row.person, "at"], row.group, 10)
        for row in found.itertuples()
    ]
    assert found["people_there"].tolist() == slow


def test_days_above_nothing_and_a_column_that_is_there_are_expected():
    with pytest.raises(InputError, match="within_days is 0"):
        newcomers(world(), within_days=0)
    with pytest.raises(NotTestableError, match="mood"):
        newcomers(world(), thread="mood")
