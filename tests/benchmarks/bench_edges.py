"""Race: edges, a table of groups and a network from many interactions.

Ours (Ibis on DuckDB) against DuckDB SQL written by hand and against pandas, from tables in memory
to the result in memory, by the rules of ``racing.py``. Run it on a calm machine::

    python tests/benchmarks/bench_edges.py --rows 10000000 [--rounds 3] [--json FILE]

The goals are 1.3 times the SQL at most and half the time of pandas at most.
"""

import datetime as dtm
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from ibis import _
from racing import Goal, Row, parser, race_equal, tell
from scipy.sparse import coo_array, csr_array

from smallnet.networks import build_interaction, group_edges
from smallnet.tables import SCHEMA, Dataset, Study
from smallnet.tables.dataset import connect, empty

GROUPS_PER_ROW = 5000 / 10_000_000
MEMBERS = 30
GOALS: dict[str, Goal] = {"duckdb sql": (1 / 1.3, None), "pandas": (2, None)}
START, STOP = dtm.datetime(2024, 1, 1), dtm.datetime(2024, 7, 1)

# Groups of very unequal traffic, 30 neighbours in each; 6 acts of 10 name somebody, 2 answer.
MAKE = """
INSERT INTO interactions BY NAME
SELECT 'm' || i AS interaction, 'p' || (g * 20 + (random() * {members})::INT) AS sender,
       TIMESTAMP '2024-01-01' + to_seconds((random() * 182 * 86400)::INT) AS "at",
       'g' || g AS group,
       CASE WHEN kind < 6 THEN 'p' || (g * 20 + (random() * {members})::INT) END AS recipient,
       CASE WHEN kind BETWEEN 6 AND 7 THEN 'm' || greatest(i - 1 - (random() * 50)::INT, 0) END
           AS reply_to,
       'text' AS kind
FROM (SELECT i, ({groups} * random() * random())::INT AS g, (random() * 10)::INT AS kind
      FROM range({rows}) t(i))
"""
EDGES_SQL = """
WITH addressed AS (
    SELECT "group", sender AS source, recipient AS target, epoch_us("at") AS at_us
    FROM interactions WHERE recipient IS NOT NULL AND coalesce(kind, 'text') NOT IN
        ('system', 'reaction') AND "at" >= '{low}' AND "at" < '{high}'
    UNION ALL
    SELECT a."group", a.sender, b.sender, epoch_us(a."at")
    FROM interactions a JOIN interactions b ON a.reply_to = b.interaction
    WHERE a.recipient IS NULL AND coalesce(a.kind, 'text') NOT IN ('system', 'reaction')
        AND a."at" >= '{low}' AND a."at" < '{high}')
"""
GROUP_EDGES_SQL = """, edges AS (
    SELECT "group", source, target, count(*) AS acts, min(at_us) AS first_us, max(at_us) AS last_us
    FROM addressed WHERE "group" IS NOT NULL AND source <> target GROUP BY ALL)
"""
GROUPS_SQL = """
SELECT "group", sum(acts)::BIGINT AS acts, count(*) AS ties,
       count(*) FILTER (back IS NOT NULL) AS returned
FROM (SELECT a.*, b.acts AS back FROM edges a LEFT JOIN edges b
      ON a."group" = b."group" AND a.source = b.target AND a.target = b.source) GROUP BY "group"
"""
NETWORK_SQL = """, people AS (
    SELECT person, row_number() OVER (ORDER BY person) - 1 AS i FROM (
        SELECT sender AS person FROM interactions UNION
        SELECT recipient FROM interactions WHERE recipient IS NOT NULL)),
    ties AS (SELECT source, target, count(*)::DOUBLE AS weight FROM addressed
             WHERE source <> target GROUP BY ALL)
SELECT a.i AS source, b.i AS target, weight FROM ties
JOIN people a ON a.person = source JOIN people b ON b.person = target
"""


def make_connection(rows: int) -> Any:
    connection = connect()
    for name, table in SCHEMA.items():
        connection.create_table(name, empty(table))
    connection.raw_sql("SELECT setseed(0.5)")
    connection.raw_sql(
        MAKE.format(rows=rows, groups=max(int(rows * GROUPS_PER_ROW), 1), members=MEMBERS)
    )
    return connection


def dataset_on(connection: Any) -> Dataset:
    """Give a fresh data set on the same tables: nothing is remembered from the last run."""
    study = Study(observed_from=START, observed_until=STOP)
    return Dataset(connection, ("interactions",), study)


def ours_edges(connection: Any) -> Any:
    return group_edges(dataset_on(connection)).drop("symmetric").to_pyarrow()


def ours_groups(connection: Any) -> Any:
    edges = group_edges(dataset_on(connection))
    back = edges.view().select("group", source="target", target="source", back="acts")
    both = edges.left_join(back, ["group", "source", "target"])
    counted = both.group_by("group").aggregate(
        acts=_.acts.sum(), ties=_.count(), returned=_.back.count()
    )
    return counted.to_pyarrow()


