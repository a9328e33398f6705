"""WhatsApp: every way to write a date, what the app says of who is in, and nothing lost."""

import datetime as dtm
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from importers.imported import imported, skipped
from importers.made_chats import PLAIN_TEXTS, MadeChat, made_chats, told_changes, told_messages
from importers.made_chats import imported as made_import

from smallnet.errors import InputError
from smallnet.importers import Clock, Collector, Options, Source, find_format
from smallnet.importers.pseudonyms import Pseudonyms
from smallnet.importers.whatsapp_heads import time_of_day
from smallnet.importers.whatsapp_words import is_you, read_system_line

KEY = bytes(range(32))
NAMES = Pseudonyms(KEY, "whatsapp")
NARROW, NBSP, LRM = "\u202f", "\u00a0", "\u200e"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
EXPORTS = Path(os.environ.get("SMALLNET_DATA", "nowhere")) / "native_exports"


def _half(before: str, after: str) -> Callable[[int], str]:
    return lambda hour: before if hour < 12 else after


def _chinese(hour: int) -> str:
    bounds = ((5, "凌晨"), (8, "清晨"), (12, "上午"), (13, "中午"), (19, "下午"), (24, "晚上"))
    return next(part for bound, part in bounds if hour < bound)


STYLES: dict[str, tuple[str, Callable[[int], str]]] = {
    "android, Britain": ("{d:02}/{m:02}/{Y}, {H:02}:{M:02} - ", _half("", "")),
    "android, United States": ("{m}/{d}/{y:02}, {h}:{M:02}" + NARROW + "{p} - ", _half("AM", "PM")),
    "android, Germany": ("{d:02}.{m:02}.{y:02}, {H:02}:{M:02} - ", _half("", "")),
    "android, Spain": ("{d}/{m}/{Y}, {h}:{M:02}" + NBSP + "{p} - ", _half("a. m.", "p. m.")),
    "android, Mexico": ("{d}/{m}/{y:02} {h}:{M:02} {p} - ", _half("a.m.", "p.m.")),
    "android, China": ("{Y}/{m}/{d} {p}{h}:{M:02} - ", _half("上午", "下午")),
    "android, China, finer": ("{Y}年{m}月{d}日 {p}{h}:{M:02} - ", _chinese),
    "android, Egypt": ("\u200f{d}\u200f/{m}\u200f/{Y}، {h}:{M:02} {p} - ", _half("ص", "م")),
    "android, India": ("{d}/{m}/{Y}, {h}:{M:02} {p} - ", _half("am", "pm")),
    "android, India, Hindi": ("{d}/{m}/{y:02}, {h}:{M:02} {p} - ", _half("पूर्वाह्न", "अपराह्न")),
    "android, Korea": ("{Y}. {m}. {d}. {p} {h}:{M:02} - ", _half("오전", "오후")),
    "android, Japan": ("{Y}/{m:02}/{d:02} {H}:{M:02} - ", _half("", "")),
    "android, Sweden": ("{Y}-{m:02}-{d:02} {H:02}:{M:02} - ", _half("", "")),
    "android, Netherlands": ("{d:02}-{m:02}-{Y} {H:02}:{M:02} - ", _half("", "")),
    "android, France": ("{d:02}/{m:02}/{Y} à {H:02}:{M:02} - ", _half("", "")),
    "android, Brazil": ("{d:02}/{m:02}/{Y} às {H:02}:{M:02} - ", _half("", "")),
    "android, Greece": ("{d}/{m}/{y:02}, {h}:{M:02} {p} - ", _half("π.μ.", "μ.μ.")),
    "ios, United States": ("[{m}/{d}/{y:02}, {h}:{M:02}:{S:02}\u202f{p}] ", _half("AM", "PM")),
    "ios, Germany": ("[{d:02}.{m:02}.{y:02}, {H:02}:{M:02}:{S:02}] ", _half("", "")),
    "ios, China": (LRM + "[{Y}/{m}/{d} {p}{h}:{M:02}:{S:02}] ", _chinese),
    "ios, Finland": ("[{d}.{m}.{Y} klo {H}.{M:02}.{S:02}] ", _half("", "")),
    "ios, Turkey": ("[{d}.{m:02}.{Y} {p} {h}:{M:02}:{S:02}] ", _half("ÖÖ", "ÖS")),
}  # fmt: skip

