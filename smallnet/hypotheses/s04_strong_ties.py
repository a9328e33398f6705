"""S04: strong ties are the default target of a share.

Somebody who is written to every day is also at the top of the list of recent chats, and the top
of a list is tapped without thinking. So strength is compared on the sharer's own menu with the
place in that list held fixed, and only contact *before* the share counts.
"""

from typing import Any

import numpy as np
import pandas as pd
from ibis import _

from smallnet.errors import InputError
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.tie_menu import contacts, target_lines
from smallnet.hypotheses.methods.within import LEANS_WIDE, Within, codes_of
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text

__all__ = ["CLAIM", "plot", "test"]

HISTORY_DAYS = 7.0  # of watching before the first share that counts
FEWEST_SHARERS, FEWEST_SHARES = 5, 20
MOST_OF_CONTACT = 0.7  # of which the top share of partners is told
TOP = (1, 3)  # hits among the strongest so many
BANDS = 5  # of the figure

CLAIM = Claim(
    id="S04",
    title=Text("Sharing goes to strong ties", "分享首选强关系"),
    claim=Text(
        "Sharing to strong ties and small circles is what users do by default: "
        "「分享给强关系好友和小圈子…几乎是用户下意识的动作」.",
        "分享给强关系好友和小圈子是用户的默认选择：「分享给强关系好友和小圈子…几乎是用户下意识的动作」。",
    ),
    needs=("shares.channel", "interactions"),
    estimand=Text(
        "Odds that a target on the sharer's menu of that moment (friends, or own groups) is "
        "chosen, per standard deviation of log(1 + contacts before the share), at the same place "
        "in the order of the last contact.",
        "在分享者当时的菜单（好友或所在群）中，目标被选中的几率随“对数（1＋此前接触次数）”每增加一个"
        "标准差的倍数；最近联系次序相同。",
    ),
    effect=Text(
        "odds ratio of being chosen per SD of prior tie strength",
        "先前关系强度每增加一个标准差的被选几率比",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Conditional logit on the menu of each share (friends for a share to a friend, own groups "
        "for one to a group), with log2 of the place in the order of recent contact as a second "
        "term; errors clustered by sharer and by target (two-way jackknife), Student's t with the "
        "poorer clustering as the sample.",
        "对每次分享的菜单作条件 logit（分享给好友时为好友，分享到群时为所在群），并纳入最近联系"
        "次序的对数；按分享者与目标双向聚类误差（刀切法），以较少的一方作 t 区间。",
    ),
    null_model=Text(
        "Targets are drawn by the order of recent contact alone.",
        "目标只按最近联系的次序抽取。",
    ),
    assumptions=(
        Text(
            "Contact as recorded stands for the strength of a tie; other apps and talk in person "
            "are not seen.",
            "记录到的接触代表关系强度；其他应用与当面交流不可见。",
        ),
        Text(
            "The menu is as recorded, or all friends and all own groups of that moment.",
            "菜单以记录为准，否则为当时的全部好友与所在群。",
        ),
    ),
    threats=(
        LEANS_WIDE,
        Text(
            "Friends who talk much also like the same things (T1): a share may follow taste, not "
            "the tie.",
            "常联系的人兴趣也相近（T1）：分享可能出于口味而非关系。",
        ),
        Text(
            "The list of recent chats puts strong ties first, and its order on the screen is only "
            "approximated by the last contact.",
            "最近聊天列表把强关系排在前面，而屏幕上的次序只能由最近联系近似。",
        ),
        Text(
            "Whether a choice is made without thinking cannot be seen in logs: that would need the "
            "time it took.",
            "是否“下意识”无法从日志看出：那需要反应时间。",
        ),
    ),
    why_hard=Text(
        "A tie is strong because of frequent contact, frequent contact puts it on top of the list, "
        "and the share itself adds to it: without menu, order and time all three look alike.",
        "关系强是因为接触多，接触多就排在列表前面，分享本身又增加接触：没有菜单、次序和时间，三者难分。",
    ),
    would_refute=Text(
        "An odds ratio of about 1 once the place in the list of recent chats is held fixed.",
        "控制最近聊天列表的次序后，几率比约为 1。",
    ),
    would_settle=Text(
        "Share sheets whose order of targets is drawn by chance.",
        "随机排列目标次序的分享面板。",
    ),
)

_NO_MENU = Text(
    "Not testable: no private share has its target and another one on a menu with contact that "
    f"was watched for {HISTORY_DAYS:g} days before.",
    f"无法检验：没有任何私密分享的目标与其他选项同在菜单上，且此前观察满 {HISTORY_DAYS:g} 天。",
)
_NO_PRIVATE = Text(
    "Private messages could not be recorded: shares to friends are left out.",
    "私聊无法被记录：分享给好友的不计入。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate the contact before a share to which target on the menu was chosen.

    Parameters
    ----------
    dataset : Dataset
        Needs shares and interactions; menus from ``opportunities``, else from friendships and
        memberships.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: friends and groups apart, the ratio per halving of the place in the order of
        recent contact, how often the strongest (or one of the three strongest) was chosen, which
        part of a person's partners makes 70 % of their contact.
    """
    del rng
    dataset.require(*CLAIM.needs)
    lines, source = target_lines(dataset, history_days=HISTORY_DAYS)
    threats = []
    if not dataset.covers("private"):
        lines = lines[lines["channel"] != "friend"]
        threats.append(_NO_PRIVATE)
    if lines.empty:
        return not_testable(CLAIM, choices, _NO_MENU, threats=threats)
    lines = _standardised(lines)
    n = {
        "people": int(lines["sharer"].nunique()),
        "groups": int(lines.loc[lines["channel"] == "group", "target"].nunique()),
        "rows": len(lines),
        "events": int(lines["chosen"].sum()),
    }
    details = _details(dataset, lines, source)
    model = _try(lines)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{n['events']} shares of {n['people']} sharers from menus on which contact "
                "differs are too few to compare targets.",
                f"{n['people']} 位分享者的 {n['events']} 次分享，菜单上接触有差异的太少，"
                "不足以比较。",
            ),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level)
    recency = model.ratio(1, choices.level)
    details |= {
        "per_halving_of_place": interval_fields(recency),
        "effective_clusters": float(model.effective_clusters[0]),
        "by_channel": {
            kind: _entry(kind, lines[lines["channel"] == kind], choices)
            for kind in ("friend", "group")
        },
    }
    details["figure"]["ratio"] = estimate
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason((estimate, low, high), recency[0], n, details),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(lines, choices),
        details=details,
    )


def _standardised(lines: pd.DataFrame) -> pd.DataFrame:
    """Add strength in standard deviations over the lines of the channel, recency, and codes."""
    strength = pd.Series(np.log1p(lines["contacts"].to_numpy(float)), lines.index)
    sd = strength.groupby(lines["channel"]).transform("std", ddof=0)
    theirs = lines["contacts"] - lines["mine"]
    lesser = lines["mine"].where(lines["mine"] < theirs, theirs)
    given = pd.Series(np.log1p(lesser.to_numpy(float)), lines.index)
    given_sd = given.groupby(lines["channel"]).transform("std", ddof=0)
    return lines.assign(
        strength=(strength / sd.where(sd > 0)).fillna(0.0),
        mutual=(given / given_sd.where(given_sd > 0)).fillna(0.0),
        recency=-np.log2(lines["place"].astype(float)),
        who=codes_of(lines["sharer"]),
        whom=codes_of(lines["channel"] + lines["target"]),
    )


def _try(lines: pd.DataFrame, columns: tuple[str, ...] = ("strength", "recency")) -> Within | None:
    """Fit the logit; None where too few choose, or nothing differs."""
    if lines["chosen"].sum() < FEWEST_SHARES or lines["sharer"].nunique() < FEWEST_SHARERS:
        return None
    try:
        return fit_conditional_poisson(
            lines["chosen"],
            np.ones(len(lines)),
            lines[list(columns)],
            lines["share"],
            clusters=[lines["who"], lines["whom"]],
        )
    except InputError:
        return None


def _entry(
    name: Text | str,
    lines: pd.DataFrame,
    choices: Choices,
    columns: tuple[str, ...] = ("strength", "recency"),
) -> dict[str, Any]:
    model = _try(lines, columns)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level)
    )


def _robustness(lines: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    met = lines[lines["contacts"] > 0]
    open_ = met.groupby("share")["chosen"].transform("sum").gt(0)
    open_ &= met.groupby("share")["chosen"].transform("size").gt(1)
    friends = lines[lines["channel"] == "friend"]
    first = lines.sort_values(["at_us", "share"]).drop_duplicates("sharer")["share"]
    return [
        _entry(
            Text(
                "order of recent chats not held fixed (biased: for comparison)",
                "不控制最近聊天次序（有偏，仅供对照）",
            ),
            lines,
            choices,
            ("strength",),
        ),
        _entry(Text("shares to friends only", "只看分享给好友"), friends, choices),
        _entry(
            Text("shares to groups only", "只看分享到群"),
            lines[lines["channel"] == "group"],
            choices,
        ),
        _entry(
            Text("friends, the less active side's messages", "好友，取双方中较少的发信数"),
            friends,
            choices,
            ("mutual", "recency"),
        ),
        _entry(
            Text("only targets contacted before", "只计此前有过接触的目标"), met[open_], choices
        ),
        _entry(
            Text("only the first share of each sharer", "每位分享者只计首次分享"),
            lines[lines["share"].isin(first)],
            choices,
        ),
    ]


def _details(dataset: Dataset, lines: pd.DataFrame, source: str) -> dict[str, Any]:
    by_share = lines.groupby("share")["contacts"]
    size = by_share.transform("size")
    chosen = lines["chosen"]
    stronger = by_share.rank(method="min", ascending=False)[chosen] - 1
    alike = by_share.rank(method="max", ascending=False)[chosen] - stronger
    hits = {  # equals are put in an order by chance
        f"hit_at_{top}": float(((top - stronger) / alike).clip(0, 1).mean()) for top in TOP
    }
    chance = {
        f"hit_at_{top}_by_chance": float((top / size[chosen]).clip(upper=1).mean()) for top in TOP
    }
    return {
        "menus_from": source,
        "targets_on_a_menu": float(size[chosen].mean()),
        "top_share_of_partners": _top_share(dataset),
        "figure": _figure(lines),
    } | hits | chance  # fmt: skip


def _top_share(dataset: Dataset) -> float | None:
    """Which part of a person's partners makes 70 % of their contact: median over people."""
    met = contacts(dataset).filter(_.channel == "friend")
    pairs = dataset.collect(met.group_by("person", "target").aggregate(n=_.count()))
    if pairs.empty:
        return None
    pairs = pairs.sort_values(["person", "n"], ascending=[True, False])
    by_person = pairs.groupby("person")["n"]
    before = by_person.cumsum() - pairs["n"]
    needed = before < MOST_OF_CONTACT * by_person.transform("sum")
    return float(needed.groupby(pairs["person"]).mean().median())


def _figure(lines: pd.DataFrame) -> dict[str, Any]:
    """Chosen over expected by chance, by contact before the share."""
    positive = lines.loc[lines["contacts"] > 0, "contacts"]
    cuts = np.quantile(positive, np.linspace(0, 1, BANDS)[:-1]) if len(positive) else [1.0]
    edges = [0, *(int(edge) for edge in np.unique(np.ceil(cuts)))]
    band = np.searchsorted(edges, lines["contacts"], side="right") - 1
    chance = 1 / lines.groupby("share")["chosen"].transform("size")
    rows = pd.DataFrame(
        {"band": band, "chosen": lines["chosen"], "chance": chance, "z": lines["strength"]}
    )
    told = rows.groupby("band").agg(
        chosen=("chosen", "sum"), chance=("chance", "sum"), z=("z", "mean"), lines=("z", "size")
    )
    high = [*(edge - 1 for edge in edges[1:]), int(lines["contacts"].max())]
    names = [f"{edges[b]}" if high[b] <= edges[b] else f"{edges[b]}–{high[b]}" for b in told.index]
    return {
        "band": names,
        "ratio_to_chance": (told["chosen"] / told["chance"]).tolist(),
        "chosen": told["chosen"].tolist(),
        "expected": told["chance"].tolist(),
        "lines": told["lines"].tolist(),
    }


def _reason(
    ratio: tuple[float, float, float], recency: float, n: dict[str, int], details: dict[str, Any]
) -> Text:
    estimate, low, high = ratio
    return Text(
        f"Per standard deviation of contact before the share a target's odds of being chosen are "
        f"{estimate:.2f} times as high [{low:.2f}, {high:.2f}], at the same place in the order of "
        f"recent contact ({n['events']} shares of {n['people']} sharers); per halving of that "
        f"place they are {recency:.2f} times as high. The strongest target was chosen in "
        f"{details['hit_at_1']:.0%} of shares, by chance it would be "
        f"{details['hit_at_1_by_chance']:.0%}.",
        f"最近联系次序相同时，此前接触每增加一个标准差，被选几率为 {estimate:.2f} 倍 "
        f"[{low:.2f}, {high:.2f}]（{n['people']} 位分享者，{n['events']} 次分享）；次序每提前一半，"
        f"几率为 {recency:.2f} 倍。{details['hit_at_1']:.0%} 的分享选了关系最强的目标，随机则为 "
        f"{details['hit_at_1_by_chance']:.0%}。",
    )


def plot(result: Result, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw how often targets are chosen, over chance, by the contact before."""
    drawn = axes(ax)
    chinese = lang == "zh"
    figure = result.details["figure"]
    place = np.arange(len(figure["band"]))
    ratio = np.asarray(figure["ratio_to_chance"], float)
    chosen, expected = (np.asarray(figure[key], float) for key in ("chosen", "expected"))
    error = np.sqrt(np.maximum(chosen, 1)) / expected
    drawn.errorbar(
        place,
        ratio,
        yerr=np.vstack([np.minimum(error, ratio), error]),
        fmt="o",
        color=BLUE,
        label="观察到的（±1 标准误）" if chinese else "observed (± 1 standard error)",
    )
    drawn.plot(place, ratio, color=BLUE, lw=1, alpha=0.5)
    name = "从菜单随机选择" if chinese else "picks at random from the menu"
    drawn.axhline(1.0, color=GREY, ls="--", lw=1, label=name)
    if result.estimate is not None:
        words = "次序相同时每标准差" if chinese else "per SD, same place in the list"
        drawn.annotate(
            f"× {result.interval_text()} {words}",
            (0.02, 0.92),
            xycoords="axes fraction",
            color=ORANGE,
        )
    pairs = zip(figure["band"], figure["lines"], strict=True)
    drawn.set_xticks(place, [f"{band}\n({count:,})" for band, count in pairs])
    drawn.set_ylim(bottom=0)
    drawn.set_xlabel(
        "分享前的接触次数（括号内为菜单行数）"
        if chinese
        else "contacts before the share (lines of menus in brackets)"
    )
    drawn.set_ylabel("被选次数 ÷ 随机期望" if chinese else "chosen ÷ expected by chance")
    drawn.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
    return drawn
