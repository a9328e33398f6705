"""Numbers that other people computed from the same files."""

import os

import pytest
from scipy import stats

from smallnet.measures import group_table
from smallnet.tables import Dataset
from smallnet.tables.registry import load_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        "SMALLNET_DATA" not in os.environ, reason="SMALLNET_DATA names no folder of real data"
    ),
]


def load(name) -> Dataset:
    return load_data(name, notify=lambda _line: None)


def test_the_high_school_keeps_its_contacts_inside_the_class():
    table = group_table(load("thiers2013"))
    assert len(table) == 9
    assert table["size"].sum() == 329  # two of them were never in contact
    # every class counts as many contact ends as its pupils have
    inside = (1 - table["ei_messages"]) / 2
    ends = table["messages"].astype(float) / inside  # contacts inside are recorded in the class
    assert ends.sum() == pytest.approx(2 * 188_508)
    assert (inside * ends).sum() / ends.sum() == pytest.approx(0.9349, abs=5e-5)


def test_slack_channels_differ_in_messages_per_member_but_hardly_with_size():
    # README of the set: 12.8 in the 16 channels of 2-30 members, 6.0 in the 21 larger, rho -0.14
    table = group_table(load("slack_10academy"))
    table = table[table["size"] >= 2]
    each = table["messages"].astype(float) / table["size"].astype(float)
    assert stats.spearmanr(each, table["size"]).statistic == pytest.approx(-0.14, abs=0.01)
    few = table["size"] <= 30
    assert few.value_counts().to_dict() == {True: 16, False: 21}
    assert each[few].median() == pytest.approx(12.8, abs=0.05)
    assert each[~few].median() == pytest.approx(6.0, abs=0.05)


def test_larger_zulip_streams_are_livelier_per_poster():
    table = group_table(load("lean_zulip"))
    assert len(table) == 91
    spoken = table[table["talkers"] > 0]
    each = spoken["messages"] / spoken["talkers"]
    assert stats.spearmanr(each, spoken["talkers"]).statistic == pytest.approx(0.64, abs=0.005)
    assert table["lurker_share"].isna().all()  # posters' rosters hold no lurkers
