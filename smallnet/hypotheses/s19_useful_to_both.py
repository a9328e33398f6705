"""S19: a group must be useful to its members and to its operator, and the two go together.

What members gain is what they say in surveys; what the operator gets is what is bought through the
group. Neither stands in a message log. The claim needs both to be known for the same groups, and
then asks whether groups that give the one give the other too, between groups and not only between
people.
"""

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.cox import fit_cox
from smallnet.hypotheses.methods.drawing import BLUE, GREY, axes
from smallnet.hypotheses.methods.group_means import (
    BetweenGroups,
    GroupMeans,
    between_groups,
    group_means,
)
from smallnet.hypotheses.methods.lucky_draws import purchases
from smallnet.hypotheses.methods.silence import lives
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, microseconds, spells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

GAINS = ("gain", "growth", "benefit", "收获", "成长", "有用")  # items of surveys
FEWEST_GROUPS, LEAST_RELIABILITY = 20, 0.1
FEWEST_DEATHS = 10

CLAIM = Claim(
    id="S19",
    title=Text("Useful to members and operator", "对成员与运营方都有用"),
    claim=Text(
        "A group that lasts is useful twice: members grow by it and the operator gets a return "
        "(「“有用”…用户…获得成长…运营方…获得回报」).",
        "有用的群是双方有用：用户获得成长，运营方获得回报（「“有用”…用户…获得成长…运营方…获得回报」）。",
    ),
    needs=("surveys.group", "surveys.score", "transactions.value", "memberships"),
    estimand=Text(
        "Correlation, between groups, of what members say they gain and what the operator gets per "
        "member, without the noise that means of few people have.",
        "群与群之间，成员自述的收获与运营方的人均回报之相关，去除少数人均值的噪声。",
    ),
    effect=Text(
        "correlation of member gain and operator return, between groups",
        "成员收获与运营回报的群间相关",
    ),
    null=0.0,
    claimed_side="above",
    ratio=False,
    method=Text(
        "Mean survey score of gain and mean purchase value per member, by group; correlation by "
        "moments, with the variances and the covariance within groups taken out; interval by "
        "Fieller's theorem, errors by leaving out each group; p-value from returns dealt out to "
        "groups anew. Beside it the hazard ratio of falling silent per SD of both jointly, from a "
        "landmark half-way, and the correlation over people of the same group.",
        "各群收获问卷均分与人均购买额；以矩法求相关，扣除群内方差与协方差；区间按 Fieller 定理，"
        "误差以逐群剔除求得；"
        "p 值来自将回报重新分派给各群。另列自中途时点起两者每标准差的联合沉寂风险比，"
        "以及同群成员之间的相关。",
    ),
    null_model=Text(
        "Which group's members gain has nothing to do with which group pays the operator.",
        "哪个群的成员有收获，与哪个群给运营方带来回报无关。",
    ),
    assumptions=(
        Text("Who answers is like who does not.", "答卷者与未答者相同。"),
        Text(
            "A purchase belongs to the group it is booked to: `group`, else `source` where that "
            "names a group.",
            "购买归于其所记的群：group 列；为空时，若 source 为群编号则取之。",
        ),
    ),
    threats=(
        Text(
            "Survivors answer surveys (T6): who gained nothing has left and says nothing.",
            "答卷的是留下的人（T6）：没有收获者已离开，不会作答。",
        ),
        Text(
            "Good purchases make people say that they gain, as well as the reverse.",
            "买得满意者会说有收获，反之亦然。",
        ),
        Text(
            "A correlation between groups need not hold between people (T16): both are given.",
            "群间相关未必在人与人之间成立（T16）：两者并列。",
        ),
    ),
    why_hard=Text(
        "Messages show neither growth nor returns. Where both are asked for, few answer, and the "
        "noise of their means hides what goes together.",
        "消息既不显示成长也不显示回报；即便都有记录，作答者少，均值的噪声掩盖了相关。",
    ),
    would_refute=Text(
        "No correlation between groups, or groups lasting as long without either.",
        "群间没有相关，或两者皆无的群同样长久。",
    ),
    would_settle=Text(
        "Outcome tests of members, revenue by group, and a driver of one of the two drawn by "
        "chance.",
        "成员的客观成效测量、按群的收入，以及随机施加于其中一方的干预。",
    ),
)

