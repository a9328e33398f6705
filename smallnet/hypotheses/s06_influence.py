"""S06: in small groups people are more easily influenced.

Who shares what where is no accident, and members of a group are alike: only trials in which chance
picks the group that gets an item can tell. Even then the sharers' menus differ, so a group is
compared with the others that the same sharer might have been drawn to. Four ways in which earlier
adopters might work (their number, their share, their separate circles, their links) stand beside.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError
from smallnet.hypotheses.methods.drawing import BLUE, GREY, VERMILLION, axes
from smallnet.hypotheses.methods.landmark import friend_pairs
from smallnet.hypotheses.methods.log_linear import LogLinear, fit_log_linear
from smallnet.hypotheses.methods.seeded import Seeded, components, seeded
from smallnet.hypotheses.result import (
    Claim,
    Result,
    interval_fields,
    not_testable,
    result_of,
    settle,
)
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

FloatArray = npt.NDArray[np.float64]
HORIZON = 7.0  # days after the seeding in which adoptions count
FEWEST_TRIALS, FEWEST_ADOPTIONS, FEWEST_GROUPS = 10, 10, 5
FEWEST_OPEN = 0.2  # share of members in trials whose sharer had another group
LARGEST_COMPONENT = 0.3  # share of members, above which components are no clusters
FEWEST_COMPONENTS = 8
MOST_ALIKE = 200.0  # condition number, above which mechanisms cannot be told apart
EDGES = (1, 3, 5, 10, 20, 50, 100, 200, 500, 10**9)  # sizes of the figure

CLAIM = Claim(
    id="S06",
    title=Text("Small groups influence more", "小群更易影响人"),
    claim=Text(
        "People are active in small groups and more easily influenced there "
        "(「用户活跃在小群中,更容易受到小群的影响」).",
        "用户活跃在小群中，更容易受到小群的影响（「用户活跃在小群中,更容易受到小群的影响」）。",
    ),
    needs=("events.group", "adoptions", "memberships"),
    estimand=Text(
        "Chance that a member adopts an item within seven days after it was put into their group, "
        "per halving of the group's size, where chance picked the group among those of the sharer.",
        "物品投放到群后7天内成员采纳它的概率，按群规模每减半计；投放的群由随机从分享者的群中抽取。",
    ),
    effect=Text("risk ratio of adoption per halving of group size", "采纳概率之比，群规模每减半"),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Poisson regression of adoptions on minus the log to base 2 of the group's size at that "
        "moment, beside the mean over the groups that the sharer could have been drawn to: chance "
        "picked the difference of the two (left out where sharers had one group only, and chance "
        "picked among all groups). Members reached through two groups at once are left "
        "out. Errors by components of the overlap graph where it falls apart, else by group and "
        "person at once (jackknife), t with effective clusters.",
        "采纳数对（负的）当时群规模以2为底对数的泊松回归，并纳入分享者可能被抽到的各群的均值："
        "二者之差由随机决定（若分享者只有一个群、群从全部群中抽取，则不纳入）。同时经两个群触及的成员不计。若群重叠图可分为多个分支则按分支聚类误差，"
        "否则同时按群与人聚类（刀切法），以有效聚类数作 t 区间。",
    ),
    null_model=Text(
        "The chance to adopt does not depend on the size of the group that chance picked.",
        "采纳概率与随机抽到的群的规模无关。",
    ),
    assumptions=(
        Text(
            "What is put into one group does not reach members of another except as recorded.",
            "投放到一个群的内容不会以未记录的方式传到另一群成员。",
        ),
    ),
    threats=(
        Text(
            "Chance picks the group, not its size: small groups also differ in purpose and in who "
            "is in them (T4).",
            "随机决定的是群而不是规模：小群在用途与成员上也不同（T4）。",
        ),
        Text(
            "Members of other groups hear of it too, so that differences shrink (T12).",
            "其他群的成员也会听说，从而缩小差异（T12）。",
        ),
        Text(
            "In large groups fewer may see it at all (T8): per person who saw it is a re-estimate.",
            "大群里看到的人可能更少（T8）：复核中给出按看到者计的结果。",
        ),
        Text(
            "Number, share, circles and links of earlier adopters were not drawn by chance (T2).",
            "先前采纳者的数量、比例、圈子与连系并非随机（T2）。",
        ),
    ),
    why_hard=Text(
        "People share where it will be liked, members are alike, and news reaches all of them at "
        "once: adoption that runs in small groups need not be influence.",
        "人们分享到会受欢迎的地方，成员彼此相似，消息又同时到达：采纳集中在小群未必是影响。",
    ),
    would_refute=Text(
        "A risk ratio per exposure that does not rise as groups get smaller.",
        "每次接触的采纳概率并不随群变小而上升。",
    ),
    would_settle=Text(
        "Many items, each put into one of the sharer's groups drawn by chance, with who saw it.",
        "许多物品，每件投放到从分享者的群中随机抽取的一个群，并记录谁看到。",
    ),
)
NO_TRIAL = Text(
    "Not testable: no group was picked by chance to get an item (an event of kind 'seeding' that "
    "is randomised). Without it influence cannot be told from likeness and common news "
    "(Shalizi and Thomas 2011).",
    "无法检验：没有由随机选群投放物品的试验（kind 为 seeding 且 randomised 的事件）。"
    "否则无法把影响与相似性、共同消息区分开（Shalizi 与 Thomas 2011）。",
)
ONE_SIZE = Text(
    "Not testable: all groups that chance picked have the same size.",
    "无法检验：随机抽到的群规模都相同。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Compare adoption after seeding in groups of different size.

    Parameters
    ----------
    dataset : Dataset
        Needs randomised events of kind "seeding", adoptions, memberships.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: risks by size, how errors were bundled, and ``mechanisms``: rate ratios of
        adoption per SD of number, share, circles (components) and links (density) of earlier
        adopters in the group, each alone and, where they differ enough, all together.

    Raises
    ------
    NotTestableError
        If there are no events in groups, adoptions or memberships.
    """
    del rng
    dataset.require(*CLAIM.needs)
    found = seeded(dataset, horizon_days=HORIZON)
    treated = found.trials[~found.trials["control"]]
    if treated.empty:
        return not_testable(CLAIM, choices, NO_TRIAL)
    if treated["size"].nunique() < 2:
        return not_testable(CLAIM, choices, ONE_SIZE)
    rows = _rows(found)
    took, groups = int(rows["took"].sum()), int(rows["group"].nunique())
    n = {
        "people": int(rows["person"].nunique()),
        "groups": groups,
        "rows": len(rows),
        "events": took,
    }
    clusters, how, details = _clusters(found, rows)
    details |= {
        "trials": int(rows["trial"].nunique()),
        "adoptions": took,
        "risk": took / max(len(rows), 1),
        "reached_through_two_groups_left_out": found.twice,
        "compared_within_sharers": _within(rows),
        "errors_by": how,
        "figure": _figure(rows, None),
    }
    control = found.trials.loc[found.trials["control"], "trial"]
    if len(control):
        outside = found.members[found.members["trial"].isin(control)]
        details["risk_in_groups_not_seeded"] = float(outside["took"].mean())
    few = details["trials"] < FEWEST_TRIALS or groups < FEWEST_GROUPS
    model = None if few or took < FEWEST_ADOPTIONS else _try(rows, clusters)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{took} adoptions in {details['trials']} trials in {groups} groups are too few.",
                f"{groups} 个群、{details['trials']} 次试验中只有 {took} 次采纳，太少。",
            ),
            n=n,
            details=details,
        )
    ratio, low, high, p_value = model.ratio(0, choices.level)
    details["mechanisms"] = _mechanisms(dataset, found, choices)
    details["figure"] = _figure(rows, ratio)
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, ratio, *(_known(low), _known(high))),
        reason=_reason(ratio, low, high, details),
        threats=[] if details["errors_by"] == "component" else [ONE_COMPONENT],
        estimate=ratio,
        ci_low=_known(low),
        ci_high=_known(high),
        p_value=_known(p_value),
        n=n,
        robustness=_robustness(rows, clusters, choices),
        details=details,
    )


