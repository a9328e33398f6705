"""S09: lifted rules against rules still in force; growing effects, private talk, quiet groups."""

import json

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_centred, assert_covered, assert_level

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.result import Result
from smallnet.tables import Choices, Dataset

S09 = load_claim("S09")
START, DAYS = pd.Timestamp("2024-01-01"), 84
STUDY = {
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=DAYS)).to_pydatetime(),
}


def moments(days):
    return START + pd.to_timedelta(np.round(np.asarray(days) * 86400).astype(int), unit="s")


def world(rng, effect=1.0, *, groups=60, grows=1, trend=1.0, private=None, lows=False, free=10):
    """Daily counts of groups of three; lifted ones at four dates, a third of the rest never.

    ``trend``: factor a week of the groups that will be lifted, from before on.
    """
    lift = np.full(groups, np.inf)
    dates = np.array([20.5, 28.5, 36.5, 44.5])
    many = 2 * groups // 3
    lift[:many] = dates[np.arange(many) % 4]
    day = np.arange(DAYS)
    rate = rng.gamma(4, 1.0, groups)[:, None] * np.ones(DAYS)
    if trend != 1:
        rate[:many] *= trend ** (day / 7)
    if lows:  # a bad fortnight; the rule is lifted in its second week
        bad = (day[None, :] > lift[:, None] - 8) & (day[None, :] < lift[:, None])
        rate = np.where(bad, 0.3 * rate, rate)
    rate[groups - free :] *= 4
    since = np.maximum(day[None, :] + 0.5 - lift[:, None], 0) / grows
    level = effect ** np.minimum(since, 1)
    frames = {"inside": rate * level}
    if private is not None:  # what the group loses goes to private chats and more
        frames["inside"] = np.where(since > 0, 0.7 * rate, rate)
        frames["apart"] = np.where(since > 0, (private - 0.7) * rate, 0.0)
    acts = []
    for where, mean in frames.items():
        count = rng.poisson(mean)
        g, d = np.nonzero(count)
        at = np.repeat(d, count[g, d]) + rng.random(count.sum())
        g = np.repeat(g, count[g, d])
        who, other = rng.integers(0, 3, g.size), rng.integers(1, 3, g.size)
        acts.append(
            pd.DataFrame(
                {
                    "sender": [f"p{a}_{b}" for a, b in zip(g, who, strict=True)],
                    "recipient": None
                    if where == "inside"
                    else [f"p{a}_{b}" for a, b in zip(g, (who + other) % 3, strict=True)],
                    "group": [f"g{a:03d}" for a in g] if where == "inside" else None,
                    "at": moments(at),
                }
            )
        )
    acts = pd.concat(acts, ignore_index=True)
    names = np.array([f"g{i:03d}" for i in range(groups)])
    lifted = np.isfinite(lift)
    return {
        "groups": pd.DataFrame(
            {"group": names, "friending_allowed": np.arange(groups) >= groups - free}
        ),
        "memberships": pd.DataFrame(
            {
                "group": np.repeat(names, 3),
                "person": [f"p{i}_{j}" for i in range(groups) for j in range(3)],
            }
        ),
        "interactions": acts.assign(interaction=[f"m{i}" for i in range(len(acts))]),
        "events": pd.DataFrame(
            {
                "event": [f"e{i}" for i in range(lifted.sum())],
                "kind": "rule",
                "group": names[lifted],
                "starts_at": moments(lift[lifted]),
                "arm": "friending allowed",
            }
        ),
    }


def ask(frames, **choices):
    data = Dataset.from_frames(frames, STUDY)
    return S09.test(data, Choices(**({"replicates": 199} | choices)), rng=np.random.default_rng(1))


def steady(counts):
    """Groups that write the same every day: {group: (messages a day before, after, lift)}."""
    acts, events = [], []
    for group, (before, after, lift) in counts.items():
        for day in range(56):
            many = before if day < lift else after
            acts += [(group, f"{group}-a", day + (k + 0.5) / 20) for k in range(many)]
        if lift < 56:
            events.append((group, lift))
    acts = pd.DataFrame(acts, columns=["group", "sender", "day"])
    frames = {
        "memberships": pd.DataFrame(
            {"group": list(counts), "person": [f"{group}-a" for group in counts]}
        ),
        "interactions": acts.assign(
            interaction=[f"m{i}" for i in range(len(acts))], at=moments(acts["day"])
        ).drop(columns="day"),
        "events": pd.DataFrame(
            {
                "event": [f"e{i}" for i in range(len(events))],
                "kind": "rule",
                "group": [group for group, _ in events],
                "starts_at": moments([lift for _, lift in events]),
                "arm": "friending allowed",
            }
        ),
    }
    study = STUDY | {"observed_until": (START + pd.Timedelta(days=56)).to_pydatetime()}
    return Dataset.from_frames(frames, study)