SAID = {  # change, who, whom; None: the app does not say, or it is the exporter
    'Ana created group "Team: A"': ("created", "Ana", None),
    "You added +49 151 1234567": ("added", "you", "+49 151 1234567"),
    "Bo was added": ("added", None, "Bo"),
    "Bo joined using this group's invite link": ("joined", "Bo", None),
    "Bo joined using a group link.": ("joined", "Bo", None),
    "Ana removed Bo": ("removed", "Ana", "Bo"),
    "Bo left": ("left", "Bo", None),
    "Ana hat die Gruppe „Team“ erstellt.": ("created", "Ana", None),
    "Ana hat dich hinzugefügt.": ("added", "Ana", "you"),
    "Ana hat Bo entfernt.": ("removed", "Ana", "Bo"),
    "Bo hat die Gruppe verlassen": ("left", "Bo", None),
    "Bo ist der Gruppe mit dem Einladungslink beigetreten.": ("joined", "Bo", None),
    'Ana creó el grupo "Team"': ("created", "Ana", None),
    "Añadiste a Bo": ("added", "you", "Bo"),
    "Ana te añadió": ("added", "Ana", "you"),
    "Ana eliminó a Bo": ("removed", "Ana", "Bo"),
    "Bo salió del grupo": ("left", "Bo", None),
    "Bo se unió usando el enlace de invitación de este grupo": ("joined", "Bo", None),
    "Ana a créé le groupe « Team »": ("created", "Ana", None),
    "Vous avez ajouté Bo": ("added", "you", "Bo"),
    "Ana a retiré Bo": ("removed", "Ana", "Bo"),
    "Bo a quitté le groupe": ("left", "Bo", None),
    "Bo a rejoint le groupe via le lien d’invitation": ("joined", "Bo", None),
    'Ana criou o grupo "Team"': ("created", "Ana", None),
    "Ana adicionou você": ("added", "Ana", "you"),
    "Você removeu Bo": ("removed", "you", "Bo"),
    "Bo saiu": ("left", "Bo", None),
    "Bo entrou usando o link de convite deste grupo": ("joined", "Bo", None),
    'Ana ha creato il gruppo "Team"': ("created", "Ana", None),
    "Hai aggiunto Bo": ("added", "you", "Bo"),
    "Ana ha rimosso Bo": ("removed", "Ana", "Bo"),
    "Bo ha abbandonato": ("left", "Bo", None),
    "Bo è entrato usando il link d'invito": ("joined", "Bo", None),
    "Ana создал(а) группу «Team»": ("created", "Ana", None),
    "Вы добавили Bo": ("added", "you", "Bo"),
    "Ana удалил(а) Bo": ("removed", "Ana", "Bo"),
    "Bo вышел(-шла)": ("left", "Bo", None),
    "Bo присоединился(-ась) к группе по ссылке-приглашению": ("joined", "Bo", None),
    "Ana创建了群组“Team”": ("created", "Ana", None),
    "您添加了Bo": ("added", "you", "Bo"),
    "Ana移除了Bo": ("removed", "Ana", "Bo"),
    "Bo离开了": ("left", "Bo", None),
    "Bo使用此群组的邀请链接加入了": ("joined", "Bo", None),
    "Ana建立了群組「Team」": ("created", "Ana", None),
    "Ana已將Bo移除": ("removed", "Ana", "Bo"),
    "Bo已離開": ("left", "Bo", None),
    'قام Ana بإنشاء المجموعة "Team"': ("created", "Ana", None),
    "قام Ana بإضافة Bo": ("added", "Ana", "Bo"),
    "قام Ana بإزالة Bo": ("removed", "Ana", "Bo"),
    "غادر Bo": ("left", "Bo", None),
    "انضم Bo باستخدام رابط الدعوة": ("joined", "Bo", None),
    'Ana ने "Team" ग्रुप बनाया': ("created", "Ana", None),
    "Ana ने Bo को जोड़ा": ("added", "Ana", "Bo"),
    "Ana ने Bo को हटाया": ("removed", "Ana", "Bo"),
    "Bo ने ग्रुप छोड़ दिया": ("left", "Bo", None),
    "Bo ग्रुप के आमंत्रण लिंक से जुड़े": ("joined", "Bo", None),
}

