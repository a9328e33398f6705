"""Damaged exports of six formats: a sentence or a count, never a traceback, never a silent loss."""

import json
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imported import imported

from smallnet.errors import SmallnetError
from smallnet.importers import Clock, Collector, Options, Source, find_format
from smallnet.importers.pseudonyms import Pseudonyms

ZONE = {"timezone": "Asia/Shanghai"}
SECRETS = ("Annegret", "anneg@", "Benedikt", "benedikt", "marzipan", "konditorei", "1000123")
SLACK = {
    "users.json": [
        {"id": "U1", "name": "annegret", "profile": {"email": "anneg@example.org"}},
        {"id": "U2", "real_name": "Benedikt"},
    ],
    "channels.json": [{"id": "C1", "name": "konditorei", "members": ["U1", "U2"]}],
    "konditorei/2020-09-13.json": [
        {"user": "U1", "ts": "1600000000.000001", "text": "<@U2|benedikt> marzipan &amp; tea?"},
        {"user": "U2", "ts": "1600000001.000001", "text": "x", "thread_ts": "1600000000.000001"},
        {"user": "U2", "ts": "1600000002.000001", "subtype": "channel_join", "inviter": "U1"},
    ],
}
ZULIP = {
    "realm.json": {
        "zerver_userprofile": [
            {"id": 1, "full_name": "Annegret", "email": "anneg@example.org"},
            {"id": 2, "full_name": "Benedikt", "email": "benedikt@example.org"},
        ],
        "zerver_stream": [{"id": 3, "name": "konditorei"}],
        "zerver_recipient": [{"id": 103, "type": 2, "type_id": 3}],
        "zerver_subscription": [{"user_profile": 1, "recipient": 103}],
        "zerver_reaction": [{"message": 1, "user_profile": 2, "emoji_name": "marzipan"}],
    },
    "messages-000001.json": {
        "zerver_message": [
            {"id": n, "sender": n, "recipient": 103, "date_sent": 1.6e9 + n, "subject": "marzipan",
             "content": "@**Benedikt** marzipan [x](#narrow/stream/3-konditorei/topic/t/near/1)"}
            for n in (1, 2)
        ]
    },
}  # fmt: skip
TEXTS = {
    "irc": (
        "konditorei_2024-05-01.log",
        "[10:00] <Annegret> marzipan\n=== Benedikt [b@host] has joined #konditorei\n"
        "[10:01] <Benedikt> Annegret: yes\n10:02 -!- Benedikt is now known as Benedikt_\n"
        "[10:03] *** Quits: Annegret (anneg@host) (marzipan)\n",
    ),
    "mbox": (
        "konditorei.mbox",
        "From anneg@example.org Mon Jun 27 09:19:00 2005\nFrom: Annegret <anneg@example.org>\n"
        "Date: Mon, 27 Jun 2005 09:19:00 +0200\nList-Id: <konditorei.example.org>\n"
        "Message-ID: <1@benedikt>\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain; charset=utf-8\n\nmarzipan?\n--b--\n\n"
        "From benedikt@example.org Mon Jun 27 09:20:00 2005\nFrom: benedikt@example.org\n"
        "Date: Mon, 27 Jun 2005 09:20:00 +0200\nIn-Reply-To: <1@benedikt>\n"
        "List-Id: <konditorei.example.org>\n\nOn x Annegret wrote:\n> marzipan?\nyes\n\n",
    ),
    "wechat": (
        "konditorei.csv",
        "Time,SenderName,Sender,TalkerName,Talker,Content\n"
        "2024-01-01 12:00:00,Annegret,anneg@x,konditorei,1@chatroom,marzipan\n"
        "2024-01-01 12:01:00,,系统消息,konditorei,1@chatroom,"
        '"""Annegret""邀请""Benedikt""加入了群聊"\n'
        '2024-01-01 12:02:00,Benedikt,wxid_b,konditorei,1@chatroom,"@Annegret yes\nand [图片]"\n',
    ),
    "qq": (
        "konditorei.txt",
        "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息分组:群聊\n消息对象:konditorei\n\n"
        "2019-09-23 8:43:38 PM 【管理员】Annegret(1000123)\nmarzipan\n\n"
        "2019-09-23 20:44:38 系统消息(1000000)\nBenedikt(10002)加入本群。\n\n"
        "2019-09-23 20:45:38 Benedikt<benedikt@example.org>\n@Annegret yes\n\n",
    ),
}
FORMATS = ("slack", "zulip", *TEXTS)
PIECES = [mark.encode() for mark in '"{}[]:,()']
PIECES += [b"null", b"-1", b"1e999", b"9999", b"0000", b"\\ud800", b"From ", b" "]
PIECES += [b"\0", b"\n", b"\r", b"\xff", b"\xed\xa0\x80"]


def sample(format):
    """Give the files of a small export."""
    if format in TEXTS:
        name, text = TEXTS[format]
        return {name: text.encode()}
    files = SLACK if format == "slack" else ZULIP
    return {name: json.dumps(content, indent=1).encode() for name, content in files.items()}


def written(folder, files):
    """Write an export; give the file, or the folder where there are several."""
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder if len(files) > 1 else folder / next(iter(files))


@st.composite
def damages(draw):
    """Where, and by what a few bytes are replaced: shares of the file, so that any file will do."""
    one = st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 30),
        st.sampled_from(PIECES) | st.binary(max_size=3),
        st.booleans(),
    )
    return draw(st.lists(one, min_size=1, max_size=5)), draw(st.integers(0, 9))


def damaged(files, damage):
    changes, which = damage
    victim = sorted(files)[which % len(files)]
    raw = files[victim]
    for share, length, piece, cut in changes:
        start = int(share * len(raw))
        raw = raw[:start] + piece + (b"" if cut and length > 25 else raw[start + length :])
    return {**files, victim: raw}


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=30, deadline=None)
@given(damage=damages())
def test_a_damaged_export_is_refused_in_a_sentence_or_read_with_a_balance(format, damage):
    with tempfile.TemporaryDirectory() as name:
        folder, scratch = Path(name) / "export", Path(name) / "scratch"
        folder.mkdir()
        scratch.mkdir()
        path = written(folder, damaged(sample(format), damage))
        collector = Collector(Pseudonyms(bytes(32), format), scratch, Clock("UTC"))
        try:
            with Source.of(path) as source:
                find_format(format).read(source, collector, Options(**ZONE))
        except SmallnetError as error:
            text = str(error)
            assert "\n" not in text
            assert not any(secret in text for secret in SECRETS)
            return
        collector.close()
        acts = sum(pq.read_metadata(p).num_rows for p in scratch.glob("messages-*.parquet"))
        kept = acts + collector.kept["changes"] + collector.kept["reactions"]
        assert kept + collector.other.total() + collector.reasons.total() == collector.records


@pytest.mark.parametrize("format", FORMATS)
def test_no_name_and_no_word_is_anywhere_in_what_is_written(format, tmp_path):
    out = imported(format, written(tmp_path, sample(format)), **ZONE)
    everything = out.text + "".join(frame.to_csv() for frame in out.tables.values())
    assert len(out.frame("interactions")) >= 2
    assert not any(secret.lower() in everything.lower() for secret in SECRETS)
