"""B04: very few people, the connectors, bring in most of the others.

That recruits are brought unevenly is no finding: luck alone makes some lead, and any tail as heavy
as the rule of four fifths makes 0.8 % of the people bring half. A connector is somebody who would
lead *again*: the leaders of the first half of the watch are asked in the second, against the other
members of the same groups who were there all the same.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from smallnet.errors import InputError, NotTestableError
from smallnet.hypotheses.methods.conditional_poisson import fit_conditional_poisson
from smallnet.hypotheses.methods.drawing import BLUE, GREY, ORANGE, VERMILLION, axes
from smallnet.hypotheses.methods.log_ratios import FARTHEST
from smallnet.hypotheses.methods.permutation import within_strata_test
from smallnet.hypotheses.methods.within import LEANS_WIDE, Within
from smallnet.hypotheses.result import Claim, Result, interval_fields, result_of, settle
from smallnet.tables import Choices, Dataset, Text
from smallnet.tables.windows import DAY_US, spells

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CLAIM", "plot", "test"]

LEADER, FEWEST_TO_LEAD = 5, 2  # recruits in the first half; where hardly anybody has five: two
TOP = 0.01  # of the members
FEWEST_RECRUITS, FEWEST_LEADERS, FEWEST_GROUPS = 20, 3, 5
MOST_DRAWS = 199  # of luck
UNKNOWN_SHARE = 0.1  # of joins without a known way in, from which on it is said
BOOK = (0.008, 0.4625)  # share of people, share of recruits, as claimed

CLAIM = Claim(
    id="B04",
    title=Text("Few connectors bring most members", "少数连接者带来多数人"),
    claim=Text(
        "Very few people bring in most of the others: 0.8 % brought 46 %.",
        "极少数人带来了大多数人：0.8% 的人带来 46%。",
    ),
    needs=("memberships.invited_by", "memberships.joined_at"),
    estimand=Text(
        "Recruits a day of membership in the second half of the watch, of those who led in the "
        "first half (at least 5 recruits, or the top 1 %), divided by that of the other members "
        "who were there in the first half, in the same groups.",
        "观察期后半段每成员日招募的人数：前半段领先者（至少5人或前1%）除以同群中前半段也在场的其他成员。",
    ),
    effect=Text(
        "rate ratio of recruiting in the second half, leaders of the first ÷ other members",
        "后半段招募率之比，前半段领先者 ÷ 其他成员",
    ),
    null=1.0,
    claimed_side="above",
    ratio=True,
    method=Text(
        "Conditional Poisson regression of second-half recruits with days of membership as "
        "exposure and groups as strata; errors clustered by person and by group, t interval with "
        "effective clusters as the sample; p-value by drawing the leaders of each group by lot. "
        "Beside it the share of recruits that the top 1 % brought, against recruits dealt out by "
        "luck.",
        "后半段招募人数的条件泊松回归，以成员日为暴露、以群为层；按人与群两向聚类误差，"
        "以有效聚类数作 t 区间；p 值由在各群内随机抽取领先者而得。"
        "并附前1%所带来的份额，与凭运气分配的招募对照。",
    ),
    null_model=Text(
        "Each recruit of a group is brought by a member drawn by lot, in proportion to the days "
        "of membership; who led before leads no more often again.",
        "每个新人由该群成员按成员日数比例随机带来；先前的领先者此后并不更常领先。",
    ),
    assumptions=(
        Text(
            "Inviters are recorded alike for all, whoever they are.",
            "邀请人的记录对所有人一视同仁。",
        ),
    ),
    threats=(
        LEANS_WIDE,
        Text(
            "Who leads twice may hold an office that invites for all, such as the owner (T1).",
            "两次领先者可能担任代众人邀请的职务，如群主（T1）。",
        ),
        Text(
            "People invite soon after they join: leaders of the first half are no longer fresh. "
            "Time since joining, held fixed, is a re-estimate.",
            "人们多在加入后不久邀请他人：前半段的领先者已不新鲜。另以控制加入时长重新估计。",
        ),
        Text(
            "Who is recorded as the inviter need not be why somebody joined, and invitations that "
            "failed are not seen (T10).",
            "记录的邀请人未必是加入的原因，失败的邀请也看不到（T10）。",
        ),
    ),
    why_hard=Text(
        "Luck alone makes a few lead: a number this uneven is no more than the usual rule of four "
        "fifths, and says nothing about who would lead again.",
        "仅凭运气也会有少数人领先：如此不均并未超出通常的二八律，也不能说明下次谁会领先。",
    ),
    would_refute=Text(
        "Leaders of one period who are no more than average in the next.",
        "一个时期的领先者在下一时期不高于平均。",
    ),
    would_settle=Text(
        "Who invited whom for all joins over two periods, with invitations that failed.",
        "两个时期内全部加入的邀请关系，包括失败的邀请。",
    ),
)


@dataclass(frozen=True, eq=False)
class _Recruiting:
    """Who was there, and whom they brought.

    ``members`` has a row a person and group: ``group, person, first, second`` (days there in each
    half), ``early, late`` (recruits brought into this group in each half), ``tenure`` (days since
    joining at the middle of the watch).
    """

    members: pd.DataFrame
    outside: int  # recruits whose inviter was not in the group
    unknown_share: float  # of joins: neither inviter nor way in is known


def test(dataset: Dataset, choices: Choices, *, rng: np.random.Generator) -> Result:
    """Ask whether the leading recruiters of the first half lead again in the second.

    Parameters
    ----------
    dataset : Dataset
        Needs who invited whom, and when they joined.
    choices : Choices
        Level, smallest effect, draws of luck.
    rng : numpy.random.Generator
        Deals out recruits by luck.

    Returns
    -------
    Result
        ``details``: recruits, inviters, leaders and from how many recruits on somebody is one; the
        share that the top 1 % of the members brought and Gini's coefficient, each with what luck
        gives (mean and interval); recruits whose inviter was not in the group.

    Raises
    ------
    NotTestableError
        If joins or inviters were not recorded, or nobody who was a member invited anybody.
    """
    dataset.require(*CLAIM.needs)
    found = _recruiting(dataset)
    members = found.members
    if not (members["early"].sum() + members["late"].sum()):
        raise NotTestableError(("memberships.invited_by that name members of the group",))
    own = members.groupby("person")[["first", "early"]].transform("sum")
    asked = members[(own["first"] > 0) & (members["second"] > 0)].assign(led=own["early"])
    bar = _bar(members)
    leads = asked["led"] >= bar
    leaders, late = int(asked.loc[leads, "person"].nunique()), int(asked["late"].sum())
    n = {
        "people": int(asked["person"].nunique()),
        "groups": int(asked["group"].nunique()),
        "rows": len(asked),
        "events": late,
    }
    details: dict[str, Any] = {
        "recruits": int(members["early"].sum() + members["late"].sum()),
        "inviters": int((members.groupby("person")[["early", "late"]].sum().sum(axis=1) > 0).sum()),
        "leaders": leaders,
        "leads_from": bar,
        "inviters_outside_the_group": found.outside,
        "joins_of_unknown_way": found.unknown_share,
    } | _concentration(members, choices, rng)
    details["figure"] |= _again(asked)
    threats = [_UNKNOWN] if found.unknown_share > UNKNOWN_SHARE else []
    few = leaders < FEWEST_LEADERS or late < FEWEST_RECRUITS
    model = None if few else _try(asked, leads)
    if model is None:
        return result_of(
            CLAIM,
            choices,
            verdict="inconclusive",
            reason=_too_few(leaders, late, details),
            threats=threats,
            n=n,
            details=details,
        )
    estimate, low, high = model.ratio(0, choices.level, most=FARTHEST)
    p_value = _exchanged(asked, leads, choices, rng)
    details["effective_clusters"] = float(model.effective_clusters[0])
    details["p_clusters"] = float(model.p_values()[0])
    return result_of(
        CLAIM,
        choices,
        verdict=settle(CLAIM, choices, estimate, low, high, p_value),
        reason=_reason(estimate, low, high, details),
        threats=threats,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        p_value=p_value,
        n=n,
        robustness=_robustness(asked, bar, choices),
        details=details,
    )


_UNKNOWN = Text(
    "Of many joins neither the inviter nor the way in is known here: shares are of those known.",
    "此处许多加入既不知邀请人也不知入群方式：份额只就已知者而言。",
)


def _recruiting(dataset: Dataset) -> _Recruiting:
    """Days of membership and recruits of each member, before and after the middle of the watch."""
    low, high = dataset.observed_from_us, dataset.observed_until_us
    middle = (low + high) // 2
    columns = ("group", "person", "start_us", "end_us", "joined_us", "start_known")
    stays = dataset.collect(spells(dataset).select(*columns, "invited_by", "via"))
    joins = stays[stays["start_known"].astype(bool)]
    unknown = joins["invited_by"].isna() & joins["via"].isna()
    brought = joins[joins["invited_by"].notna() & (joins["invited_by"] != joins["person"])]
    brought = brought[["group", "joined_us", "invited_by"]].reset_index(names="recruit")
    present = stays[["group", "person", "start_us", "end_us"]].rename(
        columns={"person": "invited_by"}
    )
    met = brought.merge(present, on=["group", "invited_by"])
    met = met[met["joined_us"].between(met["start_us"], met["end_us"], inclusive="left")]
    met = met.drop_duplicates("recruit").rename(columns={"invited_by": "person"})
    met = met.assign(early=met["joined_us"] < middle, late=met["joined_us"] >= middle)
    stays = stays.assign(
        first=(stays["end_us"].clip(upper=middle) - stays["start_us"]).clip(lower=0) / DAY_US,
        second=(stays["end_us"] - stays["start_us"].clip(lower=middle)).clip(lower=0) / DAY_US,
        tenure=(middle - stays["joined_us"].astype(float).fillna(low)).clip(lower=0) / DAY_US,
    )
    keys = ["group", "person"]
    members = stays.groupby(keys).agg(
        first=("first", "sum"), second=("second", "sum"), tenure=("tenure", "max")
    )
    counts = met.groupby(keys)[["early", "late"]].sum().astype(int)
    members = members.join(counts).fillna({"early": 0, "late": 0}).reset_index()
    members = members.astype({"early": int, "late": int})
    share = float(unknown.mean()) if len(joins) else 0.0
    return _Recruiting(members, len(brought) - len(met), share)


def _bar(members: pd.DataFrame) -> int:
    """Recruits in the first half from which on somebody leads: five, or less in the top 1 %."""
    there = members.groupby("person")[["first", "early"]].sum()
    top = np.quantile(there.loc[there["first"] > 0, "early"], 1 - TOP, method="higher")
    return int(np.clip(top, FEWEST_TO_LEAD, LEADER))


def _try(asked: pd.DataFrame, x: npt.ArrayLike, *more: npt.ArrayLike) -> Within | None:
    """Fit; None where recruits of one side alone, or none, tell of a ratio."""
    clusters = [asked["person"]]
    if asked["group"].nunique() >= FEWEST_GROUPS:
        clusters.append(asked["group"])
    try:
        return fit_conditional_poisson(
            asked["late"],
            asked["second"],
            np.column_stack([np.asarray(column, float) for column in (x, *more)]),
            asked["stratum"] if "stratum" in asked else asked["group"],
            clusters=[pd.factorize(labels)[0] for labels in clusters],
        )
    except InputError:
        return None


def _exchanged(
    asked: pd.DataFrame, leads: pd.Series, choices: Choices, rng: np.random.Generator
) -> float:
    """Two-sided p-value of the leaders' recruits beyond their group's rate, leaders drawn by lot.

    Recruits come in bursts, from few hands: with so few leaders a t interval alone would raise too
    many alarms where none of them happened to burst.
    """
    total = asked.groupby("group")[["late", "second"]].transform("sum")
    beyond = asked["late"] - asked["second"] * total["late"] / total["second"]
    test = within_strata_test(
        beyond.to_numpy(float),
        leads.to_numpy(float),
        asked["group"].to_numpy(),
        permutations=choices.replicates,
        rng=rng,
    )
    return test.p_value


def _entry(
    name: Text, choices: Choices, asked: pd.DataFrame, x: npt.ArrayLike, *more: npt.ArrayLike
) -> dict[str, Any]:
    model = _try(asked, x, *more)
    return {"name": name} | interval_fields(
        None if model is None else model.ratio(0, choices.level, most=FARTHEST)
    )


def _robustness(asked: pd.DataFrame, bar: int, choices: Choices) -> list[dict[str, Any]]:
    leads = asked["led"] >= bar
    entries = [
        _entry(
            Text(f"leads with {other} recruits or more", f"至少招募 {other} 人即为领先"),
            choices,
            asked,
            asked["led"] >= other,
        )
        for other in (FEWEST_TO_LEAD, 2 * LEADER)
        if other != bar
    ]
    return [
        *entries,
        _entry(
            Text("time since joining held fixed", "控制加入时长"),
            choices,
            asked,
            leads,
            np.log1p(asked["tenure"]),
        ),
        _entry(
            Text("per doubling of 1 + first-half recruits", "前半段（1+招募数）每翻一倍"),
            choices,
            asked,
            np.log2(1 + asked["led"]),
        ),
        _entry(
            Text(
                "groups thrown together (biased: leaders are where groups grow)",
                "各群混在一起（有偏：领先者多在成长的群）",
            ),
            choices,
            asked.assign(stratum=0),
            leads,
        ),
    ]


def _concentration(
    members: pd.DataFrame, choices: Choices, rng: np.random.Generator
) -> dict[str, Any]:
    """How unevenly recruits are brought over the whole watch, and how unevenly by luck."""
    person, people = pd.factorize(members["person"])
    group = pd.factorize(members["group"])[0]
    order = np.argsort(group, kind="stable")
    brought = (members["early"] + members["late"]).to_numpy()
    seen = np.bincount(person, brought, people.size)
    days = (members["first"] + members["second"]).to_numpy()[order]
    total = np.bincount(group[order], days)
    # each group is a stretch of length 1 in which its members have their shares
    share = np.cumsum(days / total[group[order]])
    whose = np.repeat(group, brought)
    drawn = []
    for _draw in range(min(MOST_DRAWS, choices.replicates)):
        at = np.searchsorted(share, whose + rng.random(whose.size), side="right")
        lucky = person[order][np.minimum(at, order.size - 1)]
        drawn.append(np.sort(np.bincount(lucky, minlength=people.size))[::-1])
    ranked, luck = np.sort(seen)[::-1], np.array(drawn)
    shown = np.unique(np.geomspace(1, people.size, 60).round().astype(int))
    tail = (1 - choices.level) / 2
    details: dict[str, Any] = {"members": int(people.size)}
    for name, measure in (("top_share", _top_share), ("gini", _gini)):
        by_luck = np.array([measure(one) for one in luck])
        low, high = np.quantile(by_luck, [tail, 1 - tail])
        details[name] = measure(ranked)
        details[f"{name}_by_luck"] = [float(by_luck.mean()), float(low), float(high)]
    details["figure"] = {
        "members": (shown / people.size).tolist(),
        "brought": (np.cumsum(ranked) / ranked.sum())[shown - 1].tolist(),
        "by_luck": (np.cumsum(luck, axis=1).mean(axis=0) / ranked.sum())[shown - 1].tolist(),
    }
    return details


def _top_share(ranked: npt.NDArray[Any]) -> float:
    """Share of the recruits that the top 1 % of the members brought; at least one member."""
    most = max(round(TOP * ranked.size), 1)
    return float(ranked[:most].sum() / ranked.sum())


def _gini(ranked: npt.NDArray[Any]) -> float:
    """Gini's coefficient over all members, from the largest on; 1 if one brought everybody."""
    n = ranked.size
    weights = n + 1 - 2 * np.arange(1, n + 1)
    return float((weights * ranked).sum() / ranked.sum() / max(n - 1, 1))


