"""S21: of informative, interactive and useful, one or two are enough for a group to live.

The signs are taken in one window and death is judged in the next: a group that is dead is not
interactive, which would make "interactive" keep groups alive by definition. Where a sign begins is
a choice named before looking; a cut-off that the outcome picks always finds something.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.binary import Binary, Contrast, fit_binary, left_out
from smallnet.hypotheses.methods.drawing import BLUE, GREY, axes
from smallnet.hypotheses.methods.group_windows import Windows, group_windows
from smallnet.hypotheses.methods.proportions import wilson
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, microseconds, talk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

SIGNS = ("informative", "interactive", "useful")
FEWEST_DEATHS, FEWEST_ROWS = 5, 10  # among groups with none of the signs, and with some

CLAIM = Claim(
    id="S21",
    title=Text("One or two of three suffice", "三者满足其一二即可"),
    claim=Text(
        "Of informative, interactive and useful, one or two are enough for a group to live "
        "(「三者满足其一二」).",
        "有料、有互动、有用，三者满足其一二，群就能活（「三者满足其一二」）。",
    ),
    needs=(
        "interactions.group",
        "interactions.fingerprint",
        "adoptions.via_share",
        "shares.group",
        "memberships",
    ),
    estimand=Text(
        "Risk that a group falls silent or is closed within a window, if it showed at least one of "
        "the three signs in the window before, divided by that of groups that showed none, among "
        "groups of the same size at the same time.",
        "同一时期、同一规模的群中，前一时间窗至少显现三者之一的群在下一时间窗内沉寂或被解散的风险，"
        "除以一项也没有的群的风险。",
    ),
    effect=Text("risk ratio of death, at least one sign ÷ none", "死群风险比，至少一项 ÷ 一项也无"),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Windows of half of `dead_after`; cut-offs are choices (`cut_offs`). Regression of death "
        "in the window after (complementary log-log, so on hazards) on the number of signs, log "
        "size and the landmark; risks standardised over all groups; errors by leaving out each "
        "group, t with effective groups. Beside it one or two against none, three against one or "
        "two, all eight cells, a test that risks add up, and how necessary each sign is. Supported "
        "only if three do not do clearly better than one or two.",
        "时间窗为 dead_after 之半；界线为预先选定（cut_offs）。以下一窗死亡为因变量的互补双对数"
        "回归，自变量为满足项数、规模对数与时点；风险按全部群标准化；逐群剔除估计误差，"
        "以有效群数作 t 区间。另列：一二项对零项、三项对一二项、八格风险、风险可加性检验与"
        "各项的必要程度。仅当三项并不明显优于一二项时才算支持。",
    ),
    null_model=Text(
        "Groups with none of the signs die as often as others. For the cells: the risks of the "
        "three signs add up, without interaction.",
        "一项也没有的群与其他群死亡风险相同。对各格：三项的风险可加，无交互。",
    ),
    assumptions=(
        Text(
            "Within a landmark, size acts on the hazard as a power law.",
            "同一时点内，规模以幂律影响风险。",
        ),
    ),
    threats=(
        Text(
            "A group that will die talks less before (T2): signs in the window before may be the "
            "beginning of the end; the estimate with messages held speaks to it.",
            "将死之群事先就说得少（T2）：前一窗的迹象可能正是衰亡的开端；另给出控制消息量的估计。",
        ),
        Text(
            "Repetition, messages and adoptions stand in for informative, interactive and useful "
            "(T10): a check-in group values its `1`s.",
            "以重复度、消息与采纳代表有料、有互动、有用（T10）：打卡群看重的正是那些“1”。",
        ),
        Text(
            "Other cut-offs give other cells (T13): the defaults are conventions, halved and "
            "doubled beside it.",
            "界线不同则格子不同（T13）：默认值是惯例，另列放宽与收紧的结果。",
        ),
    ),
    why_hard=Text(
        "Interactive and alive are nearly the same word; cut-offs chosen after looking always "
        "separate; and few groups have none of the three.",
        "“有互动”与“活着”几乎同义；事后选的界线总能分开；而一项也没有的群很少。",
    ),
    would_refute=Text(
        "Groups with one or two signs dying as often as those with none; or only all three "
        "together helping.",
        "满足一二项的群与一项也无的群死得一样多，或只有三项齐备才有用。",
    ),
    would_settle=Text(
        "Groups to which chance gives content, games or offers, one, two or all three of them.",
        "随机给群提供内容、游戏或优惠中的一项、两项或三项的试验。",
    ),
)

_SHORT = Text(
    "The watch is too short: it must hold a window that describes the groups, one in which they "
    "may die, and the silence that is death.",
    "观察期太短：须容纳描述群的时间窗、可能死亡的时间窗以及判定死亡的沉默时长。",
)
_NO_SIGNS = Text(
    "No message has a fingerprint, or no adoption came through a share in a group.",
    "没有带指纹的消息，或没有经群内分享的采纳。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the risks of death of groups by how many of the three signs they showed before.

    Parameters
    ----------
    dataset : Dataset
        Needs messages with fingerprints, memberships, and adoptions through shares in groups.
    choices : Choices
        Level, smallest effect, the silence that is death, and ``cut_offs``.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: risks in the eight cells, standardised risks of none, one or two, all three
        with their ratios and differences, the test of additivity, necessity of each sign.

    Raises
    ------
    NotTestableError
        If messages, fingerprints, adoptions through shares or memberships were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    rows = _rows(dataset, choices, choices.dead_after_days)
    if rows.empty:
        return not_testable(CLAIM, choices, _SHORT)
    if not (rows["fingerprinted"].any() and rows["adoptions"].any()):
        return not_testable(CLAIM, choices, _NO_SIGNS)
    rows = _judge(rows, choices.cut_offs)
    deaths, groups = int(rows["died"].sum()), int(rows["group"].nunique())
    n = {"people": None, "groups": groups, "rows": len(rows), "events": deaths}
    details = _about(rows, choices)
    contrast = _some_against_none(rows, choices)
    if contrast is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(rows),
            n=n,
            details=details,
        )
    steps = _steps(rows, choices)
    estimate, low, high = contrast.ratio
    details |= {
        "any_against_none": _words(contrast),
        "few_against_none": _words(steps.few),
        "three_against_few": _words(steps.all_),
        "additive": _additive(rows),
    }
    verdict = settle(CLAIM, choices, estimate, low, high)
    verdict = _whether_they_suffice(verdict, steps, choices.smallest_effect[CLAIM.id])
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(contrast, steps, rows),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=contrast.p_value,
        n=n,
        robustness=_robustness(dataset, choices, rows, steps),
        details=details,
    )


def _rows(dataset: Dataset, choices: Choices, dead_after_days: float) -> pd.DataFrame:
    """Give groups at landmarks whose window after is watched to its end, with what they showed."""
    window_days = choices.dead_after_days / 2
    windows = group_windows(dataset, window_days=window_days, dead_after_days=dead_after_days)
    known_until = dataset.observed_until_us - int(dead_after_days * DAY_US)
    found = windows.rows[windows.rows["at_us"] + windows.window_us <= known_until]
    keys = ["group", "landmark"]
    for part in (_content(dataset, windows), _adoptions(dataset, windows)):
        found = found.merge(part, "left", on=keys)
    counts = ["fingerprinted", "different", "adoptions"]
    found[counts] = found[counts].fillna(0).astype("int64")
    n, m = found["size"].astype(float), found["messages"].astype(float)
    prints = found["fingerprinted"].astype(float)
    return found.assign(
        repetition=1 - found["different"] / prints.where(prints > 0),
        rate=m / (n * window_days),
        per_member=found["adoptions"] / n,
        log_size=np.log(n),
        log_messages=np.log1p(m),
    ).reset_index(drop=True)


def _content(dataset: Dataset, windows: Windows) -> pd.DataFrame:
    said = talk(dataset).filter(_.fingerprint.notnull())
    said = said.select("group", "fingerprint", landmark=windows.landmark_of(_.at_us))
    return dataset.collect(
        said.group_by("group", "landmark").aggregate(
            fingerprinted=_.count(), different=_.fingerprint.nunique()
        )
    )


def _adoptions(dataset: Dataset, windows: Windows) -> pd.DataFrame:
    posted = dataset["shares"].filter(_.group.notnull()).select("group", via_share="share")
    taken = dataset["adoptions"].filter(_.via_share.notnull())
    taken = taken.select("via_share", landmark=windows.landmark_of(microseconds(_.adopted_at)))
    found = taken.join(posted, "via_share").group_by("group", "landmark")
    return dataset.collect(found.aggregate(adoptions=_.count()))


def _judge(rows: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    """Say which signs each group showed: a group in which nobody spoke informs nobody."""
    lively = rows["rate"] >= limits["messages_per_member_day"]
    judged = rows.assign(
        informative=rows["repetition"].lt(limits["repetition"]),
        interactive=lively & rows["top"].le(limits["top_talker_share"]),
        useful=rows["per_member"] >= limits["adoptions_per_member"],
    )
    many = judged[list(SIGNS)].sum(axis=1)
    return judged.assign(signs=many, any=many > 0, few=many.isin((1, 2)), three=many == len(SIGNS))


def _held(rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    marks = pd.get_dummies(rows["landmark"], drop_first=True).to_numpy(dtype=float)
    values = rows[list(names)].to_numpy(dtype=float)
    values = values[:, np.ptp(values, axis=0) > 0]  # where all are alike nothing is to be held
    return np.column_stack([values - values.mean(axis=0), marks])


def _fit(rows: pd.DataFrame, kinds: Sequence[str], held: Sequence[str]) -> Binary | None:
    died = rows.groupby("landmark")["died"]
    rows = rows[died.transform("any") & ~died.transform("all")]  # the others compare nothing
    if rows.empty:
        return None
    x = np.column_stack([rows[list(kinds)].to_numpy(dtype=float), _held(rows, held)])
    try:
        return fit_binary(x, rows["died"], link="cloglog", cluster=rows["group"].to_numpy())
    except InputError:
        return None


def _enough(*sides: pd.DataFrame) -> bool:
    """Tell whether each side has rows and deaths enough, and somebody who lived."""
    return all(
        len(side) >= FEWEST_ROWS and FEWEST_DEATHS <= side["died"].sum() < len(side)
        for side in sides
    )


def _some_against_none(
    rows: pd.DataFrame, choices: Choices, held: Sequence[str] = ("log_size",)
) -> Contrast | None:
    if not _enough(rows[rows["any"]], rows[~rows["any"]]):
        return None
    model = _fit(rows, ["any"], held)
    return None if model is None else model.risks([0], [1.0], [0.0], choices.level)


@dataclass(frozen=True)
class _Steps:
    """One or two signs against none, and three against one or two."""

    few: Contrast | None
    all_: Contrast | None


def _steps(rows: pd.DataFrame, choices: Choices) -> _Steps:
    none, few, three = rows[~rows["any"]], rows[rows["few"]], rows[rows["three"]]
    if not _enough(few):
        return _Steps(None, None)
    lower = rows[~rows["three"]]
    model = _fit(lower, ["few"], ["log_size"]) if _enough(none) else None
    first = None if model is None else model.risks([0], [1.0], [0.0], choices.level)
    upper = rows[rows["any"]]
    model = _fit(upper, ["three"], ["log_size"]) if _enough(three) else None
    second = None if model is None else model.risks([0], [1.0], [0.0], choices.level)
    return _Steps(first, second)


def _whether_they_suffice(verdict: str, steps: _Steps, delta: float) -> str:
    """Take a support back where all three are needed, or do clearly better than one or two."""
    if verdict != "supported" or steps.all_ is None or not steps.all_.ratio[2] < 1 / delta:
        return verdict
    few_help = steps.few is not None and steps.few.ratio[2] < 1
    return "inconclusive" if few_help else "contradicted"


def _about(rows: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    cells = []
    for marks in itertools.product((False, True), repeat=len(SIGNS)):
        inside = rows[(rows[list(SIGNS)] == list(marks)).all(axis=1)]
        signs = [name for name, mark in zip(SIGNS, marks, strict=True) if mark]
        cells.append({"signs": signs} | _risk(inside, choices.level))
    cells.sort(key=lambda cell: len(cell["signs"]))
    numbers = [_risk(rows[rows["signs"] == many], choices.level) for many in range(len(SIGNS) + 1)]
    alive, died = rows[~rows["died"]], rows[rows["died"]]
    necessity = {
        name: {
            "lived_with_it": _share(alive[name]),  # 1 where it is necessary
            "died_with_it": _share(died[name]),
            "lived_without_it": _share(~rows.loc[~rows[name], "died"]),  # 0 where it is necessary
        }
        for name in (*SIGNS, "any")
    }
    return {
        "dead_after_days": choices.dead_after_days,
        "window_days": choices.dead_after_days / 2,
        "cut_offs": dict(choices.cut_offs),
        "cells": cells,
        "by_number": numbers,
        "necessity": necessity,
        "figure": {"cells": cells, "by_number": numbers},
    }


def _share(holds: pd.Series) -> float | None:
    return float(holds.mean()) if len(holds) else None


def _risk(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """Share that died, with Wilson's interval: each group dies once at most."""
    deaths, n = int(rows["died"].sum()), len(rows)
    low, high = wilson(deaths, n, level=level) if n else (None, None)
    return {
        "groups": int(rows["group"].nunique()),
        "rows": n,
        "deaths": deaths,
        "risk": deaths / n if n else None,
        "ci_low": low,
        "ci_high": high,
    }


