"""S03: the groups that people share to are mostly under 30 members.

Most groups are small, so most targets are small by arithmetic. The question is whether small
groups are chosen more often than their part of the sharer's own menu: the groups that the sharer
is in at that moment, with the sizes of that moment.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.choosing import Choice, Menus, choice_ratio, collapse_menus
from smallnet.hypotheses.methods.drawing import BLUE, GREY, VERMILLION, axes
from smallnet.hypotheses.methods.menu import group_menus
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, posters_only, sized_groups, talk

__all__ = ["CLAIM", "plot", "test"]

EDGES = (1, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)  # of size classes, with small_group
NAMED = 5  # groups listed by name
OTHER_SIZES = (10, 20, 50)  # "small" read otherwise

CLAIM = Claim(
    id="S03",
    title=Text("People share to small groups", "分享偏向小群"),
    claim=Text(
        "The groups shared to are mostly under 30 members: "
        "「分享的这些群大都是低于30人以下的小群」.",
        "被分享的群大多少于三十人：「分享的这些群大都是低于30人以下的小群」。",
    ),
    needs=("shares.group", "memberships"),
    estimand=Text(
        "Share of group shares whose target had fewer than `small_group` members at that moment, "
        "over the same share had every sharer picked one of their groups of that moment at "
        "random.",
        "目标群在分享时少于 small_group 人的分享比例，除以分享者在当时自己的群中随机选择时的比例。",
    ),
    effect=Text("observed over expected share of small targets", "小群目标的观察/期望比"),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Observed over expected number of small targets. The variance takes groups as the sample: "
        "each has a popularity of its own (conditional logit with random groups) that moves all "
        "menus it is on; choices of one person move together; Student's t.",
        "小群目标的观察数除以期望数。方差以群为样本：每个群有自己的受欢迎程度（带随机群效应的条件 "
        "logit），影响它所在的所有菜单；同一人的选择一起变动；用 t 分布。",
    ),
    null_model=Text(
        "The sharer picks one of the groups that they are in at that moment at random.",
        "分享者在当时所在的群中随机选择一个。",
    ),
    assumptions=(
        Text(
            "Groups differ in popularity for reasons that have nothing to do with size, and these "
            "are a random draw.",
            "群的受欢迎程度因与规模无关的原因而异，且为随机抽样。",
        ),
    ),
    threats=(
        Text(
            "Large groups are on more menus (T9), and platform rules bunch sizes (T17).",
            "大群出现在更多人的菜单里（T9）；平台规则使规模聚集在某些数（T17）。",
        ),
        Text(
            "Thirty was named beforehand; other numbers are re-estimates, not searches (T13).",
            "三十是事先指定的；其他数字只是复核，不是搜索（T13）。",
        ),
        Text(
            "What a group is for decides both its size and what is shared there (T4).",
            "群的用途同时决定规模与分享内容（T4）。",
        ),
    ),
    why_hard=Text(
        "Most groups are small: without the menu of each sharer the share of small targets says "
        "nothing.",
        "多数群本来就小：不看每个分享者的菜单，小群目标的比例说明不了什么。",
    ),
    would_refute=Text(
        "A ratio at or below 1: people share to small groups only because most groups are small.",
        "比值不高于 1：人们分享到小群，只因多数群是小群。",
    ),
    would_settle=Text(
        "A share log with group sizes at the time and everybody's full memberships.",
        "含当时群规模与每人完整群列表的分享日志。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Estimate how much more often than by chance small groups are the target."""
    dataset.require(*CLAIM.needs)
    lines = _lines(dataset)
    left_out = _left_out(dataset, lines)
    threats = _posters(dataset)
    if lines.empty:
        why = Text(
            "Not testable: no share goes to a sized group of which the sharer is a member.",
            "无法检验：没有任何分享的目标是分享者所在、且规模已知的群。",
        )
        return not_testable(CLAIM, choices, why, details=left_out, threats=threats)
    menus = _collapse(lines, choices.small_group)
    found = choice_ratio(menus, level=choices.level, slope=True, rng=rng)
    details = _details(found, menus, choices) | left_out
    details["figure"] = _figure(lines, choices)
    n = {
        "people": int(np.unique(menus.person).size),
        "groups": int(lines["group"].nunique()),
        "rows": found.shares,
        "events": round(found.observed * found.shares),
    }
    if not np.isfinite(found.ratio):
        why = Text(
            "Not testable: no sharer could choose between a group under "
            f"{choices.small_group} and a larger one.",
            f"无法检验：没有分享者能在少于 {choices.small_group} 人的群与更大的群之间选择。",
        )
        return not_testable(CLAIM, choices, why, n=n, details=details, threats=threats)
    verdict = settle(CLAIM, choices, found.ratio, found.low, found.high)
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(verdict, found, choices),
        threats=threats,
        estimate=found.ratio,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n=n,
        robustness=_robustness(dataset, lines, menus, choices, rng),
        details=details,
    )


