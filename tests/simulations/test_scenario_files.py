"""A scenario is a TOML file; what is wrong in it is told with file, key, found and expected."""

import json

import pytest

from smallnet.cli import main
from smallnet.errors import InputError, UnknownNameError
from smallnet.simulations import FriendingRule, Platform, find_scenario, read_scenario

MINE = """
name = "mine"
[description]
en = "Large groups are quiet."
zh = "大群冷清。"
[platform]
starts = 2024-05-01T00:00:00
people = 60
groups = 10
days = 20
size_effect = 0.7
[rule]
quiet_ratio = 0.5
"""


def write(folder, words, name="mine.toml"):
    path = folder / name
    path.write_text(words, encoding="utf-8")
    return path


def test_a_file_gives_its_name_words_and_parameters(tmp_path):
    scenario = read_scenario(write(tmp_path, MINE))
    assert scenario.name == scenario.platform.name == "mine"
    assert scenario.description.get("zh") == "大群冷清。"
    assert scenario.platform.size_effect == 0.7
    assert scenario.platform.days == 20.0
    assert isinstance(scenario.platform.days, float)
    assert scenario.platform.rule == FriendingRule(quiet_ratio=0.5)
    assert scenario.platform.campaign is None


def test_an_empty_file_is_a_plain_platform_named_after_it(tmp_path):
    assert read_scenario(write(tmp_path, "")).platform == Platform(name="mine")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("name = ", r"mine.toml is no TOML"),
        ("colour = 1", r"mine.toml has an unknown key colour, expected some of name, desc"),
        ("[platform]\nsize = 3", r"unknown key platform.size, expected some of .*size_median"),
        ("[rule]\nlift = 3", r"unknown key rule.lift, expected some of ruled_share"),
        ("[platform]\npeople = 10.5", r"platform.people is 10.5, expected a whole number"),
        ("[platform]\npeople = true", r"platform.people is True, expected a whole number"),
        ("[platform]\ndays = 'long'", r"platform.days is 'long', expected a number"),
        ("[platform]\ntotal_fixed = 1", r"platform.total_fixed is 1, expected true or false"),
        ("[platform]\nstarts = 2024-05-01", r"platform.starts is .*expected a date-time"),
        ("[platform]\nmuted_share = 1.5", r"mine.toml, \[platform\]: muted_share is 1.5, expected"),
        ("[platform]\nname = 'x'", r"platform.name, expected the name at the top"),
        ("[rule]\neffect = 0", r"mine.toml, \[rule\]: effect is 0.0, expected a number above 0"),
        ("[campaign]\nsee_group = nan", r"\[campaign\]: see_group is nan, expected"),
        ("platform = 3", r"platform is 3, expected a section \[platform\]"),
        ("[description]\nfr = 'oui'", r"unknown key description.fr, expected some of en, zh"),
    ],
)
def test_what_is_wrong_is_told_with_file_key_found_and_expected(tmp_path, words, told):
    with pytest.raises(InputError, match=told):
        read_scenario(write(tmp_path, words))


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*none.toml"):
        find_scenario(str(tmp_path / "none.toml"))
    with pytest.raises(UnknownNameError, match=r"'nul', expected a TOML file or one of null"):
        find_scenario("nul")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot read"):
        read_scenario(tmp_path / "mine.toml")


def test_the_command_makes_the_world_of_a_file(tmp_path, capsys):
    out = tmp_path / "world"
    assert main(["simulate", str(write(tmp_path, MINE)), "-o", str(out)]) == 0
    truth = json.loads((out / "truth.json").read_text(encoding="utf-8"))
    assert truth["world"] == "mine"
    assert truth["parameters"]["rule"]["quiet_ratio"] == 0.5
    bad = write(tmp_path, "[platform]\npeople = 1", "bad.toml")
    assert main(["simulate", str(bad), "-o", str(out)]) == 1
    assert "people is 1" in capsys.readouterr().err


def test_the_command_lists_every_scenario(capsys):
    assert main(["simulate", "--list"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed[0] == "null"
    assert {"campaign", "step_at_30", "muted"} <= set(listed)
