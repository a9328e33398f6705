import matplotlib
import pytest
from figure_samples import HOSTILE
from matplotlib import font_manager

from smallnet.errors import OutputError
from smallnet.figures import find_cjk_font, house_style, make_axes, printable, save_figure
from smallnet.figures import style as style_module
from smallnet.figures.style import _drawable


@pytest.fixture
def no_cjk(monkeypatch):
    """A machine whose fonts have no Chinese characters."""
    plain = [f for f in font_manager.fontManager.ttflist if f.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", plain)
    caches = (find_cjk_font, _drawable)
    for cached in caches:
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


needs_cjk = pytest.mark.skipif(find_cjk_font() is None, reason="no font has Chinese characters")


def test_the_house_style_ends_with_its_block():
    before = dict(matplotlib.rcParams)
    with house_style("zh"):
        assert matplotlib.rcParams["svg.hashsalt"] == "smallnet"
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert dict(matplotlib.rcParams) == before


@needs_cjk
def test_chinese_letters_lead_only_where_the_figure_is_chinese():
    with house_style("zh") as lang:
        assert lang == "zh"
        assert matplotlib.rcParams["font.family"][0] == find_cjk_font()
    with house_style("en") as lang:
        assert lang == "en"
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans", find_cjk_font()]


def test_without_a_chinese_font_figures_are_labelled_in_english(no_cjk):
    assert find_cjk_font() is None
    with house_style("zh") as lang:
        assert lang == "en"
    assert printable("tea 茶馆") == "tea ·"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_drawn_without_a_missing_glyph(name, tmp_path):
    # a missing glyph is a warning, and warnings are errors here
    with house_style("en"):
        ax = make_axes(None)
        ax.set_title(printable(HOSTILE[name]))
        ax.set_xlabel(HOSTILE[name][:60].replace("$", ""))  # as a careless caller would
        path = save_figure(ax, tmp_path, "hostile")
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_printable_name_is_one_short_line_of_letters_with_glyphs(name):
    line = printable(HOSTILE[name], 40)
    assert 0 < len(line.replace(r"\$", "$")) <= 40
    assert "\n" not in line
    assert all(ord(letter) in _drawable() for letter in line)


def test_marks_that_turn_the_direction_are_taken_out():
    assert printable("\u202etxt.exe\u202c") == "txt.exe"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_figure_gives_the_same_bytes(tmp_path, lang):
    written = []
    for _ in range(2):
        with house_style(lang):
            ax = make_axes(None)
            ax.plot([1, 2, 3], [3, 1, 2], label="茶")
            ax.fill_between([1, 2, 3], [3, 1, 2], hatch="//")
            ax.legend()
            svg = save_figure(ax, tmp_path, "same", lang=lang)
        written.append((svg.read_bytes(), svg.with_suffix(".png").read_bytes()))
    assert written[0] == written[1]
    assert b"<dc:date>" not in written[0][0]


def test_nothing_is_left_half_written(tmp_path):
    target = tmp_path / "figures"
    target.write_text("a file where a folder should be")
    with house_style():
        ax = make_axes(None)
        with pytest.raises(OutputError, match="cannot write"):
            save_figure(ax, target, "name")
    assert [path.name for path in tmp_path.iterdir()] == ["figures"]


def test_saving_leaves_no_other_file(tmp_path):
    with house_style():
        save_figure(make_axes(None), tmp_path, "plain")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.png", "plain.svg"]


def test_figures_are_in_no_global_list():
    import matplotlib.pyplot as plt

    make_axes(None)
    assert plt.get_fignums() == []


def test_the_notice_names_a_font_to_install():
    assert "fonts-noto-cjk" in style_module.NO_CJK_FONT.en
    assert "fonts-noto-cjk" in style_module.NO_CJK_FONT.zh
