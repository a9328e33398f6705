"""S05: everyone wants to be in large groups, but everyone is active in small ones.

The same person is compared with themself, in the same weeks, in groups of different size: messages
per member-day, per doubling of size. Groups are random effects, because they are lively or quiet
for reasons of their own and size is a property of groups: the sample is the groups, not the people.
Beside it stand what happens as a group itself grows, and how the group's total goes with its size:
where the total stays the same, less each is arithmetic, not life.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.group_totals import Elasticity, total_elasticity
from smallnet.hypotheses.methods.rate_panel import RatePanel, rate_panel
from smallnet.hypotheses.methods.size_rate import SizeRate, WithinRate, fit_size_rate, fit_within
from smallnet.hypotheses.methods.sparse_size_rate import fit_sparse_size_rate
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import posters_only

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FEWEST_GROUPS = 5  # that tell of anything
LEAST_SPREAD = 0.25  # sd of log2 size over groups
POINTS = 400  # of the figure

CLAIM = Claim(
    id="S05",
    title=Text("People are active in small groups", "人人都活跃在小群中"),
    claim=Text(
        "Everyone wants to be in large groups, but everyone is active in small ones "
        "(「人人都想进大群，但是人人都活跃在小群中」).",
        "人人都想进大群，但是人人都活跃在小群中。",
    ),
    needs=("memberships", "interactions.group"),
    estimand=Text(
        "Messages per member-day of the same person in the same period, in one group divided by "
        "those in another of half its size (between groups).",
        "同一个人在同一时期内，在某群与在人数为其一半的群中，每成员日发言数之比（群间）。",
    ),
    effect=Text("rate ratio per doubling of group size", "群规模每翻倍的发言率之比"),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Poisson rates with person × period concentrated out and groups as random effects; the "
        "group's mean log size and its deviation from it as two covariates (Mundlak); t interval "
        "with groups as the sample.",
        "泊松率模型，以人×时期为分层消去，群为随机效应；群的平均对数规模与对其偏离作为两个协变量"
        "（Mundlak 分解）；以群为样本的 t 区间。",
    ),
    null_model=Text(
        "The same person writes as much per member-day in groups of any size, though groups differ "
        "in liveliness.",
        "同一个人在任何规模的群中每成员日发言一样多，尽管各群本身冷热不同。",
    ),
    assumptions=(
        Text(
            "How lively a group is for reasons of its own does not depend on its size.",
            "群因自身原因而冷或热，与其规模无关。",
        ),
        Text(
            "Whatever makes a person talkative is the same in all of their groups.",
            "使一个人健谈的因素在其所有群中相同。",
        ),
    ),
    threats=(
        Text(
            "One group means more to some of its members than to others. Where that differs much "
            "more than groups do, small groups look quieter than they are.",
            "同一个群对不同成员的意义不同。若这种差异远大于群与群之间的差异，小群会显得比实际更安静。",
        ),
        Text(
            "Size is chosen (T4): purpose sets both a group's size and its life.",
            "规模是选择的结果（T4）：群的用途同时决定其规模与活跃。",
        ),
        Text(
            "Only people in two groups or more tell of anything, and they may be special.",
            "只有身处两个以上群的人才提供信息，而他们可能与众不同。",
        ),
    ),
    why_hard=Text(
        "Messages per head falls with heads by division (T5), talkative people sort into groups "
        "by size, and groups differ for reasons of their own, so errors that treat people or "
        "messages as the sample cover far too little.",
        "人均发言会因除法而随人数下降（T5）；健谈者会按规模选择群；各群又有自身的冷热，"
        "因此以人或消息为样本的误差远远偏小。",
    ),
    would_refute=Text(
        "The same people write as much or more per member-day in larger groups.",
        "同样的人在更大的群中每成员日发言同样多或更多。",
    ),
    would_settle=Text(
        "Hundreds of groups of one purpose, whose size was set by a rule of the platform, with "
        "rosters and spells.",
        "数百个用途相同、规模由平台规则设定的群，并有成员名单与在群时间。",
    ),
)

POSTERS = Text(
    "Size = people who wrote: silent members are in no roster here, so sizes are too small, by "
    "unlike factors.",
    "规模 = 发过言的人数：名单中没有沉默成员，因此规模被不同程度地低估。",
)
NO_SIZE = Text(
    "No group has a size: their rosters are partial, so who is in is not known.",
    "没有一个群有已知规模：名单都不完整，不知道谁在群里。",
)
WITHIN_WARNING = Text(
    "Tangled with the group's own life: a new group is busy, then fills up, then falls silent. "
    "Growth did not come by chance.",
    "与群自身的生命历程纠缠：新群先热闹，后满员，再沉寂。增长并非随机发生。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the same person's rate between groups of different size.

    Parameters
    ----------
    dataset : Dataset
        Needs memberships and interactions in groups.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Draws 1,500 groups where there are more.

    Returns
    -------
    Result
        ``details``: ``within`` and ``total_elasticity`` (each with interval),
        ``group_variance``, ``spearman``, ``groups_without_size``, ``figure``.

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
    details = {"groups_without_size": list(panel.without_size), "period_days": panel.period_days}
    try:
        fitted = fit_size_rate(panel, rng=rng)
    except InputError:
        return _too_little(choices, panel, no_comparison(panel), threats, details)
    n = {
        "people": fitted.people,
        "groups": fitted.model.n_groups,
        "rows": fitted.rows,
        "events": int(fitted.groups["messages"].sum()),
    }
    spread = float(fitted.groups["log2_size"].std(ddof=0))
    if fitted.model.n_groups < FEWEST_GROUPS or spread < LEAST_SPREAD or not fitted.model.converged:
        why = Text(
            f"{fitted.model.n_groups} groups share active people, with sizes that spread by a "
            f"factor of {2**spread:.2f}: too few or too alike to compare.",
            f"只有 {fitted.model.n_groups} 个群有共同的活跃成员，规模离散仅为 {2**spread:.2f} 倍："
            "太少或太相似，无法比较。",
        )
        return _too_little(choices, panel, why, threats, details, n)
    estimate, low, high, p_value = rate_ratio(fitted, choices.level)
    within = fit_within(panel, level=choices.level)
    total = _total(panel, choices.level)
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, total),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=p_value,
        n=n,
        threats=threats,
        robustness=_robustness(dataset, panel, choices, rng),
        details=details
        | {
            "within": _within(within),
            "total_elasticity": _elasticity(total),
            "group_variance": fitted.model.variance,
            "spearman": _spearman(panel),
            "messages_by_outsiders": panel.dropped,
            "figure": _figure(fitted, within, choices.level),
        },
    )


def rate_ratio(fitted: SizeRate, level: float) -> tuple[float, float, float, float]:
    """Rate ratio per doubling between groups, with interval and two-sided p-value."""
    low, high = np.exp(fitted.model.conf_int(level)[0])
    return (
        float(np.exp(fitted.model.beta[0])),
        float(low),
        float(high),
        float(fitted.model.p_values()[0]),
    )


def size_threats(dataset: Dataset, panel: RatePanel) -> list[Text]:
    """Threats of this data set to any claim about size."""
    found = []
    if panel.without_size:
        count, names = len(panel.without_size), ", ".join(panel.without_size[:10])
        more = "…" if count > 10 else ""
        found.append(
            Text(
                f"{count} groups with a partial roster have no size and were left out: "
                f"{names}{more}.",
                f"{count} 个群的名单不完整，没有规模，未纳入：{names}{more}。",
            )
        )
    if posters_only(dataset):
        found.append(POSTERS)
    return found


def no_comparison(panel: RatePanel) -> Text:
    """Say why nobody can be compared with themself."""
    pairs = np.unique(panel.person * (len(panel.groups) + 1) + panel.group) // (
        len(panel.groups) + 1
    )
    people = int((np.bincount(pairs) > 1).sum()) if pairs.size else 0
    return Text(
        f"A person can only be compared with themself in groups of different size; {people} of "
        f"{panel.active_people} active people are in two groups or more, and what they say does "
        "not tell those groups apart by size.",
        f"一个人只能在不同规模的群之间与自己比较；{panel.active_people} 个活跃的人中有 {people} 个"
        "身处两个以上的群，而其发言无法按规模区分这些群。",
    )


def _too_little(
    choices: Choices,
    panel: RatePanel,
    why: Text,
    threats: list[Text],
    details: dict[str, Any],
    n: dict[str, int] | None = None,
) -> Result:
    events = int(panel.messages.sum())
    counts = {"people": panel.active_people, "groups": len(panel.groups), "events": events}
    return result_of(
        CLAIM,
        choices,
        verdict="inconclusive",
        reason=Text("Too little to compare:", "可比信息不足：") + why,
        n=n or counts | {"rows": int(panel.days.size)},
        threats=threats,
        details=details | {"within": None, "total_elasticity": None},
    )


def _total(panel: RatePanel, level: float) -> Elasticity | None:
    groups = panel.groups[(panel.groups["log2_size"] >= 1) & (panel.groups["days"] > 0)]
    return total_elasticity(groups["messages"], groups["days"], groups["size"], level=level)


def divided_total(total: Elasticity | None) -> bool:
    """Tell whether the group's total does not grow with its size, as far as the data say."""
    return total is not None and total.ci_low <= 0 <= total.ci_high and total.ci_high < 1


