"""Small folders of tables for the tests."""

import gzip

MEMBERS = """\
group,person,joined_at
007,ann,2024-01-01T00:00:00Z
007,bob,
8,ann,2024-02-01T08:00:00+08:00
"""
STUDY = """\
name = "small"
observed_from = 2024-01-01T00:00:00Z
observed_until = 2024-07-01T00:00:00Z
"""


def write_folder(folder, files=None, **tables):
    """Write files by name, tables by ``name="csv text"``; memberships and study are there."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"study.toml": STUDY, "memberships.csv": MEMBERS}
    texts |= {f"{name}.csv": text for name, text in tables.items()} | (files or {})
    for name, text in texts.items():
        if text is None:
            continue
        data = text.encode() if isinstance(text, str) else text
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder
