"""A world small enough to count by hand, and a random one large enough to be awkward."""

import datetime as dtm

import numpy as np
import pandas as pd

START = dtm.datetime(2024, 1, 1)


def day(number, minutes=0):
    return START + dtm.timedelta(days=float(number), minutes=minutes)


def tiny_frames():
    acts = pd.DataFrame(
        [
            ("1", "ann", day(1), "g", None, None, None, "f1", 10),
            ("2", "bob", day(2), "g", None, None, None, "f2", 20),  # made bob a member
            ("3", "ann", day(2, 10), "g", None, None, "2", "f1", 30),
            ("4", "cyd", day(3), "g", None, None, "3", "f1", 40),
            ("5", "ann", day(3, 30), "g", None, None, "4", "f3", 50),
            ("6", "ann", day(3, 31), "g", None, None, None, "f1", 60),
            ("7", "robo", day(3, 32), "g", None, None, "6", "f9", 900),  # a machine
            ("8", "eve", day(6), "g", None, "link", "6", "f4", 70),  # no member
            ("9", "ann", day(7), "g", None, "system", None, None, None),
            ("10", "ann", day(8), None, "zoe", None, None, "f5", 5),  # in private
        ],
        columns=[
            "interaction",
            "sender",
            "at",
            "group",
            "recipient",
            "kind",
            "reply_to",
            "fingerprint",
            "n_chars",
        ],
    )
    return {
        "people": pd.DataFrame({"person": ["robo"], "bot": [True]}),
        "groups": pd.DataFrame(
            {
                "group": ["g", "h", "p"],
                "name": ["Tea", "Hall", "Part"],
                "roster": [None, None, "partial"],
            }
        ),
        "memberships": pd.DataFrame(
            {
                "group": ["g", "g", "g", "g", "g", "h", "h", "p"],
                "person": ["ann", "bob", "cyd", "dan", "robo", "bob", "zoe", "ann"],
                "joined_at": [None, day(2), None, day(4), None, None, None, None],
                "left_at": [None, None, day(5), None, None, None, None, None],
            }
        ),
        "interactions": acts,
        "friendships": pd.DataFrame(
            [
                ("ann", "bob", None),
                ("cyd", "ann", None),
                ("zoe", "bob", None),
                ("dan", "zoe", None),
                ("dan", "bob", None),
                ("ann", "dan", day(20)),  # after the watch
                ("ann", "robo", None),
            ],
            columns=["person", "friend", "since"],
        ),
        "ties": pd.DataFrame(
            {
                "source": ["ann", "bob", "ann", "ann"],
                "target": ["bob", "ann", "cyd", "zoe"],
                "layer": ["trust", "trust", "trust", "trust"],
                "weight": [1.0, -1.0, 2.0, 1.0],
            }
        ),
        "shares": pd.DataFrame(
            {
                "share": ["s1", "s2", "s3", "s4"],
                "item": ["i1", "i1", "i2", "i2"],
                "sharer": ["ann", "bob", "ann", "robo"],
                "channel": ["group"] * 4,
                "shared_at": [day(1)] * 4,
                "group": ["g", "h", "g", "h"],
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": ["zoe", "dan", "eve"],
                "item": ["i1", "i1", "i2"],
                "adopted_at": [day(2)] * 3,
                "via_share": ["s1", "s1", None],
            }
        ),
    }


TINY_STUDY = {"name": "tiny", "observed_from": day(0), "observed_until": day(10)}


def random_frames(rng, *, people=40, groups=6, acts=400, stretch=1.0):
    """Overlapping groups, stays with gaps, replies, friendships; time can be stretched."""
    names = np.array([f"p{i}" for i in range(people)])
    rows, said = [], []
    for index in range(groups):
        inside = rng.permutation(people)[: rng.integers(3, people)]
        start = rng.uniform(0, 5, inside.size)
        end = start + rng.exponential(10, inside.size)
        for who, low, high in zip(inside, start, end, strict=True):
            rows.append((f"g{index}", names[who], day(low * stretch), day(high * stretch)))
        many = int(rng.integers(2, 2 * acts / groups))
        when = np.sort(rng.uniform(0, 10, many))
        who = rng.choice(inside, many)
        for place in range(many):
            earlier = said[int(rng.integers(len(said)))][0] if said and rng.random() < 0.5 else None
            said.append(
                (
                    f"m{len(said)}",
                    names[who[place]],
                    day(when[place] * stretch),
                    f"g{index}",
                    earlier,
                )
            )
    ends = rng.integers(0, people, (150, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    return {
        "memberships": pd.DataFrame(rows, columns=["group", "person", "joined_at", "left_at"]),
        "interactions": pd.DataFrame(
            said, columns=["interaction", "sender", "at", "group", "reply_to"]
        ),
        "friendships": pd.DataFrame({"person": names[ends[:, 0]], "friend": names[ends[:, 1]]}),
    }


def random_study(stretch=1.0):
    return {
        "name": "random",
        "observed_from": day(0),
        "observed_until": day(10 * stretch),
        "coverage": {"cross_group_ties": True},
    }
