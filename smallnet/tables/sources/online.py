"""Messages, mail, friends and groups online: UCI's community, a research institute, bloggers."""

from pathlib import Path

import numpy as np
import pandas as pd

from smallnet.tables.dataset import Dataset
from smallnet.tables.sources.entry import (
    Entry,
    File,
    Source,
    count,
    ids,
    moments,
    pairs,
    read_csv,
    study_of,
)

__all__ = ["SOURCES"]

UCI = Entry(
    name="uci_messages_forum",
    title="UCI student community 2004: private messages, and who wrote in which forum topic",
    files=(
        File(
            "CollegeMsg.txt.gz", "86911415fe9c22d41720074efc3a9e57d3d1bed3268034688defa68d4c0d63ad"
        ),
        File(
            "forum_user_topic.csv",
            "aff2b1d3516b0aabcb912a4064e23a0dd427652e1fbcb8b2327b5f8785af4710",
        ),
    ),
    page="https://snap.stanford.edu/data/CollegeMsg.html",
    licence="unstated in the copies",
    terms="cite the papers",
    citation=(
        "P. Panzarasa, T. Opsahl, K. M. Carley, JASIST 60(5), 911-932 (2009); T. Opsahl, Social "
        "Networks 35(2), 159-167 (2013), doi:10.1016/j.socnet.2011.07.001"
    ),
    edition=(
        "wyd1502/DGNN @ 7eca3e8e, data/CollegeMsg.txt; schochastics/networkdata @ 8e4994bc, "
        "data/ucforum.rda, turned into CSV"
    ),
    can_test=(),
    published={
        "messages": 59835,
        "correspondents": 1899,
        "ordered pairs": 20296,
        "forum users": 899,
        "topics": 522,
        "user-topic rows": 7089,
        "posts": 33720,
    },
)

EMAIL = Entry(
    name="email_eu_core",
    title="E-mail among 1,005 people in 42 departments of a European research institute",
    files=(
        File(
            "email-Eu-core.txt.gz",
            "65044d0f2077cc2772feca6cb8f055cfe2bbb23244d284aad0574a5728ddbd5e",
        ),
        File(
            "email-Eu-core-department-labels.txt",
            "2bb3bf6f56ca61fd3a475a275393a2355ee01f282b998a2423b18dbe931f0bad",
        ),
    ),
    page="https://snap.stanford.edu/data/email-Eu-core.html",
    licence="unstated",
    terms="cite the papers",
    citation=(
        "H. Yin, A. R. Benson, J. Leskovec, D. F. Gleich, KDD 2017; J. Leskovec, J. Kleinberg, "
        "C. Faloutsos, ACM TKDD 1(1) (2007)"
    ),
    edition="AashwinS05/Social-Network-Analysis @ 4277de0d",
    can_test=("S15",),
    published={"people": 1005, "departments": 42, "edges": 25571},
)

BLOGS = Entry(
    name="blogcatalog3",
    title="BlogCatalog3: friends and interest groups of 10,312 bloggers",
    files=(
        File(
            "friend_links.csv.gz",
            "91a879cdb886e803611d6ccef62055e5dd60ef5685c33759f855f397cce1416b",
        ),
        File(
            "group_members.csv", "ab603b8c87c2246d4a199ca383527c933ed7d63e26a5dfbb3d73146adb8c1151"
        ),
    ),
    page="http://socialcomputing.asu.edu/datasets/BlogCatalog3",
    licence="unstated for the data",
    terms="cite the repository and the paper",
    citation=(
        "R. Zafarani & H. Liu, Social Computing Data Repository at ASU (2009); "
        "L. Tang & H. Liu, KDD 2009, 817-826"
    ),
    edition="phanein/deepwalk @ 6e6dff24, example_graphs/blogcatalog.mat, turned into CSV",
    can_test=("S14", "S15"),
    published={"people": 10312, "friend pairs": 333983, "memberships": 14476, "groups": 39},
)