ONE_COMPONENT = Text(
    "Most groups hang together through common members, so no two are free of each other (T12).",
    "多数群经共同成员连成一片，没有两个群是彼此独立的（T12）。",
)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rows(found: Seeded) -> pd.DataFrame:
    """Members of seeded groups, with minus log size of the group and the mean of the menu."""
    trials = found.trials.loc[~found.trials["control"], ["trial", "group", "size", "menu"]]
    rows = found.members.merge(trials, on="trial")
    rows["smaller"] = -np.log2(rows["size"])
    rows["menu"] = -rows["menu"]
    return rows


def _clusters(found: Seeded, rows: pd.DataFrame) -> tuple[list[npt.ArrayLike], str, dict[str, Any]]:
    label = rows["trial"].map(components(found))
    share = label.value_counts(normalize=True)
    told = {"components": int(share.size), "largest_component": float(share.iloc[0])}
    if share.size >= FEWEST_COMPONENTS and share.iloc[0] <= LARGEST_COMPONENT:
        return [label.to_numpy()], "component", told
    return [pd.factorize(rows["group"])[0], pd.factorize(rows["person"])[0]], "group, person", told


def _within(rows: pd.DataFrame) -> bool:
    """Tell whether sharers had other groups that chance might have picked."""
    menu = rows["menu"]
    return bool(menu.notna().all() and (abs(menu - rows["smaller"]) > 1e-9).mean() > FEWEST_OPEN)


