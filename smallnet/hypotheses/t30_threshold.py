"""T30: whether there is a threshold of group size, and whether it is 30.

The rate is that of S05: messages per member-day of the same person in the same period, in groups of
different size, groups random. A break is sought over all sizes, as a step and as a kink, against a
log-linear curve, and the p-value pays for the search. Saying "30 is inside" is not enough: the
interval has to say something, the rate has to fall, and groups have to lie on both sides.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from smallnet.errors import InputError
from smallnet.hypotheses.methods.rate_panel import RatePanel, rate_panel
from smallnet.hypotheses.methods.size_rate import PRIOR_WITHIN, SizeRate, fit_size_rate
from smallnet.hypotheses.methods.threshold import (
    BreakTest,
    Contrast,
    GroupCurve,
    break_test,
    held_out,
    power_of_break_test,
    step_at,
)
from smallnet.hypotheses.result import Claim, Result, interval_fields, not_testable, result_of
from smallnet.hypotheses.s05_activity_and_size import NO_SIZE, no_comparison, size_threats
from smallnet.tables import Choices, Dataset, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FEWEST_GROUPS = 12
LEAST_SPREAD = 0.5  # sd of log2 size over groups
DROP = 0.5  # rate ratio at the small group that a study should be able to see
PLACEBOS = (0.25, 0.5, 2 / 3, 1.5, 2.0, 4.0)  # times the small group
POINTS = 240  # of the figure

CLAIM = Claim(
    id="T30",
    title=Text("The threshold is 30", "门槛是三十人"),
    claim=Text(
        "A small group has fewer than 30 members (「30人以下的小群」): at that size the activity "
        "of its members breaks.",
        "小群是「30人以下的小群」：成员的活跃在这一规模处发生转折。",
    ),
    needs=("memberships", "interactions.group"),
    estimand=Text(
        "The size, if there is one, at which messages per member-day of the same person in the "
        "same period break beyond a log-linear curve over groups of different size.",
        "同一个人在同一时期内、在不同规模的群中每成员日发言数超出对数线性曲线而发生转折的规模"
        "（若存在）。",
    ),
    effect=Text("threshold, members", "门槛（成员数）"),
    null=30.0,
    claimed_side="at",
    ratio=True,
    method=Text(
        "Poisson rates with person × period concentrated out and groups random; largest score "
        "statistic over all breaks, as step and as kink, against a log-linear curve, its p-value "
        "from redrawing the whole search; interval of the break by inverting the profile "
        "likelihood (Hansen 2000), widened by how far sizes wander; shapes compared on held-out "
        "groups.",
        "泊松率模型，以人×时期为分层消去，群为随机效应；对所有断点（阶跃与拐点）取相对对数线性曲线的"
        "最大得分统计量，通过重抽整个搜索过程得到 p 值；断点区间由剖面似然反演得到（Hansen 2000），"
        "并按规模的波动加宽；"
        "在留出的群上比较各种形状。",
    ),
    null_model=Text(
        "A log-linear curve of rate against size, flat or not, without a break.",
        "发言率随规模呈对数线性（无论是否水平），没有断点。",
    ),
    assumptions=(
        Text(
            "How lively a group is for reasons of its own does not depend on its size.",
            "群因自身原因而冷或热，与其规模无关。",
        ),
        Text("One break, at the same size for all groups.", "只有一个断点，且对所有群相同。"),
    ),
    threats=(
        Text(
            "A break that was looked for is always found (T13); here the search is paid for.",
            "刻意寻找的断点总能找到（T13）；此处已为搜索付出代价。",
        ),
        Text(
            "Platform rules at round sizes (T17) and purposes of groups (T4) make breaks of their "
            "own.",
            "平台在整数规模处的规则（T17）与群的用途（T4）会自行产生断点。",
        ),
        Text(
            "Where talkative people sort by size, or groups grow while watched, a break was seen "
            "in 8 % of 314 simulated worlds without one, where 5 % were due.",
            "若健谈者按规模选群，或群在观察期内增长，"
            "则在 314 个没有断点的模拟世界中有 8% 报出断点，名义水平为 5%。",
        ),
    ),
    why_hard=Text(
        "Groups, not people, are the sample; a smooth curve looks like a step to whoever picks the "
        "cut; and few groups lie near any one size.",
        "样本是群而不是人；对挑选切点的人来说平滑曲线也像阶跃；任一规模附近的群都很少。",
    ),
    would_refute=Text(
        "A smooth curve foretells unseen groups as well as any break does, or the break lies "
        "elsewhere.",
        "平滑曲线对未见过的群的预测不亚于任何断点，或者断点在别处。",
    ),
    would_settle=Text(
        "A few hundred groups of one purpose between 10 and 100 members, with rosters and spells.",
        "数百个用途相同、规模在10至100人之间的群，并有成员名单与在群时间。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Search for a break in the rate of the same person over groups of different size.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and interactions in groups.
    choices : Choices
        ``small_group``, level, smallest effect, replicates (draws of the search).
    rng : numpy.random.Generator
        Draws the search where there is no break, the power, the folds.

    Returns
    -------
    Result
        ``estimate`` is the break, None where there is none. ``details``: ``shape``,
        ``p_any_break``, ``contains_small_group``, ``rate_ratio_at_small_group``,
        ``rate_ratio_across_break``, ``interval``, ``held_out``, ``placebo_thresholds``,
        ``power``, ``figure``.

    Raises
    ------
    NotTestableError
        If there is no membership or no message in a group.
    """
    dataset.require(*CLAIM.needs)
    panel = rate_panel(dataset)
    threats = size_threats(dataset, panel)
    if panel.groups.empty:
        return not_testable(CLAIM, choices, NO_SIZE, threats=threats)
    fitted, why = _enough(panel, rng)
    if fitted is None:
        return _too_little(choices, panel, why, threats)
    curve, found = _search(fitted, choices, rng)
    small = choices.small_group
    named = step_at(curve, small, above=fitted.share_above(small), level=choices.level)
    power = power_of_break_test(curve, found, at=choices.small_group, ratio=DROP, rng=rng)
    verdict, reason = _judge(curve, found, named, power, choices)
    broken = found.p_any_break < choices.alpha
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=reason,
        estimate=found.at if broken else None,
        ci_low=found.low if broken else None,
        ci_high=found.high if broken else None,
        p_value=found.p_any_break,
        n={
            "people": fitted.people,
            "groups": fitted.model.n_groups,
            "rows": fitted.rows,
            "events": int(fitted.groups["messages"].sum()),
        },
        threats=threats,
        robustness=_robustness(dataset, panel, choices, rng),
        details=_details(curve, found, named, choices)
        | {
            "held_out": held_out(curve, rng=rng),
            "placebo_thresholds": _placebos(fitted, curve, choices),
            "power": {"rate_ratio": DROP, "at": choices.small_group, "estimate": power},
            "groups_without_size": list(panel.without_size),
            "figure": _figure(fitted, curve, found, choices),
        },
    )


