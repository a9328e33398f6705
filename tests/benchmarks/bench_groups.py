"""Race: what ``group_table`` takes from many messages, group by group.

Ours (Ibis on DuckDB) against DuckDB SQL written by hand and against pandas, from tables in memory
to the result in memory, by the rules of ``racing.py``: members at the end, talk of members, rhythm,
evenness and time to an answer, with the interval of its median. The whole ``group_table`` is timed
too, with no peer: nobody writes its 80 columns twice. Run it on a calm machine::

    python tests/benchmarks/bench_groups.py --rows 10000000 [--rounds 3] [--json FILE]

The goals are 1.3 times the SQL at most and half the time of pandas at most.
"""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
from bench_edges import GOALS, START, STOP, make_connection
from racing import parser, race_equal, tell, timed
from scipy.stats import norm

from smallnet.measures import (
    group_evenness,
    group_responses,
    group_sizes,
    group_table,
    group_talk,
)
from smallnet.tables import Dataset, Study

DAY_US = 86_400_000_000
HALF = float(norm.isf(0.025)) / 2
NUMBERS = (  # of each group, that all three must agree on
    "size_end", "messages", "member_messages", "talkers", "active_members", "same_sender", "gaps",
    "gap_mean_us", "gap_sd_us", "day_squares", "active_days", "top_sent", "pairs_same", "ranked",
    "x_log_x", "responses", "response_us", "response_low_us", "response_high_us",
)  # fmt: skip

# Seven of ten senders of a group are its members, half of them from the beginning.
MEMBERS = """
INSERT INTO memberships BY NAME
SELECT "group", sender AS person, CASE WHEN hash(sender) % 2 = 0
       THEN TIMESTAMP '2024-01-01' + to_days((hash(sender) % 150)::INT)
       + to_microseconds(1) END AS joined_at
FROM (SELECT DISTINCT "group", sender FROM interactions) WHERE hash("group" || sender) % 10 < 7
"""
SEQUENCE_SQL = """
CREATE TEMP TABLE sequence AS
SELECT i."group", interaction, sender, epoch_us("at") AS at_us, reply_to,
       m.person IS NOT NULL AS member,
       lag(epoch_us("at")) OVER along AS prev_us, lag(sender) OVER along AS prev_sender
FROM interactions i LEFT JOIN memberships m ON i."group" = m."group" AND sender = person
     AND "at" >= coalesce(joined_at, TIMESTAMP '1970-01-01')  -- an OR here would nest loops
WHERE i."group" IS NOT NULL AND coalesce(kind, 'text') NOT IN ('system', 'reaction')
      AND "at" >= '{low}' AND "at" < '{high}'
WINDOW along AS (PARTITION BY i."group" ORDER BY "at", interaction)
"""
GROUPS_SQL = """
WITH counts AS (
    SELECT "group", count(*) AS messages, count(*) FILTER (member) AS member_messages,
           count(DISTINCT sender) AS talkers,
           count(DISTINCT sender) FILTER (member) AS active_members,
           count(*) FILTER (sender = prev_sender) AS same_sender, count(prev_us) AS gaps,
           avg(at_us - prev_us) AS gap_mean_us, stddev_pop(at_us - prev_us) AS gap_sd_us
    FROM sequence GROUP BY "group"),
days AS (
    SELECT "group", sum(n * n) AS day_squares, count(*) AS active_days FROM (
        SELECT "group", at_us // 86400000000 AS day, count(*) AS n
        FROM sequence WHERE member GROUP BY ALL) GROUP BY "group"),
evenness AS (
    SELECT "group", max(x) AS top_sent, sum(x * (x - 1)) AS pairs_same, sum(rank * x) AS ranked,
           sum(x * log2(x)) AS x_log_x FROM (
        SELECT "group", x, row_number() OVER (PARTITION BY "group" ORDER BY x, sender) AS rank
        FROM (SELECT "group", sender, count(*) AS x FROM sequence GROUP BY ALL))
    GROUP BY "group"),
delays AS (
    SELECT a."group", a.at_us - b.at_us AS delay_us,
           count(*) OVER (PARTITION BY a."group") AS n,
           row_number() OVER (PARTITION BY a."group"
                              ORDER BY a.at_us - b.at_us, a.interaction) AS rank
    FROM sequence a JOIN sequence b ON a."group" = b."group" AND a.reply_to = b.interaction
    WHERE a.sender <> b.sender AND a.at_us >= b.at_us),
responses AS (
    SELECT "group", count(*) AS responses, median(delay_us) AS response_us,
           max(delay_us) FILTER (rank = floor(n * 0.5 - sqrt(n) * {half})) AS response_low_us,
           max(delay_us) FILTER (rank = ceil(n * 0.5 + sqrt(n) * {half}) + 1) AS response_high_us
    FROM delays GROUP BY "group"),
sizes AS (
    SELECT "group", count(DISTINCT person) AS size_end FROM memberships GROUP BY "group")
SELECT * FROM counts LEFT JOIN days USING ("group") LEFT JOIN evenness USING ("group")
LEFT JOIN responses USING ("group") LEFT JOIN sizes USING ("group")
"""


def dataset_on(connection: Any) -> Dataset:
    """Give a fresh data set on the same tables: nothing is remembered from the last run."""
    study = Study(observed_from=START, observed_until=STOP)
    return Dataset(connection, ("memberships", "interactions"), study)


def forget(connection: Any) -> None:
    """Drop the derived tables of the last run, which a data set keeps while it lives."""
    for name in connection.list_tables():
        if name.startswith("_"):
            connection.drop_table(name, force=True)


