"""B06: the more friends somebody has, the more they use the platform.

Active people make friends, so the friends of one person say little against those of another. Here
a person is compared with the same person in the same group, in weeks that began with more friends;
and as the book's own minutes fall again among those with the most friends, the shape is asked too.
"""

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, axes
from smallnet.hypotheses.methods.landmark import friend_pairs
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.methods.rate_panel import RatePanel, rate_panel
from smallnet.hypotheses.methods.within import LEANS_WIDE, Within
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

EDGES = (0, 10, 20, 40)  # friends at which the book's stretches begin
MOST_STEPS = 8  # of the calendar: memory grows with their square
FEWEST_PEOPLE, FEWEST_GROUPS, FEWEST_MESSAGES = 10, 5, 50
UNDATED_SHARE = 0.5  # of friendships, from which on it is said

CLAIM = Claim(
    id="B06",
    title=Text("More friends, more use", "好友越多用得越多"),
    claim=Text(
        "The more friends a user has, the more likes and minutes.",
        "用户好友越多，点赞与使用时长越多。",
    ),
    needs=("friendships.since", "interactions.group"),
    estimand=Text(
        "Messages a day of membership per doubling of 1 + friends at the beginning of the period, "
        "same person in the same group.",
        "每成员日的发言数，按期初（1+好友数）每翻一倍计，同一个人在同一群内比较。",
    ),
    effect=Text(
        "rate ratio of messages per doubling of 1 + friends",
        "发言率之比，（1+好友数）每翻一倍",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Conditional Poisson regression of messages by period with days of membership as exposure, "
        "each person in each group a stratum, friends counted at the beginning of the period, "
        "steps of the calendar; errors clustered by person and by group, t interval with effective "
        "clusters as the sample. Beside it, for the shape, a line broken at the book's 10, 20 and "
        "40 friends.",
        "各期发言数的条件泊松回归，以成员日为暴露，每人每群为一层，好友数取自期初，并含日历分段；"
        "按人与群两向聚类误差，以有效聚类数作 t 区间。另以在书中10、20、40位处转折的折线考察形状。",
    ),
    null_model=Text(
        "A person writes as much after friends were made as before, but for the calendar.",
        "除日历变化外，同一个人交友前后的发言一样多。",
    ),
    assumptions=(
        Text(
            "What makes a person write more for a while does not make friends at the same time.",
            "使人一时多发言的因素不会同时带来好友。",
        ),
    ),
    threats=(
        LEANS_WIDE,
        Text(
            "Who writes makes friends: friends follow messages too (T1). Friends made only after "
            "the period are the negative control.",
            "发言会带来好友：好友也跟在发言之后（T1）。以该期之后才结交的好友作阴性对照。",
        ),
        Text(
            "Friends pile up as time passes (T15), as habits do; the calendar is held, age on the "
            "platform is not.",
            "好友随时间积累（T15），习惯亦然；此处控制日历，未控制平台年龄。",
        ),
        Text(
            "Messages are not minutes or likes (T10).",
            "发言不等于使用时长或点赞（T10）。",
        ),
    ),
    why_hard=Text(
        "Active people make friends; the book's own minutes fall again above 40 friends.",
        "活跃的人本来就更会交友；书中自己的时长在40位好友以上又下降。",
    ),
    would_refute=Text(
        "No change within a person after friends were made, or a fall among many friends.",
        "同一个人在交友之后没有变化，或好友很多时反而下降。",
    ),
    would_settle=Text(
        "Friend suggestions made by chance, activity before and after.",
        "随机的好友推荐，以及前后的活跃度。",
    ),
)