def _additive(rows: pd.DataFrame) -> dict[str, Any]:
    """Test that the risks of the three signs add up; unknown where a cell is empty.

    Least squares on death with all products of signs, size and landmark held; F of the four
    products, each group left out in turn for the errors.
    """
    marks = rows[list(SIGNS)].to_numpy(dtype=float)
    pairs = [marks[:, [i, j]].prod(axis=1) for i, j in itertools.combinations(range(3), 2)]
    products = np.column_stack([*pairs, marks.prod(axis=1)])
    held = _held(rows, ["log_size"])
    x = np.column_stack([products, marks, held, np.ones(len(rows))])
    code = pd.factorize(rows["group"])[0]
    q, many = products.shape[1], int(code.max()) + 1
    empty = {"p_value": None, "interaction": None}
    if np.linalg.matrix_rank(x) < x.shape[1] or many <= x.shape[1] + 1:
        return empty
    y = rows["died"].to_numpy(dtype=float)
    beta = np.linalg.lstsq(x, y)[0]
    cov = left_out(x, np.ones(len(x)), x * (y - x @ beta)[:, None], code)[0][:q, :q]
    try:
        wald = float(beta[:q] @ np.linalg.solve(cov, beta[:q])) / q
    except np.linalg.LinAlgError:
        return empty
    return {"p_value": float(stats.f.sf(wald, q, many - 1)), "interaction": beta[:q].tolist()}