def _columns(rows: pd.DataFrame) -> FloatArray:
    """Minus log size, and the mean of the sharer's menu where there are menus."""
    return rows[["smaller", "menu"] if _within(rows) else ["smaller"]].to_numpy(float)


def _try(
    rows: pd.DataFrame, clusters: list[npt.ArrayLike], outcome: str = "took"
) -> LogLinear | None:
    try:
        return fit_log_linear(rows[outcome], np.ones(len(rows)), _columns(rows), *clusters)
    except InputError:
        return None


def _robustness(
    rows: pd.DataFrame, clusters: list[npt.ArrayLike], choices: Choices
) -> list[dict[str, Any]]:
    entries = [
        _entry(
            Text("adoptions through the very share only", "只计经该次分享的采纳"),
            _try(rows, clusters, "via_seed"),
            choices,
        )
    ]
    saw = rows["saw"].to_numpy(dtype=object)
    if len(rows) and saw[0] is not None:
        seen = saw.astype(bool)
        entries.append(
            _entry(
                Text("per person who saw it", "按看到者计"),
                _try(rows[seen], [np.asarray(labels)[seen] for labels in clusters]),
                choices,
            )
        )
    try:
        alone: LogLinear | None = fit_log_linear(
            rows["took"], np.ones(len(rows)), rows[["smaller"]].to_numpy(float), *clusters
        )
        small = (rows["size"] < choices.small_group).to_numpy(float)[:, None]
        step: LogLinear | None = fit_log_linear(rows["took"], np.ones(len(rows)), small, *clusters)
    except InputError:
        step = None
        alone = None
    entries.append(
        _entry(Text("without regard to the sharer's menu", "不考虑分享者的菜单"), alone, choices)
    )
    entries.append(
        _entry(
            Text(
                f"under {choices.small_group} members against larger (not per halving)",
                f"少于 {choices.small_group} 人与更大的群之比（不按减半计）",
            ),
            step,
            choices,
        )
    )
    return entries


def _entry(name: Text, model: LogLinear | None, choices: Choices) -> dict[str, Any]:
    return {"name": name} | interval_fields(_ratio(model, 0, choices))


