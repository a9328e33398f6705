"""The Slack workspaces of the registry, and what differs between them."""

from dataclasses import dataclass

from smallnet.tables.sources.entry import Entry, File

__all__ = ["WORKSPACES", "Workspace"]

TERMS = "pseudonymous metadata of a published export; aggregate use only, do not match people"


@dataclass(frozen=True)
class Workspace:
    """What differs between workspaces."""

    observed_from: str | None  # None: the first trace
    observed_until: str | None  # None: just after the last trace
    roster: str
    leaves: bool  # are leave events recorded


WORKSPACES: tuple[tuple[Entry, Workspace], ...] = (
    (
        Entry(
            name="slack_10academy",
            title="One training cohort's Slack: the same people in small teams and large channels",
            files=(
                File(
                    "channels.csv",
                    "1376c1f131202c0b9f3e00a99687b96fba0c9a3b00fcc87b058b60e19b3af51a",
                ),
                File(
                    "join_leave.csv",
                    "147df619e8d85173b98ad47758e3219728e862c8982c877a2c99cd78fe6e1b03",
                ),
                File(
                    "members.csv",
                    "b46e05765b2bddb05ccba431fa7b3143bba20fa573d34b271d743d8c48a41673",
                ),
                File(
                    "messages.csv.gz",
                    "f39cda1295a0d0cba123409660e220f86a1dd7d7f8c70298b7fce0135c33d4ba",
                ),
                File(
                    "reactions.csv.gz",
                    "0c64a95d17482ade444a5958950df0566fbfb7f3d52db361443c649bb951e2b7",
                ),
                File(
                    "urls.csv", "1cb3fa7c5d0eec5580d2bfba5d28c40f6b3703ac2d670741f4bc7302d2bdeeb8"
                ),
                File(
                    "users.csv", "d7327223eb9bc6e1ac6f35dbe42993973f221c58f5843a7c38d26fc7e9c1b63c"
                ),
            ),
            page="https://github.com/natybkl/Slack-Workspace-Data-Analysis",
            licence="unstated",
            terms=TERMS,
            citation="no publication; Slack export of 10 Academy, Batch 6 (2022)",
            edition="metadata of natybkl/Slack-Workspace-Data-Analysis @ 0c79e0cb, anonymized/",
            can_test=("S03", "S04", "S05", "T30", "S14"),
            published={
                "people": 72,
                "channels": 39,
                "members": 1188,
                "messages": 18983,
                "ordinary messages": 18944,
                "reactions": 10351,
                "links": 2606,
                "joins": 1027,
            },
        ),
        Workspace(None, None, "complete", leaves=False),
    ),
    (
        Entry(
            name="slack_bcneng",
            title="One week of a 3,400-person community Slack with full member lists",
            files=(
                File(
                    "channels.csv",
                    "17be05f98753bf0d7ddfad93d694ce4c2536c81fd18935bef52e396666e7b7bf",
                ),
                File(
                    "join_leave.csv",
                    "8d30241959e11910567d1fb2a6bd71177c368d30380dd65780c9e5dea2e5f630",
                ),
                File(
                    "members.csv.gz",
                    "7ef2938b674a8a556b4d50f150d507f772b46fc85aaaa6674e5f42400c48ba2d",
                ),
                File(
                    "messages.csv",
                    "f9961edd65b80274ffeebe11dad0c65969e9b2748c4daae6a8ff79e5a5b830ca",
                ),
                File(
                    "reactions.csv",
                    "d4c3cee29c3534b0d47e693ccba10d5e2eb5c34d1cc1cc22b49488575a4b9a6b",
                ),
                File(
                    "urls.csv", "bdc6f56f9da2e720700d466638240ae7625541244530dc7e34646095a940f001"
                ),
                File(
                    "users.csv", "41d9fad7947d5f36e0e1e3bede617070867c89f51e6e90ac343ab369cecb6502"
                ),
            ),
            page="https://github.com/bcneng/bcneng-slack-exporter-typescript",
            licence="unstated",
            terms=TERMS,
            citation="no publication; Slack export of the Barcelona engineering community (2020)",
            edition="metadata of bcneng/bcneng-slack-exporter-typescript @ 2717ed41, data/",
            can_test=("S05", "T30", "S14", "S16"),
            published={
                "people": 3375,
                "channels": 56,
                "members": 21955,
                "messages": 1217,
                "reactions": 870,
                "links": 157,
                "joins": 98,
                "leaves": 5,
            },
        ),
        Workspace("2020-05-13T22:00", "2020-05-20T22:00", "complete", leaves=True),
    ),
    (
        Entry(
            name="slack_clojurians",
            title="Nine days of a large community Slack with joins and leaves",
            files=(
                File(
                    "channels.csv",
                    "f0f26239b626c48cc989d641295b089478585ef7c10d41996757e24a411fd607",
                ),
                File(
                    "join_leave.csv",
                    "336188690c9b3628e1408fd39fa2233095a55f15f290349f8eda156a94d0366d",
                ),
                File(
                    "messages.csv.gz",
                    "686313b3be92a638b443df823e1ca49c7d1705efc50e7b24b47ff81062e8387a",
                ),
                File(
                    "urls.csv", "0fcc6f5eadbd4c0ebec17f750cf78bc5a213facf749a657e01f334e9db0a49c1"
                ),
            ),
            page="https://github.com/clojureverse/clojurians-log-demo-data",
            licence="unstated",
            terms=TERMS,
            citation="no publication; demo data of the Clojurians log project (2018)",
            edition="metadata of clojureverse/clojurians-log-demo-data @ 1f11b3af",
            can_test=("S16",),
            published={
                "people": 625,
                "channels": 148,
                "messages": 8047,
                "ordinary messages": 7855,
                "joins": 1142,
                "leaves": 113,
                "links": 731,
                "early leavers": 24,
            },
        ),
        Workspace("2018-01-31T22:00", "2018-02-09T22:00", "partial", leaves=True),
    ),
)