def _words(contrast: Contrast | None) -> dict[str, Any]:
    if contrast is None:
        return interval_fields(None)
    return interval_fields(contrast.ratio) | {
        "risk": contrast.risk,
        "other_risk": contrast.other_risk,
        "risk_difference": interval_fields(contrast.difference),
    }


def _robustness(
    dataset: Dataset, choices: Choices, rows: pd.DataFrame, steps: _Steps
) -> list[dict[str, Any]]:
    def entry(en: str, zh: str, contrast: Contrast | None) -> dict[str, Any]:
        return {"name": Text(en, zh)} | interval_fields(
            None if contrast is None else contrast.ratio
        )

    def again(limits: Mapping[str, float]) -> Contrast | None:
        return _some_against_none(_judge(rows, limits), choices)

    half = choices.dead_after_days / 2
    sooner = _rows(dataset, choices, half)
    sooner = _judge(sooner, choices.cut_offs) if len(sooner) else rows[:0]
    others = rows.assign(any=rows["informative"] | rows["useful"])
    held = ("log_size", "interactive")
    lively = others["interactive"]
    apart = _some_against_none(others, choices, held) if lively.any() and not lively.all() else None
    return [
        entry("one or two signs ÷ none", "一二项 ÷ 零项", steps.few),
        entry("three signs ÷ one or two", "三项 ÷ 一二项", steps.all_),
        entry(
            "informative or useful ÷ neither, at equal interactive",
            "有料或有用 ÷ 皆无，互动相同",
            apart,
        ),
        entry(
            "messages held fixed too",
            "同时控制消息量",
            _some_against_none(rows, choices, ("log_size", "log_messages")),
        ),
        entry("size not held", "不控制规模", _some_against_none(rows, choices, ())),
        entry("lower bars", "放宽界线", again(_moved(choices.cut_offs, lenient=True))),
        entry("higher bars", "收紧界线", again(_moved(choices.cut_offs, lenient=False))),
        entry(
            f"death is a silence of {half:g} days",
            f"沉默 {half:g} 天即为死亡",
            _some_against_none(sooner, choices) if len(sooner) else None,
        ),
    ]


