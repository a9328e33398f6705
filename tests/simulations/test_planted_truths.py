"""Every planted effect comes back by a direct estimator, within its Monte-Carlo error.

Tolerances are 4.5 standard errors: a false alarm in 150,000.
"""

import ibis
import numpy as np
import pytest
from ibis import _

from smallnet.simulations import Platform
from smallnet.tables.windows import DAY_US, microseconds, size_steps, sizes_at, spells, talk

TALK = ("people", "groups", "memberships", "interactions")
STAYS = ("people", "memberships", "friendships")
ERRORS = 4.5
ALIKE = Platform(  # everybody and every group alike, so that counts are Poisson
    people=400,
    groups=60,
    days=40.0,
    size_max=100,
    talk_sd=0.0,
    liveliness_sd=0.0,
    messages_per_day=0.3,
    leaving_sd=0.0,
)


def poisson_fit(count, exposure, *columns):
    """Maximum likelihood of a log-linear rate: coefficients and their standard errors."""
    x = np.column_stack([np.ones(len(count)), *columns]).astype(float)
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(count.sum() / exposure.sum())
    for _step in range(50):
        mean = exposure * np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (x * mean[:, None]), x.T @ (count - mean))
    mean = exposure * np.exp(x @ beta)
    return beta, np.sqrt(np.diag(np.linalg.inv(x.T @ (x * mean[:, None]))))


def by_size(dataset):
    """Messages and member-days at every size that a group ever had."""
    said = sizes_at(dataset, talk(dataset).select("group", "at_us"))
    counts = dataset.collect(said.group_by("group", "size").aggregate(count=_.count()))
    steps = size_steps(dataset).mutate(days=_.size * (_.until_us - _.from_us) / DAY_US)
    days = dataset.collect(steps.group_by("group", "size").aggregate(days=_.days.sum()))
    cells = days.merge(counts, on=["group", "size"], how="left").fillna({"count": 0})
    assert cells["count"].sum() == len(dataset.collect(said))
    return cells


def rate_per_doubling(platform, seed):
    world = platform.generate(rng=np.random.default_rng(seed), tables=TALK)
    cells = by_size(world.dataset())
    beta, error = poisson_fit(
        cells["count"].to_numpy(float), cells["days"].to_numpy(), np.log2(cells["size"])
    )
    return beta[1], error[1], world


@pytest.mark.parametrize("effect", [1.0, 0.7, 1.3])
def test_the_rate_per_doubling_of_size_comes_back(effect):
    slope, error, world = rate_per_doubling(ALIKE.change(size_effect=effect), 3)
    assert world.truth["S05"]["estimate"] == effect
    assert error < 0.02
    assert abs(slope - np.log(effect)) < ERRORS * error


def test_a_fixed_total_halves_the_rate_per_doubling():
    slope, error, world = rate_per_doubling(ALIKE.change(total_fixed=True), 4)
    assert world.truth["S05"]["estimate"] == 0.5
    assert world.truth["S05"]["total_elasticity"] == 0.0
    assert abs(slope - np.log(0.5)) < ERRORS * error


def test_between_and_within_come_back_apart():
    growing = ALIKE.change(
        size_effect=0.7, size_effect_within=1.4, joins_per_day=0.04, leaves_per_day=0.005
    )
    world = growing.generate(rng=np.random.default_rng(5), tables=TALK)
    cells = by_size(world.dataset())
    cells["doublings"] = np.log2(cells["size"])
    cells["time"] = cells["days"] / cells["size"]
    cells["product"] = cells["time"] * cells["doublings"]
    of_group = cells.groupby("group")[["product", "time"]].transform("sum")
    between = of_group["product"] / of_group["time"]  # mean log2 size in time
    beta, error = poisson_fit(
        cells["count"].to_numpy(float),
        cells["days"].to_numpy(),
        between,
        cells["doublings"] - between,
    )
    assert abs(beta[1] - np.log(0.7)) < ERRORS * error[1]
    assert abs(beta[2] - np.log(1.4)) < ERRORS * error[2]


