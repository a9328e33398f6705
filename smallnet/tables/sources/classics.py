"""Groups of 18-34 people that everybody knows the answer to; two of them come with networkx."""

from pathlib import Path

import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, File, Source, pairs, read_csv, study_of

__all__ = ["SOURCES"]

NETWORKX = "https://networkx.org/documentation/stable/reference/generators.html"
RELATIONS = {
    "SAMPLK1": "liking_1",
    "SAMPLK2": "liking_2",
    "SAMPLK3": "liking_3",
    "SAMPDLK": "dislike",
    "SAMPES": "esteem",
    "SAMPDES": "disesteem",
    "SAMPIN": "influence",
    "SAMPNIN": "negative_influence",
    "SAMPPR": "praise",
    "SAMNPR": "blame",
}
FRIEND = 3  # EIES: 1 heard of, 2 met, 3 friend, 4 close friend

DAVIS = Entry(
    name="davis",
    title="Davis's Southern women: 18 women at 14 events",
    files=(),
    page=NETWORKX,
    licence="BSD-3 (as part of networkx)",
    terms="cite the book",
    citation="A. Davis, B. B. Gardner, M. R. Gardner, Deep South (Chicago, 1941)",
    edition="networkx.davis_southern_women_graph",
    can_test=(),
    published={"women": 18, "events": 14, "attendances": 89},
)

KARATE = Entry(
    name="karate",
    title="Zachary's karate club: 34 people, the two clubs after the split",
    files=(),
    page=NETWORKX,
    licence="BSD-3 (as part of networkx)",
    terms="cite the paper",
    citation="W. W. Zachary, J. Anthropol. Res. 33, 452-473 (1977)",
    edition="networkx.karate_club_graph",
    can_test=("S15",),
    published={"people": 34, "ties": 78, "groups": 2},
)

SAMPSON = Entry(
    name="sampson",
    title="Sampson's monastery: ten relations among 18 novices",
    files=(
        File(
            "sampson_ties.csv", "970a666ec5cd6f4781d85e1cd104c0ed59160f90089c3b7357e4698bb7aef49c"
        ),
    ),
    page="https://github.com/USCCANA/netdiffuseR",
    licence="the package is MIT; the data's own terms are unstated",
    terms="cite the thesis",
    citation="S. F. Sampson, PhD thesis, Cornell (1968)",
    edition="data-raw/SAMPSON.DAT (UCINET) of USCCANA/netdiffuseR @ f16350e5, turned into CSV",
    can_test=(),
    published={"people": 18, "relations": 10},
    folder="small_classics",
)

EIES = Entry(
    name="eies",
    title="Freeman's EIES researchers: acquaintance before and after, messages in between",
    files=(
        File(
            "eies_acquaintance_n32.csv",
            "496f1ac01e5ab80f65240cc2f7b669b68c27489e3604cf9c37df0af07d1c47bd",
        ),
        File(
            "eies_messages_n32.csv",
            "681de468def4c3bce6f12c050d1031c2789a311848f78c0a7ed6a3483908a2cb",
        ),
        File(
            "eies_people_n32.csv",
            "3feddcab5a4f8afb96fd8473a3708bb9dfe513496a62c17b5c78c9950008f318",
        ),
    ),
    page="https://github.com/schochastics/networkdata",
    licence="MIT and GPL-3 (the packages); the data's own terms are unstated",
    terms="cite the paper; names were removed",
    citation="S. C. Freeman & L. C. Freeman (1979)",
    edition="schochastics/networkdata @ 8e4994bc and cran/tnet @ 15bd16db, turned into CSV",
    can_test=("S15",),
    published={"people": 32, "message cells": 440, "messages": 15034},
    folder="small_classics",
)


def convert_davis(folder: Path) -> Dataset:
    """Turn the attendances that networkx carries into memberships; ``folder`` is not read."""
    import networkx as nx

    graph = nx.davis_southern_women_graph()
    women, events = set(graph.graph["top"]), set(graph.graph["bottom"])
    attended = [(b, a) if a in women else (a, b) for a, b in graph.edges]
    study = study_of(
        DAVIS,
        notes=("groups are events; who came to which is all that is known",),
        covers=["lurkers"],
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame({"person": sorted(women)}),
            "groups": pd.DataFrame(
                {"group": sorted(events), "kind": "event", "roster": "complete"}
            ),
            "memberships": pd.DataFrame(attended, columns=["group", "person"]),
        },
        study,
    )


