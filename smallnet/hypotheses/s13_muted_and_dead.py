"""S13: nine in ten groups are muted, and most are dead.

A share of *memberships* and a share of *groups* are different numbers: a big group counts once
among groups and a hundred times among memberships (threat T9). And silence is neither death nor
muting: muting must be recorded, death needs a stated number of days.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, VERMILLION, axes
from smallnet.hypotheses.methods.proportions import Share, clustered_share, wilson
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of
from smallnet.tables import Choices, Dataset, Text, microseconds
from smallnet.tables.windows import DAY_US, posters_only, spells, talk

__all__ = ["CLAIM", "plot", "test"]

SILENT_DAYS = (7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
NOTHING_SAID = 0.5  # an interval from under this up to .9 cannot even tell whether most are muted

WHY_UNKNOWN = {
    "no open group": Text("no group was open", "没有未关闭的群"),
    "interactions.group": Text("no messages in groups were recorded", "没有记录群内消息"),
    "watch shorter than dead_after": Text(
        "the watch is shorter than the silence that means death",
        "观察期短于判定死亡所需的沉默时间",
    ),
}

CLAIM = Claim(
    id="S13",
    title=Text("Nine in ten groups are muted", "九成的群被屏蔽"),
    claim=Text(
        "People mute 90 % of their groups, and most groups are dead: 「90%的群你都选择了屏蔽」.",
        "人们屏蔽了九成的群，多数群已经死亡：「90%的群你都选择了屏蔽」。",
    ),
    needs=("memberships",),
    estimand=Text(
        "Share of memberships that are muted, among those in force at the end of the watch in "
        "groups that were not closed.",
        "观察期末仍有效（且群未关闭）的成员关系中，被屏蔽（免打扰）的比例。",
    ),
    effect=Text("share of memberships muted", "被屏蔽的成员关系比例"),
    null=0.9,
    claimed_side="at",
    ratio=False,
    method=Text(
        "Proportion of memberships with a variance clustered by person and by group (memberships "
        "of one person, and of one group, are alike); Wilson's interval for the effective number, "
        "with Student's t. Dead: nobody wrote in the group's last days, as many as `dead_after` "
        "says, and it was not closed; Wilson's interval over groups.",
        "成员关系的比例，方差按人和群双向聚类；以等效样本数计算 Wilson 区间（t 分布）。"
        "死群：最后 dead_after 天内无人发言且未关闭；按群计算 Wilson 区间。",
    ),
    null_model=Text("The share is the claimed one, .9.", "比例等于所称的 0.9。"),
    assumptions=(
        Text(
            "Whether a membership is muted was recorded for all members alike.",
            "对所有成员，是否屏蔽都有同样的记录。",
        ),
    ),
    threats=(
        Text(
            "Silence is not death and neither is muting (T10).",
            "沉默不等于死亡，也不等于屏蔽（T10）。",
        ),
        Text(
            "Groups that died before the watch are not in the data (T6), and those that died at "
            "its end are not known to be dead yet (T7).",
            "观察之前已死的群不在数据中（T6），临近期末死亡的群尚看不出（T7）。",
        ),
        Text(
            "Members of large groups are counted more often (T9); both weightings are given.",
            "大群成员被多次计数（T9）；两种加权都列出。",
        ),
    ),
    why_hard=Text(
        "The number is rhetorical; muting is rarely exported, and memberships, groups and people "
        "give three different shares.",
        "这个数字是修辞；屏蔽状态很少能导出；按成员关系、按群、按人得到三个不同的比例。",
    ),
    would_refute=Text(
        "An interval for the share of memberships muted that leaves out .9 from below.",
        "屏蔽比例的区间低于且不含 0.9。",
    ),
    would_settle=Text(
        "A table of memberships with the mute switch of each, from the app itself.",
        "来自应用本身、含每条成员关系屏蔽开关的表。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Estimate the share of memberships muted, and the share of groups dead beside it.

    Notes
    -----
    Where nine in ten are muted, p is under a level at most as often as the level says: counts are
    discrete, and memberships, which come in clusters, are never taken to be worth more than their
    number (:func:`~smallnet.hypotheses.methods.proportions.clustered_share`).
    """
    dataset.require(*CLAIM.needs)
    held = _held(dataset)
    groups = _groups(dataset)
    details = _dead(dataset, choices, groups, held)
    threats = _posters(dataset)
    n: dict[str, int | None] = {
        "people": int(held["person"].nunique()),
        "groups": int(held["group"].nunique()),
        "rows": len(held),
        "events": None,
    }
    known = held.dropna(subset=["muted"])
    missing = _missing(dataset, known, held)
    if missing is not None:
        if details["dead_by_days"]:  # else there is nothing to draw
            details["figure"] = _figure(details, None)
        return not_testable(
            CLAIM, choices, missing + _dead_words(details), n=n, details=details, threats=threats
        )
    muted = known["muted"].astype(float).to_numpy()
    person, group = known["person"].to_numpy(), known["group"].to_numpy()
    found = clustered_share(muted, person, group, null=CLAIM.null, level=choices.level)
    details |= {
        "memberships_with_unknown_mute": len(held) - len(known),
        "muted_by_group": _mean_by(muted, group),
        "muted_by_person": _mean_by(muted, person),
        "effective_memberships": found.effective_n,
    }
    details["figure"] = _figure(details, found)
    verdict = _verdict(found)
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(verdict, found) + _dead_words(details),
        threats=threats,
        estimate=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n=n | {"events": int(muted.sum())},
        robustness=_robustness(choices, muted, person, group),
        details=details,
    )


