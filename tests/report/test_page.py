import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from report_samples import HOSTILE, sample_groups, sample_results
from report_study import page_in, write_study

from smallnet.errors import InputError, NotTestableError
from smallnet.figures import find_cjk_font
from smallnet.hypotheses import VERDICTS
from smallnet.hypotheses.claims import CLAIMS, load_claim
from smallnet.hypotheses.result import not_testable
from smallnet.report import build_page, load_study, write_figures, write_results
from smallnet.report.csv import write_csv
from smallnet.report.display import clean, flatten, show_value
from smallnet.report.group_rows import group_rows, json_island
from smallnet.report.reasons import what_is_missing
from smallnet.report.svg import figure_lang
from smallnet.report.texts import CHOICES, COLUMNS, LACKED, PAGE
from smallnet.tables import Choices, list_data


class Outline(HTMLParser):
    """Headings, links, ids and scripts of a page, and whether its elements nest."""

    EMPTY = ("meta", "link", "input", "br", "!doctype")

    def __init__(self, text):
        super().__init__()
        self.open, self.headings, self.ids, self.anchors = [], [], [], []
        self.scripts, self.addresses, self.handlers, self.text = [], [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag not in self.EMPTY:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [values["id"]] if "id" in values else []
        self.scripts += [values.get("type")] if tag == "script" else []
        self.handlers += [name for name in values if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action"):
            if name in values:
                self.addresses.append(values[name])

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data


@pytest.fixture(scope="module")
def english_page(tmp_path_factory):
    return page_in("en", tmp_path_factory)


@pytest.fixture(scope="module")
def chinese_page(tmp_path_factory):
    return page_in("zh", tmp_path_factory)


@pytest.fixture(scope="module")
def english(english_page):
    return Outline(english_page.read_text("utf-8"))


@pytest.fixture(scope="module")
def chinese(chinese_page):
    return Outline(chinese_page.read_text("utf-8"))


@pytest.mark.parametrize("page", ["english", "chinese"])
def test_elements_nest_and_headings_are_in_order(page, request):
    outline = request.getfixturevalue(page)
    assert outline.open == []
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


@pytest.mark.parametrize("page", ["english", "chinese"])
def test_ids_are_unique_and_every_link_leads_somewhere_on_the_page(page, request):
    outline = request.getfixturevalue(page)
    assert len(outline.ids) == len(set(outline.ids))
    inside = [address[1:] for address in outline.addresses if address.startswith("#")]
    assert set(inside) <= set(outline.ids)
    outside = [address for address in outline.addresses if not address.startswith("#")]
    assert all(address.startswith("data:") for address in outside)


def test_the_page_has_two_scripts_and_no_handlers_whatever_stands_in_the_data(english):
    assert english.scripts == ["application/json", None]
    assert english.handlers == []


def test_the_page_asks_the_browser_to_load_nothing(english_page):
    text = english_page.read_text("utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", text)


def test_every_claim_stands_there_with_all_it_needs(english):
    for result in sample_results():
        for part in (result.title, result.claim, result.method, result.null_model, result.reason):
            assert part in english.text
        assert result.id in english.ids
    for word in (
        "Size is chosen",
        "Groups are independent",
        "without the silent end",
        "0.820 [0.710",
    ):
        assert word in english.text


def test_what_was_answered_comes_first_by_verdict_then_by_id(english_page):
    text = english_page.read_text("utf-8")
    found = text[text.index('<ul class="findings">') : text.index('<details id="lacking">')]
    links = re.findall(r'href="#(\w+)"', found)
    assert links == ["S01", "S05", "S08", "S13", "S14", "S16", "S03", "T30"]
    assert re.findall(r'<h3 id="(\w+)"', text) == links


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("english_page", "</a>: friendships.</li>"),
        ("chinese_page", "</a>：这是用中文写的理由。</li>"),
    ],
)
def test_what_cannot_be_tested_is_folded_with_what_is_missing(page, line, request):
    text = request.getfixturevalue(page).read_text("utf-8")
    folded = text[
        text.index('<details id="lacking">') : text.index('<section aria-labelledby="dat')
    ]
    assert re.findall(r'<li><a href="#(\w+)"', folded) == ["S15"]
    assert line in folded
    claims = text[text.index('<section aria-labelledby="claims">') :]
    assert re.findall(r'<h4 id="(\w+)"', claims) == ["S15"]  # in a fold, one level down
    assert claims.index("<details>\n<summary>") < claims.index('<h4 id="S15"')
    table = text[text.index('<table class="stack" id="verdict-table">') :]
    named = re.findall(r"<td>([STB]\d\d)</td>", table)
    assert named == sorted(
        (r.id for r in sample_results()), key=lambda name: ("STB".index(name[0]), name)
    )


