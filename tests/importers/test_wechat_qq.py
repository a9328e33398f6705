"""WeChat and QQ layouts that users hold, written and read back; nothing is decrypted."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import imported, skipped

from smallnet.errors import InputError
from smallnet.importers import detect
from smallnet.importers.group_notices import YOU, Notice, qq_notice, wechat_notice

NAMES = {"wxid_ana": "安娜", "wxid_ben": "Ben", "wxid_cleo": "Cleo, C."}
NUMBERS = {"10001": "安娜", "10002": "Ben", "10003": "Cleo"}
BASE = 1_700_000_000
SHANGHAI_S = 8 * 3600
FULL = ["localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent"]
FULL += ["StrTime", "Remark", "NickName", "Sender"]
LOG = ["Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"]
WORDS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="[]<>", exclude_categories=("Cc", "Cs", "Zl", "Zp")
    ),
    max_size=20,
).map(str.strip)
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def wall(seconds):
    return str(pd.Timestamp(seconds + SHANGHAI_S, unit="s"))


def table(rows, header):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([header, *rows])
    return buffer.getvalue()


def full_row(n, who, text, *, kind=1, mine=0, talker=7):
    return [n, talker, kind, 0, mine, BASE + 60 * n, "", text, "", "", NAMES.get(who, ""), who]


@st.composite
def talks(draw, people):
    """Messages of at least three people, and comings and goings, a minute each."""
    events = [(n, "said", who, "hi") for n, who in enumerate(people)]
    for n in range(len(events), len(events) + draw(st.integers(0, 20))):
        kind = draw(st.sampled_from(("said", "said", "joined", "left")))
        events.append((n, kind, draw(st.sampled_from(people)), draw(WORDS)))
    return events


def expected(out, events, group):
    return {
        (out.names.person(who), (BASE + 60 * n) * 1_000_000, out.names.group(group), len(text))
        for n, kind, who, text in events
        if kind == "said"
    }


def check_changes(out, events):
    joins = {(s[1], s[2]) for s in out.stays() if s[2] is not None}
    assert joins == {
        (out.names.person(who), (BASE + 60 * n) * 1_000_000)
        for n, kind, who, _ in events
        if kind == "joined"
    }
    changes = sum(kind in ("joined", "left") for _, kind, _, _ in events)
    assert out.report.kept["membership_events"] == changes
    assert out.report.records_in_file == len(events)
    assert not skipped(out.report)


def notice(kind, name):
    return f'"{name}"退出了群聊' if kind == "left" else f'"{name}"通过扫描"Zoe"分享的二维码加入群聊'


@settings(max_examples=3, **SLOW)
@given(events=talks(list(NAMES)), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_the_full_table_of_memotrace_comes_back(events, encoding, tmp_path):
    rows = [
        full_row(n, who, text)
        if kind == "said"
        else full_row(n, "", notice(kind, NAMES[who]), kind=10000)
        for n, kind, who, text in events
    ]
    path = tmp_path / "full.csv"
    path.write_text(table(rows, FULL), encoding=encoding)
    out = imported("wechat", path)
    assert out.messages() == expected(out, events, "7")
    check_changes(out, events)


@settings(max_examples=3, **SLOW)
@given(events=talks(list(NAMES)))
def test_the_table_of_chatlog_comes_back(events, tmp_path):
    rows = [
        [wall(BASE + 60 * n), NAMES[who], who, "茶", "1@chatroom", text]
        if kind == "said"
        else [wall(BASE + 60 * n), "", "系统消息", "茶", "1@chatroom", notice(kind, NAMES[who])]
        for n, kind, who, text in events
    ]
    path = tmp_path / "log.csv"
    path.write_text(table(rows, LOG), encoding="utf-8")
    out = imported("wechat", path, timezone="Asia/Shanghai")
    assert out.messages() == expected(out, events, "1@chatroom")
    check_changes(out, events)


@settings(max_examples=4, **SLOW)
@given(events=talks(list(NUMBERS)), layout=st.sampled_from(["above", "after", "beside"]))
def test_the_texts_of_wechat_come_back(events, layout, tmp_path):
    shapes = {
        "above": "{t} {n}({i})\n{w}\n\n",
        "after": "{n}({i}) {t}\n{w}\n\n",
        "beside": "{n}({t}):{w}\n",
    }
    text = "".join(
        shapes[layout if kind == "said" else "above"].format(
            t=wall(BASE + 60 * n),
            n=NUMBERS[who] if kind == "said" else "系统消息",
            i=who if kind == "said" else "10000",
            w=words if kind == "said" else notice(kind, NUMBERS[who]),
        )
        if layout != "beside" or kind == "said"
        else f"系统消息({wall(BASE + 60 * n)}):{notice(kind, NUMBERS[who])}\n"
        for n, kind, who, words in events
    )
    path = tmp_path / "茶.txt"
    path.write_text(text, encoding="utf-8")
    out = imported("wechat", path, timezone="Asia/Shanghai")
    if layout == "beside":  # names and no ids
        events = [(n, kind, NUMBERS[who], words) for n, kind, who, words in events]
    assert out.messages() == expected(out, events, "茶")
    check_changes(out, events)


def test_the_page_of_memotrace_comes_back(tmp_path):
    items = [
        "{ type:1, text: 'it\\'s<br>tea',is_send:0,avatar_path:\"a\",timestamp:1700000000,"
        "is_chatroom:1,displayname:'安娜'},",
        "{ type:3, text: 'x.png',is_send:1,timestamp:1700000060,displayname:'Me'},",
        "{ type:1, text: 'no time'},",
        "{ type:1, text: 'hi',is_send:0,timestamp:1700000120,displayname:'Ben'}",
    ]
    path = tmp_path / "tea.html"
    path.write_text("<html><script>const chatMessages = [\n" + "\n".join(items) + "]</script>")
    out = imported("wechat", path)
    acts = out.frame("interactions").sort_values("at")
    assert skipped(out.report) == {"a message without a time": 1}
    assert list(acts["kind"]) == ["text", "image", "text"]
    assert acts["n_chars"].iloc[0] == len("it's\ntea")


def test_the_exporter_is_one_person_in_grey_lines_and_messages(tmp_path):
    rows = [
        full_row(0, "wxid_ana", "hi"),
        full_row(1, "", '你邀请"Ben"加入了群聊', kind=10000),
        full_row(2, "", '"安娜"邀请"Cleo、Dan"和你加入了群聊', kind=10000),
        full_row(3, "wxid_me", "hello", mine=1),
    ]
    path = tmp_path / "full.csv"
    path.write_text(table(rows, FULL), encoding="utf-8")
    out = imported("wechat", path)
    stays = out.frame("memberships")
    me = out.names.person("wxid_me")
    assert stays.set_index("person").loc[out.names.person("Ben"), "invited_by"] == me
    assert stays.set_index("person").loc[me, "invited_by"] == out.names.person("wxid_ana")
    assert len(stays) == 5


def test_two_people_without_grey_lines_are_private_unless_said_otherwise(tmp_path):
    rows = [full_row(0, "wxid_ana", "hi"), full_row(1, "wxid_me", "hello", mine=1)]
    path = tmp_path / "full.csv"
    path.write_text(table(rows, FULL), encoding="utf-8")
    acts = imported("wechat", path).frame("interactions")
    assert acts["group"].isna().all()
    assert set(acts["recipient"]) == set(acts["sender"])
    assert imported("wechat", path, chat="tea").frame("interactions")["group"].notna().all()


def test_a_name_for_the_one_chat_of_a_file_is_that_of_the_group(tmp_path):
    path = tmp_path / "full.csv"
    path.write_text(table([full_row(0, "wxid_ana", "hi")], FULL), encoding="utf-8")
    out = imported("wechat", path, chat="tea")
    assert list(out.frame("groups")["group"]) == [out.names.group("tea")]


def test_who_is_addressed_is_answered_and_the_report_says_how_well_that_is_known(tmp_path):
    rows = [
        [wall(BASE), "安娜", "wxid_ana", "茶", "1@chatroom", "谁有茶？"],
        [wall(BASE + 60), "Ben", "wxid_ben", "茶", "1@chatroom", "@安娜\u2005我有"],
        [wall(BASE + 120), "Cleo", "wxid_cleo", "茶", "1@chatroom", "我也有"],
    ]
    path = tmp_path / "log.csv"
    path.write_text(table(rows, LOG), encoding="utf-8")
    out = imported("wechat", path, timezone="Asia/Shanghai")
    acts = out.frame("interactions").sort_values("at").reset_index(drop=True)
    assert acts["reply_to"].notna().tolist() == [False, True, False]
    assert acts["reply_to"][1] == acts["interaction"][0]
    assert bool(acts["reply_inferred"][1])
    assert list(out.frame("recipients")["person"]) == [out.names.person("wxid_ana")]
    assert any("0.69 [0.56, 0.79]" in note.en for note in out.report.notes)


def test_two_readings_of_a_file_ask_the_clock_once(tmp_path):
    rows = [["2024-10-27 02:30:00", "安娜", "a", "茶", "1@chatroom", "which of the two?"]]
    path = tmp_path / "log.csv"
    path.write_text(table(rows, LOG), encoding="utf-8")
    out = imported("wechat", path, timezone="Europe/Berlin")
    assert out.report.clock_changes == {"shown_twice": 1, "never_shown": 0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"A"邀请"B、C"加入了群聊', Notice("join", ("B", "C"), "A", "invited")),
        ('你邀请"B"加入了群聊', Notice("join", ("B",), YOU, "invited")),
        ('"A"邀请你加入了群聊，群聊参与人还有：B、C', Notice("join", (YOU,), "A", "invited")),
        ('"A"通过扫描"B"分享的二维码加入群聊', Notice("join", ("A",), "B", "link")),
        ('"A"通过扫描你分享的二维码加入群聊', Notice("join", ("A",), YOU, "link")),
        ('你将"A"移出了群聊', Notice("leave", ("A",), YOU)),
        ('你被"A"移出群聊', Notice("leave", (YOU,), "A")),
        ("“A”退出了群聊", Notice("leave", ("A",))),
        ('"A" invited "B" to the group chat', Notice("join", ("B",), "A", "invited")),
        ('You removed "A" from the group chat', Notice("leave", ("A",), YOU)),
        ('"A"撤回了一条消息', Notice("message withdrawn")),
        ('"A"修改群名为“茶”', Notice("name changed")),
        ('"A"' + "邀请" * 1000, Notice("other notice")),
    ],
)
def test_grey_lines_of_wechat_tell_who_came_and_went(text, told):
    assert wechat_notice(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Ben加入本群。", Notice("join", ("Ben",))),
        ("Ben(10002)加入本群。", Notice("join", ("10002",))),
        ("安娜(10001)邀请Ben(10002)加入了本群。", Notice("join", ("10002",), "10001", "invited")),
        ("Ben被管理员安娜(10001)移出本群。", Notice("leave", ("Ben",), "10001")),
        ("Ben(10002)退出本群。", Notice("leave", ("10002",))),
        ("安娜撤回了一条消息", Notice("message withdrawn")),
        ("你已成为本群管理员", Notice("owner or manager changed")),
    ],
)
def test_system_lines_of_qq_tell_who_came_and_went(text, told):
    assert qq_notice(text) == told


def qq_text(events, clock, *, category="我的QQ群", chat="茶"):
    rule = "=" * 64
    text = (
        "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
        f"{rule}\n消息分组:{category}\n{rule}\n消息对象:{chat}\n{rule}\n\n"
    )
    for n, kind, who, words in events:
        moment = pd.Timestamp(BASE + 60 * n + SHANGHAI_S, unit="s")
        time = {
            "24": f"{moment:%Y-%m-%d} {moment.hour}:{moment:%M:%S}",
            "12": f"{moment:%Y-%m-%d} {moment.hour % 12 or 12}:{moment:%M:%S %p}",
            "上下午": f"{moment:%Y-%m-%d} {'上午' if moment.hour < 12 else '下午'}"
            f"{moment.hour % 12 or 12}:{moment:%M:%S}",
        }[clock]
        if kind == "said":
            text += f"{time} 【潜水】{NUMBERS[who]}({who})\n{words}\n\n"
        else:
            change = "加入本群。" if kind == "joined" else "退出本群。"
            text += f"{time} 系统消息(1000000)\n{NUMBERS[who]}({who}){change}\n\n"
    return text


@settings(max_examples=4, **SLOW)
@given(
    events=talks(list(NUMBERS)),
    clock=st.sampled_from(["24", "12", "上下午"]),
    encoding=st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]),
)
def test_the_text_of_qq_comes_back(events, clock, encoding, tmp_path):
    path = tmp_path / "茶.txt"
    path.write_text(qq_text(events, clock), encoding=encoding)
    assert detect(path).name == "qq"
    out = imported("qq", path, timezone="Asia/Shanghai")
    assert out.messages() == expected(out, events, "group\0茶")
    check_changes(out, events)


def test_all_chats_in_one_text_are_told_apart(tmp_path):
    group = qq_text([(0, "said", "10001", "hi")], "24")
    friend = qq_text([(1, "said", "10002", "hey")], "24", category="我的好友", chat="Ben")
    path = tmp_path / "all.txt"
    path.write_text(group + friend.replace("【潜水】", ""), encoding="utf-8")
    acts = imported("qq", path, timezone="Asia/Shanghai").frame("interactions")
    assert acts["group"].isna().tolist() == [False, True]


def test_what_is_encrypted_is_refused_and_said_to_be(tmp_path):
    database = tmp_path / "MSG0.db"
    database.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 20)
    noise = tmp_path / "EnMicroMsg.csv"
    noise.write_bytes(bytes((7 * n * n + 3) % 256 for n in range(5000)))
    page = tmp_path / "tea.mht"
    page.write_bytes(b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n")
    for format, path in (("wechat", database), ("wechat", noise), ("qq", page)):
        with pytest.raises(InputError, match="decrypts nothing"):
            imported(format, path, timezone="UTC")


def test_hostile_rows_are_counted(tmp_path):
    rows = [
        full_row(0, "wxid_ana", "hi"),
        full_row(1, "wxid_ben", "=HYPERLINK()"),
        full_row(2, "wxid_cleo", "x" * 200_000),
        [3, 7, "x", "", "", "soon", "", "words", "", "", "", ""],
        [4, 7, 1, 0, 0, 10**30, "", "far", "", "", "", "wxid_ana"],
        [5, 7],
    ]
    path = tmp_path / "full.csv"
    path.write_text(table(rows, FULL) + '6,7,1,0,0,1700000000,"never closed', encoding="utf-8")
    out = imported("wechat", path)
    assert out.report.kept["interactions"] == 3
    assert skipped(out.report) == {
        "no time, or none that can be": 2,
        "a row of another length": 1,
        "a torn row": 1,
    }
    text = tmp_path / "qq.txt"
    text.write_bytes(
        b"stray\n2019-02-31 8:43:38 PM A(10001)\nwhen\n\n2019-02-03 15:43:38 PM A(10001)\nx\n\n"
        b"0000-01-01 00:00:00 A(10001)\nx\n\n9999-01-01 00:00:00 B(10002)\nx\n\n"
        b"2019-02-03 15:43:38 C(10003)\n\xff\xfe\0 bytes\n\n"
    )
    out = imported("qq", text, timezone="UTC", chat="tea")
    assert out.report.records_in_file == 6
    assert out.report.kept["interactions"] == 1


def test_pictures_are_no_words(tmp_path):
    events = [
        (0, "said", "10001", "[图片]"),
        (1, "said", "10002", "[图片]look"),
        (2, "said", "10003", "[a]"),
    ]
    path = tmp_path / "q.txt"
    path.write_text(qq_text(events, "24"), encoding="utf-8")
    acts = imported("qq", path, timezone="Asia/Shanghai").frame("interactions").sort_values("at")
    assert list(acts["kind"]) == ["image", "text", "text"]