def _again(asked: pd.DataFrame) -> dict[str, Any]:
    """Share of second-half recruits by members ranked by the first half; equals lie on a line."""
    by_person = asked.groupby("person").agg(led=("led", "first"), late=("late", "sum"))
    steps = by_person.groupby("led").agg(n=("late", "size"), late=("late", "sum"))[::-1].cumsum()
    if not len(steps) or not steps["late"].iloc[-1]:
        return {}
    ends = steps / steps.iloc[-1]
    return {"ranked": [0.0, *ends["n"]], "again": [0.0, *ends["late"]]}


def _uneven(details: dict[str, Any]) -> Text:
    top, (mean, low, high) = details["top_share"], details["top_share_by_luck"]
    return Text(
        f"The top 1 % of {details['members']} members brought {top:.0%} of "
        f"{details['recruits']} recruits; luck alone would give {mean:.0%} ({low:.0%} to "
        f"{high:.0%}).",
        f"{details['members']} 名成员中的前1%带来 {details['recruits']} 名新人的 {top:.0%}；"
        f"仅凭运气为 {mean:.0%}（{low:.0%} 至 {high:.0%}）。",
    )


def _too_few(leaders: int, late: int, details: dict[str, Any]) -> Text:
    return Text(
        f"{leaders} leaders of the first half and {late} recruits in the second are too few to see "
        "whether the same people lead again.",
        f"前半段领先者 {leaders} 人、后半段招募 {late} 人：太少，看不出领先者是否再次领先。",
    ) + _uneven(details)


