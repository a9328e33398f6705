r"""Whether members know each other, and more than chance among people with as many friends.

Density falls with size by arithmetic, so each count stands beside the configuration model, which
keeps the group's size and everybody's number of friends. With K the friend-ends (stubs) of the
members, S those of everybody and :math:`k_i` those of member i, a random matching of all stubs
joins different members

.. math:: E = \frac{T}{S - 1}, \quad T = \frac{K^2 - \sum k_i^2}{2}

times, double ties counted. Its variance is exact as well: of the T pairs of stubs, taken two at
a time, :math:`D = T^2 - T - \sum_i k_i (K - k_i)(K - k_i - 1)` are disjoint, and

.. math:: V = \frac{D}{(S - 1)(S - 3)} + E - E^2.
"""

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis import _
from numpy.typing import ArrayLike, NDArray

from smallnet.measures.size import end_members
from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.windows import bots

__all__ = ["friend_pairs", "group_friends", "pairs_by_chance", "triangles"]

FloatArray = NDArray[np.float64]


def friend_pairs(dataset: Dataset) -> ir.Table:
    """Friendships among humans by the end of the watch, once each.

    Returns
    -------
    ibis.Table
        ``low, high`` (the two people's places, ``low < high``). Places are numbered from those
        with few friends to those with many, so that listing triangles from the low end is quick.
    """
    return dataset.keep("friend_pairs", lambda: _friend_pairs(dataset))


def _named_pairs(dataset: Dataset) -> ir.Table:
    def build() -> ir.Table:
        table, machines = dataset["friendships"], bots(dataset)
        since = microseconds(table.since)
        rows = table.filter(since.isnull() | (since < dataset.observed_until_us))
        rows = rows.select(a=ibis.least(_.person, _.friend), b=ibis.greatest(_.person, _.friend))
        rows = rows.filter(_.a != _.b).distinct()
        rows = rows.anti_join(machines.rename(a="person"), "a")
        return rows.anti_join(machines.rename(b="person"), "b")

    return dataset.keep("named_friend_pairs", build)


def _places(dataset: Dataset) -> ir.Table:
    def build() -> ir.Table:
        pairs = _named_pairs(dataset)
        ends = pairs.select(person="a").union(pairs.select(person="b"))
        degrees = ends.group_by("person").aggregate(friends=_.count())
        return degrees.mutate(place=ibis.row_number().over(order_by=["friends", "person"]))

    return dataset.keep("friend_places", build)


def _friend_pairs(dataset: Dataset) -> ir.Table:
    places = _places(dataset).select("person", "place")
    pairs = _named_pairs(dataset)
    pairs = pairs.inner_join(places.select(a="person", at_a="place"), "a")
    pairs = pairs.inner_join(places.select(b="person", at_b="place"), "b")
    return pairs.select(low=ibis.least(_.at_a, _.at_b), high=ibis.greatest(_.at_a, _.at_b))


def triangles(pairs: ir.Table, by: tuple[str, ...] = ()) -> ir.Table:
    """List every triangle once.

    Parameters
    ----------
    pairs : ibis.Table
        ``low, high`` with ``low < high``, and the columns ``by``.
    by : tuple of str
        Columns in which the three sides must agree, such as ``("group",)``.

    Returns
    -------
    ibis.Table
        ``low, middle, high`` and ``by``.
    """
    first = pairs.select(*by, "low", middle="high")
    second = pairs.select(*by, "low", "high")
    wedges = first.inner_join(second, [*by, "low"]).filter(_.middle < _.high)
    third = pairs.select(*by, "high", middle="low")
    return wedges.inner_join(third, [*by, "middle", "high"]).select(*by, "low", "middle", "high")