@pytest.mark.parametrize(("ratio", "shape"), [(0.4, "step"), (1.0, "none")])
def test_the_step_comes_back_where_it_is(ratio, shape):
    platform = ALIKE.change(break_at=30, break_ratio=ratio)
    world = platform.generate(rng=np.random.default_rng(6), tables=TALK)
    truth = world.truth["T30"]
    assert truth["shape"] == shape
    assert truth["estimate"] == (30 if shape == "step" else None)
    cells = by_size(world.dataset())
    cells = cells[cells["size"].between(15, 59)]
    beta, error = poisson_fit(
        cells["count"].to_numpy(float),
        cells["days"].to_numpy(),
        cells["size"] >= 30,
        np.log2(cells["size"] / 30),
    )
    assert abs(beta[1] - np.log(ratio)) < ERRORS * error[1]
    assert abs(beta[2]) < ERRORS * error[2]


def test_the_kink_comes_back_where_it_is():
    platform = ALIKE.change(break_at=30, kink_slope=0.5)
    world = platform.generate(rng=np.random.default_rng(7), tables=TALK)
    assert world.truth["T30"]["shape"] == "kink"
    assert world.truth["S05"]["estimate"] is None
    cells = by_size(world.dataset())
    above = np.maximum(np.log2(cells["size"] / 30), 0.0)
    below = np.minimum(np.log2(cells["size"] / 30), 0.0)
    beta, error = poisson_fit(
        cells["count"].to_numpy(float), cells["days"].to_numpy(), above, below
    )
    assert abs(beta[1] - np.log(0.5)) < ERRORS * error[1]
    assert abs(beta[2]) < ERRORS * error[2]


def test_people_differ_as_much_as_they_should_in_how_much_they_say():
    platform = ALIKE.change(
        talk_sd=1.0, messages_per_day=1.0, joins_per_day=0.0, leaves_per_day=0.0
    )
    world = platform.generate(rng=np.random.default_rng(8), tables=TALK)
    dataset = world.dataset()
    said = dataset.collect(talk(dataset).group_by(person="sender").aggregate(count=_.count()))
    days = dataset.collect(
        spells(dataset).group_by("person").aggregate(days=(_.end_us - _.start_us).sum() / DAY_US)
    )
    both = days.merge(said, on="person", how="left").fillna({"count": 0})
    rate = both["count"] / both["days"]
    noise = rate.mean() / both["days"]  # Poisson variance of a rate
    log_variance = np.log1p((rate.var() - noise.mean()) / rate.mean() ** 2)
    # log(1 + cv²) = sd² for a log-normal; its error for 400 people by delta method is about .35
    assert abs(log_variance - 1.0) < 1.2
    assert abs(np.corrcoef(np.log(rate[rate > 0]), days["days"][rate > 0])[0, 1]) < 4.5 / 20


def test_sorting_moves_talkers_into_small_groups_and_leaves_the_effect_of_size_alone():
    platform = ALIKE.change(sorting=1.0, talk_sd=1.0, joins_per_day=0.0, leaves_per_day=0.0)
    pooled, error, world = rate_per_doubling(platform, 9)
    assert world.truth["S05"]["estimate"] == 1.0
    gap = pooled / np.log(2) - (world.truth["S05"]["total_elasticity"] - 1.0)
    assert abs(gap) < ERRORS * error / np.log(2)
    assert pooled < -8 * error  # pooled over people it looks like an effect of size
    dataset = world.dataset()
    said = talk(dataset).group_by("group", person="sender").aggregate(count=_.count())
    rows = dataset.collect(
        spells(dataset)
        .mutate(days=(_.end_us - _.start_us) / DAY_US)
        .left_join(said, ["group", "person"])
        .select("group", "person", "days", count=_["count"].fill_null(0))
    )
    rows["size"] = rows.groupby("group")["person"].transform("count")
    rows = rows[rows.groupby("person")["count"].transform("sum") > 0]
    # conditional on each person's total: the score of the within-person multinomial at no effect
    rows["share"] = rows["days"] / rows.groupby("person")["days"].transform("sum")
    rows["total"] = rows.groupby("person")["count"].transform("sum")
    rows["x"] = np.log2(rows["size"])
    rows["mean"] = (rows["share"] * rows["x"]).groupby(rows["person"]).transform("sum")
    score = (rows["count"] * (rows["x"] - rows["mean"])).sum()
    information = (rows["total"] * rows["share"] * (rows["x"] - rows["mean"]) ** 2).sum()
    assert abs(score) < ERRORS * np.sqrt(information)
    assert 1 / np.sqrt(information) < 0.02


