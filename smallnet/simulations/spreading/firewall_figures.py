"""Figures of the firewall study, drawn on ``ax`` in either language."""

from typing import Any

import numpy as np
import pandas as pd

from smallnet.tables.words import Text

__all__ = ["plot_comparison", "plot_sizes", "plot_thresholds"]

# Okabe and Ito, https://doi.org/10.1038/nmeth.1618; told apart by line and marker too
LOOKS = (("#0072B2", "-", "o"), ("#D55E00", "--", "s"), ("#009E73", "-.", "^"),
         ("#E69F00", ":", "D"), ("#777777", "-", "v"))  # fmt: skip

CONTAGION = {
    "simple": Text(en="simple contagion", zh="简单传播"),
    "complex": Text(en="complex contagion (second sharer)", zh="复杂传播（第二个人分享才接受）"),
}
OBSERVED = Text(en="observed groups", zh="实际群")
SHUFFLED = Text(en="shuffled groups", zh="随机打乱的群")
CHANCE = Text(
    en="chance to take up a share one sees (log scale)", zh="看到后接受的概率（对数刻度）"
)
REACH = Text(en="reach, share of the other members", zh="到达比例（其余成员）")
ATTENDING = Text(en="share of memberships attended (not muted)", zh="未屏蔽的成员关系比例")
THRESHOLD = Text(en="critical chance of transmission (log scale)", zh="临界传播概率（对数刻度）")
THEORY = Text(en="random groups, theory", zh="随机群（理论）")
SIZE = Text(en="group size n, members", zh="群规模 n（人）")
RATE = Text(en="critical rate, per recovery", zh="临界传播率（以恢复时间计）")


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots()[1]


def plot_comparison(table: pd.DataFrame, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw reach against the chance of a transmission; see ``FirewallComparison``."""
    ax = _axes(ax)
    for (contagion, rows), (colour, line, marker) in zip(
        table.groupby("contagion", sort=False), LOOKS, strict=False
    ):
        name = CONTAGION[str(contagion)].get(lang)
        ax.plot(
            rows["chance"], rows["reach"], line, color=colour, marker=marker,
            label=f"{name}: {OBSERVED.get(lang)}",
        )  # fmt: skip
        ax.fill_between(
            rows["chance"], rows["null_low"], rows["null_high"], color=colour, alpha=0.25,
            linewidth=0, label=f"{name}: {SHUFFLED.get(lang)}",
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel(CHANCE.get(lang))
    ax.set_ylabel(REACH.get(lang))
    ax.legend(fontsize="small")
    return ax


def plot_thresholds(table: pd.DataFrame, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw thresholds against the share attended; see ``AttentionThresholds``."""
    ax = _axes(ax)
    ax.plot(table["attending"], table["theory"], color=LOOKS[4][0], label=THEORY.get(lang))
    for name, words, (colour, line, marker) in zip(
        ("observed", "shuffled"), (OBSERVED, SHUFFLED), LOOKS, strict=False
    ):
        at, error = table[name], 1.96 * table[f"{name}_se"] / table[name]
        ax.errorbar(
            table["attending"], at, yerr=[at - at * np.exp(-error), at * np.exp(error) - at],
            color=colour, linestyle=line, marker=marker, capsize=3, label=words.get(lang),
        )  # fmt: skip
    ax.set_yscale("log")
    ax.set_xlabel(ATTENDING.get(lang))
    ax.set_ylabel(THRESHOLD.get(lang))
    ax.legend(fontsize="small")
    return ax


def plot_sizes(table: pd.DataFrame, ax: Any = None, *, lang: str = "en") -> Any:
    """Draw critical rates against size at equal contacts; see ``SizeVerdict``."""
    ax = _axes(ax)
    for (nu, rows), (colour, line, marker) in zip(table.groupby("nu"), LOOKS * 10, strict=False):
        ax.plot(rows["size"], rows["threshold"], line, color=colour, marker=marker,
                label=f"ν = {nu:g}")  # fmt: skip
    ax.set_xlabel(SIZE.get(lang))
    ax.set_ylabel(RATE.get(lang))
    ax.legend(fontsize="small")
    return ax
