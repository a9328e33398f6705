"""The import report: what was read, what became of it, and what a reader should know."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smallnet.tables import Text

__all__ = ["REPORT_FILE", "ImportReport"]

REPORT_FILE = "import_report.json"


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What ``import_report.json`` holds; nothing in it names anybody."""

    format: str
    files: Sequence[Mapping[str, Any]]
    records_in_file: int
    kept: Mapping[str, int]
    other_system: Mapping[str, int]
    skipped: Sequence[Mapping[str, Any]]
    duplicates: int
    time_zone: str | None
    date_order: str | None
    clock_changes: Mapping[str, int]
    gaps: Mapping[str, Any]
    people: Mapping[str, Any]
    stays: Mapping[str, int]
    mended: Mapping[str, int]
    orphans: int
    keep_text: bool
    key_id: str
    key_file: str | None
    key_made: bool
    min_cell: int
    appended: bool
    tables: Mapping[str, int]
    notes: Sequence[Text] = field(default_factory=tuple)
    history: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def balanced(self) -> bool:
        """Tell whether every record of the file was kept or skipped, none lost, none made up."""
        return self.records_in_file == sum(self.kept.values()) + sum(
            int(row["count"]) for row in self.skipped
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the fields of ``import_report.json``; the path of the key is not among them."""
        plain = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in {"key_file", "key_made", "notes"}
        }
        plain["notes"] = [{"en": note.en, "zh": note.zh} for note in self.notes]
        return plain

    def to_json(self) -> str:
        """Give the words of the file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"

    def to_text(self, lang: str = "en") -> str:
        """Give a summary for a terminal."""
        kept = self.kept
        lines = [
            Text(
                "{n:,} records: {acts:,} messages, {changes:,} changes of membership and "
                "{other:,} other system lines kept, {skipped:,} skipped",
                "{n:,} 条记录：保留消息 {acts:,} 条、成员变动 {changes:,} 条、"
                "其他系统消息 {other:,} 条，跳过 {skipped:,} 条",
            ).format(
                n=self.records_in_file,
                acts=kept["interactions"],
                changes=kept["membership_events"],
                other=kept["other_system"],
                skipped=sum(int(row["count"]) for row in self.skipped),
            )
        ]
        lines += [
            Text(
                "skipped: {reason}, {count:,} (lines {lines})",
                "跳过：{reason}，{count:,} 条（行 {lines}）",
            ).format(
                reason=row["reason"],
                count=row["count"],
                lines=", ".join(map(str, row["first_lines"])) or "–",
            )
            for row in self.skipped
        ]
        lines += list(self.notes)
        if self.key_file is not None:
            made = Text("made now: keep it, and keep it apart", "刚刚生成：请另行妥善保管")
            used = Text("already there", "已存在")
            lines.append(
                Text("key of the pseudonyms: {path} ({state})", "假名密钥：{path}（{zh}）").format(
                    path=self.key_file,
                    state=(made if self.key_made else used).en,
                    zh=(made if self.key_made else used).zh,
                )
            )
        return "\n".join(line.get(lang) for line in lines)
