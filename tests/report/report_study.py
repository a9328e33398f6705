"""A whole made-up study on disk, as ``smallnet study`` would leave it."""

from report_samples import HOSTILE, sample_drawing, sample_groups, sample_results

from smallnet.report import build_page, write_figures, write_results, write_tables
from smallnet.tables import Choices


def write_study(out, lang="en", rows=140, hostile=""):
    """Write a whole study as ``smallnet study`` would; ``hostile`` goes into every free text."""
    groups = sample_groups(rows=rows)
    write_results(
        out,
        sample_results(),
        dataset_info={
            "name": f"sample {hostile}",
            "sha256": "ab" * 32,
            "rows": {"memberships": 1200, "interactions": 88123},
            "study": {
                "source": f"made up for the tests {hostile}",
                "licence": "CC0",
                "citation": f"Nobody (2024) {hostile}",
                "observed_from": "2024-01-01T00:00:00",
                "observed_until": "2024-03-01T00:00:00",
                "timezone": "Asia/Shanghai",
                "coverage": {"feed": True, "muting": False},
                "notes": [f"a note of the source {hostile}"],
            },
        },
        choices=Choices(small_group=25),
        random_seed=1,
        problems=[
            {
                "table": "memberships",
                "column": "left_at",
                "row": 17,
                "value": f"2023 {hostile}",
                "rule": "left_before_joined",
                "message": {"en": "left after joined", "zh": "退出早于加入"},
                "examples": [[17, f"2023 {hostile}"], [None, "2022"]],
                "count": 3,
                "stops": False,
            }
        ],
        summary={"people": 1200, "groups": rows, "messages": 88123, "new_thing": 7},
        provenance={"command": f"smallnet study sample -o out {hostile}", "python": "3.11"},
        lang=lang,
    )
    write_tables(out, groups)
    write_figures(out, sample_results(), groups, drawing=sample_drawing(), lang=lang)
    return build_page(out, lang=lang, redraw=False)


def page_in(lang, folders):
    """Write a study in ``lang`` into one of ``folders`` and give its page."""
    hostile = HOSTILE["closing"] if lang == "en" else ""
    return write_study(folders.mktemp(lang), lang=lang, hostile=hostile)
