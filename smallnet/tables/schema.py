"""The tables of a data set: names, columns, types, keys and references.

Ids are strings; times are UTC without a zone (``timestamp(6)``); unknown is null, never 0 or "".
"""

from dataclasses import dataclass

import ibis.expr.datatypes as dt

__all__ = ["CHANNELS", "COVERAGE", "SCHEMA", "Column", "Table"]

KINDS: dict[str, dt.DataType] = {
    "id": dt.string,
    "text": dt.string,
    "time": dt.Timestamp(scale=6),
    "bool": dt.boolean,
    "int": dt.int64,
    "float": dt.float64,
}


@dataclass(frozen=True)
class Column:
    """A column: its kind decides the type, ``references`` the table whose key it points to."""

    name: str
    kind: str  # one of KINDS
    description: str
    required: bool = False
    references: str | None = None
    values: tuple[str, ...] = ()  # the closed list of values, if there is one

    @property
    def dtype(self) -> dt.DataType:
        """Ibis type of the column."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Table:
    """A table: what a row is, its columns, and the columns that name a row (empty: none do)."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        """Give the column called ``name``."""
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there and never null."""
        return tuple(c.name for c in self.columns if c.required)


CHANNELS = ("group", "friend", "feed")
ROSTERS = ("complete", "partial", "posters")

COVERAGE: dict[str, str] = {
    "feed": "shares to a feed that is open to everybody",
    "private": "shares or messages from one person to another",
    "reads": "who saw a share or a message",
    "joining": "the moment a person joins a group",
    "leaving": "the moment a person leaves a group",
    "muting": "which memberships are muted",
    "lurkers": "members who never write",
    "cross_group_ties": "ties between people who share no group",
}


def _person(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, "id", description, required, "people")


def _group(description: str, *, required: bool = False) -> Column:
    return Column("group", "id", description, required, "groups")


def _time(name: str, description: str, *, required: bool = False) -> Column:
    return Column(name, "time", description, required)


SCHEMA: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "people",
            "a person",
            (
                Column("person", "id", "id of the person", required=True),
                Column("bot", "bool", "true for a machine: neither member nor talker"),
            ),
            key=("person",),
        ),
        Table(
            "groups",
            "a group",
            (
                Column("group", "id", "id of the group", required=True),
                _time("created_at", "when the group began"),
                _time("closed_at", "when the group was closed; null = open"),
                Column("kind", "text", "what the group is for"),
                Column("friending_allowed", "bool", "may members befriend each other"),
                Column("roster", "text", "who is listed as member", values=ROSTERS),
            ),
            key=("group",),
        ),
        Table(
            "memberships",
            "a stay of a person in a group",
            (
                _group("the group", required=True),
                _person("person", "the member", required=True),
                _time("joined_at", "start of the stay; null = in since before the watch began"),
                _time("left_at", "end of the stay; null = still in when the watch ended"),
                _time("left_by", "left at an unknown time before this"),
                _person("invited_by", "who invited the member"),
                Column("via", "text", "how the member came: invited, link, default, created"),
                Column("muted", "bool", "has the member muted the group"),
                _time("muted_at", "when the member muted it"),
                Column("role", "text", "role in the group"),
            ),
        ),
        Table(
            "friendships",
            "an undirected pair of friends",
            (
                _person("person", "one of the two", required=True),
                _person("friend", "the other", required=True),
                _time("since", "when they became friends; null = before the watch began"),
            ),
        ),
        Table(
            "ties",
            "any other tie, in a named layer",
            (
                _person("source", "from whom", required=True),
                _person("target", "to whom", required=True),
                Column("layer", "text", "nomination, advice, trust, reaction", required=True),
                Column("weight", "float", "strength, may be negative"),
                Column("directed", "bool", "null = true"),
                _time("at", "when it was made or seen"),
                _time("until", "when it ended"),
            ),
        ),
        Table(
            "interactions",
            "an act: a message, a call, a contact",
            (
                Column("interaction", "id", "id of the act", required=True),
                _person("sender", "who acted", required=True),
                _time("at", "when", required=True),
                Column("group", "id", "where; null = in private", references="groups"),
                _person("recipient", "to whom; null = to the whole group"),
                Column("kind", "text", "text, image, link, reaction, call, contact, system"),
                Column("reply_to", "id", "the act it answers", references="interactions"),
                Column("fingerprint", "text", "keyed digest of the normalised words"),
                Column("n_chars", "int", "length, characters"),
                Column("duration_s", "float", "duration, seconds"),
                Column("symmetric", "bool", "true where the two are in no order"),
            ),
            key=("interaction",),
        ),
        Table(
            "recipients",
            "one of several people whom an act addresses",
            (
                Column("interaction", "id", "the act", required=True, references="interactions"),
                _person("person", "whom it addresses", required=True),
                Column("role", "text", "mention or cc"),
            ),
        ),
        Table(
            "shares",
            "an item that somebody passes on",
            (
                Column("share", "id", "id of the share", required=True),
                Column("item", "id", "what is shared", required=True),
                _person("sharer", "who shares", required=True),
                Column("channel", "text", "where to", required=True, values=CHANNELS),
                _time("shared_at", "when", required=True),
                Column("group", "id", "the group shared to", references="groups"),
                _person("recipient", "the friend shared to"),
                Column("parent", "id", "the share it came from", references="shares"),
                Column("audience", "int", "people who could see it"),
            ),
            key=("share",),
        ),
        Table(
            "adoptions",
            "a person takes an item up",
            (
                _person("person", "who adopts", required=True),
                Column("item", "id", "what", required=True),
                _time("adopted_at", "when", required=True),
                Column("via_share", "id", "through which share", references="shares"),
            ),
        ),
        Table(
            "exposures",
            "a person sees a share",
            (
                Column("share", "id", "the share", required=True, references="shares"),
                _person("person", "who saw it", required=True),
                _time("seen_at", "when", required=True),
            ),
        ),
        Table(
            "opportunities",
            "one line of the menu at a moment of sharing, chosen or not",
            (
                _person("person", "who could share", required=True),
                _time("at", "when", required=True),
                Column("channel", "text", "where to", required=True, values=CHANNELS),
                Column("group", "id", "a group on the menu", references="groups"),
                _person("recipient", "a friend on the menu"),
                Column("size", "int", "members of the group at that moment"),
            ),
        ),
        Table(
            "surveys",
            "an answer",
            (
                _person("person", "who answers", required=True),
                Column("item", "text", "the question", required=True),
                Column("score", "float", "the answer", required=True),
                Column("group", "id", "about which group", references="groups"),
                _person("about", "about whom"),
                _time("at", "when"),
            ),
        ),
        Table(
            "transactions",
            "a purchase, or a draw from a red packet: money to the person, source = the event",
            (
                _person("person", "who buys", required=True),
                _time("at", "when", required=True),
                Column("value", "float", "money", required=True),
                _group("through which group"),
                Column("source", "text", "through what"),
            ),
        ),
        Table(
            "events",
            "something that happens to groups: a campaign, a game, a rule",
            (
                Column("event", "id", "id of the event", required=True),
                Column("kind", "text", "campaign, game, rule, announcement", required=True),
                _time("starts_at", "when it starts", required=True),
                Column("group", "id", "where; null = everywhere", references="groups"),
                _time("ends_at", "when it ends"),
                Column("randomised", "bool", "was it assigned by chance"),
                Column("arm", "text", "arm of the trial"),
            ),
            key=("event",),
        ),
    )
}