def exits(dataset, low, high):
    """Leavings and days at risk between two days since joining, of all whose joining is known."""
    stays = dataset["memberships"].filter(_.joined_at.notnull())
    start, end = dataset.observed_from_us, dataset.observed_until_us
    stays = stays.mutate(
        joined=microseconds(_.joined_at), left=microseconds(_.left_at).fill_null(end)
    )
    stays = stays.mutate(
        enter=ibis.greatest(_.joined + int(low * DAY_US), start),
        leave=ibis.least(_.joined + int(high * DAY_US), _.left),
    ).filter(_.leave > _.enter)
    row = dataset.collect(
        stays.aggregate(
            events=(_.left_at.notnull() & (_.left == _.leave)).sum(),
            days=(_.leave - _.enter).sum() / DAY_US,
        )
    )
    return float(row["events"][0]), float(row["days"][0])


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_the_hazard_of_the_first_days_comes_back(ratio):
    platform = ALIKE.change(
        newcomer_ratio=ratio, settled_ratio=0.5, joins_per_day=0.05, leaves_per_day=0.02
    )
    world = platform.generate(rng=np.random.default_rng(10), tables=STAYS)
    assert world.truth["S16"]["estimate"] == ratio
    dataset = world.dataset()
    first, first_days = exits(dataset, 0, 3)
    later, later_days = exits(dataset, 3, 15)
    settled, settled_days = exits(dataset, 15, 10_000)
    assert first > 80
    log_ratio = np.log(first / first_days) - np.log(later / later_days)
    assert abs(log_ratio - np.log(ratio)) < ERRORS * np.sqrt(1 / first + 1 / later)
    log_settled = np.log(settled / settled_days) - np.log(later / later_days)
    assert abs(log_settled - np.log(0.5)) < ERRORS * np.sqrt(1 / settled + 1 / later)
    assert abs(np.log(later / later_days / 0.02)) < ERRORS / np.sqrt(later)


def landmark_rows(world):
    """Joiners who are in on day 7: friends inside then, days at risk after, whether they left."""
    frames = world.frames
    stays = frames["memberships"].merge(frames["people"], on="person").query("not bot")
    start = np.datetime64(world.study.observed_from)
    end = np.datetime64(world.study.observed_until)
    stays = stays.assign(
        row=np.arange(len(stays)),
        enter=stays["joined_at"].fillna(start),
        leave=stays["left_at"].fillna(end),
    )
    stays["mark"] = stays["joined_at"] + np.timedelta64(7, "D")
    egos = stays[(stays["joined_at"] >= start) & (stays["mark"] < stays["leave"])]
    pairs = frames["friendships"]
    both = np.concatenate(
        [pairs[["person", "friend"]].to_numpy(), pairs[["friend", "person"]].to_numpy()]
    )
    friends = egos.merge(
        type(pairs)({"person": both[:, 0], "friend": both[:, 1]}).assign(
            since=np.tile(pairs["since"].fillna(np.datetime64("2000-01-01")), 2)
        ),
        on="person",
    ).merge(
        stays[["group", "person", "enter", "leave"]],
        left_on=["group", "friend"],
        right_on=["group", "person"],
        suffixes=("", "_friend"),
    )
    at, final = friends["mark"], friends["leave"]
    inside = friends[
        (friends["since"] <= at) & (friends["enter_friend"] <= at) & (at < friends["leave_friend"])
    ]
    ever = friends[(friends["since"] <= final) & (friends["enter_friend"] <= final)]
    at_mark = inside.groupby("row").size().reindex(egos["row"], fill_value=0).to_numpy()
    in_all = ever.groupby("row").size().reindex(egos["row"], fill_value=0).to_numpy()
    days = (egos["leave"] - egos["mark"]).dt.total_seconds().to_numpy() / 86_400
    return at_mark, in_all, days, egos["left_at"].notna().to_numpy(float)


@pytest.mark.parametrize("ratio", [1.0, 0.7])
def test_the_hazard_ratio_per_friend_inside_at_the_landmark_comes_back(ratio):
    platform = ALIKE.change(
        friends_ratio=ratio,
        friends_per_day=0.03,
        inside_friend_odds=3.0,
        joins_per_day=0.05,
        leaves_per_day=0.03,
    )
    world = platform.generate(rng=np.random.default_rng(12), tables=STAYS)
    assert world.truth["S08"]["estimate"] == ratio
    friends, _in_all, days, left = landmark_rows(world)
    assert friends.max() >= 4
    beta, error = poisson_fit(left, days, friends)
    assert error[1] < 0.1
    assert abs(beta[1] - np.log(ratio)) < ERRORS * error[1]
    assert abs(beta[0] - np.log(0.03)) < ERRORS * error[0]


