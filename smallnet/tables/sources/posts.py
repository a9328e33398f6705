"""What converters of message boards share: mentions and posted links, as tables."""

import pandas as pd

from smallnet.tables.sources.entry import count

__all__ = ["link_shares", "mentions_of"]


def mentions_of(mentions: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Give the rows of ``recipients``; mentions of oneself are left out, and a note counts them.

    Parameters
    ----------
    mentions : DataFrame
        ``message, sender, target``: who is mentioned in which message of whom.
    notes : list of str
        The note is added.
    """
    to_self = mentions["target"] == mentions["sender"]
    notes.append(count(int(to_self.sum()), "mentions of oneself are left out"))
    kept = mentions[~to_self]
    return pd.DataFrame(
        {"interaction": kept["message"], "person": kept["target"], "role": "mention"}
    )


def link_shares(posted: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Give the rows of ``shares``: the postings of links that were posted in two or more groups.

    A link that stayed in one group is a citation in a talk and was carried nowhere: its message
    is an act, and no share. A set that kept it would answer claims on where people share (S03,
    S04) with where they talk. The importers of exports hold the same rule.

    Parameters
    ----------
    posted : DataFrame
        ``message, url_hash, domain, sharer, at, group``, a row a link and message; a link that a
        message repeats counts once, at its first row.
    notes : list of str
        Two counts are added: repetitions, and postings of links that stayed in one group.
    """
    once = posted.drop_duplicates(["message", "url_hash"])
    crossed = once[once.groupby("url_hash")["group"].transform("nunique") >= 2]
    stayed = len(once) - len(crossed)
    notes.append(
        count(stayed, "postings of links that stayed in one group are no shares; ")
        + count(len(posted) - len(once), "repetitions inside one message are left out")
    )
    message = crossed["message"].astype(str)
    return pd.DataFrame(
        {
            "share": message + "-" + crossed["url_hash"],
            "item": crossed["url_hash"],
            "sharer": crossed["sharer"],
            "channel": "group",
            "shared_at": crossed["at"],
            "group": crossed["group"],
            "interaction": message,
            "domain": crossed["domain"],
        }
    )
