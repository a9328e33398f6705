"""B14 finds what first words hold, and nothing where only who stays has the time to speak."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from smallnet.hypotheses import load_claim, run_claims
from smallnet.hypotheses.planted.b14_who_writes_stays import START, STUDY
from smallnet.hypotheses.planted.b14_who_writes_stays import draw_frames as frames
from smallnet.tables import Choices, Dataset

B14 = load_claim("B14")


def ask(made, study=STUDY):
    return B14.test(Dataset.from_frames(made, study), Choices(), rng=np.random.default_rng(1))


def test_a_planted_ratio_is_found():
    result = ask(frames(np.random.default_rng(1), 0.5, joins=60))
    assert result.ci_low < 0.5 < result.ci_high < 0.8
    assert result.verdict == "supported"
    assert "wrote by day 7" in result.reason
    assert "发过言" in result.word("reason", "zh")


def test_who_ever_wrote_stays_longer_even_where_writing_holds_nobody():
    result = ask(frames(np.random.default_rng(2), 1.0, joins=60))
    assert result.ci_low < 1 < result.ci_high
    assert result.details["ever_wrote"]["ci_high"] < 0.8


@pytest.mark.calibration
def test_without_an_effect_false_alarms_stay_at_their_level():
    worlds = 14
    results = [ask(frames(rng, 1.0)) for rng in np.random.default_rng(3).spawn(worlds)]
    p_values = np.array([r.p_value for r in results])
    assert np.mean(p_values < 0.05) <= stats.binom.ppf(0.999, worlds, 0.05) / worlds
    assert stats.kstest(p_values, "uniform").pvalue > 0.001
    logs = np.log([r.estimate for r in results])
    assert abs(logs.mean()) < 4 * logs.std(ddof=1) / np.sqrt(worlds)


def hand_made():
    """Give five groups; a and b of each speak on day 6.9 and on day 7.1 since joining."""
    day = pd.Timedelta(days=1)
    stays, acts = [], []
    for g in range(5):
        group, begin = f"g{g}", START + (1 + g / 10) * day
        stays += [(group, f"a{g}", begin, begin + 30 * day), (group, f"b{g}", begin, None)]
        stays += [(group, f"c{g}", begin, begin + 6 * day)]
        acts += [(group, f"a{g}", begin + 6.9 * day), (group, f"b{g}", begin + 7.1 * day)]
    return {
        "memberships": pd.DataFrame(stays, columns=["group", "person", "joined_at", "left_at"]),
        "interactions": pd.DataFrame(acts, columns=["group", "sender", "at"]).assign(
            interaction=[f"m{i}" for i in range(len(acts))]
        ),
    }


def test_only_words_before_the_landmark_count_and_early_exits_are_out():
    result = ask(hand_made())
    assert result.details["wrote"]["stays"] == 5
    assert result.details["silent"]["stays"] == 5
    assert result.details["wrote"] == {"stays": 5, "exits": 5, "days_at_risk": pytest.approx(115)}
    assert result.n == {"people": 10, "groups": 5, "rows": 10, "events": 5}
    assert result.verdict == "inconclusive"  # five exits
    assert B14.plot(result, lang="zh") is not None


def test_names_and_the_order_of_rows_do_not_matter():
    made = frames(np.random.default_rng(4), 0.6, groups=12)
    again = {name: table.iloc[::-1].reset_index(drop=True) for name, table in made.items()}
    for table in again.values():
        for column in {"person", "sender", "group"} & set(table):
            table[column] = table[column].str[::-1]
    first, second = ask(made), ask(again)
    assert second.estimate == pytest.approx(first.estimate)
    assert second.ci_low == pytest.approx(first.ci_low)


@pytest.mark.parametrize("marked", [True, False])
def test_where_membership_means_having_written_nobody_is_silent(marked):
    made = frames(np.random.default_rng(5), 1.0, groups=6, joins=10)
    stays, acts = made["memberships"], made["interactions"]
    if marked:
        made["groups"]["roster"] = "posters"
    else:
        stays = stays[stays["person"].isin(acts["sender"])].copy()
        first = acts.groupby("sender")["at"].min()
        stays["joined_at"] = stays["person"].map(first)
        made["memberships"] = stays
    dataset = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("B14",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "did not write" in result.reason


def test_without_messages_it_cannot_be_tested():
    made = frames(np.random.default_rng(6), 1.0, groups=4, joins=5)
    del made["interactions"]
    dataset = Dataset.from_frames(made, STUDY)
    (result,) = run_claims(dataset, Choices(hypotheses=("B14",)), rng=np.random.default_rng(1))
    assert result.verdict == "not testable"
    assert "interactions.group" in result.reason