def _reason(estimate: float, low: float, high: float, details: dict[str, Any]) -> Text:
    return Text(
        f"The {details['leaders']} leaders of the first half brought {estimate:.2f} times as many "
        "a day in the second as other members of the same groups, between "
        f"{low:.2f} and {high:.2f}.",
        f"前半段的 {details['leaders']} 名领先者，后半段每日招募为同群其他成员的 "
        f"{estimate:.2f} 倍，区间 {low:.2f} 至 {high:.2f}。",
    ) + _uneven(details)


def plot(result: Result, ax: "Axes | None" = None, *, lang: str = "en") -> "Axes":
    """Draw which share of the members brought which share of the recruits, and who did again."""
    ax = axes(ax)
    chinese = lang == "zh"
    shown = result.details["figure"]
    for x, y, colour, style, words in (
        ("members", "brought", BLUE, "-", ("全程", "whole watch")),
        ("members", "by_luck", GREY, "--", ("凭运气", "by luck")),
        ("ranked", "again", ORANGE, "-.", ("后半段，按前半段排名", "second half, ranked by first")),
    ):
        if shown.get(x):
            ax.plot(shown[x], shown[y], style, color=colour, lw=2, label=words[not chinese])
    label = "书中" if chinese else "the book"
    ax.plot(*BOOK, marker="D", ls="none", color=VERMILLION, label=label)
    ax.set_xscale("log")
    ax.set_xlim(min(shown["members"][0], BOOK[0]) / 1.5, 1)
    ax.set_ylim(0, 1.02)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("成员份额，自招募最多者起" if chinese else "share of members, from the top")
    ax.set_ylabel("所带来新人的份额" if chinese else "share of recruits that they brought")
    ax.legend(loc="upper left", frameon=False)
    return ax