_NO_NEW = Text(
    "No friendship of a member who writes began in the watch: nobody can be compared with "
    "themselves.",
    "观察期内没有发言成员新结好友：无法与自身比较。",
)
_UNDATED = Text(
    "Most friendships have no date here and count as there from before the watch.",
    "此处多数好友关系没有日期，按观察前已有计。",
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate messages to friends at the beginning of the period, same person in the same group.

    Parameters
    ----------
    dataset : Dataset
        Needs friendships with their beginning, and messages in groups.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the ratio per doubling in each stretch of the book (0, 10, 20, 40 friends and
        more) and where it falls, friends made only after the period (negative control), the ratio
        between people.

    Raises
    ------
    NotTestableError
        If the beginning of friendships or messages were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    panel = rate_panel(dataset)
    if not panel.messages.sum():
        raise NotTestableError(("messages of members in groups that have a size",))
    friends, undated = _friends(dataset, panel)
    if not (friends[:, 1:-1] > friends[:, :1]).any():
        return not_testable(CLAIM, choices, _NO_NEW)
    rows = _rows(panel, friends)
    moved = rows["friends"] != rows.groupby("stratum")["friends"].transform("min")
    changed = int(rows.loc[moved, "person"].nunique())
    messages = int(rows["messages"].sum())
    n = {
        "people": int(rows["person"].nunique()),
        "groups": int(rows["group"].nunique()),
        "rows": len(rows),
        "events": messages,
    }
    details: dict[str, Any] = {
        "period_days": panel.period_days,
        "people_whose_friends_changed": changed,
        "undated_friendships": undated,
        "figure": {},
    }
    threats = [_UNDATED] if undated > UNDATED_SHARE else []
    few = changed < FEWEST_PEOPLE or messages < FEWEST_MESSAGES
    model = None if few else _try(rows, rows["doublings"])
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=Text(
                f"{changed} people whose friends changed and {messages} messages are too few to "
                "compare people with themselves.",
                f"好友数有变化者 {changed} 人、发言 {messages} 条：太少，不足以与自身比较。",
            ),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level, most=FARTHEST)
    shape = _shape(rows, choices.level)
    robustness = _robustness(rows, choices)
    details |= {
        "shape": shape,
        "friends_made_later": {k: robustness[0][k] for k in ("estimate", "ci_low", "ci_high")},
        "between_people": {k: robustness[-1][k] for k in ("estimate", "ci_low", "ci_high")},
        "effective_clusters": float(model.effective_clusters[0]),
        "figure": shape,
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, changed, shape),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=robustness,
        details=details,
    )


def _friends(dataset: Dataset, panel: RatePanel) -> tuple[npt.NDArray[np.int64], float]:
    """Friends of each person at the beginning of each period and at the end of the last."""
    pairs = dataset.collect(friend_pairs(dataset))
    who = pd.Index(panel.names).get_indexer(pd.Index(pairs["person"]))
    since = pairs["since_us"].to_numpy(float)
    undated = float(np.isnan(since).mean()) if len(pairs) else 0.0
    length = panel.period_days * DAY_US
    periods = int(panel.period.max()) + 1
    # the first beginning of a period by which they are friends
    first = np.ceil((since - dataset.observed_from_us) / length)
    first = np.nan_to_num(first).clip(min=0)  # undated ones were there before
    known = (who >= 0) & (first <= periods)
    made = np.zeros((panel.names.size, periods + 1), dtype=np.int64)
    np.add.at(made, (who[known], first[known].astype(int)), 1)
    return np.cumsum(made, axis=1), undated