def _reason(estimate: float, low: float, high: float, total: Elasticity | None) -> Text:
    said = Text(
        f"In a group of twice the size the same person writes {estimate:.2f} times as much per "
        f"member-day, between {low:.2f} and {high:.2f} times.",
        f"在人数翻倍的群里，同一个人每成员日的发言是原来的 {estimate:.2f} 倍，"
        f"区间 {low:.2f} 至 {high:.2f} 倍。",
    )
    if total is None:
        return said
    numbers = f"{total.estimate:.2f} [{total.ci_low:.2f}, {total.ci_high:.2f}]"
    if divided_total(total) and high >= 1:
        return said + Text(
            f"The group's total does not visibly depend on its size (elasticity {numbers}), which "
            "may be a matter of who is in which group.",
            f"群的总发言量看不出与人数有关（弹性 {numbers}），这可能取决于谁在哪个群。",
        )
    if divided_total(total):
        return said + Text(
            f"The group's total does not visibly depend on its size (elasticity {numbers}): it "
            "is the same total divided by more heads.",
            f"群的总发言量看不出与人数有关（弹性 {numbers}）：同样的总量由更多的人来分。",
        )
    return said + Text(
        f"The elasticity of the group's total in its size is {numbers}; 1 would be every head "
        "alike, 0 the same total for all.",
        f"群的总发言量随人数变化的弹性为 {numbers}；1 表示人人同样多，0 表示总量与人数无关。",
    )