def test_friends_that_pile_up_look_like_a_bond_unless_counted_at_the_landmark():
    platform = ALIKE.change(
        friends_per_day=0.1, friends_per_person=1.0, joins_per_day=0.05, leaves_per_day=0.03
    )
    world = platform.generate(rng=np.random.default_rng(13), tables=STAYS)
    assert world.truth["S08"]["estimate"] == 1.0
    at_mark, in_all, days, left = landmark_rows(world)
    honest, error = poisson_fit(left, days, at_mark)
    naive, naive_error = poisson_fit(left, days, in_all)
    assert abs(honest[1]) < ERRORS * error[1]
    assert naive[1] < -8 * naive_error[1]


def test_days_3_to_14_hold_two_hazards_where_friends_keep_people():
    platform = ALIKE.change(
        friends_ratio=0.5,
        newcomer_ratio=2.0,
        friends_per_person=20.0,
        joins_per_day=0.05,
        leaves_per_day=0.03,
    )
    world = platform.generate(rng=np.random.default_rng(14), tables=STAYS)
    truth = world.truth["S16"]["estimate"]
    assert truth > 2.2
    dataset = world.dataset()
    first, first_days = exits(dataset, 0, 3)
    later, later_days = exits(dataset, 3, 15)
    log_ratio = np.log(first / first_days) - np.log(later / later_days)
    assert abs(log_ratio - np.log(truth)) < ERRORS * np.sqrt(1 / first + 1 / later)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_muted_share_comes_back(share):
    platform = ALIKE.change(muted_share=share, muting_varies=0.0)
    frames = platform.generate(rng=np.random.default_rng(15), tables=STAYS).frames
    stays = frames["memberships"].merge(frames["people"], on="person").query("not bot")
    muted = stays["muted"].astype(float)
    assert abs(muted.mean() - share) < ERRORS * np.sqrt(share * (1 - share) / len(muted))


def test_muting_runs_in_people_as_told():
    platform = ALIKE.change(muting_varies=0.4, groups=100)
    frames = platform.generate(rng=np.random.default_rng(15), tables=STAYS).frames
    stays = frames["memberships"].merge(frames["people"], on="person").query("not bot")
    muted = stays["muted"].astype(float)
    sums = muted.groupby(stays["person"]).agg(["sum", "count"])
    pairs = sums["count"] * (sums["count"] - 1)
    same = sums["sum"] * (sums["sum"] - 1)  # ordered pairs of a person's memberships, both muted
    both = same.sum() / pairs.sum()  # expected m² + rho m (1 - m)
    weight = pairs / pairs.sum()
    error = np.sqrt((weight**2 * (same / pairs.replace(0, 1) - both) ** 2).sum())
    assert abs(both - (0.25 + 0.4 * 0.25)) < ERRORS * error


def test_the_groups_that_a_person_holds_are_those_of_the_table():
    platform = ALIKE.change(joining_sd=0.5)
    world = platform.generate(rng=np.random.default_rng(16), tables=STAYS)
    frames = world.frames
    stays = frames["memberships"].merge(frames["people"], on="person").query("not bot")
    held = np.sort(stays[stays["left_at"].isna()].groupby("person").size().to_numpy())
    truth = world.truth["S14"]
    assert truth["estimate"] == held[int(np.ceil(0.05 * len(held))) - 1]
    assert truth["mean"] == pytest.approx(held.mean())
    expected = stays["left_at"].isna().sum() / platform.people
    assert held.mean() >= expected


def test_people_differ_in_their_number_of_groups_only_if_told():
    def variance_over_mean(sd):
        platform = ALIKE.change(joining_sd=sd, joins_per_day=0.0, leaves_per_day=0.0, size_max=40)
        frames = platform.generate(rng=np.random.default_rng(17), tables=STAYS).frames
        held = frames["memberships"].merge(frames["people"], on="person").query("not bot")
        counts = held.groupby("person").size().reindex(frames["people"]["person"][:-2]).fillna(0)
        return counts.var() / counts.mean()

    # sums of Bernoullis: below 1 by the mean squared chance; error of a variance ratio sqrt(2/400)
    assert abs(variance_over_mean(0.0) - 0.95) < ERRORS * np.sqrt(2 / 400)
    assert variance_over_mean(0.8) > 1.5


