"""S07: sharing in small groups sets off very large spread.

Famous successes are picked after the fact (T6): the question is what an item put into a small group
reaches on average, for the same money as one that is broadcast. Only trials in which chance decides
between the two can tell. Without them a model on the observed network shows what would follow from
it; that is no evidence.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.moments import MomentRatio, chance_ratio
from smallnet.hypotheses.methods.permutation import permutation_p
from smallnet.hypotheses.methods.reach import Trees, branching_virality, mean_virality, trees_of
from smallnet.hypotheses.methods.seeded import CONTROL_ARMS, seeding_trials
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.measures.trees import tree_shapes
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, sizes_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

HORIZON = 14.0  # days after a seeding in which adoptions count
BROADCAST = ("broadcast", "feed", "public")
FEWEST = 8  # trials of an arm
NULL_DRAWS = 199  # forests of the branching process
MOST_PEOPLE = 20_000  # of the model
MODEL_SHARE, MODEL_MOST, MODEL_RUNS = 0.02, 20, 200  # seeds as a share of people, at most, runs
MODEL_CHANCES = (0.05, 0.1, 0.2)  # of a tie to pass it on

CLAIM = Claim(
    id="S07",
    title=Text("Small groups set off large spread", "小群分享引发巨大传播"),
    claim=Text(
        "Sharing in small groups sets off very large social spread (「引发巨大社交传播结果」).",
        "在小群中分享会引发巨大的社交传播（「引发巨大社交传播结果」）。",
    ),
    needs=("memberships",),
    estimand=Text(
        "People who take an item up within 14 days, through the whole tree below it, per cost, if "
        "it is put into a small group, over those if it is broadcast; chance decides which.",
        "物品投放后14天内经整棵传播树采纳的人数（按成本计）：投放到小群，除以公开广播；由随机决定。",
    ),
    effect=Text(
        "ratio of reach at equal cost, small-group ÷ broadcast seeding",
        "同等成本下的到达之比，小群投放 ÷ 公开广播",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Sum of adopters over sum of costs, small-group over broadcast arm; the interval holds the "
        "ratios that a test which lets trials change arms does not reject. Trees are rebuilt from "
        "whose share each adopter came through; their mean structural virality stands against a "
        "star and a branching process with the observed numbers of takers.",
        "小群组与广播组的采纳者总数除以总成本之比；区间由交换试验组别的置换检验反演得到。"
        "由每位采纳者所经的分享重建传播树；其平均结构病毒性与星形及具有观察到的"
        "传递数分布的分支过程相比。",
    ),
    null_model=Text(
        "A trial reaches as many for its cost in either arm: trials can change arms.",
        "无论哪一组，每次试验的到达与成本之比相同：试验可以互换组别。",
    ),
    assumptions=(
        Text(
            "Trials of different items do not compete for the same people.",
            "不同物品的试验不争夺同一批人。",
        ),
    ),
    threats=(
        Text(
            "Whoever hears of it elsewhere and does not say through whom is in no tree.",
            "从别处得知而未记录来源的人不在任何树中。",
        ),
        Text(
            "A few large trees decide a mean: the largest is told beside it.",
            "少数大树决定均值：同时给出最大的一棵。",
        ),
        Text(
            "Trials that share people are not free of each other (T12).",
            "有共同人员的试验并不彼此独立（T12）。",
        ),
    ),
    why_hard=Text(
        "Large cascades are famous and small ones forgotten, and who shares in small groups has "
        "other things to share: observed cascades cannot say what another start would have done.",
        "大的传播广为人知，小的被遗忘；在小群分享的人分享的也是不同的内容：观察到的传播无法说明"
        "换一种起点会怎样。",
    ),
    would_refute=Text(
        "At equal cost the broadcast reaches as many.",
        "同等成本下，公开广播到达的人数一样多。",
    ),
    would_settle=Text(
        "Items that chance puts into a small group or broadcasts, at a recorded cost, with the "
        "share through which each adopter came.",
        "由随机决定投放小群或公开广播、记录成本、并记录每位采纳者所经分享的物品。",
    ),
)
NO_TRIAL = Text(
    "Not testable: chance decided nowhere between a small group and a broadcast (randomised events "
    "of kind 'seeding' in both arms, with shares and adoptions).",
    "无法检验：没有由随机在小群与公开广播之间选择的投放（两组均有 kind 为 seeding 且 randomised "
    "的事件，并有分享与采纳记录）。",
)
MODEL = Text(
    "What a model on the observed network would give stands in the details; it is an assumption "
    "played out, not evidence.",
    "细节中给出在观察网络上的模型结果；那只是假设的推演，不是证据。",
)
SAME_COST = Text(
    "No cost is recorded: every trial counts as one copy at the same cost.",
    "没有记录成本：每次试验按一份、同等成本计。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare what trials reach for their cost, put into small groups or broadcast.

    Parameters
    ----------
    dataset : Dataset
        Needs randomised events of kind "seeding" in both arms, shares, adoptions.
    choices : Choices
        Level, smallest effect, what is small.
    rng : numpy.random.Generator
        Exchange of arms, branching processes, the model's runs.

    Returns
    -------
    Result
        ``details``: reach by arm, with the largest tree, depth and ``virality`` against a star
        and a branching process; ``model`` where nothing can be tested.

    Raises
    ------
    NotTestableError
        If there are no memberships.
    """
    dataset.require(*CLAIM.needs)
    main_rng, tree_rng, model_rng = rng.spawn(3)
    trials = _trials(dataset, choices)
    arms = trials["arm"].value_counts() if len(trials) else pd.Series(dtype=int)
    if not {"small_groups", "broadcast"} <= set(arms.index):
        model = _model(dataset, rng=model_rng)
        why = NO_TRIAL + MODEL if model else NO_TRIAL
        return not_testable(CLAIM, choices, why, details={"model": model} if model else {})
    last = trials["at_us"].to_numpy() + HORIZON * DAY_US
    trees = trees_of(dataset, trials["share"], last)
    trials["reach"] = trees.reach
    either = trials["arm"].isin(["small_groups", "broadcast"]).to_numpy()
    small = (trials["arm"] == "small_groups").to_numpy()
    found = _ratio(trials[either], choices, main_rng)
    details: dict[str, Any] = {
        "arms": {
            str(arm): _arm(trials, trees, (trials["arm"] == arm).to_numpy())
            for arm in sorted(arms.index)
        },
        "virality": _virality(trees, tree_rng),
        "figure": _figure(trials),
    }
    n = {
        "people": None,
        "groups": int(trials.loc[small, "group"].nunique()),
        "rows": int(either.sum()),
        "events": int(trials.loc[either, "reach"].sum()),
    }
    threats = [SAME_COST] if trials["cost_known"].eq(other=False).any() else []
    known = np.isfinite([found.ratio, found.low, found.high]).all()
    if not known or arms["small_groups"] < FEWEST or arms["broadcast"] < FEWEST:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{arms['small_groups']} trials in small groups and {arms['broadcast']} broadcasts "
                f"with {n['events']} adoptions are too few.",
                f"小群试验 {arms['small_groups']} 次、广播 {arms['broadcast']} 次，"
                f"共 {n['events']} 次采纳，太少。",
            ),
            threats=threats,
            n=n,
            details=details,
        )
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, found.ratio, found.low, found.high),
        reason=_reason(found, details),
        threats=threats,
        estimate=found.ratio,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        n=n,
        robustness=_robustness(trials[either], trees, either, choices, main_rng),
        details=details,
    )