_NO_ITEM = Text(
    "No survey item asks what members gain (items gain, growth, benefit, 收获, 成长 or 有用).",
    "没有询问成员收获的问卷项目（item 为 gain、growth、benefit、收获、成长 或 有用）。",
)
_NO_SOURCE = Text(
    "No transaction says through which group it came (`group`, or a group's id as `source`): what "
    "the operator gets cannot be told apart by group.",
    "没有交易注明来自哪个群（group 列，或以群编号为 source）：无法按群区分运营方的回报。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Correlate members' gain and the operator's return between groups.

    Parameters
    ----------
    dataset : Dataset
        Needs surveys with a group, transactions with their group, and memberships; messages for
        the survival beside it.
    choices : Choices
        Level, smallest effect, replicates, and the silence that is death.
    rng : numpy.random.Generator
        Deals returns to groups.

    Returns
    -------
    Result
        ``details``: reliabilities, the correlation as observed and within groups, the joint
        hazard ratios of falling silent.

    Raises
    ------
    NotTestableError
        If gains, purchases or memberships were not recorded.
    """
    dataset.require(*CLAIM.needs)
    answers, bought = _answers(dataset), _bought(dataset)
    if answers.empty:
        return not_testable(CLAIM, choices, _NO_ITEM)
    if bought.empty:
        return not_testable(CLAIM, choices, _NO_SOURCE)
    people = _people(dataset, answers, bought)
    groups = people["group"].drop_duplicates().tolist()
    n = {
        "people": int(people["person"].nunique()),
        "groups": len(groups),
        "rows": int(people["gain"].notna().sum()),
        "events": int(people["value"].gt(0).sum()),
    }
    means = _means(people) if len(groups) >= FEWEST_GROUPS else None
    if means is None or min(means.x.std(), means.y.std()) == 0:
        return result_of(
            CLAIM, choices, verdict="inconclusive", reason=_too_few(len(groups)), n=n, details={}
        )
    found = between_groups(means, level=choices.level, draws=choices.replicates, rng=rng)
    details: dict[str, Any] = {
        "observed": found.observed,
        "within_groups": means.within,
        "reliability_of_gain": found.reliability_x,
        "reliability_of_return": found.reliability_y,
        "answers_per_group": float(people["gain"].notna().sum() / len(groups)),
        "survival": _survival(dataset, choices, groups),
        "figure": {"gain": means.x.tolist(), "return": means.y.tolist()},
    }
    weak = min(found.reliability_x, found.reliability_y)
    if not (weak >= LEAST_RELIABILITY and np.isfinite([found.ci_low, found.ci_high]).all()):
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_all_noise(found),
            p_value=found.p_value,
            n=n,
            details=details,
        )
    numbers = (found.estimate, found.ci_low, found.ci_high)
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, *numbers, found.p_value),
        reason=_reason(found, details, len(groups)),
        estimate=found.estimate,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p_value=found.p_value,
        n=n,
        robustness=_robustness(people, means, choices),
        details=details,
    )


def _answers(dataset: Dataset, until_us: int | None = None) -> pd.DataFrame:
    """Mean answer of each person about each group, ``group, person, gain``."""
    asked = dataset["surveys"].filter(_.group.notnull(), _.score.notnull())
    asked = asked.filter(_.item.lower().isin(GAINS))
    if until_us is not None:  # what is not dated is not known to come before
        asked = asked.filter(microseconds(_.at) < until_us)
    return dataset.collect(asked.group_by("group", "person").aggregate(gain=_.score.mean()))


def _bought(dataset: Dataset, until_us: int | None = None) -> pd.DataFrame:
    """Value of each person's purchases through each group, ``group, person, value``."""
    sold = purchases(dataset).select(
        "person", "value", at_us=microseconds(_.at), group=_.group.fill_null(_.source)
    )
    if until_us is not None:
        sold = sold.filter(_.at_us < until_us)
    sold = sold.semi_join(_known_groups(dataset), "group")
    return dataset.collect(sold.group_by("group", "person").aggregate(value=_.value.sum()))


def _known_groups(dataset: Dataset) -> ir.Table:
    listed = dataset["groups"].select("group")
    return ibis.union(listed, dataset["memberships"].select("group"), distinct=True)


def _people(
    dataset: Dataset, answers: pd.DataFrame, bought: pd.DataFrame, until_us: int | None = None
) -> pd.DataFrame:
    """Everybody of the groups that answered: members, with 0 where they bought nothing."""
    stays = spells(dataset)
    if until_us is not None:
        stays = stays.filter(_.start_us < until_us)
    members = dataset.collect(stays.select("group", "person").distinct())
    keys = ["group", "person"]
    people = members.merge(answers, "outer", on=keys).merge(bought, "left", on=keys)
    people["value"] = people["value"].fillna(0.0)
    by = people.groupby("group")
    told = by["gain"].transform("count").ge(1) & by["person"].transform("count").ge(2)
    return people[told].sort_values(keys, ignore_index=True)


def _means(people: pd.DataFrame, *, logs: bool = False) -> GroupMeans:
    code, names = pd.factorize(people["group"])
    value = people["value"].to_numpy(dtype=float)
    value = np.log1p(np.maximum(value, 0.0)) if logs else value
    return group_means(code, people["gain"].to_numpy(dtype=float), value, len(names))


def _survival(dataset: Dataset, choices: Choices, groups: list[str]) -> dict[str, Any]:
    """Joint hazard ratios of falling silent per SD, from a landmark half-way; None if too few."""
    empty: dict[str, Any] = {"gain": None, "return": None, "deaths": 0, "groups": 0}
    if not (dataset.has("interactions.group") and dataset.timed):
        return empty
    low = dataset.observed_from_us
    known_until = dataset.observed_until_us - int(choices.dead_after_days * DAY_US)
    at = low + (known_until - low) // 2
    if at <= low:
        return empty
    spans = lives(dataset, choices.dead_after_days, closing=True)
    alive = (spans["enter_us"] < at) & (spans["leave_us"] > at) & spans["group"].isin(groups)
    answers, bought = _answers(dataset, at), _bought(dataset, at)
    people = _people(dataset, answers, bought, at)
    by = people.groupby("group").agg(
        gain=("gain", "mean"), value=("value", "mean"), many=("person", "size")
    )
    rows = spans[alive].merge(by, on="group")
    deaths = int(rows["died"].sum())
    empty |= {"deaths": deaths, "groups": len(rows)}
    if deaths < FEWEST_DEATHS or rows[["gain", "value"]].std().min() == 0:
        return empty
    x = np.column_stack([rows["gain"], rows["value"], np.log(rows["many"])]).astype(float)
    spread = x.std(axis=0)
    x = ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))[:, spread > 0]
    try:
        leave = (rows["leave_us"] - at) / DAY_US
        model = fit_cox(np.zeros(len(rows)), leave, rows["died"], x)
    except InputError:
        return empty
    bounds = np.exp(model.conf_int(choices.level))
    for which, name in enumerate(("gain", "return")):
        empty[name] = {
            "estimate": float(np.exp(model.beta[which])),
            "ci_low": float(bounds[which, 0]),
            "ci_high": float(bounds[which, 1]),
            "p_value": float(model.p_values()[which]),
        }
    return empty