def ours(connection: Any) -> pd.DataFrame:
    dataset = dataset_on(connection)
    parts = (group_talk, group_evenness, group_responses, group_sizes)
    table, *others = [dataset.collect(part(dataset)) for part in parts]
    for other in others:
        table = table.merge(other, on="group", how="left")
    forget(connection)
    return table


def sql(connection: Any) -> pd.DataFrame:
    con = connection.con
    con.execute(SEQUENCE_SQL.format(low=START.isoformat(), high=STOP.isoformat()))
    table = con.execute(GROUPS_SQL.format(half=HALF)).to_arrow_table().to_pandas()
    con.execute("DROP TABLE sequence")
    return table


def by_pandas(acts: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    talk = acts[acts["group"].notna() & ~acts["kind"].fillna("text").isin(["system", "reaction"])]
    talk = talk[(talk["at"] >= pd.Timestamp(START)) & (talk["at"] < pd.Timestamp(STOP))]
    renamed = members.rename(columns={"person": "sender"}).assign(listed=True)
    talk = talk.merge(renamed, on=["group", "sender"], how="left")
    talk["member"] = talk["listed"].notna() & ~(talk["at"] < talk["joined_at"])
    talk["at_us"] = talk["at"].astype("datetime64[us]").astype("int64")
    talk = talk.sort_values(["group", "at", "interaction"], ignore_index=True)
    before = talk.groupby("group", sort=False)
    talk["gap"] = before["at_us"].diff()
    talk["same"] = talk["sender"] == before["sender"].shift()
    counted = talk.groupby("group", sort=False).agg(
        messages=("at_us", "size"), member_messages=("member", "sum"),
        talkers=("sender", "nunique"), same_sender=("same", "sum"), gaps=("gap", "count"),
        gap_mean_us=("gap", "mean"),
    )  # fmt: skip
    counted["gap_sd_us"] = talk.groupby("group", sort=False)["gap"].std(ddof=0)
    inside = talk[talk["member"]]
    active = inside.groupby("group", sort=False)["sender"].nunique()
    counted["active_members"] = active.reindex(counted.index, fill_value=0)  # none, not unknown
    days = inside.assign(day=inside["at_us"] // DAY_US).groupby(["group", "day"], sort=False).size()
    counted["day_squares"] = (days**2).groupby("group").sum()
    counted["active_days"] = days.groupby("group").size()
    sent = talk.groupby(["group", "sender"], sort=False).size().rename("x").reset_index()
    sent = sent.sort_values(["group", "x", "sender"])
    sent["ranked"] = (sent.groupby("group", sort=False).cumcount() + 1) * sent["x"]
    sent["pairs_same"] = sent["x"] * (sent["x"] - 1)
    sent["x_log_x"] = sent["x"] * np.log2(sent["x"])
    evenness = sent.groupby("group", sort=False).agg(
        top_sent=("x", "max"), pairs_same=("pairs_same", "sum"), ranked=("ranked", "sum"),
        x_log_x=("x_log_x", "sum"),
    )  # fmt: skip
    asked = talk[["group", "interaction", "sender", "at_us"]].rename(
        columns={"interaction": "reply_to", "sender": "asker", "at_us": "asked_us"}
    )
    replies = talk[talk["reply_to"].notna()].merge(asked, on=["group", "reply_to"])
    replies["delay"] = replies["at_us"] - replies["asked_us"]
    replies = replies[(replies["sender"] != replies["asker"]) & (replies["delay"] >= 0)]
    replies = replies.sort_values(["group", "delay", "interaction"])
    grouped = replies.groupby("group", sort=False)["delay"]
    rank, n = grouped.cumcount() + 1, grouped.transform("size")
    spread = np.sqrt(n) * HALF
    answers = grouped.agg(responses="size", response_us="median")
    for name, place in (
        ("low", np.floor(n * 0.5 - spread)),
        ("high", np.ceil(n * 0.5 + spread) + 1),
    ):
        at = replies[rank == place].set_index("group")["delay"]
        answers[f"response_{name}_us"] = at
    sizes = members.groupby("group", sort=False)["person"].nunique().rename("size_end")
    return counted.join([evenness, answers, sizes]).reset_index()


def summary(table: pd.DataFrame) -> tuple[Any, ...]:
    """Sums over groups of each number, to nine digits, and how many groups know it."""
    sums = [float(f"{table[name].astype(float).sum():.9g}") for name in NUMBERS]
    return (len(table), *sums, *(int(table[name].notna().sum()) for name in NUMBERS))


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    given = options.parse_args()
    connection = make_connection(given.rows)
    connection.raw_sql(MEMBERS)
    columns = ["interaction", "sender", "at", "group", "reply_to", "kind"]
    acts = connection.table("interactions").select(columns).to_pyarrow().to_pandas()
    members = connection.table("memberships").select("group", "person", "joined_at")
    members = members.to_pyarrow().to_pandas()
    peers = {
        "duckdb sql": (duckdb.__version__, lambda: sql(connection)),
        "pandas": (pd.__version__, lambda: by_pandas(acts, members)),
    }
    rows = race_equal(
        "group_table", len(acts), lambda: ours(connection), peers, summary,
        rounds=given.rounds, goals=GOALS,
    )  # fmt: skip
    for row in rows:
        tell(row, given)
    whole, wall, cpu = timed(lambda: group_table(dataset_on(connection)))
    words = f"{whole.shape[1]} columns"
    job = {"job": "group_table, the whole", "size": len(acts), "agreement": words}
    tell(job | {"ours_wall_s": wall, "ours_cpu_s": cpu}, given)


if __name__ == "__main__":
    main()
