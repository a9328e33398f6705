"""The data statement: what was collected, of whom, how, and what it must not be used for.

After E. M. Bender and B. Friedman, Transactions of the ACL 6, 587-604 (2018),
https://doi.org/10.1162/tacl_a_00041.
"""

from smallnet.importers.reporting import ImportReport
from smallnet.tables import Dataset

__all__ = ["STATEMENT_FILE", "data_statement"]

STATEMENT_FILE = "data_statement.md"


def data_statement(dataset: Dataset, report: ImportReport) -> str:
    """Write the data statement of an imported data set; counts below ``min_cell`` are not shown."""
    rows = dataset.rows
    people = _cell(rows.get("people", 0), report.min_cell)
    watch = (
        f"{dataset.study.observed_from:%Y-%m-%d} to {dataset.study.observed_until:%Y-%m-%d} (UTC)"
        if dataset.study.observed_from and dataset.study.observed_until
        else "unknown"
    )
    covered = [name for name, there in dataset.study.coverage.items() if there]
    words = "kept, as was asked for (--keep-text)" if report.keep_text else "not kept"
    lines = [
        f"# Data statement: {dataset.name}",
        "",
        "After Bender and Friedman (2018), https://doi.org/10.1162/tacl_a_00041. Written by "
        "smallnet; please complete the parts in brackets.",
        "",
        "## Curation rationale",
        f"Chat exports, {dataset.study.source}. {rows.get('interactions', 0):,} acts, "
        f"{rows.get('groups', 0):,} groups, {people} people; watched {watch}.",
        "[Why these chats, and who chose them?]",
        "",
        "## People",
        "[Who are they, what do they know of this use, and who agreed to it, when and how? "
        "Minors? Languages?]",
        "",
        "## Situation",
        f"Recorded by the platform: {', '.join(covered) or 'messages only'}. Not recorded: "
        f"{', '.join(n for n, there in dataset.study.coverage.items() if not there) or 'nothing'}.",
        f"Times: {report.time_zone or 'UTC in the export'}.",
        "",
        "## Processing",
        f"People, groups and messages have keyed pseudonyms (BLAKE2b; key {report.key_id} is kept "
        f"outside of the data set). Names, numbers and addresses are not kept; words are {words}. "
        "What stays of words: length, kind, a keyed fingerprint, keyed digests of links.",
        f"Records in the files of the latest import: {report.records_in_file:,}; "
        f"kept {sum(report.kept.values()):,}, skipped "
        f"{sum(int(row['count']) for row in report.skipped):,}: see import_report.json.",
        "",
        "## What remains of risk",
        "Pseudonyms are not anonymity: the exact times and the pattern of who writes to whom can "
        "give people away to somebody who was there. Share the tables only under an agreement, "
        "destroy the key when no newer export is to be added, and do not publish rows of groups "
        f"with fewer than {report.min_cell} people.",
        "",
    ]
    return "\n".join(lines)


def _cell(count: int, min_cell: int) -> str:
    return f"fewer than {min_cell}" if count < min_cell else f"{count:,}"