def _robustness(people: pd.DataFrame, means: GroupMeans, choices: Choices) -> list[dict[str, Any]]:
    size = np.log(people.groupby("group", sort=False)["person"].size().to_numpy(dtype=float))
    ranks = stats.rankdata(means.x), stats.rankdata(means.y)
    log_means = _means(people, logs=True)
    held = _rest(means.x, size), _rest(means.y, size)
    # any deal would do: only the interval of the correction is wanted, not a test
    logs = between_groups(
        log_means, level=choices.level, draws=1, rng=np.random.default_rng(choices.random_seed)
    )
    return [
        {"name": Text("means as they are, noise and all", "未扣除噪声的均值")}
        | _plain(means.x, means.y, choices.level),
        {"name": Text("ranks of the means", "均值的秩")}
        | _plain(ranks[0], ranks[1], choices.level),
        {"name": Text("group size held, noise and all", "控制群规模（未扣除噪声）")}
        | _plain(held[0], held[1], choices.level),
        {
            "name": Text("logs of purchases", "购买额取对数"),
            "estimate": logs.estimate,
            "ci_low": logs.ci_low,
            "ci_high": logs.ci_high,
        },
    ]


def _rest(values: np.ndarray, size: np.ndarray) -> np.ndarray:
    x = np.column_stack([np.ones(size.size), size])
    rest: np.ndarray = values - x @ np.linalg.lstsq(x, values)[0]
    return rest


