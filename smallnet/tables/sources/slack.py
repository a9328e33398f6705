"""Slack workspaces: channels as groups, full member lists or only what was seen of them.

Rules, the same for every workspace:

- Somebody on the member list whose join is not in the export has been in since before the watch,
  or since the channel was created, whichever is later: ``joined_at`` is null.
- Who joined or wrote but is not on the list at the end left at an unknown time (``left_by``).
  Slack lets only members write in a channel, so a message is evidence of a membership.
- Joining twice without a leave between: the first stay ended at an unknown time before the second.
- Notices of Slack itself, and what an app posts in a person's name, are kind ``system``.
"""

import functools
from pathlib import Path

import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, Source, count, moments, study_of
from smallnet.tables.sources.posts import link_shares, mentions_of
from smallnet.tables.sources.slack_workspaces import WORKSPACES, Workspace

__all__ = ["SOURCES"]

TALK = {"message", "thread_broadcast", "file_share", "me_message", "file_comment", "bot_message"}
NUMBERS = ("n_chars", "n_words", "n_urls", "n_emoji", "n_reactions", "n_files")


def convert(folder: Path, *, entry: Entry, workspace: Workspace) -> Dataset:
    """Turn the files of a workspace into tables."""
    raw = {file.name.partition(".")[0]: _read(folder / file.name) for file in entry.files}
    messages, events, channels = raw["messages"], raw["join_leave"], raw["channels"]
    notes: list[str] = []
    for frame in (messages, events):
        frame["at"] = moments(frame["ts"])
    messages["person"] = _senders(messages, notes)
    messages["kind"] = _kinds(messages, notes)
    channels["created_at"] = moments(channels["created"])
    people = _people(raw, messages)
    machines = set(people.loc[people["bot"].fillna(value=False), "person"])
    low, high = _watch(workspace, messages, events)
    frames = {
        "people": people,
        "groups": _groups(channels, messages, workspace),
        "memberships": _memberships(raw, messages, machines, high, notes),
        "interactions": _interactions(messages, notes),
        "recipients": _mentions(messages, notes),
        "shares": _shares(raw["urls"], messages, notes),
    }
    if "reactions" in raw:
        frames["ties"] = _reactions(raw["reactions"], messages, notes)
    covers = {"joining": True, "leaving": workspace.leaves, "lurkers": "members" in raw}
    study = study_of(
        entry,
        notes=notes,
        covers=[channel for channel, covered in covers.items() if covered],
        watch=(low, high),
        time_resolution="1us",
    )
    return Dataset.from_frames(frames, study)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _known(texts: pd.Series) -> pd.Series:
    return texts.where(texts != "")


def _watch(
    workspace: Workspace, messages: pd.DataFrame, events: pd.DataFrame
) -> tuple[pd.Timestamp, pd.Timestamp]:
    traces = pd.concat([messages["at"], events["at"]])
    low = workspace.observed_from or traces.min().floor("s")
    high = workspace.observed_until or traces.max().floor("s") + pd.Timedelta(seconds=1)
    return pd.Timestamp(low), pd.Timestamp(high)


def _senders(messages: pd.DataFrame, notes: list[str]) -> pd.Series:
    """Give acts without a user a person of their own: one machine a channel, else one an act."""
    nobody = messages["user"] == ""
    machine = messages["is_bot"] == "1"
    if nobody.any():
        notes.append(
            count(int((nobody & machine).sum()), "messages of webhooks (one bot a channel) and ")
            + count(int((nobody & ~machine).sum()), "without a sender are traffic of no member")
        )
    return (
        messages["user"]
        .mask(nobody & machine, "webhook-" + messages["channel"])
        .mask(nobody & ~machine, "unknown-" + messages["message"])
    )


def _kinds(messages: pd.DataFrame, notes: list[str]) -> pd.Series:
    by_app = (messages["is_bot"] == "1") & (messages["user"] != "")
    system = ~messages["type"].isin(TALK) | by_app
    notes.append(
        count(int(system.sum()), "notices and messages that an app sent for a person are system")
    )
    return pd.Series("text", index=messages.index).mask(system, "system")


def _people(raw: dict[str, pd.DataFrame], messages: pd.DataFrame) -> pd.DataFrame:
    users = raw.get("users")
    mentioned = messages["mentions"].str.split(";").explode()
    named = [messages["person"], raw["join_leave"]["user"], raw["join_leave"]["inviter"], mentioned]
    for table, column in (
        ("members", "user"),
        ("reactions", "user"),
        ("users", "user"),
        ("channels", "creator"),
    ):
        if table in raw and column in raw[table]:
            named.append(raw[table][column])
    everybody = pd.concat(named).dropna()
    people = pd.DataFrame({"person": sorted(set(everybody) - {""})})
    machine = (messages["is_bot"] == "1").groupby(messages["person"]).all()
    only_machine = people["person"].map(machine)
    if users is None:
        people["bot"] = only_machine.astype("boolean")
        return people
    listed = users.set_index("user")
    flags = {"1": True, "0": False}
    stated = people["person"].map(listed["is_bot"]).map(flags).astype("boolean")
    people["bot"] = stated.fillna(only_machine.astype("boolean"))
    for flag in ("deleted", "is_admin"):
        people[flag] = people["person"].map(listed[flag]).map(flags).astype("boolean")
    return people


def _groups(channels: pd.DataFrame, messages: pd.DataFrame, workspace: Workspace) -> pd.DataFrame:
    archived = messages.loc[messages["type"] == "channel_archive", ["channel", "at"]]
    closed = archived.groupby("channel", as_index=False)["at"].max()
    groups = pd.DataFrame(
        {
            "group": channels["channel"],
            "created_at": channels["created_at"],
            "closed_at": channels[["channel"]].merge(closed, "left", on="channel")["at"],
            "kind": "channel",
            "roster": workspace.roster,
            "name": _known(channels["name"]),
        }
    )
    if "creator" in channels:
        groups["creator"] = _known(channels["creator"])
        groups["general"] = channels["is_general"] == "1"
    return groups


