"""Who is tied to whom: tables in, weighted networks, memberships and null networks out.

Every builder puts people on one index, :func:`people_index`, so that layers of one data set can
be laid on each other.
"""

from smallnet.networks.comembership import build_comembership
from smallnet.networks.exchange import read_gexf, read_graphml, write_gexf, write_graphml
from smallnet.networks.friendship import build_friendship, build_ties
from smallnet.networks.interaction import (
    VIA,
    build_interaction,
    group_edges,
    interaction_edges,
)
from smallnet.networks.membership import Membership, ProjectionWarning, build_membership
from smallnet.networks.network import Network, common_people
from smallnet.networks.nulls import curveball, expected_ties_inside, rewire, rewire_pairs
from smallnet.networks.people import people_attributes, people_index
from smallnet.networks.ties import TIE_STRENGTHS, TieStrength, common_friends, tie_strength

__all__ = [
    "TIE_STRENGTHS",
    "VIA",
    "Membership",
    "Network",
    "ProjectionWarning",
    "TieStrength",
    "build_comembership",
    "build_friendship",
    "build_interaction",
    "build_membership",
    "build_ties",
    "common_friends",
    "common_people",
    "curveball",
    "expected_ties_inside",
    "group_edges",
    "interaction_edges",
    "people_attributes",
    "people_index",
    "read_gexf",
    "read_graphml",
    "rewire",
    "rewire_pairs",
    "tie_strength",
    "write_gexf",
    "write_graphml",
]
