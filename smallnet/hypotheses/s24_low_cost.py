"""S24: groups are a cheap way to sell.

Buyers join groups, so that members buy more says nothing of what working a group brings. What
counts are purchases that would not have come otherwise: of groups that chance lets operators work,
over hold-out groups that they leave alone, for all that it costs, staff time counted. Without a
hold-out there are only bounds: nothing of what members buy, or all of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _

from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.lucky_draws import purchases
from smallnet.hypotheses.methods.moments import MomentRatio, chance_difference
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, bots, microseconds, sized_groups, spells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

OUTREACH = ("outreach", "campaign", "promotion")
HOLD_OUT = ("hold-out", "holdout", "control", "none")
OTHER_CHANNELS = ("advert", "ad", "feed", "broadcast", "email", "sms", "coupon")
LENGTH = 14.0  # days of an outreach whose end is not told
FEWEST = 4  # groups of an arm
WEEKS = range(-4, 9)  # of the figure

CLAIM = Claim(
    id="S24",
    title=Text("Groups sell at low cost", "社群低成本高转化"),
    claim=Text(
        "Reaching people through groups costs little and converts well (「低成本、高转化」).",
        "通过社群触达成本低、转化高（「低成本、高转化」）。",
    ),
    needs=("transactions", "memberships"),
    estimand=Text(
        "Purchases of members that come only because their group is worked, per unit of cost, "
        "staff time counted: chance decides which groups are worked and which are held out.",
        "仅因群被运营才发生的成员购买数，除以成本（含人力）；由随机决定运营哪些群、保留哪些群。",
    ),
    effect=Text("incremental purchases per unit of cost", "每单位成本的增量购买数"),
    null=0.0,
    claimed_side="above",
    ratio=False,
    method=Text(
        "Purchases of everybody who was in when the outreach began, while it lasts, set against "
        "how many of their groups are worked, among people in as many groups that began together; "
        "the interval holds the differences that a test which lets groups change arms does not "
        "reject. Times all members of worked groups, over all that working them cost.",
        "以运营开始时在群的每个人在运营期间的购买数，对照其所在群中被运营的个数，"
        "在同时开始且所在试验群数相同的人之间比较；区间由交换群组别的置换检验反演得到。"
        "再乘以运营群的全部成员数，除以全部运营成本。",
    ),
    null_model=Text(
        "Working a group brings no purchase that would not come anyway: groups can change arms.",
        "运营不带来任何本不会发生的购买：各群可以互换组别。",
    ),
    assumptions=(
        Text(
            "A member of several worked groups buys more for each, as members of one do.",
            "身在多个运营群的成员，每个群带来的增量与单群成员相同。",
        ),
    ),
    threats=(
        Text(
            "Members of hold-out groups hear of it from others, which shrinks the difference "
            "(T12).",
            "保留群的成员会从别处得知，从而缩小差异（T12）。",
        ),
        Text(
            "Purchases may only come earlier; what is missing in the weeks after shows in the "
            "figure.",
            "购买可能只是提前；之后几周的减少可见于图中。",
        ),
        Text(
            "Costs are what was written down: founding a group and winning its members are not in "
            "them unless told.",
            "成本以记录为准：建群与获客成本未记录则不在其中。",
        ),
    ),
    why_hard=Text(
        "Who means to buy joins the seller's groups, and every purchase of a member is booked to "
        "the group: what would have come anyway has to be seen in groups that are left alone.",
        "想买的人才会加入卖家的群，成员的每笔购买又都记在群的账上："
        "本来就会发生的购买只能从未运营的群中看出。",
    ),
    would_refute=Text(
        "No more purchases in worked than in hold-out groups, or fewer for the money than the "
        "cheapest other channel brings.",
        "运营群的购买不多于保留群，或每单位成本少于最便宜的其他渠道。",
    ),
    would_settle=Text(
        "Groups that a coin leaves alone, all purchases of members whatever they are booked to, "
        "and all costs; the same for another channel.",
        "由抛硬币保留不运营的群、成员的全部购买（不论记在何处）与全部成本；以及另一渠道的同样数据。",
    ),
)
NO_HOLD_OUT = Text(
    "Not testable: chance left no group alone (randomised events of kind 'outreach' with arms, one "
    "of them 'hold-out'). Who means to buy joins groups, so purchases of members are no effect.",
    "无法检验：没有由随机保留不运营的群（kind 为 outreach、randomised 且含 hold-out 组的事件）。"
    "想买的人才会入群，成员的购买并不是效果。",
)
NO_COST = Text(
    "Not testable: no cost of working the groups is recorded (an attribute 'cost' of the events).",
    "无法检验：没有记录运营成本（事件的 cost 属性）。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare purchases in worked and hold-out groups, and divide what is more by its cost.

    Parameters
    ----------
    dataset : Dataset
        Needs transactions, and randomised events of kind "outreach" with an arm "hold-out" and
        the attribute ``cost``.
    choices : Choices
        Level and smallest effect, purchases per unit of cost.
    rng : numpy.random.Generator
        Exchange of arms.

    Returns
    -------
    Result
        ``details``: purchases a member by arm, cost of one more purchase, more money per cost,
        other channels, and without a hold-out the bounds.

    Raises
    ------
    NotTestableError
        If there are no transactions or memberships.
    """
    dataset.require(*CLAIM.needs)
    events = _events(dataset)
    drawn = events[events["randomised"]]
    members = _members(dataset, drawn)
    arms = drawn.loc[drawn["group"].isin(members["group"]), "arm"].value_counts()
    if not {"worked", "hold-out"} <= set(arms.index):
        bounds = _bounds(dataset, events)
        why = NO_HOLD_OUT if bounds is None else NO_HOLD_OUT + _between(bounds)
        return not_testable(CLAIM, choices, why, details={"bounds": bounds} if bounds else {})
    main_rng, more_rng = rng.spawn(2)
    trial = _trial(dataset, drawn, members)
    groups = trial.groups
    more = _more(trial, "worked", choices, main_rng)
    details: dict[str, Any] = {
        "groups_worked": int(arms["worked"]),
        "groups_held_out": int(arms["hold-out"]),
        "people_in_several_trial_groups": int((trial.people["many"] > 1).sum()),
        "purchases_a_member": _a_member(trial),
        "more_a_member": {"estimate": more.ratio, "ci_low": more.low, "ci_high": more.high},
        "figure": _figure(dataset, drawn, members),
    }
    n = {
        "people": int(trial.people["person"].nunique()),
        "groups": len(groups),
        "rows": len(trial.people),
        "events": int(trial.people["bought"].sum()),
    }
    known = np.isfinite([more.ratio, more.low, more.high]).all()
    if not known or min(arms["worked"], arms["hold-out"]) < FEWEST:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{arms['worked']} worked and {arms['hold-out']} hold-out groups with "
                f"{n['events']} purchases are too few.",
                f"运营群 {arms['worked']} 个、保留群 {arms['hold-out']} 个，共 {n['events']} "
                "笔购买，太少。",
            ),
            n=n,
            details=details,
        )
    factor = _per_cost(groups, "worked")
    if factor is None:
        return not_testable(CLAIM, choices, NO_COST, n=n, details=details)
    estimate, low, high = (value * factor for value in (more.ratio, more.low, more.high))
    details |= {
        "cost_of_one_more_purchase": 1 / estimate if estimate > 0 else None,
        "cost_of_one_more_purchase_interval": [
            1 / high if high > 0 else None,
            1 / low if low > 0 else None,
        ],
        "other_channels": _other_channels(trial, choices, more_rng),
    }
    verdict = settle(CLAIM, choices, estimate, low, high)
    reason = _reason(estimate, low, high, details)
    best = max((row["estimate"] for row in details["other_channels"].values()), default=None)
    if verdict == "supported" and best is not None and best >= low:
        verdict = "inconclusive" if best < high else "contradicted"
        reason += Text(
            f"But another channel brings {best:.3g} for the same cost, so groups are not shown to "
            "be the cheaper one.",
            f"但另一渠道以同样成本带来 {best:.3g} 笔，因此不能说社群更便宜。",
        )
    return result_of(
        CLAIM,
        choices,
        verdict=verdict,
        reason=reason,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=more.p_value,
        n=n,
        robustness=_robustness(trial, factor, choices, more_rng),
        details=details,
    )