NOT_SAID = (
    "Ana changed the subject from “A” to “B”",
    "Ana hat das Gruppenbild geändert",
    "Mensajes y llamadas cifrados de extremo a extremo",
    "您的安全码已更改",
    "Ana: I left the house and added salt",
)


def _head(moment: dtm.datetime, style: str) -> str:
    layout, part = STYLES[style]
    head = layout.format(
        d=moment.day, m=moment.month, Y=moment.year, y=moment.year % 100, H=moment.hour,
        h=moment.hour % 12 or 12, M=moment.minute, S=moment.second, p=part(moment.hour),
    )  # fmt: skip
    return head.translate(ARABIC) if "Egypt" in style else head


def _collect(text: str, **options: str) -> tuple[Collector, dict[str, pd.DataFrame]]:
    """Hand a text to the collector, and give what it keeps before tables are made of it."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        path = scratch / f"{options.pop('name', 'WhatsApp Chat with Team')}.txt"
        path.write_text(text, encoding="utf-8", newline="")
        collector = Collector(NAMES, scratch, Clock("UTC"), keep_text=True)
        with Source.of(path) as source:
            find_format("whatsapp").read(source, collector, Options(timezone="UTC", **options))
        collector.close()
        frames = {
            name: pd.concat(
                [pq.read_table(part).to_pandas() for part in sorted(scratch.glob(f"{name}-*"))]
            )
            for name in ("messages", "changes", "mentions")
        }
    return collector, frames


MOMENTS = st.lists(
    st.datetimes(dtm.datetime(2018, 1, 1), dtm.datetime(2024, 12, 31)), min_size=3, max_size=12
)
WORDS = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="<>[]"))
    .map(str.strip).filter(bool),
    min_size=1, max_size=3,
)  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=5)
@given(moments=MOMENTS)
def test_every_style_of_date_gives_every_message_at_its_moment(style, moments):
    # the last day of a year tells the order of day and month in every style
    moments = sorted({m.replace(microsecond=0) for m in moments} | {dtm.datetime(2017, 12, 31)})
    if "ios" not in style:
        moments = sorted({moment.replace(second=0) for moment in moments})
    senders = ("Ana", "Bo B.", "+49 151 1234567")
    text = "\n".join(
        f"{_head(moment, style)}{senders[i % 3]}: x" + "\nmore of it" * (i % 2)
        for i, moment in enumerate(moments)
    )
    _, frames = _collect(text)
    found = pd.to_datetime(frames["messages"]["at"], unit="us").dt.to_pydatetime()
    assert list(found) == moments
    first = NAMES.person("Ana")
    assert list(frames["messages"]["sender"].eq(first)) == [i % 3 == 0 for i in range(len(moments))]
    assert set(frames["messages"]["text"]) <= {"x", "x\nmore of it"}


SAYS = {
    "join": "{who} joined using this group's invite link",
    "invite": "{by} added {who}",
    "leave": "{who} left",
    "remove": "{by} removed {who}",
}


@settings(max_examples=6)
@given(chat=made_chats(texts=PLAIN_TEXTS).filter(lambda chat: not any(map(is_you, chat.names))))
def test_a_chat_that_is_written_comes_back(chat: MadeChat):
    lines = []
    for event in chat.events:
        moment = dtm.datetime.fromtimestamp(event.at_s, dtm.UTC)
        by = "" if event.by is None else chat.names[event.by]
        said = SAYS.get(event.kind, "").format(who=chat.names[event.who], by=by)
        rest = f"Team: {LRM}{said}" if said else f"{chat.names[event.who]}: {event.text}"
        lines.append(f"[{moment:%d/%m/%Y, %H:%M:%S}] {rest}")
    result = made_import("whatsapp", {"_chat.txt": "\n".join(lines)}, timezone="UTC", chat="Team")
    expected, found = told_changes(chat, result, chat.names.__getitem__)
    assert found == expected
    expected, found = told_messages(chat, result, chat.names.__getitem__)
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    assert result.report.records_in_file == len(chat.events)


@settings(max_examples=30)
@given(words=WORDS)
def test_words_come_through_as_they_are(words):
    lines = "\n".join(words)
    text = f"31/12/2020, 10:00 - Ana: {lines}\n31/12/2020, 10:01 - Bo: x\n31/12/2020, 10:02 - Cy: y"
    collector, frames = _collect(text)
    kept = frames["messages"]
    assert collector.records == 3 == len(kept)
    if kept["kind"].iloc[0] in ("text", "link"):
        assert kept["text"].iloc[0] == lines


@pytest.mark.parametrize(("line", "said"), SAID.items())
def test_the_app_is_understood_in_ten_languages(line, said):
    told = read_system_line(line)
    assert told is not None
    change, who, whom = said
    assert told.change == change
    assert told.you_act == (who == "you")
    assert told.you_concerned == (whom == "you")
    if who not in (None, "you"):
        assert told.who == who
    if whom not in (None, "you"):
        assert told.whom == whom


@pytest.mark.parametrize("line", NOT_SAID)
def test_what_says_nothing_of_who_is_in_is_no_change(line):
    assert read_system_line(line) is None


@pytest.mark.parametrize("line", [*SAID, *NOT_SAID[:-1]])
def test_no_line_of_the_app_is_taken_for_a_message(line):
    text = (
        f"31/12/2020, 09:00 - {line}\n31/12/2020, 10:00 - Ana: x\n"
        "31/12/2020, 10:01 - Bo: y\n31/12/2020, 10:02 - Cy: z"
    )
    collector, frames = _collect(text)
    assert len(frames["messages"]) == 3
    assert collector.records == 4
    assert collector.kept["changes"] + collector.other.total() == 1


def test_a_group_s_life_becomes_stays():
    text = """\
