"""S16: newcomers watch for a day or two, and leave if the content disappoints.

Stays whose beginning is known are cut into bands of full 24-hour days since joining: 0–2, 3–14 and
later. Exits per day at risk are compared between the bands within the week of joining, with groups
as random effects: some groups leak at any age, and that is not an effect of the first days.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.mixed_poisson import MixedPoisson, fit_mixed_poisson
from smallnet.hypotheses.methods.stays import cut_into_bands, life_table, newcomers, week_of
from smallnet.hypotheses.result import Claim, Result, interval_fields, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

EDGES = (0.0, 3.0, 15.0, np.inf)  # days since joining: 0-2, 3-14, later
FEWEST_GROUPS, FEWEST_EXITS = 3, 5  # exits in each band; below, no interval can be trusted
LAST_DAY = 30  # of the figure

CLAIM = Claim(
    id="S16",
    title=Text("Newcomers decide in the first days", "新人在头几天决定去留"),
    claim=Text(
        "Newcomers watch for one or two days and leave if the content disappoints "
        "(「观察1-2天…他的离开就是必然」).",
        "新人先观察一两天，如果内容令人失望，就必然离开（「观察1-2天…他的离开就是必然」）。",
    ),
    needs=("memberships.joined_at", "coverage.leaving"),
    estimand=Text(
        "Among people whose moment of joining is known: exits per day at risk in the first three "
        "full days (days 0–2) divided by those on days 3–14, in the same group.",
        "在加入时刻已知的成员中：头三个完整日（第0–2日）每在群一日的退出率，除以同一群第3–14日的"
        "退出率。",
    ),
    effect=Text("hazard ratio, days 0–2 ÷ days 3–14", "风险比，第0–2日 ÷ 第3–14日"),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Piecewise-constant hazard of leaving by full 24-hour days since joining, late entry for "
        "those who were in before watching began; Poisson likelihood with groups random and the "
        "week of joining concentrated out; t interval with groups as the sample.",
        "按加入后的完整24小时日分段的退出风险；观察开始前已加入者作左截断；泊松似然，群为随机效应，"
        "加入周作为分层消去；以群为样本的 t 区间。",
    ),
    null_model=Text(
        "The same hazard on days 0–2 as on days 3–14 in every group.",
        "每个群第0–2日与第3–14日的退出风险相同。",
    ),
    assumptions=(
        Text(
            "Given the group and the week of joining, newcomers leave independently.",
            "给定群与加入周，新人的退出相互独立。",
        ),
    ),
    threats=(
        Text(
            "People differ in how ready they are to leave: the readiest go first, and the hazard "
            "falls even if nobody is judging (frailty).",
            "人的去意不同：去意最强者先走，即使没有人在观望，风险也会随时间下降（脆弱性）。",
        ),
        Text(
            "Muting, not leaving, is the usual exit (T10); a silent member may be long gone.",
            "常见的退出方式是屏蔽而不是退群（T10）；沉默的成员可能早已离开。",
        ),
        Text(
            "A peak says when people leave, not that the content made them.",
            "高峰只说明人们何时离开，并不说明是内容使他们离开。",
        ),
    ),
    why_hard=Text(
        "Stays that began before watching are seen only if they lasted (T6), and counting dates "
        "instead of full days moves exits from the first day to the second.",
        "观察前开始的停留只有持续下来的才会被看到（T6）；按日期而非完整日计算会把第一天的退出挪到"
        "第二天。",
    ),
    would_refute=Text(
        "No peak of the hazard on days 0–2, or none that depends on what was posted.",
        "第0–2日没有退出高峰，或者高峰与所发内容无关。",
    ),
    would_settle=Text(
        "Join and leave times to the second in many groups, with reads and mutes, and content "
        "that is varied by chance.",
        "许多群中精确到秒的加入与退出时间，含阅读与屏蔽记录，且内容随机变化。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the hazard of leaving on days 0–2 with that on days 3–14.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and of leaving.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the life table by day, exits and days at risk of each band.

    Raises
    ------
    NotTestableError
        If joining or leaving was not recorded.
    """
    dataset.require(*CLAIM.needs)
    stays = dataset.collect(newcomers(dataset).order_by("group", "person", "joined_us"))
    if stays.empty:
        raise NotTestableError(("memberships.joined_at inside the watch",))
    stays["week"] = week_of(dataset, stays["joined_us"])
    cells = _cells(stays)
    compared = cells[cells["band"] < 2]
    exits = compared.groupby("band")["exits"].sum().reindex([0, 1], fill_value=0.0)
    groups = int(compared.loc[compared["exits"] > 0, "group"].nunique())
    n = {
        "people": int(stays["person"].nunique()),
        "groups": int(stays["group"].nunique()),
        "rows": len(stays),
        "events": int(exits.sum()),
    }
    details = _details(stays, cells, choices)
    few = groups < FEWEST_GROUPS or exits.min() < FEWEST_EXITS
    model = None if groups < FEWEST_GROUPS else _try(cells)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(exits, groups),
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level)
    reason = _reason(estimate, low, high, exits)
    return result_of(
        CLAIM,
        choices,
        verdict="inconclusive" if few else settle(CLAIM, choices, estimate, low, high),
        reason=reason + _too_few(exits, groups) if few else reason,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(stays, choices),
        details=details | {"group_variance": model.variance},
    )


