"""S14: everybody is in no fewer than ten groups.

"Everybody, certainly" is read as: the lowest 5 % of people are in ten. A mean says nothing about
it, and for contagion the mean is the wrong number anyway: who is reached through a membership has
``<m(m - 1)> / <m>`` further ones.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.drawing import BLUE, GREY, SKY, VERMILLION, axes
from smallnet.hypotheses.methods.proportions import Quantile, lower_quantile, wilson
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of
from smallnet.tables import Choices, Dataset, Text, microseconds
from smallnet.tables.windows import posters_only, spells

__all__ = ["CLAIM", "plot", "test"]

SHARE = 0.05  # "everybody, certainly": all but one in twenty
FEWEST_PEOPLE = round(1 / SHARE)  # fewer have no one in twenty among them

CLAIM = Claim(
    id="S14",
    title=Text("Everybody is in ten groups or more", "每个人都在十个以上的群里"),
    claim=Text(
        "Everybody is in no fewer than ten groups: 「每个人所在的微信群肯定都不会少于10个」.",
        "每个人所在的群都不少于十个：「每个人所在的微信群肯定都不会少于10个」。",
    ),
    needs=("memberships",),
    estimand=Text(
        "5 % quantile of the number of groups that a person is in at the end of the watch, among "
        "people with at least one.",
        "观察期末，至少在一个群里的人所在群数的 5% 分位数。",
    ),
    effect=Text("5 % quantile of groups per person", "人均所在群数的 5% 分位数"),
    null=10.0,
    claimed_side="at",
    ratio=False,
    method=Text(
        "The smallest number that at least 5 % of people do not exceed, with an interval from one "
        "order statistic to another by the binomial law: exact for any law, ties included.",
        "至少 5% 的人不超过的最小值；区间由二项分布下的次序统计量给出，"
        "对任何分布（含并列）都成立。",
    ),
    null_model=Text(
        "One person in twenty is in fewer than ten groups.", "二十人中有一人所在群少于十个。"
    ),
    assumptions=(
        Text(
            "People are a random draw of those who are in at least one group here.",
            "这些人是至少在一个群里的人的随机样本。",
        ),
        Text("All groups of a person are in the data.", "数据包含每个人的所有群。"),
    ),
    threats=(
        Text(
            "Groups on other platforms, and on this one outside the crawl, are not counted: the "
            "number is a lower bound.",
            "其他平台以及未采集到的群不计入：这是一个下界。",
        ),
        Text(
            "Where people were found through groups, those in many groups are found more often "
            "(T9).",
            "若通过群来找人，群多的人更容易被找到（T9）。",
        ),
    ),
    why_hard=Text(
        "“Everybody” is about the least connected people, whom a crawl misses first.",
        "“每个人”说的是联系最少的人，而采集最容易漏掉他们。",
    ),
    would_refute=Text(
        "More than 5 % of people in fewer than ten groups.", "超过 5% 的人所在群少于十个。"
    ),
    would_settle=Text(
        "The full list of groups of a random sample of people.", "随机抽样的人的完整群列表。"
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Estimate the 5 % quantile of groups per person and hold it against ten.

    Notes
    -----
    p doubles the smaller binomial tail of the number of people under ten. That number is discrete,
    so where one person in twenty is under ten, p is under a level at most as often as it says
    (:func:`~smallnet.hypotheses.methods.proportions.lower_quantile`).
    """
    dataset.require(*CLAIM.needs)
    people = _people(dataset)
    now = people["now"][people["now"] > 0].to_numpy(dtype=float)
    if not now.size:
        why = Text("Nobody was in a group at the end of the watch.", "观察期末没有人在任何群里。")
        return not_testable(CLAIM, choices, why)
    found = _quantile(now, choices)
    details = _details(people, now, choices)
    n: dict[str, int | None] = {
        "people": now.size,
        "groups": details["groups"],
        "rows": int(now.sum()),
        "events": int((now < CLAIM.null).sum()),
    }
    blind = _blind(dataset, people, found)
    if blind is not None:
        return not_testable(CLAIM, choices, blind, n=n, details=details, **_interval(found))
    if now.size < FEWEST_PEOPLE:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(now.size),
            **_interval(found),
            n=n,
            robustness=_robustness(people, choices),
            details=details,
        )
    verdict = (
        "supported"
        if found.low >= CLAIM.null
        else "contradicted"
        if found.high < CLAIM.null
        else "inconclusive"
    )
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(verdict, found, details),
        p_value=found.p_value,
        **_interval(found),
        n=n,
        robustness=_robustness(people, choices),
        details=details,
    )


