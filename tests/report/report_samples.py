"""Made-up results, groups and a drawing: every verdict, unknown numbers, hostile names."""

from typing import Any

import numpy as np
import pandas as pd

from smallnet.hypotheses.result import Result

HOSTILE = {
    "script": "<script>window.hacked = 1; alert('hacked')</script>",
    "image": '<img src=x onerror="window.hacked = 1">',
    "closing": "</script><script>window.hacked = 1</script>",
    "quotes": '"quoted" \'single\' `tick` onmouseover="window.hacked = 1"',
    "rtl": "‮txt.exe‬ مرحبا بالعالم",
    "emoji": "🎉👩‍👩‍👧‍👦 party 群 🎊",
    "long": "长name" * 2000,
    "lines": "line one\nline two\r\n\tthree",
    "formula": '=HYPERLINK("http://example.invalid","click")',
    "plus": "+1+1",
    "template": "{{ 7 * 7 }}{% raw %}",
    "comment": "<!-- --> ]]> &amp; &lt;b&gt;",
    "maths": "$\\frac{1}{0}$ and $",
    "nul": "a\x00b\x07c",
}

_ROWS: list[tuple[str, str, str, str, Any, Any, Any, Any, str]] = [
    (
        "S01",
        "Most shares go to groups and friends",
        "把内容分享给群和好友",
        "supported",
        0.81,
        0.77,
        0.85,
        0.0004,
        "Share of shares that are private",
    ),
    (
        "S03",
        "Shared-to groups are mostly small",
        "分享到的群大多是小群",
        "inconclusive",
        1.12,
        0.82,
        1.53,
        0.47,
        "Observed over expected share of small targets",
    ),
    (
        "S05",
        "Everyone is active in small groups",
        "人人都活跃在小群中",
        "supported",
        0.82,
        0.71,
        0.94,
        0.008,
        "Rate ratio per doubling of group size",
    ),
    (
        "T30",
        "There is a threshold and it is 30",
        "门槛是三十人",
        "inconclusive",
        None,
        None,
        None,
        0.31,
        "Threshold in members",
    ),
    (
        "S08",
        "Friends inside keep people in the group",
        "群内好友让人留下",
        "contradicted",
        1.34,
        1.11,
        1.62,
        0.003,
        "Hazard ratio per friend inside",
    ),
    (
        "S13",
        "Ninety per cent of groups are muted",
        "九成的群被屏蔽",
        "contradicted",
        0.42,
        0.38,
        0.46,
        0.0001,
        "Share of memberships muted",
    ),
    (
        "S14",
        "Everybody is in ten groups or more",
        "每人至少在十个群里",
        "contradicted",
        3.0,
        2.0,
        4.0,
        None,
        "5 % quantile of groups per person",
    ),
    (
        "S15",
        "Relationship chains are a firewall between groups",
        "关系链是群之间的防火墙",
        "not testable",
        None,
        None,
        None,
        None,
        "Odds ratio of staying inside",
    ),
    (
        "S16",
        "Newcomers judge within the first two days",
        "新人在一两天内作出判断",
        "no effect",
        1.02,
        0.93,
        1.12,
        0.7,
        "Hazard ratio, days 0-2 against 3-14",
    ),
]


def sample_results() -> list[Result]:
    """One result a claim, in both languages."""
    results = []
    for name, title, title_zh, verdict, estimate, low, high, p_value, effect in _ROWS:
        testable = verdict != "not testable"
        reason = {
            "supported": "The interval lies on the claimed side.",
            "contradicted": "The interval lies on the other side.",
            "no effect": "The difference is too small to matter.",
            "inconclusive": "The interval holds both sides of the null.",
            "not testable": "The data lack friendships: what was not recorded cannot be told "
            "from what did not happen.",
        }[verdict]
        robustness = (
            {"name": "without the silent end", "estimate": 0.9, "ci_low": 0.8, "ci_high": 1.01},
            {"name": "days as dates <b>", "estimate": None, "ci_low": None, "ci_high": None},
        )
        chinese = {
            "title": title_zh,
            "claim": f"{title_zh}。",
            "estimand": f"{title_zh}的估计目标",
            "effect": "效应量",
            "method": "混合泊松模型，人作为分层，群作为随机效应。",
            "null_model": "没有差别。",
            "reason": "这是用中文写的理由。",
            "assumptions": ["群之间相互独立。"],
            "threats": ["规模是选择的结果。"],
            "robustness": [{**entry, "name": "另一种算法"} for entry in robustness],
        }
        results.append(
            Result(
                id=name,
                title=title,
                claim=f"{title}.",
                verdict=verdict,
                estimand=f"What {effect.lower()} is in this population.",
                effect=effect,
                estimate=estimate,
                ci_low=low,
                ci_high=high,
                p_value=p_value,
                p_adjusted=None if p_value is None else min(1.0, p_value * 2),
                n={"people": 1200, "groups": 60, "rows": None, "events": 88123} if testable else {},
                method="A mixed Poisson model with people as strata and groups at random.",
                null_model="No difference.",
                assumptions=("Groups are independent of each other.",),
                threats=("Size is chosen: healthy groups grow.",),
                robustness=robustness if testable else (),
                details={"within": {"estimate": 0.97, "ci_low": None, "ci_high": None}},
                reason=reason,
                translations={"zh": chinese},
            )
        )
    return results


def sample_groups(*, hostile: bool = True, rows: int = 40) -> pd.DataFrame:
    """One row a group with sizes, activity and names that try to break things."""
    rng = np.random.default_rng(1)
    names = [f"group {index:03d}" for index in range(rows)]
    if hostile:
        names[: len(HOSTILE)] = list(HOSTILE.values())
    size = np.exp(rng.normal(3.0, 0.9, rows)).round().clip(2)
    rate = np.exp(rng.normal(-1.0, 1.0, rows)) * (rng.random(rows) > 0.15)
    return pd.DataFrame(
        {
            "group": names,
            "size": size,
            "messages_per_member_day": rate,
            "criteria_met": rng.integers(0, 5, rows),
        }
    )


def sample_drawing() -> dict[str, list[dict[str, str]]]:
    """Three groups with overlapping members and some ties."""
    rng = np.random.default_rng(2)
    members, ties = [], []
    homes = {"tea 茶": range(9), HOSTILE["script"]: range(7, 20), HOSTILE["rtl"]: range(19, 25)}
    for group, people in homes.items():
        members += [{"group": group, "person": f"p{person}"} for person in people]
        pairs = [(a, b) for a in people for b in people if a < b and rng.random() < 0.3]
        ties += [{"source": f"p{a}", "target": f"p{b}"} for a, b in pairs]
    ties += [{"source": "p1", "target": "p15"}, {"source": "p22", "target": "p4"}]
    return {"members": members, "ties": ties}
