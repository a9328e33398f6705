"""The page over several studies: found, written whole, readable alone, in two languages."""

import json
import re

import pytest
from across_samples import STUDIES

from smallnet.cli import main
from smallnet.errors import InputError
from smallnet.hypotheses.claims import CLAIMS
from smallnet.report import write_across, write_results
from smallnet.report.across import find_studies, read_studied
from smallnet.report.svg import figure_lang
from smallnet.tables import Choices


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    place = tmp_path_factory.mktemp("studies")
    for name, (source, results) in STUDIES.items():
        write_results(
            place / name,
            results,
            dataset_info={
                "name": name,
                "sha256": name,
                "rows": {"memberships": 3},
                "study": {"name": name, "source": source, "coverage": {"lurkers": True}},
            },
            choices=Choices(),
            random_seed=1,
            summary={"people": 120, "groups": 9},
        )
    return place


@pytest.fixture(scope="module", params=["en", "zh"])
def written(request, studies, tmp_path_factory):
    out = tmp_path_factory.mktemp(f"across_{request.param}")
    claims = write_across([studies], out, lang=request.param)
    return request.param, out, claims


def test_studies_are_found_by_name_and_inside_a_folder(studies, tmp_path):
    inside = find_studies([studies])
    assert [path.name for path in inside] == ["book", "run", "tea", "world"]
    assert find_studies([studies / "tea", studies]) == [inside[2], *inside[:2], inside[3]]
    with pytest.raises(InputError, match=r"no results\.json"):
        find_studies([tmp_path])


def test_a_study_is_read_with_what_pooling_must_know(studies):
    world, tea = read_studied(studies / "world"), read_studied(studies / "tea")
    assert (world.simulated, tea.simulated) == (True, False)
    assert (tea.name, tea.people, tea.coverage) == ("tea", 120, {"lurkers": True})


def test_the_file_holds_every_claim_and_what_was_pooled(written):
    _, out, claims = written
    content = json.loads((out / "across.json").read_text("utf-8"))
    entries = {entry["id"]: entry for entry in content["claims"]}
    assert set(entries) == set(CLAIMS)
    assert [entry["simulated"] for entry in content["sets"]] == [False, False, False, True]
    (pooled,) = entries["S05"]["pools"]
    assert pooled["studies"] == ["book", "run", "tea"]
    assert sum(pooled["weights"]) == pytest.approx(1)
    assert pooled["estimate"] == next(c for c in claims if c.id == "S05").pools[0].estimate
    assert entries["S05"]["answers"][3]["kept_out"]["en"].startswith("simulated")
    assert entries["S08"]["state"] == "nobody"
    assert entries["S08"]["would_settle"]["zh"]


def test_the_page_needs_nothing_but_itself_and_runs_nothing(written):
    _, out, _ = written
    page = (out / "across.html").read_text("utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*""", page)
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_the_page_says_each_claim_once_in_its_language(written):
    lang, out, claims = written
    page = (out / "across.html").read_text("utf-8")
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in page
    spoken = [c for c in claims if c.state != "nobody"]
    assert len(re.findall("<article", page)) == len(spoken) == 4
    for whole in spoken:
        assert f'id="{whole.id}"' in page
        assert whole.claim.title.get(lang) in page
    assert figure_lang(out / "figures" / "across.svg") == lang


def test_the_rest_is_named_with_what_would_settle_it(written):
    lang, out, claims = written
    page = (out / "across.html").read_text("utf-8")
    for whole in claims:
        if whole.state == "nobody":
            assert f"{whole.id} {whole.claim.title.get(lang)}" in page


def test_the_same_studies_give_the_same_page(studies, written, tmp_path):
    lang, out, _ = written
    write_across([studies], tmp_path, lang=lang)
    for name in ("across.html", "figures/across.svg"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


def test_the_command_says_the_verdicts_and_where_the_page_is(studies, tmp_path, capsys):
    options = ["--same-people", "tea,run", "-o", str(tmp_path)]
    assert main(["across", str(studies), *options]) == 0
    said = capsys.readouterr().out
    assert "S05  " in said
    assert str(tmp_path / "across.html") in said
    content = json.loads((tmp_path / "across.json").read_text("utf-8"))
    s05 = next(entry for entry in content["claims"] if entry["id"] == "S05")
    assert s05["pools"][0]["studies"] == ["book", "tea"]  # of equally many, the first named


def test_the_command_names_a_folder_without_studies(tmp_path, capsys):
    assert main(["across", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert "expected a study" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
