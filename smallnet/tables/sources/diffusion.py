"""Classic diffusion data: Korean family planning and the physicians of Medical Innovation.

Adoption has a period, not a moment: it stands in the middle of its year or month, with the number
of the period beside it. Who had not adopted when watching ended has no row: never the code
(last period + 1) that the files use.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, File, Source, count, pairs, read_csv, study_of

__all__ = ["SOURCES"]

NETDIFFUSER = "https://github.com/USCCANA/netdiffuseR"

KFAMILY = Entry(
    name="kfamily",
    title="Korean family planning: adoption in 25 villages of 28-59 women",
    files=(
        File("people.csv", "a5b090bf0d6f48dd93b38df5b123f14927dcfba83b494ebc9fbe6cb9c1a2b0d7"),
        File("ties.csv.gz", "159ad45f358900b0b16ce11bafc56f00cbf9ff5bcc6b9e87bb44f917bed333fa"),
        File("codebook.csv", "22646e4b16cd6f4b18f3cc3b8e22788669011522d241a2b84c8049e0d35bb69f"),
    ),
    page=NETDIFFUSER,
    licence="the package is MIT; the data's own terms are unstated",
    terms="cite the studies; supplied by T. Valente",
    citation=(
        "E. M. Rogers & D. L. Kincaid, Communication Networks (Free Press, 1981); "
        "T. W. Valente, Network Models of the Diffusion of Innovations (Hampton Press, 1995)"
    ),
    edition="data/kfamily.rdata of USCCANA/netdiffuseR @ f16350e5, turned into CSV",
    can_test=("B07",),
    published={
        "women": 1047,
        "villages": 25,
        "adopters": 673,
        "nominations": 19301,
        "self-nominations": 29,
    },
)

MEDICAL = Entry(
    name="med_innovation",
    title="Medical Innovation: 125 physicians of four towns and tetracycline",
    files=(
        File("people.csv", "45cf9bbba3b39b9a535b255bbadf4cd86f0ebc39bd367892b93a232a737dde46"),
        File("ties.csv", "f01fb0a2564c59133be926745e8e1041720e315ced8c389a4f693d6b8b61b38d"),
        File(
            "physicians_full.csv",
            "fa154389b8f1e18117e38b8cc00ae066938a5aa8f29faf39d7cd1b5fde199780",
        ),
        File("codebook.csv", "aa2bbe68d103b5070aaf295a50c37c42142953e11f84277e8ad138552f367f60"),
    ),
    page=NETDIFFUSER,
    licence="the package is MIT; the data's own terms are unstated",
    terms="cite the studies",
    citation=(
        "J. Coleman, E. Katz, H. Menzel, Medical Innovation: A Diffusion Study "
        "(Bobbs-Merrill, 1966); T. W. Valente (1995)"
    ),
    edition="data/medInnovations.rdata of USCCANA/netdiffuseR @ f16350e5, turned into CSV",
    can_test=("B07",),
    published={"physicians": 125, "towns": 4, "adopters": 109, "nominations": 912},
)


@dataclass(frozen=True)
class Design:
    """What differs between the two studies."""

    place: str  # column of the group
    kind: str
    item: str
    last_period: int  # of adoption; the next number means "not adopted"
    friends: str  # the relation that is taken as friendship
    ties: str  # file of the nominations


def _tables(
    folder: Path, design: Design, starts: pd.DatetimeIndex, roster: str, notes: list[str]
) -> dict[str, pd.DataFrame]:
    """Build what both studies share: people, groups, memberships, ties, friends, adoptions."""
    asked = read_csv(folder / "people.csv")
    named = read_csv(folder / design.ties)
    to_self = named["ego"] == named["alter"]
    twice = named.duplicated(["ego", "alter", "relation"]) & ~to_self
    named = named[~to_self & ~twice]
    notes.append(
        count(int(to_self.sum()), "nominations of oneself and ")
        + count(int(twice.sum()), "repeated ones are left out")
    )
    unasked = sorted(set(named["alter"]) - set(asked["person"]))
    notes.append(
        f"{len(unasked):,} people who were named but not asked are in people "
        f"(surveyed = false) and ties, and in no {design.kind}"
    )
    attributes = asked.drop(columns=[design.place, "toa", "adopted"]).assign(surveyed=True)
    people = pd.concat(
        [attributes, pd.DataFrame({"person": unasked, "surveyed": False})], ignore_index=True
    )
    between_asked = named[named["alter"].isin(asked["person"])]
    friends = pairs(between_asked[between_asked["relation"] == design.friends], "ego", "alter")
    adopters = asked[asked["toa"] <= design.last_period]
    middles = starts[:-1] + (starts[1:] - starts[:-1]) // 2
    places = sorted(asked[design.place].unique())
    return {
        "people": people,
        "groups": pd.DataFrame({"group": places, "kind": design.kind, "roster": roster}),
        "memberships": asked[[design.place, "person"]].rename(columns={design.place: "group"}),
        "friendships": friends,
        "ties": pd.DataFrame(
            {
                "source": named["ego"],
                "target": named["alter"],
                "layer": named["relation"],
                "weight": 1.0,
                "directed": True,
                "rank": named["rank"],
            }
        ),
        "adoptions": pd.DataFrame(
            {
                "person": adopters["person"],
                "item": design.item,
                "adopted_at": middles[adopters["toa"] - 1],
                "period": adopters["toa"],
            }
        ),
    }


def convert_kfamily(folder: Path) -> Dataset:
    """Turn the Korean villages into tables."""
    notes = [
        "period 1 is 1963 (codebook: years converted to 1=63): adoption stands in the middle of "
        "its year; code 11, not adopted, has no row",
        "friends are pairs of surveyed women of whom one named the other a closest neighbour "
        "(mutual: both did); every relation is a layer of ties",
        "each woman is of one village by design, and named women of her village only: how many "
        "groups people are in, and whether ties stay inside, these data cannot tell",
        "village rosters are the surveyed women",
        "club2 is membership in the club: 1 seems to be member, 2 not (no value labels)",
    ]
    design = Design("village", "village", "family_planning", 10, "closest_neighbor", "ties.csv.gz")
    years = pd.date_range("1963-01-01", periods=11, freq="YS", unit="us")
    frames = _tables(folder, design, years, "complete", notes)
    study = study_of(
        KFAMILY,
        notes=notes,
        covers=["lurkers"],
        watch=(years[0], years[10]),
        time_resolution="1y",
    )
    # What spread is family planning: exposure is to whom one talks about it.
    study = dataclasses.replace(study, choices={"exposure_layers": ["talk_fp"]})
    return Dataset.from_frames(frames, study)


def convert_medical(folder: Path) -> Dataset:
    """Turn the four towns into tables."""
    notes = [
        "period 1 is November 1953 (codebook): adoption stands in the middle of its month; "
        "code 18, not adopted, has no row",
        "friends are pairs of surveyed physicians of whom one named the other as friend "
        "(mutual: both did); every relation is a layer of ties",
        "only half of the nominations go to physicians of the sample: rosters are partial",
        "contagion vanishes when the firms' advertising is controlled for "
        "(Van den Bulte & Lilien 2001)",
    ]
    design = Design("city", "town", "tetracycline", 17, "friend", "ties.csv")
    months = pd.date_range("1953-11-01", periods=18, freq="MS", unit="us")
    frames = _tables(folder, design, months, "partial", notes)
    answers = read_csv(folder / "physicians_full.csv")
    person = (answers["city"] * 1000 + answers["id"]).astype(np.int64)
    told = [name for name in answers if str(name).startswith("net")]  # they are in ties
    coded = ["city", "id", "toa", "adopt", "ado", "study"]  # 18 would be "never"
    answers = answers.drop(columns=[*coded, *told]).assign(person=person)
    frames["people"] = frames["people"].merge(answers, "left", on="person", validate="1:1")
    study = study_of(
        MEDICAL,
        notes=notes,
        covers=["lurkers"],
        watch=(months[0], months[17]),
        time_resolution="1mo",
    )
    return Dataset.from_frames(frames, study)


SOURCES = (Source(KFAMILY, convert_kfamily), Source(MEDICAL, convert_medical))