def _memberships(
    raw: dict[str, pd.DataFrame],
    messages: pd.DataFrame,
    machines: set[str],
    high: pd.Timestamp,
    notes: list[str],
) -> pd.DataFrame:
    key = ["group", "person"]
    stays = _stays(raw["join_leave"])
    if "creator" in raw["channels"]:
        creators = raw["channels"].set_index("channel")["creator"]
        own = (stays["via"] == "joined") & (stays["group"].map(creators) == stays["person"])
        stays["via"] = stays["via"].mask(own, "created")
    members = raw.get("members")
    wrote = (
        messages.loc[messages["kind"] != "system", ["channel", "person"]]
        .rename(columns={"channel": "group"})
        .drop_duplicates()
    )
    strangers = wrote["person"].isin(machines) | wrote["person"].str.startswith("unknown-")
    wrote = wrote[~strangers]
    if members is None:
        listed = pd.DataFrame({"group": [], "person": []}, dtype=str)
    else:
        listed = members.rename(columns={"channel": "group", "user": "person"})[key]
    seen = stays[key].drop_duplicates()
    silent = _without(listed, seen)  # on the list, no join or leave in the export
    visitors = _without(_without(wrote, seen), listed)
    stays = pd.concat([stays, silent, visitors], ignore_index=True)
    stays["listed"] = pd.MultiIndex.from_frame(stays[key]).isin(pd.MultiIndex.from_frame(listed))
    if members is not None:
        notes.append(
            count(len(silent), "members on the list without a join in the export: in since before ")
            + "the watch, or since the channel began"
        )
        gone = stays["left_at"].isna() & stays["left_by"].isna() & ~stays["listed"]
        stays.loc[gone, "left_by"] = high
        notes.append(
            count(
                int(gone.sum()), "stays of people who joined or wrote and are not on the list at "
            )
            + f"the end: left at an unknown time; {len(visitors):,} of them known by messages only"
        )
    else:
        notes.append(
            count(len(visitors), "stays are known by messages only: in since before the watch")
        )
    return stays.sort_values([*key, "joined_at"], ignore_index=True)


def _stays(events: pd.DataFrame) -> pd.DataFrame:
    """Turn joins and leaves into stays: a stay ends with a leave, or vaguely with the next join."""
    events = events.sort_values(["channel", "user", "at"], kind="stable", ignore_index=True)
    mine = events.groupby(["channel", "user"])
    before = mine["event"].shift()
    after, after_at = mine["event"].shift(-1), mine["at"].shift(-1)
    joins = events["event"] == "join"
    lone_leave = (events["event"] == "leave") & (before != "join")
    stays = pd.DataFrame(
        {
            "group": events["channel"],
            "person": events["user"],
            "joined_at": events["at"].where(joins),
            "left_at": after_at.where(joins & (after == "leave")).mask(lone_leave, events["at"]),
            "left_by": after_at.where(joins & (after == "join")),
            "invited_by": _known(events["inviter"]),
            "via": pd.Series("invited", index=events.index).where(
                events["inviter"] != "", "joined"
            ),
        }
    )
    stays.loc[lone_leave, ["invited_by", "via"]] = None
    return stays[joins | lone_leave]


def _without(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    key = list(frame.columns)
    there = pd.MultiIndex.from_frame(frame).isin(pd.MultiIndex.from_frame(other[key]))
    return frame[~there]


def _interactions(messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    outside = messages["thread_root"] == "missing"
    notes.append(
        count(int(outside.sum()), "replies to a message outside the export have no reply_to")
    )
    acts = pd.DataFrame(
        {
            "interaction": messages["message"],
            "sender": messages["person"],
            "at": messages["at"],
            "group": messages["channel"],
            "kind": messages["kind"],
            "reply_to": _known(messages["thread_root"]).mask(outside),
            "type": messages["type"],
            "reply_outside": outside,
        }
    )
    for column in NUMBERS:
        if column in messages:
            acts[column] = pd.to_numeric(messages[column]).astype("int64")
    for column in ("is_question", "at_everyone"):
        acts[column] = messages[column] == "1"
    return acts


def _mentions(messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    addressed = messages.loc[messages["mentions"] != "", ["message", "person", "mentions"]]
    addressed = addressed.assign(target=addressed["mentions"].str.split(";")).explode("target")
    addressed = addressed[addressed["target"] != ""].drop_duplicates(["message", "target"])
    return mentions_of(addressed.rename(columns={"person": "sender"}), notes)


def _reactions(reactions: pd.DataFrame, messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Reactions have no time, so they are ties: how often one reacted to another."""
    given = reactions.merge(messages[["message", "person"]], on="message")
    to_self = given["user"] == given["person"]
    notes.append(
        count(len(given), "reactions have no time: ties, counted by pair; ")
        + count(int(to_self.sum()), "to oneself are left out")
    )
    ties = given[~to_self].groupby(["user", "person"]).size().rename("weight").reset_index()
    ties["weight"] = ties["weight"].astype("float64")
    return ties.rename(columns={"user": "source", "person": "target"}).assign(
        layer="reaction", directed=True
    )


def _shares(urls: pd.DataFrame, messages: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    posted = urls.merge(messages[["message", "person", "at", "channel"]], on="message")
    return link_shares(posted.rename(columns={"person": "sharer", "channel": "group"}), notes)


SOURCES = tuple(
    Source(entry, functools.partial(convert, entry=entry, workspace=workspace))
    for entry, workspace in WORKSPACES
)
