"""Tables or a network in, one number a group out.

``group_table`` measures every group, ``scorecard`` judges it by four criteria and three signs of
life, ``cascade_table`` follows what was passed on, ``dataset_summary`` counts what is there. Each
family of measures has a module of its own, named after what it measures; what a column means is in
``COLUMNS``.
"""

from smallnet.measures.acquaintance import group_friends, pairs_by_chance
from smallnet.measures.boundary import group_messages_across, group_sharing, inside_by_time
from smallnet.measures.cascade import cascade_table
from smallnet.measures.cascade_links import cascade_links, links_within
from smallnet.measures.columns import COLUMNS, Measure
from smallnet.measures.concentration import group_dominance, group_entropy
from smallnet.measures.content import group_content
from smallnet.measures.interaction import group_evenness, group_responses, group_talk
from smallnet.measures.intervals import gini, rate_interval, share_interval
from smallnet.measures.lifecycle import STATES, group_lifecycle
from smallnet.measures.mixing import ei_index, group_mixing
from smallnet.measures.newcomers import newcomers
from smallnet.measures.pairs import pair_table
from smallnet.measures.saturation import group_saturation
from smallnet.measures.scorecard import CRITERIA, SIGNS, Thresholds, scorecard, size_band
from smallnet.measures.size import all_groups, group_lives, group_sizes, person_weighted_mean
from smallnet.measures.spans import activity_spans
from smallnet.measures.strong_ties import overlap_by_strength, partners_for_share
from smallnet.measures.summary import dataset_summary
from smallnet.measures.table import group_table
from smallnet.measures.trees import TreeShapes, structural_virality, tree_shapes
from smallnet.measures.trust import group_replies, group_returned_ties, group_trust_ties

__all__ = [
    "COLUMNS",
    "CRITERIA",
    "SIGNS",
    "STATES",
    "Measure",
    "Thresholds",
    "TreeShapes",
    "activity_spans",
    "all_groups",
    "cascade_links",
    "cascade_table",
    "dataset_summary",
    "ei_index",
    "gini",
    "group_content",
    "group_dominance",
    "group_entropy",
    "group_evenness",
    "group_friends",
    "group_lifecycle",
    "group_lives",
    "group_messages_across",
    "group_mixing",
    "group_replies",
    "group_responses",
    "group_returned_ties",
    "group_saturation",
    "group_sharing",
    "group_sizes",
    "group_table",
    "group_talk",
    "group_trust_ties",
    "inside_by_time",
    "links_within",
    "newcomers",
    "overlap_by_strength",
    "pair_table",
    "pairs_by_chance",
    "partners_for_share",
    "person_weighted_mean",
    "rate_interval",
    "scorecard",
    "share_interval",
    "size_band",
    "structural_virality",
    "tree_shapes",
]