def _too_few(people: int) -> Text:
    return Text(
        f"Only {people} {'person was' if people == 1 else 'people were'} in a group at the end of "
        f"the watch: one in twenty of them is nobody, so at least {FEWEST_PEOPLE} people are "
        "needed to speak of everybody.",
        f"观察期末只有 {people} 人在群里：其二十分之一不足一人，至少要有 {FEWEST_PEOPLE} "
        "人才谈得上“每个人”。",
    )


def _interval(found: Quantile) -> dict[str, Any]:
    high = found.high if np.isfinite(found.high) else None
    return {"estimate": found.estimate, "ci_low": found.low, "ci_high": high}


def _blind(dataset: Dataset, people: pd.DataFrame, found: Quantile) -> Text | None:
    """Say why the source cannot tell how many groups a person is in, if it cannot."""
    if people["ever"].max() == 1:
        return Text(
            "Not testable: nobody is in two groups, so the source sorts people into groups "
            "rather than listing the groups of each.",
            "无法检验：没有人在两个群里，来源是把人分到各群，而不是列出每人的群。",
        )
    rosters = dataset["groups"].filter(_.roster == "partial").count().to_pyarrow().as_py()
    if found.low < CLAIM.null and (rosters or posters_only(dataset)):
        return Text(
            "Not testable: groups where somebody only reads are not recorded, so the groups seen "
            f"are at least as many in truth (one person in twenty is seen in at most "
            f"{found.estimate:g}).",
            "无法检验：只看不说的群没有记录，看到的群数只是下限"
            f"（二十人中有一人看到的群不超过 {found.estimate:g} 个）。",
        )
    return None


def _people(dataset: Dataset) -> pd.DataFrame:
    """One row a person: groups held at the end, ever, and on average while in any."""
    end = dataset.observed_until_us
    closed = dataset["groups"].filter(microseconds(_.closed_at) < end).select("group")
    stays = spells(dataset)
    still = stays.filter(_.end_us >= end, ~_.left)
    now = still.anti_join(closed, "group").group_by("person").aggregate(now=_.group.nunique())
    with_closed = still.group_by("person").aggregate(with_closed=_.group.nunique())
    ever = stays.group_by("person").aggregate(
        ever=_.group.nunique(),
        held_us=(_.end_us - _.start_us).sum(),
        span_us=_.end_us.max() - _.start_us.min(),
    )
    table = ever.left_join(now, "person").drop("person_right")
    table = table.left_join(with_closed, "person").drop("person_right")
    rows = dataset.collect(table.order_by("person"))
    rows["now"] = rows["now"].fillna(0).astype(int)
    rows["with_closed"] = rows["with_closed"].fillna(0).astype(int)
    rows["average"] = rows["held_us"] / rows["span_us"]
    rows.attrs["groups"] = int(
        still.anti_join(closed, "group").group.nunique().to_pyarrow().as_py()
    )
    return rows


def _quantile(values: np.ndarray, choices: Choices) -> Quantile:
    return lower_quantile(values, SHARE, null=CLAIM.null, floor=1.0, level=choices.level)


def _details(people: pd.DataFrame, now: np.ndarray, choices: Choices) -> dict[str, Any]:
    under = int((now < CLAIM.null).sum())
    low, high = wilson(under, now.size, level=choices.level)
    value, count = np.unique(now, return_counts=True)
    return {
        "groups": people.attrs["groups"],
        "share_under_ten": under / now.size,
        "share_under_ten_interval": [low, high],
        "mean": float(now.mean()),
        "median": float(np.median(now)),
        "further_groups_through_a_membership": float((now * (now - 1)).mean() / now.mean()),
        "ever_held_quantile": _quantile(people["ever"].to_numpy(float), choices).estimate,
        "time_average_quantile": _quantile(people["average"].to_numpy(float), choices).estimate,
        "people_without_a_group_at_the_end": int((people["now"] == 0).sum()),
        "figure": {
            "groups": value.astype(int).tolist(),
            "people": count.tolist(),
            "quantile": _quantile(now, choices).estimate,
            "claimed": CLAIM.null,
            "share": SHARE,
        },
    }


