"""S02: shares to groups and friends are taken up by more people than shares to the feed.

Three different claims hide in the sentence: more takers per *viewer*, per *share*, or in *total*.
Trials of broadcast against personal messages found the first and the last to point in opposite
ways. What is tested is the first, in the same sharer; the others stand beside it. Who saw a share
has to be known for that: without a record of it there are bounds, and they are wide.
"""

from typing import Any

import numpy as np
import pandas as pd
from ibis import _
from scipy import stats

from smallnet.errors import InputError
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, SKY, axes, interval
from smallnet.hypotheses.methods.menu import shares_seen
from smallnet.hypotheses.methods.mixed_poisson import fit_mixed_poisson
from smallnet.hypotheses.methods.paired_rates import paired_ratio
from smallnet.hypotheses.methods.viewers import takers, viewers
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US

__all__ = ["CLAIM", "plot", "test"]

FEWEST_SHARERS, FEWEST_TAKERS = 5, 10
LATE_DAYS = 7  # before the end, in which a viewer may not have decided yet

CLAIM = Claim(
    id="S02",
    title=Text("Private shares are taken up", "私密分享领取更多"),
    claim=Text(
        "A share to a group or a friend is taken up by more people than one to the feed: "
        "「领取书的朋友也比发在朋友圈领取的数量要多很多」.",
        "分享到群或好友，领取的人比发在朋友圈多：「领取书的朋友也比发在朋友圈领取的数量要多很多」。",
    ),
    needs=("shares.channel", "adoptions.via_share", "coverage.feed", "coverage.private"),
    estimand=Text(
        "Takers per viewer who could still take the item (did not have it, a copy was left), of "
        "shares to groups and friends, divided by the same of shares to the feed, same sharer.",
        "群与好友分享中，每位仍可领取的观看者（尚未拥有、且有剩余份数）的领取率，除以同一分享者"
        "朋友圈分享的领取率。",
    ),
    effect=Text("takers per viewer, private ÷ feed", "每位观看者的领取率比，私密 ÷ 朋友圈"),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Rates compared within sharers who used both ways (Mantel-Haenszel with weights that "
        "takers do not move, so that copies running out do not bias it); viewers with copies left "
        "as the risk; sharers are the sample: jackknife, t interval with effective sharers.",
        "在两种渠道都用过的分享者内部比较领取率（Mantel-Haenszel，权重不受领取影响，份数用完不致"
        "偏差）；以有剩余份数的观看者为暴露量；以分享者为样本：刀切法，按有效分享者数作 t 区间。",
    ),
    null_model=Text(
        "A viewer takes the item as often whatever way the share came.",
        "无论分享从何渠道而来，观看者领取的可能性相同。",
    ),
    assumptions=(
        Text(
            "Whether a share is seen does not depend on whether the item will be wanted, in either "
            "way more than in the other.",
            "是否看到分享与是否想要该内容的关系，在两种渠道中相同。",
        ),
    ),
    threats=(
        Text(
            "A sharer picks for a friend or a group what suits them (T1): the ratio is of shares "
            "as people made them, not of a channel set by chance.",
            "分享者会为好友或群挑选合适的内容（T1）：比值描述人们自己的分享，而非随机指定的渠道。",
        ),
        Text(
            "A view of the feed may be a post that was scrolled past (T8): feed viewers are "
            "counted more generously than readers of a private message.",
            "朋友圈的“看到”可能只是划过（T8）：其观看者的统计比私聊读者宽松。",
        ),
    ),
    why_hard=Text(
        "More takers may come from more viewers, from sharers who persuade better, or from copies "
        "that ran out; and per viewer, per share and in total are three different questions.",
        "领取者多，可能因为看到的人多、分享者更有说服力，或份数先用完；而按观看者、按分享次数、按总数"
        "是三个不同的问题。",
    ),
    would_refute=Text(
        "A ratio per viewer of 1 or below in the same sharer.",
        "同一分享者每位观看者的领取率比不高于 1。",
    ),
    would_settle=Text(
        "A share sheet whose default way is drawn by chance, with a record of who saw what.",
        "随机设定分享面板的默认渠道，并记录谁看到了什么。",
    ),
)

