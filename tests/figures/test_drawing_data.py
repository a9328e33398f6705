import itertools

import pandas as pd

from smallnet.figures import draw_groups, group_drawing_data, house_style
from smallnet.tables import Dataset

WATCH = {"observed_from": "2024-01-01", "observed_until": "2024-02-01"}


def roster(**homes):
    rows = [(group, person) for group, people in homes.items() for person in people]
    return pd.DataFrame(rows, columns=["group", "person"])


HOMES = {"one": "abcde", "two": "defgh", "far": "stuvwxyz", "pair": "ab"}


def test_groups_that_share_people_come_first_and_tiny_ones_never():
    drawing = group_drawing_data(Dataset.from_frames({"memberships": roster(**HOMES)}, WATCH))
    names = list(dict.fromkeys(row["group"] for row in drawing["members"]))
    assert set(names[:2]) == {"one", "two"}
    assert "pair" not in names


def test_who_left_is_not_drawn():
    memberships = roster(**HOMES).assign(left_at=pd.NaT)
    gone = memberships["person"] == "e"
    memberships.loc[gone, "left_at"] = pd.Timestamp("2024-01-15")
    drawing = group_drawing_data(Dataset.from_frames({"memberships": memberships}, WATCH))
    assert "e" not in {row["person"] for row in drawing["members"]}


def test_friendships_are_the_ties_each_pair_once():
    friends = pd.DataFrame({"person": ["a", "b", "a", "q"], "friend": ["b", "a", "f", "a"]})
    tables = {"memberships": roster(**HOMES), "friendships": friends}
    ties = group_drawing_data(Dataset.from_frames(tables, WATCH))["ties"]
    assert {(tie["source"], tie["target"]) for tie in ties} == {("a", "b"), ("a", "f")}
    assert len(ties) == 2
    assert {tie["kind"] for tie in ties} == {"friendship"}


def test_without_friendships_answers_are_the_ties():
    acts = pd.DataFrame(
        {
            "interaction": ["1", "2", "3"],
            "sender": ["a", "b", "b"],
            "at": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"]),
            "group": ["one", "one", "one"],
            "reply_to": [None, "1", "2"],
        }
    )
    tables = {"memberships": roster(**HOMES), "interactions": acts}
    ties = group_drawing_data(Dataset.from_frames(tables, WATCH))["ties"]
    assert ties == [{"source": "a", "target": "b", "kind": "interaction"}]


def test_no_group_of_a_size_to_draw_gives_nothing():
    assert group_drawing_data(Dataset.from_frames({"memberships": roster(g="ab")}, WATCH)) is None


def test_a_drawing_never_holds_a_crowd():
    people = [f"p{number:03d}" for number in range(300)]
    homes = {f"g{start}": people[start : start + 30] for start in range(0, 270, 10)}
    drawing = group_drawing_data(Dataset.from_frames({"memberships": roster(**homes)}, WATCH))
    assert len({row["person"] for row in drawing["members"]}) <= 80
    with house_style():
        draw_groups(pd.DataFrame(drawing["members"]), pd.DataFrame(columns=["source", "target"]))


def test_the_choice_does_not_hang_on_the_order_of_rows():
    forwards = roster(**HOMES)
    drawings = [
        group_drawing_data(Dataset.from_frames({"memberships": frame}, WATCH))
        for frame in (forwards, forwards.iloc[::-1])
    ]
    assert drawings[0] == drawings[1]
    pairs = itertools.pairwise(drawings[0]["members"])
    assert all((a["group"], a["person"]) != (b["group"], b["person"]) for a, b in pairs)
