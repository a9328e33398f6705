"""Random small networks for the property tests of this room."""

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from smallnet.networks import Network

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no clock in tests
IDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    | st.sampled_from("群友'\"<>&\n\t "),
    max_size=6,
)
WEIGHTS = st.floats(-1e9, 1e9) | st.just(float("nan")) | st.sampled_from([0.0, 0.1, 1 / 3, 5e-324])
TEXTS = st.none() | IDS
TIMES = st.none() | st.datetimes(
    min_value=pd.Timestamp("1900-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2100-01-01").to_pydatetime(),
)


@st.composite
def networks(draw, *, directed=None, weights=WEIGHTS, attributes=False, max_people=7):
    """A network with any ids, any ties, stored zeros and unknown strengths among them."""
    people = sorted(draw(st.lists(IDS, unique=True, max_size=max_people)))
    n = len(people)
    directed = draw(st.booleans()) if directed is None else directed
    pairs = [(i, j) for i in range(n) for j in range(n) if (i != j if directed else i < j)]
    ties = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    more = more_of_ties = None
    if attributes:
        more = draw(frames(n)).assign(person=people)
        more_of_ties = draw(frames(len(ties)))
    return Network.from_ends(
        [i for i, _ in ties],
        [j for _, j in ties],
        [draw(weights) for _ in ties],
        people,
        directed=directed,
        weight="messages a day, 每天",
        made_by="chance <&>",
        attributes=more,
        tie_attributes=more_of_ties,
    )


@st.composite
def frames(draw, n):
    """Attributes of every type, any of them unknown; at least one value of each is known."""

    def column(values, known):
        drawn = draw(st.lists(st.none() | values, min_size=n, max_size=n))
        return [known, *drawn[1:]] if n else []

    return pd.DataFrame(
        {
            "start": pd.array(column(st.integers(-(2**53), 2**53), 7), dtype="Int64"),
            "label": pd.array(column(IDS, "标签"), dtype="string"),
            "bot": pd.array(column(st.booleans(), True), dtype="boolean"),
            "share": pd.array(column(st.floats(-1e300, 1e300), 0.1), dtype="Float64"),
            "came": pd.to_datetime(
                pd.Series(column(TIMES.filter(bool), pd.Timestamp("2024-02-29 01:02:03.000004")))
            ).astype("datetime64[us]"),
        }
    )


def dense(network):
    """Strengths as a dense matrix with infinity where there is no tie."""
    matrix = np.full((network.n_people, network.n_people), np.inf)
    source, target, weights = network.ends()
    matrix[source, target] = weights
    if not network.directed:
        matrix[target, source] = weights
    return matrix