_NO_VIEWERS = Text(
    "Not testable: the data tell neither who saw a share (exposures) nor how many could "
    "(shares.audience), so that there is nothing to divide the takers by.",
    "无法检验：数据既没有谁看到分享（exposures），也没有可见人数（shares.audience），领取者没有分母。",
)
_ONE_WAY = Text(
    "Not testable: no sharer used both the feed and a group or friend, so that there is nobody to "
    "compare with themselves.",
    "无法检验：没有分享者同时用过朋友圈和群或好友，无法与其自身比较。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare takers per viewer of private shares and of shares to the feed, in the same sharer.

    Parameters
    ----------
    dataset : Dataset
        Needs shares in both ways and which share an adoption came through. With ``exposures`` the
        ratio is estimated; with ``shares.audience`` alone it is bounded.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the ratio per viewer, per share, per person who could see, and in total, side
        by side; friends and groups apart; counts by channel.

    Raises
    ------
    NotTestableError
        If a channel or what adoptions came through was not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    seen = dataset.has("exposures")
    if not seen and not dataset.has("shares.audience"):
        return not_testable(CLAIM, choices, _NO_VIEWERS)
    shares = _shares(dataset)
    both = shares.groupby("sharer")["private"].transform("nunique") == 2
    details: dict[str, Any] = {"by_channel": _by_channel(shares), "viewers_from": "exposures"}
    n = {
        "people": int(shares.loc[both, "sharer"].nunique()),
        "groups": int(shares["group"].nunique()),
        "rows": int(both.sum()),
        "events": int(shares.loc[both, "took"].sum()),
    }
    if not both.any():
        return not_testable(CLAIM, choices, _ONE_WAY, n=n, details=details)
    told = shares[both]
    details["readings"] = readings = _readings(told, choices, seen=seen)
    details["figure"] = {"readings": readings, "by_channel": details["by_channel"]}
    if not seen:
        return _bounded(choices, told, n, details)
    main = readings[0]
    if main["estimate"] is None:
        return _too_little(choices, n, details)
    estimate, low, high = (main[key] for key in ("estimate", "ci_low", "ci_high"))
    verdict = settle(CLAIM, choices, estimate, low, high)
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=_reason(readings, n),
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=main["p_value"],
        n=n,
        robustness=_robustness(dataset, told, choices),
        details=details,
    )


def _shares(dataset: Dataset) -> pd.DataFrame:
    """One row a share: who could see it, who saw it, who of those could take, who took."""
    shares = shares_seen(dataset).left_join(dataset["shares"].select("share", "audience"), "share")
    taken = takers(dataset).group_by("share").aggregate(takers=_.count())
    rows = shares.drop("share_right").left_join(taken, "share").drop("share_right")
    if dataset.has("exposures"):
        seen = (
            viewers(dataset)
            .group_by("share")
            .aggregate(
                viewers=_.count(),
                could=_.could.sum(),
                took=(_.took & _.could).sum(),
                unrecorded=(~_.recorded).sum(),
            )
        )
        rows = rows.left_join(seen, "share").drop("share_right")
    found = dataset.collect(rows.order_by("share"))
    if not dataset.has("exposures"):
        found["viewers"] = found["could"] = np.nan
        found["took"], found["unrecorded"] = found["takers"], 0
    else:
        for name in ("viewers", "could", "took", "unrecorded"):
            found[name] = found[name].fillna(0).astype(int)
    found["took"] = found["took"].fillna(0).astype(int)
    found["audience"] = found["audience"].astype(float)
    return found.assign(private=found["channel"].ne("feed").astype(float))