def test_a_claim_that_cannot_be_tested_says_which_data_would_settle_it(english, chinese):
    words = load_claim("S15").CLAIM.would_settle
    assert words.en in english.text
    assert words.zh in chinese.text


def test_the_overview_leaves_out_what_cannot_be_tested_and_counts_it(english_page, chinese):
    figure = (english_page.parent / "figures" / "overview.svg").read_text("utf-8")
    assert "Newcomers judge" in figure
    assert "Relationship chains" not in figure
    assert "Left out: 1 that these data cannot test." in english_page.read_text("utf-8")
    assert "另有 1 条主张这份数据无法检验，未列出。" in chinese.text


def test_data_that_can_test_nothing_say_so(tmp_path):
    lacking = not_testable(load_claim("S01").CLAIM, Choices(), NotTestableError(("shares",)))
    write_results(tmp_path, [lacking], dataset_info={}, choices=Choices(), random_seed=1)
    text = build_page(tmp_path).read_text("utf-8")
    assert PAGE["nothing_answered"].en in text
    assert '<details id="lacking" open>' in text  # else the page would begin with nothing
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    ("reason", "lang", "line"),
    [
        (
            "Not testable: no share goes to a sized group. More is said here.",
            "en",
            "no share goes to a sized group.",
        ),
        ("Not testable for 0.5 of it: none. Else so.", "en", "Not testable for 0.5 of it: none."),
        ("No stop at all", "en", "No stop at all"),
        ("无法检验：没有分享。单看前后说明不了什么。", "zh", "没有分享。"),
        ("数据缺少friendships：没有记录与没有发生无法区分。", "zh", "好友关系。"),
    ],
)
def test_what_is_missing_is_one_line(reason, lang, line):
    texts = {"zh": {"reason": reason}} if lang == "zh" else {}
    lacking = dataclasses.replace(sample_results()[7], reason=reason, translations=texts)
    assert what_is_missing(lacking, lang) == line


def test_figures_follow_results_that_changed(tmp_path):
    write_study(tmp_path, lang="en", rows=20)
    path = tmp_path / "results.json"
    path.write_text(path.read_text("utf-8").replace("Everyone is active", "Nobody is quiet"))
    build_page(tmp_path)
    assert "Nobody is quiet" in (tmp_path / "figures" / "overview.svg").read_text("utf-8")


def test_the_data_the_choices_and_the_provenance_are_told(english):
    for word in ("CC0", "Nobody (2024)", "1,200", "88,123", "ab" * 32, "Asia/Shanghai", "muting"):
        assert word in english.text
    assert "25 (changed)" in english.text
    assert english.text.count("(changed)") == 1
    assert "left after joined" in english.text
    assert "row 17: 2023 </script>" in english.text


def test_the_chinese_page_is_chinese(chinese, chinese_page):
    assert '<html lang="zh-Hans">' in chinese_page.read_text("utf-8")
    for key in ("found", "verdicts", "claims", "groups", "choices", "provenance"):
        assert PAGE[key].zh in chinese.text
        assert PAGE[key].en not in chinese.text
    assert "人人都活跃在小群中" in chinese.text
    assert "规模是选择的结果" in chinese.text
    assert "退出早于加入" in chinese.text


def test_the_english_page_gives_the_chinese_claim_beside(english_page):
    assert '<p lang="zh-Hans" class="soft">人人都活跃在小群中。</p>' in english_page.read_text(
        "utf-8"
    )


