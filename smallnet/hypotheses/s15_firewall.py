"""S15: relationship chains are a firewall.

If ties mostly stay inside groups, what is passed from friend to friend hardly gets out. But ties
lie inside groups by chance too: who has many ties and sits in large groups shares a group with
many of them. What counts is how much more often than chance.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from smallnet.errors import NotTestableError
from smallnet.hypotheses.methods.drawing import BLUE, GREEN, GREY, ORANGE, axes, interval
from smallnet.hypotheses.methods.tie_layers import LAYERS, Layer, Roster, read_layer, read_roster
from smallnet.hypotheses.methods.walls import (
    ANY_TIME,
    Walls,
    pair_shares,
    shared_groups,
    shuffled_share,
    wall_odds_ratio,
)
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import posters_only

__all__ = ["CLAIM", "plot", "test"]

DRAWS, FEWER_DRAWS = 399, 99  # of the null at most; for re-estimates
SHUFFLES = 99
EDGE = 1e-4  # of the axis of shares
NEARLY_ALL = 0.9  # of pairs in a common group by chance: then a wall means little, and it is said
MEMBERSHIPS_DEALT = 3_000_000  # in all shuffles; beyond it there are fewer

CLAIM = Claim(
    id="S15",
    title=Text("Ties stay inside groups", "关系链是一道防火墙"),
    claim=Text(
        "Relationship chains are a firewall: ties stay inside groups: "
        "「关系链就是一道天然的防火墙」.",
        "关系链是防火墙，联系留在群内：「关系链就是一道天然的防火墙」。",
    ),
    needs=("memberships",),
    estimand=Text(
        "Odds that a tie which could go either way (friendship, private message, reshared link, "
        "quote) joins two people who share a group at that moment, over the same odds when ties "
        "are rewired with everybody's number of ties kept.",
        "可内可外的联系（好友、私聊、转发、引用）连接当时同群两人的几率，"
        "与保持每人联系数重连后的几率之比。",
    ),
    effect=Text("odds ratio of a tie staying inside a group", "联系留在群内的比值比"),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Observed odds over the mean odds of rewired ties. The interval takes ties that share a "
        "person as alike (dyadic variance), counts that a person with more ties moves the null "
        "too, and adds how unlike groups are; Student's t.",
        "观察几率除以重连网络的平均几率。方差考虑共用一人的联系相关（二元聚类）、联系多的人也影响"
        "零模型，并加上群之间的差异；用 t 分布。",
    ),
    null_model=Text(
        "Ties rewired: everybody keeps the number of ties (in each stretch of time), memberships "
        "stay as they are.",
        "重连联系：每人（在每个时段内）的联系数不变，群成员关系不变。",
    ),
    assumptions=(
        Text(
            "Ties across groups had the same chance to be recorded as ties inside.",
            "跨群联系与群内联系被记录的机会相同。",
        ),
        Text(
            "Given what groups they share and how sociable they are, pairs tie independently.",
            "给定共同的群和各自的社交程度，各对之间相互独立。",
        ),
    ),
    threats=(
        Text(
            "Friends bring friends into groups: the tie may be older than the shared group.",
            "朋友会拉朋友入群：关系可能先于共同的群。",
        ),
        Text(
            "Groups gather people who are alike (T1): no tie across is not yet a wall, and no "
            "exposure is not the same as no transmission.",
            "群聚集相似的人（T1）：没有跨群联系不等于墙；没有接触不等于没有传播。",
        ),
        Text(
            "This is about who is tied to whom; how far anything spreads depends on how it "
            "spreads: for simple contagion few ties across are enough.",
            "这里只说谁与谁相连；能传多远取决于传播方式：简单传染只需少量跨群联系。",
        ),
    ),
    why_hard=Text(
        "Large groups and people in many groups put ties inside by arithmetic.",
        "大群和身在多群的人，在算术上就会使联系落在群内。",
    ),
    would_refute=Text(
        "An odds ratio whose interval reaches 1 or lies below.", "比值比的区间包含或低于 1。"
    ),
    would_settle=Text(
        "Friend lists with dates and full memberships; best an experiment on seeding.",
        "带日期的好友名单和完整的群成员；最好是播种实验。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Estimate how much more often than chance ties stay inside groups."""
    dataset.require(*CLAIM.needs)
    if dataset.study.coverage.get("cross_group_ties") is False:
        raise NotTestableError(["coverage.cross_group_ties"])
    roster = read_roster(dataset)
    layers = [read_layer(dataset, name, roster) for name in LAYERS]
    layers = [layer for layer in layers if layer.enough]
    if not layers:
        raise NotTestableError(
            ["friendships", "interactions.recipient", "shares.parent", "ties (quote)"]
        )
    rng_main, rng_others, rng_shuffle = rng.spawn(3)
    main = layers[0]
    found = _walls(roster, main, choices, rng_main, DRAWS)
    shuffled = _shuffled(roster, main, rng_shuffle)
    details = _details(dataset, roster, main, found, shuffled)
    details["contact_time_inside"] = _contact_time(dataset, roster)
    others = [
        (layer, _walls(roster, layer, choices, rng_others, FEWER_DRAWS)) for layer in layers[1:]
    ]
    details["layers"] = {
        layer.name: {
            "odds_ratio": walls.odds_ratio,
            "interval": [walls.low, walls.high],
            "share_inside": walls.share,
            "null_share_inside": walls.null_share,
            "ties": walls.ties,
        }
        for layer, walls in [(main, found), *others]
    }
    details["figure"] = _figure(main, found, details)
    n = {
        "people": int(np.unique(main.ends).size),
        "groups": len(roster.groups),
        "rows": found.ties,
        "events": found.inside,
    }
    trouble = _trouble(dataset, found)
    if trouble is not None:
        return not_testable(CLAIM, choices, trouble, n=n, details=details)
    verdict = settle(CLAIM, choices, found.odds_ratio, found.low, found.high)
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(verdict, main, found),
        threats=_posters(dataset),
        estimate=found.odds_ratio,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n=n,
        robustness=[
            *_robustness(roster, main, found, details, choices, rng_others),
            *({"name": LAYERS[layer.name][0]} | _entry(walls) for layer, walls in others),
        ],
        details=details,
    )


