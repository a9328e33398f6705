"""Silences that are long for a chat: where a part of the export may be missing."""

from typing import Any

from smallnet.tables import Dataset

__all__ = ["find_gaps"]

MOST_GAPS = 50  # that are listed; all are counted
TIMES_USUAL = 5.0
SHORTEST_DAYS = 2.0
DAY_US = 86_400_000_000


def find_gaps(dataset: Dataset) -> dict[str, Any]:
    """Find the silences that stand out from the rhythm of their group.

    Returns
    -------
    dict
        ``rule`` in words, ``count``, and ``longest``: group, from, until and days of each.

    Notes
    -----
    A silence stands out when it lasts at least two days and five times as long as 99 of 100
    silences between two messages of that group do. A quiet chat has none, however long it rests.
    """
    rule = "at least 2 days, and 5 times the 99th percentile of the silences of that group"
    if not dataset.has("interactions"):
        return {"rule": rule, "count": 0, "longest": []}
    found = dataset.connection.con.execute(
        f"""
        WITH waits AS (
            SELECT "group", "at" AS ended,
                lag("at") OVER (PARTITION BY "group" ORDER BY "at") AS began
            FROM interactions WHERE "group" IS NOT NULL
        ), lengths AS (
            SELECT *, epoch_us(ended) - epoch_us(began) AS length FROM waits
            WHERE began IS NOT NULL
        ), usual AS (
            SELECT "group", quantile_disc(length, 0.99) AS usual FROM lengths GROUP BY "group"
        )
        SELECT "group", began, ended, length / {DAY_US} AS days
        FROM lengths JOIN usual USING ("group")
        WHERE length >= {SHORTEST_DAYS * DAY_US} AND length >= {TIMES_USUAL} * usual
        ORDER BY length DESC, "group", began
        """
    ).fetchall()
    longest = [
        {
            "group": group,
            "from": began.isoformat(timespec="seconds") + "Z",
            "until": ended.isoformat(timespec="seconds") + "Z",
            "days": round(days, 1),
        }
        for group, began, ended, days in found[:MOST_GAPS]
    ]
    return {"rule": rule, "count": len(found), "longest": longest}
