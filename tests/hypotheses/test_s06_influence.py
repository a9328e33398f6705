"""S06 by hand, on trials where chance picked the group, and where nobody drew lots."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_centred, assert_covered, assert_level

from smallnet.errors import InputError
from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.log_linear import fit_log_linear
from smallnet.hypotheses.methods.seeded import components, seeded
from smallnet.hypotheses.result import Result
from smallnet.tables import Choices, Dataset

S06 = load_claim("S06")
START, DAYS = pd.Timestamp("2024-01-01"), 40
STUDY = {
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
}


def moments(days):
    return START + pd.to_timedelta(np.round(np.asarray(days, float) * 86400).astype(int), unit="s")


def world(rng, ratio=1.0, *, groups=40, sizes=(4, 8, 16, 32), trials=80, risk=0.2, apart=True):
    """Groups of four sizes without common members; items adopted by chance alone."""
    size = np.array(sizes)[np.arange(groups) % len(sizes)]
    names = np.array([f"g{i:02d}" for i in range(groups)])
    members = [[f"{name}-{j}" for j in range(n)] for name, n in zip(names, size, strict=True)]
    if not apart:  # one who is everywhere
        members = [["all", *own[1:]] for own in members]
    events, shares, adoptions = [], [], []
    for k in range(trials):
        g = int(rng.integers(groups))
        at = 1 + 25 * k / trials
        events.append((f"e{k}", names[g], at, f"i{k}"))
        shares.append((f"s{k}", members[g][-1], names[g], at, f"i{k}"))
        chance = risk * ratio ** (3 - np.log2(size[g]))
        for person in members[g][:-1]:
            if rng.random() < chance:
                adoptions.append((person, f"i{k}", at + rng.exponential(0.5), f"s{k}"))
    events = pd.DataFrame(events, columns=["event", "group", "at", "item"])
    shares = pd.DataFrame(shares, columns=["share", "sharer", "group", "at", "item"])
    adoptions = pd.DataFrame(adoptions, columns=["person", "item", "at", "via_share"])
    return {
        "memberships": pd.DataFrame(
            [(g, p) for g, own in zip(names, members, strict=True) for p in own],
            columns=["group", "person"],
        ),
        "events": events.assign(
            kind="seeding", arm="group", randomised=True, starts_at=moments(events["at"])
        ).drop(columns="at"),
        "shares": shares.assign(channel="group", shared_at=moments(shares["at"])).drop(
            columns="at"
        ),
        "adoptions": adoptions.assign(adopted_at=moments(adoptions["at"])).drop(columns="at"),
    }


def ask(frames, **choices):
    return S06.test(
        Dataset.from_frames(frames, STUDY), Choices(**choices), rng=np.random.default_rng(1)
    )


def test_a_ratio_of_rates_by_hand():
    fit = fit_log_linear([2, 4, 6], [10, 20, 10], [[0], [0], [1]], list("abc"))
    assert fit.ratio(0, 0.95)[0] == pytest.approx((6 / 10) / (6 / 30))
    with pytest.raises(InputError, match="full rank"):
        fit_log_linear([2, 4, 6], [1, 1, 1], [[1, 2], [2, 4], [3, 6]], list("abc"))


def test_members_of_the_moment_who_had_not_adopted_are_at_risk():
    frames = {
        "memberships": pd.DataFrame(
            {
                "group": ["a"] * 5 + ["b"] * 2,
                "person": ["ann", "bob", "cy", "di", "eve", "ann", "fay"],
                "joined_at": [None, None, None, moments([9.0])[0], None, None, None],
                "left_at": [None, None, None, None, moments([3.0])[0], None, None],
            }
        ),
        "events": pd.DataFrame(
            {
                "event": ["e1", "e2", "e3"],
                "group": ["a", "b", "a"],
                "kind": "seeding",
                "randomised": [True, True, False],  # nobody drew the third
                "starts_at": moments([5.0, 5.0, 6.0]),
                "item": ["x", "y", "z"],
            }
        ),
        "shares": pd.DataFrame(
            {
                "share": ["s1", "s2"],
                "item": ["x", "y"],
                "sharer": ["ann", "ann"],
                "channel": "group",
                "group": ["a", "b"],
                "shared_at": moments([5.0, 5.0]),
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": ["bob", "cy", "fay", "eve"],
                "item": ["x", "x", "y", "x"],
                "adopted_at": moments([6.0, 4.0, 12.5, 6.0]),
                "via_share": ["s1", None, "s2", None],
            }
        ),
    }
    found = seeded(Dataset.from_frames(frames, STUDY), horizon_days=7.0)
    # a at day 5: ann (who shares), bob, cy (who had it on day 4); not di, not yet in; eve left
    assert found.trials["size"].tolist() == [3, 2]
    assert found.members["person"].tolist() == ["bob", "fay"]
    assert found.members["took"].tolist() == [True, False]  # fay only after seven days
    assert found.members["via_seed"].tolist() == [True, False]
    menu = (np.log2(3) + np.log2(2)) / 2  # ann could have been drawn to a or to b
    assert found.trials["menu"].tolist() == pytest.approx([menu, menu])


def test_who_is_reached_through_two_groups_is_left_out_and_counted():
    frames = world(np.random.default_rng(1), trials=2, groups=2, sizes=(4, 4))
    frames["memberships"] = pd.DataFrame(
        {"group": ["g00", "g00", "g01", "g01"], "person": ["ann", "bob", "ann", "cy"]}
    )
    frames["events"] = frames["events"].assign(group=["g00", "g01"], item="x")
    frames["shares"] = frames["shares"].iloc[:0]
    found = seeded(Dataset.from_frames(frames, STUDY), horizon_days=7.0)
    assert found.twice == 2
    assert sorted(found.members["person"]) == ["bob", "cy"]
    assert components(found).nunique() == 2  # what joined them is left out


def test_a_planted_ratio_is_found_and_errors_go_by_component():
    result = ask(world(np.random.default_rng(2), 1.6, trials=120))
    assert result.ci_low < 1.6 < result.ci_high
    assert result.verdict == "supported"
    assert result.details["errors_by"] == "component"
    assert result.details["components"] > 30


def test_groups_that_hang_together_are_bundled_by_group_and_person_with_a_warning():
    result = ask(world(np.random.default_rng(3), 1.6, trials=120, apart=False))
    assert result.details["errors_by"] == "group, person"
    assert result.details["largest_component"] == 1
    assert "hang together" in result.threats[0]


def test_larger_groups_that_adopt_more_contradict_the_claim():
    result = ask(world(np.random.default_rng(4), 0.6, trials=120))
    assert result.verdict == "contradicted"


def test_four_mechanisms_stand_side_by_side():
    rng = np.random.default_rng(5)
    frames = world(rng, 1.0, trials=150, risk=0.35, sizes=(8, 16, 24))
    people = frames["memberships"].groupby("group")["person"].apply(list)
    pairs = [(own[i], own[j]) for own in people for i in range(len(own)) for j in range(i)]
    pairs = pd.DataFrame(pairs, columns=["person", "friend"])
    frames["friendships"] = pairs[rng.random(len(pairs)) < 0.15]
    told = ask(frames).details["mechanisms"]
    assert set(told) == {"count", "fraction", "components", "density"}
    for row in told.values():
        low, high = row["alone"][1:]
        assert low < 1.35  # nobody follows anybody here
        assert high > 0.65


def test_without_chance_it_is_not_testable():
    frames = world(np.random.default_rng(6))
    frames["events"]["randomised"] = False
    result = ask(frames)
    assert result.verdict == "not testable"
    assert "picked by chance" in result.reason
    assert "随机选群" in result.word("reason", "zh")
    del frames["events"]
    data = Dataset.from_frames(frames, STUDY)
    (result,) = run_claims(data, Choices(hypotheses=("S06",)), rng=np.random.default_rng(1))
    assert "events.group" in result.reason


def test_groups_of_one_size_cannot_tell():
    result = ask(world(np.random.default_rng(7), sizes=(8,)))
    assert result.verdict == "not testable"
    assert "same size" in result.reason


def test_few_adoptions_settle_nothing():
    result = ask(world(np.random.default_rng(8), risk=0.03, trials=12))
    assert result.verdict == "inconclusive"
    assert result.estimate is None


def test_groups_that_were_not_seeded_tell_what_happens_anyway():
    frames = world(np.random.default_rng(9), 1.5, trials=120)
    other = frames["events"].iloc[:20].assign(arm="control")
    other["event"] = "c" + other["event"]
    other["item"] = "unknown"
    frames["events"] = pd.concat([frames["events"], other])
    result = ask(frames)
    assert result.details["risk_in_groups_not_seeded"] == 0
    assert result.details["trials"] == 120


def test_the_figure_comes_from_the_result_alone_in_both_languages():
    result = ask(world(np.random.default_rng(10), 1.5))
    kept = Result.from_dict(json.loads(json.dumps(result.to_dict())))
    assert sum(kept.details["figure"]["members"]) == kept.n["rows"]
    for lang, word in (("en", "members who adopt within 7 days"), ("zh", "7天内采纳的成员比例")):
        drawn = S06.plot(kept, lang=lang)
        assert drawn.get_ylabel() == word
        drawn.figure.clear()


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _ in ask_worlds("S06", 1.0, 24, 11)]
    assert_level([result.p_value for result in results], sigmas=3.5)
    assert_centred(np.log([result.estimate for result in results]))


@pytest.mark.calibration
def test_a_planted_effect_is_covered_and_found():
    assert_covered(ask_worlds("S06", 1.5, 20, 12), supported=0.7)
