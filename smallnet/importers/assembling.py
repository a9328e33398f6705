"""From the collector's rows to tables: ids, duplicates, people, stays, shares, in DuckDB."""

import datetime as dtm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa

from smallnet.importers.collecting import SCRATCH, Collector
from smallnet.importers.memberships import rebuild_stays
from smallnet.tables import SCHEMA, Dataset, Study
from smallnet.tables.casting import SQL_TYPES, literal, quoted
from smallnet.tables.dataset import connect

__all__ = ["Assembled", "assemble"]

MEMORY = "140MB"  # that DuckDB may hold; the rest of the rows waits in the scratch folder
EPOCH = dtm.datetime(1970, 1, 1)
MINUTE_US = 60_000_000
SECOND_US = 1_000_000
EXTRA: dict[str, dict[str, str]] = {  # columns beside the schema's, kept where they hold anything
    "people": {"outsider": "BOOLEAN"},
    "groups": {"parent": "VARCHAR"},
    "memberships": {"removed_by": "VARCHAR", "listed": "BOOLEAN"},
    "interactions": {
        "items": "VARCHAR",
        "edited_at": "TIMESTAMP",
        "reply_inferred": "BOOLEAN",
        "text": "VARCHAR",
        "thread": "VARCHAR",
    },
    "ties": {"evidence": "VARCHAR"},  # digests of the reactions, a space between
}
LONG_ENOUGH = 4  # letters of words that tell messages apart
ALIKE, SURE = 3, 0.9  # messages that make one person of two names, and their share of all
ROSTERS = ("posters", "partial", "complete")
PEOPLE = {  # where a person is named, among the collector's rows
    "messages": ("sender", "recipient"),
    "mentions": ("person",),
    "reactions": ("person",),
    "changes": ("person", "by"),
    "members": ("person",),
}
OLD_PEOPLE = {  # and among the older tables
    "interactions": ("sender", "recipient"),
    "recipients": ("person",),
    "memberships": ("person", "invited_by", "removed_by"),
    "ties": ("source", "target"),
}


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """The tables, and what was found while they were put together."""

    dataset: Dataset
    kept: Mapping[str, int]  # records that are new, by what they are
    duplicates: Mapping[str, int]  # records that were there already, by what they are
    merged: int  # people known by two names
    stays: Mapping[str, int]  # stays by their evidence
    orphans: int  # replies and reactions to what is not in the data


def assemble(
    collector: Collector, scratch: Path, study: Study, *, old: Dataset | None = None
) -> Assembled:
    """Put the rows of a collector together, and with those of an older data set.

    Parameters
    ----------
    collector : Collector
        Closed.
    scratch : Path
        Where its rows are.
    study : Study
        What is said of the data; the watch is filled in here.
    old : Dataset, optional
        What the new rows are added to; its connection is used up.
    """
    run = _Assembly(collector, scratch, old)
    run.load()
    run.resolve_names()
    run.add_messages()
    run.add_reactions()
    run.link_replies()
    run.watch()
    run.rebuild_memberships()
    run.list_groups()
    run.list_people()
    run.add_mentions()
    run.find_shares()
    return run.finish(study)