def _held(dataset: Dataset) -> pd.DataFrame:
    """Memberships in force at the end: ``group, person, muted`` (null = unknown)."""
    end = dataset.observed_until_us
    closed = dataset["groups"].filter(microseconds(_.closed_at) < end).select("group")
    stays = spells(dataset).filter(_.end_us >= end, ~_.left).anti_join(closed, "group")
    yes, no = ibis.literal(True), ibis.literal(False)
    early = stays.muted_at.notnull() & (microseconds(stays.muted_at) < end)
    late = stays.muted_at.notnull() & (microseconds(stays.muted_at) >= end)
    muted = ibis.cases((early & stays.muted.fill_null(yes), yes), (late, no), else_=stays.muted)
    return dataset.collect(stays.select("group", "person", muted=muted).order_by("group", "person"))


def _groups(dataset: Dataset) -> pd.DataFrame:
    """Every group that existed before the end: ``group, closed, last_us, created_us``."""
    end = dataset.observed_until_us
    table = dataset["groups"]
    named = ibis.union(
        table.select("group"),
        dataset["memberships"].select("group"),
        talk(dataset).select("group"),
        distinct=True,
    ).filter(_.group.notnull())
    last = talk(dataset).group_by("group").aggregate(last_us=_.at_us.max())
    facts = table.select(
        "group", closed_us=microseconds(_.closed_at), created_us=microseconds(_.created_at)
    )
    rows = dataset.collect(
        named.left_join(facts, "group")
        .drop("group_right")
        .left_join(last, "group")
        .drop("group_right")
        .filter((_.created_us < end) | _.created_us.isnull())
        .order_by("group")
    )
    rows["closed"] = rows["closed_us"].notna() & (rows["closed_us"] < end)
    return rows


def _missing(dataset: Dataset, known: pd.DataFrame, held: pd.DataFrame) -> Text | None:
    if not dataset.covers("muting"):
        return Text(
            "Not testable for the muted share: the source could not record who mutes a group "
            "(memberships.muted).",
            "屏蔽比例无法检验：来源不能记录谁屏蔽了群（memberships.muted）。",
        )
    if held.empty:
        return Text(
            "Not testable: no membership was in force at the end of the watch.",
            "无法检验：观察期末没有有效的成员关系。",
        )
    if known.empty:
        return Text(
            "Not testable for the muted share: for every membership in force at the end it is "
            "unknown whether it is muted (memberships.muted).",
            "屏蔽比例无法检验：期末有效的成员关系都不知道是否被屏蔽（memberships.muted）。",
        )
    if known["muted"].all() and len(known) < len(held):
        return Text(
            "Not testable for the muted share: a membership is muted or unknown, never known not "
            "to be muted (memberships.muted).",
            "屏蔽比例无法检验：是否屏蔽只有“是”或“未知”，没有“否”（memberships.muted）。",
        )
    return None