def _moved(limits: Mapping[str, float], *, lenient: bool) -> dict[str, float]:
    """Halve or double the counts that must be reached; move shares half the way to 1 or to 0."""
    counts = ("messages_per_member_day", "adoptions_per_member")
    factor = 0.5 if lenient else 2.0
    return {
        name: value * factor if name in counts else (1 + value) / 2 if lenient else value / 2
        for name, value in limits.items()
    }


def _too_few(rows: pd.DataFrame) -> Text:
    some, none = rows[rows["any"]], rows[~rows["any"]]
    return Text(
        f"{int(none['died'].sum())} deaths in {len(none)} windows of groups with none of the signs "
        f"and {int(some['died'].sum())} in {len(some)} of groups with some are too few to compare.",
        f"一项也无的群 {len(none)} 个时间窗中 {int(none['died'].sum())} 次死亡，其余 {len(some)} 个"
        f"中 {int(some['died'].sum())} 次：不足以比较。",
    )


def _reason(contrast: Contrast, steps: _Steps, rows: pd.DataFrame) -> Text:
    ratio, low, high = contrast.ratio
    en = (
        f"Groups with at least one of the three signs died in {contrast.risk:.0%} of the windows "
        f"after, groups of their size with none in {contrast.other_risk:.0%}: {ratio:.2f} times "
        f"the risk, between {low:.2f} and {high:.2f} ({int(rows['died'].sum())} deaths in "
        f"{rows['group'].nunique()} groups)."
    )
    zh = (
        f"至少满足一项的群在下一时间窗内死亡 {contrast.risk:.0%}，同规模而一项也无的群 "
        f"{contrast.other_risk:.0%}：风险为 {ratio:.2f} 倍，区间 {low:.2f} 至 {high:.2f}"
        f"（{rows['group'].nunique()} 个群，{int(rows['died'].sum())} 次死亡）。"
    )
    if steps.all_ is not None:
        more, more_low, more_high = steps.all_.ratio
        en += (
            f" All three against one or two: {more:.2f} times, between {more_low:.2f} and "
            f"{more_high:.2f}."
        )
        zh += f"三项齐备对一二项：{more:.2f} 倍，区间 {more_low:.2f} 至 {more_high:.2f}。"
    return Text(en, zh)


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the share that died by number of signs, and in each of the eight cells."""
    ax = axes(ax)
    zh = lang == "zh"
    names = dict(zip(SIGNS, ("有料", "互动", "有用") if zh else SIGNS, strict=True))
    figure = result.details["figure"]
    for many, number in enumerate(figure["by_number"]):
        if number["risk"] is not None:
            bounds = [[number["risk"] - number["ci_low"]], [number["ci_high"] - number["risk"]]]
            ax.errorbar([many], [number["risk"]], bounds, fmt="o", color=BLUE, ms=8, zorder=3)
    seen: dict[int, int] = {}
    for cell in figure["cells"]:
        many = len(cell["signs"])
        if cell["risk"] is None or many in (0, len(SIGNS)):
            continue
        seen[many] = seen.get(many, 0) + 1
        x = many + 0.17 * seen[many]
        ax.plot([x], [cell["risk"]], "D", color=GREY, ms=5)
        words = ("＋" if zh else " + ").join(names[name] for name in cell["signs"])
        look: dict[str, Any] = {
            "fontsize": "x-small",
            "color": GREY,
            "rotation": 90,
            "va": "bottom",
        }
        ax.annotate(
            words, (x, cell["risk"]), (0, 6), textcoords="offset points", ha="center", **look
        )
    ax.set_xticks(range(len(SIGNS) + 1))
    ax.set_xlim(-0.5, len(SIGNS) + 0.5)
    ax.set_ylim(0, None)
    ax.set_xlabel("前一时间窗满足的项数" if zh else "signs shown in the window before")
    ax.set_ylabel("下一时间窗内死亡的比例" if zh else "share that died in the window after")
    return ax