def ours_network(connection: Any) -> csr_array:
    return build_interaction(dataset_on(connection)).adjacency


def sql(connection: Any, text: str) -> Any:
    limits = {"low": START.isoformat(), "high": STOP.isoformat()}
    return connection.raw_sql((EDGES_SQL + text).format(**limits)).to_arrow_table()


def sql_network(connection: Any) -> csr_array:
    ties = sql(connection, NETWORK_SQL)
    people = "SELECT count(*) FROM (SELECT sender FROM interactions UNION SELECT recipient FROM"
    people += " interactions WHERE recipient IS NOT NULL)"
    n = connection.raw_sql(people).fetchone()[0]
    ends = (ties["source"].to_numpy(), ties["target"].to_numpy())
    return csr_array(coo_array((ties["weight"].to_numpy(), ends), shape=(n, n)))


def pandas_addressed(acts: pd.DataFrame) -> pd.DataFrame:
    talk = acts[~acts["kind"].fillna("text").isin(["system", "reaction"])]
    talk = talk[(talk["at"] >= pd.Timestamp(START)) & (talk["at"] < pd.Timestamp(STOP))]
    columns = ["group", "sender", "target", "at"]
    named = talk[talk["recipient"].notna()].rename(columns={"recipient": "target"})[columns]
    replies = talk[talk["recipient"].isna() & talk["reply_to"].notna()]
    answered = acts[["interaction", "sender"]].rename(
        columns={"interaction": "reply_to", "sender": "target"}
    )
    both = pd.concat([named, replies.merge(answered, on="reply_to")[columns]])
    return both[both["sender"] != both["target"]].rename(columns={"sender": "source"})


def pandas_edges(acts: pd.DataFrame) -> pd.DataFrame:
    edges = pandas_addressed(acts).groupby(["group", "source", "target"], sort=False)["at"]
    edges = edges.agg(acts="size", first_us="min", last_us="max").reset_index()
    for name in ("first_us", "last_us"):
        edges[name] = edges[name].astype("datetime64[us]").astype("int64")
    return edges


def pandas_groups(acts: pd.DataFrame) -> pd.DataFrame:
    edges = pandas_edges(acts)
    back = edges[["group", "source", "target", "acts"]].rename(
        columns={"source": "target", "target": "source", "acts": "back"}
    )
    both = edges.merge(back, on=["group", "source", "target"], how="left")
    counted = both.groupby("group", sort=False).agg(
        acts=("acts", "sum"), ties=("acts", "size"), returned=("back", "count")
    )
    return counted.reset_index()


def pandas_network(acts: pd.DataFrame) -> csr_array:
    ties = pandas_addressed(acts).groupby(["source", "target"], sort=False).size().reset_index()
    people = pd.Index(pd.concat([acts["sender"], acts["recipient"].dropna()]).unique())
    people = people.sort_values()
    ends = (people.get_indexer(ties["source"]), people.get_indexer(ties["target"]))
    weights = ties[0].to_numpy(dtype=float)
    return csr_array(coo_array((weights, ends), shape=(len(people), len(people))))


def summary(result: Any) -> tuple[Any, ...]:
    """Numbers in which two results that differ would hardly agree."""
    if isinstance(result, csr_array):
        mark = np.arange(result.shape[0], dtype=float)
        return (*result.shape, result.nnz, result.sum(), float(mark @ (result @ mark[::-1])))
    frame = result if isinstance(result, pd.DataFrame) else result.to_pandas()
    total = [int(frame[name].sum()) for name in frame.columns if frame[name].dtype.kind in "iuf"]
    squares = [int((frame["acts"].astype(int) ** 2).sum()), frame["group"].nunique()]
    return (len(frame), *total, *squares)


def race(connection: Any, acts: pd.DataFrame, rounds: int) -> list[Row]:
    versions = {"duckdb sql": duckdb.__version__, "pandas": pd.__version__}
    jobs = {
        "edges": (
            lambda: ours_edges(connection),
            lambda: sql(connection, GROUP_EDGES_SQL + "SELECT * FROM edges"),
            lambda: pandas_edges(acts),
        ),
        "groups": (
            lambda: ours_groups(connection),
            lambda: sql(connection, GROUP_EDGES_SQL + GROUPS_SQL),
            lambda: pandas_groups(acts),
        ),
        "network": (
            lambda: ours_network(connection),
            lambda: sql_network(connection),
            lambda: pandas_network(acts),
        ),
    }
    found: list[Row] = []
    for job, (ours, *theirs) in jobs.items():
        peers = {
            name: (version, run)
            for (name, version), run in zip(versions.items(), theirs, strict=True)
        }
        found += race_equal(job, len(acts), ours, peers, summary, rounds=rounds, goals=GOALS)
    return found


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    given = options.parse_args()
    connection = make_connection(given.rows)
    columns = ["interaction", "sender", "at", "group", "recipient", "reply_to", "kind"]
    acts = connection.table("interactions").select(columns).to_pyarrow().to_pandas()
    for row in race(connection, acts, given.rounds):
        tell(row, given)


if __name__ == "__main__":
    main()