def _within(within: WithinRate) -> dict[str, Any]:
    return {
        "estimate": within.estimate,
        "ci_low": within.ci_low,
        "ci_high": within.ci_high,
        "groups": within.n_groups,
        "warning": WITHIN_WARNING.en,
        "warning_zh": WITHIN_WARNING.zh,
    }


def _elasticity(total: Elasticity | None) -> dict[str, Any] | None:
    if total is None:
        return None
    return {
        "estimate": total.estimate,
        "ci_low": total.ci_low,
        "ci_high": total.ci_high,
        "groups": total.n_groups,
        "same_total_divided": divided_total(total),
    }


def _spearman(panel: RatePanel) -> dict[str, Any] | None:
    """Messages per member-day against size across groups: a description, not the claim (T5)."""
    groups = panel.groups[panel.groups["log2_size"] >= 1]
    rate = groups["messages"] / groups["member_days"]
    if len(groups) < 3 or rate.nunique() < 2 or groups["log2_size"].nunique() < 2:
        return None
    rho = stats.spearmanr(rate, groups["log2_size"]).statistic
    return {"rho": float(rho), "groups": len(groups)}


def _robustness(
    dataset: Dataset, panel: RatePanel, choices: Choices, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Re-estimate with other readings of the same words."""
    silent = Text(
        "a group's silence after its last message is no time at risk",
        "群最后一条消息之后的沉默不计入风险时间",
    )
    readings: list[tuple[Text, RatePanel, dict[str, Any]]] = [
        (silent, rate_panel(dataset, until="last message"), {}),
        (
            Text("same person over the whole watch", "同一个人在整个观察期内比较"),
            panel,
            {"same_period": False},
        ),
        (
            Text("every membership counts about alike", "每个成员关系的权重大致相同"),
            panel,
            {"memberships_alike": True},
        ),
        (
            Text("days with a message instead of messages", "以有发言的天数代替消息数"),
            panel,
            {"outcome": "active_days"},
        ),
    ]
    found = []
    for name, rows, options in readings:
        entry: dict[str, Any] = dict.fromkeys(("estimate", "ci_low", "ci_high"))
        try:
            numbers = rate_ratio(fit_size_rate(rows, rng=rng, **options), choices.level)
        except InputError as error:
            entry["note"] = str(error)
        else:
            entry = dict(zip(entry, numbers[:3], strict=True))
        found.append({"name": name} | entry)
    return [*found, _with_totals(dataset, choices, rng)]


def _with_totals(dataset: Dataset, choices: Choices, rng: np.random.Generator) -> dict[str, Any]:
    """Re-estimate with what people's totals and silence tell: for sparse counts."""
    name = Text(
        "people's totals and their silence count too (for sparse counts)",
        "成员的总发言数与沉默也计入（适用于稀疏数据）",
    )
    entry: dict[str, Any] = {"name": name} | dict.fromkeys(("estimate", "ci_low", "ci_high"))
    try:
        model = fit_sparse_size_rate(dataset, rng=rng)
    except InputError as error:
        return entry | {"note": str(error)}
    if not model.converged:
        return entry | {"note": "the fit did not settle"}
    numbers = model.ratio(0, choices.level)
    return entry | dict(zip(("estimate", "ci_low", "ci_high"), numbers, strict=True))


def _figure(fitted: SizeRate, within: WithinRate, level: float) -> dict[str, Any]:
    groups, model = fitted.groups, fitted.model
    log2_size = groups["log2_size"].to_numpy(float)
    order = np.argsort(log2_size, kind="stable")
    if order.size > POINTS:
        order = order[np.linspace(0, order.size - 1, POINTS).round().astype(int)]
    grid = np.linspace(log2_size.min(), log2_size.max(), 25)
    fit = model.beta[0] * (grid - log2_size.mean())
    half = stats.t.ppf((1 + level) / 2, model.freedom) * model.standard_error[0]
    band = np.abs(grid - log2_size.mean()) * half
    return {
        "group": groups["group"].iloc[order].tolist(),
        "size": groups["size"].iloc[order].tolist(),
        "rate": np.exp(fitted.liveliness[order]).tolist(),
        "person_days": groups["days"].iloc[order].tolist(),
        "line_size": (2.0**grid).tolist(),
        "line": np.exp(fit).tolist(),
        "line_low": np.exp(fit - band).tolist(),
        "line_high": np.exp(fit + band).tolist(),
        "between": rate_ratio(fitted, level)[:3],
        "within": (within.estimate, within.ci_low, within.ci_high),
    }


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw each group's liveliness for the same person against its size, with the fitted line."""
    from smallnet.hypotheses.methods.drawing import (
        BLUE,
        GREY,
        VERMILLION,
        axes,
        nothing_to_draw,
        rates_of_groups,
        size_axis,
    )

    words = {
        "en": (
            "group size (members, mean)",
            "rate of the same person,\nrelative to the average group",
            "one group",
            "between groups: × {0:.2f} per doubling",
            "as a group grows: × {0:.2f}",
            "as a group grows: not known",
            "too little to compare",
        ),
        "zh": (
            "群规模（平均成员数）",
            "同一个人的发言率\n（相对于平均的群）",
            "一个群",
            "群间：每翻倍 × {0:.2f}",
            "群自身增长时：× {0:.2f}",
            "群自身增长时：未知",
            "可比信息不足",
        ),
    }["zh" if lang == "zh" else "en"]
    ax = axes(ax)
    figure = result.details.get("figure")
    ax.set_xlabel(words[0])
    ax.set_ylabel(words[1])
    if figure is None:
        return nothing_to_draw(ax, words[6])
    size_axis(ax)
    ax.axhline(1, color=GREY, lw=0.8, ls=":")
    rates_of_groups(ax, figure, colour=BLUE, largest=90, label=words[2])
    x: npt.NDArray[np.float64] = np.asarray(figure["line_size"], float)
    ax.fill_between(x, figure["line_low"], figure["line_high"], color=VERMILLION, alpha=0.15, lw=0)
    label = words[3].format(figure["between"][0])
    ax.plot(x, figure["line"], color=VERMILLION, lw=2, label=label)
    ratio = figure["within"][0]
    middle = float(np.exp(np.mean(np.log(x))))
    if ratio is None:
        ax.plot([], [], " ", label=words[5])
    else:
        ends = np.array([0.5, 2.0])
        ax.plot(
            middle * ends, ratio ** np.log2(ends), color="black", ls="--", lw=1.5,
            label=words[4].format(ratio),
        )  # fmt: skip
    low, high = min(*figure["rate"], 1.0), max(*figure["rate"], 1.0)
    ax.set_ylim(low / 1.6, high * (high / low) ** 0.35 * 1.3)
    ax.legend(loc="upper right", fontsize="small")
    return ax