def test_the_ratio_of_steady_groups_by_hand():
    lifted = {f"l{i}": (2, 6, 28) for i in range(5)}
    never = {f"n{i}": (4, 4, 99) for i in range(5)}
    result = S09.test(steady(lifted | never), Choices(), rng=np.random.default_rng(1))
    assert result.estimate == pytest.approx(3)
    assert result.details["figure"]["ratio"][4] == pytest.approx(3)  # week 0
    assert result.details["figure"]["ratio"][0] == pytest.approx(1)
    assert result.n["groups"] == 5
    assert result.n["rows"] == 5 * 4  # four whole weeks after day 28 of 56


def test_groups_lifted_earlier_are_no_controls_when_effects_grow():
    result = ask(world(np.random.default_rng(1), 2.0, grows=42, groups=120, free=0))
    by_week = dict(
        zip(result.details["figure"]["week"], result.details["figure"]["ratio"], strict=True)
    )
    for week in (0, 2, 4):  # what was planted, in the middle of the week
        assert by_week[week] == pytest.approx(2 ** ((week * 7 + 4) / 42), rel=0.12)
    assert result.verdict == "supported"


def test_a_group_that_goes_quiet_while_its_members_talk_in_private_is_not_called_quieter():
    result = ask(world(np.random.default_rng(2), private=1.4, groups=90))
    assert result.ci_low < 1.4 < result.ci_high
    assert result.verdict == "supported"
    alone = result.details["group_messages_alone"]
    assert alone["ci_low"] < 0.7 < alone["ci_high"]


def test_without_private_messages_the_result_says_what_it_misses():
    result = ask(world(np.random.default_rng(3), 1.5, groups=60))
    assert result.details["private_messages_counted"] is False
    assert "Private messages were not recorded" in result.threats[0]
    assert "没有计入" in result.translations["zh"]["threats"][0]


def test_groups_on_another_course_before_settle_nothing():
    result = ask(world(np.random.default_rng(4), 1.0, trend=1.12, groups=120, free=0))
    assert result.ci_low > 1  # taken at its word it would be supported
    assert result.verdict == "inconclusive"
    assert "another course" in result.reason


def test_a_rule_lifted_in_a_low_is_not_given_the_merit_of_the_return():
    result = ask(world(np.random.default_rng(5), 1.0, lows=True, groups=120, free=0))
    assert result.ci_low > 1
    assert result.verdict == "inconclusive"


def test_a_rule_lifted_everywhere_at_once_is_not_testable():
    frames = world(np.random.default_rng(6), groups=30, free=0)
    frames["events"] = pd.DataFrame(
        {
            "event": [f"e{i}" for i in range(30)],
            "kind": "rule",
            "group": frames["groups"]["group"],
            "starts_at": moments([30.0] * 30),
            "arm": "friending allowed",
        }
    )
    result = ask(frames)
    assert result.verdict == "not testable"
    assert "everywhere at once" in result.reason


def test_a_rule_that_is_only_imposed_is_no_lifting():
    frames = world(np.random.default_rng(7), groups=30)
    frames["events"]["arm"] = "friending not allowed"
    result = ask(frames)
    assert result.verdict == "not testable"
    assert "quiet groups make such rules" in result.reason
    frames["events"]["arm"] = None  # of groups under the rule when the watch begins: lifted
    assert ask(frames).verdict != "not testable"


def test_without_events_it_cannot_be_tested():
    frames = world(np.random.default_rng(8), groups=15)
    del frames["events"]
    data = Dataset.from_frames(frames, STUDY)
    (result,) = run_claims(data, Choices(hypotheses=("S09",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "events.group" in result.reason


def test_the_figure_comes_from_the_result_alone_in_both_languages():
    result = ask(world(np.random.default_rng(9), 1.5, groups=45))
    kept = Result.from_dict(json.loads(json.dumps(result.to_dict())))
    for lang, word in (("en", "weeks since the rule was lifted"), ("zh", "取消规则后的周数")):
        drawn = S09.plot(kept, lang=lang)
        assert drawn.get_xlabel() == word
        drawn.figure.clear()


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _ in ask_worlds("S09", 1.0, 24, 10, Choices(replicates=199))]
    assert_level([result.p_value for result in results], sigmas=3.5)
    assert_centred(np.log([result.estimate for result in results]))


@pytest.mark.calibration
def test_a_planted_effect_is_covered_and_found():
    assert_covered(ask_worlds("S09", 1.5, 20, 11, Choices(replicates=199)), supported=0.7)
