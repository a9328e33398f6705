"""The luckiest of a red packet are compared with who else drew from it."""

import numpy as np
import pandas as pd
import pytest

from smallnet.hypotheses import load_claim
from smallnet.hypotheses.methods.lucky_draws import draws, luckiest, purchases
from smallnet.tables import Choices, Dataset

START = pd.Timestamp("2024-01-01")


def at(days):
    return START + pd.to_timedelta(np.round(np.asarray(days) * 86400).astype(int), unit="s")


def dataset_of(events, drawn, acts, people="abcdefgh"):
    frames = {
        "memberships": pd.DataFrame({"group": "g", "person": list(people)}),
        "events": pd.DataFrame(events, columns=["event", "starts_at", "sender"]).assign(
            kind="redpacket", group="g"
        ),
        "transactions": pd.DataFrame(drawn, columns=["source", "person", "at", "value"]),
        "interactions": pd.DataFrame(acts, columns=["sender", "at"]).assign(
            group="g", interaction=[f"m{i}" for i in range(len(acts))]
        ),
    }
    for name, column in (("events", "starts_at"), ("transactions", "at"), ("interactions", "at")):
        frames[name][column] = at(frames[name][column].to_numpy(float))
    days = 400
    study = {
        "observed_from": START.to_pydatetime(),
        "observed_until": (START + pd.Timedelta(days=days)).to_pydatetime(),
    }
    return Dataset.from_frames(frames, study)


def world(rng, *, packets=80, speaks=(0.3, 0.3), sends=(0.15, 0.15)):
    """Packets two days apart; who drew most speaks, and sends the next, with a chance of its own.

    People differ in how much they speak, and who speaks more draws more often.
    """
    eager = rng.uniform(0.5, 1.5, 8)
    events, drawn, acts, sender = [], [], [], "a"
    for k in range(packets):
        day = 1 + 2.0 * k
        events.append((f"e{k}", day, sender))
        who = rng.choice(8, 5, replace=False, p=eager / eager.sum())
        share = rng.dirichlet(np.ones(5)) * 10
        best = who[share.argmax()]
        drawn += [(f"e{k}", "abcdefgh"[i], day + 0.01, s) for i, s in zip(who, share, strict=True)]
        acts += [
            ("abcdefgh"[i], day + when)
            for i in who
            for when, chance in ((0.5, speaks[int(i == best)]), (-0.5, speaks[0]))
            if rng.random() < chance * eager[i]
        ]
        chance = np.where(who == best, sends[1], sends[0])
        turn = rng.random() * max(1.0, chance.sum())
        place = np.searchsorted(np.cumsum(chance), turn)
        sender = "abcdefgh"[who[place]] if place < 5 else None
        if sender is not None:
            events.append((f"f{k}", day + 0.9, sender))
    return dataset_of(events, drawn, acts)


def test_who_drew_most_is_told_by_hand_and_even_splits_have_no_luckiest():
    events = [("e1", 1.0, "a"), ("e2", 1.5, "b"), ("e3", 9.0, "a")]
    drawn = [("e1", "a", 1.1, 2.0), ("e1", "b", 1.1, 5.0), ("e2", "a", 1.6, 1.0),
             ("e2", "b", 1.6, 1.0), ("e3", "c", 9.1, 4.0), ("shop", "c", 9.1, 4.0)]  # fmt: skip
    dataset = dataset_of(events, drawn, [("a", 1.2)])
    rows = draws(dataset)
    assert rows["event"].tolist() == ["e1", "e1"]  # e2 is even, from e3 one drew alone
    assert rows["luckiest"].tolist() == [False, True]
    sold = dataset.collect(purchases(dataset))
    assert sold["source"].tolist() == ["shop"]
    assert luckiest(dataset, level=0.95, permutations=99, rng=np.random.default_rng(1)) is None


def test_luck_that_makes_people_speak_and_send_is_found_and_the_day_before_is_not():
    rng = np.random.default_rng(2)
    dataset = world(rng, packets=150, speaks=(0.25, 0.6), sends=(0.05, 0.5))
    found = luckiest(dataset, level=0.95, permutations=399, rng=rng)
    assert found["packets"] == 150
    assert found["speaks"]["ci_low"] < 0.6 / 0.25 < found["speaks"]["ci_high"]
    assert found["speaks"]["p_value"] < 0.01
    assert found["sends_next"]["ci_low"] > 3
    assert found["spoke_before"]["ci_low"] < 1 < found["spoke_before"]["ci_high"]
    assert found["speaks_per_doubling"]["ci_low"] > 1


@pytest.mark.calibration
def test_where_luck_does_nothing_false_alarms_stay_at_their_level():
    worlds, p = 30, []
    for rng in np.random.default_rng(3).spawn(worlds):
        found = luckiest(world(rng, packets=40), level=0.95, permutations=199, rng=rng)
        p += [found[name]["p_value"] for name in ("speaks", "sends_next")]
    p = np.array(p)
    assert np.mean(p < 0.05) < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / p.size)
    assert 0.35 < p.mean() < 0.7  # two-sided with ties: a little above one half


def test_s20_tells_it_beside_its_estimate_whatever_the_design():
    rng = np.random.default_rng(4)
    result = load_claim("S20").test(world(rng, packets=30), Choices(replicates=99), rng=rng)
    assert result.verdict == "not testable"  # one group: nobody's turn comes later
    assert result.details["luckiest"]["packets"] == 30
    assert result.details["luckiest"]["speaks"]["estimate"] > 0