def _robustness(people: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    rows = []
    for column, name in (
        ("ever", Text("groups ever held during the watch", "观察期内曾在的群")),
        (
            "average",
            Text(
                "groups held on average, from the first to the last day in any",
                "平均同时所在的群（从首次入群到最后）",
            ),
        ),
        ("with_closed", Text("closed groups counted too", "已关闭的群也计入")),
    ):
        values = people[column][people[column] > 0].to_numpy(float)
        one = lower_quantile(
            values,
            SHARE,
            floor=1.0,
            level=choices.level,
        )
        rows.append(
            {"name": name, "estimate": one.estimate, "ci_low": one.low, "ci_high": one.high}
        )
    return rows


def _reason(verdict: str, found: Quantile, details: Mapping[str, Any]) -> Text:
    words = {
        "supported": Text("so at least ten", "即不少于十个"),
        "contradicted": Text("so fewer than the claimed ten", "即少于所称的十个"),
        "inconclusive": Text("an interval with ten inside", "区间包含十"),
    }[verdict]
    high = f"{found.high:g}" if np.isfinite(found.high) else "∞"
    return Text(
        f"One person in twenty is in at most {found.estimate:g} "
        f"{'group' if found.estimate == 1 else 'groups'} [{found.low:g}, {high}], "
        f"{words.en}: {details['share_under_ten']:.0%} of people are in fewer than ten. "
        f"The median is {details['median']:g}.",
        f"二十人中有一人最多在 {found.estimate:g} 个群里 [{found.low:g}, {high}]，{words.zh}："
        f"{details['share_under_ten']:.0%} 的人所在群少于十个。中位数为 {details['median']:g}。",
    )


NAMES = {
    "x": Text("groups that a person is in, at least", "一个人所在的群数（不少于）"),
    "y": Text("share of people", "人数比例"),
    "people": Text("people in at least so many groups", "所在群数不少于该数的人"),
    "claimed": Text("claimed: everybody in ten", "所称：人人都在十个群"),
    "quantile": Text("5 % quantile", "5% 分位数"),
    "nineteen": Text("19 of 20 people", "二十人中的十九人"),
}


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw how many people are in at least so many groups; the claim is the corner at (10, .95)."""
    drawn = axes(ax)
    figure = result.details["figure"]
    groups = np.array([0, *figure["groups"]], dtype=float)
    people = np.array([0, *figure["people"]], dtype=float)
    at_least = 1 - (np.cumsum(people) - people) / people.sum()
    drawn.step(groups, at_least, where="pre", color=BLUE, label=NAMES["people"].get(lang))
    drawn.fill_between(groups, at_least, step="pre", color=SKY, alpha=0.3, lw=0)
    drawn.axvline(
        figure["claimed"], color=VERMILLION, ls=":", lw=1.5, label=NAMES["claimed"].get(lang)
    )
    drawn.axhline(1 - figure["share"], color=GREY, ls="--", lw=1, label=NAMES["nineteen"].get(lang))
    drawn.plot(
        [figure["quantile"]],
        [1 - figure["share"]],
        marker="o",
        ls="none",
        color="black",
        label=NAMES["quantile"].get(lang),
    )
    drawn.set_xscale("symlog", linthresh=10)
    ticks = [t for t in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if t <= max(20, groups.max())]
    drawn.set_xticks(ticks, [str(t) for t in ticks])
    drawn.minorticks_off()
    drawn.set_xlim(0, max(20.0, groups.max()))
    drawn.set_ylim(0, 1.02)
    drawn.set_xlabel(NAMES["x"].get(lang))
    drawn.set_ylabel(NAMES["y"].get(lang))
    drawn.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, frameon=False)
    return drawn