def _cells(stays: pd.DataFrame) -> pd.DataFrame:
    """Time at risk and exits by group, week of joining and band."""
    bands = cut_into_bands(
        stays["enter_day"].to_numpy(), stays["exit_day"].to_numpy(), stays["left"].to_numpy(), EDGES
    )
    rows = pd.DataFrame(
        {
            "group": stays["group"].to_numpy()[bands.row],
            "week": stays["week"].to_numpy()[bands.row],
            "band": bands.band,
            "days": bands.days,
            "exits": bands.exits,
        }
    )
    return rows.groupby(["group", "week", "band"], as_index=False)[["days", "exits"]].sum()


def _fit(cells: pd.DataFrame) -> MixedPoisson:
    """Fit log hazard on the first and the late band, weeks concentrated out, groups random."""
    x = np.column_stack([cells["band"] == 0, cells["band"] == 2]).astype(float)
    x = x[:, x.any(axis=0)]
    return fit_mixed_poisson(
        cells["exits"].to_numpy(float),
        cells["days"].to_numpy(float),
        pd.factorize(cells["week"])[0],
        pd.factorize(cells["group"])[0],
        x,
    )


def _try(cells: pd.DataFrame) -> MixedPoisson | None:
    """Fit, or None where a band has no exit or no week holds both bands."""
    if cells.groupby("band")["exits"].sum().reindex([0, 1], fill_value=0.0).min() == 0:
        return None
    try:
        return _fit(cells)
    except InputError:
        return None


def _too_few(exits: pd.Series, groups: int) -> Text:
    early, late = int(exits[0]), int(exits[1])
    return Text(
        f"{early} exits on days 0–2 and {late} on days 3–14, in {groups} groups, are too few to "
        f"settle it: at least {FEWEST_EXITS} on each side are needed.",
        f"第0–2日 {early} 次退出、第3–14日 {late} 次，分布在 {groups} 个群，不足以定论："
        f"两侧各需至少 {FEWEST_EXITS} 次。",
    )


def _reason(estimate: float, low: float, high: float, exits: pd.Series) -> Text:
    many, few = int(exits[0]), int(exits[1])
    return Text(
        f"Per day at risk, newcomers left {estimate:.2f} times as often on days 0–2 ({many} "
        f"exits) as on days 3–14 ({few} exits), between {low:.2f} and {high:.2f} times.",
        f"按每在群一日计算，新人第0–2日（{many} 次退出）的退出率是第3–14日（{few} 次）的 "
        f"{estimate:.2f} 倍，区间 {low:.2f} 至 {high:.2f} 倍。",
    )


