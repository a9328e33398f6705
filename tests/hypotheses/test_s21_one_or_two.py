"""S21 tells whether one or two of three signs keep groups alive, with cut-offs named before."""

import datetime as dtm

import numpy as np
import pandas as pd
import pytest
from planted_worlds import assert_centred, assert_null_holds

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted import load_planted
from smallnet.hypotheses.planted import s21_one_or_two as plan
from smallnet.hypotheses.planted.talking_groups import dataset_of
from smallnet.tables import Choices, Dataset

S21, PLANTED = load_claim("S21"), load_planted("S21")
CHOICES = Choices()


def planted(effect, seed, worlds):
    answers = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        dataset, truth = PLANTED.draw(effect, groups=PLANTED.groups, people=PLANTED.people, rng=rng)
        answers.append((S21.test(dataset, CHOICES, rng=rng), truth))
    return answers


def test_any_sign_that_saves_groups_is_found():
    ((result, truth),) = planted(0.3, 1, 1)
    half = np.log(result.ci_high / result.estimate)
    assert abs(np.log(result.estimate / truth)) < 2 * half  # about four standard errors
    assert result.verdict == "supported"
    details = result.details
    assert len(details["cells"]) == 8
    assert sum(cell["deaths"] for cell in details["cells"]) == result.n["events"]
    assert sum(number["rows"] for number in details["by_number"]) == result.n["rows"]
    risk = details["any_against_none"]["risk_difference"]
    assert risk["ci_high"] < 0
    # any of them saves as much as all: the risks do not add up
    assert details["additive"]["p_value"] < 0.05
    # none is necessary by itself: most who lack it live
    assert details["necessity"]["useful"]["lived_without_it"] > 0.5
    assert result.word("reason", "zh") != result.reason


def rows_of(world):
    """Groups at landmarks straight from the draw, as the tables would give them."""
    parts = []
    for landmark in (1, 2, 3):
        g = np.flatnonzero(world.alive[:, landmark - 1])
        part = {
            "group": np.char.mod("g%05d", g),
            "landmark": landmark,
            "died": world.dead_from[g] <= (landmark + 1) * 15.0,
            "any": world.some[g, landmark - 1],
            "log_size": np.log(world.talk.size[g]),
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def straight(effect, seed, worlds):
    """Errors of logs, p-values and whether truth lies inside, of worlds without tables."""
    found = []
    for rng in np.random.default_rng(seed).spawn(worlds):
        world = plan.draw_world(effect, groups=PLANTED.groups, people=PLANTED.people, rng=rng)
        contrast = S21._some_against_none(rows_of(world), CHOICES)
        ratio, low, high = contrast.ratio
        truth = plan.risk_ratio(world, effect)
        found.append((np.log(ratio / truth), contrast.p_value, low <= truth <= high))
    return np.transpose(found)


def test_the_tables_tell_what_was_drawn():
    rng = np.random.default_rng(9)
    world = plan.draw_world(0.5, groups=60, people=200, rng=rng)
    tables = plan._adoptions(world.taken, world.dead_from, 200, rng=rng)
    prints = np.where(world.stale, "1", np.char.mod("t%07d", np.arange(world.stale.size)))
    columns = {"fingerprint": prints}
    dataset = dataset_of(world.talk, world.dead_from, columns=columns, tables=tables)
    rows = S21._judge(S21._rows(dataset, CHOICES, 30.0), CHOICES.cut_offs)
    rows = rows.set_index(["group", "landmark"])
    drawn = rows_of(world).set_index(["group", "landmark"]).loc[rows.index]
    assert len(rows) >= 0.9 * world.alive.sum()
    assert (rows["any"] == drawn["any"]).all()
    assert (rows["died"] == drawn["died"]).mean() > 0.97  # the last word may come a window before


@pytest.mark.calibration
def test_without_an_effect_p_is_uniform():
    assert_null_holds(*straight(1.0, 2, worlds=200))


@pytest.mark.calibration
def test_a_planted_ratio_is_covered():
    worlds = 100
    bias, p, inside = straight(0.5, 3, worlds)
    assert abs(inside.mean() - 0.95) < 3.5 * np.sqrt(0.05 * 0.95 / worlds)
    assert np.mean(p < 0.05) > 0.8
    assert_centred(bias)


@pytest.mark.calibration
def test_through_the_tables_level_and_coverage_hold_as_well():
    answers = planted(1.0, 4, 14) + planted(0.4, 5, 10)
    alarms = np.array([r.verdict in ("supported", "contradicted") for r, _truth in answers])
    assert alarms[:14].mean() < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 14)
    assert alarms[14:].mean() > 0.7
    inside = [r.ci_low <= truth <= r.ci_high for r, truth in answers]
    assert np.mean(inside) > 0.95 - 3.5 * np.sqrt(0.05 * 0.95 / 24)
    added = np.array([r.details["additive"]["p_value"] for r, _truth in answers[:14]])
    assert np.mean(added < 0.05) < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / 14)


START = dtm.datetime(2024, 1, 1)


