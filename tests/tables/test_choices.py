import datetime as dtm

import pytest

from smallnet.errors import InputError
from smallnet.measures import Thresholds
from smallnet.tables import Choices, Study
from smallnet.tables.choices import DEFAULT_CUT_OFFS, REASONS


def test_every_choice_has_a_reason():
    assert set(REASONS) == set(Choices().to_dict())


def test_choices_come_back_from_their_plain_form():
    choices = Choices(small_group=20, dead_after_days=14, hypotheses=("S05",))
    assert Choices.from_mapping(choices.to_dict()) == choices


def test_a_setting_overrides_one_value_of_a_table():
    choices = Choices.from_mapping({"smallest_effect.S05": "1.2", "dead_after": "2w"})
    assert choices.smallest_effect["S05"] == 1.2
    assert choices.smallest_effect["S08"] == 1.1
    assert choices.dead_after_days == 14


def test_cut_offs_are_those_of_the_scorecard():
    limits = Thresholds()
    assert {name: getattr(limits, name) for name in DEFAULT_CUT_OFFS} == DEFAULT_CUT_OFFS
    assert Choices.from_mapping({"cut_offs.repetition": 0.3}).cut_offs["repetition"] == 0.3


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("small_group", "1"),
        ("small_group", "few"),
        ("small_group", "2.5"),
        ("dead_after", "soon"),
        ("alpha", "0.9"),
        ("random_seed", "-1"),
        ("smallest_effect", "3"),
        ("cut_offs", "3"),
        ("cut_offs.noise", "3"),
        ("cut_offs.repetition", "-1"),
        ("nonsense", "3"),
    ],
)
def test_a_wrong_choice_is_named(key, value):
    with pytest.raises(InputError, match=key):
        Choices.from_mapping({key: value})


def test_zoned_watch_times_become_utc():
    study = Study.from_mapping({"observed_from": "2024-01-01T00:00:00+02:00"})
    assert study.observed_from == dtm.datetime(2023, 12, 31, 22)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"observed_from": "yesterday"}, "observed_from"),
        ({"observed_from": "2024-01-02", "observed_until": "2024-01-01"}, "observed_until"),
        ({"coverage": {"feeds": True}}, "feeds"),
        ({"coverage": {"feed": "yes"}}, "feed"),
        ({"choices": {"small_grup": 3}}, "small_grup"),
        ({"nmae": "x"}, "nmae"),
        ({"name": 3}, "name"),
    ],
)
def test_a_wrong_line_of_the_study_file_is_named(values, word):
    with pytest.raises(InputError, match=word):
        Study.from_mapping(values)


def test_a_broken_study_file_is_named_with_its_line(tmp_path):
    (tmp_path / "study.toml").write_text("name = \n")
    with pytest.raises(InputError, match=r"study\.toml.*line 1"):
        Study.read(tmp_path / "study.toml")


def test_a_study_comes_back_from_its_plain_form():
    study = Study.from_mapping(
        {"name": "x", "observed_from": "2024-01-01", "coverage": {"feed": False}, "notes": ["a"]}
    )
    assert Study.from_mapping(study.to_mapping()) == study
