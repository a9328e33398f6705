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
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import Entry, File, Source, count, moments, study_of

__all__ = ["SOURCES"]

TALK = {"message", "thread_broadcast", "file_share", "me_message", "file_comment", "bot_message"}
NUMBERS = ("n_chars", "n_words", "n_urls", "n_emoji", "n_reactions", "n_files")
TERMS = "pseudonymous metadata of a published export; aggregate use only, do not match people"


@dataclass(frozen=True)
class Workspace:
    """What differs between workspaces."""

    observed_from: str | None  # None: the first trace
    observed_until: str | None  # None: just after the last trace
    roster: str
    leaves: bool  # are leave events recorded


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
    to_self = addressed["target"] == addressed["person"]
    notes.append(count(int(to_self.sum()), "mentions of oneself are left out"))
    addressed = addressed[~to_self]
    return pd.DataFrame(
        {"interaction": addressed["message"], "person": addressed["target"], "role": "mention"}
    )


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
    """Links that were posted in two or more channels."""
    posted = urls.drop_duplicates(["message", "url_hash"]).merge(
        messages[["message", "person", "at", "channel"]], on="message"
    )
    spread = posted.groupby("url_hash")["channel"].transform("nunique") >= 2
    notes.append(
        count(int((~spread).sum()), "postings of links that stayed in one channel are no shares; ")
        + count(len(urls) - len(posted), "repetitions inside one message are left out")
    )
    posted = posted[spread]
    return pd.DataFrame(
        {
            "share": posted["message"] + "-" + posted["url_hash"],
            "item": posted["url_hash"],
            "sharer": posted["person"],
            "channel": "group",
            "shared_at": posted["at"],
            "group": posted["channel"],
            "interaction": posted["message"],
            "domain": posted["domain"],
        }
    )


def _source(entry: Entry, workspace: Workspace) -> Source:
    return Source(entry, functools.partial(convert, entry=entry, workspace=workspace))


SOURCES = (
    _source(
        Entry(
            name="slack_10academy",
            title="One training cohort's Slack: the same people in small teams and large channels",
            files=(
                File(
                    "channels.csv",
                    "1376c1f131202c0b9f3e00a99687b96fba0c9a3b00fcc87b058b60e19b3af51a",
                ),
                File(
                    "join_leave.csv",
                    "147df619e8d85173b98ad47758e3219728e862c8982c877a2c99cd78fe6e1b03",
                ),
                File(
                    "members.csv",
                    "b46e05765b2bddb05ccba431fa7b3143bba20fa573d34b271d743d8c48a41673",
                ),
                File(
                    "messages.csv.gz",
                    "f39cda1295a0d0cba123409660e220f86a1dd7d7f8c70298b7fce0135c33d4ba",
                ),
                File(
                    "reactions.csv.gz",
                    "0c64a95d17482ade444a5958950df0566fbfb7f3d52db361443c649bb951e2b7",
                ),
                File(
                    "urls.csv", "1cb3fa7c5d0eec5580d2bfba5d28c40f6b3703ac2d670741f4bc7302d2bdeeb8"
                ),
                File(
                    "users.csv", "d7327223eb9bc6e1ac6f35dbe42993973f221c58f5843a7c38d26fc7e9c1b63c"
                ),
            ),
            page="https://github.com/natybkl/Slack-Workspace-Data-Analysis",
            licence="unstated",
            terms=TERMS,
            citation="no publication; Slack export of 10 Academy, Batch 6 (2022)",
            edition="metadata of natybkl/Slack-Workspace-Data-Analysis @ 0c79e0cb, anonymized/",
            can_test=("S03", "S05", "T30", "S14"),
            published={
                "people": 72,
                "channels": 39,
                "members": 1188,
                "messages": 18983,
                "ordinary messages": 18944,
                "reactions": 10351,
                "links": 2606,
                "joins": 1027,
            },
        ),
        Workspace(None, None, "complete", leaves=False),
    ),
    _source(
        Entry(
            name="slack_bcneng",
            title="One week of a 3,400-person community Slack with full member lists",
            files=(
                File(
                    "channels.csv",
                    "17be05f98753bf0d7ddfad93d694ce4c2536c81fd18935bef52e396666e7b7bf",
                ),
                File(
                    "join_leave.csv",
                    "8d30241959e11910567d1fb2a6bd71177c368d30380dd65780c9e5dea2e5f630",
                ),
                File(
                    "members.csv.gz",
                    "7ef2938b674a8a556b4d50f150d507f772b46fc85aaaa6674e5f42400c48ba2d",
                ),
                File(
                    "messages.csv",
                    "f9961edd65b80274ffeebe11dad0c65969e9b2748c4daae6a8ff79e5a5b830ca",
                ),
                File(
                    "reactions.csv",
                    "d4c3cee29c3534b0d47e693ccba10d5e2eb5c34d1cc1cc22b49488575a4b9a6b",
                ),
                File(
                    "urls.csv", "bdc6f56f9da2e720700d466638240ae7625541244530dc7e34646095a940f001"
                ),
                File(
                    "users.csv", "41d9fad7947d5f36e0e1e3bede617070867c89f51e6e90ac343ab369cecb6502"
                ),
            ),
            page="https://github.com/bcneng/bcneng-slack-exporter-typescript",
            licence="unstated",
            terms=TERMS,
            citation="no publication; Slack export of the Barcelona engineering community (2020)",
            edition="metadata of bcneng/bcneng-slack-exporter-typescript @ 2717ed41, data/",
            can_test=("S05", "T30", "S14", "S16"),
            published={
                "people": 3375,
                "channels": 56,
                "members": 21955,
                "messages": 1217,
                "reactions": 870,
                "links": 157,
                "joins": 98,
                "leaves": 5,
            },
        ),
        Workspace("2020-05-13T22:00", "2020-05-20T22:00", "complete", leaves=True),
    ),
    _source(
        Entry(
            name="slack_clojurians",
            title="Nine days of a large community Slack with joins and leaves",
            files=(
                File(
                    "channels.csv",
                    "f0f26239b626c48cc989d641295b089478585ef7c10d41996757e24a411fd607",
                ),
                File(
                    "join_leave.csv",
                    "336188690c9b3628e1408fd39fa2233095a55f15f290349f8eda156a94d0366d",
                ),
                File(
                    "messages.csv.gz",
                    "686313b3be92a638b443df823e1ca49c7d1705efc50e7b24b47ff81062e8387a",
                ),
                File(
                    "urls.csv", "0fcc6f5eadbd4c0ebec17f750cf78bc5a213facf749a657e01f334e9db0a49c1"
                ),
            ),
            page="https://github.com/clojureverse/clojurians-log-demo-data",
            licence="unstated",
            terms=TERMS,
            citation="no publication; demo data of the Clojurians log project (2018)",
            edition="metadata of clojureverse/clojurians-log-demo-data @ 1f11b3af",
            can_test=("S16",),
            published={
                "people": 625,
                "channels": 148,
                "messages": 8047,
                "ordinary messages": 7855,
                "joins": 1142,
                "leaves": 113,
                "links": 731,
                "early leavers": 24,
            },
        ),
        Workspace("2018-01-31T22:00", "2018-02-09T22:00", "partial", leaves=True),
    ),
)
