"""S18 finds what a core does to the life of a group, and does not take arithmetic for it."""

import datetime as dtm

import numpy as np
import pandas as pd
import pytest
from planted_worlds import assert_centred, assert_null_holds

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.planted import s18_engaged_core as plan
from smallnet.hypotheses.planted.talking_groups import (
    START,
    dataset_of,
    draw_deaths,
    draw_talk,
    moments,
)
from smallnet.tables import Choices, Dataset

S18, PLANTED = load_claim("S18"), load_planted("S18")
CHOICES = Choices()


def planted(effect, seed, worlds):
    answers = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        dataset, truth = PLANTED.draw(effect, groups=PLANTED.groups, people=PLANTED.people, rng=rng)
        answers.append((S18.test(dataset, CHOICES, rng=rng), truth))
    return answers


def covered(answers):
    return np.mean([r.ci_low <= truth <= r.ci_high for r, truth in answers])


def test_a_planted_core_is_found_with_participation_beside_it():
    ((result, truth),) = planted(0.5, 1, 1)
    half = np.log(result.ci_high / result.estimate)
    assert abs(np.log(result.estimate / truth)) < 2 * half  # about four standard errors
    assert result.verdict == "supported"
    details = result.details
    assert details["landmarks"] == 3
    assert details["jointly"]["core"]["estimate"] < 0.8
    # speakers drawn at random would be more than those who spoke: few hold the floor
    assert details["speaker_share"] < details["speaker_share_if_random"]
    bands = details["by_core"]
    assert sum(band["deaths"] for band in bands) == result.n["events"]
    assert bands[0]["hazard"] > bands[3]["hazard"]
    assert result.word("reason", "zh") != result.reason


def rows_of(world):
    """Groups at landmarks straight from the draw, as the tables would give them."""
    parts = []
    for landmark in (1, 2, 3):
        g = np.flatnonzero(world.alive[:, landmark - 1])
        until = np.minimum(world.dead_from[g], (landmark + 1) * 15.0)
        part = {
            "group": np.char.mod("g%05d", g),
            "landmark": landmark,
            "enter": landmark * 15.0,
            "leave": until,
            "died": world.dead_from[g] <= (landmark + 1) * 15.0,
            "core": world.core[g, landmark - 1],
            "log_size": np.log(world.talk.size[g]),
            "log_messages": world.volume[g, landmark - 1],
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts).sort_values(["group", "landmark"], ignore_index=True)


def straight(effect, seed, worlds):
    """Estimates, p-values and whether truth lies inside, of worlds without tables."""
    found = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        world = plan.draw_world(effect, groups=PLANTED.groups, people=PLANTED.people, rng=rng)
        rows = rows_of(world)
        model = S18._try(rows, ["core"])
        truth, (low, high) = np.log(effect) * rows["core"].std(ddof=0), model.conf_int()[0]
        found.append((model.beta[0] - truth, model.p_values()[0], low <= truth <= high))
    return np.transpose(found)


def test_the_tables_tell_what_was_drawn():
    rng = np.random.default_rng(9)
    world = plan.draw_world(0.5, groups=60, people=200, rng=rng)
    drawn = rows_of(world).set_index(["group", "landmark"])
    rows = S18._rows(dataset_of(world.talk, world.dead_from), CHOICES)
    rows = rows.set_index(["group", "landmark"])
    both = drawn.index.intersection(rows.index)
    # who dies before a word was said after the landmark is dead at it already
    assert len(both) == len(rows) >= 0.9 * len(drawn)
    names = ["core", "log_size", "log_messages"]
    np.testing.assert_allclose(rows.loc[both, names], drawn.loc[both, names])
    # its death may even fall into the window before, with its last word
    assert np.mean(rows.loc[both, "died"] == drawn.loc[both, "died"]) > 0.97
    late = drawn.loc[both, "leave"] - rows.loc[both, "leave"]
    assert late.min() >= 0  # the last word comes before the end
    assert late.mean() < 0.5


@pytest.mark.calibration
def test_without_an_effect_p_is_uniform():
    assert_null_holds(*straight(1.0, 2, worlds=200))


@pytest.mark.calibration
def test_a_planted_ratio_is_covered():
    worlds = 100
    bias, p, inside = straight(0.5, 3, worlds)
    assert abs(inside.mean() - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert np.mean(p < 0.05) > 0.9
    assert_centred(bias)


@pytest.mark.calibration
def test_through_the_tables_level_and_coverage_hold_as_well():
    answers = planted(1.0, 4, 12) + planted(0.5, 5, 8)
    alarms = np.array([r.verdict in ("supported", "contradicted") for r, _truth in answers])
    assert alarms[:12].mean() < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 12)
    assert alarms[12:].mean() > 0.7
    assert covered(answers) > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / 20)


