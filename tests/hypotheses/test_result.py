import json

import numpy as np
import pytest

from smallnet.errors import InputError, NotTestableError, UnknownNameError
from smallnet.hypotheses import Claim, Result, adjust, claim_ids, not_testable, result_of, settle
from smallnet.tables import Choices, Text

WORDS = Text("words", "话")


def claim(side="below", *, ratio=True, null=1.0, name="S05"):
    return Claim(
        id=name,
        title=WORDS,
        claim=WORDS,
        needs=("memberships",),
        estimand=WORDS,
        effect=WORDS,
        null=null,
        claimed_side=side,
        ratio=ratio,
        method=WORDS,
        null_model=WORDS,
        threats=(WORDS,),
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.5, 0.8, "supported"),
        (1.2, 1.5, "contradicted"),
        (0.95, 1.05, "no effect"),
        (0.92, 0.99, "no effect"),  # known to be too small to matter
        (0.8, 1.2, "inconclusive"),
        (None, None, "inconclusive"),
    ],
)
def test_an_interval_of_a_ratio_becomes_a_verdict(low, high, verdict):
    assert settle(claim(), Choices(), 0.9, low, high) == verdict


def test_the_claimed_side_turns_the_verdict_round():
    assert settle(claim("above"), Choices(), 1.3, 1.2, 1.5) == "supported"
    assert settle(claim("above"), Choices(), 0.7, 0.5, 0.8) == "contradicted"


def test_a_share_has_an_additive_smallest_effect():
    share = claim("above", ratio=False, null=0.5, name="S01")
    assert settle(share, Choices(), 0.52, 0.48, 0.54) == "no effect"
    assert settle(share, Choices(), 0.52, 0.48, 0.56) == "inconclusive"


def test_a_p_value_that_is_not_small_takes_the_verdict_back():
    assert settle(claim(), Choices(), 0.6, 0.5, 0.8, p_adjusted=0.2) == "inconclusive"


def results(*p_values):
    return [
        result_of(
            claim(),
            Choices(),
            verdict="supported" if p is not None and p < 0.05 else "inconclusive",
            reason=WORDS,
            p_value=p,
        )
        for p in p_values
    ]


def test_the_family_is_adjusted_after_benjamini_and_hochberg():
    adjusted = adjust(results(0.01, 0.04, 0.03, None), Choices())
    assert [r.p_adjusted for r in adjusted[:3]] == pytest.approx([0.03, 0.04, 0.04])
    assert adjusted[3].p_adjusted is None


def test_what_does_not_survive_the_family_is_inconclusive_in_both_languages():
    taken_back = adjust(results(0.04, 0.9, 0.8), Choices())[0]
    assert taken_back.verdict == "inconclusive"
    assert "0.120" in taken_back.reason
    assert taken_back.word("verdict", "zh") == "尚无定论"


def test_adjusting_holds_the_false_alarm_rate_of_the_family():
    rng, worlds, claims = np.random.default_rng(1), 1000, 9
    alarms = sum(
        any(r.verdict == "supported" for r in adjust(results(*rng.random(claims)), Choices()))
        for _ in range(worlds)
    )
    assert alarms / worlds < 0.05 + 4 * np.sqrt(0.05 * 0.95 / worlds)


def test_a_result_survives_json_with_unknown_numbers_as_null():
    result = result_of(
        claim(),
        Choices(),
        verdict="inconclusive",
        reason=WORDS,
        estimate=np.float64("nan"),
        n={"groups": np.int64(3), "events": None},
        details={"within": {"estimate": float("inf"), "sizes": np.arange(2)}},
        robustness=({"name": Text("other", "另"), "estimate": np.float32(1)},),
    )
    text = json.dumps(result.to_dict(), allow_nan=False)
    back = Result.from_dict(json.loads(text))
    assert back == result
    assert back.estimate is None
    assert back.details == {"within": {"estimate": None, "sizes": [0, 1]}}
    assert back.word("robustness", "zh")[0]["name"] == "另"


def test_not_testable_names_what_is_missing():
    result = not_testable(claim(), Choices(), NotTestableError(("shares.channel", "coverage.feed")))
    assert result.verdict == "not testable"
    assert "shares.channel, coverage.feed" in result.reason
    assert result.estimate is None


def test_a_verdict_outside_the_list_is_refused():
    with pytest.raises(InputError, match="maybe"):
        result_of(claim(), Choices(), verdict="maybe", reason=WORDS)


def test_claims_are_named_in_the_order_of_the_register():
    assert claim_ids(["t30", "S01"]) == ("S01", "T30")
    with pytest.raises(UnknownNameError, match="S99"):
        claim_ids(["S99"])


def test_a_hostile_name_is_escaped_in_a_notebook():
    hostile = result_of(
        claim(), Choices(), verdict="inconclusive", reason=Text("<script>alert(1)</script>", "")
    )
    assert "<script>" not in hostile._repr_html_()