def _dead(
    dataset: Dataset, choices: Choices, groups: pd.DataFrame, held: pd.DataFrame
) -> dict[str, Any]:
    """Share of groups dead, for the chosen number of days and for others."""
    empty: dict[str, Any] = {
        "dead_after_days": choices.dead_after_days,
        "share_of_groups_dead": None,
        "share_of_groups_dead_interval": [None, None],
        "share_of_memberships_in_dead_groups": None,
        "groups": len(groups),
        "groups_closed": int(groups["closed"].sum()),
        "groups_dead": None,
        "dead_by_days": [],
    }
    if not dataset.has("interactions.group"):
        return empty | {"dead_unknown_because": "interactions.group"}
    if dataset.watch_days < choices.dead_after_days:
        return empty | {"dead_unknown_because": "watch shorter than dead_after"}
    open_groups = groups[~groups["closed"]]
    end = dataset.observed_until_us
    silent = (end - open_groups["last_us"].fillna(-np.inf)) / DAY_US
    curve = []
    spans = {choices.dead_after_days, *SILENT_DAYS}
    for days in sorted(d for d in spans if d <= dataset.watch_days):
        dead = int((silent > days).sum())
        low, high = wilson(dead, len(silent), level=choices.level)
        curve.append(
            {
                "days": days,
                "share": dead / len(silent) if len(silent) else None,
                "low": low,
                "high": high,
            }
        )
    dead_groups = set(open_groups["group"][silent > choices.dead_after_days])
    chosen = next(row for row in curve if row["days"] == choices.dead_after_days)
    inside = held["group"].isin(dead_groups)
    return empty | {
        "share_of_groups_dead": chosen["share"],
        "share_of_groups_dead_interval": [chosen["low"], chosen["high"]],
        "share_of_memberships_in_dead_groups": float(inside.mean()) if len(held) else None,
        "groups_dead": len(dead_groups),
        "groups_dead_that_never_spoke": int(open_groups["last_us"].isna().sum()),
        "dead_by_days": curve,
    }


def _verdict(found: Share) -> str:
    """Apply the register's rule: reaches .9 or lies above, unless the interval says nothing."""
    if found.high < CLAIM.null:
        return "contradicted"
    if found.low < NOTHING_SAID:
        return "inconclusive"
    return "supported"


def _mean_by(muted: np.ndarray, label: np.ndarray) -> float:
    codes = np.unique(label, return_inverse=True)[1]
    return float((np.bincount(codes, muted) / np.bincount(codes)).mean())


def _posters(dataset: Dataset) -> tuple[Text, ...]:
    if not posters_only(dataset):
        return ()
    return (
        Text(
            "Members are people who wrote: silent ones, who mute more, are not in the data.",
            "成员即发过言的人：更常屏蔽的沉默成员不在数据中。",
        ),
    )


def _robustness(
    choices: Choices, muted: np.ndarray, person: np.ndarray, group: np.ndarray
) -> list[dict[str, Any]]:
    rows = []
    for name, labels in (
        (Text("every group counts once", "每个群只算一次"), group),
        (Text("every person counts once", "每个人只算一次"), person),
    ):
        codes = np.unique(labels, return_inverse=True)[1]
        each = np.bincount(codes, muted) / np.bincount(codes)
        one = clustered_share(each, np.arange(each.size), level=choices.level)
        rows.append((name, one))
    rows.append(
        (
            Text("people as the only clusters", "只按人聚类"),
            clustered_share(muted, person, level=choices.level),
        )
    )
    return [
        {"name": name, "estimate": s.estimate, "ci_low": s.low, "ci_high": s.high}
        for name, s in rows
    ]


