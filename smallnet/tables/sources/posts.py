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


def link_shares(posted: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of ``shares``: a link in a message is a share with the message's group.

    Parameters
    ----------
    posted : DataFrame
        ``message, url_hash, domain, sharer, at, group``, a row a link and message.
    """
    message = posted["message"].astype(str)
    return pd.DataFrame(
        {
            "share": message + "-" + posted["url_hash"],
            "item": posted["url_hash"],
            "sharer": posted["sharer"],
            "channel": "group",
            "shared_at": posted["at"],
            "group": posted["group"],
            "interaction": message,
            "domain": posted["domain"],
        }
    )