def _mechanisms(dataset: Dataset, found: Seeded, choices: Choices) -> dict[str, Any]:
    """Rate ratios per SD of what earlier adopters in the group are, day by day; no causes."""
    days = _group_days(dataset, found)
    names = [name for name in ("count", "fraction", "components", "density") if name in days]
    spread = days[names].std()
    hit = {name: days.loc[days[name] > 0, "took"].sum() for name in names}
    names = [name for name in names if spread[name] > 0 and hit[name] >= FEWEST_ADOPTIONS]
    if not names:
        return {}
    standard = days[names] / spread[names]
    base = days[["smaller", "day"]].to_numpy(float)

    def fit(chosen: list[str]) -> LogLinear | None:
        x = np.column_stack([standard[chosen].to_numpy(float), base])
        try:
            return fit_log_linear(days["took"], days["at_risk"], x, days["group"].to_numpy())
        except InputError:
            return None

    told: dict[str, Any] = {}
    alike = np.linalg.cond(np.column_stack([standard[names].to_numpy(float), base])) > MOST_ALIKE
    together = None if alike or len(names) < 2 else fit(names)
    for k, name in enumerate(names):
        alone = fit([name])
        told[name] = {
            "alone": _ratio(alone, 0, choices),
            "together": _ratio(together, k, choices),
        }
    return told


def _ratio(model: LogLinear | None, column: int, choices: Choices) -> list[float | None] | None:
    if model is None:
        return None
    return [_known(value) for value in model.ratio(column, choices.level)[:3]]


