"""B14: who begins to write stays longer.

Who stays longer has more days on which to begin, so having ever written goes with a long stay even
where writing holds nobody. Whether a newcomer wrote is therefore settled at a landmark, day 7, and
only what comes after is time at risk; newcomers are compared in the same group and week of joining.
"""

from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import axes, curves
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.methods.stays import life_lines, newcomers, week_of
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, posters_only, talk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

LANDMARK_DAY = 7
OTHER_LANDMARKS = (3, 14)
FEWEST_GROUPS, FEWEST_EXITS = 5, 10
LAST_DAY = 60  # of the figure

CLAIM = Claim(
    id="B14",
    title=Text("Who writes stays", "开口的人留下"),
    claim=Text("Who begins to write stays longer.", "开始发言的人留得更久。"),
    needs=("memberships.joined_at", "interactions.group", "coverage.leaving"),
    estimand=Text(
        "Among members still in on day 7 since joining: the hazard of leaving afterwards of those "
        "who wrote in the group by then, divided by that of those who did not, in the same group "
        "and week of joining.",
        "在加入后第7日仍在群的成员中：此前在群内发过言者此后的退出风险，除以未发言者的风险，"
        "在同一群、同一加入周比较。",
    ),
    effect=Text(
        "hazard ratio of leaving, wrote by day 7 ÷ did not", "退出风险比，第7日前发过言 ÷ 未发言"
    ),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Landmark at day 7; Cox regression on time since joining with a baseline for each group "
        "and week of joining; errors clustered by group (jackknife), t interval with effective "
        "groups as the sample.",
        "以第7日为界标；以加入后时间为轴的 Cox 回归，每个群与加入周各有基线风险；"
        "按群聚类误差（刀切法），以有效群数作 t 区间。",
    ),
    null_model=Text(
        "Leaving after the landmark does not depend on having written before it.",
        "界标之后的退出与此前是否发言无关。",
    ),
    assumptions=(
        Text(
            "Having written changes the hazard by one factor at all times after the landmark.",
            "发过言在界标之后各时刻以同一倍数改变风险。",
        ),
        Text(
            "Messages are recorded for all members who listen, from the moment they join.",
            "自加入起，全部成员（包括只看不说者）的发言都有记录。",
        ),
    ),
    threats=(
        Text(
            "Who likes the group both writes and stays (T1): an association, not the effect of a "
            "first message.",
            "喜欢这个群的人既发言又留下（T1）：这是关联，不是开口的效果。",
        ),
        Text(
            "People who left before day 7 are not in the comparison (T15).",
            "第7日前退出的人不在比较之内（T15）。",
        ),
        Text(
            "Who is silent may be muted, or may write in private (T10).",
            "沉默者可能设了免打扰，或转为私聊（T10）。",
        ),
    ),
    why_hard=Text(
        "Who stays longer has more days to begin to write, and who likes the group both writes and "
        "stays.",
        "留得久的人有更多天可以开口；喜欢这个群的人既发言又留下。",
    ),
    would_refute=Text(
        "A hazard ratio of 1 or more at the landmark, the same ratio for messages in other groups, "
        "or prompts to write that keep nobody.",
        "界标处风险比不低于1，在其他群的发言有同样的风险比，或提示发言并不能留住人。",
    ),
    would_settle=Text("Prompts to write, sent to newcomers by chance.", "随机地提示新人发言。"),
)