def _events(dataset: Dataset) -> pd.DataFrame:
    """Outreach events in groups, with their window in microseconds and their arm."""
    table = dataset["events"].filter(_.group.notnull(), _.kind.lower().isin(OUTREACH))
    table = table.semi_join(sized_groups(dataset), "group")
    more = ["cost"] if "cost" in table.columns else []
    rows = dataset.collect(
        table.select(
            "group",
            "arm",
            "randomised",
            *more,
            start=microseconds(_.starts_at),
            end=microseconds(_.ends_at),
        ).order_by("start", "group")
    ).drop_duplicates("group")
    rows["cost"] = pd.to_numeric(rows["cost"], errors="coerce") if more else np.nan
    rows["randomised"] = rows["randomised"].eq(other=True)
    last = dataset.observed_until_us
    rows["end"] = rows["end"].fillna(rows["start"] + LENGTH * DAY_US).clip(upper=last)
    told = rows["arm"].fillna("").str.lower()
    rows["arm"] = np.where(
        told.isin(HOLD_OUT), "hold-out", np.where(told.isin(OTHER_CHANNELS), told, "worked")
    )
    low = dataset.observed_from_us
    kept = (rows["start"] >= low) & (rows["start"] < last)
    return rows[kept].reset_index(drop=True)


def _members(dataset: Dataset, trial: pd.DataFrame) -> pd.DataFrame:
    """Give who was in which group of the trial when it began."""
    stays = dataset.collect(spells(dataset).select("group", "person", "start_us", "end_us"))
    rows = trial.merge(stays, on="group")
    rows = rows[(rows["start_us"] <= rows["start"]) & (rows["start"] < rows["end_us"])]
    rows = rows.drop_duplicates(["group", "person"])[["group", "person", "start", "end", "arm"]]
    return rows.reset_index(drop=True)


