import json

import jsonschema
import numpy as np
import pytest
from report_samples import HOSTILE, sample_results

from smallnet import __version__
from smallnet.errors import InputError, OutputError
from smallnet.hypotheses import Result
from smallnet.report import load_study, read_results, results_schema, write_results
from smallnet.tables import Choices

VALIDATOR = jsonschema.Draft202012Validator(
    results_schema(), format_checker=jsonschema.FormatChecker()
)


def write(out, results=None, **changes):
    given = {
        "dataset_info": {"name": "sample", "sha256": "ab" * 32, "rows": {"memberships": 3}},
        "choices": Choices(),
        "random_seed": 1,
    }
    return write_results(out, sample_results() if results is None else results, **given | changes)


def test_the_file_keeps_its_own_schema(tmp_path):
    content = json.loads(write(tmp_path).read_text("utf-8"))
    VALIDATOR.validate(content)
    assert content["smallnet"] == __version__
    assert content["random_seed"] == 1
    assert content["choices"] == Choices().to_dict()


def test_the_schema_is_itself_a_schema_and_refuses_what_is_wrong(tmp_path):
    jsonschema.Draft202012Validator.check_schema(results_schema())
    content = json.loads(write(tmp_path).read_text("utf-8"))
    for breaking in (
        {"random_seed": "one"},
        {"results": [{"id": "S01"}]},
        {"results": [content["results"][0] | {"verdict": "true"}]},
        {"results": [content["results"][0] | {"p_value": 1.5}]},
    ):
        assert not VALIDATOR.is_valid(content | breaking)


def test_results_come_back_as_they_were(tmp_path):
    back = read_results(write(tmp_path))
    assert [r.to_dict() for r in back] == [r.to_dict() for r in sample_results()]
    assert read_results(tmp_path)[0].word("title", "zh") == "把内容分享给群和好友"


def test_unknown_numbers_are_null_and_never_nan(tmp_path):
    strange = Result(
        id="S05",
        title="t",
        claim="c",
        verdict="inconclusive",
        estimand="e",
        effect="f",
        estimate=float("nan"),
        ci_low=-float("inf"),
        ci_high=np.float64("inf"),
        n={"people": np.int64(3)},
        details={"array": np.array([1.0, np.nan]), "figure": {"x": (np.float32(2), None)}},
    )
    text = write(tmp_path, [strange], summary={"people": np.int64(7), "mean": np.nan}).read_text()

    def refuse(word):
        pytest.fail(f"{word} is not JSON")

    content = json.loads(text, parse_constant=refuse)
    VALIDATOR.validate(content)
    (entry,) = content["results"]
    assert (entry["estimate"], entry["ci_low"], entry["ci_high"]) == (None, None, None)
    assert entry["details"]["array"] == [1.0, None]
    assert content["summary"] == {"people": 7, "mean": None}


def test_a_study_without_claims_is_valid_too(tmp_path):
    VALIDATOR.validate(json.loads(write(tmp_path, []).read_text("utf-8")))
    assert read_results(tmp_path) == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_survive_the_round_trip(tmp_path, name):
    write(tmp_path, dataset_info={"name": HOSTILE[name]})
    assert load_study(tmp_path)["dataset"]["name"] == HOSTILE[name]


def test_half_a_letter_does_not_stop_the_writing(tmp_path):
    write(tmp_path, dataset_info={"name": "broken \ud83d emoji"})
    assert load_study(tmp_path)["dataset"]["name"] == "broken ? emoji"


BROKEN = {
    "no JSON": ('{"smallnet": ', "is broken at line 1"),
    "a list": ("[]", "expected an object"),
    "empty": ("", "is broken at line 1"),
    "no results": ('{"smallnet": "1", "dataset": {}}', "'choices' is None"),
    "a result that is none": (
        '{"smallnet": "1", "dataset": {}, "choices": {}, "random_seed": 1, '
        '"created_at": "", "results": [3]}',
        "result 0 is 3",
    ),
    "a result without fields": (
        '{"smallnet": "1", "dataset": {}, "choices": {}, "random_seed": 1, '
        '"created_at": "", "results": [{"id": "S01"}]}',
        "result 0 has no 'title'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_in_one_sentence(tmp_path, name):
    text, expected = BROKEN[name]
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(InputError, match=expected) as caught:
        read_results(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_other_bytes_are_told_too(tmp_path):
    with pytest.raises(InputError, match="there is no "):
        read_results(tmp_path)
    (tmp_path / "results.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_results(tmp_path)


def test_a_verdict_that_is_none_is_refused(tmp_path):
    content = json.loads(write(tmp_path).read_text("utf-8"))
    content["results"][0]["verdict"] = "perhaps"
    (tmp_path / "results.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="perhaps"):
        read_results(tmp_path)


def test_where_it_cannot_be_written_nothing_is_left(tmp_path):
    blocked = tmp_path / "out"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="cannot write"):
        write(blocked)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_older_file_is_replaced_whole(tmp_path):
    write(tmp_path)
    write(tmp_path, [], random_seed=2)
    assert load_study(tmp_path)["random_seed"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
