"""Slack exports: what was written comes back, and equals the prepared set it is part of."""

import io
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported import imported, skipped

from smallnet.errors import InputError
from smallnet.importers.slack import plain
from smallnet.tables import load_data

PEOPLE = ("U1", "U2", "U3", "U4")
CHANNELS = ("C1", "C2")
NAMES = {"C1": "tea", "C2": "coffee"}
BASE = 1_600_000_000
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="<>&", exclude_categories=("Cc", "Cs")),
    max_size=30,
)


@st.composite
def workspaces(draw):
    """Messages, replies, reactions, joins and leaves, at different microseconds."""
    n = draw(st.integers(1, 25))
    acts = []
    for k in range(n):
        channel, person = draw(st.sampled_from(CHANNELS)), draw(st.sampled_from(PEOPLE))
        kind = draw(st.sampled_from(("say", "say", "say", "answer", "join", "leave")))
        earlier = [a for a in acts if a["channel"] == channel and a["kind"] == "say"]
        ts = f"{BASE + 40_000 * k}.{draw(st.integers(0, 999_999)):06d}"
        act = {"channel": channel, "person": person, "ts": ts, "kind": kind, "text": ""}
        if kind in ("say", "answer"):
            act["text"] = draw(WORDS)
            act["fans"] = draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))
        if kind == "answer":
            act["kind"] = "answer" if earlier else "say"
            act["root"] = draw(st.sampled_from(earlier))["ts"] if earlier else None
        acts.append(act)
    members = {c: draw(st.lists(st.sampled_from(PEOPLE), unique=True)) for c in CHANNELS}
    return acts, members


def record(act):
    row = {"type": "message", "user": act["person"], "ts": act["ts"], "text": act["text"]}
    if act["kind"] in ("join", "leave"):
        row["subtype"] = f"channel_{act['kind']}"
    if act.get("fans"):
        row["reactions"] = [{"name": "+1", "users": act["fans"], "count": len(act["fans"])}]
    if act.get("root"):
        row["thread_ts"] = act["root"]
    return row


def zipped(days, *, members=None, root="", **more):
    """Write an export: ``days`` maps paths to records."""
    channels = [
        {"id": c, "name": NAMES[c], "created": 1_500_000_000, "creator": "U1", "members": m}
        for c, m in (members or {"C1": ["U1", "U2"], "C2": []}).items()
    ]
    files = {"channels.json": channels, "users.json": [{"id": p} for p in PEOPLE], **more, **days}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            archive.writestr(root + name, raw)
    return buffer.getvalue()


def written(tmp_path, raw, name="export.zip"):
    path = tmp_path / name
    path.write_bytes(raw)
    return path


def micro(ts):
    return int(ts.replace(".", ""))


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(workspace=workspaces(), root=st.sampled_from(["", "export/"]))
def test_a_workspace_that_is_written_and_imported_is_the_same(workspace, root, tmp_path):
    acts, members = workspace
    days = {}
    for act in acts:
        day = pd.Timestamp(int(act["ts"].split(".")[0]), unit="s").date()
        days.setdefault(f"{NAMES[act['channel']]}/{day}.json", []).append(record(act))
    out = imported("slack", written(tmp_path, zipped(days, members=members, root=root)))
    person, group, act_of = out.names.person, out.names.group, out.names.act
    said = [act for act in acts if act["kind"] in ("say", "answer")]
    assert out.report.records_in_file == len(acts)
    assert out.report.kept["interactions"] == len(said)
    assert out.messages() == {
        (person(a["person"]), micro(a["ts"]), group(a["channel"]), len(a["text"])) for a in said
    }
    assert out.replies() == {
        (act_of(group(a["channel"]), a["ts"]), act_of(group(a["channel"]), a["root"]))
        for a in said
        if a.get("root")
    }
    ties = out.frame("ties")
    given_ = sum(fan != a["person"] for a in said for fan in a["fans"])
    assert (0 if ties.empty else ties["weight"].sum()) == given_
    joins = {
        (group(a["channel"]), person(a["person"]), micro(a["ts"]))
        for a in acts
        if a["kind"] == "join"
    }
    assert joins == {stay[:3] for stay in out.stays() if stay[2] is not None}
    inside = out.frame("memberships")
    listed = set(zip(inside["group"], inside["person"], strict=True)) if len(inside) else set()
    assert {(group(c), person(p)) for c, names in members.items() for p in names} <= listed


def test_direct_messages_are_private_and_say_so(tmp_path):
    dms = [{"id": "D1", "members": ["U1", "U2"]}]
    days = {"D1/2020-09-13.json": [{"user": "U1", "ts": "1600000000.000001", "text": "tea"}]}
    out = imported("slack", written(tmp_path, zipped(days, **{"dms.json": dms})))
    act = out.frame("interactions").iloc[0]
    assert pd.isna(act["group"])
    assert act["recipient"] == out.names.person("U2")
    assert "private = true" in out.text