def _purchases(dataset: Dataset) -> pd.DataFrame:
    table = purchases(dataset).anti_join(bots(dataset), "person")
    table = table.select("person", "value", at_us=microseconds(_.at))
    return dataset.collect(table.order_by("at_us", "person"))


@dataclass(frozen=True)
class _Trial:
    """What the members of a trial bought.

    ``groups``: one row a group, ``group, arm, cost, wave, members``. ``people``: one row a person
    and wave, ``wave, person, many`` (groups of the wave that the person was in), ``bought, money,
    buyers, before``. ``pairs``: ``group, row``, who was in which group.
    """

    groups: pd.DataFrame
    people: pd.DataFrame
    pairs: pd.DataFrame


def _trial(dataset: Dataset, events: pd.DataFrame, members: pd.DataFrame) -> _Trial:
    """Count purchases of everybody in the window of each wave, and in as long a time before."""
    groups = events.copy()
    groups["wave"] = groups.groupby(["start", "end"]).ngroup()
    pairs = members.merge(groups[["group", "wave"]], on="group")
    groups["members"] = groups["group"].map(members.groupby("group").size()).fillna(0)
    groups = groups[groups["members"] > 0].reset_index(drop=True)
    people = pairs.groupby(["wave", "person"], as_index=False).agg(
        many=("group", "size"), start=("start", "first"), end=("end", "first")
    )
    people["row"] = np.arange(len(people))
    both = people.merge(_purchases(dataset), on="person")
    inside = (both["at_us"] >= both["start"]) & (both["at_us"] < both["end"])
    length = both["end"] - both["start"]
    before = (both["at_us"] < both["start"]) & (both["at_us"] >= both["start"] - length)
    by = both[inside].groupby("row")
    counts = {
        "bought": by.size(),
        "money": by["value"].sum(),
        "buyers": by.size().clip(upper=1),
        "before": both[before].groupby("row").size(),
    }
    for name, values in counts.items():
        people[name] = people["row"].map(values).astype(float).fillna(0.0)
    people["gain"] = people["bought"] - people["before"]
    early = people["start"] - (people["end"] - people["start"]) < dataset.observed_from_us
    people.loc[early, ["gain", "before"]] = np.nan
    pairs = pairs.merge(people[["wave", "person", "row"]], on=["wave", "person"])
    return _Trial(groups, people, pairs[["group", "row"]])


