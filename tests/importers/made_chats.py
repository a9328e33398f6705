"""Chats made up for round trips: a model of who wrote, came and went, and what must come of it."""

import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pytest
from hypothesis import Phase, settings

from smallnet.importers import ImportReport, import_export
from smallnet.importers.pseudonyms import Pseudonyms
from smallnet.tables import read_dataset

# An import takes a third of a second: a failing example is told as it was found, not made smaller.
FEW = settings(max_examples=6, phases=(Phase.explicit, Phase.generate))
START_S = 1_600_000_000
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN_TEXTS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@dataclass(frozen=True)
class Event:
    """A message, or somebody who comes or goes; people are numbers."""

    kind: str  # message, join, leave, invite, remove
    who: int
    at_s: int
    text: str = ""
    answers: int | None = None  # which of the messages before
    by: int | None = None


@dataclass(frozen=True)
class MadeChat:
    """A group of four to six people, and what happens in it, in order."""

    names: tuple[str, ...]
    events: tuple[Event, ...]

    @property
    def messages(self) -> list[Event]:
        """The messages, in order."""
        return [event for event in self.events if event.kind == "message"]


@st.composite
def made_chats(
    draw: st.DrawFn,
    kinds: Sequence[str] = ("message", "join", "leave", "invite", "remove"),
    texts: st.SearchStrategy[str] = TEXTS,
) -> MadeChat:
    """Draw a chat in which nobody comes who is in, nor goes who is out."""
    n = draw(st.integers(4, 6))
    names = draw(st.lists(PLAIN_TEXTS, min_size=n, max_size=n, unique_by=_folded))
    inside, at, n_messages = {0, 1, 2}, START_S, 0
    events: list[Event] = []
    for _ in range(draw(st.integers(5, 25))):
        at += draw(st.integers(61, 5000))  # changes within a minute would be one
        kind = draw(st.sampled_from(kinds))
        outside = set(range(n)) - inside
        if kind in ("join", "invite") and outside:
            who = draw(st.sampled_from(sorted(outside)))
            by = draw(st.sampled_from(sorted(inside))) if kind == "invite" and inside else None
            events.append(Event("invite" if by is not None else "join", who, at, by=by))
            inside.add(who)
        elif kind in ("leave", "remove") and len(inside) > 1:
            who = draw(st.sampled_from(sorted(inside)))
            by = draw(st.sampled_from(sorted(inside - {who}))) if kind == "remove" else None
            events.append(Event(kind, who, at, by=by))
            inside.discard(who)
        elif inside:
            who = draw(st.sampled_from(sorted(inside)))
            answers = draw(st.none() | st.integers(0, n_messages - 1)) if n_messages else None
            events.append(Event("message", who, at, draw(texts), answers))
            n_messages += 1
    return MadeChat(tuple(names), tuple(events))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


@dataclass(frozen=True)
class Imported:
    """What an import wrote, and the pseudonyms that it used."""

    report: ImportReport
    frames: Mapping[str, pd.DataFrame]
    pseudonyms: Pseudonyms
    coverage: Mapping[str, bool]

    def skipped(self) -> dict[str, int]:
        """How many records were skipped, by reason."""
        return {row["reason"]: row["count"] for row in self.report.skipped}

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Give some columns of a table, null as None."""
        frame = self.frames.get(table, pd.DataFrame(columns=list(columns)))
        frame = frame.reindex(columns=list(columns)).astype(object)
        return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def sample(name: str) -> Path:
    """Give an export that somebody made; the test is skipped where there is none."""
    if "SMALLNET_DATA" not in os.environ:
        pytest.skip("SMALLNET_DATA is not set")
    return Path(os.environ["SMALLNET_DATA"]) / "native_exports" / name


def imported(known: str, files: Mapping[str, bytes | str], **options: Any) -> Imported:
    """Write files, and import them together."""
    with TemporaryDirectory() as folder:
        paths = []
        for name, content in files.items():
            path = Path(folder) / name
            data = content if isinstance(content, bytes) else content.encode("utf-8")
            path.write_bytes(data)
            paths.append(path)
        out = Path(folder) / "out"
        report = import_export(known, paths, out, **options)
        assert json.loads((out / "import_report.json").read_text("utf-8"))["format"] == known
        key = bytes.fromhex((Path(folder) / "out.key").read_text().strip())
        dataset = read_dataset(out)
        frames = {name: dataset[name].to_pandas() for name in dataset.tables}
    return Imported(report, frames, Pseudonyms(key, known), dict(dataset.study.coverage))


def told_messages(chat: MadeChat, result: Imported, person: Any) -> tuple[Any, Any]:
    """Give the messages that the model and the tables hold: sender, second, letters, answered."""
    place = {at: i for i, at in enumerate(event.at_s for event in chat.messages)}
    expected = [
        (result.pseudonyms.person(person(e.who)), e.at_s, len(e.text), e.answers)
        for e in chat.messages
    ]
    frame = result.frames.get("interactions")
    if frame is None:
        return expected, []
    frame = frame[frame["at"] >= pd.Timestamp(START_S, unit="s")]
    seconds = frame["at"].astype("datetime64[s]").astype("int64")
    where = dict(zip(frame["interaction"], seconds, strict=True))
    found = [
        (sender, second, int(length), None if reply is None else place[where[reply]])
        for sender, length, reply, second in zip(
            frame["sender"],
            frame["n_chars"],
            frame["reply_to"].astype(object).where(frame["reply_to"].notna(), None),
            seconds,
            strict=True,
        )
    ]
    return expected, sorted(found, key=lambda row: row[1])


def told_changes(chat: MadeChat, result: Imported, person: Any) -> tuple[Any, Any]:
    """Give who came and who went, and when, by the model and by the tables."""
    expected = sorted(
        (e.kind in ("join", "invite"), result.pseudonyms.person(person(e.who)), e.at_s)
        for e in chat.events
        if e.kind != "message"
    )
    found = []
    for who, joined, left in result.rows("memberships", "person", "joined_at", "left_at"):
        for came, moment in ((True, joined), (False, left)):
            if moment is not None:
                found.append((came, who, int(moment.timestamp())))
    return expected, sorted(found)
