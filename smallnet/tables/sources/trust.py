"""Who trusts whom: Bitcoin OTC ratings with dates, CiaoDVD trust links with dated film ratings."""

from pathlib import Path

import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import (
    Entry,
    File,
    Source,
    count,
    moments,
    no_memberships,
    read_csv,
    study_of,
)

__all__ = ["SOURCES"]

BITCOIN = Entry(
    name="bitcoin_otc_trust",
    title="Bitcoin OTC: who trusts whom, from -10 to 10, with dates",
    files=(
        File(
            "soc-sign-bitcoinotc.csv.gz",
            "65db6ac3da1cb72a3aa44f9b22c6030e1c7d4efab07d9e8802374c5e7f75a8d5",
        ),
    ),
    page="https://snap.stanford.edu/data/soc-sign-bitcoin-otc.html",
    licence="unstated",
    terms="cite the paper",
    citation="S. Kumar, F. Spezzano, V. S. Subrahmanian, C. Faloutsos, ICDM 2016",
    edition=(
        "serna-bot/bitcoin_reputation_network @ b1870049, data/soc-sign-bitcoinotc.csv "
        "(header added, times rounded to seconds)"
    ),
    can_test=(),
    published={"ratings": 35592, "people": 5881},
)

CIAO = Entry(
    name="ciaodvd_trust",
    title="CiaoDVD: trust links and dated film ratings",
    files=(
        File(
            "movie-ratings.txt.gz",
            "d1bb052d8d74448cbb43ccb971a438d64012b8691598149eee863e686a47a9bc",
        ),
        File("trusts.txt.gz", "9df6174afb1b085811c75c90e1f26de4b2770806a2057bfddd28cdc6bca04d84"),
    ),
    page="https://guoguibing.github.io/librec/datasets.html",
    licence="unstated",
    terms="cite the paper",
    citation="G. Guo, J. Zhang, D. Thalmann, N. Yorke-Smith, ASONAM 2014, 540-547",
    edition="npxiaoying/Social-Recommendation @ 7bc4ebcc, dataset/CiaoDVD/ (no review ratings)",
    can_test=(),
    published={
        "ratings": 72665,
        "raters": 17615,
        "films": 16121,
        "trust links": 40133,
        "trust links between raters": 22484,
    },
)


def convert_bitcoin(folder: Path) -> Dataset:
    """Turn ratings into dated, signed ties; there are no groups."""
    ratings = read_csv(folder / "soc-sign-bitcoinotc.csv.gz")
    at = moments(ratings["time"])
    people = sorted(set(ratings["v1"]) | set(ratings["v2"]))
    study = study_of(
        BITCOIN,
        notes=("there are no groups, so memberships is empty",),
        covers=[],
        watch=(at.min(), at.max() + pd.Timedelta(seconds=1)),
        time_resolution="1s",
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame({"person": people}),
            "memberships": no_memberships(),
            "ties": pd.DataFrame(
                {
                    "source": ratings["v1"],
                    "target": ratings["v2"],
                    "layer": "trust",
                    "weight": ratings["weight"].astype("float64"),
                    "directed": True,
                    "at": at,
                }
            ),
        },
        study,
    )


def convert_ciao(folder: Path) -> Dataset:
    """Turn trust into ties and a person's first rating of a film into an adoption."""
    columns = ["person", "item", "genre", "review", "rating", "date"]
    ratings = read_csv(folder / "movie-ratings.txt.gz", columns)
    trusts = read_csv(folder / "trusts.txt.gz", ["source", "target", "weight"])
    ratings["adopted_at"] = pd.to_datetime(ratings["date"], format="%Y-%m-%d").dt.as_unit("us")
    ordered = ratings.sort_values(["adopted_at", "review"], kind="stable")
    first = ordered.drop_duplicates(["person", "item"])
    people = sorted(set(ratings["person"]) | set(trusts["source"]) | set(trusts["target"]))
    study = study_of(
        CIAO,
        notes=(
            "adopting a film is rating it for the first time; "
            + count(len(ratings) - len(first), "later ratings by the same person are left out"),
            "trust links have no date: whether trust came before a rating is unknown",
            "there are no groups, so memberships is empty",
        ),
        covers=[],
        watch=(
            ratings["adopted_at"].min(),
            ratings["adopted_at"].max() + pd.Timedelta(days=1),
        ),
        time_resolution="1d",
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame({"person": people}),
            "memberships": no_memberships(),
            "ties": trusts.astype({"weight": "float64"}).assign(layer="trust", directed=True),
            "adoptions": first[["person", "item", "adopted_at", "rating", "genre"]],
        },
        study,
    )


SOURCES = (Source(BITCOIN, convert_bitcoin), Source(CIAO, convert_ciao))