01/12/2020, 09:00 - Ana created group "Team"
01/12/2020, 09:01 - Ana added Bo, Cy and Dee
02/12/2020, 10:00 - Ana: welcome
03/12/2020, 10:00 - Bo left
04/12/2020, 10:00 - Ana removed Cy
05/12/2020, 10:00 - Bo joined using this group's invite link
06/12/2020, 10:00 - Eve: I was here before
31/12/2020, 10:00 - Ana changed the group description
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "WhatsApp Chat with Team.txt"
        path.write_text(text, encoding="utf-8")
        done = imported("whatsapp", path, timezone="Europe/Berlin", date_order="dmy")
    stays = done.frame("memberships").set_index("person")
    ana, bo, cy, dee, eve = (done.names.person(name) for name in ("Ana", "Bo", "Cy", "Dee", "Eve"))
    assert stays.loc[ana, "via"] == "created"
    assert stays.loc[ana, "joined_at"] == pd.Timestamp("2020-12-01 08:00")
    assert list(stays.loc[[bo], "via"]) == ["invited", "link"]
    assert list(stays.loc[[bo], "left_at"].notna()) == [True, False]
    assert stays.loc[cy, "removed_by"] == ana
    assert pd.isna(stays.loc[dee, "left_at"])  # never wrote, and is a member
    assert pd.isna(stays.loc[eve, "joined_at"])  # unknown, not the first message
    assert set(stays["invited_by"].dropna()) == {ana}
    assert done.report.kept == {"interactions": 2, "membership_events": 5, "other_system": 1}
    groups = done.frame("groups")
    assert list(groups["roster"]) == ["partial"]
    assert groups["created_at"].iloc[0] == pd.Timestamp("2020-12-01 08:00")


def test_a_chat_that_begins_with_its_group_lists_everybody():
    text = """\
13/12/2020, 09:00 - Ana created group "Team"
13/12/2020, 09:01 - Ana added Bo, Cy and Dee
13/12/2020, 10:00 - Bo: hello
14/12/2020, 10:00 - Eve joined using this group's invite link
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "WhatsApp Chat with Team.txt"
        path.write_text(text, encoding="utf-8")
        whole = imported("whatsapp", path, timezone="UTC")
        path.write_text(text[text.index("13/12/2020, 10:00") :], encoding="utf-8")
        later = imported("whatsapp", path, timezone="UTC")
    assert list(whole.frame("groups")["roster"]) == ["complete"]
    assert len(whole.frame("memberships")) == 5
    assert list(later.frame("groups")["roster"]) == ["partial"]


def test_ios_marks_tell_media_and_the_app_s_own_lines():
    text = f"""\
