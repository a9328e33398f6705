"""Calls, texts and friends of students: the Copenhagen Networks Study and MIT's dormitory."""

from pathlib import Path

import numpy as np
import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import (
    Entry,
    File,
    Source,
    count,
    moments,
    no_memberships,
    pairs,
    read_csv,
    study_of,
)

__all__ = ["SOURCES"]

COPENHAGEN = Entry(
    name="copenhagen_cns",
    title="Copenhagen Networks Study: four weeks of calls, texts and Facebook friends",
    files=(
        File("calls.csv", "a4f2078e558a482b6cc7fd2c98c9bf22d14ac9723fb764a00ead940967189c57"),
        File("sms.csv", "2262320d1ec159d8efeaa86dc4ac295f4ad04f3b40fa1d7075ccacd5068f4803"),
        File("fb_friends.csv", "825527f445776d48d095be4d81a1ce7823407c3354d2602af3a6cfae6952c74d"),
        File("genders.csv", "daff3d3232518ed2c662cabae0dd492a6e705056a9bd41e2ef216e8950ba9f9f"),
    ),
    page="https://doi.org/10.6084/m9.figshare.7267433",
    licence="MIT, as GESIS states of the figshare record",
    terms="cite the paper",
    citation=(
        "P. Sapiezynski, A. Stopczynski, D. D. Lassen, S. Lehmann, Scientific Data 6, 315 (2019), "
        "doi:10.1038/s41597-019-0325-x"
    ),
    edition="gesiscss/compsoc @ 365e7acd, data/copenhagen/ (line ends changed), no Bluetooth",
    can_test=(),
    published={"people": 844, "calls": 3600, "texts": 24333, "friend pairs": 6429},
)

DORMITORY = Entry(
    name="mit_social_evolution",
    title="MIT Social Evolution: calls and two friendship surveys in a dormitory",
    files=(
        File("actors.csv", "780d6af5eaa45353077e01336677a01598a41439e405c3dafd16bfb2b85c1ccc"),
        File("calls.csv", "6302213ae4d3931a736550069d569a76d9084254afd7a02d0a85ef2e9e842888"),
        File("friendship.csv", "b7efc55567d9df4415d60e92cfc8ae14b05f8e9a476171276096cc84fbee9ab2"),
    ),
    page="http://realitycommons.media.mit.edu/socialevolution.html",
    licence="the package is GPL (>= 3); the data's own terms are unstated in the copy",
    terms="cite the paper",
    citation=(
        "A. Madan, M. Cebrian, S. Moturu, K. Farrahi, A. Pentland, IEEE Pervasive Computing "
        "11(4), 36-45 (2012), doi:10.1109/MPRV.2011.79"
    ),
    edition="data/Social_Evolution.RData of stocnet/goldfish @ a53fa539, abbreviated there",
    can_test=("S15",),
    published={"people": 84, "calls": 439, "nominations": 766, "waves": 2},
)