def _search(
    fitted: SizeRate, choices: Choices, rng: np.random.Generator
) -> tuple[GroupCurve, BreakTest]:
    curve = GroupCurve.of_model(
        fitted.model, fitted.groups["size"].to_numpy(float), prior_sd=(PRIOR_WITHIN,)
    )
    return curve, break_test(
        curve,
        level=choices.level,
        draws=choices.replicates,
        wander=fitted.groups["wander"].to_numpy(float),
        rng=rng,
    )


def _enough(panel: RatePanel, rng: np.random.Generator) -> tuple[SizeRate | None, Text]:
    """Fit the curve where enough groups of enough sizes tell of it, else say why not."""
    try:
        fitted = fit_size_rate(panel, rng=rng)
    except InputError:
        return None, no_comparison(panel)
    groups, spread = fitted.model.n_groups, float(fitted.groups["log2_size"].std(ddof=0))
    sizes = fitted.groups["size"].nunique()
    if groups < FEWEST_GROUPS or spread < LEAST_SPREAD or sizes < 5 or not fitted.model.converged:
        return None, Text(
            f"{groups} groups of {sizes} sizes share active people, their sizes spread by a factor "
            f"of {2**spread:.2f}: too few or too alike to look for a break.",
            f"有共同活跃成员的群只有 {groups} 个，规模 {sizes} 种，离散 {2**spread:.2f} 倍："
            "太少或太相似，无法寻找断点。",
        )
    return fitted, Text("", "")


