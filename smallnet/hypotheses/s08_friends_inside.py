"""S08: the more friends inside a group, the longer people stay.

Friends inside are counted at a landmark, day 7 since joining, and the hazard of leaving is watched
from then on. Groups are random; what differs between groups (cosy groups both befriend and hold
their members) is split from what differs between the members of one group, which is reported.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.landmark import count_before_risk, friends_at_landmark
from smallnet.hypotheses.methods.mixed_poisson import MixedPoisson, fit_mixed_poisson
from smallnet.hypotheses.methods.stays import cut_into_bands
from smallnet.hypotheses.result import Claim, Result, interval_fields, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import posters_only

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

LANDMARK_DAY = 7.0
LATER_EDGES = (14.0, 30.0, 60.0, 120.0, 240.0)  # of the baseline, days since joining
FEWEST_GROUPS, FEWEST_EXITS = 5, 10

CLAIM = Claim(
    id="S08",
    title=Text("Friends inside keep people in", "群内好友让人留下"),
    claim=Text(
        "The more friends a member has inside the group, the longer the member stays "
        "(「好友数量越多,…留存、粘着或者活跃的时间就会越长」).",
        "成员在群内的好友越多，留得越久（「好友数量越多,…留存、粘着或者活跃的时间就会越长」）。",
    ),
    needs=("memberships.joined_at", "friendships", "coverage.leaving"),
    estimand=Text(
        "Among members still in on day 7 since joining: the hazard of leaving afterwards, per "
        "additional friend who was inside at that moment, compared within the same group.",
        "在加入后第7日仍在群的成员中：此后退出的风险，按该时刻群内每多一位好友计，在同一群内比较。",
    ),
    effect=Text("hazard ratio of leaving per friend inside", "每多一位群内好友的退出风险比"),
    null=1.0,
    claimed_side="below",
    ratio=True,
    method=Text(
        "Landmark at day 7; piecewise-constant hazard by days since joining, Poisson likelihood, "
        "groups random; the group's mean number of friends is split off (Mundlak), so that the "
        "estimate compares members of one group; t interval with groups as the sample.",
        "以第7日为界标；按加入后天数分段的恒定风险，泊松似然，群为随机效应；分离群的平均好友数"
        "（Mundlak），估计值只比较同群成员；以群为样本的 t 区间。",
    ),
    null_model=Text(
        "Leaving after the landmark does not depend on the friends inside at the landmark.",
        "界标之后的退出与界标时的群内好友数无关。",
    ),
    assumptions=(
        Text(
            "Each further friend changes the hazard by the same factor.",
            "每多一位好友，风险按同一倍数变化。",
        ),
    ),
    threats=(
        Text(
            "Who makes friends early may be the kind of person who stays (T1): the number of "
            "friends outside the group is the negative control.",
            "早交朋友的人可能本来就更愿意留下（T1）：群外好友数作为阴性对照。",
        ),
        Text(
            "A contact link is not acquaintance (T10).",
            "通讯录里的联系人不等于相识（T10）。",
        ),
        Text(
            "People who left before day 7 are not in the comparison.",
            "第7日前退出的人不在比较之内。",
        ),
    ),
    why_hard=Text(
        "Friends inside accumulate only while one stays (T15): the total number of friends "
        "predicts staying by construction, even where friends do nothing.",
        "群内好友只在留下时才会积累（T15）：即使好友毫无作用，好友总数也必然能“预测”留存。",
    ),
    would_refute=Text(
        "A landmark hazard ratio of 1 or more, or the same ratio for friends outside the group.",
        "界标风险比不低于1，或者群外好友的风险比与之相同。",
    ),
    would_settle=Text(
        "Friend suggestions inside new groups that are made by chance.",
        "在新群内随机进行的好友推荐。",
    ),
)


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Relate friends inside at day 7 to the hazard of leaving afterwards.

    Parameters
    ----------
    dataset : Dataset
        Needs moments of joining and leaving, and friendships.
    choices : Choices
        Level and smallest effect.
    rng : numpy.random.Generator
        Not used: nothing here is drawn.

    Returns
    -------
    Result
        ``details``: the negative control (friends outside), the ratio between groups, the
        biased count over the whole stay, exits by number of friends.

    Raises
    ------
    NotTestableError
        If joining, leaving or friendships were not recorded.
    """
    del rng
    dataset.require(*CLAIM.needs)
    stays = friends_at_landmark(dataset, LANDMARK_DAY)
    if stays.empty:
        raise NotTestableError(("memberships that are watched on day 7 since joining",))
    exits = int(stays["left"].sum())
    groups = int(stays.loc[stays["left"], "group"].nunique())
    n = {
        "people": int(stays["person"].nunique()),
        "groups": int(stays["group"].nunique()),
        "rows": len(stays),
        "events": exits,
    }
    details: dict[str, Any] = {"landmark_day": LANDMARK_DAY, "figure": _figure(stays, choices)}
    threats = [_POSTERS] if posters_only(dataset) else []
    few = groups < FEWEST_GROUPS or exits < FEWEST_EXITS
    model = None if few else _try(stays)
    if model is None:
        reason = Text(
            f"{exits} exits after day 7 in {groups} groups, friends inside from "
            f"{stays['friends'].min()} to {stays['friends'].max()}: too little to compare members "
            "of the same group.",
            f"第7日后只有 {exits} 次退出，分布在 {groups} 个群，群内好友数从 "
            f"{stays['friends'].min()} 到 {stays['friends'].max()}：不足以比较同群成员。",
        )
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=reason,
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level)
    between = model.ratio(1, choices.level) if model.beta.size > 1 else (np.nan,) * 3
    outside = _entry(stays, "friends_outside", choices)
    details |= {
        "between_groups": {"estimate": between[0], "ci_low": between[1], "ci_high": between[2]},
        "friends_outside": outside,
        "friends_over_the_whole_stay": _entry(stays, "friends_ever", choices, biased=True),
        "group_variance": model.variance,
        "mean_friends": float(stays["friends"].mean()),
    }
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high),
        reason=_reason(estimate, low, high, exits, outside),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=float(model.p_values()[0]),
        n=n,
        robustness=_robustness(dataset, stays, choices),
        details=details,
    )