class _Assembly:
    """One connection on which the tables come to be, step by step."""

    def __init__(self, collector: Collector, scratch: Path, old: Dataset | None) -> None:
        self.collector, self.scratch, self.old = collector, scratch, old
        self.connection = connect() if old is None else old.connection
        self.con = self.connection.con
        self.run(f"SET memory_limit = '{MEMORY}'")
        self.run(f"SET temp_directory = {literal(scratch / 'spilled')}")
        self.kept: dict[str, int] = {}
        self.duplicates: dict[str, int] = {}
        self.stays: dict[str, int] = {}
        self.merged = self.orphans = 0
        self.low = self.high = self.new_high = 0

    def run(self, sql: str) -> None:
        self.con.execute(sql)

    def number(self, sql: str) -> int:
        return int(self.con.execute(sql).fetchone()[0] or 0)

    def frame(self, sql: str) -> pd.DataFrame:
        return self.con.execute(sql).to_arrow_table().to_pandas()

    def load(self) -> None:
        """Take the collector's rows in, and make every table of the schema that is not there."""
        if self.old is not None:
            self.run(
                """
                CREATE TEMP TABLE latest AS
                SELECT "group", max(epoch_us("at")) AS "at" FROM interactions GROUP BY "group"
                """
            )
        for name in SCRATCH:
            files = literal(self.scratch / f"{name}-*.parquet")
            self.run(f"CREATE TEMP VIEW raw_{name} AS SELECT * FROM read_parquet({files})")
        for name, table in SCHEMA.items():
            extra = EXTRA.get(name, {})
            if self.old is None:
                kinds = {column.name: SQL_TYPES[column.kind] for column in table.columns} | extra
                columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in kinds.items())
                self.run(f"CREATE TABLE {quoted(name)} ({columns})")
                continue
            for column, kind in extra.items():
                self.run(f'ALTER TABLE "{name}" ADD COLUMN IF NOT EXISTS "{column}" {kind}')

    def resolve_names(self) -> None:
        """Make one person of somebody whom some lines call by one id or name, others by another."""
        for name in PEOPLE:
            self.run(f"CREATE TEMP VIEW new_{name} AS SELECT * FROM raw_{name}")
        alias = {
            name: next(iter(ids))
            for name, ids in self.collector.names.items()
            if len(ids) == 1 and name not in ids and name not in self.collector.people
        }
        alias.update(self.collector.one)
        ends = {name: _end_of(name, alias) for name in alias}
        if ends:
            pairs = [(None, name, person) for name, person in ends.items() if name != person]
            self._make_one(pairs)

    def _make_one(self, pairs: Sequence[tuple[int | None, str, str]]) -> None:
        """Put one person in the place of another: in the rows of a file, or in all that is there.

        Parameters
        ----------
        pairs : sequence
            File (None: all, and the older data too), the id that goes, the id that stays.
        """
        files, names, persons = zip(*pairs, strict=True)
        given = pa.table({"file": pa.array(files, pa.int32()), "name": names, "person": persons})
        self.con.register("given_alias", given)
        self.run("CREATE OR REPLACE TEMP TABLE alias AS SELECT * FROM given_alias")
        self.con.unregister("given_alias")
        traces = " UNION ".join(
            f"SELECT {quoted(column)} AS person FROM new_{name}"
            for name, columns in PEOPLE.items()
            for column in columns
        )
        self.merged += self.number(
            f"""
            SELECT count(DISTINCT name) FROM alias WHERE name IN (SELECT person FROM ({traces}))
                OR (file IS NULL AND name IN (SELECT person FROM people))
            """
        )
        for name, columns in PEOPLE.items():
            named = " OR ".join(f"{quoted(c)} IN (SELECT name FROM alias)" for c in columns)
            if not self.number(f"SELECT count(*) FROM new_{name} WHERE {named}"):
                continue  # spare a copy of all messages where only changes go by name
            swapped = ", ".join(_swapped(column, "(a.file IS NULL OR a.file = r.file)")
                                for column in columns)  # fmt: skip
            self.run(f"CREATE TEMP TABLE next_{name} AS SELECT * REPLACE ({swapped}) "
                     f"FROM new_{name} r")  # fmt: skip
            kind = "VIEW" if self._is_view(f"new_{name}") else "TABLE"
            self.run(f"DROP {kind} new_{name}")
            self.run(f"ALTER TABLE next_{name} RENAME TO new_{name}")
        if self.old is not None:
            self._make_one_of_old()

    def _is_view(self, name: str) -> bool:
        return bool(
            self.number(f"SELECT count(*) FROM duckdb_views() WHERE view_name = {literal(name)}")
        )

    def _make_one_of_old(self) -> None:
        for name, columns in OLD_PEOPLE.items():
            for column in columns:
                q = quoted(column)
                self.run(
                    f"UPDATE {name} SET {q} = alias.person FROM alias "
                    f"WHERE {name}.{q} = alias.name AND alias.file IS NULL"
                )
        self.run("DELETE FROM people WHERE person IN (SELECT name FROM alias WHERE file IS NULL)")

    def add_messages(self) -> None:
        """Give every message an id, and take in those that are not there yet."""
        nameless = self.number("SELECT count(*) FROM new_messages WHERE act IS NULL")
        if nameless:
            pair = "least(sender, recipient) || greatest(sender, recipient)"
            told = f"""'m' || substr(md5(concat_ws('|', coalesce("group", {pair}, sender),
                "at" // {MINUTE_US}, coalesce(fingerprint, ''))), 1, 20)"""
            first = f"SELECT *, coalesce(act, {told}) AS first FROM new_messages"
            nth = "row_number() OVER (PARTITION BY file, hash(first) ORDER BY serial)"
            named = f"""
                SELECT serial, file, sender, n_chars,
                    CASE WHEN act IS NOT NULL OR nth = 1 THEN first
                        ELSE 'm' || substr(md5(first || nth), 1, 20) END AS interaction
                FROM (SELECT *, {nth} AS nth FROM ({first}))
                """
        else:
            named = "SELECT serial, file, sender, n_chars, act AS interaction FROM new_messages"
        self.run(f"CREATE TEMP TABLE acts AS {named}")
        if nameless:
            self._recognise()
        total = self.number("SELECT count(*) FROM acts")
        once = ""
        alone = self.old is None and self.number("SELECT max(file) FROM acts") < 2
        named_by_us = alone and nameless == total  # and so each is another
        if not named_by_us and total > self.number("SELECT count(DISTINCT interaction) FROM acts"):
            once = "QUALIFY row_number() OVER (PARTITION BY interaction ORDER BY serial) = 1"
        self.run(
            "CREATE TEMP TABLE fresh AS "
            f"SELECT * FROM acts ANTI JOIN interactions USING (interaction) {once}"
        )
        self.kept["messages"] = self.number("SELECT count(*) FROM fresh")
        self.duplicates["messages"] = total - self.kept["messages"]
        self.run(
            """
            INSERT INTO interactions BY NAME
            SELECT f.interaction, m.sender, make_timestamp(m."at") AS "at", "group", recipient,
                kind, reply_to, fingerprint, n_chars, duration_s, items,
                make_timestamp(edited_at) AS edited_at,
                nullif(reply_inferred, false) AS reply_inferred, "text", thread
            FROM new_messages m JOIN (SELECT serial, interaction FROM fresh) f USING (serial)
            ORDER BY m."at", serial
            """
        )

    def _recognise(self) -> None:
        """Know people again whom another phone calls by another name, by what they wrote.

        The same words at the same minute in the same group are the same message. Whoever wrote
        three or more of somebody's messages that are long enough, and hardly any of anybody
        else's, is that person under another name.
        """
        if self.old is None and self.number("SELECT count(DISTINCT file) FROM acts") < 2:
            return
        found = self.con.execute(
            f"""
            WITH seen AS (
                SELECT interaction, sender, 0 AS file FROM interactions
                UNION ALL SELECT interaction, sender, file FROM acts
            ), twice AS (
                SELECT DISTINCT ON (a.serial) a.file, a.sender AS name, s.sender AS person
                FROM acts a JOIN seen s USING (interaction)
                WHERE s.file < a.file AND a.n_chars >= {LONG_ENOUGH} ORDER BY a.serial, s.file
            ), pairs AS (
                SELECT file, name, person, count(*) AS n FROM twice GROUP BY ALL
            )
            SELECT file, name, person FROM (
                SELECT *, sum(n) OVER (PARTITION BY file, name) AS of_name,
                    sum(n) OVER (PARTITION BY file, person) AS of_person FROM pairs)
            WHERE n >= {ALIKE} AND n >= {SURE} * of_name AND n >= {SURE} * of_person
                AND name <> person
            ORDER BY ALL
            """
        ).fetchall()
        if found:
            self._make_one(found)
            self.run("UPDATE acts SET sender = m.sender FROM new_messages m "
                     "WHERE acts.serial = m.serial")  # fmt: skip

    def add_reactions(self) -> None:
        """Reactions with a time are acts; without one they are ties, one row each."""
        known = self.number("SELECT count(*) FROM new_reactions")
        self.kept["reactions"] = self.collector.kept["reactions"]
        if not known:
            return
        self.run(
            """
            INSERT INTO interactions BY NAME
            SELECT DISTINCT ON (interaction) * FROM (
                SELECT 'm' || substr(md5(concat_ws('|', 'reaction', act, person, "at",
                        coalesce(name, ''))), 1, 20) AS interaction,
                    person AS sender, make_timestamp("at") AS "at", "group", 'reaction' AS kind,
                    act AS reply_to, name AS fingerprint
                FROM new_reactions WHERE "at" IS NOT NULL
            ) ANTI JOIN interactions USING (interaction) ORDER BY "at", interaction
            """
        )
        self.run(
            """
            CREATE TEMP TABLE reacted AS
            SELECT DISTINCT r.person AS source, i.sender AS target,
                substr(md5(r.act || coalesce(r.name, '')), 1, 12) AS piece
            FROM new_reactions r JOIN interactions i ON i.interaction = r.act
            WHERE r."at" IS NULL AND r.person <> i.sender
            UNION SELECT source, target, unnest(string_split(evidence, ' ')) FROM ties
            WHERE layer = 'reaction' AND evidence IS NOT NULL
            """
        )
        self.run("DELETE FROM ties WHERE layer = 'reaction' AND evidence IS NOT NULL")
        self.run(
            """
            INSERT INTO ties BY NAME
            SELECT source, target, 'reaction' AS layer, count(*)::DOUBLE AS weight,
                true AS directed, string_agg(piece, ' ' ORDER BY piece) AS evidence
            FROM reacted GROUP BY source, target ORDER BY source, target
            """
        )
        self.orphans += self.number(
            "SELECT count(*) FROM new_reactions r "
            "WHERE NOT EXISTS (SELECT 1 FROM interactions i WHERE i.interaction = r.act)"
        )

    def link_replies(self) -> None:
        """Drop answers to what is not in the data."""
        lost = (
            "reply_to IS NOT NULL AND (reply_to = interaction "
            "OR reply_to NOT IN (SELECT interaction FROM interactions))"
        )
        orphans = self.number(f"SELECT count(*) FROM interactions WHERE {lost}")
        if orphans:
            self.run(f"UPDATE interactions SET reply_to = NULL, reply_inferred = NULL WHERE {lost}")
        self.orphans += orphans

    def watch(self) -> None:
        """Find the first and the last moment that anything is known of."""
        low, high = self.con.execute(
            """
            SELECT min("at"), max("at") FROM (
                SELECT "at" FROM new_messages UNION ALL SELECT "at" FROM new_changes
                UNION ALL SELECT "at" FROM new_reactions WHERE "at" IS NOT NULL)
            """
        ).fetchone()
        known = [] if low is None else [low // SECOND_US * SECOND_US]
        ends = [] if high is None else [high // SECOND_US * SECOND_US + SECOND_US]
        self.new_high = max(ends, default=0)
        if self.old is not None:
            known.append(self.old.observed_from_us)
            ends.append(self.old.observed_until_us)
        self.low, self.high = min(known, default=0), max(ends, default=0)

    def rebuild_memberships(self) -> None:
        """Rebuild all stays from the changes, lists and messages, old and new."""
        changes = self.frame(
            """
            SELECT "group", person, change, "at", via, "by", record, counted, 1 AS fresh
            FROM new_changes ORDER BY serial
            """
        )
        earlier = self.frame(
            """
            SELECT "group", person, 'join' AS change, epoch_us(joined_at) AS "at", via,
                invited_by AS "by", 0 AS record, false AS counted, 0 AS fresh
            FROM memberships WHERE joined_at IS NOT NULL
            UNION ALL
            SELECT "group", person, 'leave', epoch_us(left_at), NULL, removed_by, 0, false, 0
            FROM memberships WHERE left_at IS NOT NULL
            """
        )
        self._count_changes(changes, earlier)
        members = self.frame('SELECT DISTINCT "group", person, role FROM new_members')
        listed = set(members["group"]) - self._outdated()
        members = members[members["group"].isin(listed)]
        kept = self.frame('SELECT "group", person, role FROM memberships WHERE listed')
        kept = kept[~kept["group"].isin(listed)]
        members = pd.concat([kept, members], ignore_index=True) if len(kept) else members
        left_by = self.frame(
            'SELECT "group", person, epoch_us(max(left_by)) AS left_by FROM memberships '
            "WHERE left_by IS NOT NULL AND NOT coalesce(listed, false) GROUP BY ALL"
        )
        stays, self.stays = rebuild_stays(
            pd.concat([earlier, changes], ignore_index=True) if len(earlier) else changes,
            members.drop_duplicates(["group", "person"], keep="last"),
            self._wrote(),
            complete=self._complete(listed),
            until=self.new_high,
            left_by=left_by,
        )
        for column in ("joined_at", "left_at", "left_by"):
            stays[column] = pd.to_datetime(stays[column], unit="us")
        self.con.register("given_stays", pa.Table.from_pandas(stays, preserve_index=False))
        self.run("DELETE FROM memberships")
        self.run("INSERT INTO memberships BY NAME SELECT * FROM given_stays")
        self.con.unregister("given_stays")

    def _outdated(self) -> set[str]:
        """Find groups of which the older data know more than the list of this export."""
        if self.old is None:
            return set()
        found = self.frame(
            """
            WITH fresh AS (
                SELECT "group", max("at") AS "at" FROM (
                    SELECT "group", "at" FROM new_messages
                    UNION ALL SELECT "group", "at" FROM new_changes) GROUP BY "group"
            )
            SELECT latest."group" FROM latest LEFT JOIN fresh USING ("group")
            WHERE latest."at" > coalesce(fresh."at", 0)
            """
        )
        return set(found["group"])

    def _complete(self, listed: set[str]) -> set[str]:
        told = {group: known.get("roster") for group, known in self.collector.groups.items()}
        return {group for group in listed if told.get(group) in (None, "complete")}

    def _count_changes(self, changes: pd.DataFrame, earlier: pd.DataFrame) -> None:
        """Count the records that tell something new, and those that repeat it."""
        key = ["group", "person", "change", "minute"]
        both = pd.concat([earlier, changes], ignore_index=True) if len(earlier) else changes
        both = both.assign(minute=both["at"] // MINUTE_US)
        fresh = both[(both["fresh"] == 1)]
        new = fresh[~both.duplicated(key)[fresh.index]]
        counted = set(fresh.loc[fresh["counted"].astype(bool), "record"])
        self.kept["changes"] = len(counted & set(new["record"]))
        self.duplicates["changes"] = len(counted) - self.kept["changes"]

    def _wrote(self) -> pd.DataFrame:
        """Whose messages, or whose place on an older list, say that they were members."""
        nobody = self._nobody()
        wrote = self.frame(
            """
            SELECT "group", sender AS person,
                epoch_us(min("at")) AS first, epoch_us(max("at")) AS last
            FROM interactions
            WHERE "group" IS NOT NULL AND coalesce(kind, 'text') <> 'system'
            GROUP BY ALL ORDER BY ALL
            """
        )
        wrote = wrote[~wrote["person"].isin(nobody)]
        once = self.frame(
            f"""
            SELECT "group", person, {self.high}::BIGINT AS first, 0::BIGINT AS last
            FROM memberships WHERE joined_at IS NULL AND left_at IS NULL
            ORDER BY ALL
            """
        )
        both = pd.concat([wrote, once], ignore_index=True) if len(once) else wrote
        return both.drop_duplicates(["group", "person"], ignore_index=True)

    def _nobody(self) -> set[str]:
        """People who are no members for having written: machines and outsiders."""
        known = self.frame("SELECT person FROM people WHERE bot OR outsider")["person"]
        bots = {person for person, bot in self.collector.people.items() if bot}
        return {*known, *bots, *self.collector.outsiders}

    def list_groups(self) -> None:
        """Every group that is named anywhere, with what was told of it."""
        told = self.collector.groups
        names = self.frame(
            """
            SELECT "group" FROM groups UNION SELECT "group" FROM memberships
            UNION SELECT "group" FROM interactions WHERE "group" IS NOT NULL
            """
        )["group"]
        parents = [known["parent"] for known in told.values() if known.get("parent")]
        changed = set(self.frame('SELECT DISTINCT "group" FROM new_changes')["group"])
        listed = set(self.frame('SELECT DISTINCT "group" FROM new_members')["group"])
        earlier = self.frame("SELECT * FROM groups").set_index("group")
        whole = set(  # of whom every member came in a line, from the founder on
            self.frame(
                """
                SELECT "group" FROM memberships GROUP BY "group"
                HAVING count(*) = count(joined_at) AND bool_or(via = 'created')
                """
            )["group"]
        )
        rows = []
        for group in sorted({*names, *told, *parents}):
            before = earlier.loc[group].dropna().to_dict() if group in earlier.index else {}
            known = dict(told.get(group, {}))
            roster = known.pop("roster", None) or (
                "complete" if group in listed else "partial" if group in changed else "posters"
            )
            if "roster" in before:
                roster = max(roster, str(before["roster"]), key=ROSTERS.index)
            if roster == "partial" and group in whole and "created_at" in {*known, *before}:
                roster = "complete"
            for column in ("created_at", "closed_at"):
                if column in known:
                    known[column] = pd.Timestamp(known[column], unit="us")
            rows.append({"group": group, **before, **known, "roster": roster})
        frame = pd.DataFrame(rows, columns=None if rows else ["group"])
        for column in ("created_at", "closed_at"):
            if column in frame:
                frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
        self._replace("groups", frame)

    def list_people(self) -> None:
        """Every person who is named anywhere."""
        named = " UNION ".join(
            [
                "SELECT person FROM people",
                "SELECT sender FROM interactions",
                "SELECT recipient FROM interactions",
                "SELECT person FROM memberships",
                "SELECT invited_by FROM memberships",
                "SELECT removed_by FROM memberships",
                "SELECT person FROM new_mentions",
                "SELECT person FROM new_reactions",
            ]
        )
        everybody = self.frame(f"SELECT person FROM ({named}) WHERE person IS NOT NULL")["person"]
        people = pd.DataFrame({"person": sorted({*everybody, *self.collector.people})})
        people = people.merge(self.frame("SELECT * FROM people"), "left", on="person")
        told = {p: bot for p, bot in self.collector.people.items() if bot is not None}
        bots = people["person"].map(told).astype("boolean")
        people["bot"] = bots.fillna(people["bot"].astype("boolean"))
        outside = people["person"].isin(self.collector.outsiders)
        before = people["outsider"].astype("boolean").fillna(value=False)
        people["outsider"] = (outside | before).where(outside | before)
        self._replace("people", people)

    def add_mentions(self) -> None:
        """Whom a message addresses."""
        self.run(
            """
            INSERT INTO recipients BY NAME
            SELECT DISTINCT f.interaction, m.person, 'mention' AS role
            FROM new_mentions m JOIN fresh f USING (serial) WHERE m.person <> f.sender
            ORDER BY ALL
            """
        )

    def find_shares(self) -> None:
        """Links and forwards that were posted in two or more groups."""
        self.run("DELETE FROM shares")
        self.run(
            """
            INSERT INTO shares BY NAME
            WITH posted AS (
                SELECT interaction, sender, "at", "group", recipient,
                    unnest(list_distinct(string_split(items, ' '))) AS item
                FROM interactions WHERE items IS NOT NULL
            ), spread AS (
                SELECT item FROM posted GROUP BY item HAVING count(DISTINCT "group") >= 2
            )
            SELECT 's' || substr(md5(concat_ws('|', interaction, item)), 1, 20) AS share, item,
                sender AS sharer, CASE WHEN "group" IS NULL THEN 'friend' ELSE 'group' END
                AS channel, "at" AS shared_at, "group", recipient
            FROM posted JOIN spread USING (item)
            WHERE "group" IS NOT NULL OR recipient IS NOT NULL
            ORDER BY shared_at, share
            """
        )

    def finish(self, study: Study) -> Assembled:
        """Leave out what holds nothing, and say when somebody was watching."""
        for name, extra in EXTRA.items():
            for column in extra:
                if not self.number(f'SELECT count("{column}") FROM "{name}"'):
                    self.run(f'ALTER TABLE "{name}" DROP COLUMN "{column}"')
        present = tuple(
            name
            for name in SCHEMA
            if name == "memberships" or self.number(f'SELECT count(*) FROM "{name}"')
        )  # in private chats nobody is in a group, which a study must be told
        if self.high:
            study = replace(
                study,
                observed_from=EPOCH + dtm.timedelta(microseconds=self.low),
                observed_until=EPOCH + dtm.timedelta(microseconds=self.high),
            )
        return Assembled(
            dataset=Dataset(self.connection, present, study),
            kept=self.kept,
            duplicates=self.duplicates,
            merged=self.merged,
            stays=self.stays,
            orphans=self.orphans,
        )

    def _replace(self, name: str, frame: pd.DataFrame) -> None:
        self.con.register("given_rows", pa.Table.from_pandas(frame, preserve_index=False))
        columns = [column for column in frame.columns if column not in self._columns(name)]
        for column in columns:
            truths = frame[column].dropna().map(lambda value: isinstance(value, bool))
            kind = "BOOLEAN" if truths.all() else None
            kind = kind or ("DOUBLE" if pd.api.types.is_numeric_dtype(frame[column]) else "VARCHAR")
            self.run(f"ALTER TABLE {name} ADD COLUMN {quoted(column)} {kind}")
        self.run(f"DELETE FROM {name}")
        self.run(f"INSERT INTO {name} BY NAME SELECT * FROM given_rows")
        self.con.unregister("given_rows")

    def _columns(self, name: str) -> list[str]:
        return [row[0] for row in self.con.execute(f"DESCRIBE {name}").fetchall()]


def _end_of(name: str, alias: Mapping[str, str]) -> str:
    """Follow a chain of aliases to its end, or once around a circle."""
    seen = {name}
    while (later := alias.get(name)) is not None and later not in seen:
        name = later
        seen.add(name)
    return name


def _swapped(column: str, where: str) -> str:
    """Give SQL of a person, or of whom they are in the table of aliases."""
    q = quoted(column)
    return (
        f"coalesce((SELECT any_value(a.person) FROM alias a WHERE a.name = r.{q} AND {where}), "
        f"r.{q}) AS {q}"
    )