def group_friends(dataset: Dataset) -> ir.Table:
    """Friendships among the members of each group at its end.

    Returns
    -------
    ibis.Table
        ``group, members, friend_pairs`` (both inside), ``befriended`` (members with a friend
        inside), ``triangles, wedges`` (pairs of friends of one member), ``common_friends`` (sum
        over friend pairs inside of the friends that both have, anywhere), ``stubs, stubs_2,
        stubs_3`` (sum over members of the number of friends, its square, its cube), ``all_stubs``
        (twice the number of friendships). Groups with a partial roster, or nobody in, have no row.
    """
    members, places = end_members(dataset), _places(dataset)
    held = members.left_join(places, "person").select(
        "group", "place", friends=_.friends.fill_null(0)
    )
    k = held.friends.cast("float64")
    base = held.group_by("group").aggregate(
        members=_.count(), stubs=k.sum(), stubs_2=(k * k).sum(), stubs_3=(k * k * k).sum()
    )
    pairs = friend_pairs(dataset)
    among = held.filter(_.place.notnull())
    inside = among.select("group", low="place").inner_join(pairs, "low")
    inside = inside.inner_join(among.select("group", high="place"), ["group", "high"])
    inside = dataset.keep("friends_inside", lambda: inside.select("group", "low", "high"))
    ends = inside.select("group", place="low").union(inside.select("group", place="high"))
    ends = ends.group_by("group", "place").aggregate(d=_.count())
    degrees = ends.group_by(g="group").aggregate(
        befriended=_.count(), wedges=(_.d * (_.d - 1)).sum() / 2
    )
    closed = triangles(inside, ("group",)).group_by(g="group").aggregate(triangles=_.count())
    common = (
        inside.inner_join(_common_friends(dataset), ["low", "high"])
        .group_by(g="group")
        .aggregate(common_friends=_.common.sum())
    )
    counted = inside.group_by(g="group").aggregate(friend_pairs=_.count())
    table = base
    for part in (counted, degrees, closed, common):
        table = table.left_join(part, table.group == part.g).drop("g")
    names = ("friend_pairs", "befriended", "wedges", "triangles", "common_friends")
    total = pairs.count().as_scalar() * 2
    return table.mutate(all_stubs=total, **{n: table[n].fill_null(0) for n in names})


def _common_friends(dataset: Dataset) -> ir.Table:
    corners = triangles(friend_pairs(dataset))
    sides = ibis.union(
        corners.select("low", high="middle"),
        corners.select("low", "high"),
        corners.select("high", low="middle"),
    ).select("low", "high")
    return sides.group_by("low", "high").aggregate(common=_.count())


def pairs_by_chance(
    stubs: ArrayLike, stubs_2: ArrayLike, stubs_3: ArrayLike, all_stubs: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Friend pairs inside a group that the configuration model expects, and their spread.

    Parameters
    ----------
    stubs, stubs_2, stubs_3 : array_like of float, shape (groups,)
        Sum over the members of the number of friends, its square and its cube.
    all_stubs : array_like of float
        Twice the number of friendships in the whole network.

    Returns
    -------
    expected, sd : ndarray, shape (groups,)
        Pairs; ``nan`` where the network has fewer than two friendships.

    References
    ----------
    .. [1] M. E. J. Newman, Networks, Oxford (2018), chapter 12: the configuration model.

    Examples
    --------
    >>> expected, sd = pairs_by_chance([81], [615], [7000], 156)  # Zachary's Mr. Hi
    >>> round(float(expected[0]), 6)
    19.180645
    """
    k, k2, k3 = (np.asarray(part, dtype=float) for part in (stubs, stubs_2, stubs_3))
    every = np.asarray(all_stubs, dtype=float)
    every = np.where(every > 3, every, np.nan)
    pairs = (k**2 - k2) / 2
    expected = pairs / (every - 1)
    touching = k**3 - 2 * k * k2 + k3 - k**2 + k2
    apart = pairs**2 - pairs - touching
    variance = apart / ((every - 1) * (every - 3)) + expected - expected**2
    return expected, np.sqrt(np.maximum(variance, 0.0))
