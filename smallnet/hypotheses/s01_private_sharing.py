"""S01: most shares go to groups and friends, not to the feed.

The essay says that 85 % do. The number means nothing without what else was on offer: against two
equal buttons (chat, feed) chance gives 50 %; against "any friend, any group, or the feed" it
gives more than 99 %. And the share of *sharers* with one private share is near 85 % by arithmetic
where everybody shares a few times by the toss of a coin; so what is tested is the share of shares.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.bootstrap import cluster_bootstrap
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, SKY, VERMILLION, axes, interval
from smallnet.hypotheses.methods.menu import friends_at, groups_at, shares_seen
from smallnet.hypotheses.methods.proportions import Share, clustered_share, wilson
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of, settle
from smallnet.tables import Choices, Dataset, Text, microseconds

__all__ = ["CLAIM", "plot", "test"]

ESSAY = 0.85  # the number in the essay
PRIVATE = ("group", "friend")

CLAIM = Claim(
    id="S01",
    title=Text("Most shares are private", "多数分享流向群和好友"),
    claim=Text(
        "Most shares go to groups and friends, not to the feed: "
        "「85%的用户会选择分享到微信群和好友」.",
        "多数分享流向群和好友，而不是朋友圈：「85%的用户会选择分享到微信群和好友」。",
    ),
    needs=("shares.channel", "coverage.feed", "coverage.private"),
    estimand=Text(
        "Share of shares that go to a group or a friend, among all shares by people during the "
        "watch.",
        "观察期内所有人的分享中，流向群或好友的比例。",
    ),
    effect=Text("share of shares that are private", "私密分享占全部分享的比例"),
    null=0.5,
    claimed_side="above",
    ratio=False,
    method=Text(
        "Proportion of shares. The variance comes from whole people (all shares of one person move "
        "together); Wilson's interval is taken for as many independent shares as that variance is "
        "worth, with Student's t for the effective number of people.",
        "分享的比例。方差按人聚类（同一人的分享作为整体变动），以等效独立样本数计算 Wilson 区间，"
        "并用有效人数对应的 t 分布。",
    ),
    null_model=Text(
        "A sharer picks a line of the menu at random: of two equal buttons (chat, feed) where the "
        "menu is not recorded, of the recorded menu in `opportunities` where it is.",
        "分享者在菜单中随机选择：没有记录菜单时，视为两个等价按钮（聊天、朋友圈）；有 "
        "opportunities 表时，用记录的菜单。",
    ),
    assumptions=(
        Text(
            "Sharers are independent of each other, given how often they share.",
            "给定分享次数，分享者之间相互独立。",
        ),
        Text("Every share was recorded, whatever its channel.", "无论渠道，每次分享都被记录。"),
    ),
    threats=(
        Text(
            "The menu decides (T8): two buttons make chance 50 %, single friends and groups more "
            "than 99 %.",
            "结论取决于菜单（T8）：两个按钮时随机为 50%，逐个好友和群为选项时随机超过 99%。",
        ),
        Text(
            "Incentives (gift one, get one) and the order of buttons push towards people one "
            "knows.",
            "激励（赠一得一）和按钮顺序会把分享推向熟人。",
        ),
        Text(
            "One campaign or piece of news moves many sharers at once (T3); see the two-way "
            "interval.",
            "同一活动或新闻会同时影响许多人（T3）；见双向聚类区间。",
        ),
    ),
    why_hard=Text(
        "The number is easy, its meaning is not: it depends on what else was on offer, and the "
        "share of sharers is a different number from the share of shares.",
        "数字容易算，含义却不容易：它取决于还有哪些选项；而且“多少人”与“多少次分享”是两个不同的数。",
    ),
    would_refute=Text(
        "A share of private shares at or below what the menu gives by chance.",
        "私密分享的比例不高于菜单下的随机比例。",
    ),
    would_settle=Text(
        "A share log with every channel and the menu at each moment of sharing.",
        "包含所有渠道、并记录每次分享时菜单的分享日志。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Estimate the share of shares that are private and hold it against the menu."""
    dataset.require(*CLAIM.needs)
    shares = shares_seen(dataset)
    cells = dataset.collect(
        shares.group_by("sharer", "item")
        .aggregate(
            n=_.count(),
            **{channel: (_.channel == channel).sum() for channel in (*PRIVATE, "feed")},
        )
        .order_by("sharer", "item")
    )
    if cells.empty:
        why = Text("No share by a person falls into the watch.", "观察期内没有任何人的分享记录。")
        return not_testable(CLAIM, choices, why)
    cells["private"] = cells["group"] + cells["friend"]
    null, menus = _menu_null(dataset, CLAIM.null)
    claim = dataclasses.replace(CLAIM, null=null["null"])
    people = cells.groupby("sharer")[["n", "private"]].sum()
    found = clustered_share(
        people["private"],
        people.index,
        rows=people["n"],
        null=claim.null,
        level=choices.level,
    )
    verdict = settle(claim, choices, found.estimate, found.low, found.high)
    details = _details(dataset, choices, cells, people, found) | null
    details["figure"] = _figure(choices, cells, details, found, claim.null)
    return result_of(
        claim,
        choices,
        verdict=verdict,
        reason=_reason(verdict, details, found, claim.null),
        estimate=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n={
            "people": len(people),
            "groups": None,
            "rows": int(cells["n"].sum()),
            "events": int(cells["private"].sum()),
            "items": int(cells["item"].nunique()),
            "menus": menus,
        },
        robustness=_robustness(choices, cells, people, rng),
        details=details,
    )