def _lines(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.collect(
        group_menus(dataset)
        .select("share", "sharer", "group", "size", "chosen", "at_us")
        .order_by("sharer", "share", "group")
    )
    rows["share"] = pd.factorize(rows["share"])[0]
    rows["person"] = pd.factorize(rows["sharer"], sort=True)[0]
    rows["code"] = pd.factorize(rows["group"], sort=True)[0]
    return rows


def _collapse(lines: pd.DataFrame, small_group: int) -> Menus:
    return collapse_menus(
        pd.factorize(lines["share"])[0].astype(np.int64),
        lines["person"].to_numpy(np.int64),
        lines["code"].to_numpy(np.int64),
        lines["size"].to_numpy(np.int64),
        lines["chosen"].to_numpy(bool),
        small_group=small_group,
        n_groups=int(lines["code"].max()) + 1,
    )


def _left_out(dataset: Dataset, lines: pd.DataFrame) -> dict[str, Any]:
    group_shares = dataset["shares"].filter(_.channel == "group", _.group.notnull())
    total = int(group_shares.count().to_pyarrow().as_py())
    unsized = group_shares.select("group").distinct().anti_join(sized_groups(dataset), "group")
    names = dataset.collect(unsized.order_by("group"))["group"]
    return {
        "group_shares": total,
        "group_shares_left_out": total - int(lines["chosen"].sum() if len(lines) else 0),
        "groups_without_size": len(names),
        "groups_without_size_named": names.head(NAMED).tolist(),
    }


def _details(found: Choice, menus: Menus, choices: Choices) -> dict[str, Any]:
    return {
        "small_group": choices.small_group,
        "observed_share": found.observed,
        "expected_share": found.expected,
        "shares_with_a_choice": found.informative,
        "odds_ratio": found.odds_ratio,
        "odds_ratio_interval": [found.odds_low, found.odds_high],
        "odds_ratio_per_doubling": found.slope,
        "odds_ratio_per_doubling_interval": [found.slope_low, found.slope_high],
        "popularity_sd": found.popularity_sd,
        "degrees_of_freedom": found.freedom,
        "groups_on_a_menu": float(
            menus.shares @ np.bincount(menus.stratum) / max(menus.shares.sum(), 1)
        ),
    }


def _posters(dataset: Dataset) -> tuple[Text, ...]:
    if not posters_only(dataset):
        return ()
    return (
        Text(
            "Size = people who wrote; the menu holds only groups where the sharer wrote before.",
            "规模＝发过言的人数；菜单只含分享者发过言的群。",
        ),
    )


def _entry(name: Text, found: Choice) -> dict[str, Any]:
    return {"name": name} | interval_fields((found.ratio, found.low, found.high))


def _robustness(
    dataset: Dataset,
    lines: pd.DataFrame,
    menus: Menus,
    choices: Choices,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    open_ = (menus.part > 0) & (menus.part < 1)
    rows = [
        _entry(
            Text(
                "only shares with both small and larger groups on the menu",
                "只看菜单中同时有小群和大群的分享",
            ),
            choice_ratio(menus.pick(open_), level=choices.level, rng=rng),
        )
    ]
    lively = _recently_active(dataset, lines, choices)
    if lively is not None and len(lively):
        name = Text(
            f"menu of groups where somebody wrote in the last {choices.dead_after_days:g} days",
            f"菜单只含最近 {choices.dead_after_days:g} 天有人发言的群",
        )
        found = choice_ratio(_collapse(lively, choices.small_group), level=choices.level, rng=rng)
        rows.append(_entry(name, found))
    for size in OTHER_SIZES:
        if size != choices.small_group:
            found = choice_ratio(_collapse(lines, size), level=choices.level, rng=rng)
            name = Text(f"small = under {size} members", f"“小”改为少于 {size} 人")
            rows.append(_entry(name, found))
    people = np.unique(menus.person, return_inverse=True)[1]
    hits = np.bincount(menus.stratum, menus.chosen * menus.small, menus.shares.size)
    shares = np.bincount(people, menus.shares)
    ratio = (np.bincount(people, hits) / shares).sum() / (
        np.bincount(people, menus.shares * menus.part) / shares
    ).sum()
    rows.append(
        {
            "name": Text("every sharer counts once", "每位分享者只算一次"),
            "estimate": float(ratio),
            "ci_low": None,
            "ci_high": None,
        }
    )
    return [row for row in rows if np.isfinite(row["estimate"])]


def _recently_active(
    dataset: Dataset, lines: pd.DataFrame, choices: Choices
) -> pd.DataFrame | None:
    """Lines of menus whose group was talked in before the share, no longer ago than dead_after."""
    if not dataset.has("interactions.group"):
        return None
    moments = group_menus(dataset).select("group", "at_us").distinct()
    never = ibis.null("int64")
    marks = moments.select("group", "at_us", said_us=never, mark=ibis.literal(0))
    said = talk(dataset).select("group", "at_us", said_us="at_us", mark=ibis.literal(1))
    along = ibis.window(group_by="group", order_by=["at_us", "mark"], following=0)
    last = (
        marks.union(said)
        .mutate(last_us=_.said_us.max().over(along))
        .filter(_.mark == 0, _.at_us - _.last_us <= round(choices.dead_after_days * DAY_US))
        .select("group", "at_us")
    )
    lively = dataset.collect(last)
    kept = lines.merge(lively, on=["group", "at_us"])
    target = kept.loc[kept["chosen"], "share"]
    return kept[kept["share"].isin(target)]


def _reason(verdict: str, found: Choice, choices: Choices) -> Text:
    words = {
        "supported": Text("small groups are chosen more often", "小群被选得更多"),
        "contradicted": Text("small groups are chosen less often", "小群被选得更少"),
        "no effect": Text("as often, for practical purposes", "实际上一样"),
        "inconclusive": Text("these data cannot tell which", "这些数据无法判断"),
    }[verdict]
    size = choices.small_group
    return Text(
        f"{found.observed:.0%} of shares go to groups under {size} members; picks at random from "
        f"the sharers' own groups would give {found.expected:.0%}: ratio {found.ratio:.2f} "
        f"[{found.low:.2f}, {found.high:.2f}], {words.en}.",
        f"{found.observed:.0%} 的分享流向少于 {size} 人的群；若在自己的群中随机选择则为 "
        f"{found.expected:.0%}：比值 {found.ratio:.2f} [{found.low:.2f}, {found.high:.2f}]，"
        f"{words.zh}。",
    )


def _figure(lines: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Targets by size class, as observed and by chance."""
    edges = np.array(sorted({*EDGES, choices.small_group, 10**9}))
    size = lines["size"].to_numpy()
    bin_ = np.searchsorted(edges, size, side="right") - 1
    per_share = lines.groupby("share")["code"].transform("size").to_numpy()
    n = lines["chosen"].sum()
    expected = np.bincount(bin_, 1 / per_share, edges.size - 1) / n
    observed = np.bincount(bin_, lines["chosen"].to_numpy(float), edges.size - 1) / n
    used = np.flatnonzero(np.bincount(bin_, minlength=edges.size - 1))
    span = slice(int(used.min()), int(used.max()) + 1)
    return {
        "low": edges[:-1][span].tolist(),
        "high": (edges[1:][span] - 1).tolist(),
        "observed": observed[span].tolist(),
        "expected": expected[span].tolist(),
        "small_group": choices.small_group,
    }


WORDS = {
    "observed": Text("shared to", "实际分享"),
    "expected": Text("by chance, from the sharer's own groups", "在自己的群中随机选择"),
    "x": Text("members of the target group at that moment", "目标群当时的人数"),
    "y": Text("share of group shares", "占群分享的比例"),
    "small": Text("under {n}: small", "少于 {n}：小群"),
}


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw the sizes of the groups shared to against those that chance would pick."""
    drawn = axes(ax)
    figure: Mapping[str, Any] = result.details["figure"]
    at = np.arange(len(figure["low"]))
    drawn.bar(at, figure["expected"], color=GREY, alpha=0.45, label=WORDS["expected"].get(lang))
    drawn.plot(
        at, figure["observed"], "o", color=BLUE, ms=8, label=WORDS["observed"].get(lang), zorder=3
    )
    drawn.vlines(at, figure["expected"], figure["observed"], color=BLUE, lw=1.5, zorder=2)
    labels = [
        f"{low}" if low == high else f"{low}–{high}" if high < 10**8 else f"{low}+"
        for low, high in zip(figure["low"], figure["high"], strict=True)
    ]
    crowded = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if len(at) > 8 else {}
    drawn.set_xticks(at, labels, **crowded)
    edge = sum(low < figure["small_group"] for low in figure["low"]) - 0.5
    drawn.axvline(
        edge,
        color=VERMILLION,
        ls="--",
        lw=1,
        label=WORDS["small"].get(lang).format(n=figure["small_group"]),
    )
    drawn.set_ylim(bottom=0)
    drawn.set_xlabel(WORDS["x"].get(lang))
    drawn.set_ylabel(WORDS["y"].get(lang))
    drawn.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, frameon=False)
    return drawn
