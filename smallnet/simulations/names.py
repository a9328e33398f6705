"""Names of groups, in the two languages in which people chat."""

from __future__ import annotations

import numpy as np

__all__ = ["draw_names"]

TOPICS: tuple[tuple[str, str], ...] = (
    ("读书会", "interest"),
    ("Night runners", "interest"),
    ("羽毛球周三场", "interest"),
    ("Sourdough & starters", "interest"),
    ("摄影外拍", "interest"),
    ("Chess after work", "interest"),
    ("猫咪互助", "interest"),
    ("Sci-fi book club", "interest"),
    ("徒步小分队", "interest"),
    ("Film photography", "interest"),
    ("桌游之夜", "interest"),
    ("Language exchange 中英互学", "interest"),
    ("吉他弹唱", "interest"),
    ("Garden balcony", "interest"),
    ("考研打卡", "interest"),
    ("三号楼业主", "local"),
    ("Riverside neighbours", "local"),
    ("小区团购", "local"),
    ("School-run parents", "local"),
    ("二手闲置", "local"),
    ("Lost & found, west gate", "local"),
    ("幼儿园大二班", "local"),
    ("Dog walkers, north park", "local"),
    ("同乡会", "local"),
    ("产品讨论", "work"),
    ("Design critique", "work"),
    ("行业内推", "work"),
    ("Data club", "work"),
    ("销售战报", "work"),
    ("Open-source maintainers", "work"),
    ("自由职业者", "work"),
    ("Night shift", "work"),
    ("赠一得一", "event"),
    ("Autumn book swap", "event"),
    ("马拉松报名", "event"),
    ("Hack weekend", "event"),
    ("双十一拼单", "event"),
    ("Concert tickets", "event"),
    ("春游筹备", "event"),
    ("Lecture series", "event"),
)


def draw_names(n: int, *, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Draw names and kinds of groups; a topic that comes again gets a number.

    Returns
    -------
    tuple of list of str
        ``n`` names, all different, and what each group is for: interest, local, work, event.
    """
    rounds = -(-n // len(TOPICS))
    rows = np.concatenate([rng.permutation(len(TOPICS)) for _ in range(rounds)])[:n]
    names, kinds = [], []
    for place, row in enumerate(rows):
        topic, kind = TOPICS[row]
        again = place // len(TOPICS)
        names.append(f"{topic} {again + 1}" if again else topic)
        kinds.append(kind)
    return names, kinds
