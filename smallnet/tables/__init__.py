"""The truth: tables of people, groups, memberships and acts, checked and never changed."""

from smallnet.tables.checking import CheckReport, Problem, check_dataset, check_folder
from smallnet.tables.choices import Choices
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.provenance import dataset_digest
from smallnet.tables.reading import read_dataset
from smallnet.tables.registry import Entry, is_here, list_data, load_data, load_instead_of_folder
from smallnet.tables.schema import CHANNELS, COVERAGE, SCHEMA, Column, Table
from smallnet.tables.study_file import Study
from smallnet.tables.words import LANGUAGES, Text
from smallnet.tables.writing import atomic_write, write_dataset

__all__ = [
    "CHANNELS",
    "COVERAGE",
    "LANGUAGES",
    "SCHEMA",
    "CheckReport",
    "Choices",
    "Column",
    "Dataset",
    "Entry",
    "Problem",
    "Study",
    "Table",
    "Text",
    "atomic_write",
    "check_dataset",
    "check_folder",
    "dataset_digest",
    "is_here",
    "list_data",
    "load_data",
    "load_instead_of_folder",
    "microseconds",
    "read_dataset",
    "write_dataset",
]
