"""S02 divides takers by viewers who could take, in the same sharer, and else gives bounds."""

import numpy as np
import pandas as pd
import pytest
from planted_worlds import ask_worlds, assert_covered, assert_level

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.methods.paired_rates import paired_ratio
from smallnet.hypotheses.methods.viewers import viewers
from smallnet.tables import Choices, Dataset

S02 = load_claim("S02")
START = pd.Timestamp("2024-01-01")
STUDY = {
    "name": "copies",
    "observed_from": START.to_pydatetime(),
    "observed_until": (START + pd.Timedelta(days=20)).to_pydatetime(),
    "coverage": {"feed": True, "private": True},
}


def hour(n):
    return START + pd.Timedelta(hours=float(n))


def tiny():
    """One share with two copies that four see, and one without a limit in the feed."""
    shares = pd.DataFrame(
        {
            "share": ["s1", "s2"],
            "item": ["book", "song"],
            "sharer": ["a", "a"],
            "channel": ["group", "feed"],
            "shared_at": [hour(0), hour(0)],
            "group": ["g", None],
            "audience": [5, 9],
            "copies": pd.array([2, None], dtype="Int64"),
        }
    )
    seen = [("s1", "b", 1), ("s1", "c", 2), ("s1", "d", 3), ("s1", "e", 4), ("s1", "a", 1)]
    seen += [("s1", "b", 9), ("s2", "b", 1), ("s2", "robot", 1)]
    took = [("b", "book", 1, "s1"), ("d", "book", 3.5, "s1"), ("f", "song", 2, "s2")]
    return {
        "people": pd.DataFrame({"person": [*"abcdef", "robot"], "bot": [False] * 6 + [True]}),
        "shares": shares,
        "exposures": pd.DataFrame(
            {
                "share": [s for s, _, _ in seen],
                "person": [p for _, p, _ in seen],
                "seen_at": [hour(h) for _, _, h in seen],
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": [p for p, *_ in took],
                "item": [i for _, i, *_ in took],
                "adopted_at": [hour(h) for *_, h, _ in took],
                "via_share": [s for *_, s in took],
            }
        ),
    }


def test_who_sees_a_share_after_its_last_copy_could_not_take_it():
    dataset = Dataset.from_frames(tiny(), STUDY)
    rows = dataset.collect(viewers(dataset)).set_index(["share", "person"]).sort_index()
    book = rows.loc["s1"]
    assert book["could"].to_dict() == {"b": True, "c": True, "d": True, "e": False}
    assert book["took"].to_dict() == {"b": True, "c": False, "d": True, "e": False}
    song = rows.loc["s2"]  # f took it without having been recorded; the machine does not count
    assert song["recorded"].to_dict() == {"b": True, "f": False}


def test_who_has_the_item_already_cannot_take_it_again():
    tables = tiny()
    tables["adoptions"].loc[3] = ["c", "book", hour(1.5), None]
    dataset = Dataset.from_frames(tables, STUDY)
    rows = dataset.collect(viewers(dataset)).set_index(["share", "person"])
    assert not rows.loc[("s1", "c"), "could"]


def crowd(rng, ratio, *, sharers=40, copies=3):
    """Every sharer passes two items on each way; private shares are seen by more."""
    shares, seen, took = [], [], []
    for sharer in range(sharers):
        chance = 0.1 * np.exp(rng.normal(0, 0.5))
        for k in range(4):
            private = k < 2
            name, item, left = f"s{sharer}.{k}", f"i{k % 2}", copies
            place = ("group", "g") if private else ("feed", None)
            shares.append((name, item, f"p{sharer}", *place, hour(k), 30, copies))
            for v in range(12 if private else 6):
                who = f"v{sharer}.{k}.{v}"
                seen.append((name, who, hour(k + 1 + v)))
                if left and rng.random() < chance * (ratio if private else 1):
                    took.append((who, item, hour(k + 1 + v), name))
                    left -= 1
    columns = ["share", "item", "sharer", "channel", "group", "shared_at", "audience", "copies"]
    return {
        "shares": pd.DataFrame(shares, columns=columns),
        "exposures": pd.DataFrame(seen, columns=["share", "person", "seen_at"]),
        "adoptions": pd.DataFrame(took, columns=["person", "item", "adopted_at", "via_share"]),
    }


