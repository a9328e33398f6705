"""An import as a whole: balance, privacy, the key, hostile files, and a study of what came out."""

import json
import stat
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from importers.imported import imported, skipped

from smallnet.cli import FORMAT_NAMES, main
from smallnet.errors import InputError, UnknownNameError
from smallnet.importers import (
    FORMATS,
    Clock,
    Collector,
    Options,
    Source,
    detect,
    find_format,
    import_export,
)
from smallnet.importers.pseudonyms import Pseudonyms
from smallnet.tables import check_folder, read_dataset

SECRETS = (
    "Ana Secret",
    "4915199887766",
    "99887766",
    "ana@example.org",
    "Hidden Team",
    "password123",
    "@handle_of_ana",
    "example.org",
)
TEXT = """\
01/12/2020, 09:00 - Ana Secret created group "Hidden Team"
01/12/2020, 09:01 - Ana Secret added +49 151 99887766
31/12/2020, 09:02 - Ana Secret: the password123 is sent to ana@example.org
31/12/2020, 09:03 - +49 151 99887766: ask @handle_of_ana, see https://example.org/ana@example.org
31/12/2020, 09:04 - Cy: x
31/12/2020, 09:05 - Ana Secret changed the subject to "Hidden Team 2"
31/12/2020, 09:06 qqq - Ana Secret: in words
"""


def _write(folder: Path, text: str = TEXT, name: str = "WhatsApp Chat with Hidden Team") -> Path:
    path = folder / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def _group_chat(messages: int = 400) -> str:
    day = pd.Timestamp("2020-01-01 08:00")
    lines = []
    for i in range(messages):
        at = day + pd.Timedelta(hours=5 * i)
        lines.append(f"{at:%d/%m/%Y, %H:%M} - P{i * 7 % 9}: words {i % 40}")
    return "\n".join(lines)


def test_no_name_number_address_or_word_survives_anywhere(tmp_path, capsys):
    path = _write(tmp_path)
    out = tmp_path / "out"
    assert main(["import", "auto", str(path), "-o", str(out), "--timezone", "UTC"]) == 0
    shown = capsys.readouterr()
    written = [shown.err, *(str(value) for value in _everything(out))]
    for secret in SECRETS:
        for words in written:
            assert secret.lower() not in words.lower()


def _everything(out: Path) -> list[object]:
    found: list[object] = []
    for path in out.iterdir():
        found.append(path.read_bytes())
        found.append(path.name)
    dataset = read_dataset(out)
    return found + [dataset.frame(name).to_csv() for name in dataset.tables]


def test_words_are_kept_only_when_asked_for_and_that_is_recorded(tmp_path):
    path = _write(tmp_path)
    done = imported("whatsapp", path, timezone="UTC", keep_text=True)
    assert "the password123 is sent to ana@example.org" in set(done.frame("interactions")["text"])
    assert "--keep-text" in done.text
    plain = imported("whatsapp", path, timezone="UTC")
    assert "text" not in plain.frame("interactions")
    assert "not kept" in plain.text


def test_lengths_fingerprints_and_kinds_stay(tmp_path):
    said = ("A: Hello  You", "B: hello you", "C: 1")
    text = "\n".join(f"31/12/2020, 09:0{i} - {line}" for i, line in enumerate(said))
    acts = imported("whatsapp", _write(tmp_path, text), timezone="UTC").frame("interactions")
    assert list(acts["n_chars"]) == [10, 9, 1]
    assert acts["fingerprint"].nunique() == 2
    assert acts["fingerprint"].iloc[0] == acts["fingerprint"].iloc[1]


def test_another_key_gives_other_pseudonyms_and_the_same_key_the_same(tmp_path):
    path = _write(tmp_path)
    people = []
    for name in ("k1", "k2", "k1"):
        out = tmp_path / f"out{len(people)}"
        import_export("whatsapp", [path], out, timezone="UTC", key_file=tmp_path / name)
        people.append(set(read_dataset(out).frame("people")["person"]))
    assert people[0] == people[2]
    assert not people[0] & people[1]


def test_a_missing_key_is_made_outside_for_its_owner_only(tmp_path):
    out = tmp_path / "out"
    report = import_export("whatsapp", [_write(tmp_path)], out, timezone="UTC")
    key = tmp_path / "out.key"
    assert report.key_file == str(key)
    assert report.key_made
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert str(key) in report.to_text()
    assert key.read_text(encoding="ascii").strip() not in (out / "import_report.json").read_text()


