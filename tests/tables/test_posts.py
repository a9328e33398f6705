"""What a share is on a message board: the posting of a link that two or more groups saw."""

import pandas as pd

from smallnet.tables.sources.posts import link_shares


def posted(*rows: tuple[int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["message", "url_hash", "group"])
    return frame.assign(domain="example.org", sharer="ana", at=pd.Timestamp("2024-05-01"))


def test_only_links_that_two_groups_saw_are_shares() -> None:
    notes: list[str] = []
    shares = link_shares(posted((1, "a", "x"), (2, "a", "y"), (3, "b", "x"), (4, "b", "x")), notes)
    assert list(shares.share) == ["1-a", "2-a"]
    assert list(shares.group) == ["x", "y"]
    assert notes[0].startswith("2 postings of links that stayed in one group are no shares; 0 ")


def test_a_link_repeated_in_one_message_is_one_share() -> None:
    notes: list[str] = []
    shares = link_shares(posted((1, "a", "x"), (1, "a", "x"), (2, "a", "y")), notes)
    assert shares.share.is_unique
    assert len(shares) == 2
    assert notes[0].endswith("1 repetitions inside one message are left out")


def test_a_link_repeated_in_one_group_alone_was_carried_nowhere() -> None:
    assert link_shares(posted((1, "a", "x"), (1, "a", "x"), (2, "a", "x")), []).empty
