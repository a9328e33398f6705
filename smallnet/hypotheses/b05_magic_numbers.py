"""B05: three friends keep a member for months, and seven make a die-hard.

More friends may well mean longer stays (S08). The claim is more than that: that something happens
at three, and again at seven. So the steps are sought beyond a smooth curve, among members of one
group, with friends counted at a landmark before the time at risk begins.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.landmark import count_before_risk, friends_at_landmark
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.result import Claim, Result, interval_fields, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import posters_only

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

LANDMARK_DAY = 7.0
FIRST, SECOND = 3, 7  # friends, as claimed
PLACEBOS = (2, 4, 5, 6)  # where nobody claims a step
MOST_FRIENDS = 20  # from here on one more changes nothing in the part of the curve that is linear
FEWEST_GROUPS, FEWEST_EXITS, FEWEST_NUMBERS = 5, 10, 5
HIGHEST_DRAWN = 9  # "or more", in the figure
LARGEST_ERROR = 3.0  # of a log hazard ratio that is worth drawing

CLAIM = Claim(
    id="B05",
    title=Text("Magic numbers of friends", "好友的魔法数字"),
    claim=Text(
        "Who has three friends in the community stays for months, who has seven is a die-hard, "
        "who has fewer than three quits.",
        "在社区有3位好友者能活跃数月，7位者成为铁杆，不足3位者流失。",
    ),
    needs=("memberships.joined_at", "friendships", "coverage.leaving"),
    estimand=Text(
        "Among members still in on day 7 since joining: the hazard of leaving afterwards with 3 or "
        "more friends inside at that moment, divided by that with fewer, beyond a smooth curve "
        "over the number of friends, within the same group.",
        "在加入后第7日仍在群的成员中：当时群内好友不少于3位者此后的退出风险，除以不足3位者的风险，"
        "在好友数的平滑曲线之外、同一群内比较。",
    ),
    effect=Text(
        "hazard ratio of leaving, 3 friends or more ÷ fewer, beyond the smooth curve",
        "退出风险比，好友不少于3位 ÷ 不足3位，平滑曲线之外",
    ),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Landmark at day 7; Cox regression on time since joining with a baseline for each group, "
        "on friends (up to 20), ln(1 + friends) and steps at 3 and, where it can be told, at 7; "
        "errors clustered by group (jackknife), t interval with effective groups as the sample.",
        "以第7日为界标；以加入后时间为轴的 Cox 回归，每群各有基线风险；协变量为好友数（至多20）、"
        "ln(1 + 好友数) 及在3处（可分辨时也在7处）的阶跃；按群聚类误差（刀切法），以有效群数作 "
        "t 区间。",
    ),
    null_model=Text(
        "The hazard changes smoothly with the number of friends, by as much at 3 as around it.",
        "退出风险随好友数平滑变化，在3处与其附近并无不同。",
    ),
    assumptions=(
        Text(
            "Without a break the log hazard is a sum of a line and a logarithm in the number of "
            "friends.",
            "若无折点，对数风险是好友数的直线与对数之和。",
        ),
    ),
    threats=(
        Text(
            "Who makes friends early may be the kind of person who stays (T1).",
            "早交朋友的人可能本来就更愿意留下（T1）。",
        ),
        Text(
            "Any curve that bends near 3 looks a little like a step there (T13): steps at 2, 4, 5 "
            "and 6, which nobody claims, stand beside it.",
            "任何在3附近弯曲的曲线都有些像阶跃（T13）：另列无人主张的2、4、5、6处作对照。",
        ),
        Text("A contact link is not acquaintance (T10).", "通讯录里的联系人不等于相识（T10）。"),
    ),
    why_hard=Text(
        "Friends pile up only while one stays, and a number found by looking has no honest "
        "p-value; any fall of the hazard with friends makes 3 or more better than fewer.",
        "好友只在留下时才会积累；看过数据才得出的数字没有可信的 p 值；"
        "只要风险随好友数下降，3位以上就必然好于不足3位。",
    ),
    would_refute=Text(
        "A smooth curve that needs no step at 3 or at 7, or steps as large at other numbers.",
        "平滑曲线在3与7处无需阶跃，或其他数字处有同样大的阶跃。",
    ),
    would_settle=Text("Friend suggestions made by chance to newcomers.", "随机地向新人推荐好友。"),
)

_POSTERS = Text(
    "Membership means having written: who left without a word is not seen.",
    "成员指发过言的人：看不到一言未发就离开者。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Seek a step of the hazard of leaving at three friends, beyond a smooth curve.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and leaving, and friendships.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the step at 7, steps at numbers that nobody claims (each beside that at 3), the
        plain ratio of 3 or more against fewer without a curve, exits by number of friends.

    Raises
    ------
    NotTestableError
        If joining, leaving or friendships were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    stays = friends_at_landmark(dataset, LANDMARK_DAY)
    if stays.empty:
        raise NotTestableError(("memberships that are watched on day 7 since joining",))
    stays = stays.assign(code=pd.factorize(stays["group"])[0])
    n = {
        "people": int(stays["person"].nunique()),
        "groups": int(stays["group"].nunique()),
        "rows": len(stays),
        "events": int(stays["left"].sum()),
    }
    details: dict[str, Any] = {"landmark_day": LANDMARK_DAY, "figure": _figure(stays, choices)}
    threats = [_POSTERS] if posters_only(dataset) else []
    steps = (FIRST, SECOND) if _told(stays, SECOND) else (FIRST,)
    model = _try(stays, steps) if _told(stays, FIRST) else None
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(stays),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(2, choices.level, most=FARTHEST)
    second = _numbers(model, 3, choices.level) if SECOND in steps else _numbers(None)
    details |= {
        "step_at_7": second,
        "p_step_at_7": float(model.p_values()[3]) if SECOND in steps else None,
        "placebo_steps": {str(k): _entry(stays, (k, FIRST), choices) for k in PLACEBOS},
        "without_a_curve": _entry(stays, (FIRST,), choices, smooth=False),
        "effective_groups": float(model.effective_clusters[2]),
    }
    details["figure"] |= _fitted(stays, model, steps)
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, n["events"], second),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[2]),
        n=n,
        robustness=_robustness(dataset, stays, steps, second, choices),
        details=details,
    )


def _columns(friends: npt.ArrayLike, steps: tuple[int, ...], *, smooth: bool = True) -> Any:
    """Give the curve and the steps at each number of friends, shape (numbers, columns)."""
    count = np.asarray(friends, dtype=float)
    curve = [np.minimum(count, MOST_FRIENDS), np.log1p(count)] if smooth else []
    return np.column_stack([*curve, *(count >= step for step in steps)]).astype(float)


def _told(stays: pd.DataFrame, step: int) -> bool:
    """Tell whether groups that hold both sides of a step have exits on both."""
    above = stays["friends"] >= step
    share = above.groupby(stays["group"]).transform("mean")
    both = (share > 0) & (share < 1)
    exits = stays[both & stays["left"]]
    few = min((exits["friends"] >= step).sum(), (exits["friends"] < step).sum())
    groups, numbers = exits["group"].nunique(), exits["friends"].nunique()
    return bool(few >= FEWEST_EXITS and groups >= FEWEST_GROUPS and numbers >= FEWEST_NUMBERS)


def _fit(stays: pd.DataFrame, steps: tuple[int, ...], *more: pd.Series, smooth: bool = True) -> Cox:
    x = _columns(count_before_risk(stays, "friends"), steps, smooth=smooth)
    return fit_cox(
        stays["enter_day"],
        stays["exit_day"],
        stays["left"],
        np.column_stack([x, *more]),
        stratum=stays["code"].to_numpy(),
        cluster=stays["code"].to_numpy(),
    )


def _try(
    stays: pd.DataFrame, steps: tuple[int, ...], *more: pd.Series, smooth: bool = True
) -> Cox | None:
    """Fit; None where nothing tells the steps from the curve."""
    try:
        return _fit(stays, steps, *more, smooth=smooth)
    except InputError:
        return None


def _numbers(model: Cox | None, which: int = 0, level: float = 0.95) -> dict[str, Any]:
    return interval_fields(None if model is None else model.ratio(which, level, most=FARTHEST))


def _entry(
    stays: pd.DataFrame,
    steps: tuple[int, ...],
    choices: Choices,
    *more: pd.Series,
    smooth: bool = True,
) -> dict[str, Any]:
    """Give the first step of a fit, unknown where too few exits tell of it."""
    model = _try(stays, steps, *more, smooth=smooth) if _told(stays, steps[0]) else None
    return _numbers(model, 2 if smooth else 0, choices.level)


def _robustness(
    dataset: Dataset,
    stays: pd.DataFrame,
    steps: tuple[int, ...],
    second: dict[str, Any],
    choices: Choices,
) -> list[dict[str, Any]]:
    later = friends_at_landmark(dataset, 14.0)
    later = later.assign(code=pd.factorize(later["group"])[0])
    return [
        {"name": Text("7 friends or more ÷ fewer, in the same fit", "同一拟合中：不少于7位 ÷ 不足")}
        | second,
        {"name": Text("step at 3 alone", "只设3处阶跃")} | _entry(stays, (FIRST,), choices),
        {"name": Text("friends outside the group held fixed", "控制群外好友数")}
        | _entry(stays, steps, choices, np.log1p(stays["friends_outside"])),
        {"name": Text("landmark at day 14", "以第14日为界标")} | _entry(later, (FIRST,), choices),
        {
            "name": Text(
                "no smooth curve (any fall of the hazard shows: for comparison)",
                "不含平滑曲线（任何下降都会显出，仅供对照）",
            )
        }
        | _entry(stays, (FIRST,), choices, smooth=False),
    ]


def _too_few(stays: pd.DataFrame) -> Text:
    exits = stays[stays["left"]]
    more, fewer = int((exits["friends"] >= FIRST).sum()), int((exits["friends"] < FIRST).sum())
    return Text(
        f"{more} exits with 3 friends or more and {fewer} with fewer, in {exits['group'].nunique()}"
        " groups: too little to tell a step from a smooth curve.",
        f"好友不少于3位者退出 {more} 次，不足3位者 {fewer} 次，分布在 {exits['group'].nunique()} "
        "个群：不足以区分阶跃与平滑曲线。",
    )


def _reason(estimate: float, low: float, high: float, exits: int, second: dict[str, Any]) -> Text:
    text = Text(
        f"Beyond a smooth curve, members with 3 friends or more left at {estimate:.2f} times the "
        f"rate of those with fewer in the same group, between {low:.2f} and {high:.2f} "
        f"({exits} exits).",
        f"在平滑曲线之外，好友不少于3位者的退出率是同群不足3位者的 {estimate:.2f} 倍，区间 "
        f"{low:.2f} 至 {high:.2f}（{exits} 次退出）。",
    )
    if second["estimate"] is not None:
        a, b, c = second["estimate"], second["ci_low"], second["ci_high"]
        text += Text(
            f"At 7 the factor is {a:.2f}, between {b:.2f} and {c:.2f}.",
            f"在7处为 {a:.2f} 倍，区间 {b:.2f} 至 {c:.2f}。",
        )
    return text


def _figure(stays: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Hazard of each number of friends over that of the lowest number, within groups."""
    exits = stays.loc[stays["left"], "friends"]
    enough = [k for k in range(1, HIGHEST_DRAWN + 1) if (exits >= k).sum() >= FEWEST_EXITS / 2]
    top = max(enough, default=1)
    own = stays["friends"].clip(upper=top)
    numbers = sorted(own.unique())
    shown: dict[str, Any] = {
        "friends": [int(k) for k in numbers],
        "top": top,
        "stays": [int((own == k).sum()) for k in numbers],
        "exits": [int(stays.loc[own == k, "left"].sum()) for k in numbers],
        "ratios": [],
    }
    columns = [(own == k).astype(float) for k in numbers[1:]]
    try:
        model = fit_cox(
            stays["enter_day"],
            stays["exit_day"],
            stays["left"],
            np.column_stack(columns) if columns else np.zeros((len(stays), 0)),
            stratum=stays["code"].to_numpy(),
            cluster=stays["code"].to_numpy(),
        )
    except (InputError, ValueError):
        return shown
    if model.standard_error.max() > LARGEST_ERROR:
        return shown
    shown["ratios"] = [
        list(model.ratio(i, choices.level, most=FARTHEST)) for i in range(len(columns))
    ]
    return shown