[31.12.20, 09:00:00] Team: {LRM}Ana hat Bo hinzugefügt
[31.12.20, 09:00:01] Team: {LRM}Nachrichten sind Ende-zu-Ende-verschlüsselt.
[31.12.20, 09:00:02] Ana: {LRM}Bild weggelassen
[31.12.20, 09:00:03] Ana: look{LRM}<Anhang: 00000012-PHOTO-2020-12-31.jpg>
[31.12.20, 09:00:04] Bo: {LRM}Diese Nachricht wurde gelöscht.
[31.12.20, 09:00:05] ~ Cy: hello @\u2068Ana\u2069
[31.12.20, 09:00:06] Bo: {LRM}Standort: https://maps.google.com/?q=1,2
"""
    collector, frames = _collect(text)
    kept = frames["messages"]
    assert list(kept["kind"]) == ["image", "image", "deleted", "text", "location"]
    assert list(kept["text"].fillna("-")) == ["-", "look", "-", "hello @\u2068Ana\u2069", "-"]
    assert kept["sender"].iloc[3] == NAMES.person("Cy")
    assert list(frames["mentions"]["person"]) == [NAMES.person("Ana")]
    assert list(frames["changes"]["person"]) == [NAMES.person("Bo")]
    assert collector.other == {"encryption": 1}


def test_media_of_android_have_a_kind_and_no_words():
    text = """\
31/12/2020, 10:00 - Ana: <Media omitted>
31/12/2020, 10:01 - Bo: IMG-20201231-WA0001.jpg (file attached)
31/12/2020, 10:02 - Cy: VID-20201231-WA0001.mp4 (archivo adjunto)
what a day
31/12/2020, 10:03 - Cy: <省略多媒體檔案>
31/12/2020, 10:04 - Cy: I <3 you
31/12/2020, 10:05 - Cy: fine <This message was edited>
"""
    _, frames = _collect(text)
    kept = frames["messages"]
    assert list(kept["kind"]) == ["media", "image", "video", "media", "text", "text"]
    assert list(kept["text"].fillna("-")) == ["-", "-", "what a day", "-", "I <3 you", "fine"]


def test_dates_that_may_be_read_in_two_ways_are_refused_with_both():
    text = "12/9/20, 23:55 - Ana: a\n12/9/20, 23:56 - Bo: b\n12/9/20, 23:56 - Cy: c"
    with pytest.raises(InputError, match=r"2020-09-12.*dmy.*2020-12-09.*mdy.*--date-order"):
        _collect(text)
    _, frames = _collect(text, date_order="mdy")
    assert pd.to_datetime(frames["messages"]["at"], unit="us").iloc[0].month == 12


def test_days_that_would_run_backwards_settle_the_order():
    days = ["1/2/21", "2/2/21", "1/3/21", "2/3/21", "1/4/21"]  # as mdy back and forth by a month
    collector, frames = _collect("\n".join(f"{day}, 10:00 - P{i}: x" for i, day in enumerate(days)))
    months = pd.to_datetime(frames["messages"]["at"], unit="us").dt.month
    assert list(months) == [2, 2, 3, 3, 4]
    assert collector.date_order == "dmy"
    assert len(collector.notes) == 1


def test_an_order_that_contradicts_the_file_is_refused():
    with pytest.raises(InputError, match="line 1"):
        _collect("31/12/2020, 10:00 - Ana: x", date_order="mdy")


def test_a_clock_on_the_wall_needs_its_zone():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Chat.txt"
        path.write_text("31/12/2020, 10:00 - Ana: x", encoding="utf-8")
        with pytest.raises(InputError, match=r"line 1.*UTC in.*--timezone"):
            imported("whatsapp", path)


def test_two_people_without_a_group_are_a_private_chat():
    text = "31/12/2020, 10:00 - Ana: x\n31/12/2020, 10:01 - Bo: y"
    _, frames = _collect(text, name="WhatsApp Chat with Ana")
    assert frames["messages"]["group"].isna().all()
    assert list(frames["messages"]["recipient"]) == [NAMES.person("Bo"), NAMES.person("Ana")]
    _, frames = _collect(text, chat="a group of two")
    assert frames["messages"]["group"].notna().all()


def test_whoever_exported_is_one_person_once_known():
    text = """\