def test_a_hazard_that_grows_with_size_makes_the_share_of_speakers_no_cause():
    # the share falls with size by arithmetic, so it goes with a long life unless size is held
    rng = np.random.default_rng(4)
    talk = draw_talk(400, 900, window_days=15.0, windows=6, messages_per_day=1.0, rng=rng)
    size = np.log(talk.size)
    hazard = 0.02 * np.exp(1.2 * (size - size.mean()))
    dead_from, _alive = draw_deaths(lambda _landmark: hazard, talk, windows=3, rng=rng)
    details = S18.test(dataset_of(talk, dead_from), CHOICES, rng=rng).details
    assert details["participation_by_arithmetic"]["ci_high"] < 0.9
    share = details["participation"]
    assert share["ci_low"] < 1 < share["ci_high"]


def test_groups_that_are_only_read_live_where_reads_are_recorded():
    rng = np.random.default_rng(5)
    talk = draw_talk(80, 300, window_days=15.0, windows=6, messages_per_day=1.0, rng=rng)
    dead_from, _alive = draw_deaths(lambda _landmark: np.full(80, 0.05), talk, windows=3, rng=rng)
    group = np.repeat(np.char.mod("g%05d", np.arange(80)), 30)
    day = np.tile(np.arange(30) * 3.0, 80)
    shares = pd.DataFrame({"share": [f"s{i}" for i in range(len(day))], "group": group})
    shares = shares.assign(item="notice", sharer="p00000", channel="group", shared_at=moments(day))
    seen = pd.DataFrame({"share": shares["share"], "person": "p00001", "seen_at": moments(day)})
    dataset = dataset_of(talk, dead_from, tables={"shares": shares, "exposures": seen})
    result = S18.test(dataset, CHOICES, rng=rng)
    (read,) = [entry for entry in result.robustness if "read" in entry["name"]]
    assert result.n["events"] > 30
    assert read["estimate"] is None  # nobody dies who is read to the end
    assert not any("only reads" in threat for threat in result.threats)


def test_a_core_that_all_groups_have_alike_says_nothing():
    rng = np.random.default_rng(6)
    talk = draw_talk(60, 300, window_days=15.0, windows=6, rng=rng, answered=(0.0, 0.0))
    dead_from, _alive = draw_deaths(lambda _landmark: np.full(60, 0.03), talk, windows=3, rng=rng)
    dataset = dataset_of(talk, dead_from)
    assert S18.test(_one_answer(dataset), CHOICES, rng=rng).verdict == "inconclusive"


def _one_answer(dataset):
    """Give the same data with a single answer, so that answers count as recorded."""
    frames = {name: dataset.frame(name) for name in dataset.tables}
    acts = frames["interactions"].astype({"reply_to": object})
    acts.loc[1, "reply_to"] = acts.loc[0, "interaction"]
    return Dataset.from_frames(frames | {"interactions": acts}, dataset.study)


@pytest.mark.parametrize("lacks", ["reply_to", "memberships", "time"])
def test_what_is_lacking_is_said_in_words(lacks):
    rng = np.random.default_rng(7)
    talk = draw_talk(20, 100, window_days=15.0, windows=6, rng=rng)
    dataset = dataset_of(talk, np.full(20, np.inf))
    frames = {name: dataset.frame(name) for name in dataset.tables}
    if lacks == "reply_to":
        frames["interactions"] = frames["interactions"].drop(columns="reply_to")
    elif lacks == "memberships":
        del frames["memberships"]
    until = START + dtm.timedelta(days=40 if lacks == "time" else 90)
    study = {"observed_from": START, "observed_until": until}
    choices = Choices(hypotheses=("S18",))
    (result,) = run_claims(Dataset.from_frames(frames, study), choices, rng=rng)
    assert result.verdict == "not testable"
    words = {"time": "too short"}.get(lacks, lacks)
    assert words in result.reason
    assert result.word("reason", "zh") != result.reason


def test_relabelling_groups_and_people_changes_nothing():
    rng = np.random.default_rng(8)
    dataset, _truth = PLANTED.draw(0.7, groups=60, people=200, rng=rng)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    for name, table in frames.items():
        for column in {"group", "person", "sender"} & set(table.columns):
            frames[name][column] = "x" + table[column].astype(str).str[::-1]
    other = Dataset.from_frames(frames, dataset.study)
    one, two = (S18.test(data, CHOICES, rng=rng) for data in (dataset, other))
    assert one.estimate == pytest.approx(two.estimate)
    assert one.ci_low == pytest.approx(two.ci_low)