def convert_copenhagen(folder: Path) -> Dataset:
    """Turn calls, texts and friends into tables; there are no groups."""
    calls = read_csv(folder / "calls.csv")
    texts = read_csv(folder / "sms.csv")
    friends = read_csv(folder / "fb_friends.csv").set_axis(["a", "b"], axis=1)
    genders = read_csv(folder / "genders.csv").set_axis(["person", "female"], axis=1)
    missed = calls["duration"] < 0
    acts = pd.concat(
        [
            pd.DataFrame(
                {
                    "interaction": "call" + pd.Series(np.arange(len(calls))).astype(str),
                    "sender": calls["caller"],
                    "recipient": calls["callee"],
                    "at": moments(calls["timestamp"]),
                    "kind": "call",
                    "duration_s": calls["duration"].where(~missed).astype("float64"),
                    "missed": missed,
                }
            ),
            pd.DataFrame(
                {
                    "interaction": "sms" + pd.Series(np.arange(len(texts))).astype(str),
                    "sender": texts["sender"],
                    "recipient": texts["recipient"],
                    "at": moments(texts["timestamp"]),
                    "kind": "text",
                    "missed": False,
                }
            ),
        ],
        ignore_index=True,
    )
    named = [acts["sender"], acts["recipient"], friends["a"], friends["b"], genders["person"]]
    people = pd.DataFrame({"person": sorted(set(pd.concat(named)))})
    women = people["person"].map(genders.set_index("person")["female"] == 1)
    to_self = int((friends["a"] == friends["b"]).sum())
    study = study_of(
        COPENHAGEN,
        notes=(
            "times are seconds since the study began, written as if it were 1970: only "
            "differences mean something",
            count(int(missed.sum()), "missed calls have no duration (missed = true)"),
            f"{to_self} friendships with oneself are left out",
            "friendships have no date: taken as older than the study",
            "there are no groups, so memberships is empty; Bluetooth contacts are not in this copy",
        ),
        covers=["private"],
        watch=("1970-01-01", "1970-01-29"),
        time_resolution="1s",
        time_origin="unknown",
    )
    return Dataset.from_frames(
        {
            "people": people.assign(female=women.astype("boolean")),
            "memberships": no_memberships(),
            "friendships": pairs(friends, "a", "b").drop(columns="mutual"),
            "interactions": acts.sort_values("at", kind="stable"),
        },
        study,
    )


def convert_dormitory(folder: Path) -> Dataset:
    """Turn the dormitory into tables: floors as groups, friends at two surveys."""
    actors = read_csv(folder / "actors.csv")
    calls = read_csv(folder / "calls.csv")
    named = read_csv(folder / "friendship.csv")
    first, second = sorted(named["time"].unique())
    early = pairs(named[named["time"] == first], "sender", "receiver")
    ever = pairs(named, "sender", "receiver").drop(columns="mutual")
    old = pd.MultiIndex.from_frame(early[["person", "friend"]])
    fresh = ~pd.MultiIndex.from_frame(ever[["person", "friend"]]).isin(old)
    since = moments(pd.Series(second, index=ever.index, dtype="float64").where(fresh))
    floors = actors["floor"].astype("Int64")
    low, high = moments(pd.Series([calls["time"].min(), second + 1]))
    study = study_of(
        DORMITORY,
        notes=(
            "friends are pairs of whom at least one named the other in either survey: those of the "
            "first as old as the data, the others since the second (they began in between)",
            "ties hold each survey as it is: named in the first only does not say when it ended",
            "floors are assigned: a firewall between them is also the staircase",
        ),
        covers=["private", "lurkers", "cross_group_ties"],
        watch=(low, high),
        time_resolution="1s",
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame(
                {"person": actors["label"], "grade": actors["gradeType"].astype("Int64")}
            ),
            "groups": pd.DataFrame(
                {
                    "group": [f"floor {floor}" for floor in sorted(floors.unique())],
                    "kind": "floor",
                    "roster": "complete",
                }
            ),
            "memberships": pd.DataFrame(
                {"group": "floor " + floors.astype(str), "person": actors["label"]}
            ),
            "friendships": ever.assign(since=since),
            "ties": pd.DataFrame(
                {
                    "source": named["sender"],
                    "target": named["receiver"],
                    "layer": np.where(named["time"] == first, "friend_wave_1", "friend_wave_2"),
                    "weight": 1.0,
                    "directed": True,
                    "at": moments(named["time"]),
                }
            ),
            "interactions": pd.DataFrame(
                {
                    "interaction": np.arange(len(calls)),
                    "sender": calls["sender"],
                    "recipient": calls["receiver"],
                    "at": moments(calls["time"]),
                    "kind": "call",
                }
            ),
        },
        study,
    )


SOURCES = (Source(COPENHAGEN, convert_copenhagen), Source(DORMITORY, convert_dormitory))