def test_a_key_inside_of_the_data_set_is_refused(tmp_path):
    with pytest.raises(InputError, match="inside"):
        import_export("whatsapp", [_write(tmp_path)], tmp_path, key_file=tmp_path / "key")


def test_a_file_that_is_no_key_is_refused(tmp_path):
    key = _write(tmp_path, "not a key", name="key")
    with pytest.raises(InputError, match="64 hexadecimal"):
        import_export("whatsapp", [_write(tmp_path)], tmp_path / "o", key_file=key, timezone="UTC")


def test_the_report_has_the_fields_of_the_design_and_balances(tmp_path):
    done = imported("whatsapp", _write(tmp_path), timezone="UTC")
    report = done.report.to_dict()
    assert {"format", "files", "records_in_file", "kept", "skipped", "time_zone", "date_order",
            "gaps", "duplicates", "people"} <= set(report)  # fmt: skip
    assert set(report["kept"]) == {"interactions", "membership_events", "other_system"}
    assert report["records_in_file"] == 7
    assert report["kept"] == {"interactions": 3, "membership_events": 2, "other_system": 1}
    assert report["skipped"] == [
        {"reason": "time of day that cannot be read", "count": 1, "first_lines": [7]}
    ]
    assert json.loads(json.dumps(report)) == report


def test_few_people_are_not_counted_in_what_is_shared(tmp_path):
    few = imported("whatsapp", _write(tmp_path), timezone="UTC")
    assert few.report.people["total"] is None
    assert "fewer than 5 people" in few.text
    many = imported("whatsapp", _write(tmp_path), timezone="UTC", min_cell=2)
    assert many.report.people["total"] == 3


def test_a_long_silence_stands_out_and_a_quiet_chat_has_none(tmp_path):
    busy = [f"{day:02}/01/2020, 10:{minute:02} - P{minute % 3}: x{minute}"
            for day in range(1, 29) for minute in range(0, 60, 3)]  # fmt: skip
    gap = busy[:200] + [line.replace("/01/2020", "/03/2020") for line in busy[200:]]
    quiet = [f"13/{month:02}/2020, 10:00 - P{month % 3}: x" for month in range(1, 13)]
    assert imported("whatsapp", _write(tmp_path, "\n".join(gap)), timezone="UTC").report.gaps[
        "count"
    ] == 1  # fmt: skip
    assert not imported("whatsapp", _write(tmp_path, "\n".join(quiet)), timezone="UTC").report.gaps[
        "count"
    ]  # fmt: skip


def test_times_that_the_clock_showed_twice_or_never_are_counted(tmp_path):
    text = """\
29/03/2020, 02:30 - A: never shown
25/10/2020, 01:59 - A: summer
25/10/2020, 02:30 - B: first
25/10/2020, 02:10 - C: second, as time does not run back
25/10/2020, 03:00 - A: winter
"""
    done = imported("whatsapp", _write(tmp_path, text), timezone="Europe/Berlin")
    assert done.report.clock_changes == {"shown_twice": 2, "never_shown": 1}
    times = list(done.frame("interactions")["at"].dt.strftime("%H:%M"))
    assert times == ["01:30", "23:59", "00:30", "01:10", "02:00"]


def test_a_study_of_an_import_is_made(tmp_path):
    out = tmp_path / "out"
    path = _write(tmp_path, _group_chat())
    assert main(["import", "whatsapp", str(path), "-o", str(out), "--timezone", "UTC"]) == 0
    assert not check_folder(out).stops
    results = tmp_path / "results"
    assert main(["study", str(out), "-o", str(results), "--hypotheses", "S14"]) == 0
    assert (results / "report.html").exists()


def test_a_private_chat_can_be_studied_though_it_has_no_group(tmp_path):
    two = "31/12/2020, 09:00 - A: x\n31/12/2020, 09:01 - B: y"
    out = tmp_path / "out"
    import_export("whatsapp", [_write(tmp_path, two)], out, timezone="UTC")
    report = check_folder(out)
    assert not report.stops
    assert report.rows["memberships"] == 0


def test_lines_of_signal_are_not_taken_for_whatsapp(tmp_path):
    path = _write(tmp_path, "[2019-12-24, 12:23] Ana: x\n[2020-01-17, 21:49] Bo: y", name="chat")
    assert detect(path).name == "signal"


def test_errors_name_the_place_and_nobody(tmp_path, capsys):
    path = _write(tmp_path, "Ana Secret: password123\n", name="Ana Secret")
    code = main(["import", "whatsapp", str(path), "-o", str(tmp_path / "o"), "--timezone", "UTC"])
    shown = capsys.readouterr().err
    assert code == 1
    assert "file 1 (.txt)" in shown
    assert not any(secret in shown for secret in SECRETS)
    assert not (tmp_path / "o").exists()