def _by_channel(shares: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Count by channel: shares, who could see, who saw, who could take, who took."""
    names = ["audience", "viewers", "could", "took", "unrecorded"]
    totals = shares.groupby("channel")[names].sum(min_count=1)
    totals.insert(0, "shares", shares.groupby("channel").size())
    return {
        str(channel): {str(k): None if np.isnan(v) else float(v) for k, v in row.items()}
        for channel, row in totals.iterrows()
    }


def _readings(told: pd.DataFrame, choices: Choices, *, seen: bool) -> list[dict[str, Any]]:
    """Give the readings of the claim, side by side, all in the same sharers."""
    one = pd.Series(1.0, told.index)
    rows = []
    if seen:
        rows.append((Text("per viewer who could take", "每位可领取的观看者"), told["could"]))
        rows.append(
            (Text("per viewer, copies left or not", "每位观看者，不论是否有余"), told["viewers"])
        )
    rows.append((Text("per share", "每次分享"), one))
    if told["audience"].notna().all():
        rows.append((Text("per person who could see", "每位可见者"), told["audience"]))
    found = [_compare(name, told, risk, choices) for name, risk in rows]
    totals = told.groupby(["sharer", "private"])[["took"]].sum().reset_index()
    in_total = _compare(
        Text("in total", "总数"), totals, pd.Series(1.0, totals.index), choices, weigh_by=None
    )
    return [*found, in_total]


def _compare(
    name: Text,
    told: pd.DataFrame,
    risk: "pd.Series[float]",
    choices: Choices,
    *,
    weigh_by: str | None = "viewers",
    strata: tuple[str, ...] = ("sharer",),
) -> dict[str, Any]:
    """Compare takers over ``risk``, private against feed, in the same sharers."""
    base = risk if weigh_by is None or told[weigh_by].isna().any() else told[weigh_by]
    found = paired_ratio(
        told["took"],
        risk.astype(float),
        told["private"] > 0,
        told.groupby(list(strata)).ngroup(),
        weigh_by=base.astype(float),
        level=choices.level,
    )
    enough = found.strata >= FEWEST_SHARERS and found.events >= FEWEST_TAKERS
    if not enough or not np.isfinite(found.p_value):
        return _entry(name, None)
    return _entry(name, (found.ratio, found.low, found.high, found.p_value))


def _entry(name: Text, numbers: tuple[float, float, float, float] | None) -> dict[str, Any]:
    keys = ("estimate", "ci_low", "ci_high", "p_value")
    values = numbers or (None,) * 4
    return {"name": name.en, "name_zh": name.zh} | dict(zip(keys, values, strict=True))


def _items_held(name: Text, told: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Fit the ratio within sharers with an effect of each item (Poisson, items random)."""
    rows = told[told["could"] > 0]
    rows = rows[rows.groupby("sharer")["private"].transform("nunique") == 2]
    sides = rows.groupby("private")["took"].sum()
    item = pd.factorize(rows["item"], sort=True)[0]
    if len(sides) < 2 or not (sides > 0).all() or item.max() < 1:
        return _entry(name, None)
    sharer = pd.factorize(rows["sharer"])[0]
    try:
        model = fit_mixed_poisson(
            rows["took"], rows["could"], sharer, item, rows["private"], cluster=sharer, variance=0.1
        )
    except InputError:
        return _entry(name, None)
    if not model.converged or model.cov_clustered is None:
        return _entry(name, None)
    beta = float(model.beta[0])
    error = float(np.sqrt(max(model.cov[0, 0], model.cov_clustered[0, 0])))
    freedom = max(model.effective_clusters - 1, 1.0)
    half = float(stats.t.ppf((1 + choices.level) / 2, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(beta) / error, freedom))
    ratio, low, high = (float(v) for v in np.exp([beta, beta - half, beta + half]))
    return _entry(name, (ratio, low, high, p_value))


def _too_little(choices: Choices, n: dict[str, int], details: dict[str, Any]) -> Result:
    return result_of(
        CLAIM,
        choices,
        verdict="inconclusive",
        reason=Text(
            f"{n['people']} sharers used both ways and {n['events']} people took something through "
            "them: too little, or on one side only, to compare.",
            f"两种渠道都用过的分享者有 {n['people']} 位，经其领取 {n['events']} 次："
            "太少，或只在一侧，不足以比较。",
        ),
        n=n,
        details=details,
    )


def _bounded(
    choices: Choices, told: pd.DataFrame, n: dict[str, int], details: dict[str, Any]
) -> Result:
    """Bound the ratio: whoever took has seen, and nobody has seen who could not."""
    details["viewers_from"] = "shares.audience"
    readings = {row["name"]: row for row in details["readings"]}
    main = readings.get("per person who could see")
    if main is None or main["estimate"] is None:
        return _too_little(choices, n, details)
    sums = told.groupby("private")[["took", "audience"]].sum()
    took_part = (sums["took"] / sums["audience"]).clip(upper=1.0)
    low = float(main["ci_low"] * took_part[0.0])
    high = float(main["ci_high"] / took_part[1.0])
    details |= {
        "bounds": [
            float(main["estimate"] * took_part[0.0]),
            float(main["estimate"] / took_part[1.0]),
        ],
        "upper_bound_if_private_is_seen_by_no_smaller_part": main["ci_high"],
    }
    middle = float(np.sqrt(low * high))  # only the bounds decide
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, middle, low, high),
        reason=Text(
            "Who saw a share was not recorded. Whoever took has seen it and nobody else need have, "
            f"so that the ratio per viewer lies between {low:.2g} and {high:.2g}; per person who "
            f"could see it is {main['estimate']:.2f} "
            f"[{main['ci_low']:.2f}, {main['ci_high']:.2f}].",
            "没有记录谁看到了分享。领取者必已看到，其他人未必，因此每位观看者的领取率比在 "
            f"{low:.2g} 与 {high:.2g} 之间；按可见人数计为 {main['estimate']:.2f} "
            f"[{main['ci_low']:.2f}, {main['ci_high']:.2f}]。",
        ),
        ci_low=low,
        ci_high=high,
        n=n,
        details=details,
    )


