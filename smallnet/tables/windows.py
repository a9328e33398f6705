"""Who is a member when, who talks, and how large a group is at a moment: the shared definitions.

A spell is half-open: its start counts, its end does not. Instants are microseconds since 1970 UTC.
"""

import uuid

import ibis
import ibis.expr.types as ir
from ibis import _

from smallnet.tables.dataset import DAY_US, Dataset, microseconds

__all__ = [
    "DAY_US",
    "bots",
    "humans",
    "members_at",
    "microseconds",
    "posters_only",
    "size_steps",
    "sized_groups",
    "sizes_at",
    "spells",
    "talk",
]

NO_TALK = ("system", "reaction")  # kinds that are not an act of talking
FIRST_POST_IS_JOIN = 0.9  # share of joins that fall on a first post, above which they are one


def bots(dataset: Dataset) -> ir.Table:
    """Give the machines: ``[person]``."""
    return dataset["people"].filter(_.bot.fill_null(ibis.literal(False))).select("person")


def humans(dataset: Dataset) -> ir.Table:
    """Everybody who is named anywhere and is no bot: ``[person]`` and the attributes of ``people``.

    Outsiders who wrote but were never members are among them.
    """
    named = [
        dataset["people"].select("person"),
        dataset["memberships"].select("person"),
        dataset["interactions"].select(person="sender"),
        dataset["interactions"].select(person="recipient"),
        dataset["recipients"].select("person"),
        dataset["friendships"].select("person"),
        dataset["friendships"].select(person="friend"),
        dataset["ties"].select(person="source"),
        dataset["ties"].select(person="target"),
        dataset["shares"].select(person="sharer"),
        dataset["adoptions"].select("person"),
    ]
    everybody = ibis.union(*named, distinct=True).filter(_.person.notnull())
    people = dataset["people"].anti_join(bots(dataset), "person")
    return (
        everybody.anti_join(bots(dataset), "person")
        .left_join(people, "person")
        .drop("person_right", "bot")
    )


def spells(dataset: Dataset) -> ir.Table:
    """Every stay of a human in a group, cut to the watch.

    Returns
    -------
    ibis.Table
        ``group, person, start_us, end_us`` (half-open), ``joined_us`` (the moment of joining,
        null where unknown; it may lie before the watch), ``start_known`` (joined inside the
        watch), ``left`` (left at a known moment inside the watch), ``via, invited_by, muted,
        muted_at``. Overlapping rows of one person in one group are merged; stays that do not
        touch the watch are dropped.

    Notes
    -----
    An unknown ``joined_at`` counts as in since before the watch, or since the group was created if
    that is later; an unknown ``left_at`` as still in at its end. ``left_by`` without ``left_at``:
    in until the last trace in the group (or the join), and never an exit.
    """
    return dataset.keep("spells", lambda: _spells(dataset))


