"""What must not change when names, clocks or the order of rows do."""

import numpy as np
import pandas as pd
import pytest
from measured_worlds import random_frames, random_study

from smallnet.measures import COLUMNS, group_table
from smallnet.tables import Choices, Dataset

SEEDS = (3,)
NUMBERS = [c.name for c in COLUMNS if c.kind in ("count", "number")]


def measured(frames, stretch=1.0):
    dataset = Dataset.from_frames(frames, random_study(stretch))
    return group_table(dataset, Choices(dead_after_days=2.0 * stretch)).set_index("group")


def rename(frames, rng):
    """Give people, groups and messages other ids, and the rows another order."""
    people = rng.permutation(100)
    renamed = {}
    for name, frame in frames.items():
        frame = frame.sample(frac=1, random_state=int(rng.integers(1000))).copy()
        for column in frame:
            if column in ("person", "friend", "sender"):
                frame[column] = frame[column].map(lambda p: f"q{people[int(p[1:])]:02d}")
            elif column == "group":
                frame[column] = frame[column].map(lambda g: f"h{9 - int(g[1:])}")
            elif column in ("interaction", "reply_to"):
                frame[column] = frame[column].map(lambda m: "n" + m[1:], na_action="ignore")
        renamed[name] = frame
    return renamed


@pytest.mark.parametrize("seed", SEEDS)
def test_relabelling_people_groups_and_rows_relabels_the_table(seed):
    frames = random_frames(np.random.default_rng(seed))
    before = measured(frames)
    after = measured(rename(frames, np.random.default_rng(seed + 10)))
    after.index = [f"g{9 - int(name[1:])}" for name in after.index]
    after = after.loc[before.index]
    for name in NUMBERS:
        np.testing.assert_allclose(
            before[name].astype(float), after[name].astype(float), rtol=1e-12, err_msg=name
        )
    assert before["state"].tolist() == after["state"].tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clock_that_runs_at_half_speed_halves_rates_and_doubles_times(seed):
    slow = measured(random_frames(np.random.default_rng(seed), stretch=2.0), 2.0)
    plain = measured(random_frames(np.random.default_rng(seed)))
    doubled = {c.name for c in COLUMNS if c.unit in ("days", "seconds")}
    halved = {c.name for c in COLUMNS if c.name.startswith("messages_per_member_day")}
    by_days = {"messages_dispersion", *(f"messages_per_member_day_{e}" for e in ("low", "high"))}
    for name in set(NUMBERS) - by_days:
        factor = 2.0 if name in doubled else 0.5 if name in halved else 1.0
        np.testing.assert_allclose(
            slow[name].astype(float),
            plain[name].astype(float) * factor,
            rtol=1e-6,
            atol=1e-6,
            err_msg=name,
        )
    assert slow["state"].tolist() == plain["state"].tolist()


def test_two_copies_of_a_world_that_do_not_meet_measure_alike():
    frames = random_frames(np.random.default_rng(5))
    alone = measured(frames)
    both = {}
    for name, frame in frames.items():
        twin = frame.copy()
        for column in twin.columns.intersection(
            ["person", "friend", "sender", "group", "interaction", "reply_to"]
        ):
            twin[column] = twin[column].map(lambda value: f"x{value}", na_action="ignore")
        both[name] = pd.concat([frame, twin], ignore_index=True)
    together = measured(both)
    copied = together.loc[[f"x{name}" for name in alone.index]].set_axis(alone.index)
    by_chance = {"friend_pairs_expected", "friend_ratio", "friend_z"}  # of a larger network
    for name in set(NUMBERS) - by_chance:
        for twin in (together.loc[alone.index], copied):
            np.testing.assert_allclose(
                twin[name].astype(float), alone[name].astype(float), rtol=1e-12, err_msg=name
            )
