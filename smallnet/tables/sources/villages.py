"""Microfinance in 38 Indian villages: who is tied to whom, who took the loan."""

from pathlib import Path

import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, File, Source, pairs, read_csv, study_of

__all__ = ["SOURCES"]

ENTRY = Entry(
    name="india_microfinance",
    title="Microfinance in 38 Indian villages: households, their ties, leaders and loans",
    files=(
        File(
            "microfi_households.csv.gz",
            "d3d343227c028ba04a1c040fd6d58af98361f696bbcc01681a5f3758fe1092e5",
        ),
        File(
            "microfi_edges.txt.gz",
            "3f167b5ddb13e9a3776156e04d8dc9d30a528c44fa3cccc9d4a15f24ca83342b",
        ),
    ),
    page="https://doi.org/10.7910/21538/4POS1J",
    licence="unstated in the copy",
    terms="cite the paper",
    citation=(
        "A. Banerjee, A. G. Chandrasekhar, E. Duflo, M. O. Jackson, Science 341, 1236498 (2013), "
        "doi:10.1126/science.1236498"
    ),
    edition="data/microfi_* of jgscott/STA380 @ 691d1b0d, a teaching extract at household level",
    can_test=(),
    published={"households": 8622, "villages": 38, "pairs": 40178},
)


def convert(folder: Path) -> Dataset:
    """Turn households and their ties into tables; a person is a household."""
    households = read_csv(folder / "microfi_households.csv.gz")
    rows = read_csv(folder / "microfi_edges.txt.gz", ["source", "target"], sep=r"\s+")
    tied = pairs(rows, "source", "target").drop(columns="mutual")
    unlisted = sorted((set(tied["person"]) | set(tied["friend"])) - set(households["hh"]))
    people = pd.concat(
        [
            households.rename(columns={"hh": "person"})
            .drop(columns="village")
            .assign(
                listed=True,
                loan=households["loan"] == 1,
                leader=households["leader"] == 1,
            ),
            pd.DataFrame({"person": unlisted, "listed": False}),
        ],
        ignore_index=True,
    )
    people[["loan", "leader"]] = people[["loan", "leader"]].astype("boolean")
    villages = sorted(households["village"].unique())
    study = study_of(
        ENTRY,
        notes=(
            "a person is a household, a friendship is any of the surveyed ties between two "
            "households",
            "the loan has no date, so it is an attribute of people (loan) and no adoption: "
            "whether it spread along ties these data cannot tell",
            f"{len(unlisted)} households that others named but that are not listed are in people "
            "(listed = false) and in no village",
            "households were asked about their own village only: that ties stay inside is design",
        ),
        covers=["lurkers"],
    )
    return Dataset.from_frames(
        {
            "people": people,
            "groups": pd.DataFrame({"group": villages, "kind": "village", "roster": "complete"}),
            "memberships": households[["village", "hh"]].rename(
                columns={"village": "group", "hh": "person"}
            ),
            "friendships": tied,
        },
        study,
    )


SOURCES = (Source(ENTRY, convert),)
