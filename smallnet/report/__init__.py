"""What a study leaves behind: ``results.json``, tables, figures and one page to read."""

from smallnet.report.across import write_across
from smallnet.report.csv import read_csv, write_csv, write_tables
from smallnet.report.drawings import write_figures
from smallnet.report.page import build_page
from smallnet.report.results_file import load_study, read_results, results_schema, write_results

__all__ = [
    "build_page",
    "load_study",
    "read_csv",
    "read_results",
    "results_schema",
    "write_across",
    "write_csv",
    "write_figures",
    "write_results",
    "write_tables",
]