01/12/2020, 09:00 - Ana added you
31/12/2020, 10:00 - Zoe: You deleted this message
31/12/2020, 10:01 - Ana: y
31/12/2020, 10:02 - Cy: y
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Team.txt"
        path.write_text(text, encoding="utf-8")
        done = imported("whatsapp", path, timezone="UTC")
    assert done.report.people["merged"] == 1
    zoe = done.names.person("Zoe")
    stays = done.frame("memberships").set_index("person")
    assert len(stays) == 3
    assert stays.loc[zoe, "joined_at"] == pd.Timestamp("2020-12-01 09:00")


def test_a_number_that_changed_is_one_person():
    text = """\
01/12/2020, 09:00 - +49 151 1111111: x
02/12/2020, 09:00 - +49 151 1111111 changed to +49 151 2222222
31/12/2020, 10:01 - +49 151 2222222: y
31/12/2020, 10:02 - Cy: y
31/12/2020, 10:02 - Dee: y
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Team.txt"
        path.write_text(text, encoding="utf-8")
        done = imported("whatsapp", path, timezone="UTC")
    assert done.report.people["merged"] == 1
    assert done.frame("interactions")["sender"].value_counts().max() == 2


def test_no_line_is_lost_when_the_words_of_a_time_are_not_known():
    text = (
        "31/12/2020 10:00 PM - Ana: x\n31/12/2020 10:01 qqq - Bo: y\n"
        "31/12/2020 10:01 PM - Cy: z\n99/99/2020 10:01 PM - Cy: z\n31/12/2020 10:71 PM - Cy: z"
    )
    collector, frames = _collect(text)
    assert collector.reasons["time of day that cannot be read"] == 2
    assert collector.first_lines["time of day that cannot be read"] == [2, 5]
    assert collector.records == len(frames["messages"]) + collector.reasons.total()


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        (", 12:00 AM", 0), (", 12:00 PM", 720), (" 凌晨12:30", 30), (" 中午12:30", 750),
        (" 中午11:30", 690), (" 中午1:30", 810), (" 晚上11:30", 1410), (" 晚上12:00", 0),
        (" 下午3:05", 905), ("، ٣:٠٥ م", 905), (", 3:05 p. m.", 905), (" klo 15.05", 905),
        (", 15:05", 905), (" a las 3:05 de la tarde", 905),
    ],
)  # fmt: skip
def test_parts_of_the_day_are_hours(words, minutes):
    assert time_of_day(words) == minutes * 60_000_000


def test_a_zip_gives_what_its_text_gives(tmp_path):
    import zipfile

    text = "\n".join(f"31/12/2020, 10:0{i} - P{i}: x" for i in range(5))
    plain = tmp_path / "WhatsApp Chat with Team.txt"
    plain.write_text(text, encoding="utf-8")
    packed = tmp_path / "WhatsApp Chat - Team.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("_chat.txt", text)
        archive.writestr("00000001-PHOTO.jpg", b"\xff\xd8")
    one = imported(None, plain, timezone="UTC")
    other = imported(None, packed, timezone="UTC")
    assert one.messages() == other.messages()
    assert not skipped(one.report)


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "messages", "changes"),
    [
        ("chat-miner/whatsapp/test_[mmddyy]_24hrs.txt", 7, 2),
        ("chat-miner/whatsapp/test_ddmmyy_24hrs.txt", 7, 2),
        ("chat-miner/whatsapp/test_mmddyy_24hrs.txt", 7, 2),
        ("chat-miner/whatsapp/test_mmddyyyy_12hrs.txt", 7, 2),
        ("chat-miner/whatsapp/test_yyyymmdd_24hrs.txt", 7, 2),
        ("chat-analytics/whatsapp/2A_5M.txt", 5, 0),
        ("chat-analytics/whatsapp/4A_11M.txt", 11, 2),
        ("chat-analytics/whatsapp/4A_11M.zip", 11, 2),
    ],
)
def test_native_exports_balance(file, messages, changes):
    path = EXPORTS / file
    if not path.exists():
        pytest.skip("needs SMALLNET_DATA")
    options = {"date_order": "mdy"} if "4A" in file else {}
    report = imported(None, path, timezone="UTC", **options).report
    assert report.kept["interactions"] == messages
    assert report.kept["membership_events"] == changes