def _trials(dataset: Dataset, choices: Choices) -> pd.DataFrame:
    """Trials with a share that were watched long enough, in the arm they were in."""
    missing = [
        name for name in ("events", "shares", "adoptions.via_share") if not dataset.has(name)
    ]
    if missing:
        return pd.DataFrame({"arm": []})
    trials = seeding_trials(dataset)
    told = trials["arm"].fillna("").str.lower()
    last = dataset.observed_until_us - HORIZON * DAY_US
    kept = trials["share"].notna() & ~told.isin(CONTROL_ARMS) & (trials["at_us"] <= last)
    trials = trials[kept].drop_duplicates("share").reset_index(drop=True)
    if trials.empty:
        return trials
    sized = _sizes(dataset, trials)
    broad = trials["arm"].fillna("").str.lower().isin(BROADCAST) | trials["group"].isna()
    small = sized < choices.small_group
    trials["arm"] = np.where(broad, "broadcast", np.where(small, "small_groups", "large_groups"))
    trials["cost_known"] = trials["cost"].notna() & (trials["cost"] > 0)
    if not trials["cost_known"].all():
        trials["cost"] = 1.0
    return trials


def _sizes(dataset: Dataset, trials: pd.DataFrame) -> npt.NDArray[np.float64]:
    import ibis  # late: a table of trials for one join

    frame = trials.loc[trials["group"].notna(), ["share", "group", "at_us"]]
    if frame.empty:
        return np.full(len(trials), np.inf)
    moments = ibis.memtable(frame.reset_index(drop=True))
    rows = dataset.collect(sizes_at(dataset, moments)).set_index("share")["size"]
    return trials["share"].map(rows).fillna(np.inf).to_numpy(float)


