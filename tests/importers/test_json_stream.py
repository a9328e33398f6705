"""A JSON file read in pieces is the JSON file, whatever the pieces; a broken one is a sentence."""

import io
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from smallnet.errors import InputError
from smallnet.importers.json_bytes import read_json
from smallnet.importers.json_stream import Records, Torn, Value, walk

ARRAYS = [("messages",), ("chats", "list", "*", "messages")]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text('a"\\{}[],:\n今\u2028', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('ab"\\', max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def taken(raw: bytes, block: int = 64) -> tuple[dict[Any, Any], list[Any], list[Torn]]:
    """Give the values of the frame, the streamed elements and what is torn."""
    values, elements, torn = {}, [], []
    for found in walk(io.BytesIO(raw), arrays=ARRAYS, name="file 1", block=block):
        if isinstance(found, Value):
            values[found.path] = found.value
        elif isinstance(found, Records):
            elements += [(found.path, value) for value in found.values]
        else:
            torn.append(found)
    return values, elements, torn


@given(
    records=st.lists(JSON, max_size=8),
    before=JSON,
    after=JSON,
    indent=st.sampled_from([None, 0, 1, 4]),
    plain=st.booleans(),
    block=st.integers(1, 60),
)
def test_pieces_of_any_size_are_the_file(records, before, after, indent, plain, block):
    whole = {"a": before, "messages": records, "z": after}
    raw = json.dumps(whole, indent=indent, ensure_ascii=plain).encode("utf-8")
    values, elements, torn = taken(raw, block)
    assert values == {("a",): before, ("z",): after}
    assert elements == [(("messages",), record) for record in records]
    assert not torn


@given(records=st.lists(JSON, min_size=1, max_size=5), block=st.integers(1, 60))
def test_lines_are_those_of_the_file(records, block):
    raw = ('{\n"messages": [\n\n' + ",\n".join(map(json.dumps, records)) + "\n]}").encode()
    lines = [
        found.line(index)
        for found in walk(io.BytesIO(raw), arrays=ARRAYS, name="file 1", block=block)
        if isinstance(found, Records)
        for index in range(len(found.values))
    ]
    assert lines == list(range(4, 4 + len(records)))


@given(chats=st.lists(st.lists(JSON, max_size=3), max_size=4), block=st.integers(1, 60))
def test_arrays_of_arrays_keep_their_place(chats, block):
    whole = {"chats": {"list": [{"id": i, "messages": m} for i, m in enumerate(chats)]}}
    values, elements, _ = taken(json.dumps(whole).encode(), block)
    assert values == {("chats", "list", i, "id"): i for i in range(len(chats))}
    expected = [(("chats", "list", i, "messages"), m) for i, ms in enumerate(chats) for m in ms]
    assert elements == expected


@given(records=st.lists(JSON, min_size=1, max_size=4), cut=st.integers(1, 400))
def test_a_cut_file_gives_its_whole_records_and_says_that_it_is_cut(records, cut):
    raw = json.dumps({"messages": records, "z": 1}).encode()
    kept = raw[: max(2, len(raw) - cut)]
    try:
        _, elements, torn = taken(kept)
    except InputError:  # cut inside a word such as true
        return
    assert len(torn) == 1
    assert [value for _, value in elements] == records[: len(elements)]


@settings(max_examples=300)
@given(raw=st.binary(max_size=40) | st.text('{}[]",:\\ 1tn', max_size=40).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused_in_one_sentence(raw):
    for start in (b"", b'{"messages":[', b'{"chats":{"list":['):
        try:
            taken(start + raw, 7)
        except InputError as error:
            assert str(error).startswith("file 1")  # noqa: PT017


def test_what_strict_readers_refuse_is_read_gently():
    records = [rb'{"a":"\x0B\ud800"}', b'{"b":NaN,"c":1e999}', b'{"d":"\xff"}', rb'{"e":"\\x0B"}']
    expected = [{"a": "\x0b?"}, {"b": None, "c": None}, {"d": "\ufffd"}, {"e": "\\x0B"}]
    assert [read_json(record) for record in records] == expected
    raw = b'{"messages":[' + b",".join(records) + b"]}"
    assert [value for _, value in taken(raw, 9)[1]] == expected


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_nesting_has_an_end_and_never_a_traceback(depth):
    deep = b"[" * depth + b"]" * depth
    raw = b'{"messages":[1,' + deep + b',2],"z":3}'
    values, elements, torn = taken(raw, 1 << 16)
    found = [value for _, value in elements if isinstance(value, int)]
    assert found == [1, 2]
    assert values == {("z",): 3}
    assert len(elements) + len(torn) == 3


def test_a_record_past_all_measure_is_passed_over(monkeypatch):
    monkeypatch.setattr("smallnet.importers.json_stream.MAX_RECORD", 1000)
    for long in (
        '"' + "x," * 5000 + '"',
        "[" + '{"a":"}]"},' * 900 + "0]",
        '"' + "\\\\" * 4000 + '"',
    ):
        raw = f'{{"messages":[1,{long},2],"y":{{"a":{long}}},"z":[3]}}'.encode()
        values, elements, torn = taken(raw)
        assert [value for _, value in elements] == [1, 2]
        assert [t.reason for t in torn] == ["the record is too long"]
        assert values == {("y",): None, ("z",): [3]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_files_with_a_mark_are_read_by_it(encoding):
    raw = json.dumps({"messages": ["今天", "é"]}, ensure_ascii=False).encode(encoding)
    assert [value for _, value in taken(raw, 3)[1]] == ["今天", "é"]


@pytest.mark.parametrize("raw", [b"", b"  ", b"hello", b'{"a" 1}', b"{1:2}", b'{"a":tru}'])
def test_what_is_no_json_is_said_to_be_none(raw):
    with pytest.raises(InputError, match=r"^file 1"):
        taken(raw)
