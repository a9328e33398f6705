"""The paper: no number is typed, each is looked up and found, references are real, it compiles."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from typed_numbers import looked_up, typed_numbers

from smallnet.hypotheses.claims import CLAIMS
from smallnet.report import write_results
from smallnet.tables import Choices

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "paper"
sys.path.insert(0, str(PAPER))
sys.path.insert(0, str(ROOT / "tests" / "report"))

from across_samples import STUDIES  # noqa: E402
from make_paper import build_pdf, make_paper  # noqa: E402
from paper_numbers import build_numbers, package_numbers  # noqa: E402

TEXTS = ("paper.typ", "tables.typ")


@pytest.fixture(scope="module")
def of_package():
    return package_numbers()


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    """Build the paper from a few made-up studies: most numbers of the data sets are missing."""
    out = tmp_path_factory.mktemp("out")
    for name, (source, results) in STUDIES.items():
        info = {"name": name, "sha256": name, "rows": {}, "study": {"source": source}}
        write_results(
            out / name, results, dataset_info=info, choices=Choices(), random_seed=1,
            summary={"people": 12},
        )  # fmt: skip
    make_paper(out, draft=True)
    return out


def at(numbers, path):
    for part in path.split("."):
        if not isinstance(numbers, dict) or part not in numbers:
            return None
        numbers = numbers[part]
    return numbers


@pytest.mark.parametrize("name", TEXTS)
def test_no_number_is_typed_into_the_paper(name):
    assert typed_numbers((PAPER / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Most shares (85 %) are private.", ["85"]),
        ("ratio of 0.59 [0.44, 0.79]", ["0.59", "0.44", "0.79"]),
        ("$nu = 1.9$ makes it jump", ["1.9"]),
        ("with 1,200 people in 2013 @xu2017", ["1,200"]),
        ('S05 in `slack_10academy` is #n("sets.a.1.estimate"), $x^2$, width: 88%', []),
    ],
)  # fmt: skip
def test_the_rule_finds_what_is_typed(text, found):
    assert typed_numbers(text) == found


def test_numbers_of_the_package_are_there(of_package):
    ours = [
        path
        for name in TEXTS
        for path in looked_up((PAPER / name).read_text("utf-8"))
        if path.split(".")[0] not in {"sets", "totals", "across", "races"}
    ]
    assert len(ours) > 40
    assert [path for path in ours if at(of_package, path) is None] == []


def test_numbers_of_data_sets_are_named_as_results_name_them():
    from smallnet.tables import list_data

    names = {entry.name for entry in list_data()}
    paths = [p for name in TEXTS for p in looked_up((PAPER / name).read_text("utf-8"))]
    asked = [p.split(".") for p in paths if p.startswith("sets.")]
    assert len(asked) > 40
    for parts in asked:
        assert parts[1] in names
        assert parts[2] in {"claims", "summary"}
        if parts[2] == "claims":
            assert parts[3] in CLAIMS


def test_theory_is_that_of_the_published_values(of_package):
    # Newman 2003; St-Onge et al. 2022; Ball et al. 1997: values of the theory's own tests.
    theory = of_package["theory"]
    assert theory["percolation"]["tenth"]["value"] == pytest.approx(0.233096, abs=1e-6)
    assert theory["tricritical"]["nu"]["value"] == pytest.approx(1.908045, abs=1e-6)
    assert theory["critical_global"]["30"]["value"] == pytest.approx(0.037402, abs=1e-6)
    assert theory["equal_contacts"]["nu_2"]["n_13"]["value"] == pytest.approx(0.023118, abs=1e-6)


def test_the_summary_of_the_calibration_is_that_of_its_table(of_package):
    from smallnet.hypotheses.calibrated import shipped_table

    rows = [row for row in shipped_table() if row["kind"] == "null"]
    counts = [round(row["rate"] * row["worlds"]) for row in rows]  # rates have four digits
    alarms = sum(counts) / sum(row["worlds"] for row in rows)
    assert of_package["calibration"]["alarms"]["estimate"]["value"] == pytest.approx(alarms)


def test_a_number_is_itself_and_its_text(of_package):
    assert of_package["counts"]["tested"] == {"value": len(CLAIMS), "text": str(len(CLAIMS))}
    assert of_package["stated"]["private_share"]["value"] == 0.85


def test_results_of_studies_are_in_the_numbers(drafted):
    numbers = build_numbers(drafted)
    assert at(numbers, "sets.tea.claims.S05.estimate.value") == 0.6
    assert at(numbers, "sets.tea.claims.S05.verdict") == "supported"
    assert at(numbers, "totals.sets.value") == 3  # the simulated one is none
    assert at(numbers, "totals.verdicts.supported.value") == 1
    assert at(numbers, "across.S05.pool.0.studies.value") == 3
    assert json.loads((drafted / "paper" / "numbers.json").read_text("utf-8")) == numbers


def test_a_draft_compiles_and_says_that_it_is_one(drafted):
    pdf = (drafted / "paper" / "smallnet.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 50_000


def test_the_paper_itself_does_not_compile_without_its_numbers(drafted):
    import typst

    with pytest.raises(typst.TypstError, match="panicked"):
        build_pdf(drafted / "paper")


def test_races_are_a_table_of_their_own_where_there_were_any(drafted, tmp_path):
    row = {"job": "projection", "size": 1000, "peer": "them", "peer_version": "9.9"}
    times = [{"ours_wall_s": 0.5, "peer_wall_s": 2.0}, {"ours_wall_s": 0.5, "peer_wall_s": None}]
    file = tmp_path / "benchmarks.json"
    file.write_text(json.dumps([row | time for time in times]), "utf-8")
    numbers = build_numbers(drafted, file)
    assert [entry["faster"]["value"] for entry in numbers["races"]["rows"]] == [4.0]
    shutil.copytree(drafted / "paper", tmp_path / "paper")
    (tmp_path / "paper" / "numbers.json").write_text(json.dumps(numbers), "utf-8")
    with_races = build_pdf(tmp_path / "paper", draft=True).read_bytes()
    assert len(with_races) > len((drafted / "paper" / "smallnet.pdf").read_bytes())


def test_words_that_results_no_longer_bear_out_stop_the_paper(tmp_path):
    import typst

    (tmp_path / "house.typ").write_text((PAPER / "house.typ").read_text("utf-8"), "utf-8")
    (tmp_path / "numbers.json").write_text('{"s05": {"verdict": "supported"}}', "utf-8")
    text = tmp_path / "text.typ"
    text.write_text('#import "house.typ": *\n#says("s05.verdict", "supported") true', "utf-8")
    assert typst.compile(str(text), root=str(tmp_path)).startswith(b"%PDF")
    text.write_text('#import "house.typ": *\n#n("s05.estimate")', "utf-8")
    with pytest.raises(typst.TypstError, match=r"numbers\.json has no s05\.estimate"):
        typst.compile(str(text), root=str(tmp_path))
    text.write_text('#import "house.typ": *\n#says("s05.verdict", "contradicted") no', "utf-8")
    with pytest.raises(typst.TypstError, match=r"is now supported, but the text says"):
        typst.compile(str(text), root=str(tmp_path))


REFERENCES = (PAPER / "references.bib").read_text("utf-8")
ENTRIES = dict(re.findall(r"^@\w+\{(\w+),(.*?)^\}", REFERENCES, re.M | re.S))


def test_every_reference_has_a_doi_or_is_a_book_or_a_preprint():
    for key, entry in ENTRIES.items():
        assert "doi = {10." in entry or "publisher" in entry or "arxiv.org" in entry, key


def test_no_doi_is_given_twice():
    dois = re.findall(r"doi = \{(.+?)\}", REFERENCES)
    assert len(dois) == len(set(dois)) > 30


def test_what_is_cited_is_in_the_references_and_the_other_way_round():
    text = (PAPER / "paper.typ").read_text("utf-8")
    labels = set(re.findall(r"<([\w-]+)>", text))
    cited = set(re.findall(r"@([\w-]+)", text)) - labels
    joss = set(re.findall(r"@(\w+)", (PAPER / "paper.md").read_text("utf-8")))
    assert cited == set(ENTRIES)
    assert joss <= set(ENTRIES)


def test_a_doi_that_the_package_cites_too_is_spelled_alike():
    source = "".join(p.read_text("utf-8") for p in (ROOT / "smallnet").rglob("*.py"))
    for key, entry in ENTRIES.items():
        found = re.search(r"doi = \{(.+?)\}", entry)
        last = re.search(r"author = \{([^,]+),", entry)[1]
        if found and f"{last}" in source and found[1] in source:
            assert re.search(re.escape(found[1]) + r"(?![\w.]*\d)", source), key


# Every number of paper.md, in its order, and where it stands; no macro works there.
TYPED = [
    ("30", "stated.small"),
    ("31", "counts.tested"),
    ("25 %", "textbook.groups_60.two_ways.alarms"),
    ("60", "textbook.groups_60.two_ways.groups"),
    ("5 %", "choices.alpha"),
    ("30", "stated.small"),
    ("7,665", "calibration.worlds"),
    ("3.9 %", "calibration.alarms.estimate"),
    ("5 %", "choices.alpha"),
    ("96.1 %", "calibration.coverage.estimate"),
    ("43", "counts.claims"),
    ("19", "counts.sets"),
    ("30", "stated.small"),
    ("12", "counts.formats"),
]


def body_of_joss():
    return (PAPER / "paper.md").read_text("utf-8").split("---\n", 2)[2]


def test_the_short_paper_holds_the_numbers_of_the_package(of_package):
    plain = re.sub(r"@\w+", "", body_of_joss())
    assert re.findall(r"\d[\d.,]*\d(?: %)?|\d(?: %)?", plain) == [text for text, _ in TYPED]
    for text, path in TYPED:
        value = at(of_package, path)["value"]
        digits = len(text.split(".")[1].split()[0]) if "." in text else 0
        shown = f"{100 * value:.{digits}f} %" if "%" in text else f"{value:,.0f}"
        assert shown == text, path


def test_the_short_paper_has_the_sections_and_the_length_that_are_asked_for():
    body = body_of_joss()
    assert re.findall(r"^# (.+)$", body, re.M) == [
        "Summary",
        "Statement of need",
        "State of the field",
        "Software design",
        "Research impact statement",
        "AI usage disclosure",
        "Acknowledgements",
        "References",
    ]
    assert 750 <= len(body.split()) <= 1750