def _menu_null(dataset: Dataset, two_buttons: float) -> tuple[dict[str, Any], int]:
    """Find what chance gives: two buttons, or the menus recorded when they shared."""
    said = {"null": two_buttons, "null_from": "two buttons", "null_by_buttons": two_buttons}
    if not dataset.has("opportunities"):
        return said, 0
    lines = dataset["opportunities"].select("person", "channel", at_us=microseconds(_.at))
    menu = lines.group_by("person", "at_us").aggregate(
        part=_.channel.isin(PRIVATE).cast("float64").mean(),
        private_buttons=ibis.ifelse(_.channel.isin(PRIVATE), _.channel, ibis.null(str)).nunique(),
        buttons=_.channel.nunique(),
    )
    shares = shares_seen(dataset).select("share", "at_us", person="sharer")
    met = dataset.collect(
        shares.inner_join(menu, ["person", "at_us"]).aggregate(
            n=_.count(),
            part=_.part.mean(),
            by_buttons=(_.private_buttons / _.buttons).mean(),
        )
    ).iloc[0]
    if not met["n"]:
        return said, 0
    return {
        "null": float(met["part"]),
        "null_from": "opportunities",
        "null_by_buttons": float(met["by_buttons"]),
    }, int(met["n"])


def _details(
    dataset: Dataset,
    choices: Choices,
    cells: pd.DataFrame,
    people: pd.DataFrame,
    found: Share,
) -> dict[str, Any]:
    n = int(cells["n"].sum())
    once = int((people["private"] > 0).sum())
    low, high = wilson(once, len(people), level=choices.level)
    odds = found.estimate / (1 - found.estimate) if found.estimate < 1 else None
    return {
        "share_of_sharers": once / len(people),
        "share_of_sharers_interval": [low, high],
        "share_of_sharers_by_coin_flips": float((1 - 0.5 ** people["n"]).mean()),
        "contains_essay_number": bool(found.low <= ESSAY <= found.high),
        "essay_number": ESSAY,
        "by_channel": {c: int(cells[c].sum()) / n for c in (*PRIVATE, "feed")},
        "odds_private_to_feed": odds,
        "uniform_target_null": _uniform_target(dataset),
        "effective_shares": found.effective_n,
        "left_out_shares": _left_out(dataset, n),
    }


def _left_out(dataset: Dataset, counted: int) -> int:
    return int(dataset["shares"].count().to_pyarrow().as_py()) - counted


def _uniform_target(dataset: Dataset) -> float | None:
    """Mean over shares of (F + G) / (F + G + 1): any friend, any group, or the feed at random."""
    if not (dataset.has("friendships") or dataset.has("memberships")):
        return None
    events = shares_seen(dataset).select("at_us", event="share", person="sharer")
    targets = groups_at(dataset, events).union(friends_at(dataset, events))
    total = targets.group_by("event").aggregate(count=_["count"].sum())
    counts = np.sort(dataset.collect(total)["count"].to_numpy(float))  # one order on any machine
    return float(np.mean(counts / (counts + 1))) if counts.size else None


def _robustness(
    choices: Choices, cells: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator
) -> list[dict[str, Any]]:
    two_way = clustered_share(
        cells["private"], cells["sharer"], cells["item"], rows=cells["n"], level=choices.level
    )
    mean = people["private"] / people["n"]
    each = clustered_share(mean, people.index, level=choices.level)
    drawn = cluster_bootstrap(
        people[["private", "n"]], people.index, replicates=choices.replicates, rng=rng
    )
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [choices.alpha / 2, 1 - choices.alpha / 2])
    first = clustered_share(
        cells["private"] > 0, cells["sharer"], level=choices.level
    )  # one row a person and item
    rows = [
        (Text("people and items as clusters", "按人和内容双向聚类"), two_way),
        (Text("every sharer counts once", "每位分享者只算一次"), each),
        (
            Text(
                "a person and item count once, private if ever so",
                "同一人同一内容只算一次，曾私密分享即算私密",
            ),
            first,
        ),
    ]
    listed = [
        {"name": name, "estimate": s.estimate, "ci_low": s.low, "ci_high": s.high}
        for name, s in rows
    ]
    return [
        *listed,
        {
            "name": Text("bootstrap over people", "按人自助法"),
            "estimate": float(people["private"].sum() / people["n"].sum()),
            "ci_low": float(low),
            "ci_high": float(high),
        },
    ]