def test_the_help_lists_every_format():
    assert FORMAT_NAMES.split(", ") == list(FORMATS)


def test_an_unknown_format_is_told_with_the_nearest(tmp_path):
    with pytest.raises(UnknownNameError, match="whatsapp"):
        find_format("whatsap")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_registry_is_there(name):
    assert find_format(name).name == name


def test_a_file_of_no_format_is_refused_with_the_way_out(tmp_path):
    path = _write(tmp_path, "a,b\n1,2\n", name="table")
    with pytest.raises(InputError, match="columns and --map"):
        detect(path)


def test_a_text_among_many_pictures_is_found(tmp_path):
    path = tmp_path / "WhatsApp Chat - Team.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(80):
            archive.writestr(f"{i:08}-PHOTO-2020.jpg", b"\xff\xd8")
        archive.writestr("_chat.txt", TEXT)
    assert detect(path).name == "whatsapp"


def test_a_chat_of_a_group_covers_no_private_messages(tmp_path):
    done = imported("whatsapp", _write(tmp_path), timezone="UTC")
    assert "private = false" in done.text
    two = "31/12/2020, 09:00 - A: x\n31/12/2020, 09:01 - B: y"
    assert "private = true" in imported("whatsapp", _write(tmp_path, two), timezone="UTC").text


def test_files_of_several_formats_are_refused(tmp_path):
    mail = tmp_path / "mail.mbox"
    mail.write_text(
        "From a@b.org Thu Jan  2 10:00:00 2020\nFrom: a@b.org\n\nhi\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="several formats"):
        import_export(None, [_write(tmp_path), mail], tmp_path / "o", timezone="UTC")


@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_whatever_bytes_come_each_record_is_kept_or_skipped(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chat.txt"
        path.write_bytes(b"31/12/2020, 09:00 - Ana: x\n" + data)
        collector = Collector(Pseudonyms(bytes(32), "whatsapp"), Path(folder), Clock("UTC"))
        with Source.of(path) as source:
            find_format("whatsapp").read(source, collector, Options(timezone="UTC"))
        collector.close()
        messages = pq.ParquetFile(Path(folder) / "messages-00000.parquet").metadata.num_rows
    kept = messages + collector.kept.total() + collector.other.total()
    assert collector.records == kept + collector.reasons.total() >= 1


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x00" * 50, b"PK\x03\x04" + bytes(30), b""])
def test_a_file_of_no_text_is_one_sentence(tmp_path, data):
    path = tmp_path / "chat.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match="file 1"):
        import_export("whatsapp", [path], tmp_path / "o", timezone="UTC")


@pytest.mark.parametrize(
    "entry", ["../_chat.txt", "/_chat.txt", "a/../../_chat.txt", "C:/_chat.txt"]
)
def test_a_zip_that_leads_out_of_itself_is_refused(tmp_path, entry):
    path = tmp_path / "chat.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, TEXT)
    with pytest.raises(InputError, match="out of"):
        import_export("whatsapp", [path], tmp_path / "o", timezone="UTC")


def test_dates_that_cannot_be_are_counted(tmp_path):
    text = TEXT + "31/12/1919, 09:00 - Ana Secret: x\n31/12/9999, 09:00 - Ana Secret: x\n"
    done = imported("whatsapp", _write(tmp_path, text), timezone="UTC")
    assert skipped(done.report)["time before 1980 or in the future"] == 2


def test_ids_that_differ_in_case_are_two_people_and_in_form_one(tmp_path):
    text = (
        "31/12/2020, 09:00 - Zoé: x\n31/12/2020, 09:01 - Zoe\u0301: y\n31/12/2020, 09:02 - zoé: z\n"
        "31/12/2020, 09:03 - \u202aZoé\u202c: z\n31/12/2020, 09:03 - <b>=cmd()</b>: z"
    )
    done = imported("whatsapp", _write(tmp_path, text), timezone="UTC")
    assert done.frame("interactions")["sender"].nunique() == 3


def test_what_is_written_is_only_for_those_who_may(tmp_path):
    out = tmp_path / "out"
    import_export("whatsapp", [_write(tmp_path)], out, timezone="UTC")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["data_statement.md", "groups.parquet", "import_report.json", "interactions.parquet",
         "memberships.parquet", "people.parquet", "provenance.json", "study.toml"]
    )  # fmt: skip
