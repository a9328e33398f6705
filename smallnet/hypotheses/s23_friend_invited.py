"""S23: members whom a member invited stay longer than those who came by a link.

Both kinds are compared inside the same group and the same week of joining only: groups that many
are invited to may hold everybody, and a busy week may bring links and early exits together. Each
group-week has a baseline hazard of its own, of any shape.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.cox import Cox, fit_cox
from smallnet.hypotheses.methods.drawing import axes, curves
from smallnet.hypotheses.methods.landmark import friend_pairs
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
from smallnet.tables.windows import posters_only, spells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

BY_ONESELF = ("link", "joined")  # ways in without a member's hand
FEWEST_GROUPS, FEWEST_EXITS = 5, 10
LAST_DAY = 60  # of the figure
EARLY_DAYS = 30.0

CLAIM = Claim(
    id="S23",
    title=Text("Invited members stay", "受邀入群者留得住"),
    claim=Text(
        "Members invited by a friend make better members than those who come by a link: they "
        "stay longer (「可以通过朋友邀请,加入社群」).",
        "由朋友邀请入群的成员比通过链接入群的更好：留得更久（「可以通过朋友邀请,加入社群」）。",
    ),
    needs=("memberships.via", "memberships.joined_at", "coverage.leaving"),
    estimand=Text(
        "Hazard of leaving of members whom a member invited, divided by that of members who came "
        "by a link, in the same group and week of joining, at the same time since joining.",
        "受成员邀请入群者的退出风险，除以通过链接入群者的退出风险；在同一群、同一加入周、"
        "加入后同一时间比较。",
    ),
    effect=Text(
        "hazard ratio of leaving, friend-invited ÷ link-joined",
        "退出风险比，朋友邀请 ÷ 链接加入",
    ),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Cox regression on time since joining with a baseline for each group and week of joining, "
        "late entry for those who were in before watching began; errors clustered by group "
        "(jackknife), t interval with effective groups as the sample; beside it a test that "
        "shuffles who was invited within each group and week.",
        "以加入后时间为轴的 Cox 回归，每个群与加入周各有基线风险；观察前已加入者左截断；"
        "按群聚类误差（刀切法），以有效群数作 t 区间；并附在群与周内打乱受邀标签的检验。",
    ),
    null_model=Text(
        "Within a group and week of joining, who was invited does not matter for when one leaves.",
        "在同一群与加入周内，是否受邀与何时退出无关。",
    ),
    assumptions=(
        Text(
            "Being invited changes the hazard by one factor at all times since joining.",
            "受邀与否在加入后各时刻以同一倍数改变风险。",
        ),
        Text(
            "Those of whom the way in is unknown are like the others of their kind.",
            "入群方式未知者与已知者相同。",
        ),
    ),
    threats=(
        Text(
            "Inviters choose people who would have stayed anyway (T1): a difference is not the "
            "effect of an invitation.",
            "邀请人会挑选本来就会留下的人（T1）：差异并不是邀请的效果。",
        ),
        Text(
            "Who is invited has a friend inside already, and that friend may be what holds (S08).",
            "受邀者在群内已有好友，留人的可能是好友本身（S08）。",
        ),
        Text(
            "Platforms decide how one can come in: large groups admit by invitation only (T17).",
            "平台规定入群方式：大群只能通过邀请进入（T17）。",
        ),
    ),
    why_hard=Text(
        "Groups that grow by invitation differ from those that post a link in everything else, "
        "and links come in bursts: only newcomers of one group and week can be compared, and many "
        "groups have but one kind.",
        "靠邀请成长的群与张贴链接的群处处不同，链接又集中出现：只有同一群、同一周的新人才可比较，"
        "而许多群只有其中一种。",
    ),
    would_refute=Text(
        "A hazard ratio of about 1 or above within group and week.",
        "群与周之内的风险比约为1或更高。",
    ),
    would_settle=Text(
        "Groups where chance decides who gets a personal invitation and who a link; or the sizes "
        "at which a platform switches from links to invitations.",
        "随机决定谁得到个人邀请、谁得到链接的群；或平台由链接改为邀请的人数门槛。",
    ),
)

_LACKS = {
    True: Text(
        "The data hold no newcomer whom a member invited: there is nobody to compare.",
        "数据中没有受邀入群的新人：无从比较。",
    ),
    False: Text(
        "The data hold no newcomer who came by a link: there is nobody to compare the invited "
        "with, and an unknown way in is not a link.",
        "数据中没有通过链接入群的新人：受邀者没有比较对象，而入群方式未知并不等于链接。",
    ),
}
_POSTERS = Text(
    "Membership means having written: who left without a word is not seen.",
    "成员指发过言的人：看不到一言未发就离开者。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare the hazards of leaving of invited and link-joined newcomers.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and leaving, and the way in.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: stays and exits of both kinds, group-weeks that hold both, the p-value of
        shuffled invitations, curves of staying.

    Raises
    ------
    NotTestableError
        If the way in, joining or leaving was not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    stays = _stays(dataset)
    if stays.empty:
        raise NotTestableError(("memberships whose moment of joining and way in are known",))
    for invited in (True, False):
        if not (stays["invited"] == invited).any():
            return not_testable(CLAIM, choices, _LACKS[invited])
    both = _both_kinds(stays)
    told = stays[both & stays["stratum_exits"].gt(0)]
    exits, groups = int(told["left"].sum()), int(told["group"].nunique())
    n = {
        "people": int(stays["person"].nunique()),
        "groups": groups,
        "rows": len(stays),
        "events": exits,
    }
    details: dict[str, Any] = {
        "invited": _counts(stays[stays["invited"]]),
        "link_joined": _counts(stays[~stays["invited"]]),
        "group_weeks_with_both": int(stays.loc[both, "stratum"].nunique()),
    }
    threats = [_POSTERS] if posters_only(dataset) else []
    few = groups < FEWEST_GROUPS or exits < FEWEST_EXITS
    model = None if few else _try(stays)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{exits} exits in {groups} groups that took in both kinds in one week are too few "
                "to compare them.",
                f"同一周内两种新人都有的群只有 {groups} 个，退出 {exits} 次，不足以比较。",
            ),
            threats=threats,
            n=n,
            details=details | {"figure": _figure(stays, None)},
        )
    estimate, low, high = model.ratio(0, choices.level)
    details |= {
        "p_shuffled_invitations": _shuffled(told),
        "effective_groups": float(model.effective_clusters[0]),
        "figure": _figure(stays, estimate),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, exits, groups),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(dataset, stays, choices),
        details=details,
    )


def _stays(dataset: Dataset) -> pd.DataFrame:
    """Newcomers who were invited or came by themselves, with the stratum of group and week."""
    ways = spells(dataset).select("group", "person", "joined_us", "via", "invited_by")
    found = dataset.collect(
        newcomers(dataset)
        .join(ways, ["group", "person", "joined_us"])
        .mutate(invited=_.invited_by.notnull() | (_.via == "invited").fill_null(False))
        .filter(_.invited | _.via.isin(BY_ONESELF))
        .order_by("group", "person", "joined_us")
    )
    found["invited"] = found["invited"].astype(bool)
    found["stratum"] = found.groupby(["group", week_of(dataset, found["joined_us"])]).ngroup()
    found["stratum_exits"] = found.groupby("stratum")["left"].transform("sum")
    return found


def _both_kinds(stays: pd.DataFrame) -> pd.Series:
    """Tell which stays are of a group-week that holds both kinds."""
    share = stays.groupby("stratum")["invited"].transform("mean")
    return (share > 0) & (share < 1)


def _fit(stays: pd.DataFrame, *, most_iterations: int = 50) -> Cox:
    return fit_cox(
        stays["enter_day"],
        stays["exit_day"],
        stays["left"],
        stays["invited"],
        stratum=stays["stratum"].to_numpy(),
        cluster=pd.factorize(stays["group"])[0],
        most_iterations=most_iterations,
    )


def _try(stays: pd.DataFrame) -> Cox | None:
    """Fit; None where nothing tells the two kinds apart."""
    told = stays[_both_kinds(stays)]
    if told["group"].nunique() < 2:
        return None
    try:
        return _fit(told)
    except InputError:
        return None


def _shuffled(told: pd.DataFrame) -> float | None:
    """Two-sided p-value of the exits among the invited when invitations are shuffled.

    Within each group-week; mean and variance over all shuffles in closed form (Strasser and
    Weber 1999, https://doi.org/10.57938/ff565ba0-aa64-4fe0-a158-86fd331bee78).
    """
    try:
        residual = _fit(told, most_iterations=0).residual
    except InputError:
        return None
    frame = told.assign(residual=residual, squared=residual**2)
    frame["among"] = frame["residual"] * frame["invited"]
    by = frame.groupby("stratum").agg(
        n=("invited", "size"), invited=("invited", "sum"), squared=("squared", "sum")
    )
    variance = (by["invited"] * (by["n"] - by["invited"]) / (by["n"] * (by["n"] - 1))).mul(
        by["squared"]
    )
    if variance.sum() <= 0:
        return None
    return float(2 * stats.norm.sf(abs(frame["among"].sum()) / np.sqrt(variance.sum())))


def _counts(stays: pd.DataFrame) -> dict[str, Any]:
    days = float((stays["exit_day"] - stays["enter_day"]).sum())
    return {"stays": len(stays), "exits": int(stays["left"].sum()), "days_at_risk": days}


def _entry(name: Text, stays: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    model = _try(stays)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level)
    )


def _robustness(dataset: Dataset, stays: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    early = stays[stays["enter_day"] < EARLY_DAYS]
    early = early.assign(
        left=early["left"] & (early["exit_day"] <= EARLY_DAYS),
        exit_day=early["exit_day"].clip(upper=EARLY_DAYS),
    )
    by_group = stays.assign(stratum=stays.groupby("group").ngroup())
    entries = [
        _entry(Text("first 30 days since joining only", "只看加入后30天"), early, choices),
        _entry(Text("same group, any week", "同一群，不限周"), by_group, choices),
        _entry(
            Text(
                "groups and weeks thrown together (biased: for comparison)",
                "群与周混在一起（有偏，仅供对照）",
            ),
            stays.assign(stratum=0),
            choices,
        ),
    ]
    if dataset.has("friendships") and stays["invited_by"].notna().any():
        friends = dataset.collect(friend_pairs(dataset).rename(invited_by="friend"))
        known = stays.merge(friends, "left", on=["person", "invited_by"], indicator=True)
        since = known["since_us"].isna() | (known["since_us"] <= known["joined_us"])
        befriended = (known["_merge"] == "both") & since
        entries.append(
            _entry(
                Text(
                    "inviters who were friends of the invited only", "只计邀请人与受邀者已是好友者"
                ),
                known[~known["invited"] | befriended],
                choices,
            )
        )
    return entries


def _reason(estimate: float, low: float, high: float, exits: int, groups: int) -> Text:
    return Text(
        f"In the same group and week, members whom a member invited left at {estimate:.2f} times "
        f"the rate of those who came by a link, between {low:.2f} and {high:.2f} ({exits} exits in "
        f"{groups} groups).",
        f"在同一群、同一周，受邀入群者的退出率是链接入群者的 {estimate:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（{groups} 个群，{exits} 次退出）。",
    )


def _figure(stays: pd.DataFrame, ratio: float | None) -> dict[str, Any]:
    """Curves of staying by day since joining, and the one that the ratio gives the invited."""
    columns = ("enter_day", "exit_day", "left")
    kinds = (stays[stays["invited"] == invited] for invited in (True, False))
    found = [[kind[name].to_numpy() for name in columns] for kind in kinds]
    return {"lines": life_lines(found, stays["exit_day"].max(), LAST_DAY, ratio=ratio)}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw who is still in by day since joining: invited, by a link, and as the ratio has it."""
    ax = axes(ax)
    chinese = lang == "zh"
    names = (
        ("受邀（全部群）", "链接（全部群）", "受邀，按群内比率")
        if chinese
        else ("invited, all groups", "by a link, all groups", "invited, ratio within groups")
    )
    lines = result.details["figure"]["lines"]
    curves(ax, lines, names[: len(lines)], at_risk="在群人次" if chinese else "at risk")
    ax.set_xlabel("加入后的天数" if chinese else "days since joining")
    ax.set_ylabel("仍在群的比例" if chinese else "share still in")
    return ax