def _too_little(choices: Choices, panel: RatePanel, why: Text, threats: list[Text]) -> Result:
    return result_of(
        CLAIM,
        choices,
        verdict="inconclusive",
        reason=why,
        n={
            "people": panel.active_people,
            "groups": len(panel.groups),
            "rows": int(panel.days.size),
            "events": int(panel.messages.sum()),
        },
        threats=threats,
        details={
            "shape": None,
            "p_any_break": None,
            "contains_small_group": None,
            "rate_ratio_at_small_group": None,
            "groups_without_size": list(panel.without_size),
        },
    )


def _inside(curve: GroupCurve, found: BreakTest, small: int) -> tuple[int, int]:
    """Count groups in the interval of the break, under the small group's size and from it on."""
    size = curve.size[(curve.size >= found.low) & (curve.size <= found.high)]
    return int((size < small).sum()), int((size >= small).sum())


def _contains(found: BreakTest, small: int) -> bool:
    return found.low < small <= found.high


def _judge(
    curve: GroupCurve, found: BreakTest, named: Contrast | None, power: float, choices: Choices
) -> tuple[str, Text]:
    """Settle by the rule of the register."""
    small = choices.small_group
    if found.p_any_break >= choices.alpha:
        return _without_break(found, named, power, choices)
    ratio, low, high = np.exp([found.across.log_ratio, found.across.low, found.across.high])
    kind = _kind(found)
    said = Text(
        f"The curve breaks at about {found.at:.0f} members (between {found.low:.0f} and "
        f"{found.high:.0f}; p = {found.p_any_break:.3f} for any break): {kind.en} × {ratio:.2f} "
        f"[{low:.2f}, {high:.2f}].",
        f"曲线约在 {found.at:.0f} 人处转折（{found.low:.0f} 至 {found.high:.0f} 人；任意断点 "
        f"p = {found.p_any_break:.3f}）：{kind.zh} × {ratio:.2f} [{low:.2f}, {high:.2f}]。",
    )
    if found.across.log_ratio > 0:
        return "contradicted", said + Text(
            "Beyond it members write more, not less.", "越过此处成员发言更多，而不是更少。"
        )
    if not _contains(found, small):
        return "contradicted", said + Text(
            f"{small} members lies outside.", f"{small} 人不在区间之内。"
        )
    below, above = _inside(curve, found, small)
    says = small / 2 <= found.low and found.high <= 2 * small and below > 0 and above > 0
    if says:
        return "supported", said + Text(
            f"{small} members lies inside, with {below} groups under it and {above} from it on "
            "within the interval.",
            f"{small} 人在区间之内，区间内低于它的群有 {below} 个，不低于它的群有 {above} 个。",
        )
    return "inconclusive", said + Text(
        f"{small} members lies inside, but the interval says nothing: it is wider than a factor of "
        f"2 on a side, or has no group on a side ({below} under {small}, {above} from it on).",
        f"{small} 人在区间之内，但区间没有信息：某一侧超过 2 倍，或某一侧没有群"
        f"（低于 {small} 人 {below} 个，不低于 {above} 个）。",
    )


def _kind(found: BreakTest) -> Text:
    if found.shape == "step":
        return Text("across a step the rate goes", "越过阶跃，发言率")
    return Text("beyond a kink each doubling of size takes the rate further,", "过拐点后每翻倍再")


