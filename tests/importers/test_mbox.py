"""Mailing lists: what was written comes back, threads and zones and coded words included."""

import datetime as dtm
import email.message
import email.utils

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import imported, skipped

from smallnet.importers import detect
from smallnet.importers.mbox import own_words

PEOPLE = ("ana@example.org", "ben@example.org", "cleo@example.com")
LISTS = ("tea.lists.example.org", "cups.lists.example.org")
BASE = dtm.datetime(2005, 6, 27, 9, 19, tzinfo=dtm.UTC)
ENVELOPE = "From ana@example.org Mon Jun 27 09:19:00 2005\n"
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40
).map(str.strip)


def mail(number, sender, text, *, listed=LISTS[0], when=BASE, answers=None, **headers):
    made = email.message.EmailMessage()
    made["From"] = email.utils.formataddr(("Müller, A.", sender))
    made["To"] = "somelist@example.org"
    made["Date"] = email.utils.format_datetime(when)
    made["Message-ID"] = f"<{number}@x>"
    if listed:
        made["List-Id"] = f"Über Tee <{listed}>"
    if answers is not None:
        made["In-Reply-To"] = f"<{answers}@x>"
    for key, value in headers.items():
        made[key.replace("_", "-")] = value
    made.set_content(text)
    return ENVELOPE + made.as_string().replace("\nFrom ", "\n>From ") + "\n"


def box(tmp_path, mails, name="tea.mbox"):
    path = tmp_path / name
    path.write_text("".join(mails), encoding="utf-8")
    return path


@st.composite
def lists(draw):
    mails = []
    for number in range(draw(st.integers(1, 15))):
        listed = draw(st.sampled_from(LISTS))
        earlier = [m["number"] for m in mails if m["listed"] == listed]
        zone = dtm.timezone(dtm.timedelta(minutes=draw(st.sampled_from([-480, 0, 120, 330]))))
        mails.append(
            {
                "number": number,
                "sender": draw(st.sampled_from(PEOPLE)),
                "listed": listed,
                "when": (BASE + dtm.timedelta(hours=number)).astimezone(zone),
                "text": draw(WORDS.filter(lambda text: own_words(text) == text)),
                "answers": draw(st.sampled_from(earlier)) if earlier else None,
            }
        )
    return mails


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mails=lists())
def test_lists_that_are_written_and_imported_are_the_same(mails, tmp_path):
    rows = [dict(m) for m in mails]
    out = imported("mbox", box(tmp_path, [mail(**row) for row in rows]))
    person, group, act = out.names.person, out.names.group, out.names.act
    assert out.report.records_in_file == len(mails)
    assert not skipped(out.report)
    assert out.messages() == {
        (
            person(m["sender"]),
            round(m["when"].timestamp() * 1e6),
            group(m["listed"]),
            len(m["text"]),
        )
        for m in mails
    }
    assert out.replies() == {
        (act(group(m["listed"]), f"{m['number']}@x"), act(group(m["listed"]), f"{m['answers']}@x"))
        for m in mails
        if m["answers"] is not None
    }


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("On Monday Ben wrote:\n> tea?\n>> cups?\n\nYes.", "Yes."),
        ("Am 1.1. schrieb Ben:\n> tea?\nJa.\n> cups?\nNein.", "Ja.\nNein."),
        ("在 2024年，Ben 写道：\n> 茶？\n\n好。", "好。"),
        ("Yes.\n-- \nAna\nTea department", "Yes."),
        ("Yes.\n-----Original Message-----\nFrom: Ben\ntea?", "Yes."),
        ("Yes.\n_______________________________\ntea mailing list", "Yes."),
        ("> only\n> quotes", ""),
        ("5 > 3 stays", "5 > 3 stays"),
    ],
)
def test_only_the_senders_own_words_count(text, own):
    assert own_words(text) == own