_POSTERS = Text(
    "Membership means having written: there is no member who did not write to compare with.",
    "成员指发过言的人：没有未发言的成员可作比较。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the hazards of leaving of newcomers who wrote by day 7 and who did not.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and leaving, and messages.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: stays and exits of both kinds, group-weeks that hold both, the ratio of those
        who ever wrote (biased), curves of staying.

    Raises
    ------
    NotTestableError
        If joining, leaving or messages were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    marked = dataset["groups"].filter(_.roster == "posters").select("group")
    known = newcomers(dataset).anti_join(marked, "group")
    only_writers = posters_only(dataset)
    stays = _stays(dataset, known, LANDMARK_DAY)
    if only_writers and (stays.empty or not marked.count().to_pyarrow().as_py()):
        return not_testable(CLAIM, choices, _POSTERS)
    if stays.empty:
        raise NotTestableError(("memberships that are watched from joining past day 7",))
    both = _both_kinds(stays)
    told = stays[both & stays.groupby("stratum")["left"].transform("any")]
    exits, groups = int(told["left"].sum()), int(told["group"].nunique())
    n = {
        "people": int(stays["person"].nunique()),
        "groups": groups,
        "rows": len(stays),
        "events": exits,
    }
    details: dict[str, Any] = {
        "landmark_day": LANDMARK_DAY,
        "wrote": _counts(stays[stays["wrote"]]),
        "silent": _counts(stays[~stays["wrote"]]),
        "group_weeks_with_both": int(stays.loc[both, "stratum"].nunique()),
    }
    few = groups < FEWEST_GROUPS or exits < FEWEST_EXITS
    model = None if few else _try(stays, stays["wrote"])
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(exits, groups),
            n=n,
            details=details | {"figure": _figure(stays, None)},
        )
    estimate, low, high = model.ratio(0, choices.level, most=FARTHEST)
    robustness = _robustness(dataset, known, stays, choices)
    details |= {
        "ever_wrote": {key: robustness[-1][key] for key in ("estimate", "ci_low", "ci_high")},
        "effective_groups": float(model.effective_clusters[0]),
        "figure": _figure(stays, estimate),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, exits, groups),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=robustness,
        details=details,
    )


def _stays(dataset: Dataset, known: ir.Table, day: int) -> pd.DataFrame:
    """Newcomers watched from joining past the landmark, with what they wrote here and elsewhere.

    ``written`` and ``elsewhere`` (in other groups) count acts until the landmark, ``ever`` those
    of the whole stay.
    """
    stays = known.filter(_.enter_day <= 0, _.exit_day > day).mutate(
        until_us=_.joined_us + day * DAY_US,
        end_us=_.joined_us + (_.exit_day * DAY_US).cast("int64"),
    )
    said = talk(dataset).filter(~_.entry).select("at_us", person="sender", where="group")
    here = _.where == _.group
    early = _.at_us < _.until_us
    counts = (
        stays.join(said, "person")
        .filter(_.at_us >= _.joined_us)
        .group_by("group", "person", "joined_us")
        .aggregate(
            written=(here & early).sum(),
            elsewhere=(~here & early).sum(),
            ever=(here & (_.at_us < _.end_us)).sum(),
        )
    )
    keys = ["group", "person", "joined_us"]
    found = dataset.collect(stays.drop("until_us", "end_us").order_by(*keys))
    found = found.merge(dataset.collect(counts), "left", on=keys)
    for name in ("written", "elsewhere", "ever"):
        found[name] = found[name].fillna(0).astype(int)
    found["wrote"] = found["written"] > 0
    found["code"] = pd.factorize(found["group"])[0]
    found["stratum"] = found.groupby(["group", week_of(dataset, found["joined_us"])]).ngroup()
    return found.assign(enter_day=float(day), left=found["left"].astype(bool))


def _both_kinds(stays: pd.DataFrame) -> pd.Series:
    """Tell which stays are of a group-week that holds both kinds."""
    share = stays.groupby("stratum")["wrote"].transform("mean")
    return (share > 0) & (share < 1)


def _try(stays: pd.DataFrame, *columns: npt.ArrayLike) -> Cox | None:
    """Fit; None where nothing tells the newcomers apart."""
    if stays["group"].nunique() < 2:
        return None
    try:
        return fit_cox(
            stays["enter_day"],
            stays["exit_day"],
            stays["left"],
            np.column_stack([np.asarray(column, float) for column in columns]),
            stratum=stays["stratum"].to_numpy(),
            cluster=stays["code"].to_numpy(),
        )
    except InputError:
        return None