def _without_break(
    found: BreakTest, named: Contrast | None, power: float, choices: Choices
) -> tuple[str, Text]:
    small, delta = choices.small_group, choices.smallest_effect["T30"]
    slope, low, high = np.exp([found.slope.log_ratio, found.slope.low, found.slope.high])
    said = Text(
        f"No break beyond a log-linear curve is seen (p = {found.p_any_break:.2f}). In groups of "
        f"these sizes a halving of the rate at {small} members would be found with probability "
        f"{power:.2f}.",
        f"在对数线性曲线之外看不出断点（p = {found.p_any_break:.2f}）。以这些群的规模，若发言率在 "
        f"{small} 人处减半，被发现的概率为 {power:.2f}。",
    )
    if named is not None:
        ratio, least, most = np.exp([named.log_ratio, named.low, named.high])
        said = said + Text(
            f"At {small} itself the rate goes × {ratio:.2f} [{least:.2f}, {most:.2f}].",
            f"就在 {small} 人处，发言率 × {ratio:.2f} [{least:.2f}, {most:.2f}]。",
        )
    halving = named is not None and named.low > np.log(DROP)
    if low > 1 / delta and high < delta and halving:
        return "no effect", said + Text(
            f"The rate is the same over sizes: × {slope:.2f} [{low:.2f}, {high:.2f}] per doubling.",
            f"发言率不随规模变化：每翻倍 × {slope:.2f} [{low:.2f}, {high:.2f}]。",
        )
    return "inconclusive", said


def _details(
    curve: GroupCurve, found: BreakTest, named: Contrast | None, choices: Choices
) -> dict[str, Any]:
    broken = found.p_any_break < choices.alpha
    tilted = found.slope.low > 0 or found.slope.high < 0
    below, above = _inside(curve, found, choices.small_group)
    return {
        "shape": found.shape if broken else "smooth" if tilted else "none",
        "p_any_break": found.p_any_break,
        "contains_small_group": _contains(found, choices.small_group) if broken else None,
        "rate_ratio_at_small_group": _ratio(named),
        "rate_ratio_across_break": _ratio(found.across) if broken else None,
        "rate_ratio_per_doubling": _ratio(found.slope),
        "interval": {"low": found.low, "high": found.high, "below": below, "above": above}
        if broken
        else None,
        "small_group": choices.small_group,
        "smallest_and_largest": [float(curve.size.min()), float(curve.size.max())],
    }


def _ratio(contrast: Contrast | None) -> dict[str, float] | None:
    if contrast is None:
        return None
    return {
        "estimate": float(np.exp(contrast.log_ratio)),
        "ci_low": float(np.exp(contrast.low)),
        "ci_high": float(np.exp(contrast.high)),
        "p_value": contrast.p_value,
    }


def _placebos(fitted: SizeRate, curve: GroupCurve, choices: Choices) -> list[dict[str, Any]]:
    """Give steps at sizes that nobody claims, for the eye to compare."""
    found = []
    for size in (max(2, round(share * choices.small_group)) for share in PLACEBOS):
        step = step_at(curve, size, above=fitted.share_above(size), level=choices.level)
        found.append({"at": size} | (_ratio(step) or interval_fields(None)))
    return found


