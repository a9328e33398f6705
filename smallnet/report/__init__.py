"""What a study leaves behind: ``results.json``, tables, figures and one page to read."""

from smallnet.report.csv import read_table, write_table, write_tables
from smallnet.report.drawings import write_figures
from smallnet.report.page import build_page
from smallnet.report.results_file import load_study, read_results, results_schema, write_results

__all__ = [
    "build_page",
    "load_study",
    "read_results",
    "read_table",
    "results_schema",
    "write_figures",
    "write_results",
    "write_table",
    "write_tables",
]