_POSTERS = Text(
    "Size and membership mean people who wrote: lurkers are not seen.",
    "人数与成员指发过言的人：看不到潜水者。",
)


def _fit(
    stays: pd.DataFrame, count: str, *, extra: str | None = None, biased: bool = False
) -> MixedPoisson:
    """Fit log hazard on the deviation from the group's mean count, and on that mean."""
    landmark = float(stays["enter_day"].iloc[0])
    bands = cut_into_bands(
        stays["enter_day"].to_numpy(),
        stays["exit_day"].to_numpy(),
        stays["left"].to_numpy(),
        (landmark, *(edge for edge in LATER_EDGES if edge > landmark), np.inf),
    )
    mean = stays.groupby("group")[count].transform("mean").to_numpy(float)
    own = count_before_risk(stays, count, biased=biased)
    columns = [own - mean, mean]
    if extra is not None:
        columns.append(stays[extra].to_numpy(float))
    x = np.column_stack([column[bands.row] for column in columns])
    varies = x.std(axis=0) > 0
    varies[0] = True
    return fit_mixed_poisson(
        bands.exits,
        bands.days,
        bands.band,
        pd.factorize(stays["group"])[0][bands.row],
        x[:, varies],
    )


def _try(stays: pd.DataFrame) -> MixedPoisson | None:
    """Fit the friends inside; None where members of one group do not differ in them."""
    within = stays["friends"] - stays.groupby("group")["friends"].transform("mean")
    if within.abs().max() == 0:
        return None
    try:
        return _fit(stays, "friends")
    except InputError:
        return None


def _entry(
    stays: pd.DataFrame,
    count: str,
    choices: Choices,
    *,
    extra: str | None = None,
    biased: bool = False,
) -> dict[str, Any]:
    within = stays[count] - stays.groupby("group")[count].transform("mean")
    if not stays["left"].any() or within.abs().max() == 0:
        return interval_fields(None)
    try:
        model = _fit(stays, count, extra=extra, biased=biased)
    except InputError:  # nothing in these stays tells this count apart
        return interval_fields(None)
    return interval_fields(model.ratio(0, choices.level))


