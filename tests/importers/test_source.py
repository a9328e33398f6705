"""Sources: text in any encoding, lines without an end, archives that mean harm."""

import codecs
import io
import stat
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smallnet.errors import InputError
from smallnet.importers import Source, source
from smallnet.importers.source import LONGEST_LINE, guess_encoding

TEXT = "Grüße, 今天吃什么, مرحبا\nsecond 二\n\nlast"
LINES = list(enumerate(TEXT.split("\n"), 1))


def _source(folder, data: bytes, name: str = "chat.txt") -> Source:
    path = folder / name
    path.write_bytes(data)
    return Source.of(path)


WRITTEN = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "ends of Windows": TEXT.replace("\n", "\r\n").encode(),
    "an end at the end": (TEXT + "\n").encode(),
    "ends of old": TEXT.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=WRITTEN)
def test_lines_are_the_same_in_every_encoding(tmp_path, data):
    assert list(_source(tmp_path, data).lines())[:4] == LINES


def test_chinese_of_windows_is_known():
    assert (
        guess_encoding("昨天晚上我们去吃火锅了，你怎么没来？".encode("gb18030") * 20) == "gb18030"
    )
    assert guess_encoding(("Grüße " * 50).encode()) == "utf-8"


def test_a_line_in_another_encoding_is_read_and_counted(tmp_path):
    one = _source(tmp_path, "first line\n今天\n".encode() + "昨天".encode("gb18030") + b"\nend")
    assert [line for _, line in one.lines()] == ["first line", "今天", "昨天", "end"]
    assert one.mended == {"lines in another encoding": 1}


def test_nul_bytes_are_left_out_and_counted(tmp_path):
    one = _source(tmp_path, b"a\0b\nc")
    assert [line for _, line in one.lines()] == ["ab", "c"]
    assert one.mended.total() == 1


@settings(max_examples=30)
@given(data=st.binary(max_size=400).filter(lambda data: not data.startswith(b"PK")))
def test_any_bytes_are_lines_without_a_nul(tmp_path_factory, data):
    lines = [line for _, line in _source(tmp_path_factory.mktemp("s"), data).lines()]
    assert not any("\0" in line or "\n" in line for line in lines)
    for line in lines:
        line.encode("utf-8")


def test_a_line_without_an_end_is_cut_and_memory_is_bounded(tmp_path):
    size = 12 * LONGEST_LINE
    one = _source(tmp_path, b"x" * size + b"\nafter\n" + b"y" * size)
    tracemalloc.start()
    lengths = [len(line) for _, line in one.lines()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lengths == [LONGEST_LINE, 5, LONGEST_LINE]
    assert one.mended == {"lines cut at 2 MB": 2}
    assert peak < size


def _zip(folder, *entries: zipfile.ZipInfo | str, data: bytes = b"x", method: int = 0) -> Source:
    path = folder / "chat.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for entry in entries:
            archive.writestr(entry, data)
    return Source.of(path)


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(150_000_000))
    with pytest.raises(InputError, match="would unfold to 150 MB"):
        _source(tmp_path, bomb.getvalue(), "chat.zip")


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "b/../../a.txt", "..\\a.txt"])
def test_a_path_out_of_the_zip_is_refused(tmp_path, name):
    with _zip(tmp_path, name) as one, pytest.raises(InputError, match="out of"):
        list(one.members())


def test_a_link_in_a_zip_or_folder_is_refused(tmp_path):
    entry = zipfile.ZipInfo("a.txt")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with _zip(tmp_path, entry, data=b"/etc/passwd") as one, pytest.raises(InputError, match="link"):
        list(one.members())
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").symlink_to(tmp_path / "chat.zip")
    with pytest.raises(InputError, match="link"):
        list(Source.of(folder).members())


def test_members_are_in_the_order_of_their_names_and_filtered(tmp_path):
    with _zip(tmp_path, "b/users.json", "a/USERS.json", "__MACOSX/users.json", "c.txt") as one:
        assert [member.name for member in one.members("*/users.json")] == [
            "a/USERS.json",
            "b/users.json",
        ]


def test_a_zip_that_is_cut_off_is_one_sentence(tmp_path):
    path = tmp_path / "whole.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(range(256)) * 100)
    with pytest.raises(InputError, match=r"file 1 \(.zip\) cannot be read"):
        _source(tmp_path, path.read_bytes()[:-30], "cut.zip")


def test_a_zip_with_a_broken_entry_is_one_sentence(tmp_path):
    data = b"some text that is stored"
    with _zip(tmp_path, "a.txt", data=data):
        pass
    whole = (tmp_path / "chat.zip").read_bytes()
    with (
        _source(tmp_path, whole.replace(data, data[::-1], 1), "broken.zip") as one,
        pytest.raises(InputError, match="cannot be read"),
    ):
        list(next(one.members()).lines())


def test_what_messages_call_a_source_names_nobody(tmp_path):
    path = tmp_path / "Chat with Ana.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Ana and Bo.txt", "x")
    with Source.of(path, number=3) as one:
        assert one.label == "file 3 (.zip)"
        assert next(one.members()).label == "file 3 (.zip), entry 1 (.txt)"


def test_a_missing_file_is_told_by_number(tmp_path):
    with pytest.raises(InputError, match="file 2"):
        Source.of(tmp_path / "Ana.txt", number=2)


def test_the_bound_of_an_archive_counts_its_files(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MOST_FILES", 2)
    with pytest.raises(InputError, match="3 files"):
        _zip(tmp_path, "a", "b", "c")