def _more(
    trial: _Trial,
    arm: str,
    choices: Choices,
    rng: np.random.Generator,
    outcome: str = "bought",
) -> MomentRatio:
    """Estimate how much more a member buys for each group of theirs in an arm.

    Who is in a group of a third arm too is left out.
    """
    ours = trial.groups["arm"].isin([arm, "hold-out"])
    groups = trial.groups[ours].set_index("group")
    pairs = trial.pairs.assign(arm=trial.pairs["group"].map(trial.groups.set_index("group")["arm"]))
    people = trial.people.assign(
        exposed=pairs[pairs["arm"] == arm].groupby("row").size(),
        others=pairs[~pairs["arm"].isin([arm, "hold-out"])].groupby("row").size(),
    )
    people = people[people["others"].isna() & people[outcome].notna()]
    people["exposed"] = people["exposed"].fillna(0.0)
    alike = people.groupby(["wave", "many"])
    centred = pd.DataFrame(
        {name: people[name] - alike[name].transform("mean") for name in (outcome, "exposed")}
    )
    both = pairs[pairs["row"].isin(people["row"]) & pairs["group"].isin(groups.index)]
    sums = centred.loc[both["row"]].groupby(both["group"].to_numpy()).sum()
    sums = sums.reindex(groups.index).fillna(0.0)
    return chance_difference(
        sums[outcome],
        sums["exposed"],
        groups["arm"] == arm,
        groups["wave"],
        level=choices.level,
        permutations=2 * choices.replicates + 1,
        rng=rng,
    )


def _per_cost(groups: pd.DataFrame, arm: str) -> float | None:
    """Members per unit of cost in an arm; None where a cost is unknown."""
    rows = groups[groups["arm"] == arm]
    if rows["cost"].isna().any() or rows["cost"].sum() <= 0:
        return None
    return float(rows["members"].sum() / rows["cost"].sum())