def _group_days(dataset: Dataset, found: Seeded) -> pd.DataFrame:
    """Members at risk in each trial on each day, and who had adopted before it began."""
    rows = _rows(found)
    start = rows["trial"].map(found.trials.set_index("trial")["at_us"])
    rows["took_day"] = np.where(rows["took"], (rows["took_us"] - start) // DAY_US, HORIZON)
    many = rows.groupby("trial")["person"].transform("size")
    pairs = None
    if dataset.has("friendships"):
        pairs = dataset.collect(friend_pairs(dataset).select("person", "friend"))
    links = _links(rows, pairs) if pairs is not None else None
    parts = []
    for day in range(int(HORIZON)):
        open_ = rows["took_day"] >= day
        by = rows.assign(
            open=open_, hit=rows["took_day"] == day, before=rows["took_day"] < day, many=many
        ).groupby("trial")
        part = by.agg(
            at_risk=("open", "sum"),
            took=("hit", "sum"),
            count=("before", "sum"),
            many=("many", "first"),
            group=("group", "first"),
            smaller=("smaller", "first"),
        ).reset_index()
        part["day"] = float(day)
        part["fraction"] = part["count"] / np.maximum(part["many"], 1)
        if links is not None:
            part = part.merge(_circles(rows, links, day), "left", on="trial")
            part[["components", "density"]] = part[["components", "density"]].fillna(0.0)
        parts.append(part)
    every = pd.concat(parts, ignore_index=True)
    return every[every["at_risk"] > 0]


def _links(rows: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Friends who both adopted in one trial, and the day from which both had."""
    took = rows.loc[rows["took"], ["trial", "person", "took_day"]]
    both = took.merge(pairs, on="person").merge(
        took.rename(columns={"person": "friend", "took_day": "other_day"}), on=["trial", "friend"]
    )
    both = both[both["person"] < both["friend"]]
    return both.assign(since=both[["took_day", "other_day"]].max(axis=1))


def _circles(rows: pd.DataFrame, links: pd.DataFrame, day: int) -> pd.DataFrame:
    """Components of the friend links among adopters of each trial, and their density."""
    from scipy.sparse import coo_array  # late: one claim needs it
    from scipy.sparse.csgraph import connected_components

    who = rows.loc[rows["took_day"] < day, ["trial", "person"]].reset_index(drop=True)
    if who.empty:
        return pd.DataFrame({"trial": [], "components": [], "density": []}, dtype=float)
    known = links[links["since"] < day]
    place = pd.MultiIndex.from_frame(who)
    ends = tuple(
        place.get_indexer(pd.MultiIndex.from_frame(known[["trial", name]]))
        for name in ("person", "friend")
    )
    graph = coo_array((np.ones(len(known)), ends), shape=(len(who), len(who)))
    who["label"] = connected_components(graph, directed=False)[1]
    told = who.groupby("trial").agg(components=("label", "nunique"), n=("label", "size"))
    told["links"] = known.groupby("trial").size().reindex(told.index).fillna(0)
    told["density"] = told["links"] / np.maximum(told["n"] * (told["n"] - 1) / 2, 1)
    return told.reset_index()[["trial", "components", "density"]]


def _reason(ratio: float, low: float, high: float, details: dict[str, Any]) -> Text:
    return Text(
        f"Where chance picked the group, halving its size multiplied the chance that a member "
        f"adopts by {ratio:.2f}, between {low:.2f} and {high:.2f} ({details['adoptions']} "
        f"adoptions in {details['trials']} trials).",
        f"在由随机选群的试验中，群规模减半使成员采纳的概率变为 {ratio:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（{details['trials']} 次试验，{details['adoptions']} 次采纳）。",
    )


def _figure(rows: pd.DataFrame, ratio: float | None) -> dict[str, Any]:
    """Risk of adoption by size class, with Wilson's intervals, and the fitted line through them."""
    size, took = rows["size"].to_numpy(float), rows["took"].to_numpy(float)
    at = np.searchsorted(EDGES, size, side="right") - 1
    told: dict[str, Any] = {name: [] for name in ("size", "risk", "low", "high", "members")}
    for k in np.unique(at):
        inside = at == k
        n, risk = int(inside.sum()), float(took[inside].mean())
        middle, half = (risk + 2 / n) / (1 + 4 / n), np.sqrt(risk * (1 - risk) / n + 1 / n**2)
        half = 2 * half / (1 + 4 / n)
        row = (float(np.exp(np.log(size[inside]).mean())), risk, middle - half, middle + half, n)
        for name, value in zip(told, row, strict=True):
            told[name].append(value)
    line = None
    if ratio is not None and took.sum() > 0:
        ends = np.geomspace(size.min(), size.max(), 40)
        factor = took.sum() / (ratio ** -np.log2(size)).sum()
        line = {"size": ends.tolist(), "risk": (factor * ratio ** -np.log2(ends)).tolist()}
    return told | {"line": line}


WORDS = {
    "x": Text("members of the group when it got the item", "投放时群的人数"),
    "y": Text("members who adopt within 7 days", "7天内采纳的成员比例"),
    "seen": Text(
        "share of members, 95 % (as if independent); numbers: members",
        "成员比例，95%（视为独立）；数字：成员数",
    ),
    "line": Text("same ratio at each halving", "每减半同一比值"),
}


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw the risk of adoption by size of the group that chance picked."""
    ax = axes(ax)
    figure = result.details["figure"]
    size, risk, low, high = (
        np.asarray(figure[name], dtype=float) for name in ("size", "risk", "low", "high")
    )
    ax.vlines(size, np.maximum(low, 0), high, color=BLUE, lw=1.5)
    ax.plot(size, risk, "o", color=BLUE, ms=7, label=WORDS["seen"].get(lang))
    for x, n in zip(size, figure["members"], strict=True):
        look: dict[str, Any] = {
            "textcoords": "offset points",
            "ha": "center",
            "fontsize": "small",
            "color": GREY,
        }
        where = ("data", "axes fraction")
        ax.annotate(f"{n:,}", (x, 0), xycoords=where, xytext=(0, 4), va="bottom", **look)
    if figure["line"] is not None:
        ax.plot(
            figure["line"]["size"],
            figure["line"]["risk"],
            color=VERMILLION,
            ls="--",
            lw=1.5,
            label=WORDS["line"].get(lang),
        )
    ax.set_xscale("log")
    ticks = [
        t for t in (2, 5, 10, 20, 50, 100, 200, 500) if size.min() / 1.6 < t < size.max() * 1.6
    ]
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.minorticks_off()
    ax.set_ylim(0, max(1.25 * high.max(), 1e-3))
    ax.set_xlabel(WORDS["x"].get(lang))
    ax.set_ylabel(WORDS["y"].get(lang))
    ax.legend(loc="upper right", frameon=False)
    return ax
