"""S12: groups that are few, acquainted, trusting and interactive are excellent.

What groups are like in the first part of the watch is used to foretell how they fare in the rest:
who survives, keeps its members, grows, stays loud. The four criteria earn their keep only where
they foretell groups that the model has not seen better than size and age alone do.
"""

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.drawing import BLUE, ORANGE
from smallnet.hypotheses.methods.forest import forest
from smallnet.hypotheses.methods.landmark import friend_pairs
from smallnet.hypotheses.methods.prediction import (
    Gain,
    area,
    cross_validated_gain,
    interval_of,
    p_of,
    score_test,
)
from smallnet.hypotheses.methods.silence import lives
from smallnet.hypotheses.result import Claim, Result, not_testable, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import (
    DAY_US,
    members_at,
    microseconds,
    posters_only,
    sized_groups,
    talk,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

CRITERIA = ("small", "acquainted", "trusting", "interactive")
OUTCOMES: dict[str, Text] = {
    "survival": Text("survival", "存活"),
    "retention": Text("retention", "留存"),
    "growth": Text("growth", "增长"),
    "volume": Text("volume", "消息量"),
    "adoption": Text("adoption", "采纳"),
}
FEWEST_OUTCOMES, FEWEST_GROUPS, FEWEST_OF_A_KIND = 4, 40, 10
FOLDS, REPEATS = 5, 5
BASELINE = ("log_size", "bent_size", "log_age")  # a curve of size, that "small" must beat

CLAIM = Claim(
    id="S12",
    title=Text("Four criteria make an excellent group", "四条标准构成优秀小群"),
    claim=Text(
        "Few members who know one another, trust one another and often interact make an excellent "
        "group (「人数少,成员之间相互认识,人们相互信赖以及成员之互动频繁就构成了一个优秀的小群」).",
        "人数少、相互认识、相互信赖、互动频繁，就构成一个优秀的小群"
        "（「人数少,成员之间相互认识,人们相互信赖以及成员之互动频繁就构成了一个优秀的小群」）。",
    ),
    needs=(
        "interactions.group",
        "interactions.reply_to",
        "memberships",
        "friendships",
        "coverage.joining",
        "coverage.leaving",
    ),
    estimand=Text(
        "Gain in the area under the ROC curve for groups that the model has not seen, when the "
        "four criteria of the first part of the watch are added to size and age, mean over at "
        "least four outcomes of the rest.",
        "在规模与群龄之外加入观察前段的四条标准后，对模型未见过的群，"
        "后段至少四种结果的 ROC 曲线下面积的平均增量。",
    ),
    effect=Text("gain in out-of-sample AUC", "样本外 AUC 的增量"),
    null=0.0,
    claimed_side="above",
    ratio=False,
    method=Text(
        "Half-way to the last moment at which death can be told, groups alive are described by the "
        "time before: fewer than `small_group`, share of pairs that are friends, share of answered "
        "pairs that answered back, messages per member-day. Outcomes after: not fallen silent; "
        "share of members still in, members at the end, messages, adoptions, each above the "
        "median. Baseline: log size as a curve, and log age. Ridge logistic regression, penalty "
        "chosen in an inner cross-validation; repeated outer folds over groups; interval from the "
        "influence of each group on the mean gain, and the p-value of no gain with it. Beside it a "
        "score test, in which the parts of groups are given random signs, of whether the criteria "
        "tell anything at all, however little.",
        "在可判定死亡的时段之半，以此前的时间描述存活的群：是否少于 small_group 人、好友对占比、"
        "回复对中互相回复的占比、人均每日消息。其后的结果：未沉寂；留存成员比例、期末成员数、"
        "消息量、采纳数，各以中位数为界。基线为规模对数（曲线）与群龄对数。岭逻辑回归，惩罚由内层交叉验证选定；"
        "外层按群重复分折；以各群对平均增量的影响得区间与“无增量”的 p 值。"
        "另列得分检验（各群贡献随机变号）：四条标准是否含有任何信息，无论多少。",
    ),
    null_model=Text(
        "At the same size and age, the criteria of a group tell nothing of how it fares; beside it "
        "a score of the four with weights drawn at random.",
        "规模与群龄相同时，四条标准与群的结局无关；另以随机权重的四项综合分作对照。",
    ),
    assumptions=(
        Text(
            "Groups are independent; people in several groups make intervals a little too narrow.",
            "各群独立；同一人属于多群会使区间略窄。",
        ),
        Text(
            "The age of a group that was not dated counts from the beginning of the watch.",
            "无建群日期者，群龄自观察开始算起。",
        ),
    ),
    threats=(
        Text(
            "Interaction is a criterion and nearly an outcome: for volume, the messages of before "
            "are part of the baseline.",
            "互动既是标准又近乎结果：对消息量，基线已含此前的消息数。",
        ),
        Text(
            "The sum of four marks is an index that somebody formed: other weights may foretell as "
            "well, which the random weights show.",
            "四项之和是人为构成的指数：其他权重可能同样有效，随机权重即为对照。",
        ),
        Text(
            "Density of friends falls with size by arithmetic (T5): size is in every baseline.",
            "好友密度在算术上随规模下降（T5）：规模始终在基线之中。",
        ),
        Text(
            "To foretell is not to cause: a criterion may go with what makes groups last.",
            "能预测不等于有因果：标准可能只是与使群长久之物相伴。",
        ),
        Text(
            "Where the criteria tell nothing the interval was 1.6 times as wide as it need be in "
            "simulated worlds: false alarms are rarer than alpha, small gains stay inconclusive.",
            "若四条标准毫无信息，模拟世界中区间偏宽至 1.6 倍：误报少于 alpha，微小增量尚无定论。",
        ),
    ),
    why_hard=Text(
        "A model with more columns always fits better; the criteria hang on size; and outcomes "
        "barely go together, so that no single score can stand for excellence.",
        "列多的模型总是拟合更好；标准又依赖规模；而各种结果之间几乎不相关，没有一个分数能代表“优秀”。",
    ),
    would_refute=Text(
        "No gain out of sample for most outcomes.",
        "对多数结果没有样本外的增量。",
    ),
    would_settle=Text(
        "Many groups of known age, described early and followed over a year, with outcomes named "
        "before looking.",
        "许多群龄已知、早期描述并跟踪一年的群，且结果在查看前已指定。",
    ),
)

_SHORT = Text(
    "The watch is too short: after the description it must hold the time in which groups may die "
    "and the silence that is death.",
    "观察期太短：描述之后须容纳可能死亡的时段与判定死亡的沉默时长。",
)
_POSTERS = Text(
    "Size means people who wrote: who never wrote is not seen to leave.",
    "规模指发过言的人：从未发言者的离开看不到。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare forecasts of how groups fare with and without the four criteria.

    Parameters
    ----------
    dataset : Dataset
        Needs messages and what they answer, memberships with joins and exits, friendships.
    choices : Choices
        Level, smallest effect, the silence that is death, ``small_group``, replicates.
    rng : numpy.random.Generator
        Folds, signs of the score test, random weights.

    Returns
    -------
    Result
        ``details``: rank correlations of the outcomes, AUC with and without the criteria by
        outcome, the sum of the four marks against sums with random weights.

    Raises
    ------
    NotTestableError
        If a criterion or an outcome was not recorded.
    """
    dataset.require(*CLAIM.needs)
    rows = _table(dataset, choices)
    if rows is None:
        return not_testable(CLAIM, choices, _SHORT)
    events = _events(rows)
    n = {
        "people": None,
        "groups": len(rows),
        "rows": len(rows),
        "events": int((~rows["survived"]).sum()),
    }
    details: dict[str, Any] = {"outcome_correlations": _correlations(rows), "outcomes": {}}
    threats = [_POSTERS] if posters_only(dataset) else []
    if len(rows) < FEWEST_GROUPS or len(events) < FEWEST_OUTCOMES:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(len(rows), list(events)),
            threats=threats,
            n=n,
            details=details,
        )
    folds, signs, weights = rng.spawn(3)
    gains = {
        name: cross_validated_gain(
            _base(rows, name), rows[list(CRITERIA)], event, folds=FOLDS, repeats=REPEATS, rng=child
        )
        for (name, event), child in zip(events.items(), folds.spawn(len(events)), strict=True)
    }
    found = _mean(gains, events, choices.level)
    estimate, low, high = found["estimate"], found["ci_low"], found["ci_high"]
    p_value = p_of(_influence(gains), estimate, _fewest(events))
    anything = score_test(
        _base(rows, ""),
        rows[list(CRITERIA)],
        list(events.values()),
        bases=[_base(rows, name) for name in events],
        draws=choices.replicates,
        rng=signs,
    )
    outcomes = {name: _one(gains, events, name, choices.level) for name in events}
    details |= {
        "outcomes": outcomes,
        "outcomes_gained": sum(gain.gain > 0 for gain in gains.values()),
        "p_that_criteria_tell_nothing": anything,
        "auc_baseline": float(np.mean([gain.base for gain in gains.values()])),
        "auc_with_criteria": float(np.mean([gain.full for gain in gains.values()])),
        "composite": _composite(rows, events, choices.replicates, weights),
        "figure": {"outcomes": outcomes, "mean": found},
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high, p_value),
        reason=_reason(details, found),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=p_value,
        n=n,
        robustness=_robustness(rows, gains, events, choices, folds),
        details=details,
    )


def _table(dataset: Dataset, choices: Choices) -> pd.DataFrame | None:
    """Describe the groups alive at the landmark before it, and tell how they fared after."""
    low, high = dataset.observed_from_us, dataset.observed_until_us
    known_until = high - int(choices.dead_after_days * DAY_US)
    at = low + (known_until - low) // 2
    if at <= low:
        return None
    spans = lives(dataset, choices.dead_after_days, closing=True, sized=False)
    born = spans["created_us"].fillna(low)
    spans = spans[(spans["enter_us"] < at) & (spans["leave_us"] > at) & (born < at)]
    inside = members_at(dataset, at).semi_join(sized_groups(dataset), "group")
    rows = spans.merge(dataset.collect(inside.group_by("group").aggregate(size=_.count())))
    for part in (
        _friends(dataset, inside, at),
        _answers(dataset, at),
        _said(dataset, at),
        _stayed(dataset, inside),
        _adopted(dataset, at),
    ):
        rows = rows.merge(dataset.collect(part), "left", on="group")
    counts = ["friend_pairs", "dyads", "mutual", "before", "after", "stayed", "now", "adopted"]
    rows[counts] = rows[counts].fillna(0).astype(float)
    rows = rows[rows["size"] >= 2].sort_values("group", ignore_index=True)
    size = rows["size"].astype(float)
    days = (at - rows["created_us"].fillna(low).clip(lower=low)) / DAY_US
    mutual = rows["mutual"] / rows["dyads"].where(rows["dyads"] > 0)
    return rows.assign(
        log_size=np.log(size),
        bent_size=(np.log(size) - np.log(size).mean()) ** 2,
        log_age=np.log1p((at - rows["created_us"].fillna(low)) / DAY_US),
        log_before=np.log1p(rows["before"]),
        small=(size < choices.small_group).astype(float),
        acquainted=rows["friend_pairs"] / (size * (size - 1) / 2),
        trusting=mutual.fillna(mutual.mean()).fillna(0.0),
        interactive=np.log((rows["before"] + 1) / (size * days.clip(lower=1.0))),
        survived=~rows["died"],
        survival=(~rows["died"]).astype(float),
        retention=rows["stayed"] / size,
        growth=rows["now"] / size,
        volume=rows["after"],
        adoption=rows["adopted"] / size,
    )


def _friends(dataset: Dataset, inside: ir.Table, at: int) -> ir.Table:
    pairs = friend_pairs(dataset).filter(_.person < _.friend)
    pairs = pairs.filter(_.since_us.isnull() | (_.since_us <= at)).select("person", "friend")
    mine = inside.join(pairs, "person").select("group", "friend")
    both = mine.semi_join(inside.rename(friend="person"), ["group", "friend"])
    return both.group_by("group").aggregate(friend_pairs=_.count())


def _answers(dataset: Dataset, at: int) -> ir.Table:
    """Pairs of whom one answered the other in the group before the landmark, and both did."""
    acts = talk(dataset).filter(_.at_us < at)
    asked = acts.select("group", reply_to="interaction", asker="sender")
    ties = (
        acts.filter(_.reply_to.notnull())
        .select("group", "reply_to", "sender")
        .join(asked, ["group", "reply_to"])
        .filter(_.sender != _.asker)
        .select("group", "sender", "asker")
        .distinct()
    )
    dyads = (
        ties.mutate(a=ibis.least(_.sender, _.asker), b=ibis.greatest(_.sender, _.asker))
        .group_by("group", "a", "b")
        .aggregate(ways=_.count())
    )
    return dyads.group_by("group").aggregate(
        dyads=_.count(), mutual=ibis.ifelse(_.ways > 1, 1, 0).sum()
    )


def _said(dataset: Dataset, at: int) -> ir.Table:
    acts = talk(dataset).filter(~_.entry)
    return acts.group_by("group").aggregate(
        before=ibis.ifelse(_.at_us < at, 1, 0).sum(), after=ibis.ifelse(_.at_us >= at, 1, 0).sum()
    )


def _stayed(dataset: Dataset, inside: ir.Table) -> ir.Table:
    now = members_at(dataset, dataset.observed_until_us - 1)
    then = inside.mutate(was_in=ibis.literal(1))
    both = now.left_join(then, ["group", "person"]).select("group", "was_in")
    return both.group_by("group").aggregate(now=_.count(), stayed=_.was_in.count())


def _adopted(dataset: Dataset, at: int) -> ir.Table:
    posted = dataset["shares"].filter(_.group.notnull()).select("group", via_share="share")
    taken = dataset["adoptions"].filter(_.via_share.notnull(), microseconds(_.adopted_at) >= at)
    found = taken.select("via_share").join(posted, "via_share")
    return found.group_by("group").aggregate(adopted=_.count())


def _events(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Outcomes as yes or no, each above its median; those that hardly differ are left out."""
    found = {}
    for name in OUTCOMES:
        values = rows[name].to_numpy(dtype=float)
        event = values > (0.5 if name == "survival" else np.median(values))
        if min(event.sum(), (~event).sum()) >= FEWEST_OF_A_KIND:
            found[name] = event
    return found


def _base(rows: pd.DataFrame, outcome: str) -> np.ndarray:
    names = [*BASELINE, "log_before"] if outcome == "volume" else list(BASELINE)
    return rows[names].to_numpy(dtype=float)


def _correlations(rows: pd.DataFrame) -> dict[str, Any]:
    """Spearman's rank correlations of the outcomes, before anything else is looked at."""
    names = [name for name in OUTCOMES if len(rows) > 1 and rows[name].std() > 0]
    matrix = rows[names].rank().corr().to_numpy()
    apart = matrix[np.triu_indices(len(names), 1)]
    return {
        "names": names,
        "matrix": matrix.tolist(),
        "mean_absolute": float(np.abs(apart).mean()) if apart.size else None,
    }


def _fewest(events: dict[str, np.ndarray]) -> int:
    return int(min(min(event.sum(), (~event).sum()) for event in events.values()))


def _mean(gains: dict[str, Gain], events: dict[str, np.ndarray], level: float) -> dict[str, Any]:
    """Mean gain over outcomes; a group's influences on them go together."""
    estimate = float(np.mean([gain.gain for gain in gains.values()]))
    low, high = interval_of(_influence(gains), estimate, level, _fewest(events))
    return {"estimate": estimate, "ci_low": low, "ci_high": high}


def _influence(gains: dict[str, Gain]) -> np.ndarray:
    return np.mean([gain.influence for gain in gains.values()], axis=0)


def _one(
    gains: dict[str, Gain], events: dict[str, np.ndarray], name: str, level: float
) -> dict[str, Any]:
    gain = gains[name]
    return _mean({name: gain}, {name: events[name]}, level) | {
        "auc_baseline": gain.base,
        "auc_with_criteria": gain.full,
        "events": int(events[name].sum()),
    }


def _composite(
    rows: pd.DataFrame, events: dict[str, np.ndarray], draws: int, rng: np.random.Generator
) -> dict[str, Any]:
    """AUC of the sum of the four marks, held against sums with weights drawn at random."""
    marks = rows[list(CRITERIA)].to_numpy(dtype=float)
    spread = marks.std(axis=0)
    marks = (marks - marks.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weights = np.vstack([np.ones(marks.shape[1]), rng.normal(size=(draws, marks.shape[1]))])

    def mean_area(weight: np.ndarray) -> float:
        return float(np.mean([area(marks @ weight, event)[0] for event in events.values()]))

    areas = np.array([mean_area(weight) for weight in weights])
    return {
        "auc": float(areas[0]),
        "auc_random_median": float(np.median(areas[1:])),
        "auc_random_95": float(np.quantile(areas[1:], 0.95)),
        "share_of_random_above": float((areas[1:] >= areas[0]).mean()),
    }


def _robustness(
    rows: pd.DataFrame,
    gains: dict[str, Gain],
    events: dict[str, np.ndarray],
    choices: Choices,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    entries = []
    without = {name: gain for name, gain in gains.items() if name != "volume"}
    if without and len(without) < len(gains):
        kept = {name: events[name] for name in without}
        name = Text("without volume as an outcome", "不以消息量为结果")
        entries.append({"name": name} | _mean(without, kept, choices.level))
    children = iter(rng.spawn(len(CRITERIA) * len(events)))
    for criterion in CRITERIA:
        others = [name for name in CRITERIA if name != criterion]
        alone = {
            name: cross_validated_gain(
                _base(rows, name), rows[others], event, folds=FOLDS, repeats=2, rng=next(children)
            )
            for name, event in events.items()
        }
        name = Text(f"without the criterion {criterion}", f"去掉标准“{_ZH[criterion]}”")
        entries.append({"name": name} | _mean(alone, events, choices.level))
    return entries


_ZH = dict(zip(CRITERIA, ("人数少", "相互认识", "相互信赖", "互动频繁"), strict=True))


def _too_few(groups: int, outcomes: list[str]) -> Text:
    names = ", ".join(outcomes) or "none"
    names_zh = "、".join(OUTCOMES[name].zh for name in outcomes) or "无"
    return Text(
        f"{groups} groups alive half-way are too few, or outcomes do not differ enough between "
        f"them (usable: {names}; at least {FEWEST_OUTCOMES} are needed).",
        f"中途存活的群仅 {groups} 个，或结果在群间差异不足（可用：{names_zh}；至少需 "
        f"{FEWEST_OUTCOMES} 种）。",
    )


def _reason(details: dict[str, Any], found: dict[str, Any]) -> Text:
    many, gained = len(details["outcomes"]), details["outcomes_gained"]
    base, full = details["auc_baseline"], details["auc_with_criteria"]
    together = details["outcome_correlations"]["mean_absolute"]
    anything = details["p_that_criteria_tell_nothing"]
    return Text(
        f"Over {many} outcomes the criteria move the out-of-sample AUC from {base:.2f} to "
        f"{full:.2f}, by {found['estimate']:+.3f}, between {found['ci_low']:+.3f} and "
        f"{found['ci_high']:+.3f}; it rises for {gained} of them. That the criteria tell "
        f"nothing at all, not even what is too little to foretell by, has p = {anything:.3f}. "
        f"Outcomes correlate by {together:.2f} on average.",
        f"就 {many} 种结果，四条标准使样本外 AUC 由 {base:.2f} 变为 {full:.2f}，增量 "
        f"{found['estimate']:+.3f}，区间 {found['ci_low']:+.3f} 至 {found['ci_high']:+.3f}；其中 "
        f"{gained} 种上升。“四条标准毫无信息”（哪怕信息少到不足以预测）的 p = {anything:.3f}。"
        f"各结果间平均相关 {together:.2f}。",
    )


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the gain in AUC for each outcome and their mean."""
    figure = result.details["figure"]
    rows = [
        (OUTCOMES[name].get(lang), numbers, BLUE, "o")
        for name, numbers in figure["outcomes"].items()
    ]
    rows.append(("平均" if lang == "zh" else "mean", figure["mean"], ORANGE, "D"))
    ax = forest(ax, rows, null=0.0)
    ax.set_xlabel("样本外 AUC 的增量" if lang == "zh" else "gain in out-of-sample AUC")
    return ax
