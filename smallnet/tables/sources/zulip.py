"""The Lean community's public Zulip: streams as groups, eight years of messages.

Nobody lists who reads a stream, so its members are the people who wrote in it (``posters``), from
their first message there on. Nothing tells when they stop reading: they stay until the end of the
watch. (Ending a stay with the last message would make every stay end with an act, and the rate of
people who wrote once infinite: small streams would then look lively by arithmetic.)

A message that quotes or links an earlier one of its own stream is a reply: both wrote there, so the
tie is inside by construction. One that quotes another stream is a tie that may join people who
share a stream or not.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, File, Source, count, moments, read_csv, study_of
from smallnet.tables.sources.posts import link_shares, mentions_of

__all__ = ["SOURCES"]

ENTRY = Entry(
    name="lean_zulip",
    title="Eight years of the Lean community's public Zulip: 91 streams",
    files=(
        File("messages.csv.gz", "5875f34d95f1f0c5ca3daa4b1296e6a2fa770abcb5d70680921a5467f6ab8a87"),
        File("mentions.csv.gz", "932ddacc87bdd6007d6494a9bf1806566d6a735e8d53fc4f36cd9c7f0d80271b"),
        File(
            "crossrefs.csv.gz", "148668cb6aa07af41121009bc6c688c42818c4aa7d73e9f3b98688a4ea9570c9"
        ),
        File(
            "url_shares.csv.gz", "f9cd87adb345eeb64a47e068b17055345416e7f15fb23f51c27629fd819e26e7"
        ),
        File("streams.csv", "160a124356ec5d4e5105f90d8332feed62c54e95cb08eaf6ec85068c4532473c"),
        File("topics.csv.gz", "68416e5878c0ef8ec29d4b72b77574e210a72bada8ca41b8162fffb57729a47b"),
        File("users.csv.gz", "737bf8fc9e8163d7c46fc59337871adb8c1ee6ed965e74f8d52cd1c75cf0ad3e"),
    ),
    page="https://leanprover-community.github.io/archive/",
    licence="unstated",
    terms="pseudonymous metadata of a public archive; aggregate use only, do not match people",
    citation="no publication; the Lean community's public Zulip archive (2018-2026)",
    edition="metadata of leanprover-community/archive @ 0774fce0, zulip_json/",
    can_test=("S03", "S04", "S05", "T30", "S15", "S18"),
    published={
        "streams": 91,
        "streams with human posts": 89,
        "streams of at most 30 posters": 41,
        "topics": 55403,
        "messages": 948495,
        "posters": 5463,
        "bots": 14,
        "mentions": 139063,
        "cross-references": 64746,
        "cross-references between streams": 3083,
        "link postings": 65018,
        "links": 12543,
        "streams silent for 180 days": 33,
    },
)


def convert(folder: Path) -> Dataset:
    """Turn the seven files into tables."""
    messages = read_csv(folder / "messages.csv.gz")
    streams = read_csv(folder / "streams.csv")
    users = read_csv(folder / "users.csv.gz")
    topics = read_csv(folder / "topics.csv.gz").set_index("topic")
    references = read_csv(folder / "crossrefs.csv.gz")
    notes: list[str] = []
    messages["group"] = messages["topic"].map(topics["stream"]).to_numpy()
    messages["at"] = moments(messages["ts"])
    bots = users.loc[users["is_bot"] == 1, "user"]
    frames = {
        "people": pd.DataFrame({"person": users["user"], "bot": users["is_bot"] == 1}),
        "groups": pd.DataFrame(
            {
                "group": streams["stream"],
                "kind": "stream",
                "roster": "posters",
                "name": streams["name"],
                "n_topics": streams["n_topics"],
            }
        ),
        "memberships": _memberships(messages, bots),
        "interactions": _interactions(messages, topics, references, notes),
        "recipients": _mentions(read_csv(folder / "mentions.csv.gz"), messages, notes),
        "ties": _quotes(references, messages, notes),
        "shares": _shares(read_csv(folder / "url_shares.csv.gz"), messages, notes),
    }
    study = study_of(
        ENTRY,
        notes=(
            "members are the people who wrote, from their first message in the stream to the end "
            "of the watch: readers are unknown, and so is who stopped reading",
            "streams are topics of interest that anybody can read, not closed groups",
            "messages that were moved or renamed stand where they were last",
            "quotes inside a stream are replies; ties of layer quote cross streams, and nearly "
            "everybody shares one of the large streams with everybody: sharing one means little",
            *notes,
        ),
        covers=["cross_group_ties"],
        watch=(messages["at"].min(), messages["at"].max() + pd.Timedelta(seconds=1)),
        time_resolution="1s",
    )
    return Dataset.from_frames(frames, study)


def _memberships(messages: pd.DataFrame, bots: pd.Series) -> pd.DataFrame:
    human = messages[~messages["user"].isin(bots)]
    stays = human.groupby(["group", "user"], sort=True)["at"].agg(["min", "max", "size"])
    return stays.reset_index().rename(
        columns={"user": "person", "min": "joined_at", "max": "last_message_at", "size": "n_acts"}
    )


def _interactions(
    messages: pd.DataFrame, topics: pd.DataFrame, references: pd.DataFrame, notes: list[str]
) -> pd.DataFrame:
    """Messages; ``reply_to`` is the latest earlier one of the stream that a message quotes."""
    groups = messages["group"].to_numpy()
    here, there = references["message"].to_numpy(), references["refers_to"].to_numpy()
    inside = (there < here) & (groups[here] == groups[there])
    replies = references[inside].groupby("message")["refers_to"].max()
    notes.append(
        count(
            len(replies),
            "messages quote or link an earlier one of their stream (reply_to, the latest); ",
        )
        + count(len(references) - len(replies), "other references are ties only")
    )
    reply_to = np.full(len(messages), -1, dtype=np.int64)
    reply_to[replies.index.to_numpy()] = replies.to_numpy()
    return pd.DataFrame(
        {
            "interaction": np.arange(len(messages)),
            "sender": messages["user"],
            "at": messages["at"],
            "group": messages["group"],
            "kind": "text",
            "reply_to": pd.Series(reply_to).where(reply_to >= 0).astype("Int64"),
            "topic": messages["topic"],
            "topic_resolved": (messages["topic"].map(topics["resolved"]) == 1).to_numpy(),
            "n_words": messages["n_words"],
            "n_code": messages["n_code"],
            "n_urls": messages["n_urls"],
            "is_question": messages["is_question"] == 1,
        }
    )


def _mentions(mentions: pd.DataFrame, messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    senders = messages["user"].to_numpy()[mentions["message"]]
    return mentions_of(mentions.rename(columns={"user": "target"}).assign(sender=senders), notes)


def _quotes(references: pd.DataFrame, messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Who quotes or links whom: ``quote`` across streams, ``quote_inside`` in one."""
    senders, groups = messages["user"].to_numpy(), messages["group"].to_numpy()
    at = messages["at"].to_numpy()
    here, there = references["message"].to_numpy(), references["refers_to"].to_numpy()
    ties = pd.DataFrame(
        {
            "source": senders[here],
            "target": senders[there],
            "layer": np.where(groups[here] == groups[there], "quote_inside", "quote"),
            "weight": 1.0,
            "directed": True,
            "at": at[here],
            "group": pd.Series(groups[here]).astype("string"),
            "from_group": pd.Series(groups[there]).astype("string"),
        }
    )
    to_self = ties["source"] == ties["target"]
    notes.append(count(int(to_self.sum()), "references to a message of one's own are no ties"))
    key = ["source", "target", "layer", "at"]  # one message may quote several of one person
    return (
        ties[~to_self]
        .groupby(key, as_index=False, sort=False)
        .agg({"weight": "sum", "directed": "first", "group": "first", "from_group": "first"})
    )


def _shares(urls: pd.DataFrame, messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    where = urls["message"].to_numpy()
    theirs = messages[["user", "at", "group"]].iloc[where].set_index(urls.index)
    return link_shares(urls.join(theirs.rename(columns={"user": "sharer"})), notes)


SOURCES = (Source(ENTRY, convert),)