def _counts(stays: pd.DataFrame) -> dict[str, Any]:
    days = float((stays["exit_day"] - stays["enter_day"]).sum())
    return {"stays": len(stays), "exits": int(stays["left"].sum()), "days_at_risk": days}


def _entry(
    name: Text, choices: Choices, stays: pd.DataFrame, *columns: npt.ArrayLike
) -> dict[str, Any]:
    model = _try(stays, *columns)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level, most=FARTHEST)
    )


def _robustness(
    dataset: Dataset, known: ir.Table, stays: pd.DataFrame, choices: Choices
) -> list[dict[str, Any]]:
    elsewhere = stays["elsewhere"] > 0
    entries = []
    for day in OTHER_LANDMARKS:
        other = _stays(dataset, known, day)
        name = Text(f"landmark at day {day}", f"以第{day}日为界标")
        entries.append(_entry(name, choices, other, other["wrote"]))
    by_group = stays.assign(stratum=stays["code"])
    return [
        *entries,
        _entry(Text("same group, any week", "同一群，不限周"), choices, by_group, stays["wrote"]),
        _entry(
            Text("having written in other groups held fixed", "控制在其他群是否发言"),
            choices,
            stays,
            stays["wrote"],
            elsewhere,
        ),
        _entry(
            Text("wrote in other groups (negative control)", "在其他群发言（阴性对照）"),
            choices,
            stays,
            elsewhere,
        ),
        _entry(
            Text("per doubling of 1 + messages by day 7", "第7日前（1+发言数）每翻一倍"),
            choices,
            stays,
            np.log2(1 + stays["written"]),
        ),
        _entry(
            Text(
                "wrote at any time of the stay (biased: immortal time)",
                "全程是否发过言（有偏：永生时间）",
            ),
            choices,
            stays,
            stays["ever"] > 0,
        ),
    ]


def _too_few(exits: int, groups: int) -> Text:
    return Text(
        f"{exits} exits after day 7 in {groups} groups that took in both kinds in one week are too "
        "few to compare them.",
        f"同一周内两种新人都有的群只有 {groups} 个，第7日后退出 {exits} 次，不足以比较。",
    )


def _reason(estimate: float, low: float, high: float, exits: int, groups: int) -> Text:
    return Text(
        f"In the same group and week, members who wrote by day 7 left later at {estimate:.2f} "
        f"times the rate of those who did not, between {low:.2f} and {high:.2f} ({exits} exits in "
        f"{groups} groups).",
        f"在同一群、同一周，第7日前发过言者此后的退出率是未发言者的 {estimate:.2f} 倍，区间 "
        f"{low:.2f} 至 {high:.2f}（{groups} 个群，{exits} 次退出）。",
    )


def _figure(stays: pd.DataFrame, ratio: float | None) -> dict[str, Any]:
    """Curves of staying by day since the landmark, and the one that the ratio gives writers."""
    length = (stays["exit_day"] - stays["enter_day"]).to_numpy()
    left, wrote = stays["left"].to_numpy(), stays["wrote"].to_numpy()
    kinds = [(np.zeros(kind.sum()), length[kind], left[kind]) for kind in (wrote, ~wrote)]
    return {"lines": life_lines(kinds, length.max(), LAST_DAY, ratio=ratio)}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw who is still in by day since the landmark: wrote, silent, and as the ratio has it."""
    ax = axes(ax)
    chinese = lang == "zh"
    names = (
        ("发过言（全部群）", "未发言（全部群）", "发过言，按群内比率")
        if chinese
        else ("wrote, all groups", "silent, all groups", "wrote, ratio within groups")
    )
    lines = result.details["figure"]["lines"]
    curves(ax, lines, names[: len(lines)], at_risk="在群人次" if chinese else "at risk")
    ax.set_xlabel("加入第7日之后的天数" if chinese else "days after day 7 since joining")
    ax.set_ylabel("仍在群的比例" if chinese else "share still in")
    return ax
