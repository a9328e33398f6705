"""Anonymising tables that are there: no id, word or rare trait of the old ones is in the new."""

import pandas as pd
import pytest

from smallnet.cli import main
from smallnet.errors import InputError
from smallnet.importers import anonymise
from smallnet.tables import Dataset, check_folder, read_dataset, write_dataset

AT = pd.Timestamp("2021-01-01 10:00")


@pytest.fixture
def folder(tmp_path):
    people = [f"person-{i}" for i in range(12)]
    frames = {
        "people": pd.DataFrame(
            {
                "person": people,
                "town": ["Lund"] * 6 + ["Malmo"] * 5 + ["Ystad"],
                "age": [30] * 11 + [97],
                "nick": [f"nick-{i}" for i in range(12)],
                "deleted": [False] * 12,
            }
        ),
        "groups": pd.DataFrame({"group": ["tea-room"], "title": ["The tea room"]}),
        "memberships": pd.DataFrame(
            {"group": "tea-room", "person": people, "invited_by": [None, *people[:-1]],
             "removed_by": people[0]}
        ),
        "friendships": pd.DataFrame({"person": people[:3], "friend": people[3:6]}),
        "interactions": pd.DataFrame(
            {
                "interaction": ["act-1", "act-2"],
                "sender": people[:2],
                "at": [AT, AT + pd.Timedelta(days=1)],
                "group": "tea-room",
                "reply_to": [None, "act-1"],
                "fingerprint": ["words-1", "words-1"],
                "text": ["a secret word", "a secret word"],
                "items": ["link-1 link-2", None],
            }
        ),
        "shares": pd.DataFrame(
            {"share": ["share-1"], "item": ["link-1"], "sharer": people[:1], "channel": "group",
             "shared_at": [AT], "group": "tea-room"}
        ),
        "adoptions": pd.DataFrame(
            {"person": people[1:2], "item": "link-1", "adopted_at": [AT], "via_share": "share-1"}
        ),
    }  # fmt: skip
    dataset = Dataset.from_frames(frames, {"name": "set"})
    return write_dataset(dataset, tmp_path / "set")


@pytest.fixture
def done(folder, tmp_path):
    anonymise(folder, tmp_path / "out", min_cell=5)
    return read_dataset(tmp_path / "out")


def test_no_id_or_word_of_the_old_tables_is_in_the_new(done):
    text = "".join(done.frame(name).to_csv() for name in done.tables)
    for old in ("person-", "tea-room", "tea room", "act-", "nick-", "words-", "secret", "link-",
                "share-", "Ystad"):  # fmt: skip
        assert old not in text


def test_references_between_the_tables_hold(done, tmp_path):
    assert not check_folder(tmp_path / "out").stops
    acts = done.frame("interactions")
    assert acts["reply_to"].iloc[1] == acts["interaction"].iloc[0]
    assert done.frame("adoptions")["via_share"].iloc[0] == done.frame("shares")["share"].iloc[0]
    assert done.frame("shares")["item"].iloc[0] in acts["items"].iloc[0].split(" ")
    people = set(done.frame("people")["person"])
    for table, column in (("memberships", "removed_by"), ("friendships", "friend")):
        assert set(done.frame(table)[column].dropna()) <= people


def test_what_many_share_stays_and_what_few_have_goes(done):
    people = done.frame("people")
    assert people["town"].value_counts().to_dict() == {"Lund": 6, "Malmo": 5}
    assert set(people["age"].dropna()) == {30}
    assert "nick" not in people
    assert list(people["deleted"]) == [False] * 12
    assert "title" not in done.frame("groups")


def test_counts_and_times_stay(folder, done):
    before = read_dataset(folder)
    assert before.rows == done.rows
    assert sorted(before.frame("interactions")["at"]) == sorted(done.frame("interactions")["at"])


def test_the_same_key_gives_the_same_pseudonyms(folder, done, tmp_path):
    anonymise(folder, tmp_path / "again", key_file=tmp_path / "out.key")
    again = read_dataset(tmp_path / "again").frame("people")["person"]
    assert set(again) == set(done.frame("people")["person"])


def test_a_set_is_not_anonymised_in_its_place(folder):
    with pytest.raises(InputError, match="another folder"):
        anonymise(folder, folder)


def test_the_command_tells_where_the_key_is(folder, tmp_path, capsys):
    assert main(["anonymise", str(folder), "-o", str(tmp_path / "new")]) == 0
    shown = capsys.readouterr()
    assert str(tmp_path / "new.key") in shown.err
    assert shown.out.strip() == str(tmp_path / "new")