def test_odds_of_friends_inside_come_back_on_average_and_no_odds_are_one():
    for odds in (1.0, 5.0):
        platform = Platform(
            people=300, groups=40, size_median=10.0, days=20.0, inside_friend_odds=odds
        )
        worlds = [
            platform.generate(rng=r, tables=STAYS) for r in np.random.default_rng(18).spawn(25)
        ]
        gaps = np.array(
            [np.log(w.truth["S15"]["realised"] / w.truth["S15"]["estimate"]) for w in worlds]
        )
        error = gaps.std() / np.sqrt(len(gaps))
        assert abs(gaps.mean()) < ERRORS * error
        assert error < 0.05
        estimates = [w.truth["S15"]["estimate"] for w in worlds]
        assert (np.array(estimates) == 1.0).all() if odds == 1 else min(estimates) > 2.0


def test_the_realised_odds_are_those_of_the_tables():
    platform = Platform(
        people=120, groups=20, size_median=8.0, days=20.0, inside_friend_odds=4.0, bots=0
    )
    world = platform.generate(rng=np.random.default_rng(19), tables=STAYS)
    stays, pairs = world.frames["memberships"], world.frames["friendships"]
    end = np.datetime64(world.study.observed_until)
    start = np.datetime64(world.study.observed_from)
    spans = {
        (g, p): (max(j, start), e)
        for g, p, j, e in zip(
            stays["group"],
            stays["person"],
            stays["joined_at"].fillna(start),
            stays["left_at"].fillna(end),
            strict=True,
        )
    }
    people = list(world.frames["people"]["person"])
    of = {p: {g: span for (g, q), span in spans.items() if q == p} for p in people}

    def share_a_group(one, other):
        return any(
            of[one][g][0] < of[other][g][1] and of[other][g][0] < of[one][g][1]
            for g in of[one].keys() & of[other].keys()
        )

    friends = list(zip(pairs["person"], pairs["friend"], strict=True))
    inside = np.mean([share_a_group(a, b) for a, b in friends])
    degree = dict.fromkeys(people, 0)
    for a, b in friends:
        degree[a] += 1
        degree[b] += 1
    weight = [
        (degree[a] * degree[b], share_a_group(a, b))
        for i, a in enumerate(people)
        for b in people[i + 1 :]
    ]
    null = sum(w for w, s in weight if s) / sum(w for w, _s in weight)
    truth = world.truth["S15"]
    assert truth["share_inside"] == pytest.approx(inside)
    assert truth["share_inside_null"] == pytest.approx(null)
    assert truth["realised"] == pytest.approx(inside / (1 - inside) / (null / (1 - null)))


def test_the_mean_number_of_friends_comes_back():
    platform = Platform(people=500, groups=30, friends_per_person=12.0, inside_friend_odds=3.0)
    world = platform.generate(rng=np.random.default_rng(20), tables=STAYS)
    pairs = len(world.frames["friendships"])
    expected = 500 * 12 / 2
    # chance 1 - exp(-weight) takes a little off the sum of weights: at most max weight / 2
    assert 0.9 * expected < pairs < expected + ERRORS * np.sqrt(expected)


@pytest.mark.parametrize("share", [0.5, 0.85])
def test_the_private_share_comes_back(share):
    platform = Platform(shares_per_person=20.0, private_share=share, private_varies=0.0)
    world = platform.generate(rng=np.random.default_rng(21), tables=["shares"])
    channel = world.frames["shares"]["channel"]
    private = (channel != "feed").mean()
    n = len(channel)
    assert world.truth["S01"]["realised"] == pytest.approx(private)
    assert abs(private - share) < ERRORS * np.sqrt(share * (1 - share) / n)
    to_group = (channel == "group").sum() / (channel != "feed").sum()
    assert abs(to_group - 0.6) < ERRORS * np.sqrt(0.24 / (channel != "feed").sum())