def _robustness(stays: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    """Re-estimate with other readings of the same words."""
    first = stays.sort_values("joined_us").drop_duplicates(["group", "person"])
    dates = stays.assign(
        enter_day=np.floor(stays["enter_day"]),
        exit_day=_date_day(stays) + np.where(stays["left"], 0.5, 1.0),
    )
    readings = {
        Text("first stays only", "只计首次加入"): first,
        Text(
            "calendar dates instead of full days (biased: for comparison)",
            "按日历日期而非完整日（有偏，仅供对照）",
        ): dates,
        Text("watched from the first moment", "从加入时刻起即被观察"): stays[
            stays["enter_day"] <= 0
        ],
    }
    found: list[dict[str, Any]] = []
    for name, frame in readings.items():
        cells = _cells(frame)
        model = _try(cells)
        known = None if model is None else model.ratio(0, choices.level)
        found.append({"name": name} | interval_fields(known))
    return found


def _date_day(stays: pd.DataFrame) -> np.ndarray:
    """Day of the end counted by midnights passed since joining."""
    joined = stays["joined_us"].to_numpy()
    ended = joined + stays["exit_day"].to_numpy() * DAY_US
    return ended // DAY_US - joined // DAY_US


def _details(stays: pd.DataFrame, cells: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    table = life_table(
        stays["enter_day"].to_numpy(),
        stays["exit_day"].to_numpy(),
        stays["left"].to_numpy(),
        LAST_DAY,
    )
    tail = (1 - choices.level) / 2
    low = stats.gamma.ppf(tail, table["exits"].clip(lower=1e-12)) / table["days"]
    high = stats.gamma.ppf(1 - tail, table["exits"] + 1) / table["days"]
    at_risk = table["days"] > 0
    figure = {
        "day": table["day"],
        "hazard": table["hazard"],
        "hazard_low": low.where(at_risk),
        "hazard_high": high.where(at_risk),
        "at_risk": table["at_risk"],
        "survival": table["survival"],
    }
    bands = cells.groupby("band")[["days", "exits"]].sum().reindex([0, 1, 2], fill_value=0.0)
    rates = (bands["exits"] / bands["days"].where(bands["days"] > 0)).tolist()
    return {
        "bands": [
            {"days": name, "days_at_risk": days, "exits": exits, "hazard": rate}
            for name, days, exits, rate in zip(
                ("0-2", "3-14", "15+"), bands["days"], bands["exits"], rates, strict=True
            )
        ],
        "share_left_within_3_days": float(1 - table["survival"].iloc[2]),
        "share_left_within_15_days": float(1 - table["survival"].iloc[14]),
        "figure": {key: values.tolist() for key, values in figure.items()}
        | {"band_hazard": rates[:2]},
    }


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the hazard of leaving by day since joining, with the two bands that are compared."""
    import matplotlib.pyplot as plt

    words = {
        "en": ("days since joining", "exits per day at risk", "days 0–2", "days 3–14", "at risk"),
        "zh": ("加入后的天数", "每在群一日的退出率", "第0–2日", "第3–14日", "在群人次"),
    }[lang if lang == "zh" else "en"]
    if ax is None:
        ax = plt.figure().add_subplot()
    figure = result.details["figure"]
    day = np.asarray(figure["day"], float) + 0.5
    hazard = np.asarray(figure["hazard"], float)
    known = np.isfinite(hazard)
    low = np.asarray(figure["hazard_low"], float)
    high = np.asarray(figure["hazard_high"], float)
    ax.errorbar(
        day[known],
        hazard[known],
        yerr=np.vstack([hazard - low, high - hazard])[:, known].clip(min=0),
        fmt="o",
        color="0.35",
        ecolor="0.7",
        markersize=3.5,
        linewidth=1,
    )
    spans = (((0, 3), words[2], "C1", "-"), ((3, 15), words[3], "C0", "--"))
    for (span, name, color, style), rate in zip(spans, figure["band_hazard"], strict=True):
        if rate is not None:
            ax.plot(span, (rate, rate), color=color, linestyle=style, linewidth=3, label=name)
    ax.set_xlim(0, LAST_DAY)
    top = float(np.nanmax(hazard[known])) if known.any() else 1.0
    ax.set_ylim(0, max(1.6 * top, 1e-6))
    ax.set_xlabel(words[0])
    ax.set_ylabel(words[1])
    for place in (0, 7, 14, 21, LAST_DAY - 1):
        ax.annotate(
            f"{int(figure['at_risk'][place]):,}",
            (place + 0.5, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -2),
            textcoords="offset points",
            ha="left" if place == 0 else "center",
            va="top",
            fontsize="small",
            color="0.45",
        )
    ax.annotate(
        words[4],
        (0.0, 1.0),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        fontsize="small",
        color="0.45",
        ha="left",
        va="bottom",
    )
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False)
    return ax