def _other_channels(
    trial: _Trial, choices: Choices, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    told = {}
    for arm in sorted(set(trial.groups["arm"]) - {"worked", "hold-out"}):
        factor = _per_cost(trial.groups, arm)
        found = _more(trial, arm, choices, rng)
        if factor is not None and np.isfinite(found.ratio):
            told[arm] = {
                "estimate": found.ratio * factor,
                "ci_low": found.low * factor,
                "ci_high": found.high * factor,
            }
    return told


def _bounds(dataset: Dataset, events: pd.DataFrame) -> list[float] | None:
    """Purchases per cost without a hold-out: none of those of members, or all of them."""
    worked = events[events["arm"] == "worked"]
    if worked.empty or worked["cost"].isna().any() or worked["cost"].sum() <= 0:
        return None
    inside = _members(dataset, worked).merge(_purchases(dataset), on="person")
    during = (inside["at_us"] >= inside["start"]) & (inside["at_us"] < inside["end"])
    bought = inside[during].drop_duplicates(["person", "at_us", "value"])
    return [0.0, float(len(bought) / worked["cost"].sum())]


def _between(bounds: list[float]) -> Text:
    return Text(
        f"All that can be said: between 0 and {bounds[1]:.3g} purchases per unit of cost came of "
        "it, if it took no purchase away.",
        f"只能说：若未减少任何购买，每单位成本带来的购买在 0 与 {bounds[1]:.3g} 之间。",
    )


def _robustness(
    trial: _Trial, factor: float, choices: Choices, rng: np.random.Generator
) -> list[dict[str, Any]]:
    one = trial.people["many"] == 1
    alone = _Trial(
        trial.groups,
        trial.people[one],
        trial.pairs[trial.pairs["row"].isin(trial.people.loc[one, "row"])],
    )
    names = {
        "buyers": Text("buyers instead of purchases", "改计购买人数"),
        "money": Text(
            "money per unit of cost (1 = it pays for itself)", "每单位成本的金额（1＝收支相抵）"
        ),
        "gain": Text(
            "less what the same people bought in as long a time before",
            "减去同一批人此前同样时长的购买",
        ),
        "before": Text(
            "placebo: as long a time before the start (should be 0)",
            "安慰剂：开始前同样时长（应为0）",
        ),
    }
    rows = [
        _entry(name, _more(trial, "worked", choices, rng, outcome), factor)
        for outcome, name in names.items()
    ]
    single = Text("people in one trial group only", "只看恰在一个试验群的人")
    return [*rows, _entry(single, _more(alone, "worked", choices, rng), factor)]


def _a_member(trial: _Trial) -> dict[str, float]:
    """Purchases of a member in the window, by arm; who is in several groups counts in each."""
    pairs = trial.pairs.merge(trial.groups[["group", "arm"]], on="group")
    pairs["bought"] = trial.people.set_index("row")["bought"].loc[pairs["row"]].to_numpy()
    return {str(arm): float(mean) for arm, mean in pairs.groupby("arm")["bought"].mean().items()}


def _entry(name: Text, found: MomentRatio, factor: float) -> dict[str, Any]:
    if not np.isfinite([found.ratio, found.low, found.high]).all():
        return {"name": name} | interval_fields(None)
    return {"name": name} | interval_fields(
        [found.ratio * factor, found.low * factor, found.high * factor]
    )


def _reason(estimate: float, low: float, high: float, details: dict[str, Any]) -> Text:
    cost = details["cost_of_one_more_purchase"]
    said = Text(
        f"Groups that chance let operators work brought {estimate:.3g} purchases per unit of cost "
        f"that hold-out groups say would not have come, between {low:.3g} and {high:.3g}.",
        f"与随机保留的群相比，被运营的群每单位成本带来 {estimate:.3g} 笔本不会发生的购买，"
        f"区间 {low:.3g} 至 {high:.3g}。",
    )
    if cost is None:
        return said
    return said + Text(f"One more purchase costs {cost:.3g}.", f"每多一笔购买花费 {cost:.3g}。")


def _figure(dataset: Dataset, trial: pd.DataFrame, members: pd.DataFrame) -> dict[str, Any]:
    """Purchases of 100 members a week by arm and week since the start, errors between groups."""
    one = members[members["arm"].isin(["worked", "hold-out"])]
    both = one.merge(_purchases(dataset), on="person")
    both["week"] = np.floor((both["at_us"] - both["start"]) / (7 * DAY_US)).astype(int)
    heads = one.groupby("group").agg(n=("person", "size"), arm=("arm", "first"))
    start = trial.set_index("group")["start"].reindex(heads.index).to_numpy(float)
    lines = []
    for arm in ("worked", "hold-out"):
        mine = (heads["arm"] == arm).to_numpy()
        line: dict[str, Any] = {"arm": arm, "week": [], "rate": [], "low": [], "high": []}
        for week in WEEKS:
            begin = start + week * 7 * DAY_US
            seen = mine & (begin >= dataset.observed_from_us)
            seen &= begin + 7 * DAY_US <= dataset.observed_until_us
            if seen.sum() < 2:
                continue
            many = both.loc[both["week"] == week].groupby("group").size()
            y = np.asarray(many.reindex(heads.index).fillna(0), dtype=np.float64)[seen]
            rate, error = _ratio_mean(y, np.asarray(heads["n"], dtype=np.float64)[seen])
            line["week"].append(week)
            line["rate"].append(100 * rate)
            line["low"].append(100 * max(rate - 1.96 * error, 0.0))
            line["high"].append(100 * (rate + 1.96 * error))
        lines.append(line)
    length = float((trial["end"] - trial["start"]).median() / DAY_US / 7)
    return {"lines": lines, "weeks_of_outreach": length}


def _ratio_mean(y: npt.NDArray[np.float64], n: npt.NDArray[np.float64]) -> tuple[float, float]:
    rate = float(y.sum() / n.sum())
    left = y - rate * n
    return rate, float(np.sqrt((left**2).sum() * y.size / (y.size - 1)) / n.sum())


WORDS = {
    "x": Text("weeks since the outreach began", "运营开始后的周数"),
    "y": Text("purchases of 100 members a week", "每百名成员每周购买数"),
    "worked": Text("worked", "运营的群"),
    "hold-out": Text("hold-out", "保留的群"),
    "span": Text("outreach", "运营期"),
}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw purchases by week in worked and hold-out groups, before, during and after."""
    ax = axes(ax)
    figure = result.details["figure"]
    ax.axvspan(0, figure["weeks_of_outreach"], color=GREY, alpha=0.15, lw=0)
    ax.annotate(
        WORDS["span"].get(lang),
        (figure["weeks_of_outreach"] / 2, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, -4),
        textcoords="offset points",
        ha="center",
        va="top",
        color=GREY,
        fontsize="small",
    )
    looks = {"worked": (BLUE, "o", "-", -0.08), "hold-out": (ORANGE, "s", "--", 0.08)}
    for line in figure["lines"]:
        colour, mark, style, aside = looks[line["arm"]]
        week = np.asarray(line["week"], dtype=float) + 0.5 + aside
        ax.vlines(week, line["low"], line["high"], color=colour, lw=1.2)
        ax.plot(
            week,
            line["rate"],
            color=colour,
            marker=mark,
            ls=style,
            lw=1.5,
            ms=5,
            label=WORDS[line["arm"]].get(lang),
        )
    ax.set_ylim(bottom=0)
    ax.set_xlabel(WORDS["x"].get(lang))
    ax.set_ylabel(WORDS["y"].get(lang))
    ax.legend(loc="upper left", bbox_to_anchor=(0, 1.12), ncols=2, frameon=False)
    return ax
