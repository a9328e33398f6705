"""S17 holds the number of messages fixed, and counts only what was said before the day."""

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_covered, assert_level

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.noise_panel import noise_panel
from smallnet.hypotheses.methods.redundancy import past_redundancy, redundancy_of, turned_on
from smallnet.simulations import Platform, Weariness
from smallnet.simulations.weariness import _past
from smallnet.tables import Choices, Dataset

S17 = load_claim("S17")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "name": "noise",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=12)).to_pydatetime(),
    "coverage": {"muting": True, "leaving": True, "joining": True},
}
TABLES = ("people", "groups", "memberships", "interactions")


def day(n):
    return START + pd.Timedelta(days=float(n))


def tiny():
    said = [("g", 0.5 + 0.05 * i, "1") for i in range(6)] + [("g", 2.5, "2"), ("g", 2.6, None)]
    frame = pd.DataFrame(said, columns=["group", "at", "fingerprint"])
    frame["at"] = [day(n) for n in frame["at"]]
    frame["interaction"] = [f"m{i}" for i in range(len(frame))]
    stays = [
        ("a", None, None, False, None),  # stays
        ("b", None, None, True, 9.25),  # mutes on day 9
        ("c", None, None, True, None),  # muted before: never at risk
        ("d", 8.0, 10.5, False, None),  # a newcomer who leaves within three days
        ("e", None, 10.0, True, 4.0),  # mutes, then leaves: one event
    ]
    columns = ["person", "joined_at", "left_at", "muted", "muted_at"]
    table = pd.DataFrame(stays, columns=columns).assign(group="g")
    for name in ("joined_at", "left_at", "muted_at"):
        table[name] = [pd.NaT if pd.isna(n) else day(n) for n in table[name]]
    return {
        "people": table[["person"]],
        "groups": pd.DataFrame({"group": ["g"]}),
        "memberships": table,
        "interactions": frame.assign(sender="a", kind="text"),
    }


def test_days_at_risk_mutes_and_exits_are_those_of_a_hand_count():
    panel = noise_panel(Dataset.from_frames(tiny(), STUDY), muting=True, leaving=True)
    settled, new = panel.at_risk[:, 0]
    np.testing.assert_allclose(settled[:8], [3, 3, 3, 3, 2, 2, 2, 2])  # a, b and until day 4 e
    np.testing.assert_allclose(settled[8:], [2, 1.25, 1, 1], atol=1e-5)
    np.testing.assert_allclose(new, [0] * 8 + [1, 1, 0.5, 0], atol=1e-5)
    assert np.argwhere(panel.mutes).tolist() == [[0, 0, 4], [0, 0, 9]]
    assert np.argwhere(panel.leaves).tolist() == [[1, 0, 10]]
    red = panel.redundancy()[0]
    assert np.isnan(red[:7]).all()
    assert red[7] == pytest.approx(redundancy_of([6, 1]))  # the picture has no words
    assert np.isnan(red[8:]).all()  # one text is left in the window
    assert panel.said(7)[0, 7:10].tolist() == [8, 2, 2]


def test_the_closing_of_a_group_is_no_exit():
    tables = tiny()
    tables["groups"]["closed_at"] = day(10.5)
    panel = noise_panel(Dataset.from_frames(tables, STUDY), muting=True, leaving=True)
    assert panel.leaves.sum() == 0
    assert panel.at_risk[:, 0, 11].sum() == 0


def test_the_quoted_case_is_a_redundancy_of_771_thousandths():
    # register: H = 1.52 of 6.63 bits
    assert redundancy_of([80] + [1] * 19) == pytest.approx(0.771, abs=5e-4)


def test_sliding_windows_are_those_of_a_slow_count():
    rng = np.random.default_rng(1)
    group = np.sort(rng.integers(0, 3, 400))
    when = rng.integers(0, 20, 400)
    order = np.lexsort((when, group))
    when, kind = when[order], rng.integers(0, 6, 400)
    fast = past_redundancy(group, when, kind, groups=3, days=20, window=4)
    for g in range(3):
        for d in range(20):
            inside = kind[(group == g) & (when >= d - 4) & (when < d)]
            slow = redundancy_of(np.bincount(inside)) if d >= 4 and inside.size >= 5 else np.nan
            assert fast[g, d] == pytest.approx(slow, nan_ok=True)


def test_texts_moved_round_keep_their_group_and_their_number():
    group, kind = np.repeat([0, 1], [5, 3]), np.array([1, 1, 2, 3, 4, 7, 8, 8])
    moved = turned_on(group, kind, groups=2, rng=np.random.default_rng(2))
    assert sorted(moved[:5]) == sorted(kind[:5])
    assert sorted(moved[5:]) == sorted(kind[5:])
    turns = [np.roll(kind[:5], shift).tolist() for shift in range(5)]
    assert moved[:5].tolist() in turns


def test_the_generator_and_the_claim_count_redundancy_alike():
    platform = Platform(people=80, groups=8, days=20.0, messages_per_day=0.4, weariness=Weariness())
    world = platform.generate(rng=np.random.default_rng(3), tables=TABLES)
    panel = noise_panel(world.dataset(), muting=True, leaving=True)
    acts = world.frames["interactions"]
    number = {name: i for i, name in enumerate(world.frames["groups"]["group"])}
    people = {name: i for i, name in enumerate(world.frames["people"]["person"])}
    kinds = ["text", "image", "link", "reaction", "system"]
    seconds = (acts["at"] - pd.Timestamp(platform.starts)).dt.total_seconds()

    class Said:
        group = acts["group"].map(number).fillna(-1).to_numpy(np.int64)
        sender = acts["sender"].map(people).to_numpy(np.int64)
        kind = acts["kind"].map(kinds.index).to_numpy(np.int64)
        when = seconds.to_numpy(np.int64)

    redundancy, volume = _past(platform, Said, acts["fingerprint"], 20)
    np.testing.assert_allclose(panel.redundancy(), redundancy)
    np.testing.assert_allclose(panel.said(7), volume)


def test_groups_relabelled_give_the_same_answer():
    world = Platform(
        people=100,
        groups=16,
        days=50.0,
        leaves_per_day=0.002,
        messages_per_day=0.4,
        weariness=Weariness(muting_ratio=1.3),
    ).generate(rng=np.random.default_rng(4), tables=TABLES)
    first = S17.test(world.dataset(), Choices(replicates=19), rng=np.random.default_rng(1))
    tables = dict(world.frames)
    names = tables["groups"]["group"]
    new = dict(zip(names, [f"x{i:02d}" for i in range(len(names))][::-1], strict=True))
    for name in ("groups", "memberships", "interactions"):
        tables[name] = tables[name].assign(group=tables[name]["group"].map(new))
    again = S17.test(
        Dataset.from_frames(tables, world.study),
        Choices(replicates=19),
        rng=np.random.default_rng(1),
    )
    assert again.estimate == pytest.approx(first.estimate)
    assert again.p_value == pytest.approx(first.p_value)


def test_paid_games_near_a_day_are_named_and_left_out_beside():
    world = Platform(
        people=100, groups=16, days=50.0, messages_per_day=0.4, weariness=Weariness()
    ).generate(rng=np.random.default_rng(5), tables=TABLES)
    tables = dict(world.frames)
    starts = pd.Timestamp(world.study.observed_from)
    tables["events"] = pd.DataFrame(
        {
            "event": ["e1", "e2"],
            "kind": ["game", "rule"],
            "group": [tables["groups"]["group"][0], None],
            "starts_at": starts + pd.Timedelta(days=20),
        }
    )
    dataset = Dataset.from_frames(tables, world.study)
    panel = noise_panel(dataset, muting=True, leaving=True)
    assert np.argwhere(panel.paid).tolist() == [[0, d] for d in range(20, 28)]
    result = S17.test(dataset, Choices(replicates=19), rng=np.random.default_rng(1))
    assert "incentive or a game" in result.threats[0]
    assert "paid event" in result.robustness[-1]["name"]


@pytest.mark.parametrize(
    ("drop", "word"),
    [("moments", "neither"), ("fingerprint", "interactions.fingerprint")],
)
def test_it_says_what_it_lacks(drop, word):
    tables = tiny()
    if drop == "moments":
        tables["memberships"] = tables["memberships"].drop(columns=["muted_at", "left_at"])
    else:
        tables["interactions"] = tables["interactions"].drop(columns="fingerprint")
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S17",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert word in result.reason
    assert result.word("reason", "zh")


def test_with_a_handful_of_mutes_nothing_is_concluded():
    dataset = Dataset.from_frames(tiny(), STUDY)
    result = S17.test(dataset, Choices(), rng=np.random.default_rng(1))
    assert result.verdict == "inconclusive"
    assert result.estimate is None


@pytest.mark.calibration
def test_without_an_effect_of_noise_false_alarms_stay_at_their_level():
    results = [result for result, _truth in ask_worlds("S17", 1.0, 24, 6, Choices(replicates=99))]
    assert_level([r.p_value for r in results], sigmas=3)
    assert_level([r.details["p_shifted"] for r in results], sigmas=3)


@pytest.mark.calibration
def test_a_planted_ratio_is_covered_and_found():
    assert_covered(ask_worlds("S17", 1.4, 16, 7, Choices(replicates=99)), supported=0.8)