def test_an_export_without_direct_messages_could_not_record_them(tmp_path):
    days = {"tea/2020-09-13.json": [{"user": "U1", "ts": "1600000000.000001", "text": "tea"}]}
    assert "private = false" in imported("slack", written(tmp_path, zipped(days))).text


def test_apps_and_notices_are_no_talk_of_people(tmp_path):
    rows = [
        {"ts": "1600000000.000001", "subtype": "bot_message", "bot_id": "B1", "text": "build done"},
        {"ts": "1600000001.000001", "user": "U1", "bot_id": "B1", "text": "posted by an app"},
        {"ts": "1600000002.000001", "user": "U1", "subtype": "channel_topic", "text": "secret"},
        {"ts": "1600000003.000001", "user": "U1", "text": "tea"},
    ]
    out = imported("slack", written(tmp_path, zipped({"tea/2020-09-13.json": rows})))
    acts = out.frame("interactions").sort_values("at")
    people = out.frame("people").set_index("person")["bot"]
    assert list(acts["kind"]) == ["text", "system", "system", "text"]
    assert bool(people[acts["sender"].iloc[0]])
    assert acts["n_chars"].isna().tolist() == [False, True, True, False]


def test_an_archived_channel_keeps_the_list_of_its_last_day(tmp_path):
    rows = [
        {"ts": "1600000000.000001", "user": "U3", "subtype": "channel_join", "text": ""},
        {
            "ts": "1600000009.000001",
            "user": "U1",
            "subtype": "channel_archive",
            "members": ["U1", "U2"],
            "text": "",
        },
    ]
    out = imported("slack", written(tmp_path, zipped({"coffee/2020-09-13.json": rows})))
    stays = out.frame("memberships").set_index("person")
    here = stays[stays["group"] == out.names.group("C2")]
    groups = out.frame("groups").set_index("group")
    assert set(here.index[here["listed"].astype(bool)]) == {
        out.names.person("U1"),
        out.names.person("U2"),
    }
    assert pd.notna(here.loc[out.names.person("U3"), "left_by"])
    assert groups.loc[out.names.group("C2"), "closed_at"] == pd.Timestamp(
        1_600_000_009_000_001, unit="us"
    )


def test_the_comment_on_a_file_of_old_is_of_whom_it_names(tmp_path):
    row = {
        "ts": "1600000000.000001",
        "subtype": "file_comment",
        "text": "<@U2> commented on <@U1>'s file: fine",
    }
    out = imported("slack", written(tmp_path, zipped({"tea/2020-09-13.json": [row]})))
    assert list(out.frame("interactions")["sender"]) == [out.names.person("U2")]
    assert list(out.frame("recipients")["person"]) == [out.names.person("U1")]


IMPOSSIBLE = (
    ("text", "no message"),
    ({"user": "U1", "text": "x"}, "no time, or none that can be"),
    ({"user": "U1", "ts": {"a": 1}, "text": "x"}, "no time, or none that can be"),
    ({"user": "U1", "ts": "1600000000.1e5", "text": "x"}, "no time, or none that can be"),
    ({"user": "U1", "ts": "-1600000000.000001"}, "no time, or none that can be"),
    ({"user": "U1", "ts": "99999999999.000001"}, "time before 1980 or in the future"),
    ({"ts": "1600000000.000001", "subtype": "channel_join"}, "a join or leave of nobody"),
)
ODD = (
    {"user": ["U1"], "ts": "1600000000.000001", "text": 7, "reactions": [3, {"users": 4}]},
    {"user": None, "ts": 1600000001, "text": None, "thread_ts": 4, "edited": [], "files": {}},
    {"user": "U1", "ts": "1600000002.000001", "text": "a\ud800b\0c", "bot_id": []},
    {"user": "U1", "ts": "1600000003.000001", "text": "tea", "reactions": "none"},
)


def test_records_that_cannot_be_are_counted_and_odd_fields_cost_nothing(tmp_path):
    rows = [*ODD, *(row for row, _ in IMPOSSIBLE)]
    out = imported("slack", written(tmp_path, zipped({"tea/2020-09-13.json": rows})))
    assert skipped(out.report) == Counter(reason for _, reason in IMPOSSIBLE)
    assert out.report.kept["interactions"] == len(ODD)
    assert all(row["first_lines"] for row in out.report.skipped if row["reason"][:4] != "time")


def test_a_day_that_is_cut_off_loses_what_is_cut_and_says_so(tmp_path):
    rows = [{"user": "U1", "ts": f"160000000{k}.000001", "text": "tea"} for k in range(9)]
    raw = json.dumps(rows).encode()[:-40]
    out = imported("slack", written(tmp_path, zipped({"tea/2020-09-13.json": raw})))
    assert out.report.kept["interactions"] == 8
    assert sum(skipped(out.report).values()) == 1