def _ratio(
    trials: pd.DataFrame, choices: Choices, rng: np.random.Generator, reach: str = "reach"
) -> MomentRatio:
    return chance_ratio(
        trials[reach],
        trials["cost"],
        trials["arm"] == "small_groups",
        np.arange(len(trials)),
        level=choices.level,
        permutations=2 * choices.replicates + 1,
        rng=rng,
    )


def _arm(trials: pd.DataFrame, trees: Trees, mine: npt.NDArray[np.bool_]) -> dict[str, Any]:
    rows = trials[mine]
    inside = mine[trees.tree]
    takers = trees.takers[inside & (trees.parent >= 0)]
    shapes = tree_shapes(trees.parent)
    return {
        "trials": len(rows),
        "cost": float(rows["cost"].sum()),
        "adopters": int(rows["reach"].sum()),
        "adopters_per_cost": float(rows["reach"].sum() / rows["cost"].sum()),
        "largest_tree": int(rows["reach"].max()),
        "largest_depth": int(shapes.depth[mine].max()),
        "takers_per_adopter": float(takers.mean()) if takers.size else None,
    }


def _virality(trees: Trees, rng: np.random.Generator) -> dict[str, Any]:
    """Mean structural virality of trees of three and more, a star's, and a branching process's."""
    seen = mean_virality(trees.parent)
    takers = trees.takers
    first, later = takers[trees.parent < 0], takers[trees.parent >= 0]
    size = tree_shapes(trees.parent).size
    large = size[size >= 3]
    if not large.size:
        return {"observed": None}
    drawn = branching_virality(first, later, trees.n, draws=NULL_DRAWS, rng=rng)
    drawn = drawn[np.isfinite(drawn)]
    known = drawn.size > NULL_DRAWS // 2
    return {
        "observed": seen,
        "star_of_the_same_size": float((2 * (large - 1) / large).mean()),
        "branching_process": float(drawn.mean()) if known else None,
        "branching_interval": np.quantile(drawn, [0.025, 0.975]).tolist() if known else None,
        "p_branching_process": permutation_p(seen, drawn) if known else None,
        "trees_of_three_and_more": int(large.size),
    }


