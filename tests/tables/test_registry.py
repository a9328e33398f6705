"""The registry: names, notices, where files are found, and what a download can do wrong."""

import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from smallnet.errors import DownloadError, InputError, UnknownNameError
from smallnet.tables.registry import (
    Entry,
    File,
    cache_folder,
    convert,
    entry,
    fetch,
    fetch_files,
    list_data,
    load_data,
)

CONTENT = b"person,friend\nann,bob\n"
NAMES = [
    "thiers2013",
    "slack_10academy",
    "slack_bcneng",
    "slack_clojurians",
    "lean_zulip",
    "copenhagen_cns",
    "kfamily",
    "med_innovation",
    "uci_messages_forum",
    "email_eu_core",
    "india_microfinance",
    "mit_social_evolution",
    "blogcatalog3",
    "bitcoin_otc_trust",
    "ciaodvd_trust",
    "davis",
    "karate",
]


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve one file well, one broken off, and nothing else."""

    def do_GET(self) -> None:
        if self.path not in {"/good.csv", "/broken.csv"}:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) * (2 if "broken" in self.path else 1)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()
        thread.join()


def toy(address: str | None, content: bytes = CONTENT) -> Entry:
    return Entry(
        name="toy",
        title="A toy",
        files=(File("pairs.csv", hashlib.sha256(content).hexdigest(), address),),
        page="http://127.0.0.1/page",
        licence="none",
        terms="none",
        citation="nobody",
        edition="first",
        can_test=(),
    )


def test_every_promised_set_is_listed_once() -> None:
    names = [known.name for known in list_data()]
    assert set(NAMES) <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("known", list_data(), ids=lambda known: known.name)
def test_an_entry_says_what_a_user_must_know(known: Entry) -> None:
    for word in (known.title, known.licence, known.terms, known.citation, known.edition):
        assert word
        assert word in known.notice or word == known.edition
    assert known.page.startswith("http")
    assert known.published
    assert "\n" not in known.notice
    for file in known.files:
        assert len(file.sha256) == 64
        assert file.address is None or file.address.startswith("https://")
        assert file.address is None or file.address.endswith(file.name)


def test_an_entry_is_plain_values_for_whoever_prints_it() -> None:
    plain = entry("thiers2013").to_dict()
    assert plain["files"][0]["address"].endswith("HighSchool2013_proximity_net.csv.gz")
    assert plain["published"]["contacts"] == 188_508
    assert "188,508 contacts" in entry("thiers2013").size_text


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        entry("davis").published["women"] = 19  # type: ignore[index]


@pytest.mark.parametrize("typed", ["slack_bcn", "Slack_bcneng", "slak_bcneng"])
def test_a_mistyped_name_is_answered_with_the_one_that_is_near(typed: str) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'slack_bcneng'"):
        entry(typed)


def test_a_name_like_none_is_answered_with_all_names() -> None:
    with pytest.raises(UnknownNameError, match=r"expected one of .*lean_zulip.*davis") as error:
        entry("zzqqx")
    assert "did you mean" not in str(error.value)


def test_a_good_file_is_fetched_once_and_kept(server: str, tmp_path: Path) -> None:
    said: list[str] = []
    wanted = toy(f"{server}/good.csv")
    folder = fetch_files(wanted, tmp_path / "cache" / "toy", notify=said.append)
    assert (folder / "pairs.csv").read_bytes() == CONTENT
    assert said == [f"toy: fetching {server}/good.csv"]
    fetch_files(wanted, folder, notify=said.append)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("path", "content", "sentence"),
    [
        ("good.csv", b"something else", "gave other bytes than expected"),
        ("broken.csv", CONTENT, "the transfer broke off before the end"),
        ("absent.csv", CONTENT, "the server answered 404"),
    ],
)
def test_a_bad_answer_ends_in_a_sentence_and_leaves_nothing(
    server: str, tmp_path: Path, path: str, content: bytes, sentence: str
) -> None:
    with pytest.raises(DownloadError, match=sentence) as raised:
        fetch_files(toy(f"{server}/{path}", content), tmp_path / "toy", notify=lambda line: None)
    assert "\n" not in str(raised.value)
    assert f"{server}/{path}" in str(raised.value)
    assert list((tmp_path / "toy").iterdir()) == []


def test_without_a_network_one_sentence_says_so(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/good.csv"
    with pytest.raises(DownloadError, match="cannot be reached"):
        fetch_files(toy(address), tmp_path / "toy", notify=lambda line: None)
    assert list((tmp_path / "toy").iterdir()) == []


def test_a_spoilt_file_in_the_cache_is_fetched_again(server: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes(CONTENT[:5])
    fetch_files(toy(f"{server}/good.csv"), tmp_path, notify=lambda line: None)
    assert (tmp_path / "pairs.csv").read_bytes() == CONTENT


def test_a_cache_that_is_a_file_ends_in_a_sentence(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DownloadError, match="could not be kept in"):
        fetch_files(toy(f"{server}/good.csv"), tmp_path / "file", notify=lambda line: None)


def test_a_set_without_an_address_says_where_to_read_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMALLNET_DATA", raising=False)
    monkeypatch.setenv("SMALLNET_CACHE", str(tmp_path))
    with pytest.raises(DownloadError, match="set SMALLNET_DATA") as raised:
        load_data("slack_10academy", notify=lambda line: None)
    assert entry("slack_10academy").page in str(raised.value)


def test_a_file_of_another_edition_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMALLNET_DATA", str(tmp_path))
    folder = tmp_path / "bitcoin_otc_trust"
    folder.mkdir()
    with pytest.raises(InputError, match=r"has no file soc-sign-bitcoinotc\.csv\.gz"):
        fetch("bitcoin_otc_trust")
    (folder / "soc-sign-bitcoinotc.csv.gz").write_bytes(b"")
    with pytest.raises(InputError, match="another edition"):
        fetch("bitcoin_otc_trust")


def test_converting_an_empty_folder_names_the_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no file people\.csv, which kfamily needs"):
        convert("kfamily", tmp_path)


@pytest.mark.parametrize("content", [b"", b"one,two\n1,2\n", b"\x1f\x8b\x08broken", b"\xff\x00\n"])
def test_converting_other_files_ends_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    for file in entry("mit_social_evolution").files:
        (tmp_path / file.name).write_bytes(content)
    with pytest.raises(InputError, match="holds other files than those of mit_social_evolution"):
        convert("mit_social_evolution", tmp_path)


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SMALLNET_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("SMALLNET_CACHE")
    assert cache_folder().name == "smallnet"


def test_loading_shows_licence_and_citation_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    load_data("davis")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "Licence: BSD-3" in shown.err
    assert "Deep South" in shown.err


def test_davis_has_18_women_at_14_events() -> None:
    davis = load_data("davis", notify=lambda line: None)
    assert (davis.rows["people"], davis.rows["groups"], davis.rows["memberships"]) == (18, 14, 89)
    assert davis.frame("memberships").groupby("group").size()["E8"] == 14


def test_karate_has_34_people_78_ties_and_45_triangles() -> None:
    karate = load_data("karate", notify=lambda line: None)
    friends = karate.frame("friendships")
    assert (karate.rows["people"], len(friends)) == (34, 78)
    both = friends[["person", "friend"]]
    ties = pd.concat([both, both.set_axis(["friend", "person"], axis=1)])
    paths = ties.merge(ties, left_on="friend", right_on="person", suffixes=("", "_2"))
    closed = paths.merge(ties, left_on=["friend_2", "person"], right_on=["person", "friend"])
    assert len(closed) == 6 * 45
    assert karate.frame("memberships").groupby("group").size().to_dict() == {
        "Mr. Hi": 17,
        "Officer": 17,
    }
