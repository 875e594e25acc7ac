"""A sentence or name in Chinese and in English; whoever makes the demo chooses one of them."""

from __future__ import annotations

from typing import NamedTuple

from linlian.words import Language


class Text(NamedTuple):
    """The same thing said twice."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en