def _robustness(
    dataset: Dataset, panel: RatePanel, choices: Choices, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Search again with other readings of the same words."""
    silent = Text(
        "a group's silence after its last message is no time at risk",
        "群最后一条消息之后的沉默不计入风险时间",
    )
    whole = Text("same person over the whole watch", "同一个人在整个观察期内比较")
    days = Text("days with a message instead of messages", "以有发言的天数代替消息数")
    readings: list[tuple[Text, RatePanel, Mapping[str, Any]]] = [
        (silent, rate_panel(dataset, until="last message"), {}),
        (whole, panel, {"same_period": False}),
        (days, panel, {"outcome": "active_days"}),
    ]
    entries = []
    for name, rows, options in readings:
        entry: dict[str, Any] = {"name": name} | interval_fields(None)
        try:
            _, found = _search(fit_size_rate(rows, rng=rng, **options), choices, rng)
        except InputError as error:
            entry["note"] = str(error)
        else:
            if found.p_any_break < choices.alpha:
                entry |= interval_fields((found.at, found.low, found.high))
            entry["note"] = f"p = {found.p_any_break:.3f}"
        entries.append(entry)
    return entries


def _figure(
    fitted: SizeRate, curve: GroupCurve, found: BreakTest, choices: Choices
) -> dict[str, Any]:
    order = np.argsort(curve.size, kind="stable")
    if order.size > POINTS:
        order = order[np.linspace(0, order.size - 1, POINTS).round().astype(int)]
    return {
        "group": fitted.groups["group"].iloc[order].tolist(),
        "size": curve.size[order].tolist(),
        "rate": np.exp(fitted.liveliness[order]).tolist(),
        "person_days": fitted.groups["days"].iloc[order].tolist(),
        "breaks": found.breaks.tolist(),
        "step": found.step.tolist(),
        "kink": found.kink.tolist(),
        "critical": found.critical,
        "small_group": choices.small_group,
        "at": found.at,
        "interval": [found.low, found.high] if found.p_any_break < choices.alpha else None,
        "p_any_break": found.p_any_break,
        "per_doubling": float(np.exp(found.slope.log_ratio)),
    }


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw how strongly each size would be a break, above the groups' rates against size."""
    from matplotlib.ticker import LogLocator

    from smallnet.hypotheses.methods.drawing import (
        BLUE,
        GREEN,
        GREY,
        ORANGE,
        VERMILLION,
        axes,
        nothing_to_draw,
        rates_of_groups,
        size_axis,
    )

    words = {
        "en": (
            "group size (members, mean)",
            "evidence for a break\nhere (χ², 1 df)",
            "step",
            "kink",
            "what chance alone passes once in {0:.0f} searches",
            "{0} members",
            "interval of the break",
            "rate of the same person,\nrelative to the average group",
            "too little to look for a break",
        ),
        "zh": (
            "群规模（平均成员数）",
            "此处有断点的证据\n（χ²，自由度 1）",
            "阶跃",
            "拐点",
            "纯偶然每 {0:.0f} 次搜索才超过一次",
            "{0} 人",
            "断点区间",
            "同一个人的发言率\n（相对于平均的群）",
            "信息不足，无法寻找断点",
        ),
    }["zh" if lang == "zh" else "en"]
    ax = axes(ax)
    figure = result.details.get("figure")
    ax.set_xlabel(words[0])
    ax.set_ylabel(words[1], fontsize="small")
    if figure is None:
        return nothing_to_draw(ax, words[8])
    size, rate = np.asarray(figure["size"], float), np.asarray(figure["rate"], float)
    size_axis(ax)
    ax.set_xlim(size.min() / 1.15, size.max() * 1.15)
    top = 2.6 * max(*figure["step"], *figure["kink"], figure["critical"])
    ax.set_ylim(0, top)
    if figure["interval"] is not None:
        ax.axvspan(*figure["interval"], color=ORANGE, alpha=0.2, lw=0, label=words[6])
    ax.plot(figure["breaks"], figure["step"], color=BLUE, marker="o", ms=3, label=words[2])
    ax.plot(
        figure["breaks"], figure["kink"], color=GREEN, marker="s", ms=3, ls="--", label=words[3]
    )
    searches = words[4].format(1 / (1 - result.level))
    ax.axhline(figure["critical"], color=GREY, lw=1, ls=":", label=searches)
    small = figure["small_group"]
    ax.axvline(small, color=VERMILLION, lw=1.2, ls="-.", label=words[5].format(small))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, fontsize="small", frameon=False)
    above = ax.inset_axes((0, 0.52, 1, 0.48), sharex=ax)
    rates_of_groups(above, figure, colour=GREY, largest=50)
    above.axvline(small, color=VERMILLION, lw=1.2, ls="-.")
    above.set_ylabel(words[7], fontsize="small")
    above.yaxis.set_label_position("right")
    above.yaxis.tick_right()
    above.yaxis.set_major_locator(LogLocator(numticks=5))
    above.set_yticks([], minor=True)
    above.set_ylim(rate.min() / 1.3, rate.max() * 1.3)
    above.tick_params(labelbottom=False, labelsize="small")
    ticks = [tick for tick in ax.get_yticks() if tick <= top * 0.45]
    ax.set_yticks(ticks)
    ax.yaxis.set_label_coords(-0.07, 0.23)
    return ax
