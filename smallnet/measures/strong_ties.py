"""Where the strong ties are: inside dense surroundings, and with few partners."""

import numpy as np
import pandas as pd

from smallnet.errors import InputError
from smallnet.networks import Network, tie_strength
from smallnet.networks.arrays import FloatArray, rows_of

__all__ = ["overlap_by_strength", "partners_for_share"]


def overlap_by_strength(network: Network, *, bins: int = 10) -> pd.DataFrame:
    """Mean overlap of ties from the weakest to the strongest, as Onnela et al. draw it.

    Parameters
    ----------
    network : Network
        Weighted by contact; who shares alters with whom does not look at directions.
    bins : int
        Classes of about the same number of ties.

    Returns
    -------
    DataFrame
        One row a class: ``weaker`` (share of all ties below its middle), ``strength`` (median),
        ``overlap`` (mean), ``low, high`` (the middle half of its ties), ``ties``. Ties share
        people, so the spread is no error of the mean.

    Raises
    ------
    InputError
        If there are fewer ties of known overlap than classes.

    References
    ----------
    .. [1] J.-P. Onnela et al., PNAS 104, 7332-7336 (2007). https://doi.org/10.1073/pnas.0610245104
    """
    weight = network.ends()[2]
    overlap = tie_strength(network, "overlap").ends()[2]
    known = np.isfinite(overlap) & np.isfinite(weight)
    weight, overlap = weight[known], overlap[known]
    if bins < 1 or weight.size < bins:
        msg = f"{weight.size} ties of known overlap for {bins} classes, expected one each or more"
        raise InputError(msg)
    rank = pd.Series(weight).rank(method="average").to_numpy()  # equal strengths stay together
    code = np.minimum((rank - 0.5) / weight.size * bins, bins - 1).astype(int)
    ties = pd.DataFrame({"code": code, "weaker": (rank - 0.5) / weight.size})
    rows = ties.assign(strength=weight, overlap=overlap).groupby("code")
    return pd.DataFrame(
        {
            "weaker": rows["weaker"].mean(),
            "strength": rows["strength"].median(),
            "overlap": rows["overlap"].mean(),
            "low": rows["overlap"].quantile(0.25),
            "high": rows["overlap"].quantile(0.75),
            "ties": rows.size(),
        }
    ).reset_index(drop=True)


def partners_for_share(network: Network, share: float = 0.7) -> FloatArray:
    """Which part of each person's partners, the strongest first, makes this share of contact.

    Parameters
    ----------
    network : Network
        Strengths of at least 0; of directed ties those that go out.
    share : float
        Of the person's strength, above 0 and at most 1.

    Returns
    -------
    ndarray, shape (n,)
        Above 0, at most 1; ``nan`` for who has no partner with a strength above 0.

    Raises
    ------
    InputError
        If the share or a strength is out of bounds.

    References
    ----------
    .. [1] C. Wilson, A. Sala, K. P. N. Puttaswamy and B. Y. Zhao, ACM Transactions on the Web 6,
       17 (2012). https://doi.org/10.1145/2382616.2382620

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["a", "a", "a"], "target": ["b", "c", "d"],
    ...                      "weight": [7, 2, 1]})
    >>> network = Network.from_frame(rows, directed=False, weight="calls")
    >>> partners_for_share(network).round(3).tolist()
    [0.333, 1.0, 1.0, 1.0]
    """
    weight = network.adjacency.data
    if not 0 < share <= 1 or (weight < 0).any():
        least = float(weight.min(initial=0))
        msg = f"share is {share} and the least strength {least}, expected (0, 1] and 0 or more"
        raise InputError(msg)
    counted = weight > 0
    ego, weight = rows_of(network.adjacency)[counted], weight[counted]
    order = np.lexsort((-weight, ego))
    ego, weight = ego[order], weight[order]
    n = network.n_people
    total = np.bincount(ego, weight, n)
    before = np.cumsum(weight) - weight
    begins = np.concatenate([[0.0], np.cumsum(total)[:-1]]) if n else total
    needed = before - begins[ego] < share * total[ego] * (1 - 1e-12)
    partners = np.bincount(ego, minlength=n)
    with np.errstate(invalid="ignore"):  # nobody to talk to is 0 / 0, which is nan
        part: FloatArray = np.bincount(ego, needed, n) / partners
    return part