def _reason(verdict: str, details: Mapping[str, Any], found: Share, null: float) -> Text:
    inside = details["contains_essay_number"]
    words = {
        "supported": Text("more than chance gives", "高于随机水平"),
        "contradicted": Text("less than chance gives", "低于随机水平"),
        "no effect": Text("as chance gives, for practical purposes", "与随机水平实际上相同"),
        "inconclusive": Text(
            "which these data cannot tell from chance", "这些数据无法与随机水平区分"
        ),
    }[verdict]
    menu = details["null_from"] == "opportunities"
    base = Text(
        f"{found.estimate:.0%} of shares go to groups or friends [{found.low:.0%}, "
        f"{found.high:.0%}], {words.en} ({null:.0%}, "
        f"{'the recorded menus' if menu else 'two equal buttons'}); the essay's 85 % is "
        f"{'inside' if inside else 'outside'} the interval. {details['share_of_sharers']:.0%} of "
        "sharers had at least one private share.",
        f"{found.estimate:.0%} 的分享流向群或好友 [{found.low:.0%}, {found.high:.0%}]，{words.zh}"
        f"（{null:.0%}，{'记录的菜单' if menu else '两个等价按钮'}）；文中的 85% "
        f"{'在' if inside else '不在'}区间内。至少有一次私密分享的人占"
        f" {details['share_of_sharers']:.0%}。",
    )
    uniform = details["uniform_target_null"]
    if uniform is None or found.low > uniform:
        return base
    return base + Text(
        f"A sharer who picked any friend, group or the feed at random would reach {uniform:.1%}.",
        f"若在任意好友、群和朋友圈之间随机选择，比例将为 {uniform:.1%}。",
    )


def _figure(
    choices: Choices,
    cells: pd.DataFrame,
    details: Mapping[str, Any],
    found: Share,
    null: float,
) -> dict[str, Any]:
    bars = []
    for channel in ("feed", "friend", "group"):
        one = clustered_share(cells[channel], cells["sharer"], rows=cells["n"], level=choices.level)
        bars.append({"channel": channel, "share": one.estimate, "low": one.low, "high": one.high})
    low, high = details["share_of_sharers_interval"]
    return {
        "channels": bars,
        "private": {"share": found.estimate, "low": found.low, "high": found.high},
        "sharers": {"share": details["share_of_sharers"], "low": low, "high": high},
        "null": null,
        "uniform_target_null": details["uniform_target_null"],
        "essay": ESSAY,
    }


NAMES = {
    "feed": Text("to the feed", "到朋友圈"),
    "friend": Text("to a friend", "到好友"),
    "group": Text("to a group", "到群"),
    "private": Text("private: group or friend", "私密：群或好友"),
    "sharers": Text("sharers with a private share", "有私密分享的人"),
    "null": Text("chance, by the menu", "按菜单的随机水平"),
    "uniform": Text("chance, any target", "任意对象的随机水平"),
    "essay": Text("the essay's 85 %", "文中的 85%"),
    "axis": Text("share of shares (last row: of sharers)", "占分享的比例（末行：占分享者）"),
}


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw where shares go, with intervals, against chance and the essay's number."""
    drawn = axes(ax)
    figure = result.details["figure"]
    rows = [(bar["channel"], bar) for bar in figure["channels"]]
    for y, (name, bar) in enumerate(rows):
        drawn.barh(y, bar["share"], color=GREY if name == "feed" else SKY, height=0.6, zorder=1)
        interval(drawn, y, None, (bar["low"], bar["high"]), colour="black")
    for y, name in ((len(rows), "private"), (len(rows) + 1, "sharers")):
        one = figure[name]
        colour, marker = (BLUE, "o") if name == "private" else (ORANGE, "s")
        interval(drawn, y, one["share"], (one["low"], one["high"]), colour=colour, marker=marker)
    labels = [*(name for name, _bar in rows), "private", "sharers"]
    drawn.set_yticks(range(len(labels)), [NAMES[name].get(lang) for name in labels])
    drawn.axvline(figure["null"], color="black", ls="--", lw=1, label=NAMES["null"].get(lang))
    if figure["uniform_target_null"] is not None:
        drawn.axvline(
            figure["uniform_target_null"],
            color=GREY,
            ls="-.",
            lw=1,
            label=NAMES["uniform"].get(lang),
        )
    drawn.axvline(figure["essay"], color=VERMILLION, ls=":", lw=1.5, label=NAMES["essay"].get(lang))
    drawn.set_xlim(0, 1.01)
    drawn.set_xlabel(NAMES["axis"].get(lang))
    drawn.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=3, frameon=False)
    return drawn
