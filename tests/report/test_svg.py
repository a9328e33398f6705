import re
from xml.etree import ElementTree

import pytest
from report_samples import sample_results

from smallnet.errors import InputError
from smallnet.figures import house_style, plot_forest, save_figure
from smallnet.report.svg import figure_lang, inline_svg

EVIL = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
  onload="alert(1)" viewBox="0 0 9 9">
<script>alert(1)</script><foreignObject><b>x</b></foreignObject>
<style>@import url(//evil.invalid);</style>
<defs><path id="p" d="M0 0"/></defs>
<use xlink:href="#p" onclick="alert(1)"/><image href="https://evil.invalid/x.png"/>
<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>
<g style="fill:url(#p)" clip-path="url(#p)"/><g style="fill:url(https://evil.invalid/#x)"/>
</svg>"""


@pytest.fixture
def figure(tmp_path):
    with house_style():
        return save_figure(plot_forest(sample_results()), tmp_path, "overview", lang="en")


def test_ids_and_what_points_to_them_get_the_prefix(figure):
    svg = inline_svg(figure, "a-", "words")
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids)) > 10
    assert all(name.startswith("a-") for name in ids)
    targets = re.findall(r'href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
    assert len(targets) > 10
    assert set(targets) <= set(ids)


def test_two_figures_on_a_page_share_no_id(figure):
    found = [set(re.findall(r'\bid="([^"]+)"', inline_svg(figure, p, ""))) for p in ("a-", "b-")]
    assert not found[0] & found[1]


def test_an_svg_brings_no_scripts_styles_or_outside_links(tmp_path):
    path = tmp_path / "evil.svg"
    path.write_text(EVIL)
    svg = inline_svg(path, "x-", '"><script>alert(1)</script>')
    for word in ("<script", "onload", "onclick", "foreignObject", "evil", "javascript", "<style"):
        assert word not in svg
    assert svg.count("url(#x-p)") == 2
    assert 'href="#x-p"' in svg


def test_a_figure_says_what_it_shows_to_those_who_do_not_see_it(figure):
    svg = inline_svg(figure, "a-", "S05: 0.8 < 1")
    assert 'role="img"' in svg
    assert 'aria-label="S05: 0.8 &lt; 1"' in svg


def test_the_language_of_a_figure_is_known(figure, tmp_path):
    assert figure_lang(figure) == "en"
    assert figure_lang(tmp_path / "none.svg") is None


@pytest.mark.parametrize("text", ["<svg", "", '<!DOCTYPE s [<!ENTITY a "aa">]><svg>&a;</svg>'])
def test_what_is_no_svg_is_refused(tmp_path, text):
    path = tmp_path / "x.svg"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.svg"):
        inline_svg(path, "a-", "")


def test_other_namespaces_set_in_the_process_do_not_change_the_drawing(figure):
    before = inline_svg(figure, "a-", "words")
    ElementTree.register_namespace("", "http://www.gexf.net/1.3")  # as writing a GEXF file does
    assert inline_svg(figure, "a-", "words") == before
    assert before.startswith("<svg ")