def _robustness(
    trials: pd.DataFrame,
    trees: Trees,
    either: npt.NDArray[np.bool_],
    choices: Choices,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    takers = trees.takers[: trees.n][either]
    direct = trials.assign(direct=takers)
    top = max(float(trials["reach"].quantile(0.95)), 1.0)
    capped = trials.assign(capped=trials["reach"].clip(upper=top))
    even = trials.assign(cost=1.0)
    rows = (
        (Text("taken up from the first share only", "只计第一次分享带来的采纳"), direct, "direct"),
        (Text("largest trees cut at the 95 % quantile", "最大的树截到95%分位"), capped, "capped"),
        (Text("per trial, whatever it cost", "按每次试验计，不论成本"), even, "reach"),
    )
    return [_entry(name, _ratio(frame, choices, rng, column)) for name, frame, column in rows]


def _entry(name: Text, found: MomentRatio) -> dict[str, Any]:
    return {"name": name} | interval_fields(found.interval)


def _model(dataset: Dataset, *, rng: np.random.Generator) -> dict[str, Any] | None:
    """Ratio of reach in a model: whole small groups against people whom a broadcast would find.

    Independent cascade on the observed friendships, the same number of seed people, those of the
    broadcast drawn at random.
    """
    if not dataset.has("friendships"):
        return None
    from smallnet.simulations.seeding import compare_strategies  # late: compiled kernels
    from smallnet.simulations.spreading import IndependentCascade, Population

    population = Population.from_dataset(dataset)
    if population.n_people > MOST_PEOPLE or population.n_groups < 1:
        return None
    budget = int(np.clip(round(MODEL_SHARE * population.n_people), 3, MODEL_MOST))
    names = ("whole-small-groups", "random")
    rows = {}
    for chance, child in zip(MODEL_CHANCES, rng.spawn(len(MODEL_CHANCES)), strict=True):
        model = IndependentCascade(probability=chance, tie_weights="ignore")
        try:
            judged = compare_strategies(
                population, model, budget, names, rng=child, replicates=MODEL_RUNS
            )
        except InputError:
            return None
        mean = {name: float(judged.final_sizes[name].mean()) for name in names}
        rows[f"{chance:g}"] = mean["whole-small-groups"] / mean["random"]
    return {
        "what": "a model, no evidence",
        "model": "independent cascade on friendships",
        "seed_people": budget,
        "reach_ratio_by_chance_of_a_tie": rows,
    }


def _reason(found: MomentRatio, details: dict[str, Any]) -> Text:
    small, broad = details["arms"]["small_groups"], details["arms"]["broadcast"]
    return Text(
        f"At equal cost an item put into a small group reached {found.ratio:.2f} times as many "
        f"people as one that was broadcast, between {found.low:.2f} and {found.high:.2f} "
        f"({small['trials']} and {broad['trials']} trials; largest trees {small['largest_tree']} "
        f"and {broad['largest_tree']}).",
        f"同等成本下，投放到小群的物品到达人数是公开广播的 {found.ratio:.2f} 倍，区间 "
        f"{found.low:.2f} 至 {found.high:.2f}（试验 {small['trials']} 与 {broad['trials']} 次；"
        f"最大的树 {small['largest_tree']} 与 {broad['largest_tree']} 人）。",
    )


def _figure(trials: pd.DataFrame) -> dict[str, Any]:
    """Share of trials that reach at least so many people, by arm."""
    lines = []
    for arm in ("small_groups", "broadcast"):
        reach = np.sort(trials.loc[trials["arm"] == arm, "reach"].to_numpy(float))
        value, first = np.unique(reach, return_index=True)
        lines.append(
            {
                "arm": arm,
                "reach": value.tolist(),
                "share": (1 - first / max(reach.size, 1)).tolist(),
                "mean": float(reach.mean()) if reach.size else None,
            }
        )
    return {"lines": lines}


WORDS = {
    "x": Text("people who take it up, r", "采纳人数 r"),
    "y": Text("share of trials that reach r or more", "到达至少 r 人的试验比例"),
    "small_groups": Text("put into a small group", "投放到小群"),
    "broadcast": Text("broadcast", "公开广播"),
    "mean": Text("mean", "平均"),
}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw how far the trials of both arms went, and their means."""
    ax = axes(ax)
    looks = {"small_groups": (BLUE, "-", "o"), "broadcast": (ORANGE, "--", "s")}
    most = 1.0
    for line in result.details["figure"]["lines"]:
        colour, style, mark = looks[line["arm"]]
        reach, share = np.asarray(line["reach"], float), np.asarray(line["share"], float)
        if not reach.size:
            continue
        most = max(most, reach.max())
        name, mean = WORDS[line["arm"]].get(lang), WORDS["mean"].get(lang)
        label = f"{name} ({mean} {line['mean']:.1f})"
        ax.plot(reach + 1, share, color=colour, ls=style, marker=mark, ms=4, lw=1.5, label=label)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ticks = [r for r in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000) if r <= 1.5 * most]
    ax.set_xticks([r + 1 for r in ticks], [str(r) for r in ticks])
    shares = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001)
    lowest = min(min(line["share"], default=1) for line in result.details["figure"]["lines"])
    shown = [s for s in shares if s >= lowest / 2]
    ax.set_yticks(shown, [f"{s:g}" for s in shown])
    ax.minorticks_off()
    ax.set_xlabel(WORDS["x"].get(lang))
    ax.set_ylabel(WORDS["y"].get(lang))
    ax.grid(visible=True, color=GREY, alpha=0.15)
    ax.legend(loc="lower left", frameon=False)
    return ax