def _robustness(dataset: Dataset, stays: pd.DataFrame, choices: Choices) -> list[dict[str, Any]]:
    sized = stays.assign(log_size=np.log(stays["size"].clip(lower=1)))
    entries: list[dict[str, Any]] = [
        {"name": Text("group size held fixed", "控制群的大小")}
        | _entry(sized, "friends", choices, extra="log_size"),
        {"name": Text("friends outside held fixed", "控制群外好友数")}
        | _entry(stays, "friends", choices, extra="friends_outside"),
        {"name": Text("friends outside (negative control)", "群外好友（阴性对照）")}
        | _entry(stays, "friends_outside", choices),
        {
            "name": Text(
                "friends over the whole stay (biased: immortal time)",
                "全程累计好友数（有偏：永生时间）",
            )
        }
        | _entry(stays, "friends_ever", choices, biased=True),
    ]
    for day in (14, 30):
        later = friends_at_landmark(dataset, float(day))
        name = Text(f"landmark at day {day}", f"以第{day}日为界标")
        if later["left"].sum() >= FEWEST_EXITS:
            entries.append({"name": name} | _entry(later, "friends", choices))
    return entries


def _reason(estimate: float, low: float, high: float, exits: int, outside: dict[str, Any]) -> Text:
    text = Text(
        f"Each further friend inside on day 7 goes with {estimate:.2f} times the hazard of leaving "
        f"later in the same group, between {low:.2f} and {high:.2f} ({exits} exits).",
        f"第7日群内每多一位好友，此后在同一群的退出风险为 {estimate:.2f} 倍，区间 {low:.2f} 至 "
        f"{high:.2f}（{exits} 次退出）。",
    )
    control = outside["estimate"]
    if control is not None and np.isfinite(control):
        text += Text(
            f"For a friend outside the group it is {control:.2f}.",
            f"群外每多一位好友则为 {control:.2f} 倍。",
        )
    return text


def _figure(stays: pd.DataFrame, choices: Choices) -> dict[str, Any]:
    """Count exits per day at risk by number of friends inside, with exact Poisson intervals."""
    top = int(np.clip(np.quantile(stays["friends"], 0.98), 1, 8))
    days = stays["exit_day"] - stays["enter_day"]
    rows = (
        pd.DataFrame(
            {"friends": stays["friends"].clip(upper=top), "days": days, "exits": stays["left"]}
        )
        .groupby("friends", as_index=False)
        .agg(days=("days", "sum"), exits=("exits", "sum"), stays=("exits", "size"))
    )
    tail = (1 - choices.level) / 2
    return {
        "friends": rows["friends"].tolist(),
        "top": top,
        "stays": rows["stays"].tolist(),
        "exits": rows["exits"].tolist(),
        "hazard": (rows["exits"] / rows["days"]).tolist(),
        "hazard_low": (
            stats.gamma.ppf(tail, rows["exits"].clip(lower=1e-12)) / rows["days"]
        ).tolist(),
        "hazard_high": (stats.gamma.ppf(1 - tail, rows["exits"] + 1) / rows["days"]).tolist(),
    }


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw exits per day at risk against friends inside at day 7, with the fitted ratio."""
    import matplotlib.pyplot as plt

    chinese = lang == "zh"
    if ax is None:
        ax = plt.figure().add_subplot()
    figure = result.details["figure"]
    friends = np.asarray(figure["friends"], float)
    hazard = np.asarray(figure["hazard"], float)
    low, high = np.asarray(figure["hazard_low"], float), np.asarray(figure["hazard_high"], float)
    ax.errorbar(
        friends,
        hazard,
        yerr=np.vstack([hazard - low, high - hazard]).clip(min=0),
        fmt="o",
        color="C0",
        label="观察到的（全部群）" if chinese else "observed, all groups",
    )
    ratio = result.estimate
    if ratio is not None and hazard.size:
        weights = np.asarray(figure["exits"], float)
        days = np.divide(weights, hazard, out=np.ones_like(hazard), where=hazard > 0)
        shape = ratio**friends
        level = weights.sum() / max(float((days * shape).sum()), 1e-12)
        ax.plot(
            friends,
            level * shape,
            color="C1",
            linestyle="--",
            label="同群内的拟合比率" if chinese else "fitted ratio within groups",
        )
    labels = [f"{int(f)}" + ("+" if int(f) == figure["top"] else "") for f in friends]
    counts = [f"{label}\n({count:,})" for label, count in zip(labels, figure["stays"], strict=True)]
    ax.set_xticks(friends, counts)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(
        "加入第7日的群内好友数（括号内为人次）"
        if chinese
        else "friends inside on day 7 since joining (stays in brackets)"
    )
    ax.set_ylabel("此后每日退出率" if chinese else "exits per day afterwards")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), ncols=2, frameon=False)
    return ax