def _spells(dataset: Dataset) -> ir.Table:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    stays = (
        dataset["memberships"]
        .filter(_.group.notnull() & _.person.notnull())
        .anti_join(bots(dataset), "person")
        .mutate(joined_us=microseconds(_.joined_at), left_us=microseconds(_.left_at))
    )
    if dataset.has("memberships.left_by"):  # only they need the last trace in a group
        traces = (
            dataset["interactions"]
            .filter(_.group.notnull())
            .group_by("group", person="sender")
            .aggregate(last_us=microseconds(_.at).max())
        )
        stays = stays.left_join(traces, ["group", "person"])
    else:
        stays = stays.mutate(last_us=ibis.null("int64"))
    born = dataset["groups"].select(born_group="group", born_us=microseconds(_.created_at))
    stays = stays.left_join(born, stays.group == born.born_group)  # no stay before the group
    vague = stays.left_at.isnull() & stays.left_by.notnull()
    last_trace = ibis.least(
        ibis.greatest(stays.last_us + 1, stays.joined_us).fill_null(
            ibis.coalesce(stays.last_us + 1, stays.joined_us, ibis.literal(low))
        ),
        microseconds(stays.left_by),
    )
    stays = stays.mutate(
        start_us=ibis.greatest(ibis.coalesce(stays.joined_us, stays.born_us, low), low),
        end_us=ibis.least(ibis.ifelse(vague, last_trace, stays.left_us.fill_null(high)), high),
        left=stays.left_us.notnull() & (stays.left_us < high),
    ).filter(_.end_us > _.start_us)
    mine = ["group", "person"]
    before = ibis.window(group_by=mine, order_by=["start_us", "end_us"], following=0)
    stays = stays.mutate(reach_us=_.end_us.max().over(before))
    order = ibis.window(group_by=mine, order_by=["start_us", "end_us"])
    stays = stays.mutate(last_reach_us=_.reach_us.lag().over(order))
    stays = stays.mutate(new=ibis.ifelse(_.start_us > _.last_reach_us.fill_null(low - 1), 1, 0))
    stays = stays.mutate(island=_.new.sum().over(before))
    return (
        stays.group_by("group", "person", "island")
        .aggregate(
            start_us=_.start_us.min(),
            joined_us=ibis.ifelse(_.joined_us.isnull().any(), None, _.joined_us.min()),
            left=_.left.argmax(_.end_us),
            via=_.via.argmin(_.start_us),
            invited_by=_.invited_by.argmin(_.start_us),
            muted=_.muted.argmax(_.end_us),
            muted_at=_.muted_at.argmax(_.end_us),
            end_us=_.end_us.max(),
        )
        .mutate(start_known=_.joined_us.notnull() & (_.joined_us >= low))
        .select(
            "group",
            "person",
            "start_us",
            "end_us",
            "joined_us",
            "start_known",
            "left",
            "via",
            "invited_by",
            "muted",
            "muted_at",
        )
    )


def members_at(dataset: Dataset, at_us: int) -> ir.Table:
    """Who is in which group at an instant: ``[group, person]``."""
    stays = spells(dataset)
    return stays.filter(_.start_us <= at_us, _.end_us > at_us).select("group", "person").distinct()


def talk(dataset: Dataset) -> ir.Table:
    """Acts that count as talking in a group.

    Returns
    -------
    ibis.Table
        ``interaction, group, sender, at_us, kind, reply_to, fingerprint, n_chars, entry``: acts of
        humans inside the watch, without system messages and reactions. A symmetric act (a
        contact) stands once for each of the two. ``entry`` marks the act whose moment is also
        the moment of joining: where first posts are taken as joins it made the membership, and
        counting it as activity would make small groups livelier by arithmetic.
    """
    return dataset.keep("talk", lambda: _talk(dataset))


def _talk(dataset: Dataset) -> ir.Table:
    low, high = dataset.observed_from_us, dataset.observed_until_us
    acts = (
        dataset["interactions"]
        .filter(_.group.notnull() & ~_.kind.fill_null("text").isin(NO_TALK))
        .mutate(at_us=microseconds(_.at))
        .filter(_.at_us >= low, _.at_us < high)
    )
    columns = ("interaction", "group", "sender", "at_us", "kind", "reply_to", "fingerprint")
    said = acts.select(*columns, "n_chars")
    if dataset.has("interactions.symmetric"):
        both = acts.filter(_.symmetric.fill_null(ibis.literal(False)) & _.recipient.notnull())
        said = said.union(both.mutate(sender=_.recipient).select(*columns, "n_chars"))
    if dataset.has("people.bot"):
        said = said.anti_join(bots(dataset), said.sender == bots(dataset).person)
    if not dataset.has("memberships.joined_at"):
        return said.mutate(entry=ibis.literal(False))
    joins = (
        dataset["memberships"]
        .filter(_.joined_at.notnull())
        .select("group", sender="person", at_us=microseconds(_.joined_at))
        .distinct()
    )
    entries = (  # few, so no window over all acts; the moment alone, a number, sifts most out
        said.semi_join(joins.select("at_us").distinct(), "at_us")
        .semi_join(joins, ["group", "sender", "at_us"])
        .group_by("group", "sender", "at_us")
        .aggregate(interaction=_.interaction.min())
        .select("interaction", "sender", entered=ibis.literal(True))
    )
    return (
        said.left_join(entries, ["interaction", "sender"])
        .mutate(entry=_.entered.fill_null(ibis.literal(False)))
        .select(*columns, "n_chars", "entry")
    )