def by_hand(groups, *, until=60):
    """Groups of two, each with its messages of the first window, adoptions, and a last message.

    Each entry: (texts of ann, texts of bob, adoptions, day of the last message).
    """
    acts, shares, taken = [], [], []
    for g, (ann, bob, adoptions, last) in enumerate(groups):
        said = [("ann", text) for text in ann] + [("bob", text) for text in bob]
        acts += [(f"g{g:03d}", who, 1 + i / 10, text) for i, (who, text) in enumerate(said)]
        acts += [(f"g{g:03d}", "ann", last, f"last {g}")]
        shares.append((f"s{g}", f"g{g:03d}"))
        taken += [(f"s{g}", f"x{i}") for i in range(adoptions)]
    acts = pd.DataFrame(acts, columns=["group", "sender", "day", "fingerprint"])
    acts["at"] = [START + dtm.timedelta(days=day) for day in acts.pop("day")]
    acts["interaction"] = [f"m{i}" for i in range(len(acts))]
    shares = pd.DataFrame(shares, columns=["share", "group"])
    shares = shares.assign(item="i", sharer="ann", channel="group", shared_at=START)
    taken = pd.DataFrame(taken, columns=["via_share", "person"])
    taken = taken.assign(item="i", adopted_at=START + dtm.timedelta(days=2))
    names = [f"g{g:03d}" for g in range(len(groups))]
    members = [(name, who) for name in names for who in ("ann", "bob")]
    frames = {
        "groups": pd.DataFrame({"group": names}),
        "memberships": pd.DataFrame(members, columns=["group", "person"]),
        "interactions": acts,
        "shares": shares,
        "adoptions": taken,
    }
    end = START + dtm.timedelta(days=until)
    return Dataset.from_frames(frames, {"observed_from": START, "observed_until": end})


LIVELY = (["a", "b", "c"], ["d", "e", "f"])  # six in 15 days of two members: 1/5 a member-day
STALE = (["1"] * 3, ["1"] * 3)
MONOLOGUE = (["a", "b", "c", "d", "e"], ["f"])


def test_signs_are_what_the_cut_offs_say():
    ann_alone = (["1"] * 6, [])
    groups = [(*LIVELY, 1, 25), (*STALE, 0, 25), (*MONOLOGUE, 0, 25), (*ann_alone, 0, 31)]
    dataset = by_hand(groups)
    result = S21.test(dataset, CHOICES, rng=np.random.default_rng(1))
    found = {tuple(cell["signs"]): cell for cell in result.details["cells"] if cell["rows"]}
    # useful: one adoption for two members; informative: no text twice; interactive: no monologue
    assert set(found) == {("informative", "interactive", "useful"), ("interactive",),
                          ("informative",), ()}  # fmt: skip
    assert found[()]["deaths"] == 0
    assert found[("interactive",)]["deaths"] == 1
    assert result.verdict == "inconclusive"
    assert result.estimate is None
    bars = Choices(cut_offs={**CHOICES.cut_offs, "messages_per_member_day": 1.0})
    again = S21.test(dataset, bars, rng=np.random.default_rng(1))
    assert not any("interactive" in c["signs"] for c in again.details["cells"] if c["rows"])


def many(rng, risks, each=60):
    """Groups with none, one and three signs that die in the second window with these risks."""
    kinds = {0: (["1"] * 6, []), 1: STALE, 3: LIVELY}
    groups = []
    for signs, risk in risks.items():
        for dies in rng.random(each) < risk:
            groups.append((*kinds[signs], 1 if signs == 3 else 0, 20 if dies else 31))
    return by_hand(groups)


def test_where_only_three_help_the_claim_is_contradicted():
    rng = np.random.default_rng(4)
    result = S21.test(many(rng, {0: 0.8, 1: 0.8, 3: 0.2}, 100), CHOICES, rng=rng)
    assert result.ci_high < 1  # any against none looks fine
    assert result.verdict == "contradicted"


def test_where_three_do_better_than_one_nothing_is_settled():
    rng = np.random.default_rng(5)
    result = S21.test(many(rng, {0: 0.9, 1: 0.6, 3: 0.1}, 100), CHOICES, rng=rng)
    assert result.verdict == "inconclusive"
    assert result.details["three_against_few"]["ci_high"] < 0.8


def test_where_one_is_as_good_as_three_it_is_supported():
    rng = np.random.default_rng(6)
    result = S21.test(many(rng, {0: 0.8, 1: 0.3, 3: 0.3}, 100), CHOICES, rng=rng)
    assert result.verdict == "supported"


@pytest.mark.parametrize("lacks", ["fingerprint", "adoptions", "memberships", "time"])
def test_what_is_lacking_is_said_in_words(lacks):
    dataset = by_hand([(*LIVELY, 1, 25)] * 3, until=40 if lacks == "time" else 60)
    frames = {name: dataset.frame(name) for name in dataset.tables}
    if lacks == "fingerprint":
        frames["interactions"] = frames["interactions"].drop(columns="fingerprint")
    elif lacks in frames:
        del frames[lacks]
    other = Dataset.from_frames(frames, dataset.study)
    (result,) = run_claims(other, Choices(hypotheses=("S21",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert {"time": "too short"}.get(lacks, lacks) in result.reason
    assert result.word("reason", "zh") != result.reason
