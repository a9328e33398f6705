import datetime as dtm

import pandas as pd
import pytest

from smallnet.tables import Dataset
from smallnet.tables.windows import (
    DAY_US,
    humans,
    members_at,
    posters_only,
    size_steps,
    sizes_at,
    spells,
    talk,
)

START = pd.Timestamp("2024-01-01")


def day(number):
    return START + pd.Timedelta(days=number)


def us(number):
    return int(day(number).value // 1000)


@pytest.fixture
def dataset():
    memberships = pd.DataFrame(
        [
            ("g", "ann", None, None, None),
            ("g", "bob", day(2), day(5), None),
            ("g", "bob", day(7), None, None),  # came back
            ("g", "cyd", day(1), None, day(9)),  # left at an unknown time before day 9
            ("g", "dan", day(3), day(6), None),
            ("g", "dan", day(4), day(8), None),  # overlaps: one stay
            ("g", "eve", day(-5), day(-1), None),  # before the watch
            ("g", "bot", None, None, None),
            ("h", "fay", day(1), None, day(9)),  # no trace: in until the join, so never
        ],
        columns=["group", "person", "joined_at", "left_at", "left_by"],
    )
    interactions = pd.DataFrame(
        [
            ("1", "ann", day(2), "g", None, "text", None),
            ("2", "bob", day(2), "g", None, "text", None),
            ("3", "bob", day(2), "g", None, "text", None),
            ("4", "cyd", day(4), "g", None, "text", None),
            ("5", "bot", day(4), "g", None, "text", None),
            ("6", "dan", day(5), "g", None, "system", None),
            ("7", "ann", day(6), "g", "dan", "contact", True),
            ("8", "ann", day(6), None, "dan", "text", None),
        ],
        columns=["interaction", "sender", "at", "group", "recipient", "kind", "symmetric"],
    )
    return Dataset.from_frames(
        {
            "memberships": memberships,
            "interactions": interactions,
            "people": pd.DataFrame({"person": ["bot", "ann"], "bot": [True, None]}),
        },
        {"observed_from": dtm.datetime(2024, 1, 1), "observed_until": dtm.datetime(2024, 1, 11)},
    )


def stays_of(dataset, person):
    frame = dataset.collect(spells(dataset)).query("person == @person").sort_values("start_us")
    days = (frame[["start_us", "end_us"]] - us(0)) / DAY_US
    return [
        (round(a, 6), round(b, 6), known, left)
        for (a, b), known, left in zip(
            days.to_numpy(), frame["start_known"], frame["left"], strict=True
        )
    ]


def test_an_unknown_join_is_in_since_before_the_watch(dataset):
    assert stays_of(dataset, "ann") == [(0, 10, False, False)]


def test_who_left_and_came_back_has_two_stays(dataset):
    assert stays_of(dataset, "bob") == [(2, 5, True, True), (7, 10, True, False)]


def test_a_vague_exit_lasts_until_the_last_trace_and_is_no_exit(dataset):
    assert stays_of(dataset, "cyd") == [(1, 4, True, False)]
    assert stays_of(dataset, "fay") == []


def test_overlapping_rows_are_one_stay(dataset):
    assert stays_of(dataset, "dan") == [(3, 8, True, True)]


def test_bots_and_stays_outside_the_watch_are_not_there(dataset):
    assert stays_of(dataset, "bot") == []
    assert stays_of(dataset, "eve") == []
    assert "bot" not in set(dataset.collect(humans(dataset))["person"])


@pytest.mark.parametrize(
    ("at", "members"),
    [(0, {"ann"}), (2, {"ann", "bob", "cyd"}), (5, {"ann", "dan"}), (8, {"ann", "bob"})],
)
def test_a_stay_holds_its_start_but_not_its_end(dataset, at, members):
    found = dataset.collect(members_at(dataset, us(at)))
    assert set(found.query("group == 'g'")["person"]) == members


def test_sizes_at_events_agree_with_the_members_at_that_moment(dataset):
    moments = pd.DataFrame(
        {"group": ["g"] * 10 + ["none"], "at_us": [us(d) for d in [*range(10), 3]]}
    )
    events = dataset.connection.create_table("moments", moments)
    sizes = dataset.collect(sizes_at(dataset, events)).sort_values(["group", "at_us"])
    expected = [
        len(dataset.collect(members_at(dataset, us(d))).query("group == 'g'")) for d in range(10)
    ]
    assert sizes.query("group == 'g'")["size"].tolist() == expected
    assert sizes.query("group == 'none'")["size"].tolist() == [0]


def test_size_steps_add_up_to_the_member_days(dataset):
    steps = dataset.collect(size_steps(dataset))
    stays = dataset.collect(spells(dataset))
    member_time = ((steps["until_us"] - steps["from_us"]) * steps["size"]).sum()
    assert member_time == (stays["end_us"] - stays["start_us"]).sum()


def test_talk_leaves_out_machines_and_system_lines_and_counts_a_contact_for_both(dataset):
    said = dataset.collect(talk(dataset))
    assert sorted(said["interaction"]) == ["1", "2", "3", "4", "7", "7"]
    assert set(said.query("interaction == '7'")["sender"]) == {"ann", "dan"}
    assert said.query("entry")["interaction"].tolist() == ["2"]  # one act made bob a member


def test_first_posts_taken_as_joins_are_recognised(dataset):
    assert not posters_only(dataset)
    rows = pd.DataFrame({"group": ["g", "g"], "person": ["a", "b"], "joined_at": [day(1), day(2)]})
    acts = pd.DataFrame(
        {
            "interaction": ["1", "2"],
            "sender": ["a", "b"],
            "at": [day(1), day(2)],
            "group": ["g", "g"],
        }
    )
    assert posters_only(Dataset.from_frames({"memberships": rows, "interactions": acts}))


def test_nobody_is_in_a_group_before_it_exists():
    dataset = Dataset.from_frames(
        {
            "groups": pd.DataFrame(
                {"group": ["old", "new"], "created_at": [day(-9), day(4)]},
            ),
            "memberships": pd.DataFrame(
                {"group": ["old", "new", "unlisted"], "person": ["ann", "ann", "ann"]}
            ),
        },
        {"observed_from": day(0).isoformat(), "observed_until": day(10).isoformat()},
    )
    stays = dataset.collect(spells(dataset)).set_index("group")
    assert stays.start_us.to_dict() == {"old": us(0), "new": us(4), "unlisted": us(0)}
    assert not stays.start_known.any()  # the moment of joining stays unknown