def convert_karate(folder: Path) -> Dataset:
    """Turn the club that networkx carries into tables; ``folder`` is not read."""
    import networkx as nx

    graph = nx.karate_club_graph()
    members = pd.DataFrame(
        [(club, node + 1) for node, club in graph.nodes(data="club")], columns=["group", "person"]
    )
    ties = pd.DataFrame(
        [(a + 1, b + 1, float(weight)) for a, b, weight in graph.edges(data="weight")],
        columns=["person", "friend", "weight"],
    )
    study = study_of(
        KARATE,
        notes=(
            "groups are the two clubs after the split, which followed the ties: that ties stay "
            "inside is how the groups came about",
            "people are numbered as in the paper, from 1; weight counts contexts of interaction",
        ),
        covers=["lurkers", "cross_group_ties"],
    )
    return Dataset.from_frames(
        {
            "people": members[["person"]],
            "groups": pd.DataFrame(
                {
                    "group": sorted(members["group"].unique()),
                    "kind": "faction",
                    "roster": "complete",
                }
            ),
            "memberships": members,
            "friendships": ties,
        },
        study,
    )


def convert_sampson(folder: Path) -> Dataset:
    """Turn the ten relations into layers of ties."""
    ties = read_csv(folder / "sampson_ties.csv")
    people = pd.DataFrame({"person": sorted(set(ties["ego"]) | set(ties["alter"]))})
    study = study_of(
        SAMPSON,
        notes=(
            "weights are ranks of choice, also in dislike, disesteem, negative influence and "
            "blame: the layer's name says which",
            "one group, the monastery: its factions are not in the file",
        ),
        covers=["lurkers"],
    )
    return Dataset.from_frames(
        {
            "people": people,
            "groups": pd.DataFrame(
                {"group": ["monastery"], "kind": "monastery", "roster": "complete"}
            ),
            "memberships": people.assign(group="monastery"),
            "ties": pd.DataFrame(
                {
                    "source": ties["ego"],
                    "target": ties["alter"],
                    "layer": ties["relation"].map(RELATIONS),
                    "weight": ties["strength"].astype("float64"),
                    "directed": True,
                }
            ),
        },
        study,
    )


def convert_eies(folder: Path) -> Dataset:
    """Turn acquaintance and message counts into ties, disciplines into groups."""
    known = read_csv(folder / "eies_acquaintance_n32.csv")
    sent = read_csv(folder / "eies_messages_n32.csv")
    people = read_csv(folder / "eies_people_n32.csv")
    layers = [
        known.rename(columns={wave: "weight"})[["ego", "alter", "weight"]].assign(layer=layer)
        for wave, layer in (("t1", "acquaintance_1"), ("t2", "acquaintance_2"))
    ]
    layers.append(sent.rename(columns={"n_messages": "weight"}).assign(layer="message"))
    ties = pd.concat(layers, ignore_index=True).rename(columns={"ego": "source", "alter": "target"})
    disciplines = sorted(people["discipline"].unique())
    study = study_of(
        EIES,
        notes=(
            "acquaintance: 1 heard of, 2 met, 3 friend, 4 close friend; 0 is not known or not "
            "answered and makes no tie",
            "friends are pairs of whom one called the other a friend (3 or 4) before the messages "
            "(mutual: both did)",
            "messages are totals without times: a layer of ties",
        ),
        covers=["lurkers", "cross_group_ties"],
    )
    return Dataset.from_frames(
        {
            "people": people[["person", "citations"]],
            "groups": pd.DataFrame(
                {"group": disciplines, "kind": "discipline", "roster": "complete"}
            ),
            "memberships": people[["person", "discipline"]].rename(columns={"discipline": "group"}),
            "friendships": pairs(known[known["t1"] >= FRIEND], "ego", "alter"),
            "ties": ties[ties["weight"] > 0].astype({"weight": "float64"}).assign(directed=True),
        },
        study,
    )


SOURCES = (
    Source(DAVIS, convert_davis),
    Source(KARATE, convert_karate),
    Source(SAMPSON, convert_sampson),
    Source(EIES, convert_eies),
)