def _fitted(stays: pd.DataFrame, model: Cox, steps: tuple[int, ...]) -> dict[str, Any]:
    """Curves over the lowest number of friends: with the steps, and smooth alone."""
    numbers = np.arange(stays["friends"].min(), max(HIGHEST_DRAWN, SECOND + 1) + 1)
    curves: dict[str, Any] = {"numbers": numbers.tolist()}
    smooth = _try(stays, ())
    for name, fit, at in (("stepped", model, steps), ("smooth", smooth, ())):
        if fit is not None:
            height = _columns(numbers, at) @ fit.beta
            curves[name] = np.exp(height - height[0]).tolist()
    return curves


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the hazard of leaving by friends at day 7, with the smooth and the stepped curve."""
    ax = axes(ax)
    chinese = lang == "zh"
    shown = result.details["figure"]
    first, top = shown["friends"][0], shown["top"]
    ax.axhline(1, color=GREY, lw=0.8)
    rows = np.array(shown["ratios"], float).reshape(-1, 3)
    if len(rows):
        around = np.abs(rows[:, 1:].T - rows[:, 0])
        label = "各好友数，同群内" if chinese else "each number, within groups"
        ax.errorbar(shown["friends"][1:], rows[:, 0], around, fmt="o", color=BLUE, label=label)
    for name, colour, style, words in (
        ("smooth", GREY, "--", ("平滑", "smooth")),
        ("stepped", ORANGE, "-", ("平滑加阶跃", "smooth and steps")),
    ):
        if shown.get(name):
            drawn = [k <= top for k in shown["numbers"]]
            x = np.array(shown["numbers"])[drawn]
            ax.plot(x, np.array(shown[name])[drawn], style, color=colour, label=words[not chinese])
    labels = [f"{k}+" if k == top else str(k) for k in shown["friends"]]
    counts = [f"{label}\n({c:,})" for label, c in zip(labels, shown["stays"], strict=True)]
    ax.set_xticks(shown["friends"], counts)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("{x:g}")
    ax.set_xlabel(
        "加入第7日的群内好友数（括号内为人次）"
        if chinese
        else "friends inside on day 7 since joining (stays in brackets)"
    )
    ax.set_ylabel(
        f"退出风险比（对照：{first} 位）"
        if chinese
        else f"hazard ratio of leaving, against {first}"
    )
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=3, frameon=False)
    return ax