@pytest.mark.parametrize("odds", [1.0, 3.0, 0.5])
def test_the_preference_for_small_groups_comes_back(odds):
    platform = Platform(
        people=300, groups=50, shares_per_person=10.0, private_share=0.9, small_group_odds=odds
    )
    gaps = []
    for rng in np.random.default_rng(22).spawn(30):
        world = platform.generate(rng=rng, tables=["shares", "opportunities"])
        menu = world.frames["opportunities"].query("channel == 'group'")
        share = world.frames["shares"].query("channel == 'group'")
        lines = share.merge(menu, left_on=["sharer", "shared_at"], right_on=["person", "at"])
        small = lines["size"].astype(int) < 30
        chosen = lines["group_x"] == lines["group_y"]
        expected = small.groupby(lines["share"]).mean().sum()
        observed = (chosen & small).sum()
        gaps.append(np.log(observed / expected / world.truth["S03"]["estimate"]))
        assert world.truth["S03"]["expected_share"] == pytest.approx(
            expected / len(share), abs=0.015
        )
    error = np.std(gaps) / np.sqrt(len(gaps))
    assert error < 0.04
    assert abs(np.mean(gaps)) < ERRORS * error


def test_joins_come_at_the_rate_told():
    platform = ALIKE.change(joins_per_day=0.05, size_max=40, leaves_per_day=0.0, groups=120)
    world = platform.generate(rng=np.random.default_rng(23), tables=TALK)
    dataset = world.dataset()
    stays = dataset.collect(spells(dataset).select("group", "start_known"))
    old = (~stays["start_known"]).sum()
    new = stays["start_known"].sum()
    expected = 0.05 * old * platform.days
    assert abs(new - expected) < ERRORS * np.sqrt(expected)


def test_bursts_and_hours_change_when_people_write_and_not_how_much():
    plain = ALIKE.change(joins_per_day=0.0, leaves_per_day=0.0)
    wild = plain.change(day_sd=0.6, rhythm=0.9)
    totals = []
    for platform in (plain, wild):
        world = platform.generate(rng=np.random.default_rng(24), tables=TALK)
        acts = world.frames["interactions"].dropna(subset="group")
        totals.append(len(acts))
        hours = acts["at"].dt.hour
        evening, morning = hours.between(18, 23).mean(), hours.between(6, 11).mean()
        if platform is wild:
            assert evening > 3 * morning
        else:
            assert abs(evening - morning) < ERRORS * np.sqrt(0.5 / len(acts))
    moods = 60 * 40
    spread = np.sqrt(np.expm1(0.6**2) / moods * 4 + 1 / totals[0] + 1 / totals[1])  # sizes differ
    assert abs(np.log(totals[1] / totals[0])) < ERRORS * spread


def test_exits_at_an_unknown_moment_are_told_as_left_by():
    platform = ALIKE.change(left_known=0.4, leaves_per_day=0.03)
    world = platform.generate(rng=np.random.default_rng(25), tables=TALK)
    stays = world.frames["memberships"]
    known, vague = stays["left_at"].notna(), stays["left_by"].notna()
    assert not (known & vague).any()
    gone = known.sum() + vague.sum()
    assert abs(known.sum() / gone - 0.4) < ERRORS * np.sqrt(0.24 / gone)
    acts = world.frames["interactions"].dropna(subset="group")
    last = acts.groupby(["group", "sender"])["at"].max().rename("last").reset_index()
    traced = stays[vague].merge(last, left_on=["group", "person"], right_on=["group", "sender"])
    assert len(traced) > 100
    assert (traced["last"] < traced["left_by"]).all()
    assert (stays["left_by"].dropna() < np.datetime64(world.study.observed_until)).all()


def test_large_groups_that_hold_people_look_like_friends_that_do():
    platform = ALIKE.change(
        leaving_size_effect=0.6, friends_per_person=20.0, joins_per_day=0.05, leaves_per_day=0.02
    )
    world = platform.generate(rng=np.random.default_rng(26), tables=STAYS)
    assert world.truth["S08"]["estimate"] == 1.0
    friends, _in_all, days, left = landmark_rows(world)
    pooled, error = poisson_fit(left, days, friends)
    assert pooled[1] < -5 * error[1]  # the trap: friends inside go with size


def test_the_null_of_private_sharing_is_two_buttons_or_the_recorded_menu():
    platform = Platform(people=120, groups=20, shares_per_person=2.0)
    plain = platform.generate(rng=np.random.default_rng(27))
    menu = platform.generate(rng=np.random.default_rng(27), tables=["shares", "opportunities"])
    assert plain.truth["S01"]["null"] == 0.5
    lines = menu.frames["opportunities"].groupby(["person", "at"])["channel"]
    private = lines.agg(lambda channels: (channels != "feed").mean())
    assert menu.truth["S01"]["null"] == pytest.approx(private.mean())
    assert menu.truth["S01"]["null"] > 0.8
