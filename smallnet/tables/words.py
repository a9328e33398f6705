"""Words that a reader sees, in English and in Chinese."""

from dataclasses import dataclass

__all__ = ["LANGUAGES", "Text"]

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Text:
    """One sentence in both languages.

    Examples
    --------
    >>> Text(en="{n} groups", zh="{n} 个群").format(n=3).get("zh")
    '3 个群'
    """

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """Give the sentence in ``lang``, ``en`` or ``zh``."""
        return self.zh if lang == "zh" else self.en

    def format(self, **values: object) -> "Text":
        """Fill the same values into both sentences."""
        return Text(self.en.format(**values), self.zh.format(**values))

    def __add__(self, other: "Text") -> "Text":
        """Join two sentences: with a space in English, without in Chinese."""
        return Text(f"{self.en} {other.en}", f"{self.zh}{other.zh}")
