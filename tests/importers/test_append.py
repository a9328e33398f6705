"""Appending: twice the same changes nothing, what is new is added, and two phones are one chat."""

from pathlib import Path

import pandas as pd
import pytest

from smallnet.errors import InputError
from smallnet.importers import import_export
from smallnet.importers.pseudonyms import Pseudonyms
from smallnet.tables import check_folder, dataset_digest, read_dataset

KEY = bytes(range(32))
NAMES = Pseudonyms(KEY, "whatsapp")
HEAD = """\
01/12/2020, 09:00 - Ana created group "Team"
01/12/2020, 09:01 - Ana added Bo
01/12/2020, 09:02 - Ana: hello to everybody
01/12/2020, 09:02 - Bo: ok
01/12/2020, 09:02 - Bo: ok
31/12/2020, 09:02 - Cy: was I here before?
31/12/2020, 09:03 - Ana: look https://example.org/x
"""
TAIL = """\
02/01/2021, 09:00 - Bo left
03/01/2021, 09:00 - Dee joined using this group's invite link
03/01/2021, 09:05 - Dee: good morning
"""


class Chats:
    """A data set and the exports that are read into it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.key = folder, folder / "out", folder / "key"
        self.key.write_text(KEY.hex(), encoding="ascii")

    def add(self, text: str, *, name: str = "Team", append: bool = True, **options: object):
        path = self.folder / f"WhatsApp Chat with {name}.txt"
        path.write_text(text, encoding="utf-8")
        return import_export(
            "whatsapp", [path], self.out, key_file=self.key, timezone="UTC", append=append,
            date_order="dmy", **options,
        )  # fmt: skip

    def digest(self) -> str:
        return dataset_digest(read_dataset(self.out))

    def frame(self, table: str) -> pd.DataFrame:
        return read_dataset(self.out).frame(table)


@pytest.fixture
def chats(tmp_path):
    return Chats(tmp_path)


def test_twice_the_same_file_changes_nothing(chats):
    first = chats.add(HEAD, append=False)
    before, study = chats.digest(), (chats.out / "study.toml").read_text(encoding="utf-8")
    second = chats.add(HEAD)
    assert chats.digest() == before
    assert (chats.out / "study.toml").read_text(encoding="utf-8") == study
    assert second.kept == {"interactions": 0, "membership_events": 0, "other_system": 0}
    assert second.duplicates == first.records_in_file == second.records_in_file


def test_a_newer_export_adds_only_what_is_new(chats):
    chats.add(HEAD, append=False)
    report = chats.add(HEAD + TAIL)
    assert report.kept == {"interactions": 1, "membership_events": 2, "other_system": 0}
    appended = chats.digest()
    (chats.folder / "fresh").mkdir()
    at_once = Chats(chats.folder / "fresh")
    at_once.add(HEAD + TAIL, append=False)
    assert at_once.digest() == appended


def test_an_older_export_afterwards_gives_the_same(chats):
    chats.add(HEAD + TAIL, append=False)
    before = chats.digest()
    chats.add(HEAD)
    assert chats.digest() == before


def test_the_second_of_two_alike_messages_is_not_lost(chats):
    chats.add(HEAD, append=False)
    chats.add(HEAD)
    acts = chats.frame("interactions")
    assert (acts["sender"] == NAMES.person("Bo")).sum() == 2


def test_two_phones_that_name_people_differently_are_one_chat(chats):
    lines = [
        f"0{1 + i // 10}/12/2020, 09:{i % 6}0 - {name}: words number {i}"
        for i, name in enumerate(["Ana", "Bo", "Cy"] * 6)
    ]
    lines.append("31/12/2020, 09:00 - Ana: the last")
    chats.add("\n".join(lines), append=False)
    other = "\n".join(lines[6:]).replace("Ana:", "Mum:").replace("Cy:", "+49 151 1234567:")
    report = chats.add(other + "\n31/12/2020, 10:00 - Mum: one more")
    acts = chats.frame("interactions")
    assert len(acts) == len(lines) + 1
    assert report.people["merged"] == 2
    assert set(acts["sender"]) == {NAMES.person(name) for name in ("Ana", "Bo", "Cy")}
    assert acts.set_index("at")["sender"].iloc[-1] == NAMES.person("Ana")


def test_two_phones_in_one_import_are_one_chat_too(chats):
    lines = [f"0{1 + i}/12/2020, 09:00 - Ana: words number {i}" for i in range(6)]
    lines += [f"31/12/2020, 09:0{i} - Bo: words of Bo {i}" for i in range(4)]
    one, other = chats.folder / "a" / "Team.txt", chats.folder / "b" / "Team.txt"
    for path, text in ((one, "\n".join(lines)), (other, "\n".join(lines).replace("Ana", "Mum"))):
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    report = import_export(
        "whatsapp", [one, other], chats.out, key_file=chats.key, timezone="UTC", chat="Team"
    )
    assert report.kept["interactions"] == 10
    assert report.duplicates == 10
    assert report.people["merged"] == 1


def test_somebody_who_wrote_the_same_once_is_not_made_one_with_another(chats):
    text = "31/12/2020, 09:00 - Ana: good morning\n31/12/2020, 09:09 - Cy: x\n"
    chats.add(text + "31/12/2020, 10:00 - Bo: y", append=False)
    report = chats.add(text.replace("Ana", "Zoe") + "31/12/2020, 10:00 - Bo: y\n")
    assert report.people["merged"] == 0


def test_a_number_that_changes_later_is_one_person_in_the_older_rows_too(chats):
    chats.add("01/12/2020, 09:00 - +1 2345678: a long message\n31/12/2020, 09:00 - Bo: x\n"
              "31/12/2020, 09:01 - Cy: y", append=False)  # fmt: skip
    report = chats.add("31/12/2020, 11:00 - +1 2345678 changed to +1 8765432\n"
                       "31/12/2020, 12:00 - +1 8765432: hi")  # fmt: skip
    assert report.people["merged"] == 1
    acts = chats.frame("interactions")
    assert (acts["sender"] == NAMES.person("+18765432")).sum() == 2
    assert len(chats.frame("people")) == 3


def test_a_link_becomes_a_share_when_a_second_group_has_it(chats):
    chats.add(HEAD, append=False)
    assert not len(chats.frame("shares"))
    chats.add("31/12/2020, 10:00 - Ana: http://www.example.org/x/ again\n"
              "31/12/2020, 10:00 - Eve: x\n31/12/2020, 10:00 - Flo: x", name="Other")  # fmt: skip
    shares = chats.frame("shares")
    assert len(shares) == 2
    assert shares["group"].nunique() == 2
    assert len(set(shares["item"])) == 1


def test_an_appended_set_has_no_problem(chats):
    chats.add(HEAD, append=False)
    chats.add(HEAD + TAIL)
    assert not check_folder(chats.out).stops


def test_another_key_is_refused(chats):
    chats.add(HEAD, append=False)
    chats.key.write_text((b"x" * 32).hex(), encoding="ascii")
    with pytest.raises(InputError, match="not the key"):
        chats.add(HEAD)


def test_a_data_set_is_not_replaced_by_chance(chats):
    chats.add(HEAD, append=False)
    with pytest.raises(InputError, match="--append"):
        chats.add(HEAD, append=False)


def test_each_import_leaves_its_trace_in_the_report(chats):
    chats.add(HEAD, append=False)
    chats.add(HEAD + TAIL)
    report = chats.add(HEAD)
    assert [entry["records_in_file"] for entry in report.history] == [7, 10]