def _robustness(dataset: Dataset, told: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    until = dataset.observed_until_us - LATE_DAYS * DAY_US
    early = told[told["at_us"] < until]
    item = Text("same sharer and same item", "同一分享者同一内容")
    held = Text("same sharer, items held fixed (Poisson)", "同一分享者，控制内容（泊松回归）")
    late = Text(f"without the last {LATE_DAYS} days of watching", f"不计观察期最后 {LATE_DAYS} 天")
    entries = [
        _compare(item, told, told["could"], choices, strata=("sharer", "item")),
        _items_held(held, told, choices),
        *(
            _compare(name, one, one["could"], choices)
            for kind, name in (
                ("friend", Text("to a friend ÷ feed", "好友 ÷ 朋友圈")),
                ("group", Text("to a group ÷ feed", "群 ÷ 朋友圈")),
            )
            for one in [told[told["channel"].isin((kind, "feed"))]]
        ),
        _compare(late, early, early["could"], choices),
        _pooled(told),
    ]
    return [
        {"name": Text(e["name"], e["name_zh"])}
        | {key: e[key] for key in ("estimate", "ci_low", "ci_high")}
        for e in entries
    ]


def _pooled(told: pd.DataFrame) -> dict[str, Any]:
    name = Text(
        "sharers thrown together (biased: for comparison)", "不区分分享者（有偏，仅供对照）"
    )
    sums = told.groupby("private")[["took", "could"]].sum()
    rate = sums["took"] / sums["could"].where(sums["could"] > 0)
    ratio = float(rate.get(1.0, np.nan) / rate.get(0.0, np.nan))
    return _entry(name, None) | {"estimate": ratio if np.isfinite(ratio) else None}


def _reason(readings: list[dict[str, Any]], n: dict[str, int]) -> Text:
    main = readings[0]
    told = {row["name"]: row["estimate"] for row in readings if row["estimate"] is not None}
    text = Text(
        f"In the same sharer, a viewer of a private share took the item {main['estimate']:.2f} "
        f"times as often as one of the feed [{main['ci_low']:.2f}, {main['ci_high']:.2f}] "
        f"({n['events']} takers of {n['people']} sharers).",
        f"同一分享者的私密分享，每位观看者领取的可能性是朋友圈的 {main['estimate']:.2f} 倍 "
        f"[{main['ci_low']:.2f}, {main['ci_high']:.2f}]（{n['people']} 位分享者，"
        f"{n['events']} 次领取）。",
    )
    if "per share" in told and "in total" in told:
        text += Text(
            f"Per share the ratio is {told['per share']:.2f}, in total {told['in total']:.2f}.",
            f"按分享次数计为 {told['per share']:.2f}，按总数计为 {told['in total']:.2f}。",
        )
    return text


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw the ratio private ÷ feed under each reading of the claim."""
    drawn = axes(ax)
    readings = [r for r in result.details["figure"]["readings"] if r["estimate"] is not None]
    chinese = lang == "zh"
    for y, row in enumerate(reversed(readings)):
        first = row is readings[0] and result.estimate is not None
        interval(
            drawn,
            y,
            row["estimate"],
            (row["ci_low"], row["ci_high"]),
            colour=BLUE if first else SKY,
            marker="o" if first else "s",
        )
    labels = [row["name_zh" if chinese else "name"] for row in reversed(readings)]
    if result.estimate is None and result.ci_low is not None:
        interval(drawn, len(readings), None, (result.ci_low, result.ci_high), colour=ORANGE)
        labels.append("每位观看者：界限" if chinese else "per viewer: bounds")
    drawn.set_yticks(range(len(labels)), labels)
    drawn.set_ylim(-0.6, max(len(labels), 1) - 0.4)
    drawn.axvline(1.0, color=GREY, ls="--", lw=1, label="相同" if chinese else "the same")
    drawn.set_xscale("log")
    for axis in (drawn.xaxis.set_major_formatter, drawn.xaxis.set_minor_formatter):
        axis("{x:g}")
    drawn.set_xlabel("领取者之比，私密 ÷ 朋友圈" if chinese else "takers, private ÷ feed (ratio)")
    drawn.legend(loc="lower left", bbox_to_anchor=(0, 1.01), frameon=False)
    return drawn
