"""The truth: tables of people, groups, memberships and acts, checked and never changed."""

from smallnet.tables.choices import Choices
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.registry import Entry, list_data, load_data
from smallnet.tables.schema import CHANNELS, COVERAGE, SCHEMA, Column, Table
from smallnet.tables.study_file import Study
from smallnet.tables.words import LANGUAGES, Text

__all__ = [
    "CHANNELS",
    "COVERAGE",
    "LANGUAGES",
    "SCHEMA",
    "Choices",
    "Column",
    "Dataset",
    "Entry",
    "Study",
    "Table",
    "Text",
    "list_data",
    "load_data",
    "microseconds",
]