def test_figures_are_drawn_again_where_another_language_is_asked(tmp_path):
    write_study(tmp_path, lang="en", rows=20)
    assert figure_lang(tmp_path / "figures" / "overview.svg") == "en"
    text = build_page(tmp_path, lang="zh").read_text("utf-8")
    assert figure_lang(tmp_path / "figures" / "drawing.svg") == "zh"
    assert "小群效应检验" in text
    (tmp_path / "figures" / "sizes.svg").unlink()
    build_page(tmp_path, redraw=False)  # back to the study's own language
    assert figure_lang(tmp_path / "figures" / "sizes.svg") == "en"


def test_a_page_can_be_built_from_results_alone(tmp_path):
    write_results(
        tmp_path, [], dataset_info={}, choices=Choices(), random_seed=1, summary={"people": None}
    )
    outline = Outline(build_page(tmp_path).read_text("utf-8"))
    assert outline.open == []
    assert PAGE["no_groups"].en in outline.text


def test_a_folder_without_a_study_is_told():
    with pytest.raises(InputError, match="expected the results of a study"):
        build_page("/nonexistent/folder")


def test_an_unknown_language_is_told(english_page):
    with pytest.raises(InputError, match="lang is 'fr'"):
        build_page(english_page.parent, lang="fr")


def test_without_a_chinese_font_the_page_says_so(tmp_path, monkeypatch):
    from smallnet.report import page_words

    monkeypatch.setattr(page_words, "figure_language", lambda lang: "en")
    write_results(tmp_path, [], dataset_info={}, choices=Choices(), random_seed=1, lang="zh")
    assert "fonts-noto-cjk" in build_page(tmp_path).read_text("utf-8")


def test_every_column_that_a_claim_needs_has_words():
    needs = {need for claim in CLAIMS for need in load_claim(claim).CLAIM.needs}
    columns = {need for need in needs if "." in need and not need.startswith("coverage.")}
    assert columns <= set(LACKED), columns - set(LACKED)


def test_the_licences_of_public_data_are_said_in_chinese():
    from smallnet.report import page_words

    for entry in list_data():
        (said,) = [v for _, v in page_words._facts({"licence": entry.licence}, "zh")]
        assert not re.search("unstated|package|the|part of", said), said
        (said,) = [v for _, v in page_words._facts({"licence": entry.licence}, "en")]
        assert said == entry.licence


def test_both_languages_have_every_word():
    for words in (PAGE, COLUMNS):
        for key, text in words.items():
            assert text.en, key
            assert text.zh, key
    assert set(CHOICES) == set(Choices().to_dict())
    fields = re.compile(r"\{(\w+)\}")
    for key, text in PAGE.items():
        assert set(fields.findall(text.en)) == set(fields.findall(text.zh)), key


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_an_island_can_end_its_script(name):
    island = json_island({"name": HOSTILE[name]})
    assert "<" not in island
    assert "\u2028" not in island
    assert json.loads(island) == {"name": HOSTILE[name]}


def test_the_rows_of_the_island_are_those_of_the_table():
    groups = sample_groups()
    groups["state"], groups["active_share"] = "dead", None
    content = json.loads(group_rows(groups, "zh").island)
    labels = [column["label"] for column in content["columns"]]
    assert labels == ["群", "成员数", "状态", "满足标准数", "每人每天消息"]
    assert content["rows"][0][2] == "死亡"
    assert len(content["rows"]) == len(groups)
    assert content["rows"][3][1] == groups["size"][3]


def test_cleaned_words_have_no_marks_that_turn_the_direction():
    for name in HOSTILE.values():
        line = clean(name, 80)
        assert len(line) <= 80
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f]", line)
    assert "👩‍👩‍👧‍👦" in clean(HOSTILE["emoji"])


def test_every_verdict_is_explained(english):
    for verdict in VERDICTS:
        assert verdict in english.text


@pytest.mark.skipif(find_cjk_font() is None, reason="no font has Chinese characters")
def test_a_study_in_chinese_has_figures_in_chinese(chinese_page):
    assert figure_lang(chinese_page.parent / "figures" / "overview.svg") == "zh"


def test_the_written_study_is_read_back(english_page):
    assert load_study(english_page.parent)["summary"]["people"] == 1200