def test_mail_to_people_and_to_no_list_is_private(tmp_path):
    mails = [mail(1, PEOPLE[0], "tea?", listed=None, Cc=f"Ben <{PEOPLE[1]}>")]
    out = imported("mbox", box(tmp_path, mails))
    act = out.frame("interactions").iloc[0]
    assert pd.isna(act["group"])
    assert act["recipient"] == out.names.person("somelist@example.org")
    assert list(out.frame("recipients")["person"]) == [out.names.person(PEOPLE[1])]


def test_archives_without_list_headers_are_called_as_their_file(tmp_path):
    text = (
        "From ana at example.org  Mon Jun 27 09:19:00 2005\n"
        "From: ana at example.org (Ana)\nDate: Mon, 27 Jun 2005 11:19:00 +0200\n"
        "Message-ID: <1@x>\n\ntea?\n\n"
    )
    out = imported("mbox", box(tmp_path, [text], "tea-list_2005-June.txt"))
    at = round(BASE.timestamp() * 1e6)
    names = out.names
    assert out.messages() == {(names.person(PEOPLE[0]), at, names.group("tea-list"), 4)}
    assert set(out.frame("groups")["roster"]) == {"posters"}


def test_a_cross_posting_is_a_mail_to_each_list_and_its_links_are_shared(tmp_path):
    text = "look: https://example.org/pot"
    mails = [mail(1, PEOPLE[0], text), mail(1, PEOPLE[0], text, listed=LISTS[1])]
    out = imported("mbox", box(tmp_path, mails))
    assert len(out.frame("interactions")) == len(out.frame("shares")) == 2


def test_pages_and_attachments_give_their_words_only(tmp_path):
    made = email.message.EmailMessage()
    made["From"], made["Message-ID"] = PEOPLE[0], "<1@x>"
    made["List-Id"], made["Date"] = f"<{LISTS[0]}>", email.utils.format_datetime(BASE)
    made.set_content("<p>ten <b>words</b></p><style>p {color: red}</style>", subtype="html")
    made.add_attachment(b"\0" * 3_000_000, maintype="image", subtype="png", filename="pot.png")
    out = imported("mbox", box(tmp_path, [ENVELOPE, made.as_string(), "\n"]))
    assert list(out.frame("interactions")["n_chars"]) == [len("ten words")]
    assert out.report.mended == {"mails read to 2 MB": 1}


def test_hostile_mails_are_counted(tmp_path):
    path = tmp_path / "tea.mbox"
    head = ENVELOPE.encode()
    listed = b"List-Id: <tea.x>\nMessage-ID: <%d@x>\n"
    path.write_bytes(
        head
        + b"From: =?no-such-code?b?!!!?= <ana@example.org>\nDate: Mon, 99 Foo 0000\n"
        + listed % 1
        + b"Content-Type: text/plain; charset=klingon\n\ncaf\xe9\n\n"
        + head
        + b"From: ben@example.org\nDate: Mon, 27 Jun 9999 09:19:00 +0000\n"
        + listed % 2
        + b"\nfar\n\n"
        + head
        + b"From: ben@example.org\nDate: Mon, 27 Jun 0000 09:19:00 +9999\n"
        + listed % 3
        + b"Content-Type: multipart/mixed; boundary=nowhere\n\ncut off\0\n\n"
        + head
        + b"\nno header at all\n\n"
    )
    out = imported("mbox", path)
    assert out.report.records_in_file == 4
    assert skipped(out.report) == {
        "time before 1980 or in the future": 1,
        "no mail, or one without a sender": 1,
    }
    assert sorted(out.frame("interactions")["at"]) == [pd.Timestamp("2005-06-27T09:19")] * 2


def test_addresses_and_words_are_nowhere_in_what_is_written(tmp_path):
    path = box(tmp_path, [mail(1, PEOPLE[0], "a secret recipe")])
    out = imported("mbox", path)
    tables = "".join(frame.to_csv() for frame in out.tables.values())
    for word in ("ana@", "example", "Müller", "secret", "lists"):
        assert word not in out.text + tables


def test_a_box_is_known_by_its_envelope(tmp_path):
    assert detect(box(tmp_path, [mail(1, PEOPLE[0], "tea?")])).name == "mbox"
