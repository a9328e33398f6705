"""Whom to start with under a budget: the rules, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from smallnet.errors import UnknownNameError
from smallnet.simulations.seeding.greedy import celf
from smallnet.simulations.seeding.group_seeding import (
    few_per_large_group,
    group_cover,
    one_per_group,
    whole_small_groups,
)
from smallnet.simulations.seeding.rankings import (
    Rule,
    anybody,
    bridges,
    degree,
    group_count,
    k_core,
    pagerank,
)
from smallnet.simulations.seeding.reverse_sets import reverse_reachable
from smallnet.simulations.spreading import Model, Population
from smallnet.tables.words import Text

__all__ = ["STRATEGIES", "Strategy", "find_strategy", "fitting_strategies"]


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A rule with its name, its words and its needs.

    Attributes
    ----------
    name : str
        As the command line says it.
    text : Text
    choose : callable
        ``choose(population, budget, model, *, rng, costs) -> Choice``.
    needs : frozenset of {"ties", "groups", "live ties"}
        What the population must have; ``live ties``: a model that is one of live ties.
    """

    name: str
    text: Text
    choose: Rule
    needs: frozenset[str] = frozenset()

    def fits(self, population: Population, model: Model) -> bool:
        """Whether the population and the model have what the rule needs."""
        have = {
            "ties": population.network is not None,
            "groups": population.n_groups > 0,
            "live ties": population.network is not None and model.live_ties != "none",
        }
        return all(have[need] for need in self.needs)


def _strategy(name: str, en: str, zh: str, choose: Rule, *needs: str) -> Strategy:
    return Strategy(name=name, text=Text(en=en, zh=zh), choose=choose, needs=frozenset(needs))


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        strategy.name: strategy
        for strategy in (
            _strategy("random", "people drawn at random", "随机抽取的人", anybody),
            _strategy("degree", "the strongest ties", "联系最强的人", degree),
            _strategy("group-count", "in most groups", "所在群最多的人", group_count, "groups"),
            _strategy("k-core", "the innermost core", "网络最内核的人", k_core, "ties"),
            _strategy("pagerank", "PageRank", "PageRank 最高的人", pagerank, "ties"),
            _strategy("bridges", "bridges between circles", "圈子之间的桥梁", bridges, "ties"),
            _strategy("celf", "greedy on the same worlds", "同一批模拟世界上的贪心选择", celf),
            _strategy(
                "reverse-reachable",
                "reverse-reachable sets",
                "反向可达集",
                reverse_reachable,
                "live ties",
            ),
            _strategy(
                "group-cover", "together in most groups", "合起来覆盖最多群", group_cover, "groups"
            ),
            _strategy(
                "whole-small-groups", "whole small groups", "整个小群", whole_small_groups, "groups"
            ),
            _strategy("one-per-group", "one in each group", "每群一人", one_per_group, "groups"),
            _strategy(
                "few-per-large-group",
                "a few in each large group",
                "每个大群几人",
                few_per_large_group,
                "groups",
            ),
        )
    }
)
"""Strategies by the name that the command line uses."""


def find_strategy(name: str) -> Strategy:
    """Give the strategy of that name.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if name not in STRATEGIES:
        msg = f"unknown strategy {name!r}, expected one of {', '.join(STRATEGIES)}"
        raise UnknownNameError(msg)
    return STRATEGIES[name]


def fitting_strategies(population: Population, model: Model) -> tuple[str, ...]:
    """Names of all strategies that this population and this model allow.

    Greedy choice is left out where each look at a person would take whole replicates, in models
    without live ties; who asks for ``celf`` by name gets it.
    """
    quick = model.live_ties != "none"
    return tuple(
        name
        for name, rule in STRATEGIES.items()
        if rule.fits(population, model) and (quick or name != "celf")
    )