def _rows(panel: RatePanel, friends: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Give the panel with friends at the beginning of the period, and those made after it."""
    periods = friends.shape[1] - 1
    now = friends[panel.person, panel.period]
    after = friends[panel.person, panel.period + 1]
    later = friends[panel.person, np.minimum(panel.period + 2, periods)]
    step = (panel.period * min(MOST_STEPS, periods)) // periods
    return pd.DataFrame(
        {
            "person": panel.person,
            "group": panel.group,
            "stratum": panel.person * (int(panel.group.max()) + 1) + panel.group,
            "days": panel.days,
            "messages": panel.messages,
            "friends": now,
            "doublings": np.log2(1.0 + now),
            "later": np.log2(1.0 + later) - np.log2(1.0 + after),
            "last": panel.period >= periods - 1,
            "step": step,
        }
    )


def _try(rows: pd.DataFrame, *columns: npt.ArrayLike, calendar: bool = True) -> Within | None:
    """Fit; None where nothing moves within a person."""
    steps: list[int] = sorted(rows["step"].unique())[1:] if calendar else []
    x = [np.asarray(column, float) for column in columns]
    x += [(rows["step"] == step).to_numpy(float) for step in steps]
    clusters = [rows["person"]]
    if rows["group"].nunique() >= FEWEST_GROUPS:
        clusters.append(rows["group"])
    try:
        return fit_conditional_poisson(
            rows["messages"],
            rows["days"],
            np.column_stack(x),
            rows["stratum"],
            clusters=[labels.to_numpy() for labels in clusters],
        )
    except InputError:
        return None


def _shape(rows: pd.DataFrame, level: float) -> dict[str, Any]:
    """Slope in each of the book's stretches of friends, same person; and where it falls.

    A broken line, not steps: the same person crosses few borders of steps, and by little.
    """
    edges = np.log2(1.0 + np.array(EDGES))
    own = rows.groupby("stratum")["doublings"]
    low, high = own.transform("min"), own.transform("max")
    told = []
    for i, (begin, end) in enumerate(zip(edges, [*edges[1:], np.inf], strict=True)):
        moves = (low < end) & (high > begin) & (high > low)
        if rows.loc[moves, "person"].nunique() >= FEWEST_PEOPLE:
            told.append(i)
    found: dict[str, Any] = {"from": [], "slopes": [], "falls": [], "friends": [], "curve": []}
    if not told or told != list(range(told[0], told[-1] + 1)):
        return found
    ends = [*edges[told], np.log2(1.0 + max(rows["friends"].max(), EDGES[told[-1]] + 1))]
    x = rows["doublings"].to_numpy()
    model = _try(rows, *[np.clip(x, a, b) - a for a, b in itertools.pairwise(ends)])
    if model is None:
        return found
    k = len(told)
    beta, cov, free = model.beta[:k], model.cov_clustered[:k, :k], model.freedom[:k].min()
    # a fall is told with the chance of any false one held (Bonferroni)
    far = stats.t.ppf(1 - (1 - level) / k, free)
    falls = np.flatnonzero(beta < -far * np.sqrt(np.diag(cov)))
    path = np.tril(np.ones((k, k))) * np.diff(ends)  # summed slopes up to the end of each stretch
    height = path @ beta
    half = stats.t.ppf((1 + level) / 2, free) * np.sqrt(np.diag(path @ cov @ path.T))
    bounds = np.column_stack([height, height - half, height + half]).clip(-FARTHEST, FARTHEST)
    return {
        "from": [EDGES[i] for i in told],
        "slopes": [list(model.ratio(i, level, most=FARTHEST)) for i in range(k)],
        "falls": [EDGES[told[i]] for i in falls],
        "friends": [round(float(2**end - 1)) for end in ends],
        "curve": [[1.0, 1.0, 1.0], *np.exp(bounds).tolist()],
    }


def _entry(name: Text, choices: Choices, model: Within | None, which: int = 0) -> dict[str, Any]:
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(which, choices.level, most=FARTHEST)
    )


def _robustness(rows: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    early = rows[~rows["last"]]
    alone = rows.assign(stratum=rows["person"])
    across = rows.assign(stratum=rows["group"])
    return [
        _entry(
            Text(
                "friends made only after the period (negative control)",
                "该期之后才结交的好友（阴性对照）",
            ),
            choices,
            _try(early, early["doublings"], early["later"]),
            1,
        ),
        _entry(
            Text("friends made afterwards held fixed", "控制之后结交的好友"),
            choices,
            _try(early, early["doublings"], early["later"]),
        ),
        _entry(
            Text("same person, any group", "同一个人，不限群"),
            choices,
            _try(alone, alone["doublings"]),
        ),
        _entry(
            Text("calendar not held fixed", "不控制日历"),
            choices,
            _try(rows, rows["doublings"], calendar=False),
        ),
        _entry(
            Text(
                "other people of the same group (biased: active people make friends)",
                "同群他人之间（有偏：活跃者更会交友）",
            ),
            choices,
            _try(across, across["doublings"]),
        ),
    ]


def _reason(estimate: float, low: float, high: float, changed: int, shape: dict[str, Any]) -> Text:
    text = Text(
        f"With every doubling of 1 + friends the same person wrote {estimate:.2f} times as much in "
        f"the same group, between {low:.2f} and {high:.2f} ({changed} people whose friends "
        "changed).",
        f"（1+好友数）每翻一倍，同一个人在同一群的发言为 {estimate:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（好友数有变化者 {changed} 人）。",
    )
    if shape["falls"]:
        where = ", ".join(str(k) for k in shape["falls"])
        text += Text(f"It falls again from {where} friends on.", f"好友达到 {where} 位后又下降。")
    return text


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw messages over friends, the line broken where the book's stretches begin."""
    ax = axes(ax)
    chinese = lang == "zh"
    shown = result.details["figure"]
    ax.axhline(1, color=GREY, lw=0.8)
    if shown.get("friends"):
        friends = shown["friends"]
        x = np.log2(1 + np.array(friends, float))
        rows = np.array(shown["curve"], float)
        around = np.abs(rows[:, 1:].T - rows[:, 0])
        label = "折线，同一个人" if chinese else "broken line, same person"
        ax.errorbar(x, rows[:, 0], around, fmt="o-", color=BLUE, capsize=3, label=label)
        ax.set_xticks(x, [str(k) for k in friends])
        if result.estimate is not None:
            label = "每翻一倍的同一比率" if chinese else "one ratio per doubling"
            ax.plot(x, result.estimate ** (x - x[0]), "--", color=ORANGE, label=label)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
        if rows[:, 2].max() < 10 * rows[:, 1].min():
            ax.yaxis.set_minor_formatter("{x:g}")
    least = shown["friends"][0] if shown.get("friends") else 0
    ax.set_xlabel("期初好友数" if chinese else "friends at the beginning of the period")
    ax.set_ylabel(
        f"发言率之比（对照：{least} 位）" if chinese else f"rate ratio of messages, against {least}"
    )
    return ax