def test_numbers_of_a_result_are_told_in_the_language_of_the_page():
    details = {
        "within": {
            "estimate": 0.9,
            "ci_low": None,
            "ci_high": 1.2,
            "warning": "a",
            "warning_zh": "甲",
        },
        "bands": [{"days": "0-2", "exits": 3}, {"days": "3-14", "exits": 9}],
        "null_from": "two buttons",
        "contains_essay_number": True,
        "share_of_sharers_interval": [0.1, 0.25],
        "a_new_key": -1234.5,
        "figure": {"x": [1, 2, 3]},
        "nothing": [],
    }
    assert flatten(details, "en") == [
        ("within groups, as they grow", ["0.900 [–, 1.20]; note: a"]),
        ("by days since joining", ["days: 0-2; exits: 3", "days: 3-14; exits: 9"]),
        ("chance taken from", ["two equal buttons"]),
        ("the essay's number is inside", ["yes"]),
        ("its interval", ["[0.100, 0.250]"]),
        ("a new key", ["−1,234"]),
    ]
    chinese = dict(flatten(details, "zh"))
    assert chinese["群内（随规模变化）"] == ["0.900 [–, 1.20]；注意：甲"]
    assert chinese["随机水平的来源"] == ["两个等价按钮"]


def test_a_name_that_is_also_a_word_of_ours_stays_a_name():
    assert show_value("feed", "zh") == "feed"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            "The data lack the way each share went (shares.channel), friendships, muting: what was "
            "not recorded cannot be told from what did not happen.",
        ),
        (
            "zh",
            "数据缺少分享的渠道（shares.channel）、好友关系、屏蔽：没有记录与没有发生无法区分。",
        ),
    ],
)
def test_what_the_data_lack_is_said_in_words(tmp_path, lang, said):
    missing = NotTestableError(("shares.channel", "friendships", "coverage.muting"))
    lacking = not_testable(load_claim("S01").CLAIM, Choices(), missing)
    write_results(tmp_path, [lacking], dataset_info={}, choices=Choices(), random_seed=1, lang=lang)
    assert said in Outline(build_page(tmp_path, lang=lang).read_text("utf-8")).text


def test_contacts_are_not_called_messages(tmp_path):
    sizes = sample_groups(rows=20)
    write_results(
        tmp_path,
        sample_results(),
        dataset_info={"study": {"notes": ["a note"]}},
        choices=Choices(),
        random_seed=1,
        lang="zh",
        summary={"acts": "contacts"},
    )
    write_csv(sizes, tmp_path / "tables" / "groups.csv")
    svg = write_figures(tmp_path, [], sizes, {"acts": "contacts"}, lang="zh")
    assert "group_map.svg" in [path.name for path in svg]
    page = build_page(tmp_path, lang="zh").read_text("utf-8")
    assert "每人每天接触" in page
    assert "每人每天消息" not in page
    assert '数据说明的原文（英文）：</p>\n<ul lang="en">\n<li>a note</li>' in page


def test_a_watch_without_a_calendar_has_no_dates(tmp_path):
    watch = {"observed_from": "1970-01-01T00:00:00", "observed_until": "1970-01-29T00:00:00"}
    info = {"study": {**watch, "time_origin": "unknown"}}
    write_results(
        tmp_path, sample_results(), dataset_info=info, choices=Choices(), random_seed=1, lang="en"
    )
    text = Outline(build_page(tmp_path).read_text("utf-8")).text
    assert "28 days; the calendar is not told" in text
    assert "1970" not in text


def test_an_overview_without_a_number_is_not_drawn(tmp_path):
    lacking = not_testable(load_claim("S01").CLAIM, Choices(), NotTestableError(("shares",)))
    assert write_figures(tmp_path, [lacking]) == ()


def test_figures_without_anything_to_show_are_not_drawn(tmp_path):
    silent = sample_groups(rows=20).assign(messages_per_member_day=None)
    names = [path.name for path in write_figures(tmp_path, sample_results(), silent)]
    assert names == ["overview.svg", "sizes.svg"]
    assert write_figures(tmp_path, [], silent.assign(size=None)) == ()


def test_a_figure_that_fails_costs_no_page(tmp_path):
    broken = dataclasses.replace(sample_results()[0], details={"figure": {}})
    with pytest.warns(UserWarning, match="the figure of S01 could not be drawn"):
        write_figures(tmp_path, [broken])
    assert (tmp_path / "figures" / "overview.svg").is_file()
