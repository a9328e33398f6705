"""Networks of public data have their published numbers of people, ties and overlap."""

import os

import numpy as np
import pytest
from scipy.stats import spearmanr

from smallnet.networks import build_friendship, build_interaction, build_ties, tie_strength
from smallnet.tables.registry import load_data

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("SMALLNET_DATA" not in os.environ, reason="SMALLNET_DATA is not set"),
]


def load(name):
    return load_data(name, notify=lambda *_: None)


def test_messages_of_the_online_community_have_their_published_ties():
    # Opsahl and Panzarasa 2009: 1,899 users, 59,835 messages, 20,296 directed ties
    network = build_interaction(load("uci_messages_forum"))
    assert network.directed
    assert network.n_ties == 20_296
    assert network.adjacency.sum() == 59_835
    assert (network.degree > 0).sum() == 1_899


def test_contacts_of_the_high_school_have_their_published_pairs_and_overlap():
    # reproductions.md, section 2: 188,508 records, 5,818 pairs; overlap .3123, Spearman .4630
    dataset = load("thiers2013")
    contacts = build_interaction(dataset)
    assert not contacts.directed
    assert contacts.n_ties == 5_818
    assert contacts.ends()[2].sum() == 188_508
    assert (contacts.degree > 0).sum() == 327
    overlap = tie_strength(contacts, "overlap").ends()[2]
    assert np.nanmean(overlap) == pytest.approx(0.3123, abs=5e-5)
    rank = spearmanr(overlap, contacts.ends()[2], nan_policy="omit").statistic
    assert rank == pytest.approx(0.4630, abs=5e-5)
    friends = build_friendship(dataset)
    assert friends.n_ties == 406
    met = contacts.align(friends.people).adjacency.multiply(friends.adjacency)
    assert met.nnz / 2 / 406 == pytest.approx(0.8571, abs=5e-5)
    assert met.sum() / 2 / 406 == pytest.approx(120.08, abs=5e-3)


def test_trust_keeps_its_signs():
    # bitcoin_otc: 35,592 ratings by 5,881 people, 89 % of them positive (Kumar et al. 2016)
    trust = build_ties(load("bitcoin_otc_trust"), "trust")
    assert (trust.n_people, trust.n_ties) == (5_881, 35_592)
    assert np.mean(trust.ends()[2] > 0) == pytest.approx(0.89, abs=0.01)