def _reason(verdict: str, found: Share) -> Text:
    words = {
        "supported": Text("the interval reaches the claimed 90 %", "区间达到所称的 90%"),
        "contradicted": Text("fewer than the claimed 90 %", "低于所称的 90%"),
        "inconclusive": Text(
            "the interval reaches 90 %, but down to less than half as well: it says nothing",
            "区间虽达到 90%，但也低至一半以下：说明不了什么",
        ),
    }[verdict]
    return Text(
        f"{found.estimate:.0%} of memberships are muted [{found.low:.0%}, {found.high:.0%}]: "
        f"{words.en}.",
        f"{found.estimate:.0%} 的成员关系被屏蔽 [{found.low:.0%}, {found.high:.0%}]：{words.zh}。",
    )


def _dead_words(details: Mapping[str, Any]) -> Text:
    days = details["dead_after_days"]
    share = details["share_of_groups_dead"]
    if share is None:
        why = WHY_UNKNOWN[details.get("dead_unknown_because", "no open group")]
        return Text(
            f"How many groups are dead is not known: {why.en}.", f"死群比例未知：{why.zh}。"
        )
    low, high = details["share_of_groups_dead_interval"]
    return Text(
        f"{share:.0%} of groups [{low:.0%}, {high:.0%}] are dead: nobody wrote in the last "
        f"{days:g} days ({details['groups_closed']} more were closed).",
        f"{share:.0%} 的群 [{low:.0%}, {high:.0%}] 已死：最后 {days:g} 天无人发言"
        f"（另有 {details['groups_closed']} 个已关闭）。",
    )


def _figure(details: Mapping[str, Any], found: Share | None) -> dict[str, Any]:
    return {
        "dead_by_days": details["dead_by_days"],
        "dead_after_days": details["dead_after_days"],
        "muted": None
        if found is None
        else {"share": found.estimate, "low": found.low, "high": found.high},
        "claimed": CLAIM.null,
    }


NAMES = {
    "dead": Text("groups where nobody wrote", "无人发言的群"),
    "muted": Text("memberships muted", "被屏蔽的成员关系"),
    "claimed": Text("claimed: 90 % muted", "所称：90% 被屏蔽"),
    "chosen": Text("dead after", "死亡判定天数"),
    "x": Text("days without a word at the end of the watch", "观察期末连续无人发言的天数"),
    "y": Text("share", "比例"),
    "unknown": Text("muting was not recorded", "没有屏蔽记录"),
}


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw the share of silent groups by days of silence, with the share of memberships muted."""
    drawn = axes(ax)
    figure = result.details["figure"]
    curve = figure["dead_by_days"]
    if curve:
        days = [row["days"] for row in curve]
        drawn.fill_between(
            days,
            [row["low"] for row in curve],
            [row["high"] for row in curve],
            color=ORANGE,
            alpha=0.25,
            lw=0,
        )
        drawn.plot(
            days,
            [row["share"] for row in curve],
            color=ORANGE,
            marker="s",
            label=NAMES["dead"].get(lang),
        )
        drawn.set_xscale("log")
        drawn.set_xticks(days, [f"{day:g}" for day in days])
        drawn.minorticks_off()
        drawn.axvline(
            figure["dead_after_days"], color=GREY, lw=1, ls="-.", label=NAMES["chosen"].get(lang)
        )
    muted = figure["muted"]
    if muted is None:
        drawn.text(0.03, 0.03, NAMES["unknown"].get(lang), transform=drawn.transAxes, color=GREY)
    else:
        drawn.axhspan(muted["low"], muted["high"], color=BLUE, alpha=0.2, lw=0)
        drawn.axhline(muted["share"], color=BLUE, label=NAMES["muted"].get(lang))
    drawn.axhline(
        figure["claimed"], color=VERMILLION, ls=":", lw=1.5, label=NAMES["claimed"].get(lang)
    )
    drawn.set_ylim(0, 1.02)
    drawn.set_xlabel(NAMES["x"].get(lang))
    drawn.set_ylabel(NAMES["y"].get(lang))
    drawn.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, frameon=False)
    return drawn
