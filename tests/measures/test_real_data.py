"""Numbers that other people computed from the same files."""

import os

import pytest
from scipy import stats

from smallnet.measures import group_table, scorecard
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
    assert table["size"].sum() == 327
    # every contact has two ends: the classes' mean, weighted by ends, is the school's share
    inside = (1 - table["ei_messages"]) / 2
    ends = table["messages"] / inside  # all inside contacts are recorded in the class
    assert (inside * ends).sum() / ends.sum() == pytest.approx(0.9349, abs=5e-5)
    assert scorecard(table)["small"].sum() == (table["size"] < 30).sum()


def test_slack_channels_are_as_lively_per_member_whatever_their_size():
    table = group_table(load("slack_10academy"))
    each = table["messages"] / table["members_ever"]
    rho = stats.spearmanr(each, table["members_ever"], nan_policy="omit").statistic
    assert rho == pytest.approx(-0.14, abs=0.15)


def test_larger_zulip_streams_are_livelier_per_poster():
    table = group_table(load("lean_zulip"))
    assert len(table) == 91
    spoken = table[table["talkers"] > 0]
    each = spoken["messages"] / spoken["talkers"]
    assert stats.spearmanr(each, spoken["talkers"]).statistic == pytest.approx(0.64, abs=0.005)
    assert table["lurker_share"].isna().all()  # posters' rosters hold no lurkers