def test_the_readings_stand_side_by_side_and_may_point_apart():
    tables = crowd(np.random.default_rng(1), 1.0, sharers=120)
    dataset = Dataset.from_frames(tables, STUDY)
    result = S02.test(dataset, Choices(), rng=np.random.default_rng(1))
    told = {row["name"]: row for row in result.details["readings"]}
    assert result.ci_low < 1 < result.ci_high
    assert told["per share"]["ci_low"] > 1.2  # twice as many see it
    assert told["in total"]["estimate"] == pytest.approx(
        result.details["by_channel"]["group"]["took"] / result.details["by_channel"]["feed"]["took"]
    )


def test_without_exposures_there_are_bounds_that_hold_the_truth():
    tables = crowd(np.random.default_rng(2), 1.5)
    seen = S02.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    del tables["exposures"]
    result = S02.test(Dataset.from_frames(tables, STUDY), Choices(), rng=np.random.default_rng(1))
    assert result.estimate is None
    assert result.verdict == "inconclusive"
    low, high = result.details["bounds"]
    assert result.ci_low < low < seen.estimate < high < result.ci_high


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t["shares"].assign(channel="feed", group=None), "compare with themselves"),
        (lambda t: t["shares"].drop(columns="audience"), "exposures"),
    ],
)
def test_it_says_what_it_lacks_to_compare(change, word):
    tables = tiny()
    tables["shares"] = change(tables)
    if word == "exposures":
        del tables["exposures"]
    dataset = Dataset.from_frames(tables, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("S02",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert word in result.reason
    assert "无法检验" in result.word("reason", "zh")


def test_a_feed_that_could_not_be_recorded_is_named():
    study = STUDY | {"coverage": {"feed": False, "private": True}}
    dataset = Dataset.from_frames(tiny(), study)
    (result,) = run_claims(dataset, Choices(hypotheses=("S02",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "coverage.feed" in result.reason


def test_swapping_the_two_ways_turns_the_ratio_over():
    rng = np.random.default_rng(3)
    y, e = rng.poisson(3, 40), rng.integers(5, 20, 40)
    side, stratum = np.arange(40) % 2, np.arange(40) // 2
    one, other = paired_ratio(y, e, side, stratum), paired_ratio(y, e, 1 - side, stratum)
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.low == pytest.approx(1 / other.high)
    assert one.p_value == pytest.approx(other.p_value)


def test_running_out_of_copies_does_not_bias_the_pairs():
    """Three copies, 20 viewers at chance .3 against 4 without a limit at .3: the ratio is 1."""
    rng, worlds, n = np.random.default_rng(4), 200, 400
    logs = []
    for _world in range(worlds):
        takes = rng.random((n, 20)) < 0.3
        gone = np.cumsum(takes, axis=1) - takes >= 3
        private = np.stack([(takes & ~gone).sum(1), (~gone).sum(1)])
        feed = np.stack([rng.binomial(4, 0.3, n), np.full(n, 4)])
        y, e = np.concatenate([private, feed], axis=1)
        side, stratum = np.repeat([1, 0], n), np.tile(np.arange(n), 2)
        base = np.repeat([20.0, 4.0], n)
        logs.append(np.log(paired_ratio(y, e, side, stratum, weigh_by=base).ratio))
    variance = np.var(logs)  # half of which the mean of a log is off by
    assert abs(np.mean(logs) - variance / 2) < 4 * np.sqrt(variance / worlds)


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    results = [result for result, _truth in ask_worlds("S02", 1.0, 24, 5)]
    assert_level([result.p_value for result in results], sigmas=3)


@pytest.mark.calibration
def test_a_planted_ratio_is_covered_and_found():
    assert_covered(ask_worlds("S02", 2.2, 16, 6), supported=0.8)
