"""The register of claims: which file tests which, and how a whole family is tested."""

import dataclasses
import importlib
from collections.abc import Callable, Collection, Sequence
from types import ModuleType

import numpy as np
from scipy import stats

from smallnet.errors import NotTestableError, UnknownNameError
from smallnet.hypotheses.result import VERDICTS_ZH, Result, not_testable
from smallnet.tables import Choices, Dataset

__all__ = ["CLAIMS", "adjust", "claim_ids", "load_claim", "run_claims"]

CLAIMS: dict[str, str] = {
    "S01": "s01_private_sharing",
    "S03": "s03_small_targets",
    "S05": "s05_activity_and_size",
    "T30": "t30_threshold",
    "S08": "s08_friends_inside",
    "S13": "s13_muted_and_dead",
    "S14": "s14_groups_per_person",
    "S15": "s15_firewall",
    "S16": "s16_first_days",
    "S23": "s23_friend_invited",
    "S22": "s22_paid_groups",
    "S11": "s11_replies",
    "S18": "s18_engaged_core",
    "S20": "s20_incentives",
    "S02": "s02_redeemed",
    "B07": "b07_friends_who_adopted",
    "S21": "s21_one_or_two",
    "S09": "s09_friending_rule",
    "S04": "s04_strong_ties",
    "S06": "s06_influence",
    "S12": "s12_four_criteria",
    "S17": "s17_noise",
    "S07": "s07_reach",
    "S24": "s24_low_cost",
    "S10": "s10_trust",
    "S19": "s19_useful_to_both",
    "B05": "b05_magic_numbers",
    "B14": "b14_who_writes_stays",
    "B01": "b01_event_groups",
    "B04": "b04_connectors",
    "B06": "b06_more_friends_more_use",
}


def claim_ids(chosen: Sequence[str] = ()) -> tuple[str, ...]:
    """Give the ids of the chosen claims in the order of the register; none chosen means all.

    Raises
    ------
    UnknownNameError
        For an id that is not in the register.
    """
    wanted = [name.upper() for name in chosen]
    unknown = [name for name in wanted if name not in CLAIMS]
    if unknown:
        msg = f"unknown claim {unknown[0]!r}, expected some of {', '.join(CLAIMS)}"
        raise UnknownNameError(msg)
    return tuple(name for name in CLAIMS if not wanted or name in wanted)


def load_claim(name: str) -> ModuleType:
    """Give the module of a claim: ``CLAIM``, ``test(dataset, choices, *, rng)``, ``plot``."""
    (name,) = claim_ids([name])
    return importlib.import_module(f"smallnet.hypotheses.{CLAIMS[name]}")


def run_claims(
    dataset: Dataset,
    choices: Choices,
    *,
    rng: np.random.Generator,
    on_claim: Callable[[str], None] = lambda name: None,
    primary: Collection[str] = (),
) -> tuple[Result, ...]:
    """Test the chosen claims and hold the false-alarm rate over the family.

    Parameters
    ----------
    dataset : Dataset
        The tables.
    choices : Choices
        ``choices.hypotheses`` names the claims; none means all.
    rng : numpy.random.Generator
        Every claim gets a child of its own, whatever else is tested.
    on_claim : callable, optional
        Told the id of each claim before it is tested.
    primary : collection of str, optional
        Claims that were registered beforehand: a family of their own, see ``adjust``.
    """
    children = dict(zip(CLAIMS, rng.spawn(len(CLAIMS)), strict=True))
    results = []
    for name in claim_ids(choices.hypotheses):
        on_claim(name)
        module = load_claim(name)
        try:
            dataset.require(*module.CLAIM.needs)
            results.append(module.test(dataset, choices, rng=children[name]))
        except NotTestableError as error:
            results.append(not_testable(module.CLAIM, choices, error))
    return adjust(results, choices, primary=primary)


def adjust(
    results: Sequence[Result], choices: Choices, *, primary: Collection[str] = ()
) -> tuple[Result, ...]:
    """Adjust the p-values over the family and take back what does not hold.

    Claims that were registered beforehand (``primary``) are a family, all others another.

    The false discovery rate is held at alpha (Benjamini and Hochberg 1995,
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x). A verdict of supported or contradicted
    whose adjusted p-value is not under alpha becomes inconclusive, and its reason says so.
    """
    adjusted: dict[int, float] = {}
    for registered in (True, False):
        known = [
            i
            for i, result in enumerate(results)
            if result.p_value is not None and (result.id in primary) == registered
        ]
        if known:
            held = stats.false_discovery_control([results[i].p_value for i in known])
            adjusted |= dict(zip(known, held, strict=True))
    return tuple(
        result
        if i not in adjusted
        else _take_back(dataclasses.replace(result, p_adjusted=float(adjusted[i])), choices)
        for i, result in enumerate(results)
    )


def _take_back(result: Result, choices: Choices) -> Result:
    firm = result.verdict in ("supported", "contradicted")
    p_value, p_adjusted = result.p_value, result.p_adjusted
    if not firm or p_value is None or p_adjusted is None:
        return result
    if p_adjusted < choices.alpha or p_value >= choices.alpha:
        return result
    chinese = dict(result.translations.get("zh", {}))
    chinese["reason"] = (
        f"{chinese.get('reason', '')}单独看成立，但在同时检验的一组说法中不成立"
        f"（校正后 p = {p_adjusted:.3f}）。"
    )
    chinese["verdict"] = VERDICTS_ZH["inconclusive"]
    return dataclasses.replace(
        result,
        verdict="inconclusive",
        reason=f"{result.reason} Alone it would be {result.verdict}; among all the claims tested "
        f"here it does not hold (adjusted p = {p_adjusted:.3f}).",
        translations={**result.translations, "zh": chinese},
    )
