"""Make ``data/campaign``, the embedded example: ``python data/make_campaign.py [FOLDER]``.

A chat platform in the weeks around a campaign "give a book, get a book", simulated, so the true
answers are known: they stand in ``truth.json`` beside the tables. Some claims hold in it, some do
not; README and notebook tell which. The same seed gives the same tables.
"""

import sys
from pathlib import Path

import numpy as np

from smallnet.simulations import World, get_scenario

RANDOM_SEED = 20240304
HERE = Path(__file__).parent


def make_campaign() -> World:
    """Draw the world of the scenario ``campaign``."""
    return get_scenario("campaign").generate(rng=np.random.default_rng(RANDOM_SEED))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "campaign"
    print(make_campaign().write(target))
