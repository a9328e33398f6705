"""Stays in groups, rebuilt from joins, leaves, member lists and who wrote.

- A join begins a stay, a leave ends it; a second join without a leave between ends the first stay
  at an unknown time before it (``left_by``).
- Whoever left, or wrote, without a join before it was in since an unknown time: ``joined_at`` is
  null, and never the first message.
- Whoever is on the member list without a trace is a member all the same.
- Where the list is complete, whoever was in and is not on it left at an unknown time before the
  list was made.
- Machines and outsiders are members only where a list or a join says so.
"""

from collections.abc import Collection

import pandas as pd

__all__ = ["KEY", "rebuild_stays"]

KEY = ["group", "person"]
MINUTE_US = 60_000_000
COLUMNS = (
    *KEY,
    "joined_at",
    "left_at",
    "left_by",
    "invited_by",
    "via",
    "role",
    "removed_by",
    "listed",
)


def rebuild_stays(
    changes: pd.DataFrame,
    members: pd.DataFrame,
    wrote: pd.DataFrame,
    *,
    complete: Collection[str],
    until: int,
    left_by: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rebuild the stays.

    Parameters
    ----------
    changes : DataFrame
        ``group, person, change`` (``join`` or ``leave``), ``at`` (microseconds), ``via, by``.
    members : DataFrame
        ``group, person, role`` of the lists.
    wrote : DataFrame
        ``group, person, first, last``: whose messages are evidence of a membership, and when.
    complete : collection of str
        Groups whose list is complete.
    until : int
        When the lists were made, microseconds.
    left_by : DataFrame, optional
        ``group, person, left_by`` that an earlier list had shown.

    Returns
    -------
    stays : DataFrame
        Columns as in the table ``memberships``, times in microseconds, ``listed`` beside them.
    counts : dict
        How many stays rest on which evidence.
    """
    changes = unique_changes(changes)
    stays, known_gone = _from_changes(changes)
    before = _before_first_join(changes, wrote)
    seen = changes[KEY].drop_duplicates()
    silent = _without(members[KEY], seen)
    visitors = _without(_without(wrote[KEY], seen), members[KEY])
    stays = pd.concat([before, stays, silent, visitors], ignore_index=True).reindex(
        columns=list(COLUMNS)
    )
    for column in ("joined_at", "left_at", "left_by"):
        stays[column] = stays[column].astype("Int64")
    listed = pd.MultiIndex.from_frame(stays[KEY]).isin(pd.MultiIndex.from_frame(members[KEY]))
    last = ~stays.duplicated(KEY, keep="last")  # of a person's stays in a group
    back = listed & last & stays["left_at"].notna()  # left, and on the list: came back unseen
    stays.loc[back, ["left_at", "removed_by"]] = [pd.NA, None]
    open_end = stays["left_at"].isna() & stays["left_by"].isna() & ~listed
    if left_by is not None and len(left_by):
        _keep_bounds(stays, open_end, left_by, wrote)
    vanished = open_end & stays["left_by"].isna() & stays["group"].isin(list(complete))
    stays.loc[vanished, "left_by"] = until
    stays["listed"] = listed & last
    roles = members.dropna(subset=["role"]).drop_duplicates(KEY).set_index(KEY)["role"]
    if len(roles):
        keys = pd.MultiIndex.from_frame(stays[KEY])
        stays["role"] = pd.Series(roles.reindex(keys).to_numpy(), index=stays.index).where(last)
    counts = {
        "joins": int((changes["change"] == "join").sum()),
        "leaves": int((changes["change"] == "leave").sum()),
        "on the member list": int(stays["listed"].sum()),
        "on the list without a trace": len(silent),
        "known by messages only": len(visitors),
        "left at an unknown time": int(stays["left_by"].notna().sum()),
        "came back unseen": int(back.sum()),
        "left or wrote without a join": known_gone + len(before),
    }
    order = stays["joined_at"].fillna(-1)
    stays = stays.assign(order=order).sort_values([*KEY, "order"], kind="stable")
    return stays.drop(columns="order").reset_index(drop=True), counts


def unique_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Drop what two exports tell of the same change: same kind within the same minute."""
    minute = changes["at"] // MINUTE_US
    ordered = changes.assign(minute=minute).sort_values([*KEY, "at"], kind="stable")
    ordered = ordered.drop_duplicates([*KEY, "change", "minute"], ignore_index=True)
    return ordered.drop(columns="minute")


def _from_changes(changes: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    mine = changes.groupby(KEY, sort=False)
    before = mine["change"].shift()
    after, after_at, after_by = (mine[name].shift(-1) for name in ("change", "at", "by"))
    after_at = after_at.astype("Int64")
    joins = changes["change"] == "join"
    lone = (changes["change"] == "leave") & (before != "join")
    ends = joins & (after == "leave")
    stays = pd.DataFrame(
        {
            "group": changes["group"],
            "person": changes["person"],
            "joined_at": changes["at"].astype("Int64").where(joins),
            "left_at": after_at.where(ends).mask(lone, changes["at"].astype("Int64")),
            "left_by": after_at.where(joins & (after == "join")),
            "invited_by": changes["by"].where(joins & (changes["by"] != changes["person"])),
            "via": changes["via"].where(joins),
            "removed_by": after_by.where(ends).mask(lone, changes["by"]),
        }
    )
    stays["removed_by"] = stays["removed_by"].where(stays["removed_by"] != stays["person"])
    return stays[joins | lone], int(lone.sum())


def _before_first_join(changes: pd.DataFrame, wrote: pd.DataFrame) -> pd.DataFrame:
    """Stays of people who wrote before the first join that was seen."""
    first = changes.drop_duplicates(KEY)
    both = first[first["change"] == "join"].merge(wrote, on=KEY)
    earlier = both[both["first"] < both["at"] // MINUTE_US * MINUTE_US]
    return pd.DataFrame(
        {
            "group": earlier["group"],
            "person": earlier["person"],
            "left_by": earlier["at"].astype("Int64"),
        }
    )


def _keep_bounds(
    stays: pd.DataFrame, open_end: pd.Series, left_by: pd.DataFrame, wrote: pd.DataFrame
) -> None:
    """Keep what an earlier list said of somebody's leaving, unless a trace of them is later."""
    known = stays[KEY].merge(left_by.drop_duplicates(KEY), "left", on=KEY)["left_by"]
    last = stays[KEY].merge(wrote, "left", on=KEY)["last"].astype("Int64")
    bound = known.astype("Int64")
    later = (last >= bound).fillna(value=False) | (stays["joined_at"] >= bound).fillna(value=False)
    holds = open_end & bound.notna() & ~later
    stays.loc[holds, "left_by"] = bound[holds]


def _without(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    frame = frame[KEY].drop_duplicates()
    there = pd.MultiIndex.from_frame(frame).isin(pd.MultiIndex.from_frame(other[KEY]))
    return frame[~there]