def _walls(
    roster: Roster, layer: Layer, choices: Choices, rng: np.random.Generator, draws: int
) -> Walls:
    return wall_odds_ratio(
        roster.stays,
        layer.ends,
        layer.moment,
        draws=min(draws, choices.replicates),
        level=choices.level,
        rng=rng,
    )


def _shuffled(roster: Roster, layer: Layer, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    dealt = max(roster.stays.group.size, 1)
    draws = int(np.clip(MEMBERSHIPS_DEALT // dealt, 9, SHUFFLES))
    return shuffled_share(roster.stays, layer.ends, draws=draws, rng=rng)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else float("inf")


def _details(
    dataset: Dataset,
    roster: Roster,
    layer: Layer,
    found: Walls,
    shuffled: tuple[float, np.ndarray],
) -> dict[str, Any]:
    degree = np.bincount(layer.ends.ravel(), minlength=roster.stays.n_people).astype(float)
    pairs, weighted = pair_shares(roster.stays, degree)
    ever, dealt = shuffled
    mean = float(dealt.mean())
    return {
        "layer": layer.name,
        "share_inside": found.share,
        "null_share_inside": found.null_share,
        "null_share_interval": np.quantile(found.null_draws, [0.025, 0.975]).tolist(),
        "null_draws": len(found.null_draws),
        "p_rewired": found.p_rewired,
        "configuration_null_share": weighted,
        "share_of_pairs_inside": pairs,
        "shuffled_share_inside": mean,
        "shuffled_share_interval": np.quantile(dealt, [0.025, 0.975]).tolist(),
        "ever_share_inside": ever,
        "odds_ratio_shuffled": _odds(ever) / _odds(mean) if 0 < mean < 1 else None,
        "variance_from_groups": found.group_part,
        "degrees_of_freedom": found.freedom,
        "ties_with_a_moment": int((layer.moment != ANY_TIME).sum()),
        "ties_left_out_without_a_group": layer.left_out,
    }


def _contact_time(dataset: Dataset, roster: Roster) -> float | None:
    """Share of contact time between people who are ever in a group together; a description."""
    acts = dataset["interactions"].filter(_.kind == "contact", _.recipient.notnull())
    pairs = dataset.collect(
        acts.mutate(a=ibis.least(_.sender, _.recipient), b=ibis.greatest(_.sender, _.recipient))
        .group_by("a", "b")
        .aggregate(time=_.duration_s.fill_null(1.0).sum())
        .order_by("a", "b")
    )
    if pairs.empty:
        return None
    ends = np.column_stack(
        [roster.people.get_indexer(pd.Index(pairs[end])) for end in ("a", "b")]
    ).astype(np.int64)
    known = (ends >= 0).all(axis=1)
    if not known.any():
        return None
    inside = shared_groups(roster.stays, ends[known], np.full(known.sum(), ANY_TIME)) >= 0
    time = pairs["time"].to_numpy()[known]
    return float(time[inside].sum() / time.sum()) if time.sum() > 0 else None


def _trouble(dataset: Dataset, found: Walls) -> Text | None:
    if not 0 < found.null_share < 1:
        return Text(
            "Not testable: rewired ties are all inside or all outside groups, so that no wall "
            "could show.",
            "无法检验：重连后的联系全部在群内或全部在群外，显不出墙。",
        )
    if found.share == 1 and "cross_group_ties" not in dataset.study.coverage:
        return Text(
            "Not testable: every tie is inside a group, and the source does not say that it could "
            "have recorded others (coverage.cross_group_ties).",
            "无法检验：所有联系都在群内，而来源没有说明能否记录跨群联系"
            "（coverage.cross_group_ties）。",
        )
    return None


def _posters(dataset: Dataset) -> tuple[Text, ...]:
    if not posters_only(dataset):
        return ()
    return (
        Text(
            "Members are people who wrote: who only reads counts as outside.",
            "成员即发过言的人：只看不说的人算在群外。",
        ),
    )


def _entry(walls: Walls) -> dict[str, Any]:
    return interval_fields((walls.odds_ratio, walls.low, walls.high))


def _robustness(
    roster: Roster,
    layer: Layer,
    found: Walls,
    details: Mapping[str, Any],
    choices: Choices,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "name": Text(
                "memberships shuffled instead (curveball; ever in a group together)",
                "改为打乱群成员（curveball；曾经同群即可）",
            ),
            "estimate": details["odds_ratio_shuffled"],
            "ci_low": None,
            "ci_high": None,
        }
    ]
    if (layer.moment != ANY_TIME).any():
        ever = wall_odds_ratio(
            roster.stays,
            layer.ends,
            np.full(len(layer.ends), ANY_TIME),
            draws=min(FEWER_DRAWS, choices.replicates),
            level=choices.level,
            rng=rng,
        )
        name = Text("ever in a group together during the watch", "观察期内曾经同群即可")
        rows.append({"name": name} | _entry(ever))
    if layer.acts.max() > 1:
        inside = shared_groups(roster.stays, layer.ends, layer.moment) >= 0
        share = float(layer.acts[inside].sum() / layer.acts.sum())
        rows.append(
            {
                "name": Text("every act counts, not every pair", "按每次行为而非每对人计"),
                "estimate": _odds(share) / _odds(found.null_share),
                "ci_low": None,
                "ci_high": None,
            }
        )
    return rows


def _reason(verdict: str, layer: Layer, found: Walls) -> Text:
    words = {
        "supported": Text("ties stay inside more than chance", "联系留在群内多于随机"),
        "contradicted": Text("ties cross groups more than chance", "联系跨群多于随机"),
        "no effect": Text(
            "ties stay inside as chance has it, for practical purposes", "与随机实际上相同"
        ),
        "inconclusive": Text("these data cannot tell it from chance", "这些数据无法与随机区分"),
    }[verdict]
    kind = LAYERS[layer.name][0]
    crowded = Text("", "")
    if found.null_share >= NEARLY_ALL:
        crowded = Text(
            " Chance alone puts nearly every pair in a common group here: a large odds ratio "
            "still moves few ties, and a group that holds almost everybody is no wall.",
            "在这里单凭随机，几乎每对人都同群：比值比再大，也只涉及很少的联系；几乎容纳所有人的群并不是墙。",
        )
    return Text(
        f"{found.share:.1%} of pairs with {kind.en} share a group; {found.null_share:.1%} would if "
        f"ties were rewired: odds ratio {_number(found.odds_ratio)} [{_number(found.low)}, "
        f"{_number(found.high)}], {words.en}.{crowded.en}",
        f"有{kind.zh}的两人中 {found.share:.1%} 同群；重连后为 {found.null_share:.1%}：比值比 "
        f"{_number(found.odds_ratio)} [{_number(found.low)}, {_number(found.high)}]，{words.zh}。"
        f"{crowded.zh}",
    )


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "∞"


def _figure(layer: Layer, found: Walls, details: Mapping[str, Any]) -> dict[str, Any]:
    """Give shares inside, as observed (with the odds ratio's interval) and by chance."""
    null = _odds(found.null_share)
    low, high = (
        bound * null / (1 + bound * null) if np.isfinite(bound * null) else 1.0
        for bound in (found.low, found.high)
    )
    return {
        "layer": layer.name,
        "observed": {"share": found.share, "low": low, "high": high},
        "rewired": dict(
            zip(
                ("share", "low", "high"),
                (found.null_share, *details["null_share_interval"]),
                strict=True,
            )
        ),
        "shuffled": dict(
            zip(
                ("share", "low", "high"),
                (details["shuffled_share_inside"], *details["shuffled_share_interval"]),
                strict=True,
            )
        ),
        "pairs": details["share_of_pairs_inside"],
        "contact_time": details["contact_time_inside"],
    }


NAMES = {
    "observed": Text("observed: {kind}", "观察：{kind}"),
    "rewired": Text("ties rewired", "重连联系"),
    "shuffled": Text("memberships shuffled", "打乱群成员"),
    "pairs": Text("all pairs of members", "所有成员对"),
    "contact_time": Text("contact time", "接触时间"),
    "x": Text("share inside a common group (log odds scale)", "同群的比例（对数几率刻度）"),
}
LOOKS = {
    "observed": (BLUE, "o"),
    "rewired": (ORANGE, "s"),
    "shuffled": (GREEN, "^"),
    "pairs": (GREY, "D"),
    "contact_time": ("black", "v"),
}


def _drawable(share: Any) -> Any:
    """Keep a share off 0 and 1, which lie at infinity on this axis."""
    return None if share is None else min(max(share, EDGE), 1 - EDGE)


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw the share of ties inside groups against what chance gives, two ways."""
    drawn = axes(ax)
    figure = result.details["figure"]
    rows = []
    for name in ("contact_time", "pairs", "shuffled", "rewired", "observed"):
        value = figure[name]
        if isinstance(value, Mapping):
            rows.append((name, value["share"], (value["low"], value["high"])))
        elif value is not None:
            rows.append((name, value, (None, None)))
    for y, (name, share, bounds) in enumerate(rows):
        colour, marker = LOOKS[name]
        interval(
            drawn, y, _drawable(share), list(map(_drawable, bounds)), colour=colour, marker=marker
        )
        drawn.annotate(
            f"{share:.1%}",
            (_drawable(share), y),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
        )
    kind = LAYERS[figure["layer"]][0].get(lang)
    drawn.set_yticks(
        range(len(rows)), [NAMES[name].get(lang).format(kind=kind) for name, *_rest in rows]
    )
    drawn.set_ylim(-0.6, len(rows) - 0.2)
    shares = [_drawable(share) for _name, share, _bounds in rows]
    low, high = min(shares) / 1.8, 1 - (1 - max(shares)) / 1.8
    ticks = (
        0.001,
        0.002,
        0.005,
        0.01,
        0.02,
        0.05,
        0.1,
        0.2,
        0.5,
        0.8,
        0.9,
        0.95,
        0.98,
        0.99,
        0.999,
    )
    drawn.set_xscale("logit")
    drawn.set_xlim(low, high)
    shown = [t for t in ticks if low <= t <= high]
    drawn.set_xticks(shown, [f"{t:.1%}" if t < 0.01 or t > 0.99 else f"{t:.0%}" for t in shown])
    drawn.minorticks_off()
    drawn.set_xlabel(NAMES["x"].get(lang))
    return drawn