def sized_groups(dataset: Dataset) -> ir.Table:
    """Give the groups that have a size: ``[group, roster]``, so none with a partial roster."""
    groups = dataset["groups"].select("group", "roster")
    named = dataset["memberships"].filter(_.group.notnull()).select("group").distinct()
    unlisted = named.anti_join(groups, "group").mutate(roster=ibis.null("string"))
    return groups.union(unlisted).filter(_.roster.fill_null("complete") != "partial")


def posters_only(dataset: Dataset) -> bool:
    """Tell whether size means "people who wrote" in any group.

    It does where the roster says so, or where it is unknown, nobody is silent, and nine in ten
    joins fall on the member's first act.
    """
    groups = sized_groups(dataset)
    if groups.filter(_.roster == "posters").count().to_pyarrow().as_py():
        return True
    unknown = groups.filter(_.roster.isnull())
    first = (
        dataset["interactions"]
        .filter(_.group.notnull())
        .group_by("group", person="sender")
        .aggregate(first=_.at.min())
    )
    stays = (
        dataset["memberships"]
        .semi_join(unknown, "group")
        .anti_join(bots(dataset), "person")
        .left_join(first, ["group", "person"])
    )
    row = (
        stays.aggregate(
            silent=_.first.isnull().sum(),
            joined=_.joined_at.notnull().sum(),
            same=(_.joined_at == _.first).sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    joined, same = row["joined"] or 0, row["same"] or 0
    return joined > 0 and not row["silent"] and same >= FIRST_POST_IS_JOIN * joined


def _deltas(dataset: Dataset) -> ir.Table:
    stays = spells(dataset)
    starts = stays.select("group", at_us="start_us", delta=ibis.literal(1, "int64"))
    ends = stays.select("group", at_us="end_us", delta=ibis.literal(-1, "int64"))
    return starts.union(ends).group_by("group", "at_us").aggregate(delta=_.delta.sum())


def size_steps(dataset: Dataset) -> ir.Table:
    """Size of every group as a step function of time.

    Returns
    -------
    ibis.Table
        ``group, from_us, until_us, size``: half-open, without the stretches of size 0; the last
        step of a group ends with the watch.
    """
    high = dataset.observed_until_us
    along = ibis.window(group_by="group", order_by="at_us", following=0)
    steps = (
        _deltas(dataset)
        .mutate(size=_.delta.sum().over(along))
        .mutate(
            until_us=_.at_us.lead().over(ibis.window(group_by="group", order_by="at_us")),
        )
    )
    return (
        steps.mutate(until_us=_.until_us.fill_null(high))
        .filter(_.size > 0, _.until_us > _.at_us)
        .select("group", from_us="at_us", until_us="until_us", size="size")
    )


def sizes_at(
    dataset: Dataset, events: ir.Table, group: str = "group", at: str = "at_us"
) -> ir.Table:
    """Add ``size``, the members of the event's group at its moment.

    Parameters
    ----------
    dataset : Dataset
        Whose spells count.
    events : ibis.Table
        One row an event.
    group, at : str
        Its columns of the group and of the instant (microseconds).

    Returns
    -------
    ibis.Table
        The events with ``size`` (0 where nobody is in).
    """
    numbered = f"_events_{uuid.uuid4().hex[:8]}"  # once: a second numbering may be another
    events = dataset.connection.create_table(
        numbered, events.mutate(event_row=ibis.row_number().cast("int64"))
    )
    marks = events.select(
        group=events[group],
        at_us=events[at],
        delta=ibis.literal(0, "int64"),
        event_row=events.event_row,
    )
    steps = _deltas(dataset).mutate(event_row=ibis.literal(-1, "int64"))
    along = ibis.window(group_by="group", order_by=["at_us", "event_row"], following=0)
    sized = (
        marks.union(steps.select("group", "at_us", "delta", "event_row"))
        .mutate(size=_.delta.sum().over(along))
        .filter(_.event_row >= 0)
        .select("event_row", "size")
    )
    return events.inner_join(sized, "event_row").drop("event_row")