def _plain(x: np.ndarray, y: np.ndarray, level: float) -> dict[str, Any]:
    """Pearson's correlation with Fisher's interval."""
    r = float(np.corrcoef(x, y)[0, 1])
    half = float(stats.norm.ppf((1 + level) / 2) / np.sqrt(max(len(x) - 3, 1)))
    z = float(np.arctanh(np.clip(r, -0.999999, 0.999999)))
    return {
        "estimate": r,
        "ci_low": float(np.tanh(z - half)),
        "ci_high": float(np.tanh(z + half)),
    }


def _too_few(groups: int) -> Text:
    return Text(
        f"Gain was asked for in {groups} groups, too few to correlate (at least {FEWEST_GROUPS}), "
        "or all groups are alike.",
        f"询问过收获的群有 {groups} 个，不足以求相关（至少 {FEWEST_GROUPS} 个），或各群毫无差异。",
    )


def _all_noise(found: BetweenGroups) -> Text:
    return Text(
        "People of one group differ as much as groups do: of the variance of group means "
        f"{found.reliability_x:.0%} (gain) and {found.reliability_y:.0%} (return) is of groups, "
        "too little to tell what goes together between them.",
        f"同群之内的差异不小于群间差异：群均值方差中属于群的部分，收获为 "
        f"{found.reliability_x:.0%}，回报为 {found.reliability_y:.0%}，不足以判断群间关系。",
    )


def _reason(found: BetweenGroups, details: dict[str, Any], groups: int) -> Text:
    en = (
        f"Between {groups} groups, what members gain and what the operator gets correlate by "
        f"{found.estimate:.2f}, between {found.ci_low:.2f} and {found.ci_high:.2f} (means as they "
        f"are: {found.observed:.2f}; people of one group: {details['within_groups']:.2f})."
    )
    zh = (
        f"{groups} 个群之间，成员收获与运营回报的相关为 {found.estimate:.2f}，区间 "
        f"{found.ci_low:.2f} 至 {found.ci_high:.2f}（未校正 {found.observed:.2f}；同群成员之间 "
        f"{details['within_groups']:.2f}）。"
    )
    lasting = details["survival"]
    if lasting["gain"] is not None:
        gain, paid = lasting["gain"], lasting["return"]
        en += (
            f" Per SD, groups fell silent at {gain['estimate']:.2f} (gain) and "
            f"{paid['estimate']:.2f} (return) times the rate."
        )
        zh += f"每标准差的沉寂风险比：收获 {gain['estimate']:.2f}，回报 {paid['estimate']:.2f}。"
    return Text(en, zh)


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw each group's mean gain against its return per member."""
    ax = axes(ax)
    zh = lang == "zh"
    figure = result.details["figure"]
    gain, value = np.asarray(figure["gain"], float), np.asarray(figure["return"], float)
    ax.plot(gain, value, "o", color=BLUE, ms=5, alpha=0.6, mew=0)
    if gain.size > 1 and gain.std() > 0:
        slope, start = np.polyfit(gain, value, 1)
        ends = np.array([gain.min(), gain.max()])
        ax.plot(ends, start + slope * ends, color=GREY, ls="--", lw=1.5)
    ax.set_xlabel("成员收获（问卷均分）" if zh else "members' gain (mean score)")
    ax.set_ylabel("人均购买额" if zh else "operator's return (value per member)")
    return ax
