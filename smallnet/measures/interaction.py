"""Who talks how much, how evenly, how soon, and in what rhythm."""

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.measures.intervals import median_ranks
from smallnet.tables.dataset import DAY_US, Dataset
from smallnet.tables.windows import spells, talk

__all__ = [
    "RESPONSE_WINDOW_US",
    "answers",
    "group_evenness",
    "group_responses",
    "group_talk",
    "talk_sequence",
]

NO_TURN = ("call", "contact")
RESPONSE_WINDOW_US = DAY_US  # a turn that comes later answers nobody


def talk_sequence(dataset: Dataset) -> ir.Table:
    """Talk of each group in order of time.

    Returns
    -------
    ibis.Table
        ``interaction, group, sender, at_us, entry``, ``member`` (the sender was in at that
        moment), ``prev_us`` of the message before in the group, ``prev_sender`` (null where
        that was a call or a contact, which have no turns), ``turn`` (neither is one).
    """
    return dataset.keep("talk_sequence", lambda: _talk_sequence(dataset))


def _talk_sequence(dataset: Dataset) -> ir.Table:
    acts = talk(dataset).select(
        "interaction",
        "group",
        "sender",
        "at_us",
        "entry",
        said=~_.kind.fill_null("text").isin(NO_TURN),
    )
    stays = spells(dataset).select("group", "person", "start_us", "end_us")
    acts = acts.left_join(
        stays,
        [
            acts.group == stays.group,
            acts.sender == stays.person,
            acts.at_us >= stays.start_us,
            acts.at_us < stays.end_us,
        ],
    ).select(*acts.columns, member=stays.start_us.notnull())
    order = ["at_us", "interaction"]
    if dataset.has("interactions.symmetric"):  # an act that stands for two stands twice
        order.append("sender")
    along = ibis.window(group_by="group", order_by=order)  # a shorter key sorts faster
    return (
        acts.mutate(
            prev_us=_.at_us.lag().over(along),
            prev_sender=ibis.ifelse(_.said, _.sender, None).lag().over(along),
        )
        .mutate(turn=_.said & _.prev_sender.notnull())
        .drop("said")
    )


def group_talk(dataset: Dataset) -> ir.Table:
    """Count each group's talk and take its rhythm.

    Returns
    -------
    ibis.Table
        ``group, messages, member_messages`` (by members while in), ``rated_messages`` (those
        without the act that made the membership), ``talkers, active_members`` (members who
        talked), ``same_sender`` (messages that follow one of the same person), ``gaps,
        gap_mean_us, gap_sd_us`` (population form), ``day_squares`` (sum over days of the squared
        number of rated messages), ``active_days``.
    """
    acts = talk_sequence(dataset).mutate(gap=ibis.ifelse(_.turn, _.at_us - _.prev_us, None))
    counts = acts.group_by("group").aggregate(
        messages=_.count(),
        member_messages=_.member.sum(),
        rated_messages=(_.member & ~_.entry).sum(),
        talkers=_.sender.nunique(),
        active_members=ibis.ifelse(_.member, _.sender, None).nunique(),
        same_sender=(_.turn & (_.sender == _.prev_sender)).sum(),
        gaps=_.gap.count(),
        gap_mean_us=_.gap.mean(),
        gap_sd_us=_.gap.cast("float64").std(how="pop"),
    )
    days = (
        acts.filter(_.member & ~_.entry)
        .mutate(day=_.at_us // DAY_US)
        .group_by("group", "day")
        .aggregate(n=_.count())
        .group_by(day_group="group")
        .aggregate(day_squares=(_.n * _.n).sum(), active_days=_.count())
    )
    return counts.left_join(days, counts.group == days.day_group).drop("day_group")


def group_evenness(dataset: Dataset) -> ir.Table:
    """How the messages are spread over people.

    Returns
    -------
    ibis.Table
        ``group, sent`` and ``top_sent`` (of all, and of the one who wrote most), ``pairs_same``
        (sum of x(x − 1) over people), ``x_log_x`` (sum of x log2 x), and for members only
        ``member_sent, member_ranked`` (rank times messages, ranks from 1 among those who wrote),
        ``member_talkers``; ``ranked`` for all talkers.
    """
    sent = (
        talk_sequence(dataset)
        .group_by("group", "sender")
        .aggregate(x=_.count(), y=_.member.sum())
        .mutate(
            rank=ibis.row_number().over(group_by="group", order_by=["x", "sender"]) + 1,
            from_top=ibis.row_number().over(
                group_by="group", order_by=[ibis.desc("y"), ibis.desc("sender")]
            ),
        )
    )
    sent = sent.mutate(wrote=ibis.ifelse(_.y > 0, 1, 0))
    sent = sent.mutate(members=_.wrote.sum().over(group_by="group"))
    return sent.group_by("group").aggregate(
        sent=_.x.sum(),
        top_sent=_.x.max(),
        pairs_same=(_.x * (_.x - 1)).sum(),
        x_log_x=(_.x * _.x.cast("float64").log2()).sum(),
        ranked=(_.rank * _.x).sum(),
        member_sent=_.y.sum(),
        member_ranked=((_.members - _.from_top) * _.y).sum(),
        member_talkers=_.wrote.sum(),
    )


def answers(dataset: Dataset) -> ir.Table:
    """Messages that answer another person's message in the same group.

    Returns
    -------
    ibis.Table
        ``group, interaction, sender, answered`` (the message), ``answered_sender, delay_us``.
    """
    said = talk(dataset)
    asked = said.select("group", reply_to="interaction", answered_sender="sender", asked_us="at_us")
    return (
        said.filter(_.reply_to.notnull())
        .inner_join(asked, ["group", "reply_to"])
        .filter(_.sender != _.answered_sender, _.at_us >= _.asked_us)
        .select(
            "group",
            "interaction",
            "sender",
            "answered_sender",
            answered=_.reply_to,
            delay_us=_.at_us - _.asked_us,
        )
    )


def group_responses(dataset: Dataset, level: float = 0.95) -> ir.Table:
    """Time to a response, its median with an interval.

    Returns
    -------
    ibis.Table
        ``group, responses, response_us`` (median), ``response_low_us, response_high_us``.

    Notes
    -----
    Where the source records ``reply_to``, a response is a reply to another person, timed from
    the message it answers. Where it does not, it is a change of turn: a message within a day of
    the one before, by somebody else.
    """
    if dataset.has("interactions.reply_to"):
        delays = answers(dataset).select("group", "interaction", "delay_us")
    else:
        turns = talk_sequence(dataset).filter(_.turn, _.prev_sender != _.sender)
        delays = turns.mutate(delay_us=_.at_us - _.prev_us)
        delays = delays.filter(_.delay_us <= RESPONSE_WINDOW_US)
        delays = delays.select("group", "interaction", "delay_us")
    delays = delays.mutate(
        n=_.count().over(group_by="group"),
        rank=ibis.row_number().over(group_by="group", order_by=["delay_us", "interaction"]) + 1,
    )
    low, high = median_ranks(delays.n.cast("float64"), level)
    delays = delays.mutate(
        at_low=ibis.ifelse(delays.rank == low, delays.delay_us, None),
        at_high=ibis.ifelse(delays.rank == high, delays.delay_us, None),
    )
    return delays.group_by("group").aggregate(
        responses=_.count(),
        response_us=_.delay_us.median(),
        response_low_us=_.at_low.max(),
        response_high_us=_.at_high.max(),
    )
