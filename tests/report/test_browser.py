"""The page in a real headless Chromium."""

import pytest
from headless import chromium, open_page, requests_of, set_size
from report_samples import HOSTILE, sample_groups
from report_study import page_in, write_study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def english_page(tmp_path_factory):
    return page_in("en", tmp_path_factory)


@pytest.fixture(scope="module")
def chinese_page(tmp_path_factory):
    return page_in("zh", tmp_path_factory)


@pytest.fixture(scope="module")
def window():
    with chromium() as driver:
        yield driver


@pytest.fixture
def opened(window, english_page):
    set_size(window, 1280, 900)
    requests_of(window)  # what the browser asked for by itself while it started
    window.get_log("browser")
    open_page(window, english_page)
    return window


def column(window, place):
    script = """return [...document.querySelectorAll('#groups-table tbody tr')].map(
        row => row.cells[arguments[0]].textContent)"""
    return window.execute_script(script, place)


def press(window, place):
    window.execute_script(f"document.querySelectorAll('#groups-table th button')[{place}].click()")


def type_in(window, words):
    script = (
        "const box = document.getElementById('groups-search'); box.value = arguments[0];"
        "box.dispatchEvent(new Event('input'));"
    )
    window.execute_script(script, words)


def count(window):
    return window.execute_script("return document.getElementById('groups-count').textContent")


def test_the_page_renders_without_a_word_on_the_console(opened):
    assert opened.get_log("browser") == []
    assert opened.execute_script("return document.querySelectorAll('figure svg').length") == 4
    assert column(opened, 0)


def test_the_page_asks_for_nothing_but_itself(opened, english_page):
    opened.execute_script("window.scrollTo(0, document.body.scrollHeight)")
    assert requests_of(opened) == [english_page.resolve().as_uri()]


def test_hostile_words_do_nothing(opened):
    assert opened.execute_script("return window.hacked === undefined")
    assert (
        opened.execute_script("return document.querySelectorAll('img, iframe, object').length") == 0
    )
    assert opened.execute_script("return document.querySelectorAll('script').length") == 2
    for part in HOSTILE.values():
        type_in(opened, part[:20])
    assert opened.execute_script("return window.hacked === undefined")
    type_in(opened, "")
    shown = column(opened, 0)
    assert HOSTILE["script"] in shown
    assert HOSTILE["template"] in shown
    assert max(len(name) for name in shown) <= 80
    assert opened.get_log("browser") == []


def test_an_injected_script_would_be_stopped_by_the_policy(opened):
    opened.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        "document.body.append(s);"
    )
    assert opened.execute_script("return window.hacked === undefined")
    assert "Content Security Policy" in opened.get_log("browser")[0]["message"]


def test_numbers_sort_as_numbers_both_ways(opened):
    press(opened, 1)
    sizes = [float(cell.replace(",", "")) for cell in column(opened, 1)]
    expected = sorted(sample_groups(rows=140)["size"], reverse=True)
    assert sizes == expected[:50]
    press(opened, 1)
    sizes = [float(cell.replace(",", "")) for cell in column(opened, 1)]
    assert sizes == expected[::-1][:50]


def test_the_sorted_column_is_told_to_those_who_listen(opened):
    press(opened, 1)
    script = "return [...document.querySelectorAll('#groups-table th')].map(c => c.ariaSort)"
    assert opened.execute_script(script) == ["none", "descending", "none", "none"]
    press(opened, 0)
    assert opened.execute_script(script) == ["ascending", "none", "none", "none"]


def test_the_table_can_be_sorted_from_the_keyboard(opened):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    button = opened.find_elements(By.CSS_SELECTOR, "#groups-table th button")[1]
    button.send_keys(Keys.ENTER)
    sizes = [float(cell.replace(",", "")) for cell in column(opened, 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 5


def test_words_filter_the_groups(opened):
    type_in(opened, "GROUP 03")
    assert column(opened, 0) == [f"group 03{digit}" for digit in range(10)]
    assert count(opened) == "10 of 140 groups"
    type_in(opened, "<script>")
    assert HOSTILE["script"] in column(opened, 0)
    type_in(opened, "nobody has this name")
    assert column(opened, 0) == []
    assert count(opened) == "0 of 140 groups"


def test_a_choice_of_the_scorecard_filters_the_groups(opened):
    opened.execute_script(
        "const s = document.querySelector('select[data-column]'); s.value = '4';"
        "s.dispatchEvent(new Event('change'));"
    )
    assert set(column(opened, 2)) == {"4"}
    wanted = int((sample_groups(rows=140)["criteria_met"] == 4).sum())
    assert count(opened) == f"{wanted} of 140 groups"


def test_pages_hold_fifty_groups_each_and_together_all(opened):
    seen = list(column(opened, 0))
    assert len(seen) == 50
    for _ in range(2):
        opened.execute_script("document.getElementById('groups-next').click()")
        seen += column(opened, 0)
    assert len(seen) == 140
    assert opened.execute_script("return document.getElementById('groups-next').disabled")
    assert opened.execute_script("return document.getElementById('groups-page').textContent") == (
        "Page 3 of 3"
    )


@pytest.mark.parametrize("width", [320, 380, 768, 1280])
def test_nothing_sticks_out_at_the_side(opened, width):
    set_size(opened, width, 800)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_link_to_a_folded_claim_opens_its_fold(opened):
    from selenium.webdriver.support.ui import WebDriverWait

    script = "return document.getElementById('S15').checkVisibility()"
    assert not opened.execute_script(script)
    opened.execute_script("document.querySelector('#verdict-table a[href=\\'#S15\\']').click()")
    WebDriverWait(opened, 10).until(lambda window: window.execute_script(script))
    top = "return document.getElementById('S15').getBoundingClientRect().top"
    WebDriverWait(opened, 10).until(lambda window: 0 <= window.execute_script(top) < 900)


def test_every_picture_has_words_and_every_control_a_label(opened):
    script = """return [...document.querySelectorAll('figure svg')].every(
        s => s.getAttribute('role') === 'img' && s.getAttribute('aria-label').length > 20)
        && [...document.querySelectorAll('input, select')].every(c => c.labels.length === 1)
        && [...document.querySelectorAll('button')].every(b => b.textContent.trim() !== '')"""
    assert opened.execute_script(script)


def test_the_chinese_page_shows_chinese(window, chinese_page):
    window.get_log("browser")
    open_page(window, chinese_page)
    assert window.execute_script("return document.documentElement.lang") == "zh-Hans"
    assert "主要结果" in window.execute_script("return document.body.innerText")
    assert window.execute_script(
        "return [...document.querySelectorAll('#groups-table th button')].map(b => b.textContent)"
    ) == ["群", "成员数", "满足标准数", "每人每天消息"]
    assert count(window) == "140 个群中的 140 个"
    assert window.get_log("browser") == []


def test_thousands_of_groups_stay_quick_to_hold(window, tmp_path):
    page = write_study(tmp_path, rows=5000)
    open_page(window, page)
    assert count(window) == "5000 of 5000 groups"
    assert len(column(window, 0)) == 50
    press(window, 2)
    assert len(column(window, 0)) == 50
    assert page.stat().st_size < 3_000_000
