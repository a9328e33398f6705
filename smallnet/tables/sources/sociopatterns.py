"""SocioPatterns high school 2013: badges, diaries, a friendship survey and Facebook links."""

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
    pairs,
    read_csv,
    study_of,
)

__all__ = ["SOURCES"]

SITE = "https://www.sociopatterns.org/assets/data/"
STEP_S = 20  # a record says: in contact during [t - 20 s, t]


def _file(name: str, sha256: str) -> File:
    return File(name, sha256, SITE + name)


PROXIMITY = _file(
    "HighSchool2013_proximity_net.csv.gz",
    "ecf4a90312c8d72057f72e936c366b470e63876da7db846300044795f045e2ea",
)
FRIENDSHIP = _file(
    "HighSchool2013_friendship_network.csv.gz",
    "22b2c9d09bfca93a18962698918ad58dce683952dc4fce4c69a9fc03d3c11713",
)
FACEBOOK = _file(
    "HighSchool2013_facebook_known_pairs.csv.gz",
    "9365d8d3d744d304454ea5e6740c3f6b9625a04a75ce10c31ba83b796611cd9d",
)
DIARIES = _file(
    "HighSchool2013_contactdiaries_network.csv.gz",
    "e7a099811e6f6aaa738f4142a5c62b6ca523a9d08aa1bcfc117dc17063d1f5c9",
)
METADATA = _file(
    "HighSchool2013_metadata.txt",
    "b960986186214d2dede8496a6d5c270805d150b88a0b76419815f1b5ccca4dd8",
)

ENTRY = Entry(
    name="thiers2013",
    title="SocioPatterns high school, Marseille 2013: contacts, diaries, friends, Facebook",
    files=(PROXIMITY, FRIENDSHIP, FACEBOOK, DIARIES, METADATA),
    page="http://www.sociopatterns.org/datasets/high-school-contact-and-friendship-networks/",
    licence="CC BY-NC-SA 3.0",
    terms="non-commercial, share alike; cite the paper",
    citation=(
        "R. Mastrandrea, J. Fournet, A. Barrat, PLoS ONE 10(9): e0136497 (2015), "
        "doi:10.1371/journal.pone.0136497"
    ),
    edition="assets/data of the owners' site, as in SocioPatterns/sociopatterns @ c92d75db",
    can_test=("S15",),
    published={
        "contacts": 188508,
        "pupils in contact": 327,
        "pairs in contact": 5818,
        "pupils": 329,
        "classes": 9,
        "nominations": 668,
        "friend pairs": 406,
        "mutual friend pairs": 262,
        "known Facebook pairs": 4515,
        "Facebook links": 1437,
        "diary rows": 502,
    },
)


def convert(folder: Path) -> Dataset:
    """Turn the five files into tables.

    Friends are pairs of whom at least one named the other (``mutual`` tells both); the directed
    nominations are ties. Facebook pairs known *not* to be linked are a layer of their own, for
    what is in neither layer is unknown. Classes are those of the metadata.
    """
    pupils = read_csv(folder / METADATA.name, ["person", "group", "gender"], sep="\t")
    contacts = read_csv(folder / PROXIMITY.name, ["t", "i", "j", "class_i", "class_j"], sep=" ")
    named = read_csv(folder / FRIENDSHIP.name, ["source", "target"], sep=" ")
    facebook = read_csv(folder / FACEBOOK.name, ["source", "target", "weight"], sep=" ")
    diaries = read_csv(folder / DIARIES.name, ["source", "target", "weight"], sep=" ")

    in_class = pupils.set_index("person")["group"]
    class_i, class_j = contacts["i"].map(in_class), contacts["j"].map(in_class)
    moved = (class_i != contacts["class_i"]) | (class_j != contacts["class_j"])
    starts = contacts["t"] - STEP_S
    interactions = pd.DataFrame(
        {
            "interaction": np.arange(len(contacts)),
            "sender": contacts["i"],
            "recipient": contacts["j"],
            "at": moments(starts),
            "group": class_i.where(class_i == class_j),
            "kind": "contact",
            "duration_s": float(STEP_S),
            "symmetric": True,
        }
    )
    linked = facebook["weight"] == 1
    ties = pd.concat(
        [
            named.assign(layer="nomination", weight=1.0, directed=True),
            diaries.assign(layer="diary", directed=True),
            facebook[linked].assign(layer="facebook", directed=False),
            facebook[~linked].assign(layer="facebook_not_linked", directed=False),
        ]
    ).astype({"weight": "float64"})
    surveyed = set(named["source"])
    people = pupils[["person", "gender"]].assign(
        gender=pupils["gender"].where(pupils["gender"] != "Unknown"),
        named_friends=pupils["person"].isin(surveyed),
    )
    classes = sorted(in_class.unique())
    study = study_of(
        ENTRY,
        watch=(
            pd.Timestamp(int(starts.min()), unit="s"),
            pd.Timestamp(int(contacts["t"].max()), unit="s"),
        ),
        time_resolution="20s",
        notes=(
            "at is the start of the 20 seconds of contact, 20 s before the time in the file",
            count(int(moved.sum()), "contacts of a pupil whose class differs from the metadata: ")
            + "the metadata are followed",
            "a contact stands in a group only where both are of the class",
            "pupils never met (2) and never surveyed stay members of their class",
            f"only {len(surveyed)} pupils named friends: what others would say is unknown, not no",
            "facebook holds the links, facebook_not_linked the pairs known to have none; "
            "all other pairs are unknown",
            "diary weights are classes: 1 at most 5 min, 2 to 15, 3 to 60, 4 over 60 min a day",
            "classes are assigned: a firewall between them is also the timetable",
        ),
        covers=["private", "lurkers", "cross_group_ties"],
    )
    return Dataset.from_frames(
        {
            "people": people,
            "groups": pd.DataFrame({"group": classes, "kind": "class", "roster": "complete"}),
            "memberships": pupils[["group", "person"]],
            "friendships": pairs(named, "source", "target"),
            "ties": ties,
            "interactions": interactions,
        },
        study,
    )


SOURCES = (Source(ENTRY, convert),)
