"""Tables and lines of Markdown, always the same for the same content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, and an empty one after it; nothing at all for no rows."""
    body = [_row(row) for row in rows]
    if not body:
        return []
    return [_row(columns), "|" + "---|" * len(columns), *body, ""]


def code(text: str) -> str:
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    return ", ".join(code(text) for text in texts)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    """One line; a bar would end the cell, an angle bracket would begin a tag, an asterisk emphasis."""
    for mark, written in (("|", "\\|"), ("<", "&lt;"), ("\n", "<br>")):
        text = text.replace(mark, written)
    return text
