"""What is said: how much repeats, how much is links, how long it is."""

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.tables.dataset import Dataset, microseconds
from smallnet.tables.windows import talk

__all__ = ["group_content"]


def group_content(dataset: Dataset) -> ir.Table:
    r"""Repetition, links and length of each group's messages.

    .. math:: R = 1 - \frac{-\sum_k p_k \log_2 p_k}{\log_2 n}

    is the redundancy of n messages of which a share :math:`p_k` has fingerprint k: 0 where all
    differ, 1 where all are the same.

    Returns
    -------
    ibis.Table
        ``group, fingerprinted`` (messages with a fingerprint), ``distinct_messages``,
        ``repetition`` (1 − distinct ÷ fingerprinted), ``redundancy, linked`` (messages that are
        or hold a link), ``measured`` (messages with a length), ``chars_mean``. Counts of what the
        source does not record are 0.
    """
    said = talk(dataset)
    prints = (
        said.filter(_.fingerprint.notnull())
        .group_by("group", "fingerprint")
        .aggregate(n=_.count())
        .group_by(print_group="group")
        .aggregate(
            fingerprinted=_.n.sum(),
            distinct_messages=_.count(),
            n_log_n=(_.n * _.n.cast("float64").log2()).sum(),
        )
    )
    basics = said.group_by("group").aggregate(
        linked=ibis.ifelse(_.kind == "link", 1, 0).sum(),
        measured=_.n_chars.count(),
        chars_mean=_.n_chars.mean(),
    )
    acts = dataset["interactions"]
    if (
        "n_urls" in acts.columns and acts["n_urls"].type().is_numeric()
    ):  # an attribute of some sources: addresses in a message
        low, high = dataset.observed_from_us, dataset.observed_until_us
        urls = (
            acts.mutate(at_us=microseconds(_.at))
            .filter(_.at_us >= low, _.at_us < high, _.n_urls > 0)
            .select("interaction")
        )
        held = (
            said.semi_join(urls, "interaction").group_by(url_group="group").aggregate(u=_.count())
        )
        basics = basics.left_join(held, basics.group == held.url_group)
        basics = basics.mutate(linked=ibis.greatest(_.linked, _.u.fill_null(0)))
        basics = basics.drop("url_group", "u")
    table = basics.left_join(prints, basics.group == prints.print_group).drop("print_group")
    n = table.fingerprinted.cast("float64")
    bits = ibis.ifelse(n > 1, n, None).log2()  # of n messages that all differ
    return table.mutate(
        repetition=ibis.ifelse(n > 0, 1 - table.distinct_messages / n, None),
        redundancy=1 - (n.log2() - table.n_log_n / n) / bits,
    ).drop("n_log_n")