def test_days_that_are_no_lists_are_counted(tmp_path):
    broken = [b"", b"{", b"\xff\xfe\x00", b'{"a": 1}', b"[[[[", b"nonsense"]
    good = [{"user": "U1", "ts": "1600000000.000001", "text": "tea"}]
    days = {f"tea/2020-09-{14 + n}.json": raw for n, raw in enumerate(broken)}
    out = imported("slack", written(tmp_path, zipped({"tea/2020-09-13.json": good, **days})))
    assert out.report.kept["interactions"] == 1
    assert sum(skipped(out.report).values()) == len(broken)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"PK\x03\x04 cut off", "cannot be read"),
        (zipped({"../../evil/2020-09-13.json": []}), "leads out of the zip"),
        (zipped({}, **{"users.json": b"[{"}), "expected a whole list"),
        (b"[]", "expected the zip or folder that Slack exports"),
    ],
)
def test_a_hostile_file_is_refused_in_one_sentence(raw, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        imported("slack", written(tmp_path, raw))
    assert "\n" not in str(error.value)


def test_the_same_export_twice_changes_nothing(tmp_path):
    days = {"tea/2020-09-13.json": [{"user": "U1", "ts": "1600000000.000001", "text": "tea"}]}
    path = written(tmp_path, zipped(days))
    once, twice = imported("slack", path), imported("slack", [path, path])
    assert once.messages() == twice.messages()
    assert skipped(twice.report) == {"already in the data": 1}


def test_the_words_of_markup_are_those_of_a_reader():
    assert plain("a &lt; b <https://example.org/x|here> <#C1|tea> <!channel>") == (
        "a < b https://example.org/x #tea @channel"
    )


# Real exports


def export(name):
    if "SMALLNET_DATA" not in os.environ:
        pytest.skip("SMALLNET_DATA is not set")
    return Path(os.environ["SMALLNET_DATA"]) / "native_exports" / "slack" / name


@pytest.mark.data
def test_the_zip_of_small_teams_is_the_prepared_set_of_its_channels():
    native = imported("slack", export("tenacademy_small_teams_scrubbed.zip"))
    with zipfile.ZipFile(export("tenacademy_small_teams_scrubbed.zip")) as archive:
        channels = json.loads(archive.read("channels.json"))
    prepared = load_data("slack_10academy", notify=lambda line: None)
    names = prepared.frame("groups").set_index("name")["group"]
    same = {names[c["name"]]: native.names.group(c["id"]) for c in channels}
    assert len(same) == 10
    ours, theirs = native.frame("interactions"), prepared.frame("interactions")
    theirs = theirs[theirs["group"].isin(same)].assign(group=lambda f: f["group"].map(same))

    def by_second(acts, *keys):
        return acts.groupby(["group", acts["at"].dt.floor("s"), *keys]).size().sort_index()

    for channel in ("joining", "leaving", "lurkers", "private"):
        covered = str(prepared.study.coverage[channel]).lower()
        assert f"{channel} = {covered}" in native.text
    # messages, and which of them answer, a channel and second
    pd.testing.assert_series_equal(by_second(ours), by_second(theirs))
    pd.testing.assert_series_equal(
        by_second(ours[ours["reply_to"].notna()]), by_second(theirs[theirs["reply_to"].notna()])
    )
    # people, each with the same acts: the pseudonyms are another naming of the same people
    assert sorted(ours.groupby("sender").size()) == sorted(theirs.groupby("sender").size())
    # joins a channel and second
    stays, listed = native.frame("memberships"), prepared.frame("memberships")
    listed = listed[listed["group"].isin(same)].assign(group=lambda f: f["group"].map(same))

    def joins(frame):
        known = frame[frame["joined_at"].notna()]
        return known.groupby(["group", known["joined_at"].dt.floor("s")]).size().sort_index()

    pd.testing.assert_series_equal(joins(stays), joins(listed))
    assert stays["listed"].sum() == listed["listed"].sum()
    assert stays.groupby("group").size().to_dict() == listed.groupby("group").size().to_dict()
    # reactions, without those to oneself; prepared ties are of all channels, so from the raw file
    raw = pd.read_csv(Path(os.environ["SMALLNET_DATA"]) / "slack_10academy" / "reactions.csv.gz")
    acts = theirs.set_index("interaction")["sender"]
    given = raw[raw["message"].isin(acts.index)]
    to_self = given["user"] == given["message"].map(acts)
    assert native.frame("ties")["weight"].sum() == len(given) - to_self.sum()
    # mentions, without those of oneself
    told = prepared.frame("recipients")
    assert len(native.frame("recipients")) == told["interaction"].isin(acts.index).sum()


@pytest.mark.data
def test_the_layout_of_2016_imports_balanced():
    out = imported("slack", export("houston2016_scrubbed.zip"))
    assert out.report.records_in_file == 1_382
    assert out.report.kept == {"interactions": 1_059, "membership_events": 323, "other_system": 0}
    assert out.frame("memberships")["listed"].sum() == 317  # 320 joined, 3 of them left
