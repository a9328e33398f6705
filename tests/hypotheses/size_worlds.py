"""Worlds of people in groups of unlike size, as arrays and as panels, with known answers."""

import numpy as np
import pandas as pd

from smallnet.hypotheses.methods.rate_panel import RatePanel


def draw_groups(rng, n_groups, n_people, largest=200):
    """Sizes, log-normal; person and group of every membership."""
    size = np.clip(np.round(np.exp(rng.normal(2.9, 1.0, n_groups))), 3, largest).astype(int)
    person = np.concatenate([rng.choice(n_people, n, replace=False) for n in size])
    return size, person, np.repeat(np.arange(n_groups), size)


def draw_counts(rng, curve, n_groups=60, *, base=0.1, sd=0.8, law="normal", people=None):
    """Messages of memberships: ``y, days, person, group, size``; people and groups differ."""
    people = people or max(6 * n_groups, 240)
    size, person, group = draw_groups(rng, n_groups, people)
    u = rng.normal(-(sd**2) / 2, sd, n_groups)
    if law == "gamma":
        u = np.log(rng.gamma(sd**-2, sd**2, n_groups) + 1e-9)
    elif law == "t3":
        u = np.clip(sd * rng.standard_t(3, n_groups) / np.sqrt(3), -4, 3)
    talk = rng.normal(-0.5, 1, people)
    days = 60 * rng.uniform(0.3, 1, person.size)
    rate = base * np.exp(talk[person] + u[group] + curve(size.astype(float))[group])
    return rng.poisson(days * rate).astype(float), days, person, group, size.astype(float)


def draw_panel(rng, *, n_groups=50, periods=6, slope=0.0, within=0.0, growth=0.0, walk=0.0):
    """Draw a panel of groups that may grow, with shocks of a group that last (``walk``)."""
    y, days, person, group, size = draw_counts(rng, lambda n: 0 * n, n_groups, base=0.0)
    n = person.size
    path = np.cumsum(rng.normal(0, growth, (n_groups, periods)), axis=1)
    log2_size = np.log2(size)[:, None] + path - path.mean(axis=1, keepdims=True)
    shocks = np.cumsum(rng.normal(0, walk, (n_groups, periods)), axis=1)
    talk, u = rng.normal(-0.5, 1, person.max() + 1), rng.normal(0, 0.8, n_groups)
    season = rng.normal(0, 0.3, periods)
    mean = log2_size.mean(axis=1)
    log_rate = (talk[person] + u[group] + slope * (mean[group] - 4))[:, None]
    log_rate = log_rate + season + within * (log2_size - mean[:, None])[group] + shocks[group]
    period = np.tile(np.arange(periods), n)
    messages = rng.poisson(0.1 * 7 * np.exp(log_rate)).astype(float).ravel()
    del y, days
    heads = np.repeat(group, periods)
    return RatePanel(
        person=np.repeat(person, periods),
        group=heads,
        period=period,
        days=np.full(n * periods, 7.0),
        messages=messages,
        active_days=np.minimum(messages, 7),
        log2_size=log2_size[heads, period],
        groups=pd.DataFrame(
            {
                "group": [f"g{i:03d}" for i in range(n_groups)],
                "days": 7.0 * periods,
                "member_days": 7.0 * periods * 2**mean,
                "size": 2**mean,
                "log2_size": mean,
                "messages": np.bincount(heads, messages, n_groups),
            }
        ),
        people=int(person.max()) + 1,
        active_people=int(np.unique(person).size),
        period_days=7.0,
        until="watch",
        without_size=(),
        dropped=0,
    )


def assert_share(share, nominal, worlds, sigmas=3.5, slack=0.01):
    """A share of worlds is near nominal: Monte-Carlo error alone explains the difference."""
    spread = np.sqrt(nominal * (1 - nominal) / worlds)
    assert abs(share - nominal) < sigmas * spread + slack, (share, nominal)