def convert_uci(folder: Path) -> Dataset:
    """Turn messages and forum into tables: two numberings of people, kept apart."""
    messages = read_csv(folder / "CollegeMsg.txt.gz", ["sender", "recipient", "at"], sep=" ")
    forum = read_csv(folder / "forum_user_topic.csv")
    writers = sorted(set(messages["sender"]) | set(messages["recipient"]))
    posters = sorted(forum["user"].unique())
    at = moments(messages["at"])
    study = study_of(
        UCI,
        notes=(
            "the two files number people differently: m… are those of the messages, f… those of "
            "the forum; one may be the other, nobody can tell",
            "so no message can be placed inside or outside a topic",
            "forum posts have no times: a topic's members are its posters, with n_messages",
        ),
        covers=["private"],
        watch=(at.min(), at.max() + pd.Timedelta(seconds=1)),
        time_resolution="1s",
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame(
                {
                    "person": [*ids("m", pd.Series(writers)), *ids("f", pd.Series(posters))],
                    "seen_in": ["messages"] * len(writers) + ["forum"] * len(posters),
                }
            ),
            "groups": pd.DataFrame(
                {
                    "group": ids("t", pd.Series(sorted(forum["topic"].unique()))),
                    "kind": "topic",
                    "roster": "posters",
                }
            ),
            "memberships": pd.DataFrame(
                {
                    "group": ids("t", forum["topic"]),
                    "person": ids("f", forum["user"]),
                    "n_messages": forum["n_messages"],
                }
            ),
            "interactions": pd.DataFrame(
                {
                    "interaction": np.arange(len(messages)),
                    "sender": ids("m", messages["sender"]),
                    "recipient": ids("m", messages["recipient"]),
                    "at": at,
                    "kind": "text",
                }
            ),
        },
        study,
    )


def convert_email(folder: Path) -> Dataset:
    """Turn e-mail into ties and departments into groups."""
    edges = read_csv(folder / "email-Eu-core.txt.gz", ["source", "target"], sep=" ")
    labels = read_csv(
        folder / "email-Eu-core-department-labels.txt", ["person", "department"], sep=" "
    )
    to_self = edges["source"] == edges["target"]
    kept = edges[~to_self]
    study = study_of(
        EMAIL,
        notes=(
            count(int(to_self.sum()), "edges of a person with themselves are left out"),
            "a tie means at least one e-mail; neither number nor time is known",
            "each person is of one department by design: how many groups people are in, these "
            "data cannot tell",
        ),
        covers=["lurkers", "cross_group_ties"],
    )
    departments = sorted(labels["department"].unique())
    return Dataset.from_frames(
        {
            "people": labels[["person"]],
            "groups": pd.DataFrame(
                {"group": departments, "kind": "department", "roster": "complete"}
            ),
            "memberships": labels.rename(columns={"department": "group"}),
            "ties": kept.assign(layer="email", weight=1.0, directed=True),
        },
        study,
    )


def convert_blogs(folder: Path) -> Dataset:
    """Turn friend links and interest groups into tables."""
    links = read_csv(folder / "friend_links.csv.gz")
    members = read_csv(folder / "group_members.csv").rename(columns={"user": "person"})
    people = sorted(set(links["a"]) | set(links["b"]) | set(members["person"]))
    study = study_of(
        BLOGS,
        notes=(
            "groups are categories of interest; friendships and memberships have no dates",
            "only two of the 39 groups have at most 30 members",
        ),
        covers=["lurkers", "cross_group_ties"],
    )
    return Dataset.from_frames(
        {
            "people": pd.DataFrame({"person": people}),
            "groups": pd.DataFrame(
                {
                    "group": sorted(members["group"].unique()),
                    "kind": "interest",
                    "roster": "complete",
                }
            ),
            "memberships": members,
            "friendships": pairs(links, "a", "b").drop(columns="mutual"),
        },
        study,
    )


SOURCES = (Source(UCI, convert_uci), Source(EMAIL, convert_email), Source(BLOGS, convert_blogs))
